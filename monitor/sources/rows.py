"""Recorded files row by row: posts and counts out of CSV or JSON lines, and what is malformed."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from alerts.posts import Post
from monitor import language
from monitor.cleaning import AUTHOR_LIMIT, ID_LIMIT, URL_LIMIT, bounded, clean_text
from monitor.configuration import ALL, Configuration
from monitor.configuration.values import nearest, shortened, slug
from monitor.sources.delivery import Count
from monitor.sources.lines import (
    SAVE_AS,
    TIME_NEEDED,
    Lines,
    Numbered,
    RecordingError,
    RowError,
    delimiter,
    fields,
    opened,
)

EARLIEST_POST = datetime(2006, 1, 1, tzinfo=UTC)
EARLIEST_COUNT = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""How far after `now` a row's time may be; beyond it a clock or a zone is mistaken."""

MOST_PLATFORMS: Final = 100

_WHOLE = re.compile(r"(\d{1,12})(?:\.0*)?", re.ASCII)
_PLATFORM = re.compile(r"[a-z0-9]{1,40}(?:-[a-z0-9]{1,40}){0,3}", re.ASCII)


class Reader:
    """Reads the rows of files as a configuration says; `now` bounds the times that are believed.

    `position` is how many bytes of the file at hand have been read; `warnings` say what was taken
    for granted on the way, each once.
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
        self.warnings: list[str] = []

    def rows(self, path: Path) -> Iterator[tuple[int, Post | Count | RowError]]:
        """Every row of a file, in its order, with the physical line on which it begins.

        RecordingError where the file is of no use, or not a single row can be used.
        """
        usable, first = 0, ""
        with opened(path) as (file, lines):
            for number, row in self._rows(path, lines):
                self.position = file.tell()
                if isinstance(row, RowError):
                    first = first or f"{path}:{number}: {row}"
                else:
                    usable += 1
                yield number, row
            if lines.replaced:
                self._warn(f"{path} is not UTF-8; characters were replaced; {SAVE_AS}")
        if first and not usable:
            raise RecordingError(f"not one row of {path} can be used: {first}")

    def _rows(self, path: Path, lines: Lines) -> Numbered:
        head = lines.peek()
        if not head.strip():
            raise RecordingError(f"{path} is empty, or begins with an empty line")
        if "\0" in head:
            raise RecordingError(f"{path} is not UTF-8 text; save it as UTF-8")
        suffixes = {suffix.lower() for suffix in path.suffixes}
        if suffixes & {".jsonl", ".ndjson"} or head.startswith("{"):
            return self._json_posts(lines)
        table = fields(lines, delimiter(head, lambda columns: self._holds(columns) is not None))
        _, header = next(table)
        if isinstance(header, RowError):
            raise RecordingError(f"{path} is no CSV: {header}")
        header = [column.strip() for column in header]
        read = self._holds(header)
        if read is None:
            raise RecordingError(self._unknown(path, header))
        return read(path, header, table)

    def _holds(self, header: list[str]) -> "_ReadTable | None":
        """How to read a table with these columns: as posts, as counts, or not at all."""
        if {self._columns.created_at, self._columns.text} <= {*header}:
            return self._csv_posts
        if "timestamp" in header and {"count", "value"} & {*header}:
            return self._csv_counts
        return None

    def _json_posts(self, lines: Lines) -> Numbered:
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
        for number, cells in table:
            try:
                row = _checked(cells, header)
                yield number, self._post(*(None if i is None else row[i] for i in places))
            except RowError as error:
                yield number, error

    def _csv_counts(self, path: Path, header: list[str], table: Numbered) -> Numbered:
        stem = path.name.partition(".")[0]
        count = header.index("count" if "count" in header else "value")
        for number, cells in table:
            try:
                row = dict(zip(header, _checked(cells, header), strict=True))
                series = row.get("series", stem)
                yield (
                    number,
                    self._count(series, row["timestamp"], cells[count], row.get("authors")),
                )
            except RowError as error:
                yield number, error

    def _unknown(self, path: Path, header: list[str]) -> str:
        advice = (
            f"posts need `{self._columns.created_at}` (recording.columns.created_at), "
            f"`{self._columns.text}` (recording.columns.text) and `{self._columns.id}` "
            "(recording.columns.id); counts need `timestamp` and `count`"
        )
        if len(header) == 1 and "|" in header[0]:
            advice = "separate the columns by commas, semicolons or tabs"
        return f"{path} has the columns {_listed(header)}; {advice}"

    @cached_property
    def _wanted(self) -> dict[str, str]:
        """The columns of posts in the order in which `_post` takes them."""
        options = (
            *("id", "created_at", "text", "author", "lang", "platform", "url", "repost_of"),
            "reply_to",
        )
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
        reply_to: str | None,
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
            reply=None if reply_to is None else bool(reply_to.strip()),
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
                time = self._in_zone(time)
            time = time.astimezone(UTC)
        except (ValueError, OverflowError):
            raise RowError(f"unreadable time `{shortened(text)}`: {TIME_NEEDED}") from None
        if not earliest <= time <= self._latest:
            raise RowError(f"time `{shortened(text)}` is before {earliest:%Y} or in the future")
        return time

    def _in_zone(self, time: datetime) -> datetime:
        if "timezone" not in self._configuration.recording.model_fields_set:
            self._warn(f"times without an offset are read as {self._zone.key} (recording.timezone)")
        return time.replace(tzinfo=self._zone)

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)

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


_ReadTable = Callable[[Path, list[str], Numbered], Numbered]


def _objects(lines: Lines) -> Numbered:
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


def _checked(cells: Any, header: list[str]) -> Sequence[str]:
    if isinstance(cells, RowError):
        raise cells
    if len(cells) != len(header):
        raise RowError(f"{len(cells)} fields instead of {len(header)}")
    row: Sequence[str] = cells
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
