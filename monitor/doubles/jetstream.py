"""A double of Jetstream: a world's Bluesky posts as events over WebSocket, between others' posts.

What it sends follows from the world, the seed and what was told, so that a replay repeats it.
"""

import asyncio
import base64
import hashlib
import re
import threading
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import merge
from typing import NamedTuple

import orjson
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from alerts.posts import Post
from monitor.doubles.failures import Failure, Failures
from monitor.doubles.world import World

PLATFORM = "bluesky"
POSTS = "app.bsky.feed.post"
REPOSTS = "app.bsky.feed.repost"
WINDOW = timedelta(hours=36)
"""How far back a cursor reaches."""

SEQUENCE_BEGIN = 1_700_000_000_000_000
"""An event's sequence number is its time less this many microseconds."""

_SEQUENCE_END = 1_000_000_000_000_000
"""A cursor below this is a sequence number, others are microseconds since 1970."""

_POLL_S = 0.02
_STRETCH_US = 60_000_000
_SECOND = 1_000_000
_SILENT_S = 0.05
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,200}")
_SPREAD = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1
_RARELY = 64

_ENVELOPE = '{"did":"%s","time_us":%d,%s"kind":"commit","commit":'
_CHATTER = (
    _ENVELOPE + '{"rev":"%s","operation":"create","collection":"app.bsky.feed.post","rkey":"%s",'
    '"record":{"$type":"app.bsky.feed.post","createdAt":"%s","langs":["en"],"text":"%s"},'
    '"cid":"bafyreih2nyf3uorn4vfhcrcbqxjmmknqeaaxbxdkhlbjxiqiwfmfzzukim"}}'
)
_SMALL_TALK = (
    "good morning everyone",
    "what a lovely day for a walk by the water",
    "does anybody know a good recipe for lentil soup?",
    "just finished the third season, no spoilers please",
    "my cat has discovered the printer",
    "reading an old book about lighthouses and it is wonderful",
    "coffee first, then everything else",
)


class _Entry(NamedTuple):
    """Something to be sent: when, in which collection (empty: to everybody), of which post."""

    time_us: int
    collection: str
    message: str
    post: str = ""


class JetstreamDouble:
    """Serves `/subscribe` as Jetstream does in its first version; its scripting is thread-safe.

    `sent` counts how often each post of the world was sent, by its id there; `queries` holds what
    each connection asked for.
    """

    def __init__(
        self,
        world: World,
        *,
        chatter_per_second: float = 1.0,
        sequence_cursors: bool = False,
        window: timedelta = WINDOW,
        seed: int = 1,
    ) -> None:
        self.world = world
        self.sent: Counter[str] = Counter()
        self.queries: list[Mapping[str, str]] = []
        self.silent = False
        self.repeating = False
        self.keeps_to_size = True
        self.failures = Failures()
        self.app = Starlette(routes=[WebSocketRoute("/subscribe", _Endpoint(self))])
        self._sequences = sequence_cursors
        self._window_us = window // timedelta(microseconds=1)
        self._period_us = int(_SECOND / chatter_per_second) if chatter_per_second else 0
        self._seed = seed
        self._told: list[_Entry] = []
        self._served_until = 0
        self._cuts: deque[int] = deque()
        self._disconnected = 0
        self._lock = threading.Lock()

    def refuse(self, *statuses: int, headers: Mapping[str, str] | None = None) -> None:
        """The next handshakes are answered so, one each."""
        self.failures.told(*(Failure(status, headers or {}) for status in statuses))

    def cut(self, *after: int) -> None:
        """The next connections are dropped after so many messages, one each."""
        self._cuts.extend(after)

    def disconnect(self) -> None:
        """Drop every connection there is."""
        self._disconnected += 1

    def delete(self, post: Post) -> None:
        """Its author takes a post back, now."""
        did, rkey = address(post)
        commit = {"rev": rkey, "operation": "delete", "collection": POSTS, "rkey": rkey}
        self._tell("commit", did, {"commit": commit})

    def update(self, post: Post, text: str) -> None:
        """Its author changes a post, now."""
        did, rkey = address(post)
        commit = {"rev": rkey, "operation": "update", "collection": POSTS, "rkey": rkey}
        record = {"$type": POSTS, "createdAt": post.created_at.isoformat(), "text": text}
        self._tell("commit", did, {"commit": {**commit, "record": record}})

    def account(self, author: str, status: str) -> None:
        """An account is no longer active, now."""
        did = did_of(author)
        self._tell("account", did, {"account": {"active": False, "did": did, "status": status}})

    def insert(self, message: str) -> None:
        """This message stands in the stream now, and in its replays, whatever it is."""
        with self._lock:
            insort(self._told, _Entry(self._stamp(), POSTS, message))

    def _tell(self, kind: str, did: str, body: Mapping[str, object]) -> None:
        with self._lock:
            time_us = self._stamp()
            event = {"did": did, "time_us": time_us, "kind": kind, **self._number(time_us), **body}
            collection = POSTS if kind == "commit" else ""
            insort(self._told, _Entry(time_us, collection, orjson.dumps(event).decode()))

    def _stamp(self) -> int:
        return max(self.now_us(), self._served_until)

    def _number(self, time_us: int) -> dict[str, int]:
        return {"cursor": time_us - SEQUENCE_BEGIN} if self._sequences else {}

    def now_us(self) -> int:
        """The world's time in microseconds since 1970."""
        return (self.world.now() - _EPOCH) // timedelta(microseconds=1)

    def begin(self, query: QueryParams, now_us: int) -> int:
        """The time at which a connection begins that asks so."""
        try:
            cursor = int(query["cursor"])
        except (KeyError, ValueError):
            return now_us
        if cursor < _SEQUENCE_END:
            if not self._sequences:
                return max(cursor, now_us - self._window_us)
            cursor += SEQUENCE_BEGIN
        # One that lies in the future, or in numbers that were never given, means live.
        return now_us if cursor > now_us else max(cursor, now_us - self._window_us)

    def served(self, since: int, now_us: int) -> tuple[Iterator[_Entry], int]:
        """What stands in the stream from `since` on, and until when: a minute of it at most."""
        until = min(now_us, since + _STRETCH_US)
        with self._lock:
            self._served_until = max(self._served_until, until)
            low = bisect_left(self._told, since, key=lambda entry: entry.time_us)
            high = bisect_left(self._told, until, key=lambda entry: entry.time_us)
            told = self._told[low:high]
        written = self._written(since, until)
        return merge(told, written, self._chatter(since, until), key=lambda one: one.time_us), until

    def _written(self, since: int, until: int) -> list[_Entry]:
        posts = self.world.posts(PLATFORM, _moment(since), _moment(until))
        return [self._entry(post) for post in posts]

    def _entry(self, post: Post) -> _Entry:
        did, rkey = address(post)
        time_us = (post.created_at - _EPOCH) // timedelta(microseconds=1)
        record: dict[str, object] = {"createdAt": post.created_at.isoformat()}
        collection = REPOSTS if post.repost_of else POSTS
        if post.repost_of:
            record["subject"] = {"uri": f"at://{post.repost_of}"}
        else:
            record["text"] = post.text
        if post.reply:
            parent = {"uri": f"at://did:plc:somebody/{POSTS}/3kparent", "cid": "bafyreih2nyf3"}
            record["reply"] = {"root": parent, "parent": parent}
        if post.lang:
            record["langs"] = [post.lang]
        commit = {
            "rev": rkey,
            "operation": "create",
            "collection": collection,
            "rkey": rkey,
            "record": {"$type": collection, **record},
        }
        event = {"did": did, "time_us": time_us, **self._number(time_us), "kind": "commit"}
        message = orjson.dumps({**event, "commit": commit}).decode()
        return _Entry(time_us, collection, message, post.id)

    def _chatter(self, since: int, until: int) -> Iterator[_Entry]:
        """What nobody in particular says about nothing: one event in each period of time."""
        period = self._period_us
        if not period:
            return
        for slot in range(since // period, until // period + 1):
            drawn = ((slot + self._seed) * _SPREAD) & _WORD
            drawn ^= drawn >> 29
            time_us = slot * period + drawn % period
            if not since <= time_us < until:
                continue
            did = f"did:plc:nobody{drawn % 100_000:05d}"
            number = f'"cursor":{time_us - SEQUENCE_BEGIN},' if self._sequences else ""
            if drawn % _RARELY < 2:
                kind = ("identity", "account")[drawn % _RARELY]
                body = '{"active":true}' if drawn % _RARELY else "{}"
                message = (
                    f'{{"did":"{did}","time_us":{time_us},{number}"kind":"{kind}","{kind}":{body}}}'
                )
                yield _Entry(time_us, "", message)
                continue
            rkey = f"3k{slot:x}"
            talk = _SMALL_TALK[drawn % len(_SMALL_TALK)]
            written = "2026-01-01T00:00:00Z"
            message = _CHATTER % (did, time_us, number, rkey, rkey, written, talk)
            yield _Entry(time_us, POSTS, message)


class _Endpoint:
    """Answers connections. The bare protocol is spoken, since each layer costs each message."""

    def __init__(self, double: JetstreamDouble) -> None:
        self.double = double

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        double = self.double
        query = QueryParams(scope["query_string"])
        await receive()
        if failure := double.failures.next():
            await _refuse(failure, send)
            return
        double.queries.append(dict(query))
        await send({"type": "websocket.accept"})
        gone = asyncio.create_task(_gone(receive))
        try:
            with suppress(OSError):  # the other side may leave at any moment
                await _Connection(double, query, gone, send).serve()
        finally:
            gone.cancel()


class _Connection:
    """One reader, and how far it was served."""

    def __init__(
        self, double: JetstreamDouble, query: QueryParams, gone: "asyncio.Task[None]", send: Send
    ) -> None:
        self.double = double
        self.wanted = tuple(query.getlist("wantedCollections"))
        largest = query.get("maxMessageSizeBytes", "0")
        self.largest = int(largest) if largest.isdigit() else 0
        self.position = double.begin(query, double.now_us())
        self.gone = gone
        self.send = send
        self.left = double._cuts.popleft() if double._cuts else None
        self.disconnected = double._disconnected

    async def serve(self) -> None:
        """Replay, then live, until somebody ends it."""
        while not self.gone.done() and self.disconnected == self.double._disconnected:
            now_us = self.double.now_us()
            if self.double.silent or self.position >= now_us:
                await asyncio.sleep(_POLL_S)
                continue
            entries, self.position = self.double.served(self.position, now_us)
            if not await self._send(entries):
                return
            # A reader that is quick enough would leave no turn to others.
            await asyncio.sleep(_POLL_S if self.position >= now_us else 0)

    async def _send(self, entries: Iterator[_Entry]) -> bool:
        """Send what the reader wants of these; False: it is to be dropped."""
        double, send, wanted = self.double, self.send, self.wanted
        cap = self.largest if double.keeps_to_size else 0
        for _, collection, message, post in entries:
            if collection and wanted and not _wants(wanted, collection):
                continue
            if cap and len(message) > cap // 4 and len(message.encode()) > cap:
                continue
            for _ in range(2 if double.repeating else 1):
                if self.left is not None:
                    if not self.left:
                        return False
                    self.left -= 1
                await send({"type": "websocket.send", "text": message})
            if post:
                double.sent[post] += 1
        return True


@lru_cache
def _wants(wanted: Sequence[str], collection: str) -> bool:
    return any(
        collection == one or (one.endswith(".*") and collection.startswith(one[:-1]))
        for one in wanted
    )


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _refuse(failure: Failure, send: Send) -> None:
    await asyncio.sleep(failure.delay_s)
    headers = [(name.lower().encode(), value.encode()) for name, value in failure.headers.items()]
    start = {"type": "websocket.http.response.start", "status": failure.status, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": failure.body})


def address(post: Post) -> tuple[str, str]:
    """The account and the key under which a post of the world stands on Bluesky."""
    did, slash, rkey = post.id.partition("/")
    if slash and did.startswith("did:") and _RKEY.fullmatch(rkey):
        return did, rkey
    key = post.id if _RKEY.fullmatch(post.id) else _encoded(post.id, 13)
    return did_of(post.author or post.id), key


@lru_cache(maxsize=100_000)
def did_of(author: str) -> str:
    """The account of an author of the world."""
    return author if author.startswith("did:") else f"did:plc:{_encoded(author, 24)}"


def _encoded(text: str, length: int) -> str:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def _moment(time_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time_us)
