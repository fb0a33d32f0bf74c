"""What happened to an incident, in words: the same in every message, log line and timeline.

A person's own words are in some of them: whoever shows them escapes them for where they appear.
"""

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import DAEMON, Answer, Kind, Reason, Verdict

VERDICTS = {
    Verdict.REAL: "real",
    Verdict.EXPECTED: "expected",
    Verdict.FALSE_ALARM: "a false alarm",
    Verdict.NEW_NORMAL: "the new normal",
    Verdict.HOAX: "a hoax",
    Verdict.NOT_OURS: "not ours",
}
"""What people find that an incident was, as it goes on after `it is`."""

PLACES = {"slack": "Slack", "page": "the page", "api": "the API", "shell": "a shell"}
"""From where people act; any other place is called as the notifier is."""


def news(briefing: Briefing) -> str:
    """What happened in this revision, without its time: `assigned to IT by Kari: they know`."""
    said = _of_people(briefing) or _of_surges(briefing)
    return f"{said}: {briefing.note}" if briefing.note else said


def _of_surges(briefing: Briefing) -> str:
    posts = f"{wording.number(briefing.observed)} posts" if briefing.observed else ""
    renewed = briefing.reason is Reason.RENEWED and briefing.kind in (Kind.SURGE, Kind.SILENCE)
    return {
        Reason.OPENED: _opened(briefing),
        Reason.EXTENDED: _extended(briefing, posts),
        Reason.GREW: f"has grown to {posts}" if posts else "has grown",
        Reason.ESCALATED: f"now {briefing.severity.upper()}" + (f": {posts}" if posts else ""),
        Reason.CALLING: f"calls you now: {briefing.calls_because}",
        Reason.RENEWED: statements.new_normal(briefing) if renewed else "is the new normal",
        Reason.REOPENED: "is back",
        Reason.ILLUSTRATED: "this is what people write",
        Reason.REVISED: "brought up to date",
        Reason.RESOLVED: "sees again" if briefing.kind is Kind.BLINDNESS else "resolved",
    }[briefing.reason]


def _opened(briefing: Briefing) -> str:
    subject = briefing.subject
    if briefing.kind is Kind.SAFETY:
        return f"opened, people write of {subject}"
    if briefing.kind is Kind.UNAPPROVED:
        return f"opened, nobody approved what we posted on {subject}"
    if briefing.kind is Kind.BLINDNESS:
        return f"opened, {subject} does not see any more"
    if briefing.kind is Kind.REPORTED and briefing.by:
        return f"reported by {briefing.by}: {subject}"
    return "opened"


def _extended(briefing: Briefing, posts: str) -> str:
    if briefing.elsewhere:
        return f"now also silent: {statements.places(briefing.elsewhere.silent)}"
    if briefing.kind is Kind.SAFETY:
        return f"people write of {briefing.subject} now"
    if briefing.kind is Kind.UNAPPROVED:
        return f"nobody approved what we posted on {briefing.subject}"
    if briefing.joined:
        return f"now also {statements.places(briefing.joined)}"
    return f"has grown to {posts}" if posts else "has grown"


def _of_people(briefing: Briefing) -> str | None:
    """What a person did, or was asked; None for what surges do."""
    by, zone = briefing.by, briefing.timezone
    if briefing.reason is Reason.ACKNOWLEDGED:
        return f"acknowledged by {briefing.acknowledged_by}{_how(briefing)}"
    if briefing.reason in (Reason.RESOLVED, Reason.REOPENED) and by:
        return f"{briefing.reason} by {by}"
    if briefing.reason is Reason.SNOOZED and briefing.snoozed_until:
        return f"snoozed until {wording.moment(briefing.snoozed_until, zone)} by {by}"
    if briefing.reason is Reason.KEPT_SILENT and briefing.silent_until:
        again = wording.moment(briefing.silent_until, zone)
        return f"nothing is said in public, {by} decided, until it is looked at again {again}"
    if briefing.reason is Reason.ASSIGNED and briefing.assigned_to == by:
        return f"taken on by {by}"
    if briefing.reason is Reason.MERGED and briefing.merged_into:
        return f"a part of {briefing.merged_into} now, says {by}"
    return {
        Reason.CALLED: f"{by} is called",
        Reason.UNANSWERED: f"{by} did not answer",
        Reason.DECLINED: f"{by} cannot take it",
        Reason.ASKED: f"{by} is asked how it stands",
        Reason.ASSIGNED: f"assigned to {briefing.assigned_to} by {by}",
        Reason.MITIGATED: f"mitigated, says {by}",
        Reason.SNOOZED: f"snoozed until it doubles by {by}",
        Reason.WOKEN: f"no longer snoozed, by {by}" if by else "no longer snoozed",
        Reason.RATED: f"{briefing.severity.upper()}, says {by}",
        Reason.KEPT_SILENT: f"nothing is said in public, {by} decided",
        Reason.JUDGED: f"{by} finds that it is {VERDICTS.get(briefing.verdict or Verdict.REAL)}",
        Reason.RESTRICTED: f"restricted by {by}" if by else "restricted",
        Reason.UNRESTRICTED: f"no longer restricted, by {by}",
        Reason.MERGED: f"{by} made another incident a part of it",
        Reason.SPLIT: f"split by {by}",
        Reason.UNDONE: f"undone by {by}",
        Reason.NOTED: f"{by} notes",
        Reason.HELD: f"put on legal hold by {by}",
        Reason.RELEASED: f"released from legal hold by {by}",
        Reason.AWARE: f"{by} says since when a data breach is known",
        Reason.DECIDED: f"{by} decides about the data breach",
        Reason.PAUSING: f"{by} is asked to pause promotions" if by else "promotions to be paused",
        Reason.PAUSED: f"promotions are paused, says {briefing.paused_by}",
        Reason.INSTRUCTED: f"{by} tells agents what to say",
        Reason.HANDED_OVER: f"handed over to {by}",
        Reason.FACT: f"a fact, by {by}" if by != DAEMON else "a fact",
        Reason.PROPOSED: f"a program proposes words, as {by} asked",
        Reason.SUBMITTED: f"{by} asks for approval",
        Reason.APPROVED: f"approved by {by}",
        Reason.BROKE_GLASS: f"approved by {by} alone",
        Reason.RETURNED: f"returned by {by}",
        Reason.POSTED: f"posted by {by}",
        Reason.UNCERTAIN: "somebody has to look whether it is public",
        Reason.BROKEN: "what was promised in public was not kept",
        Reason.UNAPPROVED: "we posted what nobody approved, while promotions are to be paused",
        Reason.TAKEN_DOWN: "what nobody approved was taken down",
        Reason.IMITATED: "somebody writes in a name that looks like ours",
    }.get(briefing.reason)


def _how(briefing: Briefing) -> str:
    if briefing.acknowledged_how is Answer.PHONE:
        return ", by phone"
    if briefing.desk_at:
        return f", at a desk by {wording.clock(briefing.desk_at, briefing.timezone)}"
    return ""
