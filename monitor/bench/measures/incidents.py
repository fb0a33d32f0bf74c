"""How soon recorded incidents are found, and by what else, at the same rate of false alarms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.contract import Floats
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._baselines import HOUR, MINUTE, calibrated, on_incidents, openings
from monitor.bench.measures._recorded import Case, Collection, Kind, airlines, events

SEAWALL: Final = "Seawall"
CALM: Final = HOUR // MINUTE
"""Minutes below the threshold after which an alarm is over."""

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

All alarm at the same rate: each method has for each collection the lowest threshold with which it
alarms no oftener in that collection's quiet stretches than Seawall did with its budget. Theirs is
thus known only after the fact; Seawall's is a promise made before.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one method does with one collection.

    `threshold` is None for Seawall, `false_alarms` those in the quiet stretches; `delays` holds per
    case the minutes to the first alarm, None where there was none.
    """

    method: str
    threshold: float | None
    false_alarms: int
    delays: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A collection's cases (name and kind), its quiet series-days, and every method's findings."""

    name: str
    cases: tuple[tuple[str, str], ...]
    quiet_days: float
    alarms: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    """The figures of every collection."""

    collections: tuple[Found, ...]


def measure(setting: Setting, progress: Progress) -> Incidents:
    """Run every method over every collection; RecordingError where one is not there."""
    return Incidents(
        tuple(compared(load(setting, progress), setting, progress) for load in (events, airlines))
    )


def compared(collection: Collection, setting: Setting, progress: Progress) -> Found:
    """Seawall's findings in a collection, and those of every other method at the same rate."""
    watched = collection.watched
    false = [at for one in watched for at in one.alarms if any(a <= at <= b for a, b in one.quiet)]
    ours = {one.name: one.alarms for one in watched}
    findings = [Finding(SEAWALL, None, len(false), delays(collection.cases, ours))]
    methods = on_incidents(setting.seed)
    for done, (method, score) in enumerate(methods.items()):
        progress(f"Comparing: {collection.name}", done, len(methods))
        findings.append(finding(method, score, collection, len(false)))
    progress(f"Comparing: {collection.name}", len(methods), len(methods))
    return Found(
        name=collection.name,
        cases=tuple((one.name, one.kind.value) for one in collection.cases),
        quiet_days=sum(b - a for one in watched for a, b in one.quiet) / 86400,
        alarms=tuple(
            f"{one.name} {np.datetime64(at, 's')}Z"
            for one in watched
            for at in one.alarms
            if at in false
        ),
        findings=tuple(findings),
    )


def finding(
    method: str, score: Callable[[Floats, int], Floats], collection: Collection, allowed: int
) -> Finding:
    """What a method finds with the threshold that gives as many alarms in the quiet stretches."""
    watched = collection.watched
    scored = [score(one.counts, MINUTE) for one in watched]
    quiet = [[one.rows(span) for span in one.quiet] for one in watched]
    threshold = calibrated(scored, quiet, allowed, CALM)
    alarms = {
        one.name: tuple(one.end(row) for row in openings(scores, threshold, CALM))
        for one, scores in zip(watched, scored, strict=True)
    }
    false = sum(
        len(openings(scores[first:last], threshold, CALM))
        for scores, spans in zip(scored, quiet, strict=True)
        for first, last in spans
    )
    return Finding(method, threshold, false, delays(collection.cases, alarms))


def delays(cases: Sequence[Case], alarms: dict[str, tuple[int, ...]]) -> tuple[float | None, ...]:
    """Per case the minutes from its begin to the first alarm of its series in its span."""
    answer: list[float | None] = []
    for case in cases:
        within = [at for at in alarms.get(case.series, ()) if case.since <= at <= case.until]
        answer.append((min(within) - case.begin) / MINUTE if within else None)
    return tuple(answer)


def tables(result: Incidents) -> Sequence[Table]:
    """A table per collection: a row per case, a column per method."""
    return [_table(one) for one in result.collections]


def _table(found: Found) -> Table:
    kinds = {kind.value: kind for kind in Kind}
    rows = [
        (name, *(_cell(kinds[kind], one.delays[place]) for one in found.findings))
        for place, (name, kind) in enumerate(found.cases)
    ]
    real = [place for place, (_, kind) in enumerate(found.cases) if kinds[kind] is Kind.INCIDENT]
    count = [sum(one.delays[place] is not None for place in real) for one in found.findings]
    quiet = f"false alarms in {found.quiet_days:.1f} quiet series-days"
    return Table(
        found.name,
        ("", *(one.method for one in found.findings)),
        [
            *rows,
            ("incidents found", *(f"{number} of {len(real)}" for number in count)),
            (quiet, *(str(one.false_alarms) for one in found.findings)),
            (
                "threshold",
                *(
                    "" if one.threshold is None else f"{one.threshold:.4g}"
                    for one in found.findings
                ),
            ),
        ],
    )


def _cell(kind: Kind, delay: float | None) -> str:
    if kind is Kind.INCIDENT:
        return "missed" if delay is None else f"{delay:.0f} min"
    return "silent" if delay is None else "alarm"
