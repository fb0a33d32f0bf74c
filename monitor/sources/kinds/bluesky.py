"""Bluesky, by Jetstream: every public post as it is written; those on a brand are kept."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from monitor.configuration.values import Duration, in_units, wrong
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import SourceError, Surroundings
from monitor.sources.kinds._jetstream import (
    PLATFORM,
    Unreadable,
    connected,
    ended,
    instance_of,
    microseconds,
    moment,
    read,
    unreadable,
)
from monitor.sources.kinds._jetstream_reading import (
    REPLAY_WINDOW,
    Detour,
    Reading,
    Recent,
    followed,
)
from monitor.topics import Matcher

FLUSH = timedelta(seconds=0.5)
"""After how long, in real time, a delivery is made of what has come."""

_BATCH_EVENTS = 2_000
_BATCH_BYTES = 8_000_000
_CHECK_PATIENCE_S = 10.0


def _patient(silence: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= silence <= timedelta(hours=1):
        raise wrong("must be from `1s` to `1h`", "public instances do well with `30s`")
    return silence


Silence = Annotated[Duration, AfterValidator(_patient)]
Address = Annotated[str, StringConstraints(pattern=r"^wss?://[^\s@?#]+$")]


class Options(BaseModel):
    """Options of the Bluesky source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: tuple[Address, ...] = Field(
        default=(
            "wss://jetstream2.us-east.bsky.network/subscribe",
            "wss://jetstream1.us-west.bsky.network/subscribe",
        ),
        min_length=1,
        description="Jetstream instances; the next one is asked when one fails.",
        examples=[["wss://jetstream.example/subscribe"]],
    )
    backfill: Duration = Field(
        default=REPLAY_WINDOW,
        description="How far back to begin on the very first run; public instances keep 36 hours.",
        examples=["6h"],
    )
    silence: Silence = Field(
        default=timedelta(seconds=30),
        description="After how long without any event the connection is made anew.",
        examples=["30s"],
    )


def platforms(_options: Options) -> Sequence[str]:
    """What it delivers."""
    return (PLATFORM,)


def build(options: Options, *, name: str, surroundings: Surroundings) -> "BlueskySource":
    """The source; it connects when it is read. Raises SourceError for options that cannot hold."""
    keep = surroundings.configuration.keep_posts
    if options.backfill > keep:
        raise SourceError(
            f"bluesky looks back {in_units(options.backfill.total_seconds())}, and posts are kept "
            f"for {in_units(keep.total_seconds())}: what is forgotten could count twice; write a "
            "longer `keep_posts:`, or a shorter `backfill:` for the source"
        )
    return BlueskySource(name, options, surroundings)


class BlueskySource:
    """Reads Jetstream for ever; the events of others prove that a silent brand was observed."""

    def __init__(
        self, name: str, options: Options, surroundings: Surroundings, *, flush: timedelta = FLUSH
    ) -> None:
        self.name = name
        self.platforms: Sequence[str] = (PLATFORM,)
        self.every: timedelta | None = None
        self._options = options
        self._surroundings = surroundings
        self._flush_s = flush.total_seconds()
        self._brands = tuple(surroundings.configuration.brands)
        self._matcher = Matcher(surroundings.configuration)
        self._recent = Recent()
        self._detour = Detour()
        self._turn = 0

    async def deliveries(self, cursor: str | None) -> AsyncGenerator[Delivery, None]:
        """What Jetstream sends from `cursor` on. Raises SourceError when the connection ends."""
        url = self._options.urls[self._turn % len(self._options.urls)]
        self._recent.follow(cursor)
        reading = Reading(
            name=self.name,
            brands=self._brands,
            matcher=self._matcher,
            backfill=self._options.backfill,
            instance=instance_of(url),
            position=followed(cursor),
            recent=self._recent,
            detour=self._detour,
        )
        try:
            begin = reading.begin(self._now_us())
            async with await connected(url, begin, self._options.silence) as connection:
                async for messages in self._messages(connection, reading):
                    if delivery := reading.take(messages, self._now_us()):
                        yield delivery
                        reading.committed(delivery)
        except SourceError:
            self._turn += 1
            raise

    async def check(self) -> str:
        """The time of the first event that an instance sends."""
        url = self._options.urls[0]
        instance = instance_of(url)
        async with await connected(url, None, self._options.silence) as connection:
            try:
                async with asyncio.timeout(_CHECK_PATIENCE_S):
                    event = read(await connection.recv(decode=False))
            except TimeoutError:
                raise _silent(instance, _CHECK_PATIENCE_S) from None
            except ConnectionClosed as closed:
                raise ended(instance, closed) from closed
            except Unreadable:
                raise SourceError(
                    f"{instance} answers, but not as Jetstream does; check `urls`"
                ) from None
        return f"Jetstream answers: events of {moment(event.time_us):%H:%M:%S} UTC"

    async def close(self) -> None:
        """Nothing stays open between two runs."""

    async def _messages(
        self, connection: ClientConnection, reading: Reading
    ) -> AsyncIterator[list[bytes]]:
        """Batches of messages until the connection ends. Raises SourceError."""
        silence = self._options.silence.total_seconds()
        quiet = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            # What others take between two batches is not the connection's silence.
            began = clock()
            messages, closed = await _batch(connection, self._flush_s)
            quiet = 0.0 if messages else quiet + clock() - began
            if messages:
                yield messages
            if closed:
                if unreadable(closed) and not reading.progress:
                    self._detour.blocked()
                raise ended(reading.instance, closed) from closed
            if quiet >= silence:
                raise _silent(reading.instance, silence)

    def _now_us(self) -> int:
        return microseconds(self._surroundings.now())


async def _batch(
    connection: ClientConnection, seconds: float
) -> tuple[list[bytes], ConnectionClosed | None]:
    """The messages of the next so many seconds, and how the connection ended, if it did."""
    messages: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while len(messages) < _BATCH_EVENTS and size < _BATCH_BYTES:
                message = await connection.recv(decode=False)
                messages.append(message)
                size += len(message)
    except TimeoutError:
        pass
    except ConnectionClosed as closed:
        return messages, closed
    return messages, None


def _silent(instance: str, seconds: float) -> SourceError:
    return SourceError(
        f"Jetstream at {instance} sent nothing for {seconds:.0f} s; it is asked anew"
    )
