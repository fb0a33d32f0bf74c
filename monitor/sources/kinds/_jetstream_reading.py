"""From the messages of one connection to Jetstream to deliveries, and to what they observed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from alerts.posts import Post
from monitor.cleaning import TEXT_LIMIT, bounded
from monitor.sources.delivery import Delivery, Observed
from monitor.sources.kinds import SourceError
from monitor.sources.kinds._jetstream import (
    PLATFORM,
    Event,
    Position,
    Unreadable,
    What,
    moment,
    read,
)
from monitor.topics import Matcher

REPLAY_WINDOW = timedelta(hours=36)
"""How long Jetstream's public instances keep what they have sent."""

_SECOND = 1_000_000
_EARLY_US = 300 * _SECOND
"""An event from further in the future than this is malformed."""
_REWIND_US = 5 * _SECOND
_REWIND_ELSEWHERE_US = 30 * _SECOND
"""Another instance met the same events a little earlier or later."""
_REWIND_SEQUENCE = 1_000
_REMEMBERED = 20_000

_log = structlog.get_logger()


def followed(cursor: str | None) -> Position | None:
    """Where a cursor stands; a damaged one begins anew, so that at worst posts come twice."""
    try:
        return None if cursor is None else Position.of(cursor)
    except ValueError:
        _log.warning("bluesky.cursor_damaged", cursor=cursor, remedy="it begins anew")
        return None


@dataclass(slots=True)
class Detour:
    """What was learned of a stream that cannot be followed straight on.

    `skip_us`: how far to leap over what cannot be read, `skipped` how often that began; `by_time`:
    the instance's sequence numbers lead elsewhere.
    """

    skip_us: int = 0
    skipped: int = 0
    by_time: bool = False

    def blocked(self) -> None:
        """A run met nothing but what cannot be read: the next one leaps, each time further."""
        self.skipped += not self.skip_us
        self.skip_us = max(_SECOND, 2 * self.skip_us)
        _log.warning("bluesky.leaps_over_unreadable", seconds=self.skip_us / _SECOND)

    def passed(self) -> None:
        """It goes straight on again."""
        self.skip_us, self.by_time = 0, False


@dataclass(slots=True)
class Recent:
    """The posts that were committed last, so that what a rewind repeats costs nothing."""

    ids: dict[str, None] = field(default_factory=dict)
    cursor: str | None = None

    def follow(self, cursor: str | None) -> None:
        """Where a run does not go on from the last commit, it is not known what was committed."""
        if cursor != self.cursor:
            self.ids.clear()

    def add(self, ids: Iterable[str], cursor: str) -> None:
        """These were committed, and `cursor` with them."""
        self.cursor = cursor
        self.ids.update(dict.fromkeys(ids))
        while len(self.ids) > _REMEMBERED:
            del self.ids[next(iter(self.ids))]


@dataclass(slots=True)
class Reading:
    """One connection's messages, in the order in which they came."""

    name: str
    brands: Sequence[str]
    matcher: Matcher
    backfill: timedelta
    instance: str
    position: Position | None
    recent: Recent
    detour: Detour
    progress: bool = field(init=False, default=False)
    _observed_until: int | None = field(init=False, default=None)
    _by_sequence: bool = field(init=False, default=False)
    _malformed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._malformed = self.detour.skipped

    def begin(self, now_us: int) -> int | None:
        """The cursor to ask for: a little before what is known, or after what is unreadable."""
        known, skip = self.position, self.detour.skip_us
        if known is None:
            back = self.backfill // timedelta(microseconds=1)
            return now_us - back + skip if back or skip else None
        if skip:
            return known.until + skip
        if known.instance != self.instance:
            return known.until - _REWIND_ELSEWHERE_US
        if known.sequence is not None and not self.detour.by_time:
            self._by_sequence = True
            return max(known.sequence - _REWIND_SEQUENCE, 1)
        return known.until - _REWIND_US

    def take(self, messages: Sequence[bytes], now_us: int) -> Delivery | None:
        """What is new with these messages, None where nothing is. Raises SourceError."""
        kept = max(self.backfill, REPLAY_WINDOW) + timedelta(days=1)
        oldest = now_us - kept // timedelta(microseconds=1)
        posts: dict[str, Post] = {}
        deleted: dict[str, None] = {}
        position = self.position
        for message in messages:
            try:
                event = read(message)
            except Unreadable:
                self._malformed += 1
                continue
            if not oldest <= event.time_us <= now_us + _EARLY_US:
                self._malformed += 1
                continue
            if self._observed_until is None:
                self._observed_until = self._first(event)
            until = event.time_us if position is None else max(position.until, event.time_us)
            position = Position(until, event.sequence, self.instance)
            if event.what is not What.OTHER:
                self._sort(event, posts, deleted)
        return self._delivery(position, posts, deleted)

    def committed(self, delivery: Delivery) -> None:
        """The delivery is in the store."""
        self.recent.add((post.id for post in delivery.posts), delivery.cursor)
        self.detour.skipped = 0

    def _first(self, event: Event) -> int:
        """From when on the brands are observed again, as the first event proves."""
        known = self.position
        if known is None or event.time_us <= known.until:
            return event.time_us if known is None else known.until
        if self._by_sequence:
            self.detour.by_time = True
            raise SourceError(
                f"Jetstream at {self.instance} has numbered its events anew; it goes on by time"
            )
        _log.warning(
            "bluesky.gap",
            since=moment(known.until).isoformat(),
            until=moment(event.time_us).isoformat(),
            why="Jetstream no longer has, or could not send, what was written between",
        )
        return event.time_us

    def _sort(self, event: Event, posts: dict[str, Post], deleted: dict[str, None]) -> None:
        if event.what is What.DELETED:
            deleted[event.id] = None
        elif event.what is What.ACCOUNT_GONE:
            theirs = f"{event.did}/"
            deleted.update((id, None) for id in (*self.recent.ids, *posts) if id.startswith(theirs))
        elif event.id not in self.recent.ids and event.id not in posts:
            own = self.matcher.owners(event.did)
            text = bounded(event.full_text if own else event.text, TEXT_LIMIT)
            if self.matcher.match(text) or (own and not event.reply):
                posts[event.id] = event.post(text)

    def _delivery(
        self, position: Position | None, posts: dict[str, Post], deleted: dict[str, None]
    ) -> Delivery | None:
        if position is None:
            return None
        since = self._observed_until
        advanced = since is not None and position.until > since
        if not (advanced or posts or deleted or self._malformed):
            return None
        if self.position is None or position.until > self.position.until:
            self.progress = True
            self.detour.passed()
        until = moment(position.until)
        observed = []
        if advanced and since is not None:
            observed = [Observed(one, PLATFORM, moment(since), until) for one in self.brands]
            self._observed_until = position.until
        malformed, self._malformed = self._malformed, 0
        self.position = position
        return Delivery(
            source=self.name,
            until=until,
            cursor=str(position),
            posts=sorted(posts.values(), key=lambda post: (post.created_at, post.id)),
            observed=observed,
            deleted=[(PLATFORM, id) for id in deleted],
            platforms=(PLATFORM,),
            malformed=malformed,
        )
