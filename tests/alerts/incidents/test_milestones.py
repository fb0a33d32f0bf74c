"""The clock of an incident, against its targets."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.incidents.incident import Incident, Kind, Reason, State
from alerts.incidents.milestones import Event, Milestone, Milestones, Standing
from tests.alerts.scenes import DETECTED, START, incident

MINUTE = timedelta(minutes=1)
TARGETS = {
    Milestone.DETECTED: 15 * MINUTE,
    Milestone.ACKNOWLEDGED: 25 * MINUTE,
    Milestone.FIRST_WORD: 60 * MINUTE,
    Milestone.RESOLVED: 180 * MINUTE,
}


def after(minutes: float, reason: Reason, by: str = "Kari") -> Event:
    return Event(reason, START + minutes * MINUTE, by)


def clock(*events: Event, now: float = 30, about: Incident | None = None) -> Milestones:
    return Milestones.of(about or incident(), events, TARGETS, START + now * MINUTE)


def test_every_milestone_has_its_time_from_the_onset_and_stands_against_its_target() -> None:
    about = replace(
        incident(),
        state=State.RESOLVED,
        resolved_at=START + 200 * MINUTE,
        resolved_by="Kari",
        silent_until=START + 600 * MINUTE,
    )
    found = Milestones.of(
        about,
        [
            after(32, Reason.ACKNOWLEDGED),
            after(50, Reason.KEPT_SILENT, "Nora"),
            after(90, Reason.MITIGATED),
            after(200, Reason.RESOLVED),
        ],
        TARGETS,
        START + 500 * MINUTE,
        notified=START + 5 * MINUTE,
        drafted=DETECTED,
    )
    assert [
        (one.milestone, None if one.after is None else one.after / MINUTE, one.standing)
        for one in found.marks
    ] == [
        (Milestone.ONSET, 0, None),
        (Milestone.DETECTED, 4, Standing.KEPT),
        (Milestone.NOTIFIED, 5, None),
        (Milestone.ACKNOWLEDGED, 32, Standing.BREACHED),
        (Milestone.DRAFTED, 4, None),
        (Milestone.APPROVED, None, None),
        (Milestone.FIRST_WORD, 50, Standing.KEPT),
        (Milestone.MITIGATED, 90, None),
        (Milestone.RESOLVED, 200, Standing.BREACHED),
    ]
    assert found[Milestone.FIRST_WORD].by == "Nora"
    assert found.silent_until == START + 600 * MINUTE
    assert found.breaches() == (
        "acknowledged 32 min after the onset, target 25 min",
        "resolved 3 h 20 min after the onset, target 3 h",
    )


def test_what_has_not_come_runs_until_its_target_is_over() -> None:
    assert clock(now=25)[Milestone.ACKNOWLEDGED].standing is Standing.RUNNING
    late = clock(now=25.1)
    assert late[Milestone.ACKNOWLEDGED].standing is Standing.BREACHED
    assert late.breaches() == ("not acknowledged, target 25 min",)


@pytest.mark.parametrize("word", [Reason.POSTED, Reason.KEPT_SILENT])
def test_the_first_word_is_posted_or_a_decision_to_say_nothing_in_time(word: Reason) -> None:
    assert clock(now=60)[Milestone.FIRST_WORD].standing is Standing.RUNNING
    assert clock(now=61).breaches()[-1] == "no first word, target 1 h"
    for minute, standing in ((59, Standing.KEPT), (61, Standing.BREACHED)):
        said = clock(after(40, Reason.APPROVED), after(minute, word), after(70, Reason.POSTED))
        mark = said[Milestone.FIRST_WORD]
        assert (mark.after, mark.standing) == (minute * MINUTE, standing)
        assert said[Milestone.APPROVED].after == 40 * MINUTE
        assert said.silent is (word is Reason.KEPT_SILENT)


def test_where_the_playbook_is_to_say_nothing_no_clock_pushes_to_speak() -> None:
    now = START + 1000 * MINUTE
    threat = Milestones.of(incident(), [], TARGETS, now, unspoken=True)[Milestone.FIRST_WORD]
    assert (threat.asked, threat.target, threat.standing) == (False, None, None)


def test_what_was_over_before_it_was_due_breaches_nothing() -> None:
    over = replace(incident(), state=State.RESOLVED, resolved_at=START + 20 * MINUTE)
    assert clock(about=over, now=500).breached == ()
    assert clock(about=over, now=500)[Milestone.ACKNOWLEDGED].standing is None


@pytest.mark.parametrize("given_back", [Reason.DECLINED, Reason.UNANSWERED])
def test_an_acknowledgement_that_is_given_back_is_none(given_back: Reason) -> None:
    tapped = [after(10, Reason.ACKNOWLEDGED), after(20, given_back)]
    assert clock(*tapped)[Milestone.ACKNOWLEDGED].standing is Standing.BREACHED
    taken = clock(*tapped, after(24, Reason.ACKNOWLEDGED, "Nora"))[Milestone.ACKNOWLEDGED]
    assert (taken.by, taken.standing) == ("Nora", Standing.KEPT)


def test_others_who_cannot_take_it_and_its_return_leave_the_first_acknowledgement() -> None:
    events = [
        after(8, Reason.DECLINED, "Ben"),
        after(10, Reason.ACKNOWLEDGED),
        after(11, Reason.DECLINED, "Ben"),
        after(90, Reason.RESOLVED),
        after(200, Reason.REOPENED),
        after(230, Reason.UNANSWERED),
        after(240, Reason.ACKNOWLEDGED, "Ben"),
    ]
    taken = clock(*events, now=300)[Milestone.ACKNOWLEDGED]
    assert (taken.by, taken.after) == ("Kari", 10 * MINUTE)


def test_what_it_had_come_to_before_it_returned_stays_on_the_clock() -> None:
    before = [after(60, Reason.MITIGATED), after(90, Reason.RESOLVED)]
    back = clock(*before, after(200, Reason.REOPENED), now=600)
    known = {one.milestone: (one.after, one.standing, one.by) for one in back.marks}
    assert known[Milestone.MITIGATED] == (60 * MINUTE, None, "")
    assert known[Milestone.RESOLVED] == (90 * MINUTE, Standing.KEPT, "Kari")
    assert back.back
    over = replace(incident(), state=State.RESOLVED, resolved_at=START + 700 * MINUTE)
    again = clock(*before, after(700, Reason.RESOLVED, "Ola"), about=over, now=800)
    assert (again[Milestone.RESOLVED], again.back) == (back[Milestone.RESOLVED], False)


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"calls": False}, [Milestone.DETECTED]),
        (
            {"kind": Kind.REPORTED},
            [Milestone.ACKNOWLEDGED, Milestone.FIRST_WORD, Milestone.RESOLVED],
        ),
        (
            {"kind": Kind.BLINDNESS},
            [Milestone.DETECTED, Milestone.ACKNOWLEDGED, Milestone.RESOLVED],
        ),
    ],
)
def test_a_target_is_only_for_those_of_whom_it_is_asked(
    changes: dict[str, object], asked: list[Milestone]
) -> None:
    found = clock(about=replace(incident(), **changes))  # type: ignore[arg-type]
    assert [one.milestone for one in found.marks if one.target] == asked
