"""Sees to it that somebody has every incident in hand: calls, asks, pauses, hands over.

What is due is decided by `alerts.calling`, and worked out anew each time from what is stored; each
thing is stored with the timeline and the notices that tell of it, in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.duty import calling, ringing
from alerts.duty.calling import Call, Due, What
from alerts.duty.notices import Notice, Purpose
from alerts.duty.roster import Person, Team
from alerts.incidents import steps
from alerts.incidents.incident import Incident, Reason, State
from monitor.configuration import Configuration
from monitor.pack import mailing
from monitor.staffing import breaches, pausing, shifts
from monitor.staffing.pausing import WEIGHT
from monitor.staffing.ringing import note, shown, tell
from monitor.staffing.roster import on_duty, places
from monitor.staffing.shifts import accept as accept  # what people do on duty is found here
from monitor.store import calls, notices, situations
from monitor.store.calls import Happened, Reached
from monitor.words import promising

MOST = 50
"""So many incidents are attended to in one transaction, the most severe first, so that others can
write in between."""


def attend(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Do what is due by now, each thing once; how many that were. Without teams nobody is called.

    What is due is told by notices, which the dispatcher then brings. Where it were MOST or more,
    there may be others.
    """
    done = promising.attend(connection, configuration, now)
    done += breaches.attend(connection, configuration, now)
    if not configuration.teams:
        return done
    concerned = calls.concerned(connection)
    concerned.sort(key=lambda one: (-WEIGHT.index(one.severity), one.detected_at, one.id))
    for id in _due(connection, configuration, concerned, now)[:MOST]:
        done += _attended(connection, configuration, id, now)
    if done < MOST:
        done += pausing.pause(connection, configuration, concerned, now, MOST)
    done += mailing.attend(connection, configuration, now)
    return done + shifts.change(connection, configuration, now)


def reach(
    connection: Connection,
    incident: Incident,
    function: str,
    by: str,
    answered: bool,
    at: datetime,
) -> None:
    """Note that somebody tried to reach a function of the duty list about an incident."""
    calls.put_reached(connection, incident.id, Reached(function, at, by, answered))


def next_called(
    connection: Connection, configuration: Configuration, incident: Incident, now: datetime
) -> str:
    """Who is called now that somebody cannot take it, in a sentence; "" without teams."""
    team = team_of(configuration, incident)
    if team is None:
        return ""
    due, called, _ = _as_it_stands(connection, configuration, incident, team, now)
    settled = {one.number for one in due if one.what is not What.TRY}
    called = [one for one in called if one.answer is None and one.number not in settled]
    names = [team.known[one.person].name for one in due if one.what is What.CALL]
    if names:
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} called next."
    if called:
        names = [team.known[one.person].name for one in called if one.person in team.known]
        return f"{' and '.join(names)} {'was' if len(names) == 1 else 'were'} called before."
    return "Nobody else is called now: assign it to somebody."


def whose_turn(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    person: str,
    now: datetime,
) -> str:
    """Who is on call, where the desks are closed and somebody else takes it who was not called."""
    team = team_of(configuration, incident)
    on_call = team.on_call(now) if team and not team.is_open(now) else None
    if team is None or on_call in (None, person) or on_call not in team.known:
        return ""
    called = calls.calls(connection, [incident.id]).get(incident.id, ())
    if any(one.person == person for one in called):
        return ""
    return f"{team.known[on_call].name} is on call: assign it to them if it is theirs."


def _due(
    connection: Connection,
    configuration: Configuration,
    incidents: Sequence[Incident],
    now: datetime,
) -> list[str]:
    """The ids of incidents of which something is due; nothing is locked yet."""
    ids = [one.id for one in incidents]
    called, happened = calls.calls(connection, ids), calls.happened(connection, ids)
    found = []
    for one in incidents:
        team = team_of(configuration, one)
        story = _steps(configuration, happened.get(one.id, ()))
        if team and calling.due(one, story, called.get(one.id, ()), team, now):
            found.append(one.id)
    return found


def team_of(configuration: Configuration, incident: Incident) -> Team | None:
    """The team that is called to an incident; of a restricted one, only who may know of it."""
    id = on_duty(configuration, incident.brand)
    if id is None:
        return None
    team, restricted = configuration.rosters[id], configuration.restricted
    if not incident.restricted:
        return team
    return team.only(restricted.people if restricted else ())


def _steps(configuration: Configuration, happened: Sequence[Happened]) -> list[calling.Step]:
    ids = {one.name: id for id, one in configuration.people.items()}
    return [
        calling.Step(
            Reason(line.kind), line.at, ids.get(line.actor, line.actor) if line.place else None
        )
        for line in happened
    ]


def _attended(connection: Connection, configuration: Configuration, id: str, now: datetime) -> int:
    """Do what is due about an incident, as it stands when nobody else can change it."""
    incident = situations.locked_incident(connection, id)
    team = team_of(configuration, incident)
    if team is None:
        return 0
    due, called, now = _as_it_stands(connection, configuration, incident, team, now)
    desk = _Desk(connection, configuration, team, now, called, incident)
    for one in due:
        desk.do(one)
    if desk.incident.state is not State.OPEN or incident.merged_into:
        notices.withdraw(connection, id, [Purpose.CALL], now)
    return len(due)


def _as_it_stands(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    team: Team,
    now: datetime,
) -> tuple[list[Due], list[Call], datetime]:
    """What is due about an incident, who was called so far, and when that is."""
    id = incident.id
    called = calls.calls(connection, [id]).get(id, [])
    story = _steps(configuration, calls.happened(connection, [id]).get(id, ()))
    now = max([now, *(step.at for step in story)])  # a source's clock may be ahead of ours
    return calling.due(incident, story, called, team, now), called, now


@dataclass(slots=True)
class _Desk:
    """Who does what is due about an incident; `incident` and `called` are kept up."""

    connection: Connection
    configuration: Configuration
    team: Team
    now: datetime
    called: list[Call]
    incident: Incident

    def do(self, due: Due) -> None:
        {
            What.CALL: self._call,
            What.TRY: self._try,
            What.ANSWERED: self._answered,
            What.MISSED: self._missed,
            What.ASK: self._ask,
            What.RELEASE: self._release,
        }[due.what](due)

    def _call(self, due: Due) -> None:
        number = max((one.number for one in self.called), default=0) + 1
        call = Call(number, due.person, due.level, self.now, due.why)
        calls.add(self.connection, self.incident.id, call)
        together = due.level > len(self.team.ladder)
        if not (
            together and any(one.level == due.level and one.at == self.now for one in self.called)
        ):
            who = f"everybody in {self.team.name}" if together else self._name(call)
            in_vain = together and bool(self.called)
            self._record(Reason.CALLED, who, "nobody has answered" if in_vain else "")
        self._ring(call, 0)
        self.called.append(call)

    def _try(self, due: Due) -> None:
        [call] = [one for one in self.called if one.number == due.number]
        self._ring(call, len(call.routes))

    def _answered(self, due: Due) -> None:
        calls.answer(self.connection, self.incident.id, due.number, due.why, self.now)

    def _missed(self, due: Due) -> None:
        self._answered(due)
        [call] = [one for one in self.called if one.number == due.number]
        if call.level <= len(self.team.ladder):
            self._record(Reason.UNANSWERED, self._name(call))

    def _ask(self, due: Due) -> None:
        self._record(Reason.ASKED, due.person)
        person = next((p for p in self.team.known.values() if p.name == due.person), None)
        id = f"stands/{self.incident.id}/{self.incident.revision}"
        self._tell(ringing.ask(id, self._shown(), due.person, person, due.why, self.now), person)

    def _release(self, due: Due) -> None:
        self.incident = steps.reopened(self.incident)
        self._record(Reason.UNANSWERED, due.person, "they were expected at their desk")

    def _ring(self, call: Call, route: int) -> None:
        person = self.team.known[call.person]
        missed = [self._name(one) for one in self.called if one.level < call.level]
        notice = ringing.call(
            calls.notice_id(self.incident.id, call.number, route),
            self._shown(),
            self.team,
            person,
            why=call.why,
            shift=self.team.shift(self.now),
            before=tuple(dict.fromkeys(missed)),
            at=self.now,
        )
        tell(self.connection, self.configuration, notice, person.id, route)

    def _tell(self, notice: Notice, person: Person | None) -> None:
        """Put a notice where a person is reached first, or where the incident is told."""
        if person is not None and person.reach:
            tell(self.connection, self.configuration, notice, person.id, 0)
            return
        everywhere = [choice.name for choice in self.configuration.notify]
        for place in places(self.configuration, self.incident, everywhere):
            notices.put(self.connection, replace(notice, person=None), place)

    def _record(self, reason: Reason, by: str, because: str = "") -> None:
        self.incident = note(
            self.connection, self.configuration, self.incident, reason, by, self.now, because
        )

    def _shown(self) -> Briefing:
        return shown(self.connection, self.configuration, self.incident)

    def _name(self, call: Call) -> str:
        person = self.configuration.people.get(call.person)
        return person.name if person else call.person
