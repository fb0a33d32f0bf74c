"""Silence, talk and a new normal: what is told otherwise than a surge of trouble."""

import asyncio
import io
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Kind, Reason, Severity, State
from alerts.notifiers import Notification
from alerts.notifiers.terminal import Terminal, TerminalNotifier
from alerts.posts import Post
from monitor.store import Database, situations
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood
from tests.service import new_database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = ("fjordwing", "otherwing")
QUIET = BEGIN + timedelta(days=7, hours=4)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(new_database(tmp_path / "seawall.db")) as opened:
        yield opened


def taken(
    database: Database, posts: Sequence[Post], until: datetime, *, step: timedelta = 6 * HOUR
) -> list[tuple[Incident, Reason]]:
    """What became news of these posts, on all platforms of theirs at once."""
    platforms = sorted({one.platform for one in posts})
    watch = Watch.start(configuration(), database, platforms, ["terminal"])
    news, at = [], BEGIN
    while at < until:
        end = min(at + step, until)
        within = [one for one in posts if at <= one.created_at < end]
        one = delivery(within, at, end, BOTH)
        observed = [replace(one.observed[0], brand=b, platform=p) for b in BOTH for p in platforms]
        news += watch.take(replace(one, observed=observed)).news
        at = end
    return news


def everybody(number: float, platform: str = "x", seed: int = 1, busy: int = 4) -> list[Post]:
    """Ordinary days of both brands, busy enough that silence is heard."""
    return [
        replace(
            one,
            id=f"{platform}-{handle}-{n}-{one.id}",
            platform=platform,
            text=one.text.replace("@FjordwingAir", handle),
            author=f"{one.author}-{n}",
        )
        for handle in ("@FjordwingAir", "@Otherwing")
        for n in range(busy)
        for one in days(number, seed=seed * 100 + n)
    ]


def newest(database: Database) -> Briefing:
    with database.read() as connection:
        [told] = situations.briefings(connection)
    return told


def printed(briefing: Briefing) -> str:
    out = io.StringIO()
    notifier = TerminalNotifier("t", Terminal(file=out, width=100), width=100, hint="ack")
    asyncio.run(notifier.send(Notification("key", briefing.incident, 1, briefing)))
    return " ".join(out.getvalue().replace("│", " ").split())


def down(posts: Sequence[Post], platform: str, *, handle: str = "") -> list[Post]:
    """The posts, less those of eight hours on a platform, or of one brand there."""
    return [
        one
        for one in posts
        if one.platform != platform
        or handle not in one.text
        or not QUIET <= one.created_at < QUIET + 8 * HOUR
    ]


def test_everything_that_falls_silent_on_a_platform_is_one_incident(database: Database) -> None:
    posts = down([*everybody(8), *everybody(8, "bluesky", 2)], "bluesky")
    first, *_ = news = taken(database, posts, BEGIN + 8 * DAY)
    assert [reason for _, reason in news] == [Reason.OPENED, Reason.RESOLVED]
    assert (first[0].kind, first[0].severity, first[0].calls) == (
        Kind.SILENCE,
        Severity.MINOR,
        True,
    )
    assert QUIET <= first[0].detected_at < QUIET + 2 * HOUR
    with database.read() as connection:
        [incident] = situations.incidents(connection)
    assert {one.series.brand for one in incident.surges} == set(BOTH)
    assert {one.series.topic for one in incident.surges} >= {"all", "booking"}
    told = newest(database)
    assert told.headline.startswith("Everything on Bluesky: silent since 0")
    assert statements.now(told).startswith("over, about ")
    over = incident.resolved_at
    assert over is not None
    assert QUIET + 8 * HOUR < over < QUIET + 9 * HOUR, "it is over when people write again"


def test_a_silence_says_what_is_missing_and_where_to_look(database: Database) -> None:
    posts = down([*everybody(8), *everybody(8, "bluesky", 2)], "bluesky")
    taken(database, posts, QUIET + 2 * HOUR)
    told = newest(database)
    assert re.fullmatch(r"Everything on Bluesky: silent since 0[45]:\d\d", told.headline)
    assert (told.holding_messages, told.examples, told.situation) == ({}, (), "")
    shown = printed(told)
    for fact in (
        "SILENCE",
        r"Posts 0 on all mentions, where \d+ were expected",
        "Also silent Otherwing on Bluesky",
        "Not silent Fjordwing Air on X, Otherwing on X",
        r"says that it saw everything until 0\d:\d\d, so it may be broken without knowing",
        "check the source's access and search terms",
    ):
        assert re.search(fact, shown), fact
    assert "Holding message" not in shown


def test_one_brand_that_falls_silent_among_others_is_named(database: Database) -> None:
    posts = down(everybody(8), "x", handle="@Otherwing")
    taken(database, posts, QUIET + 2 * HOUR)
    told = newest(database)
    assert told.headline.startswith("Otherwing on X: silent since ")
    assert told.elsewhere is not None
    assert told.elsewhere.heard == ("Fjordwing Air on X",)


def test_a_source_that_says_it_is_down_is_blind_and_not_silent(database: Database) -> None:
    posts = [one for one in everybody(8) if one.created_at < QUIET]
    watch = Watch.start(configuration(), database, ["x"], ["terminal"])
    assert watch.take(delivery(posts, BEGIN, QUIET, BOTH)).news == []
    again = delivery([], QUIET + 8 * HOUR, QUIET + 8 * HOUR + timedelta(minutes=5), BOTH)
    assert watch.take(again).news == []


def usual(number: float) -> list[Post]:
    """Ordinary days in which every other post tells of trouble."""
    draw = random.Random(5)
    trouble = ("why is nobody answering?", "still waiting, no reply", "my seat is wrong, help")
    return [
        one
        if draw.random() < 0.5
        else replace(one, id=f"{n}{one.id}", text=f"@FjordwingAir {draw.choice(trouble)}")
        for n in range(2)
        for one in days(number, seed=70 + n)
    ]


AFTERNOON = BEGIN + timedelta(days=5, hours=14)


def said(
    text: str, begin: datetime = AFTERNOON, minutes: int = 40, crowd: str = "crowd"
) -> list[Post]:
    return [
        replace(one, id=f"{crowd}{one.id}", author=f"{crowd}{one.author}")
        for one in flood(begin, minutes, text=f"@FjordwingAir {text}")
    ]


def test_a_promotion_is_shown_and_calls_nobody(database: Database) -> None:
    news = taken(database, [*usual(6), *said("sign me up!")], BEGIN + 6 * DAY)
    assert news[0][1] is Reason.OPENED
    assert {incident.calls for incident, _ in news} == {False}
    assert {incident.severity for incident, _ in news} == {Severity.MINOR}
    assert not {reason for _, reason in news} & {Reason.ESCALATED, Reason.CALLING}
    told = newest(database)
    assert statements.tag(told) == "talk"
    assert told.calls_because.endswith("of its posts tell of trouble, where 48% usually do: talk")


def test_trouble_that_no_topic_names_calls(database: Database) -> None:
    news = taken(database, [*usual(6), *said("the wifi is broken again")], BEGIN + 6 * DAY)
    assert news[0][0].topics == ["all"]
    assert all(incident.calls for incident, _ in news)


def test_trouble_in_the_middle_of_a_promotion_calls_from_then_on(database: Database) -> None:
    later = AFTERNOON + HOUR / 2
    trouble = said("the wifi is broken again", later, 30, "stranded")
    news = taken(database, [*usual(6), *said("sign me up!"), *trouble], BEGIN + 6 * DAY)
    calling = [incident for incident, reason in news if reason is Reason.CALLING]
    assert [incident.calls for incident, _ in news] == sorted(i.calls for i, _ in news)
    assert len(calling) == 1
    assert later < (calling[0].briefed_at or later) < later + HOUR / 2
    assert calling[0].severity is Severity.CRITICAL


def _of_both(text: str, n: int) -> str:
    """Some who write of their bags write of their booking, too, as people do."""
    return text.replace("bags", "bags and booking") if n % 4 == 0 else text


def test_a_level_that_stays_for_a_day_is_the_new_normal_and_says_so(database: Database) -> None:
    begin = BEGIN + timedelta(days=7, hours=10)
    posts = [
        replace(one, id=f"{n}{one.id}", author=f"{n}{one.author}", text=_of_both(one.text, n))
        for n in range(16)
        for one in days(10, seed=n)
        if n < 4 or one.created_at >= begin
    ]
    news = taken(database, posts, BEGIN + 10 * DAY)
    reasons = [reason for _, reason in news]
    assert reasons[0] is Reason.OPENED
    assert reasons[-1] is Reason.RENEWED
    assert not {*reasons[1:]} & {Reason.OPENED, Reason.REOPENED}
    last = news[-1][0]
    assert (last.state, {one.ended_at is None for one in last.surges}) == (State.RESOLVED, {False})
    assert begin + DAY < (last.resolved_at or begin) < begin + DAY + HOUR
    told = statements.resolution(newest(database), last.resolved_by) or ""
    assert "times as much as before is the new normal: it has stayed for 24 hours." in told
