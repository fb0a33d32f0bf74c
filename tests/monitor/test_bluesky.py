"""Bluesky by Jetstream: what is written arrives once, whatever happens to the connection."""

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
import pytest
from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection, serve

from alerts.posts import Post
from monitor.doubles.jetstream import JetstreamDouble, address
from monitor.doubles.serving import serving
from monitor.doubles.world import World
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import SourceError, Surroundings, source_kinds
from monitor.sources.kinds.bluesky import BlueskySource
from tests.airline import BEGIN, configuration, post
from tests.conftest import PATIENCE_S

BRAND = "@FjordwingAir"
KIND = source_kinds()["bluesky"]


class NoPurse:
    async def pay(self, micros: int) -> bool:
        raise AssertionError(f"Jetstream costs nothing, not {micros}")

    async def refund(self, micros: int) -> None:
        raise AssertionError(f"nothing was paid, not {micros}")


@dataclass
class Clock:
    """The world's time, which goes on by `tick` whenever somebody looks."""

    at: datetime = BEGIN + timedelta(hours=1)
    tick: timedelta = timedelta(0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        with self._lock:
            self.at += self.tick
            return self.at

    def leap(self, **time: float) -> None:
        with self._lock:
            self.at += timedelta(**time)


def source(*urls: str, clock: Clock, backfill: str = "61m", silence: str = "10s") -> BlueskySource:
    options = KIND.options.model_validate(
        {
            "urls": [url.replace("http://", "ws://") + "/subscribe" for url in urls],
            "backfill": backfill,
            "silence": silence,
        }
    )
    around = Surroundings(configuration(), clock, NoPurse())
    return BlueskySource("sky", options, around, flush=timedelta(milliseconds=30))  # type: ignore[arg-type]


@dataclass
class Taken:
    """What a daemon would have in its store after these deliveries."""

    deliveries: list[Delivery] = field(default_factory=list)
    errors: list[SourceError] = field(default_factory=list)

    @property
    def posts(self) -> list[Post]:
        return [one for delivery in self.deliveries for one in delivery.posts]

    @property
    def stored(self) -> list[str]:
        """Ids in the order of arrival; the store drops those that it has."""
        return list(dict.fromkeys(one.id for one in self.posts))

    @property
    def deleted(self) -> set[str]:
        return {id for delivery in self.deliveries for _, id in delivery.deleted}

    @property
    def malformed(self) -> int:
        return sum(delivery.malformed for delivery in self.deliveries)

    @property
    def cursor(self) -> str | None:
        return self.deliveries[-1].cursor if self.deliveries else None

    @property
    def until(self) -> datetime:
        return self.deliveries[-1].until

    def observed(self, brand: str = "fjordwing") -> list[tuple[datetime, datetime]]:
        """The intervals, those that continue each other as one."""
        joined: list[tuple[datetime, datetime]] = []
        for delivery in self.deliveries:
            for one in delivery.observed:
                if one.brand == brand:
                    if joined and joined[-1][1] == one.since:
                        joined[-1] = (joined[-1][0], one.until)
                    else:
                        joined.append((one.since, one.until))
        return joined


Enough = Callable[[Taken], bool]


async def follow(
    reader: BlueskySource, taken: Taken, enough: Enough, *, step: Callable[[], None] = lambda: None
) -> None:
    """Read on as the daemon does: after each error from the last committed cursor."""
    async with asyncio.timeout(PATIENCE_S):
        while not enough(taken):
            try:
                async with aclosing(reader.deliveries(taken.cursor)) as deliveries:
                    async for delivery in deliveries:
                        taken.deliveries.append(delivery)
                        step()
                        if enough(taken):
                            break
            except SourceError as error:
                taken.errors.append(error)


def reached(at: datetime) -> Enough:
    return lambda taken: bool(taken.deliveries) and taken.until >= at


def failed(taken: Taken) -> bool:
    return bool(taken.errors)


def run(
    reader: BlueskySource,
    enough: Enough,
    taken: Taken | None = None,
    *,
    step: Callable[[], None] = lambda: None,
) -> Taken:
    taken = taken or Taken()
    asyncio.run(follow(reader, taken, enough, step=step))
    return taken


def spoken(count: int, *, every: float = 10, begin: datetime = BEGIN, seed: int = 1) -> list[Post]:
    """Posts at a steady rate, two in three of them on no brand."""
    draw = random.Random(seed)
    texts = [f"{BRAND} my booking", "good morning", "what a fine day"]
    return [
        post(
            begin + timedelta(seconds=i * every, microseconds=i),
            f"{draw.choice(texts)} {i}",
            id=f"p{begin:%d%H}-{i}",
            author=f"author{i % 7}",
            platform="bluesky",
        )
        for i in range(count)
    ]


def on_brand(posts: Sequence[Post]) -> list[str]:
    return ["/".join(address(one)) for one in posts if BRAND in one.text]


def test_what_is_written_on_a_brand_arrives_once_and_in_order() -> None:
    clock, posts = Clock(), spoken(300)
    double = JetstreamDouble(World.of(posts, clock))
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
    assert [one.id for one in taken.posts] == on_brand(posts)
    assert len(double.sent) == 300
    first = taken.posts[0]
    did, rkey = address(next(one for one in posts if BRAND in one.text))
    assert (first.platform, first.author, first.lang) == ("bluesky", did, "en")
    assert first.url == f"https://bsky.app/profile/{did}/post/{rkey}"
    for brand in ("fjordwing", "otherwing"):
        [(since, until)] = taken.observed(brand)
        assert since <= BEGIN
        assert until == taken.until
    assert {delivery.platforms for delivery in taken.deliveries} == {("bluesky",)}
    assert taken.malformed == 0


def test_posts_of_others_prove_that_a_silent_brand_is_observed() -> None:
    clock = Clock()
    double = JetstreamDouble(World.of([], clock))
    begin = clock.at
    with serving(double.app) as url:

        def step() -> None:
            clock.at += timedelta(minutes=1)

        reader = source(url, clock=clock, backfill="1m")
        taken = run(reader, reached(begin + timedelta(minutes=5)), step=step)
    assert taken.posts == []
    [(since, until)] = taken.observed()
    assert since < begin < begin + timedelta(minutes=5) <= until


def test_a_text_is_kept_as_it_was_written() -> None:
    clock = Clock()
    text = f"{BRAND} AT&amp;T <b>\0 " + "long " * 60_000
    written = [post(BEGIN, text, id="a", platform="bluesky", lang="not a language\0")]
    with serving(JetstreamDouble(World.of(written, clock)).app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
    [one] = taken.posts
    assert one.text.startswith(f"{BRAND} AT&amp;T <b>� long")
    assert len(one.text) == 10_000
    assert one.lang is None


@pytest.mark.parametrize("numbered", [False, True])
def test_a_killed_reader_goes_on_without_loss_or_doubles(numbered: bool) -> None:
    clock, posts = Clock(), spoken(2_000, every=1)
    double = JetstreamDouble(World.of(posts, clock), sequence_cursors=numbered)
    taken = Taken()
    with serving(double.app) as url:
        for after in (500, 400, 1, 0, 2_500):
            double.cut(after)
            run(source(url, clock=clock), lambda _: bool(taken.errors), taken)
            taken.errors.clear()
        run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)), taken)
    assert taken.stored == on_brand(posts)
    assert max(double.sent.values()) > 1
    assert len(taken.observed()) == 1
    cursors = [int(query["cursor"]) for query in double.queries]
    assert (max(cursors[1:]) < 10**15) == numbered


def test_one_reader_drops_what_a_rewind_repeats() -> None:
    clock, posts = Clock(), spoken(2_000, every=1)
    double = JetstreamDouble(World.of(posts, clock))
    double.repeating = True
    double.cut(500, 700)
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
    assert len(taken.errors) == 2
    assert [one.id for one in taken.posts] == on_brand(posts)


def test_what_was_delivered_but_not_committed_comes_again() -> None:
    clock, posts = Clock(), spoken(100)
    with serving(JetstreamDouble(World.of(posts, clock)).app) as url:
        reader = source(url, clock=clock)

        async def lost() -> None:
            deliveries = reader.deliveries(None)
            await anext(deliveries)
            await deliveries.aclose()

        asyncio.run(lost())
        taken = run(reader, reached(clock.at - timedelta(seconds=3)))
    assert taken.stored == on_brand(posts)


def test_what_authors_take_back_is_passed_on() -> None:
    clock, posts = Clock(), spoken(60)
    double = JetstreamDouble(World.of(posts, clock))
    mine = [one for one in posts if BRAND in one.text]
    gone = [one for one in mine if one.author == mine[0].author]
    kept = next(one for one in mine if one.author != mine[0].author)
    back = next(one for one in mine if one not in (kept, *gone))
    begin = clock.at - timedelta(seconds=3)
    happened: list[datetime] = []

    def step() -> None:
        if reached(begin)(taken) and not happened:
            happened.append(clock.at)
            double.delete(back)
            double.update(kept, f"{BRAND} on second thoughts")
            double.account(str(mine[0].author), "takendown")
            double.account(str(kept.author), "deactivated")
            clock.leap(minutes=1)

    taken = Taken()
    with serving(double.app) as url:
        run(source(url, clock=clock), reached(begin + timedelta(minutes=1)), taken, step=step)
    assert taken.deleted == {"/".join(address(one)) for one in [back, *gone]}
    assert taken.stored == on_brand(posts)


def event(
    clock: Clock,
    *,
    ahead_s: float = 0,
    record: Mapping[str, object] | None = None,
    commit: Mapping[str, object] | None = None,
    **changes: object,
) -> str:
    written = {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": f"k{ahead_s:.0f}",
        "record": {"text": f"{BRAND} hello", **(record or {})},
        **(commit or {}),
    }
    time_us = int((clock.at.timestamp() + ahead_s) * 1_000_000)
    made = {"did": "did:plc:a", "time_us": time_us, "kind": "commit", "commit": written}
    return json.dumps({**made, **changes})


def hostile(clock: Clock) -> list[str]:
    return [
        "",
        "{",
        "null",
        "[]",
        "7",
        "[" * 20_000,
        '{"kind":"commit"}',
        event(clock, record={"text": "\ud83d lone surrogate"}),
        event(clock, record={"text": 5}),
        event(clock, commit={"record": None}),
        event(clock, commit={"rkey": "../../etc"}),
        event(clock, commit={"rkey": "x" * 600}),
        event(clock, commit={"rkey": None}),
        event(clock, did="https://example.com"),
        event(clock, did=None),
        event(clock, time_us="now"),
        event(clock, time_us=True),
        event(clock, time_us=10**30),
        event(clock, time_us=-1),
        event(clock, time_us=0),
        event(clock, ahead_s=3_600),
        event(clock, kind="account"),
        event(clock)[:-3],
    ]


def test_what_is_malformed_is_counted_and_the_rest_goes_on() -> None:
    clock = Clock()
    before, after = spoken(10, begin=clock.at - timedelta(minutes=5)), spoken(10, begin=clock.at)
    double = JetstreamDouble(World.of(before + after, clock))
    bad = hostile(clock)
    for message in bad:
        double.insert(message)
    double.insert(event(clock, ahead_s=1, record={"createdAt": "1970-01-01T00:00:00Z"}))
    double.insert(event(clock, ahead_s=2, record={"createdAt": "2100-01-01", "langs": [[], 5]}))
    double.insert(event(clock, ahead_s=3, kind="tomorrow's kind"))
    written = clock.at
    clock.at += timedelta(minutes=5)
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
    assert taken.errors == []
    assert taken.malformed == len(bad)
    theirs = [one for one in taken.posts if one.author == "did:plc:a"]
    assert [(one.created_at - written).total_seconds() for one in theirs] == [1, 2]
    assert set(taken.stored) - {one.id for one in theirs} == {*on_brand(before), *on_brand(after)}


def test_a_message_that_is_too_large_is_left_out_by_the_server() -> None:
    clock, posts = Clock(), spoken(300)
    double = JetstreamDouble(World.of(posts, clock))
    double.insert("x" * 1_100_000)
    clock.at += timedelta(minutes=1)
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
    assert (taken.errors, taken.malformed) == ([], 0)


@pytest.mark.parametrize("numbered", [False, True])
def test_a_message_that_cannot_be_read_is_leapt_over_and_the_leap_is_not_observed(
    numbered: bool,
) -> None:
    clock, posts = Clock(), spoken(720, every=10)
    double = JetstreamDouble(World.of(posts, clock), sequence_cursors=numbered)
    double.keeps_to_size = False
    at = clock.at
    double.insert("x" * 1_100_000)
    clock.at += timedelta(minutes=50)
    with serving(double.app) as url:
        reader = source(url, clock=clock, backfill="2h")
        taken = run(reader, reached(clock.at - timedelta(seconds=3)))
    assert taken.malformed == 1
    assert 1 <= len(taken.errors) <= 4
    assert "too large" in str(taken.errors[0])
    (_, left), (again, _) = taken.observed()
    assert left <= at < again <= at + timedelta(seconds=10)
    missed = {
        "/".join(address(one))
        for one in posts
        if left < one.created_at < again and BRAND in one.text
    }
    assert set(on_brand([one for one in posts if one.created_at < clock.at])) - missed == set(
        taken.stored
    )


def test_silence_is_an_error() -> None:
    clock = Clock()
    double = JetstreamDouble(World.of(spoken(10), clock))
    double.silent = True
    with serving(double.app) as url:
        taken = run(source(url, clock=clock, silence="1s"), failed)
    assert "sent nothing for 1 s" in str(taken.errors[0])
    assert taken.deliveries == []


def test_a_refusal_says_what_to_do_and_how_long_to_wait() -> None:
    clock = Clock()
    double = JetstreamDouble(World.of(spoken(400), clock))
    refusals = {
        400: ("check `urls`", None),
        403: ("check `urls`", None),
        404: ("check `urls`", None),
        429: ("too many requests", 7.0),
        503: ("out of order", 7.0),
    }
    with serving(double.app) as url:
        reader = source(url, clock=clock)
        for status, (words, wait) in refusals.items():
            double.refuse(status, headers={"Retry-After": "7"} if wait else None)
            [error] = run(reader, failed).errors
            assert words in str(error)
            assert f"HTTP {status}" in str(error)
            assert error.retry_after == wait
        taken = run(reader, reached(clock.at - timedelta(seconds=3)))
    assert taken.stored == on_brand(spoken(360))


def test_a_place_without_jetstream_is_named() -> None:
    clock = Clock()
    with serving(JetstreamDouble(World.of([], clock)).app) as url:
        secure = run(source(url.replace("http:", "wss:"), clock=clock), failed)
    nobody = run(source(url, clock=clock), failed)
    nowhere = run(source("http://jetstream.invalid", clock=clock), failed)
    assert "certificate" in str(secure.errors[0])
    assert "cannot be reached" in str(nobody.errors[0])
    assert "jetstream.invalid" in str(nowhere.errors[0])


@asynccontextmanager
async def raw(*behaviours: Callable[[ServerConnection], None]) -> AsyncIterator[str]:
    """A server below the level of messages; one behaviour for each connection, then the last."""
    waiting = list(behaviours)

    async def answer(connection: ServerConnection) -> None:
        behaviour = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        behaviour(connection)
        await connection.wait_closed()

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def frame(text: str) -> bytes:
    data = text.encode()
    return b"\x81\x7e" + len(data).to_bytes(2, "big") + data


def test_broken_frames_end_the_connection_and_what_came_before_is_kept() -> None:
    clock = Clock()
    good = [frame(event(clock, ahead_s=second)) for second in range(-5, 1)]

    def writes(data: bytes, *, then_leaves: bool = False) -> Callable[[ServerConnection], None]:
        def behave(connection: ServerConnection) -> None:
            connection.transport.write(data)
            if then_leaves:
                connection.transport.close()

        return behave

    async def story() -> Taken:
        taken = Taken()
        async with raw(
            writes(good[0] + b"\xff\xff\xff\xff"),
            writes(b"".join(good[:2]) + good[2][:40], then_leaves=True),
            writes(b"".join(good[:3]) + b"\x81\x02\xc3\x28" + good[3]),
            writes(b"".join(good)),
        ) as url:
            reader = source(url, clock=clock)
            await follow(reader, taken, lambda _: len(taken.errors) == 2)
            last = reader.deliveries(taken.cursor)
            async for delivery in last:
                taken.deliveries.append(delivery)
                break
            await last.aclose()
            await follow(reader, taken, reached(clock.at))
        return taken

    taken = asyncio.run(story())
    assert len(taken.stored) == 6
    assert "no WebSocket message" in str(taken.errors[0])
    assert "was cut" in str(taken.errors[1])
    assert taken.malformed == 1


def test_an_hour_of_absence_is_replayed_and_observed() -> None:
    clock, posts = Clock(), spoken(1_000)
    with serving(JetstreamDouble(World.of(posts, clock)).app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
        clock.at += timedelta(hours=1)
        run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)), taken)
    assert taken.stored == on_brand(posts[:720])
    assert len(taken.observed()) == 1


@pytest.mark.parametrize("numbered", [False, True])
def test_what_jetstream_no_longer_has_is_not_observed(numbered: bool) -> None:
    clock = Clock()
    world = World.of(spoken(300) + spoken(300, begin=BEGIN + timedelta(hours=60)), clock)
    double = JetstreamDouble(world, chatter_per_second=0.1, sequence_cursors=numbered)
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=30)))
        clock.at += timedelta(hours=60)
        run(source(url, clock=clock), reached(clock.at - timedelta(seconds=30)), taken)
    (_, left), (again, _) = taken.observed()
    assert left <= BEGIN + timedelta(hours=1)
    assert clock.at - timedelta(hours=36) <= again <= clock.at - timedelta(hours=35)
    assert taken.until > again


def test_another_instance_is_asked_by_time_when_one_fails() -> None:
    clock, posts = Clock(), spoken(360)
    world = World.of(posts, clock)
    first = JetstreamDouble(world, sequence_cursors=True)
    second = JetstreamDouble(world, sequence_cursors=True, chatter_per_second=3)
    first.cut(1_000)
    with serving(first.app) as one, serving(second.app) as two:
        taken = run(source(one, two, clock=clock), reached(clock.at - timedelta(seconds=3)))
    assert taken.stored == on_brand(posts)
    assert int(second.queries[0]["cursor"]) > 10**15
    assert len(taken.observed()) == 1


def test_an_instance_that_numbers_anew_is_followed_by_time() -> None:
    clock, posts = Clock(), spoken(720)
    double = JetstreamDouble(World.of(posts, clock), sequence_cursors=True)
    with serving(double.app) as url:
        taken = run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)))
        position = orjson.loads(taken.cursor or "")
        position["sequence"] += 10**12
        last = replace(taken.deliveries.pop(), cursor=orjson.dumps(position).decode())
        taken.deliveries.append(last)
        clock.tick = timedelta(seconds=20)
        run(source(url, clock=clock), reached(posts[-1].created_at), taken)
    assert "numbered its events anew" in str(taken.errors[0])
    assert taken.stored == on_brand(posts)
    assert len(taken.observed()) == 1


def test_a_damaged_cursor_begins_anew() -> None:
    clock, posts = Clock(), spoken(360)
    with serving(JetstreamDouble(World.of(posts, clock)).app) as url:
        for cursor in ("", "{}", "[]", '{"until":"x","sequence":1,"instance":"a"}'):
            taken = Taken([Delivery("sky", BEGIN, cursor)])
            run(source(url, clock=clock), reached(clock.at - timedelta(seconds=3)), taken)
            assert taken.stored == on_brand(posts)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_or_doubled_however_often_the_connection_ends(seed: int) -> None:
    draw = random.Random(seed)
    clock, posts = Clock(tick=timedelta(seconds=1)), spoken(2_400, every=3, seed=seed)
    end = posts[-1].created_at + timedelta(minutes=1)
    double = JetstreamDouble(
        World.of(posts, clock), sequence_cursors=draw.random() < 0.5, seed=seed
    )
    taken = Taken()
    with serving(double.app) as url:
        reader = source(url, clock=clock)

        def step() -> None:
            clock.leap(minutes=draw.randrange(10))
            double.repeating = draw.random() < 0.2
            match draw.randrange(5):
                case 0:
                    double.cut(*(draw.randrange(900) for _ in range(3)))
                    double.disconnect()
                case 1:
                    double.refuse(draw.choice([429, 500, 503]))
                    double.disconnect()

        while not reached(end)(taken):
            part = draw.randrange(1, 6) + len(taken.deliveries)
            run(reader, lambda now, part=part: len(now.deliveries) >= part, taken, step=step)  # type: ignore[misc]
            if draw.random() < 0.5:
                reader = source(url, clock=clock)
    assert taken.errors
    assert taken.stored == on_brand(posts)
    assert len(taken.observed()) == 1
    assert taken.malformed == 0


def test_check_says_when_the_newest_event_was() -> None:
    clock = Clock()
    double = JetstreamDouble(World.of([], clock), chatter_per_second=50)
    with serving(double.app) as url:

        async def checked() -> str:
            asking = asyncio.create_task(source(url, clock=clock).check())
            while not double.queries:
                await asyncio.sleep(0.01)
            clock.at += timedelta(seconds=1)
            return await asking

        assert asyncio.run(checked()) == "Jetstream answers: events of 01:00:00 UTC"
        double.refuse(503)
        with pytest.raises(SourceError, match="out of order"):
            asyncio.run(source(url, clock=clock).check())


def test_options_that_cannot_work_are_refused() -> None:
    for url in ("https://a.example/subscribe", "wss://me:secret@a.example", "wss://a.example?x=1"):
        with pytest.raises(ValidationError):
            KIND.options.model_validate({"urls": [url]})
    for silence in ("0s", "2h"):
        with pytest.raises(ValidationError):
            KIND.options.model_validate({"silence": silence})
    assert KIND.platforms(KIND.options()) == ("bluesky",)
