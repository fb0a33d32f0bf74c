"""Processes that are forked from one that has imported, and read, what each of them needs."""

import multiprocessing
from multiprocessing.context import ForkServerContext

WARM = (
    "tests.warm",
    "tests.monitor.test_kill",
    "tests.monitor.test_delivery_kill",
    "tests.monitor.words.test_posting",
)
"""All of it for whoever is first: one server forks for all files, and takes no second list."""


def forking() -> ForkServerContext:
    """Where such a process is made."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*WARM])
    return context
