"""What an incident's severity is assessed by, from the store and the timetable."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from alerts.incidents import severity
from alerts.incidents.following import OF_LATE
from alerts.incidents.incident import Incident, Severity
from alerts.incidents.severity import Hour
from monitor.configuration import Configuration
from monitor.panel import Panel
from monitor.store import crowds, volume


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
    largest = incident.largest
    panel = panels.get(largest.series.platform) if largest else None
    if found is incident.assessed or largest is None or panel is None:
        return found
    brand, topic, began = largest.series.brand, largest.series.topic, largest.started_at
    if not panel.has(brand, topic):
        return found
    volume.put_samples(connection, panel.take_closed())
    id = panel.ids[panel.index(brand, topic)]
    authors = crowds.authors(connection, id, began, at)
    return severity.assess(incident, authors, ahead, _lately(connection, id, began, at))


def _lately(connection: Connection, id: int, began: datetime, at: datetime) -> int:
    """How many people wrote of late; where that is not known, how many posts."""
    since = max(began, at - OF_LATE)
    people = crowds.authors(connection, id, since, at)
    return volume.posts_counted(connection, [id], since, at) if people is None else people


def hour(configuration: Configuration, at: datetime) -> Hour | None:
    """What departs in the six hours from `at`; None without a timetable."""
    week = configuration.timetable.week(configuration.zone)
    return Hour(week.departures(at), week.share(at)) if week else None
