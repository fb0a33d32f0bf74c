"""Who was called to an incident and what they answered, and whom of the duty list was reached."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from alerts.duty.calling import Call, Route
from alerts.incidents.incident import Incident
from monitor.store import situations
from monitor.store.notices import DELIVERED
from monitor.store.outbox import LISTED
from monitor.store.schema import event, incident, notice
from monitor.store.work import call, reached


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of a timeline; `place` is None where no person did it."""

    kind: str
    actor: str
    at: datetime
    place: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom of the duty list somebody tried to reach."""

    function: str
    at: datetime
    by: str
    answered: bool


def notice_id(incident: str, number: int, route: int) -> str:
    """The id of the notice of a call by one of a person's routes, counted from 0."""
    return f"call/{incident}/{number}/{route}"


def calls(connection: Connection, ids: Collection[str]) -> dict[str, list[Call]]:
    """Everybody who was called to these incidents, in order, by incident."""
    if not ids:
        return {}
    routes = _routes(connection, ids)
    found: dict[str, list[Call]] = {}
    rows = connection.execute(
        select(call).where(call.c.incident.in_(ids)).order_by(call.c.incident, call.c.number)
    )
    for row in rows.mappings():
        id, number = row["incident"], row["number"]
        tried: list[Route] = []
        while (route := routes.get(notice_id(id, number, len(tried)))) is not None:
            tried.append(route)
        found.setdefault(id, []).append(
            Call(
                number=number,
                person=row["person"],
                level=row["level"],
                at=row["at"],
                why=row["why"],
                answer=row["answer"],
                routes=tuple(tried),
            )
        )
    return found


def _routes(connection: Connection, ids: Collection[str]) -> dict[str, Route]:
    n = notice.c
    rows = connection.execute(
        select(n.id, n.at, n.outcome).where(
            n.incident.in_(ids), n.id.startswith("call/", autoescape=True)
        )
    )
    return {
        id: Route(at, outcome in (DELIVERED, LISTED) if outcome else None)
        for id, at, outcome in rows
    }


def told(connection: Connection, ids: Collection[str]) -> set[str]:
    """Which notices, by id, were put in the outbox already."""
    return {*connection.scalars(select(notice.c.id).where(notice.c.id.in_(ids)))}


def add(connection: Connection, id: str, one: Call) -> None:
    """Note that somebody is called."""
    row = {"incident": id, "number": one.number, "person": one.person, "level": one.level}
    connection.execute(call.insert().values(**row, at=one.at, why=one.why))


def answer(connection: Connection, id: str, number: int, what: str, at: datetime) -> None:
    """Note what became of a call."""
    this = and_(call.c.incident == id, call.c.number == number)
    connection.execute(update(call).where(this).values(answer=what, answered_at=at))


def concerned(connection: Connection) -> list[Incident]:
    """Incidents that are not over, and those whose calls nobody has settled, by detection."""
    unresolved = situations.unresolved(connection)
    settled = {one.id for one in unresolved}
    over = connection.scalars(
        select(call.c.incident).where(call.c.answer.is_(None), call.c.incident.not_in(settled))
    )
    return [*unresolved, *(situations.one_incident(connection, id) for id in sorted({*over}))]


def paused_and_over(connection: Connection, since: datetime) -> list[Incident]:
    """Incidents for which promotions were to be paused, and that were resolved since then."""
    i = incident.c
    query = select(i.id).where(i.pause_asked_at.is_not(None), i.resolved_at >= since)
    ids = connection.scalars(query.order_by(i.detected_at, i.id))
    return [situations.one_incident(connection, id) for id in ids.all()]


def happened(connection: Connection, ids: Collection[str]) -> dict[str, list[Happened]]:
    """The timelines of these incidents, in order, by incident."""
    e = event.c
    rows = connection.execute(
        select(e.incident, e.kind, e.actor, e.at, e.place, e.note)
        .where(e.incident.in_(ids))
        .order_by(e.incident, e.number)
    )
    found: dict[str, list[Happened]] = {}
    for id, *line in rows:
        found.setdefault(id, []).append(Happened(*line))
    return found


def called_between(connection: Connection, since: datetime, until: datetime) -> list[str]:
    """The incidents to which somebody was called in a stretch of time, once a call."""
    between = select(call.c.incident).where(call.c.at >= since, call.c.at < until)
    return [*connection.scalars(between)]


def put_reached(connection: Connection, id: str, one: Reached) -> None:
    """Note that somebody of the duty list was reached, or was not."""
    row = {"incident": id, "function": one.function, "at": one.at, "by": one.by}
    connection.execute(reached.insert().values(**row, answered=one.answered))


def reached_for(connection: Connection, ids: Sequence[str]) -> dict[str, list[Reached]]:
    """Whom of the duty list somebody tried to reach about these incidents, in order."""
    r = reached.c
    rows = connection.execute(
        select(r.incident, r.function, r.at, r.by, r.answered)
        .where(r.incident.in_(ids))
        .order_by(r.at, r.function)
    )
    found: dict[str, list[Any]] = {}
    for id, *line in rows:
        found.setdefault(id, []).append(Reached(*line))
    return found
