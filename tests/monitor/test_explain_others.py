"""Explaining what is in other stores: something planned, a silence, recorded storms."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.configuration import load
from monitor.explain.again import explain
from monitor.replay import replay
from monitor.sources.recording import Recording
from monitor.store import Database, schema, situations
from monitor.watch import Watch
from tests.airline import BEGIN, CONFIGURATION, configuration, days, delivery, flood
from tests.conftest import ROOT
from tests.monitor.command_line import Seawall, in_process

HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=3, hours=2)
END = STORM + 6 * HOUR


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """`seawall` in a folder with the configuration of the store."""
    monkeypatch.chdir(tmp_path)
    Path("seawall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return in_process(monkeypatch, capsys)


def test_what_was_known_beforehand_is_named(seawall: Seawall, url: str, database: Database) -> None:
    calendar = "timezone: Europe/Oslo\ncalendar: [{name: Sale, from: 2026-03-05, factor: 2}]"
    text = CONFIGURATION.replace("timezone: Europe/Oslo", calendar)
    Path("sale.yaml").write_text(text, encoding="utf-8")
    posts = [*days(3.5), *flood(STORM, 45)]
    watch = Watch.start(load(Path("sale.yaml")), database, ["x"])
    watch.take(delivery(posts, BEGIN, END))
    [found] = seawall("incidents", "list", "--all", "--json", "--database", url).data
    told = seawall("explain", found["id"], "--database", url, "--config", "sale.yaml")
    assert told.status == 0, told.out
    assert "Known beforehand, and expected: Sale (×2)." in told.out
    other = seawall("explain", found["id"], "--database", url)
    assert other.status == 1
    assert "the calendar" in other.out


def test_a_silence_is_explained_as_well(seawall: Seawall, url: str, database: Database) -> None:
    silent = STORM, STORM + 8 * HOUR
    posts = [
        replace(one, id=f"{seed}-{one.id}", author=f"{seed}-{one.author}")
        for seed in range(8)
        for one in days(4, seed=seed)
        if not silent[0] <= one.created_at < silent[1]
    ]
    Watch.start(configuration(), database, ["x"]).take(delivery(posts, BEGIN, silent[1]))
    [found] = seawall("incidents", "list", "--json", "--database", url).data
    told = seawall("explain", found["id"], "--database", url, "--output", "silence.png")
    assert told.status == 0, told.err
    words = " ".join(told.out.split())
    assert "All mentions of Fjordwing Air on X: 0 posts by 0 authors in " in words
    assert "you allow a false silence once in " in words
    assert "The same verdict again: opened Thu 5 Mar, 0" in words
    assert words.count("as stored; going on.") == words.count("The same verdict again")


def test_the_store_of_the_demonstration_needs_no_configuration(seawall: Seawall) -> None:
    Path("seawall.yaml").unlink()
    for name, expected in {"seawall-demo": "no incident 'x'", "mine": "seawall.yaml"}.items():
        url = f"sqlite:///{name}.db"
        Database.open(url).close()
        assert expected in seawall("explain", "x", "--database", url).err


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_every_surge_of_the_recorded_storms_is_found_again(
    database: Database, storms: Path, tmp_path: Path
) -> None:
    text = (ROOT / "examples" / "us-airlines.yaml").read_text("utf-8")
    (tmp_path / "week.yaml").write_text(text.replace("bucket: 1m", "bucket: 5m"), "utf-8")
    week = load(tmp_path / "week.yaml")
    with Recording([storms], week, now=BEGIN) as recording:
        for _ in replay(recording, week, database):
            pass
    with database.read() as connection:
        ids = [one.id for one in situations.incidents(connection)]
        surges = len(connection.execute(select(schema.surge)).all())
    found = [
        (str(one.series), one.same)
        for id in ids
        for one in explain(database, week, id, timedelta(), lambda *_: None)[1]
    ]
    assert len(found) == surges > 10
    assert [series for series, same in found if not same] == []
