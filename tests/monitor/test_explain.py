"""Explaining an incident: the same verdict once more, from what is stored alone."""

import random
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select, update

from monitor.explain.again import explain
from monitor.explain.explanation import Reason
from monitor.store import Database, schema, situations, volume
from monitor.watch import Watch
from tests.airline import BEGIN, CONFIGURATION, configuration, days, delivery, flood, post
from tests.conftest import new_store
from tests.monitor.command_line import Seawall, in_process

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STORM = BEGIN + timedelta(days=3, hours=2)
END = STORM + 6 * HOUR
BOOKING = "fjordwing/booking@x"
AROUND = 2 * HOUR


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """`seawall` in a folder with the configuration of the store."""
    monkeypatch.chdir(tmp_path)
    Path("seawall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return in_process(monkeypatch, capsys)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, str]:
    """A kind of store, the URL of one, and its one incident.

    It is a flood on two platforms, as a daemon that is restarted saw it. Some posts come when their
    buckets are judged already.
    """
    draw = random.Random(4)
    alike = [post(one.created_at, one.text, platform="bluesky") for one in days(3.5, seed=2)]
    posts = [*days(3.5), *flood(STORM, 45)[::4], *alike]
    late = {one.id for one in posts if draw.random() < 0.05}
    at, waiting = BEGIN, posts[:0]
    url = new_store(request, tmp_path_factory.mktemp("story"), request.param)
    with closing(Database.open(url)) as database:
        watch = Watch.start(configuration(), database, ["x", "bluesky"])
        while at < END:
            until = min(at + 5 * MINUTE * draw.randint(1, 60), END)
            now = [one for one in posts if at <= one.created_at < until]
            watch.take(delivery([*waiting, *(one for one in now if one.id not in late)], at, until))
            waiting = [one for one in now if one.id in late]
            if draw.random() < 0.2:
                watch = Watch.start(configuration(), database, ["x", "bluesky"])
            at = until
        with database.read() as connection:
            [found] = situations.incidents(connection)
    return request.param, url, found.id


@pytest.fixture
def url(story: tuple[str, str, str], request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store like that of the story, which each test may change."""
    kind, like, _ = story
    return new_store(request, tmp_path, kind, like)


@pytest.fixture
def incident(story: tuple[str, str, str]) -> str:
    """The one incident of the store."""
    return story[2]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Everything that is said to any database meanwhile."""
    said: list[str] = []

    def hear(_: Connection, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def tamper(database: Database, **values: int) -> None:
    """Change the samples of the hour in which the flood began, whatever their series."""
    sample = schema.sample.c
    hour = sample.bucket >= STORM, sample.bucket < STORM + HOUR, sample.posts_at_close > 1
    with database.write() as connection:
        changed = connection.execute(update(schema.sample).where(*hour).values(**values))
        assert changed.rowcount


def test_the_same_verdict_is_reached_again_whatever_the_daemon_went_through(
    database: Database, incident: str
) -> None:
    found, explanations = explain(database, configuration(), incident, AROUND, lambda *_: None)
    assert [one.stored for one in explanations] == [*found.surges]
    assert all(one.same and one.reasons == () for one in explanations)
    [booking] = [one for one in explanations if str(one.series) == BOOKING]
    opening = booking.opening
    assert opening
    assert opening.opened
    assert (opening.evidence or 0) >= booking.threshold == 30 / (4 / 6 / 2)
    assert booking.buckets[0].at == booking.found.started_at - AROUND
    assert booking.totals.posts >= booking.totals.authors > booking.totals.could_be


def test_the_snapshot_is_not_needed(database: Database, incident: str) -> None:
    with database.write() as connection:
        connection.execute(update(schema.panel).values(snapshot=None, snapshot_at=None))
    _, explanations = explain(database, configuration(), incident, AROUND, lambda *_: None)
    assert all(one.same for one in explanations)


def test_the_command_tells_it_in_a_sentence_a_chart_and_a_table(
    seawall: Seawall, url: str, incident: str
) -> None:
    told = seawall("explain", incident.rpartition("-")[2][:4], "--database", url)
    assert told.status == 0, told.err
    words = " ".join(told.out.split())
    assert "Booking of Fjordwing Air on X: " in words
    assert "were expected (could be" in words
    assert (
        "you allow a false alarm once in 90 days here, out of 4 per 30 days. Counted since 03:00."
        in words
    )
    assert "The same verdict again: opened Thu 5 Mar, 03:10 CET with factor " in words
    assert "as stored; ×" in words
    assert "Posts and authors are judged apart, and the weaker decides: here the " in words
    assert "By then it had been observed for 3 days; its expectation could be off by ×" in words
    assert "◀ opened" in told.out
    assert "came later: known now" in words
    day = seawall("explain", incident, "--hours", "24", "--database", url).out
    assert re.search(r"^ *a row per \d+ min$", day, re.MULTILINE)


def test_every_field_of_the_json_is_in_the_help(seawall: Seawall, url: str, incident: str) -> None:
    answer = seawall("explain", incident, "--database", url, "--json")
    help_ = seawall("explain", "--help").out
    surge = answer.data["surges"][0]
    parts = [answer.data, surge, surge["again"], surge["buckets"][0]]
    assert [key for part in parts for key in part if key not in help_] == []
    assert (answer.status, answer.data["same"]) == (0, True)
    assert [one["at"] for one in surge["buckets"]] == sorted(one["at"] for one in surge["buckets"])
    assert sum(one["opened"] for one in surge["buckets"]) == 1


def test_a_sample_that_was_changed_is_noticed(
    seawall: Seawall, database: Database, url: str, incident: str
) -> None:
    tamper(database, posts_at_close=1, authors_at_close=1)
    told = seawall("explain", incident, "--database", url)
    assert told.status == 1
    assert "Not the same verdict:" in told.out
    assert "Nothing in the store says why" in " ".join(told.out.split())
    answer = seawall("explain", incident, "--database", url, "--json")
    assert (answer.status, answer.data["same"]) == (1, False)
    assert {reason for one in answer.data["surges"] for reason in one["reasons"]} == {"unknown"}


def test_what_came_later_is_shown_and_changes_nothing(database: Database, incident: str) -> None:
    tamper(database, posts=99, authors=99)
    _, explanations = explain(database, configuration(), incident, AROUND, lambda *_: None)
    assert all(one.same for one in explanations)
    assert all(one.came_later > 80 for one in explanations)


def test_an_interval_that_was_learned_late_was_not_there_then(
    database: Database, incident: str
) -> None:
    before = STORM - 30 * HOUR
    with database.write() as connection:
        observed = delivery([], before - HOUR, before, ["fjordwing"]).observed
        volume.put_observed(connection, "another", observed, late=True)
        earlier = delivery([], BEGIN - 99 * HOUR, BEGIN, ["fjordwing"]).observed
        volume.put_observed(connection, "another", earlier, late=True)
    _, explanations = explain(database, configuration(), incident, AROUND, lambda *_: None)
    assert all(one.same for one in explanations)


def test_it_reads_and_nothing_else_while_somebody_writes(
    seawall: Seawall, database: Database, url: str, incident: str
) -> None:
    with database.write() as connection, statements() as said:
        connection.execute(update(schema.panel).values(closed_until=None))
        said.clear()
        assert seawall("explain", incident, "--database", url).status == 0
    assert {statement.split()[0] for statement in said} <= {"SELECT", "BEGIN", "PRAGMA", "WITH"}


def test_a_topic_that_was_defined_anew_is_judged_by_what_it_counted_then(
    database: Database, incident: str
) -> None:
    changed = configuration(
        **{"  booking": "  booking: {name: Booking, terms: {en: [booking, checkout]}}"}
    )
    Watch.start(changed, database, ["x", "bluesky"]).take(delivery([], END, END + HOUR))
    _, explanations = explain(database, changed, incident, AROUND, lambda *_: None)
    assert all(one.same for one in explanations)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"  booking": ""}, {Reason.TOPIC_GONE}),
        ({"false_alarms": "false_alarms: 300 per 30 days"}, {Reason.OTHER_BUDGET}),
        ({"bucket": "bucket: 10m"}, {Reason.OTHER_DETECTOR}),
    ],
)
def test_a_verdict_that_differs_says_why(
    database: Database, incident: str, change: dict[str, str], reasons: set[Reason]
) -> None:
    changed = configuration(**change)
    _, explanations = explain(database, changed, incident, AROUND, lambda *_: None)
    [booking] = [one for one in explanations if str(one.series) == BOOKING]
    assert not booking.same
    assert reasons <= {*booking.reasons}


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_picture_is_the_same_each_time(
    kind: str, seawall: Seawall, url: str, incident: str
) -> None:
    for name in ("a", "b"):
        drawn = seawall("explain", incident, "--database", url, "--output", f"{name}.{kind}")
        assert drawn.status == 0, drawn.err
    first, second = (Path(f"{name}.{kind}").read_bytes() for name in ("a", "b"))
    assert first == second
    if kind == "png":
        assert first.startswith(b"\x89PNG")
    else:
        words = first.decode()
        assert "Booking of Fjordwing Air on X" in words
        assert "you allow it once in 90 days" in words


def test_what_cannot_be_done_is_said_before_anything_is(
    seawall: Seawall, url: str, incident: str
) -> None:
    wrong = seawall("explain", incident, "--database", url, "--output", "picture.pdf")
    assert (wrong.status, wrong.out) == (2, "")
    assert ".svg or .png" in wrong.err
    assert seawall("explain", incident, "--output", "none/picture.svg").status == 2
    unknown = seawall("explain", "nothing", "--database", url)
    assert (unknown.status, unknown.out) == (1, "")
    assert "no incident 'nothing'" in unknown.err
    assert seawall("explain", incident, "--config", "none.yaml").status == 2


def test_an_onset_that_an_earlier_version_told_otherwise_is_all_that_differs(
    seawall: Seawall, database: Database, url: str, incident: str
) -> None:
    surge = schema.surge.c
    with database.write() as connection:
        started_at = connection.scalar(select(func.min(surge.started_at)))
        assert started_at
        earlier = {"started_at": started_at - HOUR, "peak_factor": surge.peak_factor / 2}
        connection.execute(update(schema.surge).values(earlier))
    told = seawall("explain", incident, "--database", url)
    words = " ".join(told.out.split())
    assert (told.status, "Not the same verdict" in words) == (1, False)
    assert "The same verdict again, opened Thu 5 Mar, 03:10 CET with evidence " in words
    assert "as stored; its onset is told otherwise: counted since 03:00 now, stored is " in words
    assert "An earlier version of the detector told otherwise when a surge had begun" in words
    surges = seawall("explain", incident, "--database", url, "--json").data["surges"]
    assert {tuple(one["differences"]) for one in surges} == {("started_at", "peak_factor")}
    assert {tuple(one["reasons"]) for one in surges} == {("other_onset",)}


def test_a_factor_that_differs_alone_is_not_the_same_verdict(
    seawall: Seawall, database: Database, url: str, incident: str
) -> None:
    half = {"peak_factor": schema.surge.c.peak_factor / 2}
    with database.write() as connection:
        connection.execute(update(schema.surge).values(half))
    told = seawall("explain", incident, "--database", url)
    assert "Not the same verdict: ×" in " ".join(told.out.split())
