"""How much an incident asks of the team: from its kind, its reach and the hour, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from alerts import wording
from alerts.incidents.incident import Incident, Kind, Severity, Trend

INITIAL: Mapping[Kind, Severity] = MappingProxyType(
    {
        Kind.SURGE: Severity.MINOR,
        Kind.SILENCE: Severity.MINOR,
        Kind.SAFETY: Severity.CRITICAL,
        Kind.BLINDNESS: Severity.MINOR,
        Kind.REPORTED: Severity.MAJOR,
        Kind.UNAPPROVED: Severity.CRITICAL,
    }
)
"""How severe it is when it opens; what no surge opened stays so until a person rates it."""

WAVE, IDLE = 0.75, 0.1
"""Departures ahead, as a part of the week's busiest six hours, that weigh more or less."""

EACH = 3
"""Where people wrote more posts than this each, a few of them write much."""

FAST = 100
"""Posts an hour that are many at any brand."""

PRESSING = 10
"""So many people of late press, whether or not they become more."""

_LEAST = timedelta(minutes=15)
_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Hour:
    """What is ahead: departures in the next six hours, and their part of the week's busiest six."""

    departures: int
    share: float


def assess(
    incident: Incident,
    authors: int | None = None,
    hour: Hour | None = None,
    lately: int | None = None,
) -> Severity:
    """How severe a surge is by its reach and the hour; anything else stays as it opened.

    `authors` wrote the posts of its largest surge, `lately` of them in the last half hour; None
    where that is not known. Without a timetable there is no `hour`; with one, an hour of departures
    does not raise what neither grows nor presses any more. What calls nobody is minor. It never
    falls.
    """
    if not incident.surges or incident.kind is Kind.SILENCE or not incident.calls:
        return incident.assessed
    level = _ORDER.index(_by_reach(incident))
    if authors is not None and incident.largest and incident.largest.posts > EACH * authors:
        level -= 1
    if hour and (hour.share <= IDLE or not _presses(incident, lately)):
        level -= 1
    if hour and hour.share >= WAVE and _growing(incident):
        level += 1
    found = _ORDER[min(max(level, 0), len(_ORDER) - 1)]
    return max(found, incident.assessed, key=_ORDER.index)


def why(incident: Incident, posts: int, peak: float, authors: int | None, hour: Hour | None) -> str:
    """The figures by which it was assessed, or who rated it, in one sentence.

    `posts` are those on its largest topic, `authors` who wrote just these, None where that is not
    known; `peak` is how many times the expected number came, the highest so far.
    """
    if incident.severity_by:
        return f"{incident.severity_by} says so"
    if incident.kind is not Kind.SURGE:
        return _BY_KIND[incident.kind]
    topics, platforms = len(incident.topics), len(_platforms(incident))
    reach = f"the largest of {topics} topics" if topics > 1 else "one topic"
    if platforms > 1:
        reach += f", on {platforms} platforms"
    people = f" by {wording.number(authors)} people" if authors else ""
    growing = ", and growing" if _growing(incident) else ""
    times = wording.times(peak)
    highest = times if times.startswith("over") else f"up to {times}"
    said = (
        f"{highest} the expected number, {wording.number(posts)} posts{people} on {reach}{growing}"
    )
    if hour is None:
        return said
    departures = f"{hour.departures:,} departures" if hour.departures != 1 else "one departure"
    part = f"{hour.share:.0%} of the week's busiest"
    return f"{said}; {departures} in the next six hours, {part}"


_BY_KIND = {
    Kind.SILENCE: "while it lasts, nobody hears of trouble there",
    Kind.SAFETY: "a word about safety, until a person has looked",
    Kind.BLINDNESS: "while it lasts, nobody hears of trouble there",
    Kind.REPORTED: "a person reports it",
    Kind.UNAPPROVED: "a post of our own that nobody approved, until a person has looked",
}


def _by_reach(incident: Incident) -> Severity:
    factor, posts = incident.peak_factor, incident.posts
    if factor >= 10 and posts >= 100:
        return Severity.CRITICAL
    if factor >= 5 and posts >= 50 and _growing(incident) and _an_hour(incident) >= FAST:
        return Severity.CRITICAL
    wide = len(incident.topics) >= 3 or len(_platforms(incident)) >= 3
    if (factor >= 10 and posts >= 10) or (factor >= 5 and posts >= 25) or wide:
        return Severity.MAJOR
    return Severity.MINOR


def _growing(incident: Incident) -> bool:
    return any(one.ended_at is None and one.trend is Trend.GROWING for one in incident.own)


def _platforms(incident: Incident) -> set[str]:
    """Where its topics surged."""
    return {one.series.platform for one in incident.own}


def _presses(incident: Incident, lately: int | None) -> bool:
    return _growing(incident) or lately is None or lately >= PRESSING


def _an_hour(incident: Incident) -> float:
    """Posts an hour of its largest surge."""
    largest = max(incident.own, key=lambda surge: surge.posts)
    lasted = max((largest.ended_at or incident.last_surging_at) - largest.started_at, _LEAST)
    return largest.posts / (lasted / timedelta(hours=1))
