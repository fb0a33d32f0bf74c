"""Evidence from scores without a scale: ranks, e-values and their Shiryaev-Roberts sum.

A score's rank among recent quiet ones is a conformal p-value (Vovk, Gammerman, Shafer 2005,
"Algorithmic Learning in a Random World"). Power calibrators turn it into an e-value (Vovk and
Wang 2021, "E-values: calibration, combination and applications"), and e-values summed by the
Shiryaev-Roberts recursion alarm no oftener than their threshold says ("E-detectors": Shin, Ramdas,
Rinaldo 2022). All of it is scalar: one series.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from typing import Final

POWERS: Final = (0.1, 0.3, 0.6)
"""Exponents of the calibrators; the smallest gives most to the rarest scores."""


def e_value(p: float) -> float:
    """The evidence in a p-value: a mixture of kappa * p**(kappa - 1), whose mean is 1 under chance.

    >>> round(e_value(1.0), 2), round(e_value(0.001), 1)
    (0.33, 32.5)
    """
    return math.fsum(power * p ** (power - 1.0) for power in POWERS) / len(POWERS)


class Ranks:
    """The most recent quiet scores, in order of time and of size."""

    def __init__(self, window: int, scores: Iterable[float] = ()) -> None:
        self.recent = deque(scores, maxlen=window)
        self._sorted = sorted(self.recent)

    def p_value(self, score: float) -> float:
        """How often such a score or a higher one comes; ties count against an alarm."""
        as_high = len(self._sorted) - bisect_left(self._sorted, score)
        return (1 + as_high) / (1 + len(self._sorted))

    def add(self, score: float) -> None:
        """Take a quiet score; the oldest makes room for it."""
        if len(self.recent) == self.recent.maxlen:
            del self._sorted[bisect_left(self._sorted, self.recent[0])]
        self.recent.append(score)
        insort(self._sorted, score)
