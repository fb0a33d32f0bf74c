"""Evidence from scores without a scale: ranks, and the e-values that they are worth.

A score's rank among recent quiet ones is a conformal p-value (Vovk, Gammerman, Shafer 2005,
"Algorithmic Learning in a Random World"). Power calibrators turn it into an e-value (Vovk and
Wang 2021, "E-values: calibration, combination and applications"), and e-values summed by the
Shiryaev-Roberts recursion alarm no oftener than their threshold says ("E-detectors": Shin, Ramdas,
Rinaldo 2022). All of it is scalar: one series.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Final

POWERS: Final = (0.1, 0.3, 0.6)
"""Exponents of the calibrators; the smallest gives most to the rarest scores."""

Strangeness = tuple[float, float]
"""What an estimator said, and the volume, which decides where it said the same."""


def e_value(p: float) -> float:
    """The evidence in a p-value: a mixture of kappa * p**(kappa - 1), whose mean is 1 under chance.

    >>> round(e_value(1.0), 2), round(e_value(0.001), 1)
    (0.33, 32.5)
    """
    return math.fsum(power * p ** (power - 1.0) for power in POWERS) / len(POWERS)


class Ranks:
    """What was said of the quiet past, in order of size."""

    def __init__(self, said: Iterable[Strangeness] = ()) -> None:
        self._said = sorted(said)

    def __len__(self) -> int:
        return len(self._said)

    def p_value(self, new: Strangeness) -> float:
        """How often something as strange or stranger is said; ties count against an alarm.

        >>> Ranks([(0.2, 0.5), (0.9, 0.6), (0.9, 0.8)]).p_value((0.9, 0.7))
        0.5
        """
        as_strange = len(self._said) - bisect_left(self._said, new)
        return (1 + as_strange) / (1 + len(self._said))

    def add(self, new: Strangeness) -> None:
        """Take what was said of a quiet moment."""
        insort(self._said, new)
