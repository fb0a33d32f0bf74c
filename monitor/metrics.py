"""Metrics for Prometheus: what the daemon counts as it goes, and what is read when it is scraped.

A label's value is an id of the configuration, never text that a stranger wrote.
"""

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Literal

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from sqlalchemy import func, select

from alerts.duty.notices import Purpose
from alerts.incidents.incident import State as IncidentState
from alerts.incidents.milestones import Milestone
from detectors import Series, State
from detectors.contract import Floats
from monitor import __version__
from monitor.daemon.parcels import OF_INCIDENT
from monitor.reporting.clock import breaches, waited
from monitor.service import Health, NotifierStatus, Reading, Service, SourceStatus
from monitor.store import StoreError
from monitor.store.schema import incident
from monitor.telling import discretion
from monitor.words.posting import Outcome as Publication

MOST_SERIES = 10_000
"""Series that are shown; each has up to eight samples in a scrape."""

PATIENCE_S = 2.0
"""How long a scrape waits for the store."""

ACKNOWLEDGE_BUCKETS = (30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600)
NOTIFY_BUCKETS = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
COMMIT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
JOB_BUCKETS = (0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900)

Result = Literal["delivered", "failed", "given_up", "overtaken"]
Outcome = Literal["done", "failed", "skipped", "missed"]
RESULTS: tuple[Result, ...] = ("delivered", "failed", "given_up", "overtaken")

SERIES = ("brand", "topic", "platform")
_DOLLAR = 1_000_000


class Metrics:
    """A daemon's metrics, in a registry of their own: `generate_latest(metrics.registry)`.

    Scrape it outside the event loop: with thousands of series it takes a good part of a second.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # as many samples again, unused
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        Info("seawall_build", "The version that runs.", registry=self.registry).info(
            {"version": __version__}
        )
        self._posts = self._counter("posts", "Posts that a source delivered.", "source")
        self._malformed = self._counter(
            "malformed", "Rows of a source that could not be used.", "source"
        )
        self._notifications = self._counter(
            "notifications", "Attempts to tell people, by how they ended.", "notifier", "result"
        )
        self._notices = self._counter(
            "notices",
            "Attempts to send what rings, by why somebody is told and how they ended.",
            *("notifier", "purpose", "result"),
        )
        self._published = self._counter(
            "publications", "Attempts to post, by what came of them.", "publisher", "outcome"
        )
        self._heartbeats = self._counter("heartbeats", "Signs of life to the watchdog.", "result")
        self._jobs = self._counter("jobs", "Scheduled jobs, by how they ended.", "name", "outcome")
        self._latency = self._histogram(
            "notification_latency", "From news to its delivery.", NOTIFY_BUCKETS, "notifier"
        )
        self._commits = self._histogram(
            "tick", "Counting, judging and committing one delivery.", COMMIT_BUCKETS
        )
        self._job_time = self._histogram(
            "job", "How long a scheduled job took.", JOB_BUCKETS, "name"
        )
        self._surges: dict[Series, int] = {}
        for result in ("ok", "failed"):
            self._heartbeats.labels(result)

    def observe(self, service: Service) -> None:
        """Show this daemon from now on, read anew at every scrape; call it once."""
        for choice in service.configuration.sources:
            self._posts.labels(choice.name)
            self._malformed.labels(choice.name)
        for choice in service.configuration.notify:
            self._latency.labels(choice.name)
            for result in RESULTS:
                self._notifications.labels(choice.name, result)
                for purpose in Purpose:
                    self._notices.labels(choice.name, purpose, result)
        for choice in service.configuration.publish:
            for outcome in Publication:
                self._published.labels(choice.name, outcome)
        self.registry.register(_Daemon(service, self._surges))
        self.registry.register(_Stored(service))

    def taken(
        self, source: str, posts: int, malformed: int, surges: Sequence[Series], seconds: float
    ) -> None:
        """A delivery was committed: its posts, and the surges that it let begin."""
        self._posts.labels(source).inc(posts)
        self._malformed.labels(source).inc(malformed)
        self._commits.observe(seconds)
        for series in surges:
            self._surges[series] = self._surges.get(series, 0) + 1

    def notified(
        self, notifier: str, result: Result, seconds: float | None, purpose: str = OF_INCIDENT
    ) -> None:
        """An attempt to tell people ended; `seconds` since the news where it was delivered."""
        self._notifications.labels(notifier, result).inc()
        if purpose != OF_INCIDENT:
            self._notices.labels(notifier, purpose, result).inc()
        if seconds is not None:
            self._latency.labels(notifier).observe(seconds)

    def published(self, publisher: str, outcome: Publication) -> None:
        """An attempt to post something ended."""
        self._published.labels(publisher, outcome).inc()

    def heartbeat(self, ok: bool) -> None:
        """A sign of life was sent, or could not be."""
        self._heartbeats.labels("ok" if ok else "failed").inc()

    def job(self, name: str, outcome: Outcome, seconds: float | None) -> None:
        """A scheduled job ended, or did not begin."""
        self._jobs.labels(name, outcome).inc()
        if seconds is not None:
            self._job_time.labels(name).observe(seconds)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"seawall_{name}", about, labels, registry=self.registry)

    def _histogram(
        self, name: str, about: str, buckets: Sequence[float], *labels: str
    ) -> Histogram:
        return Histogram(
            f"seawall_{name}_seconds", about, labels, buckets=buckets, registry=self.registry
        )


class _Daemon(Collector):
    """What the running daemon knows: readings, sources, notifiers."""

    def __init__(self, service: Service, surges: Mapping[Series, int]) -> None:
        self._service, self._surges = service, surges
        self._labels: dict[Series, dict[str, str]] = {}

    def collect(self) -> Iterator[Metric]:
        """Everything as it is now."""
        for name, about, value in (
            ("ready", "1 once it can take deliveries and people's steps.", self._service.ready),
            ("store_writable", "1 while the store can be written.", not self._service.trouble),
        ):
            yield _gauge(name, about, (), [((), float(value))])
        yield from self._read(self._service.readings())
        yield from _about_sources(self._service.sources(), self._service.now())
        yield from _about_ways_out("notifier", "notifications", self._service.notifiers())
        yield from _about_ways_out("publisher", "publications", self._service.publishers())

    def _read(self, readings: Sequence[Reading]) -> Iterator[Metric]:
        abouts = {
            "sample_posts": "Posts in the bucket judged last.",
            "expected_posts": "Posts expected in the bucket judged last.",
            "could_be_posts": "Posts that might well be expected there, as little as is known yet.",
            "upper_posts": "Posts in a bucket that alone would begin a surge.",
            "surging": "1 while a surge goes on.",
            "silent": "1 while nothing comes, and posts were expected.",
            "warming_up": "1 until enough was observed for a first verdict.",
        }
        families = {name: _gauge(name, about, SERIES) for name, about in abouts.items()}
        surges = CounterMetricFamily("seawall_surges", "Surges that began.", labels=SERIES)
        hidden, room = discretion.hidden(self._service.configuration), MOST_SERIES
        for reading in readings:
            labels = [self._label(series) for series in reading.series[:room]]
            room -= len(labels)
            shown = np.array([series.topic not in hidden for series in reading.series])
            missing = reading.state == State.MISSING
            values = {
                "sample_posts": reading.posts,
                "expected_posts": reading.expected,
                "could_be_posts": reading.could_be,
                "upper_posts": reading.upper,
                "surging": np.where(missing, np.nan, reading.state == State.SURGING),
                "silent": np.where(missing, np.nan, reading.silent),
                "warming_up": np.where(missing, np.nan, reading.state == State.WARMING_UP),
            }
            for name, numbers in values.items():
                _add(families[name], labels, np.where(shown, numbers, np.nan))
            begun = [self._surges.get(series, 0) for series in reading.series]
            _add(surges, labels, np.where(shown, begun, np.nan))
        yield from families.values()
        yield surges
        judged = [((reading.platform,), reading.end.timestamp()) for reading in readings]
        yield _gauge(
            "samples_timestamp_seconds", "End of the bucket judged last.", ("platform",), judged
        )
        left_out = sum(len(reading.series) for reading in readings) - (MOST_SERIES - room)
        about = f"Series that are judged but not shown here, which are those after {MOST_SERIES:,}."
        yield _gauge("series_left_out", about, (), [((), left_out)])

    def _label(self, series: Series) -> dict[str, str]:
        if series not in self._labels:
            labels = (series.brand, series.topic, series.platform)
            self._labels[series] = dict(zip(SERIES, labels, strict=True))
        return self._labels[series]


def _about_sources(sources: Sequence[SourceStatus], now: datetime) -> Iterator[Metric]:
    def each(name: str, about: str, value: Callable[[SourceStatus], float | None]) -> Metric:
        rows = [((source.name,), value(source)) for source in sources]
        return _gauge(f"source_{name}", about, ("source",), rows)

    yield each("up", "1 while a source works.", lambda one: one.health is Health.WORKING)
    yield each(
        "blind",
        "1 while a source has observed nothing for longer than it should take.",
        lambda one: one.blind,
    )
    yield each(
        "observed_age_seconds",
        "How long ago the time is up to which a source has observed everything.",
        lambda one: (now - one.observed_until).total_seconds() if one.observed_until else None,
    )
    spent = [((one.name,), _dollars(one.spent_micros)) for one in sources]
    limit = [((one.name,), _dollars(one.limit_micros)) for one in sources]
    yield _gauge(
        "spending_dollars", "What a source has cost in this month (UTC).", ("source",), spent
    )
    yield _gauge("spending_limit_dollars", "What a source may cost in a month.", ("source",), limit)


def _about_ways_out(what: str, brings: str, those: Sequence[NotifierStatus]) -> Iterator[Metric]:
    up = [((one.name,), float(one.health is Health.WORKING)) for one in those]
    yield _gauge(f"{what}_up", f"1 while a {what} works.", (what,), up)
    waiting = [((one.name,), float(one.waiting)) for one in those]
    yield _gauge(f"{brings}_waiting", f"What a {what} has yet to bring.", (what,), waiting)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the store says: incidents by state and whether they call, how long each waited.

    `breached` is how many were later than each target.
    """

    incidents: Mapping[tuple[str, bool], int]
    waited: Sequence[float]
    breached: Mapping[Milestone, int]


class _Stored(Collector):
    """What is true whichever process did it, so that no restart sets it back.

    The store is asked in a thread of its own: a database that hangs must not hold up the scrape,
    which would then lack all the rest as well.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._asked: Future[_Answer] | None = None
        self._failures = 0

    def collect(self) -> Iterator[Metric]:
        """Incidents, acknowledgements and breaches; none where the store does not answer."""
        if (answer := self._answer()) is not None:
            yield _gauge(
                "incidents",
                "Incidents by where they stand, and whether they call people.",
                ("state", "calls"),
                [
                    ((state.value, str(calls).lower()), answer.incidents.get((state, calls), 0))
                    for state in IncidentState
                    for calls in (True, False)
                ],
            )
            yield _histogram_of(
                "acknowledge_seconds",
                "From an incident's detection, or its return, to its acknowledgement.",
                ACKNOWLEDGE_BUCKETS,
                answer.waited,
            )
            breached = CounterMetricFamily(
                "seawall_targets_breached",
                "Incidents in which something came later than its target, or not at all.",
                labels=("target",),
            )
            for milestone, number in answer.breached.items():
                breached.add_metric((milestone.value,), number)
            yield breached
        failures = CounterMetricFamily(
            "seawall_store_unanswered", "Scrapes that the store did not answer in time."
        )
        failures.add_metric((), self._failures)
        yield failures

    def _answer(self) -> _Answer | None:
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(target=self._ask, args=(self._asked,), daemon=True).start()
            asked = self._asked
        try:
            return asked.result(PATIENCE_S)
        except (StoreError, TimeoutError, CancelledError):
            with self._lock:
                self._failures += 1
            return None

    def _ask(self, asked: "Future[_Answer]") -> None:
        try:
            with self._service.database.read() as connection:
                kinds = (incident.c.state, incident.c.calls)
                rows = connection.execute(select(*kinds, func.count()).group_by(*kinds))
                counted = {(state, calls): number for state, calls, number in rows}
                targets = self._service.configuration.targets.by_milestone
                breached = breaches(connection, targets, self._service.now())
                asked.set_result(_Answer(counted, waited(connection), breached))
        except StoreError as error:
            asked.set_exception(error)
        finally:
            asked.cancel()  # whatever else went wrong, the next scrape asks again


def _gauge(
    name: str,
    about: str,
    labels: Sequence[str],
    rows: Iterable[tuple[Sequence[str], float | None]] = (),
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"seawall_{name}", about, labels=labels)
    for values, number in rows:
        if number is not None:
            family.add_metric(values, number)
    return family


def _histogram_of(
    name: str, about: str, bounds: Sequence[float], values: Sequence[float]
) -> HistogramMetricFamily:
    each = [0] * (len(bounds) + 1)
    for value in values:
        each[bisect_left(bounds, value)] += 1
    names = [*(str(float(bound)) for bound in bounds), "+Inf"]
    family = HistogramMetricFamily(f"seawall_{name}", about)
    family.add_metric((), list(zip(names, accumulate(each), strict=True)), sum(values))
    return family


def _add(
    family: Metric, labels: Sequence[dict[str, str]], values: Floats | Sequence[float]
) -> None:
    """Add a sample a series; none where the number is not known, which makes a gap in a chart."""
    name = family.name + ("_total" if family.type == "counter" else "")
    numbers = np.asarray(values, dtype=float)[: len(labels)].tolist()
    family.samples += [
        Sample(name, label, number)
        for label, number in zip(labels, numbers, strict=True)
        if math.isfinite(number)
    ]


def _dollars(micros: int | None) -> float | None:
    return None if micros is None else micros / _DOLLAR
