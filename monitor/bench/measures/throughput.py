"""How many posts and buckets a second one core takes, and how much memory that needs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Final, Self

from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._work import (
    detecting,
    reading,
    replaying,
    scripting,
    state_bytes,
    trees,
)
from monitor.bench.measures._workload import COUNTS_CONFIGURATION, SERIES, multiply, write_counts
from monitor.bench.page import number, rate, times
from monitor.bench.process import Run, Tell, run
from monitor.configuration import load

RECORDING: Final = "airline_feb2015/airline_tweets_utc.csv"
CONFIGURATION: Final = Path(__file__).parents[3] / "examples" / "us-airlines.yaml"

GOAL_POSTS: Final = 5_000.0
GOAL_BUCKETS: Final = 5_000.0
GOAL_TICKS: Final = 5_000.0
GOAL_STATE: Final = 2_048
"""Bytes a series."""

MIB: Final = 2**20

ABOUT = f"""
How many posts and buckets a second one core takes. Every part runs in a fresh process that stays on
one core.

- **Posts**: a recorded week of six airlines, many times over in the same span, with
  [its configuration](../examples/us-airlines.yaml), into a new SQLite store, by the code of
  `seawall replay`, from opening the files to the last commit. Beside it what a script would do with
  the same file: read it with Python's csv module, search each text with a regular expression per
  brand and topic, count by the minute; no order, no store, no detection, no briefings.
- **Buckets**: {SERIES} simulated series, minute by minute, negative binomial with a daily rhythm,
  from a post in twenty minutes to ten a minute. A tick is one minute of all of them. They go
  through the default detector alone; through river's HalfSpaceTrees at its defaults, one object a
  series, fewer minutes and after its first window; and as a file of counts through `seawall
  replay`.

Rates are by the clock, one with a ± the mean of repeated runs with its standard error. Seconds are
on the clock and on the processor; where they differ, the machine was busy with something else, so
what is compared is processor time. Memory is what the process held before the work began, and what
the work added at its peak.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything: copies of the recording, minutes of counts, repetitions.

    `tree_buckets` is fewer than `buckets` as trees are slow. Replays are not repeated.
    """

    copies: int = 50
    buckets: int = 14 * 1440
    tree_buckets: int = 1000
    repetitions: int = 3

    @classmethod
    def quick(cls) -> Self:
        """A small part; of three days of counts the first two are warm-up."""
        return cls(copies=5, buckets=3 * 1440, tree_buckets=100, repetitions=1)


@dataclass(frozen=True, slots=True)
class Throughput:
    """The figures. Units are posts in the first three runs, ticks in those named so.

    The unit of `counts` is a bucket of one series; `state_bytes` is what a series has of a saved
    state.
    """

    scale: Scale
    replay: Run
    csv: Run
    script: Run
    ticks: Run
    tree_ticks: Run
    counts: Run
    state_bytes: float


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
        return Throughput(
            scale=scale,
            replay=replay,
            csv=run(reading, posts, replay.units, tell=part("Reading alone"), times=again),
            script=run(
                scripting, posts, replay.units, CONFIGURATION, tell=part("A script"), times=again
            ),
            ticks=run(detecting, scale.buckets, setting.seed, tell=part("Detecting"), times=again),
            tree_ticks=run(
                trees, scale.tree_buckets, setting.seed, tell=part("HalfSpaceTrees"), times=again
            ),
            counts=run(
                replaying,
                counts,
                configuration,
                folder / "counts.db",
                tell=part("Replaying counts"),
            ),
            state_bytes=state_bytes() / SERIES,
        )


def tables(result: Throughput) -> Sequence[Table]:
    """The figures with their goals, and against what they are compared."""
    posts = number(result.replay.units)
    replays = f"Replaying {posts} posts, the recording {result.scale.copies} times"
    detection = f"Detection alone, {SERIES} series"
    counts = f"Replaying {number(result.counts.units)} counts of {SERIES} series"
    goal = result.state_bytes / GOAL_STATE
    return [
        Table(replays, (*_HEADINGS, "Seawall takes"), _replays(result)),
        Table(detection, (*_HEADINGS, "Seawall is faster"), _detection(result)),
        Table(counts, _HEADINGS, [_row("seawall replay", result.counts, "buckets", GOAL_BUCKETS)]),
        Table(
            "A detector's saved state",
            ("", "bytes", "goal", "of the goal"),
            [("a series", number(result.state_bytes), number(GOAL_STATE), times(goal))],
        ),
    ]


_HEADINGS: Final = ("", "rate", "goal", "of the goal", "clock", "processor", "memory")


def _replays(result: Throughput) -> Sequence[Sequence[str]]:
    own = result.replay
    return [
        (*_row("seawall replay", result.replay, "posts", GOAL_POSTS), ""),
        (*_row("csv module alone", result.csv, "posts"), times(_effort(own, result.csv))),
        (*_row("script", result.script, "posts"), times(_effort(own, result.script))),
    ]


def _detection(result: Throughput) -> Sequence[Sequence[str]]:
    ticks, own = result.ticks, result.ticks.scaled(SERIES)
    trees = result.tree_ticks.scaled(SERIES)
    return [
        (*_row("seawall", ticks, "ticks", GOAL_TICKS), ""),
        (*_row("seawall", own, "buckets", GOAL_BUCKETS), ""),
        (*_row("HalfSpaceTrees", trees, "buckets"), times(_effort(trees, own))),
    ]


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
        f"{one.memory_before / MIB:.0f} + {(one.memory - one.memory_before) / MIB:.0f} MiB",
    )
