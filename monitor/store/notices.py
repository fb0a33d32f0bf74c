"""The outbox of notices: what rings, each sent once to each notifier that it is for.

Whoever wants to know what became of one reads its row: `delivered` says that it is settled,
`outcome` whether it arrived (DELIVERED), was withdrawn, or why it was given up.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from alerts.duty.notices import Action, Notice, Purpose
from monitor.store.joints import family
from monitor.store.schema import notice, telling

DELIVERED = "delivered"
WITHDRAWN = "withdrawn: it was no longer needed"

SUPERSEDING = (Purpose.CALL, Purpose.REMINDER, Purpose.PAUSE, Purpose.INSTRUCTION)
"""Of these the newest says all that the earlier ones did."""

_ANEW = {"delivered": False, "urgent": False}
"""What was sent is shown anew where it stands: it rings nobody, and has arrived as it did."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A notice as the store has it: `content` is its JSON, not parsed.

    `thread` is the notifier's receipt of the incident's message, None where there is none.
    `attempted` where it may have been sent before. `receipt` is its own, where it
    was sent and is to be shown anew.
    """

    id: str
    content: str
    purpose: Purpose
    at: datetime
    address: str | None
    thread: str | None
    attempted: bool
    receipt: str | None = None


def put(connection: Connection, one: Notice, notifier: str, address: str | None = None) -> bool:
    """Put a notice in the outbox of a notifier; False where it is there already, by its id.

    It is kept without its briefing: what strangers wrote stands in one place, where it is purged.

    One that still waits there and says less of the same incident to the same person is withdrawn,
    so that nobody is called four times at once when a notifier comes back.
    """
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    row = {
        "id": one.id,
        "notifier": notifier,
        "at": one.at,
        "purpose": one.purpose.value,
        "urgent": one.urgent,
        "incident": one.incident,
        "person": one.person,
        "address": address,
        "asks": one.asks or None,
        "content": replace(one, briefing=None).to_json(),
        "delivered": False,
    }
    put = insert(notice).values(row).on_conflict_do_nothing().returning(notice.c.id)
    new = connection.execute(put).one_or_none() is not None
    if new and one.incident and one.purpose in SUPERSEDING:
        _supersede(connection, one, one.incident, notifier)
    return new


def _supersede(connection: Connection, one: Notice, incident: str, notifier: str) -> None:
    n = notice.c
    earlier = and_(
        n.notifier == notifier,
        n.incident == incident,
        n.purpose == one.purpose.value,
        n.person.is_not_distinct_from(one.person),
        n.id != one.id,
        n.delivered.is_(False),
        n.receipt.is_(None),
    )
    settled = {"delivered": True, "outcome": WITHDRAWN, "settled_at": one.at}
    connection.execute(update(notice).where(earlier).values(settled))


def withdraw(
    connection: Connection, incident: str, purposes: Collection[Purpose], at: datetime
) -> int:
    """Settle unsent what waits of an incident and its parts, and is no longer needed; how much.

    One that is being sent at this moment may still arrive.
    """
    n = notice.c
    unsent = n.delivered.is_(False), n.receipt.is_(None)
    ours = connection.scalars(family(incident)).all()
    waiting = and_(n.incident.in_(ours), n.purpose.in_(purposes), *unsent)
    settled = {"delivered": True, "outcome": WITHDRAWN, "settled_at": at}
    return connection.execute(update(notice).where(waiting).values(settled)).rowcount


def take_back(
    connection: Connection, incident: str, title: str, at: datetime, knowing: Collection[str]
) -> None:
    """Nothing waits of an incident and its parts, and what was sent says only this title.

    `knowing` are the notifiers that may know: what they were sent stays as it is.
    """
    withdraw(connection, incident, [*Purpose], at)
    n = notice.c
    ours = n.incident.in_(family(incident)), n.notifier.not_in(knowing)
    query = select(n.id, n.notifier, n.content, n.receipt).where(*ours)
    for id, notifier, content, receipt in connection.execute(query).all():
        told, this = Notice.from_json(content), and_(n.id == id, n.notifier == notifier)
        bare = Notice(
            id=id,
            purpose=told.purpose,
            at=told.at,
            title=title,
            incident=told.incident,
            person=told.person,
            timezone=told.timezone,
        ).to_json()
        if bare != content:
            anew = _ANEW if receipt else {}
            connection.execute(update(notice).where(this).values(content=bare, **anew))


def answered(
    connection: Connection,
    asked: str,
    outcome: str,
    actions: tuple[Action, ...],
    at: datetime,
    only: Collection[str] | None = None,
) -> None:
    """What notices ask, in `Notice.asks`, is answered: those that wait are withdrawn.

    Where one was sent to can show what came of it, and what can be done now, in its place; `only`
    names the notifiers that may know.
    """
    n = notice.c
    query = select(n.id, n.notifier, n.content, n.delivered, n.receipt).where(n.asks == asked)
    for id, notifier, content, delivered, receipt in connection.execute(query).all():
        told, this = Notice.from_json(content), and_(n.id == id, n.notifier == notifier)
        if not told.actions:
            continue
        shown = replace(told, outcome=outcome, actions=actions).to_json()
        may_know = only is None or notifier in only
        if receipt and may_know:
            values = {**_ANEW, "content": shown}
        elif delivered:
            continue
        else:
            values = {"delivered": True, "outcome": WITHDRAWN, "settled_at": at}
            values |= {"content": shown} if may_know else {}
        connection.execute(update(notice).where(this).values(values))


def envelope(connection: Connection, notifier: str, id: str) -> Envelope | None:
    """A notice that is to be sent, if it still waits."""
    n, t = notice.c, telling.c
    row = connection.execute(
        select(n.id, n.content, n.purpose, n.at, n.address, t.receipt, n.attempted_at, n.receipt)
        .join(telling, and_(t.incident == n.incident, t.notifier == n.notifier), isouter=True)
        .where(n.id == id, n.notifier == notifier, n.delivered.is_(False))
    ).one_or_none()
    if row is None:
        return None
    id, content, purpose, at, address, thread, tried_at, receipt = row
    tried = tried_at is not None
    return Envelope(id, content, Purpose(purpose), at, address, thread, tried, receipt)


def attempt(connection: Connection, notifier: str, id: str, at: datetime | None) -> None:
    """Note that a notice is about to be sent, or with None that it is known not to have arrived."""
    this = and_(notice.c.id == id, notice.c.notifier == notifier)
    connection.execute(update(notice).where(this).values(attempted_at=at))


def arrived(
    connection: Connection, notifier: str, sent: Envelope, at: datetime, receipt: str | None
) -> None:
    """Settle a notice as delivered; what it was answered meanwhile is shown next, where it can be.

    That is what has another content by now than was `sent`.
    """
    n = notice.c
    settle(connection, notifier, sent.id, DELIVERED, at)
    if receipt:
        this = and_(n.id == sent.id, n.notifier == notifier)
        connection.execute(update(notice).where(this).values(receipt=receipt))
        connection.execute(update(notice).where(this, n.content != sent.content).values(_ANEW))


def settle(connection: Connection, notifier: str, id: str, outcome: str, at: datetime) -> None:
    """Say what became of a notice; it is not sent again.

    Where it was sent before, it arrived, whatever became of showing it anew.
    """
    n = notice.c
    this = and_(n.id == id, n.notifier == notifier)
    connection.execute(update(notice).where(this).values(delivered=True))
    first = {"outcome": outcome, "settled_at": at}
    connection.execute(update(notice).where(this, n.receipt.is_(None)).values(first))
