"""What people asked to have posted, and what came of it: an outbox of what is public once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from monitor.store.words import posting


@dataclass(frozen=True, slots=True)
class Posting:
    """Somebody asked that a message be posted: the text with this hash, by a publisher.

    `number` counts how often that was asked of the message. The first attempt that may have arrived
    began at `tried_at`; None: nothing can be public. It is not tried before `not_before`.
    """

    message: str
    number: int
    publisher: str
    sha256: str
    by: str
    place: str
    member: str | None
    at: datetime
    tried_at: datetime | None = None
    not_before: datetime | None = None


def add(connection: Connection, one: Posting) -> None:
    """Store what somebody asked for."""
    connection.execute(insert(posting).values(_row(one)))


def next_number(connection: Connection, message: str) -> int:
    """Which time it would be that somebody asks for a message to be posted."""
    p = posting.c
    return (connection.scalar(select(func.max(p.number)).where(p.message == message)) or 0) + 1


def under_way(connection: Connection, message: str) -> Posting | None:
    """What was asked for a message and is not settled."""
    return _first(connection, _open().where(posting.c.message == message))


def due(connection: Connection, publisher: str, now: datetime) -> Posting | None:
    """What a publisher is to post next, the oldest first."""
    p = posting.c
    ready = or_(p.not_before.is_(None), p.not_before <= now)
    return _first(connection, _open().where(p.publisher == publisher, ready))


def waiting(connection: Connection) -> Mapping[str, int]:
    """How much is not settled, by publisher."""
    query = select(posting.c.publisher).where(posting.c.outcome.is_(None))
    return Counter(connection.scalars(query))


def change(connection: Connection, one: Posting) -> None:
    """Store since when it may be public, and when it may be tried again."""
    values = {"tried_at": one.tried_at, "not_before": one.not_before}
    connection.execute(update(posting).where(_this(one)).values(values))


def settle(connection: Connection, one: Posting, outcome: str, at: datetime) -> None:
    """Store what came of it; it is not tried again."""
    values = {"outcome": outcome, "ended_at": at}
    connection.execute(update(posting).where(_this(one)).values(values))


def _open() -> Select[Any]:
    fields = (posting.c[name] for name in Posting.__dataclass_fields__)
    return select(*fields).where(posting.c.outcome.is_(None)).order_by(posting.c.at)


def _first(connection: Connection, query: Select[Any]) -> Posting | None:
    row = connection.execute(query.limit(1)).mappings().one_or_none()
    return Posting(**row) if row else None


def _this(one: Posting) -> ColumnElement[bool]:
    return and_(posting.c.message == one.message, posting.c.number == one.number)


def _row(one: Posting) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Posting.__dataclass_fields__}
