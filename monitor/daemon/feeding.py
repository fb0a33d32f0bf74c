"""Feeding the watch from a source: each delivery is committed before the next is asked for.

A source that fails is run again from its last committed cursor, without disturbing another; how it
is doing, and whether it is blind, can be seen.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from alerts.hiding import without_secrets
from monitor.daemon.purse import StoredPurse
from monitor.daemon.writer import Writer
from monitor.service import Health, SourceStatus
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import Source, SourceError, Trailing
from monitor.store import LeaseLost, StoreError
from monitor.store.schema import EPOCH
from monitor.watch import Taken

log = structlog.get_logger("seawall.source")

FIRST_WAIT_S, LONGEST_WAIT_S, MOST_PATIENT_S = 1.0, 60.0, 900.0
"""How long to wait before a failed source is tried again; at most so long where it asks for it."""

PATIENCE = timedelta(minutes=5)
"""A source that has observed nothing for longer, beyond three of its periods, is blind."""

Told = Callable[[str, Delivery, Taken, float], None]
"""Who is told of what was committed: the source's name, its delivery, the outcome, seconds."""


@dataclass(slots=True)
class _Trouble:
    """What is wrong with a source, since when, how often it has failed without a delivery."""

    problem: str
    since: datetime
    failures: int = 1


class Feed:
    """One source, fed into the watch by `writer`."""

    def __init__(
        self,
        source: Source,
        kind: str,
        writer: Writer,
        now: Callable[[], datetime],
        told: Told,
        purse: StoredPurse | None,
    ) -> None:
        self.source, self._kind, self._purse = source, kind, purse
        self._writer, self._now, self._told = writer, now, told
        self._cursor: str | None = None
        self._until: datetime | None = None
        self._began = now()
        self._trouble: _Trouble | None = None
        self._working = False

    def resume(self, cursor: str | None, until: datetime | None, spent: int) -> None:
        """Go on where the store stands; `spent` this month, in millionths of a dollar."""
        self._cursor, self._until = cursor, until
        if self._purse is not None:
            self._purse.spent = spent

    async def once(self) -> float | None:
        """Take all that the source has now; None, or seconds to wait where it failed.

        Raises LeaseLost.
        """
        try:
            async with aclosing(self.source.deliveries(self._cursor)) as deliveries:
                async for delivery in deliveries:
                    await self._commit(delivery)
                    self._recovered()
        except LeaseLost:
            raise
        except SourceError as error:
            return self._failed(str(error), error.retry_after)
        except StoreError as error:
            return self._failed(str(error))
        except Exception as error:
            log.exception("a defect of the source", source=self.source.name)
            return self._failed(f"a defect of Seawall, please report it: {type(error).__name__}")
        self._recovered()
        return None

    async def for_ever(self) -> None:
        """Take what the source has until cancelled. Raises LeaseLost."""
        while True:
            wait = await self.once()
            await asyncio.sleep(FIRST_WAIT_S if wait is None else wait)

    async def push(self, delivery: Delivery) -> Taken:
        """Take what was pushed. Raises StoreError."""
        taken = await self._commit(delivery)
        self._recovered()
        return taken

    async def _commit(self, delivery: Delivery) -> Taken:
        taken, seconds = await self._writer.take(delivery, self._now())
        self._cursor, self._until = delivery.cursor, delivery.until
        self._told(self.source.name, delivery, taken, seconds)
        return taken

    def _recovered(self) -> None:
        self._working = True
        if self._trouble is not None:
            log.info("the source works again", source=self.source.name)
            self._trouble = None

    def _failed(self, problem: str, asked: float | None = None) -> float:
        problem = without_secrets(problem)
        if self._trouble is None:
            self._trouble = _Trouble(problem, self._now())
        else:
            self._trouble.problem = problem
            self._trouble.failures += 1
        failures = self._trouble.failures
        log.warning("the source fails", source=self.source.name, problem=problem, failures=failures)
        if asked is not None:
            return min(max(asked, 0.0), MOST_PATIENT_S)
        return min(FIRST_WAIT_S * 2.0 ** min(failures - 1, 10), LONGEST_WAIT_S)

    @property
    def _seen_until(self) -> datetime | None:
        """How far it has observed; what was pushed without saying so has not."""
        if isinstance(self.source, Trailing):
            return self.source.seen_until(self._cursor)
        return self._until if self._until and self._until > EPOCH else None

    def status(self) -> SourceStatus:
        """How the source is doing."""
        patience = PATIENCE + 3 * (self.source.every or timedelta(0))
        health = Health.WORKING if self._working else Health.STARTING
        seen = self._seen_until
        return SourceStatus(
            name=self.source.name,
            kind=self._kind,
            platforms=self.source.platforms,
            health=Health.FAILING if self._trouble else health,
            blind=self._now() - (seen or self._began) > patience,
            observed_until=seen,
            problem=self._trouble.problem if self._trouble else None,
            failing_since=self._trouble.since if self._trouble else None,
            spent_micros=self._purse.spent if self._purse else None,
            limit_micros=self._purse.limit if self._purse else None,
        )
