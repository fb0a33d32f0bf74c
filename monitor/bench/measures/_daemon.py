"""A daemon in a process of its own, its doubles in another, and what can be seen of either."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import httpx

from detectors import Series
from monitor import clock
from monitor.bench.measures._daemon_life import PLATFORM, Life
from monitor.bench.process import LostProcessError
from monitor.clock import RunningClock
from monitor.configuration import loads
from monitor.daemon.daemon import Daemon
from monitor.daemon.session import Session
from monitor.doubles.jetstream import JetstreamDouble
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World
from monitor.store import Database

SECRETS: Final = {
    "BENCH_SLACK": "xoxb-of-a-bench",
    "BENCH_SCRAPE": "a-token-for-scraping-on-a-bench",
}
"""What the processes find in their environment; nothing outside of them takes it."""

CHANNEL: Final = "C0SEAWALL"
MINIMAL: Final = "C0MINIMAL"
"""Where the daemon posts, and where something else may."""

_PATIENCE_S: Final = 60.0
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Pace:
    """Simulated time: `begin` when the wall clock says `since`, `rate` seconds in a second."""

    begin: datetime
    rate: float
    since: datetime

    def clock(self) -> RunningClock:
        """The same clock in every process."""
        return RunningClock(self.begin, self.rate, since=self.since)


@dataclass(frozen=True, slots=True)
class Message:
    """A new message in Slack: of which incident, and when the request arrived."""

    incident: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """A delivery that the daemon committed: when, after how long, how far it has judged then."""

    at: datetime
    seconds: float
    judged_until: datetime | None
    surges: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far: bytes of memory now, processor seconds in all."""

    memory: int
    cpu: float

    @classmethod
    def of(cls, pid: int) -> "Usage":
        """Of a process of this machine, as Linux tells. LostProcessError where it is gone."""
        folder = Path("/proc") / str(pid)
        try:
            pages = int((folder / "statm").read_text().split()[1])
            ticks = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            pages, ticks = 0, []
        if not pages:  # nor has one that has ended, and that nobody has waited for
            raise LostProcessError(
                f"the daemon's process {pid} cannot be looked at; this measure needs it to live, "
                "and Linux"
            )
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE"),
            (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK"),
        )


def until_ready(url: str, pid: int) -> None:
    """Wait until a daemon's page says that it is ready. LostProcessError where it never is."""
    patience = clock.stopwatch() + _PATIENCE_S
    while clock.stopwatch() < patience:
        Usage.of(pid)
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        clock.sleep(0.02)
    raise LostProcessError("the daemon did not become ready; does `seawall run` work here?")


class Doubles:
    """Jetstream and Slack in a process of their own: see `doubles`."""

    def __init__(self, connection: Connection, process: BaseProcess) -> None:
        self._connection, self._process = connection, process
        self.bluesky, self.slack = _received(connection, process)

    def start(self, pace: Pace) -> None:
        """Let their time begin."""
        self._connection.send(pace)
        _received(self._connection, self._process)

    def messages(self) -> list[Message]:
        """Every message that was posted in Slack, when it was posted first."""
        self._connection.send(None)
        found: list[Message] = _received(self._connection, self._process)
        return found


@contextmanager
def doubles(life: Life, chatter_per_second: float) -> Iterator[Doubles]:
    """Serve the doubles of a life for as long as the block lasts."""
    with _process(_serve, life, chatter_per_second) as (connection, process):
        yield Doubles(connection, process)


@dataclass(slots=True)
class Running:
    """A daemon that runs: its page, its process, and, once it has ended, its commits."""

    url: str
    pid: int
    commits: Sequence[Commit] = field(default_factory=list)

    def usage(self) -> Usage:
        """What it has used so far."""
        return Usage.of(self.pid)


@contextmanager
def daemon(configuration: str, store: Path, pace: Pace) -> Iterator[Running]:
    """Run a daemon for as long as the block lasts. What it raises is raised here."""
    with _process(_run, configuration, store, pace) as (connection, process):
        pid, url = _received(connection, process)
        running = Running(url, pid)
        yield running
        os.kill(pid, signal.SIGTERM)
        running.commits = _received(connection, process)


@contextmanager
def _process(work: Callable[..., None], *arguments: object) -> Iterator[tuple[Connection, Any]]:
    """A process that ends with the block, and whose first argument is the other end."""
    mine, other = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_child, args=(other, work, arguments), daemon=True)
    process.start()
    other.close()
    try:
        yield mine, process
    finally:
        mine.close()
        process.terminate()
        process.join()


def _child(
    connection: Connection, work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is stopped, and ends it
    os.environ.update(SECRETS)
    try:
        work(connection, *arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it is seen
        connection.send(error)


def _received(connection: Connection, process: BaseProcess) -> Any:
    """What the other side says next. LostProcessError where it says nothing."""
    try:
        said = connection.recv() if connection.poll(_PATIENCE_S) else LostProcessError("silence")
    except EOFError:
        process.join()
        said = LostProcessError(
            f"a process is gone (exit status {process.exitcode}); is there enough memory and disk?"
        )
    if isinstance(said, Exception):
        raise said
    return said


def _serve(connection: Connection, life: Life, chatter_per_second: float) -> None:
    """The doubles: they begin when they are told the time."""
    times: list[RunningClock] = []

    def now() -> datetime:
        return times[0].now()

    jetstream = JetstreamDouble(
        World(now, life.written()), chatter_per_second=chatter_per_second, seed=life.seed
    )
    slack = SlackDouble(
        now=now, token=SECRETS["BENCH_SLACK"], channels={CHANNEL: "floods", MINIMAL: "minimal"}
    )
    with ExitStack() as stack:
        bluesky = stack.enter_context(serving(jetstream.app)).replace("http", "ws", 1)
        connection.send((f"{bluesky}/subscribe", stack.enter_context(serving(slack.app))))
        times.append(connection.recv().clock())
        connection.send(True)
        while True:
            try:
                connection.recv()
            except EOFError:
                return
            connection.send(
                [
                    Message(one.incident or "", one.revisions[0].at)
                    for one in slack.messages[CHANNEL]
                ]
            )


def _run(connection: Connection, configuration: str, store: Path, pace: Pace) -> None:
    """The daemon of `seawall run`, in simulated time; at its end it tells of its commits."""
    commits: list[Commit] = []
    known, time = loads(configuration), pace.clock()

    def began(session: Session, url: str) -> None:
        counted = session.metrics.taken

        def taken(
            source: str, posts: int, malformed: int, surges: Sequence[Series], seconds: float
        ) -> None:
            readings = session.readings()
            judged = readings[0].end if readings else None
            commits.append(Commit(time.now(), seconds, judged, tuple(surges)))
            counted(source, posts, malformed, surges, seconds)

        setattr(session.metrics, "taken", taken)  # noqa: B010 - what is seen here is seen beside it
        connection.send((os.getpid(), url))

    database = Database.open(f"sqlite:///{store}")
    try:
        asyncio.run(Daemon(lambda: known, database, time, "", began).run())
    finally:
        database.close()
    connection.send(commits)


def bluesky_source(url: str, *, backfill: bool = True) -> str:
    """The Jetstream double as a source; without `backfill` it begins with what is new."""
    begin = "" if backfill else "backfill: 0s, "
    return f"[{{kind: {PLATFORM}, {begin}urls: ['{url}']}}]"


def slack_notifier(url: str) -> str:
    """The Slack double as a notifier, without buttons."""
    return (
        f"[{{kind: slack, channel: {CHANNEL}, token: {{env: BENCH_SLACK}}, app_token: null, "
        f"base_url: '{url}/api/'}}]"
    )


SCRAPED: Final = (
    "http: {port: 0, tokens: {bench: {scopes: [metrics], secret: {env: BENCH_SCRAPE}}}}"
)
"""A page on any port, whose metrics may be read."""


def soon(begin: datetime, rate: float) -> Pace:
    """A pace that begins now."""
    return Pace(begin, rate, clock.wall())


def real_seconds(simulated: timedelta, rate: float) -> float:
    """How long so much simulated time takes."""
    return simulated.total_seconds() / rate
