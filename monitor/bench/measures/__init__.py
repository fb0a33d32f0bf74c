"""One file per measure; each offers `ABOUT`, `measure`, `tables` (see `monitor.bench.contract`)."""
