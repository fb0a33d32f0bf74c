"""Budgets: how many false findings a series may have, and the evidence that this asks for."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from detectors.calendar import DAY
from detectors.contract import Floats, SeriesSetup

LARGEST: Final = 30.0
"""False findings in 30 days: more than one a day is below suspicion, and not offered."""


def budgets(series: Sequence[SeriesSetup]) -> Floats:
    """False findings in 30 days, one a series; ValueError where none is allowed at all."""
    budget = np.minimum([float(setup.budget) for setup in series], LARGEST)
    if (budget <= 0.0).any():
        raise ValueError("a false-alarm budget is above 0")
    return budget


def asked(budget: Floats, width: int) -> Floats:
    """Buckets of `width` seconds between findings by chance alone, with so many in 30 days.

    >>> asked(np.array([0.5, 30.0]), width=3600)
    array([1440.,   24.])
    """
    return 30.0 * DAY / width / budget
