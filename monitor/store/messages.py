"""Messages for the public: each as it is now, and all that was done to it; seals and promises.

What is read of an incident is that of its parts, too.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, func, or_, select, update

from alerts.incidents.incident import Refused
from alerts.words.approval import PERHAPS_PUBLIC, Approval, Message, MessageState, Role
from alerts.words.phases import Channel, Phase
from alerts.words.promises import Kept, Promise
from monitor.store.joints import family
from monitor.store.words import message, message_event, promise, seal
from monitor.store.writing import upsert

_SAYABLE = (MessageState.APPROVED, *PERHAPS_PUBLIC)

_APPROVALS: TypeAdapter[tuple[Approval, ...]] = TypeAdapter(tuple[Approval, ...])


def add(connection: Connection, one: Message) -> None:
    """Store a new message."""
    number = int(one.id.rpartition("/")[2])
    connection.execute(message.insert().values(number=number, **_row(one)))


def next_id(connection: Connection, incident: str) -> str:
    """The id of an incident's next message: `acme-b5g44m7i/3`."""
    m = message.c
    last = connection.scalar(select(func.max(m.number)).where(m.incident == incident))
    return f"{incident}/{(last or 0) + 1}"


def change(connection: Connection, before: Message, after: Message) -> None:
    """Store what became of a message. Raises Refused where somebody else changed it meanwhile."""
    this = message.c.id == before.id, message.c.revision == before.revision
    row = {name: value for name, value in _row(after).items() if name != "id"}
    if connection.execute(update(message).where(*this).values(row)).rowcount == 1:
        return
    e = message_event.c
    last = select(e.by).where(e.message == before.id).order_by(e.revision.desc()).limit(1)
    raise Refused(f"{connection.scalar(last)} was quicker: look at it again")


def locked(connection: Connection, id: str) -> Message | None:
    """A message, locked against others until the transaction ends."""
    found = connection.execute(select(message).where(message.c.id == id).with_for_update())
    row = found.mappings().one_or_none()
    return _message(row) if row else None


def of(connection: Connection, incident: str) -> list[Message]:
    """Every message of an incident, in the order of their making."""
    m = message.c
    ours = select(message).where(m.incident.in_(family(incident)))
    query = ours.order_by(m.at, m.incident, m.number)
    return [_message(row) for row in connection.execute(query).mappings()]


def approved(connection: Connection, at: datetime) -> list[Message]:
    """Every message that was posted, or may be posted as it is, or might as it was then."""
    m, e, later = message.c, message_event.c, message_event.alias().c
    newest = select(func.max(later.revision)).where(later.message == e.message, later.at <= at)
    then = select(e.message).where(
        e.message == m.id,
        e.text == m.text,
        e.state.in_(_SAYABLE),
        e.revision == newest.scalar_subquery(),
    )
    query = select(message).where(
        or_(m.posted_at.is_not(None), m.state.in_(_SAYABLE), then.exists())
    )
    return [_message(row) for row in connection.execute(query).mappings()]


def first_approval(connection: Connection) -> datetime | None:
    """When a message was approved here for the first time; None: none ever was."""
    e = message_event.c
    query = select(e.at).where(e.state == MessageState.APPROVED).order_by(e.at).limit(1)
    return connection.scalar(query)


def note(
    connection: Connection, one: Message, by: str, place: str, at: datetime, note: str = ""
) -> None:
    """Put on record what was done to a message, which is as it is after it."""
    row = {"message": one.id, "revision": one.revision, "at": at, "by": by, "place": place}
    words = {"state": one.state.value, "sha256": one.sha256, "text": one.text, "note": note}
    connection.execute(message_event.insert().values(**row, **words))


def trail(connection: Connection, id: str) -> list[dict[str, Any]]:
    """All that was done to a message, in order: the columns of `message_event`."""
    e = message_event.c
    rows = connection.execute(select(message_event).where(e.message == id).order_by(e.revision))
    return [dict(row) for row in rows.mappings()]


def put_seals(
    connection: Connection, templates: Collection[str], role: Role, by: str, at: datetime
) -> None:
    """Templates are approved in advance, in a role."""
    each = {"role": role.value, "by": by, "at": at}
    rows: list[dict[str, object]] = [{"template": one, **each} for one in templates]
    upsert(connection, seal, rows)


def take_seals(connection: Connection, templates: Collection[str]) -> None:
    """Templates are no longer approved in advance."""
    connection.execute(seal.delete().where(seal.c.template.in_(templates)))


def seals(connection: Connection, templates: Collection[str]) -> dict[str, dict[Role, str]]:
    """Who approved these templates in advance, in which role, by template."""
    s = seal.c
    found: dict[str, dict[Role, str]] = {}
    rows = connection.execute(select(s.template, s.role, s.by).where(s.template.in_(templates)))
    for template, role, by in rows:
        found.setdefault(template, {})[Role(role)] = by
    return found


def put_promise(connection: Connection, one: Promise) -> None:
    """Store a promise, which is open."""
    row = {name: getattr(one, name) for name in Promise.__dataclass_fields__}
    connection.execute(promise.insert().values(row))


def promises(connection: Connection, incident: str | None = None) -> list[Promise]:
    """Promises that are open, of an incident or of all, the next one first."""
    p = promise.c
    query = select(*(p[name] for name in Promise.__dataclass_fields__))
    query = query.where(p.outcome.is_(None)).order_by(p.until, p.message)
    if incident is not None:
        query = query.where(p.incident.in_(family(incident)))
    return [Promise(**row) for row in connection.execute(query).mappings()]


def offered(connection: Connection, incident: str) -> set[str]:
    """The messages of an incident of whose promises the owner was reminded."""
    p = promise.c
    query = select(p.message).where(p.incident.in_(family(incident)), p.offered_at.is_not(None))
    return {*connection.scalars(query)}


def offer(connection: Connection, ids: Collection[str], at: datetime) -> None:
    """Note that the owners of the promises of these messages were reminded."""
    these = promise.c.message.in_(ids)
    connection.execute(update(promise).where(these).values(offered_at=at))


def settle_promise(connection: Connection, message_id: str, outcome: Kept) -> None:
    """Say whether a promise was kept."""
    this = promise.c.message == message_id
    connection.execute(update(promise).where(this).values(outcome=outcome.value))


def _row(one: Message) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in Message.__dataclass_fields__}
    return {
        **row,
        "channel": one.channel.value,
        "phase": one.phase.value,
        "state": one.state.value,
        "authors": orjson.dumps(one.authors).decode(),
        "uses": orjson.dumps(one.uses).decode(),
        "approvals": _APPROVALS.dump_json(one.approvals).decode(),
    }


def _message(row: RowMapping) -> Message:
    words = {name: row[name] for name in Message.__dataclass_fields__}
    return Message(
        **{
            **words,
            "channel": Channel(row["channel"]),
            "phase": Phase(row["phase"]),
            "state": MessageState(row["state"]),
            "authors": tuple(orjson.loads(row["authors"])),
            "uses": tuple(orjson.loads(row["uses"])),
            "approvals": _APPROVALS.validate_json(row["approvals"]),
        }
    )
