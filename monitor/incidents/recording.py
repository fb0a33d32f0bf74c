"""What happens to an incident is stored in one go: state, timeline, briefing, and who is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Kind, Reason
from monitor.configuration import Configuration
from monitor.store import situations
from monitor.telling import briefings


def record(
    connection: Connection,
    incident: Incident,
    reason: Reason,
    at: datetime,
    actor: str,
    briefing: Briefing,
    notifiers: Sequence[str],
    *,
    place: str | None = None,
    note: str | None = None,
) -> None:
    """Store an incident, the step in its timeline, the briefing, and who is to be told."""
    situations.put_incident(connection, incident)
    detail = incident.subject or statements.now(briefing)
    if incident.surges and incident.kind is not Kind.SILENCE:
        peak = wording.times(briefing.peak_factor)
        posts = f"{wording.number(briefing.volume)} posts"
        detail = f"{statements.tag(briefing)}, {posts}, {peak}"
    situations.add_event(
        connection, incident, reason, at=at, actor=actor, detail=detail, place=place, note=note
    )
    situations.put_briefing(connection, incident, briefing, notifiers)


def restate(
    connection: Connection,
    configuration: Configuration | None,
    incident: Incident,
    reason: Reason,
    at: datetime,
    by: str,
    notifiers: Sequence[str],
    *,
    before: Briefing | None = None,
    place: str | None = None,
    note: str = "",
) -> Incident:
    """Store what was done as an incident's next revision, and return that; numbers stay as told.

    `before` is the briefing that is told again, the newest where it is left out.
    """
    changed = replace(incident, revision=incident.revision + 1)
    told = before or situations.latest_briefing(connection, incident.id)
    shown = briefings.restated(connection, configuration, told, changed, reason, at, by, note)
    record(connection, changed, reason, at, by, shown, notifiers, place=place, note=note or None)
    return changed
