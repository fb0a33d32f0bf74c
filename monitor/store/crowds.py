"""Who writes on a series, and which posts are on two topics at once."""

from datetime import datetime

from sqlalchemy import Connection, Select, and_, func, intersect, select

from alerts.incidents.belonging import Posts
from monitor.store.schema import mention, sample, series


def authors(connection: Connection, series_id: int, since: datetime, until: datetime) -> int | None:
    """People who wrote on a series, those who come back after an hour again; None if not known."""
    s = sample.c
    within = and_(s.series == series_id, s.bucket >= since, s.bucket < until)
    query = select(func.count() == func.count(s.authors), func.sum(s.authors)).where(within)
    known, people = connection.execute(query).one()
    return int(people) if known and people is not None else None


def shared(
    connection: Connection, until: datetime, brand: str, one: str, other: str, since: datetime
) -> Posts:
    """The posts on two topics of a brand, and on both, from `since` until before `until`.

    On all platforms; on those where posts are only counted there are none.
    """
    first, second = (_posts_on(brand, topic, since, until) for topic in (one, other))
    return Posts(
        *(
            connection.scalar(select(func.count()).select_from(query.subquery())) or 0
            for query in (first, second, intersect(first, second))
        )
    )


def _posts_on(brand: str, topic: str, since: datetime, until: datetime) -> Select[tuple[int]]:
    ids = select(series.c.id).where(series.c.brand == brand, series.c.topic == topic)
    m = mention.c
    within = and_(m.series.in_(ids), m.created_at >= since, m.created_at < until)
    return select(m.post).where(within).distinct()
