"""The outbox: what notifiers are still to be told, and which message of theirs shows an incident.

Every revision of an incident has a step in its timeline, the first one number 0: what happened is
read there, so that no briefing is parsed which is not sent.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)

from alerts.incidents.incident import Reason, State
from monitor.store.notices import DELIVERED
from monitor.store.schema import briefing, event, incident, notice, notification, telling
from monitor.store.writing import upsert

URGENT = (
    Reason.OPENED,
    Reason.REOPENED,
    Reason.CALLING,
    Reason.ESCALATED,
    Reason.WOKEN,
)
"""What somebody is woken for; it overtakes updates of what people know."""

OVERTAKEN = "overtaken"
LISTED = "listed: told with others in one message"
NO_NEWS = "nothing happened: shown where messages are updated"
GONE = "no longer configured"
"""Outcomes beside the reasons for which a notification was given up."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: news of an incident by its id, or a notice by its own."""

    id: str
    notice: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """A notification as the store has it: `content` is its briefing's JSON, not parsed.

    `attempted` where the notifier may have been told of the incident before; `receipt` is what it
    answered then, None where it never did. `first`: nothing of the incident was delivered before.
    """

    incident: str
    revision: int
    content: str
    attempted: bool
    receipt: str | None
    first: bool
    restricted: bool


def add(connection: Connection, id: str, revision: int, notifiers: Sequence[str]) -> None:
    """Put a revision of an incident in the outbox, once a notifier."""
    rows = [
        {"incident": id, "revision": revision, "notifier": name, "delivered": False}
        for name in notifiers
    ]
    if rows:
        connection.execute(notification.insert(), rows)


def tell_newest(connection: Connection, id: str, notifiers: Sequence[str]) -> None:
    """Put the newest revision of an incident in the outbox of those that it was not meant for."""
    n = notification.c
    known = connection.scalars(
        select(n.notifier).where(
            n.incident == id,
            n.revision == _newest(id),
            func.coalesce(n.outcome, "") != GONE,
        )
    )
    for name in sorted({*notifiers}.difference(known)):
        tell_anew(connection, id, name)


def tell_anew(connection: Connection, id: str, notifier: str) -> None:
    """Put the newest revision of an incident in a notifier's outbox, whatever became of it."""
    newest = connection.scalar(select(_newest(id)))
    row = {"incident": id, "revision": newest, "notifier": notifier, "delivered": False}
    upsert(connection, notification, [{**row, "outcome": None, "settled_at": None}])


def _newest(id: str) -> ScalarSelect[int]:
    newest = select(func.max(briefing.c.revision)).where(briefing.c.incident == id)
    return newest.scalar_subquery()


def ended(id: ColumnElement[str], notifier: str, outcome: str) -> ColumnElement[bool]:
    """Whether something of an incident ended so at a notifier."""
    before = notification.alias().c
    return exists().where(
        before.incident == id, before.notifier == notifier, before.outcome == outcome
    )


def incidents_with(connection: Connection, notifier: str, outcome: str) -> set[str]:
    """Incidents of which something ended so at a notifier, and something waits."""
    n = notification.c
    waiting = select(n.incident).where(n.notifier == notifier, n.delivered.is_(False))
    query = waiting.where(ended(n.incident, notifier, outcome)).distinct()
    return {*connection.scalars(query)}


def follow(connection: Connection, notifiers: Sequence[str], at: datetime) -> None:
    """Bring the outbox in line with the notifiers that are configured now.

    What waits for others is settled. Those that are new are told of what goes on and others know
    of, where it stands, and not of what is over.
    """
    settled = {"delivered": True, "outcome": GONE, "settled_at": at}
    for table in (notification, notice):
        gone = and_(table.c.delivered.is_(False), table.c.notifier.not_in(notifiers))
        connection.execute(update(table).where(gone).values(settled))
    n = notification.c
    told = exists().where(n.incident == incident.c.id)
    going_on = select(incident.c.id).where(incident.c.state != State.RESOLVED, told)
    for id in connection.scalars(going_on.order_by(incident.c.id)).all():
        tell_newest(connection, id, notifiers)


def notifiers_of(connection: Connection, id: str) -> list[str]:
    """Those that were told of an incident before."""
    names = select(notification.c.notifier).where(notification.c.incident == id).distinct()
    return sorted(connection.scalars(names))


def waiting(connection: Connection) -> dict[str, int]:
    """How many notifications and notices wait, by notifier."""
    found = Counter[str]()
    for table in (notification, notice):
        of = table.c.notifier
        counted = select(of, func.count()).where(table.c.delivered.is_(False)).group_by(of)
        found.update({row[0]: row[1] for row in connection.execute(counted)})
    return dict(found)


def in_turn(connection: Connection, notifier: str, *, urgent_first: bool, limit: int) -> list[Turn]:
    """What waits for a notifier in the order in which to send it, one entry a notification.

    The oldest first; with `urgent_first` after the notices that are urgent, and after the news of
    every incident that still has something URGENT to be told.
    """
    n, e = notification.c, event.c
    urgent = func.max(case((e.kind.in_(URGENT), 1), else_=0)).over(
        partition_by=n.incident, order_by=n.revision.desc()
    )
    news = (
        select(
            urgent.label("urgent"),
            e.at.label("at"),
            n.incident.label("id"),
            n.revision.label("revision"),
            literal(0).label("notice"),
        )
        .join(event, and_(e.incident == n.incident, e.number == n.revision - 1), isouter=True)
        .where(n.delivered.is_(False), n.notifier == notifier)
    )
    ringing = select(
        case((notice.c.urgent, 1), else_=0), notice.c.at, notice.c.id, literal(0), literal(1)
    ).where(notice.c.delivered.is_(False), notice.c.notifier == notifier)
    both = union_all(news, ringing).subquery().c
    oldest = (both.at, both.notice, both.id, both.revision)
    query = select(both.id, both.notice).limit(limit)
    rows = connection.execute(
        query.order_by(*((both.urgent.desc(), *oldest) if urgent_first else oldest))
    )
    return [Turn(id, bool(of_notice)) for id, of_notice in rows]


def envelope(connection: Connection, notifier: str, id: str, *, newest: bool) -> Envelope | None:
    """The notification of an incident to be sent next, the oldest or the newest, if one waits."""
    n, b, t = notification.c, briefing.c, telling.c
    told = ended(n.incident, notifier, DELIVERED)
    asked = (n.incident, n.revision, b.content, t.attempted_at, t.receipt, told)
    row = connection.execute(
        select(*asked, incident.c.restricted)
        .join(briefing, and_(b.incident == n.incident, b.revision == n.revision))
        .join(incident, incident.c.id == n.incident)
        .join(telling, and_(t.incident == n.incident, t.notifier == n.notifier), isouter=True)
        .where(n.delivered.is_(False), n.notifier == notifier, n.incident == id)
        .order_by(n.revision.desc() if newest else n.revision)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    id, revision, content, attempted_at, receipt, told_before, restricted = row
    attempted, first = attempted_at is not None, not told_before
    return Envelope(id, revision, content, attempted, receipt, first, restricted)


def attempt(connection: Connection, notifier: str, id: str, at: datetime) -> None:
    """Note that a notifier is about to be told of an incident for the first time."""
    row = {"incident": id, "notifier": notifier, "attempted_at": at, "receipt": None}
    upsert(connection, telling, [row])


def not_told(connection: Connection, notifier: str, id: str) -> None:
    """Take an attempt back: it is known not to have arrived."""
    t = telling.c
    mine = and_(t.incident == id, t.notifier == notifier, t.receipt.is_(None))
    connection.execute(delete(telling).where(mine))


def delivered(
    connection: Connection, notifier: str, sent: Envelope, receipt: str | None, at: datetime
) -> int:
    """Settle what was sent, with its receipt, and earlier ones of the incident as overtaken.

    How many were overtaken.
    """
    settle(connection, notifier, sent, DELIVERED, at)
    n = notification.c
    earlier = and_(n.incident == sent.incident, n.notifier == notifier, n.revision < sent.revision)
    overtaken = connection.execute(
        update(notification)
        .where(earlier, n.delivered.is_(False))
        .values(delivered=True, outcome=OVERTAKEN, settled_at=at)
    )
    if receipt is not None and receipt != sent.receipt:
        row = {"incident": sent.incident, "notifier": notifier}
        upsert(connection, telling, [{**row, "attempted_at": at, "receipt": receipt}])
    elif receipt is None:
        not_told(connection, notifier, sent.incident)
    return overtaken.rowcount


def settle(
    connection: Connection, notifier: str, one: Envelope, outcome: str, at: datetime
) -> None:
    """Say what became of a notification; it is not sent again."""
    n = notification.c
    this = and_(n.incident == one.incident, n.revision == one.revision, n.notifier == notifier)
    settled = {"delivered": True, "outcome": outcome, "settled_at": at}
    connection.execute(update(notification).where(this).values(settled))
