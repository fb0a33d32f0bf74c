"""A replay that is killed anywhere and continued leaves what an undisturbed one leaves."""

import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from monitor import cli
from monitor.store import Database, database, schema, volume
from monitor.watch import Watch
from tests.airline import BEGIN, CONFIGURATION, days, flood, write
from tests.conftest import PATIENCE_S, new_store
from tests.forked import forking
from tests.killing import die, hooked

KILLS = 12
SLICE = 40
"""Rows in a delivery, so that a short recording has many commits."""


def run(arguments: list[str], disturb: Callable[[], None] | None) -> None:
    """The command line in a process of its own, with something done to it first."""
    sys.stderr = sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.argv = ["seawall", *arguments]
    from monitor.sources.recording import Recording

    deliveries = Recording.deliveries
    Recording.deliveries = lambda self, _=SLICE: deliveries(self, SLICE)  # type: ignore[method-assign]
    if disturb:
        disturb()
    cli.main()


class KilledAtCommit:
    """Kill this process when it is about to commit for the nth time, or has just done so.

    Commits count from the first delivery that is taken: what is before it stores nothing of it.
    """

    def __init__(self, number: int, *, about_to: bool) -> None:
        self.moment, self.number = ("commit", number) if about_to else ("begin", number + 1)

    def __call__(self) -> None:
        countdown = iter(range(self.number - 1, -1, -1))

        @cache
        def count() -> None:
            event.listen(Engine, self.moment, lambda _: next(countdown) or die())

        hooked(Watch, "take", before=count)


class KilledAfter:
    """Kill this process after so many seconds of work, however much else the machine has to do."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> None:
        signal.signal(signal.SIGPROF, die)
        signal.setitimer(signal.ITIMER_PROF, self.seconds)


class DiskHolds:
    """Give the store a disk of so many pages: SQLite then fails as it does where one is full."""

    def __init__(self, *, pages: int) -> None:
        self.pages = pages

    def __call__(self) -> None:
        @event.listens_for(Engine, "connect")
        def limit(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {self.pages}")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A recording with a storm in it and a malformed row, and its configuration, as arguments."""
    folder = tmp_path_factory.mktemp("recording")
    storm = flood(BEGIN + timedelta(days=3), 40)
    posts = write(folder / "posts.csv", [*days(3.5), *storm, *storm[:3]])
    with posts.open("a", encoding="utf-8") as file:
        file.write("666,yesterday,@FjordwingAir when?,kari,en,x\n")
    (folder / "fjordwing.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return ["replay", str(posts), "--config", str(folder / "fjordwing.yaml")]


@pytest.fixture(scope="module")
def process() -> Callable[..., int | None]:
    """Run the command line in a fresh process that has imported everything; its exit status."""
    context = forking()

    def started(arguments: list[str], disturb: Callable[[], None] | None = None) -> int | None:
        one = context.Process(target=run, args=(arguments, disturb))
        one.start()
        one.join(PATIENCE_S)
        return one.exitcode

    return started


COLUMNS = {"notification": -1}
"""How many columns of a table to compare, where it is not all of them."""


def everything(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows but who held the store, and when by real time somebody was told."""
    with closing(Database.open(url)) as opened, opened.read() as connection:
        return {
            table.name: sorted(
                map(
                    tuple,
                    connection.execute(select(*table.columns.values()[: COLUMNS.get(table.name)])),
                ),
                key=repr,
            )
            for table in schema.metadata.sorted_tables
            if table.name != "lease"
        }


def described(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    del report["seconds"]
    return report


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("where", ["at a commit", "anywhere"])
def test_killed_and_continued_is_the_same_as_undisturbed(
    kind: str,
    where: str,
    recording: list[str],
    process: Callable[..., int | None],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    undisturbed = new_store(request, tmp_path, kind)
    report = ["--report", str(tmp_path / "undisturbed.json")]
    assert process([*recording, "--database", undisturbed, *report]) == 0
    rows, told = everything(undisturbed), described(tmp_path / "undisturbed.json")
    assert len(told["incidents"]) == 1
    assert told["malformed"] == 1
    draw = random.Random(f"{kind} {where}")
    killed, url = 0, new_store(request, tmp_path, kind)
    report = ["--report", str(tmp_path / "killed.json")]
    while True:
        disturbance: Callable[[], None] | None = None
        if killed < KILLS:
            disturbance = (
                KilledAtCommit(draw.randint(1, 6), about_to=killed % 2 == 0)
                if where == "at a commit"
                else KilledAfter(draw.uniform(0.01, 0.5))
            )
        status = process([*recording, "--database", url, *report], disturbance)
        if status == -signal.SIGKILL:
            killed += 1
            continue
        assert status == 0
        assert everything(url) == rows
        assert described(tmp_path / "killed.json") == told
        if killed == KILLS:
            return
        url = new_store(request, tmp_path, kind)


def test_a_full_disk_is_said_and_nothing_is_lost_once_there_is_space(
    recording: list[str], process: Callable[..., int | None], tmp_path: Path
) -> None:
    url, undisturbed = f"sqlite:///{tmp_path}/full.db", f"sqlite:///{tmp_path}/undisturbed.db"
    assert process([*recording, "--database", undisturbed]) == 0
    assert process([*recording, "--database", url], DiskHolds(pages=125)) == cli.FAILED
    with closing(Database.open(url)) as opened, opened.read() as connection:
        assert 0 < volume.totals(connection).posts < 500
    assert process([*recording, "--database", url]) == 0
    assert everything(url) == everything(undisturbed)


def test_a_locked_store_is_said_and_nothing_is_lost_once_it_is_free(
    recording: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "locked.db"
    Database.open(f"sqlite:///{file}").close()
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)
    monkeypatch.setattr(sys, "argv", ["seawall", *recording, "--database", f"sqlite:///{file}"])
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == cli.FAILED
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert not stopped.value.code
    assert len(everything(f"sqlite:///{file}")["incident"]) == 1
