"""The calendar of a configuration: events that are listed, and files of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from monitor import ics
from monitor.calendar import Event, instant
from monitor.configuration.values import ALL, DayOrTime, Id, Name, defined, wrong

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IcsFile:
    """An .ics file as it was when the configuration was read."""

    name: str
    occurrences: tuple[ics.Occurrence, ...] = field(repr=False)


def _file(value: object, info: ValidationInfo) -> IcsFile:
    if not isinstance(value, str) or not value.strip():
        raise wrong("names no file", "for instance `campaigns.ics`")
    folder = info.context["folder"] if info.context else Path()
    try:
        with (folder / value).open("rb") as stream:
            content = stream.read(ics.BIGGEST + 1)
        return IcsFile(value, ics.read(content, _zone(info)))
    except ics.UnusableCalendarError as error:
        raise wrong(f"cannot be used: {error}", error.hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        hint = "its path is relative to the folder of this file"
        raise wrong(f"cannot be read: {reason.lower()}", hint) from None


def _zone(info: ValidationInfo) -> ZoneInfo:
    try:
        return ZoneInfo(str(info.context["timezone"]) if info.context else "UTC")
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")  # it is wrong, and reported at its own place


class Entry(BaseModel):
    """Something known beforehand that changes what is expected, or a file of such events."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    name: Name | None = Field(
        default=None, description="What it is, for briefings.", examples=["Summer sale"]
    )
    since: DayOrTime | None = Field(
        default=None,
        alias="from",
        description="The first day, or the first instant. Days, and times without an offset, are "
        "those of `timezone`.",
        examples=["2026-07-01", "2026-07-01T08:00"],
    )
    until: DayOrTime | None = Field(
        default=None,
        alias="to",
        description="The last day, which is part of it, or the instant at which it is over; the "
        "end of the day of `from` where it is left out.",
        examples=["2026-07-03", "2026-07-03T18:00"],
    )
    file: Annotated[IcsFile, PlainValidator(_file)] | None = Field(
        default=None,
        description="Instead of name and times an .ics file, by its path from the folder of this "
        "file. Events that come again and again are followed to the end of 2049. It is read when "
        "this file is.",
        examples=["campaigns.ics"],
    )
    factor: float = Field(
        ge=ics.LEAST_FACTOR,
        le=ics.LARGEST_FACTOR,
        description="By how many times more is expected: 3 for three times as much, 0.5 for half. "
        f"An event in a file may say its own: `{ics.FACTOR}:3`.",
        examples=[3],
    )
    brands: tuple[Annotated[Id, defined("brands", "brand")], ...] | None = Field(
        default=None,
        description="The brands that it concerns; all where it is left out.",
        examples=[["us-airways"]],
    )
    topics: tuple[Annotated[Id, defined("topics", "topic", ALL)], ...] | None = Field(
        default=None,
        description="The topics that it concerns, `all` for all mentions; every one where it is "
        "left out.",
        examples=[["delays", "all"]],
    )
    _events: tuple[Event, ...] = PrivateAttr(default=())

    @property
    def title(self) -> str:
        """Its name, or that of its file."""
        return self.file.name if self.file else self.name or ""

    @property
    def events(self) -> tuple[Event, ...]:
        """The event, or those of the file as often as they come, by time."""
        return self._events

    def concerns(self, brand: str, topic: str) -> bool:
        """Whether it changes what is expected of a brand's topic."""
        return (self.brands is None or brand in self.brands) and (
            self.topics is None or topic in self.topics
        )

    @model_validator(mode="after")
    def _resolved(self, info: ValidationInfo) -> "Entry":
        if self.file and (self.name or self.since or self.until):
            raise wrong("has a `file` beside a name or times", "make two entries of it")
        if self.file:
            self._events = tuple(
                Event(one.name, one.since, one.until, one.factor or self.factor)
                for one in self.file.occurrences
            )
        elif self.name is None or self.since is None:
            raise wrong("is no event", "it needs `name:` and `from:`, or `file:`")
        else:
            zone = _zone(info)
            begin = instant(self.since, zone)
            last = self.until or begin.astimezone(zone).date()
            end = instant(last if isinstance(last, datetime) else last + _DAY, zone)
            if begin >= end:
                raise wrong("has a `to` that is not after `from`", "exchange them, or add a time")
            self._events = (Event(self.name, begin, end, self.factor),)
        return self
