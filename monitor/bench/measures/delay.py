"""How soon a surge is found, against an oracle that knows all but whether and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Final, Self

import numpy as np

from detectors import Detector, State
from detectors.contract import Booleans, Floats, Integers
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._oracle import (
    METHODS,
    ORACLE,
    VARIANTS,
    allowed,
    highest,
    threshold,
)
from monitor.bench.measures._synthetic import (
    CHANGES,
    DAY,
    LAWS,
    LEARNING_DAYS,
    WEEK,
    Change,
    Law,
    Span,
    Step,
    World,
    branched,
    delays,
    detector,
    draw,
    joined,
    observe,
    spread,
)
from monitor.bench.page import number
from monitor.bench.plots import Dots

BUDGET: Final = 1.0
SEAWALL: Final = "seawall"
GOAL_MEAN: Final = 1.3
GOAL_WORST: Final = 2.0
SPARE: Final = 1.06
"""More runs than wanted, in case some have to be drawn again."""
BATCH: Final = 90
"""Runs a law that one process makes at once."""

RECORDED: Final = ()

ABOUT = f"""
How soon a surge is found, in minutes from the first changed one, that one included, with a budget
of one false alarm in 30 days.

Simulated series, a bucket a minute, from a Monday 00:00 UTC: 0.05 to 50 posts a minute (mu) with a
daily wave (e^0.8 up and down), weekends at 0.6, and a drift of 5 % a day; counts are negative
binomial with variance m + phi m², phi = 0 being Poisson. After 28 days to learn, at a minute of
week 5 drawn uniformly, the mean is multiplied by c for 24 hours: at once (step), or within half an
hour (ramp). What is not found within 24 hours counts as 24 hours. A run in which a surge is already
open at the change is drawn again. The six changes of a run share what came before.

- **Seawall**: the default detector at its defaults. Authors are not known.
- **Oracle**: knows the mean of every minute with its drift, phi and c: the best of the CUSUMs
  (Page 1954) for factors up to c ({", ".join(str(v.most) for v in VARIANTS if v.most)}).
- **Fixed threshold**: posts in the last 5 or 60 minutes.
- **z-score**: the mean of the last 5 or 60 minutes against mean and standard deviation of the last
  24 hours, as in Prometheus recording rules.
- **Two windows**: posts in the last 5 or 60 minutes over (one more than) those in as many minutes
  before: the spike rule of ElastAlert.

All but Seawall have the smallest threshold, one for each mu and phi, with which unchanged series of
the same kind alarm no oftener than once in 30 days; the peers are charged with one false alarm a
day at most. Of the two windows the better in each cell is taken. Delays are compared run by run;
± is one standard error.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many runs a cell, and how many weeks of each law to find thresholds in."""

    runs: int = 500
    weeks: int = 1800
    batch: int = BATCH

    @classmethod
    def quick(cls) -> Self:
        """Few runs, and thresholds that are a little off."""
        return cls(runs=40, weeks=200, batch=22)


@dataclass(frozen=True, slots=True)
class Delay:
    """A method's mean delay (minutes), that over the oracle's, and the share not found in a day."""

    mean: float
    error: float
    over: float
    over_error: float
    missed: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the grid; `drawn_again` counts runs of its law, shared by all its changes."""

    law: Law
    change: Change
    drawn_again: int
    delays: dict[str, Delay]


@dataclass(frozen=True, slots=True)
class Overall:
    """A method's geometric mean over the cells of its delays over the oracle's, and the worst."""

    mean: float
    error: float
    worst: float
    above_goal: int


@dataclass(frozen=True, slots=True)
class Delays:
    """The figures."""

    scale: Scale
    cells: tuple[Cell, ...]
    overall: dict[str, Overall]


@dataclass(frozen=True, slots=True)
class Runs:
    """Which runs had no surge open at the change, shape (laws, runs), and minutes of delay.

    `delays` has the shape (variants + 1, laws, runs, changes): the detector comes last.
    """

    valid: Booleans
    delays: Floats


def measure(setting: Setting, progress: Progress, scale: Scale | None = None) -> Delays:
    """Find the thresholds, then make the runs. LostProcessError where memory does not suffice."""
    scale = scale or (Scale.quick() if setting.quick else Scale())
    thresholds = _thresholds(setting.seed, scale, progress)
    runs = _runs(setting.seed, scale, thresholds, progress)
    first = [np.flatnonzero(valid)[: scale.runs] for valid in runs.valid]
    again = [int(chosen[-1]) + 1 - scale.runs for chosen in first]
    found = np.stack([runs.delays[:, law, chosen] for law, chosen in enumerate(first)], axis=1)
    return summed(scale, found, again)


def _thresholds(seed: int, scale: Scale, progress: Progress) -> Floats:
    """The threshold of every variant, for every law: shape (variants, laws)."""
    batches = -(-scale.weeks // scale.batch)
    allowance = allowed(batches * scale.batch, BUDGET)
    jobs = [(scale.batch, (seed, 0, part), scale.batch, allowance + 1) for part in range(batches)]
    found = spread(highest, jobs, partial(progress, "Finding thresholds"))
    return np.array(
        [
            [threshold(np.concatenate(parts), allowance) for parts in zip(*laws, strict=True)]
            for laws in zip(*found, strict=True)
        ]
    )


def _runs(seed: int, scale: Scale, thresholds: Floats, progress: Progress) -> Runs:
    """Runs until there are enough valid ones of every law."""
    parts: list[Runs] = []
    while not parts or min(sum(part.valid.sum(axis=1) for part in parts)) < scale.runs:
        more = 1 if parts else -(-int(scale.runs * SPARE + 1) // scale.batch)
        jobs = [
            (LEARNING_DAYS + WEEK, (seed, 1, len(parts) + number), scale.batch, thresholds)
            for number in range(more)
        ]
        parts += spread(simulated, jobs, partial(progress, "Simulating surges"))
    return Runs(
        np.concatenate([part.valid for part in parts], axis=1),
        np.concatenate([part.delays for part in parts], axis=2),
    )


def simulated(
    step: Step, _days: int, seed: tuple[int, ...], copies: int, thresholds: Floats
) -> Runs:
    """Learn so many series a law for four weeks, and let each change six ways in the fifth."""
    random = np.random.default_rng(seed)
    world = World(copies, random)
    judge = detector([BUDGET] * world.size)
    change = random.integers(LEARNING_DAYS * DAY, (LEARNING_DAYS + WEEK) * DAY, world.size)
    valid = np.zeros(world.size, np.bool_)
    found = np.zeros((len(VARIANTS) + 1, world.size, len(CHANGES)))
    yesterday = today = world.day()
    for day in range(LEARNING_DAYS + WEEK):
        tomorrow = world.day()
        chosen = np.flatnonzero(change // DAY == day)
        if len(chosen):
            span = joined([yesterday, today, tomorrow], chosen)
            law = chosen // copies
            state = branched(judge.save(), world.size, np.repeat(chosen, len(CHANGES)))
            branch = detector([BUDGET] * len(chosen) * len(CHANGES))
            branch.restore(state)
            surges = Surges(span, world.dispersion[chosen], change[chosen] - (day - 1) * DAY)
            counts = surges.drawn(random)
            found[:-1, chosen] = surges.by_variants(counts, thresholds[:, law])
            opened, ready = surges.by_detector(branch, counts, (day - 1) * DAY)
            found[-1, chosen], valid[chosen] = opened, ready
        for minute in range(DAY):
            observe(judge, day * DAY + minute, today.counts[minute])
        yesterday, today = today, tomorrow
        step(1)
    shape = (len(LAWS), copies)
    return Runs(valid.reshape(shape), found.reshape((len(found), *shape, len(CHANGES))))


@dataclass(frozen=True, slots=True)
class Surges:
    """Series that change on the second of three days: each in all ways, side by side.

    `change` is the first changed row of the span, one a series.
    """

    span: Span
    dispersion: Floats
    change: Integers

    @property
    def changes(self) -> Integers:
        """The first changed row of every series in every way."""
        return np.repeat(self.change, len(CHANGES))

    def drawn(self, random: np.random.Generator) -> Floats:
        """Counts; before the change they are the same in all ways."""
        since = np.arange(len(self.span.counts))[:, None] - self.change
        factors = np.stack([change.by(since) for change in CHANGES], axis=-1)
        means = (self.span.means[:, :, None] * factors).reshape(len(since), -1)
        changed = draw(random, means, np.repeat(self.dispersion, len(CHANGES)))
        before = np.repeat(self.span.counts, len(CHANGES), axis=1)
        return np.where(np.repeat(since < 0, len(CHANGES), axis=1), before, changed)

    def by_variants(self, counts: Floats, thresholds: Floats) -> Floats:
        """Delays of every variant, shape (variants, series, changes)."""
        span = Span(np.repeat(self.span.means, len(CHANGES), axis=1), counts)
        dispersion = np.repeat(self.dispersion, len(CHANGES))
        found = []
        for variant, limits in zip(VARIANTS, thresholds, strict=True):
            alarms = variant.statistic(span, dispersion) > np.repeat(limits, len(CHANGES))
            found.append(delays(alarms, self.changes).reshape(-1, len(CHANGES)))
        return np.stack(found)

    def by_detector(self, judge: Detector, counts: Floats, first: int) -> tuple[Floats, Booleans]:
        """Delays of the detector, shape (series, changes), and which series were quiet before.

        `first` is the minute of the first row; the detector knows all before the second day.
        """
        opened = np.zeros(counts.shape, np.bool_)
        already = np.zeros(counts.shape, np.bool_)
        for row in range(DAY, len(counts)):
            verdict = observe(judge, first + row, counts[row])
            opened[row] = verdict.opened
            surging = verdict.state == State.SURGING
            already[row] = (surging & ~verdict.opened) | verdict.closed
        quiet = ~already[self.changes, np.arange(counts.shape[1])]
        shape = (-1, len(CHANGES))
        return delays(opened, self.changes).reshape(shape), np.all(quiet.reshape(shape), axis=1)


def summed(scale: Scale, found: Floats, drawn_again: Sequence[int]) -> Delays:
    """The figures of all delays, shape (variants + 1, laws, runs, changes)."""
    of: dict[str, Floats] = {SEAWALL: found[-1]}
    for method in METHODS:
        of[method] = np.stack([best(found, method, change) for change in CHANGES], axis=-1)
    oracle = of[ORACLE]
    limit = oracle.mean(axis=1, keepdims=True)
    cells = tuple(
        Cell(
            law,
            change,
            drawn_again[row],
            {name: compared(each[row, :, at], oracle[row, :, at]) for name, each in of.items()},
        )
        for (row, law), (at, change) in product(enumerate(LAWS), enumerate(CHANGES))
    )
    overall = {}
    for name, each in of.items():
        mean = each.mean(axis=1, keepdims=True)
        over = mean / limit
        # What each run moves the logarithm by: runs are independent, the changes of one are not.
        moves = (each / mean - oracle / limit).mean(axis=2)
        variance = (moves.var(axis=1, ddof=1) / each.shape[1]).sum() / len(LAWS) ** 2
        geometric = float(np.exp(np.log(over).mean()))
        overall[name] = Overall(
            mean=geometric,
            error=geometric * float(np.sqrt(variance)),
            worst=float(over.max()),
            above_goal=int((over > GOAL_WORST).sum()),
        )
    return Delays(scale, cells, overall)


def best(found: Floats, method: str, change: Change) -> Floats:
    """Delays of a method's best variant in every law, shape (laws, runs)."""
    places = [
        place
        for place, variant in enumerate(VARIANTS)
        if variant.method == method and variant.most <= change.factor
    ]
    candidates = found[places][..., CHANGES.index(change)]
    chosen = candidates.mean(axis=2).argmin(axis=0)
    return np.asarray(candidates[chosen, np.arange(len(LAWS))])


def compared(own: Floats, oracle: Floats) -> Delay:
    """A method's delays in one cell, run by run against the oracle's."""
    limit, runs = oracle.mean(), np.sqrt(len(own))
    over = own.mean() / limit
    return Delay(
        mean=float(own.mean()),
        error=float(own.std(ddof=1) / runs),
        over=float(over),
        over_error=float((own - over * oracle).std(ddof=1) / runs / limit),
        missed=float((own >= DAY).mean()),
    )


def tables(result: Delays) -> Sequence[Table]:
    """All cells together, and one by one."""
    others = [name for name in result.overall if name not in (SEAWALL, ORACLE)]
    together = [
        (
            name,
            f"{one.mean:.2f} ± {one.error:.2f}",
            number(GOAL_MEAN) if name == SEAWALL else "",
            f"{one.worst:.2f}",
            number(GOAL_WORST) if name == SEAWALL else "",
            f"{one.above_goal} of {len(result.cells)}",
        )
        for name, one in result.overall.items()
        if name != ORACLE
    ]
    cells = [_row(cell, others) for cell in result.cells]
    return [
        Table(
            f"Mean delay over the oracle's, {result.scale.runs} runs a cell",
            ("", "geometric mean", "goal", "worst cell", "goal", f"above {GOAL_WORST:.0f}"),
            together,
        ),
        Table(
            "Mean delay in minutes, and over the oracle's",
            ("cell", ORACLE, SEAWALL, "missed", "over oracle", *others, "drawn again"),
            cells,
        ),
    ]


def plots(result: Delays) -> Sequence[Dots]:
    """Every method's delay over the oracle's in every cell, a panel a change."""
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for cell in result.cells:
        panel = panels.setdefault(_changed(cell.change), {})
        for name, one in cell.delays.items():
            if name != ORACLE:
                panel.setdefault(name, []).append((one.over, 0.0))
    return [
        Dots(
            name="over-oracle",
            title="Mean delay over the oracle's in every cell",
            axis="mean delay over the oracle's",
            rows=[law.label for law in LAWS],
            panels={title: panels[title] for title in sorted(panels, key=_steps_first)},
            goals=[GOAL_WORST],
        )
    ]


def _steps_first(title: str) -> bool:
    return title.startswith("ramp")


def _changed(change: Change) -> str:
    return f"{'ramp' if change.ramp else 'step'} to {change.factor:g} ×"


def _row(cell: Cell, others: Sequence[str]) -> tuple[str, ...]:
    own = cell.delays[SEAWALL]
    return (
        f"{cell.law.label}, {_changed(cell.change)}",
        number(cell.delays[ORACLE].mean),
        f"{number(own.mean)} ± {number(own.error)}",
        f"{own.missed:.1%}",
        f"{own.over:.2f} ± {own.over_error:.2f}",
        *(f"{cell.delays[name].over:.2f}" for name in others),
        str(cell.drawn_again),
    )
