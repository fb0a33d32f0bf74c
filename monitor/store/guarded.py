"""Posts that only named people may read: on restricted topics, or of restricted incidents."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.incidents.incident import ALL_MENTIONS
from alerts.posts import Post
from detectors import Series
from monitor.store.schema import incident, mention, series, surge
from monitor.store.volume import post_key
from monitor.store.work import sighting

Span = tuple[datetime, datetime | None]


def without(connection: Connection, posts: Sequence[Post], topics: Collection[str]) -> list[Post]:
    """These posts but those on any of the topics, or in a restricted incident, while it went on."""
    secret = select(incident.c.id).where(incident.c.restricted)
    if not topics and connection.scalar(secret.limit(1)) is None:
        return [*posts]
    spans = _spans(connection)
    keys = {post_key(one.platform, one.id): one for one in posts}
    s = sighting.c
    apart = {*connection.scalars(select(s.post).where(s.incident.in_(secret), s.post.in_(keys)))}
    m, named = mention.c, series.c
    rows = connection.execute(
        select(m.post, m.created_at, named.brand, named.topic, named.platform)
        .join(series, named.id == m.series)
        .where(m.post.in_(keys))
    )
    for key, at, brand, topic, platform in rows:
        ours = spans[Series(brand, topic, platform)]
        if topic in topics or any(a <= at and (b is None or at < b) for a, b in ours):
            apart.add(key)
    return [one for key, one in keys.items() if key not in apart]


def _spans(connection: Connection) -> defaultdict[Series, list[Span]]:
    """When restricted incidents surged, by series; all mentions only where nothing else did."""
    rows = connection.execute(
        select(surge.c.incident, surge.c.series, surge.c.started_at, surge.c.ended_at)
        .join(incident, incident.c.id == surge.c.incident)
        .where(incident.c.restricted)
    ).all()
    found = [(id, Series.parse(name), (began, ended)) for id, name, began, ended in rows]
    named = {id for id, one, _ in found if one.topic != ALL_MENTIONS}
    spans = defaultdict[Series, list[Span]](list)
    for id, one, span in found:
        if one.topic != ALL_MENTIONS or id not in named:
            spans[one].append(span)
    return spans
