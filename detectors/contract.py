"""What a detector is: many series judged together, bucket by bucket, with state that is data."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from types import ModuleType
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Compact = NDArray[np.float32]
"""Seven digits are plenty for what makes up most of a state."""
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Saved = dict[str, NDArray[np.generic]]
"""A detector's whole state, as named arrays."""


class State(IntEnum):
    """What a detector says of a series in a bucket."""

    WARMING_UP = 0
    QUIET = 1
    SURGING = 2
    MISSING = 3


class Trend(IntEnum):
    """Where a surge is going."""

    EASING = -1
    HOLDING = 0
    GROWING = 1


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """Something known beforehand that multiplies what is expected by `factor`.

    From `begin` until before `end`, epoch seconds. Events that overlap multiply each other.
    """

    begin: int
    end: int
    factor: float


@dataclass(frozen=True, slots=True)
class SeriesSetup:
    """What a detector has to know of one series before its first bucket.

    `budget` is the number of false findings (surges and silences) allowed in 30 days on this
    series. Series of the same `kin`, where that is not empty, lend each other the rhythm of their
    week while their own is not known yet. `holidays` are local dates that are lived like Sundays.
    """

    name: str
    timezone: ZoneInfo
    budget: float
    kin: str = ""
    holidays: frozenset[date] = frozenset()
    events: tuple[PlannedEvent, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Silence:
    """Series that have fallen silent against their expectation, one element per series.

    `opened` and `closed` mark silences that are found, or over, with this bucket, `renewed` those
    that end because they are the new normal (found or not). While `silent`: `started` is the
    estimated first bucket (epoch seconds), `missed` how many posts were expected since then,
    `evidence` the days between such silences by chance alone.
    """

    silent: Booleans
    opened: Booleans
    closed: Booleans
    renewed: Booleans
    started: Integers
    missed: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bucket judged; every array has one element per series, NaN where not computed.

    `expected` is the expected number of posts, `doubt` the standard deviation of its logarithm (how
    wrong it may be), `score` in [0, 1] how surely a new surge starts here, `state` a `State`,
    `evidence` the days between such findings by chance alone. `opened` marks surges that open with
    this bucket, `closed` those that end with it, `renewed` those of them that end because their
    level has stayed for so long that it is the new normal. For series in `State.SURGING`:
    `started` is the estimated first bucket (epoch seconds), `factor` observed over expected since
    then, `recent_factor` the same over about the last half hour with one post more on either side,
    so that a single post at night is not many times next to nothing, `trend` a `Trend`, and `calm`
    whether nothing is unusual now: it is not yet sure enough that the surge does not come back.
    """

    expected: Floats
    doubt: Floats
    score: Floats
    state: NDArray[np.int8]
    opened: Booleans
    closed: Booleans
    renewed: Booleans
    started: Integers
    factor: Floats
    recent_factor: Floats
    trend: NDArray[np.int8]
    calm: Booleans
    evidence: Floats
    silence: Silence


class Detector(Protocol):
    """Judges many series at once: the same bits for a series alone and among many.

    Only what its kin lend a series (see `SeriesSetup`) depends on which others there are.
    """

    version: str
    """Changes when a saved state can no longer be continued; the state is then rebuilt."""

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """Judge the bucket that starts at `bucket` (epoch seconds), then learn from it.

        `posts` and `authors` hold one count per series. NaN posts: the bucket was not observed,
        the series' state stays as it is. NaN authors with known posts: authors are not known.
        Buckets come in order; one that is left out is the same as one with NaN for every series.
        """

    def accept(self, series: Integers, factor: Floats) -> None:
        """Take `factor` times the expectation as the new normal of these series (by index).

        People said so. It holds from the next bucket on, which has to be observed for each of them;
        with it their surges are over, as `renewed`.
        """

    def upper(self) -> Floats:
        """Per series the count at which the bucket judged last would alone have opened a surge."""

    def expectation(self, buckets: Sequence[int]) -> Floats:
        """Expected posts as known now, a row a bucket start (epoch seconds), a column a series."""

    def save(self) -> Saved:
        """The whole state; continuing from it gives the same bits."""

    def restore(self, state: Saved) -> None:
        """Continue from what `save` returned; ValueError where it does not fit these series."""


def states(seen: Booleans, judged: Booleans, surging: Booleans) -> NDArray[np.int8]:
    """A `State` per series: what was not seen is missing, what was and is not judged warms up."""
    state = np.where(surging, State.SURGING, State.QUIET)
    state = np.where(judged, state, State.WARMING_UP)
    return np.where(seen, state, State.MISSING).astype(np.int8)


def detector_kinds() -> dict[str, ModuleType]:
    """Every kind of detector by name: the modules in `detectors.kinds`.

    Each offers `Options`, a pydantic model of what a user can set, and
    `build(options, series, width)`, which makes a `Detector` for buckets of `width` seconds.
    """
    kinds = importlib.import_module("detectors.kinds")
    return {
        module.name: importlib.import_module(f"detectors.kinds.{module.name}")
        for module in pkgutil.iter_modules(kinds.__path__)
    }
