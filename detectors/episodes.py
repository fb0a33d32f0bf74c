"""Episodes: from a row's suspicion until evidence that all is as expected, or a new normal.

An episode does not depend on any budget. It ends by a Shiryaev-Roberts statistic that runs the
other way, or after so long that its level is the new normal.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from detectors.calendar import DAY
from detectors.contract import Booleans, Floats, Integers

SUSPICION_SECONDS: Final = 8 * 3600
"""Evidence (the time between such findings by chance) with which an episode begins."""
REASSURANCE_SECONDS: Final = 4 * 3600
"""Evidence for the expectation, against the smallest surge factor, with which an episode ends."""
LONGEST_SECONDS: Final = DAY
"""Observed time after which a level that stays is the new normal."""
ANCHOR_SECONDS: Final = DAY
"""Memory of the level that an episode leaves behind: nights and days have factors of their own."""
RAISED: Final = 1.5
CLEARLY: Final = 8.0
"""Times the expected number, and standard deviations of a Poisson count above it, that the last
hours of a surge show where its level is to be taken for the new normal."""
CEILING: Final = 1e30
NOWHERE: Final = np.zeros(0, np.intp)
"""No rows."""


class Episodes:
    """The episodes of many rows; state arrays have one element a row."""

    KEPT: Final = ("active", "reassurance", "age", "seen", "expected")

    def __init__(
        self,
        rows: int,
        width: int,
        suspicion: int = SUSPICION_SECONDS,
        reassurance: int = REASSURANCE_SECONDS,
        longest: int = LONGEST_SECONDS,
    ) -> None:
        self._suspicion = suspicion / width
        self._reassured = reassurance / width
        self._longest = longest / width
        self._keep = float(np.exp(-width / ANCHOR_SECONDS))
        self.active: Booleans = np.zeros(rows, np.bool_)
        self.reassurance: Floats = np.zeros(rows)
        self.age: Floats = np.zeros(rows)
        self.seen: Floats = np.zeros(rows)
        self.expected: Floats = np.zeros(rows)
        self.any = False

    def begin(self, evidence: Floats) -> None:
        """Begin an episode for every row whose evidence (in buckets) is suspicious."""
        self.include(evidence >= self._suspicion)

    def include(self, rows: Booleans) -> None:
        """Begin an episode for these rows."""
        if rows.any():
            self.active |= rows
            self.any = True

    def follow(
        self, counts: Floats, expected: Floats, doubt: Callable[[Integers], Floats], seen: Booleans
    ) -> tuple[Integers, Integers]:
        """Take one bucket of the active rows that were seen.

        `doubt` gives, for rows, the bucket's likelihood ratio of "as expected" against the factor
        nearest to 1. Told are rows where all is as expected again, and rows whose episode has
        lasted so long that its level may be the new normal.
        """
        if not self.any:
            return NOWHERE, NOWHERE
        going = np.flatnonzero(self.active & seen)
        statistic = np.minimum((1.0 + self.reassurance[going]) * doubt(going), CEILING)
        age = self.age[going] + 1.0
        self.reassurance[going], self.age[going] = statistic, age
        for total, new in ((self.seen, counts), (self.expected, expected)):
            total[going] = total[going] * self._keep + new[going]
        return going[statistic >= self._reassured], going[age >= self._longest]

    def raised(self, rows: Integers) -> Booleans:
        """Whether the last hours of these rows' episodes were clearly above what is expected."""
        seen, expected = self.seen[rows], self.expected[rows]
        clearly = seen - expected >= CLEARLY * np.sqrt(expected + 1.0)
        return np.asarray(clearly & (seen >= RAISED * expected))

    def factor(self, rows: Integers) -> Floats:
        """Observed over expected in the last hours of these rows' episodes."""
        return np.maximum(self.seen[rows], 0.5) / np.maximum(self.expected[rows], 1e-9)

    def end(self, rows: Integers) -> None:
        """End the episodes of these rows."""
        self.active[rows] = False
        for values in (self.reassurance, self.age, self.seen, self.expected):
            values[rows] = 0.0
        self.derive()

    def derive(self) -> None:
        """Derive what is not kept from the state."""
        self.any = bool(self.active.any())
