"""What a store still knows of the past: which series it counted, and whose posts it has kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd

from sqlalchemy import Connection, func, select

from detectors import Series
from monitor.store.schema import mention, post, sample, series
from monitor.store.volume import posts_counted

_DAY = timedelta(days=1)
_HOUR_S = 3600
_ENOUGH = 5_000
"""So many buckets tell how wide one is."""


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """A series that was counted under one definition of its topic, from `since` on (None: ever)."""

    id: int
    series: Series
    version: str
    since: datetime | None


def known_series(connection: Connection) -> list[KnownSeries]:
    """Every series that was ever counted; a topic that was changed has one a definition."""
    rows = connection.execute(select(series).order_by(series.c.id))
    return [
        KnownSeries(row.id, Series(row.brand, row.topic, row.platform), row.version, row.since)
        for row in rows
    ]


def kept_since(
    connection: Connection, series_ids: Sequence[int], since: datetime, until: datetime
) -> datetime:
    """From when until `until` every post that these series counted is still stored.

    Looks back a day at a time, so it may be up to a day later than that; at the earliest `since`.
    """
    end = until
    while end > since:
        begin = max(end - _DAY, since)
        if _stored(connection, series_ids, begin, end) < posts_counted(
            connection, series_ids, begin, end
        ):
            return end
        end = begin
    return since


def _stored(
    connection: Connection, series_ids: Sequence[int], since: datetime, until: datetime
) -> int:
    m = mention.c
    query = select(func.count()).where(
        m.series.in_(series_ids), m.created_at >= since, m.created_at < until
    )
    return connection.scalar(query) or 0


def posts_taken_back(connection: Connection) -> int:
    """How many posts are stored without their text, as their authors took them back."""
    return connection.scalar(select(func.count()).where(post.c.text == "")) or 0


def bucket_width(connection: Connection, series_ids: Sequence[int]) -> int:
    """How many seconds wide the buckets of these series are, as far as their samples tell."""
    query = select(sample.c.bucket).where(sample.c.series.in_(series_ids)).limit(_ENOUGH)
    return gcd(_HOUR_S, *(int(bucket.timestamp()) for bucket in connection.scalars(query)))
