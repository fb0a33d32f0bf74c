"""Forgetting what people wrote: when it is old, and when its author takes it back.

Counts, incidents and timelines stay, and so do facts, words for the public and who approved them.
A briefing shows no post that is not stored any more.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from heapq import nsmallest
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    true,
    update,
)

from alerts.incidents.incident import State
from detectors import Series
from monitor.store.schema import briefing, incident, mention, post, series, surge
from monitor.store.volume import CHUNK, post_key

BRIEFINGS = 200
"""Briefings that are rewritten in one transaction."""

IDS = 100
"""Ids that are looked for in briefings at a time."""

_NO_EXAMPLES = '"examples":[]'

Shown = dict[str, Any]
"""A post as a briefing shows it."""


def purge(connection: Connection, before: datetime, limit: int = CHUNK) -> int:
    """Forget up to `limit` posts from before then, and what briefings show of such posts.

    What an unresolved incident consists of is kept, since its start. To be called, each time in a
    transaction of its own, until nothing was left to forget: it returns how much that was.
    """
    return _purge_posts(connection, before, limit) + _purge_briefings(connection, before)


def forget(connection: Connection, posts: Sequence[tuple[str, str]]) -> set[str]:
    """Forget posts (platform, id) that their authors took back; they stay counted.

    Briefings that show one lose it. The ids of unresolved incidents whose newest briefing did.
    """
    changed: set[str] = set()
    by_key = {post_key(*one): one for one in posts}
    keys = list(by_key)
    for start in range(0, len(keys), CHUNK):
        mine = post.c.key.in_(keys[start : start + CHUNK])
        stored = connection.execute(select(post.c.key, post.c.created_at).where(mine)).all()
        if stored:
            connection.execute(update(post).where(mine).values(text="", author=None, url=None))
        for first in range(0, len(stored), IDS):
            shown = stored[first : first + IDS]
            times = [created_at for _, created_at in shown]
            gone = {by_key[key] for key, _ in shown}
            changed |= _take_back(connection, gone, min(times), max(times))
    return changed


def _purge_posts(connection: Connection, before: datetime, limit: int) -> int:
    """The oldest posts of all series go first, so that those of a stretch of time go together."""
    ids = list(connection.scalars(select(series.c.id).order_by(series.c.id)))
    of_incidents = _of_unresolved_incidents(connection, before)
    oldest: dict[int, datetime] = {}
    until = before
    for id in ids:
        rows = connection.execute(
            select(mention.c.post, mention.c.created_at)
            .where(mention.c.series == id, mention.c.created_at < until, ~of_incidents)
            .order_by(mention.c.created_at)
            .limit(limit)
        )
        oldest.update((key, at) for key, at in rows)
        if len(oldest) >= limit:
            oldest = dict(nsmallest(limit, oldest.items(), key=itemgetter(1)))
            until = max(oldest.values())
    if not oldest:
        return 0
    m = mention.c
    within = and_(m.created_at >= min(oldest.values()), m.created_at <= max(oldest.values()))
    members = connection.execute(
        select(m.series, m.created_at, m.post).where(m.series.in_(ids), within)
    )
    gone = [{"of": id, "at": at, "key": key} for id, at, key in members if key in oldest]
    this = and_(
        m.series == bindparam("of"), m.created_at == bindparam("at"), m.post == bindparam("key")
    )
    if gone:
        connection.execute(delete(mention).where(this), gone)
    for keys in _chunks(list(oldest)):
        connection.execute(delete(post).where(post.c.key.in_(keys)))
    return len(oldest)


def _chunks(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]


def _of_unresolved_incidents(connection: Connection, before: datetime) -> ColumnElement[bool]:
    """Whether the post of a mention is, on any series, part of an incident that goes on."""
    ids: dict[tuple[str, str, str], list[int]] = {}
    for row in connection.execute(select(series)):
        ids.setdefault((row.brand, row.topic, row.platform), []).append(row.id)
    surging = connection.execute(
        select(surge.c.series, incident.c.started_at)
        .join(incident, incident.c.id == surge.c.incident)
        .where(incident.c.state != State.RESOLVED, incident.c.started_at < before)
        .distinct()
    )
    also = mention.alias()
    kept = [
        and_(also.c.series == id, also.c.created_at >= started_at)
        for name, started_at in surging
        for one in [Series.parse(name)]
        for id in ids.get((one.brand, one.topic, one.platform), [])
    ]
    if not kept:
        return ~true()
    same = and_(also.c.post == mention.c.post, also.c.created_at == mention.c.created_at)
    return exists(select(also.c.post).where(same, or_(*kept)).correlate(mention))


def _purge_briefings(connection: Connection, before: datetime) -> int:
    """Of incidents that are over, take the examples from before then out of the briefings."""
    i = incident.c
    over = and_(i.state == State.RESOLVED, i.resolved_at < before)
    all_of_it = _rewrite(connection, over, lambda _: False, BRIEFINGS)
    # Those that reach over that moment are few, and are looked at every time.
    reaching = and_(i.state == State.RESOLVED, i.started_at < before, i.resolved_at >= before)
    some_of_it = _rewrite(connection, reaching, lambda one: _at(one) >= before)
    return len(all_of_it) + len(some_of_it)


def _at(shown: Shown) -> datetime:
    return datetime.fromisoformat(shown["created_at"])


def _take_back(
    connection: Connection, gone: set[tuple[str, str]], first: datetime, last: datetime
) -> set[str]:
    """Take posts, the first and last of them from then, out of the briefings that show them."""
    i = incident.c
    going_on = and_(i.started_at <= last, or_(i.state != State.RESOLVED, i.resolved_at >= first))
    written = {orjson.dumps(id).decode() for _, id in gone}
    showing = or_(*(briefing.c.content.contains(f'"id":{id}', autoescape=True) for id in written))
    rewritten = _rewrite(
        connection, and_(going_on, showing), lambda one: (one["platform"], one["id"]) not in gone
    )
    newest = connection.execute(
        select(i.id, i.revision).where(
            i.id.in_({id for id, _ in rewritten}), i.state != State.RESOLVED
        )
    )
    return {id for id, revision in newest if (id, revision) in rewritten}


def _rewrite(
    connection: Connection,
    which: ColumnElement[bool],
    keep: Callable[[Shown], bool],
    limit: int | None = None,
) -> set[tuple[str, int]]:
    """Leave only some examples in briefings; those (incident, revision) that had others."""
    b = briefing.c
    rows = connection.execute(
        select(b.incident, b.revision, b.content)
        .join(incident, incident.c.id == b.incident)
        .where(which, ~b.content.contains(_NO_EXAMPLES))
        .order_by(b.incident, b.revision)
        .limit(limit)
    ).all()
    changed = set()
    for id, revision, content in rows:
        fields = orjson.loads(content)
        kept = [one for one in fields["examples"] if keep(one)]
        if len(kept) < len(fields["examples"]):
            text = orjson.dumps({**fields, "examples": kept}).decode()
            mine = and_(b.incident == id, b.revision == revision)
            connection.execute(update(briefing).where(mine).values(content=text))
            changed.add((id, revision))
    return changed
