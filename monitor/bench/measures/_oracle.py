"""What delays are measured against: an oracle, and what people would use instead.

Every method has variants, of which the best in a cell stands for it. A variant is a statistic that
is computed for all minutes at once, its peaks while nothing happens, each of which is one false
alarm where it is above the threshold, and so the smallest threshold that keeps a budget.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from detectors.contract import Floats
from detectors.evidence import likelihood_ratio
from monitor.bench.measures._synthetic import DAY, LAWS, Span, Step, World, joined

ORACLE: Final = "oracle"
CUSUM_FACTORS: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
WINDOWS: Final = (5, 60)
"""Minutes over which peers add up posts."""
COUNTED_DAYS: Final = 7
BUDGET_DAYS: Final = 30
AT_ONCE: Final = 50
"""Series of one law whose weeks are held in memory at once."""

Statistic = Callable[[Span, Floats], Floats]
"""From a span and each series' dispersion to numbers of the span's shape."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to use a method; an alarm is where the statistic is above a threshold.

    `most` is the factor for which a CUSUM is made, 0 for peers: it may stand for the oracle where
    the true factor is as large or larger.
    """

    method: str
    most: float
    statistic: Statistic
    peaks: Callable[[Floats], Floats]


def cusum(factor: float, span: Span, dispersion: Floats) -> Floats:
    """Page's CUSUM of "the mean is `factor` times what it is", with all parameters known.

    (Page 1954, "Continuous inspection schemes".) The sum of log likelihood ratios, less its lowest
    value so far.
    """
    slope, constant = likelihood_ratio(span.means, dispersion, np.array(factor))
    total = np.cumsum(slope * span.counts + constant, axis=0)
    lowest = np.minimum.accumulate(np.minimum(total, 0.0), axis=0)
    return np.asarray(total - lowest)


def excursions(statistic: Floats) -> Floats:
    """The highest value of every excursion from zero; one that passes a threshold is one alarm."""
    flat = statistic.T.ravel()
    begins = flat <= 0.0
    begins[:: len(statistic)] = True
    return np.asarray(np.maximum.reduceat(flat, np.flatnonzero(begins)))


def windowed(counts: Floats, minutes: int) -> Floats:
    """Posts in the last minutes, of the same shape; before there are so many, all so far."""
    total = np.cumsum(counts, axis=0)
    total[minutes:] -= total[:-minutes].copy()
    return total


def fixed(minutes: int, span: Span, _dispersion: Floats) -> Floats:
    """Posts in the last minutes."""
    return windowed(span.counts, minutes)


def z_score(minutes: int, span: Span, _dispersion: Floats) -> Floats:
    """The mean of the last minutes against mean and standard deviation of the last day."""
    mean = windowed(span.counts, DAY) / DAY
    variance = windowed(span.counts**2, DAY) / DAY - mean**2
    recent = windowed(span.counts, minutes) / minutes
    return np.asarray((recent - mean) / np.sqrt(np.maximum(variance, 1.0 / DAY)))


def ratio(minutes: int, span: Span, _dispersion: Floats) -> Floats:
    """Posts in the last minutes over one more than those in as many minutes before."""
    recent = windowed(span.counts, minutes)
    before = np.ones_like(recent)
    before[minutes:] += recent[:-minutes]
    return np.asarray(recent / before)


def daily(statistic: Floats) -> Floats:
    """The highest value of every day: peers are charged with one false alarm a day at most."""
    return np.asarray(statistic.reshape(-1, DAY, statistic.shape[1]).max(axis=1).ravel())


PEERS: Final = {"fixed threshold": fixed, "z-score": z_score, "two windows": ratio}
METHODS: Final = (ORACLE, *PEERS)
VARIANTS: Final = [
    *(Variant(ORACLE, each, partial(cusum, each), excursions) for each in CUSUM_FACTORS),
    *(
        Variant(method, 0.0, partial(statistic, minutes), daily)
        for method, statistic in PEERS.items()
        for minutes in WINDOWS
    ),
]


def highest(
    step: Step, _steps: int, seed: tuple[int, ...], copies: int, keep: int
) -> list[list[Floats]]:
    """The highest peaks of every variant, by law, in week 5 of so many unchanged series a law.

    A day before it fills the windows.
    """
    random = np.random.default_rng(seed)
    found: list[list[list[Floats]]] = [[[] for _ in LAWS] for _ in VARIANTS]
    for first in range(0, copies, AT_ONCE):
        now = min(AT_ONCE, copies - first)
        world = World(now, random, first_day=27)
        days = [world.day() for _ in range(1 + COUNTED_DAYS)]
        for law in range(len(LAWS)):
            columns = slice(law * now, (law + 1) * now)
            span = joined(days, columns)
            for variant, peaks in zip(VARIANTS, found, strict=True):
                values = variant.statistic(span, world.dispersion[columns])[DAY:]
                peaks[law].append(top(variant.peaks(values), keep))
        step(now)
    return [[top(np.concatenate(each), keep) for each in peaks] for peaks in found]


def top(values: Floats, keep: int) -> Floats:
    """The highest values, in no order."""
    return values if len(values) <= keep else np.partition(values, -keep)[-keep:]


def allowed(copies: int, budget: float) -> int:
    """False alarms that a budget (in 30 days) allows in all weeks of so many series."""
    return int(budget * copies * COUNTED_DAYS / BUDGET_DAYS)


def threshold(peaks: Floats, allowance: int) -> float:
    """The smallest threshold with no more peaks above it than allowed.

    >>> threshold(np.array([1.0, 4.0, 3.0, 2.0]), 2)
    2.0
    """
    return float(np.sort(peaks)[-1 - allowance]) if len(peaks) > allowance else 0.0
