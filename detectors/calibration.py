"""Calibration: what a series' own history says about the tail of its evidence.

Where the model is right, the evidence of an excursion that exceeds a base u exceeds x with
probability u / x: its peaks over the base have a Pareto tail of index 1. Where the model is wrong
the tail is heavier. The index is estimated from the series' own peaks (Hill 1975), shrunk to 1 and
never taken to be lighter, and evidence is rescaled so that it means again what it says.
"""

from typing import Final

import numpy as np

from detectors.contract import Booleans, Floats, Integers

ALL: Final = slice(None)

BASE_SECONDS: Final = 6 * 3600
"""Evidence (the time between such findings by chance) over which peaks are counted."""
RETURN: Final = 0.1
"""Part of the base below which an excursion is over."""
PRIOR_PEAKS: Final = 8.0
"""Peaks' worth of belief that the model is right."""
PEAKS_KEPT: Final = 200.0
HIGHEST_LOG: Final = 200.0
"""Where rescaled thresholds end: within what the evidence can reach."""
LARGEST_LOG: Final = 30.0
"""Logarithm over the base beyond which a peak tells of a surge rather than of the model."""


class Calibration:
    """Tails of many rows; state arrays have one element a row."""

    KEPT: Final = ("peak", "peaks", "logs")

    def __init__(self, rows: int, width: int) -> None:
        self._base = BASE_SECONDS / width
        self.peak: Floats = np.zeros(rows)
        self.peaks: Floats = np.zeros(rows)
        self.logs: Floats = np.zeros(rows)
        self.any = False

    def stretch(self, rows: Integers | slice = ALL) -> Floats:
        """The inverse of the tail's index of rows: 1 where the model is right, above where not."""
        return np.maximum((PRIOR_PEAKS + self.logs[rows]) / (PRIOR_PEAKS + self.peaks[rows]), 1.0)

    def raw(self, evidence: Floats, rows: Integers | slice = ALL) -> Floats:
        """The model's evidence (buckets) that is worth this much for rows; at least the base."""
        beyond = np.log(np.maximum(evidence / self._base, 1.0))
        return self._base * np.exp(np.minimum(beyond * self.stretch(rows), HIGHEST_LOG))

    def worth(self, raw: Floats) -> Floats:
        """What the model's evidence (buckets) is worth; below the base it is left as it is."""
        above = np.flatnonzero(raw > self._base)
        if not above.size:
            return raw
        worth = raw.copy()
        worth[above] = self._base * np.exp(np.log(raw[above] / self._base) / self.stretch(above))
        return worth

    def follow(self, raw: Floats, seen: Booleans) -> Integers:
        """Take one bucket's evidence of the rows that were seen; rows whose tail has changed."""
        above = np.flatnonzero((raw >= self._base) & seen)
        if above.size:
            self.peak[above] = np.maximum(self.peak[above], raw[above])
            self.any = True
        elif not self.any:
            return above
        over = np.flatnonzero((self.peak > 0.0) & (raw < RETURN * self._base) & seen)
        if not over.size:
            return over
        height = np.minimum(np.log(self.peak[over] / self._base), LARGEST_LOG)
        keep = 1.0 - 1.0 / PEAKS_KEPT
        self.peaks[over] = self.peaks[over] * keep + 1.0
        self.logs[over] = self.logs[over] * keep + height
        self.peak[over] = 0.0
        self.derive()
        return over

    def derive(self) -> None:
        """Derive what is not kept from the state."""
        self.any = bool((self.peak > 0.0).any())
