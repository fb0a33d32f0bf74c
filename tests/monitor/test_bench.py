import csv
import json
import re
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path

import numpy as np
import pytest

from monitor.bench import page
from monitor.bench.contract import Measure, Setting, Table, measures
from monitor.bench.machine import machine
from monitor.bench.measures import _many, throughput
from monitor.bench.measures._workload import SERIES, multiply, simulated
from monitor.bench.plots import Bars, Dots, svg
from monitor.bench.process import Lap, LostProcessError, Run, Tell, run, timed
from monitor.cli import main
from monitor.configuration import load
from monitor.sources.recording import RecordingError

TINY = throughput.Scale(
    copies=3, buckets=30, repetitions=1, many=40, ticks=62, days=1, trees=2, tree_ticks=5
)
POSTS = 20


@dataclass(frozen=True)
class Made:
    """A result of a made-up measure."""

    answer: int


MADE = Measure(
    "made",
    "What was made.",
    ("made/answers.csv", "made/questions.csv"),
    lambda *_: Made(42),
    lambda result: [Table("Answers", ("", "answer"), [("it", str(result.answer))])],
    lambda result: [
        Bars("answers", "The answer", "answer", ("it",), [("it", result.answer, "it")])
    ],
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few made-up posts where the recorded ones would lie."""
    folder = tmp_path_factory.mktemp("data")
    file = folder / throughput.RECORDING
    file.parent.mkdir()
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["tweet_id_rounded15", "utc", "text", "author"])
        for number in range(POSTS):
            at = datetime(2015, 2, 20, 12, tzinfo=UTC) + timedelta(minutes=7 * number)
            rows.writerow([number, at.isoformat(), "@united cancelled my flight", f"a{number}"])
    return folder


def quietly(_label: str, _done: int, _total: int) -> None:
    pass


def test_throughput_gives_every_figure_and_a_page_with_every_table(data: Path) -> None:
    setting = Setting(data, quick=True)
    result = throughput.measure(setting, quietly, TINY)

    assert result.replay.units == result.csv.units == result.script.units == POSTS * TINY.copies
    assert result.few.units == TINY.buckets
    assert result.counts.units == TINY.buckets * SERIES
    alone, stored, trees = (each.outcome for each in (result.alone, result.stored, result.trees))
    assert (alone.series, stored.series, trees.series) == (TINY.many, TINY.many, TINY.trees)
    assert (len(alone.wall), len(trees.cpu)) == (TINY.ticks, TINY.tree_ticks)
    assert alone.bytes == stored.bytes > 0
    assert (len(stored.snapshots), len(stored.wall)) == (1, TINY.ticks - 1)
    assert stored.samples == sum(
        np.count_nonzero(posts)
        for _, posts, _ in _many.Crowd(TINY.many, setting.seed).minutes(1440, TINY.ticks)
    )
    runs = [getattr(result, name) for name in throughput.Throughput.__slots__]
    for one in (each for each in runs if isinstance(each, Run)):
        assert one.rate > 0
        assert one.memory >= one.memory_before > 0

    found = measures()["throughput"]
    written = page.section(found, result, setting, machine())
    assert svg(*throughput.plots(result)).count("<svg ") == 1
    for table in throughput.tables(result):
        assert f"### {table.title}\n\n| {' | '.join(table.headings)} |" in written
        assert all(len(row) == len(table.headings) for row in table.rows)
    assert "no figures to quote" in written
    figures = json.loads(page.data({"throughput": result}, setting, machine()))
    assert figures["throughput"]["counts"]["units"]


def test_a_page_names_neither_the_machine_nor_a_path_of_it(data: Path) -> None:
    written = page.section(MADE, Made(42), Setting(data), machine())
    assert "`seawall bench made --seed 1 --data DIR`" in written
    assert "numpy" in written
    assert not re.search(r"/(home|root|tmp|work|Users)/", written)


def test_what_is_missing_is_named_whole_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "answers.csv").touch()
    Setting(tmp_path).require(["made/answers.csv"])
    with pytest.raises(
        RecordingError,
        match=r"no made/questions.csv, no made/why.csv in .*: put the recorded data there, or name",
    ):
        Setting(tmp_path).require([*MADE.recorded, "made/why.csv"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["speed"], "there is no 'speed'; there are budget, delay,"),
        (["delay", "--threshold", "0.5"], "--threshold: is for nab alone"),
        (["latency", "--page", "nowhere/page.md"], "nowhere is no folder"),
        (["nab", "--data", "nowhere"], "'nowhere' does not exist"),
        (["latency", "throughput", "incidents", "--data", "."], "no crisislex/known_onsets.csv"),
    ],
)
def test_a_mistake_is_told_before_anything_is_measured(
    arguments: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["seawall", "bench", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert says in " ".join(capsys.readouterr().err.split())


def test_plots_are_drawn_the_same_again_and_replace_the_old_ones(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    [drawn] = page.draw(folder, MADE, Made(42))
    before = drawn.read_bytes()
    (folder / "made-question.svg").touch()
    (folder / "other-answers.svg").touch()
    assert page.draw(folder, MADE, Made(42)) == [drawn]
    assert drawn.read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"made-answers.svg", "other-answers.svg"}
    page.draw(folder, MADE, Made(43))
    assert drawn.read_bytes() != before


def test_a_plot_names_all_that_it_shows_in_letters_and_no_date() -> None:
    drawn = svg(
        Dots(
            name="delays",
            title="How long it took",
            axis="minutes",
            rows=["storm", "quake"],
            panels={
                "at sea": {"Seawall": [(1.0, 0.5), (nan, nan)], "ear": [(9.0, 0.0), (99.0, 0)]}
            },
            goals=[2.0],
            missed=99.0,
        )
    )
    for said in ("How long it took", "minutes", "storm", "quake", "at sea", "Seawall", "ear"):
        assert f">{said}<" in drawn
    assert "<dc:date>" not in drawn


def test_the_copies_of_a_recording_are_other_posts_of_the_same_span(
    data: Path, tmp_path: Path
) -> None:
    source, target = data / throughput.RECORDING, tmp_path / "copies.csv"
    multiply(source, target, load(throughput.CONFIGURATION), 4, 1, lambda *_: None)
    with source.open() as before, target.open() as after:
        recorded, copies = list(csv.DictReader(before)), list(csv.DictReader(after))
    assert len(copies) == 4 * POSTS
    for column in ("tweet_id_rounded15", "author"):
        assert len({row[column] for row in copies}) == 4 * POSTS
    first, last = (datetime.fromisoformat(recorded[place]["utc"]) for place in (0, -1))
    assert all(first <= datetime.fromisoformat(row["utc"]) <= last for row in copies)


def test_the_simulation_repeats_with_its_seed() -> None:
    once, again, other = simulated(100, 1), simulated(100, 1), simulated(100, 2)
    assert (once[0] == again[0]).all()
    assert not (once[0] == other[0]).all()
    assert (once[1] <= once[0]).all()


def work(tell: Tell, fate: str) -> tuple[int, Lap]:
    with timed() as lap:
        tell(1, 2)
        if fate == "raise":
            raise ValueError("no such thing")
        if fate == "die":
            signal.raise_signal(signal.SIGKILL)
        ballast = b"\1" * 50_000_000
    return len(ballast), lap


def test_work_is_repeated_in_processes_of_its_own_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    done = run(work, "end", tell=lambda *one: told.append(one), times=2)
    assert len(done.wall) == len(done.cpu) == 2
    assert done.rate_error is not None
    assert done.memory - done.memory_before > 40_000_000
    assert told == [(1, 4), (3, 4)]


def test_what_work_raises_is_raised_where_it_was_asked_for() -> None:
    with pytest.raises(ValueError, match="no such thing"):
        run(work, "raise", tell=lambda *_: None)


def test_a_killed_process_is_told_not_waited_for() -> None:
    with pytest.raises(LostProcessError, match="exit status -9"):
        run(work, "die", tell=lambda *_: None)


def test_a_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "page.md"
    page.write(target, "old\n")
    with pytest.raises(UnicodeEncodeError):
        page.write(target, "new \ud800")
    assert target.read_text() == "old\n"
    assert [*tmp_path.iterdir()] == [target]


def test_a_measure_is_an_about_a_result_and_its_tables() -> None:
    written = page.section(MADE, MADE.measure(Setting(), quietly), Setting(), machine())
    assert written.startswith("## Made\n\nWhat was made.\n\n")
    assert "\n\n![The answer](benchmarks/made-answers.svg)\n\n" in written
    assert written.endswith("### Answers\n\n|  | answer |\n| --- | ---: |\n| it | 42 |")


def test_measuring_one_thing_again_keeps_the_rest_of_the_page(tmp_path: Path) -> None:
    target, order = tmp_path / "page.md", ["delay", "nab"]
    page.put(target, order, "nab", "## Nab\n\nold")
    page.put(target, order, "delay", "## Delay\n\nfirst")
    page.put(target, order, "nab", "## Nab\n\nnew")
    written = target.read_text()
    assert written.startswith("# Benchmarks")
    assert written.endswith("## Delay\n\nfirst\n\n## Nab\n\nnew\n")
