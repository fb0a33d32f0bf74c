"""A briefing: everything that the person woken at night needs, on one screen.

`composing` makes it of what is known at its revision, and every notifier shows the same one.
Posts in it are strangers' words, masked; whoever shows them escapes them for where they appear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, Field, TypeAdapter

from alerts.briefings.charts import Chart, Figure
from alerts.briefings.distinction import Term
from alerts.incidents.breach import Breach
from alerts.incidents.incident import (
    ALL_MENTIONS,
    Answer,
    Kind,
    Reason,
    Severity,
    State,
    Trend,
    Verdict,
)
from alerts.instants import Instant
from alerts.posts import Post

OF_PEOPLE = (
    *("state", "acknowledged_at", "acknowledged_by", "acknowledged_how", "desk_at", "resolved_at"),
    *("assigned_to", "mitigated_at", "snoozed_until", "snoozed_posts", "severity", "severity_by"),
    *("verdict", "verdict_by", "merged_into", "silent_until", "restricted"),
    *("pause_asked_at", "paused_at", "paused_by"),
    *("held_at", "held_by", "held_because", "held_deleted"),
)
"""What a briefing says of its incident as people have it."""

EXERCISE = "EXERCISE"
"""How the names of brands and teams begin where people practise and nothing of it is so."""

COUNTED = ("observed", "expected", "factor", "peak_factor")
"""What a briefing says of counts."""


@dataclass(frozen=True, slots=True)
class TopicLine:
    """How one topic is doing on one platform: posts observed and expected since its surge began."""

    topic: str
    name: str
    platform: str
    expected: Figure
    observed: int
    factor: Figure
    since: Instant


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What else was looked at while something fell silent, each written `Fjordwing Air on X`.

    `silent` are those that fell silent, `heard` those on which people write as usual. `everything`:
    nothing at all comes from the platform any more.
    """

    everything: bool
    silent: tuple[str, ...]
    heard: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A platform or source of which nothing is known since then: blind, or only late."""

    name: str
    since: Instant
    blind: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What paid sources have cost, in dollars: this month, and since the incident was found."""

    month: Figure
    incident: Figure


@dataclass(frozen=True, slots=True)
class Briefing:
    """One revision of an incident, as people read it.

    `topics` begins with the one that the headline names; `observed` and `expected` since it began,
    and `chart`, are that topic's over all its platforms. `factor` is of the last half hour,
    `peak_factor` the highest so far. `posts_read`, `authors` and `questions` count the posts on its
    topics that were read; a repost is no question of its own. `languages` and `platforms` map to
    such posts, most first. `trend` is None where nothing surges; `outside_service_hours` where no
    hours are configured, `next_opening` where the desk is open or never opens. What does not call
    people is only shown. A silence has `elsewhere`, and no posts, situation or messages.
    `foreseen` are known events that what is expected contains, each written `Summer sale (×3)`.
    `by` did what it reports, and wrote the `note`; what follows until `held_deleted` is as in
    `Incident`.

    `terms` set its posts apart from usual ones; `journeys` (flights and trains) and `places` are
    how many of the posts that were read name each, most first. `safety_words` are how many posts
    have each. `comparison` says, for the inside only, whether it is only us or everyone. `unseen`
    is what is blind or late at `at`; `cost` is None where no source is paid. `late` says
    what came later than its target, or has not come in time. `joined` are the topics that
    were not in the briefing before, each written `Booking on X`. `loose_ends` are
    lines about what is open of the words for the public, some of them people's own words. Of a data
    breach, `breach` says since when somebody is aware of it, and until when it is told. Numbers are
    of `counted_at`, which is None in what older versions stored. What no
    surge opened has no topics, a chart without buckets, and zeros that mean nothing for what is
    counted.
    """

    incident: str
    revision: int
    reason: Reason
    at: Instant
    brand: str
    brand_name: str
    timezone: str
    headline: str
    observed: int
    expected: Figure
    topics: tuple[TopicLine, ...]
    severity: Severity
    why: str
    state: State
    started_at: Instant
    detected_at: Instant
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    resolved_at: Instant | None
    factor: Figure
    peak_factor: Figure
    trend: Trend | None
    evidence: str
    posts_read: Annotated[int, Field(validation_alias=AliasChoices("posts_read", "posts"))]
    authors: int
    questions: int
    languages: dict[str, int]
    platforms: dict[str, int]
    examples: tuple[Post, ...]
    chart: Chart
    situation: str
    holding_messages: dict[str, str]
    outside_service_hours: bool | None
    next_opening: Instant | None
    kind: Kind = Kind.SURGE
    calls: bool = True
    calls_because: str = ""
    elsewhere: Elsewhere | None = None
    foreseen: tuple[str, ...] = ()
    by: str = ""
    note: str = ""
    subject: str = ""
    restricted: bool = False
    acknowledged_how: Answer | None = None
    desk_at: Instant | None = None
    assigned_to: str | None = None
    mitigated_at: Instant | None = None
    snoozed_until: Instant | None = None
    snoozed_posts: int | None = None
    severity_by: str | None = None
    verdict: Verdict | None = None
    verdict_by: str | None = None
    merged_into: str | None = None
    silent_until: Instant | None = None
    pause_asked_at: Instant | None = None
    paused_at: Instant | None = None
    paused_by: str | None = None
    held_at: Instant | None = None
    held_by: str | None = None
    held_because: str | None = None
    held_deleted: bool = False
    terms: tuple[Term, ...] = ()
    journeys: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    safety_words: dict[str, int] = field(default_factory=dict)
    comparison: str = ""
    unseen: tuple[Unseen, ...] = ()
    cost: Cost | None = None
    late: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    loose_ends: tuple[str, ...] = ()
    breach: Breach | None = None
    counted_at: Instant | None = None

    @property
    def as_of(self) -> datetime:
        """Until when its numbers reach: what people do later does not count anew."""
        return self.counted_at or self.at

    @property
    def mark(self) -> str:
        """What stands before a line of it that may be read alone; empty where it is in earnest."""
        return f"{EXERCISE}: " if self.brand_name.startswith(EXERCISE) else ""

    @property
    def volume(self) -> int:
        """Its posts: counted on its first topic; of what no count has opened, read."""
        return self.observed if self.topics else self.posts_read

    @property
    def where(self) -> dict[str, int]:
        """Its posts by platform: counted on its first topic; of what no count has opened, read."""
        lead = [line for line in self.topics if line.topic == self.topics[0].topic]
        most_first = sorted(lead, key=lambda line: -line.observed)
        counted = {line.platform: line.observed for line in most_first if line.observed}
        return counted if self.topics else self.platforms

    @property
    def names(self) -> list[str]:
        """Its topics in plain words; *all mentions* only where nothing else surged."""
        topics = [line for line in self.topics if line.topic != ALL_MENTIONS] or self.topics
        return list(dict.fromkeys(line.name for line in topics))

    def to_json(self) -> str:
        """As JSON: keys in the order above, times in UTC with a Z, figures of four decimals."""
        return _JSON.dump_json(self).decode()

    def for_programs(self) -> dict[str, Any]:
        """The same as the data of JSON, with null for what is counted where nothing was."""
        data: dict[str, Any] = _JSON.dump_python(self, mode="json")
        return data if self.topics else data | dict.fromkeys(COUNTED)

    @classmethod
    def from_json(cls, text: str) -> "Briefing":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a briefing needs to know of the brand and of the people who read it.

    `topic_names` are a topic's plain words, `situations` the playbook of its holding messages; a
    topic that has none is shown by its id and answered as unknown. `languages` are the brand's own,
    the first its home language. `facts` fill the slots of holding messages, `foreseen` are the
    events known beforehand (see `Briefing`). `is_open`: whether the team is at its desks, None
    where it has no hours; `next_opening` is when it is there next.
    """

    brand_name: str
    timezone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    topic_names: Mapping[str, str] = field(default_factory=dict)
    situations: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    foreseen: tuple[str, ...] = ()
    is_open: bool | None = None
    next_opening: Instant | None = None


_JSON: TypeAdapter[Briefing] = TypeAdapter(Briefing)
