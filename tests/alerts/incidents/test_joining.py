"""Two incidents that are one situation, one that is two, and back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.incidents.following import Progress, go_on, part
from alerts.incidents.incident import Incident, Kind, LiveSurge, Refused, Severity, State
from alerts.incidents.joining import Joint, merge, split, undone
from alerts.incidents.steps import Deed, Step, take
from detectors import Series
from tests.alerts import scenes

AT = scenes.DETECTED + timedelta(hours=1)


def surge(topic: str, *, minutes: int = 0, posts: int = 30, peak: float = 8.0) -> LiveSurge:
    at = scenes.DETECTED + timedelta(minutes=minutes)
    series = Series("fjordwing", topic, "x")
    return LiveSurge(series, at - timedelta(minutes=4), at, 6.0, peak, 300.0, posts)


def incident(id: str, *surges: LiveSurge, **changes: object) -> Incident:
    made = Incident(
        id=f"fjordwing-{id}",
        brand="fjordwing",
        state=State.OPEN,
        severity=Severity.MINOR,
        started_at=min((one.started_at for one in surges), default=scenes.START),
        detected_at=min((one.detected_at for one in surges), default=scenes.DETECTED),
        peak_factor=max((one.peak_factor for one in surges), default=0.0),
        last_surging_at=scenes.DETECTED,
        surges=surges,
        revision=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def step(one: Incident, what: Step, value: str = "", by: str = "Kari") -> Incident:
    return take(one, Deed(what, by, "page", value, "why"), AT)[0]


def test_merged_it_has_the_topics_of_both_and_the_graver_of_each() -> None:
    booking = incident("a", surge("booking", minutes=5), severity=Severity.MAJOR)
    bags = incident("b", surge("baggage", peak=40.0), restricted=True)
    whole, part = merge(booking, bags, "Kari", AT).after
    assert (whole.topics, whole.id, whole.severity) == (
        ["baggage", "booking"],
        booking.id,
        Severity.MAJOR,
    )
    assert (whole.started_at, whole.peak_factor, whole.restricted) == (bags.started_at, 40.0, True)
    assert [one.origin for one in whole.surges] == [bags.id, None]
    assert (part.surges, part.merged_into, part.state) == ((), booking.id, State.RESOLVED)


@pytest.mark.parametrize(
    ("into", "part", "why"),
    [
        (incident("a"), incident("a"), "with itself"),
        (incident("a"), incident("b", brand="otherwing"), "two brands"),
        (incident("a"), incident("b", kind=Kind.SAFETY), "merge fjordwing-a into it instead"),
        (incident("a", kind=Kind.SILENCE), incident("b"), "tells of silence"),
        (incident("a"), incident("b", kind=Kind.BLINDNESS), "tells of blindness"),
        (incident("a"), step(incident("b"), Step.RESOLVE), "was resolved by Kari already"),
        (incident("a"), incident("b", merged_into="fjordwing-c"), "is a part of fjordwing-c now"),
    ],
)
def test_what_cannot_be_one_is_not_merged(into: Incident, part: Incident, why: str) -> None:
    with pytest.raises(Refused, match=why):
        merge(into, part, "Kari", AT)


def test_a_split_off_topic_is_an_incident_of_its_own_in_the_same_hands() -> None:
    surges = (surge("booking", posts=90, peak=20.0), surge("baggage", minutes=9), surge("all"))
    whole = step(incident("a", *surges), Step.ACKNOWLEDGE)
    rest, off = split(whole, ["booking"]).after
    assert (rest.topics, off.topics) == (["baggage"], ["booking"])
    assert {one.series.topic for one in rest.surges} == {"all", "baggage"}
    assert (rest.peak_factor, off.peak_factor, off.posts, off.briefed_posts) == (8.0, 20.0, 90, 90)
    assert (off.acknowledged_by, off.state, off.revision) == ("Kari", State.ACKNOWLEDGED, 0)
    assert off.surges[0].origin == whole.id
    assert split(whole, ["booking"]).after[1].id == off.id != whole.id
    assert split(whole, ["baggage"]).after[1].id != off.id


@pytest.mark.parametrize(
    ("topics", "why"),
    [
        ([], "name some of its topics, not all: baggage, booking"),
        (["booking", "baggage"], "not all"),
        (["delays"], "no topic delays; it has baggage, booking"),
        (["all"], "no topic all"),
    ],
)
def test_a_split_names_some_of_the_topics(topics: list[str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        split(incident("a", surge("booking"), surge("baggage")), topics)


def test_what_a_person_reported_may_lose_all_its_surges() -> None:
    reported = incident("a", surge("booking"), kind=Kind.REPORTED, subject="check-in is down")
    rest, off = split(reported, ["booking"]).after
    assert (rest.surges, rest.subject) == ((), "check-in is down")
    assert (off.kind, off.subject) == (Kind.SURGE, "")


def test_undone_it_keeps_what_has_happened_since() -> None:
    booking, bags = incident("a", surge("booking")), incident("b", surge("baggage"))
    joint = merge(booking, bags, "Kari", AT)
    whole, part = joint.after
    whole = go_on(whole, bags.surges[0].series, AT, Progress(70, 9.0, 7.0))
    whole = step(step(whole, Step.ACKNOWLEDGE), Step.RATE, "critical")
    late = surge("delays", minutes=50)
    whole = replace(whole, surges=(*whole.surges, late))
    main, other = undone(joint, whole, part, "Ola", AT)
    assert (main.topics, main.acknowledged_by, main.severity) == (
        ["booking", "delays"],
        "Kari",
        Severity.CRITICAL,
    )
    assert (other.posts, other.peak_factor, other.state) == (100, 9.0, State.OPEN)
    assert other.surges[0].origin is None


@pytest.mark.parametrize("what", [Step.RESTRICT, Step.HOLD])
def test_what_was_guarded_since_is_guarded_whatever_becomes_of_it(what: Step) -> None:
    booking, bags = incident("a", surge("booking")), incident("b", surge("baggage"))
    merged = merge(booking, bags, "Kari", AT)
    parted = undone(merged, step(merged.after[0], what), merged.after[1], "Ola", AT)
    apart = split(incident("c", surge("booking"), surge("baggage")), ["baggage"])
    joined, _ = undone(apart, apart.after[0], step(apart.after[1], what), "Ola", AT)
    found = part(step(merged.after[0], what), {"baggage"}, AT)
    assert {_guarded(one, what) for one in (*parted, joined, *found)} == {True}


def _guarded(one: Incident, what: Step) -> bool:
    return one.restricted if what is Step.RESTRICT else one.held_at is not None


def test_what_was_joined_once_more_is_undone_in_turn() -> None:
    first = merge(incident("a", surge("booking")), incident("b", surge("baggage")), "Kari", AT)
    second = merge(incident("c", surge("delays")), first.after[0], "Kari", AT)
    with pytest.raises(Refused, match="is a part of fjordwing-c now"):
        undone(first, second.after[1], first.after[1], "Kari", AT)
    with pytest.raises(Refused, match="once more since then"):
        undone(first, first.before[0], first.before[1], "Kari", AT)
    c, a = undone(second, *second.after, "Kari", AT)
    assert [one.topics for one in (c, *undone(first, a, first.after[1], "Kari", AT))] == [
        ["delays"],
        ["booking"],
        ["baggage"],
    ]


TOPICS = ("booking", "baggage", "delays", "refunds")
SURGES = st.lists(
    st.builds(
        surge,
        st.sampled_from([*TOPICS, "all"]),
        minutes=st.integers(0, 90),
        posts=st.integers(1, 900),
        peak=st.floats(1.0, 500.0),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: (one.detected_at, one.series),
)
HANDS = st.lists(
    st.sampled_from([Step.ACKNOWLEDGE, Step.MITIGATE, Step.RESTRICT, Step.PAUSED]), unique=True
)


def made(id: str, surges: Sequence[LiveSurge], hands: Sequence[Step], weight: Severity) -> Incident:
    ordered = sorted(surges, key=lambda one: (one.detected_at, str(one.series)))
    one = incident(id, *ordered, severity=weight, last_surging_at=ordered[-1].detected_at)
    for what in hands:
        one = step(one, what)
    return one


MADE = {"surges": SURGES, "hands": HANDS, "weight": st.sampled_from(Severity)}


@given(st.builds(made, st.just("a"), **MADE), st.builds(made, st.just("b"), **MADE))
def test_merged_and_undone_they_are_as_they_were(into: Incident, part: Incident) -> None:
    assume({*map(_key, into.surges)}.isdisjoint(map(_key, part.surges)))
    joint = Joint.from_json(merge(into, part, "Kari", AT).to_json())
    assert len(joint.after[0].surges) == len(into.surges) + len(part.surges)
    assert undone(joint, *joint.after, "Kari", AT) == (into, part)


@given(st.builds(made, st.just("a"), **MADE), st.sets(st.sampled_from(TOPICS), min_size=1))
def test_split_and_undone_it_is_as_it_was(whole: Incident, topics: set[str]) -> None:
    own = {one.series.topic for one in whole.surges} - {"all"}
    if not topics < own:
        with pytest.raises(Refused):
            split(whole, topics)
        return
    joint = Joint.from_json(split(whole, topics).to_json())
    rest, off = joint.after
    assert sorted(map(_key, (*rest.surges, *off.surges))) == sorted(map(_key, whole.surges))
    main, other = undone(joint, rest, off, "Kari", AT)
    assert main == whole
    assert (other.surges, other.merged_into, other.state) == ((), whole.id, State.RESOLVED)


def _key(one: LiveSurge) -> tuple[str, str]:
    return one.detected_at.isoformat(), str(one.series)
