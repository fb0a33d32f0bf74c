"""The typed configuration. Every field says what it does: docs/configuration.md is made of this."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from alerts.incidents import Policy
from alerts.service_hours import ServiceHours
from detectors import PlannedEvent, Series, SeriesSetup
from monitor.calendar import Event, holidays
from monitor.configuration.calendar import Entry
from monitor.configuration.daemon import Heartbeat, Http
from monitor.configuration.values import (
    ALL,
    Bucket,
    DetectorChoice,
    Duration,
    Id,
    Language,
    Moment,
    Name,
    NotifierChoices,
    Rate,
    RateValue,
    Regions,
    Situation,
    SourceChoices,
    Terms,
    Zone,
    defined,
    wrong,
)


def _not_all(value: str) -> str:
    if value == ALL:
        raise wrong("cannot be defined", "every brand has it already: all its mentions")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Topic(_Part):
    """A named question asked of every brand's posts."""

    name: Name = Field(
        description="What people call it, in briefings and on charts.",
        examples=["Cancelled flights"],
    )
    terms: Terms = Field(
        default={},
        description="A post with one of these is on the topic. Whole words in any case; several "
        "words are a phrase; a `*` at the end finds every word that begins so. One list, or a list "
        "per language: accents count in German and the Nordic languages, and in no other.",
        examples=[{"en": ["cancelled", "cancellation*"], "de": ["annulliert", "gestrichen"]}],
    )
    exclude: Terms = Field(
        default={},
        description="A post with one of these is not on the topic, whatever else it says.",
        examples=[{"en": ["cancel my subscription"]}],
    )
    situation: Situation = Field(
        default="unknown",
        description="The playbook that suggests the holding messages.",
        examples=["cancellations"],
    )
    false_alarms: RateValue | None = Field(
        default=None,
        description="Surges that are no surge, allowed for each brand on this topic; without it "
        "the topic has its share of the team's.",
        examples=["1 per 30 days"],
    )

    def version(self, brand: "Brand") -> str:
        """Names the definition of this topic for `brand`; a changed one counts anew."""
        parts = [brand.terms, brand.exclude, self.terms, self.exclude]
        definition = [
            {language: sorted(terms) for language, terms in part.items() if terms} for part in parts
        ]
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12]


ALL_MENTIONS = Topic(name="All mentions")
"""The topic `all`: it asks nothing more than that the brand is mentioned."""


class Brand(_Part):
    """One's own brand, or a competitor's."""

    name: Name = Field(description="What people call it.", examples=["US Airways"])
    terms: Terms = Field(
        default={},
        description="A post with one of these mentions the brand; written like a topic's terms. A "
        "brand without terms is known by counts only.",
        examples=[["@USAirways", "us airways"]],
    )
    exclude: Terms = Field(
        default={},
        description="A post with one of these is no mention.",
        examples=[["us airways center"]],
    )
    facts: dict[
        Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)],
    ] = Field(
        default={},
        description="Confirmed standing facts that a holding message may state.",
        examples=[{"report_url": "https://example.com/rebook"}],
    )
    topics: tuple[Annotated[Id, defined("topics", "topic")], ...] | None = Field(
        default=None,
        description="The topics asked of this brand; all that are defined where it is left out.",
        examples=[["cancellations"]],
    )
    holidays: Regions | None = Field(
        default=None,
        description="The public holidays of this brand's customers; those of the whole file where "
        "it is left out.",
        examples=["SE", ["DE-BY", "AT"]],
    )


class Incidents(_Part):
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


class Columns(_Part):
    """The columns of recorded posts; in JSON lines the keys, dots reaching into objects."""

    id: str = Field(
        default="id", description="Unique on its platform. Required.", examples=["tweet_id"]
    )
    created_at: str = Field(
        default="created_at",
        description="When it was written, in ISO 8601. Required.",
        examples=["utc"],
    )
    text: str = Field(default="text", description="What it says. Required.", examples=["text"])
    author: str = Field(
        default="author", description="Who wrote it; a pseudonym will do.", examples=["user.id"]
    )
    lang: str = Field(default="lang", description="Its language.", examples=["lang"])
    platform: str = Field(
        default="platform", description="Where it was written.", examples=["platform"]
    )
    url: str = Field(default="url", description="Where it can be read.", examples=["url"])
    repost_of: str = Field(
        default="repost_of",
        description="The id of the post that it repeats.",
        examples=["referenced.id"],
    )


class Span(_Part):
    """From when to when a recording is known to hold every post; either end may be left out."""

    since: Moment | None = Field(
        default=None,
        alias="from",
        description="The first instant; the first post of the brand where it is left out.",
        examples=["2015-02-22T20:00:00Z"],
    )
    until: Moment | None = Field(
        default=None,
        alias="to",
        description="The end; the last post of the brand where it is left out.",
        examples=["2015-02-24T20:00:00Z"],
    )

    @model_validator(mode="after")
    def _forwards(self) -> "Span":
        if self.since and self.until and self.since >= self.until:
            raise wrong("`from` is not before `to`", "exchange them, or check the years")
        return self


class Recorded(_Part):
    """How recorded files are read."""

    platform: Id = Field(
        default="recording",
        description="The platform of posts and counts where no column names one.",
        examples=["x"],
    )
    columns: Columns = Field(default=Columns(), description="Which column holds what.")
    timezone: Zone = Field(
        default="UTC",
        description="The time zone of times that are written without an offset.",
        examples=["Europe/Berlin"],
    )
    absent: Literal["missing", "zero"] = Field(
        default="missing",
        description="What an absent row of counts means: not known, or nobody wrote anything.",
        examples=["zero"],
    )
    observed: dict[Annotated[Id, defined("brands", "brand")], Span] = Field(
        default={},
        description="Per brand, from when to when the recording holds every post, where that is "
        "not from its first to its last. Buckets only partly inside are left out.",
        examples=[{"american": {"from": "2015-02-22T20:00:00Z"}}],
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of times without an offset."""
        return ZoneInfo(self.timezone)


class Configuration(_Part):
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
        """How many topics of brands share the team's false alarms."""
        count = Counter(
            self.topic(topic).false_alarms is None
            for brand in self.brands
            for topic in self.topics_of(brand)
        )
        return count[True]
