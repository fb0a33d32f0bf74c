"""One notifier's courier: sends what waits in the outbox for it, and stores what became of it.

What is told for the first time, and every notice, is noted before, and the notifier's receipt is
stored in the transaction that settles it. A process that dies in between leaves the note, and the
next one asks the notifier to look for its message before it posts another.
"""

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Literal, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from alerts.hiding import without_secrets
from alerts.notifiers import Notifier, NotifierError, NotNews
from alerts.plain_text import shortened, visible
from monitor.daemon import parcels
from monitor.daemon.parcels import Parcel
from monitor.service import Health
from monitor.store import outbox
from monitor.store.outbox import Turn
from monitor.telling import storms

log = structlog.get_logger("monitor.dispatch")

Result = Literal["delivered", "failed", "given_up", "overtaken"]
"""What became of a notification; one that failed is tried again."""

SEND_WITHIN_S = 30.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
LONGEST_ASKED_WAIT_S = 3600.0
"""No notifier may ask to be left alone for longer than this."""

BATCH = 50
"""Notifications that are put in order at a time."""

MISTAKES = 5
"""A notification on which its notifier fails so often by a mistake of its own is given up."""

REASON_LENGTH = 300
UNREADABLE = "what the store has of it cannot be read"

T = TypeVar("T")


class Transaction(Protocol):
    """Runs a function in one transaction of the store. Raises StoreError."""

    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]:
        """Run it, and return what it returns."""


class Counting(Protocol):
    """Whoever counts what became of notifications."""

    def notified(self, notifier: str, result: Result, seconds: float | None, purpose: str) -> None:
        """An attempt ended; `seconds` since the news, where it was delivered.

        `purpose` is `parcels.OF_INCIDENT`, or a notice's.
        """


class _Failed(Exception):
    """A notification was not delivered; `answered` where it is known not to have arrived."""

    def __init__(
        self,
        problem: str,
        *,
        permanent: bool = False,
        answered: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(shortened(visible(without_secrets(problem)), REASON_LENGTH))
        self.permanent, self.answered, self.wait = permanent, answered, wait


class Courier:
    """Brings a notifier what waits for it, one at a time, and knows how the notifier does.

    After a failure, nothing should be brought for `pause_s` seconds.
    """

    def __init__(
        self,
        notifier: Notifier,
        *,
        read: Transaction,
        write: Transaction,
        now: Callable[[], datetime],
        counting: Counting | None = None,
    ) -> None:
        self.notifier = notifier
        self._read, self._write, self._now, self._counting = read, write, now, counting
        self.health = Health.STARTING
        self.problem: str | None = None
        self.failing_since: datetime | None = None
        self.pause_s = 0.0
        self._failures = 0
        self._mistakes = ("", 0)

    async def in_turn(self, *, urgent_first: bool) -> list[Turn]:
        """What waits in the order in which to bring it; where much waits, the first few.

        What is past is told as it was; where it is `urgent_first`, a storm is ridden out.
        """
        name, now = self.notifier.name, self._now()

        def look(connection: Connection) -> list[Turn] | None:
            if urgent_first and storms.plan(connection, name, now):
                return None
            return outbox.in_turn(connection, name, urgent_first=urgent_first, limit=BATCH)

        while (turns := await self._read(look)) is None:
            await self._write(partial(storms.ride_out, notifier=name, now=now))
        if self.health is Health.STARTING:
            self.health = Health.WORKING
        return list(dict.fromkeys(turns)) if self.notifier.replaces else turns

    async def bring(self, turn: Turn) -> Result | None:
        """Send what comes next of it; None where nothing of it waits any more."""
        parcel = await self._read(partial(parcels.find, notifier=self.notifier, turn=turn))
        if parcel is None:
            return None
        if not parcel.readable:
            return await self._give_up(parcel, UNREADABLE)
        noted = parcel.to_note
        if noted:
            await self._write(partial(parcel.note, at=self._now()))
        try:
            receipt = await self._send(parcel)
        except NotNews:
            return await self._passed_over(parcel)
        except _Failed as failed:
            if noted and failed.answered:
                await self._write(parcel.take_back)
            return await self._failed(parcel, failed)
        return await self._delivered(parcel, receipt)

    async def _send(self, parcel: Parcel) -> str | None:
        """Send it and return its receipt. Raises NotNews, or _Failed whatever else happens."""
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                return await parcel.send()
        except NotNews:
            raise
        except NotifierError as error:
            wait = error.retry_after
            raise _Failed(
                str(error),
                permanent=error.permanent,
                # Who refuses or asks to wait has answered; a connection that broke has not.
                answered=error.permanent or wait is not None,
                wait=None if wait is None else min(max(wait, 0.0), LONGEST_ASKED_WAIT_S),
            ) from error
        except TimeoutError as error:
            raise _Failed(f"no answer within {SEND_WITHIN_S:.0f} s") from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise self._mistake(parcel, error) from error
        except Exception as error:
            raise self._mistake(parcel, error) from error

    async def _delivered(self, parcel: Parcel, receipt: str | None) -> Result:
        now = self._now()
        overtaken = await self._write(partial(parcel.arrived, receipt=receipt, at=now))
        self._works()
        self.pause_s, self._failures = 0.0, 0
        took = max(0.0, (now - parcel.at).total_seconds()) if parcel.at else None
        self._count(parcel, "delivered", took)
        for _ in range(overtaken):
            self._count(parcel, "overtaken")
        return "delivered"

    async def examine(self) -> None:
        """See whether people could be told, where no delivery has shown it: it tells nobody."""
        if self._failures:
            return
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await self.notifier.check()
        except (NotifierError, TimeoutError) as error:
            failed = _Failed(str(error) or f"no answer within {SEND_WITHIN_S:g} s")
            if self.health is not Health.FAILING:
                log.warning("a notifier fails", notifier=self.notifier.name, problem=str(failed))
            self._fails(failed)
        else:
            if not self._failures:
                self._works()

    def _works(self) -> None:
        self.health, self.problem, self.failing_since = Health.WORKING, None, None

    def _fails(self, failed: _Failed) -> None:
        if self.health is not Health.FAILING:
            self.failing_since = self._now()
        self.health, self.problem = Health.FAILING, str(failed)

    async def _failed(self, parcel: Parcel, failed: _Failed) -> Result:
        self._fails(failed)
        if failed.permanent:
            return await self._give_up(parcel, str(failed))
        doubled = SHORTEST_WAIT_S * 2 ** min(self._failures, 10)
        jitter = random.uniform(0.0, SHORTEST_WAIT_S)  # noqa: S311 - not a secret
        self.pause_s = min(doubled + jitter, LONGEST_WAIT_S) if failed.wait is None else failed.wait
        self._failures += 1
        log.warning(
            "a notifier fails",
            notifier=self.notifier.name,
            problem=str(failed),
            again_in_s=round(self.pause_s, 1),
        )
        self._count(parcel, "failed")
        return "failed"

    async def _give_up(self, parcel: Parcel, reason: str) -> Result:
        """Never again: the next one is tried at once."""
        log.error(
            "a notification is given up",
            notifier=self.notifier.name,
            notification=parcel.key,
            purpose=parcel.purpose,
            problem=reason,
        )
        await self._write(partial(parcel.settle, outcome=reason, at=self._now()))
        self._count(parcel, "given_up")
        return "given_up"

    async def _passed_over(self, parcel: Parcel) -> Result:
        """No news for whoever gets a message for everything that is."""
        await self._write(partial(parcel.settle, outcome=outbox.NO_NEWS, at=self._now()))
        self._count(parcel, "overtaken")
        return "overtaken"

    def _mistake(self, parcel: Parcel, error: BaseException) -> _Failed:
        """What a notifier should not raise; the message may hold anything, so it is left out."""
        key, times = self._mistakes
        times = times + 1 if key == parcel.key else 1
        self._mistakes = (parcel.key, times)
        kind = type(error).__name__
        log.error(
            "a mistake in a notifier",
            notifier=self.notifier.name,
            notification=parcel.key,
            problem=kind,
            stack="".join(traceback.format_tb(error.__traceback__)),
        )
        return _Failed(
            f"a mistake in Seawall, {kind}; its log says where", permanent=times >= MISTAKES
        )

    def _count(self, parcel: Parcel, result: Result, seconds: float | None = None) -> None:
        if self._counting is not None:
            self._counting.notified(self.notifier.name, result, seconds, parcel.purpose)
