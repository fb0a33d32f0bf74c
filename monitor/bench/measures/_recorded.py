"""Recorded incidents and quiet stretches, and what Seawall says of them."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection, select

from alerts.incidents.incident import Kind as What
from detectors import Series
from detectors.contract import Floats
from monitor import clock
from monitor.bench.contract import Progress, Setting
from monitor.bench.measures._answers import Answer, answered
from monitor.bench.measures._baselines import HOUR, MINUTE
from monitor.bench.process import Tell
from monitor.configuration import Configuration, load
from monitor.detect import detect
from monitor.replay import replay
from monitor.sources.recording import Recording
from monitor.store import Database, situations, volume
from monitor.store.schema import series

EVENTS: Final = "crisislex/counts_1min_sparse.csv"
ONSETS: Final = "crisislex/known_onsets.csv"
POSTS: Final = "airline_feb2015/airline_tweets_utc.csv"
LABELS: Final = "airline_feb2015/labels.csv"
QUIET: Final = "quiet.csv"
CONFIGURATION: Final = Path(__file__).parents[3] / "examples" / "us-airlines.yaml"

LEAST_HOURS: Final = 8.0
"""Hours before an event's instant, with at least one post, without which it is not scored."""
LOOKED_FOR: Final = 36 * HOUR
"""How long after its instant an event is looked for."""
FUZZY: Final = 6 * HOUR
"""How well the begin of a storm is known."""
LEAST_POSTS: Final = 3
TOPICS: Final = {"all": "all", "cancelled": "cancellations"}
"""Topics as the labels name them, and as the configuration does."""
FOREVER: Final = datetime.max.replace(tzinfo=UTC)
LEFT_OUT: Final = ("disruption-left-censored",)

Span = tuple[int, int]
"""From, until: epoch seconds."""


class Kind(StrEnum):
    """What a case is: to be found, or not to page anyone."""

    INCIDENT = "incident"
    BENIGN = "benign"


@dataclass(frozen=True, slots=True)
class Case:
    """Something that happened on a series; all instants are epoch seconds.

    An alarm from `since` to `until` is about it; its delay counts from `begin`.
    """

    name: str
    series: str
    kind: Kind
    since: int
    begin: int
    until: int


@dataclass(frozen=True, slots=True)
class Watched:
    """Posts a minute from `first` on (epoch seconds), where it was quiet, and Seawall's alarms.

    An alarm is the end of the minute with which a surge opened. `topic` says which series people
    would give the same threshold.
    """

    name: str
    topic: str
    first: int
    counts: Floats
    quiet: tuple[Span, ...]
    alarms: tuple[int, ...]

    @property
    def false_alarms(self) -> int:
        """Seawall's alarms where it was quiet."""
        return sum(any(a <= at <= b for a, b in self.quiet) for at in self.alarms)

    def rows(self, span: Span) -> Span:
        """A span of time as rows."""
        first, last = ((at - self.first) // MINUTE for at in span)
        return max(first, 0), max(last, 0)

    def end(self, row: int) -> int:
        """When a row's minute is over."""
        return self.first + MINUTE * (row + 1)


@dataclass(frozen=True, slots=True)
class Collection:
    """Series that belong together, what happened, and what Seawall did where nothing was wrong."""

    name: str
    watched: tuple[Watched, ...]
    cases: tuple[Case, ...]
    answers: tuple[Answer, ...] = ()


def events(setting: Setting, progress: Progress) -> Collection:
    """The events with a known instant, through `seawall detect`."""
    spans = quiet(setting, "crisislex")
    onsets = {
        row["event"]: moment(row["known_onset_utc"])
        for row in read(setting.recorded(ONSETS))
        if float(row["pre_hours"]) >= LEAST_HOURS and int(row["pre_tweets"]) >= 1
    }
    minutes: dict[str, dict[int, int]] = {name: {} for name in onsets}
    for row in read(setting.recorded(EVENTS)):
        name, at = row["series"], moment(row["timestamp"])
        if name in onsets and at <= onsets[name] + LOOKED_FOR:
            minutes[name][at] = int(row["count"])
    opened = detected(minutes, progress)
    watched = tuple(
        Watched(name, "events", min(seen), dense(seen), spans.get(name, ()), opened[name])
        for name, seen in minutes.items()
    )
    cases = tuple(
        Case(
            name=name.replace("_", " "),
            series=name,
            kind=Kind.INCIDENT,
            since=onset,
            begin=noticeable(minutes[name], onset),
            until=onset + LOOKED_FOR,
        )
        for name, onset in onsets.items()
    )
    return Collection("Recorded events", watched, cases)


def detected(minutes: dict[str, dict[int, int]], progress: Progress) -> dict[str, tuple[int, ...]]:
    """When `seawall detect` opens surges: ends of minutes, by series."""
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as name:
        source, output = Path(name) / "counts.csv", Path(name) / "out.csv"
        with source.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["series", "timestamp", "count"])
            for one, seen in minutes.items():
                rows.writerows(
                    (one, datetime.fromtimestamp(at, UTC).isoformat(), count)
                    for at, count in sorted(seen.items())
                )
        detect(
            source,
            output,
            interval=MINUTE,
            absent="zero",
            progress=partial(progress, "Detecting surges"),
        )
        opened: dict[str, list[int]] = {one: [] for one in minutes}
        before: dict[str, str] = {}
        for row in read(output):
            if row["state"] == "surging" != before.get(row["series"]):
                opened[row["series"]].append(moment(row["timestamp"]) + MINUTE)
            before[row["series"]] = row["state"]
        return {one: tuple(alarms) for one, alarms in opened.items()}


def noticeable(seen: dict[int, int], onset: int) -> int:
    """The end of the minute with which the posts since the onset become three."""
    total = 0
    for at, count in sorted(seen.items()):
        if at + MINUTE > onset:
            total += count
            if total >= LEAST_POSTS:
                return at + MINUTE
    return onset


def airlines(setting: Setting, progress: Progress) -> Collection:
    """The airlines' week through the code of `seawall replay`: all mentions and cancellations."""
    recording, configuration = setting.recorded(POSTS), load(CONFIGURATION)
    brands = {brand.name: id for id, brand in configuration.brands.items()}
    spans = {
        brands[brand]: both
        for listed, both in quiet(setting, "airline_feb2015").items()
        for brand in listed.split("|")
    }
    cases = tuple(labelled(read(setting.recorded(LABELS)), brands))
    platform = configuration.recording.platform
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as name:
        database = Database.open(f"sqlite:///{Path(name) / 'store.db'}")
        with closing(database):
            replayed(recording, configuration, database, partial(progress, "Replaying airlines"))
            with database.read() as connection:
                observed = {
                    brand: (int(since.timestamp()), int(until.timestamp()))
                    for brand, _, since, until, _ in volume.observed_intervals(connection, platform)
                }
                watched = tuple(
                    stored(connection, brand, topic, span, spans.get(brand, ()))
                    for brand, span in sorted(observed.items())
                    for topic in TOPICS.values()
                )
                tell = partial(progress, "Asking why")
                answers = (*answers_to(cases, connection, configuration, tell),)
    return Collection("Six airlines", watched, cases, answers)


def replayed(recording: Path, configuration: Configuration, database: Database, tell: Tell) -> None:
    """Replay posts into a store."""
    with (
        database.lease(),
        Recording([recording], configuration, now=clock.wall()) as rows,
    ):
        for done, ahead, _ in replay(rows, configuration, database):
            tell(done, ahead)


def stored(
    connection: Connection, brand: str, topic: str, observed: Span, spans: tuple[Span, ...]
) -> Watched:
    """A series as the store has it while it was observed, with the surges that opened."""
    ids = select(series.c.id).where(series.c.brand == brand, series.c.topic == topic)
    rows = volume.samples(connection, list(connection.scalars(ids)), None, FOREVER)
    first, until = observed[0] // MINUTE * MINUTE, observed[1]
    seen = {int(row.bucket.timestamp()): row.posts for row in rows}
    inside = {at: count for at, count in seen.items() if first <= at < until}
    alarms = sorted(
        int(surge.detected_at.timestamp())
        for one in situations.incidents(connection)
        if one.kind is What.SURGE
        for surge in one.surges
        if (surge.series.brand, surge.series.topic) == (brand, topic)
    )
    counts = dense(inside, first, until)
    return Watched(f"{brand}/{topic}", topic, first, counts, spans, tuple(alarms))


def answers_to(
    cases: Iterable[Case], connection: Connection, configuration: Configuration, tell: Tell
) -> Iterator[Answer]:
    """What Seawall did in the benign cases, and why."""
    benign = [one for one in cases if one.kind is Kind.BENIGN]
    for done, one in enumerate(benign, start=1):
        brand, _, topic = one.series.partition("/")
        asked = Series(brand, topic, configuration.recording.platform)
        since, until = (datetime.fromtimestamp(at, UTC) for at in (one.since, one.until))
        yield answered(connection, configuration, one.name, asked, since, until)
        tell(done, len(benign))


def labelled(rows: Iterable[dict[str, str]], brands: dict[str, str]) -> Iterator[Case]:
    """The labels as cases; what began before the recording has no begin and is left out."""
    for row in rows:
        if row["kind"] in LEFT_OUT:
            continue
        brand, _, topic = row["series"].partition("/")
        begin, end = moment(row["start_utc"]), moment(row["end_utc"])
        incident = row["kind"] == "disruption"
        yield Case(
            name=f"{row['series']}, {row['start_utc'][:10]}: {row['kind'].lower()}",
            series=f"{brands[brand]}/{TOPICS[topic]}",
            kind=Kind.INCIDENT if incident else Kind.BENIGN,
            since=begin - FUZZY if incident else begin,
            begin=begin,
            until=end,
        )


def quiet(setting: Setting, dataset: str) -> dict[str, tuple[Span, ...]]:
    """The quiet stretches of a data set, by series."""
    spans: dict[str, tuple[Span, ...]] = {}
    for row in read(setting.recorded(QUIET)):
        if row["dataset"] == dataset:
            span = moment(row["start_utc"]), moment(row["end_utc"])
            spans[row["series"]] = (*spans.get(row["series"], ()), span)
    return spans


def dense(seen: dict[int, int], first: int | None = None, end: int | None = None) -> Floats:
    """Posts in every minute from the first to before the end, 0 where none are given."""
    first = min(seen) if first is None else first
    end = max(seen) + MINUTE if end is None else end
    counts = np.zeros(-((first - end) // MINUTE))
    for at, count in seen.items():
        counts[(at - first) // MINUTE] += count
    return counts


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def moment(text: str) -> int:
    """An instant with its offset as epoch seconds."""
    return int(datetime.fromisoformat(text).timestamp())
