"""One file per kind of detector; each offers `Options` and `build` (see `detectors.contract`)."""
