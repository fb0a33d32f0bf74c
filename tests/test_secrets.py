"""A secret planted in every credential is shown nowhere, whatever goes well and whatever fails."""

import asyncio
import html
import http.client
import io
import json
import logging
import re
import socket
import threading
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from sqlalchemy import make_url, select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from alerts.notifiers import Notification, Places, Pressed
from alerts.notifiers._slack_notifier import SlackNotifier
from alerts.notifiers.webhook import WebhookNotifier
from alerts.secret import SecretMissing
from monitor import clock, logs
from monitor.clock import RunningClock
from monitor.commands.options import acknowledging
from monitor.configuration import Configuration, load
from monitor.daemon.daemon import address
from monitor.daemon.session import Session
from monitor.doubles.accounts import Account
from monitor.doubles.jetstream import JetstreamDouble
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World
from monitor.doubles.x import XDouble
from monitor.http import page
from monitor.http.access import Door, Tokens, form_word
from monitor.http.routes import ROUTES
from monitor.incidents import pressing
from monitor.service import Health
from monitor.sources.kinds import SourceError
from monitor.sources.kinds.x import XSource
from monitor.store import Database, access, messages, schema, situations
from tests.accounts import accounts
from tests.airline import BEGIN, CONFIGURATION, days, flood
from tests.alerts import scenes
from tests.conftest import PATIENCE_S, new_store, until
from tests.monitor.command_line import Seawall, in_process
from tests.service import new_database, tell

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

RATE = 60.0
STORM = BEGIN + timedelta(days=2, hours=2)
NIGHT = STORM + timedelta(minutes=20)
NASTY = '"\\/+='
"""What is written in one way here and in another there."""

CORES = {
    "x": "Q7xBearerZ4kTq8mWn2Rb5Yv",
    "bot": "J3bOtKenP9sLd6fGh1Xc7Vz",
    "app": "U8aPpLevEl5Tr2Wq9Mn4Bx6C",
    "hook path": "H1oOkPaTh7Kd3Jf8Ls5Gp2Q",
    "hook query": "E6qUeRyO4Wz1Xn9Vb3Mc7Rt",
    "hook user": "B9uSeRnA2Mk5Hj8Gf4Ds1Zp",
    "hook password": "T5pAsSwO7Rl3Qe9Wy1Ui6Nb",
    "signing": "S2iGnInG8Vx4Cz6Bk1Lm9Fh",
    "beat path": "W4hEaRtB3Yt7Re5Qs9Ka2Dj",
    "beat query": "L8bEaTsQ1Zx6Cv3Bn7Mg5Hk",
    "read": "R3rEaDtOkE9Pl2Oi6Uy4Tw8",
    "act": "A6aCtToKe1Nq7Ws3Ed5Rf9G",
    "ingest": "I9iNgEsTt2Ol8Km4Nj6Bh1V",
    "metrics": "M1mEtRiCs5Xz9Qw3Er7Ty2U",
    "database": "D7dAtAbAs4Ep1Lo9Ki3Ju5H",
    "key": "K3yOfApP5Wq8Zr1Tx7Nc4Vb",
    "key secret": "C5sEcOfKeY2Md9Hf6Jg3Lp8",
    "token": "N4tOkEnXx6Qa1Zw8Sc5Ed2R",
    "token secret": "G6sEcOfTo9Ky2Uj5Hm8Nb1V",
    "app password": "P8aPpAsS3Xc6Vf9Bg2Nh5Mj",
    "mastodon": "O2mAsToDo7Ik4Jl1Hq8Gw5F",
}
"""Of every credential a part that is written alike everywhere but in base64."""

CHUNK = 8


def needles(core: str, chunk: int = CHUNK) -> set[str]:
    """What is looked for: pieces of a secret, so that one that was cut off is found as well."""
    raw = core.encode()
    inside = [core, core[chunk // 2 :]]
    for shift in range(3):  # where a group of three bytes begins is not known
        coded = [encode(bytes(shift) + raw).decode() for encode in (b64encode, urlsafe_b64encode)]
        inside += [one[shift + 1 : -4] for one in coded]
    return {one[at : at + chunk] for one in inside for at in range(0, len(one) - chunk + 1, chunk)}


@dataclass
class Search:
    """Looks for secrets, and keeps where it looked and where it found any."""

    wanted: dict[str, set[str]] = field(
        default_factory=lambda: {name: needles(core) for name, core in CORES.items()}
    )
    looked: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def also(self, name: str, value: str) -> None:
        """One more secret, which was made while the daemon ran."""
        self.wanted[name] = needles(value, 12)

    def look(self, place: str, told: object) -> None:
        """Look through one text that is shown at a place."""
        shown = told if isinstance(told, str) else f"{told!r}\n{told}"
        self.looked[place] += bool(shown)
        for name, pieces in self.wanted.items():
            for piece in pieces:
                if (at := shown.find(piece)) >= 0:
                    around = shown[max(0, at - 120) : at + 60]
                    self.found.append(f"{name} in {place}: …{around!r}…")
                    break

    def looked_at(self, *places: str) -> None:
        """That there was something to look through, and that there was nothing in it."""
        assert not self.found, "\n".join(sorted(set(self.found)))
        assert [place for place in places if not self.looked[place]] == [], self.looked


# what a secret looks like


@pytest.mark.parametrize("name", CORES)
def test_the_search_finds_a_secret_however_it_is_written(name: str) -> None:
    secret = f"before{NASTY}{CORES[name]}é{NASTY}after"
    basic = b64encode(f"user:{secret}".encode()).decode()
    for written in (
        secret,
        quote(secret, safe=""),
        quote(secret).lower().replace(quote(CORES[name]).lower(), CORES[name]),
        urlencode({"a": secret}),
        json.dumps({"a": secret}),
        json.dumps({"a": secret}).replace("/", "\\/"),
        repr(secret),
        html.escape(secret),
        f"Authorization: Basic {basic}",
        *(b64encode((" " * shift + secret).encode()).decode() for shift in range(3)),
        *(urlsafe_b64encode((" " * shift + secret).encode()).decode() for shift in range(3)),
        secret[: len(secret) // 2 + 2],
        secret[len(secret) // 2 - 4 :],
    ):
        search = Search()
        search.look("control", f"some text {written} more of it")
        assert [found.split(" in ")[0] for found in search.found] == [name], written
    search = Search()
    search.look("control", "\n".join([page.__doc__ or "", *map(str, ROUTES), CONFIGURATION]))
    assert search.found == []


# what is planted


PLACES = ("x", "slack", "hook", "beat", "posts")
"""What a planted configuration asks over HTTP."""

LIVE = """
sources:
  - {{kind: x, token: {X}, every: 1m, backfill: 1d, base_url: "{x}", timeout: 1s}}
  - {{kind: bluesky, urls: ["{bluesky}/subscribe"]}}
  - {{kind: push, name: pushed, platforms: [reviews]}}
notify:
  - {{kind: slack, channel: C0SEAWALL, token: {BOT}, app_token: {APP}, base_url: "{slack}/api/"}}
  - {{kind: webhook, url: {HOOK}, secret: {SIGNING}}}
publish:
  - {{kind: x, api_key: {KEY}, api_secret: {KEY_SECRET}, access_token: {TOKEN},
     access_secret: {TOKEN_SECRET}, base_url: "{posts}", name: our-x}}
  - {{kind: bluesky, handle: fjordwing.example, app_password: {APP_PASSWORD}, base_url: "{posts}",
     name: our-bluesky}}
  - {{kind: mastodon, token: {MASTODON}, base_url: "{posts}"}}
http:
  port: {port}
  tokens:
    reader: {{scopes: [read], secret: {READ}}}
    kari: {{scopes: [read, act], secret: {ACT}}}
    pusher: {{scopes: [ingest], secret: {INGEST}}}
    scraper: {{scopes: [metrics], secret: {METRICS}}}
heartbeat: {{url: {BEAT}}}
"""


def secrets(hook: str, beat: str) -> dict[str, str]:
    """Every credential of the configuration, with a hook and a watchdog at these addresses."""
    at = urlsplit(hook)
    who = f"{CORES['hook user']}:{CORES['hook password']}%2F%22"
    return {
        "X": f"AAAA%2F{CORES['x']}{NASTY}",
        "BOT": f"xoxb-{CORES['bot']}{NASTY}",
        "APP": f"xapp-{CORES['app']}{NASTY}",
        "HOOK": f"{at.scheme}://{who}@{at.netloc}/hook/{CORES['hook path']}%2F"
        f"?key={CORES['hook query']}%22",
        "SIGNING": f"é{CORES['signing']}{NASTY}",
        "BEAT": f"{beat}/ping/{CORES['beat path']}%2F?key={CORES['beat query']}",
        **{
            name: f"{NASTY}{CORES[name.lower()]}{NASTY}"
            for name in ("READ", "ACT", "INGEST", "METRICS")
        },
        **{
            name: f"{CORES[name.lower().replace('_', ' ')]}{NASTY}"
            for name in ("KEY", "KEY_SECRET", "TOKEN", "TOKEN_SECRET", "APP_PASSWORD", "MASTODON")
        },
    }


@dataclass
class Planted:
    """A folder in which credentials are kept, in the environment or in files."""

    folder: Path
    kept: str
    monkeypatch: pytest.MonkeyPatch
    values: dict[str, str] = field(default_factory=dict)

    def configuration(
        self,
        *,
        x: str,
        bluesky: str,
        slack: str,
        hook: str,
        beat: str,
        posts: str,
        port: int = 0,
    ) -> Configuration:
        """A configuration, read from its file as a user's is, for servers at these addresses."""
        self.values = secrets(hook, beat)
        for name, value in self.values.items():
            self.keep(name, value)
        places = {name: self.place(name) for name in self.values}
        live = LIVE.format(x=x, bluesky=bluesky, slack=slack, posts=posts, port=port, **places)
        self.file.write_text(CONFIGURATION.replace("bucket: 5m", "bucket: 1m") + live, "utf-8")
        return load(self.file)

    @property
    def file(self) -> Path:
        return self.folder / "planted.yaml"

    def place(self, name: str) -> str:
        """Where a credential is kept, as the configuration says it."""
        env = self.kept == "env"
        return f"{{env: PLANTED_{name}}}" if env else f"{{file: {self.folder / name}}}"

    def keep(self, name: str, value: str) -> None:
        if self.kept == "env":
            self.monkeypatch.setenv(f"PLANTED_{name}", value)
        else:
            (self.folder / name).write_text(f"{value}\n", "utf-8")


@pytest.fixture(params=["env", "file"])
def planted(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Planted:
    return Planted(tmp_path, request.param, monkeypatch)


# where is listened


class Overheard(logging.Handler):
    """Every record of every library, as Seawall's own handler would write it."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__(logging.DEBUG)
        self.formatter = formatter
        self.by: Counter[str] = Counter()
        self.plain: list[str] = []
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.by[record.name.partition(".")[0]] += 1
        if record.args or isinstance(record.msg, str):
            self.plain.append(record.getMessage())
        self.written.append(self.format(record))


TALKATIVE = ("httpx", "httpcore", "urllib3", "requests", "tweepy", "websockets", "asyncio")
TALKATIVE += ("apscheduler", "slack_sdk", "aiohttp", "uvicorn", "alembic")


def talk() -> None:
    """Have every library tell all it can, after whatever has silenced it."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.DEBUG)


@contextmanager
def listening(search: Search, *, as_json: bool) -> Iterator[Overheard]:
    """Log as the daemon does, while every library tells all it can; look through that at the end.

    What Seawall would leave out is looked through as well, written by its own formatter.
    """
    stream = io.StringIO()
    logs.configure(json=as_json, level="debug", stream=stream)
    root = logging.getLogger()
    [ours] = [one for one in root.handlers if isinstance(one, logs._Handler)]
    overheard = Overheard(ours.formatter)
    root.addHandler(overheard)
    try:
        yield overheard
    finally:
        root.removeHandler(overheard)
        for place, lines in (
            ("log lines", stream.getvalue().splitlines()),
            ("lines that libraries would log", overheard.written),
        ):
            search.look(place, "\n".join(lines))
            search.looked[place] += max(0, len(lines) - 1)


# a daemon that runs


def wait(found: Callable[[], Any], what: str) -> Any:
    return until(found, what)


@dataclass
class Answer:
    """What came over HTTP; a client that logs nothing of its own asked for it."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def shown(self) -> str:
        """All of it but the cookie that it is there to set."""
        headers = [f"{k}: {v}" for k, v in self.headers.items() if k.lower() != "set-cookie"]
        return "\n".join([str(self.status), *headers, self.body])

    @property
    def outside_of_forms(self) -> str:
        """The same without the hidden fields of forms."""
        return re.sub(r'<input type="hidden" name="(word|link)" value="[^"]*">', "", self.shown)


def ask(
    url: str, method: str, path: str, *, form: Mapping[str, str] | None = None, **headers: str
) -> Answer:
    at = urlsplit(url)
    sent = {key.replace("_", "-"): value.encode() for key, value in headers.items()}
    content = None
    if form is not None:
        content = urlencode(form).encode()
        sent["content-type"] = b"application/x-www-form-urlencoded"
    with closing(
        http.client.HTTPConnection(str(at.hostname), at.port, timeout=PATIENCE_S)
    ) as connection:
        connection.request(method, path, body=content, headers=sent)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())


@dataclass
class Life:
    """A session that runs in a thread of its own, and what became of it."""

    session: Session
    url: str
    values: Mapping[str, str]
    ended: list[BaseException] = field(default_factory=list)

    def health(self, name: str) -> Health:
        states = [*self.session.sources(), *self.session.notifiers()]
        return next(one.health for one in states if one.name == name)

    def bearer(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.values[name]}"}


@contextmanager
def living(
    configuration: Configuration, database: Database, values: Mapping[str, str], url: str = ""
) -> Iterator[Life]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        where = address(configuration, server)
        # As `seawall run` makes it: the command names the store.
        places = Places(
            acknowledging(None, url or "sqlite:///a.db"), f"{where}/incidents/{{incident}}"
        )
        session = Session(configuration, database, RunningClock(NIGHT, RATE), places)
        life = Life(session, where, values)
        talk()
        loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        began = threading.Event()

        async def run() -> None:
            stop = asyncio.Event()
            loops.append((asyncio.get_running_loop(), stop))
            began.set()
            try:
                await session.run(server, stop)
            except Exception as error:
                life.ended.append(error)
                logging.getLogger("seawall").exception("the session ended")

        thread = threading.Thread(target=asyncio.run, args=[run()])
        thread.start()
        began.wait()
        try:
            yield life
        finally:
            [(loop, stop)] = loops
            if thread.is_alive():
                loop.call_soon_threadsafe(stop.set)
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def browse(life: Life, database: Database, search: Search) -> None:
    """Sign in by a link and by a token, and look at every page and answer there is."""
    enter(life, database, search, {"token": life.values["ACT"]})
    with database.write() as connection:
        link = access.make_link(connection, clock.wall())
    search.also("link", link)
    asked = f"/sign-in?{urlencode({'link': link})}"
    form = ask(life.url, "GET", asked)
    assert form.body.count(link) == 1
    search.look("pages", form.outside_of_forms)
    cookie = enter(life, database, search, {"link": link, "name": "Kari"})
    search.look("pages", ask(life.url, "GET", asked, cookie=cookie).shown)  # it is used up
    search.look("pages", ask(life.url, "POST", "/sign-in", form={"link": link, "name": "A"}).shown)
    wrong = ask(life.url, "POST", "/incidents/x", form={"word": "no"}, cookie=cookie)
    search.look("pages", wrong.shown)


def enter(life: Life, database: Database, search: Search, form: Mapping[str, str]) -> str:
    """Sign in, look at everything, and return the cookie."""
    entered = ask(life.url, "POST", "/sign-in", form=form)
    cookie = entered.headers["set-cookie"].partition(";")[0]
    kept = cookie.partition("=")[2]
    search.also(f"cookie {len(search.wanted)}", kept)
    search.also(f"word {len(search.wanted)}", form_word(kept))
    search.look("pages", entered.shown)
    visit(life, database, search, cookie, form_word(kept), everybody="link" in form)
    return cookie


def visit(
    life: Life, database: Database, search: Search, cookie: str, word: str, *, everybody: bool
) -> None:
    """Every route that can be looked at, with the cookie, and with a token or with each."""
    with database.read() as connection:
        ids = [one.id for one in situations.incidents(connection)]
    samples = urlencode(
        {
            "brand": "fjordwing",
            "topic": "booking",
            "platform": "x",
            "since": (NIGHT - timedelta(hours=3)).isoformat(),
            "until": NIGHT.isoformat(),
        }
    )
    names = ["READ", "ACT", "INGEST", "METRICS"]
    for route in ROUTES:
        if route.method == "POST":
            continue
        path = route.path.replace("{id}", ids[0] if ids else "none")
        path += f"?{samples}" if path.endswith("/samples") else ""
        if route.door is not Door.TOKEN:
            answer = ask(life.url, "GET", path, cookie=cookie)
            if route.door is Door.SESSION:
                assert answer.status == (404 if path.endswith("/none") else 200), answer
            search.look(f"GET {route.path}", answer.outside_of_forms)
            if "<form" in answer.body:
                search.looked["forms"] += word in answer.body
            continue
        for name in names if everybody else ["METRICS" if route.scope == "metrics" else "ACT"]:
            answer = ask(life.url, "GET", path, **life.bearer(name))
            search.look("refusals" if answer.status == 403 else f"GET {route.path}", answer.shown)
        refused = ask(life.url, "GET", path, authorization=f"Bearer {life.values['READ']}x")
        search.look("refusals", refused.shown)
    openmetrics = ask(
        life.url,
        "GET",
        "/metrics",
        accept="application/openmetrics-text; version=1.0.0",
        **life.bearer("METRICS"),
    )
    assert openmetrics.status == 200
    search.look("GET /metrics", openmetrics.shown)


def everywhere() -> list[str]:
    """The places of every route that can be looked at."""
    return [f"GET {route.path}" for route in ROUTES if route.method == "GET"]


def describe(life: Life, search: Search) -> None:
    """What a debugger, a log line or a traceback would show of the parts."""
    session = life.session
    configuration = session.configuration
    parts: list[object] = [session, configuration, configuration.http, session.database.name]
    parts += [configuration.model_dump(warnings=False)]
    parts += [configuration.model_dump_json(warnings=False)]
    parts += [*configuration.sources, *(one.options for one in configuration.sources)]
    parts += [*configuration.notify, *(one.options for one in configuration.notify)]
    parts += [session._feeds, *session._feeds.values(), *session._notifiers]
    parts += [feed.source for feed in session._feeds.values()]
    parts += [session._poster, *session._poster._accounts.values(), *session.publishers()]
    parts += [*configuration.publish, *(one.options for one in configuration.publish)]
    parts += [*session.sources(), *session.notifiers(), session._tasks, session.metrics]
    parts += [Tokens.read(configuration.http), Tokens.read(configuration.http).of("no")]
    parts += [Tokens.read(configuration.http).of(life.values["ACT"]), session._schedule]
    parts += [*session._schedule._scheduler.get_jobs()]
    parts += [session.database.engine, session.database.engine.url, session._writer]
    for part in parts:
        search.look("repr", part)


# everything works


class Receiver:
    """A webhook's receiver and a watchdog."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.beats = 0
        self.app = Starlette(
            routes=[
                Route("/hook/{path:path}", self._hook, methods=["HEAD", "POST"]),
                Route("/ping/{path:path}", self._ping),
            ]
        )

    async def _hook(self, request: Request) -> Response:
        self.bodies.append((await request.body()).decode())
        return Response(status_code=204)

    async def _ping(self, _request: Request) -> Response:
        self.beats += 1
        return Response(status_code=204)


@dataclass
class Doubles:
    """Platforms that work."""

    configuration: Configuration
    slack: SlackDouble
    receiver: Receiver
    accounts: Mapping[str, Account]


@contextmanager
def doubles(
    planted: Planted, now: Callable[[], Any], *, port: int = 0, chatter: float = 0.001
) -> Iterator[Doubles]:
    flooded = flood(STORM, 20)
    world = World.of([*days(2.2), *flooded], now)
    values = secrets("http://a", "http://a")
    x = XDouble(world, token=values["X"])
    slack = SlackDouble(now=now, token=values["BOT"], app_token=values["APP"], pace_s=0)
    receiver = Receiver()
    opened = accounts(
        {
            "X_API_KEY": values["KEY"],
            "X_API_SECRET": values["KEY_SECRET"],
            "X_ACCESS_TOKEN": values["TOKEN"],
            "X_ACCESS_SECRET": values["TOKEN_SECRET"],
            "BLUESKY_APP_PASSWORD": values["APP_PASSWORD"],
            "MASTODON_TOKEN": values["MASTODON"],
        }
    )
    with ExitStack() as stack:
        at = {
            name: stack.enter_context(serving(app))
            for name, app in {
                "x": x.app,
                "bluesky": JetstreamDouble(world, chatter_per_second=chatter).app,
                "slack": slack.app,
                "there": receiver.app,
                "posts": Starlette(
                    routes=[way for one in opened.values() for way in one.app.routes]
                ),
            }.items()
        }
        configuration = planted.configuration(
            x=at["x"],
            bluesky=at["bluesky"].replace("http", "ws", 1),
            slack=at["slack"],
            hook=at["there"],
            beat=at["there"],
            posts=at["posts"],
            port=port,
        )
        yield Doubles(configuration, slack, receiver, opened)


def with_password(request: pytest.FixtureRequest, folder: Path) -> str:
    """A store on PostgreSQL, by a URL with a password; the server takes any."""
    url = make_url(new_store(request, folder, "postgresql"))
    secret = f"{CORES['database']}{NASTY}@:"
    return url.set(password=secret).render_as_string(hide_password=False)


def test_a_daemon_that_works_shows_no_secret(
    planted: Planted, request: pytest.FixtureRequest
) -> None:
    search = Search()
    as_json = planted.kept == "env"
    url = f"sqlite:///{planted.folder}/a.db" if as_json else with_password(request, planted.folder)
    with ExitStack() as stack:
        there = stack.enter_context(doubles(planted, RunningClock(NIGHT, RATE).now))
        overheard = stack.enter_context(listening(search, as_json=as_json))
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)  # with what it is told
        database = stack.enter_context(closing(Database.open(url)))
        life = stack.enter_context(living(there.configuration, database, planted.values, url))
        wait(lambda: there.slack.messages["C0SEAWALL"], "message in Slack")
        wait(lambda: there.receiver.bodies, "notification by webhook")
        wait(lambda: there.receiver.beats, "sign of life")
        wait(lambda: there.slack.socket.connections, "connection for buttons")
        with database.read() as connection:
            incident = situations.incidents(connection)[0].id
        there.slack.press("seawall_acknowledge", incident, user="Kari")
        wait(lambda: "Kari" in str(there.slack.messages["C0SEAWALL"][0].now.blocks), "a taker")
        ask_for_posts(life, incident)
        wait(lambda: all(one.posts for one in there.accounts.values()), "posts on every account")
        browse(life, database, search)
        resolved = ask(
            life.url, "POST", f"/api/v1/incidents/{incident}/resolve", **life.bearer("ACT")
        )
        assert resolved.status == 200
        search.look("refusals", resolved.shown)
        pushed = ask(life.url, "POST", "/api/v1/mentions", **life.bearer("INGEST"))
        search.look("refusals", pushed.shown)
        describe(life, search)
        for message in there.slack.messages["C0SEAWALL"]:
            search.look("messages in Slack", json.dumps([one.blocks for one in message.revisions]))
        for account in there.accounts.values():
            search.look("posts", f"{account.posts}")
        for body in there.receiver.bodies:
            search.look("notifications by webhook", body)
        broken(life, database, search)
    search.looked_at(
        *everywhere(),
        *("pages", "forms", "refusals", "repr", "log lines", "answers without a store"),
        *(
            "messages in Slack",
            "notifications by webhook",
            "lines that libraries would log",
            "posts",
        ),
    )
    assert search.looked["repr"] > 30
    silent = {"requests", "slack_sdk", "aiohttp", "uvicorn", "alembic"}  # these say nothing then
    assert {name for name in (*TALKATIVE, "sqlalchemy") if not overheard.by[name]} <= silent
    said = Search()  # without Seawall's formatter, they do tell secrets
    said.look("libraries", "\n".join(overheard.plain))
    assert {"beat path", "beat query"} <= {one.partition(" in ")[0] for one in said.found}


def ask_for_posts(life: Life, incident: str) -> None:
    """Have a message drafted, approved and posted on every account, by two people."""

    def do(verb: str, about: str, by: str, value: str = "") -> str:
        pressed = Pressed(verb, about, by, "shell", value)
        with life.session.database.write() as connection:
            now = life.session.now()
            return pressing.do(life.session.configuration, pressed, now, connection).words

    for channel in ("x", "bluesky", "mastodon"):
        wanted = {"phase": "seen", "channel": channel, "languages": ["en"]}
        do("draft", incident, "Ida", json.dumps(wanted))
        with life.session.database.read() as connection:
            one = messages.of(connection, incident)[-1]
        do("submit", one.id, "Ida")
        do("approve", one.id, "Kari", one.sha256)
        do("post", one.id, "Ida", one.sha256)


def broken(life: Life, database: Database, search: Search) -> None:
    """Take the table away in which sessions and links are kept, and try to use them."""
    with database.write() as connection:
        link = access.make_link(connection, clock.wall())
        connection.execute(text("DROP TABLE access"))
    search.also("another link", link)
    entered = [
        ask(life.url, "GET", f"/sign-in?{urlencode({'link': link})}"),
        ask(life.url, "POST", "/sign-in", form={"link": link, "name": "Kari"}),
        ask(life.url, "POST", "/sign-in", form={"token": life.values["ACT"]}),
        ask(life.url, "GET", "/", cookie=f"seawall={link}"),
    ]
    assert {one.status for one in entered} == {503}
    for one in entered:
        search.look("answers without a store", one.shown)


# nothing works


Told = Callable[[Request, str], Response]


def repeated(request: Request, body: str) -> str:
    """A request with all that came with it."""
    headers = "\n".join(f"{k}: {v}" for k, v in request.headers.items())
    return f"{request.method} {request.url}\n{headers}\n\n{body}\nkey: é{CORES['signing']}{NASTY}"


def as_platform(said: str, *, ok: bool = False) -> dict[str, Any]:
    """An answer that is wrong for X as well as for Slack, with a text wherever one may be."""
    problem = {"message": said, "detail": said, "title": said, "parameters": {said: [said]}}
    place = {"url": f"ws://127.0.0.1:9/{quote(said)}", "channel": said, "ts": said, "team": said}
    return {"ok": ok, "error": said, "errors": [problem], "detail": said, "title": said, **place}


def refusing(status: int) -> Told:
    def told(request: Request, body: str) -> Response:
        return JSONResponse(as_platform(repeated(request, body)), status)

    return told


def shortly(request: Request) -> str:
    """The credential of a request alone."""
    return request.headers.get("authorization", "").partition(" ")[2] or str(request.url)


def escaped(request: Request, _body: str) -> Response:
    """Every character of the token as JSON may have it, too."""
    said = json.dumps(as_platform("@"))
    token = "".join(f"\\u{ord(one):04x}" for one in shortly(request))
    return Response(said.replace("@", token), 403, media_type="application/json")


def cut_off(request: Request, _body: str) -> Response:
    """Texts that are shortened in the midst of the token."""
    return JSONResponse(as_platform("." * 180 + shortly(request)), 403)


def cut_off_plainly(request: Request, _body: str) -> Response:
    whole = f"{shortly(request)} é{CORES['signing']}{NASTY}"
    return PlainTextResponse("." * 182 + whole, 500, {"x-said": quote(whole)})


def elsewhere(request: Request, body: str) -> Response:
    return RedirectResponse(f"/{quote(repeated(request, body))}", 307)


def plainly(request: Request, body: str) -> Response:
    return PlainTextResponse(repeated(request, body), 403)


def well(request: Request, body: str) -> Response:
    """Success, with an answer that nobody expects."""
    return JSONResponse(as_platform(repeated(request, body), ok=True))


def only_the_token(request: Request, _body: str) -> Response:
    return JSONResponse(as_platform(shortly(request)), 200)


class Hostile:
    """A server that is no platform at all: it answers everything as it is told."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.asked: Counter[str] = Counter()
        methods = ["GET", "HEAD", "POST"]
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])

    async def _answer(self, request: Request) -> Response:
        self.asked[request.url.path.split("/")[1]] += 1
        return self.told(request, (await request.body()).decode())


HOSTILE: dict[str, Told] = {
    "401": refusing(401),
    "403": refusing(403),
    "429": refusing(429),
    "500": refusing(500),
    "well": well,
    "the token": only_the_token,
    "escaped": escaped,
    "cut off": cut_off,
    "cut off plainly": cut_off_plainly,
    "redirect": elsewhere,
}


def fails(life: Life) -> bool:
    """Whether source, notifiers and publishers have been tried, and do not work or say so."""
    table = schema.notification.c
    with life.session.database.read() as connection:
        told = set(connection.scalars(select(table.notifier).where(table.delivered)))
    tried = [name in told or life.health(name) is Health.FAILING for name in ("slack", "webhook")]
    tried += [one.health is Health.FAILING for one in life.session.publishers()]
    return life.health("x") is Health.FAILING and all(tried)


def beats(life: Life) -> float:
    """How many signs of life were tried."""
    known = life.session.metrics.registry.get_sample_value
    return sum(known("seawall_heartbeats_total", {"result": one}) or 0 for one in ("ok", "failed"))


def told_of(folder: Path, name: str) -> Database:
    """A store in which an incident waits to be told."""
    database = new_database(folder / f"{name}.db")
    tell(database, scenes.incident(), scenes.briefing())
    with database.write() as connection:
        rows = connection.execute(select(schema.notification)).mappings().all()
        for notifier in ("slack", "webhook"):
            values = [{**row, "notifier": notifier} for row in rows]
            connection.execute(schema.notification.insert(), values)
    return database


def refused(planted: Planted, search: Search, name: str, *, as_json: bool, **at: str) -> None:
    """Run a daemon against what is at these addresses, and look everywhere when it has failed."""
    configuration = planted.configuration(**at)
    with ExitStack() as stack:
        stack.enter_context(listening(search, as_json=as_json))
        database = stack.enter_context(closing(told_of(planted.folder, name)))
        life = stack.enter_context(living(configuration, database, planted.values))
        ask_for_posts(life, scenes.incident().id)
        wait(lambda: fails(life), f"failure of all {name}")
        wait(lambda: beats(life), "sign of life that was tried")
        enter(life, database, search, {"token": life.values["ACT"]})
        describe(life, search)


@pytest.mark.parametrize("planted", ["env"], indirect=True)
def test_a_daemon_that_is_refused_shows_no_secret_that_is_repeated_to_it(planted: Planted) -> None:
    search = Search()
    hostile = Hostile(plainly)
    with serving(hostile.app) as url:
        at = dict.fromkeys(PLACES, url)
        at["bluesky"] = url.replace("http", "ws", 1)
        for number, (name, hostile.told) in enumerate(HOSTILE.items()):
            planted.kept = ("env", "file")[number % 2]
            hostile.asked.clear()
            refused(planted, search, f"hostile-{number}", as_json=number % 4 < 2, **at)
            asked = {"2", "api", "hook", "ping", "xrpc"}
            assert asked <= hostile.asked.keys(), (name, hostile.asked)
    search.looked_at(*everywhere(), "pages", "forms", "refusals", "repr", "log lines")
    assert search.looked["log lines"] > 5 * len(HOSTILE)


@pytest.mark.parametrize("planted", ["file"], indirect=True)
def test_a_daemon_that_reaches_nobody_shows_no_secret(planted: Planted) -> None:
    search = Search()
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        nobody = f"127.0.0.1:{unused.getsockname()[1]}"
    with serving(Hostile(plainly).app) as url:
        for number, (scheme, place) in enumerate(
            [("http", nobody), ("https", urlsplit(url).netloc), ("http", "no-such-host.invalid")]
        ):
            at = dict.fromkeys(PLACES, f"{scheme}://{place}")
            at["bluesky"] = f"ws{scheme[4:]}://{place}"
            refused(planted, search, f"nobody-{number}", as_json=number == 0, **at)
    search.looked_at(*everywhere(), "pages", "forms", "refusals", "repr", "log lines")


def mistaken(planted: Planted) -> None:
    """Have a source and both notifiers raise what holds every secret there is."""

    def telling(secrets: Mapping[str, str]) -> str:
        return f"{[*secrets.values()]} and {json.dumps(secrets)}"

    async def deliveries(_source: XSource, cursor: str | None) -> Any:
        raise RuntimeError(telling(planted.values))
        yield cursor

    async def send(_notifier: object, _notification: Notification) -> None:
        raise RuntimeError(telling(planted.values)) from ValueError(str(planted.values))

    async def listen(_notifier: object, _act: object) -> None:
        raise RuntimeError(telling(planted.values))

    planted.monkeypatch.setattr(XSource, "deliveries", deliveries)
    planted.monkeypatch.setattr(SlackNotifier, "listen", listen)
    for notifier in (SlackNotifier, WebhookNotifier):
        planted.monkeypatch.setattr(notifier, "send", send)


@pytest.mark.parametrize("planted", ["file"], indirect=True)
def test_a_mistake_of_seawall_tells_no_secret(planted: Planted) -> None:
    search = Search()
    mistaken(planted)
    with serving(Hostile(plainly).app) as url:
        at = dict.fromkeys(PLACES, url)
        at["bluesky"] = url.replace("http", "ws", 1)
        refused(planted, search, "mistaken", as_json=planted.kept == "env", **at)
    search.looked_at("log lines", "lines that libraries would log", "repr", *everywhere())


def ended(configuration: Configuration, file: Path) -> Exception | BaseException:
    """How a session ends that cannot begin."""
    with closing(new_database(file)) as database:
        try:
            with living(configuration, database, {}) as life:
                wait(lambda: life.ended, "end of the session")
                return life.ended[0]
        except (SecretMissing, SourceError) as refusal:
            return refusal


def test_what_is_no_credential_is_refused_without_showing_it(planted: Planted) -> None:
    at = dict.fromkeys(PLACES, "http://127.0.0.1:9")
    search = Search()
    for name, value in {
        "X": f"{CORES['x']} {CORES['app']}",
        "HOOK": f"http://[::1/{CORES['hook path']}",
        "READ": f"{CORES['read'][:15]}",
        "ACT": "",
    }.items():
        configuration = planted.configuration(bluesky="ws://127.0.0.1:9", **at)
        planted.keep(name, value)
        refusal = ended(configuration, planted.folder / f"{name}.db")
        assert isinstance(refusal, SecretMissing | SourceError)
        search.look("errors", refusal)
        search.look("tracebacks", "".join(traceback.format_exception(refusal)))
    search.looked_at("errors", "tracebacks")


# the command line


@contextmanager
def postgresql_that_refuses() -> Iterator[str]:
    """A server that asks for a password and repeats it when it refuses; its address."""

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as sent:
                while (first := sent.read(8)) and first[4:] != b"\0\3\0\0":
                    connection.sendall(b"N")  # neither TLS nor GSS
                if not first:
                    continue
                sent.read(int.from_bytes(first[:4]) - 8)
                connection.sendall(b"R\0\0\0\x08\0\0\0\3")
                password = sent.read(int.from_bytes(sent.read(5)[1:]) - 4).rstrip(b"\0")
                said = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed: %s\0\0" % password
                connection.sendall(b"E" + (len(said) + 4).to_bytes(4) + said)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield "{}:{}".format(*server.getsockname())
        server.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_S)


@pytest.fixture
def seawall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    return in_process(monkeypatch, capsys)


@pytest.mark.parametrize("planted", ["file"], indirect=True)
def test_no_command_shows_a_secret(planted: Planted, seawall: Seawall) -> None:
    search, file = Search(), planted.file
    store = ("--database", f"sqlite:///{planted.folder / 'a.db'}")
    new_database(planted.folder / "a.db").close()
    commands = {
        "check": ("check", file, "--live", *store),
        "check as JSON": ("check", file, "--live", "--json", *store),
        "notify test": ("notify", "test", "--config", file, *store),
    }
    with doubles(planted, clock.wall, port=8420, chatter=5), listening(search, as_json=True):
        for name, arguments in commands.items():
            answer = seawall(*arguments)
            assert answer.status == 0, answer
            search.look(name, answer.out + answer.err)
        made = seawall("sign-in", "--config", file, *store)
        [link] = re.findall(r"link=(\S+)", made.out)
        search.also("link", link)
        search.look("sign-in", made.out.replace(link, "", 1) + made.err)
    search.looked_at(*commands, "sign-in")


@pytest.mark.parametrize("planted", ["env"], indirect=True)
def test_no_command_shows_a_secret_that_is_repeated_to_it(
    planted: Planted, seawall: Seawall
) -> None:
    search, hostile = Search(), Hostile(plainly)
    commands: dict[str, tuple[str | Path, ...]] = {
        "check": ("check", planted.file, "--live"),
        "check as JSON": ("check", planted.file, "--live", "--json"),
        "notify test": ("notify", "test", "--config", planted.file),
    }
    with serving(hostile.app) as url:
        for number, (name, hostile.told) in enumerate(HOSTILE.items()):
            planted.kept = ("env", "file")[number % 2]
            at = dict.fromkeys(PLACES, url)
            planted.configuration(bluesky=url.replace("http", "ws", 1), **at)
            command = [*commands][number % 3]
            answer = seawall(*commands[command])
            assert answer.status == 1 or name == "well", (name, answer)
            search.look(command, answer.out + answer.err)
    search.looked_at(*commands)


@pytest.mark.parametrize("planted", ["env"], indirect=True)
def test_a_daemon_that_cannot_begin_shows_no_secret(
    planted: Planted, seawall: Seawall, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search()
    at = dict.fromkeys(PLACES, "http://127.0.0.1:9")
    planted.configuration(bluesky="ws://127.0.0.1:9", **at)
    secret = f"{CORES['database']}{NASTY}"
    with postgresql_that_refuses() as server:
        for url in (
            f"postgresql://seawall:{quote(secret, safe='')}@{server}/seawall",
            f"postgresql://seawall@{server}/seawall?password={quote(secret, safe='')}",
            f"postgresql://seawall:{CORES['database']}@{server}:{CORES['database']}/seawall",
            f"postgresql+nothing://seawall:{quote(secret)}@{server}/seawall",
            f"mysql://seawall:{quote(secret)}@{server}/seawall",
            f"seawall:{quote(secret)}@{server}/seawall",
        ):
            for given in (("--database", url), ()):
                monkeypatch.setenv("SEAWALL_DATABASE", url)
                answer = seawall("run", "--config", planted.file, *given)
                assert (answer.status, answer.out) == (1, ""), answer
                search.look("run", answer.err)
            for arguments in (
                ("check", planted.file, "--live"),
                ("incidents", "list"),
                ("sign-in", "--config", planted.file),
                ("notify", "test", "--config", planted.file),
            ):
                answer = seawall(*arguments)
                search.look(f"{arguments[0]}", answer.out + answer.err)
    monkeypatch.setenv("SEAWALL_DATABASE", f"sqlite:///{planted.folder}/a.db")
    for number, name in enumerate(planted.values):
        planted.kept = ("env", "file")[number % 2]
        planted.configuration(bluesky="ws://127.0.0.1:9", **at)
        if planted.kept == "env":
            monkeypatch.delenv(f"PLANTED_{name}")
        else:
            (planted.folder / name).unlink()
        answer = seawall("run", "--config", planted.file)
        assert (answer.status, name in answer.err) == (1, True), answer
        search.look("run", answer.err)
    search.looked_at("run", "check", "incidents", "sign-in", "notify")


@pytest.mark.parametrize("planted", ["env"], indirect=True)
def test_a_secret_that_stands_in_the_configuration_itself_is_not_repeated(
    planted: Planted, seawall: Seawall
) -> None:
    search = Search()
    at = dict.fromkeys(PLACES, "http://127.0.0.1:9")
    planted.configuration(bluesky="ws://127.0.0.1:9", **at)
    whole = planted.file.read_text("utf-8")
    for name, value in planted.values.items():
        place, quoted = planted.place(name), json.dumps(value)
        assert place in whole
        for written in (quoted, f"{{env: {quoted}}}", f"[{quoted}]"):
            planted.file.write_text(whole.replace(place, written), "utf-8")
            for more in ((), ("--json",), ("--live",)):
                answer = seawall("check", planted.file, *more)
                assert answer.status == 2, answer
                search.look("check", answer.out + answer.err)
    search.looked_at("check")
