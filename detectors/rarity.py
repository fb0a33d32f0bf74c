"""Rarity: whether a series had anything like its present volume lately.

Evidence says how surely counts are above what is expected; a series that surges every day has
certain evidence every day. What is rare for it is told by its own days: the volumes of the last
quarter of an hour and of the last three hours are each ranked among their daily peaks. Peaks of
blocks are the oldest way to look at extremes (Gumbel 1958, "Statistics of Extremes"): a surge
counts once, however long it lasts. The shares of days that came as high are averaged geometrically,
which keeps a meaning however the two depend on each other (Vovk and Wang 2020, "Combining p-values
via averaging"): what is not so rare over one span has to be the rarer over the other.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.calendar import DAY
from detectors.contract import Booleans, Floats, Integers

SPAN_SECONDS: Final = (900, 10_800)
"""Memories of the two volumes, the shorter first."""
LOOK_SECONDS: Final = 300
"""Peaks are looked for so often: the shorter volume hardly changes in between."""
EASE: Final = 0.15
"""Power of the expected volume that the longer span's is divided by: 0 compares volumes whatever
the hour, 1 compares how many times more than expected they are."""
DAYS: Final = 12
"""Observed days before this one whose peaks are kept."""
SOFTNESS: Final = 0.1
"""Logarithm by which a volume may differ from a peak and yet be about as high."""
RARE: Final = 0.16
"""Share of days with as high a peak up to which a volume is rare: hardly two of twelve."""
STEEPEST: Final = 300.0


class Rarity:
    """The volumes of many series and their daily peaks; series on the last axis."""

    KEPT: Final = ("posts", "expected", "peaks", "day")

    def __init__(self, series: int, width: int) -> None:
        self._width = width
        self._look = max(LOOK_SECONDS, width)
        self._day = DAY / width
        self._keep: Floats = np.exp(-width / np.array(SPAN_SECONDS, np.float64))[:, None]
        self.posts: Floats = np.zeros((len(SPAN_SECONDS), series))
        self.expected: Floats = np.zeros(series)
        self.day: NDArray[np.int32] = np.zeros(series, np.int32)
        # Today's first, then yesterday's; a day not seen has none. Three digits are plenty.
        self.peaks: NDArray[np.float16] = np.full(
            (1 + DAYS, len(SPAN_SECONDS), series), -np.inf, np.float16
        )

    def follow(
        self, bucket: int, posts: Floats, expected: Floats, seen: Booleans, age: Floats
    ) -> None:
        """Take one bucket of the series that were seen; posts are finite, 0 where not seen.

        `age` counts the buckets seen before it.
        """
        np.multiply(self.posts, np.where(seen, self._keep, 1.0), out=self.posts)
        self.posts += posts
        self.expected *= np.where(seen, self._keep[-1], 1.0)
        self.expected += expected * seen
        if bucket // self._look == (bucket - self._width) // self._look:
            return
        day = (age // self._day).astype(np.int32)
        over = seen & (day > self.day)
        if over.any():
            np.copyto(self.day, day, where=over)
            self.peaks[1:, :, over] = self.peaks[:-1, :, over]
            self.peaks[0, :, over] = -np.inf
        today = self.peaks[0]
        np.copyto(today, np.maximum(today, self._volumes().astype(np.float16)), where=seen)

    def rare(self, chosen: Integers) -> Booleans:
        """Whether these series (by index) came as high on hardly any of the days before this."""
        volumes = self._volumes()[:, chosen]
        alike, days = np.zeros_like(volumes), np.zeros(len(chosen))
        for peaks in self.peaks[1:]:
            above = (volumes - peaks[:, chosen]) / SOFTNESS
            alike += 1.0 / (1.0 + np.exp(np.clip(above, -STEEPEST, STEEPEST)))
            days += np.isfinite(peaks[0, chosen])
        shares = alike / np.maximum(days, 1.0)
        return np.asarray((shares[0] * shares[1] <= RARE**2) & (days > 0.0))

    def _volumes(self) -> Floats:
        """Logarithms of both volumes; half a post more, so that nothing has one as well."""
        volumes = np.log(self.posts + 0.5)
        volumes[-1] -= EASE * np.log(self.expected + 1.0)
        return np.asarray(volumes)
