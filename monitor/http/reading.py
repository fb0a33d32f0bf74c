"""What page and API read from the store; each is one short view, which waits for no writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import State
from detectors import Series
from monitor.store import volume
from monitor.store.schema import briefing, incident, series
from monitor.store.volume import SampleRow

UNRESOLVED = tuple(state for state in State if state is not State.RESOLVED)


@dataclass(frozen=True, slots=True)
class Found:
    """An incident as its newest briefing has it, and who resolved it."""

    briefing: Briefing
    resolved_by: str | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a series: what is known of it, if anything, and whether it was observed whole."""

    at: datetime
    observed: bool
    sample: SampleRow | None


class NoSuchSeries(Exception):
    """Nothing was ever counted on this series."""


def is_incident(connection: Connection, id: str) -> bool:
    """Whether there is an incident with exactly this id."""
    return connection.scalar(select(incident.c.id).where(incident.c.id == id)) is not None


def one(connection: Connection, id: str) -> Found | None:
    """The incident with exactly this id."""
    found = _with_briefings(connection, [id])
    return found[0] if found else None


def newest(
    connection: Connection, states: Sequence[State], limit: int, before: str | None = None
) -> list[Found]:
    """Incidents in these states, newest detection first; those after `before` in that order."""
    i = incident.c
    query = select(i.id).where(i.state.in_(states))
    if before is not None:
        edge = select(i.detected_at).where(i.id == before).scalar_subquery()
        query = query.where(or_(i.detected_at < edge, and_(i.detected_at == edge, i.id < before)))
    ordered = query.order_by(i.detected_at.desc(), i.id.desc()).limit(limit)
    return _with_briefings(connection, connection.scalars(ordered).all())


def _with_briefings(connection: Connection, ids: Sequence[str]) -> list[Found]:
    last = select(func.max(briefing.c.revision)).where(briefing.c.incident == incident.c.id)
    rows = connection.execute(
        select(incident.c.id, briefing.c.content, incident.c.resolved_by)
        .join(briefing, briefing.c.incident == incident.c.id)
        .where(
            incident.c.id.in_(ids),
            briefing.c.revision == last.correlate(incident).scalar_subquery(),
        )
    )
    found = {id: Found(Briefing.from_json(content), by) for id, content, by in rows}
    return [found[id] for id in ids if id in found]


def buckets(
    connection: Connection,
    wanted: Series,
    version: str,
    since: datetime,
    until: datetime,
    width: timedelta,
) -> Iterator[Bucket]:
    """Every bucket of a series from `since` until before `until`. Raises NoSuchSeries."""
    s = series.c
    id = connection.scalar(
        select(s.id).where(
            s.brand == wanted.brand,
            s.topic == wanted.topic,
            s.platform == wanted.platform,
            s.version == version,
        )
    )
    if id is None:
        raise NoSuchSeries(f"nothing was counted on {wanted} yet")
    known = {row.bucket: row for row in volume.samples(connection, [id], since, until)}
    seen = [
        (begin, end)
        for brand, topic, begin, end, *_ in volume.observed_intervals(connection, wanted.platform)
        if brand == wanted.brand and topic in ("", wanted.topic) and end > since and begin < until
    ]
    at = since
    while at < until:
        observed = any(begin <= at and at + width <= end for begin, end in seen)
        yield Bucket(at, observed, known.get(at))
        at += width
