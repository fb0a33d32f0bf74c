"""Teams, their people and shifts: who is told in which hour, and who is next."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from alerts.duty import roster
from alerts.duty.roster import EVERYBODY, LEADS, NEXT, ON_CALL
from alerts.duty.service_hours import ALWAYS, Holidays, ServiceHours, span
from alerts.incidents.incident import Severity
from monitor.calendar import holidays
from monitor.configuration.part import Part
from monitor.configuration.rota import Member as Member
from monitor.configuration.rota import OnCall, Rung
from monitor.configuration.values import Duration, Name, Regions, Zone, defined, in_units, wrong

Right = Literal["act", "lead"]
"""What a person may do: take steps; speak for the team."""

Place = Annotated[str, defined("places", "name under `notify`")]

PHONE = r"^\+?[\d ()/-]{3,30}$"
"""A number that a telephone can call."""

ADDRESSES = {"slack": "slack", "email": "email"}
"""What of a person is their address for a kind of notifier; in others, the place is theirs."""


def _hours(value: str) -> str:
    try:
        span(value)
    except ValueError:
        raise wrong("is no span of hours", "for instance `22:00-07:00`") from None
    return value


def _right(value: object) -> object:
    if value == "restricted":
        raise wrong("is no right any more", "name them under `restricted`: `people: [kari]`")
    return value


Hours = Annotated[str, AfterValidator(_hours)]


class Person(Part):
    """Somebody on duty."""

    name: Name = Field(description="What others call them.", examples=["Kari Nygård"])
    slack: str | None = Field(
        default=None,
        pattern=r"^[UW][A-Z0-9]{5,}$",
        description="Their member id in Slack: in their profile, under *Copy member ID*.",
        examples=["U0KARI"],
    )
    email: str | None = Field(
        default=None,
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="Their address.",
        examples=["kari@fjordwing.example"],
    )
    phone: str | None = Field(
        default=None,
        pattern=PHONE,
        description="The number, which stands in the offline pack.",
        examples=["+47 5550 0101"],
    )
    timezone: Zone | None = Field(
        default=None,
        description="Where they live; the team's where it is left out.",
        examples=["Europe/Oslo"],
    )
    reach: tuple[Place, ...] = Field(
        default=(),
        description="How to wake them: names under `notify`, the next one where the one before "
        "fails or nobody answers.",
        examples=[["slack", "kari-sms"]],
    )
    quiet: Hours | None = Field(
        default=None,
        description="Hours, where they live, in which only what is critical, or about safety, "
        "calls them.",
        examples=["22:00-06:00"],
    )
    rights: tuple[Annotated[Right, BeforeValidator(_right)], ...] = Field(
        default=("act",),
        description="`act`: take steps. `lead`: publish what agents say, rate, merge and split, "
        "restrict, decide to say nothing. Who may see what is restricted stands under "
        "`restricted`.",
        examples=[["act", "lead"]],
    )

    @field_validator("reach")
    @classmethod
    def _has_addresses(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        kinds = info.context["places"] if info.context else {}
        for place in value:
            address = ADDRESSES.get(kinds.get(place, ""))
            if address and info.data.get(address, "") is None:
                raise wrong(f"names `{place}`, and there is no `{address}`", f"add `{address}:`")
        return value

    def address(self, kind: str) -> str | None:
        """Their own address for a kind of notifier; None where the place itself is theirs."""
        return getattr(self, ADDRESSES[kind]) if kind in ADDRESSES else None

    def rostered(self, id: str, zone: str) -> roster.Person:
        """The same for whoever calls them; they live in `zone` where they do not say."""
        quiet = span(self.quiet) if self.quiet else None
        return roster.Person(id, self.name, ZoneInfo(self.timezone or zone), self.reach, quiet)


class Team(Part):
    """People who share opening hours, a channel and a rota."""

    name: Name = Field(description="What it is called.", examples=["Customer care"])
    people: tuple[Member, ...] = Field(
        default=(), description="Who is in it, by id.", examples=[["kari", "ola"]]
    )
    channel: tuple[Place, ...] = Field(
        default=(),
        description="Where it reads along: names under `notify`.",
        examples=[["slack"]],
    )
    timezone: Zone | None = Field(
        default=None,
        description="The zone of its hours; `timezone` of the file where it is left out.",
        examples=["Europe/Oslo"],
    )
    service_hours: ServiceHours | None = Field(
        default=None,
        description="When it is at its desks; `service_hours` of the file where it is left out.",
        examples=[{"mon-fri": "07:00-19:00", "sat": "09:00-17:00"}],
    )
    holidays: Regions | None = Field(
        default=None,
        description="The public holidays on which its desks are closed.",
        examples=["NO"],
    )
    holiday_hours: Hours | None = Field(
        default=None,
        description="Its hours on these days; closed where it is left out.",
        examples=["10:00-16:00"],
    )
    on_call: OnCall | None = Field(
        default=None,
        description="Who is called when the desks are closed; everybody where it is left out.",
    )
    ladder: tuple[Rung, ...] = Field(
        default=(),
        description="Who is called while nobody answers; each rung once.",
        examples=[[{"after": "10m", "to": ["next"]}, {"after": "20m", "to": ["leads"]}]],
    )
    answer_within: Duration = Field(
        default=timedelta(minutes=10),
        description="While the desks are open: for how long the channel alone is told before "
        "somebody is called. After so long, too, everybody is called again, a hand-over that "
        "nobody has accepted is asked about, and a desk at which nobody has arrived.",
        examples=["10m"],
    )
    ask_again: Duration = Field(
        default=timedelta(hours=1),
        description="After so long without a step, whoever has it is asked how it stands.",
        examples=["1h"],
    )
    pause_from: Severity | None = Field(
        default=None,
        description="From this severity on the team is asked to pause promotions; it is not on "
        "duty for incidents then.",
        examples=["major"],
    )

    @field_validator("holiday_hours")
    @classmethod
    def _on_holidays(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and not info.data.get("holidays", True):
            raise wrong("is given, and there are no `holidays`", "add `holidays: NO`")
        return value

    @field_validator("on_call")
    @classmethod
    def _followed(cls, value: OnCall | None, info: ValidationInfo) -> OnCall | None:
        if value is None and not info.data.get("channel", True):
            raise wrong("tells nobody", "give it a `channel:`, or `on_call:`")
        if value is not None and info.context:
            zone = info.data.get("timezone") or info.context["timezone"]
            value.follow(_known(zone), info.context)
        return value

    @field_validator("ladder")
    @classmethod
    def _calls_somebody(cls, value: tuple[Rung, ...], info: ValidationInfo) -> tuple[Rung, ...]:
        for lower, higher in pairwise([timedelta(), *(rung.after for rung in value)]):
            if lower >= higher:
                raise wrong(
                    f"has a rung after {in_units(higher.total_seconds())} that is not later than "
                    "the one before",
                    "`after` counts from the first call: `10m`, `20m`, `40m`",
                )
        named = {name for rung in value for name in rung.to}
        if named & {ON_CALL, NEXT} and not info.data.get("on_call", True):
            raise wrong("calls who is on call, and there is no `on_call`", "add `on_call:`")
        people = info.data.get("people")
        if EVERYBODY in named and people == ():
            raise wrong("calls `everybody`, and there are no `people`", "add `people:`")
        written = [info.context["people"].get(one) for one in people or ()] if info.context else []
        if LEADS in named and people is not None and not any(map(_leads, written)):
            raise wrong(
                "calls `leads`, and nobody of the team's `people` is one",
                "add one with `rights: [act, lead]`",
            )
        return value

    def rostered(
        self, id: str, known: Mapping[str, Person], zone: str, hours: ServiceHours | None
    ) -> roster.Team:
        """The same for whoever asks it; `zone` and `hours` are those of the file."""
        here = ZoneInfo(self.timezone or zone)
        days = holidays(self.holidays) if self.holidays else frozenset()
        return roster.Team(
            id,
            self.name,
            self.on_call.rota(here) if self.on_call else roster.Rota(here),
            {one: person.rostered(one, here.key) for one, person in known.items()},
            self.people,
            tuple(one for one in self.people if one in known and "lead" in known[one].rights),
            self.channel,
            self.service_hours or hours or ALWAYS,
            Holidays(days, span(self.holiday_hours) if self.holiday_hours else None),
            tuple(roster.Rung(rung.after, rung.to) for rung in self.ladder),
            self.answer_within,
            self.ask_again,
            self.pause_from,
        )


class Contact(Part):
    """A line of the duty list."""

    function: Name = Field(description="What for.", examples=["Operations control"])
    name: Name | None = Field(default=None, description="Who.", examples=["Duty manager"])
    phone: str | None = Field(
        default=None,
        pattern=PHONE,
        description="The number, which one tap calls.",
        examples=["+47 5550 0100"],
    )
    note: Name | None = Field(default=None, description="What to know.", examples=["24 hours"])


def _leads(person: object) -> bool:
    """Whether somebody of the file is a lead, as it is written there."""
    rights = person.get("rights") if isinstance(person, Mapping) else ()
    return isinstance(rights, list) and "lead" in rights


def _known(zone: object) -> ZoneInfo:
    """A zone of the file, or UTC where it is none, which is reported at its own place."""
    try:
        return ZoneInfo(str(zone))
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")
