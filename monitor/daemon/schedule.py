"""What is done again and again, on APScheduler; every outcome is counted.

A run that is due while the last one goes on is skipped; runs that were missed, in a pause of the
machine, are made up for by one; a clock that is set does not stop anything.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal, Protocol

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor import clock
from monitor.store import StoreError

log = structlog.get_logger("seawall.schedule")

Outcome = Literal["done", "failed", "skipped"]

LOOK_EVERY_S = 2.0
"""How often the wall clock is compared with one that cannot be set."""

JUMP_S = 1.5
"""By how much they have to disagree for it to be a jump."""


class Counting(Protocol):
    """Whoever counts what became of the runs."""

    def job(self, name: str, outcome: Outcome, seconds: float | None) -> None:
        """A run of a job ended so, after so many seconds; None where it did not begin."""


class Schedule:
    """Jobs by name; periods are in the daemon's time, of which `rate` seconds pass in a second."""

    def __init__(self, counting: Counting, rate: float) -> None:
        self._counting, self._rate = counting, rate
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        self._watching: asyncio.Task[None] | None = None

    def every(
        self, period: timedelta, name: str, run: Callable[[], Awaitable[None]], *, at_once: bool
    ) -> None:
        """Run it every `period` of the daemon's time, at least 0.1 s apart; `at_once` the first."""
        seconds = max(period.total_seconds() / self._rate, 0.1)
        begin = clock.wall() if at_once else clock.wall() + timedelta(seconds=seconds)
        self._scheduler.add_job(
            self._counted,
            "interval",
            args=(name, run),
            seconds=seconds,
            id=name,
            next_run_time=begin,
        )

    def again(self, name: str, seconds: float) -> None:
        """Run a job so many real seconds from now, and then again at its period."""
        try:
            self._scheduler.modify_job(
                name, next_run_time=clock.wall() + timedelta(seconds=seconds)
            )
        except JobLookupError:
            log.debug("a job is gone already", job=name)

    def start(self) -> None:
        """Begin; in the loop that runs."""
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch_the_clock(), name="clock")

    async def stop(self) -> None:
        """End, and what is under way with it."""
        if self._watching is not None:
            self._watching.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)

    async def _counted(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        began = clock.stopwatch()
        outcome: Outcome = "failed"
        try:
            await run()
            outcome = "done"
        except asyncio.CancelledError:  # by `stop`; APScheduler would log it as an error
            log.debug("a job was stopped", job=name)
        except StoreError as error:  # who writes has told
            log.debug("a job waits for the store", job=name, problem=str(error))
        except Exception:  # one job that fails must not end another
            log.exception("a job failed; it is run again at its time", job=name)
        finally:
            self._counting.job(name, outcome, clock.stopwatch() - began)

    def _skipped(self, event: JobSubmissionEvent) -> None:
        self._counting.job(event.job_id, "skipped", None)

    async def _watch_the_clock(self) -> None:
        wall, steady = clock.wall(), clock.stopwatch()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            passed = (clock.wall() - wall).total_seconds()
            jump = passed - (clock.stopwatch() - steady)
            wall, steady = clock.wall(), clock.stopwatch()
            if abs(jump) > JUMP_S:
                log.warning("the clock was set", seconds=round(jump, 1))
            if jump < -JUMP_S:  # set forward, everything is due, and has begun by now
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=job.next_run_time + timedelta(seconds=jump))
