"""Posts of a series over any time, and what its detector expected: the numbers that are told.

A chart is drawn in buckets that grow with its length; what is told is counted by the sample.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from monitor.panel import Panel, moment
from monitor.store import volume

POINTS = 180
"""What was expected is computed at no more points than this, however long an incident is."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Posts observed and expected in so many buckets, those that were observed."""

    buckets: int = 0
    observed: int = 0
    expected: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.buckets + other.buckets,
            self.observed + other.observed,
            self.expected + other.expected,
        )


def counted(connection: Connection, panel: Panel, i: int, since: datetime, at: datetime) -> Sums:
    """What the panel's series `i` has from the bucket of `since` until before that of `at`."""
    first = int(since.timestamp()) // panel.width * panel.width
    end = int(at.timestamp()) // panel.width * panel.width
    seen = [b for b in range(first, end, panel.width) if panel.was_observed(i, b)]
    if not seen:
        return Sums()
    points = seen[:: len(seen) // POINTS + 1]
    expected = float(panel.detector.expectation(points)[:, i].mean()) * len(seen)
    posts = volume.posts_counted(connection, [panel.ids[i]], moment(first), moment(end))
    return Sums(len(seen), posts, expected)
