"""Storms: where more begins at once than people read, a few ring and one message lists the rest.

A notifier rings ALONE times in any WITHIN, and as often again for what is critical: the most severe
first of what began together. What is beyond that is settled as LISTED, in the transaction that puts
a notice with the list in the outbox. It stays an incident, and is told alone as soon as somebody
takes it, it becomes critical, or no more are left than can ring one by one. What safety words found
is never only listed. Calls and reminders are rationed alike, for every person.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from alerts import wording
from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import PAGING, Severity, State
from monitor.store import notices, outbox, situations
from monitor.store.notices import DELIVERED
from monitor.store.outbox import LISTED, OVERTAKEN, URGENT
from monitor.store.schema import event, incident, notice, notification

ALONE = 5
WITHIN = timedelta(minutes=5)
REPEATED = timedelta(hours=1)
"""How often the list is sent anew while a storm lasts and nothing new begins."""

FORGOTTEN = timedelta(days=1)
"""What was listed so long ago is nobody's news any more."""

NAMED = 10
"""So many are named in the list; the rest are counted."""

RATIONED = (Purpose.CALL, Purpose.REMINDER, Purpose.NEWS, Purpose.PAUSE)
"""Notices of which every incident has its own; the others do not come in storms."""

CHUNK = 5_000
"""Keys in one statement; SQLite takes at most 32,766 parameters."""

_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}
_HOW = (
    "Each is an incident of its own: it is told alone when somebody takes it, when it becomes "
    "critical, and when few are left."
)


@dataclass(frozen=True, slots=True)
class Rung:
    """Something that rings at a time, by its id."""

    id: str
    at: datetime
    severity: Severity


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a list: a person by address, or everybody at a notifier."""

    address: str | None = None
    person: str | None = None


EVERYBODY = Reader()


@dataclass(frozen=True, slots=True)
class Listed:
    """An incident of which a reader knows from a list, and since when it is to be on one.

    `alone`: its news is not listed, only a notice.
    """

    id: str
    state: State
    severity: Severity
    posts: int
    restricted: bool
    at: datetime
    alone: bool


@dataclass(slots=True)
class Plan:
    """What to do about storms at a notifier.

    `news` (incidents) and `notices`, by id, are to be listed; `lists` maps whom a list is due for
    to when they had their last; `alone` are incidents that can be told one by one now.
    """

    news: set[str] = field(default_factory=set)
    notices: dict[str, Reader] = field(default_factory=dict)
    lists: dict[Reader, datetime | None] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.news or self.notices or self.lists or self.alone)


def beyond(waiting: Iterable[Rung], rung: Iterable[Rung]) -> Iterator[Rung]:
    """Those of what waits that are beyond what may ring, after what has rung already."""
    known = list(rung)
    for one in sorted(waiting, key=lambda one: (one.at, _RANK[one.severity], one.id)):
        recent = [each for each in known if one.at - WITHIN < each.at <= one.at]
        if one.severity is Severity.CRITICAL:
            recent = [each for each in recent if each.severity is Severity.CRITICAL]
        if len(recent) < ALONE:
            known.append(one)
        else:
            yield one


def plan(connection: Connection, notifier: str, now: datetime) -> Plan:
    """What is to be done; mostly nothing."""
    last = _last_lists(connection, notifier, now)
    known = {reader: _listed(connection, notifier, reader, now) for reader in last}
    waiting = _waiting(connection, notifier)
    left = {
        one.id
        for one in known.get(EVERYBODY, [])
        if one.state is not State.RESOLVED and not one.alone
    }.difference(str(row.incident) for row in waiting)
    found = Plan(
        news=set(_news(connection, notifier, waiting, len(left), now)),
        notices=dict(_notices(connection, notifier)),
    )
    newest = {reader: max((one.at for one in ones), default=None) for reader, ones in known.items()}
    begun = {*found.notices.values()}
    if found.news - {one.id for one in known.get(EVERYBODY, [])}:
        begun.add(EVERYBODY)
    for reader in {*newest, *begun}:
        before, since = last.get(reader), newest.get(reader)
        new = reader in begun or (before and since and since > before)
        if new and (before is None or now - before >= WITHIN):
            found.lists[reader] = before
    told = last.get(EVERYBODY)
    if told and not begun and not found.lists:
        if len(left) > ALONE and now - told >= REPEATED:
            found.lists[EVERYBODY] = told
        elif len(left) <= ALONE and now - max(newest[EVERYBODY] or told, told) >= WITHIN:
            found.alone = sorted(left)
    return found


def ride_out(connection: Connection, notifier: str, now: datetime) -> None:
    """Do what the plan says: in a writer's transaction, so all of it or nothing."""
    what = plan(connection, notifier, now)
    settled = {"delivered": True, "outcome": LISTED, "settled_at": now}
    for table, key, ids in (
        (notification, notification.c.incident, sorted(what.news)),
        (notice, notice.c.id, sorted(what.notices)),
    ):
        waiting = and_(table.c.notifier == notifier, table.c.delivered.is_(False))
        for start in range(0, len(ids), CHUNK):
            some = key.in_(ids[start : start + CHUNK])
            connection.execute(update(table).where(waiting, some).values(settled))
    for reader, since in what.lists.items():
        _put(connection, notifier, reader, since, now)
    for id in what.alone:
        outbox.tell_anew(connection, id, notifier)


def _waiting(connection: Connection, notifier: str) -> list[Row[Any]]:
    """News of incidents of which nothing was told alone, in order per incident."""
    n, e, i = notification.c, event.c, incident.c
    query = (
        select(n.incident, e.kind, e.at, e.place, i.severity, i.state, i.kind.label("of"))
        .join(event, and_(e.incident == n.incident, e.number == n.revision - 1))
        .join(incident, i.id == n.incident)
        .where(n.notifier == notifier, n.delivered.is_(False))
        .where(~outbox.ended(n.incident, notifier, DELIVERED))
        .order_by(n.incident, n.revision)
    )
    return list(connection.execute(query))


def _news(
    connection: Connection, notifier: str, waiting: list[Row[Any]], left: int, now: datetime
) -> Iterator[str]:
    """Incidents of which nothing is to be told alone now."""
    if not waiting:
        return
    listed = outbox.incidents_with(connection, notifier, LISTED)
    quiet: list[Rung] = []
    ringing: list[Rung] = []
    for id, group in groupby(waiting, key=lambda row: str(row.incident)):
        rows = list(group)
        newest, urgent = rows[-1], [row.at for row in rows if row.kind in URGENT]
        over = newest.state == State.RESOLVED
        by_a_person = any(row.place for row in rows)
        if newest.of in PAGING or (by_a_person and not over):
            continue
        severity = Severity(newest.severity)
        one = Rung(id, min(urgent or [row.at for row in rows]), severity)
        becomes_critical = urgent and severity is Severity.CRITICAL and not over
        (quiet if id in listed and not becomes_critical else ringing).append(one)
    since = min((one.at for one in ringing), default=now) - WITHIN
    too_many = list(beyond(ringing, _told_alone(connection, notifier, since) if ringing else []))
    few = len(quiet) + len(too_many) + left <= ALONE
    if not few or any(one.at > now - WITHIN for one in too_many):
        yield from (one.id for one in (*quiet, *too_many))


def _told_alone(connection: Connection, notifier: str, since: datetime) -> list[Rung]:
    """What rang alone since then."""
    n, e, i = notification.c, event.c, incident.c
    rows = connection.execute(
        select(n.incident, func.max(e.at), i.severity)
        .join(event, and_(e.incident == n.incident, e.number == n.revision - 1))
        .join(incident, i.id == n.incident)
        .where(n.notifier == notifier, n.outcome.in_((DELIVERED, OVERTAKEN)))
        .where(e.kind.in_(URGENT), e.at > since)
        .group_by(n.incident, i.severity)
    )
    return [Rung(id, at, Severity(severity)) for id, at, severity in rows]


def _notices(connection: Connection, notifier: str) -> Iterator[tuple[str, Reader]]:
    """Notices beyond what may ring for a person; what was attempted is not among them."""
    n, i = notice.c, incident.c
    mine = and_(n.notifier == notifier, n.purpose.in_(RATIONED))
    waiting = and_(mine, n.delivered.is_(False), n.attempted_at.is_(None))
    oldest = connection.scalar(select(func.min(n.at)).where(waiting))
    if oldest is None:
        return
    rows = connection.execute(
        select(n.id, n.at, n.address, n.person, n.purpose, i.severity, n.attempted_at, n.delivered)
        .join(incident, i.id == n.incident)
        .where(mine, i.kind.not_in(PAGING), n.at > oldest - WITHIN)
        .where(or_(n.delivered.is_(False), n.outcome == DELIVERED))
    ).all()
    for place, number in Counter((row.address, row.purpose) for row in rows).items():
        if number <= ALONE:
            continue
        here = {row.id: row for row in rows if (row.address, row.purpose) == place}
        each = [Rung(row.id, row.at, Severity(row.severity)) for row in here.values()]
        rung = {id for id, row in here.items() if row.delivered or row.attempted_at}
        known = [one for one in each if one.id in rung]
        for one in beyond((one for one in each if one.id not in rung), known):
            row = here[one.id]
            person = row.person if row.address is not None else None
            yield one.id, Reader(row.address, person)


def _last_lists(connection: Connection, notifier: str, now: datetime) -> dict[Reader, datetime]:
    """When each reader had a list, as far as it matters."""
    n = notice.c
    rows = connection.execute(
        select(n.address, n.person, func.max(n.at))
        .where(n.notifier == notifier, n.purpose == Purpose.STORM, n.at > now - FORGOTTEN)
        .group_by(n.address, n.person)
    )
    return {Reader(address, person): at for address, person, at in rows}


def _listed(connection: Connection, notifier: str, reader: Reader, now: datetime) -> list[Listed]:
    """What a reader knows from lists, or will."""
    n, i, r = notification.c, incident.c, notice.c
    what = (i.id, i.state, i.severity, i.briefed_posts, i.restricted)
    rung = (
        select(*what, func.min(r.settled_at))
        .join(incident, i.id == r.incident)
        .where(r.notifier == notifier, r.outcome == LISTED, r.settled_at > now - FORGOTTEN)
        .where(r.address.is_(None) if reader.address is None else r.address == reader.address)
        .group_by(*what)
    )
    found = {row[0]: (*row, True) for row in connection.execute(rung)}
    if reader == EVERYBODY:
        news = (
            select(*what, func.min(n.settled_at))
            .join(incident, i.id == n.incident)
            .where(n.notifier == notifier, n.outcome == LISTED, n.settled_at > now - FORGOTTEN)
            .where(~outbox.ended(n.incident, notifier, DELIVERED))
            .group_by(*what)
        )
        found |= {row[0]: (*row, False) for row in connection.execute(news)}
    return [
        Listed(id, State(state), Severity(severity), *others)
        for id, state, severity, *others in found.values()
    ]


def _put(
    connection: Connection, notifier: str, reader: Reader, since: datetime | None, now: datetime
) -> None:
    """Put a list in the outbox: the most severe by name, and how many there are."""
    known = _listed(connection, notifier, reader, now)
    new = [one for one in known if since is None or one.at > since]
    standing = [one for one in known if one.state is not State.RESOLVED]
    standing.sort(key=lambda one: (_RANK[one.severity], -one.posts, one.id))
    open_to_all = [one.id for one in standing if not one.restricted][:NAMED]
    named = [situations.latest_briefing(connection, id) for id in open_to_all]
    more = len(standing) - len(named)
    lines = [
        _counted(standing),
        *(f"{one.severity.upper()} {one.headline}: {one.incident}" for one in named),
        f"and {wording.number(more)} more" if more else "",
        _HOW if standing else "",
    ]
    begun = f"{wording.number(len(new))} more incidents began at once"
    lasting = f"{wording.number(len(standing))} incidents of the storm are still open"
    one = Notice(
        id=f"storm/{now:%Y-%m-%dT%H:%M:%S.%fZ}" + (f"/{reader.person}" if reader.person else ""),
        purpose=Purpose.STORM,
        at=now,
        title=begun if new else lasting,
        lines=tuple(line for line in lines if line),
        person=reader.person,
        urgent=bool(new),
        timezone=named[0].timezone if named else "UTC",
    )
    notices.put(connection, one, notifier, reader.address)


def _counted(standing: list[Listed]) -> str:
    """How many of each severity are open: `5 critical, 12 major, 971 minor`."""
    numbers: Mapping[Severity, int] = Counter(one.severity for one in standing)
    said = [
        f"{wording.number(numbers[severity])} {severity}"
        for severity in reversed(Severity)
        if numbers.get(severity)
    ]
    return ", ".join(said) or "all of them are over already"
