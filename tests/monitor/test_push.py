"""Mentions and counts that other programs push: repeated freely, judged once, silence not zero."""

import asyncio
import random
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from monitor.http.application import application
from monitor.sources.kinds import push, source_kinds
from monitor.sources.kinds._push_requests import MOST_ROWS, PushedCounts, PushedMentions
from monitor.store import Database, schema, situations, volume
from tests.airline import BEGIN
from tests.conftest import PATIENCE_S
from tests.service import RunningService, configured, new_database, secret, served

BUCKET = timedelta(minutes=5)
NOW = BEGIN + timedelta(days=8)
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def at(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat()


def mention(minutes: float, text: str = "@FjordwingAir my booking", **more: Any) -> dict[str, Any]:
    return {"id": f"m{minutes}", "created_at": at(minutes), "text": text, **more}


def count(minutes: float, posts: int, **more: Any) -> dict[str, Any]:
    return {"brand": "fjordwing", "topic": "booking", "at": at(minutes), "posts": posts, **more}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    database = new_database(tmp_path / "seawall.db")
    yield RunningService(configured(tmp_path), database, NOW)
    database.close()


@pytest.fixture
def client(service: RunningService) -> Iterator[httpx.Client]:
    with (
        served(application(service)) as url,
        httpx.Client(
            base_url=f"{url}/api/v1",
            headers={"authorization": f"Bearer {secret('pusher')}"},
            verify=NO_TLS,
            timeout=PATIENCE_S,
        ) as client,
    ):
        yield client


def send(service: RunningService, **body: Any) -> list[push.Unusable]:
    """Push without HTTP between."""
    with service.database.read() as connection:
        cursor = volume.cursor_of(connection, "pushed")
    about = {
        "source": "pushed",
        "cursor": cursor,
        "configuration": service.configuration,
        "now": NOW,
    }
    if "counts" in body:
        counts = PushedCounts.model_validate({"platform": "forum", **body})
        delivery, unusable = push.delivery_of_counts(counts, **about)
    else:
        mentions = PushedMentions.model_validate({"platform": "reviews", **body})
        delivery, unusable = push.delivery_of_mentions(mentions, **about)
    service.watch.take(delivery)
    return unusable


def samples(service: RunningService, topic: str = "booking") -> dict[float, tuple[int, Any]]:
    """What is known of the pushed series: minutes -> posts, posts at close."""
    s, one = schema.sample.c, schema.series.c
    query = select(s.bucket, s.posts, s.posts_at_close).join(schema.series, one.id == s.series)
    wanted = (one.topic == topic, one.brand == "fjordwing", one.platform.in_(["reviews", "forum"]))
    with service.database.read() as connection:
        rows = connection.execute(query.where(*wanted))
        return {(row.bucket - BEGIN) / timedelta(minutes=1): tuple(row[1:]) for row in rows}


def everything(database: Database) -> dict[str, list[Any]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], RunningService]:
    """Makes services with a store of their own."""
    folder = tmp_path_factory.mktemp("push")
    made, configuration = iter(range(10_000)), configured(folder)

    def make() -> RunningService:
        return RunningService(configuration, new_database(folder / f"{next(made)}.db"), NOW)

    return make


MENTIONS = [mention(n * 1.5, author=f"a{n % 4}") for n in range(24)]


@settings(max_examples=10)
@given(data=st.data())
def test_however_mentions_are_cut_and_repeated_the_store_is_the_same(
    fresh: Callable[[], RunningService], data: st.DataObject
) -> None:
    whole, pieces = fresh(), fresh()
    end = at(40)
    begin: dict[str, Any] = {"mentions": [], "observed_until": at(0)}
    for service in (whole, pieces):
        send(service, **begin)
    send(whole, mentions=MENTIONS, observed_until=end)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(MENTIONS) - 1), max_size=4)))
    for first, last in zip([0, *cuts], [*cuts, len(MENTIONS)], strict=True):
        piece = data.draw(st.permutations(MENTIONS[first:last]))
        again = data.draw(st.lists(st.sampled_from(MENTIONS[:last]), max_size=5))
        until = MENTIONS[last]["created_at"] if last < len(MENTIONS) else end
        said = {"observed_until": until} if data.draw(st.booleans()) else {}
        send(pieces, mentions=[*piece, *again], **said)
        if data.draw(st.booleans()):
            send(pieces, mentions=[*again, *piece], **said)
            pieces.restart()
    send(pieces, mentions=[], observed_until=end)
    assert everything(pieces.database) == everything(whole.database)
    for service in (whole, pieces):
        service.database.close()


@settings(max_examples=10)
@given(
    ends=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    sent_again=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_however_often_counts_are_told_they_are_not_added_up(
    fresh: Callable[[], RunningService], ends: list[int], sent_again: list[bool]
) -> None:
    numbers = random.Random(1).choices(range(9), k=12)
    once, often = fresh(), fresh()
    rows = [count(5 * n, posts) for n, posts in enumerate(numbers[: max(ends)])]
    send(once, counts=rows, observed_until=at(5 * max(ends)))
    for end, again in zip(ends, sent_again, strict=False):
        for _ in range(1 + again):
            send(often, counts=rows[:end], observed_until=at(5 * end))
        if again:
            often.restart()
    told = {5 * n: (posts, posts) for n, posts in enumerate(numbers[: max(ends)])}
    assert samples(once) == told
    assert {bucket: known for bucket, (known, _) in samples(often).items()} == {
        bucket: known for bucket, (known, _) in told.items()
    }
    for service in (once, often):
        service.database.close()


def test_a_request_told_again_leaves_every_row_as_it_was(service: RunningService) -> None:
    first: dict[str, Any] = {"counts": [count(0, 3), count(5, 4)], "observed_until": at(10)}
    second: dict[str, Any] = {"counts": [count(10, 5)], "observed_until": at(15)}
    send(service, **first)
    send(service, **second)
    before = everything(service.database)
    for body in (first, second, second, first):
        send(service, **body)
    assert everything(service.database) == before


def test_a_count_told_anew_replaces_what_is_known_and_not_what_was_judged(
    service: RunningService,
) -> None:
    send(service, counts=[count(0, 3), count(5, 4)], observed_until=at(10))
    send(service, counts=[count(0, 7)], observed_until=at(15))
    assert samples(service) == {0: (7, 3), 5: (4, 4)}


def test_a_series_is_observed_through_the_counts_that_name_it(service: RunningService) -> None:
    send(service, counts=[count(0, 3)], observed_until=at(10))
    send(service, counts=[count(10, 3), count(10, 9, topic="all")], observed_until=at(20))
    with service.database.read() as connection:
        seen = [
            (topic, (since - BEGIN) / BUCKET, (until - BEGIN) / BUCKET)
            for _, topic, since, until, *_ in volume.observed_intervals(connection, "forum")
        ]
    assert sorted(seen) == [("all", 2, 4), ("booking", 0, 1), ("booking", 2, 4)]


def test_without_observed_until_nothing_is_judged_and_silence_is_not_zero(
    service: RunningService,
) -> None:
    send(service, mentions=[mention(1), mention(2)])
    send(service, mentions=[mention(11)])
    assert samples(service) == {0: (2, None), 10: (1, None)}
    send(service, mentions=[], observed_since=at(0), observed_until=at(10))
    assert samples(service) == {0: (2, 2), 10: (1, None)}
    send(service, mentions=[mention(3)], observed_until=at(15))
    assert samples(service) == {0: (3, 2), 10: (1, 1)}  # late: known now, not judged
    with service.database.read() as connection:
        seen = volume.observed_intervals(connection, "reviews")
    assert {(brand, since, until) for brand, _, since, until, *_ in seen} == {
        ("fjordwing", BEGIN, BEGIN + 3 * BUCKET),
        ("otherwing", BEGIN, BEGIN + 3 * BUCKET),
    }


def test_observed_until_never_goes_back(service: RunningService) -> None:
    for until in (20, 10):
        send(service, mentions=[], observed_until=at(until))
    send(service, mentions=[mention(22)], observed_until=at(25))
    assert samples(service) == {20: (1, 1)}


def test_a_flood_in_pushed_counts_becomes_an_incident(service: RunningService) -> None:
    draw, rows = random.Random(5), []
    for n in range(5 * 288):
        storm = 4 * 288 + 24 <= n < 4 * 288 + 36
        rows.append(count(5 * n, draw.randint(0, 2) + (40 if storm else 0)))
    for start in range(0, len(rows), MOST_ROWS):
        piece = rows[start : start + MOST_ROWS]
        send(service, counts=piece, observed_until=at(5 * (start + len(piece))))
    with service.database.read() as connection:
        [incident] = situations.incidents(connection)
    assert (incident.topics, incident.platforms) == (["booking"], ["forum"])
    assert timedelta() <= incident.detected_at - (BEGIN + timedelta(days=4, hours=2)) < 6 * BUCKET


def test_what_is_malformed_is_named_by_its_place_and_the_rest_goes_on(
    client: httpx.Client, service: RunningService
) -> None:
    mentions = [
        mention(1),
        mention(2, id=""),
        mention(3, id=7),
        {"id": "m4", "text": "no time"},
        mention(5, created_at="2026-03-02T00:05:00"),
        mention(5, created_at=1772409900),
        mention(6, created_at=(NOW + timedelta(minutes=6)).isoformat()),
        mention(7, created_at="2025-03-02T00:05:00Z"),
        mention(8, likes=3),
        mention(9, url="javascript:alert(1)"),
        "no object",
        mention(10, id="x" * 201),
        mention(11, lang="<script>"),
        mention(12, text="nothing about any brand"),
        mention(1),
        mention(13, text="&lt;@FjordwingAir&gt; " + "x" * 20_000, author="a" * 600),
    ]
    body = {"platform": "reviews", "mentions": mentions, "observed_until": at(15)}
    answer = client.post("/mentions", json=body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["taken"], told["passed_over"]) == (2, 2)
    assert told["observed_until"] == "2026-03-02T00:15:00Z"
    assert {one["index"]: one["problem"] for one in told["malformed"]} == {
        1: "id: String should have at least 1 character",
        2: "id is not text; quote it",
        3: "created_at is required",
        4: "created_at has no offset; write it like 2026-11-21T22:07:00Z",
        5: "created_at: is written like 2026-11-21T22:07:00Z",
        6: "created_at is in the future; check the clock and the offset",
        7: "created_at is more than 30 days ago; so old a post is not kept (keep_posts)",
        8: "likes is not known here; leave it out, or check its spelling",
        9: "url: is no address of the web: https://…",
        10: "a row is an object: {…}",
        11: "id: String should have at most 200 characters",
        12: r"lang: String should match pattern '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}$'",
    }
    [delivery] = service.delivered
    assert delivery.malformed == 12
    longest = max(delivery.posts, key=lambda post: len(post.text))
    assert longest.text.startswith("&lt;@Fjordwing")  # plain text: unescaped nowhere
    assert (len(longest.text), len(longest.author or "")) == (10_000, 500)
    again = client.post("/mentions", json=body).json()
    assert (again["taken"], again["passed_over"]) == (0, 4)


def test_what_is_wrong_with_a_count_is_named(client: httpx.Client) -> None:
    counts = [
        count(0, 3),
        count(0, 4),
        count(1, 3),
        count(10, 3),
        count(5, -1),
        count(5, 1, authors=2),
        count(5, 1, brand="fjordwin"),
        count(5, 1, topic="bookings"),
        {**count(5, 1), "posts": "7"},
    ]
    body = {"platform": "forum", "counts": counts, "observed_until": at(12)}
    told = client.post("/counts", json=body).json()
    assert (told["taken"], told["passed_over"]) == (1, 0)
    assert [one["index"] for one in told["malformed"]] == [*range(1, 9)]
    assert [one["problem"] for one in told["malformed"]][:3] == [
        "is there twice: a series has one count a bucket",
        "at is not where a bucket begins; a bucket is 300 s long",
        "at begins a bucket that is not over by observed_until; send it when it is",
    ]
    assert "did you mean `fjordwing`?" in told["malformed"][5]["problem"]


def test_a_request_that_cannot_be_taken_says_why(client: httpx.Client) -> None:
    def refused(path: str, **body: Any) -> str:
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        detail: str = answer.json()["detail"]
        return detail

    assert "those are: forum, reviews" in refused("/mentions", platform="x", mentions=[])
    assert "is required" in refused("/mentions", platform="reviews")
    assert "mention" in refused("/mentions", platform="reviews", mentions=[], mention=1)
    assert "at most 1000" in refused("/mentions", platform="reviews", mentions=[{}] * 1001)
    future = (NOW + timedelta(minutes=6)).isoformat()
    about: dict[str, Any] = {"platform": "reviews", "mentions": []}
    assert "future" in refused("/mentions", **about, observed_until=future)
    assert "not before" in refused("/mentions", **about, observed_since=at(0))
    assert "not before" in refused("/mentions", **about, observed_since=at(5), observed_until=at(0))
    assert "1970" in refused("/mentions", **about, observed_until="1969-12-31T00:00:00Z")
    assert "observed_until" in refused("/counts", platform="forum", counts=[])
    assert client.post("/mentions", json=about).status_code == 200
    assert "count the same posts again" in refused(
        "/counts", platform="reviews", counts=[], observed_until=at(5)
    )


def test_platforms_that_are_pushed_at_once_keep_their_places(
    client: httpx.Client, service: RunningService
) -> None:
    def one(n: int) -> int:
        platform = ("reviews", "forum")[n % 2]
        body = {"platform": platform, "mentions": [mention(n)], "observed_until": at(n)}
        return client.post("/mentions", json=body).status_code

    with ThreadPoolExecutor(8) as many:
        assert {*many.map(one, range(16))} == {200}
    with service.database.read() as connection:
        known = push.reached(volume.cursor_of(connection, "pushed"))
    assert {name: one.observed_until for name, one in known.items()} == {
        "reviews": BEGIN + timedelta(minutes=14),
        "forum": BEGIN + timedelta(minutes=15),
    }


def test_before_the_store_is_taken_up_pushing_is_to_be_tried_again(
    client: httpx.Client, service: RunningService
) -> None:
    service.ready = False
    answer = client.post("/mentions", json={"platform": "reviews", "mentions": []})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_as_a_source_it_waits_for_ever_and_says_for_what() -> None:
    kind = source_kinds()["push"]
    with pytest.raises(ValidationError):
        push.Options(platforms=())
    options = push.Options(platforms=("reviews",))
    source = kind.build(options, name="pushed", surroundings=None)  # type: ignore[arg-type]

    async def first() -> object:
        return await anext(aiter(source.deliveries(None)))

    async def lived() -> str:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(first(), 0.01)
        await source.close()
        return await source.check()

    assert "reviews" in asyncio.run(lived())
    assert (source.every, [*kind.platforms(options)]) == (None, ["reviews"])
