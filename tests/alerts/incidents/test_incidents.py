"""The life of an incident, told as steps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.incidents import steps
from alerts.incidents.following import (
    Policy,
    Progress,
    absorb,
    end,
    go_on,
    grown,
    persists,
    quiet,
)
from alerts.incidents.incident import (
    DAEMON,
    Incident,
    Kind,
    LiveSurge,
    Reason,
    Refused,
    Severity,
    State,
)
from alerts.incidents.severity import assess
from alerts.incidents.steps import Deed, Step, reopened, take
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


def acknowledged(incident: Incident, by: str, at: datetime) -> Incident:
    return take(incident, Deed(Step.ACKNOWLEDGE, by, "shell"), at)[0]


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
    before = acknowledged(end(opened(surge()), BOOKING, NOON), "Kari", NOON)
    before = steps.resolved(before, "seawall", NOON + timedelta(hours=1))
    soon, reason = absorb([before], surge(at=NOON + timedelta(hours=6)), POLICY)
    assert (soon.id, reason, soon.state) == (before.id, Reason.REOPENED, State.OPEN)
    assert (soon.acknowledged_by, soon.resolved_at) == (None, None)
    late, reason = absorb([before], surge(at=NOON + timedelta(hours=8)), POLICY)
    assert (late.id == before.id, reason) == (False, Reason.OPENED)


def test_another_topic_soon_after_is_another_incident() -> None:
    before = steps.resolved(opened(surge()), "seawall", NOON + timedelta(hours=1))
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
    more = go_on(incident, BOOKING, NOON + timedelta(minutes=1), Progress(11, 9.0, 7.0))
    assert (grown(more), more.peak_factor) == (False, 9.0)
    assert grown(go_on(more, BOOKING, NOON + timedelta(minutes=2), Progress(1, 8.0, 7.0)))


def test_severity_rises_with_reach_and_never_falls() -> None:
    incident = opened(surge(posts=12))
    assert assess(incident) is Severity.MINOR
    grew = go_on(incident, BOOKING, NOON, Progress(100, 12.0, 11.0))
    assert assess(grew) is Severity.CRITICAL
    assert assess(replace(incident, assessed=Severity.CRITICAL)) is Severity.CRITICAL


def test_who_comes_second_is_told_who_was_first() -> None:
    taken = acknowledged(opened(surge()), "Kari", NOON)
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (
        State.ACKNOWLEDGED,
        "Kari",
        NOON,
    )
    with pytest.raises(Refused, match="acknowledged by Kari already"):
        acknowledged(taken, "Lars", NOON)
    over = steps.resolved(taken, "Kari", NOON)
    for step in (Step.ACKNOWLEDGE, Step.RESOLVE):
        with pytest.raises(Refused, match="resolved"):
            take(over, Deed(step, "Lars", "shell"), NOON)


def test_a_surge_that_has_calmed_is_quiet_before_the_detector_is_sure_of_it() -> None:
    incident = go_on(opened(surge()), BOOKING, NOON, Progress(1, 1.2, 5.0))
    assert quiet(incident, NOON + timedelta(hours=1), POLICY)


def test_what_was_resolved_too_early_is_open_again_after_an_hour() -> None:
    resolved = steps.resolved(acknowledged(opened(surge()), "Kari", NOON), "Kari", NOON)
    later = NOON + timedelta(minutes=59)
    going = go_on(resolved, BOOKING, later, Progress(30, 9.0, 9.0))
    assert not persists(going, later, POLICY)
    assert persists(going, NOON + timedelta(hours=1), POLICY)
    assert reopened(going).state is State.OPEN
    assert not persists(end(going, BOOKING, later), NOON + timedelta(hours=1), POLICY)


def test_after_quiet_a_single_post_reopens_nothing_and_a_new_flood_does() -> None:
    over = replace(steps.resolved(opened(surge()), DAEMON, NOON), briefed_posts=12)
    one = go_on(over, BOOKING, NOON, Progress(1, 20.0, 5.0))
    assert not persists(one, NOON, POLICY)
    assert persists(go_on(one, BOOKING, NOON, Progress(9, 20.0, 5.0)), NOON, POLICY)


def silent(brand: str, platform: str = "bluesky", topic: str = "all") -> LiveSurge:
    return replace(surge(Series(brand, topic, platform), posts=0), factor=0.0, peak_factor=0.0)


def test_what_falls_silent_on_a_platform_is_one_incident_whichever_brand() -> None:
    first, reason = absorb([], silent("fjordwing"), POLICY, Kind.SILENCE)
    assert (first.kind, reason) == (Kind.SILENCE, Reason.OPENED)
    topic, reason = absorb([first], silent("fjordwing", topic="booking"), POLICY, Kind.SILENCE)
    assert (topic.id, reason) == (first.id, None), "of the same brand it is no news"
    both, reason = absorb([topic], silent("otherwing"), POLICY, Kind.SILENCE)
    assert (both.id, reason) == (first.id, Reason.EXTENDED)
    other, reason = absorb([both], silent("fjordwing", "x"), POLICY, Kind.SILENCE)
    assert (other.id == first.id, reason) == (False, Reason.OPENED)


def test_silences_and_surges_never_merge() -> None:
    quiet, _ = absorb([], silent("fjordwing", "x"), POLICY, Kind.SILENCE)
    flood, reason = absorb([quiet], surge(), POLICY)
    assert (flood.id == quiet.id, reason) == (False, Reason.OPENED)
    again, reason = absorb([flood], silent("fjordwing", "x"), POLICY, Kind.SILENCE)
    assert (again.id, reason) == (quiet.id, Reason.OPENED)


def test_a_silence_is_over_as_soon_as_people_write_and_back_when_they_do_not() -> None:
    quiet_one, _ = absorb([], silent("fjordwing"), POLICY, Kind.SILENCE)
    going = go_on(
        quiet_one, Series("fjordwing", "all", "bluesky"), NOON, Progress(0, 0.0, 0.0, 99.0)
    )
    assert (going.surging, grown(going), assess(going)) == (True, False, Severity.MINOR)
    over = end(going, Series("fjordwing", "all", "bluesky"), NOON)
    assert quiet(over, NOON, POLICY)
    resolved = steps.resolved(over, DAEMON, NOON)
    back, reason = absorb([resolved], silent("otherwing"), POLICY, Kind.SILENCE)
    assert (back.id, reason) == (quiet_one.id, Reason.REOPENED)


def test_what_calls_nobody_stays_minor_however_large_it_is() -> None:
    shown = replace(opened(surge(posts=900)), calls=False, peak_factor=90.0)
    assert assess(shown) is Severity.MINOR
    assert assess(replace(shown, calls=True)) is Severity.CRITICAL
