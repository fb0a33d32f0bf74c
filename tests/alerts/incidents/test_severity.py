"""How much an incident asks of the team, by its kind, its reach and the hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.incidents import severity
from alerts.incidents.following import Policy, absorb, weighed
from alerts.incidents.incident import Incident, Kind, LiveSurge, Severity, Trend
from alerts.incidents.severity import Hour, assess
from alerts.incidents.timetable import AHEAD, Timetable
from detectors import Series, Surge

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHT, MORNING = Hour(3, 0.02), Hour(240, 0.9)
MINOR, MAJOR, CRITICAL = Severity


def incident(
    factor: float = 6.0, posts: int = 30, trend: Trend | None = None, *, platforms: int = 1
) -> Incident:
    found = Surge(Series("fw", "booking", "x"), NOON - HOUR / 4, NOON, factor, evidence=90.0)
    one = LiveSurge.begin(found, posts, trend)
    opened, _ = absorb([], one, Policy(HOUR, HOUR))
    others = [replace(one, series=Series("fw", "booking", f"p{n}")) for n in range(platforms - 1)]
    return replace(opened, surges=(*opened.surges, *others))


def test_without_a_timetable_the_hour_does_not_count() -> None:
    assert assess(incident()) is MAJOR


def test_when_hardly_anybody_departs_it_weighs_less_and_rises_as_the_morning_comes() -> None:
    assert assess(incident(), hour=NIGHT) is MINOR
    asleep = weighed(incident(), assess(incident(), hour=NIGHT))
    assert weighed(asleep, assess(asleep, hour=MORNING)).severity is MAJOR


@pytest.mark.parametrize(
    ("trend", "lately", "found"),
    [
        (Trend.EASING, 3, MINOR),
        (Trend.HOLDING, 9, MINOR),
        (Trend.HOLDING, 10, MAJOR),
        (Trend.GROWING, 3, MAJOR),
    ],
)
def test_the_morning_raises_what_grows_or_presses_and_not_the_tail_of_a_flood(
    trend: Trend, lately: int, found: Severity
) -> None:
    asleep = incident(trend=trend)
    assert assess(asleep, hour=NIGHT, lately=28) is MINOR
    assert assess(asleep, hour=Hour(120, 0.5), lately=lately) is found


def test_a_wave_of_departures_weighs_on_what_grows() -> None:
    assert assess(incident(), hour=MORNING) is MAJOR
    assert assess(incident(trend=Trend.GROWING), hour=MORNING) is CRITICAL


def test_many_posts_of_a_few_people_weigh_less() -> None:
    assert assess(incident(posts=30), authors=28) is MAJOR
    assert assess(incident(posts=30), authors=9) is MINOR


def test_what_grows_fast_is_critical_before_it_is_large() -> None:
    assert assess(incident(posts=60, trend=Trend.HOLDING)) is MAJOR
    assert assess(incident(posts=60, trend=Trend.GROWING)) is CRITICAL


def test_what_is_on_three_platforms_is_more_than_minor() -> None:
    assert assess(incident(3.0, 12, platforms=2)) is MINOR
    assert assess(incident(3.0, 12, platforms=3)) is MAJOR


def test_posts_that_are_not_on_its_topics_raise_nothing() -> None:
    talk = Surge(Series("fw", "all", "x"), NOON - HOUR, NOON, 40.0, evidence=900.0)
    small = incident(3.0, 9)
    joined, _ = absorb([small], LiveSurge.begin(talk, 900, Trend.GROWING), Policy(HOUR, HOUR))
    assert (joined.topics, len(joined.surges)) == (["booking"], 2)
    assert (assess(joined), assess(joined, hour=MORNING)) == (MINOR, MINOR)
    assert (joined.posts, joined.factor, joined.peak_factor) == (9, 3.0, 3.0)
    assert joined.started_at == small.started_at


def test_a_topic_is_counted_on_all_platforms_and_topics_are_not_added_up() -> None:
    on_two = incident(3.0, 40, platforms=2)
    other = replace(on_two.surges[0], series=Series("fw", "refunds", "x"), posts=70)
    assert (on_two.posts, replace(on_two, surges=(*on_two.surges, other)).posts) == (80, 80)


def test_what_a_person_said_stands_until_more_is_found_than_when_they_said_it() -> None:
    rated = replace(incident(), assessed=MAJOR, severity=MINOR, severity_by="Kari")
    assert weighed(rated, MAJOR) == rated
    risen = weighed(rated, CRITICAL)
    assert (risen.severity, risen.severity_by) == (CRITICAL, None)
    raised = replace(incident(), assessed=MINOR, severity=CRITICAL, severity_by="Kari")
    assert (weighed(raised, MAJOR).severity, weighed(raised, MAJOR).severity_by) == (
        CRITICAL,
        "Kari",
    )


@pytest.mark.parametrize("kind", [Kind.SAFETY, Kind.REPORTED, Kind.BLINDNESS])
def test_what_no_surge_opened_stays_as_severe_as_it_was(kind: Kind) -> None:
    one = replace(incident(), kind=kind, surges=(), assessed=severity.INITIAL[kind])
    assert assess(one, hour=NIGHT) is severity.INITIAL[kind]


def test_it_says_why_in_one_sentence() -> None:
    two = incident(14.2, 120, Trend.GROWING, platforms=2)
    assert severity.why(two, 120, 14.2, 98, MORNING) == (
        "up to ×14 the expected number, 120 posts by 98 people on one topic, on 2 "
        "platforms, and growing; 240 departures in the next six hours, 90% of the week's busiest"
    )
    assert severity.why(incident(), 30, 6.0, None, None) == (
        "up to ×6 the expected number, 30 posts on one topic"
    )


OSLO = Timetable(ZoneInfo("Europe/Oslo"), {(day, 6): 40 for day in range(7)} | {(6, 2): 8})


def test_departures_are_counted_on_the_clock_of_the_timetable() -> None:
    at_five = datetime(2026, 3, 14, 4, 15, tzinfo=UTC)
    assert OSLO.departures(at_five, HOUR) == 10
    assert OSLO.departures(at_five, AHEAD) == 40
    assert (OSLO.share(at_five), OSLO.share(NOON)) == (40 / 48, 0.0)


def test_an_hour_that_the_clocks_skip_has_no_departures() -> None:
    spring = datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert OSLO.departures(spring, 3 * HOUR) == 0
    assert OSLO.departures(spring - timedelta(days=7), 3 * HOUR) == 8
