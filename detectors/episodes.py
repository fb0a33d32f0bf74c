"""Episodes: from a row's suspicion until evidence that all is as expected, or a new normal.

An episode does not depend on any budget. It keeps what is unusual from being learned, and it ends
by a Shiryaev-Roberts statistic that runs the other way, or after a day, when the level is the new
normal.
"""

from typing import Final

import numpy as np

from detectors.contract import Booleans, Floats

DAY: Final = 86400
SUSPICION_SECONDS: Final = 8 * 3600
"""Evidence (the time between such findings by chance) with which an episode begins."""
REASSURANCE_SECONDS: Final = 4 * 3600
"""Evidence for the expectation, against the smallest surge factor, with which an episode ends."""
LONGEST_SECONDS: Final = DAY
"""Observed time after which a level that stays is the new normal."""
ANCHOR_SECONDS: Final = 6 * 3600
"""Memory of the level that an episode leaves behind."""
CEILING: Final = 1e30


class Episodes:
    """The episodes of many rows; state arrays have one element a row."""

    KEPT: Final = ("active", "reassurance", "age", "seen", "expected")

    def __init__(self, rows: int, width: int) -> None:
        self._suspicion = SUSPICION_SECONDS / width
        self._reassured = REASSURANCE_SECONDS / width
        self._longest = LONGEST_SECONDS / width
        self._keep = float(np.exp(-width / ANCHOR_SECONDS))
        self.active: Booleans = np.zeros(rows, np.bool_)
        self.reassurance: Floats = np.zeros(rows)
        self.age: Floats = np.zeros(rows)
        self.seen: Floats = np.zeros(rows)
        self.expected: Floats = np.zeros(rows)
        self.any = False

    def begin(self, evidence: Floats) -> None:
        """Begin an episode for every row whose evidence (in buckets) is suspicious."""
        suspicious = evidence >= self._suspicion
        if suspicious.any():
            self.active |= suspicious
            self.any = True

    def follow(self, counts: Floats, expected: Floats, doubt: Floats, seen: Booleans) -> Booleans:
        """Take one bucket of the active rows that were seen; true where an episode ends with it.

        `doubt` is the bucket's likelihood ratio of "as expected" against the smallest surge factor.
        """
        going = self.active & seen
        statistic = np.minimum((1.0 + self.reassurance) * doubt, CEILING)
        np.copyto(self.reassurance, statistic, where=going)
        np.add(self.age, 1.0, out=self.age, where=going)
        for total, new in ((self.seen, counts), (self.expected, expected)):
            np.copyto(total, total * self._keep + new, where=going)
        return going & ((self.reassurance >= self._reassured) | self.outlasted())

    def outlasted(self) -> Booleans:
        """Rows whose episode has lasted so long that its level is the new normal."""
        return self.age >= self._longest

    def factor(self) -> Floats:
        """Observed over expected in the last hours of the episode, per row."""
        return np.maximum(self.seen, 0.5) / np.maximum(self.expected, 1e-9)

    def end(self, rows: Booleans) -> None:
        """End the episodes of these rows."""
        np.copyto(self.active, False, where=rows)
        for values in (self.reassurance, self.age, self.seen, self.expected):
            np.copyto(values, 0.0, where=rows)
        self.any = bool(self.active.any())
