"""What is worked on: a recording many times over, and counts with a rhythm out of a seed."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from detectors import SeriesSetup
from detectors.contract import Floats
from monitor.bench.process import Tell
from monitor.configuration import ALL, Configuration

BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE: Final = 60
BRANDS: Final = 6
TOPICS: Final = (ALL, "booking", "cancellations", "delays")
SERIES: Final = BRANDS * len(TOPICS)
APART_S: Final = 1800
DISPERSION: Final = 0.1
AUTHORS_PER_POST: Final = 0.9

COUNTS_CONFIGURATION: Final = "\n".join(
    [
        "timezone: Europe/Oslo",
        "bucket: 1m",
        "brands:",
        *(f"  brand-{number}: {{name: Brand {number}}}" for number in range(BRANDS)),
        "topics:",
        *(f"  {topic}: {{name: {topic.capitalize()}}}" for topic in TOPICS if topic != ALL),
    ]
)
"""Brands that are known by counts only."""


def multiply(
    source: Path, target: Path, configuration: Configuration, copies: int, seed: int, tell: Tell
) -> None:
    """Write recorded posts (CSV, times with an offset) `copies` times over in the same span.

    Ids and authors of the copies are their own; each is moved by up to half an hour, so that posts
    do not come in clumps. Rows are all but in order, as they are in most exports.
    """
    columns = configuration.recording.columns
    draw = np.random.default_rng(seed)
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    instants = [datetime.fromisoformat(row[columns.created_at]) for row in rows]
    first, last = min(instants), max(instants)
    with target.open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, list(rows[0]))
        written.writeheader()
        for done, (row, at) in enumerate(zip(rows, instants, strict=True), start=1):
            for copy, moved in enumerate(draw.uniform(-APART_S, APART_S, copies)):
                changed = {
                    columns.id: f"{row[columns.id]}-{copy}",
                    columns.author: f"{row[columns.author]}-{copy}",
                    columns.created_at: _iso(min(max(at + timedelta(seconds=moved), first), last)),
                }
                written.writerow(row | changed)
            tell(done, len(rows))


def simulated(buckets: int, seed: int) -> tuple[Floats, Floats]:
    """Posts and authors, a row a minute from BEGIN, a column a series: negative binomial.

    Quiet series and busy ones, from a post in twenty minutes to ten a minute, with a daily rhythm.
    """
    draw = np.random.default_rng(seed)
    level = np.geomspace(0.05, 10.0, SERIES)
    angle = 2.0 * np.pi * (np.arange(buckets) - 540) / 1440
    mean = level * np.exp(0.8 * np.sin(angle))[:, None]
    posts = draw.poisson(draw.gamma(1.0 / DISPERSION, DISPERSION * mean))
    authors = draw.binomial(posts, AUTHORS_PER_POST)
    return posts.astype(np.float64), authors.astype(np.float64)


def setups(configuration: Configuration) -> list[SeriesSetup]:
    """The configured series, as a detector is told of them."""
    platform = configuration.recording.platform
    return [
        SeriesSetup(str(one), configuration.zone, configuration.budget(one, [platform]))
        for one in configuration.series([platform])
    ]


def write_counts(target: Path, buckets: int, seed: int, tell: Tell) -> None:
    """The simulated counts as a file that can be replayed, minute by minute."""
    posts, authors = simulated(buckets, seed)
    names = [f"brand-{number}/{topic}" for number in range(BRANDS) for topic in TOPICS]
    with target.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(["series", "timestamp", "count", "authors"])
        for index in range(buckets):
            at = _iso(BEGIN + timedelta(seconds=MINUTE * index))
            counts = zip(names, posts[index], authors[index], strict=True)
            written.writerows((name, at, int(p), int(a)) for name, p, a in counts)
            tell(index + 1, buckets)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
