"""Recorded files row by row: posts and counts out of CSV or JSON lines, and what is malformed."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

from alerts.posts import Post
from monitor import language
from monitor.cleaning import AUTHOR_LIMIT, ID_LIMIT, URL_LIMIT, bounded, clean_text
from monitor.configuration import ALL, Configuration
from monitor.configuration.values import nearest, shortened, slug
from monitor.sources.delivery import Count

EARLIEST_POST = datetime(2006, 1, 1, tzinfo=UTC)
EARLIEST_COUNT = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""How far after `now` a row's time may be; beyond it a clock or a zone is mistaken."""

LONGEST_FIELD: Final = 1_000_000
LONGEST_LINE: Final = 4_000_000
"""Characters; a field or a line beyond it is malformed."""

MOST_PLATFORMS: Final = 100

_WHOLE = re.compile(r"(\d{1,12})(?:\.0*)?", re.ASCII)
_PLATFORM = re.compile(r"[a-z0-9]{1,40}(?:-[a-z0-9]{1,40}){0,3}", re.ASCII)

Numbered = Iterator[tuple[int, Any]]
"""Physical line numbers, each with what begins there, or the RowError that keeps it from use."""


class RecordingError(Exception):
    """A recording cannot be used as it is; the message names the file and says what to do."""


class RowError(ValueError):
    """One row cannot be used; the message says why."""


class Reader:
    """Reads the rows of files as a configuration says; `now` bounds the times that are believed.

    `position` is how many bytes of the file at hand have been read.
    """

    def __init__(self, configuration: Configuration, *, now: datetime) -> None:
        self._configuration = configuration
        self._columns = configuration.recording.columns
        self._platform = configuration.recording.platform
        self._zone = configuration.recording.zone
        self._latest = now + AHEAD
        self._series: dict[str, tuple[str, str, str]] = {}
        self._platforms = {self._platform}
        self.position = 0

    def rows(self, path: Path) -> Iterator[tuple[int, Post | Count | RowError]]:
        """Every row of a file, in its order, with the physical line on which it begins.

        RecordingError where the file is of no use, or not a single row can be used.
        """
        usable, first = 0, ""
        with _opened(path) as (file, text):
            for number, row in self._rows(path, _Lines(text)):
                self.position = file.tell()
                if isinstance(row, RowError):
                    first = first or f"{path}:{number}: {row}"
                else:
                    usable += 1
                yield number, row
        if first and not usable:
            raise RecordingError(f"not one row of {path} can be used: {first}")

    def _rows(self, path: Path, lines: "_Lines") -> Numbered:
        head = lines.peek()
        if not head.strip():
            raise RecordingError(f"{path} is empty, or begins with an empty line")
        if "\0" in head:
            raise RecordingError(f"{path} is not UTF-8 text; save it as UTF-8")
        suffixes = {suffix.lower() for suffix in path.suffixes}
        if suffixes & {".jsonl", ".ndjson"} or head.startswith("{"):
            return self._json_posts(lines)
        table = _fields(lines)
        _, header = next(table)
        if isinstance(header, RowError):
            raise RecordingError(f"{path} is no CSV: {header}")
        header = [column.strip() for column in header]
        if {self._columns.created_at, self._columns.text} <= {*header}:
            return self._csv_posts(path, header, table)
        if "timestamp" in header and {"count", "value"} & {*header}:
            return self._csv_counts(path, header, table)
        raise RecordingError(self._unknown(path, header))

    def _json_posts(self, lines: "_Lines") -> Numbered:
        for number, data in _objects(lines):
            try:
                yield number, self._post(*(_found(data, key) for key in self._wanted.values()))
            except RowError as error:
                yield number, error

    def _csv_posts(self, path: Path, header: list[str], table: Numbered) -> Numbered:
        for option in {"id", *self._columns.model_fields_set}:
            if self._wanted[option] not in header:
                raise RecordingError(
                    f"{path} has no column `{self._wanted[option]}`; it has {_listed(header)}: "
                    f"set `recording.columns.{option}`"
                )
        places = [header.index(c) if c in header else None for c in self._wanted.values()]
        for number, fields in table:
            try:
                row = _checked(fields, header)
                yield number, self._post(*(None if i is None else row[i] for i in places))
            except RowError as error:
                yield number, error

    def _csv_counts(self, path: Path, header: list[str], table: Numbered) -> Numbered:
        stem = path.name.partition(".")[0]
        count = header.index("count" if "count" in header else "value")
        for number, fields in table:
            try:
                row = dict(zip(header, _checked(fields, header), strict=True))
                series = row.get("series", stem)
                yield (
                    number,
                    self._count(series, row["timestamp"], fields[count], row.get("authors")),
                )
            except RowError as error:
                yield number, error

    def _unknown(self, path: Path, header: list[str]) -> str:
        advice = (
            f"posts need `{self._columns.created_at}` (recording.columns.created_at), "
            f"`{self._columns.text}` (recording.columns.text) and `{self._columns.id}` "
            "(recording.columns.id); counts need `timestamp` and `count`"
        )
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            advice = "separate the columns by commas"
        return f"{path} has the columns {_listed(header)}; {advice}"

    @cached_property
    def _wanted(self) -> dict[str, str]:
        """The columns of posts in the order in which `_post` takes them."""
        options = ("id", "created_at", "text", "author", "lang", "platform", "url", "repost_of")
        return {option: getattr(self._columns, option) for option in options}

    def _post(
        self,
        id: str | None,
        created_at: str | None,
        text: str | None,
        author: str | None,
        lang: str | None,
        platform: str | None,
        url: str | None,
        repost_of: str | None,
    ) -> Post:
        id = id.strip() if id else ""
        if not id:
            raise RowError("no id")
        if not text or not text.strip():
            raise RowError("no text")
        return Post(
            platform=self._known_platform(platform) if platform else self._platform,
            id=bounded(id, ID_LIMIT),
            created_at=self._time(created_at, EARLIEST_POST),
            text=clean_text(text),
            author=bounded(author, AUTHOR_LIMIT) if author else None,
            lang=_language(lang) if lang else None,
            url=bounded(url, URL_LIMIT) if url else None,
            repost_of=bounded(repost_of, ID_LIMIT) if repost_of else None,
        )

    def _count(self, series: str, timestamp: str, count: str, authors: str | None) -> Count:
        brand, topic, platform = self._series.get(series) or self._known_series(series)
        at = self._time(timestamp, EARLIEST_COUNT)
        posts = _number("count", count)
        people = _number("authors", authors) if authors else None
        if people is not None and people > posts:
            raise RowError(f"{people} authors of {posts} posts")
        return Count(brand, topic, platform, at, posts, people)

    def _time(self, text: str | None, earliest: datetime) -> datetime:
        if not text or not text.strip():
            raise RowError("no time")
        try:
            time = datetime.fromisoformat(text.strip())
            if time.tzinfo is None:
                time = time.replace(tzinfo=self._zone)
            time = time.astimezone(UTC)
        except (ValueError, OverflowError):
            raise RowError(f"unreadable time `{shortened(text)}`: ISO 8601 is needed") from None
        if not earliest <= time <= self._latest:
            raise RowError(f"time `{shortened(text)}` is before {earliest:%Y} or in the future")
        return time

    def _known_platform(self, text: str) -> str:
        platform = text.strip().lower()
        if platform not in self._platforms:
            if not _PLATFORM.fullmatch(platform):
                raise RowError(f"`{shortened(platform)}` is no platform: letters, digits, hyphens")
            if len(self._platforms) > MOST_PLATFORMS:
                raise RowError(f"more than {MOST_PLATFORMS} platforms: is it the right column?")
            self._platforms.add(platform)
        return platform

    def _known_series(self, text: str) -> tuple[str, str, str]:
        """Read `brand`, `brand/topic` or `brand/topic@platform`; names may be written as names."""
        head, _, platform = text.strip().partition("@")
        name, _, topic = head.partition("/")
        brands = self._configuration.brands
        brand = name if name in brands else slug(name)
        if brand not in brands:
            raise RowError(f"unknown brand in series `{shortened(text)}`: {nearest(brand, brands)}")
        topics = self._configuration.topics_of(brand)
        chosen = topic if topic in topics else slug(topic) if topic else ALL
        if chosen not in topics:
            raise RowError(
                f"unknown topic in series `{shortened(text)}`: {nearest(chosen, topics)}"
            )
        found = brand, chosen, self._known_platform(platform) if platform else self._platform
        self._series[text] = found
        return found


class _Lines:
    """The lines of a text, counted; one that is too long is skipped and raises RowError."""

    def __init__(self, stream: IO[str]) -> None:
        self.number = 0
        self._stream = stream
        self._peeked: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, self._peeked = self.peek(), None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST_LINE:
            while line and not line.endswith("\n"):
                line = self._stream.readline(LONGEST_LINE)
            raise RowError(f"the line is longer than {LONGEST_LINE:,} characters")
        return line

    def peek(self) -> str:
        """The next line, which stays the next."""
        if self._peeked is None:
            self._peeked = self._stream.readline(LONGEST_LINE)
        return self._peeked


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[str]]]:
    """A file as bytes, to see how far it was read, and as text; gzip is undone."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            content: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            yield raw, io.TextIOWrapper(content, "utf-8-sig", errors="replace", newline="\n")
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise RecordingError(f"{path} is no whole gzip file") from None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}") from None


def _fields(lines: _Lines) -> Numbered:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(lines, strict=True)
    while True:
        number = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except (csv.Error, RowError) as error:
            yield number, RowError(str(error))
        else:
            if fields:
                yield number, fields


def _objects(lines: _Lines) -> Numbered:
    while True:
        number = lines.number + 1
        try:
            line = next(lines)
            if line.strip():
                yield number, json.loads(line)
        except StopIteration:
            return
        except RowError as error:
            yield number, error
        except (ValueError, RecursionError):
            yield number, RowError("no valid JSON")


def _checked(fields: Any, header: list[str]) -> Sequence[str]:
    if isinstance(fields, RowError):
        raise fields
    if len(fields) != len(header):
        raise RowError(f"{len(fields)} fields instead of {len(header)}")
    row: Sequence[str] = fields
    return row


def _found(data: Any, key: str) -> str | None:
    """What stands under a key, as text; dots in it reach into objects."""
    if isinstance(data, RowError):
        raise data
    if not isinstance(data, dict):
        raise RowError("no JSON object")
    if key not in data:
        for part in key.split("."):
            data = data.get(part) if isinstance(data, dict) else None
    else:
        data = data[key]
    if data is None or isinstance(data, str):
        return data
    if isinstance(data, int) and not isinstance(data, bool):
        return f"{data:d}"
    raise RowError(f"`{shortened(key)}` is no text")


def _number(what: str, text: str) -> int:
    found = _WHOLE.fullmatch(text.strip())
    if not found:
        raise RowError(f"{what} `{shortened(text)}` is no whole number of 0 or more")
    return int(found[1])


def _language(tag: str) -> str | None:
    try:
        return language.normalise(tag)
    except ValueError:
        return None


def _listed(columns: Sequence[str]) -> str:
    some = ", ".join(f"`{shortened(column)}`" for column in columns[:20])
    return some + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")
