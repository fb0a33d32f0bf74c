"""What surges and people do to incidents, each step in the transaction that stores it.

The decisions are in `alerts.incidents`; here they meet the store: briefings are composed from what
is stored, and every piece of news goes through the outbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from alerts import incidents, wording
from alerts.briefing import Briefing
from alerts.incidents import DAEMON, Incident, LiveSurge, Reason, State
from detectors import Series, Surge
from detectors import State as SeriesState
from monitor import briefings
from monitor.configuration import Configuration
from monitor.panel import LONG_AGO, Closed, Panel, moment
from monitor.store import Database, outbox, situations, volume

REVISE_EVERY = timedelta(minutes=10)
"""Live, what goes on is briefed anew so often, where messages are updated in place."""

RANK = [
    Reason.REVISED,
    Reason.GREW,
    Reason.EXTENDED,
    Reason.ESCALATED,
    Reason.REOPENED,
    Reason.OPENED,
]
"""Of what happens to an incident in one bucket, the last of these is told."""


class NoSuchIncident(Exception):
    """No incident, or more than one, has this id; the message names those there are."""


@dataclass(slots=True)
class IncidentBook:
    """The incidents in one transaction of the writer, kept up with the panels bucket by bucket.

    News from before `told_since` is recorded, but told only by `catch_up`; None: all of it is told.
    """

    connection: Connection
    configuration: Configuration
    panels: Mapping[str, Panel]
    notifiers: Sequence[str]
    told_since: datetime | None = None
    news: list[tuple[Incident, Reason]] = field(default_factory=list)
    surges: list[Series] = field(default_factory=list)
    _known: dict[str, Incident] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _live: dict[tuple[str, int], str] = field(default_factory=dict)
    _deadline: datetime | None = None

    def load(self, since: datetime | None) -> None:
        """Read what is unresolved, or was resolved not long enough before `since` to stay so.

        Surges on topics that the configuration no longer has are over.
        """
        horizon = (since or LONG_AGO) - self.configuration.incidents.policy.reopen_within
        for incident in situations.changing(self.connection, horizon):
            followed = incident
            for surge in incident.surges:
                if surge.ended_at is None and not self._watched(surge.series):
                    followed = incidents.end(followed, surge.series, incident.last_surging_at)
            self._keep(followed)
            if followed == incident:
                self._dirty.discard(incident.id)

    def wants(self, closed: Closed) -> bool:
        """Whether a bucket has anything to do with incidents."""
        return (
            bool(self._live)
            or (self._deadline is not None and self._deadline <= closed.end)
            or bool(closed.verdict.opened.any())
        )

    def judge(self, end: datetime, closed: Mapping[str, Closed]) -> None:
        """Absorb one bucket of every panel (by platform): ends, begins and goes on with surges."""
        self.settle(end)
        reasons: dict[str, Reason] = {}
        for platform, bucket in closed.items():
            for i in map(int, np.flatnonzero(bucket.verdict.opened)):
                incident, reason = self._open(self.panels[platform], bucket, i)
                if reason:
                    self._rank(reasons, incident.id, reason)
        for platform, i in list(self._live):
            if platform in closed:
                self._go_on(platform, i, closed[platform])
        for id in sorted(self._dirty):
            reason = self._follow(self._known[id], end)
            if reason:
                self._rank(reasons, id, reason)
        for id in sorted(reasons):
            self._tell(self._known[id], reasons[id], self._judged(self._known[id], end), DAEMON)

    def _follow(self, incident: Incident, at: datetime) -> Reason | None:
        """Assess an incident that has changed, and whether that is news."""
        if incidents.persists(incident, at, self.configuration.incidents.policy):
            self._keep(incidents.reopen(incident))
            return Reason.REOPENED
        severity = incidents.assess(incident)
        if incident.state is State.RESOLVED:
            return None
        if severity is not incident.severity:
            self._keep(replace(incident, severity=severity))
            return Reason.ESCALATED
        if incidents.grown(incident):
            return Reason.GREW
        since = incident.briefed_at
        old = since is not None and at - since >= REVISE_EVERY
        return Reason.REVISED if old and self.told_since and incident.surging else None

    def settle(self, at: datetime) -> None:
        """Resolve what has been quiet for long enough by then."""
        if self._deadline is None or self._deadline > at:
            return
        for incident in sorted(self._known.values(), key=lambda one: (one.last_surging_at, one.id)):
            heard = min(at, self._heard(incident) or at)
            if incidents.quiet(incident, heard, self.configuration.incidents.policy):
                over = incident.last_surging_at + self.configuration.incidents.policy.resolve_after
                resolved = self._keep(incidents.resolve(incident, DAEMON, over))
                self._tell(resolved, Reason.RESOLVED, over, DAEMON)
        self._plan()

    def revise(self, id: str, reason: Reason) -> None:
        """Brief anew: nothing happened, but what is known of the posts has changed."""
        incident = self._known.get(id)
        if incident is not None:
            at = self._judged(incident, incident.last_surging_at)
            self._tell(incident, reason, at, DAEMON)

    def catch_up(self) -> None:
        """Tell of what was too old to be told when it was found, and goes on."""
        if self.told_since is None:
            return
        for incident in list(self._known.values()):
            heard = self._heard(incident)
            if incident.state is not State.RESOLVED and heard and heard >= self.told_since:
                outbox.tell_newest(self.connection, incident.id, self.notifiers)

    def _heard(self, incident: Incident) -> datetime | None:
        """Until when all of the platforms that an incident was seen on have been judged."""
        judged = [self.panels[p].closed_until for p in incident.platforms if p in self.panels]
        return min((moment(each) for each in judged if each is not None), default=None)

    def save(self) -> None:
        """Write what has changed."""
        for id in sorted(self._dirty):
            situations.put_incident(self.connection, self._known[id])
        self._dirty.clear()

    def _open(self, panel: Panel, closed: Closed, i: int) -> tuple[Incident, Reason | None]:
        verdict = closed.verdict
        surge = Surge(
            panel.series[i],
            moment(int(verdict.started[i])),
            closed.end,
            float(verdict.factor[i]),
            float(verdict.evidence[i]),
        )
        volume.put_samples(self.connection, panel.take_closed())
        posts = volume.posts_counted(
            self.connection, [panel.ids[i]], surge.started_at, surge.detected_at
        )
        incident, reason = incidents.absorb(
            list(self._known.values()),
            LiveSurge.begin(surge, posts),
            self.configuration.incidents.policy,
        )
        self._live[(panel.platform, i)] = incident.id
        self.surges.append(surge.series)
        return self._keep(incident), reason

    def _go_on(self, platform: str, i: int, closed: Closed) -> None:
        state = closed.verdict.state[i]
        if state == SeriesState.MISSING or closed.verdict.opened[i]:
            return
        incident = self._known[self._live[(platform, i)]]
        series = self.panels[platform].series[i]
        if state == SeriesState.SURGING:
            incident = incidents.go_on(
                incident,
                series,
                closed.end,
                posts=int(closed.posts[i]),
                factor=float(closed.verdict.recent_factor[i]),
                overall=float(closed.verdict.factor[i]),
            )
        else:
            del self._live[(platform, i)]
            incident = incidents.end(incident, series, closed.end)
        self._keep(incident)

    def _keep(self, incident: Incident) -> Incident:
        self._known[incident.id] = incident
        self._dirty.add(incident.id)
        for surge in incident.surges:
            if surge.ended_at is None:
                panel = self.panels[surge.series.platform]
                i = panel.index(surge.series.brand, surge.series.topic)
                self._live[(panel.platform, i)] = incident.id
        self._plan()
        return incident

    def _watched(self, series: Series) -> bool:
        panel = self.panels.get(series.platform)
        return panel is not None and panel.has(series.brand, series.topic)

    def _plan(self) -> None:
        ends = [
            incident.last_surging_at + self.configuration.incidents.policy.resolve_after
            for incident in self._known.values()
            if incident.state is not State.RESOLVED and not incident.surging
        ]
        self._deadline = min(ends, default=None)

    def _tell(self, incident: Incident, reason: Reason, at: datetime, actor: str) -> None:
        for panel in self.panels.values():
            volume.put_samples(self.connection, panel.take_closed())
        incident = self._keep(
            replace(
                incident,
                revision=incident.revision + 1,
                briefed_posts=incident.posts,
                briefed_at=at,
            )
        )
        if all(self._watched(surge.series) for surge in incident.surges):
            briefing = briefings.compose(
                self.connection, self.configuration, self.panels, incident, reason, at
            )
        else:
            before = situations.latest_briefing(self.connection, incident.id)
            briefing = briefings.restated(before, incident, reason, at)
        recent = self.told_since is None or at >= self.told_since
        notifiers = self.notifiers if recent else outbox.notifiers_of(self.connection, incident.id)
        _record(self.connection, incident, reason, at, actor, briefing, notifiers)
        self.news.append((incident, reason))

    def _judged(self, incident: Incident, end: datetime) -> datetime:
        """Until when an incident is known, at least until `end`: one platform may be ahead."""
        latest = [self.panels[p].latest for p in incident.platforms if p in self.panels]
        return max([end, *(one.end for one in latest if one is not None)])

    @staticmethod
    def _rank(reasons: dict[str, Reason], id: str, reason: Reason) -> None:
        reasons[id] = max(reasons.get(id, reason), reason, key=RANK.index)


def acknowledge(database: Database, text: str, by: str, now: datetime) -> Incident:
    """Somebody takes an incident in hand. Raises NoSuchIncident, Refused, StoreError."""
    return _by_person(database, text, by, now, Reason.ACKNOWLEDGED)


def resolve(database: Database, text: str, by: str, now: datetime) -> Incident:
    """Somebody says that an incident is over. Raises NoSuchIncident, Refused, StoreError."""
    return _by_person(database, text, by, now, Reason.RESOLVED)


def find(connection: Connection, text: str) -> str:
    """The id of the one incident that `text` means: an id or the beginning of one."""
    ids = situations.matching(connection, text)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise NoSuchIncident(f"{text!r} means any of {', '.join(ids)}; give more of the id")
    raise NoSuchIncident(f"no incident {text!r}; `seawall incidents list --all` shows them")


def _by_person(database: Database, text: str, by: str, now: datetime, reason: Reason) -> Incident:
    step = incidents.acknowledge if reason is Reason.ACKNOWLEDGED else incidents.resolve
    with database.write() as connection:
        id = find(connection, text)
        incident = situations.locked_incident(connection, id)
        at = max(now, incident.detected_at)
        changed = step(incident, by, at)
        changed = replace(changed, revision=incident.revision + 1)
        before = situations.latest_briefing(connection, id)
        briefing = briefings.restated(before, changed, reason, at)
        notifiers = outbox.notifiers_of(connection, id)
        _record(connection, changed, reason, at, by, briefing, notifiers)
    return changed


def _record(
    connection: Connection,
    incident: Incident,
    reason: Reason,
    at: datetime,
    actor: str,
    briefing: Briefing,
    notifiers: Sequence[str],
) -> None:
    situations.put_incident(connection, incident)
    detail = f"{incident.severity}, {incident.posts} posts, {wording.times(incident.peak_factor)}"
    situations.add_event(connection, incident, reason, at=at, actor=actor, detail=detail)
    situations.put_briefing(connection, incident, briefing, notifiers)
