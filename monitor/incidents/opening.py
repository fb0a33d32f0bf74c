"""Incidents that no surge opens: a report, a word about safety, a post of our own, a blind source.

Each is a step in the caller's transaction; taken twice, it changes nothing the second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType

from sqlalchemy import Connection

from alerts.incidents import following, steps
from alerts.incidents.following import Policy
from alerts.incidents.incident import DAEMON, Incident, Kind, Reason, Refused, State, incident_id
from alerts.incidents.severity import INITIAL
from monitor.configuration import Configuration
from monitor.incidents.recording import record
from monitor.panel import Panel
from monitor.staffing.roster import places
from monitor.store import sightings, situations, volume
from monitor.telling import briefings
from monitor.tripwires import Sighting

STALE = timedelta(days=1)
"""Live, nobody is woken for a word about safety that was written longer ago."""

LONGEST_REPORT = 200
NO_PANELS: Mapping[str, Panel] = MappingProxyType({})

_AND = ", "
_BECAUSE = {
    Kind.SAFETY: "a word about safety pages at any volume",
    Kind.UNAPPROVED: "all that we post goes through Seawall",
}


def reported(
    connection: Connection,
    configuration: Configuration,
    brand: str,
    what: str,
    by: str,
    place: str,
    at: datetime,
    *,
    restricted: bool = False,
) -> Incident:
    """A person opens an incident of a brand, and says what it is. Raises Refused."""
    what = " ".join(what.split())
    if brand not in own(configuration):
        raise Refused(f"{brand!r} is none of our brands: {', '.join(own(configuration))}")
    if not 0 < len(what) <= LONGEST_REPORT:
        raise Refused(f"say what has happened, in at most {LONGEST_REPORT} characters")
    incident = _incident(Kind.REPORTED, brand, what, at, at, f"{by} reports it")
    for known in situations.unresolved(connection):
        if known.id == incident.id:
            return known
    incident = replace(incident, restricted=restricted, touched_at=at)
    return _told(connection, configuration, incident, Reason.OPENED, at, by=by, place=place)


def tripped(
    connection: Connection,
    configuration: Configuration,
    found: Sequence[Sighting],
    panels: Mapping[str, Panel],
    *,
    notifiers: Sequence[str],
    now: datetime | None = None,
    kind: Kind = Kind.SAFETY,
) -> list[tuple[Incident, Reason]]:
    """Posts in the store have a word about safety: they open their brand's incident, or extend it.

    So do, by the name of their platform, posts of our own that nobody approved: the other `kind`.
    It is told of the first, of every new word, and each time the posts have doubled; one that was
    resolved within the reopening window is open again, one that was snoozed wakes. Live, at `now`,
    what is older than a day is left alone. Returns what became news.
    """
    news: list[tuple[Incident, Reason]] = []
    for one in sorted(found, key=_written):
        written = one.post.created_at
        if one.brand not in own(configuration) or (now and now - written > STALE):
            continue
        at = max(now or written, written)
        incident, reason = _sighted(connection, configuration, one, at, kind)
        situations.put_incident(connection, incident)
        key = volume.post_key(one.post.platform, one.post.id)
        sightings.add(connection, incident.id, key, one.word, written)
        posts = sightings.number(connection, incident.id)
        if reason is None and posts >= 2 * incident.briefed_posts:
            reason = Reason.GREW
        if reason and following.snoozed(incident):
            incident, reason = following.woken(incident), Reason.WOKEN
        if reason:
            incident = replace(incident, briefed_posts=posts)
            told = _told(
                connection, configuration, incident, reason, at, panels, notifiers=notifiers
            )
            news.append((told, reason))
    return news


def blinded(
    connection: Connection, configuration: Configuration, source: str, since: datetime, at: datetime
) -> Incident:
    """A source has not seen since then: one incident a source, open again where it just was."""
    if source not in sightings.blind_since(connection):
        sightings.put_blind(connection, source, since, None)
    known = _newest(connection, configuration, Kind.BLINDNESS, at, subject=source)
    if known and known.state is not State.RESOLVED:
        return known
    reason = Reason.REOPENED if known else Reason.OPENED
    because = "while it lasts, nobody hears of trouble there"
    [brand, *_] = own(configuration)
    incident = (
        steps.reopened(known)
        if known
        else _incident(Kind.BLINDNESS, brand, source, min(since, at), at, because)
    )
    return _told(connection, configuration, incident, reason, at)


def sees_again(
    connection: Connection, configuration: Configuration, source: str, at: datetime
) -> Incident | None:
    """A source sees again, or is no more, and so its incident is over; None where there is none."""
    since = sightings.blind_since(connection).get(source)
    if since is not None:
        sightings.put_blind(connection, source, since, max(since, at))
    known = _newest(connection, configuration, Kind.BLINDNESS, at, subject=source)
    if known is None or known.state is State.RESOLVED:
        return None
    at = max(at, known.detected_at)
    over = replace(steps.resolved(known, DAEMON, at), last_surging_at=at)
    return _told(connection, configuration, over, Reason.RESOLVED, at)


def own(configuration: Configuration) -> list[str]:
    """The brands that incidents are about; others are what they are compared with."""
    return [id for id, brand in configuration.brands.items() if brand.ours]


def _passed(incident: Incident, policy: Policy, at: datetime) -> bool:
    """Whether it still waits for a person, but what comes now is another situation."""
    waits = incident.state is not State.RESOLVED
    return waits and at - incident.last_surging_at > policy.reopen_within


def _sighted(
    connection: Connection, configuration: Configuration, one: Sighting, at: datetime, kind: Kind
) -> tuple[Incident, Reason | None]:
    """The incident that a word about safety belongs to; None: that word is no news."""
    known = _newest(connection, configuration, kind, at, brand=one.brand)
    if known is None or _passed(known, configuration.incidents.policy, at):
        written = one.post.created_at
        opened = _incident(kind, one.brand, one.word, written, at, _BECAUSE[kind])
        return opened, Reason.OPENED
    words = known.subject.split(_AND)
    new = one.word not in words
    known = replace(
        known,
        subject=_AND.join([*words, one.word]) if new else known.subject,
        last_surging_at=max(known.last_surging_at, at),
    )
    if known.state is State.RESOLVED:
        return steps.reopened(known), Reason.REOPENED
    return known, Reason.EXTENDED if new else None


def _newest(
    connection: Connection, configuration: Configuration, kind: Kind, at: datetime, **same: str
) -> Incident | None:
    """The incident that goes on, or that was resolved not too long ago to be open again."""
    horizon = at - configuration.incidents.policy.reopen_within
    found = [
        one
        for one in situations.changing(connection, horizon)
        if one.kind is kind and one.merged_into is None
        if all(getattr(one, name) == value for name, value in same.items())
    ]
    goes_on = [one for one in found if one.state is not State.RESOLVED]
    return max(goes_on or found, key=attrgetter("detected_at", "id"), default=None)


def _incident(
    kind: Kind, brand: str, subject: str, since: datetime, at: datetime, because: str
) -> Incident:
    severity = INITIAL[kind]
    return Incident(
        id=incident_id(brand, subject, at, kind),
        brand=brand,
        state=State.OPEN,
        severity=severity,
        started_at=since,
        detected_at=at,
        peak_factor=0.0,
        last_surging_at=at,
        surges=(),
        kind=kind,
        calls_because=because,
        subject=subject,
        assessed=severity,
    )


def _told(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    reason: Reason,
    at: datetime,
    panels: Mapping[str, Panel] = NO_PANELS,
    *,
    by: str = DAEMON,
    place: str | None = None,
    notifiers: Sequence[str] | None = None,
) -> Incident:
    """Store the incident as it is now, and tell those who are to know.

    One that took in a surge is told with the charts of its `panels`.
    """
    incident = replace(incident, revision=incident.revision + 1, briefed_at=at)
    briefing = briefings.compose(connection, configuration, panels, incident, reason, at)
    if by != DAEMON:
        briefing = replace(briefing, by=by)
    everywhere = [choice.name for choice in configuration.notify]
    told = places(configuration, incident, everywhere if notifiers is None else notifiers)
    record(connection, incident, reason, at, by, briefing, told, place=place)
    return incident


def _written(one: Sighting) -> tuple[datetime, str, str]:
    return one.post.created_at, one.post.platform, one.post.id
