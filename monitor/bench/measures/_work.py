"""What the processes of the measure `throughput` do; each returns its units and their lap."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detectors import detector_kinds
from monitor import clock
from monitor.bench.measures._workload import (
    BEGIN,
    COUNTS_CONFIGURATION,
    MINUTE,
    setups,
    simulated,
)
from monitor.bench.process import Lap, Tell, timed
from monitor.configuration import Configuration, load, loads
from monitor.configuration.values import ALL
from monitor.replay import replay
from monitor.sources.recording import Recording
from monitor.store import Database

TELL_EVERY_ROWS = 20_000


def replaying(tell: Tell, file: Path, configuration: Path, store: Path) -> tuple[int, Lap]:
    """Rows replayed into a new store, from opening the configuration to the last commit."""
    rows = 0
    with timed() as lap:
        known = load(configuration)
        database = Database.open(f"sqlite:///{store}")
        with database.lease(), Recording([file], known, now=clock.wall()) as recording:
            for rows, ahead, *_ in replay(recording, known, database):
                tell(rows, ahead)
        database.close()
    return rows, lap


def reading(tell: Tell, file: Path, rows: int) -> tuple[int, Lap]:
    """Rows read by Python's csv module, and nothing else."""
    done = 0
    with timed() as lap, file.open(encoding="utf-8", newline="") as opened:
        for done, _ in enumerate(csv.reader(opened)):
            if done % TELL_EVERY_ROWS == 0:
                tell(done, rows)
    tell(rows, rows)
    return done, lap


def scripting(tell: Tell, file: Path, rows: int, configuration: Path) -> tuple[int, Lap]:
    """Rows counted by the minute with a regular expression per brand and per topic."""
    known = load(configuration)
    columns = known.recording.columns
    counts: Counter[tuple[str, str, str]] = Counter()
    done = 0
    with timed() as lap, file.open(encoding="utf-8", newline="") as opened:
        brands = {id: _Words(brand) for id, brand in known.brands.items()}
        topics = {id: _Words(topic) for id, topic in known.topics.items()}
        table = csv.reader(opened)
        header = next(table)
        at, text = header.index(columns.created_at), header.index(columns.text)
        for row in table:
            minute = row[at][:16]
            for brand in [id for id, words in brands.items() if words.fit(row[text])]:
                counts[brand, ALL, minute] += 1
                for topic in [id for id, words in topics.items() if words.fit(row[text])]:
                    counts[brand, topic, minute] += 1
            done += 1
            if done % TELL_EVERY_ROWS == 0:
                tell(done, rows)
    tell(rows, rows)
    return done, lap


class _Words:
    """Terms of a brand or a topic as regular expressions: whole words in any case."""

    def __init__(self, defined: Any) -> None:
        self._wanted = self._expression(defined.terms)
        self._excluded = self._expression(defined.exclude)

    def fit(self, text: str) -> bool:
        return bool(self._wanted.search(text)) and not self._excluded.search(text)

    @staticmethod
    def _expression(terms: dict[str, Iterable[str]]) -> re.Pattern[str]:
        written = {
            re.escape(term.removesuffix("*")) + (r"\w*" if term.endswith("*") else "")
            for some in terms.values()
            for term in some
        }
        words = "|".join(sorted(written)) or "(?!)"
        return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


def detecting(tell: Tell, buckets: int, seed: int) -> tuple[int, Lap]:
    """Buckets that the default detector judges, all series in each."""
    known = loads(COUNTS_CONFIGURATION)
    posts, authors = simulated(buckets, seed)
    detector = _detector(known)
    first = int(BEGIN.timestamp())
    with timed() as lap:
        for index in range(buckets):
            detector.observe(first + MINUTE * index, posts[index], authors[index])
            tell(index + 1, buckets)
    return buckets, lap


def _detector(configuration: Configuration) -> Any:
    kind = detector_kinds()[configuration.detector.kind]
    width = int(configuration.bucket.total_seconds())
    return kind.build(configuration.detector.options, setups(configuration), width)
