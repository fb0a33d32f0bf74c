"""One run of the daemon under one configuration: built, started, stopped; a reload is the next.

To the page, the API and the metrics it is a `monitor.service.Service`.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from alerts.notifiers import Notifier, Places, notifier_kinds
from alerts.publishers import publisher_kinds
from monitor.clock import Clock
from monitor.configuration import Configuration
from monitor.daemon.chores import Chores
from monitor.daemon.discreet import Discreet
from monitor.daemon.dispatch import Dispatcher, reading
from monitor.daemon.feeding import Feed
from monitor.daemon.illustrating import Illustrator
from monitor.daemon.poster import Poster
from monitor.daemon.purse import StoredPurse
from monitor.daemon.schedule import Schedule
from monitor.daemon.web import serve
from monitor.daemon.writer import Writer
from monitor.http.application import application
from monitor.metrics import Metrics
from monitor.pack import mailing
from monitor.service import NotifierStatus, Reading, SourceStatus
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import Surroundings, source_kinds
from monitor.staffing import duty
from monitor.store import Database, LeaseLost, StoreBusy, StoreError, spending, volume
from monitor.telling.slack_desk import SlackDesk
from monitor.watch import Taken

log = structlog.get_logger("seawall")

T = TypeVar("T")

LISTEN_AGAIN_S, BUSY_AGAIN_S = 60.0, 1.0

EXAMINE_EVERY = timedelta(minutes=10)
"""How often notifiers are asked whether they could tell people, for a night may be silent."""

ATTEND, ATTEND_EVERY = "attend", timedelta(seconds=15)
"""How often it is looked whether somebody is to be called, beside after news and steps."""


class Session:
    """The daemon under one configuration. Raises SecretMissing and SourceError when it is built."""

    def __init__(
        self, configuration: Configuration, database: Database, clock: Clock, places: Places
    ) -> None:
        self._configuration, self._database, self._clock = configuration, database, clock
        self.metrics = Metrics()
        platforms = [
            platform
            for choice in configuration.sources
            for platform in source_kinds()[choice.kind].platforms(choice.options)
        ]
        names = [choice.name for choice in configuration.notify]
        self._writer = Writer(configuration, database, platforms, names)
        self._feeds = {choice.name: self._feed(choice) for choice in configuration.sources}
        self._notifiers: list[Notifier] = [
            notifier_kinds()[choice.kind].build(choice.options, name=choice.name, places=places)
            for choice in configuration.notify
        ]
        attached = partial(mailing.attached, database, configuration)
        discreet = [Discreet(notifier, configuration, attached) for notifier in self._notifiers]
        self._dispatcher = Dispatcher(
            [(c.kind, one) for c, one in zip(configuration.notify, discreet, strict=True)],
            read=reading(database),
            write=self._writer.write,
            now=clock.now,
            counting=self.metrics,
        )
        self._poster = Poster(
            [
                publisher_kinds()[choice.kind].build(choice.options, name=choice.name)
                for choice in configuration.publish
            ],
            configuration,
            read=reading(database),
            write=self._writer.write,
            now=clock.now,
            counting=self.metrics,
        )
        self._schedule = Schedule(self.metrics, clock.rate)
        self._illustrator = Illustrator(self._feeds, self._writer, clock.now, self._dispatcher.wake)
        self._chores = Chores(self, self._writer, clock, self.metrics)
        self._application = application(self, self.metrics.registry)
        self._fatal: asyncio.Future[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.ready = False

    def _feed(self, choice: Any) -> Feed:
        dollars = getattr(choice.options, "spending_limit", None)
        limit = round(dollars * 1_000_000) if dollars is not None else None
        purse = StoredPurse(self._writer, choice.name, limit, self._clock.now)
        surroundings = Surroundings(self._configuration, self._clock.now, purse)
        kind = source_kinds()[choice.kind]
        source = kind.build(choice.options, name=choice.name, surroundings=surroundings)
        paid = purse if limit is not None else None
        return Feed(source, choice.kind, self._writer, self._clock.now, self._told, paid)

    async def run(self, listening: socket.socket, stop: asyncio.Event) -> None:
        """Run until `stop`, serving the page on `listening`. Raises StoreError and LeaseLost."""
        self._fatal = self._writer.lost = asyncio.get_running_loop().create_future()
        stopping = asyncio.create_task(stop.wait())
        try:
            await self._begin(listening, stopping)
            over: list[asyncio.Future[Any]] = [stopping, self._fatal]
            await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            if self._fatal.done():
                self._fatal.result()
        finally:
            stopping.cancel()
            await self._end()

    async def _begin(self, listening: socket.socket, stopping: asyncio.Task[Any]) -> None:
        self.metrics.observe(self)
        self._task("http", serve(self._application, listening))
        await self._taken_up(stopping)
        if stopping.done():
            return
        with self._database.read() as connection:
            for name, feed in self._feeds.items():
                feed.resume(
                    volume.cursor_of(connection, name),
                    volume.until_of(connection, name),
                    spending.spent(connection, name, self._clock.now()),
                )
        await self._dispatcher.start()
        self._poster.start()
        self._chores.plan(self._schedule)
        self._schedule.every(EXAMINE_EVERY, "examine", self._dispatcher.examine, at_once=True)
        if self._configuration.teams:
            self._schedule.every(ATTEND_EVERY, ATTEND, self._attend, at_once=True)
        for name, feed in self._feeds.items():
            if feed.source.every is None:
                self._task(f"source {name}", feed.for_ever())
            else:
                self._schedule.every(
                    feed.source.every, f"sample {name}", self._sampling(name, feed), at_once=True
                )
        for notifier in self._notifiers:
            self._task(f"listening to {notifier.name}", self._listening(notifier))
        self._schedule.start()
        self.ready = True

    async def _taken_up(self, stopping: asyncio.Task[Any]) -> None:
        """Take up the store; where another process has it locked, as soon as that lets go."""
        taken_up = False
        while not (taken_up or stopping.done()):
            try:
                await self._writer.start()
                taken_up = True
            except StoreBusy:  # the writer has told
                await asyncio.wait([stopping], timeout=BUSY_AGAIN_S)

    async def _end(self) -> None:
        """Stop what brings in news, let what is under way end, close what is open."""
        self.ready = False
        await self._schedule.stop()
        sources = [task for task in self._tasks if task.get_name() != "http"]
        await _cancelled(sources)
        await self._illustrator.stop()
        await self._poster.stop()
        await self._dispatcher.stop()
        await self._chores.last()
        await _cancelled(self._tasks)
        await asyncio.to_thread(self._writer.close)
        closing = [feed.source.close() for feed in self._feeds.values()]
        closing += [notifier.close() for notifier in self._notifiers]
        for outcome in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("could not be closed", problem=type(outcome).__name__)

    def _task(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is None:
            return
        self._fail(task.exception())

    def _fail(self, error: BaseException | None) -> None:
        if self._fatal and not self._fatal.done() and error is not None:
            self._fatal.set_exception(error)

    async def _listening(self, notifier: Notifier) -> None:
        """Take people's steps from a notifier; its defects cost its buttons a minute."""
        while True:
            try:
                return await notifier.listen(SlackDesk(self))
            except Exception:
                log.exception("a defect of the notifier's buttons", notifier=notifier.name)
            await asyncio.sleep(LISTEN_AGAIN_S)

    def _sampling(self, name: str, feed: Feed) -> Callable[[], Awaitable[None]]:
        async def sample() -> None:
            try:
                wait = await feed.once()
            except LeaseLost:
                return  # the writer has told
            if wait is not None:
                self._schedule.again(f"sample {name}", wait)

        return sample

    def _told(self, name: str, delivery: Delivery, taken: Taken, seconds: float) -> None:
        counted = sum(count.posts for count in delivery.counts if count.topic == "all")
        self.metrics.taken(name, taken.posts + counted, delivery.malformed, taken.surges, seconds)
        if taken.news:
            self._changed()
            self._illustrator.consider(taken.news)

    async def _attend(self) -> None:
        """See to it that somebody has every incident in hand, and that it is told."""
        done = duty.MOST
        while done >= duty.MOST:
            try:
                done = await self._writer.write(
                    lambda connection: duty.attend(connection, self._configuration, self.now())
                )
            except LeaseLost:
                return  # the writer has told
            if done:
                self._dispatcher.wake()

    def _changed(self) -> None:
        """Something has happened to incidents: tell it, and see who is to be called."""
        self._dispatcher.wake()
        if self._configuration.teams:
            self._schedule.again(ATTEND, 0)

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""
        return self._configuration

    @property
    def database(self) -> Database:
        """The store."""
        return self._database

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""
        return self._clock.now()

    @property
    def trouble(self) -> StoreError | None:
        """What keeps the store from being written; None while it can be."""
        return self._writer.trouble

    def sources(self) -> Sequence[SourceStatus]:
        """How every source is doing."""
        return [feed.status() for feed in self._feeds.values()]

    def notifiers(self) -> Sequence[NotifierStatus]:
        """How every notifier is doing."""
        return self._dispatcher.statuses()

    def publishers(self) -> Sequence[NotifierStatus]:
        """How every publisher is doing."""
        return self._poster.statuses()

    def readings(self) -> Sequence[Reading]:
        """The bucket judged last of every platform."""
        return self._writer.readings

    async def write(self, change: Callable[[Connection], T]) -> T:
        """One transaction of somebody's; what it tells is sent. Raises StoreError, and its own."""
        changed = await self._writer.write(change)
        self._changed()
        return changed

    async def ingest(self, delivery: Delivery) -> int:
        """Commit what was pushed; how many posts of it are new mentions. Raises StoreError."""
        taken = await self._feeds[delivery.source].push(delivery)
        return taken.posts


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
