"""Evidence that counts have risen: a bank of Shiryaev-Roberts statistics over surge factors.

For a factor c the statistic follows R = (1 + R) * exp(LLR_c), where LLR_c is the log likelihood
ratio of "the mean is c times what is expected" against "it is as expected". While nothing happens
its expectation grows by exactly one a bucket, so an alarm at R >= A comes on average no oftener
than once in A buckets: the threshold is the mean time between false alarms (Pollak 1985,
"Optimal detection of a change in distribution"; Tartakovsky, Nikiforov, Basseville 2014, ch. 6).
A weighted mixture over factors keeps that law, and its largest member is below the mixture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.contract import Booleans, Compact, Floats, Integers

FACTORS: Final = (2.0, 3.0, 5.0, 8.0, 16.0, 64.0)
WEIGHT: Final = 0.8
"""Of each of them, calibrated by simulation: more than one together, for they depend on each other,
and each overshoots its threshold. False alarms then come at about half of the promised rate."""

LEAST_POSTS: Final = 3.0
"""A surge has at least this many posts: nothing and then one is no crowd."""

CEILING: Final = 1e100
"""Where R is held: far above any threshold, far below what a float can hold."""

STEEPEST: Final = 80.0
BURST: Final = 12.0
BURST_SECONDS: Final = 300
BURST_BEYOND: Final = 0.05
"""One bucket of up to so many seconds gives no more log likelihood ratio than this, and in
proportion from a wider one; of what exceeds it, a twentieth. What fits into a moment is a burst,
and a crowd lasts: with the usual budget one bucket is enough, with a strict one the next has to
confirm it, unless it is a catastrophe."""

BLOCK: Final = 8192
"""Rows that are worked on at once: what they need then stays in the processor's cache."""

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
    """The start of the most likely pair of start and factor, and what was seen since; one a row."""

    bucket: Integers
    observed: Floats
    expected: Floats


class Bank:
    """The statistics of many rows (a measure of a series): factors first, rows on the last axis.

    `aim` sets the null hypothesis, `gather` takes one bucket's counts. Factors below 1 look for
    silence instead; the first factor is the one nearest to 1. `least` posts belong to any finding.
    Of a bucket's log likelihood ratio above `burst` only the part `beyond` counts.
    """

    KEPT: Final = ("statistic", "excess", "observed", "expected", "elapsed", "seen_at")

    def __init__(
        self,
        rows: int,
        factors: tuple[float, ...] = FACTORS,
        weight: float = WEIGHT,
        least: float = LEAST_POSTS,
        burst: float = STEEPEST,
        beyond: float = 0.0,
    ) -> None:
        shape = (len(factors), rows)
        self._least = least
        self._burst = min(burst, STEEPEST)
        self._beyond = beyond
        self.statistic: Floats = np.zeros(shape)
        self.excess: Compact = np.zeros(shape, np.float32)
        self.observed: Compact = np.zeros(shape, np.float32)
        self.expected: Compact = np.zeros(shape, np.float32)
        self.elapsed: Compact = np.zeros(shape, np.float32)
        self.seen_at: Integers = np.zeros(rows, np.int64)
        self.before: Floats = np.zeros(shape)
        self.last: Floats = np.zeros(rows)
        self._factors: Floats = np.array(factors)[:, None]
        self._weight = weight
        self._slope: Floats = np.zeros(shape)
        self._constant: Floats = np.zeros(shape)
        self._ordinary: Floats = np.zeros(rows)
        block = (len(factors), min(rows, BLOCK))
        self._scratch = (*np.zeros((3, *block), np.float32), np.zeros(block))
        self._strongest: Floats = np.zeros(rows)

    def aim(self, mean: Floats, dispersion: Floats) -> None:
        """Set the null mean and dispersion of the coming buckets; both one per row."""
        for part in blocks(len(mean)):
            slope, constant = likelihood_ratio(mean[part], dispersion[part], self._factors)
            self._slope[:, part], self._constant[:, part] = slope, constant
            # Up to so many posts no factor has a burst; fewer posts are more only of a silence.
            most = np.where(slope > 0.0, (self._burst - constant) / slope, -np.inf)
            np.minimum.reduce(most, axis=0, out=self._ordinary[part])

    def gather(self, bucket: int, counts: Floats, expected: Floats, seen: Booleans) -> None:
        """Take one bucket into the statistics of the rows that were seen; counts are finite."""
        self.before, self.statistic = self.statistic, self.before
        np.multiply(counts, seen, out=self.last)
        everywhere = bool(seen.all())
        for part in blocks(len(counts)):
            self._take(part, bucket, expected[part], None if everywhere else seen[part])

    def _take(self, part: slice, bucket: int, expected: Floats, seen: Booleans | None) -> None:
        """Take one bucket into a block of rows; `seen` None: all of them were."""
        counts, since = self.last[part], bucket - self.seen_at[part]
        going_on, fresh, ratio, wide = (scratch[:, : len(counts)] for scratch in self._scratch)
        excess, observed, due, elapsed = (
            values[:, part] for values in (self.excess, self.observed, self.expected, self.elapsed)
        )
        bursts = bool((counts > self._ordinary[part]).any())
        self._weigh(counts, self._slope[:, part], self._constant[:, part], wide, bursts=bursts)
        np.copyto(ratio, wide)
        # The most likely start is where the sum of log likelihood ratios was last at its lowest.
        np.greater(excess, 0.0, out=going_on)
        if seen is not None:
            np.copyto(going_on, 1.0, where=~seen)
            ratio *= seen
            expected, since = expected * seen, since * seen
        self.seen_at[part] += since
        elapsed += since.astype(np.float32)
        elapsed *= going_on
        for total, new in ((observed, counts), (due, expected), (excess, ratio)):
            np.multiply(total, going_on, out=total)
            np.add(total, new.astype(np.float32, copy=False), out=total)
        before, statistic = self.before[:, part], self.statistic[:, part]
        np.add(before, 1.0, out=statistic)
        statistic *= np.exp(ratio, out=fresh)
        if seen is not None:
            np.copyto(statistic, before, where=~seen)
        np.greater_equal(observed, self._least, out=fresh)
        np.multiply(statistic, fresh, out=wide)
        strongest = np.maximum.reduce(wide, axis=0, out=self._strongest[part])
        if (strongest > CEILING).any():
            np.minimum(statistic, CEILING, out=statistic)
        strongest *= self._weight

    def _weigh(
        self, counts: Floats, slope: Floats, constant: Floats, out: Floats, *, bursts: bool
    ) -> None:
        """Write the log likelihood ratio of these counts to `out`; `bursts`: some may have one."""
        np.multiply(slope, counts, out=out)
        out += constant
        if bursts:
            rest = self._burst + self._beyond * (out - self._burst)
            np.minimum(out, rest, out=out)
            np.minimum(out, STEEPEST, out=out)

    def evidence(self) -> Floats:
        """The strongest weighted statistic with enough posts behind it, per row, in buckets."""
        return self._strongest.copy()

    def onset(self, mean: Floats, rows: Integers) -> Onset:
        """The estimated start, one an element of `rows`; `mean` is expected of a bucket, per row.

        Here a burst counts in full. Held down it is worth about as much to every factor, and the
        smallest may have begun hours before, while a little more than usual was said.
        """
        buckets = self.expected[:, rows] / mean[rows]
        ratio = self._slope[:, rows] * self.observed[:, rows] + self._constant[:, rows] * buckets
        leader = np.argmax(ratio, axis=0)
        return Onset(
            self.seen_at[rows] - self.elapsed[leader, rows].astype(np.int64),
            self.observed[leader, rows].astype(np.float64),
            self.expected[leader, rows].astype(np.float64),
        )

    def doubt(self, rows: Integers) -> Floats:
        """The last bucket's likelihood ratio of no surge against the smallest factor, of `rows`."""
        return self._against(self._slope[0, rows], self._constant[0, rows], rows)

    def relief(self, mean: Floats, dispersion: Floats, rows: Integers) -> Floats:
        """The same of `rows` against what is expected of all, without the tolerance aimed with."""
        slope, constant = likelihood_ratio(mean[rows], dispersion[rows], self._factors[0])
        return self._against(slope, constant, rows)

    def _against(self, slope: Floats, constant: Floats, rows: Integers) -> Floats:
        """The last bucket's likelihood ratio of `rows`, turned round."""
        ratio = slope * self.last[rows] + constant
        against: Floats = np.exp(np.minimum(-ratio, STEEPEST))
        return against

    def needed(self, threshold: Floats, fresh: Booleans) -> Floats:
        """The smallest count with which the last bucket alone would have reached `threshold`.

        `fresh` marks rows to be taken as if they had had no evidence before that bucket.
        """
        before = np.where(fresh, 0.0, self.before)
        behind = np.where(fresh, 0.0, self.observed - self.last)
        level = threshold / self._weight
        ratio = np.log(level / (1.0 + before))
        if self._beyond:
            rest = self._burst + (ratio - self._burst) / self._beyond
            ratio = np.where(ratio > self._burst, rest, ratio)
        count = np.maximum(np.ceil((ratio - self._constant) / self._slope), 0.0)
        # The logarithm may be off by a rounding error: the recursion itself decides.
        fewer = np.maximum(count - 1.0, 0.0)
        reached = self._reached(before, fewer)
        count = np.where(reached >= level, fewer, count)
        reached = self._reached(before, count)
        count = np.where(reached >= level, count, count + 1.0)
        return np.asarray(np.minimum.reduce(np.maximum(count, self._least - behind), axis=0))

    def _reached(self, before: Floats, count: Floats) -> Floats:
        """The statistics with these counts in the last bucket, a count an element."""
        ratio = np.empty(count.shape)
        self._weigh(count, self._slope, self._constant, ratio, bursts=True)
        return np.asarray((before + 1.0) * np.exp(ratio.astype(np.float32)))

    def reset(self, rows: Integers) -> None:
        """Forget all evidence of these rows."""
        for values in (self.statistic, self.excess, self.observed, self.expected):
            values[:, rows] = 0.0
        self._strongest[rows] = 0.0


def blocks(rows: int) -> Iterator[slice]:
    """All rows, `BLOCK` at a time."""
    return (slice(first, first + BLOCK) for first in range(0, rows, BLOCK))


def graded(days: Floats) -> Floats:
    """Evidence (days between such findings by chance) as a score in [0, 1).

    >>> graded(np.array([0.0, 9.0, 999.0]))
    array([0.  , 0.5 , 0.75])
    """
    level = np.log10(1.0 + days)
    return np.asarray(level / (1.0 + level))
