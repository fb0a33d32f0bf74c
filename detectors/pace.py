"""Pace: how many times the expected number lately, and whether that still grows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.contract import Booleans, Floats, Trend

RECENT_SECONDS: Final = 1800
LATELY_SECONDS: Final = 600
FEWEST_BUCKETS: Final = 3.0
"""A window is at least so many buckets long, where these are wide."""
CLEARLY: Final = 2.0
"""Standard deviations of a Poisson count by which what came lately differs from the half hour."""


class Pace:
    """Posts and expected posts of many series in two fading windows: recent, and lately."""

    KEPT: Final = ("recent", "lately")

    def __init__(self, series: int, width: int) -> None:
        recent = max(float(RECENT_SECONDS), FEWEST_BUCKETS * FEWEST_BUCKETS * width)
        lately = max(float(LATELY_SECONDS), FEWEST_BUCKETS * width)
        self._keep = tuple(float(np.exp(-width / seconds)) for seconds in (recent, lately))
        self.recent: Floats = np.zeros((2, series))
        self.lately: Floats = np.zeros((2, series))

    def follow(self, posts: Floats, mean: Floats, seen: Booleans) -> None:
        """Take one bucket of the series that were seen; posts are finite, 0 where not seen."""
        due = mean * seen
        for keep, window in zip(self._keep, (self.recent, self.lately), strict=True):
            np.multiply(window, np.where(seen, keep, 1.0), out=window)
            np.add(window, (posts, due), out=window)

    def factor(self) -> Floats:
        """Observed over expected of about the last half hour, with one post more on either side."""
        return np.asarray((self.recent[0] + 1.0) / (self.recent[1] + 1.0))

    def trend(self) -> NDArray[np.int8]:
        """A `Trend` per series: what came lately against the pace of the half hour."""
        due = self.lately[1] * self.recent[0] / np.maximum(self.recent[1], 1e-9)
        apart = (self.lately[0] - due) / np.sqrt(due + 1.0)
        trend = np.where(apart > CLEARLY, Trend.GROWING, Trend.HOLDING)
        return np.where(apart < -CLEARLY, Trend.EASING, trend).astype(np.int8)
