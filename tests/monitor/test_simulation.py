from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from itertools import chain, pairwise
from statistics import fmean, pvariance
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.posts import Post
from monitor.configuration import load
from monitor.sources.delivery import Delivery, Observed
from monitor.sources.simulation import (
    FAILURE_AT,
    NIGHT_START,
    OVER_AT,
    RHYTHM_START,
    ZONE,
    Simulation,
)
from monitor.topics import Matcher

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def posts(
    since: datetime,
    until: datetime,
    step: timedelta = 6 * HOUR,
    simulation: Simulation | None = None,
) -> list[Post]:
    deliveries = (simulation or Simulation()).deliveries(since, until, step)
    return list(chain.from_iterable(delivery.posts for delivery in deliveries))


def about_booking(post: Post) -> bool:
    return any(word in post.text.casefold() for word in ("book", "buch", "pay", "zahl", "website"))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Of the configuration that goes with the simulation."""
    with as_file(files("monitor.demonstration") / "fjordwing.yaml") as path:
        return Matcher(load(path))


@pytest.fixture(scope="module")
def rhythm() -> list[Post]:
    return posts(RHYTHM_START, NIGHT_START)


def test_the_same_seed_gives_the_same_posts() -> None:
    assert posts(RHYTHM_START, RHYTHM_START + DAY) == posts(RHYTHM_START, RHYTHM_START + DAY)


def test_another_seed_gives_other_posts() -> None:
    ours, others = (
        posts(RHYTHM_START, RHYTHM_START + DAY, simulation=Simulation(seed=seed)) for seed in (1, 2)
    )
    assert ours != others


@settings(deadline=None, max_examples=25)
@given(
    begin=st.integers(0, 500),
    parts=st.tuples(st.integers(0, 300), st.integers(0, 300)),
    step=st.integers(1, 400),
)
def test_resuming_at_any_minute_gives_exactly_the_rest(
    begin: int, parts: tuple[int, int], step: int
) -> None:
    since = FAILURE_AT - 5 * HOUR + begin * MINUTE
    stop = since + parts[0] * MINUTE
    until = stop + parts[1] * MINUTE
    whole = posts(since, until)
    assert posts(since, stop, step * MINUTE) + posts(stop, until, step * MINUTE) == whole


def test_the_cursor_says_where_to_resume() -> None:
    first, *rest = Simulation().deliveries(NIGHT_START, OVER_AT, HOUR)
    resumed = Simulation().deliveries(datetime.fromisoformat(first.cursor), OVER_AT, HOUR)
    assert list(resumed) == rest


def test_a_delivery_has_observed_its_whole_span_and_the_last_may_be_shorter() -> None:
    until = NIGHT_START + 90 * MINUTE
    first, last = Simulation().deliveries(NIGHT_START, until, HOUR)
    assert (first.until, last.until) == (NIGHT_START + HOUR, until)
    assert last.observed == [
        Observed("fjordwing", platform, first.until, until) for platform in ("x", "bluesky")
    ]


def test_an_empty_span_delivers_nothing() -> None:
    assert list(Simulation().deliveries(NIGHT_START, NIGHT_START, MINUTE)) == []


@pytest.mark.parametrize(
    ("since", "step"),
    [
        (NIGHT_START + timedelta(seconds=1), MINUTE),
        (NIGHT_START.replace(tzinfo=None), MINUTE),
        (NIGHT_START, timedelta(0)),
        (NIGHT_START, timedelta(seconds=90)),
    ],
)
def test_a_span_that_is_not_in_whole_minutes_is_refused(since: datetime, step: timedelta) -> None:
    with pytest.raises(ValueError, match="minute"):
        Simulation().deliveries(since, OVER_AT, step)


def test_a_local_time_means_the_same_instant() -> None:
    local = FAILURE_AT.astimezone(ZoneInfo("Asia/Kolkata"))
    assert posts(local, local + HOUR) == posts(FAILURE_AT, FAILURE_AT + HOUR)


def test_posts_come_by_time_and_id_inside_what_was_asked_for(rhythm: list[Post]) -> None:
    keys = [(post.created_at, post.id) for post in rhythm]
    assert all(one < next_ for one, next_ in pairwise(keys))
    assert rhythm[0].created_at >= RHYTHM_START
    assert rhythm[-1].created_at < NIGHT_START
    assert all(post.created_at.tzinfo is UTC for post in rhythm)


def test_ids_are_unique_over_the_whole_span(rhythm: list[Post]) -> None:
    everything = rhythm + posts(NIGHT_START, OVER_AT + 2 * HOUR, MINUTE)
    assert len({post.id for post in everything}) == len(everything)


def test_four_weeks_are_few_enough_to_replay_in_a_minute(rhythm: list[Post]) -> None:
    assert 40_000 < len(rhythm) < 60_000


def test_the_rhythm_has_night_and_day_and_weekend(rhythm: list[Post]) -> None:
    local = [post.created_at.astimezone(ZONE) for post in rhythm]
    hours = Counter(at.hour for at in local)
    days = Counter(at.date() for at in local if at.date() < NIGHT_START.date())
    saturdays = [posts for day, posts in days.items() if day.weekday() == 5]
    fridays = [posts for day, posts in days.items() if day.weekday() == 4]
    assert hours[9] > 5 * hours[3]
    assert max(saturdays) < min(fridays)


def test_minutes_scatter_more_than_chance_alone(rhythm: list[Post]) -> None:
    minutes = Counter(post.created_at.replace(second=0) for post in rhythm if about_booking(post))
    middays = [
        minutes[RHYTHM_START + day * DAY + 11 * HOUR + minute * MINUTE]
        for day in range(28)
        for minute in range(240)
        if (RHYTHM_START + day * DAY).weekday() < 4
    ]
    assert pvariance(middays) > 1.1 * fmean(middays)


def test_posts_come_in_both_languages_on_both_platforms_and_some_do_not_say(
    rhythm: list[Post],
) -> None:
    shares = Counter((post.platform, post.lang) for post in rhythm)
    assert set(shares) == {(p, lang) for p in ("x", "bluesky") for lang in ("en", "de", None)}
    assert min(shares.values()) > 0.03 * len(rhythm)


def test_every_post_names_the_brand_and_has_all_its_slots_filled(rhythm: list[Post]) -> None:
    for post in rhythm:
        assert "fjordwing" in post.text.casefold()
        assert not any(slot in post.text for slot in ("{name}", "{city}", "{flight}", "{minutes}"))


def test_an_author_keeps_to_one_platform(rhythm: list[Post]) -> None:
    platforms = {(post.author, post.platform) for post in rhythm}
    assert len(platforms) == len({post.author for post in rhythm})


def test_a_repost_repeats_an_earlier_post_of_its_platform(rhythm: list[Post]) -> None:
    seen: dict[str, Post] = {}
    reposts = 0
    for post in rhythm:
        if post.repost_of:
            original = seen[post.repost_of]
            assert (original.platform, original.text) == (post.platform, post.text)
            reposts += 1
        seen[post.id] = post
    assert reposts > 0.03 * len(rhythm)


@pytest.mark.parametrize("trick", ["<script>", "<!channel>", "\x1b[2J", "{{ 7*7 }}", "\u202e"])
def test_some_posts_are_hostile(rhythm: list[Post], trick: str) -> None:
    assert any(trick in post.text for post in rhythm)


def test_now_and_then_one_author_floods(rhythm: list[Post]) -> None:
    by_hour = Counter((post.author, post.created_at.replace(minute=0, second=0)) for post in rhythm)
    floods = {key for key, count in by_hour.items() if count >= 15}
    assert 1 <= len(floods) <= 12


def test_the_failure_starts_when_it_says() -> None:
    before, ramp, peak = (
        sum(map(about_booking, posts(since, since + 10 * MINUTE)))
        for since in (FAILURE_AT - 10 * MINUTE, FAILURE_AT, FAILURE_AT + 10 * MINUTE)
    )
    assert before < 6
    assert 15 < ramp < peak
    assert peak > 40


def test_until_it_fails_the_night_is_like_any_other() -> None:
    span = (RHYTHM_START + 27 * DAY, FAILURE_AT.replace(minute=0))
    assert posts(*span) == posts(*span, simulation=Simulation(failure_at=None))


def test_the_failure_eases_after_two_hours_and_is_over_after_three() -> None:
    peak, easing, after = (
        sum(map(about_booking, posts(since, since + 30 * MINUTE)))
        for since in (FAILURE_AT + 20 * MINUTE, OVER_AT - 30 * MINUTE, OVER_AT)
    )
    assert peak > 3 * easing > 3 * after
    assert after < 6


def test_most_of_the_failure_asks_something_in_both_languages() -> None:
    night = [post for post in posts(FAILURE_AT, FAILURE_AT + HOUR) if about_booking(post)]
    asking = [post for post in night if "?" in post.text]
    assert len(asking) > 0.6 * len(night)
    assert min(Counter(post.lang for post in asking if post.lang).values()) > 40


def test_every_hour_of_the_span_is_delivered_alike_in_minutes() -> None:
    def night(step: timedelta) -> list[Delivery]:
        return list(Simulation().deliveries(NIGHT_START, OVER_AT, step))

    minutes, hours = night(MINUTE), night(6 * HOUR)
    assert len(minutes) == (OVER_AT - NIGHT_START) // MINUTE
    assert [post for one in minutes for post in one.posts] == [
        p for one in hours for p in one.posts
    ]


def test_the_configuration_hears_every_post_and_finds_every_topic(
    rhythm: list[Post], matcher: Matcher
) -> None:
    matches = [match for post in rhythm for match in matcher.match(post.text)]
    assert len(matches) == len(rhythm)
    topics = Counter(topic for match in matches for topic in match.topics)
    assert set(topics) == {"all", "booking", "cancellations", "delays", "baggage"}
    assert min(topics.values()) > 0.1 * len(rhythm)


def test_the_configuration_finds_the_failure_in_booking_and_nowhere_else(matcher: Matcher) -> None:
    def hour(simulation: Simulation) -> Counter[str]:
        night = posts(FAILURE_AT, FAILURE_AT + HOUR, simulation=simulation)
        return Counter(
            t for post in night for match in matcher.match(post.text) for t in match.topics
        )

    failing, quiet = hour(Simulation()), hour(Simulation(failure_at=None))
    assert failing["booking"] > 10 * quiet["booking"]
    for topic in ("cancellations", "delays", "baggage"):
        assert failing[topic] < 15
