"""Teams, their people and shifts: who is told in which hour, and who is next."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from alerts.incidents import Severity
from alerts.service_hours import ServiceHours
from monitor.configuration.part import Part
from monitor.configuration.values import DayOrTime, Duration, Id, Name, Regions, Zone, defined

Right = Literal["act", "lead", "restricted"]
"""What a person may do: take steps; speak for the team; see what is restricted."""

Place = Annotated[str, defined("places", "name under `notify`")]

Member = Annotated[Id, defined("people", "person")]


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
    rights: tuple[Right, ...] = Field(
        default=("act",),
        description="`act`: take steps. `lead`: publish what agents say, restrict, decide to say "
        "nothing. `restricted`: see what is restricted.",
        examples=[["act", "lead"]],
    )


class Override(Part):
    """Somebody else's turn, once."""

    since: DayOrTime = Field(alias="from", description="From when.", examples=["2026-12-24T16:00"])
    until: DayOrTime = Field(
        alias="to", description="Until when; a day is part of it.", examples=["2026-12-26"]
    )
    person: Member = Field(description="Who has it instead.", examples=["ola"])


class OnCall(Part):
    """Whose turn it is: people in rotation, or an .ics file; overrides come first."""

    people: tuple[Member, ...] = Field(
        default=(), description="In this order, one shift each.", examples=[["kari", "ola"]]
    )
    first: DayOrTime | None = Field(
        default=None,
        alias="from",
        description="When the first of them began, in the team's zone; shifts change at this time "
        "of day.",
        examples=["2026-11-02T09:00"],
    )
    every: Duration = Field(
        default=timedelta(days=7),
        description="How long a shift is, by the clock on the wall: 1d, 7d, 12h.",
        examples=["7d"],
    )
    file: str | None = Field(
        default=None,
        description="Instead of a rotation an .ics file, by its path from the folder of this file; "
        "the title of an event is a person's id, name or address.",
        examples=["oncall.ics"],
    )
    overrides: tuple[Override, ...] = Field(
        default=(),
        description="Exceptions, the last of those that overlap.",
        examples=[[{"from": "2026-12-24T16:00", "to": "2026-12-26", "person": "ola"}]],
    )


class Rung(Part):
    """A step of the ladder that is climbed while nobody answers."""

    after: Duration = Field(description="After so long without an answer.", examples=["10m"])
    to: tuple[str, ...] = Field(
        description="Who is called then: people by id, `on-call`, `next` (whose turn is next), "
        "`leads` or `everybody` of the team.",
        examples=[["next"], ["leads"]],
    )


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
    holiday_hours: str | None = Field(
        default=None,
        description="Its hours on these days; closed where it is left out.",
        examples=["10:00-16:00"],
    )
    on_call: OnCall | None = Field(
        default=None, description="Who is called when the desks are closed."
    )
    ladder: tuple[Rung, ...] = Field(
        default=(),
        description="Who is called while nobody answers; each rung once.",
        examples=[[{"after": "10m", "to": ["next"]}, {"after": "20m", "to": ["leads"]}]],
    )
    answer_within: Duration = Field(
        default=timedelta(minutes=10),
        description="While the desks are open: for how long the channel alone is told before "
        "somebody is called.",
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


class Contact(Part):
    """A line of the duty list."""

    function: Name = Field(description="What for.", examples=["Operations control"])
    name: Name | None = Field(default=None, description="Who.", examples=["Duty manager"])
    phone: str | None = Field(
        default=None,
        pattern=r"^\+?[\d ()/-]{3,30}$",
        description="The number, which one tap calls.",
        examples=["+47 5550 0100"],
    )
    note: Name | None = Field(default=None, description="What to know.", examples=["24 hours"])
