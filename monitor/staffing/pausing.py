"""Teams that publish are asked to pause promotions while it is grave, and told when it is over.

A pause is one for all who are asked: whoever says that promotions are paused, says so for all. Who
is asked later, since it has become more severe, is to say so anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.duty import ringing
from alerts.duty.notices import Notice
from alerts.duty.roster import Team
from alerts.incidents.incident import Incident, Reason, Severity, State
from monitor.configuration import Configuration
from monitor.staffing.ringing import note, shown
from monitor.staffing.ringing import tell as tell_person
from monitor.store import calls, notices, situations
from monitor.store.calls import Happened

TELL_WITHIN = timedelta(days=1)
"""For so long after an incident a team is still told that it is over."""

WEIGHT = (Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Ask:
    """A team is to be asked about an incident, anew or again, by this notice.

    `others` are the names of those that are asked as well.
    """

    incident: str
    team: Team
    id: str
    others: tuple[str, ...]
    anew: bool


def pause(
    connection: Connection,
    configuration: Configuration,
    incidents: Sequence[Incident],
    now: datetime,
    most: int,
) -> int:
    """Ask teams, remind them ever more seldom, tell them that it is over; how many that were.

    `incidents` are those that are not over, in the order in which they matter; no more than `most`
    things are done.
    """
    teams = [one for one in configuration.rosters.values() if one.pause_from]
    if not teams:
        return 0
    asks = list(_asks(connection, configuration, incidents, teams, now))
    told = calls.told(connection, [one.id for one in asks])
    done = 0
    for ask in [one for one in asks if one.id not in told][:most]:
        done += _ask(connection, configuration, ask, now)
    return done + _over(connection, configuration, teams, now)


def concerned(configuration: Configuration, incident: Incident) -> list[Team]:
    """The teams that should have paused promotions while an incident goes on; all that have."""
    teams = [one for one in configuration.rosters.values() if one.pause_from]
    if incident.paused_at and incident.state is not State.RESOLVED:
        return teams
    return [team for team in teams if _is_grave(configuration, incident, team)]


def tell(
    connection: Connection, configuration: Configuration, team: Team, notice: Notice, now: datetime
) -> int:
    """Tell a team in its channel, and who is on call where nobody reads that now."""
    told = [notices.put(connection, notice, place) for place in team.channel]
    person = team.on_call(now)
    if person and not (team.channel and team.is_open(now)):
        own = replace(notice, id=f"{notice.id}/{person}", person=person)
        told.append(tell_person(connection, configuration, own, person, 0))
    return int(any(told))


def _asks(
    connection: Connection,
    configuration: Configuration,
    incidents: Sequence[Incident],
    teams: Sequence[Team],
    now: datetime,
) -> Iterator[Ask]:
    """What has to be asked by now, whether or not it was."""
    grave = {
        one.id: (one, found)
        for one in incidents
        if (found := [team for team in teams if _is_grave(configuration, one, team)])
    }
    happened = calls.happened(connection, grave.keys())
    for one, concerned in grave.values():
        asked = one.pause_asked_at
        names = [team.name for team in concerned]
        anew = asked is None or not _asked(happened.get(one.id, ())).issuperset(names)
        if one.paused_at and not anew:
            continue
        since = now if anew or asked is None else asked
        for team in concerned:
            times = ((now - since) // team.answer_within + 1).bit_length() - 1
            others = tuple(name for name in names if name != team.name)
            yield Ask(one.id, team, _id(one, team, since, times), others, anew)


def _ask(connection: Connection, configuration: Configuration, ask: Ask, now: datetime) -> int:
    incident = situations.locked_incident(connection, ask.incident)
    if incident.state is State.RESOLVED or (incident.paused_at and not ask.anew):
        return 0
    if ask.anew:
        anew = replace(incident, pause_asked_at=now, paused_at=None, paused_by=None)
        reason = Reason.PAUSING
        incident = note(connection, configuration, anew, reason, ask.team.name, now)
    about = shown(connection, configuration, incident)
    asked = incident.pause_asked_at or now
    notice = ringing.pause(ask.id, about, ask.team, now, asked=asked, others=ask.others)
    return tell(connection, configuration, ask.team, notice, now)


def _over(
    connection: Connection, configuration: Configuration, teams: Sequence[Team], now: datetime
) -> int:
    found = calls.paused_and_over(connection, now - TELL_WITHIN)
    happened = calls.happened(connection, {one.id for one in found})
    over = {
        f"pause/{one.id}/{team.id}/over/{one.resolved_at:%Y%m%dT%H%M%SZ}": (one, team)
        for one in found
        for team in teams
        if team.name in _asked(happened.get(one.id, ()))
    }
    done = 0
    for id in over.keys() - calls.told(connection, [*over]):
        incident, team = over[id]
        about = shown(connection, configuration, incident)
        notice = ringing.go_on(id, about, team, now, paused=incident.paused_at)
        done += tell(connection, configuration, team, notice, now)
    return done


def _is_grave(configuration: Configuration, incident: Incident, team: Team) -> bool:
    """Whether an incident of our own is as severe as a team wants to know of."""
    brand = configuration.brands.get(incident.brand)
    going_on = incident.state is not State.RESOLVED and not incident.merged_into and incident.calls
    limit = WEIGHT.index(team.pause_from or Severity.CRITICAL)
    ours = brand is not None and brand.whose == "own"
    return going_on and ours and WEIGHT.index(incident.severity) >= limit


def _id(incident: Incident, team: Team, asked: datetime, times: int) -> str:
    return f"pause/{incident.id}/{team.id}/{asked:%Y%m%dT%H%M%SZ}/{times}"


def _asked(story: Sequence[Happened]) -> set[str]:
    """The names of the teams that were asked since an incident began, or came back."""
    asked: set[str] = set()
    for line in story:
        if line.kind == Reason.REOPENED:
            asked.clear()
        elif line.kind == Reason.PAUSING:
            asked.add(line.actor)
    return asked
