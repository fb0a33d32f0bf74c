"""Counts as detectors take them: whole numbers, or NaN where not known."""

from typing import Final

import numpy as np

from detectors.contract import Booleans, Floats

LARGEST: Final = 2.0**53
"""Above it a float no longer tells neighbouring whole numbers apart."""


def known(counts: Floats) -> Booleans:
    """Which counts are known; ValueError where one is negative, fractional or too large.

    >>> known(np.array([3.0, np.nan]))
    array([ True, False])
    """
    given = ~np.isnan(counts)
    sound = (np.floor(counts) == counts) & (counts >= 0.0) & (counts <= LARGEST)
    if (sound != given).any():
        raise ValueError("a count is a whole number from 0 to 2**53, or NaN where not known")
    return given
