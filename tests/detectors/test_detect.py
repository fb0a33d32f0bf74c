"""What `seawall detect` writes, row by row."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.detect import Absent, Summary, UnusableFileError, detect

START = datetime(2026, 3, 2, tzinfo=UTC)
Rows = list[dict[str, str]]


def judged(
    folder: Path, text: str, name: str = "bookings.csv", absent: Absent = "missing"
) -> tuple[Summary, Rows]:
    source, output = folder / name, folder / "out.csv"
    if name.endswith(".gz"):
        source.write_bytes(gzip.compress(text.encode()))
    else:
        source.write_text(text)
    summary = detect(source, output, absent=absent)
    with output.open(newline="") as file:
        return summary, list(csv.DictReader(file))


def steady(days: int = 4, minutes: int = 15) -> list[tuple[str, str]]:
    """Ten posts or so a bucket, and forty in the last two."""
    counts = np.random.default_rng(1).poisson(10.0, days * 1440 // minutes)
    counts[-2:] = 40
    return [
        ((START + timedelta(minutes=minutes * index)).strftime("%Y-%m-%d %H:%M:%S"), str(count))
        for index, count in enumerate(counts)
    ]


def table(header: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize("name", ["bookings.csv", "bookings.csv.gz"])
def test_every_row_comes_back_in_order_with_its_verdict(tmp_path: Path, name: str) -> None:
    given = steady()
    summary, rows = judged(tmp_path, table("timestamp,value", given), name)
    columns = ["series", "timestamp", "count", "expected", "upper", "score", "state"]
    assert list(rows[0]) == columns
    assert [(row["timestamp"], row["count"]) for row in rows] == given
    assert {row["series"] for row in rows} == {"bookings"}
    assert [rows[0][name] for name in columns[3:]] == ["", "", "", "warming_up"]
    assert [row["state"] for row in rows[192:-2]] == ["quiet"] * (len(rows) - 194)
    assert rows[-1]["state"] == "surging"
    assert all(5 < float(row["expected"]) < 20 for row in rows[192:])
    assert all(0 <= float(row["score"]) <= 1 for row in rows[192:])
    assert (summary.rows, summary.series, summary.surges) == (len(given), 1, 1)
    assert list(tmp_path.glob(".*")) == []


def test_rows_that_cannot_be_judged_are_reported_and_kept(tmp_path: Path) -> None:
    given = steady()
    spoiled = {
        200: (given[200][0], "-3"),
        210: (given[210][0], "2.5"),
        220: ("yesterday", "7"),
        230: (given[229][0], "7"),
        240: (given[240][0], ""),
        250: (given[250][0], "nan"),
    }
    text = table("timestamp,count", [spoiled.get(index, row) for index, row in enumerate(given)])
    summary, rows = judged(tmp_path, text)
    assert [place.rsplit(":", 1)[1] for place, _ in summary.malformed] == [
        str(index + 2) for index in (200, 210, 220, 230, 250)
    ]
    for index, (timestamp, count) in spoiled.items():
        row = rows[index]
        assert (row["timestamp"], row["count"]) == (timestamp, count)
        assert [row[name] for name in ("expected", "upper", "score", "state")] == [
            "", "", "", "missing",
        ]  # fmt: skip
    assert rows[231]["state"] == "quiet"
    problems = [problem for _, problem in summary.malformed]
    assert problems[2].startswith("unreadable time `yesterday`: needed like 2026-03-02 14:30")
    assert problems[4] == "count `nan` is no whole number of 0 or more"


def test_the_order_of_rows_and_the_company_of_other_series_change_nothing(tmp_path: Path) -> None:
    mine = [("a", *row) for row in steady()]
    later = [
        ("b", (datetime.fromisoformat(time) + timedelta(days=900, seconds=173)).isoformat(), count)
        for _, time, count in mine[::2]
    ]
    zoned = [("c", time.replace(" ", "T") + "Z", f"{count}.0") for _, time, count in mine]
    _, alone = judged(tmp_path, table("series,timestamp,count", mine))
    shuffled = [*mine, *later, *zoned]
    np.random.default_rng(2).shuffle(shuffled)
    _, rows = judged(tmp_path, table("series,timestamp,count", shuffled))
    assert [row["timestamp"] for row in rows] == [row[1] for row in shuffled]
    verdicts = sorted(rows, key=lambda row: row["timestamp"])
    assert [row for row in verdicts if row["series"] == "a"] == alone
    same = [row["score"] for row in verdicts if row["series"] == "c"]
    assert same == [row["score"] for row in alone]
    assert any(row["state"] == "surging" for row in verdicts if row["series"] == "b")


def test_absent_rows_mean_zero_only_where_that_is_said(tmp_path: Path) -> None:
    seen = [START + timedelta(minutes=minute) for minute in range(0, 4 * 1440, 60)]
    burst = [seen[-1] + timedelta(minutes=minute) for minute in range(1, 11)]
    text = table("timestamp,count", [(time.isoformat(), "1") for time in (*seen, *burst)])
    source = tmp_path / "sparse.csv"
    source.write_text(text)
    found = {}
    for absent in ("zero", "missing"):
        summary = detect(source, tmp_path / "out.csv", interval=60, absent=absent)
        found[absent] = summary.surges
    assert found == {"zero": 1, "missing": 0}


def test_a_file_that_cannot_be_used_says_where_and_what_to_do(tmp_path: Path) -> None:
    for text in ("", "when,count\n2026-01-01,3\n", "timestamp,posts\n2026-01-01,3\n"):
        with pytest.raises(UnusableFileError, match=r"counts\.csv:1: .*name the columns"):
            judged(tmp_path, text, "counts.csv")
    (tmp_path / "counts.csv").write_bytes(b"timestamp,count\n\xff\xfe,3\n")
    with pytest.raises(UnusableFileError, match="UTF-8"):
        detect(tmp_path / "counts.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("mark", [";", "\t"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    text = table("timestamp,value", steady())
    _, rows = judged(tmp_path, text.replace(",", mark))
    assert rows == judged(tmp_path, text)[1]


def test_what_is_read_is_not_written_over_and_a_folder_must_be_there(tmp_path: Path) -> None:
    text = table("timestamp,value", steady())
    with pytest.raises(UnusableFileError, match=r"out\.csv is what is read; name another output"):
        judged(tmp_path, text, "out.csv")
    assert (tmp_path / "out.csv").read_text() == text
    with pytest.raises(UnusableFileError, match="none is no folder; make it first"):
        detect(tmp_path / "out.csv", tmp_path / "none" / "out.csv")


def test_recorded_mention_volume_is_judged_where_it_was_labelled(
    shared_data: Path, tmp_path: Path
) -> None:
    name = "Twitter_volume_CRM.csv"
    source = shared_data / "nab_tweets" / name
    detect(source, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    windows = json.loads((source.parent / "windows.json").read_text())[name]
    for start, end in windows:
        inside = [row for row in rows if start[:19] <= row["timestamp"] <= end[:19]]
        assert any(row["state"] == "surging" for row in inside)


def test_recorded_catastrophes_are_found_within_the_hour(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "crisislex"
    with (folder / "known_onsets.csv").open(newline="") as file:
        onsets = {
            row["event"]: datetime.fromisoformat(row["known_onset_utc"])
            for row in csv.DictReader(file)
            if float(row["pre_hours"]) >= 8
        }
    with (folder / "counts_1min_sparse.csv").open(newline="") as file:
        given = [
            (row["series"], row["timestamp"], row["count"])
            for row in csv.DictReader(file)
            if row["series"] in onsets
            and datetime.fromisoformat(row["timestamp"])
            < onsets[row["series"]] + timedelta(hours=4)
        ]
    _, rows = judged(tmp_path, table("series,timestamp,count", given), absent="zero")
    for event, onset in onsets.items():
        surging = [
            datetime.fromisoformat(row["timestamp"])
            for row in rows
            if row["series"] == event and row["state"] == "surging"
        ]
        assert onset - timedelta(minutes=1) <= surging[0] <= onset + timedelta(hours=1), event
