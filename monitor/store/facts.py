"""What is known of incidents, and what was asked of whom.

What is read of an incident is that of its parts, too; each stays where it was entered, so that it
is there again where they are parts no more. What they had confirmed differently is disputed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, case, func, select, update

from alerts.words.facts import Fact, FactState, disputed, usable
from alerts.words.kinds import KINDS, texts_of
from monitor.store.joints import family, whole
from monitor.store.schema import incident as incidents
from monitor.store.words import fact, fact_request
from monitor.store.writing import upsert


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody is asked for a fact; `owner` sees to it. `answered_at` is None while it is open."""

    id: str
    incident: str
    kind: str
    function: str
    question: str
    owner: str
    by: str
    at: datetime
    due_at: datetime
    answered_at: datetime | None = None
    answered_by: str | None = None


def put(connection: Connection, *those: Fact) -> None:
    """Store revisions of facts, new or as they are now, with the incident that their id names."""
    rows: list[dict[str, object]] = [
        {
            "id": one.id,
            "incident": one.incident,
            "kind": one.kind,
            "revision": one.revision,
            "value": one.value,
            "state": one.state.value,
            "source": one.source,
            "evidence": one.evidence,
            "by": one.by,
            "at": one.at,
            "until": one.until,
            "confirmed_by": one.confirmed_by,
            "corrects": one.corrects,
        }
        for one in those
    ]
    upsert(connection, fact, rows)


def of(connection: Connection, incident: str) -> list[Fact]:
    """Every revision of every fact of an incident, those of a kind in order, its own last."""
    return _facts(connection, incident)


def history(connection: Connection, incident: str, kind: str) -> list[Fact]:
    """Every revision of one kind, in order, its own last."""
    return _facts(connection, incident, fact.c.kind == kind)


def expired(connection: Connection, now: datetime) -> list[tuple[str, Fact]]:
    """Facts that are stored as confirmed and do not hold any more, with their incident.

    Not while a newer revision says the same, and holds.
    """
    over = fact.c.state == FactState.CONFIRMED.value, fact.c.until <= now
    rows = connection.execute(select(fact).where(*over).order_by(fact.c.until, fact.c.id))
    found = [(row["incident"], _fact(row)) for row in rows.mappings()]
    return [(id, one) for id, one in found if not _prolonged(connection, one, now)]


def _prolonged(connection: Connection, one: Fact, now: datetime) -> bool:
    past = history(connection, whole(connection, one.incident), one.kind)
    held = usable(past, now).get(one.kind)
    return held is not None and held.value == one.value


def _facts(connection: Connection, incident: str, *which: ColumnElement[bool]) -> list[Fact]:
    f = fact.c
    query = select(fact).where(f.incident.in_(family(incident)), *which)
    own = case((f.incident == incident, 1), else_=0)
    rows = connection.execute(query.order_by(f.kind, own, f.incident, f.revision)).mappings()
    found = [_fact(row) for row in rows]
    joined_at = (
        _joined_at(connection, incident) if len({one.incident for one in found}) > 1 else None
    )
    return disputed(found, incident, joined_at) if joined_at else found


def _joined_at(connection: Connection, incident: str) -> datetime | None:
    """When the last of its parts became one, and was over as an incident of its own."""
    i = incidents.c
    parts = i.id.in_(family(incident)), i.id != incident
    at: datetime | None = connection.scalar(select(func.max(i.resolved_at)).where(*parts))
    return at


def _fact(row: RowMapping) -> Fact:
    words = {name: row[name] for name in Fact.__dataclass_fields__ if name in row}
    known = KINDS.get(row["kind"])
    texts = texts_of(known, row["value"]) if known else {}
    return Fact(**{**words, "texts": texts, "state": FactState(row["state"])})


def put_request(connection: Connection, one: Request) -> None:
    """Store what somebody is asked."""
    row = {name: getattr(one, name) for name in Request.__dataclass_fields__}
    connection.execute(fact_request.insert().values(row))


def requests(connection: Connection, incident: str) -> list[Request]:
    """What is asked of an incident and not answered, the next due first."""
    return _requests(connection, fact_request.c.incident.in_(family(incident)))


def late(connection: Connection, now: datetime) -> list[Request]:
    """What nobody has answered in time, and of which nobody was told yet."""
    r = fact_request.c
    return _requests(connection, and_(r.due_at <= now, r.reminded_at.is_(None)))


def remind(connection: Connection, id: str, at: datetime) -> None:
    """Note that its owner was told that nobody has answered."""
    this = fact_request.c.id == id
    connection.execute(update(fact_request).where(this).values(reminded_at=at))


def _requests(connection: Connection, which: ColumnElement[bool]) -> list[Request]:
    r = fact_request.c
    query = select(*(r[name] for name in Request.__dataclass_fields__))
    query = query.where(r.answered_at.is_(None), which).order_by(r.due_at, r.id)
    return [Request(**row) for row in connection.execute(query).mappings()]


def asked(connection: Connection, incident: str) -> int:
    """How many requests there ever were of an incident itself."""
    query = select(fact_request.c.id).where(fact_request.c.incident == incident)
    return len(connection.scalars(query).all())


def answer(connection: Connection, incident: str, kind: str, by: str, at: datetime) -> None:
    """What was asked of this kind is answered."""
    r = fact_request.c
    open_ones = r.incident.in_(family(incident)), r.kind == kind, r.answered_at.is_(None)
    done = {"answered_at": at, "answered_by": by}
    connection.execute(update(fact_request).where(*open_ones).values(done))
