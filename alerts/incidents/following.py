"""What surges do to incidents: open them, join them, go on, grow, end and come back.

Pure: incidents in, incidents and named reasons out. Whoever stores them decides nothing.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.incidents import belonging
from alerts.incidents.belonging import Group, Sharing, unknown
from alerts.incidents.incident import (
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
    own,
)
from alerts.incidents.severity import INITIAL
from alerts.incidents.steps import held_like, reopened
from detectors import Series

MANY = 10
"""Posts that are worth a message of their own."""

OF_LATE = timedelta(minutes=30)
"""What the factor of late is about."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When an incident is over, and for how long after that the same situation reopens it."""

    resolve_after: timedelta
    reopen_within: timedelta


def absorb(
    incidents: Sequence[Incident], surge: LiveSurge, policy: Policy, kind: Kind = Kind.SURGE
) -> tuple[Incident, Reason | None]:
    """The incident that a new surge or silence belongs to, and what that means for it.

    A surge of which no posts are known, see `gather`; silences are one incident a platform. None:
    it joined, and adds nothing worth telling.
    """
    if kind is Kind.SURGE:
        [found] = gather(incidents, [surge], policy)
        return found
    ours = [one for one in incidents if one.kind is kind and _same_place(one, surge)]
    for incident in ours:
        if incident.state is not State.RESOLVED:
            return _with(incident, surge), Reason.EXTENDED if _extends(incident, surge) else None
    for incident in sorted(ours, key=_newest_first):
        over = incident.resolved_at
        if over and surge.detected_at - over <= policy.reopen_within:
            return _with(reopened(incident), surge), Reason.REOPENED
    return _opened([surge], kind), Reason.OPENED


def gather(
    incidents: Sequence[Incident],
    surges: Sequence[LiveSurge],
    policy: Policy,
    sharing: Sharing = unknown,
) -> list[tuple[Incident, Reason | None]]:
    """The incidents that surges of one brand belong to that began in one bucket: see `belonging`.

    They join one that is open, though not one that has long been quiet and waits for a person,
    reopen one that was resolved within the reopening window, or open one.
    """
    at = max(surge.detected_at for surge in surges)
    ours = [
        one
        for one in incidents
        if one.surges and one.kind is not Kind.SILENCE and one.brand == surges[0].series.brand
        if one.surging or at - (one.resolved_at or one.last_surging_at) <= policy.reopen_within
    ]
    going_on = [one for one in ours if one.state is not State.RESOLVED]
    over = sorted((one for one in ours if one.state is State.RESOLVED), key=_newest_first)
    return [_joined(group, policy) for group in belonging.groups(going_on, over, surges, sharing)]


def part(incident: Incident, topics: AbstractSet[str], at: datetime) -> tuple[Incident, Incident]:
    """An incident without some of its topics, and the one that these are, no less guarded."""
    going = [one for one in incident.surges if one.series.topic in topics]
    rest = tuple(one for one in incident.surges if one.series.topic not in topics)
    left = replace(
        incident,
        surges=rest,
        started_at=_onset(rest),
        peak_factor=_peak(rest),
    )
    new = replace(_opened(going), last_surging_at=at, restricted=incident.restricted)
    return left, held_like(new, incident)


def outlived(
    incident: Incident, at: datetime, posts: Callable[[Series, datetime, datetime], int]
) -> tuple[Incident, list[LiveSurge]]:
    """A resolved incident whose surges are over, and those that go on, as surges of their own.

    Each begins anew half an hour ago; `posts` counts those on a series from one time to another.
    """
    since = at - OF_LATE
    going = [one for one in incident.surges if one.ended_at is None and one.factor >= CALM]
    anew = [
        replace(
            one,
            started_at=since,
            detected_at=at,
            peak_factor=one.factor,
            posts=posts(one.series, since, at),
            origin=None,
        )
        for one in going
    ]
    ended = tuple(replace(one, ended_at=at) if one in going else one for one in incident.surges)
    return replace(incident, surges=ended), anew


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
    peak = highest if series.topic in incident.topics else incident.peak_factor
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
        peak_factor=max(incident.peak_factor, peak),
    )


def end(incident: Incident, series: Series, at: datetime) -> Incident:
    """A surge of the incident is over."""
    surges = tuple(
        replace(surge, ended_at=at) if surge.series == series and surge.ended_at is None else surge
        for surge in incident.surges
    )
    last = at if incident.surging else incident.last_surging_at
    return replace(incident, surges=surges, last_surging_at=last)


def weighed(incident: Incident, found: Severity) -> Incident:
    """The incident, of which `found` is the severity now.

    What a person said stands until more is found than when they said it, and more than they said.
    """
    order = list(Severity).index
    if found is incident.assessed or order(found) <= order(incident.severity):
        return replace(incident, assessed=found)
    return replace(incident, assessed=found, severity=found, severity_by=None)


def may_part(before: Incident, incident: Incident) -> bool:
    """Whether a surge has so many posts now that it can be said if it belongs to the others."""
    return any(
        was.posts < mark <= now.posts
        for was, now in zip(before.surges, incident.surges, strict=True)
        for mark in belonging.WEIGHED_AT
    )


def snoozed(incident: Incident) -> bool:
    """Whether people put it off, and nothing has ended that."""
    return incident.snoozed_until is not None or incident.snoozed_posts is not None


def wakes_at(incident: Incident) -> datetime | None:
    """Until when it is put off; None where it is over, or not put off until a time."""
    return None if incident.state is State.RESOLVED else incident.snoozed_until


def woken(incident: Incident) -> Incident:
    """Nobody has put it off any longer."""
    return replace(incident, snoozed_until=None, snoozed_posts=None)


def grown(incident: Incident) -> bool:
    """Whether it has doubled since it was last briefed, which is worth telling."""
    surging = incident.surging and incident.kind is not Kind.SILENCE
    return surging and incident.posts >= max(2 * incident.briefed_posts, 2 * MANY)


def quiet(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether nothing has surged for long enough that the incident is over."""
    over = over_at(incident, policy)
    return over is not None and at >= over


def over_at(incident: Incident, policy: Policy) -> datetime | None:
    """When it is over unless it surges again: posts that come again end a silence at once.

    None where it surges or is over, and where quiet is no resolution: that is for people to say.
    """
    if incident.state is State.RESOLVED or incident.surging or for_people(incident):
        return None
    wait = timedelta() if incident.kind is Kind.SILENCE else policy.resolve_after
    return incident.last_surging_at + wait


def for_people(incident: Incident) -> bool:
    """Whether only people resolve it: what no surge opened, what is restricted or assigned.

    The night is silent whatever became of it. A source that sees again ends its blindness.
    """
    if incident.kind is Kind.SURGE:
        return incident.restricted or incident.assigned_to is not None
    return incident.kind is not Kind.SILENCE


def persists(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether it was resolved and yet goes on, within the reopening window.

    After a person's word: for as long as quiet would have had to last. After quiet: when a good
    many posts have come since, for the detector may still be in the same surge.
    """
    over = incident.resolved_at
    return over is not None and at - over <= policy.reopen_within and _goes_on(incident, at, policy)


def outlasts(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether a surge of it goes on, or again, so long after it was over that it is another one."""
    over, surge = incident.resolved_at, incident.kind is Kind.SURGE
    late = over is not None and at - over > policy.reopen_within
    return surge and late and _goes_on(incident, at, policy)


def _goes_on(incident: Incident, at: datetime, policy: Policy) -> bool:
    over = incident.resolved_at
    if incident.state is not State.RESOLVED or over is None or not incident.surging:
        return False
    if incident.resolved_by == DAEMON:
        return incident.posts - incident.briefed_posts >= MANY
    return at - over >= policy.resolve_after


def _joined(group: Group, policy: Policy) -> tuple[Incident, Reason | None]:
    if group.incident is None:
        return _opened(group.joining), Reason.OPENED
    before = group.incident
    at = max(one.detected_at for one in group.joining)
    if before.state is State.RESOLVED:
        return _with(reopened(before), *group.joining), Reason.REOPENED
    if not before.surging and at - before.last_surging_at > policy.resolve_after:
        return _with(before, *group.joining), Reason.REOPENED
    news = any(_extends(before, one) for one in group.joining)
    return _with(before, *group.joining), Reason.EXTENDED if news else None


def _same_place(incident: Incident, silence: LiveSurge) -> bool:
    """Whether a silence is of an incident's platform: it is the source's."""
    return silence.series.platform in incident.platforms and not incident.merged_into


def _extends(incident: Incident, surge: LiveSurge) -> bool:
    """Whether people should hear of what joined: a topic or platform; of silences, a brand."""
    if incident.kind is Kind.SILENCE:
        return surge.series.brand not in {s.series.brand for s in incident.surges}
    known = {(s.series.topic, s.series.platform) for s in incident.surges}
    where = (surge.series.topic, surge.series.platform)
    return where not in known and surge.series.topic != ALL_MENTIONS


def _opened(surges: Sequence[LiveSurge], kind: Kind = Kind.SURGE) -> Incident:
    first = min(surges, key=lambda one: one.series)
    last = max(one.detected_at for one in surges)
    return Incident(
        id=incident_id(first.series.brand, first.series, first.detected_at, kind),
        brand=first.series.brand,
        state=State.OPEN,
        severity=INITIAL[kind],
        started_at=_onset(surges),
        detected_at=min(one.detected_at for one in surges),
        peak_factor=_peak(surges),
        last_surging_at=last,
        surges=tuple(surges),
        kind=kind,
        assessed=INITIAL[kind],
    )


def _with(incident: Incident, *surges: LiveSurge) -> Incident:
    together = (*incident.surges, *surges)
    return replace(
        incident,
        surges=together,
        started_at=min(incident.started_at, _onset(together)),
        last_surging_at=max(incident.last_surging_at, *(one.detected_at for one in surges)),
        peak_factor=max(incident.peak_factor, _peak(together)),
    )


def _onset(surges: Sequence[LiveSurge]) -> datetime:
    """When they began."""
    return min(one.started_at for one in own(surges))


def _peak(surges: Sequence[LiveSurge]) -> float:
    """The highest factor of any."""
    return max(one.peak_factor for one in own(surges))


def _newest_first(incident: Incident) -> tuple[float, str]:
    return -incident.detected_at.timestamp(), incident.id
