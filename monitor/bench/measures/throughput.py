"""How many posts and buckets a second one core takes, and how much memory that needs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Final, Self

from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures import _many
from monitor.bench.measures._many import Ticks
from monitor.bench.measures._work import detecting, reading, replaying, scripting
from monitor.bench.measures._workload import COUNTS_CONFIGURATION, SERIES, multiply, write_counts
from monitor.bench.page import number, rate, times
from monitor.bench.plots import Bars
from monitor.bench.process import Alone, Run, Tell, alone, run
from monitor.configuration import load

RECORDING: Final = "airline_feb2015/airline_tweets_utc.csv"
CONFIGURATION: Final = Path(__file__).parents[3] / "examples" / "us-airlines.yaml"

GOAL_POSTS: Final = 5_000.0
GOAL_BUCKETS: Final = 5_000.0
GOAL_TICKS: Final = 5_000.0
GOAL_STATE: Final = 2_048
"""Bytes a series."""
GOAL_TICK_S: Final = 1.0
GOAL_TREES: Final = 100.0
"""Times faster than HalfSpaceTrees."""

MIB: Final = 2**20

RECORDED: Final = (RECORDING,)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: copies of the recording, minutes of counts, repetitions; and very
    many series, their ticks, the days that they learn before.

    Replays, and ticks of very many series, are not repeated.
    """

    copies: int = 50
    buckets: int = 14 * 1440
    repetitions: int = 3
    many: int = 100_000
    ticks: int = 180
    days: int = 14
    trees: int = 200
    tree_ticks: int = 250

    @classmethod
    def quick(cls) -> Self:
        """A small part; of three days the first two are warm-up."""
        return cls(3, 3 * 1440, 1, ticks=65, days=3, trees=40)


FULL: Final = Scale()

ABOUT = f"""
How many posts and buckets a second one core takes. Every part runs in a fresh process that stays on
one core.

- **Posts**: a recorded week of six airlines, many times over in the same span, with
  [its configuration](../examples/us-airlines.yaml), into a new SQLite store, by the code of
  `seawall replay`, from opening the files to the last commit. Beside it what a script would do with
  the same file: read it with Python's csv module, search each text with a regular expression per
  brand and topic, count by the minute; no order, no store, no detection, no briefings.
- **Very many series**: {FULL.many:,} of them, most of which are quiet: from a post a day to one a
  minute, with a daily rhythm, negative binomial. A tick is one minute of all of them, through the
  default detector, which has learned for {FULL.days} days (in {_many.TAUGHT} series, each of which
  then stands for as many of the very many). Once alone; and once as the daemon does it when a
  minute is over: judged, its samples put into a SQLite file, one commit. Counting what comes in
  during the minute is no part of a tick. Once an hour the detector learns; and its state is
  stored, too, which is a tick of its own kind. SQLite moves that to its place in the next tick,
  which is the longest.
- **HalfSpaceTrees** of river, at its defaults, one object a series, in the whole of its second
  window, on {FULL.trees} such series: more would take too much memory. Compared is processor time.
- **Few series**: {SERIES} simulated ones, from a post in twenty minutes to ten a minute, through
  the default detector alone, and as a file of counts through `seawall replay`.

Rates are by the clock, one with a ± the mean of repeated runs with its standard error. Seconds are
on the clock and on the processor; where they differ, the machine was busy with something else, so
what is compared is processor time. Memory is what the process held before the work began, and what
the work added at its peak.
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """The figures. Units are posts in the first three runs, ticks in those named so.

    The unit of `counts` is a bucket of one series.
    """

    scale: Scale
    replay: Run
    csv: Run
    script: Run
    few: Run
    counts: Run
    alone: Alone[Ticks]
    stored: Alone[Ticks]
    trees: Alone[Ticks]

    @property
    def tree_ratio(self) -> float:
        """How many times the processor time of a series HalfSpaceTrees takes."""
        return self.trees.outcome.series_s / self.alone.outcome.series_s


def measure(setting: Setting, progress: Progress, scale: Scale | None = None) -> Throughput:
    """Measure all parts, one after the other, in a temporary folder.

    `scale` is the setting's unless it is given. RecordingError where the recording is not there,
    LostProcessError where memory or disk do not suffice.
    """
    scale = scale or (Scale.quick() if setting.quick else Scale())
    recording = setting.recorded(RECORDING)

    def part(label: str) -> Tell:
        return partial(progress, label)

    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as name:
        folder = Path(name)
        posts, counts, configuration = folder / "posts.csv", folder / "counts.csv", folder / "yaml"
        multiply(
            recording, posts, load(CONFIGURATION), scale.copies, setting.seed, part("Copying posts")
        )
        write_counts(counts, scale.buckets, setting.seed, part("Simulating counts"))
        configuration.write_text(COUNTS_CONFIGURATION, "utf-8")

        again = scale.repetitions
        replay = run(
            replaying, posts, CONFIGURATION, folder / "posts.db", tell=part("Replaying posts")
        )
        many = (scale.many, scale.ticks, scale.days, setting.seed)
        return Throughput(
            scale=scale,
            replay=replay,
            csv=run(reading, posts, replay.units, tell=part("Reading alone"), times=again),
            script=run(
                scripting, posts, replay.units, CONFIGURATION, tell=part("A script"), times=again
            ),
            few=run(detecting, scale.buckets, setting.seed, tell=part("Few series"), times=again),
            counts=run(
                replaying,
                counts,
                configuration,
                folder / "counts.db",
                tell=part("Replaying counts"),
            ),
            alone=alone(_many.detecting, *many, tell=part("Very many series")),
            stored=alone(
                _many.storing, *many, folder / "many.db", tell=part("Very many series, stored")
            ),
            trees=alone(
                _many.trees,
                scale.trees,
                scale.tree_ticks,
                setting.seed,
                tell=part("HalfSpaceTrees"),
            ),
        )


def tables(result: Throughput) -> Sequence[Table]:
    """The figures with their goals, and against what they are compared."""
    posts = number(result.replay.units)
    replays = f"Replaying {posts} posts, the recording {result.scale.copies} times"
    counts = f"Replaying {number(result.counts.units)} counts of {SERIES} series"
    ticks = f"A tick of {number(result.scale.many)} series, mean of {result.scale.ticks}"
    return [
        Table(ticks, ("", "on the clock", "longest", "goal", "met", "memory"), _ticks(result)),
        Table(
            "A series in a tick",
            ("", "Seawall", "HalfSpaceTrees", "Seawall is better", "goal", "met"),
            _series(result),
        ),
        Table(replays, (*_HEADINGS, "Seawall takes"), _replays(result)),
        Table(
            f"Detection alone, {SERIES} series",
            _HEADINGS,
            [
                _row("ticks", result.few, "ticks", GOAL_TICKS),
                _row("buckets", result.few.scaled(SERIES), "buckets", GOAL_BUCKETS),
            ],
        ),
        Table(counts, _HEADINGS, [_row("seawall replay", result.counts, "buckets", GOAL_BUCKETS)]),
    ]


def plots(result: Throughput) -> Sequence[Bars]:
    """How many times better than the goals."""
    met = {
        "processor time against HalfSpaceTrees": result.tree_ratio / GOAL_TREES,
        "bytes of state a series": GOAL_STATE / result.alone.outcome.state_bytes,
        "seconds of a tick, stored": GOAL_TICK_S / fmean(result.stored.outcome.wall),
        "posts replayed a second": result.replay.rate / GOAL_POSTS,
        "counts replayed a second": result.counts.rate / GOAL_BUCKETS,
        f"ticks a second, {SERIES} series": result.few.rate / GOAL_TICKS,
    }
    return [
        Bars(
            name="goals",
            title="How many times better than each goal",
            axis="times better than the goal",
            groups=("Seawall",),
            rows=[(what, each, "Seawall") for what, each in met.items()],
            goals=[1.0],
        )
    ]


_HEADINGS: Final = ("", "rate", "goal", "of the goal", "clock", "processor", "memory")


def _replays(result: Throughput) -> Sequence[Sequence[str]]:
    own = result.replay
    return [
        (*_row("seawall replay", result.replay, "posts", GOAL_POSTS), ""),
        (*_row("csv module alone", result.csv, "posts"), times(_effort(own, result.csv))),
        (*_row("script", result.script, "posts"), times(_effort(own, result.script))),
    ]


def _ticks(result: Throughput) -> Sequence[Sequence[str]]:
    detected, stored = result.alone, result.stored
    rows = [
        ("detection alone", detected.outcome.wall, "", "", _memory(detected)),
        (
            "with storing its samples",
            stored.outcome.wall,
            f"≤ {number(GOAL_TICK_S, 's')}",
            "yes" if fmean(stored.outcome.wall) <= GOAL_TICK_S else "no",
            _memory(stored),
        ),
        ("once an hour, with its state", stored.outcome.snapshots, "", "", ""),
    ]
    return [
        (what, _mean(seconds), number(max(seconds), "s"), *rest)
        for what, seconds, *rest in rows
        if seconds
    ]


def _series(result: Throughput) -> Sequence[Sequence[str]]:
    own, trees = result.alone.outcome, result.trees.outcome
    return [
        (
            "processor time",
            _mean([cpu / own.series for cpu in own.cpu]),
            _mean([cpu / trees.series for cpu in trees.cpu]),
            times(result.tree_ratio),
            f"≥ {times(GOAL_TREES)}",
            "yes" if result.tree_ratio >= GOAL_TREES else "no",
        ),
        (
            "state",
            number(own.state_bytes, "bytes"),
            number(trees.state_bytes, "bytes"),
            times(trees.state_bytes / own.state_bytes),
            f"≤ {number(GOAL_STATE, 'bytes')}",
            "yes" if own.state_bytes <= GOAL_STATE else "no",
        ),
    ]


def _mean(seconds: Sequence[float]) -> str:
    """Seconds, or as many microseconds where they are few, with their standard error."""
    mean, error = fmean(seconds), stdev(seconds) / sqrt(len(seconds)) if len(seconds) > 1 else 0.0
    unit, scale = ("µs", 1e6) if mean < 1e-3 else ("s", 1.0)
    return f"{number(mean * scale)} ± {number(error * scale)} {unit}"


def _effort(one: Run, other: Run) -> float:
    """How many times the processor time of the other's units one of these takes."""
    return (fmean(one.cpu) / one.units) / (fmean(other.cpu) / other.units)


def _row(what: str, one: Run, unit: str, goal: float | None = None) -> tuple[str, ...]:
    return (
        what,
        rate(one.rate, one.rate_error, unit),
        "" if goal is None else number(goal),
        "" if goal is None else times(one.rate / goal),
        number(fmean(one.wall), "s"),
        number(fmean(one.cpu), "s"),
        _memory(one),
    )


def _memory(one: Run | Alone[Ticks]) -> str:
    return f"{one.memory_before / MIB:.0f} + {(one.memory - one.memory_before) / MIB:.0f} MiB"
