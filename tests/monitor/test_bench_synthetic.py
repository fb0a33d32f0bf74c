import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from detectors.contract import Floats
from monitor.bench import page
from monitor.bench.contract import Setting, measures
from monitor.bench.machine import machine
from monitor.bench.measures import _synthetic, budget, delay
from monitor.bench.measures._oracle import (
    METHODS,
    ORACLE,
    VARIANTS,
    allowed,
    excursions,
    highest,
    threshold,
)
from monitor.bench.measures._synthetic import CHANGES, DAY, LAWS, Change, World, joined
from monitor.bench.plots import svg
from monitor.sources.recording import RecordingError

WEEKS = 40


def quietly(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def thresholds() -> Floats:
    """The threshold of every variant and law that allows one false alarm in 30 days."""
    found = highest(quietly, WEEKS, (1, 0), WEEKS, allowed(WEEKS, 1.0) + 1)
    return np.array([[threshold(peaks, allowed(WEEKS, 1.0)) for peaks in each] for each in found])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day to learn, a week of one day, and no processes."""
    for module in (delay, budget):
        monkeypatch.setattr(module, "LEARNING_DAYS", 1)
        monkeypatch.setattr(module, "spread", here)
    monkeypatch.setattr(delay, "WEEK", 1)
    monkeypatch.setattr(budget, "JUDGED_DAYS", 1)


def here(work, jobs, tell):  # type: ignore[no-untyped-def]
    """What `spread` does, in this process."""
    return [work(lambda _: tell(1, 1), *job) for job in jobs]


def complete(name: str, result: object) -> str:
    """The page of a result, whose plots name every law, and whose tables are whole."""
    found = measures()[name]
    for table in found.tables(result):
        assert all(len(row) == len(table.headings) for row in table.rows)
    for drawn in map(svg, found.plots(result)):
        assert all(f">{law.label}<" in drawn for law in LAWS)
    return page.section(found, result, Setting(quick=True), machine())


@pytest.mark.usefixtures("short")
def test_a_tiny_run_gives_every_delay_and_repeats_with_its_seed() -> None:
    tiny = delay.Scale(runs=2, weeks=8, batch=4)
    result = delay.measure(Setting(seed=1), quietly, tiny)
    assert len(result.cells) == len(LAWS) * len(CHANGES) == 72
    for cell in result.cells:
        assert cell.delays.keys() == {delay.SEAWALL, *METHODS}
        assert all(1 <= one.mean <= DAY for one in cell.delays.values())
        assert cell.delays[ORACLE].over == 1
    assert result.overall[ORACLE].mean == result.overall[ORACLE].worst == 1
    assert result.overall[delay.SEAWALL].error > 0
    assert "geometric mean" in complete("delay", result)
    assert delay.measure(Setting(seed=1), quietly, tiny) == result


@pytest.mark.usefixtures("short")
def test_a_tiny_run_gives_every_rate_and_lists_what_was_alarmed(tmp_path: Path) -> None:
    begin = datetime(2003, 3, 3, tzinfo=UTC)
    with (tmp_path / "quiet.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["dataset", "series", "start_utc", "end_utc"])
        rows.writerow(["bank_calls", "bank_calls", "2003-03-05T00:00:00Z", "2003-03-07T00:00:00Z"])
    (tmp_path / "bank_calls").mkdir()
    with (tmp_path / "bank_calls" / "counts_5min.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["series", "timestamp", "count"])
        for number in range(4 * 288):
            at = (begin + timedelta(minutes=5 * number)).replace(tzinfo=None)
            rows.writerow(["bank_calls", at.isoformat(), 900 if number >= 1000 else 9])

    result = budget.measure(Setting(tmp_path), quietly, budget.Scale(series=2, batch=2))
    assert len(result.cells) == len(LAWS)
    assert all(len(cell.rates) == len(budget.BUDGETS) for cell in result.cells)
    assert all(one.surges == 1 and one.days == 2 for one in result.recorded)
    [alarm] = result.alarms
    assert (alarm.at, alarm.budgets) == ("2003-03-06 11:20", budget.BUDGETS)
    assert "2003-03-06 11:20" in complete("budget", result)


@pytest.mark.parametrize(
    ("dataset", "says"),
    [("bank_calls", "no bank_calls/counts_5min.csv in"), ("else", "names the dataset 'else'")],
)
def test_quiet_stretches_of_what_is_not_there_are_refused_before_anything_is_judged(
    dataset: str, says: str, tmp_path: Path
) -> None:
    stretch = f"{dataset},calls,2003-03-05T00:00:00Z,2003-03-07T00:00:00Z"
    (tmp_path / "quiet.csv").write_text(f"dataset,series,start_utc,end_utc\n{stretch}\n")
    with pytest.raises(RecordingError, match=says):
        budget.measure(Setting(tmp_path), quietly)


def test_the_oracle_keeps_its_budget_on_fresh_series(thresholds: Floats) -> None:
    world = World(20, np.random.default_rng(2), first_day=28)
    span = joined([world.day() for _ in range(14)], slice(None))
    months = 20 * 14 / 30 * len(LAWS)
    for variant, limits in zip(VARIANTS, thresholds, strict=True):
        if variant.method == ORACLE:
            values = variant.statistic(span, world.dispersion)
            alarms = sum(
                (excursions(values[:, law * 20 : (law + 1) * 20]) > limit).sum()
                for law, limit in enumerate(limits)
            )
            # The threshold follows from about as many alarms as are counted here.
            assert months / 3 < alarms <= months + 2 * np.sqrt(2 * months)


def test_the_oracle_beats_every_peer_by_far(thresholds: Floats) -> None:
    world = World(4, np.random.default_rng(3), first_day=28)
    days = [world.day() for _ in range(3)]
    series = np.arange(world.size)
    surges = delay.Surges(joined(days, series), world.dispersion, np.full(world.size, DAY + 300))
    counts = surges.drawn(np.random.default_rng(4))
    assert (counts[: DAY + 300, ::6] == counts[: DAY + 300, 5::6]).all()
    found = surges.by_variants(counts, np.repeat(thresholds, 4, axis=1))
    found = found.reshape(len(VARIANTS), len(LAWS), 4, len(CHANGES))
    for change in CHANGES:
        oracle, *peers = (delay.best(found, method, change).mean(axis=1) for method in METHODS)
        for peer in peers:
            assert np.log(peer / oracle).mean() > np.log(1.5)


def test_an_oracle_does_not_know_more_than_the_true_factor() -> None:
    found = np.arange(len(VARIANTS), 0, -1.0)[:, None, None, None] * np.ones((1, 12, 3, 6))
    double = delay.best(found, ORACLE, Change(2.0, ramp=False))
    assert (double == len(VARIANTS) - 1).all()


def test_a_series_branched_is_the_same_series() -> None:
    random = np.random.default_rng(5)
    whole, one = _synthetic.detector([1.0] * 3), _synthetic.detector([1.0] * 2)
    for minute in range(700):
        _synthetic.observe(whole, minute, random.poisson([1.0, 5.0, 9.0]).astype(float))
    one.restore(_synthetic.branched(whole.save(), 3, np.array([2, 2])))
    posts = np.array([0.0, 3.0, 40.0])
    alone = _synthetic.observe(one, 700, posts[[2, 2]])
    among = _synthetic.observe(whole, 700, posts)
    assert (alone.score == among.score[2]).all()
    assert (alone.expected == among.expected[2]).all()
