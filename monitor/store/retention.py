"""Forgetting what people wrote: when it is old, and when its author takes it back.

Counts, incidents and timelines stay, and so do facts, words for the public and who approved them.
A briefing shows no post that is not stored any more. Nothing of what is on legal hold grows old;
what its author takes back is hidden all the same, and kept aside where the hold says so.
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
    insert,
    or_,
    select,
    update,
)

from alerts.incidents.incident import Incident, Kind, State
from alerts.incidents.steps import HOLD
from monitor.store import joints
from monitor.store.schema import briefing, incident, mention, post, series, surge
from monitor.store.sightings import BESIDE
from monitor.store.volume import CHUNK, post_key
from monitor.store.work import sighting, withheld

BRIEFINGS = 200
"""Briefings that are rewritten in one transaction."""

IDS = 100
"""Ids that are looked for in briefings at a time."""

_NO_EXAMPLES = '"examples":[]'

Shown = dict[str, Any]
"""A post as a briefing shows it."""


def purge(connection: Connection, before: datetime, limit: int = CHUNK) -> int:
    """Forget up to `limit` posts from before then, and what briefings show of such posts.

    What an unresolved incident consists of is kept, since its start, and one on legal hold, until
    its end. To be called, each time in a transaction of its own, until nothing was left to forget:
    it returns how much that was.
    """
    posts = _purge_posts(connection, before, limit) + _purge_own(connection, before)
    return posts + _purge_briefings(connection, before)


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
            _withhold(connection, [key for key, _ in stored])
            connection.execute(update(post).where(mine).values(text="", author=None, url=None))
        for first in range(0, len(stored), IDS):
            shown = stored[first : first + IDS]
            times = [created_at for _, created_at in shown]
            gone = {by_key[key] for key, _ in shown}
            changed |= _take_back(connection, gone, min(times), max(times))
    return changed


def hold(connection: Connection, one: Incident) -> None:
    """The parts of an incident are held as it is now; what it does not keep aside is forgotten."""
    ids = [one.id, *joints.parts(connection, [one.id])]
    as_it_is = {name: getattr(one, name) for name in HOLD}
    connection.execute(update(incident).where(incident.c.id.in_(ids)).values(as_it_is))
    if not one.held_deleted:
        connection.execute(delete(withheld).where(withheld.c.incident.in_(ids)))


def part(connection: Connection, main: Incident, other: Incident) -> None:
    """What was kept aside for two that were one is kept for each of them that is held so."""
    w = withheld.c
    if other.held_deleted:
        there = select(w.post).where(w.incident == other.id)
        rows = connection.execute(
            select(withheld).where(w.incident == main.id, w.post.not_in(there))
        )
        kept = [{**row, "incident": other.id} for row in rows.mappings()]
        if kept:
            connection.execute(insert(withheld), kept)
    hold(connection, main)


def _withhold(connection: Connection, keys: Sequence[int]) -> None:
    """Keep these posts aside, once each, for the legal holds that say so, before they are blank."""
    i = incident.c
    for id in connection.scalars(select(i.id).where(i.held_deleted, i.held_at.is_not(None))).all():
        members = select(mention.c.post).where(mention.c.post.in_(keys), _of_incidents(i.id == id))
        seen = select(sighting.c.post).where(sighting.c.incident.in_(joints.family(id)))
        there = select(withheld.c.post).where(withheld.c.incident == id)
        p = post.c
        rows = connection.execute(
            select(p.key, p.platform, p.id, p.created_at, p.author, p.text, p.url).where(
                p.key.in_(keys),
                p.text != "",
                or_(p.key.in_(members), p.key.in_(seen)),
                p.key.not_in(there),
            )
        )
        kept = [{"incident": id, "post": key, **_row(row)} for key, *row in rows]
        if kept:
            connection.execute(insert(withheld), kept)


def _row(values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(("platform", "id", "created_at", "author", "text", "url"), values, strict=True))


def _purge_posts(connection: Connection, before: datetime, limit: int) -> int:
    """The oldest posts of all series go first, so that those of a stretch of time go together."""
    ids = list(connection.scalars(select(series.c.id).order_by(series.c.id)))
    i = incident.c
    going_on = or_(i.state != State.RESOLVED, i.held_at.is_not(None))
    sighted = select(sighting.c.post).where(sighting.c.incident.in_(_held(connection)))
    ours = _of_incidents(and_(going_on, i.started_at < before))
    free = and_(~ours, mention.c.post.not_in(sighted))
    oldest: dict[int, datetime] = {}
    until = before
    for id in ids:
        rows = connection.execute(
            select(mention.c.post, mention.c.created_at)
            .where(mention.c.series == id, mention.c.created_at < until, free)
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


def _purge_own(connection: Connection, before: datetime) -> int:
    """Posts in our name go as the others do, though they are no mentions."""
    i, s, m = incident.c, sighting.c, mention.c
    seen = select(s.post).join(incident, i.id == s.incident)
    own = seen.where(or_(s.word.in_(BESIDE), i.kind == Kind.UNAPPROVED), s.at < before)
    needed = seen.where(or_(i.state != State.RESOLVED, i.id.in_(_held(connection))))
    same = and_(m.created_at == post.c.created_at, m.post == post.c.key)
    mentions = exists(select(m.post).where(m.series.in_(select(series.c.id)), same))
    done = delete(post).where(post.c.key.in_(own), post.c.key.not_in(needed), ~mentions)
    return connection.execute(done).rowcount


def _chunks(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK)]


def _of_incidents(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the post of a mention is, on any series, part of an incident of these."""
    i, also = incident.c, mention.alias()
    name = series.c.brand + "/" + series.c.topic + "@" + series.c.platform
    kept = (
        select(series.c.id, i.started_at, i.resolved_at)
        .join(surge, surge.c.series == name)
        .join(incident, i.id == surge.c.incident)
        .where(which)
        .distinct()
        .cte()
    )
    at = mention.c.created_at
    within = kept.c.started_at <= at, or_(kept.c.resolved_at.is_(None), at <= kept.c.resolved_at)
    same = also.c.series == kept.c.id, also.c.created_at == at, also.c.post == mention.c.post
    return exists(select(also.c.post).where(*same, *within).correlate(mention))


def _purge_briefings(connection: Connection, before: datetime) -> int:
    """Of incidents that are over, take the examples from before then out of the briefings."""
    i = incident.c
    free = i.id.not_in(_held(connection))
    over = and_(i.state == State.RESOLVED, i.resolved_at < before, free)
    all_of_it = _rewrite(connection, over, lambda _: False, BRIEFINGS)
    # Those that reach over that moment are few, and are looked at every time.
    reaching = and_(i.state == State.RESOLVED, i.started_at < before, i.resolved_at >= before, free)
    some_of_it = _rewrite(connection, reaching, lambda one: _at(one) >= before)
    return len(all_of_it) + len(some_of_it)


def held(connection: Connection) -> list[str]:
    """The ids of the incidents on legal hold."""
    i = incident.c
    return list(connection.scalars(select(i.id).where(i.held_at.is_not(None)).order_by(i.id)))


def _held(connection: Connection) -> set[str]:
    """The same, and their parts."""
    ids = held(connection)
    return {*ids, *joints.parts(connection, ids)}


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
