"""The one place that names the wall clock.

Everything else takes times as arguments. Where simulated time runs, its anchor and rate are in the
store, so that every process that opens it reads the same clock.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


def wall() -> datetime:
    """Now, aware and in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds on a clock that never jumps; only differences mean something."""
    return time.perf_counter()


def sleep(seconds: float) -> None:
    """Wait in real time."""
    time.sleep(seconds)


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
