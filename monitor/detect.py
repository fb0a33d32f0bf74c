"""`seawall detect`: a file of counts in, the same rows with what the detector says of each out."""

import csv
import gzip
import math
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, pairwise
from pathlib import Path
from typing import Final, Literal, TextIO
from zoneinfo import ZoneInfo

import numpy as np

from alerts.failures import UnusableInput
from detectors import SeriesSetup, State
from detectors.kinds import seasonal
from monitor.configuration.values import shortened
from monitor.sources.lines import SAVE_AS, TIME_NEEDED, delimiter

COLUMNS: Final = ("series", "timestamp", "count", "expected", "upper", "score", "state")
LARGEST_COUNT: Final = 2**53
LONE_INTERVAL: Final = 60
"""Seconds a bucket lasts where no series has two rows to tell it from."""
PROGRESS_EVERY: Final = 1000

Absent = Literal["zero", "missing"]
Progress = Callable[[int, int], None]


class UnusableFileError(UnusableInput):
    """A file of counts that cannot be read at all; says where and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found; `malformed` holds (file:line, problem)."""

    rows: int
    series: int
    surges: int
    malformed: list[tuple[str, str]]


@dataclass(slots=True)
class Row:
    """One input row as given, its reading (epoch seconds, NaN where unknown), and its verdict."""

    series: str
    timestamp: str
    count: str
    moment: int | None = None
    posts: float = math.nan
    authors: float = math.nan
    verdict: tuple[str, str, str, str] = ("", "", "", "missing")


@dataclass(slots=True)
class Track:
    """A series' rows by bucket start, on one grid of `interval` seconds."""

    name: str
    rows: dict[int, Row] = field(default_factory=dict)
    interval: int = LONE_INTERVAL

    @property
    def phase(self) -> int:
        """Where its buckets start within the interval; most rows decide."""
        return Counter(moment % self.interval for moment in self.rows).most_common(1)[0][0]


def detect(
    source: Path,
    output: Path,
    *,
    interval: int | None = None,
    budget: float = 1.0,
    timezone: str = "UTC",
    absent: Absent = "missing",
    progress: Progress | None = None,
) -> Summary:
    """Judge every row of `source` and write `output` whole or not at all.

    `interval` is the width of a bucket in seconds (default: the commonest difference), `budget` the
    false surges allowed in 30 days on each series, `absent` what a bucket without a row means.
    Rows that cannot be judged are reported in the summary; UnusableFileError where no row can be.
    """
    refuse_output(source, output)
    malformed: list[tuple[str, str]] = []
    rows: list[Row] = []
    tracks: dict[str, Track] = {}
    for place, row, problem in read(source):
        rows.append(row)
        problem = problem or assign(row, tracks)  # noqa: PLW2901
        if problem is not None:
            malformed.append((place, problem))
    choose_intervals(tracks.values(), interval)
    zone = ZoneInfo(timezone)
    groups: dict[tuple[int, int], list[Track]] = {}
    for track in tracks.values():
        groups.setdefault((track.interval, track.phase), []).append(track)
    surges = sum(
        judge(members, width, phase, zone, budget, absent, progress)
        for (width, phase), members in groups.items()
    )
    write(output, rows)
    return Summary(len(rows), len({row.series for row in rows}), surges, malformed)


def refuse_output(source: Path, output: Path) -> None:
    """UnusableFileError where the output cannot be written, or would replace what is read."""
    if not output.parent.is_dir():
        raise UnusableFileError(
            f"{output.parent} is no folder; make it first, or name another output"
        )
    if output.exists() and output.samefile(source):
        raise UnusableFileError(f"{output} is what is read; name another output")


def read(source: Path) -> Iterator[tuple[str, Row, str | None]]:
    """Every row with its place (file:line) and what is wrong with it, if anything."""
    try:
        with opened(source) as file:
            header = file.readline()
            mark = delimiter(header, lambda columns: usable(map(str.lower, columns)))
            reader = csv.DictReader(chain([header], file), restval="", delimiter=mark)
            names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
            value = names.get("count", names.get("value"))
            if value is None or not usable(names):
                raise UnusableFileError(
                    f"{source}:1: needs the columns timestamp and count (or value), has "
                    f"{', '.join(names) or 'none'}: name the columns in the first line"
                )
            lone = source.name.removesuffix(".gz").removesuffix(".csv")
            for cells in reader:
                row = Row(
                    cells[names["series"]] if "series" in names else lone,
                    cells[names["timestamp"]],
                    cells[value],
                )
                authors = cells[names["authors"]] if "authors" in names else ""
                yield f"{source}:{reader.line_num}", row, understand(row, authors)
    except UnicodeDecodeError:
        raise UnusableFileError(f"{source} is not UTF-8; {SAVE_AS}") from None
    except csv.Error as error:
        raise UnusableFileError(f"{source} is no CSV: {error}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UnusableFileError(f"{source} is no whole gzip file") from None


def usable(columns: Iterable[str]) -> bool:
    """Whether a table with these columns holds counts.

    >>> usable(["timestamp", "value"])
    True
    """
    found = {*columns}
    return "timestamp" in found and not found.isdisjoint({"count", "value"})


def opened(source: Path) -> TextIO:
    """The file as text, unpacked where its name ends in .gz."""
    if source.suffix == ".gz":
        return gzip.open(source, "rt", encoding="utf-8-sig", newline="")
    return source.open(encoding="utf-8-sig", newline="")


def understand(row: Row, authors: str) -> str | None:
    """Read the row's cells into it; what is wrong with them, or None."""
    try:
        moment = instant(row.timestamp)
        row.posts, row.authors = whole(row.count), whole(authors)
    except ValueError as error:
        return str(error)
    row.moment = moment
    return None


def instant(text: str) -> int:
    """A time in seconds since 1970, in UTC unless it has an offset; ValueError where it is none.

    >>> instant("1970-01-01 01:00")
    3600
    """
    if not text.strip():
        raise ValueError("no time")
    try:
        moment = datetime.fromisoformat(text.strip())
        return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise ValueError(f"unreadable time `{shortened(text)}`: {TIME_NEEDED}") from None


def whole(text: str) -> float:
    """A count, NaN where empty; ValueError where it is negative, fractional or no number.

    >>> whole("104.0")
    104.0
    """
    if not text.strip():
        return math.nan
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (0 <= number <= LARGEST_COUNT and number == math.floor(number)):
        raise ValueError(f"count `{shortened(text)}` is no whole number of 0 or more")
    return number


def assign(row: Row, tracks: dict[str, Track]) -> str | None:
    """Give a readable row to its series' track; what is wrong with that, or None."""
    if row.moment is None:
        return "no time"
    track = tracks.setdefault(row.series, Track(row.series))
    if row.moment in track.rows:
        return f"`{shortened(row.series)}` has had this time before: give each bucket one row"
    track.rows[row.moment] = row
    return None


def choose_intervals(tracks: Iterable[Track], given: int | None) -> None:
    """Set each track's interval: as given, its commonest difference, or the whole file's.

    The file's is taken where a series' own does not divide its differences, as in sparse series.
    """
    pooled: Counter[int] = Counter()
    differences: list[tuple[Track, Counter[int]]] = []
    for track in tracks:
        steps = Counter(after - before for before, after in pairwise(sorted(track.rows)))
        pooled.update(steps)
        differences.append((track, steps))
    common = commonest(pooled) if pooled else LONE_INTERVAL
    for track, steps in differences:
        own = commonest(steps) if steps else common
        fits = all(step % own == 0 for step in steps)
        track.interval = given or (own if fits else common)


def commonest(steps: Counter[int]) -> int:
    """The most frequent difference, the smallest of several."""
    return min(steps, key=lambda step: (-steps[step], step))


def judge(
    tracks: list[Track],
    width: int,
    phase: int,
    zone: ZoneInfo,
    budget: float,
    absent: Absent,
    progress: Progress | None,
) -> int:
    """Run the series of one grid in lockstep, set their rows' verdicts; how many surges opened."""
    setups = [SeriesSetup(track.name, zone, budget) for track in tracks]
    detector = seasonal.build(seasonal.Options(), setups, width)
    placed = [by_bucket(track, width, phase) for track in tracks]
    spans = [(min(buckets), max(buckets)) for buckets in placed]
    due = set[int]()
    for span, buckets in zip(spans, placed, strict=True):
        due.update(filled(*span, width) if absent == "zero" else buckets)
    surges = 0
    for done, bucket in enumerate(sorted(due)):
        posts, authors = np.full(len(tracks), math.nan), np.full(len(tracks), math.nan)
        found: list[tuple[int, Row]] = []
        for index, ((first, last), buckets) in enumerate(zip(spans, placed, strict=True)):
            row = buckets.get(bucket)
            if row is not None:
                posts[index], authors[index] = row.posts, row.authors
                found.append((index, row))
            elif absent == "zero" and first <= bucket <= last:
                posts[index] = 0.0
        verdict = detector.observe(bucket, posts, authors)
        surges += int(np.count_nonzero(verdict.opened))
        if found:
            upper = detector.upper()
            for index, row in found:
                row.verdict = (
                    shown(verdict.expected[index]),
                    shown(upper[index]),
                    shown(verdict.score[index]),
                    State(int(verdict.state[index])).name.lower(),
                )
        if progress is not None and (done % PROGRESS_EVERY == 0 or done + 1 == len(due)):
            progress(done + 1, len(due))
    return surges


def by_bucket(track: Track, width: int, phase: int) -> dict[int, Row]:
    """The track's rows by the start of their bucket; of several in a bucket the first."""
    buckets: dict[int, Row] = {}
    for moment in sorted(track.rows):
        buckets.setdefault(moment - (moment - phase) % width, track.rows[moment])
    return buckets


def filled(first: int, last: int, width: int) -> range:
    """Every bucket from the first to the last."""
    return range(first, last + 1, width)


def shown(number: float) -> str:
    """A number as written to the output, empty where it is not known."""
    return "" if math.isnan(number) else f"{number:.6g}"


def write(output: Path, rows: Iterable[Row]) -> None:
    """Write the rows beside `output` and move the file there when it is whole."""
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows((row.series, row.timestamp, row.count, *row.verdict) for row in rows)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
