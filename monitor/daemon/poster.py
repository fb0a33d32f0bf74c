"""The poster: what people asked to have posted goes out, on each account one after the other.

Every account has a task of its own: one that hangs or is refused holds up no other.
"""

import asyncio
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog

from alerts.publishers import Publisher, PublisherError
from monitor.configuration import Configuration
from monitor.daemon.courier import Transaction
from monitor.daemon.dispatch import LOOK_EVERY_S, STOP_WITHIN_S, patient
from monitor.service import Health, NotifierStatus
from monitor.store import LeaseLost, StoreError, postings
from monitor.words import posting
from monitor.words.posting import Outcome, Sending

log = structlog.get_logger("monitor.poster")

SEND_WITHIN_S = 28.0
"""How long one attempt may take; the next one begins `posting.AGAIN_AFTER` it began."""


class Counting(Protocol):
    """What counts attempts."""

    def published(self, publisher: str, outcome: Outcome) -> None:
        """An attempt to post on an account ended."""


@dataclass(slots=True)
class _Account:
    """A publisher at work, and how it is doing."""

    publisher: Publisher
    kind: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    busy: bool = False
    waiting: int = 0
    health: Health = Health.STARTING
    problem: str | None = None
    failing_since: datetime | None = None


class Poster:
    """Posts, in the daemon's loop, what people asked for; `publishers` are of `configuration`.

    `write` runs a function in a transaction on the writer's thread, `read` on any.
    """

    def __init__(
        self,
        publishers: Iterable[Publisher],
        configuration: Configuration,
        *,
        read: Transaction,
        write: Transaction,
        now: Callable[[], datetime],
        counting: Counting | None = None,
    ) -> None:
        self._configuration, self._read, self._write = configuration, read, write
        self._now, self._counting = now, counting
        kinds = {choice.name: choice.kind for choice in configuration.publish}
        self._accounts = {one.name: _Account(one, kinds[one.name]) for one in publishers}
        self._tasks: dict[asyncio.Task[None], _Account | None] = {}
        self._stopping = False

    def start(self) -> None:
        """Begin; what another process was about to post when it died is looked at first."""
        self._tasks[asyncio.create_task(self._look(), name="postings")] = None
        for one in self._accounts.values():
            name = f"publisher {one.publisher.name}"
            self._tasks[asyncio.create_task(self._go_on(one), name=name)] = one

    async def stop(self) -> None:
        """End; what is being sent gets 5 s. What is not settled then, the next process settles."""
        self._stopping = True
        for task, one in self._tasks.items():
            if one is None or not one.busy:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WITHIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def statuses(self) -> list[NotifierStatus]:
        """How every publisher is doing; what waits is counted once a second."""
        return [
            NotifierStatus(name, one.kind, one.health, one.waiting, one.problem, one.failing_since)
            for name, one in self._accounts.items()
        ]

    async def _look(self) -> None:
        """Count what waits, wake whoever it waits for, settle what waits for nobody."""
        while True:
            try:
                await self._counted(await self._read(postings.waiting))
            except LeaseLost:
                return  # another process posts now
            except Exception:
                log.exception("what is to be posted was not looked at")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _counted(self, counts: Mapping[str, int]) -> None:
        for name, one in self._accounts.items():
            one.waiting = counts.get(name, 0)
            if one.waiting:
                one.woken.set()
            elif one.health is Health.STARTING:
                one.health = Health.WORKING
        for name in counts.keys() - self._accounts.keys():
            await self._write(
                partial(
                    posting.give_up,
                    configuration=self._configuration,
                    publisher=name,
                    now=self._now(),
                )
            )

    async def _go_on(self, one: _Account) -> None:
        while not self._stopping:
            await one.woken.wait()
            one.woken.clear()
            one.busy = True
            try:
                while not self._stopping and await self._post(one):
                    pass
            except LeaseLost:
                return  # another process posts now
            except StoreError as error:
                log.warning("what is to be posted cannot be read", problem=str(error))
            except Exception:
                log.exception("the poster failed", publisher=one.publisher.name)
            finally:
                one.busy = False

    async def _post(self, one: _Account) -> bool:
        """Make one attempt; False where nothing is to be posted now."""
        name, configuration = one.publisher.name, self._configuration
        begun = await self._write(lambda c: posting.take(c, configuration, name, self._now()))
        if begun is None:
            return False
        outcome = begun if isinstance(begun, Outcome) else await self._attempt(one, begun)
        log.info("a post was asked for", publisher=name, outcome=outcome.value)
        if self._counting is not None:
            self._counting.published(name, outcome)
        return True

    async def _attempt(self, one: _Account, sending: Sending) -> Outcome:
        """Send it, and store what came of it."""
        try:
            link = await self._send(one.publisher, sending)
        except PublisherError as error:
            self._fails(one, error)
            return await self._settled(posting.failed, sending, error)
        one.health, one.problem, one.failing_since = Health.WORKING, None, None
        return await self._settled(posting.arrived, sending, link)

    async def _send(self, publisher: Publisher, sending: Sending) -> str:
        """Send it, and return the link. Raises PublisherError, whatever else happens."""
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                return await publisher.post(sending.words)
        except PublisherError:
            raise
        except TimeoutError:
            message = f"no answer within {SEND_WITHIN_S:.0f} s"
            raise PublisherError(message, unsure=True) from None
        except Exception as error:
            kind = type(error).__name__
            log.error(  # its message may hold anything, so it is left out
                "a mistake in a publisher",
                publisher=publisher.name,
                problem=kind,
                stack="".join(traceback.format_tb(error.__traceback__)),
            )
            message = f"a mistake in Seawall, {kind}; its log says where"
            raise PublisherError(message, unsure=True) from error

    async def _settled(self, what: Callable[..., Outcome], *about: object) -> Outcome:
        """Store what came of it, however long the store lets nobody in."""
        settle = patient(self._write)
        return await settle(lambda c: what(c, self._configuration, *about, self._now()))

    def _fails(self, one: _Account, error: PublisherError) -> None:
        if one.health is not Health.FAILING:
            one.failing_since = self._now()
        one.health, one.problem = Health.FAILING, str(error)
        log.warning("a publisher fails", publisher=one.publisher.name, problem=str(error))
