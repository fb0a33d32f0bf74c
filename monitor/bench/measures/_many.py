"""Very many series, most of them quiet: ticks of the detector, and what others need for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np

from detectors import Detector, Series
from detectors.contract import Floats, Integers
from monitor.bench.measures._synthetic import branched, detector
from monitor.bench.measures._workload import AUTHORS_PER_POST, BEGIN, DISPERSION, MINUTE
from monitor.bench.process import Lap, Tell, peak_memory, timed
from monitor.panel import NEVER, Panel, moment, pack
from monitor.store import Database, volume

TAUGHT: Final = 500
"""Series that learn beforehand; each stands for as many of the very many."""
LEAST, MOST = 1 / 1440, 1.0
"""Posts a minute of the quietest series and of the busiest."""
BUDGET: Final = 1.0
TOPICS: Final = 4
PLATFORM: Final = "x"


@dataclass(frozen=True, slots=True)
class Ticks:
    """Ticks of so many series: seconds of each on the clock and on the processor.

    `snapshots` are the seconds on the clock of those that stored the detector's state as well,
    which are not among the others. `bytes` is what all state has, `samples` how many were stored.
    """

    series: int
    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    snapshots: tuple[float, ...]
    bytes: int
    samples: int

    @property
    def series_s(self) -> float:
        """Processor seconds of one series in one tick."""
        return fmean(self.cpu) / self.series

    @property
    def state_bytes(self) -> float:
        """What one series has of the state."""
        return self.bytes / self.series


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many series with a daily rhythm, negative binomial, the busiest last, out of a seed."""

    size: int
    seed: int

    def minutes(self, first: int, count: int) -> Iterator[tuple[int, Floats, Floats]]:
        """Bucket start (epoch seconds), posts and authors of so many minutes from the first."""
        draw = np.random.default_rng((self.seed, first))
        level = np.geomspace(LEAST, MOST, self.size)
        for minute in range(first, first + count):
            mean = level * np.exp(0.8 * np.sin(2.0 * np.pi * (minute - 540) / 1440))
            posts = draw.poisson(draw.gamma(1.0 / DISPERSION, DISPERSION * mean))
            authors = draw.binomial(posts, AUTHORS_PER_POST)
            at = int(BEGIN.timestamp()) + MINUTE * minute
            yield at, posts.astype(np.float64), authors.astype(np.float64)


def taught(tell: Tell, size: int, days: int, seed: int) -> Detector:
    """The default detector after so many days of so many series."""
    pupil = detector([BUDGET] * min(size, TAUGHT))
    minutes = Crowd(min(size, TAUGHT), seed).minutes(0, days * 1440)
    for done, (at, posts, authors) in enumerate(minutes):
        pupil.observe(at, posts, authors)
        tell(done + 1, days * 1440)
    whole = detector([BUDGET] * size)
    chosen: Integers = np.arange(size) * min(size, TAUGHT) // size
    whole.restore(branched(pupil.save(), min(size, TAUGHT), chosen))
    return whole


def detecting(tell: Tell, size: int, ticks: int, days: int, seed: int) -> Ticks:
    """Ticks of the default detector alone."""
    judge = taught(tell, size, days, seed)
    laps = []
    for at, posts, authors in Crowd(size, seed).minutes(days * 1440, ticks):
        with timed() as lap:
            judge.observe(at, posts, authors)
        laps.append(lap)
        tell(len(laps), ticks)
    return _summed(size, laps, _bytes(judge))


def storing(tell: Tell, size: int, ticks: int, days: int, seed: int, store: Path) -> Ticks:
    """Ticks of a panel whose samples are stored, a commit each; on the hour its snapshot, too."""
    panel = _panel(taught(tell, size, days, seed), size)
    database = Database.open(f"sqlite:///{store}")
    first = int(BEGIN.timestamp()) + days * 86400
    for brand in dict.fromkeys(one.brand for one in panel.series):
        panel.observe(brand, None, moment(first), moment(first + ticks * MINUTE))
    laps: list[Lap] = []
    snapshots: list[Lap] = []
    for at, posts, authors in Crowd(size, seed).minutes(days * 1440, ticks):
        for place in map(int, np.flatnonzero(posts)):
            panel.add_count(at, place, int(posts[place]), int(authors[place]))
        before = panel.snapshot
        with timed() as lap:
            _tick(panel, database, at + MINUTE)
        (laps if panel.snapshot is before else snapshots).append(lap)
        tell(len(laps) + len(snapshots), ticks)
    with database.read() as connection:
        samples = volume.totals(connection).samples
    database.close()
    return _summed(size, laps, _bytes(panel.detector), snapshots, samples)


def _panel(judge: Detector, size: int) -> Panel:
    series = [Series(f"brand-{n // TOPICS}", f"topic-{n % TOPICS}", PLATFORM) for n in range(size)]
    return Panel(PLATFORM, series, range(1, size + 1), [-NEVER] * size, judge, MINUTE)


def _tick(panel: Panel, database: Database, until: int) -> None:
    """Judge the bucket that is due and store what has changed, as a delivery does that ends it."""
    before = panel.snapshot
    with database.write() as connection:
        bucket = panel.due(until)
        assert bucket is not None  # noqa: S101 - all was observed
        panel.judge(bucket)
        volume.put_samples(connection, panel.take_changes())
        if panel.snapshot is None or panel.snapshot is before:
            volume.close_panel(connection, panel.platform, moment(until))
        else:
            at, state = panel.snapshot
            saved = (panel.version, moment(at), pack(state))
            volume.put_panel(connection, volume.PanelRow(panel.platform, moment(until), *saved))


def trees(tell: Tell, size: int, ticks: int, seed: int) -> Ticks:
    """Ticks of river's HalfSpaceTrees, one object a series, each of which scores and learns.

    They are built, and their first window filled, before the clock starts. They take numbers from
    0 to 1, so a count is given as its share of the largest of its series.
    """
    from river.anomaly import HalfSpaceTrees

    warm = HalfSpaceTrees().window_size
    posts = np.array([posts for _, posts, _ in Crowd(size, seed).minutes(0, warm + ticks)])
    shares = (posts / np.maximum(posts.max(axis=0), 1.0)).tolist()
    before = peak_memory()
    models: list[Any] = [HalfSpaceTrees(seed=seed) for _ in range(size)]
    laps = []
    for done, row in enumerate(shares):
        with timed() as lap:
            _learn(models, row)
        laps.append(lap)
        tell(done + 1, warm + ticks)
    return _summed(size, laps[warm:], peak_memory() - before)


def _learn(models: list[Any], row: list[float]) -> None:
    for model, share in zip(models, row, strict=True):
        features = {"posts": share}
        model.score_one(features)
        model.learn_one(features)


def _summed(
    size: int, laps: list[Lap], state: int, snapshots: Sequence[Lap] = (), samples: int = 0
) -> Ticks:
    return Ticks(
        series=size,
        wall=tuple(lap.wall for lap in laps),
        cpu=tuple(lap.cpu for lap in laps),
        snapshots=tuple(lap.wall for lap in snapshots),
        bytes=state,
        samples=samples,
    )


def _bytes(judge: Detector) -> int:
    return sum(array.nbytes for array in judge.save().values())
