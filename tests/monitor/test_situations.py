"""Through the store: what is one situation, what is compared, what is put off, what people rate."""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.incidents.comparison import Comparison
from alerts.incidents.incident import Incident, Reason, Severity, State
from alerts.incidents.steps import Deed, Step
from alerts.posts import Post
from monitor.configuration import Configuration
from monitor.incidents import comparing, deeds
from monitor.store import Database, situations
from monitor.watch import Watch
from tests.airline import BEGIN, apart, configuration, days, delivery, flood
from tests.service import new_database

HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=4, hours=2)
BOTH = ("fjordwing", "otherwing")
COMPETITOR = {"  otherwing": '  otherwing: {name: Otherwing, whose: competitor, terms: ["@Other"]}'}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(new_database(tmp_path / "seawall.db")) as opened:
        yield opened


def begun(database: Database, used: Configuration | None = None) -> Watch:
    return Watch.start(used or configuration(), database, ["x"], ["terminal"])


def fed(
    watch: Watch,
    posts: Sequence[Post],
    until: datetime,
    *,
    since: datetime = BEGIN,
    step: timedelta = 6 * HOUR,
) -> list[tuple[Incident, Reason]]:
    """What became news of these posts."""
    news, at = [], since
    while at < until:
        end = min(at + step, until)
        within = [one for one in posts if at <= one.created_at < end]
        news += watch.take(delivery(within, at, end, BOTH)).news
        at = end
    return news


def mixed(begin: datetime, minutes: int, seed: int = 1) -> list[Post]:
    """A flood of which every post is on one topic, and a few on both."""
    draw = random.Random(seed)
    texts = ["my booking is lost", "no bags", "no bags"]
    return [
        replace(one, text=f"@FjordwingAir {draw.choice(texts)}{' booking' * (draw.random() < 0.2)}")
        for one in flood(begin, minutes)
    ]


def test_what_few_posts_could_not_tell_apart_is_parted_when_there_are_more(
    database: Database,
) -> None:
    floods = apart(STORM, 120, "booking is down", "where are my bags")[::4]
    news = fed(begun(database), [*days(5), *floods], STORM + 2 * HOUR)
    reasons = [reason for _, reason in news]
    assert (reasons.count(Reason.OPENED), reasons.count(Reason.SPLIT)) == (2, 1), reasons
    with database.read() as connection:
        found = situations.unresolved(connection)
        [split] = [
            step
            for one in found
            for step in situations.timeline(connection, one.id)
            if step["kind"] == "split"
        ]
    assert sorted(one.topics for one in found) == [["baggage"], ["booking"]]
    assert re.fullmatch(r"B\w+ is fjordwing-\w+ now", split["note"])


@pytest.mark.parametrize("seed", range(4))
def test_one_situation_on_several_topics_stays_one(database: Database, seed: int) -> None:
    news = fed(begun(database), [*days(5), *mixed(STORM, 60, seed)], STORM + HOUR)
    assert {incident.id for incident, _ in news} == {news[0][0].id}
    assert news[-1][0].topics == ["baggage", "booking"]


def test_it_does_not_matter_when_two_situations_are_parted(database: Database) -> None:
    floods = apart(STORM, 60, "booking is down", "where are my bags")
    posts = [*days(5), *floods]

    def outcome(step: timedelta) -> list[tuple[str, list[str], int]]:
        fed(begun(database), posts, STORM + 8 * HOUR, step=step)
        with database.read() as connection:
            found = situations.incidents(connection)
        database.clear()
        return [(one.id, one.topics, one.revision) for one in found]

    assert outcome(HOUR / 2) == outcome(24 * HOUR)


def test_a_competitor_opens_no_incident_and_is_what_ours_is_compared_with(
    database: Database,
) -> None:
    used = configuration(**COMPETITOR)
    theirs = [
        replace(one, id=f"o{one.id}", text=one.text.replace("@FjordwingAir", "@Other"))
        for one in [*days(5, seed=2), *flood(STORM, 90)]
    ]
    watch = begun(database, used)
    news = fed(watch, [*days(5), *theirs], STORM + HOUR)
    assert news == []
    floods = [*theirs, *flood(STORM + HOUR, 60)]
    news = fed(watch, floods, STORM + 2 * HOUR, since=STORM + HOUR, step=HOUR / 2)
    incident = news[-1][0]
    assert {one.brand for one, _ in news} == {"fjordwing"}

    def compared(at: datetime) -> Comparison:
        with database.read() as connection:
            found = comparing.compare(connection, used, watch.panels, incident, at)
        assert found is not None
        return found

    both = compared(STORM + 1.5 * HOUR)
    assert both.words().startswith("everyone, ×")
    assert both.others[0].name == "Otherwing"
    assert both.others[0].factor > 20
    fed(watch, flood(STORM + 2 * HOUR, 600), STORM + 9 * HOUR, since=STORM + 2 * HOUR)
    later = compared(STORM + 9 * HOUR)
    assert later.others[0].factor < both.others[0].factor / 4


def test_where_no_other_brand_was_observed_nothing_is_compared(database: Database) -> None:
    watch = begun(database)
    news = fed(watch, [*days(5), *flood(STORM, 60)], STORM + HOUR)
    with database.read() as connection:
        assert not comparing.compare(
            connection, watch.configuration, watch.panels, news[-1][0], STORM + HOUR
        )


def put_off(database: Database, value: str) -> tuple[Watch, Incident]:
    """A watch in whose store an incident was snoozed, an hour after it began."""
    watch = begun(database)
    news = fed(watch, [*days(5), *flood(STORM, 60)], STORM + HOUR)
    id = news[0][0].id
    with database.write() as connection:
        incident = situations.one_incident(connection, id)
        situations.put_incident(connection, replace(incident, assessed=Severity.CRITICAL))
    deeds.take(database, id, Deed(Step.SNOOZE, "Kari", "shell", value), STORM + HOUR)
    return watch, news[0][0]


def test_what_is_snoozed_goes_on_silently_and_wakes_when_it_has_doubled(
    database: Database,
) -> None:
    watch, before = put_off(database, "doubles")
    more = flood(STORM + HOUR, 120)
    silent = fed(watch, more, STORM + 1.5 * HOUR, since=STORM + HOUR, step=HOUR / 4)
    assert {reason for _, reason in silent} <= {Reason.REVISED}
    news = fed(watch, more, STORM + 3 * HOUR, since=STORM + 1.5 * HOUR, step=HOUR / 4)
    [woken] = [incident for incident, reason in news if reason is Reason.WOKEN]
    assert (woken.posts >= 2 * before.posts, woken.snoozed_posts) == (True, None)


def test_what_is_snoozed_until_a_time_wakes_then(database: Database) -> None:
    until = STORM + 2.5 * HOUR
    watch, _ = put_off(database, until.isoformat())
    more = flood(STORM + HOUR, 120)
    news = fed(watch, more, STORM + 3 * HOUR, since=STORM + HOUR, step=HOUR / 4)
    [woken] = [one for one in news if one[1] is Reason.WOKEN]
    assert woken[0].briefed_at == until


def test_the_night_does_not_resolve_what_is_assigned(database: Database) -> None:
    watch = begun(database)
    news = fed(watch, [*days(5), *flood(STORM, 60)], STORM + HOUR)
    id = news[0][0].id
    deeds.take(database, id, Deed(Step.ASSIGN, "Kari", "shell", "IT"), STORM + HOUR)
    fed(watch, [], STORM + 9 * HOUR, since=STORM + HOUR)
    with database.read() as connection:
        assert situations.one_incident(connection, id).state is State.OPEN
    deeds.take(database, id, Deed(Step.RESOLVE, "Kari", "shell"), STORM + 9 * HOUR)


def test_what_a_person_rated_stays_so_while_it_does_not_get_worse(database: Database) -> None:
    watch = begun(database)
    news = fed(watch, [*days(5), *flood(STORM, 120)], STORM + HOUR)
    id = news[0][0].id
    assert news[-1][0].severity is Severity.CRITICAL
    deeds.take(database, id, Deed(Step.RATE, "Kari", "shell", "minor"), STORM + HOUR)
    more = flood(STORM + HOUR, 60)
    news = fed(watch, more, STORM + 2 * HOUR, since=STORM + HOUR, step=HOUR / 4)
    assert Reason.ESCALATED not in {reason for _, reason in news}
    with database.read() as connection:
        rated = situations.one_incident(connection, id)
    assert (rated.severity, rated.severity_by) == (Severity.MINOR, "Kari")


def test_a_topic_that_is_restricted_is_restricted_from_the_first_moment(
    database: Database,
) -> None:
    used = configuration(
        recording="recording: {platform: x}\n"
        "people: {nora: {name: Nora}}\n"
        "notify: [{kind: terminal}, {kind: terminal, name: crisis}]\n"
        "restricted: {people: [nora], channel: [crisis], topics: [booking]}"
    )
    watch = Watch.start(used, database, ["x"], ["terminal", "crisis"])
    news = fed(watch, [*days(5), *flood(STORM, 60)], STORM + HOUR)
    [(incident, _), *_] = [one for one in news if "booking" in one[0].topics]
    assert incident.restricted
