"""Threads for what blocks, on which nobody waits when the daemon stops."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import ParamSpec, TypeVar

T = TypeVar("T")
Parameters = ParamSpec("Parameters")


class Threads(ThreadPoolExecutor):
    """A thread for each call, on which nobody waits at the end: a request may take minutes."""

    def submit(
        self, fn: Callable[Parameters, T], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> "Future[T]":
        """Call it; Python itself would wait for the pool's own threads before it exits."""
        future: Future[T] = Future()

        def call() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                    future.set_exception(error)

        Thread(target=call, daemon=True).start()
        return future
