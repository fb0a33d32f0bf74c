"""The daemon as a process: alone on its store, told to stop and to reload, among what fails."""

import asyncio
import os
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, select
from sqlalchemy.pool import Pool
from structlog.testing import capture_logs

from monitor import cli, clock
from monitor.configuration import load
from monitor.daemon import feeding, schedule
from monitor.daemon.daemon import Daemon
from monitor.daemon.schedule import Schedule
from monitor.daemon.session import Session
from monitor.doubles.failures import Failure
from monitor.service import Health, SourceStatus
from monitor.sources.delivery import Delivery
from monitor.sources.kinds.bluesky import BlueskySource
from monitor.store import Database, database, schema, volume
from tests.conftest import new_store
from tests.daemons import (
    BEGIN,
    CONFIGURATION,
    HOUR,
    MINUTE,
    SECRETS,
    Airline,
    Scene,
    counted,
    every_minute_is_counted_once,
    every_post_is_there_once,
    samples,
    scene,
    seen,
)

RATE = 300.0
PATIENCE_S = 90.0
HANGS_S = 30.0
"""How long to wait for what takes seconds: the machine may have much to do."""

BLIND = "'source': 'x', 'event': 'a source is blind"
SEES = "'source': 'x', 'event': 'a source sees again"
UNWRITTEN, WRITTEN = "the store cannot be written", "the store can be written again"
SOON = CONFIGURATION.replace("backfill: 3d", "backfill: 10h")


@dataclass
class Life:
    """A daemon that runs in this process, and what it logs."""

    the: Scene
    database: Database
    logs: list[Any]
    sessions: list[Session] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The one that runs now."""
        return self.sessions[-1]

    def source(self, name: str) -> SourceStatus:
        """How a source is doing."""
        return next(one for one in self.session.sources() if one.name == name)

    def said(self, text: str) -> int:
        """How often something was logged."""
        return sum(text in str(entry) for entry in self.logs)

    def caught_up(self, *names: str, since: timedelta = HOUR) -> bool:
        """Whether sources have observed everything until a short while ago."""
        if not self.sessions or not self.session.ready:
            return False
        now = self.the.clock.now()
        return all(
            one.observed_until is not None and now - one.observed_until < since
            for one in self.session.sources()
            if one.name in (names or ("x", "bluesky"))
        )

    def healthy(self) -> bool:
        """Whether every source works."""
        return {one.health for one in self.session.sources()} == {Health.WORKING}

    def sees(self) -> bool:
        """Whether X is not blind, and that was said last."""
        return not self.source("x").blind and self.said(BLIND) == self.said(SEES)

    def told(self) -> bool:
        """Whether nothing waits for a notifier."""
        return not any(one.waiting for one in self.session.notifiers())

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for it."""
        end = clock.stopwatch() + PATIENCE_S
        while not done():
            assert clock.stopwatch() < end, (self.session.sources(), self.logs[-10:])
            await asyncio.sleep(0.02)


Script = Callable[[Life], Coroutine[Any, Any, None]]


def live(the: Scene, url: str, script: Script) -> list[Any]:
    """Run a daemon in this process while something happens to it; it ends by SIGTERM."""

    async def both(opened: Database) -> None:
        life = Life(the, opened, logs)
        one = Daemon(
            partial(load, the.file),
            opened,
            the.clock,
            "seawall ack",
            lambda session, _: life.sessions.append(session),
        )
        running = asyncio.create_task(one.run())
        playing = asyncio.create_task(script(life))
        await asyncio.wait([running, playing], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await running
        await playing

    with closing(Database.open(url)) as opened, capture_logs() as logs:
        asyncio.run(both(opened))
    return logs


def nothing_is_lost_or_doubled(the: Scene, airline: Airline, url: str, folder: Path) -> None:
    with closing(Database.open(url)) as opened, opened.read() as connection:
        every_post_is_there_once(the, airline, connection)
        every_minute_is_counted_once(the, airline, connection, folder)


@contextmanager
def ordinary(
    folder: Path, configuration: str = SOON, begin: datetime = BEGIN
) -> Iterator[tuple[Scene, Airline]]:
    airline = Airline(days=1)
    with scene(folder, airline.written, begin=begin, rate=RATE, configuration=configuration) as the:
        yield the, airline


def store(folder: Path) -> str:
    return f"sqlite:///{folder}/live.db"


async def mistaken(
    whole: Callable[..., AsyncGenerator[Delivery, None]], self: BlueskySource, cursor: str | None
) -> AsyncGenerator[Delivery, None]:
    """Deliveries of a source that has a mistake in it."""
    async with aclosing(whole(self, cursor)) as deliveries:
        yield await anext(deliveries)
        raise ZeroDivisionError("with a secret in it")


def test_a_source_that_fails_for_an_hour_or_by_a_mistake_disturbs_no_other_and_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "FIRST_WAIT_S", 0.2)
    whole = BlueskySource.deliveries

    async def script(life: Life) -> None:
        await life.until(life.caught_up)
        refused = life.the.clock.now()
        life.the.x.failing["@"] = Failure(503)
        await life.until(lambda: life.source("x").health is Health.FAILING)
        status = life.source("x")
        assert "503" in str(status.problem)
        assert status.failing_since
        assert status.failing_since >= refused
        sight = life.said(SEES)
        await life.until(lambda: life.said(BLIND) > sight)
        await life.until(lambda: life.the.clock.now() - refused > HOUR)
        await life.until(lambda: life.caught_up("bluesky", since=HOUR / 2))
        assert life.source("bluesky").health is Health.WORKING
        assert life.source("x").blind
        assert (life.said(BLIND), life.said(SEES)) == (sight + 1, sight)
        life.the.x.failing.clear()
        await life.until(lambda: life.caught_up("x", since=HOUR / 2) and life.sees())
        assert life.source("x").health is Health.WORKING
        monkeypatch.setattr(BlueskySource, "deliveries", partialmethod(partial(mistaken, whole)))
        life.the.jetstream.disconnect()
        await life.until(lambda: life.said("a defect of the source") >= 1)
        await life.until(lambda: "ZeroDivisionError" in str(life.source("bluesky").problem))
        assert life.source("x").health is Health.WORKING
        monkeypatch.setattr(BlueskySource, "deliveries", whole)
        await life.until(lambda: life.caught_up("bluesky", since=HOUR / 2))

    with ordinary(tmp_path) as (the, airline):
        live(the, store(tmp_path), script)
        nothing_is_lost_or_doubled(the, airline, store(tmp_path), tmp_path)


def test_a_store_that_is_locked_or_full_is_said_and_all_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.3)
    monkeypatch.setattr(feeding, "FIRST_WAIT_S", 0.2)
    pages = {"most": 10**6}

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages['most']}")

    async def script(life: Life) -> None:
        await life.until(life.caught_up)
        with closing(sqlite3.connect(tmp_path / "live.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await life.until(lambda: "locked" in str(life.source("x").problem))
            await life.until(lambda: "locked" in str(life.source("bluesky").problem))
            key = {"Authorization": f"Bearer {SECRETS['SCENE_KARI']}"}
            async with httpx.AsyncClient(
                base_url=life.the.page, headers=key, timeout=PATIENCE_S
            ) as client:
                answer = await client.get("/api/v1/sources")
            assert [one["health"] for one in answer.json()["sources"]] == ["failing"] * 2
            other.execute("ROLLBACK")
        await life.until(lambda: life.caught_up(since=HOUR / 2) and life.healthy())
        told = life.said(UNWRITTEN)
        pages["most"] = 1
        await life.until(lambda: "full" in str(life.source("bluesky").problem))
        async with httpx.AsyncClient(base_url=life.the.page, timeout=PATIENCE_S) as client:
            ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["waiting_for"]) == (503, ["store"])
        assert "free some space" in ready.json()["problem"]
        pages["most"] = 10**6
        await life.until(lambda: life.caught_up(since=HOUR / 2) and life.healthy())
        await life.until(lambda: life.session.trouble is None)
        assert (life.said(UNWRITTEN), life.said(WRITTEN)) == (told + 1, told + 1)

    event.listen(Pool, "checkout", limit)
    try:
        with ordinary(tmp_path) as (the, airline):
            live(the, store(tmp_path), script)
            nothing_is_lost_or_doubled(the, airline, store(tmp_path), tmp_path)
    finally:
        event.remove(Pool, "checkout", limit)


def test_sigterm_stops_in_time_whatever_hangs_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committing = threading.Event()
    put_source = volume.put_source

    def slowly(*arguments: Any, **named: Any) -> None:
        put_source(*arguments, **named)
        committing.set()
        clock.sleep(0.5)

    stopped = []

    async def script(life: Life) -> None:
        await life.until(life.caught_up)
        life.the.slack.failures.told(*[Failure(200, delay_s=HANGS_S)] * 20)
        await life.until(lambda: not life.told())
        life.the.x.failing["@"] = Failure(503, delay_s=HANGS_S)
        asked = len(life.the.apps["x"].asked)
        await life.until(lambda: len(life.the.apps["x"].asked) > asked)
        airline.calm = life.the.clock.now() + MINUTE
        monkeypatch.setattr(volume, "put_source", slowly)
        await life.until(committing.is_set)
        stopped.append(clock.stopwatch())

    async def afterwards(life: Life) -> None:
        await life.until(lambda: life.caught_up() and life.told())

    with ordinary(
        tmp_path, SOON.replace("every: 6m", "every: 6m, timeout: 60s"), begin=BEGIN + 25 * MINUTE
    ) as (the, airline):
        live(the, store(tmp_path), script)
        assert clock.stopwatch() - stopped[0] < HANGS_S
        monkeypatch.setattr(volume, "put_source", put_source)
        the.slack.failures.clear()
        the.x.failing.clear()
        live(the, store(tmp_path), afterwards)
        nothing_is_lost_or_doubled(the, airline, store(tmp_path), tmp_path)
        assert {n for id, n in the.slack.posted.items() if id} == {1}


def test_sighup_brings_a_new_topic_and_a_broken_configuration_changes_nothing(
    tmp_path: Path,
) -> None:
    async def script(life: Life) -> None:
        await life.until(life.caught_up)
        key = {"Authorization": f"Bearer {SECRETS['SCENE_KARI']}"}
        async with httpx.AsyncClient(
            base_url=life.the.page, headers=key, timeout=PATIENCE_S
        ) as client:
            assert (await client.get("/api/v1/sources")).status_code == 200
            text = life.the.file.read_text("utf-8")
            life.the.file.write_text(text.replace("topics:", "topics: ["), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGHUP)
            await life.until(lambda: life.said("the configuration is not reloaded") == 1)
            await life.until(lambda: len(life.sessions) == 2 and life.session.ready)
            wanted = "topics:\n  thanks: {name: Thanks, terms: {en: [thanks]}}"
            life.the.file.write_text(text.replace("topics:", wanted), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGHUP)
            await life.until(lambda: len(life.sessions) == 3 and life.session.ready)
            reloaded = life.the.clock.now()
            await life.until(lambda: life.caught_up(since=life.the.clock.now() - reloaded))
            since = reloaded.replace(minute=0, second=0, microsecond=0) - HOUR
            asked = {"brand": "fjordwing", "topic": "thanks", "platform": "x"}
            answer = await client.get("/api/v1/samples", params={**asked, "since": str(since)})
            assert answer.status_code == 200, answer.text

    with ordinary(tmp_path) as (the, airline):
        live(the, store(tmp_path), script)
        with closing(Database.open(store(tmp_path))) as opened, opened.read() as connection:
            every_post_is_there_once(the, airline, connection)
            expected = counted(load(the.file), airline, seen(connection))
            found = {key: row[0] for key, row in samples(connection).items()}
            assert any(topic == "thanks" for _, _, topic, _ in found)
            for one in (expected, found):
                for key in [key for key in one if key[2] == "thanks"]:
                    del one[key]
            assert found == expected


def test_a_second_daemon_on_the_same_file_is_refused(tmp_path: Path) -> None:
    async def script(life: Life) -> None:
        await life.until(lambda: bool(life.sessions) and life.session.ready)
        arguments = ["run", "--config", str(the.file), "--database", store(tmp_path)]
        second = the.command(*arguments)
        await life.until(lambda: not second.is_alive())
        assert second.exitcode == cli.FAILED
        assert "is in use by another seawall process; stop that one" in the.said()

    with ordinary(tmp_path) as (the, _):
        live(the, store(tmp_path), script)


def test_on_postgresql_a_second_daemon_takes_over_from_one_that_was_killed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = new_store(request, tmp_path, "postgresql")
    with ordinary(tmp_path) as (the, airline), closing(Database.open(url)) as opened:

        def until(done: Callable[[], bool]) -> None:
            began = clock.stopwatch()
            while not done():
                assert clock.stopwatch() - began < PATIENCE_S, the.said()[-3000:]
                clock.sleep(0.02)

        def observed() -> datetime:
            with opened.read() as connection:
                found = connection.scalars(select(schema.source.c.until)).all()
                return min(found) if len(found) == 2 else BEGIN - HOUR

        first = the.start(url)
        until(lambda: observed() > BEGIN - HOUR)
        second = the.start(url)
        until(lambda: "standing by" in the.said())
        first.kill()
        first.join()
        before = observed()
        until(lambda: observed() > before)
        assert "taking over" in the.said()
        until(lambda: the.clock.now() - observed() < HOUR / 2)
        second.terminate()
        second.join(PATIENCE_S)
        assert second.exitcode == 0
        with opened.read() as connection:
            every_post_is_there_once(the, airline, connection)
            every_minute_is_counted_once(the, airline, connection, tmp_path)


@dataclass
class Runs:
    """What became of the runs of jobs."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def job(self, name: str, outcome: str, seconds: float | None) -> None:
        """Count it."""
        assert (seconds is None) == (outcome == "skipped")
        self.outcomes[name, outcome] += 1

    async def until(self, least: Counter[tuple[str, str]]) -> None:
        """Wait for so many outcomes."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.outcomes >= least:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("jump", [timedelta(hours=1), -timedelta(hours=1)])
def test_a_clock_that_is_set_neither_stops_a_job_nor_repeats_it(
    jump: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall, shift = clock.wall, [timedelta(0)]

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return (wall() + shift[0]).astimezone(tz)

    monkeypatch.setattr(clock, "wall", lambda: wall() + shift[0])
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Wall)
    monkeypatch.setattr(schedule, "LOOK_EVERY_S", 0.3)
    runs, seconds = Runs(), {"often": 0.1, "now and then": 0.7}

    async def run() -> None:
        one = Schedule(runs, rate=1.0)
        for name, each in seconds.items():
            one.every(timedelta(seconds=each), name, partial(asyncio.sleep, 0), at_once=True)
        one.start()
        await asyncio.sleep(0.3)
        began, before = clock.stopwatch(), runs.outcomes.copy()
        shift[0] = jump
        await runs.until(before + Counter({("often", "done"): 8, ("now and then", "done"): 1}))
        passed, after = clock.stopwatch() - began, runs.outcomes - before
        for name, each in seconds.items():
            assert after[name, "done"] <= passed / each + 2, (passed, after)
        await one.stop()

    asyncio.run(run())


def test_a_run_that_takes_too_long_is_not_run_twice_at_a_time_and_is_counted() -> None:
    runs, under_way, most = Runs(), [0], [0]

    async def slow() -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        await asyncio.sleep(0.5)
        under_way[0] -= 1

    async def run() -> None:
        one = Schedule(runs, rate=60.0)
        one.every(timedelta(seconds=6), "slow", slow, at_once=True)
        one.start()
        await runs.until(Counter({("slow", "done"): 2, ("slow", "skipped"): 4}))
        await one.stop()

    asyncio.run(run())
    assert most == [1]
