"""What happens to an incident is stored in one go: state, timeline, briefing, and who is told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts import statements, wording
from alerts.briefing import Briefing
from alerts.incidents import Incident, Kind, Reason
from monitor.store import situations


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
        peak = wording.times(incident.peak_factor)
        detail = f"{statements.tag(briefing)}, {incident.posts} posts, {peak}"
    situations.add_event(
        connection, incident, reason, at=at, actor=actor, detail=detail, place=place, note=note
    )
    situations.put_briefing(connection, incident, briefing, notifiers)
