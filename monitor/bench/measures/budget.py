"""How many false alarms there are, against how many were allowed."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import exp, nan
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np

from detectors import SeriesSetup, State
from detectors.contract import Integers
from detectors.kinds import seasonal
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._synthetic import (
    DAY,
    LAWS,
    LEARNING_DAYS,
    Law,
    Step,
    World,
    detector,
    observe,
    spread,
)
from monitor.bench.page import number
from monitor.bench.plots import Dots
from monitor.panel import RETURNING_AFTER_S
from monitor.sources.recording import RecordingError

BUDGETS: Final = (0.1, 1.0, 10.0)
JUDGED_DAYS: Final = 30
GOAL_ALL: Final = 1.0
GOAL_WORST: Final = 1.5
REJECTED_BELOW: Final = 0.05
TESTED: Final = 2.0
"""Recorded series must not be shown to alarm oftener than so many times the budget."""
DAY_S: Final = 86400

RECORDED: Final = ("quiet.csv",)

ABOUT = f"""
Surges that the default detector opens where there are none, divided by its budget of
{", ".join(f"{budget:g}" for budget in BUDGETS)} in 30 days.

- **Simulated**: the unchanged series of the measure `delay`, 30 days after 28 days of learning;
  each surge counts once. ± is one standard error, over the series.
- **Recorded**: the stretches of `quiet.csv`, in which nothing is known to have happened. A series
  is judged from its own beginning; counted are the surges that open in the stretch, over the time
  for which there is a verdict. Rejected is a budget for which so many surges or more would come
  with a probability below 5 % even at twice the budget (Poisson, one-sided). Minutes without a post
  are zero where the source gives posts, not observed where it gives counts of its own grid.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many series of each law, and how many of them one process takes at once."""

    series: int = 400
    batch: int = 50

    @classmethod
    def quick(cls) -> Self:
        """A few series."""
        return cls(series=40, batch=20)


@dataclass(frozen=True, slots=True)
class Rate:
    """Surges over the budget."""

    over: float
    error: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One law: surges over each of BUDGETS."""

    law: Law
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Surges opened in one bucket of a quiet stretch, under these of the budgets.

    The smaller a budget, the more evidence it waits for: the same surge may open later under it.
    """

    series: str
    at: str
    budgets: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """All quiet stretches together, under one budget; `p` is the probability of the test."""

    budget: float
    surges: int
    days: float
    p: float


@dataclass(frozen=True, slots=True)
class Budgets:
    """The figures; `rates` are of all cells together."""

    scale: Scale
    cells: tuple[Cell, ...]
    rates: tuple[Rate, ...]
    recorded: tuple[Recorded, ...]
    alarms: tuple[Alarm, ...]


def measure(setting: Setting, progress: Progress, scale: Scale | None = None) -> Budgets:
    """Judge recorded stretches, then simulated series.

    RecordingError where a recording is not there, LostProcessError where memory does not suffice.
    """
    scale = scale or (Scale.quick() if setting.quick else Scale())
    recorded, alarms = quiet(setting, partial(progress, "Judging quiet stretches"))
    batches = -(-scale.series // scale.batch)
    jobs = [
        (LEARNING_DAYS + JUDGED_DAYS, (setting.seed, 2, part), scale.batch)
        for part in range(batches)
    ]
    parts = spread(simulated, jobs, partial(progress, "Simulating quiet series"))
    surges = np.concatenate(parts, axis=2)
    return Budgets(
        scale=scale,
        cells=tuple(Cell(law, rates(surges[:, [row]])) for row, law in enumerate(LAWS)),
        rates=rates(surges),
        recorded=recorded,
        alarms=alarms,
    )


def simulated(step: Step, _days: int, seed: tuple[int, ...], copies: int) -> Integers:
    """Surges opened in 30 days after learning, shape (budgets, laws, series)."""
    world = World(copies, np.random.default_rng(seed))
    judge = detector(np.repeat(BUDGETS, world.size).tolist())
    surges = np.zeros(len(BUDGETS) * world.size, np.int64)
    for day in range(LEARNING_DAYS + JUDGED_DAYS):
        counts = world.day().counts
        for minute in range(DAY):
            verdict = observe(judge, day * DAY + minute, np.tile(counts[minute], len(BUDGETS)))
            if day >= LEARNING_DAYS:
                surges += verdict.opened
        step(1)
    return surges.reshape(len(BUDGETS), len(LAWS), copies)


def rates(surges: Integers) -> tuple[Rate, ...]:
    """Surges over each budget, of an array (budgets, laws, series); laws weigh the same."""
    series = surges.shape[2]
    found = []
    for budget, counts in zip(BUDGETS, surges, strict=True):
        over = counts / budget
        variance = over.var(axis=1, ddof=1) / series
        found.append(Rate(float(over.mean()), float(np.sqrt(variance.sum()) / len(counts))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a dataset lies and how it is read; `width` is that of its buckets in seconds."""

    file: str
    width: int
    series: str
    count: str | None = None
    """The column with counts; None where each row is a post with an `author`."""
    zeros: bool = False


SOURCES: Final = {
    "bank_calls": Source("bank_calls/counts_5min.csv", 300, "series", "count"),
    "twitter_raw": Source("twitter_raw/counts_1min.csv", 60, "series", "count"),
    "crisislex": Source("crisislex/counts_1min_sparse.csv", 60, "series", "count", zeros=True),
    "airline_feb2015": Source(
        "airline_feb2015/airline_tweets_utc.csv", 60, "handle_group", zeros=True
    ),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A quiet stretch of one series, epoch seconds."""

    source: Source
    series: str
    begin: float
    end: float


def stretches(file: Path) -> Iterator[Stretch]:
    """The stretches of `quiet.csv`; a row may name several series.

    RecordingError where it names a dataset that is not known.
    """
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["dataset"] not in SOURCES:
                raise RecordingError(
                    f"{file} names the dataset {row['dataset']!r}; known are {', '.join(SOURCES)}"
                )
            for series in row["series"].split("|"):
                begin, end = moment(row["start_utc"]), moment(row["end_utc"])
                yield Stretch(SOURCES[row["dataset"]], series, begin, end)


def moment(text: str) -> float:
    """Epoch seconds; UTC unless the text says otherwise."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def buckets(path: Path, stretch: Stretch) -> Iterator[tuple[int, float, float]]:
    """Bucket start, posts and authors (NaN where not known) of a series until its stretch ends.

    Authors are counted as `monitor.panel` does: those not seen on the series in the hour before.
    """
    source = stretch.source
    posts: Counter[int] = Counter()
    authors: Counter[int] = Counter()
    seen: dict[str, float] = {}
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            at = moment(row["utc" if source.count is None else "timestamp"])
            if row[source.series] != stretch.series or at >= stretch.end:
                continue
            bucket = int(at // source.width) * source.width
            posts[bucket] += round(float(row[source.count])) if source.count else 1
            if source.count is None:
                before = seen.get(row["author"])
                authors[bucket] += before is None or abs(at - before) >= RETURNING_AFTER_S
                seen[row["author"]] = at if before is None else max(at, before)
    every = range(min(posts), int(stretch.end), source.width) if source.zeros else sorted(posts)
    for bucket in every:
        known = nan if source.count else float(authors[bucket])
        yield bucket, float(posts[bucket]), known


def quiet(
    setting: Setting, tell: Callable[[int, int], None]
) -> tuple[tuple[Recorded, ...], tuple[Alarm, ...]]:
    """What is found in the recorded stretches under every budget."""
    setups = [SeriesSetup(f"{budget:g}", ZoneInfo("UTC"), budget) for budget in BUDGETS]
    surges, seconds = np.zeros(len(BUDGETS), np.int64), 0
    alarms: list[Alarm] = []
    wanted = list(stretches(setting.recorded("quiet.csv")))
    setting.require(stretch.source.file for stretch in wanted)
    for done, stretch in enumerate(wanted):
        source = stretch.source
        judge = seasonal.build(seasonal.Options(), setups, source.width)
        for bucket, posts, authors in buckets(setting.recorded(source.file), stretch):
            same = [np.full(len(BUDGETS), value) for value in (posts, authors)]
            verdict = judge.observe(bucket, *same)
            if bucket < stretch.begin or verdict.state[0] == State.WARMING_UP:
                continue
            seconds += source.width
            surges += verdict.opened
            if verdict.opened.any():
                at = datetime.fromtimestamp(bucket, UTC).strftime("%Y-%m-%d %H:%M")
                under = tuple(np.compress(verdict.opened, BUDGETS).tolist())
                alarms.append(Alarm(stretch.series, at, under))
        tell(done + 1, len(wanted))
    days = seconds / DAY_S
    return tuple(
        Recorded(
            budget,
            int(count),
            days,
            at_least(int(count), TESTED * budget * days / JUDGED_DAYS),
        )
        for budget, count in zip(BUDGETS, surges, strict=True)
    ), tuple(alarms)


def at_least(count: int, mean: float) -> float:
    """The probability that a Poisson count of this mean is so high or higher.

    >>> round(at_least(3, 1.0), 4)
    0.0803
    """
    term, below = exp(-mean), 0.0
    for index in range(count):
        below += term
        term *= mean / (index + 1)
    return max(1.0 - below, 0.0)


def tables(result: Budgets) -> Sequence[Table]:
    """Simulated series cell by cell and together, recorded ones together, and each alarm."""
    budgets = [f"{budget:g} in 30 days" for budget in BUDGETS]
    rows = [(cell.law.label, *map(_shown, cell.rates)) for cell in result.cells]
    worst = [max(cell.rates[place].over for cell in result.cells) for place in range(len(BUDGETS))]
    rows += [
        ("all cells", *map(_shown, result.rates)),
        ("goal", *[f"≤ {GOAL_ALL:.1f}"] * len(BUDGETS)),
        ("worst cell", *(f"{one:.2f}" for one in worst)),
        ("goal", *[f"≤ {GOAL_WORST:.1f}"] * len(BUDGETS)),
    ]
    recorded = [
        (
            f"{one.budget:g} in 30 days",
            number(one.days),
            str(one.surges),
            f"{one.surges / (one.budget * one.days / JUDGED_DAYS):.2f}" if one.days else "",
            f"{one.p:.3f}",
            "rejected" if one.p < REJECTED_BELOW else "kept",
        )
        for one in result.recorded
    ]
    found = result.alarms
    return [
        Table(
            f"Surges opened over the budget, {result.scale.series} simulated series a cell",
            ("budget", *budgets),
            rows,
        ),
        Table(
            "Recorded quiet stretches",
            ("budget", "days observed", "surges", "over budget", "p of twice", "twice the budget"),
            recorded,
        ),
        Table(
            "Alarms in recorded quiet stretches",
            ("series", "at (UTC)", "under a budget of"),
            [(one.series, one.at, ", ".join(map("{:g}".format, one.budgets))) for one in found],
        ),
    ]


def plots(result: Budgets) -> Sequence[Dots]:
    """Surges over the budget in every cell, a panel a budget."""
    return [
        Dots(
            name="over-budget",
            title="Surges opened over the budget in every cell, with standard errors",
            axis="surges over the budget",
            rows=[*(cell.law.label for cell in result.cells), "all cells"],
            panels={
                f"{budget:g} in 30 days": {
                    "Seawall": [
                        (rates[place].over, rates[place].error)
                        for rates in (*(cell.rates for cell in result.cells), result.rates)
                    ]
                }
                for place, budget in enumerate(BUDGETS)
            },
            goals=[GOAL_ALL, GOAL_WORST],
            logarithmic=False,
        )
    ]


def _shown(one: Rate) -> str:
    return f"{one.over:.2f} ± {one.error:.2f}"
