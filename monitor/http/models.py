"""The answers of the API, as its document describes them."""

from collections.abc import Sequence
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.briefings.briefing import COUNTED, Briefing
from alerts.incidents.incident import Answer, Kind, Severity, State, Trend, Verdict
from alerts.incidents.steps import LONGEST_NAME, LONGEST_NOTE, VALUED
from alerts.incidents.steps import Step as Doing
from alerts.instants import Instant
from detectors import Series
from detectors import State as SeriesState
from monitor.configuration.values import ALL
from monitor.http.reading import Bucket, Found
from monitor.service import Health, NotifierStatus, Reading, SourceStatus
from monitor.telling.timeline import Line

MOST_INCIDENTS = 100
MOST_SAMPLES = 10_000


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IncidentQuery(_Asked):
    """Which incidents to list."""

    state: State | None = Field(None, description="Only those that stand so.")
    limit: int = Field(20, ge=1, le=MOST_INCIDENTS, description="How many at most.")
    before: str | None = Field(
        None, max_length=200, description="Go on after this id: `next` of the answer before."
    )


class SampleQuery(_Asked):
    """Which series, and from when to when."""

    brand: str = Field(description="The brand's id.")
    topic: str = Field(ALL, description="The topic's id; `all`: all mentions.")
    platform: str = Field(description="The platform.")
    since: Instant = Field(description="From the bucket that holds this instant.")
    until: Instant | None = Field(None, description="Until before this instant; now if left out.")


class IncidentLine(_Answer):
    """An incident as a list shows it."""

    id: str
    kind: Kind = Field(
        description="Too much is said; nothing comes any more; a word about safety; a source that "
        "does not see; or a person reported it."
    )
    restricted: bool = Field(description="Lists say no more of it than that there is one.")
    brand: str
    brand_name: str
    state: State
    severity: Severity
    calls: bool = Field(description="Whether it calls people, or is only shown.")
    calls_because: str = Field(description="Why it calls, or why not, in one sentence.")
    headline: str
    topics: list[str] = Field(description="What it is about, in plain words.")
    started_at: Instant
    detected_at: Instant
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    acknowledged_how: Answer | None
    desk_at: Instant | None = Field(description="When who has it will be at a desk.")
    assigned_to: str | None
    mitigated_at: Instant | None
    snoozed_until: Instant | None
    snoozed_posts: int | None = Field(description="Snoozed until it has so many.")
    severity_by: str | None = Field(description="Who set the severity by hand.")
    verdict: Verdict | None = Field(description="What people found that it was.")
    verdict_by: str | None
    silent_until: Instant | None = Field(
        description="It was decided to say nothing in public, and to look at that again then."
    )
    paused_at: Instant | None = Field(description="Since when promotions are paused.")
    paused_by: str | None
    merged_into: str | None = Field(description="The incident that it is a part of now.")
    held_at: Instant | None = Field(
        description="On legal hold since then: nothing of it is purged."
    )
    held_by: str | None
    held_because: str | None
    held_deleted: bool = Field(description="Whether what authors delete is kept aside, too.")
    resolved_at: Instant | None
    resolved_by: str | None
    factor: float | None = Field(
        description="How many times the expected number, now; null: nothing is counted."
    )
    peak_factor: float | None
    trend: Trend | None = Field(description="Where it is going; null: nothing surges.")
    observed: int | None = Field(description="Posts on its first topic since that began.")
    expected: float | None = Field(description="How many were to be expected.")

    @classmethod
    def of(cls, found: Found) -> "IncidentLine":
        """The line of an incident."""
        return cls.model_validate(_line(found))


class Incidents(_Answer):
    """Incidents, newest detection first."""

    incidents: list[IncidentLine]
    next: str | None = Field(description="`before` of the next request; null: that is all.")


class Step(_Answer):
    """One step of an incident's life."""

    at: Instant
    kind: str = Field(description="`opened`, `grew`, `acknowledged`, …")
    actor: str = Field(description="The person's name, or `seawall`.")
    words: str = Field(description="What happened.")
    detail: str = Field(description="How it stood then.")
    place: str | None = Field(description="From where: `slack`, `page`, `api`, `shell`.")
    note: str | None = Field(description="Why, in the person's words.")


class IncidentWhole(IncidentLine):
    """An incident with its newest briefing, and how it came to that."""

    briefing: Briefing
    timeline: list[Step]

    @classmethod
    def told(cls, found: Found, timeline: Sequence[Line]) -> "IncidentWhole":
        """All that is known of an incident."""
        steps = [
            Step(**{name: getattr(line, name) for name in Step.model_fields}) for line in timeline
        ]
        return cls.model_validate({**_line(found), "briefing": found.briefing, "timeline": steps})


class Done(_Answer):
    """What was done, and the incident as it is now."""

    words: str = Field(description="What happened, in one sentence.")
    answer: str = Field(description="What comes of it; of a verdict, what it would have changed.")
    incident: IncidentLine


Id = Annotated[str, Field(min_length=1, max_length=200)]
Note = Annotated[str, Field(max_length=LONGEST_NOTE, description="Why; it is on record.")]


class StepAsked(_Asked):
    """A step that somebody takes on an incident."""

    step: Doing
    value: str = Field(
        "",
        max_length=LONGEST_NAME,
        description="Of `acknowledge`: how long until you are at your desk (`10m`); `assign`: to "
        "whom; `snooze`: until when (`07:00`, `2h`, an instant) or `doubles`; `keep_silent`: until "
        "when; `rate`: a severity; `judge`: a verdict; `hold`: `deleted`, to keep aside what "
        "authors delete. Other steps take none.",
    )
    note: Note = ""

    @model_validator(mode="after")
    def _takes_it(self) -> "StepAsked":
        if self.value and self.step not in VALUED:
            raise ValueError(f"`{self.step}` takes no value")
        return self


class BreachAsked(_Asked):
    """What somebody says of a data breach: since when it is known, or what is decided."""

    what: Literal["aware", "decide"]
    value: str = Field(
        max_length=LONGEST_NAME,
        description="Of `aware`: `03:10`, `2h` ago, or an instant; `decide`: `gdpr notified`, "
        "`gdpr not_needed`, or the same of `nis2`.",
    )
    note: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE, description="Why.")]


class Report(_Asked):
    """An incident that a person reports."""

    brand: str = Field(description="The brand's id.")
    what: str = Field(min_length=1, max_length=200, description="What has happened.")


class MergeAsked(_Asked):
    """Which incident becomes a part of this one."""

    part: Id
    note: Note = ""


class SplitAsked(_Asked):
    """Which topics of it become an incident of their own."""

    topics: list[str] = Field(min_length=1, max_length=100, description="By id.")
    note: Note = ""


class UndoAsked(_Asked):
    """That its last merge or split is undone."""

    note: Note = ""


class Sample(_Answer):
    """One bucket. Not observed is not zero: nobody looked, or it is not over yet."""

    at: Instant = Field(description="When it begins.")
    observed: bool = Field(description="Whether all of it was truly seen.")
    posts: int | None = Field(description="Posts known now; null: not known.")
    authors: int | None = Field(description="People who wrote them, where that is known.")
    posts_at_close: int | None = Field(
        description="What the detector saw; null: it has not judged it, or knew of none."
    )

    @classmethod
    def of(cls, bucket: Bucket) -> "Sample":
        """One bucket as the store has it; zero where all was seen, and nothing there."""
        row = bucket.sample
        if row is None:
            none = 0 if bucket.observed else None
            return cls(
                at=bucket.at,
                observed=bucket.observed,
                posts=none,
                authors=none,
                posts_at_close=none,
            )
        return cls(
            at=bucket.at,
            observed=bucket.observed,
            posts=row.posts,
            authors=row.authors,
            posts_at_close=row.posts_at_close,
        )


class Judged(_Answer):
    """What the detector says of the bucket judged last."""

    until: Instant = Field(description="When that bucket ended.")
    state: Literal["warming_up", "quiet", "surging", "missing"]
    silent: bool = Field(description="Nothing comes any more, where posts were expected.")
    expected: float | None = Field(description="Posts expected in it; null: not known yet.")
    could_be: float | None = Field(
        description="As many as might well be expected, as little as is known yet."
    )

    @classmethod
    def of(cls, reading: Reading, series: Series) -> "Judged | None":
        """What a reading says of one of its series; None where it has none such."""
        if series not in reading.series:
            return None
        i = reading.series.index(series)
        return cls(
            until=reading.end,
            state=SeriesState(int(reading.state[i])).name.lower(),
            silent=bool(reading.silent[i]),
            expected=_finite(reading.expected[i]),
            could_be=_finite(reading.could_be[i]),
        )


class Samples(_Answer):
    """A series, bucket by bucket."""

    brand: str
    topic: str
    platform: str
    bucket_seconds: int
    judged: Judged | None = Field(description="How it stands now; null: nothing was judged yet.")
    samples: list[Sample]


class Source(_Answer):
    """How a source is doing."""

    name: str
    kind: str
    platforms: list[str]
    health: Health
    blind: bool = Field(description="It has observed nothing for longer than it should take.")
    observed_until: Instant | None
    problem: str | None = Field(description="What was wrong last, while it is failing.")
    failing_since: Instant | None
    spent_micros: int | None = Field(
        description="Millionths of a dollar in this month (UTC); null: it costs nothing."
    )
    limit_micros: int | None

    @classmethod
    def of(cls, status: SourceStatus) -> "Source":
        """The status of a source."""
        return cls(**{name: getattr(status, name) for name in cls.model_fields})


class Sources(_Answer):
    """Where posts and counts come from."""

    sources: list[Source]


class Notifier(_Answer):
    """How a notifier is doing."""

    name: str
    kind: str
    health: Health
    waiting: int = Field(description="Notifications that wait to be delivered.")
    problem: str | None
    failing_since: Instant | None

    @classmethod
    def of(cls, status: NotifierStatus) -> "Notifier":
        """The status of a notifier."""
        return cls(**{name: getattr(status, name) for name in cls.model_fields})


class Notifiers(_Answer):
    """Who is told."""

    notifiers: list[Notifier]


class Readiness(_Answer):
    """Whether the daemon has taken up its work; what ails it beside that, by name."""

    ready: bool
    waiting_for: list[Literal["store"]] = Field(description="What has to come first.")
    problem: str | None = Field(description="Why the store cannot be written, and what to do.")
    failing: list[str] = Field(description="Sources, notifiers and publishers that fail now.")
    blind: list[str] = Field(description="Sources that have observed nothing for too long.")


class Alive(_Answer):
    """The process lives."""

    alive: Literal[True] = True


class Refusal(_Answer):
    """One row that was not taken, by its place in the request."""

    index: int
    problem: str


class Taken(_Answer):
    """What became of what was pushed."""

    taken: int = Field(description="New mentions of a brand; counts: all that were taken.")
    passed_over: int = Field(description="Known before, or no mention of any brand.")
    malformed: list[Refusal]
    observed_until: Instant | None = Field(
        description="Until when this platform has been observed now; null: never yet."
    )


def _finite(value: float) -> float | None:
    return round(float(value), 4) if isfinite(value) else None


def _line(found: Found) -> dict[str, Any]:
    told = found.briefing
    names = set(IncidentLine.model_fields) - {"id", "topics", "resolved_by"}
    uncounted = () if told.topics else COUNTED
    return {
        "id": told.incident,
        "topics": told.names,
        "resolved_by": found.resolved_by,
        **{name: getattr(told, name) for name in names},
        **dict.fromkeys(uncounted),
    }
