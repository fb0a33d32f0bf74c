"""The newest posts on some series: few are read, however many there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select

from alerts.posts import Post
from detectors import Series
from monitor.store.schema import POST, mention, post, series


def posts(
    connection: Connection,
    wanted: Sequence[Series],
    since: datetime | None,
    until: datetime,
    limit: int,
) -> list[Post]:
    """At most `limit` posts on any of these series before `until`, the newest, oldest first.

    Those that their authors took back have no text, and are left out.
    """
    found: dict[tuple[str, str], Post] = {}
    for one in wanted:
        s, m = series.c, mention.c
        ids = select(s.id).where(
            and_(s.brand == one.brand, s.topic == one.topic, s.platform == one.platform)
        )
        for id in connection.scalars(ids).all():
            within = and_(m.series == id, m.created_at < until)
            if since is not None:
                within = and_(within, m.created_at >= since)
            rows = connection.execute(
                select(*POST)
                .join(mention, m.post == post.c.key)
                .where(within, post.c.text != "")
                .order_by(m.created_at.desc(), m.post.desc())
                .limit(limit)
            )
            found |= {(one.platform, one.id): one for one in (Post(*row) for row in rows)}
    newest = sorted(found.values(), key=lambda one: (one.created_at, one.platform, one.id))
    return newest[-limit:]
