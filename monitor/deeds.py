"""What people do to incidents, each step in the transaction that stores it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from alerts import steps
from alerts.incidents import Incident
from alerts.steps import Deed
from monitor import briefings
from monitor.incident_book import record
from monitor.store import Database, outbox, situations


class NoSuchIncident(Exception):
    """No incident, or more than one, has this id; the message names those there are."""


def take(database: Database, text: str, deed: Deed, now: datetime) -> Incident:
    """Take a person's step on the incident that `text` means, an id or the beginning of one.

    Raises NoSuchIncident, Refused, StoreError.
    """
    with database.write() as connection:
        id = find(connection, text)
        incident = situations.locked_incident(connection, id)
        at = max(now, incident.detected_at)
        changed, reason = steps.take(incident, deed, at)
        changed = replace(changed, revision=incident.revision + 1)
        before = situations.latest_briefing(connection, id)
        briefing = briefings.restated(before, changed, reason, at, deed.by, deed.note)
        notifiers = outbox.notifiers_of(connection, id)
        record(
            connection,
            changed,
            reason,
            at,
            deed.by,
            briefing,
            notifiers,
            place=deed.place,
            note=deed.note or None,
        )
    return changed


def find(connection: Connection, text: str) -> str:
    """The id of the one incident that `text` means: an id or the beginning of one."""
    ids = situations.matching(connection, text)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise NoSuchIncident(f"{text!r} means any of {', '.join(ids)}; give more of the id")
    raise NoSuchIncident(f"no incident {text!r}; `seawall incidents list --all` shows them")
