"""What surges do to incidents: open them, join them, go on, grow, end and come back.

Pure: incidents in, incidents and named reasons out. Whoever stores them decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.incidents import (
    ALL_MENTIONS,
    CALM,
    DAEMON,
    Incident,
    Kind,
    LiveSurge,
    Reason,
    Severity,
    State,
    Trend,
    incident_id,
)
from alerts.steps import reopened
from detectors import Series

MANY = 10
"""Posts that are worth a message of their own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When an incident is over, and for how long after that the same situation reopens it."""

    resolve_after: timedelta
    reopen_within: timedelta


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
            return _with(reopened(incident), surge), Reason.REOPENED
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
class Progress:
    """What one more bucket brought a surge: its posts, and what the detector says of it now.

    `factor` is of late, `overall` since the surge began; the peak is the highest of either.
    """

    posts: int
    factor: float
    overall: float
    evidence: float = 0.0
    trend: Trend | None = None


def go_on(incident: Incident, series: Series, at: datetime, progress: Progress) -> Incident:
    """A surge of the incident after one more bucket."""
    highest, silence = max(progress.factor, progress.overall), incident.kind is Kind.SILENCE
    surges = tuple(
        replace(
            surge,
            posts=surge.posts + progress.posts,
            factor=progress.factor,
            peak_factor=max(surge.peak_factor, highest),
            evidence=max(surge.evidence, progress.evidence),
            trend=progress.trend,
        )
        if surge.series == series and surge.ended_at is None
        else surge
        for surge in incident.surges
    )
    return replace(
        incident,
        surges=surges,
        last_surging_at=at if silence or progress.factor >= CALM else incident.last_surging_at,
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
