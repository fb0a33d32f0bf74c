"""Simulated series with a rhythm and a drift, side by side, and what changes them.

Times are minutes from BEGIN, a Monday 00:00 UTC. Matrices have a row a minute, a column a series.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors import Detector, SeriesSetup, Verdict
from detectors.contract import Booleans, Floats, Integers
from detectors.kinds import seasonal
from monitor.bench.measures._workload import BEGIN, MINUTE
from monitor.bench.process import LostProcessError, Tell

DAY: Final = 1440
LEARNING_DAYS: Final = 28
WEEK: Final = 7

WAVE: Final = 0.8
WAVE_STARTS: Final = 540
"""Minute of the day at which the daily wave passes its middle upwards."""
WEEKEND: Final = 0.6
DRIFT: Final = 0.05
"""Standard deviation that the logarithm of the mean gains in a day."""
RAMP: Final = 30
"""Minutes in which a ramp reaches its factor."""

POLL_S: Final = 0.1

Step = Callable[[int], None]
"""Is told how much more is done."""


@dataclass(frozen=True, slots=True)
class Law:
    """How a series behaves while nothing happens: negative binomial, variance m + phi * m**2.

    `mean` is in posts a minute, `dispersion` is phi; 0 is Poisson.
    """

    mean: float
    dispersion: float

    @property
    def label(self) -> str:
        """In words: `0.05/min, phi 0.1`."""
        return f"{self.mean:g}/min, phi {self.dispersion:g}"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a mean: times `factor` at once, or by a ramp."""

    factor: float
    ramp: bool

    def by(self, since: Integers) -> Floats:
        """The factor `since` minutes after the first changed one, 1 before it.

        >>> Change(4.0, ramp=True).by(np.array([-1, 0, 29, 300]))
        array([1. , 1.1, 4. , 4. ])
        """
        whole = np.minimum((since + 1) / RAMP, 1.0) if self.ramp else np.ones(since.shape)
        return np.where(since >= 0, 1.0 + (self.factor - 1.0) * whole, 1.0)


LAWS: Final = [Law(mean, phi) for mean, phi in product((0.05, 0.5, 5.0, 50.0), (0.0, 0.1, 0.5))]
CHANGES: Final = [Change(factor, ramp) for factor, ramp in product((2.0, 4.0, 10.0), (False, True))]


def rhythm(day: int) -> Floats:
    """Logarithm of the daily and weekly rhythm in the minutes of a day, shape (1440,)."""
    angle = 2.0 * np.pi * (np.arange(DAY) - WAVE_STARTS) / DAY
    return WAVE * np.sin(angle) + (np.log(WEEKEND) if day % WEEK >= 5 else 0.0)


def draw(random: np.random.Generator, mean: Floats, dispersion: Floats) -> Floats:
    """Counts of these means, shape (minutes, series); `dispersion` is one a series."""
    over = dispersion > 0.0
    rate = mean.copy()
    rate[:, over] = random.gamma(1.0 / dispersion[over], dispersion[over] * mean[:, over])
    return random.poisson(rate).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of unchanged series: what is expected, and what came."""

    means: Floats
    counts: Floats


class World:
    """Unchanged series, `copies` of each law: all of the first law, then all of the second, ..."""

    def __init__(self, copies: int, random: np.random.Generator, first_day: int = 0) -> None:
        levels = np.repeat([law.mean for law in LAWS], copies)
        self.dispersion: Floats = np.repeat([law.dispersion for law in LAWS], copies)
        self.size = len(levels)
        self._random = random
        self._day = first_day
        drifted = random.normal(0.0, DRIFT * np.sqrt(first_day), self.size)
        self._log: Floats = np.log(levels) + drifted

    def day(self) -> Span:
        """The next day; its drift goes on where the last one's ended."""
        steps = self._random.normal(0.0, DRIFT / np.sqrt(DAY), (DAY, self.size))
        logs = self._log + np.cumsum(steps, axis=0)
        self._log = logs[-1]
        means = np.exp(logs + rhythm(self._day)[:, None])
        self._day += 1
        return Span(means, draw(self._random, means, self.dispersion))


def joined(spans: Sequence[Span], columns: Integers | slice) -> Span:
    """Some series in consecutive spans."""
    return Span(
        np.concatenate([span.means[:, columns] for span in spans]),
        np.concatenate([span.counts[:, columns] for span in spans]),
    )


def detector(budgets: Sequence[float]) -> Detector:
    """The default detector with its default options, a series a budget (surges in 30 days)."""
    utc = ZoneInfo("UTC")
    setups = [SeriesSetup(str(number), utc, budget) for number, budget in enumerate(budgets)]
    return seasonal.build(seasonal.Options(), setups, MINUTE)


def observe(judge: Detector, minute: int, posts: Floats) -> Verdict:
    """Let a detector judge one minute; authors are not known."""
    bucket = int(BEGIN.timestamp()) + MINUTE * minute
    return judge.observe(bucket, posts, np.full(len(posts), np.nan))


def branched(
    state: dict[str, NDArray[np.generic]], size: int, chosen: Integers
) -> dict[str, NDArray[np.generic]]:
    """A saved state of `size` series as that of the chosen ones, any of them more than once.

    The last axis of an array has a series' posts, then its authors, or the series alone.
    """
    rows = np.concatenate((chosen, size + chosen))
    return {
        name: array[..., rows if array.shape[-1] == 2 * size else chosen]
        for name, array in state.items()
    }


def delays(found: Booleans, change: Integers) -> Floats:
    """Minutes from the change to the first find, both inclusive; a day where there is none.

    `found` has a row a minute, `change` the row of each column's first changed minute.

    >>> delays(np.array([[True], [False], [True]]), np.array([1]))
    array([2.])
    """
    rows = np.arange(len(found))[:, None]
    after = found & (rows >= change) & (rows < change + DAY)
    first = np.argmax(after, axis=0) - change + 1
    return np.where(after.any(axis=0), first, DAY).astype(np.float64)


def spread(work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], tell: Tell) -> list[Any]:
    """What `work(step, *job)` returns for every job, in order; a process a core.

    Each job has its number of steps first, and its work tells `step` as it does them.
    LostProcessError where a process was killed.
    """
    context, total, done = get_context("spawn"), sum(job[0] for job in jobs), 0
    with context.Manager() as manager, ProcessPoolExecutor(os.cpu_count(), context) as pool:
        told = manager.Queue()
        futures = [pool.submit(work, told.put, *job) for job in jobs]
        try:
            waiting = True
            while waiting:
                ended = wait(futures, POLL_S, FIRST_EXCEPTION)
                failed = any(future.exception() for future in ended.done)
                waiting = bool(ended.not_done) and not failed
                done += sum(told.get() for _ in range(told.qsize()))
                tell(done, total)
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise LostProcessError("a process is gone; is there enough memory?") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
