"""The outbox of notices: what rings, each sent once to each notifier that it is for.

Whoever wants to know what became of one reads its row: `delivered` says that it is settled,
`outcome` whether it arrived (DELIVERED), was withdrawn, or why it was given up.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from alerts.duty.notices import Action, Notice, Purpose
from monitor.store.schema import notice, telling

DELIVERED = "delivered"
WITHDRAWN = "withdrawn: it was no longer needed"

SUPERSEDING = (Purpose.CALL, Purpose.REMINDER, Purpose.PAUSE, Purpose.INSTRUCTION)
"""Of these the newest says all that the earlier ones did."""


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
        "content": one.to_json(),
        "delivered": False,
    }
    done = connection.execute(insert(notice).values(row).on_conflict_do_nothing())
    if done.rowcount == 1 and one.incident and one.purpose in SUPERSEDING:
        _supersede(connection, one, one.incident, notifier)
    return done.rowcount == 1


def _supersede(connection: Connection, one: Notice, incident: str, notifier: str) -> None:
    n = notice.c
    earlier = and_(
        n.notifier == notifier,
        n.incident == incident,
        n.purpose == one.purpose.value,
        n.person.is_not_distinct_from(one.person),
        n.id != one.id,
        n.delivered.is_(False),
    )
    settled = {"delivered": True, "outcome": WITHDRAWN, "settled_at": one.at}
    connection.execute(update(notice).where(earlier).values(settled))


def withdraw(
    connection: Connection, incident: str, purposes: Collection[Purpose], at: datetime
) -> int:
    """Settle unsent what waits of an incident and is no longer needed; how many that were.

    One that is being sent at this moment may still arrive.
    """
    n = notice.c
    waiting = and_(n.incident == incident, n.purpose.in_(purposes), n.delivered.is_(False))
    settled = {"delivered": True, "outcome": WITHDRAWN, "settled_at": at}
    return connection.execute(update(notice).where(waiting).values(settled)).rowcount


def answered(
    connection: Connection,
    asked: str,
    outcome: str,
    actions: tuple[Action, ...],
    at: datetime,
    only: Collection[str] | None = None,
) -> None:
    """What notices asked, by how their ids begin, is answered: those that wait are withdrawn.

    Where one was sent to can show what came of it, and what can be done now, in its place; `only`
    names the notifiers that may know.
    """
    n = notice.c
    those = or_(n.id == asked, n.id.startswith(f"{asked}/", autoescape=True))
    query = select(n.id, n.notifier, n.content, n.delivered, n.receipt).where(those)
    for id, notifier, content, delivered, receipt in connection.execute(query).all():
        told, this = Notice.from_json(content), and_(n.id == id, n.notifier == notifier)
        if not told.actions:
            continue
        shown = replace(told, outcome=outcome, actions=actions).to_json()
        anew = {"content": shown, "at": at, "urgent": False, "attempted_at": None, "outcome": None}
        may_know = only is None or notifier in only
        if receipt and may_know:
            values = {**anew, "delivered": False, "settled_at": None}
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
        anew = {"delivered": False, "attempted_at": None, "outcome": None, "settled_at": None}
        connection.execute(update(notice).where(this, n.content != sent.content).values(anew))


def settle(connection: Connection, notifier: str, id: str, outcome: str, at: datetime) -> None:
    """Say what became of a notice; it is not sent again."""
    this = and_(notice.c.id == id, notice.c.notifier == notifier)
    settled = {"delivered": True, "outcome": outcome, "settled_at": at}
    connection.execute(update(notice).where(this).values(settled))
