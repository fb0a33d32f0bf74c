"""What is different when sources run live: each at its own pace, late, catching up, taking back."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from alerts.incidents.incident import State
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.store import Database, schema, situations, volume
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood, post
from tests.monitor.test_watch import everything

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STORM = BEGIN + timedelta(days=4, hours=2)


def start(database: Database) -> Watch:
    return Watch.start(configuration(), database, ["x", "bluesky"], ["recorder"])


def counted(topics: dict[str, datetime], since: datetime, until: datetime, seed: int) -> Delivery:
    """Counts on x, every topic observed from `since` until its own time."""
    draw = random.Random(seed)
    counts, seen = [], []
    for topic, end in topics.items():
        at = since
        while at < end:
            counts.append(Count("fjordwing", topic, "x", at, draw.choice([0, 1, 2])))
            at += MINUTE
        if since < end:
            seen.append(Observed("fjordwing", "x", since, end, topic))
    return Delivery("x", until, until.isoformat(), counts=counts, observed=seen, platforms=["x"])


def told(database: Database) -> list[tuple[str, str]]:
    """What is in the outbox: (reason, incident) in order."""
    with database.read() as connection:
        n, e = schema.notification.c, schema.event.c
        rows = connection.execute(
            select(e.kind, n.incident)
            .join(schema.event, (e.incident == n.incident) & (e.number == n.revision - 1))
            .order_by(n.incident, n.revision)
        )
        return [(kind, incident) for kind, incident in rows]


def closed_until(database: Database) -> dict[str, datetime | None]:
    with database.read() as connection:
        return {row.platform: row.closed_until for row in volume.panels(connection)}


def test_a_slow_platform_is_judged_as_far_as_its_own_source_has_seen(database: Database) -> None:
    watch = start(database)
    fast = replace(delivery([], BEGIN, BEGIN + 2 * HOUR), source="b", platforms=["bluesky"])
    seen = [Observed("fjordwing", "bluesky", BEGIN, BEGIN + 2 * HOUR)]
    watch.take(replace(fast, observed=seen))
    assert closed_until(database) == {"bluesky": BEGIN + 2 * HOUR, "x": None}
    end = BEGIN + HOUR
    watch.take(counted({"all": end, "booking": end}, BEGIN, end, seed=1))
    assert closed_until(database) == {"bluesky": BEGIN + 2 * HOUR, "x": end}
    with database.read() as connection:
        rows = volume.samples(connection, range(99), None, end)
    assert all(row.posts == row.posts_at_close for row in rows), "nothing of it came late"


def slices(seed: int) -> Iterator[Delivery]:
    """Three days of counts in which the topic `booking` is now and then an hour behind."""
    draw = random.Random(seed)
    at = BEGIN
    behind = BEGIN
    while at < BEGIN + timedelta(days=3):
        end = at + 20 * MINUTE
        whole = counted({"all": end}, at, end, seed=at.day * 1000 + at.hour)
        if draw.random() < 0.6:
            late = counted({"booking": end}, behind, end, seed=at.hour)
            whole = replace(
                whole,
                counts=[*whole.counts, *late.counts],
                observed=[*whole.observed, *late.observed],
            )
            behind = end
        yield whole
        at = end


def test_a_restart_changes_nothing_where_topics_were_learned_of_late(database: Database) -> None:
    watch = start(database)
    for one in slices(seed=5):
        watch.take(one)
    undisturbed = everything(database)
    assert any(late for *_, late, _ in undisturbed["observed"]), "the story has to test something"
    database.clear()
    draw = random.Random(6)
    watch = start(database)
    for one in slices(seed=5):
        watch.take(one)
        if draw.random() < 0.3:
            watch = start(database)
    assert everything(database) == undisturbed


def live(database: Database, until: datetime, now: datetime, step: timedelta = HOUR) -> Watch:
    """A watch that has taken everything until `until`, the flood step by step, found at `now`."""
    watch = start(database)
    posts = [*days(5), *flood(STORM, 60)]
    at = BEGIN
    while at < until:
        end = min(at + (step if at >= STORM else HOUR), until)
        piece = [one for one in posts if at <= one.created_at < end]
        watch.take(replace(delivery(piece, at, end), platforms=["x"]), now=max(now, end))
        at = end
    return watch


def test_nobody_is_told_of_what_was_over_before_seawall_looked(database: Database) -> None:
    live(database, STORM + 12 * HOUR, now=STORM + 12 * HOUR)
    with database.read() as connection:
        [incident] = situations.incidents(connection)
    assert incident.state is State.RESOLVED
    assert told(database) == []


def test_what_began_long_ago_and_goes_on_is_told_once_caught_up(database: Database) -> None:
    now, until = STORM + 90 * MINUTE, STORM + 30 * MINUTE
    live(database, until - 5 * MINUTE, now=now, step=5 * MINUTE)
    assert told(database) == [], "it has not caught up to within the last hour"
    restarted = start(database)
    restarted.take(delivery([], until - 5 * MINUTE, until + 5 * MINUTE), now=now)
    restarted.take(delivery([], until + 5 * MINUTE, until + 6 * MINUTE), now=now)
    assert len(told(database)) == 1, "people are told where it stands, and not how it came"


def test_what_was_told_is_told_to_its_end_however_late(database: Database) -> None:
    watch = live(database, STORM + HOUR / 2, now=BEGIN)
    before = told(database)
    assert before[0][0] == "opened"
    quiet = delivery([], STORM + HOUR / 2, STORM + 9 * HOUR)
    watch.take(quiet, now=STORM + 40 * HOUR)
    assert [reason for reason, _ in told(database)][-1] == "resolved"


def test_what_an_author_deleted_is_forgotten_everywhere_and_still_counted(
    database: Database,
) -> None:
    watch = live(database, STORM + HOUR / 2, now=BEGIN)
    with database.read() as connection:
        [incident] = situations.incidents(connection)
        shown = situations.latest_briefing(connection, incident.id).examples
        before = volume.samples(connection, range(99), STORM, STORM + 5 * MINUTE)
    gone = [("x", one.id) for one in shown]
    later = delivery([], STORM + HOUR / 2, STORM + HOUR / 2 + MINUTE)
    watch.take(replace(later, deleted=gone), now=STORM + HOUR / 2)
    with database.read() as connection:
        newest = situations.latest_briefing(connection, incident.id)
        kept = connection.scalars(select(schema.briefing.c.content)).all()
        texts = connection.scalars(select(schema.post.c.text)).all()
        after = volume.samples(connection, range(99), STORM, STORM + 5 * MINUTE)
    assert (newest.reason, newest.revision > incident.revision) == ("revised", True)
    for one in shown:
        assert not any(one.id in content for content in kept)
        assert one.text not in texts
    assert after == before
    assert before


def test_examples_are_shown_and_not_counted(database: Database) -> None:
    watch = start(database)
    draw = random.Random(5)
    at, found = BEGIN, None
    while found is None and at < STORM + HOUR:
        counts = [
            Count("fjordwing", topic, "x", at + i * 5 * MINUTE, draw.choice([0, 1, 1, 2]) + extra)
            for topic in ("all", "booking", "baggage")
            for i in range(12)
            for extra in [15 if topic != "baggage" and at + i * 5 * MINUTE >= STORM else 0]
        ]
        end = at + HOUR
        seen = [Observed("fjordwing", "x", at, end, one) for one in ("all", "booking", "baggage")]
        one = Delivery("x", end, "", counts=counts, observed=seen, platforms=["x"])
        news = watch.take(one, now=end).news
        found, at = (news[0][0] if news else None), end
    assert found
    posts = [post(STORM + i * MINUTE, f"@FjordwingAir my booking {i}") for i in range(5)]
    watch.illustrate(found.id, posts, at)
    watch.illustrate(found.id, posts, at)
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, found.id)
        samples = volume.samples(connection, range(99), STORM, STORM + HOUR)
    assert {one.text for one in briefing.examples} <= {one.text for one in posts}
    assert briefing.examples
    assert briefing.observed > 100
    assert all(row.posts == row.posts_at_close for row in samples)


def test_a_bucket_of_which_the_first_moment_was_missed_is_not_observed(database: Database) -> None:
    watch = start(database)
    late, middle = BEGIN + timedelta(seconds=0.4), BEGIN + timedelta(minutes=7, seconds=3.2)
    for since, until in ((late, middle), (middle, BEGIN + HOUR)):
        piece = [post(since + timedelta(seconds=1), "@FjordwingAir hello")]
        watch.take(replace(delivery(piece, since, until), platforms=["x"]))
    with database.read() as connection:
        rows = volume.samples(connection, range(99), None, BEGIN + HOUR)
    buckets = {row.bucket for row in rows if row.posts_at_close is not None}
    assert buckets == {BEGIN + timedelta(minutes=5)}, "the first was seen but for 0.4 s of it"
