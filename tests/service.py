"""A daemon that runs in a test: a real store and a real watch, without sources and notifiers."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from starlette.types import ASGIApp

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import DAEMON, Incident, Reason
from monitor.configuration import Configuration, loads
from monitor.daemon.web import settings
from monitor.doubles.serving import serving
from monitor.service import NotifierStatus, Reading, SourceStatus
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import source_kinds
from monitor.store import Database, StoreError, situations
from monitor.watch import Watch
from tests.airline import CONFIGURATION
from tests.conftest import empty_store

T = TypeVar("T")

TOKENS = {
    "reader": ("read",),
    "actor": ("act",),
    "pusher": ("ingest",),
    "scraper": ("metrics",),
    "kari": ("read", "act"),
}
"""Everybody who has a token, and what it allows."""

SOURCES = "sources: [{kind: push, name: pushed, platforms: [reviews, forum]}]"


def secret(name: str) -> str:
    """The secret of somebody's token."""
    return f"planted-secret-of-{name}-0123456789"


def configured(
    folder: Path, tokens: Mapping[str, Sequence[str]] = TOKENS, *lines: str, http: str = ""
) -> Configuration:
    """The airline with push sources, and these tokens in files of `folder`; `http` adds to it."""
    written = ["http:", f"  {http}", "  tokens:" if tokens else ""]
    for name, scopes in tokens.items():
        (folder / name).write_text(secret(name))
        written.append(
            f"    {name}: {{scopes: [{', '.join(scopes)}], secret: {{file: {folder / name}}}}}"
        )
    return loads("\n".join([CONFIGURATION, SOURCES, *lines, *written]))


def new_database(file: Path) -> Database:
    """A new, empty store in a file."""
    file.write_bytes(empty_store())
    return Database.open(f"sqlite:///{file}")


def served(application: ASGIApp) -> AbstractContextManager[str]:
    """Serve it as the daemon does, in a thread; its URL."""
    return serving(application, settings=settings(application))


def tell(database: Database, incident: Incident, briefing: Briefing) -> None:
    """Store an incident with one briefing, as if it had just been opened."""
    with database.write() as connection:
        one = replace(incident, revision=1)
        situations.put_incident(connection, one)
        situations.add_event(
            connection, one, Reason.OPENED, at=one.detected_at, actor=DAEMON, detail="40 posts"
        )
        situations.put_briefing(connection, one, replace(briefing, revision=1), ["terminal"])


@dataclass
class RunningService:
    """A `Service` whose clock stands at `at`; what its sources, notifiers and publishers say is set
    by hand.
    """

    configuration: Configuration
    database: Database
    at: datetime
    ready: bool = True
    trouble: StoreError | None = None
    source_states: Sequence[SourceStatus] = ()
    notifier_states: Sequence[NotifierStatus] = ()
    publisher_states: Sequence[NotifierStatus] = ()
    delivered: list[Delivery] = field(default_factory=list)
    _watch: Watch | None = None
    _one_writer: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        return self.at

    @property
    def watch(self) -> Watch:
        """The watch, started anew after `restart`."""
        if self._watch is None:
            platforms = {
                platform
                for one in self.configuration.sources
                for platform in source_kinds()[one.kind].platforms(one.options)
            }
            self._watch = Watch.start(
                self.configuration, self.database, sorted(platforms | {"x"}), ["terminal"]
            )
        return self._watch

    def restart(self) -> None:
        """Forget everything but the store."""
        self._watch = None

    def sources(self) -> Sequence[SourceStatus]:
        return self.source_states

    def notifiers(self) -> Sequence[NotifierStatus]:
        return self.notifier_states

    def publishers(self) -> Sequence[NotifierStatus]:
        return self.publisher_states

    def readings(self) -> Sequence[Reading]:
        return self._watch.readings() if self._watch else ()

    async def write(self, change: Callable[[Connection], T]) -> T:
        async with self._one_writer:
            return await asyncio.to_thread(self._write, change)

    def _write(self, change: Callable[[Connection], T]) -> T:
        with self.database.write() as connection:
            return change(connection)

    async def ingest(self, delivery: Delivery) -> int:
        async with self._one_writer:
            taken = await asyncio.to_thread(self.watch.take, delivery)
        self.delivered.append(delivery)
        return taken.posts
