"""Judging again: the detector goes once more through what it saw, from the store's beginning.

It sees samples as they were when their buckets were closed, in what had been observed by then. All
of it happens in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import prod

import numpy as np

from alerts.incidents.incident import Incident, Kind, LiveSurge
from detectors import SeriesSetup
from detectors import State as SeriesState
from detectors.silence import SHARE as SILENCES
from monitor import watch
from monitor.configuration import Configuration
from monitor.explain.explanation import Bucket, Explanation, Finding, Reason, alike
from monitor.explain.past import Case, Past, Subject
from monitor.explain.witness import Testimony, Witness, stretch
from monitor.incidents import deeds
from monitor.panel import NEVER, Panel, moment
from monitor.store import Database, situations
from monitor.store.volume import SampleRow

DAYS_OF_BUDGET = 30.0

Told = Callable[[datetime, datetime], None]
"""Is told how far the judging is, and how far it goes."""


def explain(
    database: Database, configuration: Configuration, text: str, around: timedelta, told: Told
) -> tuple[Incident, list[Explanation]]:
    """The incident that `text` means, and an explanation of each of its surges, by detection.

    `around` is how much is shown before and after them. Raises NoSuchIncident and StoreError.
    """
    with database.read() as connection:
        incident = situations.one_incident(connection, deeds.find(connection, text))
        cases = [*Past(connection, configuration).cases(incident, around)]
    silence = incident.kind is Kind.SILENCE
    explained = {
        one.stored: one
        for case in cases
        for one in _judged_again(configuration, case, told, silence=silence)
    }
    return incident, [
        explained.get(surge) or _unknown(configuration, surge, silence=silence)
        for surge in incident.surges
    ]


def _judged_again(
    configuration: Configuration, case: Case, told: Told, *, silence: bool
) -> Iterator[Explanation]:
    width = int(configuration.bucket.total_seconds())
    witness = Witness(
        watch.detector(configuration, case.setups),
        watch.detector(configuration, case.setups),
        int(case.since.timestamp()),
        lambda bucket: told(moment(bucket), case.until),
    )
    panel = Panel(
        platform=case.members[0].series.platform,
        series=[known.series for known in case.members],
        ids=[known.id for known in case.members],
        since=[int(one.since.timestamp()) if one.since else -NEVER for one in case.members],
        detector=witness,
        width=width,
        accepted=case.accepted,
    )
    for brand, topic, since, until, late in case.intervals:
        panel.observe(brand, topic or None, since, until, late=late)
    panel.rerun(case.samples, None, int(case.until.timestamp()), as_seen=True)
    for subject in case.subjects:
        series = subject.surge.series
        i = panel.index(series.brand, series.topic)
        yield _explained(case, subject, witness, i, width, silence=silence)


def _explained(
    case: Case, subject: Subject, witness: Witness, i: int, width: int, *, silence: bool
) -> Explanation:
    surge, setup = subject.surge, case.setups[i]
    heard = [one for one in witness.heard if subject.since <= moment(one.bucket) < subject.until]
    again = _matching(_findings(heard, i, width, silence=silence), case, surge)
    opened_at = int((again or surge).detected_at.timestamp()) - width
    opening = next((one for one in heard if one.bucket == opened_at), None)
    known = [row for row in case.samples if row.series == subject.known.id]
    now = {int(row.bucket.timestamp()): row for row in known}
    budget = setup.budget * (SILENCES if silence else 1.0)
    made = Explanation(
        series=surge.series,
        silence=silence,
        stored=surge,
        again=again,
        reasons=(),
        until=subject.until,
        width=timedelta(seconds=width),
        threshold=DAYS_OF_BUDGET / budget,
        watched=timedelta(seconds=width * int(opening.watched[i])) if opening else timedelta(0),
        holiday=moment(opened_at).astimezone(setup.timezone).date() in setup.holidays,
        stretch=None if silence else _stretch(opening, witness, i, width),
        buckets=tuple(
            _bucket(one, i, setup, width, now.get(one.bucket), silence=silence) for one in heard
        ),
    )
    return made if made.same else replace(made, reasons=tuple(_reasons(made, subject.doubts)))


def _stretch(opening: Testimony | None, witness: Witness, i: int, width: int) -> float | None:
    """By how much the evidence that opened a surge was shortened."""
    if opening is None or opening.bucket not in witness.states:
        return None
    authors = bool(opening.verdict.evidence[i] < opening.posts_evidence[i])
    return stretch(witness.states[opening.bucket], width, i, authors=authors)


def _reasons(made: Explanation, doubts: Sequence[Reason]) -> Iterator[Reason]:
    """Why the verdict differs, as far as that can be known."""
    if made.differs_in_onset:
        yield from doubts or [Reason.OTHER_ONSET]
        return
    stored = made.stored
    seen = {bucket.at: bucket.posts for bucket in made.buckets}
    known = [*doubts]
    if seen.get(stored.detected_at - made.width) is None:
        known.append(Reason.NOT_OBSERVED)
    lasting = [b.evidence for b in made.buckets if b.at + made.width >= stored.detected_at]
    # More often than once, it is where evidence is held, which it could have reached anyhow.
    if sum(alike(stored.evidence, one) for one in lasting if one is not None) == 1:
        known.append(Reason.OTHER_BUDGET)
    yield from known or [Reason.UNKNOWN]


def _unknown(configuration: Configuration, surge: LiveSurge, *, silence: bool) -> Explanation:
    """A surge on a topic that the configuration does not have: there is nothing to judge it by."""
    return Explanation(
        series=surge.series,
        silence=silence,
        stored=surge,
        again=None,
        reasons=(Reason.TOPIC_GONE,),
        until=surge.detected_at,
        width=configuration.bucket,
        threshold=None,
        watched=timedelta(0),
        holiday=False,
        stretch=None,
        buckets=(),
    )


def _findings(heard: Sequence[Testimony], i: int, width: int, *, silence: bool) -> list[Finding]:
    """The surges or silences of one series, as incidents take them up from verdicts."""
    found: list[Finding] = []
    for one in heard:
        verdict, end = one.verdict, moment(one.bucket + width)
        said = verdict.silence if silence else verdict
        evidence = float(said.evidence[i])
        factor = None if silence else float(verdict.factor[i])
        if said.opened[i]:
            since = moment(int(said.started[i]))
            found.append(Finding(since, end, evidence, evidence, factor, factor))
        elif not found or found[-1].ended_at or verdict.state[i] == SeriesState.MISSING:
            continue
        elif verdict.silence.silent[i] if silence else verdict.state[i] == SeriesState.SURGING:
            last = found[-1]
            peak = None if silence else _highest(last.peak_factor, factor, verdict.recent_factor[i])
            strongest = max(last.peak_evidence, evidence)
            found[-1] = replace(last, peak_evidence=strongest, peak_factor=peak)
        else:
            found[-1] = replace(found[-1], ended_at=end)
    return found


def _highest(*factors: float | None) -> float:
    return float(max(factor for factor in factors if factor is not None))


def _matching(found: Sequence[Finding], case: Case, surge: LiveSurge) -> Finding | None:
    """The finding that a stored surge was, or the nearest that is no other one's."""
    surges = [subject.surge for subject in case.subjects]
    others = {s.detected_at for s in surges if s.series == surge.series and s != surge}
    free = [one for one in found if one.detected_at not in others]
    return min(free, key=lambda one: abs(one.detected_at - surge.detected_at), default=None)


def _bucket(
    one: Testimony, i: int, setup: SeriesSetup, width: int, row: SampleRow | None, *, silence: bool
) -> Bucket:
    verdict = one.verdict
    said = verdict.silence if silence else verdict
    observed = not np.isnan(one.posts[i])
    return Bucket(
        at=moment(one.bucket),
        posts=_count(one.posts[i]),
        authors=_count(one.authors[i]) if observed else None,
        posts_now=row.posts if row else 0 if observed else None,
        authors_now=row.authors if row else 0 if observed else None,
        expected=_figure(verdict.expected[i]),
        doubt=_figure(verdict.doubt[i]),
        upper=None if silence else _figure(one.upper[i]),
        evidence=_figure(said.evidence[i]),
        posts_evidence=None if silence else _figure(one.posts_evidence[i]),
        planned=_planned(setup, one.bucket, width),
        state=SeriesState(int(verdict.state[i])),
        silent=bool(verdict.silence.silent[i]),
        opened=bool(said.opened[i]),
        closed=bool(said.closed[i]),
        renewed=bool(said.renewed[i]),
    )


def _planned(setup: SeriesSetup, bucket: int, width: int) -> float:
    """By how much events multiply what is expected of a bucket that they touch."""
    events = setup.events
    return prod(one.factor for one in events if one.begin < bucket + width and bucket < one.end)


def _count(number: float) -> int | None:
    return None if np.isnan(number) else int(number)


def _figure(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
