"""Incidents and their life: open -> acknowledged -> resolved, and reopened; one per situation.

Pure: incidents in, incidents and named reasons out. Whoever stores them decides nothing.
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from detectors import Series, Surge

ALL_MENTIONS = "all"
"""The topic that every brand has; it surges along with any other."""

DAEMON = "seawall"
"""Who did what no person did."""


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """What happened to an incident; log, timeline, briefing and tests say the same word."""

    OPENED = "opened"
    EXTENDED = "extended"
    REOPENED = "reopened"
    GREW = "grew"
    ESCALATED = "escalated"
    ILLUSTRATED = "illustrated"
    REVISED = "revised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How much it asks of the team; it never falls while an incident is open."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Refused(Exception):
    """An incident cannot take this step; the message says why, in one sentence."""


CALM = 2.0
"""A surge whose posts of late are fewer than so many times the expected number is no longer one to
work on, though the detector may need hours of a quiet night to be sure of it."""


MANY = 10
"""Posts that are worth a message of their own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When an incident is over, and for how long after that the same situation reopens it."""

    resolve_after: timedelta
    reopen_within: timedelta


@dataclass(frozen=True, slots=True)
class LiveSurge:
    """A surge as it goes on: `posts` since its start, `peak_factor` so far, `ended_at` if over."""

    series: Series
    started_at: datetime
    detected_at: datetime
    factor: float
    peak_factor: float
    evidence: float
    posts: int
    ended_at: datetime | None = None

    @classmethod
    def begin(cls, surge: Surge, posts: int) -> "LiveSurge":
        """A surge at the moment it was detected, with the posts since its start."""
        return cls(
            surge.series,
            surge.started_at,
            surge.detected_at,
            surge.factor,
            surge.factor,
            surge.evidence,
            posts,
        )


@dataclass(frozen=True, slots=True)
class Incident:
    """One situation that people work on.

    `revision` counts its changes; each is reported by the briefing of that revision.
    `briefed_posts` is how large it was at the last one, `briefed_at` until when that one reaches.
    """

    id: str
    brand: str
    state: State
    severity: Severity
    started_at: datetime
    detected_at: datetime
    peak_factor: float
    last_surging_at: datetime
    surges: tuple[LiveSurge, ...]
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    briefed_posts: int = 0
    briefed_at: datetime | None = None
    revision: int = 0

    @property
    def topics(self) -> list[str]:
        """The topics that surged, by name; *all mentions* only where nothing else did."""
        topics = sorted({surge.series.topic for surge in self.surges})
        return [topic for topic in topics if topic != ALL_MENTIONS] or topics

    @property
    def platforms(self) -> list[str]:
        """The platforms it was seen on."""
        return sorted({surge.series.platform for surge in self.surges})

    @property
    def posts(self) -> int:
        """Posts of its largest surge: topics overlap, so they are not added up."""
        return max(surge.posts for surge in self.surges)

    @property
    def surging(self) -> bool:
        """Whether a surge of it still brings in more than a few posts too many."""
        return any(surge.ended_at is None and surge.factor >= CALM for surge in self.surges)


def incident_id(brand: str, series: Series, bucket: datetime) -> str:
    """This situation's id in every run: derived from its first surge's series and bucket.

    >>> from datetime import UTC
    >>> incident_id("acme", Series("acme", "all", "x"), datetime(2026, 3, 14, tzinfo=UTC))
    'acme-b5g44m7i'
    """
    name = f"{brand}|{series}|{bucket:%Y-%m-%dT%H:%M:%SZ}"
    digest = hashlib.blake2b(name.encode(), digest_size=5).digest()
    return f"{brand}-{b32encode(digest).decode().lower()}"


def absorb(
    incidents: Sequence[Incident], surge: LiveSurge, policy: Policy
) -> tuple[Incident, Reason | None]:
    """The incident that a new surge belongs to, and what that means for it.

    It joins the brand's incident that is open, or reopens one that shares a topic and was resolved
    within the reopening window, or opens one. None: it joined, and adds nothing worth telling.
    """
    ours = [incident for incident in incidents if incident.brand == surge.series.brand]
    for incident in ours:
        if incident.state is not State.RESOLVED:
            known = {(s.series.topic, s.series.platform) for s in incident.surges}
            where = (surge.series.topic, surge.series.platform)
            news = where not in known and surge.series.topic != ALL_MENTIONS
            return _with(incident, surge), Reason.EXTENDED if news else None
    for incident in sorted(ours, key=lambda incident: incident.detected_at, reverse=True):
        if _returns(incident, surge, policy):
            return _with(reopen(incident), surge), Reason.REOPENED
    return (
        Incident(
            id=incident_id(surge.series.brand, surge.series, surge.detected_at),
            brand=surge.series.brand,
            state=State.OPEN,
            severity=Severity.MINOR,
            started_at=surge.started_at,
            detected_at=surge.detected_at,
            peak_factor=surge.peak_factor,
            last_surging_at=surge.detected_at,
            surges=(surge,),
        ),
        Reason.OPENED,
    )


def go_on(
    incident: Incident, series: Series, at: datetime, *, posts: int, factor: float, overall: float
) -> Incident:
    """A surge of the incident after one more bucket: its new posts.

    `factor` is of late, `overall` since the surge began; the peak is the highest of either.
    """
    surges = tuple(
        replace(
            surge,
            posts=surge.posts + posts,
            factor=factor,
            peak_factor=max(surge.peak_factor, factor, overall),
        )
        if surge.series == series and surge.ended_at is None
        else surge
        for surge in incident.surges
    )
    return replace(
        incident,
        surges=surges,
        last_surging_at=at if factor >= CALM else incident.last_surging_at,
        peak_factor=max(incident.peak_factor, factor, overall),
    )


def end(incident: Incident, series: Series, at: datetime) -> Incident:
    """A surge of the incident is over."""
    surges = tuple(
        replace(surge, ended_at=at) if surge.series == series and surge.ended_at is None else surge
        for surge in incident.surges
    )
    last = at if incident.surging else incident.last_surging_at
    return replace(incident, surges=surges, last_surging_at=last)


def grown(incident: Incident) -> bool:
    """Whether it has doubled since it was last briefed, which is worth telling."""
    return incident.surging and incident.posts >= max(2 * incident.briefed_posts, 2 * MANY)


def quiet(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether nothing has surged for long enough that the incident is over."""
    return (
        incident.state is not State.RESOLVED
        and not incident.surging
        and at - incident.last_surging_at >= policy.resolve_after
    )


def persists(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether it was resolved and yet goes on.

    After a person's word: for as long as quiet would have had to last. After quiet: when a good
    many posts have come since, for the detector may still be in the same surge.
    """
    over = incident.resolved_at
    if incident.state is not State.RESOLVED or over is None or not incident.surging:
        return False
    if incident.resolved_by == DAEMON:
        return incident.posts - incident.briefed_posts >= MANY
    return at - over >= policy.resolve_after


def reopen(incident: Incident) -> Incident:
    """It is open again, and nobody has it in hand."""
    return replace(
        incident,
        state=State.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        resolved_at=None,
        resolved_by=None,
    )


def acknowledge(incident: Incident, by: str, at: datetime) -> Incident:
    """Somebody has it in hand. Raises Refused where somebody else has, or it is over."""
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} is resolved already; there is nothing to acknowledge")
    if incident.state is State.ACKNOWLEDGED:
        raise Refused(f"{incident.id} was acknowledged by {incident.acknowledged_by} already")
    return replace(incident, state=State.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=at)


def resolve(incident: Incident, by: str, at: datetime) -> Incident:
    """It is over. Raises Refused where it was before."""
    if incident.state is State.RESOLVED:
        raise Refused(f"{incident.id} was resolved by {incident.resolved_by} already")
    return replace(incident, state=State.RESOLVED, resolved_by=by, resolved_at=at)


def assess(incident: Incident) -> Severity:
    """Severity from reach: how many times the expected number, how many posts, how many topics.

    It rises with the incident and never falls before it is resolved.
    """
    factor, posts, topics = incident.peak_factor, incident.posts, len(incident.topics)
    if factor >= 10 and posts >= 100:
        found = Severity.CRITICAL
    elif (factor >= 10 and posts >= 10) or (factor >= 5 and posts >= 25) or topics >= 3:
        found = Severity.MAJOR
    else:
        found = Severity.MINOR
    order = list(Severity)
    return max(found, incident.severity, key=order.index)


def _returns(incident: Incident, surge: LiveSurge, policy: Policy) -> bool:
    if (
        incident.resolved_at is None
        or surge.detected_at - incident.resolved_at > policy.reopen_within
    ):
        return False
    topics = {s.series.topic for s in incident.surges}
    return bool({surge.series.topic, ALL_MENTIONS} & topics) or surge.series.topic == ALL_MENTIONS


def _with(incident: Incident, surge: LiveSurge) -> Incident:
    return replace(
        incident,
        surges=(*incident.surges, surge),
        started_at=min(incident.started_at, surge.started_at),
        last_surging_at=max(incident.last_surging_at, surge.detected_at),
        peak_factor=max(incident.peak_factor, surge.peak_factor),
    )
