"""What Seawall can do, measured (see `monitor.bench.contract`)."""
