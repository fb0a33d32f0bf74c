"""Several configurations on the same past, each in a process of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any, Final

from monitor.backtest.result import Backtest
from monitor.backtest.running import BacktestError, Past, backtest
from monitor.sources.recording import RecordingError

POLL_S: Final = 0.2

TellOf = Callable[[int, str, str, int, int], None]
"""Is told which configuration (from 0), what is being done, its unit, how much, and of how much."""


def backtests(files: Sequence[Path], past: Past, now: datetime, tell: TellOf) -> list[Backtest]:
    """Try every configuration on the past; what `backtest` raises is raised here."""
    names = _names(files)
    if len(files) == 1:
        return [backtest(files[0], past, names[0], now, partial(tell, 0))]
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(len(files), context) as pool:
        told: Any = manager.Queue()
        abandoned = manager.Event()
        futures = [
            pool.submit(_work, told, abandoned, number, file, past, names[number], now)
            for number, file in enumerate(files)
        ]
        try:
            waiting: set[Future[Backtest]] = {*futures}
            while waiting:
                done, waiting = wait(waiting, POLL_S, FIRST_EXCEPTION)
                for future in done:
                    future.result()
                for _ in range(told.qsize()):
                    tell(*told.get())
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise BacktestError(
                "a process is gone; there may be too little memory for two configurations at "
                "once: try them one by one"
            ) from None
        finally:
            abandoned.set()


def _work(
    told: "SimpleQueue[Any]",
    abandoned: Event,
    number: int,
    file: Path,
    past: Past,
    name: str,
    now: datetime,
) -> Backtest:
    def tell(*step: Any) -> None:
        if abandoned.is_set():
            raise BacktestError("another configuration could not be tried")
        told.put((number, *step))

    try:
        return backtest(file, past, name, now, tell)
    except RecordingError as error:
        raise BacktestError(f"with {name}: {error}") from None


def _names(files: Sequence[Path]) -> list[str]:
    """What configurations are called: their files' names, with folders where two are alike."""
    alike = len({file.name for file in files}) < len(files)
    return [str(file) if alike else file.name for file in files]
