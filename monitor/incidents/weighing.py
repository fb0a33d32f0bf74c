"""What an incident's severity is assessed by, from the store and the timetable."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from alerts import severity
from alerts.incidents import Incident, Severity
from alerts.severity import Hour
from monitor.configuration import Configuration
from monitor.panel import Panel
from monitor.store import crowds


def assessed(
    connection: Connection,
    configuration: Configuration,
    panels: Mapping[str, Panel],
    incident: Incident,
    at: datetime,
) -> Severity:
    """How severe an incident is at `at`, whatever people said of it."""
    ahead = hour(configuration, at)
    found = severity.assess(incident, hour=ahead)
    if found is incident.assessed:
        return found
    return severity.assess(incident, authors(connection, panels, incident, at), ahead)


def authors(
    connection: Connection, panels: Mapping[str, Panel], incident: Incident, at: datetime
) -> int | None:
    """How many people wrote the posts of its largest surge; None where that is not known."""
    largest = max(incident.surges, key=lambda surge: surge.posts, default=None)
    panel = panels.get(largest.series.platform) if largest else None
    if largest is None or panel is None:
        return None
    brand, topic = largest.series.brand, largest.series.topic
    if not panel.has(brand, topic):
        return None
    id = panel.ids[panel.index(brand, topic)]
    return crowds.authors(connection, id, largest.started_at, at)


def hour(configuration: Configuration, at: datetime) -> Hour | None:
    """What departs in the six hours from `at`; None without a timetable."""
    week = configuration.timetable.week(configuration.zone)
    return Hour(week.departures(at), week.share(at)) if week else None
