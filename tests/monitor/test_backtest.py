"""A backtest: what a configuration would have told, of recorded files or of a store's history."""

import csv
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerts.posts import Post
from monitor.configuration import load
from monitor.replay import replay
from monitor.report import report
from monitor.sources.recording import Recording
from monitor.store import Database, retention, schema
from tests import airline
from tests.airline import BEGIN, days, post, write
from tests.conftest import ROOT
from tests.monitor.command_line import Seawall, in_process

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CONFIGURATION = airline.CONFIGURATION.replace("bucket: 5m", "bucket: 15m")
STORM = BEGIN + timedelta(days=3, hours=8)
"""In the morning of a Thursday."""
NIGHT = BEGIN + timedelta(days=5, hours=1)
"""At two o'clock on a Saturday night, in Oslo."""
END = BEGIN + timedelta(days=6)
HOURS = 'service_hours: {mon-fri: "07:00-19:00"}\n'
LOUNGE = "  lounge: {name: Lounge, terms: {en: [lounge]}}\nrecording:"
STRICTER = CONFIGURATION.replace("4 per 30 days", "0.00001 per 30 days")


def crowd(begin: datetime, number: int, apart: timedelta, text: str) -> list[Post]:
    """Posts of as many people, so far apart."""
    return [
        post(begin + apart * n, f"@FjordwingAir {text} {n}", author=f"{begin:%d%H}-{n}")
        for n in range(number)
    ]


POSTS = sorted(
    [
        *days(6),
        *crowd(STORM, 60, timedelta(minutes=3), "is booking down?"),
        *crowd(NIGHT, 6, timedelta(minutes=2), "where is my bag?"),
    ],
    key=lambda one: (one.created_at, one.id),
)


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """`seawall` in a folder with some days of posts and configurations to try on them."""
    monkeypatch.chdir(tmp_path)
    write(Path("posts.csv"), POSTS)
    Path("now.yaml").write_text(CONFIGURATION + HOURS, "utf-8")
    Path("stricter.yaml").write_text(STRICTER, "utf-8")
    return in_process(monkeypatch, capsys)


def filled(url: str, file: Path, config: Path = Path("now.yaml")) -> dict[str, Any]:
    """Replay a file into a store; its report."""
    configuration = load(config)
    with closing(Database.open(url)) as store:
        with Recording([file], configuration, now=NOW) as recording:
            for _ in replay(recording, configuration, store):
                pass
        return report(store, 0.0)


def found(backtest: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What must be the same, however the same past is read."""
    keys = ("id", "topics", "started_at", "detected_at", "resolved_at", "severity")
    incidents = [*backtest["incidents"], *backtest.get("only_shown", [])]
    return sorted(tuple(map(str, (one[key] for key in keys))) for one in incidents)


def contents(url: str) -> dict[str, Any]:
    """Everything that a store holds."""
    with closing(Database.open(url)) as store, store.read() as connection:
        return {
            table.name: connection.execute(select(table)).all()
            for table in schema.metadata.sorted_tables
        }


def counts(path: Path, topics: dict[str, str]) -> Path:
    """The same posts counted by a quarter of an hour; `topics` are words to look for."""
    tallies: dict[tuple[str, datetime], int] = {}
    for topic, word in topics.items():
        at = BEGIN
        while at < END:
            tallies[topic, at] = 0
            at += timedelta(minutes=15)
        for one in POSTS:
            if word in one.text:
                bucket = one.created_at - (one.created_at - BEGIN) % timedelta(minutes=15)
                tallies[topic, bucket] += 1
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["series", "timestamp", "count"])
        rows.writerows(
            (f"fjordwing/{topic}@x", at.isoformat(), n) for (topic, at), n in tallies.items()
        )
    return path


def test_a_backtest_finds_what_a_replay_finds(seawall: Seawall, tmp_path: Path) -> None:
    answer = seawall("backtest", "posts.csv", "--config", "now.yaml", "--json")
    [one] = answer.data["backtests"]
    replayed = filled(f"sqlite:///{tmp_path}/store.db", Path("posts.csv"))
    assert found(one) == found(replayed)
    assert len(one["incidents"]) == 2
    assert answer.data["comparison"] is None


def test_it_says_on_which_days_and_how_often_nobody_was_at_the_desk(seawall: Seawall) -> None:
    answer = seawall("backtest", "posts.csv", "--config", "now.yaml")
    assert (
        "With now.yaml you would have been alerted twice, on 2 days; 1 outside opening"
        in answer.out
    )
    assert re.search(r"Thu 5 Mar 2026, 09:\d\d .* open +Fjordwing Air: Booking", answer.out)
    assert re.search(r"Sat 7 Mar 2026, 02:\d\d .* closed +Fjordwing Air: Baggage", answer.out)
    assert "Not observed at all: Otherwing." in answer.out
    assert "Before a series can be judged it warms up" in answer.out


def test_two_configurations_are_set_side_by_side(seawall: Seawall) -> None:
    files = ["--config", "now.yaml", "--config", "stricter.yaml"]
    answer = seawall("backtest", "posts.csv", *files, "--json")
    now, stricter = answer.data["backtests"]
    assert (now["alerts"], stricter["alerts"]) == (2, 1)
    both, only_now = answer.data["comparison"]
    assert both["first"] == [now["incidents"][0]["id"]]
    assert both["second"] == [stricter["incidents"][0]["id"]]
    assert both["second_earlier_by_seconds"] < 0
    assert (only_now["second"], only_now["second_earlier_by_seconds"]) == ([], None)
    told = seawall("backtest", "posts.csv", *files).out
    assert (
        "Both would have told of 1 situation; only now.yaml of 1, only stricter.yaml of none."
        in told
    )
    assert "now.yaml was earlier in 1 of them" in told


def test_a_store_gives_what_its_files_give_and_is_not_touched(seawall: Seawall, url: str) -> None:
    filled(url, Path("posts.csv"))
    before = contents(url)
    of_files = seawall("backtest", "posts.csv", "--config", "now.yaml", "--json").data
    of_store = seawall("backtest", "--database", url, "--config", "now.yaml", "--json").data
    assert of_store == of_files
    assert contents(url) == before


def test_a_store_of_counts_gives_what_its_files_give(seawall: Seawall, url: str) -> None:
    file = counts(Path("counts.csv"), {"all": "", "booking": "booking", "baggage": "bag"})
    filled(url, file)
    of_files = seawall("backtest", file, "--config", "now.yaml", "--json").data
    of_store = seawall("backtest", "--database", url, "--config", "now.yaml", "--json").data
    assert of_store == of_files
    assert of_store["backtests"][0]["alerts"] >= 1


def test_what_posts_that_are_gone_could_have_told_is_named(
    seawall: Seawall, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    replayed = filled(url, Path("posts.csv"))
    friday = STORM + timedelta(days=1)
    with closing(Database.open(url)) as store, store.write() as connection:
        while retention.purge(connection, friday):
            pass
    Path("lounge.yaml").write_text(CONFIGURATION.replace("recording:", LOUNGE), "utf-8")
    [one] = seawall("backtest", "--database", url, "--config", "lounge.yaml", "--json").data[
        "backtests"
    ]
    assert [incident["detected_at"] for incident in one["incidents"]] == [
        incident["detected_at"] for incident in replayed["incidents"]
    ]
    since = {series["series"]: series["since"] for series in one["series"]}
    assert since["fjordwing/booking@x"] == "2026-03-02T00:00:00Z"
    assert since["fjordwing/lounge@x"] == "2026-03-07T00:00:00Z"
    told = " ".join(one["not_known"])
    assert "Fjordwing Air on X: posts are kept from 7 Mar 2026 on" in told
    assert "Lounge: known only since 7 Mar 2026" in told


def test_a_brand_that_was_watched_with_other_terms_is_named(
    seawall: Seawall, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    filled(url, Path("posts.csv"))
    Path("more.yaml").write_text(
        CONFIGURATION.replace('"@FjordwingAir"', '"@FjordwingAir", bag'), "utf-8"
    )
    answer = seawall("backtest", "--database", url, "--config", "more.yaml")
    assert "Fjordwing Air was watched with other terms" in " ".join(answer.out.split())


def test_counts_are_not_divided(seawall: Seawall, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    filled(url, counts(Path("counts.csv"), {"all": ""}))
    Path("finer.yaml").write_text(CONFIGURATION.replace("bucket: 15m", "bucket: 1m"), "utf-8")
    answer = seawall("backtest", "--database", url, "--config", "finer.yaml")
    assert answer.status == 2
    assert "Counts in this store are per 15m" in answer.err
    assert "`bucket: 15m`" in answer.err


def test_json_keeps_its_names(seawall: Seawall) -> None:
    data = seawall("backtest", "posts.csv", "--config", "now.yaml", "--json").data
    assert [*data] == ["backtests", "comparison"]
    [one] = data["backtests"]
    assert [*one] == [
        *("configuration", "told", "timezone", "since", "until", "days_observed", "alerts"),
        *("alerts_outside_service_hours", "alerts_in_30_days", "false_alarms"),
        *("false_alarms_allowed", "days", "incidents", "only_shown", "series", "not_known"),
    ]
    assert [*one["incidents"][0]] == [
        *("id", "kind", "brand", "topics", "platforms", "started_at", "detected_at", "alerted_at"),
        *("last_surging_at", "resolved_at", "peak_factor", "severity", "posts"),
        "outside_service_hours",
        "again_at",
    ]
    assert [*one["series"][0]] == [
        *("series", "since", "until", "days_observed", "days_warming_up", "false_alarms_allowed")
    ]
    assert one["days"][0] == {
        "day": "2026-03-05",
        "alerts": 1,
        "incidents": [one["incidents"][0]["id"]],
    }


def test_the_page_is_one_file_in_which_nothing_acts_and_no_post_is_shown(seawall: Seawall) -> None:
    hostile = CONFIGURATION.replace("name: Fjordwing Air", "name: '<script>alert(1)</script>'")
    Path("<img src=x>.yaml").write_text(hostile + HOURS, "utf-8")
    answer = seawall("backtest", "posts.csv", "--config", "<img src=x>.yaml", "--html", "page.html")
    assert "Page: page.html" in answer.err
    page = Path("page.html").read_text("utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: Booking" in page
    assert "&lt;img src=x&gt;.yaml you would have been alerted twice" in page
    assert page.count("<svg") == 3, "one of the whole time, and one an alert"
    assert not re.search(r"<(script|img|iframe|object|link (?!rel=.icon))|https?:|url\(", page)
    assert "is booking down" not in page


def test_mistakes_are_named_with_a_remedy(seawall: Seawall, tmp_path: Path) -> None:
    nothing = seawall("backtest", "--config", "now.yaml")
    assert nothing.status == 2
    assert "name recorded files or a store with --database" in " ".join(nothing.err.split())
    other = CONFIGURATION.replace('"@FjordwingAir"', "nobody").replace('"@Otherwing"', "no one")
    Path("other.yaml").write_text(other, "utf-8")
    unseen = seawall("backtest", "posts.csv", "--config", "other.yaml")
    assert unseen.status == 2
    assert "Not one post mentions a brand" in unseen.err
    folder = seawall("backtest", "posts.csv", "--config", "now.yaml", "--html", "no/page.html")
    assert "no is no folder" in folder.err
    gone = seawall(
        "backtest", "--database", f"sqlite:///{tmp_path}/gone.db", "--config", "now.yaml"
    )
    assert "there is no store at" in gone.err


def test_a_store_of_another_version_is_left_as_it_is(seawall: Seawall, tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as old:
        old.execute("CREATE TABLE alembic_version (version_num TEXT)")
        old.execute("INSERT INTO alembic_version VALUES ('0001')")
        old.commit()
    answer = seawall("backtest", "--database", f"sqlite:///{file}", "--config", "now.yaml")
    assert answer.status == 1
    assert "brings it up to date" in answer.err
    with closing(sqlite3.connect(file)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def test_the_storms_at_six_airlines_give_what_their_replay_gives(
    seawall: Seawall, storms: Path, tmp_path: Path
) -> None:
    text = (ROOT / "examples" / "us-airlines.yaml").read_text("utf-8")
    config = tmp_path / "week.yaml"
    config.write_text(text.replace("bucket: 1m", "bucket: 5m"), "utf-8")
    [one] = seawall("backtest", storms, "--config", config, "--json").data["backtests"]
    assert found(one) == found(filled(f"sqlite:///{tmp_path}/week.db", storms, config))
    assert {seen["series"]: seen["since"] for seen in one["series"]}["american/all@x"] == (
        "2015-02-22T20:00:00Z"
    )
