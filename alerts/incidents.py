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


class Kind(StrEnum):
    """What happened: too much was said, or nothing any more."""

    SURGE = "surge"
    SILENCE = "silence"


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
    CALLING = "calling"
    ILLUSTRATED = "illustrated"
    REVISED = "revised"
    ACKNOWLEDGED = "acknowledged"
    RENEWED = "renewed"
    RESOLVED = "resolved"


class Trend(StrEnum):
    """Where a surge is going."""

    GROWING = "growing"
    HOLDING = "holding"
    EASING = "easing"


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
    """A surge as it goes on: `posts` since its start, `peak_factor` so far, `ended_at` if over.

    A silence is told as a surge with a factor below 1. `evidence` is the highest so far, `trend`
    None until it has gone on for a bucket.
    """

    series: Series
    started_at: datetime
    detected_at: datetime
    factor: float
    peak_factor: float
    evidence: float
    posts: int
    ended_at: datetime | None = None
    trend: Trend | None = None

    @classmethod
    def begin(cls, surge: Surge, posts: int, trend: Trend | None = None) -> "LiveSurge":
        """A surge at the moment it was detected, with the posts since its start."""
        return cls(
            surge.series,
            surge.started_at,
            surge.detected_at,
            surge.factor,
            surge.factor,
            surge.evidence,
            posts,
            trend=trend,
        )


@dataclass(frozen=True, slots=True)
class Incident:
    """One situation that people work on.

    `revision` counts its changes; each is reported by the briefing of that revision.
    `briefed_posts` is how large it was at the last one, `briefed_at` until when that one reaches.
    Where it does not call people, it is only shown; `calls_because` says why, or why not.
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
    kind: Kind = Kind.SURGE
    calls: bool = True
    calls_because: str = ""

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
    def factor(self) -> float:
        """How many times the expected number came of late in its largest surge."""
        return max(self.surges, key=lambda surge: surge.posts).factor

    @property
    def surging(self) -> bool:
        """Whether a surge of it still brings in more than a few posts too many, or it is silent."""
        silence = self.kind is Kind.SILENCE
        return any(s.ended_at is None and (silence or s.factor >= CALM) for s in self.surges)


def incident_id(brand: str, series: Series, bucket: datetime, kind: Kind = Kind.SURGE) -> str:
    """This situation's id in every run: derived from its first surge's series and bucket.

    >>> from datetime import UTC
    >>> incident_id("acme", Series("acme", "all", "x"), datetime(2026, 3, 14, tzinfo=UTC))
    'acme-b5g44m7i'
    """
    name = f"{brand}|{series}|{bucket:%Y-%m-%dT%H:%M:%SZ}"
    if kind is not Kind.SURGE:
        name += f"|{kind}"
    digest = hashlib.blake2b(name.encode(), digest_size=5).digest()
    return f"{brand}-{b32encode(digest).decode().lower()}"


def absorb(
    incidents: Sequence[Incident], surge: LiveSurge, policy: Policy, kind: Kind = Kind.SURGE
) -> tuple[Incident, Reason | None]:
    """The incident that a new surge or silence belongs to, and what that means for it.

    It joins the one of its kind that is open, reopens one that was resolved within the reopening
    window, or opens one: surges are one incident a brand, and return with a topic of theirs;
    silences are one a platform. None: it joined, and adds nothing worth telling.
    """
    ours = [one for one in incidents if one.kind is kind and _same_place(one, surge)]
    for incident in ours:
        if incident.state is not State.RESOLVED:
            return _with(incident, surge), Reason.EXTENDED if _extends(incident, surge) else None
    for incident in sorted(ours, key=lambda incident: incident.detected_at, reverse=True):
        if _returns(incident, surge, policy):
            return _with(reopen(incident), surge), Reason.REOPENED
    return (
        Incident(
            id=incident_id(surge.series.brand, surge.series, surge.detected_at, kind),
            brand=surge.series.brand,
            state=State.OPEN,
            severity=Severity.MINOR,
            started_at=surge.started_at,
            detected_at=surge.detected_at,
            peak_factor=surge.peak_factor,
            last_surging_at=surge.detected_at,
            surges=(surge,),
            kind=kind,
        ),
        Reason.OPENED,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What one more bucket brought a surge: its posts, and what the detector says of it now.

    `factor` is of late, `overall` since the surge began; the peak is the highest of either.
    """

    posts: int
    factor: float
    overall: float
    evidence: float = 0.0
    trend: Trend | None = None


def go_on(incident: Incident, series: Series, at: datetime, step: Step) -> Incident:
    """A surge of the incident after one more bucket."""
    highest, silence = max(step.factor, step.overall), incident.kind is Kind.SILENCE
    surges = tuple(
        replace(
            surge,
            posts=surge.posts + step.posts,
            factor=step.factor,
            peak_factor=max(surge.peak_factor, highest),
            evidence=max(surge.evidence, step.evidence),
            trend=step.trend,
        )
        if surge.series == series and surge.ended_at is None
        else surge
        for surge in incident.surges
    )
    return replace(
        incident,
        surges=surges,
        last_surging_at=at if silence or step.factor >= CALM else incident.last_surging_at,
        peak_factor=max(incident.peak_factor, highest),
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
    surging = incident.surging and incident.kind is Kind.SURGE
    return surging and incident.posts >= max(2 * incident.briefed_posts, 2 * MANY)


def quiet(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether nothing has surged for long enough that the incident is over."""
    over = over_at(incident, policy)
    return incident.state is not State.RESOLVED and not incident.surging and at >= over


def over_at(incident: Incident, policy: Policy) -> datetime:
    """When it is over unless it surges again: posts that come again end a silence at once."""
    wait = timedelta() if incident.kind is Kind.SILENCE else policy.resolve_after
    return incident.last_surging_at + wait


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

    It rises with the incident and never falls before it is resolved. What calls nobody is minor,
    and so is silence.
    """
    if incident.kind is Kind.SILENCE or not incident.calls:
        return incident.severity
    factor, posts, topics = incident.peak_factor, incident.posts, len(incident.topics)
    if factor >= 10 and posts >= 100:
        found = Severity.CRITICAL
    elif (factor >= 10 and posts >= 10) or (factor >= 5 and posts >= 25) or topics >= 3:
        found = Severity.MAJOR
    else:
        found = Severity.MINOR
    order = list(Severity)
    return max(found, incident.severity, key=order.index)


def _same_place(incident: Incident, surge: LiveSurge) -> bool:
    """Whether a surge is of the incident's brand, a silence of its platform: it is the source's."""
    if incident.kind is Kind.SILENCE:
        return surge.series.platform in incident.platforms
    return surge.series.brand == incident.brand


def _extends(incident: Incident, surge: LiveSurge) -> bool:
    """Whether people should hear of what joined: a topic or platform; of silences, a brand."""
    if incident.kind is Kind.SILENCE:
        return surge.series.brand not in {s.series.brand for s in incident.surges}
    known = {(s.series.topic, s.series.platform) for s in incident.surges}
    where = (surge.series.topic, surge.series.platform)
    return where not in known and surge.series.topic != ALL_MENTIONS


def _returns(incident: Incident, surge: LiveSurge, policy: Policy) -> bool:
    over = incident.resolved_at
    if over is None or surge.detected_at - over > policy.reopen_within:
        return False
    if incident.kind is Kind.SILENCE:
        return True
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
