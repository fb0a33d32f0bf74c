"""What the daemon does beside its work: a sign of life, forgetting, saying that it is blind."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import httpx
import structlog

from monitor.clock import Clock, RunningClock, SimulatedClock
from monitor.daemon import heartbeat
from monitor.daemon.schedule import Schedule
from monitor.daemon.writer import Writer
from monitor.metrics import Metrics
from monitor.service import Service
from monitor.store import StoreError, retention, volume

log = structlog.get_logger("seawall")

VOUCH_S = 5.0
"""Simulated time goes on for so long, in real seconds, after the process that runs it died."""

PURGE_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=30)
CHUNK = 5_000
"""Posts that are forgotten in one transaction, so that nobody waits for long."""


class Chores:
    """The jobs of the schedule that are not sources. Raises SecretMissing when it is made."""

    def __init__(self, service: Service, writer: Writer, clock: Clock, metrics: Metrics) -> None:
        self._service, self._writer, self._clock, self._metrics = service, writer, clock, metrics
        self._client = httpx.AsyncClient(timeout=10)
        self._blind: set[str] = set()
        self._heartbeat = service.configuration.heartbeat
        self._watchdog = self._heartbeat.url.read() if self._heartbeat else ""

    def plan(self, schedule: Schedule) -> None:
        """Put them on the schedule."""
        schedule.every(PURGE_EVERY, "forget", self._forget, at_once=True)
        schedule.every(LOOK_EVERY, "look", self._look, at_once=False)
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
        blind = {source.name for source in self._service.sources() if source.blind}
        for name in sorted(blind - self._blind):
            log.warning("a source is blind: what is said there is not known", source=name)
        for name in sorted(self._blind - blind):
            log.info("a source sees again", source=name)
        self._blind = blind

    async def _beat(self) -> None:
        """A sign of life, as long as the store is open and a source sees."""
        sources = self._service.sources()
        if self._service.ready and not (sources and all(source.blind for source in sources)):
            self._metrics.heartbeat(await heartbeat.beat(self._client, self._watchdog))

    async def _vouch(self) -> None:
        if isinstance(self._clock, RunningClock):
            vouched = self._clock.vouched(VOUCH_S)
            await self._writer.write(lambda connection: volume.put_clock(connection, vouched))
