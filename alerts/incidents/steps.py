"""What people do to an incident: each step is taken or refused, with a reason, and is on record.

open -> acknowledged -> (mitigated) -> resolved, and reopened. Pure: whoever stores it compares and
sets, so that of two who press at once one wins and the other is told who did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from alerts import spoken_times
from alerts.incidents.incident import (
    DAEMON,
    Answer,
    Incident,
    Kind,
    Reason,
    Refused,
    Severity,
    State,
    Verdict,
)

W = TypeVar("W", bound=StrEnum)

LONGEST_TO_DESK = timedelta(hours=2)
LONGEST_SNOOZE = timedelta(days=7)
LONGEST_NAME, LONGEST_NOTE = 100, 2_000
"""Of whom it is assigned to, and of a note, in characters."""
DOUBLES = "doubles"
"""What a snooze may wait for instead of a time."""
HOLD = ("held_at", "held_by", "held_because", "held_deleted")
"""What is known of a legal hold, by the fields of an incident."""
DELETED = "deleted"
"""What a legal hold keeps as well: what authors delete."""


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
    HOLD = "hold"
    RELEASE = "release"
    RESOLVE = "resolve"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Deed:
    """A step as somebody takes it: who, from where (`slack`, `page`, `api`, `shell`), and why.

    `value` is how long until they are at their desk (ACKNOWLEDGE; 0 or nothing: there already), who
    it is for (ASSIGN), until when or `doubles` (SNOOZE), when it is looked at again (KEEP_SILENT),
    a severity (RATE), a verdict (JUDGE), or `deleted` (HOLD). Times are as in `spoken_times`, on
    the clock of `zone`. `member` is their id in the configuration, None where it names no people.
    """

    step: Step
    by: str
    place: str
    value: str = ""
    note: str = ""
    member: str | None = None
    zone: str = "UTC"


VALUED = (
    *(Step.ACKNOWLEDGE, Step.ASSIGN, Step.SNOOZE, Step.KEEP_SILENT, Step.RATE, Step.JUDGE),
    Step.HOLD,
)
"""Steps that take a value."""


def take(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    """The incident after a person's step, and what happened. Raises Refused, with the reason."""
    may_change(incident)
    if len(deed.note) > LONGEST_NOTE:
        raise Refused(f"that is longer than {LONGEST_NOTE:,} characters; say it shorter")
    changed, reason = _STEPS[deed.step](incident, deed, at)
    return replace(changed, touched_at=at), reason


def may_change(incident: Incident) -> None:
    """Raise Refused where another incident has taken its place."""
    if incident.merged_into:
        raise Refused(f"{incident.id} is a part of {incident.merged_into} now; act on that one")


def must_go_on(incident: Incident) -> None:
    """Raise Refused where it is over."""
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} was resolved by {incident.resolved_by or DAEMON} already")


def reopened(incident: Incident) -> Incident:
    """It is open again: nobody has it in hand, and nobody has put it off."""
    return replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_how=None,
        desk_at=None,
        mitigated_at=None,
        snoozed_until=None,
        snoozed_posts=None,
        resolved_at=None,
        resolved_by=None,
    )


def resolved(incident: Incident, by: str, at: datetime) -> Incident:
    """It is over. Raises Refused where it was before."""
    must_go_on(incident)
    return replace(incident, state=State.RESOLVED, resolved_by=by, resolved_at=at)


def unresolved(incident: Incident) -> Incident:
    """As it stood before it was resolved, in the same hands."""
    state = State.ACKNOWLEDGED if incident.acknowledged_at else State.OPEN
    state = State.MITIGATED if incident.mitigated_at else state
    return replace(incident, state=state, resolved_at=None, resolved_by=None)


def awake(incident: Incident, at: datetime) -> bool:
    """Whether nobody has snoozed it, or that is over by then: it has doubled, or its time is up."""
    if incident.snoozed_posts is not None:
        return incident.posts >= incident.snoozed_posts
    return incident.snoozed_until is None or at >= incident.snoozed_until


def _acknowledge(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    wait = spoken_times.span(deed.value or "0")
    if wait > LONGEST_TO_DESK:
        raise Refused("who needs more than two hours says that they cannot take it")
    return _taken(incident, deed, at, Answer.DESK, at + wait if wait else None)


def _phone(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    return _taken(incident, deed, at, Answer.PHONE, None)


def _taken(
    incident: Incident, deed: Deed, at: datetime, how: Answer, desk_at: datetime | None
) -> tuple[Incident, Reason]:
    """Who has it may say so once more, otherwise than before; anybody else is told who has it."""
    must_go_on(incident)
    if incident.acknowledged_by not in (None, deed.by):
        raise Refused(f"{incident.id} was acknowledged by {incident.acknowledged_by} already")
    taken = replace(
        incident,
        state=State.ACKNOWLEDGED if incident.state is State.OPEN else incident.state,
        acknowledged_by=deed.by,
        acknowledged_at=incident.acknowledged_at or at,
        acknowledged_how=how,
        desk_at=desk_at,
    )
    if taken == incident:
        raise Refused(f"{incident.id} is yours already")
    return taken, Reason.ACKNOWLEDGED


def _decline(incident: Incident, deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    """Who cannot do it gives it back, if it was theirs; the next one is called at once."""
    must_go_on(incident)
    if incident.acknowledged_by is None:
        return incident, Reason.DECLINED
    if incident.acknowledged_by != deed.by:
        raise Refused(f"{incident.id} is in the hands of {incident.acknowledged_by}")
    return reopened(incident), Reason.DECLINED


def _assign(incident: Incident, deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    if not 0 < len(deed.value) <= LONGEST_NAME:
        raise Refused(f"say who it is for, a person or a department, in {LONGEST_NAME} characters")
    if deed.value == incident.assigned_to:
        raise Refused(f"{incident.id} is assigned to {deed.value} already")
    return replace(incident, assigned_to=deed.value), Reason.ASSIGNED


def _mitigate(incident: Incident, _deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    if incident.state is State.MITIGATED:
        raise Refused(f"{incident.id} is mitigated already")
    return replace(incident, state=State.MITIGATED, mitigated_at=at), Reason.MITIGATED


def _snooze(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    if deed.value == DOUBLES:
        if not incident.posts or incident.kind is Kind.SILENCE:
            raise Refused(f"{incident.id} has no posts that could double; snooze it until a time")
        posts = 2 * incident.posts
        return replace(incident, snoozed_posts=posts, snoozed_until=None), Reason.SNOOZED
    if not deed.value:
        raise Refused("say until when, or until it doubles")
    until = _ahead(deed, at, "it can be snoozed until a time in the next 7 days")
    return replace(incident, snoozed_until=until, snoozed_posts=None), Reason.SNOOZED


def _wake(incident: Incident, _deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    if incident.snoozed_until is None and incident.snoozed_posts is None:
        raise Refused(f"{incident.id} is not snoozed")
    return replace(incident, snoozed_until=None, snoozed_posts=None), Reason.WOKEN


def _rate(incident: Incident, deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    severity = _word(Severity, deed.value, "a severity")
    if incident.severity is severity and incident.severity_by:
        raise Refused(f"{incident.severity_by} said so already: {severity}")
    return replace(incident, severity=severity, severity_by=deed.by), Reason.RATED


def _judge(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    verdict = _word(Verdict, deed.value, "a verdict")
    if incident.verdict is verdict:
        raise Refused(f"{incident.verdict_by} said so already: {verdict}")
    judged = replace(incident, verdict=verdict, verdict_by=deed.by, verdict_at=at)
    return judged, Reason.JUDGED


def _restrict(incident: Incident, _deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    if incident.restricted:
        raise Refused(f"{incident.id} is restricted already")
    return replace(incident, restricted=True), Reason.RESTRICTED


def _unrestrict(incident: Incident, _deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    if not incident.restricted:
        raise Refused(f"{incident.id} is not restricted")
    return replace(incident, restricted=False), Reason.UNRESTRICTED


def _paused(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    if incident.paused_at:
        raise Refused(f"{incident.paused_by} paused promotions already")
    return replace(incident, paused_at=at, paused_by=deed.by), Reason.PAUSED


def _keep_silent(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    must_go_on(incident)
    until = _ahead(deed, at, "say when silence is looked at again: a time in the next 7 days")
    if not deed.note:
        raise Refused("say why nothing is said; it is on record")
    return replace(incident, silent_until=until), Reason.KEPT_SILENT


def _note(incident: Incident, deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    if not deed.note:
        raise Refused("the note is empty")
    return incident, Reason.NOTED


def held_like(incident: Incident, other: Incident) -> Incident:
    """An incident, held as another one is where that keeps more."""
    ours, theirs = ((one.held_at is not None, one.held_deleted) for one in (incident, other))
    if theirs <= ours:
        return incident
    return replace(incident, **{name: getattr(other, name) for name in HOLD})


def _hold(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    """Held already, it can be held again, otherwise: who did, and why, is that of the last one."""
    if deed.value not in ("", DELETED):
        raise Refused(f"{deed.value!r} is nothing that a legal hold keeps: say `{DELETED}`")
    if not deed.note:
        raise Refused("say why it is held; it is on record")
    deleted = deed.value == DELETED
    if incident.held_at and (incident.held_because, incident.held_deleted) == (deed.note, deleted):
        raise Refused(f"{incident.held_by} holds {incident.id} already, for that reason")
    held = replace(
        incident,
        held_at=incident.held_at or at,
        held_by=deed.by,
        held_because=deed.note,
        held_deleted=deleted,
    )
    return held, Reason.HELD


def _release(incident: Incident, _deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
    if incident.held_at is None:
        raise Refused(f"{incident.id} is not held")
    free = replace(incident, held_at=None, held_by=None, held_because=None, held_deleted=False)
    return free, Reason.RELEASED


def _resolve(incident: Incident, deed: Deed, at: datetime) -> tuple[Incident, Reason]:
    return resolved(incident, deed.by, at), Reason.RESOLVED


def _reopen(incident: Incident, _deed: Deed, _at: datetime) -> tuple[Incident, Reason]:
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
    Step.HOLD: _hold,
    Step.RELEASE: _release,
    Step.RESOLVE: _resolve,
    Step.REOPEN: _reopen,
}


def _ahead(deed: Deed, at: datetime, otherwise: str) -> datetime:
    """A time soon enough to be remembered by then."""
    if not deed.value:
        raise Refused(otherwise)
    until = spoken_times.instant(deed.value, at, deed.zone)
    if not at < until <= at + LONGEST_SNOOZE:
        raise Refused(otherwise)
    return until


def _word(words: type[W], text: str, what: str) -> W:
    try:
        return words(text)
    except ValueError:
        raise Refused(f"{text!r} is not {what}: it is one of {', '.join(words)}") from None
