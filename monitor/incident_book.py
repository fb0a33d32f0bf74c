"""What surges and people do to incidents, each step in the transaction that stores it.

The decisions are in `alerts.incidents`; here they meet the store: briefings are composed from what
is stored, and every piece of news goes through the outbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from alerts import following, severity, statements, steps, talk, wording
from alerts.briefing import Briefing
from alerts.following import Progress
from alerts.incidents import DAEMON, Incident, Kind, LiveSurge, Reason, State, Trend
from alerts.talk import Tone
from detectors import Series, Surge
from detectors import State as SeriesState
from detectors import Trend as SeriesTrend
from detectors.contract import Booleans
from monitor import briefings
from monitor.configuration import Configuration
from monitor.panel import LONG_AGO, Closed, Panel, moment
from monitor.store import newest, outbox, situations, volume

REVISE_EVERY = timedelta(minutes=10)
"""Live, what goes on is briefed anew so often, where messages are updated in place."""

RANK = [
    Reason.REVISED,
    Reason.GREW,
    Reason.EXTENDED,
    Reason.ESCALATED,
    Reason.CALLING,
    Reason.REOPENED,
    Reason.OPENED,
    Reason.RENEWED,
]
"""Of what happens to an incident in one bucket, the last of these is told."""


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
    _live: dict[tuple[Kind, str, int], str] = field(default_factory=dict)
    _renewed: set[str] = field(default_factory=set)
    _usual: dict[tuple[str, datetime], Tone] = field(default_factory=dict)
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
                    followed = following.end(followed, surge.series, incident.last_surging_at)
            self._keep(followed)
            if followed == incident:
                self._dirty.discard(incident.id)

    def wants(self, closed: Closed) -> bool:
        """Whether a bucket has anything to do with incidents."""
        return (
            bool(self._live)
            or (self._deadline is not None and self._deadline <= closed.end)
            or bool(closed.verdict.opened.any())
            or bool(closed.verdict.silence.opened.any())
        )

    def judge(self, end: datetime, closed: Mapping[str, Closed]) -> None:
        """Absorb one bucket of every panel (by platform): surges and silences begin, go on, end."""
        self.settle(end)
        self._renewed.clear()
        reasons: dict[str, Reason] = {}
        for platform, bucket in closed.items():
            for kind, opened in _opened(bucket).items():
                for i in map(int, np.flatnonzero(opened)):
                    incident, reason = self._open(kind, self.panels[platform], bucket, i)
                    if reason:
                        self._rank(reasons, incident.id, reason)
        for kind, platform, i in list(self._live):
            if platform in closed:
                self._go_on(kind, platform, i, closed[platform])
        for id in sorted(self._dirty):
            reason = self._follow(self._known[id], end)
            if reason:
                self._rank(reasons, id, reason)
        for id in sorted(reasons):
            self._tell(self._known[id], reasons[id], self._judged(self._known[id], end), DAEMON)

    def _follow(self, incident: Incident, at: datetime) -> Reason | None:
        """Assess an incident that has changed, and whether that is news."""
        if following.persists(incident, at, self.configuration.incidents.policy):
            self._keep(steps.reopened(incident))
            return Reason.REOPENED
        if incident.state is State.RESOLVED:
            return None
        if incident.id in self._renewed and not incident.surging:
            self._keep(steps.resolved(incident, DAEMON, at))
            return Reason.RENEWED
        if incident.surging and not incident.calls:
            incident = self._keep(self._called(incident, at))
            if incident.calls:
                self._keep(replace(incident, severity=severity.assess(incident)))
                return Reason.CALLING
        weight = severity.assess(incident)
        if weight is not incident.severity:
            self._keep(replace(incident, severity=weight))
            return Reason.ESCALATED
        if following.grown(incident):
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
            if following.quiet(incident, heard, self.configuration.incidents.policy):
                over = following.over_at(incident, self.configuration.incidents.policy)
                resolved = self._keep(steps.resolved(incident, DAEMON, over))
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

    def _open(
        self, kind: Kind, panel: Panel, closed: Closed, i: int
    ) -> tuple[Incident, Reason | None]:
        verdict, silence = closed.verdict, closed.verdict.silence
        silent = kind is Kind.SILENCE
        started = moment(int((silence if silent else verdict).started[i]))
        volume.put_samples(self.connection, panel.take_closed())
        posts = volume.posts_counted(self.connection, [panel.ids[i]], started, closed.end)
        surge = Surge(
            panel.series[i],
            started,
            closed.end,
            posts / float(silence.missed[i]) if silent else float(verdict.factor[i]),
            float((silence if silent else verdict).evidence[i]),
        )
        incident, reason = following.absorb(
            list(self._known.values()),
            LiveSurge.begin(surge, posts, None if silent else _trend(closed, i)),
            self.configuration.incidents.policy,
            kind,
        )
        if reason is Reason.OPENED:
            incident = self._called(incident, closed.end)
        if not silent:
            self.surges.append(surge.series)
        return self._keep(incident), reason

    def _go_on(self, kind: Kind, platform: str, i: int, closed: Closed) -> None:
        if closed.verdict.state[i] == SeriesState.MISSING or _opened(closed)[kind][i]:
            return
        incident = self._known[self._live[(kind, platform, i)]]
        series, step = self.panels[platform].series[i], _step(kind, closed, i)
        if step:
            incident = following.go_on(incident, series, closed.end, step)
        else:
            del self._live[(kind, platform, i)]
            incident = following.end(incident, series, closed.end)
            found = closed.verdict if kind is Kind.SURGE else closed.verdict.silence
            if found.renewed[i]:
                self._renewed.add(incident.id)
        self._keep(incident)

    def _called(self, incident: Incident, at: datetime) -> Incident:
        """The incident, and whether it calls people or is only shown, by what they write."""
        call = talk.unread(incident)
        if call is None:
            series, start = sorted({surge.series for surge in incident.surges}), incident.started_at
            if (incident.id, start) not in self._usual:
                before = newest.posts(self.connection, series, None, start, talk.USUAL)
                self._usual[incident.id, start] = Tone.of(before)
            now = Tone.of(newest.posts(self.connection, series, start, at, talk.NEWEST))
            call = talk.judge(now, self._usual[incident.id, start])
        return replace(incident, calls=call.calls, calls_because=call.because)

    def _keep(self, incident: Incident) -> Incident:
        self._known[incident.id] = incident
        self._dirty.add(incident.id)
        for surge in incident.surges:
            if surge.ended_at is None:
                panel = self.panels[surge.series.platform]
                i = panel.index(surge.series.brand, surge.series.topic)
                self._live[(incident.kind, panel.platform, i)] = incident.id
        self._plan()
        return incident

    def _watched(self, series: Series) -> bool:
        panel = self.panels.get(series.platform)
        return panel is not None and panel.has(series.brand, series.topic)

    def _plan(self) -> None:
        ends = [
            following.over_at(incident, self.configuration.incidents.policy)
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
        if reason is not Reason.RENEWED and all(self._watched(s.series) for s in incident.surges):
            briefing = briefings.compose(
                self.connection, self.configuration, self.panels, incident, reason, at
            )
        else:
            before = situations.latest_briefing(self.connection, incident.id)
            briefing = briefings.restated(before, incident, reason, at)
        recent = self.told_since is None or at >= self.told_since
        notifiers = self.notifiers if recent else outbox.notifiers_of(self.connection, incident.id)
        record(self.connection, incident, reason, at, actor, briefing, notifiers)
        self.news.append((incident, reason))

    def _judged(self, incident: Incident, end: datetime) -> datetime:
        """Until when an incident is known, at least until `end`: one platform may be ahead."""
        latest = [self.panels[p].latest for p in incident.platforms if p in self.panels]
        return max([end, *(one.end for one in latest if one is not None)])

    @staticmethod
    def _rank(reasons: dict[str, Reason], id: str, reason: Reason) -> None:
        reasons[id] = max(reasons.get(id, reason), reason, key=RANK.index)


def _opened(closed: Closed) -> dict[Kind, Booleans]:
    """Series on which a surge or a silence opened with this bucket."""
    return {Kind.SURGE: closed.verdict.opened, Kind.SILENCE: closed.verdict.silence.opened}


def _step(kind: Kind, closed: Closed, i: int) -> Progress | None:
    """What a bucket brought a surge or silence; None where that has ended with it."""
    verdict, silence, posts = closed.verdict, closed.verdict.silence, int(closed.posts[i])
    if kind is Kind.SILENCE:
        return Progress(posts, 0.0, 0.0, float(silence.evidence[i])) if silence.silent[i] else None
    if verdict.state[i] != SeriesState.SURGING:
        return None
    recent = float(verdict.recent_factor[i])
    if verdict.calm[i]:
        recent = min(recent, 1.0)
    overall, evidence = float(verdict.factor[i]), float(verdict.evidence[i])
    return Progress(posts, recent, overall, evidence, _trend(closed, i))


def _trend(closed: Closed, i: int) -> Trend:
    return Trend(SeriesTrend(int(closed.verdict.trend[i])).name.lower())


def record(
    connection: Connection,
    incident: Incident,
    reason: Reason,
    at: datetime,
    actor: str,
    briefing: Briefing,
    notifiers: Sequence[str],
    *,
    place: str | None = None,
    note: str | None = None,
) -> None:
    """Store an incident, the step in its timeline, the briefing, and who is to be told."""
    situations.put_incident(connection, incident)
    detail = statements.now(briefing)
    if incident.kind is Kind.SURGE:
        peak = wording.times(incident.peak_factor)
        detail = f"{statements.tag(briefing)}, {incident.posts} posts, {peak}"
    situations.add_event(
        connection, incident, reason, at=at, actor=actor, detail=detail, place=place, note=note
    )
    situations.put_briefing(connection, incident, briefing, notifiers)
