"""The vocabulary of detection, and the detectors: pure functions and state that can be saved."""

from detectors.contract import Detector, SeriesSetup, State, Verdict, detector_kinds
from detectors.vocabulary import Sample, Series, Surge

__all__ = [
    "Detector",
    "Sample",
    "Series",
    "SeriesSetup",
    "State",
    "Surge",
    "Verdict",
    "detector_kinds",
]
