"""Evidence that counts have risen: a bank of Shiryaev-Roberts statistics over surge factors.

For a factor c the statistic follows R = (1 + R) * exp(LLR_c), where LLR_c is the log likelihood
ratio of "the mean is c times what is expected" against "it is as expected". While nothing happens
its expectation grows by exactly one a bucket, so an alarm at R >= A comes on average no oftener
than once in A buckets: the threshold is the mean time between false alarms (Pollak 1985,
"Optimal detection of a change in distribution"; Tartakovsky, Nikiforov, Basseville 2014, ch. 6).
A weighted mixture over factors keeps that law, and its largest member is below the mixture.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.contract import Booleans, Floats, Integers

FACTORS: Final = (2.0, 3.0, 5.0, 8.0, 16.0, 64.0, 256.0)
WEIGHTS: Final = (0.8, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4)
"""Calibrated by simulation: more than one together, for the members depend on each other, and each
overshoots its threshold. False alarms then come at about half of the promised rate."""

LEAST_POSTS: Final = 3.0
"""A surge has at least this many posts: nothing and then one is no crowd."""

CEILING: Final = 1e100
"""Where R is held: far above any threshold, far below what a float can hold."""

STEEPEST: Final = 300.0
POISSON: Final = 1e-9
"""The dispersion below which a count is Poisson to the last bit that matters."""


def likelihood_ratio(mean: Floats, dispersion: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """Slope and constant of the log likelihood ratio, which is linear in the count.

    Counts are negative binomial with variance mean + dispersion * mean**2, under `factor * mean`
    against `mean`; dispersion 0 is Poisson. Shapes broadcast.

    >>> slope, constant = likelihood_ratio(np.array([2.0]), np.array([0.0]), np.array([3.0]))
    >>> f"{slope[0]:.4f} {constant[0]:.4f}"
    '1.0986 -4.0000'
    """
    phi = np.maximum(dispersion, POISSON)
    spread = np.log1p(phi * mean * (factor - 1.0) / (1.0 + phi * mean))
    return np.log(factor) - spread, -spread / phi


@dataclass(frozen=True, slots=True)
class Onset:
    """The most likely start under the leading factor, and what was seen since; one a row."""

    bucket: Integers
    observed: Floats
    expected: Floats


class Bank:
    """The statistics of many rows (a measure of a series): factors first, rows on the last axis.

    `aim` sets the null hypothesis, `gather` takes one bucket's counts. Factors below 1 look for
    silence instead; the first factor is the one nearest to 1. `least` posts belong to any finding.
    """

    KEPT: Final = ("statistic", "excess", "observed", "expected", "start")

    def __init__(
        self,
        rows: int,
        factors: tuple[float, ...] = FACTORS,
        weights: tuple[float, ...] = WEIGHTS,
        least: float = LEAST_POSTS,
    ) -> None:
        shape = (len(factors), rows)
        self._least = least
        self.statistic: Floats = np.zeros(shape)
        self.observed: Floats = np.zeros(shape)
        self.expected: Floats = np.zeros(shape)
        self.start: Integers = np.zeros(shape, np.int64)
        self.excess: Floats = np.zeros(shape)
        self.before: Floats = np.zeros(shape)
        self.last: Floats = np.zeros(rows)
        self._factors: Floats = np.array(factors)[:, None]
        self._weights: Floats = np.array(weights)[:, None]
        self._slope: Floats = np.zeros(shape)
        self._constant: Floats = np.zeros(shape)
        self._ratio: Floats = np.zeros(shape)
        self._flag: Booleans = np.zeros(shape, np.bool_)

    def aim(self, mean: Floats, dispersion: Floats) -> None:
        """Set the null mean and dispersion of the coming buckets; both one per row."""
        self._slope, self._constant = likelihood_ratio(mean, dispersion, self._factors)

    def gather(self, bucket: int, counts: Floats, expected: Floats, seen: Booleans) -> None:
        """Take one bucket into the statistics of the rows that were seen; counts are finite."""
        ratio, flag = self._ratio, self._flag
        np.copyto(self.before, self.statistic)
        np.copyto(self.last, counts)

        # The most likely start is where the sum of log likelihood ratios was last at its lowest.
        np.less_equal(self.excess, 0.0, out=flag)
        flag &= seen
        np.copyto(self.start, bucket, where=flag)
        np.copyto(self.observed, 0.0, where=flag)
        np.copyto(self.expected, 0.0, where=flag)
        np.add(self.observed, counts, out=self.observed, where=seen)
        np.add(self.expected, expected, out=self.expected, where=seen)

        self._weigh(counts, ratio)
        np.add(self.excess, ratio, out=self.excess, where=seen)
        np.maximum(self.excess, 0.0, out=self.excess)
        self._grow(self.statistic, ratio)
        np.copyto(self.statistic, ratio, where=seen)

    def _weigh(self, counts: Floats, out: Floats) -> None:
        """Write the log likelihood ratio of these counts to `out`."""
        np.multiply(self._slope, counts, out=out)
        out += self._constant
        np.minimum(out, STEEPEST, out=out)

    def _grow(self, statistic: Floats, out: Floats) -> None:
        """Turn LLR in `out` into (1 + R) * exp(LLR), held at the ceiling."""
        np.exp(out, out=out)
        out *= statistic + 1.0
        np.minimum(out, CEILING, out=out)

    def evidence(self) -> Floats:
        """The strongest weighted statistic with enough posts behind it, per row, in buckets."""
        np.multiply(self.statistic, self._weights, out=self._ratio)
        np.greater_equal(self.observed, self._least, out=self._flag)
        self._ratio *= self._flag
        return np.asarray(np.maximum.reduce(self._ratio, axis=0))

    def onset(self) -> Onset:
        """The estimated start according to the strongest factor, per row."""
        leader = np.argmax(self.statistic * self._weights, axis=0)[None]
        bucket, observed, expected = (
            np.take_along_axis(values, leader, axis=0)[0]
            for values in (self.start, self.observed, self.expected)
        )
        return Onset(bucket, observed, expected)

    def doubt(self) -> Floats:
        """The last bucket's likelihood ratio of no surge against the smallest factor, per row."""
        against: Floats = np.exp(
            np.minimum(-self._slope[0] * self.last - self._constant[0], STEEPEST)
        )
        return against

    def needed(self, threshold: Floats, fresh: Booleans) -> Floats:
        """The smallest count with which the last bucket alone would have reached `threshold`.

        `fresh` marks rows to be taken as if they had had no evidence before that bucket.
        """
        before = np.where(fresh, 0.0, self.before)
        behind = np.where(fresh, 0.0, self.observed - self.last)
        level = threshold / self._weights
        count = np.ceil((np.log(level / (1.0 + before)) - self._constant) / self._slope)
        count = np.maximum(count, 0.0)
        reached = np.empty_like(count)
        # The logarithm may be off by a rounding error: the recursion itself decides.
        self._weigh(np.maximum(count - 1.0, 0.0), reached)
        self._grow(before, reached)
        count = np.where(reached >= level, np.maximum(count - 1.0, 0.0), count)
        self._weigh(count, reached)
        self._grow(before, reached)
        count = np.where(reached >= level, count, count + 1.0)
        return np.asarray(np.minimum.reduce(np.maximum(count, self._least - behind), axis=0))

    def reset(self, rows: Booleans) -> None:
        """Forget all evidence of these rows."""
        for values in (self.statistic, self.excess, self.observed, self.expected):
            np.copyto(values, 0.0, where=rows)


def graded(days: Floats) -> Floats:
    """Evidence (days between such findings by chance) as a score in [0, 1).

    >>> graded(np.array([0.0, 9.0, 999.0]))
    array([0.  , 0.5 , 0.75])
    """
    level = np.log10(1.0 + days)
    return np.asarray(level / (1.0 + level))
