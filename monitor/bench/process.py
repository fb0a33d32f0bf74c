"""Work in a fresh process on one core, so that its time and memory are its own."""

import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import nan, sqrt
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final, Generic, TypeVar

from monitor import clock

TELL_EVERY_S: Final = 0.1
_STATUS = Path("/proc/self/status")

T = TypeVar("T")

Tell = Callable[[int, int], None]
"""Is told how much is done, of how much."""


class LostProcessError(RuntimeError):
    """The process that did the work is gone: killed, most likely for want of memory."""


@dataclass(slots=True)
class Lap:
    """Seconds on the clock and on the processor, known once the work is done."""

    wall: float = nan
    cpu: float = nan


@dataclass(frozen=True, slots=True)
class Run:
    """So many units of work, done once or repeatedly, each time in a process of its own.

    `wall` and `cpu` are the seconds of each repetition, `rate` the units in a second on the clock,
    with its standard error where anything was repeated. `memory` is the most that any process
    held, `memory_before` what it held when the work began, both in bytes.
    """

    units: int
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    rate: float
    rate_error: float | None
    memory: int
    memory_before: int

    def scaled(self, factor: int) -> "Run":
        """The same run with units of which `factor` make one of these."""
        error = None if self.rate_error is None else self.rate_error * factor
        return replace(self, units=self.units * factor, rate=self.rate * factor, rate_error=error)


@dataclass(frozen=True, slots=True)
class Alone(Generic[T]):
    """What work in a process of its own came to, and what memory that took (see `Run`)."""

    outcome: T
    memory: int
    memory_before: int


@contextmanager
def timed() -> Iterator[Lap]:
    """Time what stands in the `with`: set-up stays outside of it."""
    lap = Lap()
    wall, cpu = clock.stopwatch(), time.process_time()
    yield lap
    lap.wall, lap.cpu = clock.stopwatch() - wall, time.process_time() - cpu


def run(
    work: Callable[..., tuple[int, Lap]], *arguments: object, tell: Tell, times: int = 1
) -> Run:
    """Do `work(tell, *arguments)`, which returns its units and their lap, so many times.

    `work` is a function of a module, its arguments can be pickled. What it raises is raised here;
    LostProcessError where its process was killed.
    """
    done = [alone(work, *arguments, tell=_part(tell, number, times)) for number in range(times)]
    [units] = {one.outcome[0] for one in done}
    wall = tuple(one.outcome[1].wall for one in done)
    rates = [units / seconds for seconds in wall]
    return Run(
        units=units,
        wall=wall,
        cpu=tuple(one.outcome[1].cpu for one in done),
        rate=fmean(rates),
        rate_error=stdev(rates) / sqrt(times) if times > 1 else None,
        memory=max(one.memory for one in done),
        memory_before=max(one.memory_before for one in done),
    )


def _part(tell: Tell, number: int, times: int) -> Tell:
    return lambda done, total: tell(number * total + done, times * total)


def alone(work: Callable[..., T], *arguments: object, tell: Tell) -> Alone[T]:
    """Do `work(tell, *arguments)` once, in a process of its own on one core; raises as `run`."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        while True:
            match receiver.recv():
                case "told", done, total:
                    tell(done, total)
                case "raised", error:
                    raise error
                case "done", outcome:
                    return Alone(*outcome)
    except EOFError:
        process.join()
        raise LostProcessError(
            f"the process of {work.__name__} is gone (exit status {process.exitcode}); "
            "is there enough memory and disk?"
        ) from None
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _child(sender: Connection, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is stopped, and ends it
    _pin()
    before = peak_memory()
    try:
        outcome = work(_seldom(sender), *arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it is seen
        sender.send(("raised", error))
    else:
        sender.send(("done", (outcome, peak_memory(), before)))


def _seldom(sender: Connection) -> Tell:
    """Tell no oftener than anybody looks: telling takes time, too."""
    next_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal next_at
        now = clock.stopwatch()
        if now >= next_at or done == total:
            next_at = now + TELL_EVERY_S
            sender.send(("told", done, total))

    return tell


def _pin() -> None:
    """Stay on one core, where the system can be told so."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_memory() -> int:
    """The most memory that this process has held so far, in bytes.

    Linux hands `ru_maxrss` down from the process that started this one, so its own mark is read.
    """
    if _STATUS.exists():
        found: Any = [line for line in _STATUS.read_text().splitlines() if line[:6] == "VmHWM:"]
        if found:
            return int(found[0].split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
