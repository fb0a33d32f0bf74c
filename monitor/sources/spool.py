"""Rows put in order on disk, so that recordings of any size are sorted in bounded memory."""

import heapq
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from alerts.posts import Post
from monitor.sources.delivery import Count

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -16000;
CREATE TABLE post (
    at INTEGER, id TEXT, platform TEXT, text TEXT, author TEXT, lang TEXT, url TEXT, repost_of TEXT,
    reply INTEGER
);
CREATE TABLE count (
    at INTEGER, brand TEXT, topic TEXT, platform TEXT, posts INTEGER, authors INTEGER,
    PRIMARY KEY (brand, topic, platform, at)
) WITHOUT ROWID;
BEGIN;
"""

SeriesKey = tuple[str, str, str]
"""Brand, topic and platform."""


class Spool:
    """A temporary folder with one table of posts and one of counts; instants are microseconds.

    Filled in one thread and read in another, never in two at once. Raises sqlite3.Error where the
    disk is full.
    """

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="seawall-")
        self._rows = sqlite3.connect(
            Path(self.folder) / "rows", isolation_level=None, check_same_thread=False
        )
        self._rows.executescript(_SCHEMA)

    def close(self) -> None:
        """Remove it."""
        self._rows.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_posts(self, posts: Sequence[Post]) -> None:
        """Keep posts."""
        self._rows.executemany(
            "INSERT INTO post VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    microseconds(post.created_at),
                    post.id,
                    post.platform,
                    post.text,
                    post.author,
                    post.lang,
                    post.url,
                    post.repost_of,
                    post.reply,
                )
                for post in posts
            ],
        )

    def add_count(self, count: Count) -> bool:
        """Keep a count; False where its series has one for that instant already."""
        at = microseconds(count.at)
        row = (at, count.brand, count.topic, count.platform, count.posts, count.authors)
        added = self._rows.execute("INSERT OR IGNORE INTO count VALUES (?, ?, ?, ?, ?, ?)", row)
        return added.rowcount == 1

    def extent(self) -> tuple[int, int] | None:
        """The instants of the first and the last row; None where there is no row."""
        first, last = self._rows.execute(
            "SELECT min(at), max(at) FROM (SELECT at FROM post UNION ALL SELECT at FROM count)"
        ).fetchone()
        return None if first is None else (first, last)

    def ahead(self, since: int) -> int:
        """How many rows there are from an instant on."""
        (rows,) = self._rows.execute(
            "SELECT (SELECT count(*) FROM post WHERE at >= ?1)"
            " + (SELECT count(*) FROM count WHERE at >= ?1)",
            [since],
        ).fetchone()
        return int(rows)

    def platforms(self) -> list[str]:
        """The platforms of all rows, by name."""
        rows = self._rows.execute("SELECT platform FROM post UNION SELECT platform FROM count")
        return sorted(platform for (platform,) in rows)

    def counted(self) -> list[tuple[SeriesKey, int, int]]:
        """Every counted series with the instants of its first and its last row."""
        rows = self._rows.execute(
            "SELECT brand, topic, platform, min(at), max(at) FROM count GROUP BY 1, 2, 3"
        )
        return [
            ((brand, topic, platform), first, last) for brand, topic, platform, first, last in rows
        ]

    def gaps(self) -> Iterator[tuple[SeriesKey, Iterator[tuple[int, int]]]]:
        """Per counted series the gaps between its rows and how often each: the commonest first."""
        rows = self._rows.execute(
            "SELECT brand, topic, platform, gap, count(*) FROM ("
            " SELECT brand, topic, platform, at - lag(at) OVER series AS gap FROM count"
            " WINDOW series AS (PARTITION BY brand, topic, platform ORDER BY at)"
            ") WHERE gap IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 5 DESC, 4"
        )
        for key, group in groupby(rows, key=itemgetter(0, 1, 2)):
            yield key, ((gap, times) for *_, gap, times in group)

    def rows(self, since: int) -> Iterator[tuple[int, Post | Count]]:
        """Every row from an instant on, with its instant: in the order of (time, id)."""
        posts = self._rows.execute(
            "SELECT at, platform, id, text, author, lang, url, repost_of, reply FROM post "
            "WHERE at >= ? ORDER BY at, id, rowid",
            [since],
        )
        counts = self._rows.execute(
            "SELECT at, brand, topic, platform, posts, authors FROM count WHERE at >= ? "
            "ORDER BY at, brand, topic, platform",
            [since],
        )
        return heapq.merge(
            (
                (at, Post(platform, id, time(at), *rest, _told(reply)))  # type: ignore[call-arg]
                for at, platform, id, *rest, reply in posts
            ),
            (
                (at, Count(brand, topic, platform, time(at), number, authors))
                for at, brand, topic, platform, number, authors in counts
            ),
            key=itemgetter(0),
        )


def _told(said: int | None) -> bool | None:
    return None if said is None else bool(said)


def microseconds(at: datetime) -> int:
    """The instant in microseconds since 1970, exactly."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def time(at: int) -> datetime:
    """The same back as an aware time in UTC."""
    return _EPOCH + timedelta(microseconds=at)


def width(duration: timedelta) -> int:
    """A duration in microseconds."""
    return duration // _MICROSECOND
