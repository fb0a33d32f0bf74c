"""A store's history as a source for another configuration; it is only read.

Where posts are kept, topics are matched anew. Where only counts are left, they are taken for the
series that are defined as they were then.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from detectors import Series
from monitor.backtest.survey import Stretch, survey
from monitor.configuration import Configuration
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.store import volume

SOURCE = "history"
MOST_POSTS = 20_000
"""An hour with more posts is delivered bucket by bucket."""

_HOUR = timedelta(hours=1)
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class History:
    """What a configuration can be tried on. `not_known` says in sentences what it cannot see.

    `mentioned` are the store's series of all mentions, by id.
    """

    connection: Connection
    bucket: timedelta
    platforms: Sequence[str]
    stretches: Sequence[Stretch]
    mentioned: Mapping[int, Series]
    not_known: Sequence[str]

    @classmethod
    def of(cls, connection: Connection, configuration: Configuration) -> Self:
        """Look through a store, which `connection` reads for as long as this is used."""
        platforms = [row.platform for row in volume.judged(connection)]
        found = survey(connection, configuration, platforms)
        return cls(
            connection,
            configuration.bucket,
            platforms,
            sorted(found.stretches),
            found.mentioned,
            found.not_known,
        )

    @property
    def hours(self) -> int:
        """How many hours `deliveries` goes through, gaps included."""
        if not self.stretches:
            return 0
        span = max(one.until for one in self.stretches) - self.stretches[0].since
        return max(1, round(span / _HOUR))

    def deliveries(self) -> Iterator[Delivery]:
        """All of it in the order of time, an hour or a bucket at a time; gaps are passed over."""
        ahead, now = deque(self.stretches), list[Stretch]()
        at = _FIRST
        while ahead or now:
            if not now:
                at = max(at, ahead[0].since.replace(minute=0, second=0, microsecond=0))
            end = at + self._step(at)
            while ahead and ahead[0].since < end:
                now.append(ahead.popleft())
            yield self._delivery(at, end, now)
            now = [one for one in now if one.until > end]
            at = end

    def _step(self, at: datetime) -> timedelta:
        posts = volume.posts_counted(self.connection, [*self.mentioned], at, at + _HOUR)
        return self.bucket if posts > MOST_POSTS else _HOUR

    def _delivery(self, at: datetime, end: datetime, stretches: Sequence[Stretch]) -> Delivery:
        posted = {one.platform for one in stretches if one.topic is None}
        brands = [series for series in self.mentioned.values() if series.platform in posted]
        return Delivery(
            source=SOURCE,
            until=end,
            cursor=end.isoformat(),
            posts=volume.some_posts(self.connection, brands, at, end, 1) if brands else [],
            counts=[*self._counts(at, end, stretches)],
            observed=[
                Observed(
                    one.brand, one.platform, max(one.since, at), min(one.until, end), one.topic
                )
                for one in stretches
            ],
        )

    def _counts(self, at: datetime, end: datetime, stretches: Sequence[Stretch]) -> Iterator[Count]:
        of = {one.series: one for one in stretches if one.topic is not None}
        for row in volume.samples(self.connection, [*of], at, end) if of else ():
            one = of[row.series]
            if one.topic is not None and any(
                each.series == row.series and each.since <= row.bucket < each.until
                for each in stretches
            ):
                yield Count(one.brand, one.topic, one.platform, row.bucket, row.posts, row.authors)
