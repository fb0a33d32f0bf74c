"""The one thread that judges and writes, so that neither a scrape nor Slack waits for it."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from alerts.posts import Post
from monitor import clock
from monitor.configuration import Configuration
from monitor.service import Reading
from monitor.sources.delivery import Delivery
from monitor.store import Database, LeaseLost, StoreError
from monitor.watch import Taken, Watch

log = structlog.get_logger("seawall")

T = TypeVar("T")


class Writer:
    """Owns the watch: everything that judges or writes is done here, one thing after another.

    A watch whose transaction failed is thrown away, and taken up anew from the store by the next.
    `lost` is told when another process has become the writer; `trouble` is what keeps the store
    from being written, which is logged when it begins and when it is over.
    """

    def __init__(
        self,
        configuration: Configuration,
        database: Database,
        platforms: Sequence[str],
        notifiers: Sequence[str],
    ) -> None:
        self._database = database
        self._start = partial(Watch.start, configuration, database, platforms, notifiers)
        self._watch: Watch | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self.lost: asyncio.Future[None] | None = None
        self.trouble: StoreError | None = None
        self._ends: list[datetime] = []
        self.readings: Sequence[Reading] = ()

    async def start(self) -> None:
        """Take up the watch where the store stands. Raises StoreError."""
        await self.run(self._taken_up)
        self._recovered()

    async def take(self, delivery: Delivery, now: datetime) -> tuple[Taken, float]:
        """Commit a delivery; what it changed, and the seconds it took. Raises StoreError."""
        taken = await self.run(self._take, delivery, now)
        self._recovered()
        return taken

    async def illustrate(self, incident: str, posts: Sequence[Post], now: datetime) -> None:
        """Add posts that are shown, not counted, to an incident. Raises StoreError."""
        await self.run(self._changed, lambda watch: watch.illustrate(incident, posts, now))

    async def write(self, change: Callable[[Connection], T]) -> T:
        """One transaction of somebody else's. Raises StoreError, and what `change` raises."""
        return await self.run(self._write, change)

    async def prove(self) -> None:
        """See whether the store can be written again, where it could not. Raises StoreError."""
        if self.trouble is not None:
            await self.run(self._database.prove)
            self._recovered()

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run a function on this thread; one that has begun ends, whoever stops waiting for it."""
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.shield(loop.run_in_executor(self._thread, function, *arguments))
        except LeaseLost as error:
            if self.lost and not self.lost.done():
                self.lost.set_exception(error)
            raise
        except StoreError as error:
            if self.trouble is None:
                log.error("the store cannot be written: nothing new is kept", problem=str(error))
            self.trouble = error
            raise

    def _recovered(self) -> None:
        if self.trouble is not None:
            log.info("the store can be written again")
            self.trouble = None

    def close(self) -> None:
        """Finish what has begun, and take nothing more."""
        self._thread.shutdown(wait=True)

    def _taken_up(self) -> Watch:
        if self._watch is None:
            self._watch = self._start()
        return self._watch

    def _changed(self, change: Callable[[Watch], T]) -> T:
        watch, self._watch = self._taken_up(), None
        changed = change(watch)
        self._watch = watch
        return changed

    def _take(self, delivery: Delivery, now: datetime) -> tuple[Taken, float]:
        began = clock.stopwatch()
        taken = self._changed(lambda watch: watch.take(delivery, now=now))
        seconds = clock.stopwatch() - began
        self._publish(self._taken_up())
        return taken, seconds

    def _publish(self, watch: Watch) -> None:
        """Show the buckets judged last, where there are new ones."""
        ends = [panel.latest.end for panel in watch.panels.values() if panel.latest]
        if ends != self._ends:
            self._ends, self.readings = ends, watch.readings()

    def _write(self, change: Callable[[Connection], T]) -> T:
        with self._database.write() as connection:
            return change(connection)
