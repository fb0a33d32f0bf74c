"""How a briefing comes from what is known: pure, so that the same basis is the same briefing."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from alerts import wording
from alerts.briefings import distinction, examples, places
from alerts.briefings.briefing import OF_PEOPLE, Briefing, Cost, Desk, Elsewhere, TopicLine, Unseen
from alerts.briefings.charts import Chart, added
from alerts.briefings.distinction import Term
from alerts.incidents import severity
from alerts.incidents.breach import Breach
from alerts.incidents.comparison import Comparison
from alerts.incidents.following import OF_LATE
from alerts.incidents.incident import ALL_MENTIONS, Incident, Kind, LiveSurge, Reason, Trend
from alerts.incidents.reach import Reach
from alerts.incidents.severity import Hour
from alerts.instants import Instant
from alerts.masking import masked
from alerts.posts import Post
from alerts.words.first_word import holding_messages
from alerts.words.playbooks import UNKNOWN
from detectors import Series

_OF_INCIDENT = (
    *("revision", "brand", "kind", "calls", "calls_because", "subject"),
    *("started_at", "detected_at", *OF_PEOPLE),
)
"""What a briefing says of its incident as it is."""
_HIGHEST_FACTOR = 10_000.0
"""Where next to nothing was expected, a factor says no more than this."""
_WORTH_A_MESSAGE = 0.03
"""A language needs this share of the posts: below it, it may be a mistake of the recognition."""
_SITUATIONS = {Kind.REPORTED: UNKNOWN, Kind.UNAPPROVED: "fakes"}
"""The playbook of what no count has opened, where it has one."""
_CHOSEN = 5
"""So many of the words about safety are in a headline."""


@dataclass(frozen=True, slots=True)
class Gist:
    """What an incident's posts say: `examples` are (platform, id), the posts most worth reading."""

    reach: Reach
    examples: tuple[tuple[str, str], ...] = ()
    terms: tuple[Term, ...] = ()
    journeys: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        reach: Reach,
        posts: Sequence[Post],
        usual: Sequence[Post] = (),
    ) -> "Gist":
        """Of all posts the reach, of some of them the rest; `usual` are from before."""
        return cls(
            reach=reach,
            examples=tuple((post.platform, post.id) for post in examples.choose(posts)),
            terms=distinction.terms(posts, usual),
            journeys=places.journeys(posts),
            places=places.places(posts),
        )


@dataclass(frozen=True, slots=True)
class Count:
    """Posts of a series and what was expected: since it began, and in the last half hour of it."""

    observed: int
    expected: float
    observed_lately: int
    expected_lately: float


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a briefing is made of, but what strangers wrote, which may be taken back.

    `charts` has every series that surged, all over the same buckets, from before the incident's
    start until now; `counts` has the numbers of each that are told. A silence has `elsewhere`.
    `hour` is what is ahead of travellers. `told` are the topics and platforms of the briefing
    before.
    """

    incident: Incident
    reason: Reason
    at: Instant
    desk: Desk
    gist: Gist
    charts: tuple[tuple[Series, Chart], ...] = ()
    elsewhere: Elsewhere | None = None
    comparison: Comparison | None = None
    hour: Hour | None = None
    safety_words: Mapping[str, int] = field(default_factory=dict)
    unseen: tuple[Unseen, ...] = ()
    cost: Cost | None = None
    late: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    loose_ends: tuple[str, ...] = ()
    breach: Breach | None = None
    counts: tuple[tuple[Series, Count], ...] = ()

    def to_json(self) -> str:
        """As JSON, from which the same briefing is composed; what is infinite stays so."""
        return json.dumps(_JSON.dump_python(self, mode="json"), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Basis":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)


def compose(basis: Basis, posts: Sequence[Post]) -> Briefing:
    """The briefing of an incident at its present revision.

    `posts` are the examples that can still be read, in their order. Raises KeyError for a surge
    without a chart, ValueError for charts of different buckets or for a situation without a
    playbook.
    """
    incident, desk, gist, reach = basis.incident, basis.desk, basis.gist, basis.gist.reach
    return Briefing(
        incident=incident.id,
        reason=basis.reason,
        at=basis.at,
        brand_name=desk.brand_name,
        timezone=desk.timezone,
        posts_read=reach.posts,
        authors=reach.authors,
        questions=reach.questions,
        languages=dict(reach.languages),
        platforms=dict(reach.platforms),
        examples=tuple(map(_shown, posts)),
        foreseen=desk.foreseen,
        outside_service_hours=None if desk.is_open is None else not desk.is_open,
        next_opening=None if desk.is_open else desk.next_opening,
        elsewhere=basis.elsewhere,
        terms=gist.terms,
        journeys=dict(gist.journeys),
        places=dict(gist.places),
        safety_words=dict(basis.safety_words),
        comparison=basis.comparison.words() if basis.comparison else "",
        unseen=basis.unseen,
        cost=basis.cost,
        late=basis.late,
        loose_ends=basis.loose_ends,
        breach=basis.breach,
        counted_at=basis.at,
        **(_of_surges(basis) if incident.surges else _without_surges(basis)),
        **{name: getattr(incident, name) for name in _OF_INCIDENT},
    )


def _of_surges(basis: Basis) -> dict[str, Any]:
    """What is counted: how much more, or less, than expected."""
    incident, desk, charts, counts = basis.incident, basis.desk, dict(basis.charts), _counts(basis)
    topics = _topic_lines(incident, counts, desk)
    lead, lead_lines = topics[0].topic, [t for t in topics if t.topic == topics[0].topic]
    chart = added([charts[series] for series in sorted(charts) if series.topic == lead])
    silent = incident.kind is Kind.SILENCE
    observed, expected = _numbers(lead_lines)
    factor = _lately([counts[series] for series in counts if series.topic == lead])
    peak = max(incident.peak_factor, factor)
    if silent:
        factor = peak = incident.peak_factor
    if silent:
        headline = _silent(lead_lines, basis)
    elif incident.kind is Kind.SURGE:
        headline = _headline(lead_lines, basis)
    else:
        headline = _unusual(basis)
    return {
        "headline": headline,
        "observed": observed,
        "expected": round(expected, 4),
        "topics": topics,
        "joined": _joined(topics, basis.told),
        "why": _why(basis, observed, peak),
        "factor": _figure(factor),
        "peak_factor": _figure(peak),
        "trend": _trend(incident, lead),
        "evidence": _evidence(incident.surges),
        "chart": _rounded(chart),
        "situation": "" if silent else desk.situations.get(lead, UNKNOWN),
        "holding_messages": {} if silent else _replies(desk, lead, basis.gist.reach.languages),
    }


def _without_surges(basis: Basis) -> dict[str, Any]:
    """What no count has opened: a word about safety, a source that is blind, a person's report.

    Or a post of our own that nobody approved.
    """
    incident, reach = basis.incident, basis.gist.reach
    told = incident.kind is Kind.REPORTED
    return {
        "headline": _unusual(basis),
        "observed": 0,
        "expected": 0.0,
        "topics": (),
        "why": _why(basis, reach.posts, 0.0),
        "factor": 0.0,
        "peak_factor": 0.0,
        "trend": None,
        "evidence": "",
        "chart": Chart(incident.started_at, 60, (), ()),
        "situation": _SITUATIONS.get(incident.kind, ""),
        "holding_messages": _replies(basis.desk, "", reach.languages) if told else {},
    }


def _unusual(basis: Basis) -> str:
    """Fjordwing Air: posts with “smoke” since 23:07."""
    incident, desk = basis.incident, basis.desk
    since = wording.time(incident.started_at, desk.timezone, basis.at)
    if incident.kind is Kind.BLINDNESS:
        return f"The source {incident.subject} is blind since {since}"
    if incident.kind is Kind.SAFETY:
        said = [*basis.safety_words] or [incident.subject]
        words = ", ".join(f"“{word}”" for word in said[:_CHOSEN])
        number = sum(basis.safety_words.values())
        posts = f"{wording.number(number)} posts" if number > 1 else "a post"
        return f"{desk.brand_name}: {posts} with {words} since {since}"
    if incident.kind is Kind.UNAPPROVED:
        number = basis.gist.reach.posts
        posts = f"{wording.number(number)} posts" if number > 1 else "a post"
        ours = f"{posts} of our own on {incident.subject}"
        return f"{desk.brand_name}: {ours} that nobody approved since {since}"
    return f"{desk.brand_name}: {incident.subject}"


def _topic_lines(
    incident: Incident, counts: Mapping[Series, Count], desk: Desk
) -> tuple[TopicLine, ...]:
    """A line per series, the farthest from expected first; all mentions last, of silences first."""
    lines = []
    for series in sorted({surge.series for surge in incident.surges}):
        surges = [surge for surge in incident.surges if surge.series == series]
        observed, expected = counts[series].observed, counts[series].expected
        factor = observed / expected if expected > 0 else surges[-1].factor
        lines.append(
            TopicLine(
                topic=series.topic,
                name=_name(series.topic, desk),
                platform=series.platform,
                expected=round(float(expected), 4),
                observed=observed,
                factor=_figure(factor),
                since=counted_since(incident, series),
            )
        )
    if incident.kind is Kind.SILENCE:
        lines.sort(key=lambda line: (line.topic != ALL_MENTIONS, line.observed - line.expected))
    else:
        lines.sort(key=lambda line: (line.topic == ALL_MENTIONS, line.expected - line.observed))
    return tuple(lines)


def _joined(topics: Sequence[TopicLine], told: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """Topics that were not in the briefing before, in words; all mentions joins with any other."""
    return tuple(
        f"{line.name} on {wording.platform(line.platform)}"
        for line in topics
        if told and line.topic != ALL_MENTIONS and (line.topic, line.platform) not in told
    )


def _name(topic: str, desk: Desk) -> str:
    return desk.topic_names.get(topic) or ("all mentions" if topic == ALL_MENTIONS else topic)


def _headline(lead: Sequence[TopicLine], basis: Basis) -> str:
    """Fjordwing Air: booking — ×14 the expected number since 23:07."""
    desk, (observed, expected) = basis.desk, _numbers(lead)
    factor = observed / expected if expected > 0 else lead[0].factor
    since = wording.time(min(line.since for line in lead), desk.timezone, basis.at)
    times = wording.times(factor)
    return f"{desk.brand_name}: {lead[0].name} — {times} the expected number since {since}"


def _silent(lead: Sequence[TopicLine], basis: Basis) -> str:
    """Everything on Bluesky: silent since 03:12."""
    desk, elsewhere = basis.desk, basis.elsewhere
    since = wording.time(min(line.since for line in lead), desk.timezone, basis.at)
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


def counted_since(incident: Incident, series: Series) -> datetime:
    """Since when a series of it is counted: what it was found with, since its start."""
    began = min(surge.started_at for surge in incident.surges if surge.series == series)
    return incident.started_at if began <= incident.detected_at else began


def _counts(basis: Basis) -> dict[Series, Count]:
    """What is told of every series; where nobody has counted, as its chart shows it."""
    known, charts = dict(basis.counts), dict(basis.charts)
    series = sorted({surge.series for surge in basis.incident.surges})
    return {one: known.get(one) or _charted(basis, one, charts[one]) for one in series}


def _charted(basis: Basis, series: Series, chart: Chart) -> Count:
    began = counted_since(basis.incident, series)
    observed, expected = chart.since(began)
    of_late = chart.since(max(began, basis.at - OF_LATE))
    return Count(round(observed), expected, round(of_late[0]), of_late[1])


def _lately(counts: Sequence[Count]) -> float:
    """How many times the expected number came in the last half hour, or since it began.

    After that one post more on either side: a single one at night is not many times nothing.
    """
    observed = sum(count.observed_lately for count in counts)
    expected = sum(count.expected_lately for count in counts)
    since_it_began = all(count.expected_lately == count.expected for count in counts)
    if since_it_began and expected > 0:
        return observed / expected
    return (observed + 1.0) / (expected + 1.0)


def _why(basis: Basis, posts: int, peak: float) -> str:
    """Why it is as severe as it is, in one sentence; who wrote it where just these were read."""
    incident, reach = basis.incident, basis.gist.reach
    just_these = len(incident.topics) < 2 and reach.posts == posts
    authors = reach.authors if just_these else 0
    return severity.why(incident, posts, peak, authors or None, basis.hour)


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


def _figure(value: float) -> float:
    return round(min(float(value), _HIGHEST_FACTOR), 4)


def _rounded(chart: Chart) -> Chart:
    """Rounded as it is written, so that a briefing equals itself after it was stored."""
    return replace(
        chart,
        observed=tuple(None if o is None else round(float(o), 4) for o in chart.observed),
        expected=tuple(round(float(e), 4) for e in chart.expected),
    )


_JSON: TypeAdapter[Basis] = TypeAdapter(Basis)
