"""What is known of a data breach, read from the store: for briefings, hand-overs and reports."""

from sqlalchemy import Connection

from alerts.incidents import breach
from alerts.incidents.breach import Breach
from alerts.incidents.incident import Incident, Kind
from monitor.configuration import Configuration
from monitor.store import breaches


def about_data(configuration: Configuration) -> list[str]:
    """The topics whose incidents are data breaches, by id."""
    topics = configuration.topics.items()
    return [id for id, topic in topics if topic.situation == breach.SITUATION]


def deciders(configuration: Configuration) -> tuple[str, ...]:
    """Who decides whether a breach is notified, by id: who is named, else whoever leads."""
    people = configuration.people.items()
    leads = tuple(id for id, one in people if "lead" in one.rights)
    return configuration.breach.decide or leads


def known(
    connection: Connection, configuration: Configuration, incident: Incident
) -> Breach | None:
    """What is known of an incident as a breach.

    None where it is none, or nobody can be aware of it yet.
    """
    silent = incident.kind in (Kind.SILENCE, Kind.BLINDNESS)
    concerned = not silent and not {*about_data(configuration)}.isdisjoint(incident.topics)
    said = breaches.said(connection, incident.id)
    if not concerned and not said:
        return None
    return breach.of(
        incident,
        breaches.shown(connection, incident),
        said,
        concerns_data=concerned,
        nis2=configuration.breach.nis2,
        deciders=[configuration.people[id].name for id in deciders(configuration)],
    )
