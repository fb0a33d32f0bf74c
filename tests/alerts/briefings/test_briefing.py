"""The figures and words of a briefing, and that it survives being stored."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.briefings import statements
from alerts.briefings.briefing import Briefing, Cost, Unseen
from alerts.briefings.charts import Chart, added
from alerts.briefings.distinction import Term
from alerts.briefings.news import news
from alerts.briefings.statements import Share
from alerts.incidents.comparison import Comparison, Other
from alerts.incidents.incident import Reason
from alerts.posts import Post
from tests.alerts import scenes

figures = st.floats(0, 1e6, allow_nan=False)
posts = st.builds(
    Post,
    platform=st.sampled_from(["x", "bluesky"]),
    id=st.text(min_size=1, max_size=8),
    created_at=st.datetimes(
        datetime(2020, 1, 1),  # noqa: DTZ001
        datetime(2030, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    text=st.text(st.characters(exclude_categories=()), max_size=200),
    author=st.none() | st.text(st.characters(exclude_categories=()), min_size=1, max_size=8),
    lang=st.sampled_from([None, "en", "no", "de-AT", "xx"]),
)


def test_the_headline_says_who_what_how_much_and_since_when() -> None:
    briefing = scenes.briefing()
    assert briefing.headline == "Fjordwing Air: booking — ×11 the expected number since 23:07"
    assert briefing.observed == sum(line.observed for line in briefing.topics) == 915
    assert briefing.evidence == "chance alone would look like this once in 40 years"


def test_the_topic_with_the_most_unexpected_posts_leads_and_all_mentions_comes_last() -> None:
    everything = replace(scenes.BOOKING_ON_X, topic="all")
    surges = [scenes.surge(series) for series in (everything, scenes.CANCELLATIONS_ON_X)]
    charts = {
        everything: scenes.chart(peak=90),
        scenes.CANCELLATIONS_ON_X: scenes.chart(peak=6),
        scenes.BOOKING_ON_X: scenes.chart(peak=40),
    }
    about = scenes.incident(*surges, scenes.surge(scenes.BOOKING_ON_X))
    briefing = scenes.briefing(about=about, charts=charts)
    assert [line.name for line in briefing.topics] == ["booking", "cancellations", "all mentions"]
    assert briefing.chart.observed == charts[scenes.BOOKING_ON_X].observed


def test_what_joined_is_named_by_what_was_not_told_before_and_not_by_when_it_began() -> None:
    early = scenes.surge(scenes.CANCELLATIONS_ON_X, after=timedelta(minutes=-30))
    about = scenes.incident(scenes.surge(scenes.BOOKING_ON_X), early)
    told = scenes.briefing(Reason.EXTENDED, about=about, told=[scenes.BOOKING_ON_X])
    assert news(told) == "now also cancellations on X"


def test_what_it_was_found_with_has_one_beginning_in_the_headline_and_below_it() -> None:
    everything = replace(scenes.BOOKING_ON_X, topic="all")
    booking = scenes.surge(scenes.BOOKING_ON_X, after=timedelta(minutes=3))
    briefing = scenes.briefing(
        about=scenes.incident(scenes.surge(everything), booking),
        charts={everything: scenes.chart(peak=90), scenes.BOOKING_ON_X: scenes.chart(peak=40)},
    )
    assert briefing.headline.endswith("since 23:07")
    assert statements.since(briefing).startswith("Sat 21 Nov, 23:07 CET")


def test_what_was_not_observed_counts_neither_as_observed_nor_as_expected() -> None:
    start = scenes.START
    chart = Chart(start, 60, (5.0, None, 7.0), (1.0, 100.0, 2.0))
    assert chart.since(start) == (12.0, 3.0)
    assert chart.since(start + timedelta(seconds=60)) == (7.0, 2.0)


def test_a_platform_that_was_down_leaves_the_others_in_the_chart() -> None:
    x = Chart(scenes.START, 60, (5.0, None, None), (1.0, 1.0, 1.0))
    bluesky = Chart(scenes.START, 60, (2.0, 3.0, None), (4.0, 4.0, 4.0))
    both = added([x, bluesky])
    assert (both.observed, both.expected) == ((7.0, 3.0, None), (5.0, 4.0, 5.0))
    with pytest.raises(ValueError, match="same buckets"):
        added([x, replace(bluesky, width=300)])


def test_reposts_count_as_posts_but_ask_nothing() -> None:
    said = [
        Post("x", "1", scenes.START, "Is booking down?", "a", "en"),
        Post("x", "2", scenes.START, "Is booking down?", "b", "en", repost_of="1"),
        Post("x", "3", scenes.START, "Når kommer dere tilbake", "a", "no"),
    ]
    briefing = scenes.briefing(said=said)
    assert (briefing.posts_read, briefing.authors, briefing.questions) == (3, 2, 2)
    assert briefing.languages == {"en": 2, "nb": 1}


def test_people_are_told_beside_posts_only_where_just_these_were_read() -> None:
    some = scenes.briefing()
    assert f" {some.observed} posts on one topic" in some.why, "of which some were read"
    every = scenes.briefing(said=scenes.posts(some.observed))
    assert f" {every.posts_read} posts by {every.authors} people on one topic" in every.why


def test_where_people_write_is_counted_and_languages_are_of_what_was_read() -> None:
    briefing = scenes.briefing(said=[Post("bluesky", "1", scenes.START, "Is it down?", "a", "en")])
    on_x, on_bluesky = (line.observed for line in briefing.topics)
    assert briefing.where == {"x": on_x, "bluesky": on_bluesky}
    split = statements.split(briefing)
    assert [*split] == ["Languages of posts read", "Platforms"]
    assert split["Platforms"][0] == Share("X", on_x / (on_x + on_bluesky))
    unknown = replace(briefing, topics=())
    assert statements.split(unknown)["Platforms of posts read"] == [Share("Bluesky", 1.0)]


def test_holding_messages_speak_the_languages_of_the_posts_most_first() -> None:
    assert list(scenes.briefing().holding_messages) == ["en", "nb", "sv"]


def test_without_posts_the_brands_home_language_speaks() -> None:
    briefing = scenes.briefing(said=[])
    assert list(briefing.holding_messages) == ["nb"]
    assert (briefing.posts_read, briefing.examples) == (0, ())


def test_a_language_that_hardly_anybody_writes_gets_no_message() -> None:
    said = [*scenes.posts(200), Post("x", "odd", scenes.START, "hvad sker der", "z", "da")]
    assert "da" not in scenes.briefing(said=said).holding_messages


def test_outside_service_hours_it_says_when_the_desk_opens() -> None:
    briefing = scenes.briefing()
    assert briefing.outside_service_hours is True
    assert briefing.next_opening == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert scenes.briefing(after=timedelta(hours=12)).outside_service_hours is False
    assert scenes.briefing(desk=scenes.DESK).outside_service_hours is None


def test_everything_that_is_known_is_said_and_nothing_else() -> None:
    plain = statements.facts(scenes.briefing())
    assert {"Only us?", "Their words", "Not seen", "Cost"}.isdisjoint(plain)
    known = replace(
        scenes.briefing(),
        comparison=Comparison(11.0, (Other("Otherwing", 1.1),)).words(),
        terms=(Term("payment page", 0.34), Term("error 500", 0.12)),
        journeys={"FW123": 8},
        places={"Oslo": 1},
        unseen=(Unseen("mastodon", scenes.START, True), Unseen("reddit", scenes.START, False)),
        cost=Cost(41.5, 1.25),
    )
    new = {label: said for label, said in statements.facts(known).items() if label not in plain}
    assert new | {"Named": statements.facts(known)["Named"]} == {
        "Only us?": "only us, ×11; Otherwing ×1.1",
        "Their words": "payment page (34%), error 500 (12%)",
        "Named": "FW123 (8 posts)",
        "Not seen": "Mastodon, blind since Sat 21 Nov, 23:07 CET; "
        "Reddit, late, nothing since Sat 21 Nov, 23:07 CET",
        "Cost": "$1.25 of API calls since it was found, $41.50 this month",
    }


def test_personal_details_never_reach_a_briefing() -> None:
    text = "Booking ref AB12CD fails, mail me at ola@post.example or call +47 22 33 44 55?"
    briefing = scenes.briefing(said=[Post("x", "1", scenes.START, text, "a", "en")])
    [example] = briefing.examples
    assert example.text == "Booking ref ••• fails, mail me at ••• or call •••?"


def test_strangers_text_is_kept_as_text_and_never_reaches_a_holding_message() -> None:
    hostile = Post("x", "1", scenes.START, scenes.HOSTILE, "{{ brand }}", "en")
    briefing = scenes.briefing(said=[hostile])
    assert briefing.examples == (hostile,)
    calm = scenes.briefing(said=[replace(hostile, text="Booking fails")])
    assert briefing.holding_messages == calm.holding_messages


def test_json_has_utc_times_with_a_z_figures_of_four_decimals_and_one_order() -> None:
    briefing = scenes.briefing()
    written = json.loads(briefing.to_json())
    assert written["started_at"] == "2026-11-21T22:07:00Z"
    assert written["examples"][0]["created_at"].endswith("Z")
    assert all(round(figure, 4) == figure for figure in written["chart"]["expected"])
    assert list(written) == list(Briefing.__dataclass_fields__)
    assert list(written["languages"].values()) == sorted(
        written["languages"].values(), reverse=True
    )


@given(said=st.lists(posts, max_size=8), factor=figures, reason=st.sampled_from(Reason))
def test_a_briefing_equals_itself_after_it_was_stored(
    said: list[Post], factor: float, reason: Reason
) -> None:
    about = scenes.incident(scenes.surge(scenes.BOOKING_ON_X, factor=factor))
    briefing = scenes.briefing(reason, about=about, said=said)
    restored = Briefing.from_json(briefing.to_json())
    assert restored == briefing
    assert restored.to_json() == briefing.to_json()


def test_what_one_post_names_is_left_out_where_others_are_named_by_more() -> None:
    told = scenes.briefing()
    named = replace(told, journeys={"SK1": 5, "SK2": 1}, places={"Oslo": 2, "Rome": 1})
    assert statements.named(named) == "SK1 (5 posts), Oslo (2 posts)"
    alone = replace(told, journeys={"SK1": 1, "SK2": 1}, places={"Oslo": 1, "Rome": 1})
    assert statements.named(alone) == "SK1 (1 post), SK2 (1 post), Oslo (1 post)"


def test_their_words_are_told_by_how_many_write_them() -> None:
    found = (Term("error 500", 0.12), Term("booking down", 0.34))
    told = replace(scenes.briefing(), terms=found)
    assert statements.terms(told) == "booking down (34%), error 500 (12%)"


@pytest.mark.parametrize(
    ("author", "ago", "source"),
    [
        ("kari.example", timedelta(0), "kari.example on Bluesky, 23:23"),
        ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", timedelta(0), "somebody on Bluesky, 23:23"),
        ("kari.example", timedelta(days=1), "kari.example on Bluesky, Fri 20 Nov, 23:23"),
    ],
)
def test_a_quote_says_who_wrote_it_by_a_name_and_on_which_day(
    author: str, ago: timedelta, source: str
) -> None:
    told = scenes.briefing()
    post = Post("bluesky", "1", told.at - ago, "is it down?", author, "en")
    assert statements.source(post, told) == source
