"""The vocabulary of detection, and the detectors: pure functions and state that can be saved."""

from detectors.contract import (
    Detector,
    PlannedEvent,
    SeriesSetup,
    Silence,
    State,
    Trend,
    Verdict,
    detector_kinds,
)
from detectors.vocabulary import Sample, Series, Surge

__all__ = [
    "Detector",
    "PlannedEvent",
    "Sample",
    "Series",
    "SeriesSetup",
    "Silence",
    "State",
    "Surge",
    "Trend",
    "Verdict",
    "detector_kinds",
]
