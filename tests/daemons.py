"""A daemon among doubles: X, Jetstream, Slack and a webhook's receiver, in simulated time."""

import asyncio
import json
import os
import random
import socket
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection, exists, select
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.notifiers import webhook
from alerts.posts import Post
from monitor import cli, logs
from monitor.clock import RunningClock
from monitor.configuration import Configuration, load
from monitor.daemon import daemon
from monitor.daemon.daemon import Daemon, Unstoppable
from monitor.doubles.jetstream import JetstreamDouble, address
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World
from monitor.doubles.x import XDouble
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.store import Database, StoreError, schema
from monitor.topics import Matcher
from monitor.watch import Watch
from tests.airline import post
from tests.forked import forking

BEGIN = datetime.fromisoformat("2026-03-06T00:00:00+00:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BUCKET = 5 * MINUTE
EVERY = 20 * MINUTE
"""How often a flood begins."""
BRANDS = tuple(
    f"{name}wing"
    for name in ["fjord", "other", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
)
TOPICS = ("", "all", "booking")
"""Those of every story; Bluesky observes all topics at once."""

CHATTER_PER_SECOND = 0.02
CHANNEL = "C0SEAWALL"
SECRETS = {
    name: f"planted-{name.lower()}-0123456789"
    for name in ("SCENE_X", "SCENE_SLACK", "SCENE_APP", "SCENE_WEBHOOK", "SCENE_KARI")
}

CONFIGURATION = """
timezone: Europe/Oslo
languages: [en]
bucket: 5m
false_alarms: 4 per 30 days
incidents: {{resolve_after: 10m, reopen_within: 1m}}
keep_posts: 11h
brands: {brands}
topics:
  booking: {{name: Booking, situation: booking, terms: {{en: [booking]}}}}
sources:
  - {{kind: x, every: 6m, backfill: 3d, token: {{env: SCENE_X}}, base_url: "{x}", examples: 10,
     spending_limit: {dollars}}}
  - {{kind: bluesky, urls: ["{bluesky}/subscribe"], backfill: 10h}}
notify:
  - {{kind: slack, channel: C0SEAWALL, token: {{env: SCENE_SLACK}}, app_token: {{env: SCENE_APP}},
     base_url: "{slack}/api/"}}
  - {{kind: webhook, url: {{env: SCENE_WEBHOOK_URL}}, secret: {{env: SCENE_WEBHOOK}}}}
http:
  port: {port}
  tokens: {{kari: {{scopes: [read, act, metrics], secret: {{env: SCENE_KARI}}}}}}
"""


class Receiver:
    """A webhook's receiver: how often each key came, and with which bodies."""

    def __init__(self) -> None:
        self.keys: Counter[str] = Counter()
        self.bodies: dict[str, bytes] = {}
        self.app = Starlette(routes=[Route("/hook", self._taken, methods=["POST"])])

    async def _taken(self, request: Request) -> Response:
        key = request.headers[webhook.KEY]
        try:
            content = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        said = request.headers[webhook.SIGNATURE]
        if not webhook.verify(SECRETS["SCENE_WEBHOOK"], key, content, said):
            return Response(status_code=403)
        self.keys[key] += 1
        self.bodies[key] = content
        return Response(status_code=204)


class Watched:
    """A double's app; `asked`: paths of requests that have come.

    `answering` is called when an answer is ready and nobody has it yet.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.asked: list[str] = []
        self.answering: Callable[[str], None] = lambda _path: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        self.asked.append(scope["path"])

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answering(scope["path"])
            await send(message)

        await self._app(scope, receive, sent)


@dataclass(slots=True)
class Scene:
    """The doubles, what a daemon among them is started with, and what time it is there."""

    clock: RunningClock
    file: Path
    x: XDouble
    jetstream: JetstreamDouble
    slack: SlackDouble
    receiver: Receiver
    apps: Mapping[str, Watched]
    page: str
    environment: Mapping[str, str]
    log: Path
    processes: list[BaseProcess] = field(default_factory=list)

    def start(self, url: str, disturb: Callable[[], None] | None = None) -> BaseProcess:
        """A daemon on the store at `url`, in a process of its own."""
        arguments = (url, self.file, self.clock, self.environment, self.log, disturb)
        process = forking().Process(target=_live, args=arguments)
        process.start()
        self.processes.append(process)
        return process

    def command(self, *arguments: str) -> BaseProcess:
        """`seawall` with these arguments, in a process of its own."""
        process = forking().Process(target=_given, args=(arguments, self.environment, self.log))
        process.start()
        self.processes.append(process)
        return process

    def said(self) -> str:
        """Everything that daemons have logged."""
        return self.log.read_text("utf-8") if self.log.exists() else ""


@contextmanager
def scene(
    folder: Path,
    written: Callable[[str, datetime, datetime], Sequence[Post]],
    *,
    begin: datetime = BEGIN,
    rate: float,
    dollars: int = 100_000,
    configuration: str = CONFIGURATION,
) -> Iterator[Scene]:
    """The doubles in this process, serving what is `written`; processes that are left are ended."""
    time = RunningClock(begin, rate)
    world = World(time.now, written)
    x = XDouble(world, token=SECRETS["SCENE_X"])
    jetstream = JetstreamDouble(world, chatter_per_second=CHATTER_PER_SECOND)
    slack = SlackDouble(
        now=time.now,
        token=SECRETS["SCENE_SLACK"],
        app_token=SECRETS["SCENE_APP"],
        pace_s=0.0,
    )
    receiver = Receiver()
    doubles = {"x": x.app, "bluesky": jetstream.app, "slack": slack.app, "hook": receiver.app}
    apps = {name: Watched(app) for name, app in doubles.items()}
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(serving(cast("Starlette", app))) for name, app in apps.items()
        }
        environment = {**SECRETS, "SCENE_WEBHOOK_URL": f"{urls['hook']}/hook"}
        for name, value in environment.items():
            stack.enter_context(pytest.MonkeyPatch.context()).setenv(name, value)
        port, file = _free_port(), folder / "fjordwing.yaml"
        urls["bluesky"] = urls["bluesky"].replace("http", "ws", 1)
        brands = json.dumps({one: {"name": one.title(), "terms": [f"@{one}"]} for one in BRANDS})
        text = configuration.format(**urls, brands=brands, port=port, dollars=dollars)
        file.write_text(text, encoding="utf-8")
        page = f"http://127.0.0.1:{port}"
        log = folder / "daemon.log"
        the = Scene(time, file, x, jetstream, slack, receiver, apps, page, environment, log)
        try:
            yield the
        finally:
            for process in the.processes:
                if process.is_alive():
                    process.kill()
                process.join()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _prepared(environment: Mapping[str, str], log: Path) -> None:
    os.environ.update(environment)
    sys.stderr = sys.stdout = log.open("a", encoding="utf-8", buffering=1)


def _given(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """The command line."""
    _prepared(environment, log)
    sys.argv = ["seawall", *arguments]
    cli.main()


def _live(
    url: str,
    file: Path,
    time: RunningClock,
    environment: Mapping[str, str],
    log: Path,
    disturb: Callable[[], None] | None,
) -> None:
    """A daemon's whole life. Its exit status is that of `seawall run`."""
    _prepared(environment, log)
    logs.configure(json=True, stream=sys.stderr)
    daemon.STAND_BY_S = 0.05
    if disturb:
        disturb()
    try:
        with closing(Database.open(url)) as database:
            asyncio.run(Daemon(partial(load, file), database, time, "seawall ack").run())
    except Unstoppable as error:
        print(f"seawall: {error}", file=sys.stderr)  # noqa: T201
        os._exit(1)
    except StoreError as error:
        print(f"seawall: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


class Airline:
    """What is written: ordinary days, and a flood on a brand every twenty minutes until `calm`."""

    def __init__(self, days: float) -> None:
        self.calm: datetime | None = None
        posts = [*self._ordinary(), *self._floods(days)]
        self._posts = {
            platform: sorted(
                (one for one in posts if one.platform == platform),
                key=lambda one: (one.created_at, one.id),
            )
            for platform in ("x", "bluesky")
        }
        self._crowd = {(one.platform, one.id) for one in posts if "crowd" in (one.author or "")}

    def _ordinary(self) -> Iterator[Post]:
        for number, brand in enumerate(BRANDS):
            for platform in ("x", "bluesky"):
                draw, at = random.Random(f"{number}{platform}"), BEGIN - 4 * DAY
                while (at := at + timedelta(seconds=draw.expovariate(1 / 150))) < BEGIN + 3 * DAY:
                    text = draw.choice(["hello", "my booking", "thanks"])
                    yield post(at, f"@{brand} {text}", platform=platform)

    def _floods(self, days: float) -> Iterator[Post]:
        """Of ten minutes each, in turn on one platform, the other, or both.

        A brand has hours of quiet between two, so that few return to an incident. Each is larger
        than its last, for what comes again and again is soon expected.
        """
        draw = random.Random(7)
        for turn in range(int(days * DAY / (EVERY))):
            begin = BEGIN + 30 * MINUTE + turn * EVERY
            earlier, of = divmod(turn, len(BRANDS))
            for platform in (("x",), ("bluesky",), ("x", "bluesky"))[earlier % 3]:
                for number in range(60 + 30 * earlier):
                    at = begin + timedelta(seconds=draw.uniform(0, 600))
                    author = f"crowd-{turn}-{number}"
                    text = f"@{BRANDS[of]} is booking down? {number}"
                    yield post(at, text, platform=platform, author=author)

    def written(self, platform: str, since: datetime, until: datetime) -> Sequence[Post]:
        """The posts of a platform from then until before then."""
        ordered = self._posts[platform]
        first, end = (bisect_left(ordered, at, key=_written_at) for at in (since, until))
        return [
            one
            for one in ordered[first:end]
            if self.calm is None
            or one.created_at < self.calm
            or (platform, one.id) not in self._crowd
        ]


def _written_at(one: Post) -> datetime:
    return one.created_at


def every_post_is_there_once(the: Scene, airline: Airline, connection: Connection) -> int:
    """Those that were kept for as long as they had to be, at least; how many were forgotten."""
    since, until = seen(connection)["bluesky", "fjordwing", ""]
    written = airline.written("bluesky", since, until + timedelta(microseconds=1))
    assert {one.id for one in written} <= the.jetstream.sent.keys()
    posts = {"/".join(address(one)): one for one in written}
    stored = list(
        connection.scalars(select(schema.post.c.id).where(schema.post.c.platform == "bluesky"))
    )
    assert len(stored) == len({*stored})
    assert {*stored} <= posts.keys()
    forgotten = [posts[id].created_at for id in posts.keys() - {*stored}]
    kept_since = the.clock.now() - load(the.file).keep_posts
    assert all(at < kept_since for at in forgotten)
    return len(forgotten)


def seen(connection: Connection) -> dict[tuple[str, str, str], tuple[datetime, datetime]]:
    """What was observed of each platform, brand and topic, which has no gap."""
    o = schema.observed.c
    rows = connection.execute(select(schema.observed).where(o.topic.in_(TOPICS))).all()
    assert not any(row.late for row in rows), rows
    found = {(row.platform, row.brand, row.topic): (row.since, row.until) for row in rows}
    assert len(found) == len(rows) == len(BRANDS) * len(TOPICS), f"there is a gap: {rows}"
    return found


def every_minute_is_counted_once(
    the: Scene, airline: Airline, connection: Connection, folder: Path
) -> None:
    """The samples are those of a daemon that nobody disturbed, and those of what was written."""
    configuration, spans = load(the.file), seen(connection)
    with closing(Database.open(f"sqlite:///{folder}/undisturbed.db")) as undisturbed:
        watch = Watch.start(configuration, undisturbed, ["x", "bluesky"])
        for one in deliveries(configuration, airline, spans):
            watch.take(one)
        with undisturbed.read() as other:
            wanted, expected = samples(other), counted(configuration, airline, spans)
            numbers = {key: row[0] for key, row in wanted.items()}
            assert numbers.items() ^ expected.items() == set()
            assert samples(connection).items() ^ wanted.items() == set()
            assert surges(connection) == surges(other)


def counted(
    configuration: Configuration,
    airline: Airline,
    spans: Mapping[tuple[str, str, str], tuple[datetime, datetime]],
) -> Counter[tuple[str, str, str, datetime]]:
    """Posts by platform, brand, topic and bucket, of whole buckets."""
    matcher, found = Matcher(configuration), Counter[tuple[str, str, str, datetime]]()
    for (platform, brand, only), (since, until) in spans.items():
        for one in airline.written(platform, since, until):
            bucket = one.created_at - (one.created_at - BEGIN) % BUCKET
            if bucket < since or bucket + BUCKET > until:
                continue
            for match in matcher.match(one.text):
                for topic in match.topics:
                    if match.brand == brand and only in ("", topic):
                        found[platform, brand, topic, bucket] += 1
    return found


def deliveries(
    configuration: Configuration,
    airline: Airline,
    spans: Mapping[tuple[str, str, str], tuple[datetime, datetime]],
) -> Iterator[Delivery]:
    """All that was observed of each platform, at once."""
    matcher = Matcher(configuration)
    for platform in ("x", "bluesky"):
        observed = [
            Observed(brand, platform, *span, topic or None)
            for (of, brand, topic), span in spans.items()
            if of == platform
        ]
        since = min(one.since for one in observed)
        until = max(one.until for one in observed)
        posts = airline.written(platform, since, until)
        counts = Counter(
            Count(match.brand, topic, platform, one.created_at.replace(second=0, microsecond=0), 1)
            for one in posts
            for match in matcher.match(one.text)
            for topic in match.topics
        )
        yield Delivery(
            platform,
            until,
            "",
            posts=[*posts] if platform == "bluesky" else [],
            counts=[replace(one, posts=n) for one, n in counts.items()] if platform == "x" else [],
            observed=observed,
            platforms=[platform],
        )


def samples(connection: Connection) -> dict[tuple[str, str, str, datetime], tuple[Any, ...]]:
    """Samples of closed buckets."""
    s, of = schema.sample.c, schema.series.c
    rows = connection.execute(
        select(of.platform, of.brand, of.topic, s.bucket, s.posts, s.authors, s.posts_at_close)
        .join(schema.series, of.id == s.series)
        .where(s.posts_at_close.is_not(None), s.posts > 0)
    )
    return {(row[0], row[1], row[2], row[3]): tuple(row[4:]) for row in rows}


def surges(connection: Connection) -> set[tuple[Any, ...]]:
    """What the detectors found; one that went on in another incident is the one that it was.

    When it parts from an incident depends on which platform was judged first.
    """
    s, before = schema.surge.c, schema.surge.alias().c
    went_on = exists().where(before.series == s.series, before.ended_at == s.detected_at)
    found = select(s.series, s.detected_at, s.started_at).where(~went_on)
    return {tuple(row) for row in connection.execute(found)}
