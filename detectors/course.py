"""The course of one series under one estimator: the steps it has gone, and the answers it got.

The steps are kept, for an estimator is made again by going them again. When there is no room for
more, an heir that has gone the later half takes over, and the earlier half is forgotten.
"""

from collections.abc import Callable
from math import isnan, nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.conformal import Ranks, Strangeness
from detectors.estimators import SILENT, Estimator

FEWEST_RANKS: Final = 100
"""Answers to the quiet past before a new one is ranked: among fewer none is rare."""

STEP: Final = np.dtype([("volume", np.float32), ("said", np.float32), ("quiet", np.bool_)])
"""Its volume, what the estimator said of it (NaN: it was cold), and whether it then learned it."""


class Course:
    """`gone` of its `steps` are in use, of twice `half`; `made` makes an estimator."""

    def __init__(self, half: int, made: Callable[[], Estimator]) -> None:
        self.steps = np.zeros(2 * half, STEP)
        self._half = half
        self._made = made
        self._estimator, self._heir, self._ranks = made(), made(), Ranks()
        self.gone = 0

    def go(self, volume: float, *, rise: bool, quiet: bool) -> float | None:
        """Go one step: how rare such an answer is in the quiet past, None while that is not known.

        Without a `rise` nothing is strange: fewer posts than usual may be, and yet are no surge.
        """
        if self.gone == len(self.steps):
            self._inherit()
        said = self._ask(self.gone, volume, quiet=quiet)
        said = said if rise or isnan(said) else SILENT
        self.steps[self.gone] = (volume, said, quiet)
        self.gone += 1
        if isnan(said):
            return None
        [new] = self._strange(self.gone - 1)
        p = self._ranks.p_value(new) if len(self._ranks) >= FEWEST_RANKS else None
        if quiet:
            self._ranks.add(new)
        return p

    def restore(self, steps: NDArray[np.void], gone: int) -> None:
        """Continue behind the first `gone` of these steps."""
        self.steps[:] = steps
        self._estimator, self._heir = self._made(), self._made()
        self.gone = gone
        for place, (volume, _, quiet) in enumerate(self.steps[:gone].tolist()):
            self._ask(place, volume, quiet=quiet)
        self._ranks = Ranks(self._strange(0, quiet=True))

    def _ask(self, place: int, volume: float, *, quiet: bool) -> float:
        """What the estimator says of the step at this place, before it and its heir learn it."""
        going = [self._estimator] if place < self._half else [self._estimator, self._heir]
        cold = self._estimator.cold
        said = [each.score(volume) for each in going]
        if quiet:
            for each in going:
                each.learn(volume)
        return nan if cold else said[0]

    def _inherit(self) -> None:
        """Let the heir take over, and forget the half that it has not gone."""
        self.steps[: self._half] = self.steps[self._half :]
        self.gone = self._half
        self._estimator, self._heir = self._heir, self._made()
        self._ranks = Ranks(self._strange(0, quiet=True))

    def _strange(self, since: int, *, quiet: bool = False) -> list[Strangeness]:
        """How strange the steps from one on were, where that was said; of `quiet` ones if asked."""
        steps = self.steps[since : self.gone]
        chosen = steps[~np.isnan(steps["said"]) & (steps["quiet"] | (not quiet))]
        volume = np.where(chosen["said"] > SILENT, chosen["volume"], 0.0)
        return list(zip(chosen["said"].tolist(), volume.tolist(), strict=True))
