"""The life of an incident, told as steps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.incidents import (
    DAEMON,
    Incident,
    LiveSurge,
    Policy,
    Reason,
    Refused,
    Severity,
    State,
    absorb,
    acknowledge,
    assess,
    end,
    go_on,
    grown,
    persists,
    quiet,
    reopen,
    resolve,
)
from detectors import Series, Surge

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
POLICY = Policy(resolve_after=timedelta(hours=1), reopen_within=timedelta(hours=6))
BOOKING = Series("fjordwing", "booking", "x")


def surge(series: Series = BOOKING, *, at: datetime = NOON, posts: int = 12) -> LiveSurge:
    found = Surge(series, at - timedelta(minutes=5), at, factor=6.0, evidence=90.0)
    return LiveSurge.begin(found, posts)


def opened(*surges: LiveSurge) -> Incident:
    incident, _ = absorb([], surges[0], POLICY)
    for one in surges[1:]:
        incident, _ = absorb([incident], one, POLICY)
    return incident


def test_a_surge_opens_an_incident_that_starts_when_the_surge_did() -> None:
    incident, reason = absorb([], surge(), POLICY)
    assert reason is Reason.OPENED
    assert (incident.state, incident.started_at) == (State.OPEN, NOON - timedelta(minutes=5))


def test_topics_of_a_brand_that_surge_together_are_one_incident() -> None:
    first = opened(surge())
    baggage = surge(replace(BOOKING, topic="baggage"), at=NOON + timedelta(minutes=3))
    incident, reason = absorb([first], baggage, POLICY)
    assert (incident.id, reason, incident.topics) == (
        first.id,
        Reason.EXTENDED,
        ["baggage", "booking"],
    )


def test_all_mentions_surge_along_without_being_news() -> None:
    incident, reason = absorb([opened(surge())], surge(replace(BOOKING, topic="all")), POLICY)
    assert (reason, incident.topics) == (None, ["booking"])


def test_two_brands_are_two_incidents() -> None:
    other, reason = absorb([opened(surge())], surge(replace(BOOKING, brand="otherwing")), POLICY)
    assert (reason, other.brand) == (Reason.OPENED, "otherwing")


def test_the_same_situation_has_the_same_id_in_every_run() -> None:
    assert opened(surge()).id == opened(surge(posts=99)).id
    assert opened(surge()).id != opened(surge(at=NOON + timedelta(minutes=1))).id


def test_a_surge_that_returns_soon_reopens_its_incident_and_forgets_who_had_it() -> None:
    before = acknowledge(end(opened(surge()), BOOKING, NOON), "Kari", NOON)
    before = resolve(before, "seawall", NOON + timedelta(hours=1))
    soon, reason = absorb([before], surge(at=NOON + timedelta(hours=6)), POLICY)
    assert (soon.id, reason, soon.state) == (before.id, Reason.REOPENED, State.OPEN)
    assert (soon.acknowledged_by, soon.resolved_at) == (None, None)
    late, reason = absorb([before], surge(at=NOON + timedelta(hours=8)), POLICY)
    assert (late.id == before.id, reason) == (False, Reason.OPENED)


def test_another_topic_soon_after_is_another_incident() -> None:
    before = resolve(opened(surge()), "seawall", NOON + timedelta(hours=1))
    later = surge(replace(BOOKING, topic="baggage"), at=NOON + timedelta(hours=2))
    _, reason = absorb([before], later, POLICY)
    assert reason is Reason.OPENED


def test_an_incident_is_over_after_an_hour_without_any_surge_and_not_before() -> None:
    incident = opened(surge())
    assert not quiet(incident, NOON + timedelta(days=1), POLICY), "it is still surging"
    incident = end(incident, BOOKING, NOON + timedelta(minutes=30))
    assert not quiet(incident, NOON + timedelta(minutes=89), POLICY)
    assert quiet(incident, NOON + timedelta(minutes=90), POLICY)


def test_a_surge_that_goes_on_is_told_each_time_it_doubles() -> None:
    incident = replace(opened(surge(posts=12)), briefed_posts=12)
    more = go_on(incident, BOOKING, NOON + timedelta(minutes=1), posts=11, factor=9.0, overall=7.0)
    assert (grown(more), more.peak_factor) == (False, 9.0)
    assert grown(
        go_on(more, BOOKING, NOON + timedelta(minutes=2), posts=1, factor=8.0, overall=7.0)
    )


def test_severity_rises_with_reach_and_never_falls() -> None:
    incident = opened(surge(posts=12))
    assert assess(incident) is Severity.MINOR
    grew = go_on(incident, BOOKING, NOON, posts=100, factor=12.0, overall=11.0)
    assert assess(grew) is Severity.CRITICAL
    assert assess(replace(incident, severity=Severity.CRITICAL)) is Severity.CRITICAL


def test_who_comes_second_is_told_who_was_first() -> None:
    taken = acknowledge(opened(surge()), "Kari", NOON)
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (
        State.ACKNOWLEDGED,
        "Kari",
        NOON,
    )
    with pytest.raises(Refused, match="acknowledged by Kari already"):
        acknowledge(taken, "Lars", NOON)
    over = resolve(taken, "Kari", NOON)
    for step in (acknowledge, resolve):
        with pytest.raises(Refused, match="resolved"):
            step(over, "Lars", NOON)


def test_a_surge_that_has_calmed_is_quiet_before_the_detector_is_sure_of_it() -> None:
    incident = go_on(opened(surge()), BOOKING, NOON, posts=1, factor=1.2, overall=5.0)
    assert quiet(incident, NOON + timedelta(hours=1), POLICY)


def test_what_was_resolved_too_early_is_open_again_after_an_hour() -> None:
    resolved = resolve(acknowledge(opened(surge()), "Kari", NOON), "Kari", NOON)
    later = NOON + timedelta(minutes=59)
    going = go_on(resolved, BOOKING, later, posts=30, factor=9.0, overall=9.0)
    assert not persists(going, later, POLICY)
    assert persists(going, NOON + timedelta(hours=1), POLICY)
    assert reopen(going).state is State.OPEN
    assert not persists(end(going, BOOKING, later), NOON + timedelta(hours=1), POLICY)


def test_after_quiet_a_single_post_reopens_nothing_and_a_new_flood_does() -> None:
    over = replace(resolve(opened(surge()), DAEMON, NOON), briefed_posts=12)
    one = go_on(over, BOOKING, NOON, posts=1, factor=20.0, overall=5.0)
    assert not persists(one, NOON, POLICY)
    assert persists(go_on(one, BOOKING, NOON, posts=9, factor=20.0, overall=5.0), NOON, POLICY)
