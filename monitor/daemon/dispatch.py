"""The dispatcher: what is in the outbox goes to notifiers, at least once, in order per incident.

Every notifier has a task of its own: one that hangs or is refused holds up no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from alerts.notifiers import Notifier
from monitor import clock
from monitor.daemon.courier import SHORTEST_WAIT_S, Counting, Courier, Transaction
from monitor.service import NotifierStatus
from monitor.store import Database, LeaseLost, StoreError, outbox

log = structlog.get_logger("monitor.dispatch")

LOOK_EVERY_S = 1.0
"""How often the outbox is read unasked: other processes put news there, too."""

STOP_WITHIN_S = 5.0
"""How long what is being sent may take when the daemon stops."""

T = TypeVar("T")


@dataclass(slots=True)
class _Round:
    """A courier on its rounds; `busy` while it brings something."""

    courier: Courier
    kind: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    busy: bool = False
    waiting: int = 0


class Dispatcher:
    """Brings every notifier (by the name of its kind, in pairs) its news, in the daemon's loop.

    `write` runs a function in a transaction on the writer's thread, `read` on any; both may raise
    StoreError, and are asked again then. `sleep` waits after a failure.
    """

    def __init__(
        self,
        notifiers: Iterable[tuple[str, Notifier]],
        *,
        read: Transaction,
        write: Transaction,
        now: Callable[[], datetime],
        counting: Counting | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now, self._sleep, self._write = now, sleep, write
        self._read = patient(read, sleep)
        self._rounds = [
            _Round(
                Courier(
                    notifier,
                    read=self._read,
                    write=patient(write, sleep),
                    now=now,
                    counting=counting,
                ),
                kind,
            )
            for kind, notifier in notifiers
        ]
        self._tasks: dict[asyncio.Task[None], _Round | None] = {}
        self._stopping = False

    async def start(self) -> None:
        """Bring the outbox in line with the notifiers there are, and begin. Raises StoreError."""
        names = [one.courier.notifier.name for one in self._rounds]
        await self._write(partial(outbox.follow, notifiers=names, at=self._now()))
        for one in self._rounds:
            name = f"notifier {one.courier.notifier.name}"
            self._tasks[asyncio.create_task(self._go_round(one), name=name)] = one
        self._tasks[asyncio.create_task(self._look(), name="outbox")] = None

    def wake(self) -> None:
        """There may be news. From another thread: `loop.call_soon_threadsafe(dispatcher.wake)`."""
        for one in self._rounds:
            one.woken.set()

    async def stop(self) -> None:
        """End; what is being sent gets 5 s. What was not settled is sent by the next process."""
        self._stopping = True
        for task, one in self._tasks.items():
            if one is None or not one.busy:
                task.cancel()
        for patience in (STOP_WITHIN_S, SHORTEST_WAIT_S):
            running = [task for task in self._tasks if not task.done()]
            if running:
                await asyncio.wait(running, timeout=patience)
            for task in running:
                task.cancel()
        self._tasks.clear()

    async def examine(self) -> None:
        """See whether every notifier could tell people, without telling them."""
        await asyncio.gather(*(one.courier.examine() for one in self._rounds))

    def statuses(self) -> list[NotifierStatus]:
        """How every notifier is doing; what waits is counted once a second."""
        return [
            NotifierStatus(
                name=one.courier.notifier.name,
                kind=one.kind,
                health=one.courier.health,
                waiting=one.waiting,
                problem=one.courier.problem,
                failing_since=one.courier.failing_since,
            )
            for one in self._rounds
        ]

    async def _look(self) -> None:
        """Count what waits, and wake whoever it waits for."""
        while True:
            try:
                counts = await self._read(outbox.waiting)
            except Exception:
                log.exception("the outbox was not looked at")
                counts = {}
            for one in self._rounds:
                one.waiting = counts.get(one.courier.notifier.name, 0)
                if one.waiting:
                    one.woken.set()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _go_round(self, one: _Round) -> None:
        while not self._stopping:
            one.woken.clear()
            try:
                pause = await self._bring(one)
            except LeaseLost:
                log.error("another process tells people now", notifier=one.courier.notifier.name)
                return
            except Exception:
                log.exception("the dispatcher failed", notifier=one.courier.notifier.name)
                pause = SHORTEST_WAIT_S
            if pause and not self._stopping:
                await self._sleep(pause)

    async def _bring(self, one: _Round) -> float:
        """Bring what waits until that order may have changed; then, how long to pause."""
        turns = await one.courier.in_turn(urgent_first=True)
        for turn in turns:
            one.busy = True
            try:
                result = await one.courier.bring(turn)
            finally:
                one.busy = False
            if result == "failed":
                return one.courier.pause_s
            if self._stopping or one.woken.is_set():
                return 0.0
        if not turns:
            await one.woken.wait()
        return 0.0


def patient(
    transaction: Transaction, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Transaction:
    """The same, but a store that cannot be used now is asked again until it can."""

    async def run(work: Callable[[Connection], T], /) -> T:
        told = False
        while True:
            try:
                return await transaction(work)
            except LeaseLost:
                raise
            except StoreError as error:
                if not told:
                    log.warning("the outbox cannot be used now", problem=str(error))
                told = True
                await sleep(SHORTEST_WAIT_S)

    return run


def reading(database: Database) -> Transaction:
    """Reads on a thread of its own, so that the loop does not wait."""

    async def run(work: Callable[[Connection], T], /) -> T:
        def read() -> T:
            with database.read() as connection:
                return work(connection)

        return await asyncio.to_thread(read)

    return run


async def deliver(
    database: Database, notifiers: Iterable[Notifier], now: Callable[[], datetime] = clock.wall
) -> int:
    """Bring notifiers what waits for them, once and in the order in which it happened.

    How many were delivered; what fails, and what comes after it, stays in the outbox.
    """

    async def read(work: Callable[[Connection], T], /) -> T:
        with database.read() as connection:
            return work(connection)

    async def write(work: Callable[[Connection], T], /) -> T:
        with database.write() as connection:
            return work(connection)

    delivered = 0
    for notifier in notifiers:
        courier = Courier(notifier, read=read, write=write, now=now)
        failed = False
        while not failed and (turns := await courier.in_turn(urgent_first=False)):
            for turn in turns:
                result = await courier.bring(turn)
                delivered += result == "delivered"
                failed = result == "failed"
                if failed:
                    break
    return delivered
