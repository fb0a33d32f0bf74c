"""How soon recorded incidents are found, and by what else, at the same rate of false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean
from typing import Final

from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._answers import Answer, Did
from monitor.bench.measures._baselines import (
    HOUR,
    MINUTE,
    Method,
    calibrated,
    on_incidents,
    openings,
)
from monitor.bench.measures._recorded import (
    EVENTS,
    LABELS,
    ONSETS,
    POSTS,
    QUIET,
    Case,
    Collection,
    Kind,
    airlines,
    events,
)
from monitor.bench.page import number
from monitor.bench.plots import Dots

SEAWALL: Final = "Seawall"
CALM: Final = HOUR // MINUTE
"""Minutes below the threshold after which an alarm is over."""
LATEST: Final = 1440.0
"""Minutes that an incident counts as which was missed, or found later than that."""

RECORDED: Final = (EVENTS, ONSETS, POSTS, LABELS, QUIET)

ABOUT = """
How soon recorded incidents are found, by Seawall and by what people use instead.

- **Events** of CrisisLexT26 whose instant is known, with at least 8 hours and one post before it: a
  hundredth of all public tweets on each, minute by minute, through `seawall detect`, one false
  surge allowed in 30 days. The delay counts minutes from the first with which the running total
  since the instant reaches three posts; before that there is nothing to be found.
- **Airlines**: a recorded week of six airlines through the code of `seawall replay` with
  [its configuration](../examples/us-airlines.yaml): topics, authors, the budget shared among all
  series. The delay counts from the labelled begin, which for the storms is known to six hours only:
  an alarm so much before it counts as found. Of the rest none is an outage: a mocked brand tweet,
  a promotion, a flood by one author, a collection that begins in the middle of a storm.

The other methods get the same posts by the minute and score every minute: posts in 15 minutes
(*fixed*); posts of the last hour over those of the hour before, from three posts on (*spike*,
ElastAlert's rule); the five-minute rate in standard deviations of the last day (*rolling z*, what
Prometheus recording rules do); deviations of 15-minute sums from the same time of earlier days in
median absolute deviations of the last week (*seasonal MAD*, Twitter ADVec's idea without
hindsight); river's GaussianScorer and HalfSpaceTrees at their defaults on five-minute sums. An
alarm lasts until the score was below the threshold for an hour.

All alarm at the same rate: each method has the lowest threshold with which it alarms no oftener in
the quiet stretches than Seawall did with its budget: one for the events, and for the airlines one
for all mentions and one for cancellations, as people would set them. Theirs is thus known only
after the fact; Seawall's is a promise made before. A threshold may be beyond what a method can
score: the scores of GaussianScorer and HalfSpaceTrees end near 1, which they reach in quiet
stretches, too; seasonal MAD says nothing on its first day, and of most events there is no more
before.

**Overall** is one figure a method: the geometric mean of *delay + 1 minute* over the real incidents
of both collections. What was found before its begin, as far as that counts, has no delay; what was
missed, or found later, counts as 24 hours. Beside it stand the benign cases in which people were
paged. For the other methods every alarm is a page; Seawall may only show what calls nobody, and
the last table says why. Why it was silent is read from its store: since when it observed, and
whether the same posts, had nobody known who wrote them, would have been a surge.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one method does with one collection.

    `thresholds` are by topic, none for Seawall, `false_alarms` those in the quiet stretches;
    `delays` holds per case the minutes to the first alarm, None where there was none.
    """

    method: str
    thresholds: dict[str, float]
    false_alarms: int
    delays: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A collection's cases, its quiet series-days, and every method's findings, Seawall's first.

    `answers` are Seawall's in the benign cases.
    """

    name: str
    cases: tuple[tuple[str, Kind], ...]
    quiet_days: float
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]

    def among(self, kind: Kind) -> list[int]:
        """Places of the cases of a kind."""
        return [place for place, (_, one) in enumerate(self.cases) if one is kind]


@dataclass(frozen=True, slots=True)
class Overall:
    """What a method has over both collections; `mean` is of delay + 1 minute, in minutes."""

    method: str
    mean: float
    found: int
    pages: int


@dataclass(frozen=True, slots=True)
class Incidents:
    """The figures of every collection, and over both: Seawall's first."""

    collections: tuple[Found, ...]
    overall: tuple[Overall, ...]


def measure(setting: Setting, progress: Progress) -> Incidents:
    """Run every method over every collection; RecordingError where one is not there."""
    found = tuple(
        compared(load(setting, progress), setting, progress) for load in (events, airlines)
    )
    return Incidents(found, overall(found))


def compared(collection: Collection, setting: Setting, progress: Progress) -> Found:
    """Seawall's findings in a collection, and those of every other method at the same rate."""
    watched = collection.watched
    ours = {one.name: one.alarms for one in watched}
    false = sum(one.false_alarms for one in watched)
    findings = [Finding(SEAWALL, {}, false, delays(collection.cases, ours))]
    methods = on_incidents(setting.seed)
    for done, (method, score) in enumerate(methods.items()):
        progress(f"Comparing: {collection.name}", done, len(methods))
        findings.append(finding(method, score, collection))
    progress(f"Comparing: {collection.name}", len(methods), len(methods))
    return Found(
        name=collection.name,
        cases=tuple((one.name, one.kind) for one in collection.cases),
        quiet_days=sum(b - a for one in watched for a, b in one.quiet) / 86400,
        findings=tuple(findings),
        answers=collection.answers,
    )


def finding(method: str, score: Method, collection: Collection) -> Finding:
    """What a method finds with the thresholds that give as many alarms in the quiet stretches."""
    thresholds: dict[str, float] = {}
    alarms: dict[str, tuple[int, ...]] = {}
    false = 0
    for topic in dict.fromkeys(one.topic for one in collection.watched):
        watched = [one for one in collection.watched if one.topic == topic]
        scored = [score(one.counts, MINUTE) for one in watched]
        quiet = [[one.rows(span) for span in one.quiet] for one in watched]
        allowed = sum(one.false_alarms for one in watched)
        thresholds[topic] = level = calibrated(scored, quiet, allowed, CALM)
        for one, scores, spans in zip(watched, scored, quiet, strict=True):
            alarms[one.name] = tuple(one.end(row) for row in openings(scores, level, CALM))
            false += sum(len(openings(scores[a:b], level, CALM)) for a, b in spans)
    return Finding(method, thresholds, false, delays(collection.cases, alarms))


def delays(cases: Sequence[Case], alarms: dict[str, tuple[int, ...]]) -> tuple[float | None, ...]:
    """Per case the minutes from its begin to the first alarm of its series in its span."""
    answer: list[float | None] = []
    for case in cases:
        within = [at for at in alarms.get(case.series, ()) if case.since <= at <= case.until]
        answer.append((min(within) - case.begin) / MINUTE if within else None)
    return tuple(answer)


def overall(collections: Sequence[Found]) -> tuple[Overall, ...]:
    """Every method over all collections."""
    answer = []
    for findings in zip(*(one.findings for one in collections), strict=True):
        real, benign = (
            [
                one.delays[place]
                for found, one in zip(collections, findings, strict=True)
                for place in found.among(kind)
            ]
            for kind in Kind
        )
        paged = sum(delay is not None for delay in benign)
        if findings[0].method == SEAWALL:
            paged = sum(one.did is Did.PAGED for found in collections for one in found.answers)
        answer.append(
            Overall(
                method=findings[0].method,
                mean=exp(fmean(log(waited(delay)) for delay in real)),
                found=sum(delay is not None for delay in real),
                pages=paged,
            )
        )
    return tuple(answer)


def waited(delay: float | None) -> float:
    """Minutes that a delay counts as in the mean, at least 1.

    >>> waited(5.0), waited(-264.0), waited(None), waited(1500.0)
    (6.0, 1.0, 1440.0, 1440.0)
    """
    return LATEST if delay is None else min(max(delay, 0.0) + 1.0, LATEST)


def tables(result: Incidents) -> Sequence[Table]:
    """All together; a row per case and a column per method, by collection; the benign cases."""
    real, benign = (sum(len(one.among(kind)) for one in result.collections) for kind in Kind)
    answers = [each for one in result.collections for each in one.answers]
    return [
        Table(
            "Overall, at the same rate of false alarms",
            ("", "geometric mean of delay + 1 min", "incidents found", "benign cases that paged"),
            [
                (
                    one.method,
                    number(one.mean, "min"),
                    f"{one.found} of {real}",
                    f"{one.pages} of {benign}",
                )
                for one in result.overall
            ],
        ),
        *(_table(one) for one in result.collections),
        Table(
            "What Seawall did where nothing was wrong, and why",
            ("", "what it did", "reason"),
            [(one.case, one.did, one.reason) for one in answers],
        ),
    ]


def _table(found: Found) -> Table:
    rows = [
        (name, *(_cell(kind, one.delays[place]) for one in found.findings))
        for place, (name, kind) in enumerate(found.cases)
    ]
    real = found.among(Kind.INCIDENT)
    count = [sum(one.delays[place] is not None for place in real) for one in found.findings]
    quiet = f"false alarms in {found.quiet_days:.1f} quiet series-days"
    topics = found.findings[-1].thresholds
    return Table(
        found.name,
        ("", *(one.method for one in found.findings)),
        [
            *rows,
            ("incidents found", *(f"{each} of {len(real)}" for each in count)),
            (quiet, *(str(one.false_alarms) for one in found.findings)),
            *(
                (
                    f"alarms above, {topic}",
                    *(_level(one.thresholds, topic) for one in found.findings),
                )
                for topic in topics
            ),
        ],
    )


def _level(thresholds: Mapping[str, float], topic: str) -> str:
    return f"{thresholds[topic]:.4g}" if topic in thresholds else ""


def _cell(kind: Kind, delay: float | None) -> str:
    if kind is Kind.INCIDENT:
        return "missed" if delay is None else f"{delay:.0f} min"
    return "silent" if delay is None else "alarm"


def plots(result: Incidents) -> Sequence[Dots]:
    """Every method's delay in every real incident."""
    rows: list[str] = []
    methods: dict[str, list[tuple[float, float]]] = {}
    for found in result.collections:
        for place in found.among(Kind.INCIDENT):
            rows.append(found.cases[place][0])
            for one in found.findings:
                methods.setdefault(one.method, []).append((waited(one.delays[place]), 0.0))
    return [
        Dots(
            name="delays",
            title="Delay in every recorded incident; hollow where it was missed",
            axis="minutes of delay + 1; 1440 where it was missed or found later",
            rows=rows,
            panels={"": methods},
            missed=LATEST,
        )
    ]
