"""The outbox: what notifiers are still to be told, and which message of theirs shows an incident.

Every revision of an incident has a step in its timeline, the first one number 0: what happened is
read there, so that no briefing is parsed which is not sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, delete, exists, func, select, update

from alerts.incidents import Reason, State
from monitor.store.schema import briefing, event, incident, notification, telling
from monitor.store.volume import upsert

URGENT = (Reason.OPENED, Reason.REOPENED, Reason.CALLING, Reason.ESCALATED)
"""What somebody is woken for; it overtakes updates of what people know."""

DELIVERED = "delivered"
OVERTAKEN = "overtaken"
NO_NEWS = "nothing happened: shown where messages are updated"
GONE = "no longer configured"
"""Outcomes beside the reasons for which a notification was given up."""


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
    newest = connection.scalar(
        select(func.max(briefing.c.revision)).where(briefing.c.incident == id)
    )
    known = connection.scalars(
        select(n.notifier).where(
            n.incident == id, n.revision == newest, func.coalesce(n.outcome, "") != GONE
        )
    )
    row = {"incident": id, "revision": newest, "delivered": False}
    rows = [
        {**row, "notifier": name, "outcome": None, "settled_at": None}
        for name in sorted({*notifiers}.difference(known))
    ]
    if rows:
        upsert(connection, notification, rows)


def follow(connection: Connection, notifiers: Sequence[str], at: datetime) -> None:
    """Bring the outbox in line with the notifiers that are configured now.

    What waits for others is settled. Those that are new are told of what goes on and others know
    of, where it stands, and not of what is over.
    """
    n = notification.c
    waiting = update(notification).where(n.delivered.is_(False), n.notifier.not_in(notifiers))
    connection.execute(waiting.values(delivered=True, outcome=GONE, settled_at=at))
    told = exists().where(n.incident == incident.c.id)
    going_on = select(incident.c.id).where(incident.c.state != State.RESOLVED, told)
    for id in connection.scalars(going_on.order_by(incident.c.id)).all():
        tell_newest(connection, id, notifiers)


def notifiers_of(connection: Connection, id: str) -> list[str]:
    """Those that were told of an incident before."""
    names = select(notification.c.notifier).where(notification.c.incident == id).distinct()
    return sorted(connection.scalars(names))


def waiting(connection: Connection) -> dict[str, int]:
    """How many notifications wait, by notifier."""
    n = notification.c
    rows = connection.execute(
        select(n.notifier, func.count()).where(n.delivered.is_(False)).group_by(n.notifier)
    )
    return {row[0]: row[1] for row in rows}


def in_turn(connection: Connection, notifier: str, *, urgent_first: bool, limit: int) -> list[str]:
    """Incidents in the order of what waits for a notifier, one entry a notification.

    The oldest news first; with `urgent_first` after the news of every incident that still has
    something URGENT to be told.
    """
    n, e = notification.c, event.c
    urgent = func.max(case((e.kind.in_(URGENT), 1), else_=0)).over(
        partition_by=n.incident, order_by=n.revision.desc()
    )
    oldest = (e.at, n.incident, n.revision)
    query = (
        select(n.incident)
        .join(event, and_(e.incident == n.incident, e.number == n.revision - 1), isouter=True)
        .where(n.delivered.is_(False), n.notifier == notifier)
        .order_by(*((urgent.desc(), *oldest) if urgent_first else oldest))
        .limit(limit)
    )
    return list(connection.scalars(query))


def envelope(connection: Connection, notifier: str, id: str, *, newest: bool) -> Envelope | None:
    """The notification of an incident to be sent next, the oldest or the newest, if one waits."""
    n, b, t = notification.c, briefing.c, telling.c
    before = notification.alias().c
    told = exists().where(
        before.incident == n.incident, before.notifier == n.notifier, before.outcome == DELIVERED
    )
    row = connection.execute(
        select(n.incident, n.revision, b.content, t.attempted_at, t.receipt, told)
        .join(briefing, and_(b.incident == n.incident, b.revision == n.revision))
        .join(telling, and_(t.incident == n.incident, t.notifier == n.notifier), isouter=True)
        .where(n.delivered.is_(False), n.notifier == notifier, n.incident == id)
        .order_by(n.revision.desc() if newest else n.revision)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    id, revision, content, attempted_at, receipt, told_before = row
    return Envelope(id, revision, content, attempted_at is not None, receipt, not told_before)


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
