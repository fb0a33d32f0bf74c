"""The shell around detectors and alerts: configuration, sources, topics, store, command line."""

__version__ = "0.1.0"
