"""A number means the same wherever it is shown: posts are those on an incident's first topic."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.incidents.incident import ALL_MENTIONS, Kind
from alerts.instants import written
from monitor.backtest import words
from monitor.backtest.result import Alert, Backtest
from monitor.store import Database, bases, situations
from tests import airline
from tests.alerts import scenes
from tests.monitor.command_line import Seawall, in_process

STORM = airline.BEGIN + timedelta(days=3, hours=1, minutes=3)


@pytest.fixture
def seawall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def past(tmp_path: Path) -> tuple[Path, Path]:
    """Three days, and then a flood of questions among twice as much that is no question."""
    config = tmp_path / "seawall.yaml"
    config.write_text(airline.CONFIGURATION.replace("bucket: 5m", "bucket: 1m"), "utf-8")
    crowd = airline.apart(STORM, 150, "is booking down?", "hello", "good evening")
    posts = [*airline.days(3.5), *crowd]
    return airline.write(tmp_path / "export.csv", posts), config


def written_about(word: str, file: Path, since: str, until: str) -> int:
    rows = [line.split(",") for line in file.read_text("utf-8").splitlines()[1:]]
    return sum(word in text and since[:19] <= at[:19] < until[:19] for _, at, text, *_ in rows)


def test_whoever_tells_it_counts_the_posts_on_the_topic_since_it_began(
    seawall: Seawall, past: tuple[Path, Path], tmp_path: Path
) -> None:
    file, config = past
    url = f"sqlite:///{tmp_path}/seawall.db"
    assert seawall("replay", file, "--config", config, "--database", url).status == 0
    [one] = seawall("incidents", "list", "--all", "--json", "--database", url).data
    posts = written_about("booking", file, one["started_at"], one["as_of"])
    assert posts > 400
    assert (one["posts"], one["posts_read"]) == (posts, posts), "and nothing of the small talk"
    listed = " ".join(seawall("incidents", "list", "--all", "--database", url).out.split())
    assert f"{posts} Fjordwing Air: Booking" in listed
    shown = " ".join(seawall("incidents", "show", one["id"], "--database", url).out.split())
    assert f"Posts {posts} on Booking, where " in shown
    assert f"{posts} posts by {one['authors']} people" in shown
    assert f"of the {posts} posts read; {one['authors']} people wrote them" in shown
    tried = seawall("backtest", file, "--config", config, "--json").data["backtests"][0]
    assert [alert["posts"] for alert in tried["incidents"]] == [posts]

    with closing(Database.open(url, existing=True)) as database, database.read() as connection:
        steps = situations.timeline(connection, one["id"])
        told = [bases.shown(connection, one["id"], n + 1) for n in range(len(steps))]
    assert len({briefing.chart.width for briefing in told}) > 1, "drawn wider as it goes on"
    for briefing, step in zip(told, steps, strict=True):
        since, until = written(briefing.started_at), written(briefing.at)
        word = "" if briefing.topics[0].topic == ALL_MENTIONS else "booking"
        now = written_about(word, file, since, until)
        assert briefing.observed == now
        assert f" {now} posts, " in step["detail"]
        assert f" {now} posts by " in briefing.why


def test_what_falls_silent_is_named_and_so_is_what_the_promise_counts() -> None:
    one = replace(scenes.incident(scenes.surge(scenes.BOOKING_ON_X)), kind=Kind.SILENCE)
    alert = Alert(one, scenes.briefing(about=one), scenes.START, 3, None)
    assert words.what(alert) == "Fjordwing Air: booking, silent on X"
    back = replace(alert, again=(scenes.START, scenes.START))
    tried = Backtest(
        name="now.yaml",
        timezone="UTC",
        since=scenes.START,
        until=scenes.START + timedelta(days=3),
        observed=frozenset({scenes.START.date()}),
        observed_days=3.0,
        alerts=(back,),
        shown=(),
        has_hours=False,
        promise="4 per 30 days",
        allowed=0.4,
        series=(),
        volumes=(),
        not_known=(),
    )
    assert dict(words.figures(tried))["Told anew"].endswith("the promise counts these, too")


def test_a_promise_adds_up(seawall: Seawall, past: tuple[Path, Path]) -> None:
    assert seawall("check", past[1], "--json").data["summary"]["false_alarms"] == 4
