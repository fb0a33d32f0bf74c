"""The typed configuration. Every field says what it does: docs/configuration.md is made of this."""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from alerts.duty import roster
from alerts.duty.service_hours import ServiceHours
from alerts.incidents.following import Policy
from detectors import PlannedEvent, Series, SeriesSetup
from monitor.calendar import Event, holidays
from monitor.configuration.brands import ALL_MENTIONS, Brand, Topic
from monitor.configuration.breach import Breaches
from monitor.configuration.calendar import Entry
from monitor.configuration.daemon import Heartbeat, Http, Pack
from monitor.configuration.part import Part
from monitor.configuration.proposing import Proposing
from monitor.configuration.publishing import PublisherChoices
from monitor.configuration.recording import Recorded
from monitor.configuration.safety import Restricted, Tripwires
from monitor.configuration.targets import Targets
from monitor.configuration.teams import Contact, Person, Team
from monitor.configuration.timetable import Timetable
from monitor.configuration.values import (
    ALL,
    Bucket,
    DetectorChoice,
    Duration,
    Id,
    Language,
    NotifierChoices,
    Rate,
    RateValue,
    Regions,
    SourceChoices,
    Zone,
    wrong,
)
from monitor.configuration.words import Words


def _not_all(value: str) -> str:
    if value == ALL:
        raise wrong("cannot be defined", "every brand has it already: all its mentions")
    return value


class Incidents(Part):
    """When an incident is over."""

    resolve_after: Duration = Field(
        default=timedelta(hours=1),
        description="How long no surge may bring twice the expected number before an incident is "
        "resolved.",
        examples=["1h"],
    )
    reopen_within: Duration = Field(
        default=timedelta(hours=6),
        description="For how long after that the same situation reopens it.",
        examples=["6h"],
    )

    @property
    def policy(self) -> Policy:
        """The same in the words of those who decide by it."""
        return Policy(self.resolve_after, self.reopen_within)


class Configuration(Part):
    """Everything that Seawall is told; made by `load` and `loads`, which check all of it."""

    timezone: Zone = Field(
        default="UTC",
        description="The IANA time zone whose days and weeks the brand's customers live in, and "
        "the clock that briefings show.",
        examples=["America/New_York"],
    )
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = Field(
        default=("en",),
        description="The languages the team answers in; the first is used for everybody else.",
        examples=[["en", "nl"]],
    )
    bucket: Bucket = Field(
        default=timedelta(minutes=1),
        description="The interval that posts are counted in: `10s` to `1h`, a divisor of an hour.",
        examples=["1m"],
    )
    false_alarms: RateValue = Field(
        default=Rate(4, 30),
        description="Surges that are no surge, allowed for the whole team. Every topic of every "
        "brand has an equal share, and every platform an equal share of its topic's.",
        examples=["4 per 30 days"],
    )
    detector: DetectorChoice = Field(
        default=cast("Any", {"kind": "seasonal"}),
        description="What finds surges: a `kind`, and the options of that kind.",
        examples=[{"kind": "seasonal"}],
    )
    service_hours: ServiceHours | None = Field(
        default=None,
        description="When the team is at its desks, in `timezone`; always where it is left out. A "
        "day that is not named is closed.",
        examples=[{"mon-fri": "07:00-19:00", "sat": "09:00-17:00"}],
    )
    incidents: Incidents = Field(default=Incidents(), description="When an incident is over.")
    sources: SourceChoices = Field(
        default=(),
        description="Where posts and counts come from while `seawall run` runs: each a `kind`, the "
        "options of that kind, and a `name` where one kind is there twice. A platform belongs to "
        "one source.",
        examples=[[{"kind": "bluesky"}]],
    )
    notify: NotifierChoices = Field(
        default=cast("Any", ({"kind": "terminal"},)),
        description="Who is told: each a `kind`, the options of that kind, and a `name` where one "
        "kind is there twice.",
        examples=[[{"kind": "terminal"}]],
    )
    publish: PublisherChoices = Field(
        default=(),
        description="The brand's accounts on which an approved message is posted when somebody "
        "asks for it: each a `kind`, the options of that kind, a `brand` where it speaks for one "
        "alone, and a `name` where one kind is there twice. Without any, people post by hand.",
        examples=[[{"kind": "bluesky", "handle": "fjordwing.example"}]],
    )
    holidays: Regions = Field(
        default=(),
        description="The countries (one, or a list) whose public holidays are lived like Sundays: "
        "two letters, and a part of the country where that matters.",
        examples=["NO", ["NO", "DE-BY"]],
    )
    calendar: tuple[Entry, ...] = Field(
        default=(),
        description="What is known beforehand, one's own doing as well: sales, timetable changes, "
        "strikes, campaign posts. The expectation follows, and nothing is muted.",
        examples=[[{"name": "Summer sale", "from": "2026-07-01", "to": "2026-07-03", "factor": 3}]],
    )
    brands: Annotated[dict[Id, Brand], Field(min_length=1)] = Field(
        description="The brands to watch, by id: lower-case letters, digits and hyphens.",
        examples=[{"us-airways": {"name": "US Airways", "terms": ["@USAirways"]}}],
    )
    topics: dict[Annotated[Id, AfterValidator(_not_all)], Topic] = Field(
        default={},
        description="What to ask of every brand's posts, by id. Every brand also has the topic "
        "`all`: all its mentions.",
        examples=[{"delays": {"name": "Delays", "terms": ["delay*"]}}],
    )
    recording: Recorded = Field(default=Recorded(), description="How recorded files are read.")
    http: Http = Field(default=Http(), description="The page, the API and the metrics.")
    heartbeat: Heartbeat | None = Field(
        default=None, description="A sign of life to a watchdog; none where it is left out."
    )
    people: dict[Id, Person] = Field(
        default={},
        description="The people on duty, by id. Where any are named, only they may act.",
        examples=[{"kari": {"name": "Kari Nygård", "slack": "U0KARI", "reach": ["slack"]}}],
    )
    teams: dict[Id, Team] = Field(
        default={},
        description="Who is told, when. The first team is on duty for every brand that names none; "
        "without teams, every place under `notify` is told at any hour.",
        examples=[{"care": {"name": "Customer care", "people": ["kari"], "channel": ["slack"]}}],
    )
    duty_list: tuple[Contact, ...] = Field(
        default=(),
        description="Whom one may have to reach in an incident, in the order in which to read it.",
        examples=[[{"function": "Operations control", "phone": "+47 5550 0100"}]],
    )
    pack: Pack = Field(
        default=Pack(), description="The offline pack, which is mailed to those on call."
    )
    targets: Targets = Field(
        default=Targets(), description="How soon what has to be done after the onset."
    )
    tripwires: Tripwires = Field(
        default=Tripwires(),
        description="Words about safety, which page at once at any volume, for a person to check.",
    )
    restricted: Restricted | None = Field(
        default=None,
        description="Incidents that only named people may see: accidents, security, insolvency, "
        "a data breach.",
    )
    breach: Breaches = Field(
        default=Breaches(),
        description="Data breaches: who decides whether authorities are notified, and until when.",
    )
    words: Words = Field(
        default=Words(),
        description="Words for the public: who confirms facts, and who approves messages.",
    )
    propose: Proposing | None = Field(
        default=None,
        description="An outside program that may propose drafts when a person asks for it; without "
        "one, words come from the playbooks and from people.",
        examples=[{"program": "propose.py"}],
    )
    timetable: Timetable = Field(
        default=Timetable(), description="When customers travel: an hour before them weighs more."
    )
    keep_posts: Duration = Field(
        default=timedelta(days=30),
        description="How long a running daemon keeps what people wrote; counts are kept.",
        examples=["30d"],
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that `timezone` names."""
        return ZoneInfo(self.timezone)

    def topic(self, topic: str) -> Topic:
        """The definition of a topic, `all` among them; KeyError where there is none."""
        return ALL_MENTIONS if topic == ALL else self.topics[topic]

    def topics_of(self, brand: str) -> tuple[str, ...]:
        """A brand's topics: `all`, then in the file's order; KeyError without the brand."""
        chosen = self.brands[brand].topics
        return ALL, *(topic for topic in self.topics if chosen is None or topic in chosen)

    def version(self, brand: str, topic: str) -> str:
        """Names the definition of a brand's topic; a changed one counts anew."""
        return self.topic(topic).version(self.brands[brand])

    def series(self, platforms: Collection[str]) -> list[Series]:
        """Every series on these platforms, in the file's order; platforms by name."""
        return [
            Series(brand, topic, platform)
            for brand in self.brands
            for topic in self.topics_of(brand)
            for platform in sorted(set(platforms))
        ]

    def budget(self, series: Series, platforms: Collection[str]) -> float:
        """The false surges allowed in 30 days on one series, of those on `platforms`."""
        own = self.topic(series.topic).false_alarms
        share = own.per_30_days if own else self.false_alarms.per_30_days / self._sharing
        return share / max(1, len(set(platforms)))

    def setup(self, series: Series, platforms: Collection[str]) -> SeriesSetup:
        """What a detector has to know of one series, of those on `platforms`."""
        regions = self.brands[series.brand].holidays
        return SeriesSetup(
            name=str(series),
            timezone=self.zone,
            budget=self.budget(series, platforms),
            kin=series.brand,
            holidays=holidays(self.holidays if regions is None else regions),
            events=self._planned[self._concerned(series.brand, series.topic)],
        )

    def events(self, brand: str, topic: str) -> list[Event]:
        """What is known beforehand of a brand's topic, by time."""
        found = [one for i in self._concerned(brand, topic) for one in self.calendar[i].events]
        return sorted(found, key=lambda event: event.since)

    def _concerned(self, brand: str, topic: str) -> tuple[int, ...]:
        """Which entries of the calendar change what is expected of a brand's topic."""
        entries = enumerate(self.calendar)
        return tuple(i for i, entry in entries if entry.concerns(brand, topic))

    @cached_property
    def rosters(self) -> dict[str, roster.Team]:
        """The teams by id, with what is configured for them by default."""
        return {
            id: team.rostered(id, self.people, self.timezone, self.service_hours)
            for id, team in self.teams.items()
        }

    @cached_property
    def _planned(self) -> dict[tuple[int, ...], tuple[PlannedEvent, ...]]:
        """What entries of the calendar come to: one object for all series that these concern."""
        return {
            entries: tuple(one.planned for i in entries for one in self.calendar[i].events)
            for entries in {
                self._concerned(brand, topic)
                for brand in self.brands
                for topic in self.topics_of(brand)
            }
        }

    @cached_property
    def _sharing(self) -> int:
        """How many topics of its own brands share the team's false alarms."""
        count = Counter(
            self.topic(topic).false_alarms is None
            for brand, about in self.brands.items()
            if about.ours
            for topic in self.topics_of(brand)
        )
        return max(1, count[True])
