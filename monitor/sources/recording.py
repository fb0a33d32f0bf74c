"""Recorded posts and counts as a source that can be replayed: in order, in bounded memory."""

import hashlib
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final, Self

from alerts.posts import Post
from detectors.vocabulary import Series
from monitor.configuration import Configuration
from monitor.configuration.values import in_units
from monitor.sources.delivery import Count, Delivery, Malformed, Observed
from monitor.sources.lines import RecordingError, RowError
from monitor.sources.rows import Reader
from monitor.sources.spool import SeriesKey, Spool, microseconds, time, width
from monitor.topics import Matcher

__all__ = ["Recording", "RecordingError"]

MALFORMED_KEPT: Final = 100
FULL_BUCKET: Final = 10
"""A bucket is delivered in parts where it holds so many times `max_posts`."""

_DAY = width(timedelta(days=1))
_HOUR_S = 3600
_READ_AT_ONCE = 5_000
_CURSOR = re.compile(r"(\S+)(?: \+(\d+))?")

Key = tuple[str, str | None, str]
"""Brand, topic (None: all of the brand's) and platform."""


@dataclass(slots=True)
class _Stretch:
    """From when to when, in microseconds; `until` is not part of it."""

    since: int
    until: int


class Recording:
    """Files of recorded posts or counts, as one source. To be closed: it has a spool on disk.

    `malformed` has the first hundred rows that could not be used, `malformed_count` their number;
    `posts` and `counts` are how many rows could, `mentions` how many posts mention a brand.
    With `strict` the first of them raises RecordingError, as a file that is of no use always does.
    `now` bounds the times that are believed.
    """

    def __init__(
        self,
        files: Sequence[Path],
        configuration: Configuration,
        *,
        now: datetime,
        strict: bool = False,
    ) -> None:
        self.malformed: list[Malformed] = []
        self.malformed_count = 0
        self.posts, self.counts, self.mentions = 0, 0, 0
        self._files = list(files)
        self._configuration = configuration
        self._recorded = configuration.recording
        self._now = now
        self._strict = strict
        self._width = width(configuration.bucket)
        self._reader = Reader(configuration, now=now)
        self._matcher = Matcher(configuration)
        self._spool: Spool | None = None
        self._stretches: dict[Key, _Stretch] = {}
        self._rows_per_bucket: dict[SeriesKey, int] = {}
        self._since, self._until, self._already = 0, 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the spool."""
        if self._spool:
            self._spool.close()
            self._spool = None

    @cached_property
    def name(self) -> str:
        """Names the contents: the same files go on where they stopped, changed ones begin anew."""
        digests = sorted(_digest(path) for path in self._files)
        return "recording:" + hashlib.sha256("".join(digests).encode()).hexdigest()[:16]

    @property
    def platforms(self) -> list[str]:
        """The platforms of the rows and of what was observed; the configured one without any."""
        observed = {platform for _, _, platform in self._stretches}
        return sorted({*self._opened.platforms(), *observed}) or [self._recorded.platform]

    @property
    def warnings(self) -> list[str]:
        """What was taken for granted in reading, each once."""
        return self._reader.warnings

    @property
    def _opened(self) -> Spool:
        if self._spool is None:
            raise ValueError("the recording is not open")
        return self._spool

    def open(
        self, cursor: str | None = None, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Read all files; how many rows lie ahead of `cursor`, None being the start.

        `progress` is told how many bytes of how many have been read. Raises RecordingError, and
        ValueError for a cursor that no delivery had.
        """
        since, already = _parsed(cursor) if cursor else (None, 0)
        self.close()
        self.malformed, self.malformed_count = [], 0
        self.posts, self.counts, self.mentions = 0, 0, 0
        self._spool = Spool()
        try:
            seen = self._read(progress or (lambda _done, _total: None))
            self._rows_per_bucket = self._measured()
        except sqlite3.Error as error:
            folder = Path(self._spool.folder).parent
            raise RecordingError(
                f"the recording cannot be sorted in {folder}: {error}; name a larger one in TMPDIR"
            ) from None
        self._stretches = self._known_stretches(seen)
        first, self._until = self._extent()
        self._since = first if since is None else since
        self._already = already
        return self._opened.ahead(self._since) - already

    def deliveries(self, max_posts: int = 5_000) -> Iterator[Delivery]:
        """What lies ahead, in the order of (time, id), in batches that end with a bucket.

        A batch spans at most a day and has about `max_posts` rows. Only a bucket with ten times as
        many is delivered in parts; all but its last end where it begins, as nothing is complete.
        """
        since, bucket, batch = self._since, self._since, list[Post | Count]()
        skip, in_bucket = self._already, 0
        counted = _Counted(self._width, self._rows_per_bucket)
        for at, row in self._opened.rows(since):
            begin = at - at % self._width
            while begin >= since + _DAY or (begin > bucket and len(batch) >= max_posts):
                until = min(begin, since + _DAY)
                yield self._delivery(since, until, batch, counted)
                since, bucket, batch, in_bucket = until, until, [], 0
            if begin > bucket:
                bucket, in_bucket = begin, 0
            in_bucket += 1
            if isinstance(row, Count):
                counted.note(row, begin)
            if skip:
                skip -= 1
                continue
            batch.append(row)
            if len(batch) >= FULL_BUCKET * max_posts:
                yield self._delivery(since, bucket, batch, counted, already=in_bucket)
                since, batch = bucket, []
        while since < self._until:
            until = min(self._until, since + _DAY)
            yield self._delivery(since, until, batch, counted)
            since, batch = until, []

    def _delivery(
        self,
        since: int,
        until: int,
        batch: list[Post | Count],
        counted: "_Counted",
        *,
        already: int = 0,
    ) -> Delivery:
        stretches = [
            (key, _Stretch(max(stretch.since, since), min(stretch.until, until)))
            for key, stretch in self._stretches.items()
        ]
        if self._recorded.absent == "missing":
            stretches += [
                (key, self._declared(key[0], stretch, widen=False))
                for key, stretch in counted.taken(until)
            ]
        return Delivery(
            source=self.name,
            until=time(until),
            cursor=time(until).isoformat() + (f" +{already}" if already else ""),
            posts=[row for row in batch if isinstance(row, Post)],
            counts=[row for row in batch if isinstance(row, Count)],
            observed=[
                Observed(brand, platform, time(stretch.since), time(stretch.until), topic)
                for (brand, topic, platform), stretch in stretches
                if stretch.since < stretch.until
            ],
        )

    def _read(self, progress: Callable[[int, int], None]) -> dict[Key, _Stretch]:
        """Spool all files; from when to when each brand is mentioned on each platform."""
        seen: dict[Key, _Stretch] = {}
        done, total = 0, sum(_size(path) for path in self._files)
        for path in self._files:
            rows = self._reader.rows(path)
            while some := list(islice(rows, _READ_AT_ONCE)):
                posts = [row for _, row in some if isinstance(row, Post)]
                self._opened.add_posts(posts)
                self._see(posts, seen)
                for number, row in some:
                    if isinstance(row, RowError):
                        self._reject(f"{path}:{number}", str(row))
                    elif isinstance(row, Count):
                        self._count(f"{path}:{number}", row)
                progress(done + self._reader.position, total)
            done += _size(path)
        progress(total, total)
        return seen

    def _see(self, posts: list[Post], seen: dict[Key, _Stretch]) -> None:
        self.posts += len(posts)
        for post in posts:
            matches = self._matcher.mentions(post)
            self.mentions += bool(matches)
            for match in matches:
                at = microseconds(post.created_at)
                key = match.brand, None, post.platform
                stretch = seen.setdefault(key, _Stretch(at, at))
                stretch.since, stretch.until = min(stretch.since, at), max(stretch.until, at)

    def _count(self, place: str, row: Count) -> None:
        if self._opened.add_count(row):
            self.counts += 1
        else:
            self._reject(place, "its series has a count for this time")

    def _reject(self, place: str, problem: str) -> None:
        if self._strict:
            raise RecordingError(f"{place}: {problem}")
        self.malformed_count += 1
        if len(self.malformed) < MALFORMED_KEPT:
            self.malformed.append(Malformed(place, problem))

    def _known_stretches(self, seen: dict[Key, _Stretch]) -> dict[Key, _Stretch]:
        """What has been observed of each brand, as far as that does not depend on absent rows."""
        stretches = {key: self._buckets(each.since, each.until) for key, each in seen.items()}
        if self._recorded.absent == "zero":
            stretches |= {key: self._buckets(*extent) for key, *extent in self._opened.counted()}
        for brand, span in self._recorded.observed.items():
            silent = seen and not any(key[0] == brand for key in stretches)
            if silent and span.since and span.until:
                stretches[brand, None, self._recorded.platform] = _Stretch(0, 0)
        return {
            key: self._declared(key[0], stretch, widen=True) for key, stretch in stretches.items()
        }

    def _buckets(self, first: int, last: int) -> _Stretch:
        """From the beginning of the first instant's bucket to the end of the last one's."""
        return _Stretch(first - first % self._width, last - last % self._width + self._width)

    def _declared(self, brand: str, stretch: _Stretch, *, widen: bool) -> _Stretch:
        """The stretch with the ends that the configuration declares; only cut unless `widen`."""
        span = self._recorded.observed.get(brand)
        since, until = stretch.since, stretch.until
        if span and span.since:
            since = -(-microseconds(span.since) // self._width) * self._width
        if span and span.until:
            until = microseconds(min(span.until, self._now)) // self._width * self._width
        if widen:
            return _Stretch(since, until)
        return _Stretch(max(since, stretch.since), min(until, stretch.until))

    def _extent(self) -> tuple[int, int]:
        """From when to when there is anything to deliver."""
        ends = [stretch for stretch in self._stretches.values() if stretch.since < stretch.until]
        if extent := self._opened.extent():
            ends.append(self._buckets(*extent))
        return min((e.since for e in ends), default=0), max((e.until for e in ends), default=0)

    def _measured(self) -> dict[SeriesKey, int]:
        """How many rows a whole bucket of each counted series has.

        Raises RecordingError where its rows are further apart than a bucket is wide.
        """
        steps: dict[SeriesKey, int] = {}
        for key, gaps in self._opened.gaps():
            commonest, times = smallest, total = next(gaps)
            for gap, often in gaps:
                smallest, total = min(smallest, gap), total + often
            regular = 2 * times >= total and self._recorded.absent == "missing"
            steps[key] = commonest if regular else smallest
        if self._recorded.absent == "zero":
            # Rows are left out, so only the smallest gap of all tells how far apart they can be.
            steps = {min(steps, key=lambda key: steps[key]): min(steps.values())} if steps else {}
        for key, step in steps.items():
            if step > self._width:
                raise RecordingError(self._too_far_apart(key, step))
        return {key: self._width // step for key, step in steps.items()}

    def _too_far_apart(self, key: SeriesKey, step: int) -> str:
        fitting = next(
            (s for s in range(60, _HOUR_S + 1) if _HOUR_S % s == 0 and s >= step / 1e6), 0
        )
        remedy = (
            f"set `bucket: {in_units(fitting)}`"
            if fitting
            else "counts are needed for every hour, or more often"
        )
        unusable = (
            f"; {self.malformed_count} rows could not be used, the first: "
            f"{self.malformed[0].place}: {self.malformed[0].problem}"
            if self.malformed
            else ""
        )
        return (
            f"the counts of {Series(*key)} are {in_units(step / 1e6)} apart, but a bucket has "
            f"{in_units(self._width / 1e6)}: {remedy}{unusable}"
        )


class _Counted:
    """Which buckets have all their rows of counts, series by series; rows come in their order."""

    def __init__(self, width: int, rows_per_bucket: dict[SeriesKey, int]) -> None:
        self._width = width
        self._rows_per_bucket = rows_per_bucket
        self._rows: defaultdict[SeriesKey, dict[int, int]] = defaultdict(dict)

    def note(self, row: Count, bucket: int) -> None:
        """A row has been read."""
        rows = self._rows[row.brand, row.topic, row.platform]
        rows[bucket] = rows.get(bucket, 0) + 1

    def taken(self, until: int) -> Iterator[tuple[Key, _Stretch]]:
        """The runs of whole buckets before `until`; they are forgotten with that."""
        for key, rows in self._rows.items():
            run: _Stretch | None = None
            for bucket in [bucket for bucket in rows if bucket < until]:
                whole = rows.pop(bucket) >= self._rows_per_bucket.get(key, 1)
                if run and not (whole and run.until == bucket):
                    yield key, run
                    run = None
                if whole:
                    run = run or _Stretch(bucket, bucket)
                    run.until = bucket + self._width
            if run:
                yield key, run


def _parsed(cursor: str) -> tuple[int, int]:
    """The instant to go on from, and how many rows from there on have been delivered already."""
    found = _CURSOR.fullmatch(cursor)
    if not found:
        raise ValueError(f"{cursor[:80]!r} is no cursor of a recording")
    return microseconds(datetime.fromisoformat(found[1])), int(found[2] or 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from None
