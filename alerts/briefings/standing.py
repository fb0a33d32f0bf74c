"""How people have an incident: who does what, what was decided, until when; each a statement."""

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.briefings.news import VERDICTS
from alerts.incidents.incident import Answer, State


def standing(briefing: Briefing) -> dict[str, str]:
    """What people have said and decided of it, by its label; nothing of what they have not."""
    rows = {
        "Part of": briefing.merged_into,
        "Answered": _answered(briefing),
        "Assigned to": briefing.assigned_to,
        "Mitigated": briefing.mitigated_at and _moment(briefing, "mitigated_at"),
        "Snoozed": snoozed(briefing),
        "Found to be": _found(briefing),
        "Severity": briefing.severity_by and f"{briefing.severity}, says {briefing.severity_by}",
        "In public": _silent(briefing),
        "Promotions": _promotions(briefing),
        "Legal hold": _held(briefing),
        "Restricted": "only named people see it" if briefing.restricted else None,
    }
    return {label: said for label, said in rows.items() if said}


def snoozed(briefing: Briefing) -> str | None:
    """Until when it calls nobody; None where it may."""
    if briefing.state is State.RESOLVED:
        return None
    if briefing.snoozed_posts is not None:
        return f"until {wording.number(briefing.snoozed_posts)} posts have come"
    if briefing.snoozed_until and briefing.snoozed_until > briefing.at:
        return f"until {_moment(briefing, 'snoozed_until')}"
    return None


def _answered(briefing: Briefing) -> str | None:
    """How who has it in hand does it, where they are not at their desk."""
    if briefing.state is State.RESOLVED or not briefing.acknowledged_by:
        return None
    if briefing.acknowledged_how is Answer.PHONE:
        return f"{briefing.acknowledged_by} handles it by phone"
    if briefing.desk_at:
        at = wording.clock(briefing.desk_at, briefing.timezone)
        return f"{briefing.acknowledged_by} is at a desk by {at}"
    return None


def _found(briefing: Briefing) -> str | None:
    return briefing.verdict and f"{VERDICTS[briefing.verdict]}, says {briefing.verdict_by}"


def _silent(briefing: Briefing) -> str | None:
    if briefing.silent_until is None:
        return None
    return f"nothing is said; looked at again {_moment(briefing, 'silent_until')}"


def _promotions(briefing: Briefing) -> str | None:
    if briefing.paused_at:
        return f"paused since {_moment(briefing, 'paused_at')}, says {briefing.paused_by}"
    asked = briefing.pause_asked_at
    return f"to be paused, asked {_moment(briefing, 'pause_asked_at')}" if asked else None


def _held(briefing: Briefing) -> str | None:
    if briefing.held_at is None:
        return None
    also = ", what authors delete as well" if briefing.held_deleted else ""
    said = f"nothing of it is purged{also}, since {_moment(briefing, 'held_at')}"
    return f"{said}, says {briefing.held_by}: {briefing.held_because}"


def _moment(briefing: Briefing, name: str) -> str:
    return wording.moment(getattr(briefing, name), briefing.timezone)
