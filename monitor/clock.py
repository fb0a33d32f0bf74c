"""The one place that names the wall clock.

Everything else takes times as arguments. Where simulated time runs, its anchor and rate are in the
store, so that every process that opens it reads the same clock.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol


def wall() -> datetime:
    """Now, aware and in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds on a clock that never jumps; only differences mean something."""
    return time.perf_counter()


def sleep(seconds: float) -> None:
    """Wait in real time."""
    time.sleep(seconds)


class Clock(Protocol):
    """What a daemon lives by. `rate`: seconds of it in a real second."""

    rate: float

    def now(self) -> datetime:
        """The time, aware and in UTC."""


class RealClock:
    """The wall clock."""

    rate = 1.0

    def now(self) -> datetime:
        """The time of the wall clock."""
        return wall()


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """Time that runs at `rate` simulated seconds a second from (`wall`, `time`), up to `until`.

    `until` is as far as the running process vouches for it: when it dies, the clock stops.
    A rate of 0 stands still at `time`: a recording's last observation.
    """

    wall: datetime
    time: datetime
    rate: float
    until: datetime

    @classmethod
    def standing(cls, time: datetime) -> "SimulatedClock":
        """A clock that stands at `time`."""
        return cls(time, time, 0.0, time)

    def read(self, wall: datetime) -> datetime:
        """The simulated time when the wall clock says `wall`."""
        elapsed = max(wall - self.wall, type(self.until - self.time)(0))
        return min(self.time + elapsed * self.rate, max(self.until, self.time))

    def seconds_until(self, time: datetime, wall: datetime) -> float:
        """How long to wait, in real seconds, until the clock shows `time` (rate above 0)."""
        return max(
            0.0, (time - self.time).total_seconds() / self.rate - (wall - self.wall).total_seconds()
        )


class RunningClock:
    """Simulated time that goes on from `begin` at `rate`, for as long as this process lives."""

    def __init__(self, begin: datetime, rate: float, since: datetime | None = None) -> None:
        """`since`: when it was `begin`, on the wall clock; now, unless it is given."""
        self.rate = rate
        self._anchor = SimulatedClock(
            since or wall(), begin, rate, datetime.max.replace(tzinfo=UTC)
        )

    def now(self) -> datetime:
        """The simulated time."""
        return self._anchor.read(wall())

    def vouched(self, seconds: float) -> SimulatedClock:
        """The same for other processes, good for so many real seconds from now."""
        return replace(self._anchor, until=self.now() + timedelta(seconds=seconds * self.rate))
