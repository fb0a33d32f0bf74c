"""What happens on duty, put on record and in the outbox: the timeline, and notices to people."""

from datetime import datetime

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Notice
from alerts.incidents.incident import Incident, Reason
from monitor.configuration import Configuration
from monitor.incidents.recording import restate
from monitor.staffing.roster import places
from monitor.store import notices, outbox, situations
from monitor.telling import discretion


def shown(connection: Connection, configuration: Configuration, incident: Incident) -> Briefing:
    """An incident's newest briefing, as it may go to a phone: of a restricted one, its name."""
    newest = situations.latest_briefing(connection, incident.id)
    return discretion.neutral(newest, configuration) if incident.restricted else newest


def note(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    reason: Reason,
    by: str,
    at: datetime,
    note: str = "",
) -> Incident:
    """Put in the timeline what was done, or asked of somebody; the incident's next revision."""
    here = places(configuration, incident, [choice.name for choice in configuration.notify])
    told = here if incident.restricted else {*here, *outbox.notifiers_of(connection, incident.id)}
    return restate(connection, configuration, incident, reason, at, by, sorted(told), note=note)


def tell(
    connection: Connection, configuration: Configuration, notice: Notice, person: str, route: int
) -> bool:
    """Put a notice for a person, by one of their routes or the last that they have.

    False where there is none, or it is there already.
    """
    someone = configuration.people.get(person)
    if someone is None or not someone.reach:
        return False
    place = someone.reach[min(route, len(someone.reach) - 1)]
    kinds = {choice.name: choice.kind for choice in configuration.notify}
    return notices.put(connection, notice, place, someone.address(kinds[place]))
