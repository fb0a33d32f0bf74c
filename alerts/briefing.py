"""A briefing: everything that the person woken at night needs, on one screen.

Pure: `compose` makes it of what is known at its revision, and every notifier shows the same one.
Posts in it are strangers' words, masked; whoever shows them escapes them for where they appear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from alerts import examples, wording
from alerts.charts import Chart, Figure, added
from alerts.holding_messages import UNKNOWN, holding_messages
from alerts.incidents import (
    ALL_MENTIONS,
    Answer,
    Incident,
    Kind,
    LiveSurge,
    Reason,
    Severity,
    State,
    Trend,
    Verdict,
)
from alerts.instants import Instant
from alerts.masking import masked
from alerts.posts import Post
from alerts.reach import Reach
from alerts.service_hours import ServiceHours
from detectors import Series

_NOW = timedelta(minutes=30)
"""What is called now."""
OF_PEOPLE = (
    *("state", "acknowledged_at", "acknowledged_by", "acknowledged_how", "desk_at", "resolved_at"),
    *("assigned_to", "mitigated_at", "snoozed_until", "snoozed_posts", "severity", "severity_by"),
    *("verdict", "verdict_by", "merged_into", "silent_until", "restricted"),
    *("pause_asked_at", "paused_at", "paused_by"),
)
"""What a briefing says of its incident as people have it."""
_OF_INCIDENT = (
    *("revision", "brand", "kind", "calls", "calls_because", "subject"),
    *("started_at", "detected_at", *OF_PEOPLE),
)
"""What a briefing says of its incident as it is."""
_HIGHEST_FACTOR = 10_000.0
"""Where next to nothing was expected, a factor says no more than this."""
_WORTH_A_MESSAGE = 0.03
"""A language needs this share of the posts: below it, it may be a mistake of the recognition."""


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
class Briefing:
    """One revision of an incident, as people read it.

    `topics` begins with the one that the headline names; `observed` and `expected` since it began,
    and `chart`, are that topic's over all its platforms. `factor` is of the last half hour,
    `peak_factor` the highest so far. `posts`, `authors` and `questions` count the incident's posts
    that could be read; a repost is no question of its own. `languages` and `platforms` map to
    posts, most first. `trend` is None where nothing surges; `outside_service_hours` where no hours
    are configured, `next_opening` where the desk is open or never opens. What does not call people
    is only shown. A silence has `elsewhere`, and no posts, situation or messages. `foreseen` are
    known events that what is expected contains, each written `Summer sale (×3)`. `by` did what it
    reports, and wrote the `note`; what follows is as in `Incident`.
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
    posts: int
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

    @property
    def volume(self) -> int:
        """Its posts, as far as they are known: counted on its first topic, or read."""
        return max(self.observed, self.posts)

    @property
    def names(self) -> list[str]:
        """Its topics in plain words; *all mentions* only where nothing else surged."""
        topics = [line for line in self.topics if line.topic != ALL_MENTIONS] or self.topics
        return list(dict.fromkeys(line.name for line in topics))

    def to_json(self) -> str:
        """As JSON: keys in the order above, times in UTC with a Z, figures of four decimals."""
        return _JSON.dump_json(self).decode()

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
    events known beforehand (see `Briefing`).
    """

    brand_name: str
    timezone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    topic_names: Mapping[str, str] = field(default_factory=dict)
    situations: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    service_hours: ServiceHours | None = None
    foreseen: tuple[str, ...] = ()


def compose(
    incident: Incident,
    reason: Reason,
    at: datetime,
    *,
    charts: Mapping[Series, Chart],
    reach: Reach,
    posts: Sequence[Post],
    desk: Desk,
    elsewhere: Elsewhere | None = None,
) -> Briefing:
    """The briefing of an incident at its present revision.

    `charts` has every series that surged, all over the same buckets, from before the incident's
    start until now; `reach` is of all its posts since then, `posts` those to choose examples from,
    in any order; a silence has `elsewhere`. Raises KeyError for a surge without a chart, ValueError
    for charts of different buckets or for a situation without a playbook.
    """
    topics = _topic_lines(incident, charts, desk)
    lead, lead_lines = topics[0].topic, [t for t in topics if t.topic == topics[0].topic]
    chart = added([charts[series] for series in sorted(charts) if series.topic == lead])
    silent = incident.kind is Kind.SILENCE
    observed, expected = _numbers(lead_lines)
    factor = _lately(chart, min(line.since for line in lead_lines), at)
    peak = max(incident.peak_factor, factor)
    if silent:
        factor = peak = incident.peak_factor
    is_open, next_opening = _opening(desk, at)
    return Briefing(
        incident=incident.id,
        reason=reason,
        at=at,
        brand_name=desk.brand_name,
        timezone=desk.timezone,
        headline=_silent(lead_lines, desk, elsewhere) if silent else _headline(lead_lines, desk),
        observed=observed,
        expected=round(expected, 4),
        topics=topics,
        why=_why(incident, peak, max(observed, reach.posts, incident.posts)),
        factor=_figure(factor),
        peak_factor=_figure(peak),
        trend=_trend(incident, lead),
        evidence=_evidence(incident.surges),
        posts=reach.posts,
        authors=reach.authors,
        questions=reach.questions,
        languages=dict(reach.languages),
        platforms=dict(reach.platforms),
        examples=tuple(map(_shown, examples.choose(posts))),
        chart=_rounded(chart),
        situation="" if silent else desk.situations.get(lead, UNKNOWN),
        holding_messages={} if silent else _replies(desk, lead, reach.languages),
        foreseen=desk.foreseen,
        outside_service_hours=None if is_open is None else not is_open,
        next_opening=next_opening,
        elsewhere=elsewhere,
        **{name: getattr(incident, name) for name in _OF_INCIDENT},
    )


def _topic_lines(
    incident: Incident, charts: Mapping[Series, Chart], desk: Desk
) -> tuple[TopicLine, ...]:
    """A line per series, the farthest from expected first; all mentions last, of silences first."""
    lines = []
    for series in sorted({surge.series for surge in incident.surges}):
        surges = [surge for surge in incident.surges if surge.series == series]
        since = min(surge.started_at for surge in surges)
        observed, expected = charts[series].since(since)
        factor = observed / expected if expected > 0 else surges[-1].factor
        lines.append(
            TopicLine(
                topic=series.topic,
                name=_name(series.topic, desk),
                platform=series.platform,
                expected=round(float(expected), 4),
                observed=round(observed),
                factor=_figure(factor),
                since=since,
            )
        )
    if incident.kind is Kind.SILENCE:
        lines.sort(key=lambda line: (line.topic != ALL_MENTIONS, line.observed - line.expected))
    else:
        lines.sort(key=lambda line: (line.topic == ALL_MENTIONS, line.expected - line.observed))
    return tuple(lines)


def _name(topic: str, desk: Desk) -> str:
    return desk.topic_names.get(topic) or ("all mentions" if topic == ALL_MENTIONS else topic)


def _headline(lead: Sequence[TopicLine], desk: Desk) -> str:
    """Fjordwing Air: booking — ×14 the expected number since 23:07."""
    observed, expected = _numbers(lead)
    factor = observed / expected if expected > 0 else lead[0].factor
    since = wording.clock(min(line.since for line in lead), desk.timezone)
    times = wording.times(factor)
    return f"{desk.brand_name}: {lead[0].name} — {times} the expected number since {since}"


def _silent(lead: Sequence[TopicLine], desk: Desk, elsewhere: Elsewhere | None) -> str:
    """Everything on Bluesky: silent since 03:12."""
    since = wording.clock(min(line.since for line in lead), desk.timezone)
    platform = wording.platform(lead[0].platform)
    who = desk.brand_name
    if lead[0].topic != ALL_MENTIONS:
        who = f"{desk.brand_name}, {lead[0].name}"
    elif elsewhere and elsewhere.everything:
        who = "Everything"
    return f"{who} on {platform}: silent since {since}"


def _trend(incident: Incident, lead: str) -> Trend | None:
    """Where its first topic is going, on the platform with the most posts."""
    surges = [surge for surge in incident.surges if surge.series.topic == lead]
    return max(surges, key=lambda surge: (surge.posts, surge.detected_at)).trend


def _numbers(lines: Sequence[TopicLine]) -> tuple[int, float]:
    """Posts observed and expected since these surges began."""
    return sum(line.observed for line in lines), sum(line.expected for line in lines)


def _lately(chart: Chart, since: datetime, at: datetime) -> float:
    """How many times the expected number came in the last half hour, or since it began.

    One post more on either side: a single post at night is not many times next to nothing.
    """
    observed, expected = chart.since(max(since, at - _NOW))
    return (observed + 1.0) / (expected + 1.0)


def _why(incident: Incident, peak: float, posts: int) -> str:
    """Why it is as severe as it is: the figures by which severity is assessed, in one sentence."""
    reach = f"{len(incident.topics)} topics" if len(incident.topics) > 1 else "one topic"
    much = f"up to {wording.times(peak)} the expected number"
    return f"{much}, {wording.number(posts)} posts in all, on {reach}"


def _evidence(surges: Sequence[LiveSurge]) -> str:
    rarest = max(surge.evidence for surge in surges)
    return f"chance alone would look like this {wording.rarity(rarest)}"


def _shown(post: Post) -> Post:
    """A post as it leaves here: masked, and without half characters, which nothing can store."""
    return replace(
        post,
        text=_whole(masked(post.text)),
        author=post.author and _whole(post.author),
        url=post.url and _whole(post.url),
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _replies(desk: Desk, topic: str, spoken: Mapping[str, int]) -> dict[str, str]:
    """Holding messages in the languages that people write in, or in the brand's own."""
    needed = _WORTH_A_MESSAGE * sum(spoken.values())
    return holding_messages(
        desk.situations.get(topic, UNKNOWN),
        [language for language, posts in spoken.items() if posts >= needed],
        desk.brand_name,
        desk.facts,
        home_language=desk.languages[0],
    )


def _opening(desk: Desk, at: datetime) -> tuple[bool | None, datetime | None]:
    """Whether the desk is open, and when it opens next where it is not."""
    if desk.service_hours is None:
        return None, None
    zone = ZoneInfo(desk.timezone)
    if desk.service_hours.is_open(at, zone):
        return True, None
    return False, desk.service_hours.next_opening(at, zone)


def _figure(value: float) -> float:
    return round(min(float(value), _HIGHEST_FACTOR), 4)


def _rounded(chart: Chart) -> Chart:
    """Rounded as it is written, so that a briefing equals itself after it was stored."""
    return replace(
        chart,
        observed=tuple(None if o is None else round(float(o), 4) for o in chart.observed),
        expected=tuple(round(float(e), 4) for e in chart.expected),
    )


_JSON: TypeAdapter[Briefing] = TypeAdapter(Briefing)
