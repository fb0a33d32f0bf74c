"""A panel: the series of one platform, their open buckets, and the detector that judges them."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil

import numpy as np
from numpy.typing import NDArray

from detectors import Detector, Series, Verdict
from detectors.contract import Booleans, Floats
from monitor.sources.delivery import Observed
from monitor.store.volume import Changes, SampleRow

RETURNING_AFTER_S = 3600.0
"""An author counts again on a topic after not having been seen on it for an hour."""

SNAPSHOT_EVERY_S = 3600
"""A snapshot holds the state at a whole hour of observed time."""

State = dict[str, NDArray[np.generic]]
"""A detector's state: named arrays."""

Interval = tuple[float, float]
"""From when until before when, in epoch seconds."""

NEVER = 2**62
LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    """The aware time of epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(slots=True)
class Tally:
    """What one bucket of a series has so far; authors None where a source does not know them."""

    posts: int = 0
    authors: int | None = 0

    def add(self, posts: int, authors: int | None) -> None:
        """Add posts, and authors not seen before; once unknown, authors stay unknown."""
        self.posts += posts
        self.authors = None if self.authors is None or authors is None else self.authors + authors


@dataclass(frozen=True, slots=True)
class Closed:
    """A bucket that was judged: its end, what the detector saw and said."""

    end: datetime
    posts: Floats
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Acceptance:
    """People found `factor` times what was expected of the series at `position` to be normal.

    It holds with the first bucket observed from `since` (epoch seconds) on.
    """

    position: int
    since: int
    factor: float


@dataclass(slots=True)
class Panel:
    """Counts posts into buckets, and judges every bucket that the sources have observed to its end.

    `ids` are the store's ids of `series`; `since` the bucket start (epoch seconds) from which each
    counts; `width` is the bucket's in seconds.
    """

    platform: str
    series: Sequence[Series]
    ids: Sequence[int]
    since: Sequence[int]
    detector: Detector
    width: int
    closed_until: int | None = None
    snapshot: tuple[int, State] | None = None
    latest: Closed | None = None
    accepted: Sequence[Acceptance] = ()
    _index: dict[tuple[str, str], int] = field(init=False)
    _of_brand: dict[str, list[int]] = field(init=False, default_factory=dict)
    _position: dict[int, int] = field(init=False)
    _open: dict[int, dict[int, Tally]] = field(init=False, default_factory=dict)
    _late: dict[tuple[int, int], Tally] = field(init=False, default_factory=dict)
    _recounted: dict[tuple[int, int], Tally] = field(init=False, default_factory=dict)
    _seen: dict[tuple[int, str], float] = field(init=False, default_factory=dict)
    _swept_at: float = field(init=False, default=0.0)
    _intervals: list[list[Interval]] = field(init=False)
    _learned_late: list[list[Interval]] = field(init=False)
    _whole: list[list[tuple[int, int]]] = field(init=False)
    _observed: Booleans = field(init=False)
    _valid: tuple[int, int] = field(init=False, default=(NEVER, -NEVER))

    def __post_init__(self) -> None:
        self._index = {(one.brand, one.topic): i for i, one in enumerate(self.series)}
        for i, one in enumerate(self.series):
            self._of_brand.setdefault(one.brand, []).append(i)
        self._position = {id: i for i, id in enumerate(self.ids)}
        self._intervals = [[] for _ in self.series]
        self._learned_late = [[] for _ in self.series]
        self._whole = [[] for _ in self.series]
        self._observed = np.zeros(len(self.series), dtype=np.bool_)

    @property
    def version(self) -> str:
        """Of the detector and its series: a snapshot fits only the version that it was taken of."""
        parts = [self.detector.version, *map(str, self.series), *map(str, self.ids)]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def has(self, brand: str, topic: str) -> bool:
        """Whether a brand's topic is among its series."""
        return (brand, topic) in self._index

    def index(self, brand: str, topic: str) -> int:
        """The position of a series; KeyError where the configuration has no such topic."""
        return self._index[(brand, topic)]

    def add_post(self, at: float, author: str | None, members: Iterable[int]) -> None:
        """Count a post of `at` (epoch seconds) on the series at these positions."""
        bucket = int(at // self.width) * self.width
        for i in members:
            self._tally(bucket, i).add(1, self._newly_seen(i, author, at))
        if at - self._swept_at > RETURNING_AFTER_S:
            horizon = at - RETURNING_AFTER_S
            self._seen = {who: last for who, last in self._seen.items() if last > horizon}
            self._swept_at = at

    def add_count(self, at: float, i: int, posts: int, authors: int | None) -> None:
        """Add what a source counted itself; of a bucket that is closed it is the newest word."""
        bucket = int(at // self.width) * self.width
        if self._is_closed(bucket):
            self._recounted.setdefault((i, bucket), Tally()).add(posts, authors)
        else:
            self._tally(bucket, i).add(posts, authors)

    def remember_author(self, id: int, author: str, at: float) -> None:
        """Somebody was seen on the series with this id, before this process."""
        self._seen[(self._position[id], author)] = at

    def observe(
        self, brand: str, topic: str | None, since: datetime, until: datetime, *, late: bool = False
    ) -> None:
        """A source has observed a brand, or one topic of it, from `since` until `until`.

        `late`: it says so after these buckets were judged without it, which stays as it was.
        """
        intervals = self._learned_late if late else self._intervals
        for i in self._members(brand, topic):
            begin, end = max(since.timestamp(), self.since[i]), until.timestamp()
            if begin < end:
                _join(intervals[i], begin, end)
                if not late:
                    self._whole[i] = [*self._buckets(intervals[i])]
        self._valid = (NEVER, -NEVER)

    def knows(self, one: Observed) -> bool:
        """Whether that was observed, and judged in time, already."""
        since, until = one.since.timestamp(), one.until.timestamp()
        return all(
            any(start <= max(since, self.since[i]) and until <= end for start, end in known)
            for i in self._members(one.brand, one.topic)
            for known in [self._intervals[i]]
        )

    def _members(self, brand: str, topic: str | None) -> Iterable[int]:
        if topic is not None:
            return [self._index[brand, topic]] if self.has(brand, topic) else []
        return self._of_brand.get(brand, ())

    def due(self, until: int) -> int | None:
        """The next bucket (its start) observed and ended by `until`; gaps are passed over."""
        bucket = self._first if self.closed_until is None else self.closed_until
        while bucket + self.width <= until:
            if not self._valid[0] <= bucket < self._valid[1]:
                self._look(bucket)
            if self._observed.any():
                return bucket
            bucket = min(self._valid[1], until // self.width * self.width)
            self.closed_until = bucket
        return None

    def judge(self, bucket: int) -> Closed:
        """Close the bucket that is due: what the detector says of it, and learns from it."""
        posts = np.zeros(len(self.series))
        authors = np.zeros(len(self.series))
        for i, tally in self._open.get(bucket, {}).items():
            posts[i] = tally.posts
            authors[i] = np.nan if tally.authors is None else tally.authors
        posts[~self._observed] = np.nan
        self._accept(bucket)
        verdict = self.detector.observe(bucket, posts, authors)
        self.closed_until = bucket + self.width
        if self.closed_until % SNAPSHOT_EVERY_S == 0:
            self.snapshot = (self.closed_until, self.detector.save())
        self.latest = Closed(moment(self.closed_until), posts, verdict)
        return self.latest

    def _accept(self, bucket: int) -> None:
        """Have the detector accept, before this bucket, what holds from it on."""
        due = [one for one in self.accepted if one.since <= bucket and self._observed[one.position]]
        if due:
            self.accepted = [one for one in self.accepted if one not in due]
            factors = {one.position: 1.0 for one in due}
            for one in due:
                factors[one.position] *= one.factor
            self.detector.accept(np.array([*factors]), np.array([*factors.values()]))

    def take_closed(self) -> Changes:
        """Samples of the buckets closed since they were last taken, which are then forgotten.

        Posts of a bucket that was not observed are no sample: missing is not a number.
        """
        rows = []
        for bucket in sorted(bucket for bucket in self._open if self._is_closed(bucket)):
            at, tallies = moment(bucket), self._open.pop(bucket)
            for i, tally in sorted(tallies.items()):
                if self.was_observed(i, bucket):
                    seen = (tally.posts, tally.authors)
                    rows.append(SampleRow(self.ids[i], at, *seen, *seen))
        return Changes(rows, {}, {})

    def take_changes(self) -> Changes:
        """All that has changed: closed buckets, open ones as they are, and what came late."""
        rows = self.take_closed().rows
        for bucket in sorted(self._open):
            at = moment(bucket)
            for i, tally in sorted(self._open[bucket].items()):
                rows.append(SampleRow(self.ids[i], at, tally.posts, tally.authors, None, None))
        changes = Changes(rows, self._dated(self._late), self._dated(self._recounted))
        self._late, self._recounted = {}, {}
        return changes

    def _dated(
        self, tallies: dict[tuple[int, int], Tally]
    ) -> dict[tuple[int, datetime], tuple[int, int | None]]:
        return {
            (self.ids[i], moment(bucket)): (tally.posts, tally.authors)
            for (i, bucket), tally in tallies.items()
        }

    def continue_open(self, rows: Iterable[SampleRow]) -> None:
        """Take up the buckets that no detector has judged yet."""
        for row in rows:
            bucket = int(row.bucket.timestamp())
            self._open.setdefault(bucket, {})[self._position[row.series]] = Tally(
                row.posts, row.authors
            )

    def rerun(
        self, rows: Iterable[SampleRow], since: int | None, until: int, *, as_seen: bool
    ) -> None:
        """Bring the detector's state from `since` to `until`; verdicts that were given stand.

        `as_seen`: it sees again what it saw then; a new detector learns from what is known now.
        """
        for row in rows:
            seen = (row.posts, row.authors)
            if as_seen:
                seen = (row.posts_at_close or 0, row.authors_at_close)
            if seen[0] or seen[1] is None:
                tallies = self._open.setdefault(int(row.bucket.timestamp()), {})
                tallies[self._position[row.series]] = Tally(*seen)
        self.closed_until = since
        if since is not None:  # what came before is part of the state
            self.accepted = [
                one
                for one in self.accepted
                if not any(
                    start < since and one.since < end for start, end in self._whole[one.position]
                )
            ]
        while (bucket := self.due(until)) is not None:
            self.judge(bucket)
        self.closed_until = until
        self._open.clear()

    def _is_closed(self, bucket: int) -> bool:
        return self.closed_until is not None and bucket < self.closed_until

    def _tally(self, bucket: int, i: int) -> Tally:
        if self._is_closed(bucket):
            return self._late.setdefault((i, bucket), Tally())
        tallies = self._open.get(bucket)
        if tallies is None:
            tallies = self._open[bucket] = {}
        tally = tallies.get(i)
        if tally is None:
            tally = tallies[i] = Tally()
        return tally

    def _newly_seen(self, i: int, author: str | None, at: float) -> int:
        if author is None:
            return 1
        last = self._seen.get((i, author))
        self._seen[(i, author)] = at if last is None else max(at, last)
        return int(last is None or abs(at - last) >= RETURNING_AFTER_S)

    def was_observed(self, i: int, bucket: int) -> bool:
        """Whether a source has truly seen all of a bucket of the series at position `i`."""
        known = [*self._buckets(self._learned_late[i]), *self._whole[i]]
        return any(start <= bucket < end for start, end in reversed(known))

    @property
    def _first(self) -> int:
        return min((whole[0][0] for whole in self._whole if whole), default=NEVER)

    def _buckets(self, intervals: Iterable[Interval]) -> Iterator[tuple[int, int]]:
        """The buckets that lie wholly inside intervals, as intervals of their own."""
        for since, until in intervals:
            start = ceil(since / self.width) * self.width
            end = int(until // self.width) * self.width
            if start < end:
                yield start, end

    def _look(self, bucket: int) -> None:
        """Which series are observed at `bucket`, and from when to when that stays so."""
        since, until = -NEVER, NEVER
        for i, whole in enumerate(self._whole):
            self._observed[i] = False
            for start, end in whole:
                if start <= bucket < end:
                    self._observed[i] = True
                edges = [edge for edge in (start, end) if edge > bucket]
                until = min([until, *edges])
                since = max([since, *(edge for edge in (start, end) if edge <= bucket)])
        self._valid = (since, until)


def _join(known: list[Interval], first: float, end: float) -> None:
    """Add [first, end) to sorted, disjoint intervals."""
    apart = [(a, b) for a, b in known if b < first or a > end]
    touching = [(a, b) for a, b in known if not (b < first or a > end)]
    joined = (min([first, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)]))
    known[:] = sorted([*apart, joined])


def pack(state: State) -> bytes:
    """A detector's state as bytes, exact: NumPy's archive of named arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **state)
    return buffer.getvalue()


def unpack(content: bytes) -> State:
    """What `pack` packed."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
