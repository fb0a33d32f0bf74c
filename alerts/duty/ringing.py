"""What those who are called, asked or told read: a notice for each occasion. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.duty import calling
from alerts.duty.notices import Action, Notice, Purpose
from alerts.duty.roster import EVERYBODY, LEADS, NEXT, ON_CALL, Person, Shift, Team
from alerts.incidents.incident import Kind
from alerts.incidents.steps import Step

ANSWERS = (
    Action("At my desk in 10 minutes", Step.ACKNOWLEDGE, "10"),
    Action("Handling it by phone", Step.PHONE),
    Action("I can't", Step.DECLINE),
)
"""What somebody who is called can answer; a sleepy tap is none of them."""

_STANDS = (
    Action("Mitigated", Step.MITIGATE),
    Action("Resolved", Step.RESOLVE),
    Action("Ask me again in an hour", Step.SNOOZE, "1h"),
    Action("I can't", Step.DECLINE),
)
_LATE = (
    Action("I'm at my desk", Step.ACKNOWLEDGE, "0"),
    Action("10 minutes more", Step.ACKNOWLEDGE, "10"),
    Action("I can't", Step.DECLINE),
)
_WHY = {
    ON_CALL: "you are on call",
    NEXT: "you are next on call",
    LEADS: "you are a lead",
    EVERYBODY: "everybody is",
}


def call(
    id: str,
    briefing: Briefing,
    team: Team,
    person: Person,
    *,
    why: str,
    shift: Shift,
    before: Sequence[str],
    at: datetime,
) -> Notice:
    """Somebody is called; `before` are the names of those who were called in vain."""
    zone = person.zone.key
    because = _WHY.get(why, "the ladder names you")
    if why == ON_CALL and shift.until:
        because += f" until {wording.moment(shift.until, zone)}"
    tried = [f"Called before, without success: {', '.join(before)}."] if before else []
    return _notice(
        id,
        Purpose.CALL,
        briefing,
        at,
        title=f"{team.name} calls {person.name}: {briefing.headline}",
        lines=(
            *_about(briefing),
            f"You are called because {because}.",
            *tried,
        ),
        actions=ANSWERS,
        person=person.id,
        urgent=True,
        timezone=zone,
    )


def ask(
    id: str, briefing: Briefing, name: str, person: Person | None, why: str, at: datetime
) -> Notice:
    """Whoever has it is asked how it stands; by name where nobody knows them."""
    zone = person.zone.key if person else briefing.timezone
    said = f"{name}, how does it stand?"
    actions: tuple[Action, ...] = _STANDS
    if why == calling.COMING:
        promised = briefing.desk_at or at
        said, actions = f"{name}, are you at your desk?", _LATE
        line = f"You said that you would be by {wording.clock(promised, zone)}."
    elif why == calling.GRAVER and briefing.kind is Kind.SAFETY:
        line = f"People write of {briefing.subject} now."
    elif why == calling.GRAVER and briefing.kind is Kind.UNAPPROVED:
        line = f"More was posted that nobody approved: {briefing.subject}."
    elif why == calling.GRAVER:
        line = f"It has become more severe: it is {briefing.severity.upper()} now."
    elif why == calling.SILENCE:
        line = "It was decided to say nothing in public, and to look at it again now."
    else:
        line = "Nobody has done anything about it for a while."
    return _notice(
        id,
        Purpose.REMINDER,
        briefing,
        at,
        title=f"{said} {briefing.headline}",
        lines=(line, *_about(briefing)),
        actions=actions,
        person=person.id if person else None,
        urgent=why in (calling.COMING, calling.GRAVER),
        timezone=zone,
    )


def pause(
    id: str,
    briefing: Briefing,
    team: Team,
    at: datetime,
    *,
    asked: datetime,
    others: Sequence[str] = (),
) -> Notice:
    """A team is asked to pause promotions, once more where it was `asked` before.

    `others` are the names of teams that are asked as well; whoever says so, says so for all.
    """
    again = f"Asked since {wording.moment(asked, team.zone.key)}: are they paused?"
    say = "Say so when they are paused."
    if others:
        also = f"{' and '.join(others)} {'is' if len(others) == 1 else 'are'} asked as well"
        say = f"{also}. One answer is for all: say so when all of you have paused them."
    return _notice(
        id,
        Purpose.PAUSE,
        briefing,
        at,
        title=f"Pause promotions, please: {briefing.headline}",
        lines=(*([again] if asked < at else _about(briefing)), say),
        actions=(Action("Promotions are paused", Step.PAUSED),),
        urgent=True,
        timezone=team.zone.key,
    )


def go_on(
    id: str, briefing: Briefing, team: Team, at: datetime, *, paused: datetime | None
) -> Notice:
    """A team is told that promotions need not be paused any more."""
    when = paused and wording.moment(paused, team.zone.key)
    since = f"They have been paused since {when}." if when else "Nobody said they were paused."
    return _notice(
        id,
        Purpose.PAUSE,
        briefing,
        at,
        title=f"It is over, promotions can go on: {briefing.headline}",
        lines=(since,),
        timezone=team.zone.key,
    )


def unapproved(
    id: str, briefing: Briefing, title: str, lines: Sequence[str], team: Team, at: datetime
) -> Notice:
    """A team that publishes is told of a post on our own account that nobody approved."""
    return _notice(
        id,
        Purpose.WORDS,
        briefing,
        at,
        title=title,
        lines=lines,
        urgent=True,
        timezone=team.zone.key,
    )


def _about(briefing: Briefing) -> list[str]:
    """What it is, in a line; nothing of what is restricted."""
    if briefing.restricted:
        return ["What it is stands where you may read it."]
    return [f"{statements.tag(briefing)}: {briefing.why}"] if briefing.why else []


def _notice(
    id: str,
    purpose: Purpose,
    briefing: Briefing,
    at: datetime,
    *,
    title: str,
    lines: Sequence[str],
    timezone: str,
    actions: tuple[Action, ...] = (),
    person: str | None = None,
    urgent: bool = False,
) -> Notice:
    return Notice(
        id=id,
        purpose=purpose,
        at=at,
        title=title,
        lines=tuple(lines),
        about=briefing.incident,
        incident=briefing.incident,
        person=person,
        urgent=urgent,
        timezone=timezone,
        actions=actions,
        briefing=briefing,
    )
