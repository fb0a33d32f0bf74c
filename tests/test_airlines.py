"""A week of recorded posts to six airlines: what would have been told, and what would not."""

import csv
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.configuration import load
from monitor.replay import replay
from monitor.report import report
from monitor.sources.recording import Recording
from monitor.store import Database, volume
from tests.conftest import ROOT

CONFIGURATION = load(ROOT / "examples" / "us-airlines.yaml")
FLOODER = "501c58cb09"
FLOOD = ("2015-02-23T07:14", "2015-02-23T07:36")
STORM = ("2015-02-21T12:00", "2015-02-23T12:00")


def replayed(file: Path, folder: Path) -> dict[str, Any]:
    """The report of a file replayed into a new store."""
    with closing(Database.open(f"sqlite:///{folder / file.stem}.db")) as store:
        with Recording([file], CONFIGURATION, now=datetime(2026, 1, 1, tzinfo=UTC)) as recording:
            for _ in replay(recording, CONFIGURATION, store):
                pass
        with store.read() as connection:
            american = [
                one for one in volume.observed_intervals(connection, "x") if one[0] == "american"
            ]
        return {**report(store, 0.0), "american observed": american}


@pytest.fixture(scope="module")
def week(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The whole recording as it is."""
    folder = tmp_path_factory.mktemp("week")
    return replayed(shared_data / "airline_feb2015" / "airline_tweets_utc.csv", folder)


def without(
    shared_data: Path, folder: Path, taken_out: Callable[[dict[str, str]], bool]
) -> dict[str, Any]:
    """What is recorded of US Airways until the storm's end, less some of its rows."""
    source = shared_data / "airline_feb2015" / "airline_tweets_utc.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "less.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(
            row
            for row in rows
            if "usairways" in row["text"].lower() and row["utc"] < STORM[1] and not taken_out(row)
        )
    return replayed(folder / "less.csv", folder)


def test_the_storm_at_us_airways_is_told_and_is_about_cancellations(week: dict[str, Any]) -> None:
    found = [
        one
        for one in week["incidents"]
        if one["brand"] == "us-airways"
        and "2015-02-21T18" <= one["detected_at"] <= "2015-02-22T18"
        and "cancellations" in one["topics"]
    ]
    assert len(found) == 1
    assert "en" in found[0]["holding_messages"]
    assert len(found[0]["examples"]) == 5


def test_quiet_days_are_quiet(week: dict[str, Any]) -> None:
    early = [one for one in week["incidents"] if one["detected_at"] < "2015-02-21"]
    assert len(early) <= 4


def test_a_recording_that_begins_in_the_storm_is_no_incident(week: dict[str, Any]) -> None:
    surges = [one for one in week["incidents"] if one["kind"] == "surge"]
    american = [one["detected_at"] for one in surges if one["brand"] == "american"]
    assert [at for at in american if at < "2015-02-23T20"] == []
    [(_, _, since, _, _)] = week["american observed"]
    assert since == datetime(2015, 2, 22, 20, tzinfo=UTC), "before it nothing is zero"


@pytest.mark.parametrize(
    ("brand", "since", "until"),
    [
        pytest.param("southwest", "2015-02-23T01:14", "2015-02-23T01:35", id="a promotion"),
        pytest.param("jetblue", "2015-02-23T18:15", "2015-02-23T21:10", id="a mocked tweet"),
    ],
)
def test_what_is_no_trouble_calls_nobody(
    week: dict[str, Any], brand: str, since: str, until: str
) -> None:
    for one in week["incidents"]:
        if one["brand"] == brand and since <= one["detected_at"] <= until:
            assert (one["calls"], one["severity"], one["kind"]) == (False, "minor", "surge")
            assert one["calls_because"].endswith(": talk")


def test_every_other_incident_calls(week: dict[str, Any]) -> None:
    shown = {one["brand"] for one in week["incidents"] if not one["calls"]}
    assert shown <= {"southwest", "jetblue"}
    assert {one["brand"] for one in week["incidents"] if one["calls"]} >= {"us-airways", "united"}


def test_one_author_flooding_opens_reopens_and_extends_nothing(
    shared_data: Path, tmp_path: Path
) -> None:
    def of_the_storm(row: dict[str, str]) -> bool:
        return STORM[0] <= row["utc"] and not FLOOD[0] <= row["utc"] < FLOOD[1]

    def the_flood_too(row: dict[str, str]) -> bool:
        return of_the_storm(row) or (row["author"] == FLOODER and FLOOD[0] <= row["utc"] < FLOOD[1])

    def told(result: dict[str, Any]) -> list[tuple[str, ...]]:
        return [(one["id"], one["detected_at"], *one["topics"]) for one in result["incidents"]]

    with_flood = without(shared_data, tmp_path, of_the_storm)
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    without_flood = without(shared_data, quiet, the_flood_too)
    assert with_flood["posts"] - without_flood["posts"] >= 20
    assert told(with_flood) == told(without_flood)
