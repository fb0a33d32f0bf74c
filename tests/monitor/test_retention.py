"""Forgetting: what is old goes, what somebody takes back goes at once, and what goes on stays."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Reason, State
from alerts.posts import Post
from detectors import Series
from monitor.store import Database, schema, situations, volume
from monitor.store.retention import forget, purge
from monitor.store.volume import Changes, SampleRow
from tests.alerts import scenes

HOUR = timedelta(hours=1)
BEFORE = scenes.START
TOPICS = ("all", "booking", "bags")


def fill(database: Database, seed: int, posts: int) -> list[tuple[Post, list[str]]]:
    """Posts of ten hours around BEFORE, many at the same instant, on one or more topics each."""
    draw = random.Random(seed)
    made = []
    with database.write() as connection:
        wanted = [("fjordwing", topic, "x", "v") for topic in TOPICS]
        ids = {
            topic: id
            for topic, (id, _) in zip(
                TOPICS, volume.register_series(connection, wanted, None), strict=True
            )
        }
        for n in range(posts):
            at = BEFORE + timedelta(minutes=10 * draw.randrange(-30, 30))
            topics = ["all", *draw.sample(TOPICS[1:], draw.randrange(3))]
            made.append((Post("x", f"p{n}", at, f"text {n}", f"author {n}", "en"), topics))
        new = [(volume.post_key("x", post.id), post, "en", False) for post, _ in made]
        members = [
            (ids[topic], volume.post_key("x", post.id), post.created_at)
            for post, topics in made
            for topic in topics
        ]
        volume.add_posts(connection, new, members)
        counted = [SampleRow(1, BEFORE - 5 * HOUR, 9, 9, 9, 9)]
        volume.put_samples(connection, Changes(counted, {}, {}))
    return made


def incident(
    database: Database,
    id: str,
    state: State,
    *,
    since: timedelta,
    until: timedelta | None = None,
    topic: str = "booking",
    revisions: int = 1,
    shown: list[Post] | None = None,
) -> None:
    """An incident that began `since` after BEFORE, and its briefings that show these posts."""
    surge = replace(
        scenes.surge(Series("fjordwing", topic, "x"), since), detected_at=BEFORE + since
    )
    for revision in range(1, revisions + 1):
        one: Incident = replace(
            scenes.incident(surge, state=state, revision=revision),
            id=id,
            started_at=BEFORE + since,
            resolved_at=None if until is None else BEFORE + until,
        )
        content = replace(
            scenes.briefing(Reason.GREW, said=[]),
            incident=id,
            revision=revision,
            examples=tuple(shown or []),
        )
        with database.write() as connection:
            situations.put_incident(connection, one)
            situations.put_briefing(connection, one, content, [])


def shown(database: Database) -> dict[str, list[list[str]]]:
    """The ids of the examples of every incident's briefings, by revision."""
    b = schema.briefing.c
    found: dict[str, list[list[str]]] = {}
    with database.read() as connection:
        for id, content in connection.execute(
            select(b.incident, b.content).order_by(b.incident, b.revision)
        ):
            read = Briefing.from_json(content)
            assert read.to_json() == content, "it is written as if it had never shown more"
            found.setdefault(id, []).append([post.id for post in read.examples])
    return found


def left(database: Database) -> tuple[set[str], int]:
    """The ids of stored posts, and how many mentions there are."""
    with database.read() as connection:
        ids = set(connection.scalars(select(schema.post.c.id)))
        mentions = connection.scalar(select(func.count()).select_from(schema.mention))
    return ids, mentions or 0


def purged(database: Database, limit: int) -> list[int]:
    """How much was forgotten each time, until nothing was."""
    numbers: list[int] = []
    while not numbers or numbers[-1]:
        with database.write() as connection:
            numbers.append(purge(connection, BEFORE, limit))
    return numbers


@pytest.mark.parametrize(("seed", "limit"), [(1, 7), (2, 5000)])
def test_old_posts_are_forgotten_a_few_at_a_time_but_those_of_what_goes_on(
    database: Database, seed: int, limit: int
) -> None:
    made = fill(database, seed, 300)
    incident(database, "on", State.ACKNOWLEDGED, since=-2 * HOUR)
    incident(database, "over", State.RESOLVED, since=-5 * HOUR, until=-3 * HOUR, topic="bags")
    numbers = purged(database, limit)
    assert max(numbers) <= limit
    kept = [
        (post, topics)
        for post, topics in made
        if post.created_at >= BEFORE
        or ("booking" in topics and post.created_at >= BEFORE - 2 * HOUR)
    ]
    assert sum(numbers) == len(made) - len(kept) > 100
    assert left(database) == ({post.id for post, _ in kept}, sum(len(t) for _, t in kept))
    with database.read() as connection:
        assert [row.posts for row in volume.samples(connection, [1], None, BEFORE)] == [9]
        assert len(situations.incidents(connection)) == 2


def test_a_briefing_shows_nothing_that_is_forgotten(database: Database) -> None:
    old, new = (
        Post("x", name, BEFORE + after, f'say "examples":[] {name}', None, "en")
        for name, after in (("old", -HOUR), ("new", HOUR))
    )
    both, old_only = [old, new], [old]
    incident(
        database, "long-over", State.RESOLVED, since=-3 * HOUR, until=-HOUR / 2, shown=old_only
    )
    incident(
        database, "over", State.RESOLVED, since=-2 * HOUR, until=2 * HOUR, shown=both, revisions=2
    )
    incident(database, "on", State.OPEN, since=-4 * HOUR, shown=both)
    assert sum(purged(database, 10)) == 3
    assert shown(database) == {
        "long-over": [[]],
        "over": [["new"], ["new"]],
        "on": [["old", "new"]],
    }


def test_what_its_author_takes_back_is_forgotten_everywhere_and_stays_counted(
    database: Database,
) -> None:
    made = [post for post, _ in fill(database, 4, 60)]
    gone, stays = made[:3], made[3:5]
    odd = Post("x", 'a"b%_/\\é', made[0].created_at, "odd", "odd", "en")
    with database.write() as connection:
        key = volume.post_key("x", odd.id)
        volume.add_posts(connection, [(key, odd, "en", True)], [(1, key, odd.created_at)])
    long = {"since": -9 * HOUR, "shown": [gone[0], stays[0], odd, stays[1]]}
    incident(database, "on", State.OPEN, revisions=2, **long)  # type: ignore[arg-type]
    incident(database, "over", State.RESOLVED, until=9 * HOUR, **long)  # type: ignore[arg-type]
    incident(database, "calm", State.OPEN, since=-9 * HOUR, topic="bags", shown=stays)
    before, mentions = left(database)
    taken_back = [("x", post.id) for post in [*gone, odd]]
    nobody = [("x", "p"), ("bluesky", stays[0].id), ("x", "p9999")]
    with database.write() as connection:
        assert forget(connection, []) == set()
        assert forget(connection, nobody) == set()
        assert forget(connection, [*taken_back, *nobody]) == {"on"}
        assert forget(connection, taken_back) == set()
        assert volume.unknown(connection, gone) == {}
    kept = [post.id for post in stays]
    assert shown(database) == {"on": [kept, kept], "over": [kept], "calm": [kept]}
    assert left(database) == (before, mentions)
    with database.read() as connection:
        p = schema.post.c
        rows = {row.id: row for row in connection.execute(select(schema.post))}
        blank = {
            id for id, row in rows.items() if (row.text, row.author, row.url) == ("", None, None)
        }
        assert blank == {id for _, id in taken_back}
        assert connection.scalar(select(func.count()).where(p.author.is_not(None))) == 57
