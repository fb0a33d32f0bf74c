"""The clock of an incident: when what has to be done was done, and how soon it should have been.

Pure. What is not on record is said to be so, and never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts import wording
from alerts.incidents import DAEMON, Incident, Kind, Reason
from alerts.instants import Instant


class Milestone(StrEnum):
    """What an incident comes to, in this order."""

    ONSET = "onset"
    DETECTED = "detected"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    DRAFTED = "drafted"
    APPROVED = "approved"
    FIRST_WORD = "first_word"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class Standing(StrEnum):
    """How a milestone stands against its target."""

    KEPT = "kept"
    BREACHED = "breached"
    RUNNING = "running"
    UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an incident, and who did it."""

    reason: Reason
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone on the clock: when it was reached, how long after the onset, and by whom.

    `target` is how long after the onset it should have been, None where that is not asked.
    `standing` is None where nothing can be said: no target, or over before it was due.
    """

    milestone: Milestone
    at: Instant | None
    after: timedelta | None
    target: timedelta | None
    standing: Standing | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Milestones:
    """The clock of one incident, a mark for every milestone, in their order.

    `silent_until` is when a decision to say nothing in public is looked at again. `back`: it was
    resolved, and is open again; what it had come to before then stays on the clock.
    """

    marks: tuple[Mark, ...]
    silent_until: Instant | None = None
    back: bool = False

    @classmethod
    def of(
        cls,
        incident: Incident,
        events: Sequence[Event],
        targets: Mapping[Milestone, timedelta],
        now: datetime,
        *,
        notified: datetime | None = None,
        drafted: datetime | None = None,
    ) -> "Milestones":
        """The clock as it stands at `now`; `events` are the incident's, in order.

        `notified` is when the first news of it arrived, `drafted` when there were first words to
        say in public. An acknowledgement that was given back is none. The first word is
        what was posted first, or the decision to say nothing.
        """
        taken = _taken(events)
        silent, eased = _first(events, Reason.KEPT_SILENT), _first(events, Reason.MITIGATED)
        over = _first(events, *_ENDS) or _end(incident)
        approved = _first(events, Reason.APPROVED, Reason.BROKE_GLASS)
        word = _first(events, Reason.POSTED, Reason.KEPT_SILENT)
        reached: dict[Milestone, tuple[datetime | None, str]] = {
            Milestone.ONSET: (incident.started_at, ""),
            Milestone.DETECTED: (incident.detected_at, ""),
            Milestone.NOTIFIED: (notified, ""),
            Milestone.ACKNOWLEDGED: (taken.at, taken.by) if taken else (None, ""),
            Milestone.DRAFTED: (drafted, ""),
            Milestone.APPROVED: (approved.at, approved.by) if approved else (None, ""),
            Milestone.FIRST_WORD: (word.at, word.by) if word else (None, ""),
            Milestone.MITIGATED: (eased.at if eased else None, ""),
            Milestone.RESOLVED: (over.at, _person(over.by)) if over else (None, ""),
        }
        asked = {name: span for name, span in targets.items() if is_asked(incident, name)}
        end = incident.resolved_at or now
        marks = []
        for milestone, (at, by) in reached.items():
            target = asked.get(milestone)
            after = at - incident.started_at if at else None
            standing = _standing(after, target, end - incident.started_at, incident.resolved_at)
            if at is None and milestone in _UNRECORDED:
                standing = Standing.UNRECORDED
            marks.append(Mark(milestone, at, after, target, standing, by))
        back = over is not None and incident.resolved_at is None
        return cls(tuple(marks), incident.silent_until if silent else None, back)

    def __getitem__(self, milestone: Milestone) -> Mark:
        return self.marks[list(Milestone).index(milestone)]

    @property
    def breached(self) -> tuple[Mark, ...]:
        """What came too late, or has not come in time."""
        return tuple(one for one in self.marks if one.standing is Standing.BREACHED)

    def breaches(self) -> tuple[str, ...]:
        """What came too late, in words: `acknowledged 32 min after the onset, target 25 min`."""
        return tuple(
            f"{_said(one)}, target {wording.span(one.target)}"
            for one in self.breached
            if one.target is not None
        )


LABELS = {
    Milestone.ONSET: "Onset",
    Milestone.DETECTED: "Detected",
    Milestone.NOTIFIED: "First told",
    Milestone.ACKNOWLEDGED: "Acknowledged",
    Milestone.DRAFTED: "First draft",
    Milestone.APPROVED: "First approved",
    Milestone.FIRST_WORD: "First word",
    Milestone.MITIGATED: "Mitigated",
    Milestone.RESOLVED: "Resolved",
}

_ENDS = (Reason.RESOLVED, Reason.RENEWED)
_UNRECORDED = (Milestone.APPROVED, Milestone.FIRST_WORD)
_UNSPOKEN = (Kind.SILENCE, Kind.BLINDNESS)
"""Where nobody writes, there is nobody to answer."""


def _first(events: Sequence[Event], *reasons: Reason) -> Event | None:
    return next((one for one in events if one.reason in reasons), None)


def _end(incident: Incident) -> Event | None:
    """How it ended where its timeline names no end: it is a part of another one."""
    at = incident.resolved_at
    return Event(Reason.MERGED, at, incident.resolved_by or DAEMON) if at else None


def _taken(events: Sequence[Event]) -> Event | None:
    """The first acknowledgement that was not given back: declined, or promised and not kept."""
    taken: Event | None = None
    for one in events:
        if one.reason is Reason.ACKNOWLEDGED and taken is None:
            taken = one
        elif one.reason in (Reason.DECLINED, Reason.UNANSWERED) and taken and one.by == taken.by:
            taken = None
        elif one.reason in _ENDS and taken:
            return taken
    return taken


def is_asked(incident: Incident, milestone: Milestone) -> bool:
    """Whether a milestone is asked of an incident: what calls nobody need not be taken in hand."""
    if milestone is Milestone.DETECTED:
        return incident.kind is not Kind.REPORTED
    if milestone is Milestone.FIRST_WORD and incident.kind in _UNSPOKEN:
        return False
    return incident.calls


def _standing(
    after: timedelta | None, target: timedelta | None, lasted: timedelta, over: datetime | None
) -> Standing | None:
    if target is None:
        return None
    if (lasted if after is None else after) > target:
        return Standing.BREACHED
    if after is not None:
        return Standing.KEPT
    return None if over else Standing.RUNNING


def _person(name: str) -> str:
    return name if name != DAEMON else ""


def _said(mark: Mark) -> str:
    label = LABELS[mark.milestone].lower()
    if mark.after is None:
        return f"not {label}"
    return f"{label} {wording.span(mark.after)} after the onset"
