from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from itertools import chain, pairwise
from statistics import fmean, pvariance
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from alerts.languages import NAMES, UNKNOWN, base
from alerts.posts import Post
from monitor.configuration import load
from monitor.demonstration.simulation import (
    FAILURE_AT,
    NIGHT_START,
    OVER_AT,
    RHYTHM_START,
    ZONE,
    Simulation,
)
from monitor.language import identify
from monitor.sources.delivery import Delivery, Observed
from monitor.topics import Matcher

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SHARES = {"en": 0.34, "de": 0.14, "sv": 0.16, "nb": 0.18, "da": 0.10, "nl": 0.08}
PAYING = ("book", "buch", "bok", "boek", "bestil", "pay", "zahl", "beta", "website", "hemsida")
PAYING += ("nettsid", "hjemmeside", "site", "abgebucht", "charged", "drog", "trukket", "hævet")
TOPIC_OF = {
    "booking": "booking",
    "failure": "booking",
    "waiting": "booking",
    "recovery": "booking",
    "cancellations": "cancellations",
    "delays": "delays",
    "baggage": "baggage",
}
THEMES: dict[str, dict[str, list[str]]] = YAML(typ="safe").load(
    (files("monitor.demonstration") / "posts.yaml").read_text(encoding="utf-8")
)["themes"]


def posts(
    since: datetime,
    until: datetime,
    step: timedelta = 6 * HOUR,
    simulation: Simulation | None = None,
) -> list[Post]:
    deliveries = (simulation or Simulation()).deliveries(since, until, step)
    return list(chain.from_iterable(delivery.posts for delivery in deliveries))


def about_booking(post: Post) -> bool:
    return any(word in post.text.casefold() for word in PAYING)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Of the configuration that goes with the simulation."""
    with as_file(files("monitor.demonstration") / "fjordwing.yaml") as path:
        return Matcher(load(path))


@pytest.fixture(scope="module")
def found(matcher: Matcher) -> dict[tuple[str, str], list[set[str]]]:
    """The topics of each phrase, by (theme, language)."""
    return {
        (theme, language): [topics_of(matcher, f"@FjordwingAir {phrase}") for phrase in phrases]
        for theme, by_language in THEMES.items()
        for language, phrases in by_language.items()
    }


def topics_of(matcher: Matcher, text: str) -> set[str]:
    [match] = matcher.match(text)
    return {*match.topics} - {"all"}


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


@settings(max_examples=25)
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


@pytest.mark.parametrize("platform", ["x", "bluesky"])
def test_each_platform_has_every_language_in_its_share_and_some_posts_do_not_say(
    rhythm: list[Post], platform: str
) -> None:
    tags = [post.lang for post in rhythm if post.platform == platform]
    said = Counter(base(tag) for tag in tags if tag)
    assert set(said) == set(SHARES) == set(NAMES) - {UNKNOWN}
    for language, share in SHARES.items():
        assert said[language] / said.total() == pytest.approx(share, rel=0.2)
    assert tags.count(None) > 0.15 * len(tags)


def test_a_platform_tags_norwegian_in_its_own_way(rhythm: list[Post]) -> None:
    tags = {(p.platform, p.lang) for p in rhythm if base(p.lang) == "nb"}
    assert tags == {("x", "no"), ("bluesky", "nb")}


def test_every_post_names_the_brand_and_has_all_its_slots_filled(rhythm: list[Post]) -> None:
    for post in rhythm:
        assert "fjordwing" in post.text.casefold()
        assert not any(slot in post.text for slot in ("{name}", "{city}", "{flight}", "{minutes}"))


def test_an_author_keeps_to_one_platform_and_one_language(rhythm: list[Post]) -> None:
    own = [post for post in rhythm if post.lang and not post.repost_of]
    habits = {(post.author, post.platform, post.lang) for post in own}
    assert len(habits) == len({post.author for post in own})


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


def test_most_of_the_failure_asks_something_in_every_language() -> None:
    night = [post for post in posts(FAILURE_AT, FAILURE_AT + 2 * HOUR) if about_booking(post)]
    asking = [post for post in night if "?" in post.text]
    assert len(asking) > 0.6 * len(night)
    languages = Counter(base(post.lang) for post in asking if post.lang)
    assert set(languages) == set(SHARES)
    assert min(languages.values()) > 10


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


@pytest.mark.parametrize("language", SHARES)
@pytest.mark.parametrize("theme", TOPIC_OF)
def test_terms_find_what_is_on_a_topic_in_every_language(
    found: dict[tuple[str, str], list[set[str]]], theme: str, language: str
) -> None:
    topics = found[theme, language]
    on_topic = sum(TOPIC_OF[theme] in one for one in topics)
    elsewhere = sum(bool(one - {TOPIC_OF[theme]}) for one in topics)
    assert on_topic >= 0.95 * len(topics)
    assert elsewhere <= 0.1 * len(topics)


@pytest.mark.parametrize("language", SHARES)
def test_chat_is_on_no_topic_and_a_flood_on_one(
    found: dict[tuple[str, str], list[set[str]]], language: str
) -> None:
    assert not any(found["chat", language])
    assert [len(one) for one in found["flood", language]] == [1] * 4


@pytest.mark.parametrize("theme", THEMES)
def test_every_language_has_as_many_phrases_as_any_other(theme: str) -> None:
    phrases: dict[str, Any] = THEMES[theme]
    assert set(phrases) == set(SHARES)
    assert len({len(set(said)) for said in phrases.values()}) == 1


def test_the_language_of_a_post_that_states_none_is_nearly_always_recognised(
    rhythm: list[Post],
) -> None:
    stated = [post for post in rhythm[:4000] if post.lang]
    right = Counter(base(p.lang) for p in stated if identify(p.text, [*SHARES]) == base(p.lang))
    said = Counter(base(post.lang) for post in stated)
    # Norwegian and Danish are the closest; a short post is often good in both.
    assert all(right[language] > 0.85 * said[language] for language in SHARES)
    assert right.total() > 0.95 * said.total()
