"""Which surges are one situation, and which are two."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.incidents import belonging, steps
from alerts.incidents.belonging import Posts, Sharing, unknown
from alerts.incidents.following import (
    Policy,
    end,
    for_people,
    gather,
    outlasts,
    outlived,
    part,
    quiet,
)
from alerts.incidents.incident import Incident, Kind, LiveSurge, Reason, State
from detectors import Series, Surge

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = Policy(resolve_after=HOUR, reopen_within=6 * HOUR)
TOPICS = ("baggage", "booking", "delays", "refunds")


def surge(
    topic: str, *, at: datetime = NOON, posts: int = 40, platform: str = "x", brand: str = "fw"
) -> LiveSurge:
    found = Surge(Series(brand, topic, platform), at - HOUR / 12, at, factor=6.0, evidence=90.0)
    return LiveSurge.begin(found, posts)


def sharing(of: Mapping[frozenset[str], int], posts: int = 60) -> Sharing:
    """Topics of so many posts each, of which some pairs share some."""

    return lambda _brand, one, other, _since: Posts(
        posts, posts, of.get(frozenset({one, other}), 0)
    )


NOTHING = sharing({})


def topics(found: Sequence[tuple[Incident, Reason | None]]) -> list[list[str]]:
    return sorted(sorted({one.series.topic for one in incident.surges}) for incident, _ in found)


def opened(*surges: LiveSurge, by: Sharing = unknown) -> Incident:
    [(incident, _)] = gather([], surges, POLICY, by)
    return incident


def test_topics_that_share_posts_are_one_situation_and_others_are_another() -> None:
    first = opened(surge("booking"))
    near = sharing({frozenset({"booking", "refunds"}): 9})
    later = [surge(topic, at=NOON + HOUR) for topic in ("refunds", "baggage")]
    found = gather([first], later, POLICY, near)
    assert topics(found) == [["baggage"], ["booking", "refunds"]]
    assert {reason for _, reason in found} == {Reason.OPENED, Reason.EXTENDED}


def test_what_is_close_to_one_that_is_close_belongs_too() -> None:
    chain = sharing({frozenset({"booking", "refunds"}): 9, frozenset({"refunds", "delays"}): 9})
    begun = [surge(topic) for topic in ("delays", "refunds")]
    assert topics(gather([opened(surge("booking"))], begun, POLICY, chain)) == [
        ["booking", "delays", "refunds"]
    ]


def test_it_joins_where_posts_are_too_few_or_not_known() -> None:
    first = opened(surge("booking"))
    for few in (unknown, sharing({}, posts=25)):
        [(incident, reason)] = gather([first], [surge("baggage")], POLICY, few)
        assert (incident.id, reason) == (first.id, Reason.EXTENDED)


def test_the_closest_of_two_takes_it() -> None:
    two = [opened(surge("booking")), opened(surge("baggage"))]
    both = sharing({frozenset({"booking", "refunds"}): 6, frozenset({"baggage", "refunds"}): 20})
    [(incident, _)] = gather(two, [surge("refunds")], POLICY, both)
    assert incident.topics == ["baggage", "refunds"]


def test_all_mentions_belong_to_the_larger_one() -> None:
    two = [opened(surge("booking", posts=30)), opened(surge("baggage", posts=90))]
    [(incident, reason)] = gather(two, [surge("all")], POLICY, NOTHING)
    assert (incident.topics, len(incident.surges), reason) == (["baggage"], 2, None)


def test_all_mentions_alone_take_the_first_topic_and_not_a_second_one_that_is_apart() -> None:
    alone = opened(surge("all"))
    [(first, reason)] = gather([alone], [surge("booking")], POLICY, NOTHING)
    assert (first.id, reason) == (alone.id, Reason.EXTENDED)
    [(second, reason)] = gather([first], [surge("baggage")], POLICY, NOTHING)
    assert (second.topics, reason) == (["baggage"], Reason.OPENED)


def test_a_topic_on_another_platform_is_where_the_topic_is() -> None:
    two = [opened(surge("booking")), opened(surge("baggage"))]
    [(incident, _)] = gather(two, [surge("booking", platform="bluesky")], POLICY, NOTHING)
    assert (incident.topics, incident.platforms) == (["booking"], ["bluesky", "x"])


@settings(derandomize=True, max_examples=200)
@given(
    st.lists(st.sampled_from(["all", *TOPICS]), min_size=1, max_size=5, unique=True),
    st.dictionaries(
        st.sets(st.sampled_from(TOPICS), min_size=2, max_size=2).map(frozenset),
        st.integers(0, 30),
        max_size=6,
    ),
    st.lists(st.sampled_from(TOPICS), max_size=2, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_order_of_what_begins_in_one_bucket_does_not_matter(
    begun: list[str], shared: dict[frozenset[str], int], open_: list[str], draw: random.Random
) -> None:
    before = [opened(surge(topic, at=NOON - HOUR, posts=20)) for topic in open_]
    surges = [surge(topic, platform=p) for topic in begun for p in ("x", "bluesky")]
    found = gather(before, surges, POLICY, sharing(shared))
    draw.shuffle(surges)
    again = gather(draw.sample(before, len(before)), surges, POLICY, sharing(shared))

    def shown(found: Sequence[tuple[Incident, Reason | None]]) -> list[tuple[object, ...]]:
        return sorted(
            (incident.id, str(reason), sorted(str(one.series) for one in incident.surges))
            for incident, reason in found
        )

    assert shown(again) == shown(found)


def test_what_turns_out_to_be_two_situations_is_parted() -> None:
    whole = opened(surge("booking"), surge("refunds"), surge("all"))
    whole = replace(whole, surges=(*whole.surges, surge("baggage", at=NOON + HOUR)))
    near = sharing({frozenset({"booking", "refunds"}): 9})
    stays, leaves = belonging.parts(whole, near)
    assert [sorted(stays), sorted(leaves)] == [["booking", "refunds"], ["baggage"]]
    rest, other = part(whole, leaves, NOON + 2 * HOUR)
    assert (rest.id, rest.topics, other.topics) == (whole.id, ["booking", "refunds"], ["baggage"])
    assert (other.detected_at, other.state) == (NOON + HOUR, State.OPEN)


def test_what_people_merged_or_split_stays_as_they_have_it() -> None:
    merged = opened(surge("booking"), replace(surge("baggage"), origin="fw-other"))
    assert len(belonging.parts(merged, NOTHING)) == 1
    whole, off = opened(surge("booking")), opened(surge("baggage"))
    split = replace(off, surges=tuple(replace(one, origin=whole.id) for one in off.surges))
    near = sharing({frozenset({"booking", "baggage"}): 50})
    over = [steps.resolved(end(one, one.surges[0].series, NOON), "Kari", NOON) for one in (split,)]
    with_all = replace(whole, surges=(*whole.surges, surge("all")))
    back = surge("baggage", at=NOON + HOUR)
    [(incident, reason)] = gather([with_all, *over], [back], POLICY, near)
    assert (incident.id, reason) == (off.id, Reason.REOPENED)


def test_what_has_long_been_quiet_and_waits_for_a_person_takes_in_nothing() -> None:
    series = surge("booking").series
    waits = replace(end(opened(surge("booking")), series, NOON), assigned_to="IT")
    soon, later = NOON + 3 * HOUR, NOON + 9 * HOUR
    [(same, reason)] = gather([waits], [surge("booking", at=soon)], POLICY)
    assert (same.id, same.assigned_to, reason) == (waits.id, "IT", Reason.REOPENED)
    [(other, reason)] = gather([waits], [surge("booking", at=later)], POLICY)
    assert (other.id == waits.id, reason) == (False, Reason.OPENED)


def test_a_surge_that_outlasts_the_reopening_window_is_another_incident() -> None:
    over = steps.resolved(opened(surge("booking")), "Kari", NOON + HOUR)
    assert not outlasts(over, NOON + 7 * HOUR, POLICY)
    late = NOON + 8 * HOUR
    assert outlasts(over, late, POLICY)
    ended, anew = outlived(over, late, lambda *_: 31)
    assert [one.ended_at for one in ended.surges] == [late]
    [(other, reason)] = gather([ended], anew, POLICY)
    assert (other.id == over.id, other.posts, reason) == (False, 31, Reason.OPENED)


@pytest.mark.parametrize(
    ("changes", "people"),
    [
        ({}, False),
        ({"assigned_to": "IT"}, True),
        ({"restricted": True}, True),
        ({"kind": Kind.SAFETY}, True),
        ({"kind": Kind.REPORTED}, True),
        ({"kind": Kind.SILENCE, "assigned_to": "IT"}, False),
    ],
)
def test_the_silence_of_the_night_does_not_resolve_what_is_for_people_to_resolve(
    changes: dict[str, object], people: bool
) -> None:
    calm = end(opened(surge("booking")), surge("booking").series, NOON)
    incident = replace(calm, **changes)  # type: ignore[arg-type]
    assert for_people(incident) is people
    assert quiet(incident, NOON + 9 * HOUR, POLICY) is not people
