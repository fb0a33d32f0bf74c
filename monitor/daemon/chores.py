"""What the daemon does beside its work: a sign of life, forgetting, saying that it is blind."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import httpx
import structlog
from sqlalchemy import Connection

from monitor.clock import Clock, RunningClock, SimulatedClock
from monitor.daemon import heartbeat
from monitor.daemon.feeding import PATIENCE
from monitor.daemon.schedule import Schedule
from monitor.daemon.writer import Writer
from monitor.incidents import opening
from monitor.metrics import Metrics
from monitor.service import Health, Service, SourceStatus
from monitor.store import StoreError, retention, sightings, volume

log = structlog.get_logger("seawall")

T = TypeVar("T")

VOUCH_S = 5.0
"""Simulated time goes on for so long, in real seconds, after the process that runs it died."""

PURGE_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=30)
PROVE_EVERY = timedelta(seconds=15)
BEGINS_WITHIN = timedelta(minutes=30)
"""A source that does not fail may stand still for so long while it catches up with days."""

CHUNK = 5_000
"""Posts that are forgotten in one transaction, so that nobody waits for long."""


class Chores:
    """The jobs of the schedule that are not sources. Raises SecretMissing when it is made."""

    def __init__(self, service: Service, writer: Writer, clock: Clock, metrics: Metrics) -> None:
        self._service, self._writer, self._clock, self._metrics = service, writer, clock, metrics
        self._client = httpx.AsyncClient(timeout=10)
        self._blind: set[str] | None = None
        self._caught_up: set[str] = set()
        self._standing: dict[str, tuple[datetime | None, datetime]] = {}
        self._heartbeat = service.configuration.heartbeat
        self._watchdog = self._heartbeat.url.read() if self._heartbeat else ""

    def plan(self, schedule: Schedule) -> None:
        """Put them on the schedule."""
        schedule.every(PURGE_EVERY, "forget", self._forget, at_once=True)
        schedule.every(LOOK_EVERY, "look", self._look, at_once=False)
        schedule.every(PROVE_EVERY, "store", self._writer.prove, at_once=False)
        if self._heartbeat:
            schedule.every(self._heartbeat.every, "heartbeat", self._beat, at_once=True)
        if isinstance(self._clock, RunningClock):
            often = timedelta(seconds=VOUCH_S * self._clock.rate / 4)
            schedule.every(often, "clock", self._vouch, at_once=True)

    async def last(self) -> None:
        """What is done when everything else has stopped."""
        await self._client.aclose()
        if isinstance(self._clock, RunningClock):
            standing = SimulatedClock.standing(self._clock.now())
            with suppress(StoreError):  # it stands all the same, a few seconds later
                await self._writer.write(lambda connection: volume.put_clock(connection, standing))

    async def _forget(self) -> None:
        before = self._service.now() - self._service.configuration.keep_posts
        purge = partial(retention.purge, before=before, limit=CHUNK)
        forgotten = 0
        while some := await self._writer.write(purge):
            forgotten += some
        if forgotten:
            log.info("old posts were forgotten", number=forgotten, before=before.isoformat())

    async def _look(self) -> None:
        """Say which sources have become blind, and which see again, once each."""
        sources = {source.name: source for source in self._service.sources()}
        if self._blind is None:
            self._blind = {*await self._writer.write(sightings.blind_since)}
        stuck = {name for name, source in sources.items() if self._stuck(source)}
        for name in sorted(stuck - self._blind):
            log.warning("a source is blind: what is said there is not known", source=name)
            since = sources[name].observed_until or self._service.now()
            await self._writer.write(self._step(opening.blinded, name, since))
            self._blind.add(name)
        for name in sorted(self._blind):
            source = sources.get(name)
            # One that has just been started, and was never there before, does not see yet.
            if source is None or (source.observed_until and not source.blind):
                log.info("a source sees again", source=name)
                await self._writer.write(self._step(opening.sees_again, name))
                self._blind.discard(name)

    def _stuck(self, source: SourceStatus) -> bool:
        """Whether a source is blind, and not just catching up since this process began."""
        name, now, seen = source.name, self._service.now(), source.observed_until
        if seen and not source.blind:
            self._caught_up.add(name)
        if name in self._caught_up:
            return source.blind
        if self._standing.get(name, (seen, now))[0] != seen:
            del self._standing[name]
        _, since = self._standing.setdefault(name, (seen, now))
        failing = source.health is Health.FAILING
        return now - since >= (PATIENCE if failing else BEGINS_WITHIN)

    def _step(self, step: Callable[..., T], *about: object) -> Callable[[Connection], T]:
        now, configuration = self._service.now(), self._service.configuration
        return lambda connection: step(connection, configuration, *about, now)

    async def _beat(self) -> None:
        """A sign of life, as long as the store is open and a source sees."""
        sources = self._service.sources()
        if self._service.ready and not (sources and all(source.blind for source in sources)):
            self._metrics.heartbeat(await heartbeat.beat(self._client, self._watchdog))

    async def _vouch(self) -> None:
        if isinstance(self._clock, RunningClock):
            vouched = self._clock.vouched(VOUCH_S)
            await self._writer.write(lambda connection: volume.put_clock(connection, vouched))
