"""One file per kind of detector; each module offers `Options` and `build` (see `detectors.contract`)."""
