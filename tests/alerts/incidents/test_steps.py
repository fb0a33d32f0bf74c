"""What people do to incidents: what each step changes, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents import steps
from alerts.incidents.incident import (
    Answer,
    Incident,
    Kind,
    Reason,
    Refused,
    Severity,
    State,
    Verdict,
)
from alerts.incidents.joining import merge
from alerts.incidents.steps import Deed, Step, awake, take
from tests.alerts import scenes

AT = scenes.DETECTED + timedelta(minutes=12)
"""Sat 21 Nov, 23:23 in Oslo."""
OPENED = replace(scenes.incident(), acknowledged_at=None, acknowledged_by=None)


def done(step: Step, value: str = "", note: str = "", by: str = "Kari") -> Deed:
    return Deed(step, by, "page", value, note, zone="Europe/Oslo")


def after(*deeds: Deed, at: timedelta = timedelta()) -> Incident:
    """The incident that was open, after these deeds."""
    incident = OPENED
    for deed in deeds:
        incident, _ = take(incident, deed, AT + at)
    return incident


ACKNOWLEDGED = after(done(Step.ACKNOWLEDGE))


def test_three_ways_to_acknowledge_and_who_has_it_may_say_it_otherwise() -> None:
    at_desk = after(done(Step.ACKNOWLEDGE, "10m"))
    assert (at_desk.state, at_desk.acknowledged_by) == (State.ACKNOWLEDGED, "Kari")
    assert (at_desk.acknowledged_how, at_desk.desk_at) == (Answer.DESK, AT + timedelta(minutes=10))
    phone, reason = take(at_desk, done(Step.PHONE), AT + timedelta(minutes=5))
    assert (phone.acknowledged_how, phone.desk_at, reason) == (
        Answer.PHONE,
        None,
        Reason.ACKNOWLEDGED,
    )
    assert phone.acknowledged_at == AT
    given_back, reason = take(phone, done(Step.DECLINE), AT)
    assert (given_back.state, given_back.acknowledged_by, reason) == (
        State.OPEN,
        None,
        Reason.DECLINED,
    )
    untouched, reason = take(OPENED, done(Step.DECLINE), AT)
    assert (replace(untouched, touched_at=None), reason) == (OPENED, Reason.DECLINED)


def test_who_mitigates_does_not_take_it_in_hand() -> None:
    mitigated = after(done(Step.MITIGATE, by="Ola"))
    assert (mitigated.state, mitigated.acknowledged_by) == (State.MITIGATED, None)
    taken, _ = take(mitigated, done(Step.ACKNOWLEDGE), AT)
    assert (taken.state, taken.acknowledged_by) == (State.MITIGATED, "Kari")


@pytest.mark.parametrize(
    ("before", "deed", "why"),
    [
        (ACKNOWLEDGED, done(Step.ACKNOWLEDGE, by="Ola"), "was acknowledged by Kari already"),
        (ACKNOWLEDGED, done(Step.ACKNOWLEDGE), "is yours already"),
        (ACKNOWLEDGED, done(Step.DECLINE, by="Ola"), "in the hands of Kari"),
        (OPENED, done(Step.ACKNOWLEDGE, "3h"), "more than two hours"),
        (OPENED, done(Step.ACKNOWLEDGE, "soon"), "no length of time: write 10m"),
        (OPENED, done(Step.ASSIGN), "say who it is for"),
        (after(done(Step.ASSIGN, "IT")), done(Step.ASSIGN, "IT"), "assigned to IT already"),
        (OPENED, done(Step.SNOOZE), "say until when"),
        (OPENED, done(Step.SNOOZE, "8d"), "in the next 7 days"),
        (OPENED, done(Step.SNOOZE, "2026-11-21T23:00"), "in the next 7 days"),
        (OPENED, done(Step.SNOOZE, "tomorrow"), "no time: write 07:00"),
        (replace(OPENED, surges=()), done(Step.SNOOZE, "doubles"), "no posts that could double"),
        (replace(OPENED, kind=Kind.SILENCE), done(Step.SNOOZE, "doubles"), "no posts that could"),
        (OPENED, done(Step.WAKE), "is not snoozed"),
        (OPENED, done(Step.RATE, "terrible"), "it is one of minor, major, critical"),
        (after(done(Step.RATE, "major")), done(Step.RATE, "major"), "Kari said so already: major"),
        (
            OPENED,
            done(Step.JUDGE, "odd"),
            "real, expected, false_alarm, new_normal, hoax, not_ours",
        ),
        (after(done(Step.JUDGE, "hoax")), done(Step.JUDGE, "hoax", by="Ola"), "Kari said so"),
        (OPENED, done(Step.UNRESTRICT), "is not restricted"),
        (after(done(Step.RESTRICT)), done(Step.RESTRICT), "is restricted already"),
        (after(done(Step.PAUSED)), done(Step.PAUSED, by="Ola"), "Kari paused promotions already"),
        (OPENED, done(Step.KEEP_SILENT, "2h"), "say why nothing is said"),
        (OPENED, done(Step.KEEP_SILENT, note="a threat"), "say when silence is looked at again"),
        (OPENED, done(Step.NOTE), "the note is empty"),
        (OPENED, done(Step.NOTE, note="x" * 2001), "say it shorter"),
        (OPENED, done(Step.REOPEN), "is not resolved"),
        (after(done(Step.RESOLVE)), done(Step.RESOLVE, by="Ola"), "was resolved by Kari already"),
        (after(done(Step.RESOLVE)), done(Step.ACKNOWLEDGE), "was resolved by Kari already"),
        (replace(OPENED, merged_into="fjordwing-a"), done(Step.NOTE, note="x"), "a part of fjordw"),
    ],
)
def test_a_step_that_cannot_be_taken_is_refused_in_one_sentence(
    before: Incident, deed: Deed, why: str
) -> None:
    with pytest.raises(Refused, match=why) as refused:
        take(before, deed, AT)
    assert len(str(refused.value).splitlines()) == 1


def test_a_snooze_lasts_until_a_clock_shows_the_time_or_until_it_doubles() -> None:
    for said, lasts in (("07:00", timedelta(hours=7, minutes=37)), ("2h", timedelta(hours=2))):
        snoozed = after(done(Step.SNOOZE, said))
        assert not awake(snoozed, AT + lasts - timedelta(seconds=1))
        assert awake(snoozed, AT + lasts)
    until_more = after(done(Step.SNOOZE, "07:00"), done(Step.SNOOZE, "doubles"))
    assert not awake(until_more, AT + timedelta(days=9)), "time alone does not wake it"
    [largest, *rest] = until_more.surges
    doubled = replace(until_more, surges=(replace(largest, posts=2 * OPENED.posts), *rest))
    assert awake(doubled, AT)
    assert awake(after(done(Step.SNOOZE, "2h"), done(Step.WAKE)), AT)


def test_what_is_open_again_calls_again_and_is_in_nobodys_hands() -> None:
    over = after(done(Step.ACKNOWLEDGE), done(Step.SNOOZE, "2h"), done(Step.RESOLVE))
    again, reason = take(over, done(Step.REOPEN, by="Ola"), AT)
    assert (again.state, again.acknowledged_by, reason) == (State.OPEN, None, Reason.REOPENED)
    assert (again.resolved_at, awake(again, AT)) == (None, True)


@pytest.mark.parametrize("kind", Kind)
def test_people_can_resolve_whatever_opened_it(kind: Kind) -> None:
    one = replace(OPENED, kind=kind, surges=(), restricted=True)
    assert take(one, done(Step.RESOLVE), AT)[0].resolved_by == "Kari"


def test_what_people_decide_stays_with_their_name() -> None:
    decided = after(
        done(Step.RATE, "minor"),
        done(Step.JUDGE, "hoax", by="Ola"),
        done(Step.KEEP_SILENT, "07:00", "a threat, the police lead"),
        done(Step.PAUSED, by="Content"),
        done(Step.ASSIGN, "IT"),
    )
    assert (decided.severity, decided.severity_by) == (Severity.MINOR, "Kari")
    assert (decided.verdict, decided.verdict_by, decided.verdict_at) == (Verdict.HOAX, "Ola", AT)
    assert decided.silent_until == AT + timedelta(hours=7, minutes=37)
    assert (decided.paused_by, decided.assigned_to, decided.touched_at) == ("Content", "IT", AT)


VALUES = (
    "",
    "10m",
    "2h",
    "07:00",
    "doubles",
    "IT",
    "critical",
    "minor",
    "hoax",
    "real",
    "nonsense",
)
DEEDS = st.builds(
    Deed,
    step=st.sampled_from(Step),
    by=st.sampled_from(["Kari", "Ola"]),
    place=st.just("page"),
    value=st.sampled_from(VALUES),
    note=st.sampled_from(["", "because"]),
    zone=st.just("Europe/Oslo"),
)


@given(
    st.lists(st.tuples(DEEDS, st.integers(0, 600)), max_size=25),
    st.sampled_from([OPENED, replace(OPENED, surges=()), replace(OPENED, kind=Kind.SILENCE)]),
)
def test_no_sequence_of_steps_reaches_an_impossible_state(
    taken: Sequence[tuple[Deed, int]], incident: Incident
) -> None:
    at = AT
    for deed, minutes in taken:
        at += timedelta(minutes=minutes)
        before = incident
        try:
            incident, reason = take(incident, deed, at)
        except Refused:
            assert incident == before, "a refused step changes nothing"
            continue
        assert incident.touched_at == at
        assert reason in Reason
        assert incident == replace(steps.unresolved(incident), **_end_of(incident))
        hands = (incident.acknowledged_at, incident.acknowledged_by, incident.acknowledged_how)
        assert len({value is None for value in hands}) == 1
        assert incident.desk_at is None or incident.acknowledged_how is Answer.DESK
        assert None in (incident.snoozed_until, incident.snoozed_posts)
        assert (incident.surges, incident.id) == (before.surges, before.id)


def _end_of(incident: Incident) -> dict[str, object]:
    """Its state follows from what is known of it, but for its end."""
    over = incident.resolved_at is not None
    state = State.RESOLVED if over else steps.unresolved(incident).state
    return {
        "state": state,
        "resolved_at": incident.resolved_at,
        "resolved_by": incident.resolved_by,
    }


def test_what_became_a_part_of_another_takes_no_step() -> None:
    other = replace(OPENED, id="fjordwing-b", surges=())
    _, part = merge(OPENED, other, "Kari", AT).after
    for step in Step:
        with pytest.raises(Refused, match=f"{other.id} is a part of {OPENED.id} now"):
            take(part, done(step, "2h", "why"), AT)
