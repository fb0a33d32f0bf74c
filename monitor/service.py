"""What a running daemon offers to those who look at it and act on it: page, API, Slack, metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

import numpy as np
from sqlalchemy import Connection

from detectors import Series
from detectors.contract import Booleans, Floats, Integers
from monitor.configuration import Configuration
from monitor.sources.delivery import Delivery
from monitor.store import Database, StoreError

T = TypeVar("T")


class Health(StrEnum):
    """How a source or notifier is doing."""

    STARTING = "starting"
    WORKING = "working"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing. `blind`: it has observed nothing for longer than it should take.

    `problem` is what was wrong last while it is FAILING. Money is in millionths of a dollar in this
    calendar month (UTC), None where it costs nothing.
    """

    name: str
    kind: str
    platforms: Sequence[str]
    health: Health
    blind: bool
    observed_until: datetime | None
    problem: str | None = None
    failing_since: datetime | None = None
    spent_micros: int | None = None
    limit_micros: int | None = None


@dataclass(frozen=True, slots=True)
class NotifierStatus:
    """How a notifier or a publisher is doing, and how much waits for it."""

    name: str
    kind: str
    health: Health
    waiting: int
    problem: str | None = None
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A platform's bucket judged last: it ended at `end`; every array has one number per series.

    `posts` is NaN where nothing was observed; `upper` is the count at which that bucket alone would
    have opened a surge; `state` is a `detectors.State`; `doubt` the standard deviation of the
    logarithm of what is expected; `silent` whether nothing comes any more.
    """

    platform: str
    end: datetime
    series: Sequence[Series]
    posts: Floats
    expected: Floats
    upper: Floats
    state: Integers
    doubt: Floats
    silent: Booleans

    @property
    def could_be(self) -> Floats:
        """As many posts as might well be expected, as little as is known yet."""
        return np.asarray(self.expected * np.exp(self.doubt))


class Service(Protocol):
    """A running daemon. Reading the store is the caller's own affair; writing goes through here."""

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""

    @property
    def database(self) -> Database:
        """The store."""

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""

    @property
    def ready(self) -> bool:
        """Whether it has taken up its store and can take deliveries and steps."""

    @property
    def trouble(self) -> StoreError | None:
        """What keeps the store from being written; None while it can be."""

    def sources(self) -> Sequence[SourceStatus]:
        """How every source is doing."""

    def notifiers(self) -> Sequence[NotifierStatus]:
        """How every notifier is doing."""

    def publishers(self) -> Sequence[NotifierStatus]:
        """How every publisher is doing."""

    def readings(self) -> Sequence[Reading]:
        """The bucket judged last of every platform."""

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Change the store in one transaction, and have people told what is news of it.

        Raises StoreError, and what `change` raises.
        """

    async def ingest(self, delivery: Delivery) -> int:
        """Commit what was pushed; how many posts of it are new mentions. Raises StoreError."""
