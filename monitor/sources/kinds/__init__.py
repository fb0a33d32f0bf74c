"""Live sources: where posts and counts come from while the daemon runs. A kind is one file here.

Its module has a model `Options` (pydantic, unknown keys refused), a function `build(options, *,
name, surroundings)` and a function `platforms(options)`; a module whose name begins with an
underscore is a helper. The first line of its docstring describes the kind. One that costs money has
the option `spending_limit`: dollars in a calendar month.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from alerts.later import Later, kinds
from alerts.posts import Post
from detectors import Series
from monitor.configuration import Configuration
from monitor.sources.delivery import Delivery


class SourceError(Exception):
    """A source could not be read; nothing was lost, and it will be tried again.

    `retry_after` is how many seconds the other side asked to wait, None where it did not say. The
    message says what is wrong, and what to do where that is known; it holds no secret.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Purse(Protocol):
    """The money a source may spend in a calendar month (UTC), kept in the store."""

    async def pay(self, micros: int) -> bool:
        """Set aside so many millionths of a dollar before they are spent; False: the limit forbids.

        It is committed when this returns, so that a process that dies has not spent more than the
        store says.
        """

    async def refund(self, micros: int) -> None:
        """Give back what was set aside for something that was certainly not billed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source is given: the configuration, the time, and its purse."""

    configuration: Configuration
    now: Callable[[], datetime]
    purse: Purse


class Source(Protocol):
    """Where posts or counts of some platforms come from; it alone says what was observed of them.

    `platforms` belong to this source only. `every` is how often `deliveries` is run to its end;
    None: it goes on for as long as the daemon runs.
    """

    name: str
    platforms: Sequence[str]
    every: timedelta | None

    def deliveries(self, cursor: str | None) -> AsyncGenerator[Delivery, None]:
        """What is new since `cursor`, the last one committed; None on the very first run.

        Each delivery is committed before the next is asked for. Raises SourceError, after which it
        is run again from the last committed cursor.
        """

    async def check(self) -> str:
        """What it found on the other side, in one line, at the least cost. Raises SourceError."""

    async def close(self) -> None:
        """Give back what is open."""


@runtime_checkable
class Illustrating(Protocol):
    """A source that counts without reading, and can be asked for some posts of a surge."""

    async def examples(
        self, series: Sequence[Series], since: datetime, until: datetime
    ) -> list[Post]:
        """A few posts on these series; empty where the purse forbids it. Raises SourceError."""


@runtime_checkable
class Trailing(Protocol):
    """A source whose platforms come at their own pace, each as far as its cursor says."""

    def seen_until(self, cursor: str | None) -> datetime | None:
        """How far the platform that is furthest behind was observed; None: nothing of it was."""


class Build(Protocol):
    """Makes a source of its options."""

    def __call__(self, options: Any, *, name: str, surroundings: Surroundings) -> Source:
        """Make it, without any I/O but reading its secrets. Raises SecretMissing."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """What the configuration and its documentation need to know of a kind."""

    name: str
    about: str
    options: type[BaseModel]
    platforms: Callable[[Any], Sequence[str]]
    build: Build


@cache
def source_kinds() -> Mapping[str, SourceKind]:
    """Every kind by name: one per module of this package."""
    return Later(kinds(__path__), _kind)


def _kind(name: str) -> SourceKind:
    module = import_module(f"{__name__}.{name}")
    about = (module.__doc__ or "").partition("\n")[0]
    return SourceKind(name, about, module.Options, module.platforms, module.build)
