import csv
import json
import re
import signal
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.bench import page
from monitor.bench.contract import Measure, Setting, Table, measures
from monitor.bench.machine import machine
from monitor.bench.measures import throughput
from monitor.bench.measures._workload import SERIES, multiply, simulated
from monitor.bench.process import Lap, LostProcessError, Run, Tell, run, timed
from monitor.cli import main
from monitor.configuration import load
from monitor.sources.recording import RecordingError

TINY = throughput.Scale(copies=3, buckets=30, tree_buckets=5, repetitions=1)
POSTS = 20


@dataclass(frozen=True)
class Made:
    """A result of a made-up measure."""

    answer: int


MADE = Measure(
    "made",
    "What was made.",
    lambda *_: Made(42),
    lambda result: [Table("Answers", ("", "answer"), [("it", str(result.answer))])],
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
    assert (result.ticks.units, result.tree_ticks.units) == (TINY.buckets, TINY.tree_buckets)
    assert result.counts.units == TINY.buckets * SERIES
    assert result.state_bytes > 0
    runs = [getattr(result, name) for name in throughput.Throughput.__slots__]
    for one in (each for each in runs if isinstance(each, Run)):
        assert one.rate > 0
        assert one.memory >= one.memory_before > 0

    found = measures()["throughput"]
    written = page.section(found, result, setting, machine())
    for table in throughput.tables(result):
        assert f"### {table.title}\n\n| {' | '.join(table.headings)} |" in written
        assert all(len(row) == len(table.headings) for row in table.rows)
    assert "no figures to quote" in written
    figures = json.loads(page.data({"throughput": result}, setting, machine()))
    assert figures["throughput"]["counts"]["units"]


def test_a_page_names_neither_the_machine_nor_a_path_of_it(data: Path) -> None:
    written = page.section(MADE, Made(42), Setting(data), machine())
    assert "`seawall bench made --seed 1`" in written
    assert "numpy" in written
    assert not re.search(r"/(home|root|tmp|work|Users)/", written)


def test_without_recorded_data_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"put the recorded data there, or name .* --data"):
        throughput.measure(Setting(tmp_path), quietly)


def test_an_unknown_measure_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["seawall", "bench", "speed"])
    with pytest.raises(SystemExit):
        main()
    assert "throughput" in capsys.readouterr().err


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
    assert written.endswith("### Answers\n\n|  | answer |\n| --- | ---: |\n| it | 42 |")


def test_measuring_one_thing_again_keeps_the_rest_of_the_page(tmp_path: Path) -> None:
    target, order = tmp_path / "page.md", ["delay", "nab"]
    page.put(target, order, "nab", "## Nab\n\nold")
    page.put(target, order, "delay", "## Delay\n\nfirst")
    page.put(target, order, "nab", "## Nab\n\nnew")
    written = target.read_text()
    assert written.startswith("# Benchmarks")
    assert written.endswith("## Delay\n\nfirst\n\n## Nab\n\nnew\n")
