"""Incidents as the store keeps them, their timeline and briefings."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, exists, func, or_, select

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import (
    Answer,
    Incident,
    Kind,
    LiveSurge,
    Reason,
    Severity,
    State,
    Trend,
    Verdict,
)
from detectors import Series
from monitor.store import outbox
from monitor.store.schema import briefing, event, incident, surge
from monitor.store.writing import upsert

WORDS = {
    "state": State,
    "severity": Severity,
    "kind": Kind,
    "acknowledged_how": Answer,
    "verdict": Verdict,
    "assessed": Severity,
}
PLAIN = [f.name for f in fields(Incident) if f.name != "surges" and f.name not in WORDS]
SURGE = [f.name for f in fields(LiveSurge) if f.name not in ("series", "trend")]


def incidents(connection: Connection) -> list[Incident]:
    """Every incident, by detection."""
    return _incidents(connection, select(incident))


def unresolved(connection: Connection) -> list[Incident]:
    """Incidents that are not over, by detection."""
    return _incidents(connection, select(incident).where(incident.c.state != State.RESOLVED))


def changing(connection: Connection, horizon: datetime) -> list[Incident]:
    """Incidents that may still change, locked: unresolved, surging, or resolved since `horizon`."""
    surging = select(surge.c.incident).where(surge.c.ended_at.is_(None))
    wanted = or_(
        incident.c.state != State.RESOLVED,
        incident.c.resolved_at >= horizon,
        incident.c.id.in_(surging),
    )
    return _incidents(connection, select(incident).where(wanted).with_for_update())


def one_incident(connection: Connection, id: str) -> Incident:
    """The incident with this id."""
    [found] = _incidents(connection, select(incident).where(incident.c.id == id))
    return found


def locked_incident(connection: Connection, id: str) -> Incident:
    """The incident with this id, locked against others until the transaction ends."""
    query = select(incident).where(incident.c.id == id).with_for_update()
    [found] = _incidents(connection, query)
    return found


def _incidents(connection: Connection, query: Select[Any]) -> list[Incident]:
    ordered = query.order_by(incident.c.detected_at, incident.c.id)
    rows = connection.execute(ordered).mappings().all()
    if not rows:
        return []
    surges: dict[str, list[LiveSurge]] = {row["id"]: [] for row in rows}
    found = connection.execute(
        select(surge)
        .where(surge.c.incident.in_(surges))
        .order_by(surge.c.detected_at, surge.c.series)
    )
    for row in found.mappings():
        live = LiveSurge(
            series=Series.parse(row["series"]),
            trend=Trend(row["trend"]) if row["trend"] else None,
            **{name: row[name] for name in SURGE},
        )
        surges[row["incident"]].append(live)
    return [
        Incident(
            surges=tuple(surges[row["id"]]),
            **{name: row[name] for name in PLAIN},
            **_words(row),
        )
        for row in rows
    ]


def _words(row: RowMapping) -> dict[str, Any]:
    """The values of a row that are one of a few words."""
    return {name: row[name] and word(row[name]) for name, word in WORDS.items()}


def goes_on_from_another(connection: Connection, one: LiveSurge) -> bool:
    """Whether a surge is an earlier one that went on, and became a surge of its own then."""
    same = and_(surge.c.series == str(one.series), surge.c.ended_at == one.detected_at)
    return connection.scalar(select(exists().where(same))) or False


def matching(connection: Connection, text: str) -> list[str]:
    """Ids of incidents that begin with `text` or whose part after the brand does."""
    query = select(incident.c.id).order_by(incident.c.detected_at)
    ids = connection.scalars(query).all()
    return [id for id in ids if text == id] or [
        id for id in ids if id.startswith(text) or id.rpartition("-")[2].startswith(text)
    ]


def put_incident(connection: Connection, one: Incident) -> None:
    """Store an incident and its surges as they are now."""
    row: dict[str, Any] = {name: getattr(one, name) for name in PLAIN}
    row |= {name: getattr(one, name) and str(getattr(one, name)) for name in WORDS}
    upsert(connection, incident, [row])
    rows = [
        {
            "incident": one.id,
            "series": str(live.series),
            "trend": live.trend.value if live.trend else None,
            **{name: getattr(live, name) for name in SURGE},
        }
        for live in one.surges
    ]
    if rows:
        upsert(connection, surge, rows)


def add_event(
    connection: Connection,
    one: Incident,
    reason: Reason,
    *,
    at: datetime,
    actor: str,
    detail: str,
    place: str | None = None,
    note: str | None = None,
) -> None:
    """Append to an incident's timeline."""
    number = select(func.count()).where(event.c.incident == one.id).scalar_subquery()
    row = {"incident": one.id, "at": at, "kind": reason.value, "actor": actor, "detail": detail}
    row |= {"place": place, "note": note}
    connection.execute(event.insert().values(number=number, **row))


def timeline(connection: Connection, id: str) -> list[dict[str, Any]]:
    """Every step of an incident, in order: at, kind, actor, detail, place, note."""
    e = event.c
    query = select(e.at, e.kind, e.actor, e.detail, e.place, e.note)
    rows = connection.execute(query.where(event.c.incident == id).order_by(event.c.number))
    return [dict(row) for row in rows.mappings()]


def put_briefing(
    connection: Connection, one: Incident, content: Briefing, notifiers: Sequence[str]
) -> None:
    """Store a revision's briefing, and one notification a notifier in the outbox."""
    row = {"incident": one.id, "revision": one.revision}
    connection.execute(briefing.insert().values(**row, content=content.to_json()))
    outbox.add(connection, one.id, one.revision, notifiers)


def latest_briefing(connection: Connection, id: str) -> Briefing:
    """An incident's newest briefing; every incident has one."""
    query = select(briefing.c.content).where(briefing.c.incident == id)
    newest = query.order_by(briefing.c.revision.desc()).limit(1)
    return Briefing.from_json(connection.execute(newest).scalar_one())


def briefings(connection: Connection) -> list[Briefing]:
    """The newest briefing of every incident, by detection."""
    newest = select(func.max(briefing.c.revision)).where(briefing.c.incident == incident.c.id)
    rows = connection.scalars(
        select(briefing.c.content)
        .join(incident, incident.c.id == briefing.c.incident)
        .where(briefing.c.revision == newest.correlate(incident).scalar_subquery())
        .order_by(incident.c.detected_at, incident.c.id)
    )
    return [Briefing.from_json(content) for content in rows]
