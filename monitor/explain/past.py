"""What the store tells of an incident's past: which surges were found of what, and what was seen.

All of it is read in one view, and neither snapshots nor posts are needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.incidents.incident import Incident, LiveSurge
from detectors import Series, SeriesSetup
from monitor import watch
from monitor.configuration import Configuration
from monitor.explain.explanation import Reason
from monitor.incidents import feedback
from monitor.panel import LONG_AGO, NEVER, Acceptance, Panel
from monitor.store import history, situations, volume
from monitor.store.history import KnownSeries
from monitor.store.volume import PanelRow, SampleRow


@dataclass(frozen=True, slots=True)
class Subject:
    """A surge to be explained, with the definition that its topic had, and what is to be shown.

    `doubts` are what is otherwise than it was then, as far as the store knows.
    """

    surge: LiveSurge
    known: KnownSeries
    since: datetime
    until: datetime
    doubts: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Case:
    """Surges of one platform that can be judged together, and what was seen of it then.

    `members` are the series that are judged, some only because they lend the others their rhythm.
    """

    subjects: Sequence[Subject]
    members: Sequence[KnownSeries]
    setups: Sequence[SeriesSetup]
    intervals: Sequence[tuple[str, str, datetime, datetime, bool]]
    samples: Sequence[SampleRow]
    accepted: Sequence[Acceptance]

    @property
    def since(self) -> datetime:
        """From when on anything is to be shown."""
        return min(subject.since for subject in self.subjects)

    @property
    def until(self) -> datetime:
        """How far it has to be judged."""
        return max(subject.until for subject in self.subjects)


class Past:
    """The past in the view of one connection, as far as a configuration can judge it."""

    def __init__(self, connection: Connection, configuration: Configuration) -> None:
        """Read what there is to know of every series."""
        self._connection, self._configuration = connection, configuration
        self._panels = {row.platform: row for row in volume.judged(connection)}
        self._known = history.known_series(connection)

    def cases(self, incident: Incident, around: timedelta) -> Iterator[Case]:
        """Surges of a platform together, apart from those of topics defined at another time.

        Left out are those on topics that the configuration does not have.
        """
        together: dict[tuple[str, datetime | None], list[Subject]] = {}
        for surge in incident.surges:
            known = self._definition(surge.series, surge)
            if known:
                one = self._subject(surge, known, around)
                together.setdefault((surge.series.platform, known.since), []).append(one)
        for (platform, _), subjects in together.items():
            yield self._case(platform, subjects)

    def _definition(self, series: Series, surge: LiveSurge) -> KnownSeries | None:
        """The definition that counted a topic when the surge was found; None where none did."""
        if series not in self._configuration.series([series.platform]):
            return None
        candidates = [
            one
            for one in self._known
            if one.series == series and (one.since or LONG_AGO) <= surge.detected_at
        ]
        span = surge.started_at, surge.detected_at
        counting = [
            one for one in candidates if volume.posts_counted(self._connection, [one.id], *span)
        ]
        return max(counting or candidates, key=lambda one: one.since or LONG_AGO, default=None)

    def _subject(self, surge: LiveSurge, known: KnownSeries, around: timedelta) -> Subject:
        panel = self._panels[surge.series.platform]
        closed = panel.closed_until or LONG_AGO
        replaced = [
            one.since
            for one in self._known
            if one.series == surge.series and one.since and one.since > surge.detected_at
        ]
        return Subject(
            surge,
            known,
            since=surge.started_at - around,
            until=min([(surge.ended_at or closed) + around, closed, *replaced]),
            doubts=[*self._doubts(panel, surge, known)],
        )

    def _case(self, platform: str, subjects: Sequence[Subject]) -> Case:
        members = self._members(platform, subjects)
        ids = [known.id for known, _ in members]
        until = max(subject.until for subject in subjects)
        return Case(
            subjects=subjects,
            members=[known for known, _ in members],
            setups=[setup for _, setup in members],
            intervals=volume.observed_intervals(self._connection, platform),
            samples=volume.samples(self._connection, ids, None, until),
            accepted=feedback.accepted(
                self._connection, [known.series for known, _ in members], self._width
            ),
        )

    def _members(
        self, platform: str, subjects: Sequence[Subject]
    ) -> list[tuple[KnownSeries, SeriesSetup]]:
        """The series asked for and their kin, in the order of the panel."""
        setups = self._setups(platform, subjects[0].surge.detected_at)
        wanted = {subject.surge.series: subject.known for subject in subjects}
        kin = {setups[one].kin for one in wanted} - {""}
        family = [one for one in setups if one in wanted or setups[one].kin in kin]
        at = subjects[0].surge
        known = {one: wanted.get(one) or self._definition(one, at) for one in family}
        return [(there, setups[one]) for one, there in known.items() if there]

    def _setups(self, platform: str, at: datetime | None = None) -> dict[Series, SeriesSetup]:
        """What a detector knew of every series of a platform, with the verdicts that were given."""
        series = self._configuration.series([platform])
        made = watch.setups(self._configuration, series, sorted(self._panels))
        told = feedback.setups(self._connection, made, at)
        return dict(zip(series, told, strict=True))

    @property
    def _width(self) -> int:
        return int(self._configuration.bucket.total_seconds())

    def _doubts(self, panel: PanelRow, surge: LiveSurge, known: KnownSeries) -> Iterator[Reason]:
        configuration, series = self._configuration, surge.series
        if known.version != configuration.version(series.brand, series.topic):
            yield Reason.REDEFINED
        elif panel.version not in (None, self._version(panel.platform)):
            yield Reason.OTHER_DETECTOR
        on_platform = [one for one in self._known if one.series.platform == panel.platform]
        if any(one.since and one.since <= surge.detected_at for one in on_platform):
            yield Reason.LEARNED_ANEW
        if situations.goes_on_from_another(self._connection, surge):
            yield Reason.WENT_ON

    def _version(self, platform: str) -> str:
        """Of the panel that a daemon would have with this configuration."""
        configuration, setups = self._configuration, self._setups(platform)
        ids = {(one.series, one.version): one.id for one in self._known}
        return Panel(
            platform=platform,
            series=[*setups],
            ids=[ids.get((s, configuration.version(s.brand, s.topic)), 0) for s in setups],
            since=[NEVER] * len(setups),
            detector=watch.detector(configuration, [*setups.values()]),
            width=self._width,
        ).version
