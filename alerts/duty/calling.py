"""Who is to be called to an incident now, and why: the on-call person, and the ladder above. Pure.

Calling goes on in rounds. A round begins when an incident opens or comes back, and when a snooze is
over; in it the levels are climbed one after another: level 0 is who is on call, then the rungs of
the ladder, then everybody, again and again. It ends when somebody takes the incident.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.duty.roster import EVERYBODY, LEADS, NEXT, ON_CALL, Person, Team
from alerts.incidents.incident import PAGING, Incident, Reason, Severity, State
from alerts.incidents.steps import awake, reopened

ARRIVES_WITHIN = timedelta(minutes=2)
"""A call that has not arrived by then goes out by the person's next route as well."""

BEGINNINGS = (Reason.OPENED, Reason.REOPENED, Reason.CALLING, Reason.SNOOZED, Reason.WOKEN)
"""After these, whoever was called before is called again."""

DECLINED, NONE = "declined", "none"
"""What became of a call, beside an `incidents.Answer`."""

COMING, GRAVER, SILENCE, UNTOUCHED = "coming", "graver", "silence", "untouched"
"""Why somebody is asked: they are not at their desk yet, it has become more severe, silence is to
be looked at again, or nothing has been done for long."""


class What(StrEnum):
    """What is to be done."""

    CALL = "call"
    TRY = "try"
    ANSWERED = "answered"
    MISSED = "missed"
    ASK = "ask"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of an incident's timeline; `person` is the id of who did it, None for anybody else."""

    reason: Reason
    at: datetime
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """One of a person's ways to be reached, tried at `at`: None where it is still under way."""

    at: datetime
    arrived: bool | None = None

    def failed(self, at: datetime) -> bool:
        """Whether it was given up, or has been under way for too long."""
        return not self.arrived and (self.arrived is False or at >= self.at + ARRIVES_WITHIN)


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody who was called, by these routes so far; `answer` is None while it is not known.

    `why` is the word or id by which a rung names them.
    """

    number: int
    person: str
    level: int
    at: datetime
    why: str = ""
    answer: str | None = None
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done now.

    CALL a person, of a `level`. TRY the next route of a call. Note what was ANSWERED, or that a
    call was MISSED (`number`, `why`: the answer). ASK whoever has the incident how it stands, or
    RELEASE it, for they did not come.
    """

    what: What
    person: str = ""
    why: str = ""
    level: int = 0
    number: int = 0


def due(
    incident: Incident, steps: Sequence[Step], calls: Sequence[Call], team: Team, at: datetime
) -> list[Due]:
    """What is to be done about an incident at `at`; `steps` and `calls` are all its own, in order.

    Done, it is not due again. Nobody is called to what is over, only shown, or snoozed, unless it
    has become more severe since, or is about safety.
    """
    story = _Story(incident, steps, team, at)
    found = list(_answers(story, calls))
    if incident.merged_into or incident.state is State.RESOLVED or not story.calls_people:
        return found
    if incident.state is not State.OPEN:
        found += _asking(story)
        if What.RELEASE not in {one.what for one in found}:
            return found
        told = [*steps, Step(Reason.UNANSWERED, at)]
        story = replace(story, incident=reopened(incident), steps=told)
    settled = {one.number for one in found}
    return [*found, *_calling(story, [c for c in calls if c.at >= story.since], settled)]


@dataclass(frozen=True)
class _Story:
    """An incident's story so far, as whoever calls sees it."""

    incident: Incident
    steps: Sequence[Step]
    team: Team
    at: datetime

    @property
    def since(self) -> datetime:
        """When this round began."""
        return self.last(*BEGINNINGS) or self.incident.detected_at

    @property
    def waited(self) -> timedelta:
        """For how long nobody has taken it, in this round."""
        return self.at - max(self.since, self.incident.snoozed_until or self.since)

    @property
    def begins(self) -> bool:
        """Whether somebody is to be called: nobody is at the desks, or they were told in vain."""
        return (
            self.incident.kind in PAGING
            or not self.team.is_open(self.at)
            or self.waited >= self.team.answer_within
            or self.place(Reason.DECLINED, Reason.UNANSWERED) > self.place(*BEGINNINGS)
        )

    @property
    def cannot_wait(self) -> bool:
        """Whether it is told through quiet hours."""
        return self.incident.kind in PAGING or self.incident.severity is Severity.CRITICAL

    @property
    def calls_people(self) -> bool:
        """Whether it calls anybody now."""
        if self.incident.kind in PAGING:
            return True
        rose = self.place(Reason.ESCALATED)
        if not self.incident.calls and rose < 0:
            return False
        return awake(self.incident, self.at) or rose > self.place(Reason.SNOOZED)

    def last(self, *reasons: Reason) -> datetime | None:
        """When one of these happened last."""
        return max((step.at for step in self.steps if step.reason in reasons), default=None)

    def place(self, *reasons: Reason) -> int:
        """Which step was the last of these, -1 for none.

        What surges do is known some time after it happened, so that times say less than the order.
        """
        found = (place for place, step in enumerate(self.steps) if step.reason in reasons)
        return max(found, default=-1)

    def declined(self) -> set[str]:
        """Who has said in this round that they cannot take it."""
        since = self.steps[self.place(*BEGINNINGS) + 1 :]
        return {step.person for step in since if step.reason is Reason.DECLINED and step.person}

    @property
    def graver(self) -> bool:
        """Whether it has become more severe since anybody did anything, or was asked.

        Another word about safety is as grave.
        """
        more = (Reason.EXTENDED,) if self.incident.kind in PAGING else ()
        rose, told = self.place(Reason.ESCALATED, *more), (Reason.ASKED, Reason.HANDED_OVER)
        since = self.steps[rose:] if rose >= 0 else ()
        return bool(since) and not any(step.person or step.reason in told for step in since)

    @property
    def touched(self) -> datetime:
        """When a person last did anything."""
        times = [step.at for step in self.steps if step.person]
        return max([*times, self.incident.touched_at or self.incident.detected_at])

    def has_come(self, name: str) -> bool:
        """Whether somebody, by name, has done anything since they said that they would come."""
        them = {name, *(id for id, one in self.team.known.items() if one.name == name)}
        since = self.steps[self.place(Reason.ACKNOWLEDGED) + 1 :]
        return any(step.person in them for step in since)

    def can_be_called(self, ids: Sequence[str]) -> list[Person]:
        """Those of these people whom it may call now, each once."""
        found = [self.team.known[id] for id in dict.fromkeys(ids) if id in self.team.known]
        return [
            one for one in found if one.reach and (self.cannot_wait or not one.is_quiet(self.at))
        ]

    def window(self, level: int) -> timedelta:
        """How long a level has to answer."""
        times = [timedelta(), *(rung.after for rung in self.team.ladder)]
        if level + 1 < len(times):
            return times[level + 1] - times[level]
        return self.team.answer_within


def _answers(story: _Story, calls: Sequence[Call]) -> Iterator[Due]:
    """What those who were called have answered since; once somebody has it, the others need not."""
    taken = story.incident.state is not State.OPEN or bool(story.incident.merged_into)
    for call in calls:
        if call.answer is not None:
            continue
        said = [s.reason for s in story.steps if s.person == call.person and s.at > call.at]
        if Reason.ACKNOWLEDGED in said:
            how = story.incident.acknowledged_how
            yield Due(What.ANSWERED, call.person, str(how or "desk"), number=call.number)
        elif Reason.DECLINED in said:
            yield Due(What.ANSWERED, call.person, DECLINED, number=call.number)
        elif taken:
            yield Due(What.ANSWERED, call.person, NONE, number=call.number)


def _calling(story: _Story, calls: Sequence[Call], settled: set[int]) -> Iterator[Due]:
    if not calls:
        if story.begins:
            yield from _climb(story, 0)
        return
    level = max(call.level for call in calls)
    present = [call for call in calls if call.level == level]
    waiting = [c for c in present if c.answer is None and c.number not in settled]
    window = story.window(level)
    over = story.at >= present[-1].at + window
    missed = waiting if over else [c for c in waiting if _unreachable(story, c)]
    for call in missed:
        yield Due(What.MISSED, call.person, NONE, number=call.number)
    if over or (level <= len(story.team.ladder) and len(missed) == len(waiting)):
        yield from _climb(story, level + 1)
        return
    for call in waiting:
        if call not in missed and _next_route(story, call, window):
            yield Due(What.TRY, call.person, number=call.number)


def _climb(story: _Story, level: int) -> Iterator[Due]:
    """The next level on which anybody can be called; beyond the ladder, everybody."""
    team, declined = story.team, story.declined()
    rungs = [(ON_CALL,), *(rung.to for rung in team.ladder)]
    for higher in range(level, len(rungs)):
        called = [
            (person.id, name)
            for name in rungs[higher]
            for person in story.can_be_called(_meant(name, team, story.at))
            if person.id not in declined
        ]
        if called:
            yield from (Due(What.CALL, id, why, higher) for id, why in dict(called).items())
            return
    everybody = [person.id for person in story.can_be_called(team.people)]
    able = [id for id in everybody if id not in declined] or everybody
    for id in able:
        yield Due(What.CALL, id, EVERYBODY, max(level, len(rungs)))


def _meant(name: str, team: Team, at: datetime) -> list[str]:
    """The people a rung means by a name."""
    if name == ON_CALL:
        found = [team.on_call(at)]
    elif name == NEXT:
        found = [team.next_on_call(at)]
    elif name in (LEADS, EVERYBODY):
        found = [*(team.leads if name == LEADS else team.people)]
    else:
        found = [name]
    return [id for id in found if id]


def _unreachable(story: _Story, call: Call) -> bool:
    """Whether every route to somebody has failed."""
    return len(call.routes) >= len(_reach(story, call)) and all(
        one.failed(story.at) for one in call.routes
    )


def _reach(story: _Story, call: Call) -> tuple[str, ...]:
    """The routes to somebody; none where they may not be called any more."""
    person = story.team.known.get(call.person)
    return person.reach if person else ()


def _next_route(story: _Story, call: Call, window: timedelta) -> bool:
    """Whether the next route is to be tried: the last one failed, or is not answered in its time.

    The routes share the time that the level has.
    """
    tried, reach = len(call.routes), _reach(story, call)
    if not 0 < tried < len(reach):
        return False
    return call.routes[-1].failed(story.at) or story.at >= call.at + tried * window / len(reach)


def _asking(story: _Story) -> Iterator[Due]:
    """Whoever has it is asked how it stands; who promised to come and did not, loses it."""
    incident, at, team, touched = story.incident, story.at, story.team, story.touched
    holder = incident.acknowledged_by or ""
    asked = story.last(Reason.ASKED)
    if incident.desk_at and not story.has_come(holder):
        if incident.desk_at <= at and (asked is None or asked < incident.desk_at):
            yield Due(What.ASK, holder, COMING)
        elif incident.desk_at <= at and asked and at >= asked + team.answer_within:
            yield Due(What.RELEASE, holder, COMING)
        return
    if _asleep(story, holder):
        return
    spoken = max(touched, asked or touched)
    if story.graver:
        yield Due(What.ASK, holder, GRAVER)
    elif incident.silent_until and spoken < incident.silent_until <= at:
        yield Due(What.ASK, holder, SILENCE)
    elif at >= spoken + team.ask_again:
        yield Due(What.ASK, holder, UNTOUCHED)


def _asleep(story: _Story, name: str) -> bool:
    """Whether it is among the quiet hours of somebody, by name."""
    known = story.team.known.values()
    quiet = any(one.name == name and one.is_quiet(story.at) for one in known)
    return quiet and not story.cannot_wait
