"""What people do to an incident: each step is taken or refused, with a reason, and is on record.

open -> acknowledged -> (mitigated) -> resolved, and reopened. Pure: whoever stores it compares and
sets, so that of two who press at once one wins and the other is told who did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from alerts.incidents import (
    DAEMON,
    Answer,
    Incident,
    Reason,
    Refused,
    Severity,
    State,
    Verdict,
)

W = TypeVar("W", bound=StrEnum)

LONGEST_TO_DESK = timedelta(hours=2)
LONGEST_SNOOZE = timedelta(days=7)
DOUBLES = "doubles"
"""What a snooze may wait for instead of a time."""


class Step(StrEnum):
    """What a person can do to an incident, from Slack, the page, the API or a shell."""

    ACKNOWLEDGE = "acknowledge"
    PHONE = "phone"
    DECLINE = "decline"
    ASSIGN = "assign"
    MITIGATE = "mitigate"
    SNOOZE = "snooze"
    WAKE = "wake"
    RATE = "rate"
    JUDGE = "judge"
    RESTRICT = "restrict"
    UNRESTRICT = "unrestrict"
    PAUSED = "paused"
    KEEP_SILENT = "keep_silent"
    NOTE = "note"
    RESOLVE = "resolve"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Deed:
    """A step as somebody takes it: who, from where (`slack`, `page`, `api`, `shell`), and why.

    `value` is minutes until they are at their desk (ACKNOWLEDGE; 0 or nothing: there already), who
    it is for (ASSIGN), an instant in ISO 8601 or `doubles` (SNOOZE), when it is looked at again
    (KEEP_SILENT), a severity (RATE) or a verdict (JUDGE). `member` is their id in the
    configuration, None where it names no people.
    """

    step: Step
    by: str
    place: str
    value: str = ""
    note: str = ""
    member: str | None = None


def take(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    """The incident after a person's step, and what happened. Raises Refused, with the reason."""
    if incident.merged_into:
        raise Refused(f"{incident.id} is a part of {incident.merged_into} now; act on that one")
    changed, reason = _STEPS[deed.step](incident, deed, at)
    return replace(changed, touched_at=at), reason


def reopened(incident: Incident) -> Incident:
    """It is open again, and nobody has it in hand."""
    return replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_how=None,
        desk_at=None,
        mitigated_at=None,
        resolved_at=None,
        resolved_by=None,
    )


def resolved(incident: Incident, by: str, at: datetime) -> Incident:
    """It is over. Raises Refused where it was before."""
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} was resolved by {incident.resolved_by} already")
    return replace(incident, state=State.RESOLVED, resolved_by=by, resolved_at=at)


def awake(incident: Incident, at: datetime) -> bool:
    """Whether nobody has snoozed it, or that is over by then: it has doubled, or its time is up."""
    if incident.snoozed_posts is not None:
        return incident.posts >= incident.snoozed_posts
    return incident.snoozed_until is None or at >= incident.snoozed_until


def _acknowledge(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    minutes = _minutes(deed.value)
    taken = _taken(incident, deed, at, Answer.DESK)
    return replace(taken, desk_at=at + minutes if minutes else None), Reason.ACKNOWLEDGED


def _phone(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    return _taken(incident, deed, at, Answer.PHONE), Reason.ACKNOWLEDGED


def _taken(incident: Incident, deed: Deed, at: datetime, how: Answer) -> Incident:
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} is resolved already; there is nothing to acknowledge")
    if incident.state is not State.OPEN and incident.acknowledged_by != deed.by:
        raise Refused(f"{incident.id} was acknowledged by {incident.acknowledged_by} already")
    if incident.state is not State.OPEN and incident.acknowledged_how is how and not deed.value:
        raise Refused(f"{incident.id} is yours already")
    state = State.ACKNOWLEDGED if incident.state is State.OPEN else incident.state
    return replace(
        incident,
        state=state,
        acknowledged_by=deed.by,
        acknowledged_at=incident.acknowledged_at or at,
        acknowledged_how=how,
        desk_at=None,
    )


def _decline(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    """Who cannot do it gives it back, if it was theirs; the next one is called at once."""
    del at
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} is resolved already; nobody has to take it")
    if incident.state is State.OPEN:
        return incident, Reason.DECLINED
    if incident.acknowledged_by != deed.by:
        raise Refused(f"{incident.id} is in the hands of {incident.acknowledged_by}")
    return reopened(incident), Reason.DECLINED


def _assign(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del at
    _must_go_on(incident)
    if not deed.value:
        raise Refused("say who it is for: a person or a department")
    return replace(incident, assigned_to=deed.value), Reason.ASSIGNED


def _mitigate(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del deed
    _must_go_on(incident)
    if incident.state is State.MITIGATED:
        raise Refused(f"{incident.id} is mitigated already")
    return replace(incident, state=State.MITIGATED, mitigated_at=at), Reason.MITIGATED


def _snooze(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    _must_go_on(incident)
    if deed.value == DOUBLES:
        posts = 2 * max(incident.posts, 1)
        return replace(incident, snoozed_posts=posts, snoozed_until=None), Reason.SNOOZED
    until = _instant(deed.value)
    if not at < until <= at + LONGEST_SNOOZE:
        raise Refused("it can be snoozed until a time in the next 7 days, or until it doubles")
    return replace(incident, snoozed_until=until, snoozed_posts=None), Reason.SNOOZED


def _wake(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del deed, at
    _must_go_on(incident)
    if incident.snoozed_until is None and incident.snoozed_posts is None:
        raise Refused(f"{incident.id} is not snoozed")
    return replace(incident, snoozed_until=None, snoozed_posts=None), Reason.WOKEN


def _rate(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del at
    _must_go_on(incident)
    severity = _word(Severity, deed.value, "a severity")
    return replace(incident, severity=severity, severity_by=deed.by), Reason.RATED


def _judge(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    verdict = _word(Verdict, deed.value, "a verdict")
    judged = replace(incident, verdict=verdict, verdict_by=deed.by, verdict_at=at)
    return judged, Reason.JUDGED


def _restrict(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del deed, at
    if incident.restricted:
        raise Refused(f"{incident.id} is restricted already")
    return replace(incident, restricted=True), Reason.RESTRICTED


def _unrestrict(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del deed, at
    if not incident.restricted:
        raise Refused(f"{incident.id} is not restricted")
    return replace(incident, restricted=False), Reason.UNRESTRICTED


def _paused(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    if incident.paused_at:
        raise Refused(f"{incident.paused_by} paused promotions already")
    return replace(incident, paused_at=at, paused_by=deed.by), Reason.PAUSED


def _keep_silent(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    _must_go_on(incident)
    until = _instant(deed.value)
    if not at < until <= at + LONGEST_SNOOZE:
        raise Refused("say when silence is looked at again: a time in the next 7 days")
    if not deed.note:
        raise Refused("say why nothing is said; it is on record")
    return replace(incident, silent_until=until), Reason.KEPT_SILENT


def _note(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del at
    if not deed.note:
        raise Refused("the note is empty")
    return incident, Reason.NOTED


def _resolve(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    return resolved(incident, deed.by, at), Reason.RESOLVED


def _reopen(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    del deed, at
    if incident.state is not State.RESOLVED:
        raise Refused(f"{incident.id} is not resolved")
    return reopened(incident), Reason.REOPENED


_STEPS: Mapping[Step, Callable[[Incident, Deed, datetime], tuple[Incident, Reason]]] = {
    Step.ACKNOWLEDGE: _acknowledge,
    Step.PHONE: _phone,
    Step.DECLINE: _decline,
    Step.ASSIGN: _assign,
    Step.MITIGATE: _mitigate,
    Step.SNOOZE: _snooze,
    Step.WAKE: _wake,
    Step.RATE: _rate,
    Step.JUDGE: _judge,
    Step.RESTRICT: _restrict,
    Step.UNRESTRICT: _unrestrict,
    Step.PAUSED: _paused,
    Step.KEEP_SILENT: _keep_silent,
    Step.NOTE: _note,
    Step.RESOLVE: _resolve,
    Step.REOPEN: _reopen,
}


def _must_go_on(incident: Incident) -> None:
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} was resolved by {incident.resolved_by or DAEMON} already")


def _minutes(text: str) -> timedelta:
    try:
        minutes = timedelta(minutes=int(text or 0))
    except (ValueError, OverflowError):
        raise Refused(f"{text!r} is no number of minutes") from None
    if not timedelta() <= minutes <= LONGEST_TO_DESK:
        raise Refused("who needs more than two hours says that they cannot: I can't")
    return minutes


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no time: write 2026-11-22T07:00:00+01:00") from None
    if instant.tzinfo is None:
        raise Refused(f"{text} has no offset: write 2026-11-22T07:00:00+01:00")
    return instant


def _word(words: type[W], text: str, what: str) -> W:
    try:
        return words(text)
    except ValueError:
        raise Refused(f"{text!r} is not {what}: it is one of {', '.join(words)}") from None
