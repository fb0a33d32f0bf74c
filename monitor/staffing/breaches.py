"""The time that a data breach leaves is watched: whoever decides is told, each thing once."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import wording
from alerts.duty.notices import Notice, Purpose
from alerts.incidents.breach import WITHIN, Breach, Term
from alerts.incidents.incident import Incident
from monitor.configuration import Configuration
from monitor.reporting.breaches import about_data, deciders, known
from monitor.staffing.ringing import shown, tell
from monitor.staffing.roster import places
from monitor.store import breaches, calls, notices, situations

_LONGEST = max(WITHIN.values())
_PAST = timedelta(days=1)
"""Of time that has been over for longer nobody is told any more."""


def attend(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Tell those who decide what is due by now; how many things that were."""
    done = 0
    since = now - _LONGEST - _PAST
    for id in breaches.recent(connection, about_data(configuration), since):
        incident = situations.one_incident(connection, id)
        breach = known(connection, configuration, incident)
        for term in breach.terms if breach else ():
            due = [name for name, at in term.stages() if at <= now < term.due + _PAST]
            if breach and due and not term.decided:
                done += _tell(connection, configuration, incident, breach, term, due[-1], now)
    return done


def _tell(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    breach: Breach,
    term: Term,
    stage: str,
    now: datetime,
) -> int:
    """Tell whoever decides where they are reached; nobody of whom that is known: where it is told.

    Of what is restricted no more than that goes there.
    """
    id = f"breach/{incident.id}/{term.law}/{term.due:%Y%m%dT%H%M%SZ}/{stage}"
    people = [one for one in deciders(configuration) if configuration.people[one].reach]
    ids = {f"{id}/{person}": person for person in people}
    if not {*(ids or [id])} - calls.told(connection, [*ids, id]):
        return 0
    briefing = shown(connection, configuration, incident)
    zone, done = briefing.timezone, 0
    for one, person in ids.items():
        own = configuration.people[person].timezone or zone
        notice = time_left(one, incident, briefing.headline, breach, term, own, now)
        done += tell(connection, configuration, replace(notice, person=person), person, 0)
    if people:
        return done
    notice = time_left(id, incident, briefing.headline, breach, term, zone, now)
    every = [choice.name for choice in configuration.notify]
    there = places(configuration, incident, every)
    return sum(notices.put(connection, notice, place) for place in there)


def time_left(
    id: str,
    incident: Incident,
    headline: str,
    breach: Breach,
    term: Term,
    zone: str,
    now: datetime,
) -> Notice:
    """What whoever decides is told of a term; of what is restricted only that time is running."""
    left = wording.span(term.due - now) if term.due > now else "nothing"
    title = f"{left} left to decide: {headline}"
    lines: tuple[str, ...] = ("What it is stands where you may read it.",)
    if not incident.restricted:
        title = f"Data breach, {title}"
        lines = (*breach.lines(zone), "Say what you decide: seawall breach decide, with its id.")
    return Notice(
        id=id,
        purpose=Purpose.CLOCK,
        at=now,
        title=title,
        lines=lines,
        about=incident.id,
        incident=incident.id,
        urgent=True,
        timezone=zone,
    )
