"""Observed and expected numbers over time: what a chart shows, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import PlainSerializer

from alerts.instants import Instant

Figure = Annotated[float, PlainSerializer(lambda value: round(value, 4))]
"""A number that is written with at most four decimals."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Posts per bucket from `start` on: `observed` is None where nobody looked, `expected` is not.

    `width` is a bucket's length in seconds; both arrays have one number per bucket.
    """

    start: Instant
    width: int
    observed: tuple[Figure | None, ...]
    expected: tuple[Figure, ...]

    def __post_init__(self) -> None:
        if self.width < 1 or len(self.observed) != len(self.expected):
            raise ValueError("a chart has buckets of a second or more, and both numbers for each")

    def time(self, bucket: int) -> datetime:
        """When a bucket begins."""
        return self.start + timedelta(seconds=bucket * self.width)

    def since(self, at: datetime) -> tuple[float, float]:
        """Observed and expected posts from `at` on, of the buckets that were observed."""
        seen = [
            (observed, expected)
            for bucket, (observed, expected) in enumerate(
                zip(self.observed, self.expected, strict=True)
            )
            if observed is not None and self.time(bucket) >= at
        ]
        return sum(o for o, _ in seen), sum(e for _, e in seen)


def added(charts: Sequence[Chart]) -> Chart:
    """One topic's charts on several platforms as one.

    A bucket adds up the platforms that were observed in it, and what was expected of those. Raises
    ValueError unless all have the same buckets.
    """
    first = charts[0]
    if len({(chart.start, chart.width, len(chart.observed)) for chart in charts}) > 1:
        raise ValueError("charts add up only over the same buckets")
    observed: list[float | None] = []
    expected: list[float] = []
    for bucket in range(len(first.observed)):
        seen = [c for c in charts if c.observed[bucket] is not None]
        observed.append(sum(c.observed[bucket] or 0 for c in seen) if seen else None)
        expected.append(sum(c.expected[bucket] for c in seen or charts))
    return Chart(first.start, first.width, tuple(observed), tuple(expected))
