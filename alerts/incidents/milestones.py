"""The clock of an incident: when what has to be done was done, and how soon it should have been.

Pure. What is not on record is said to be so, and never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts import wording
from alerts.incidents.incident import DAEMON, Incident, Kind, Reason
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


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an incident, and who did it."""

    reason: Reason
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone on the clock: when it was reached, how long after the onset, and by whom.

    `asked` is whether it is asked of this incident at all; `target` is how long after the onset it
    should have been, None where that is not asked or not configured. `standing` is None where
    nothing can be said: no target, or over before it was due.
    """

    milestone: Milestone
    at: Instant | None
    after: timedelta | None
    target: timedelta | None
    standing: Standing | None
    asked: bool = True
    by: str = ""


@dataclass(frozen=True, slots=True)
class Milestones:
    """The clock of one incident, a mark for every milestone, in their order.

    `silent_until` is when a decision to say nothing in public is looked at again; `silent`: that
    decision is its first word. `back`: it was resolved, and is open again; what it had come to
    before then stays on the clock.
    """

    marks: tuple[Mark, ...]
    silent_until: Instant | None = None
    silent: bool = False
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
        unspoken: bool = False,
    ) -> "Milestones":
        """The clock as it stands at `now`; `events` are the incident's, in order.

        `notified` is when the first news of it arrived, `drafted` when there were first words to
        say in public. An acknowledgement that was given back is none. The first word is
        what was posted first, or the decision to say nothing; it is not asked where its playbook is
        to say nothing (`unspoken`).
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
        end = incident.resolved_at or now
        marks = []
        for milestone, (at, by) in reached.items():
            asked = _is_asked(incident, milestone, unspoken)
            target = targets.get(milestone) if asked else None
            after = at - incident.started_at if at else None
            standing = _standing(after, target, end - incident.started_at, incident.resolved_at)
            marks.append(Mark(milestone, at, after, target, standing, asked, by))
        back = over is not None and incident.resolved_at is None
        again = incident.silent_until if silent else None
        return cls(tuple(marks), again, silent is not None and word is silent, back)

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


def _is_asked(incident: Incident, milestone: Milestone, unspoken: bool) -> bool:
    """Whether a milestone is asked of an incident: what calls nobody need not be taken in hand."""
    if milestone is Milestone.DETECTED:
        return incident.kind is not Kind.REPORTED
    if milestone is Milestone.FIRST_WORD and (unspoken or incident.kind in _UNSPOKEN):
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
        return f"{'no' if mark.milestone is Milestone.FIRST_WORD else 'not'} {label}"
    return f"{label} {wording.span(mark.after)} after the onset"
