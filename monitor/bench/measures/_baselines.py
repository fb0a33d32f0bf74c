"""What people use instead: methods that give every bucket of a series a score, each by itself.

Each takes the counts of one series (one a bucket, none missing) and the width of a bucket in
seconds, and looks at the past only. A score rises with the volume; NaN is where there is none yet.
Where an alarm is raised is for a threshold to say (see `openings`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import erfc, sqrt
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detectors.contract import Floats

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400
FEWEST: Final = 3.0
"""Posts in a window below which a ratio of windows says nothing."""
SIGMA: Final = 1.4826
"""Median absolute deviations in a standard deviation of a Gaussian."""
DAYS: Final = 7

Method = Callable[[Floats, int], Floats]
Span = tuple[int, int]
"""First row, and the one behind the last."""


def sums(counts: Floats, rows: int) -> Floats:
    """Of every row the sum of the `rows` that end with it; of fewer at the beginning.

    >>> sums(np.array([1.0, 2.0, 4.0]), 2)
    array([1., 3., 6.])
    """
    total = np.concatenate((np.zeros(rows), np.cumsum(counts)))
    return total[rows:] - total[:-rows]


def fixed(counts: Floats, width: int) -> Floats:
    """A fixed threshold: posts in the last 15 minutes."""
    return sums(counts, _rows(15 * MINUTE, width))


def spike(counts: Floats, width: int) -> Floats:
    """ElastAlert's spike rule: posts of the last hour over those of the hour before."""
    rows = _rows(HOUR, width)
    now = sums(counts, rows)
    before = np.concatenate((np.zeros(rows), now))[: len(now)]
    ratio = np.where(now >= FEWEST, now / np.maximum(before, 1.0), 0.0)
    return _after(ratio, 2 * rows)


def rolling_z(counts: Floats, width: int) -> Floats:
    """Prometheus recording rules: the five-minute rate against the day's mean and deviation."""
    rate, rows = sums(counts, _rows(5 * MINUTE, width)), _rows(DAY, width)
    seen = np.minimum(np.arange(1, len(rate) + 1), rows)
    mean = sums(rate, rows) / seen
    variance = np.maximum(sums(rate**2, rows) / seen - mean**2, 0.0)
    z = np.divide(rate - mean, np.sqrt(variance), out=np.zeros_like(rate), where=variance > 1e-9)
    return _after(z, _rows(HOUR, width))


def seasonal_mad(counts: Floats, width: int) -> Floats:
    """Twitter ADVec's idea, without hindsight: deviations from the season in robust units.

    15-minute sums less the median of the same time of the last seven days, over the median
    absolute deviation of such differences in the last week, taken anew every hour.
    """
    volume = sums(counts, _rows(15 * MINUTE, width))
    day = _rows(DAY, width)
    past = np.full((DAYS, len(volume)), np.nan)
    for number in range(min(DAYS, (len(volume) - 1) // day)):
        moved = (number + 1) * day
        past[number, moved:] = volume[:-moved]
    score = np.full(len(volume), np.nan)
    if len(volume) <= day:
        return score
    score[day:] = volume[day:] - np.nanmedian(past[:, day:], axis=0)
    residual, hour = score.copy(), _rows(HOUR, width)
    for row in range(day, len(volume), hour):
        recent = residual[max(day, row - DAYS * day) : row]
        middle = float(np.median(recent)) if len(recent) else 0.0
        spread = float(np.median(np.abs(recent - middle))) if len(recent) else 0.0
        # Of counts that are mostly zero it is zero: a post is then the least that can deviate.
        score[row : row + hour] = (residual[row : row + hour] - middle) / max(SIGMA * spread, 1.0)
    return score


def windowed_gaussian(
    counts: Floats,
    width: int,  # noqa: ARG001
    window: int = 6400,
    step: int = 100,
) -> Floats:
    """Standard deviations of a Gaussian of the last rows, renewed every hundred; as probability."""
    score = np.zeros(len(counts))
    first = 0
    mean = spread = 0.0
    for row, count in enumerate(counts.tolist()):
        if row:
            score[row] = 1.0 - 0.5 * erfc(abs(count - mean) / spread / sqrt(2.0))
        filled = row + 1 - first
        if filled >= window + step:
            first += step
        if filled <= window or filled >= window + step:
            held = counts[first : row + 1]
            mean, spread = float(held.mean()), float(held.std()) or 1e-6
    return score


def gaussian_scorer(counts: Floats, width: int) -> Floats:
    """river's GaussianScorer at its defaults on five-minute sums; fewer than its mean is 0."""
    from river.anomaly import GaussianScorer

    model: Any = GaussianScorer()  # type: ignore[no-untyped-call]
    volume = sums(counts, _rows(5 * MINUTE, width))
    score = np.zeros(len(volume))
    for row, value in enumerate(volume.tolist()):
        # Of a constant series it scores every value 1, a usual one and a rise alike.
        if model.gaussian.sigma > 0.0 and value > model.gaussian.mu:
            score[row] = model.score_one(None, value)
        model.learn_one(None, value)
    return _after(score, model.grace_period)


def half_space_trees(counts: Floats, width: int, seed: int) -> Floats:
    """river's HalfSpaceTrees at its defaults on five-minute sums, as shares of the largest yet."""
    from river.anomaly import HalfSpaceTrees

    volume = sums(counts, _rows(5 * MINUTE, width))
    shares = volume / np.maximum(np.maximum.accumulate(volume), 1.0)
    model: Any = HalfSpaceTrees(seed=seed)
    score = np.zeros(len(shares))
    for row, share in enumerate(shares.tolist()):
        score[row] = model.score_one({"volume": share})
        model.learn_one({"volume": share})
    return _after(score, model.window_size)


def on_incidents(seed: int) -> MappingProxyType[str, Method]:
    """The methods that recorded incidents are given to, by name."""
    return MappingProxyType(
        {
            "fixed": fixed,
            "spike": spike,
            "rolling z": rolling_z,
            "seasonal MAD": seasonal_mad,
            "GaussianScorer": gaussian_scorer,
            "HalfSpaceTrees": partial(half_space_trees, seed=seed),
        }
    )


def on_volume(seed: int) -> MappingProxyType[str, Method]:
    """The methods that recorded mention volume is given to, by name."""
    return MappingProxyType(
        {
            "windowed Gaussian": windowed_gaussian,
            "rolling z": rolling_z,
            "GaussianScorer": gaussian_scorer,
            "HalfSpaceTrees": partial(half_space_trees, seed=seed),
        }
    )


def openings(scores: Floats, threshold: float, calm: int) -> list[int]:
    """Rows in which an alarm opens: it lasts until the score was below for `calm` rows.

    >>> openings(np.array([0.0, 5.0, 0.0, 5.0, 0.0, 0.0, 5.0]), 5.0, calm=2)
    [1, 6]
    """
    reached = np.flatnonzero(scores >= threshold)
    if not len(reached):
        return []
    apart = np.concatenate(([True], np.diff(reached) > calm))
    return [int(row) for row in reached[apart]]


def calibrated(
    scored: Sequence[Floats], quiet: Sequence[Sequence[Span]], allowed: int, calm: int
) -> float:
    """The lowest threshold with at most so many openings in the quiet spans of all series."""
    pieces = [
        scores[first:last]
        for scores, spans in zip(scored, quiet, strict=True)
        for first, last in spans
    ]
    flat = np.concatenate([np.empty(0), *pieces])
    for level in np.unique(flat[~np.isnan(flat)])[::-1].tolist():
        if sum(len(openings(piece, level, calm)) for piece in pieces) > allowed:
            return float(np.nextafter(level, np.inf))
    return float("-inf")


def _rows(seconds: int, width: int) -> int:
    return max(1, seconds // width)


def _after(score: Floats, rows: int) -> Floats:
    """The score without its first rows, in which the method knows too little."""
    score = score.astype(np.float64)
    score[:rows] = np.nan
    return score
