"""What one shift leaves to the next, and what a night was like: what is open, and who has it. Pure.

What is restricted is in a hand-over only by its neutral name, where the successor may not see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from alerts import wording
from alerts.duty.notices import Action, Notice, Purpose
from alerts.duty.roster import Person, Team
from alerts.incidents.incident import Severity, State
from alerts.instants import Instant

ACCEPT = "accept"
"""The verb with which a successor takes over."""


@dataclass(frozen=True, slots=True)
class Matter:
    """An incident that is open: who has it, what is asked about it, who was reached.

    `paused` is None where promotions need not be paused, else whether they are. `brief` is the
    revision of the agent brief that holds, None where there is none; `words` are lines about what
    is open of what is said in public.
    """

    incident: str
    headline: str
    severity: Severity
    state: State
    since: Instant
    holder: str | None = None
    assigned_to: str | None = None
    questions: tuple[str, ...] = ()
    paused: bool | None = None
    reached: tuple[str, ...] = ()
    brief: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handover:
    """What a shift leaves. `giver` and `taker` are ids of people, `names` what they are called."""

    id: str
    team: str
    team_name: str
    at: Instant
    timezone: str
    giver: str | None
    taker: str
    names: dict[str, str]
    matters: tuple[Matter, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether there is anything to take over."""
        return bool(self.matters)

    def to_json(self) -> str:
        """As JSON."""
        return _JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Handover":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)

    def lines(self) -> tuple[str, ...]:
        """As it is read, a few lines for every matter."""
        if not self.matters:
            return ("Nothing is open.",)
        return tuple(line for one in self.matters for line in _lines(one, self.timezone))


def given(handover: Handover) -> Notice:
    """The hand-over as the successor gets it."""
    giver = handover.names.get(handover.giver or "", "")
    whose = f"from {giver} to" if giver else "to"
    return Notice(
        id=handover.id,
        purpose=Purpose.HANDOVER,
        at=handover.at,
        title=f"{handover.team_name}: hand-over {whose} {handover.names[handover.taker]}",
        lines=handover.lines(),
        about=handover.id,
        person=handover.taker,
        timezone=handover.timezone,
        actions=(Action("I take over", ACCEPT),) if handover.asks else (),
    )


def reminded(handover: Handover, id: str, at: datetime) -> Notice:
    """The successor is reminded that they have not taken over."""
    return Notice(
        id=id,
        purpose=Purpose.REMINDER,
        at=at,
        title=f"{handover.names[handover.taker]}, do you take over from the last shift?",
        lines=handover.lines(),
        about=handover.id,
        person=handover.taker,
        urgent=True,
        timezone=handover.timezone,
        actions=(Action("I take over", ACCEPT),),
    )


def untaken(handover: Handover, id: str, lead: Person, at: datetime) -> Notice:
    """A lead is told that nobody has taken over."""
    since = wording.moment(handover.at, handover.timezone)
    return Notice(
        id=id,
        purpose=Purpose.REMINDER,
        at=at,
        title=f"{handover.team_name}: {handover.names[handover.taker]} has not taken over",
        lines=(f"On call since {since}.", *handover.lines()),
        about=handover.id,
        person=lead.id,
        urgent=True,
        timezone=lead.zone.key,
        actions=(Action("I take over", ACCEPT),),
    )


@dataclass(frozen=True, slots=True)
class Night:
    """What happened while the desks of a team were closed, or from 22:00 to 06:00.

    `opened` are the headlines of incidents that began, `calls` how often somebody was called;
    `blind` says which source did not see, and from when to when; None: not yet over.
    """

    since: datetime
    until: datetime
    opened: Sequence[str] = ()
    calls: int = 0
    blind: Sequence[tuple[str, datetime, datetime | None]] = ()

    @property
    def quiet(self) -> bool:
        """Whether nothing happened, and it would have been seen."""
        return not self.opened and not self.calls and not self.blind


def told(id: str, night: Night, team: Team) -> Notice:
    """A night as it is reported in the morning: proof of life, and of blind spells."""
    zone = team.zone.key
    span = f"{wording.moment(night.since, zone)} to {wording.moment(night.until, zone)}"
    title = "A quiet night" if night.quiet else "The night"
    incidents, calls = len(night.opened), night.calls
    lines = [
        f"{incidents} incident{'s' * (incidents != 1)}, {calls} call{'s' * (calls != 1)}",
        *night.opened,
        *(_blind(*one, zone) for one in night.blind),
    ]
    if not night.blind:
        lines.append("Every source was seen the whole time.")
    return Notice(
        id=id,
        purpose=Purpose.NIGHT,
        at=night.until,
        title=f"{title} of {team.name}, {span}",
        lines=tuple(lines),
        timezone=zone,
    )


def _blind(source: str, since: datetime, until: datetime | None, zone: str) -> str:
    end = f"to {wording.moment(until, zone)}" if until else "on, and does not see yet"
    return f"{source} saw nothing from {wording.moment(since, zone)} {end}."


def _lines(one: Matter, zone: str) -> list[str]:
    held = f"{one.state} by {one.holder}" if one.holder else "nobody has it"
    found = [
        f"{one.severity.upper()} {one.headline}",
        f"Began {wording.moment(one.since, zone)}, {held}: {one.incident}",
    ]
    if one.assigned_to:
        found.append(f"Assigned to {one.assigned_to}")
    found += [f"Noted: {question}" for question in one.questions]
    if one.brief is not None:
        found.append(f"What agents are told: revision {one.brief}")
    if one.paused is not None:
        found.append("Promotions are paused" if one.paused else "Promotions are not paused yet")
    if one.reached:
        found.append(f"Reached: {', '.join(one.reached)}")
    return [*found, *one.words]


_JSON: TypeAdapter[Handover] = TypeAdapter(Handover)
