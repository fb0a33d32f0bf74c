"""Teams that publish are asked to pause promotions while it is grave, and told when it is over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import ringing
from alerts.incidents import Incident, Reason, Severity, State
from alerts.notices import Notice
from alerts.roster import Team
from monitor.configuration import Configuration
from monitor.staffing.ringing import note, shown, tell
from monitor.store import calls, notices, situations

TELL_WITHIN = timedelta(days=1)
"""For so long after an incident a team is still told that it is over."""

WEIGHT = (Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Ask:
    """A team is to be asked about an incident: anew, or again (`times` since), by this notice."""

    incident: str
    team: Team
    id: str
    times: int = 0
    anew: bool = False


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


def _asks(
    connection: Connection,
    configuration: Configuration,
    incidents: Sequence[Incident],
    teams: Sequence[Team],
    now: datetime,
) -> Iterator[Ask]:
    """What has to be asked by now, whether or not it was."""
    grave = [
        (one, team) for one in incidents for team in teams if _is_grave(configuration, one, team)
    ]
    happened = calls.happened(connection, {one.id for one, _ in grave})
    for one, team in grave:
        kinds = [line.kind for line in happened.get(one.id, ())]
        asked = one.pause_asked_at
        if asked is None or Reason.REOPENED in kinds[_last(kinds, Reason.PAUSING) :]:
            yield Ask(one.id, team, _id(one, team, now, 0), anew=True)
        elif one.paused_at is None:
            times = ((now - asked) // team.answer_within + 1).bit_length() - 1
            yield Ask(one.id, team, _id(one, team, asked, times), times)


def _ask(connection: Connection, configuration: Configuration, ask: Ask, now: datetime) -> int:
    incident = situations.locked_incident(connection, ask.incident)
    if incident.state is State.RESOLVED or (incident.paused_at and not ask.anew):
        return 0
    if ask.anew and incident.pause_asked_at != now:
        asked = replace(incident, pause_asked_at=now, paused_at=None, paused_by=None)
        reason = Reason.PAUSING
        incident = note(connection, configuration, asked, reason, ask.team.name, now)
    about = shown(connection, configuration, incident)
    notice = ringing.pause(ask.id, about, ask.team, now, asked=incident.pause_asked_at or now)
    return _tell(connection, configuration, ask.team, notice, now)


def _over(
    connection: Connection, configuration: Configuration, teams: Sequence[Team], now: datetime
) -> int:
    over = {
        f"pause/{one.id}/{team.id}/over/{one.resolved_at:%Y%m%dT%H%M%SZ}": (one, team)
        for one in calls.paused_and_over(connection, now - TELL_WITHIN)
        for team in teams
    }
    done = 0
    for id in over.keys() - calls.told(connection, [*over]):
        incident, team = over[id]
        about = shown(connection, configuration, incident)
        notice = ringing.go_on(id, about, team, now, paused=incident.paused_at)
        done += _tell(connection, configuration, team, notice, now)
    return done


def _tell(
    connection: Connection, configuration: Configuration, team: Team, notice: Notice, now: datetime
) -> int:
    """Tell a team in its channel, and who is on call where its desks are closed."""
    told = [notices.put(connection, notice, place) for place in team.channel]
    person = team.on_call(now)
    if person and not team.is_open(now):
        own = replace(notice, id=f"{notice.id}/{person}", person=person)
        told.append(tell(connection, configuration, own, person, 0))
    return int(any(told))


def _is_grave(configuration: Configuration, incident: Incident, team: Team) -> bool:
    """Whether an incident of our own is as severe as a team wants to know of."""
    brand = configuration.brands.get(incident.brand)
    going_on = incident.state is not State.RESOLVED and not incident.merged_into and incident.calls
    limit = WEIGHT.index(team.pause_from or Severity.CRITICAL)
    ours = brand is not None and brand.whose == "own"
    return going_on and ours and WEIGHT.index(incident.severity) >= limit


def _id(incident: Incident, team: Team, asked: datetime, times: int) -> str:
    return f"pause/{incident.id}/{team.id}/{asked:%Y%m%dT%H%M%SZ}/{times}"


def _last(kinds: Sequence[str], kind: str) -> int:
    """The place of the last of a kind; the beginning where there is none."""
    return max((place for place, one in enumerate(kinds) if one == kind), default=0)
