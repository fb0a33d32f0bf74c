"""What surges do to incidents, bucket by bucket, in the transaction that stores it.

The decisions are in `alerts.following`; here they meet the store and the outbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import numpy as np
from sqlalchemy import Connection

from alerts.incidents import belonging, following, steps, talk
from alerts.incidents.incident import DAEMON, Incident, Kind, LiveSurge, Reason, State
from alerts.incidents.talk import Tone
from detectors import Series, Surge
from detectors import State as SeriesState
from monitor.configuration import Configuration
from monitor.incidents import weighing
from monitor.incidents.bucket_news import begun, brought, trend
from monitor.incidents.recording import record
from monitor.panel import LONG_AGO, Closed, Panel, moment
from monitor.staffing import roster
from monitor.store import crowds, newest, outbox, situations, volume
from monitor.telling import briefings, discretion

REVISE_EVERY = timedelta(minutes=10)
"""Live, what goes on is briefed anew so often, where messages are updated in place."""

RANK = [
    Reason.REVISED,
    Reason.GREW,
    Reason.EXTENDED,
    Reason.SPLIT,
    Reason.ESCALATED,
    Reason.CALLING,
    Reason.WOKEN,
    Reason.RESTRICTED,
    Reason.REOPENED,
    Reason.OPENED,
    Reason.RENEWED,
]
"""Of what happens to an incident in one bucket, the last of these is told."""

SNOOZED = {Reason.GREW: Reason.REVISED, Reason.EXTENDED: Reason.REVISED}
"""What goes on while an incident is snoozed is shown, and is no news."""


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
    _larger: set[str] = field(default_factory=set)
    _notes: dict[str, str] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)
    _usual: dict[tuple[str, datetime], Tone] = field(default_factory=dict)
    _ends: dict[str, datetime] = field(default_factory=dict)

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
            or self._is_due(closed.end)
            or bool(closed.verdict.opened.any())
            or bool(closed.verdict.silence.opened.any())
        )

    def judge(self, end: datetime, closed: Mapping[str, Closed]) -> None:
        """Absorb one bucket of every panel (by platform): surges and silences begin, go on, end."""
        self.settle(end)
        for once in (self._renewed, self._larger, self._notes, self._closed):
            once.clear()
        reasons: dict[str, Reason] = {}
        self._begin(self._begun(closed), end, reasons)
        for kind, platform, i in list(self._live):
            if platform in closed:
                self._go_on(kind, platform, i, closed[platform])
        for id in sorted(self._dirty):
            self._part(self._known[id], end, reasons)
        for id in sorted(self._dirty):
            reason = self._follow(self._known[id], end)
            if reason:
                self._rank(reasons, id, reason)
        for id in sorted(reasons):
            self._tell(self._known[id], reasons[id], self._judged(self._known[id], end))

    def _begun(self, closed: Mapping[str, Closed]) -> list[tuple[Kind, LiveSurge]]:
        """What began in a bucket on the brands that incidents are about."""
        ours = {id for id, brand in self.configuration.brands.items() if brand.ours}
        return [
            (kind, self._surge(kind, self.panels[platform], bucket, i))
            for platform, bucket in closed.items()
            for kind, opened in begun(bucket).items()
            for i in map(int, np.flatnonzero(opened))
            if self.panels[platform].series[i].brand in ours
        ]

    def _begin(
        self, begun: Sequence[tuple[Kind, LiveSurge]], at: datetime, reasons: dict[str, Reason]
    ) -> None:
        """Let surges and silences open incidents, join them or bring them back."""
        policy = self.configuration.incidents.policy
        surges = [one for kind, one in begun if kind is Kind.SURGE]
        for brand in dict.fromkeys(one.series.brand for one in surges):
            ours = [one for one in surges if one.series.brand == brand]
            known = list(self._known.values())
            for incident, reason in following.gather(known, ours, policy, self._sharing(at)):
                self._joined(incident, reason, at, reasons)
        for kind, one in begun:
            if kind is Kind.SILENCE:
                found = following.absorb(list(self._known.values()), one, policy, kind)
                self._joined(*found, at, reasons)

    def _joined(
        self, incident: Incident, reason: Reason | None, at: datetime, reasons: dict[str, Reason]
    ) -> None:
        if reason is Reason.OPENED:
            incident = self._called(incident, at)
        if not incident.restricted and discretion.restricts(self.configuration, incident.topics):
            incident = replace(incident, restricted=True)
            self._closed.add(incident.id)
            discretion.take_back(self.connection, self.configuration, incident.id, at)
            reason = max(reason or Reason.RESTRICTED, Reason.RESTRICTED, key=RANK.index)
        self._keep(incident)
        if reason:
            self._rank(reasons, incident.id, reason)

    def _part(self, incident: Incident, at: datetime, reasons: dict[str, Reason]) -> None:
        """Part what turns out to be two situations, or comes back long after it was over."""
        policy = self.configuration.incidents.policy
        if following.outlasts(incident, at, policy):
            ended, anew = following.outlived(incident, at, self._counted)
            self._keep(ended)
            self._begin([(Kind.SURGE, one) for one in anew], at, reasons)
        elif incident.id in self._larger and incident.state is not State.RESOLVED:
            for topics in belonging.parts(incident, self._sharing(at))[1:]:
                incident, other = following.part(incident, topics, at)
                self._keep(incident)
                self._joined(other, Reason.OPENED, at, reasons)
                names = [self.configuration.topic(topic).name for topic in sorted(topics)]
                self._notes[incident.id] = f"{', '.join(names)} is {other.id} now"
                self._rank(reasons, incident.id, Reason.SPLIT)

    def _sharing(self, until: datetime) -> belonging.Sharing:
        return partial(crowds.shared, self.connection, until)

    def _counted(self, series: Series, since: datetime, until: datetime) -> int:
        panel = self.panels[series.platform]
        volume.put_samples(self.connection, panel.take_closed())
        id = panel.ids[panel.index(series.brand, series.topic)]
        return volume.posts_counted(self.connection, [id], since, until)

    def _follow(self, incident: Incident, at: datetime) -> Reason | None:
        """Assess an incident that has changed, and whether that is news."""
        if following.persists(incident, at, self.configuration.incidents.policy):
            self._keep(steps.reopened(incident))
            return Reason.REOPENED
        if incident.state is State.RESOLVED:
            return None
        if incident.id in self._renewed and not incident.surging:
            if following.for_people(incident):
                return None
            self._keep(steps.resolved(incident, DAEMON, at))
            return Reason.RENEWED
        if incident.surging and not incident.calls:
            incident = self._keep(self._called(incident, at))
            if incident.calls:
                self._keep(self._weigh(incident, at))
                return Reason.CALLING
        weighed = self._keep(self._weigh(incident, at)) if incident.surging else incident
        rises = weighed.severity is not incident.severity
        if following.snoozed(incident) and (rises or steps.awake(incident, at)):
            self._notes[incident.id] = "it is more severe" if rises else "it has doubled"
            self._keep(following.woken(weighed))
            return Reason.WOKEN
        if rises:
            if incident.severity_by:
                self._notes[incident.id] = f"more than {incident.severity_by} said"
            return Reason.ESCALATED
        if following.grown(weighed):
            return Reason.GREW
        since = incident.briefed_at
        old = since is None or at - since >= REVISE_EVERY
        return Reason.REVISED if old and self.told_since and incident.surging else None

    def _weigh(self, incident: Incident, at: datetime) -> Incident:
        found = weighing.assessed(self.connection, self.configuration, self.panels, incident, at)
        return following.weighed(incident, found)

    def settle(self, at: datetime) -> None:
        """Resolve what has been quiet for long enough by then, wake what was snoozed until then."""
        if not self._is_due(at):
            return
        policy = self.configuration.incidents.policy
        for incident in sorted(self._known.values(), key=lambda one: (one.last_surging_at, one.id)):
            heard = min(at, self._heard(incident) or at)
            over = following.over_at(incident, policy)
            if over is not None and over <= heard:
                resolved = self._keep(steps.resolved(incident, DAEMON, over))
                self._tell(resolved, Reason.RESOLVED, over)
            elif (until := following.wakes_at(incident)) and until <= at:
                self._notes[incident.id] = "its time is up"
                self._tell(self._keep(following.woken(incident)), Reason.WOKEN, until)

    def revise(self, id: str, reason: Reason) -> None:
        """Brief anew: nothing happened, but what is known of the posts has changed."""
        incident = self._known.get(id)
        if incident is not None:
            at = self._judged(incident, incident.last_surging_at)
            self._tell(incident, reason, at)

    def catch_up(self) -> None:
        """Tell of what was too old to be told when it was found, and goes on."""
        if self.told_since is None:
            return
        for incident in list(self._known.values()):
            heard = self._heard(incident)
            if incident.state is not State.RESOLVED and heard and heard >= self.told_since:
                here = roster.places(self.configuration, incident, self.notifiers)
                outbox.tell_newest(self.connection, incident.id, here)

    def _heard(self, incident: Incident) -> datetime | None:
        """Until when all of the platforms that an incident was seen on have been judged."""
        judged = [self.panels[p].closed_until for p in incident.platforms if p in self.panels]
        return min((moment(each) for each in judged if each is not None), default=None)

    def save(self) -> None:
        """Write what has changed."""
        for id in sorted(self._dirty):
            situations.put_incident(self.connection, self._known[id])
        self._dirty.clear()

    def _surge(self, kind: Kind, panel: Panel, closed: Closed, i: int) -> LiveSurge:
        verdict, silence = closed.verdict, closed.verdict.silence
        silent = kind is Kind.SILENCE
        started = moment(int((silence if silent else verdict).started[i]))
        posts = self._counted(panel.series[i], started, closed.end)
        surge = Surge(
            panel.series[i],
            started,
            closed.end,
            posts / float(silence.missed[i]) if silent else float(verdict.factor[i]),
            float((silence if silent else verdict).evidence[i]),
        )
        if not silent:
            self.surges.append(surge.series)
        return LiveSurge.begin(surge, posts, None if silent else trend(closed, i))

    def _go_on(self, kind: Kind, platform: str, i: int, closed: Closed) -> None:
        if closed.verdict.state[i] == SeriesState.MISSING or begun(closed)[kind][i]:
            return
        incident = self._known[self._live[(kind, platform, i)]]
        series, step = self.panels[platform].series[i], brought(kind, closed, i)
        if step:
            before, incident = incident, following.go_on(incident, series, closed.end, step)
            if following.may_part(before, incident):
                self._larger.add(incident.id)
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
                kind = Kind.SILENCE if incident.kind is Kind.SILENCE else Kind.SURGE
                self._live[(kind, panel.platform, i)] = incident.id
        self._plan(incident)
        return incident

    def _watched(self, series: Series) -> bool:
        panel = self.panels.get(series.platform)
        return panel is not None and panel.has(series.brand, series.topic)

    def _plan(self, incident: Incident) -> None:
        """Note when something is due about an incident, whatever happens until then."""
        over = following.over_at(incident, self.configuration.incidents.policy)
        ends = [end for end in (over, following.wakes_at(incident)) if end is not None]
        self._ends.pop(incident.id, None)
        if ends:
            self._ends[incident.id] = min(ends)

    def _is_due(self, at: datetime) -> bool:
        return any(end <= at for end in self._ends.values())

    def _tell(self, incident: Incident, reason: Reason, at: datetime) -> None:
        if following.snoozed(incident):
            reason = SNOOZED.get(reason, reason)
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
            incident = self._keep(briefings.peaked(incident, briefing))
        else:
            before = situations.latest_briefing(self.connection, incident.id)
            briefing = briefings.restated(
                self.connection, self.configuration, before, incident, reason, at
            )
        note = self._notes.pop(incident.id, "")
        if note:
            by = DAEMON if reason is Reason.SPLIT else ""
            briefing = replace(briefing, note=note, by=by)
        told = self._told(incident, at)
        record(self.connection, incident, reason, at, DAEMON, briefing, told, note=note or None)
        self.news.append((incident, reason))

    def _told(self, incident: Incident, at: datetime) -> list[str]:
        """Who is told: those on duty, and once more those who must not see it any longer."""
        known = outbox.notifiers_of(self.connection, incident.id)
        if self.told_since is not None and at < self.told_since:
            return known
        here = roster.places(self.configuration, incident, self.notifiers)
        return sorted({*known, *here}) if incident.id in self._closed else here

    def _judged(self, incident: Incident, end: datetime) -> datetime:
        """Until when an incident is known, at least until `end`: one platform may be ahead."""
        latest = [self.panels[p].latest for p in incident.platforms if p in self.panels]
        return max([end, *(one.end for one in latest if one is not None)])

    @staticmethod
    def _rank(reasons: dict[str, Reason], id: str, reason: Reason) -> None:
        reasons[id] = max(reasons.get(id, reason), reason, key=RANK.index)
