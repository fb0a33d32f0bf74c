"""What sources see of our own accounts: posts on their timelines, at little or no cost."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import orjson
import pytest

from alerts.posts import Post
from monitor.configuration import Configuration, loads
from monitor.doubles.failures import Failure
from monitor.doubles.jetstream import JetstreamDouble, address, did_of
from monitor.doubles.serving import serving
from monitor.doubles.world import World
from monitor.doubles.x import SEARCH
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import Surroundings
from monitor.sources.kinds.bluesky import BlueskySource
from tests.airline import BEGIN, CONFIGURATION, post
from tests.monitor.test_bluesky import KIND, Clock, NoPurse, Taken, follow, reached
from tests.monitor.test_x import DAY, HOUR, MINUTE, PRICE, Purse, scene, written_in

OURS = did_of("ours")
TEAM = """
notify: [{kind: terminal, name: content}]
teams: {content: {name: Content, people: [], channel: [content], pause_from: major}}
"""


def configured(handles: str, more: str = "", voice: str = "") -> Configuration:
    ours = f'terms: ["@FjordwingAir"], voice: {{handles: [{handles}]{voice}}}}}'
    return loads(CONFIGURATION.replace('terms: ["@FjordwingAir"]}', ours) + more)


@pytest.fixture
def sky() -> Iterator[tuple[JetstreamDouble, BlueskySource]]:
    at = BEGIN + 30 * MINUTE
    ours = [
        post(at, "Summer sale", author="ours", platform="bluesky"),
        post(at + MINUTE, "We are on it", author="ours", platform="bluesky", reply=True),
        post(at + 2 * MINUTE, "Summer sale", author="somebody", platform="bluesky"),
    ]
    clock = Clock(BEGIN + HOUR, tick=timedelta(milliseconds=200))
    double = JetstreamDouble(World.of(ours, clock))
    with serving(double.app) as url:
        options = KIND.options.model_validate(
            {"urls": [url.replace("http://", "ws://") + "/subscribe"], "backfill": "61m"}
        )
        around = Surroundings(configured(f'"{OURS}"'), clock, NoPurse())
        flush = timedelta(milliseconds=30)
        yield double, BlueskySource("sky", options, around, flush=flush)  # type: ignore[arg-type]


def test_bluesky_brings_our_own_timeline_without_answers_and_says_what_was_taken_down(
    sky: tuple[JetstreamDouble, BlueskySource],
) -> None:
    """They name no brand; a thread of one's own goes on there, and a link that lies says both."""
    double, source = sky
    did, rkey = address(post(BEGIN, "a thread", author="ours", platform="bluesky"))
    text = "See fjord.example/…"
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://evil.example/x"}
    end = len(text.encode())
    record = {
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": "2026-03-02T00:59:00Z",
        "reply": {"parent": {"uri": f"at://{did}/app.bsky.feed.post/3kold"}},
        "facets": [{"index": {"byteStart": 4, "byteEnd": end}, "features": [link]}, "nonsense"],
    }
    commit = {"operation": "create", "collection": record["$type"], "rkey": rkey, "record": record}
    event = {"did": did, "time_us": double.now_us(), "kind": "commit", "commit": commit}
    double.insert(orjson.dumps(event).decode())
    taken = Taken()
    asyncio.run(follow(source, taken, reached(BEGIN + HOUR + timedelta(seconds=2))))
    assert [(one.author, one.text, one.reply) for one in taken.posts] == [
        (OURS, "Summer sale", False),
        (OURS, "See fjord.example/… https://evil.example/x", False),
    ]
    [sale, _] = taken.posts
    double.delete(post(BEGIN + 30 * MINUTE, "Summer sale", author="ours", platform="bluesky"))
    asyncio.run(follow(source, taken, lambda so_far: bool(so_far.deleted)))
    assert taken.deleted == {sale.id}


def own_posts(number: int, since: datetime) -> list[Post]:
    """Ours, one a second, and an answer and a repost beside each."""
    made = []
    for n in range(number):
        at = since + timedelta(seconds=n)
        made += [
            post(at, f"Sale {n}", author="FjordwingAir"),
            post(at, f"Sorry {n}", author="FjordwingAir", reply=True),
            post(at, f"RT {n}", author="FjordwingAir", repost_of="1"),
        ]
    return made


def came(deliveries: Sequence[Delivery]) -> list[tuple[str, str | None, bool | None]]:
    return [(one.text, one.author, one.reply) for each in deliveries for one in each.own]


def test_x_is_asked_for_what_we_posted_since_and_each_post_is_paid_once() -> None:
    """What was posted before the first time it ran is nobody's business; nothing costs nothing."""
    begin, ours = BEGIN + DAY, configured('"@FjordwingAir", "@fjordwingair"', TEAM)
    posts = [*written_in(DAY), *own_posts(3, begin - HOUR), *own_posts(12, begin + MINUTE)]
    with scene(posts, configuration=ours) as the:
        first, _ = the.run()
        assert came(first) == []
        assert not the.asked(SEARCH)
        the.now += 5 * MINUTE
        before = the.purse.spent
        found, problem = the.run()
        assert problem is None
        assert came(found) == [(f"Sale {n}", "fjordwingair", False) for n in range(12)]
        assert len(the.asked(SEARCH)) == 2, "two pages"
        counted = len([one for one in the.asked() if one.at == the.now])
        assert (
            the.purse.spent - before == (12 + counted) * PRICE == the.double.billed_micros - before
        )
        the.now += 5 * MINUTE
        found, _ = the.run()
        assert came(found) == []
        assert the.asked(SEARCH)[-1].billed_micros == 0


def test_x_is_not_asked_where_nobody_would_be_told_or_the_money_is_gone() -> None:
    posts = own_posts(1, BEGIN + DAY + MINUTE)
    handles = '"@FjordwingAir"'
    for configuration, asked in (
        (configured(handles), 0),
        (configured(handles, voice=", unapproved: alarm"), 1),
        (configured('"did:plc:abc"', TEAM), 0),
    ):
        with scene(posts, configuration=configuration) as the:
            the.run()
            the.now += 5 * MINUTE
            the.run()
            assert len(the.asked(SEARCH)) == asked
    with scene(posts, configuration=configured(handles, TEAM), purse=Purse(13 * PRICE)) as the:
        the.run()
        the.now += 5 * MINUTE
        _, problem = the.run()
        assert "spending limit" in str(problem)
        assert not the.asked(SEARCH)


def test_what_x_did_not_answer_is_asked_again_and_counts_come_meanwhile() -> None:
    posts = own_posts(1, BEGIN + DAY + MINUTE)
    with scene(posts, configuration=configured('"@FjordwingAir"', TEAM)) as the:
        the.run()
        the.double.failing["from:fjordwingair -is:reply"] = Failure(503)
        the.now += 5 * MINUTE
        found, problem = the.run()
        assert found
        assert came(found) == []
        assert "posts of @fjordwingair" in str(problem)
        the.double.failing.clear()
        the.now += 5 * MINUTE
        found, _ = the.run()
        assert came(found) == [("Sale 0", "fjordwingair", False)]


def test_what_one_account_posted_is_not_paid_again_while_x_does_not_answer_about_another() -> None:
    posts = own_posts(3, BEGIN + DAY + MINUTE)
    ours = configured('"@FjordwingAir", "@FjordwingHelp"', TEAM)
    with scene(posts, configuration=ours) as the:
        the.run()
        the.double.failing["from:fjordwinghelp -is:reply"] = Failure(503)
        found = []
        for _ in range(3):
            the.now += 5 * MINUTE
            deliveries, problem = the.run()
            assert "posts of @fjordwinghelp" in str(problem)
            found += came(deliveries)
        assert len(found) == 3
        answered = [one for one in the.asked(SEARCH) if one.status == 200]
        assert sum(one.billed_micros for one in answered) == 3 * PRICE
