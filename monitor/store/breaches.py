"""What people said of data breaches, as the store keeps it: the last of it counts."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, exists, insert, or_, select, union

from alerts.incidents.breach import Law, Outcome, Said
from alerts.incidents.incident import Incident, Reason
from alerts.incidents.milestones import Event
from monitor.store.joints import family, whole
from monitor.store.schema import briefing, event, incident, surge
from monitor.store.work import breach

_SHOWING = (Reason.OPENED, Reason.ACKNOWLEDGED)
"""Of what a person did, whatever shows that they knew of it; so does a verdict that it is real."""
_REAL = '"verdict":"real"'


def put(connection: Connection, id: str, said: Said) -> None:
    """Note what somebody said of an incident."""
    row = {"incident": id, "at": said.at, "by": said.by, "aware_at": said.aware_at}
    row |= {"law": said.law and said.law.value, "outcome": said.outcome and said.outcome.value}
    connection.execute(insert(breach).values(row))


def said(connection: Connection, id: str) -> list[Said]:
    """All that people said of an incident and of its parts, in order."""
    b = breach.c
    rows = connection.execute(
        select(b.at, b.by, b.law, b.aware_at, b.outcome)
        .where(b.incident.in_(family(id)))
        .order_by(b.id)
    )
    return [
        Said(at, by, law and Law(law), aware_at, outcome and Outcome(outcome))
        for at, by, law, aware_at, outcome in rows
    ]


def shown(connection: Connection, one: Incident) -> list[Event]:
    """By what people showed that they knew of an incident, of its parts or what it was a part of.

    In order.
    """
    e, b = event.c, briefing.c
    others = {surge.origin for surge in one.surges if surge.origin}
    ours = or_(e.incident.in_(family(one.id)), e.incident.in_(others))
    told = b.incident == e.incident, b.revision == e.number + 1
    real = and_(e.kind == Reason.JUDGED, exists().where(*told, b.content.contains(_REAL)))
    rows = connection.execute(
        select(e.kind, e.at, e.actor)
        .where(ours, e.place.is_not(None), or_(e.kind.in_(_SHOWING), real))
        .order_by(e.at, e.number)
    )
    return [Event(Reason(kind), at, actor) for kind, at, actor in rows]


def recent(connection: Connection, topics: Collection[str], since: datetime) -> list[str]:
    """Incidents that may be breaches: on such topics, or of which people said so.

    Those with which somebody did anything since then; for a part of another one, that one.
    """
    b, s, i = breach.c, surge.c, incident.c
    ids = [select(b.incident).where(or_(b.at >= since, b.aware_at >= since))]
    if topics:
        about = or_(*(s.series.contains(f"/{topic}@", autoescape=True) for topic in topics))
        touched = select(s.incident).join(incident, i.id == s.incident)
        ids.append(touched.where(i.touched_at >= since, about))
    found = connection.scalars(union(*ids)).all()
    return sorted({whole(connection, id) for id in found})
