"""Whose turn it is, as it is configured: rotations, calendars, overrides, and the ladder."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from alerts.duty import roster
from alerts.duty.roster import EVERYBODY, LEADS, NEXT, ON_CALL, Rotation, Turn
from monitor import ics
from monitor.calendar import instant
from monitor.configuration.part import Part
from monitor.configuration.values import DayOrTime, Duration, Id, defined, nearest, shortened, wrong

WORDS = (ON_CALL, NEXT, LEADS, EVERYBODY)
"""Whom a rung may name beside people."""

_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=1)


def _reachable(value: str, info: ValidationInfo) -> str:
    person = info.context["people"].get(value) if info.context else None
    if isinstance(person, Mapping) and not person.get("reach"):
        raise wrong("is somebody who cannot be reached", f"say how: `people.{value}.reach`")
    return value


def _long_enough(value: timedelta) -> timedelta:
    if value < _SHORTEST:
        raise wrong("is too short for a shift", "at least `1h`")
    return value


def _somebody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise wrong("names nobody", "people by id, `on-call`, `next`, `leads` or `everybody`")
    return value


Member = Annotated[Id, defined("people", "person")]
Callee = Annotated[Member, AfterValidator(_reachable)]
"""Somebody who can be called."""


class Override(Part):
    """Somebody else's turn, once."""

    since: DayOrTime = Field(alias="from", description="From when.", examples=["2026-12-24T16:00"])
    until: DayOrTime = Field(
        alias="to", description="Until when; a day is part of it.", examples=["2026-12-26"]
    )
    person: Callee = Field(description="Who has it instead.", examples=["ola"])

    @field_validator("until")
    @classmethod
    def _in_order(cls, value: date, info: ValidationInfo) -> date:
        since = info.data.get("since")
        if since is None:
            return value
        fixed = [isinstance(end, datetime) and end.tzinfo is not None for end in (since, value)]
        if fixed[0] is not fixed[1]:
            raise wrong("has an offset from UTC, or `from` has: one of them only", "both, or none")
        zone = ZoneInfo("UTC")
        if instant(since, zone) >= _end(value, zone):
            raise wrong("is not after `from`", "exchange them, or add a time")
        return value

    def turn(self, zone: ZoneInfo) -> Turn:
        """The same in UTC; local times are those of `zone`."""
        return Turn(self.person, instant(self.since, zone), _end(self.until, zone))


class OnCall(Part):
    """Whose turn it is: people in rotation, events of an .ics file before them, overrides first."""

    people: tuple[Callee, ...] = Field(
        default=(), description="In this order, one shift each.", examples=[["kari", "ola"]]
    )
    first: DayOrTime | None = Field(
        default=None,
        alias="from",
        description="When the first of them began, in the team's zone; shifts change at this time "
        "of day, in summer and in winter.",
        examples=["2026-11-02T09:00"],
    )
    every: Annotated[Duration, AfterValidator(_long_enough)] = Field(
        default=timedelta(days=7),
        description="How long a shift is, by the clock on the wall: 1d, 7d, 12h.",
        examples=["7d"],
    )
    file: str | None = Field(
        default=None,
        description="An .ics file, by its path from the folder of this file; the title of an event "
        "is a person's id, name or address. It is read when this file is.",
        examples=["oncall.ics"],
    )
    overrides: tuple[Override, ...] = Field(
        default=(),
        description="Exceptions, the last of those that overlap.",
        examples=[[{"from": "2026-12-24T16:00", "to": "2026-12-26", "person": "ola"}]],
    )
    _events: tuple[Turn, ...] = PrivateAttr(default=())

    @field_validator("first")
    @classmethod
    def _of_a_rotation(cls, value: date | None, info: ValidationInfo) -> date | None:
        rotates = bool(info.data.get("people", True))  # people who are wrong are meant to rotate
        if rotates and value is None:
            raise wrong(
                "is a rotation without `from`",
                "say when the first of them began: `from: 2026-11-02T09:00`",
            )
        if value is not None and not rotates:
            raise wrong("begins a rotation, and nobody is in it", "add `people:`, or remove it")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "OnCall":
        if not (self.people or self.file or self.overrides):
            raise wrong("names nobody", "it needs `people:` and `from:`, or `file:`")
        return self

    def follow(self, zone: ZoneInfo, context: Mapping[str, Any]) -> None:
        """Read its file, whose local times are those of `zone`. Raises a validation error."""
        if self.file is not None:
            self._events = _turns(self.file, zone, context)

    def rota(self, zone: ZoneInfo) -> roster.Rota:
        """The same as it is followed."""
        return roster.Rota(
            zone,
            self._rotation(zone),
            self._events,
            tuple(one.turn(zone) for one in self.overrides),
        )

    def _rotation(self, zone: ZoneInfo) -> Rotation | None:
        if self.first is None:
            return None
        local = instant(self.first, zone).astimezone(zone).replace(tzinfo=None, fold=0)
        return Rotation(self.people, local, self.every)


class Rung(Part):
    """A step of the ladder that is climbed while nobody answers."""

    after: Duration = Field(
        description="So long after the first call, where nobody has answered; sooner where those "
        "who were called before say that they cannot.",
        examples=["10m"],
    )
    to: Annotated[
        tuple[Annotated[str, defined("people", "person", *WORDS), AfterValidator(_reachable)], ...],
        AfterValidator(_somebody),
    ] = Field(
        description="Who is called then: people by id, `on-call`, `next` (whose turn is next), "
        "`leads` or `everybody` of the team.",
        examples=[["next"], ["leads"]],
    )


def _end(until: date, zone: ZoneInfo) -> datetime:
    """The end of a day that is part of it, or the instant."""
    return instant(until if isinstance(until, datetime) else until + _DAY, zone)


def _turns(file: str, zone: ZoneInfo, context: Mapping[str, Any]) -> tuple[Turn, ...]:
    try:
        with (context.get("folder", Path()) / file).open("rb") as stream:
            content = stream.read(ics.BIGGEST + 1)
        occurrences = ics.read(content, zone)
    except ics.UnusableCalendarError as error:
        raise wrong(f"has a file that cannot be used: {error}", error.hint) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no path").lower()
        hint = "its path is relative to the folder of this file"
        raise wrong(f"has a file that cannot be read: {reason}", hint) from None
    names = _names(context.get("people", {}))
    return tuple(
        Turn(_person(one, names, zone, context), one.since, one.until) for one in occurrences
    )


def _person(
    one: ics.Occurrence, names: Mapping[str, str], zone: ZoneInfo, context: Mapping[str, Any]
) -> str:
    when = f"{one.since.astimezone(zone):%Y-%m-%d %H:%M}"
    person = names.get(one.name.casefold())
    if person is None:
        raise wrong(
            f"has a file with an event `{shortened(one.name)}` on {when}, who is nobody of this "
            "file",
            nearest(one.name, context.get("people", {})),
        )
    if not context["people"][person].get("reach"):
        raise wrong(
            f"has a file with an event `{shortened(one.name)}` on {when}, who cannot be reached",
            f"say how: `people.{person}.reach`",
        )
    return person


def _names(people: Mapping[str, Any]) -> dict[str, str]:
    """Ids of people by everything an event may call them."""
    return {
        str(called).casefold(): id
        for id, one in people.items()
        if isinstance(one, Mapping)
        for called in (one.get("email"), one.get("name"), id)
        if called
    }
