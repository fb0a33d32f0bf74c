"""Jetstream's side of the Bluesky source: its requests, its events, its cursors, its errors."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Self
from urllib.parse import urlencode, urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
)

from alerts.plain_text import visible
from alerts.posts import Post
from monitor.cleaning import ID_LIMIT, URL_LIMIT, bounded
from monitor.sources.kinds import SourceError

PLATFORM = "bluesky"
COLLECTION = "app.bsky.feed.post"
LARGEST_MESSAGE = 1_000_000
"""Bytes of an event; more than any post can have, and the server is asked to leave out larger."""

_OPEN_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 0.2
_QUEUED_FRAMES = 64
_UNREADABLE = frozenset({1002, 1007, 1009})
"""The codes with which our side ends a connection that sent what cannot be read."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,2000}")
_RKEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")
_LANG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_RETRY_AFTER = re.compile(r"\d{1,6}")
_REASON_LENGTH = 120


def moment(time_us: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=time_us)


def microseconds(time: datetime) -> int:
    """The microseconds from 1970 to `time`."""
    return (time - _EPOCH) // timedelta(microseconds=1)


class What(Enum):
    """What an event says, as far as this source is concerned."""

    WRITTEN = "written"
    DELETED = "deleted"
    ACCOUNT_GONE = "account gone"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `id` is the post's (of WRITTEN and DELETED).

    `reply`: whether it answers somebody else. `facets`: where its author says that links lead.
    """

    what: What
    time_us: int
    sequence: int | None
    did: str
    id: str = ""
    text: str = ""
    lang: str | None = None
    reply: bool = False
    facets: object = None

    @property
    def full_text(self) -> str:
        """The text, its links where they lead to; at its end those that show something else.

        >>> link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://acme.example/status"}
        >>> facets = [{"index": {"byteStart": 6, "byteEnd": 22}, "features": [link]}]
        >>> for said in ("Mehr: acme.example/…", "Mehr: Win a free trip! Now"):
        ...     Event(What.WRITTEN, 1, None, "did:plc:a", text=said, facets=facets).full_text
        'Mehr: https://acme.example/status'
        'Mehr: Win a free trip! Now https://acme.example/status'
        """
        raw = self.text.encode("utf-8", "surrogatepass")
        before, others = len(raw), list[str]()
        for start, end, uri in sorted(_linked(self.facets), reverse=True):
            if start < end <= before and _is_short_for(
                raw[start:end].decode("utf-8", "replace"), uri
            ):
                raw, before = raw[:start] + uri.encode() + raw[end:], start
            else:
                others.insert(0, uri)
        return " ".join([raw.decode("utf-8", "replace"), *others])

    def post(self, text: str) -> Post:
        """The post that was written, with its text as it can be stored."""
        return Post(
            platform=PLATFORM,
            id=self.id,
            created_at=moment(self.time_us),
            text=text,
            author=bounded(self.did, ID_LIMIT),
            lang=self.lang,
            url=bounded(
                "https://bsky.app/profile/{}/post/{}".format(*self.id.split("/")), URL_LIMIT
            ),
            reply=self.reply,
        )


class Unreadable(Exception):
    """A message that is no event."""


def read(message: bytes) -> Event:
    """The event that a message is. Raises Unreadable.

    >>> read(b'{"did": "did:plc:abc", "time_us": 1, "kind": "identity"}').what
    <What.OTHER: 'other'>
    """
    try:
        event = orjson.loads(message)
        time_us, did = event["time_us"], event["did"]
        sequence = event.get("cursor")
        if type(time_us) is not int or not _DID.fullmatch(did):
            raise Unreadable
        if type(sequence) is not int or sequence < 0:
            sequence = None
        match event["kind"]:
            case "commit":
                return _commit(event["commit"], time_us, sequence, did)
            case "account" if event["account"].get("status") in ("deleted", "takendown"):
                return Event(What.ACCOUNT_GONE, time_us, sequence, did)
        return Event(What.OTHER, time_us, sequence, did)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable from None


def _commit(commit: dict[str, object], time_us: int, sequence: int | None, did: str) -> Event:
    operation, rkey = commit["operation"], commit["rkey"]
    if commit["collection"] != COLLECTION or operation not in ("create", "delete"):
        # Neither do updates: what was written is counted once, as it was first.
        return Event(What.OTHER, time_us, sequence, did)
    if not isinstance(rkey, str) or not _RKEY.fullmatch(rkey):
        raise Unreadable
    id = bounded(f"{did}/{rkey}", ID_LIMIT)
    if operation == "delete":
        return Event(What.DELETED, time_us, sequence, did, id)
    record = commit["record"]
    if not isinstance(record, dict) or not isinstance(text := record["text"], str):
        raise Unreadable
    lang, reply = _language(record.get("langs")), _answers(record.get("reply"), did)
    facets = record.get("facets")
    return Event(What.WRITTEN, time_us, sequence, did, id, text, lang, reply, facets)


def _answers(reply: object, did: str) -> bool:
    """Whether it answers somebody else: one's own post goes on in a thread of one's own."""
    parent = reply.get("parent") if isinstance(reply, dict) else None
    uri = parent.get("uri") if isinstance(parent, dict) else None
    return reply is not None and not str(uri).startswith(f"at://{did}/")


def _is_short_for(shown: str, uri: str) -> bool:
    """Whether a link shows where it leads, or how that begins, with its host whole."""
    whole = uri.removeprefix("https://").removeprefix("http://")
    begins = shown.removeprefix("https://").removeprefix("http://")
    begins = begins.removesuffix("…").removesuffix("...")
    host = whole.partition("/")[0]
    return not any(map(str.isspace, uri)) and whole.startswith(begins) and begins.startswith(host)


def _linked(facets: object) -> Iterator[tuple[int, int, str]]:
    """Of each link from which byte to which it stands, and where it leads."""
    for facet in facets if isinstance(facets, list) else ():
        with suppress(KeyError, TypeError, AttributeError):
            start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
            for feature in facet["features"]:
                uri = feature.get("uri")
                if type(start) is type(end) is int and start >= 0 and isinstance(uri, str):
                    yield start, end, uri


def _language(langs: object) -> str | None:
    first = langs[0] if isinstance(langs, list) and langs else None
    return first if isinstance(first, str) and _LANG.fullmatch(first) else None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read: up to the event of `until`, in microseconds.

    `sequence` is that event's number on `instance`, None where the instance numbers none.
    """

    until: int
    sequence: int | None
    instance: str

    def __str__(self) -> str:
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def of(cls, cursor: str) -> Self:
        """The position that was written as `cursor`. Raises ValueError where it is damaged."""
        try:
            found = cls(**orjson.loads(cursor))
        except TypeError as error:
            raise ValueError(cursor) from error
        whole = type(found.until) is int and type(found.sequence) in (int, type(None))
        if not whole or not isinstance(found.instance, str) or not 0 <= found.until < 1 << 55:
            raise ValueError(cursor)
        return found


def instance_of(url: str) -> str:
    """The host that answers, with its port."""
    return urlsplit(url).netloc


async def connected(url: str, cursor: int | None, silence: timedelta) -> ClientConnection:
    """A connection that delivers posts from `cursor` on, or what is new. Raises SourceError."""
    asked = {"wantedCollections": COLLECTION, "maxMessageSizeBytes": str(LARGEST_MESSAGE)}
    if cursor is not None:
        asked["cursor"] = str(cursor)
    alive = silence.total_seconds() / 2
    try:
        return await connect(
            f"{url}?{urlencode(asked)}",
            compression=None,
            max_size=LARGEST_MESSAGE,
            max_queue=_QUEUED_FRAMES,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=alive,
            ping_timeout=alive,
        )
    except (OSError, InvalidHandshake, InvalidProxy, InvalidURI, ConnectionClosed, ValueError) as e:
        raise _refused(instance_of(url), e) from e


def unreadable(closed: ConnectionClosed) -> bool:
    """Whether our side ended the connection because of what it was sent."""
    ours = closed.sent is not None and closed.sent.code in _UNREADABLE
    return ours and (closed.rcvd is None or not closed.rcvd_then_sent)


def ended(instance: str, closed: ConnectionClosed) -> SourceError:
    """What a connection that ended means to its reader."""
    if unreadable(closed):
        why = "it sent what is no WebSocket message, or one that is too large"
    elif closed.rcvd is not None:
        why = f"it said {closed.rcvd.code} {_quoted(closed.rcvd.reason)}".rstrip()
    elif closed.sent is not None:
        why = "it no longer answers"
    else:
        why = "it was cut"
    return SourceError(
        f"the connection to Jetstream at {instance} ended: {why}; it goes on from there"
    )


def _quoted(reason: str) -> str:
    return visible(bounded(reason, _REASON_LENGTH))


def _refused(instance: str, error: Exception) -> SourceError:
    """What a connection that was never made means, and what to do."""
    retry_after = None
    match error:
        case InvalidStatus():
            status = error.response.status_code
            if wait := _RETRY_AFTER.fullmatch(error.response.headers.get("Retry-After", "")):
                retry_after = float(wait[0])
            if status == 429:
                why = "has too many requests from this address (HTTP 429); it is asked again later"
            elif status >= 500:
                why = f"is out of order (HTTP {status}); it is asked again"
            else:
                why = f"refuses the connection (HTTP {status}); check `urls`"
        case TimeoutError():
            why = f"did not answer in {_OPEN_TIMEOUT_S:.0f} s; check the network and `urls`"
        case socket.gaierror():
            why = "has no address; check `urls` and the name server"
        case ssl.SSLError():
            why = f"has no certificate that is trusted ({error.reason}); check `urls` and the clock"
        case InvalidProxy() | OSError():
            detail = getattr(error, "strerror", None) or type(error).__name__
            why = f"cannot be reached ({detail}); check the network, its proxy and `urls`"
        case _:
            why = f"answers, but not as a WebSocket ({type(error).__name__}); check `urls`"
    return SourceError(f"Jetstream at {instance} {why}", retry_after=retry_after)
