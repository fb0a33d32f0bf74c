"""The report of a month: figures by team, never by person, from what is stored alone."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from alerts.duty.calling import DECLINED
from alerts.duty.handover import Handover
from alerts.duty.service_hours import ALWAYS
from alerts.incidents.incident import Incident, Kind, Reason, Severity, Verdict
from alerts.incidents.milestones import Milestone, Milestones
from alerts.instants import Instant
from alerts.words.phases import Phase
from alerts.words.promises import Kept
from monitor.configuration import Configuration
from monitor.reporting import figures
from monitor.reporting.clock import clocks
from monitor.reporting.figures import Counted, Nights, Times, Wake
from monitor.staffing import roster
from monitor.store import handovers, joints, situations
from monitor.store.schema import event, observed, spending
from monitor.store.words import message, promise
from monitor.store.work import call, handover
from monitor.telling import discretion

TIMED = (
    *(Milestone.DETECTED, Milestone.ACKNOWLEDGED),
    *(Milestone.APPROVED, Milestone.FIRST_WORD),
)

NOT_RECORDED = (
    "whether operations knew before it was found",
    "the answer rate, by language and platform",
    "the backlog, its peak and when it was worked off",
    "satisfaction",
    "drills",
)
"""What belongs to a month and is not known to the store."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month on the clock of a zone, from `since` up to `until`."""

    name: str
    zone: str
    since: Instant
    until: Instant

    @classmethod
    def named(cls, name: str, zone: str) -> "Month":
        """The month that `2026-11` names. Raises ValueError.

        >>> Month.named("2026-11", "Europe/Oslo").since.isoformat()
        '2026-10-31T23:00:00+00:00'
        """
        found = _MONTH.fullmatch(name)
        if found is None or not 1970 <= int(found[1]) < 9999:
            raise ValueError(f"{name!r} is no month: write it as 2026-11")
        first = datetime(int(found[1]), int(found[2]), 1, tzinfo=ZoneInfo(zone))
        then = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return cls(name, zone, first.astimezone(UTC), then.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Handovers:
    """What shifts left to the next: accepted, or not; where nothing was open, nobody need."""

    accepted: int
    waiting: int
    empty: int


@dataclass(frozen=True, slots=True)
class InPublic:
    """What was said in public: promises of more, corrections, what one person approved alone.

    `silences` are the incidents of which it was decided to say nothing, `after_alert` the posts of
    our own that nobody approved while promotions were to be paused, `lookalikes` the accounts seen.
    """

    kept: int
    moved: int
    broken: int
    corrections: int
    alone: int
    silences: int
    after_alert: int
    lookalikes: int


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """A team's month; `id` is None where no team is configured."""

    id: str | None
    name: str
    incidents: int
    kinds: tuple[Counted, ...]
    missed: int
    times: dict[Milestone, Times]
    breaches: dict[Milestone, int]
    nights: Nights
    handovers: Handovers
    public: InPublic
    promotions: Times
    paused_unasked: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An incident of the month; of one that is restricted, only what everybody may know."""

    id: str
    headline: str
    detected_at: Instant
    restricted: bool
    kind: Kind | None = None
    severity: Severity | None = None
    verdict: Verdict | None = None
    breaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month's figures as of `written_at`.

    `hidden` restricted incidents are in no figure but the nights. `blind` are hours per source,
    `spent` dollars per source in the same month of UTC; `per_real` is None where nothing was real
    or paid.
    """

    month: Month
    written_at: Instant
    incidents: tuple[Entry, ...]
    hidden: int
    teams: tuple[TeamMonth, ...]
    blind: dict[str, float]
    spent: dict[str, float]
    real: int
    per_real: float | None
    not_recorded: tuple[str, ...] = NOT_RECORDED

    @property
    def going_on(self) -> bool:
        """Whether the month is not over."""
        return self.written_at < self.month.until


def report(
    connection: Connection,
    configuration: Configuration,
    month: Month,
    now: datetime,
    *,
    sees_restricted: bool = False,
) -> MonthReport:
    """The figures of a month as of `now`; an incident belongs to the month it was detected in."""
    known = {one.id: one for one in situations.incidents(connection)}
    ours = [
        one
        for one in known.values()
        if month.since <= one.detected_at < month.until and not one.merged_into
    ]
    shown = [one for one in ours if sees_restricted or not one.restricted]
    read = clocks(connection, configuration.targets.by_milestone, shown, now)
    spent = _spent(connection, month.name)
    return MonthReport(
        month=month,
        written_at=now,
        incidents=tuple(_entry(connection, configuration, one, read.get(one.id)) for one in ours),
        hidden=len(ours) - len(shown),
        teams=tuple(
            _team(connection, configuration, id, month, known, shown, read)
            for id in _teams(configuration, known.values())
        ),
        blind=_blind(connection, month, now),
        spent=spent,
        real=sum(one.verdict is Verdict.REAL for one in shown),
        per_real=figures.per_real(spent, shown),
    )


def _teams(configuration: Configuration, incidents: Iterable[Incident]) -> list[str | None]:
    """The teams that answer for anything, in the file's order; None where no team does."""
    brands = [*configuration.brands, *(one.brand for one in incidents)]
    on_duty = {roster.on_duty(configuration, brand) for brand in brands}
    teams = configuration.teams.items()
    answering = [id for id, team in teams if team.pause_from is None or id in on_duty]
    return [*answering, *([None] if None in on_duty else [])]


def _team(
    connection: Connection,
    configuration: Configuration,
    id: str | None,
    month: Month,
    known: dict[str, Incident],
    shown: Sequence[Incident],
    read: dict[str, Milestones],
) -> TeamMonth:
    ours = [one for one in shown if roster.on_duty(configuration, one.brand) == id]
    ticking = [read[one.id] for one in ours]
    team = configuration.rosters.get(id or "")
    zone = team.zone if team else configuration.zone
    return TeamMonth(
        id=id,
        name=team.name if team else "Everybody",
        incidents=len(ours),
        kinds=figures.by_kind(ours),
        missed=figures.missed(ours),
        times={one: figures.times(ticking, ours, one) for one in TIMED},
        breaches=figures.breaches(ticking),
        nights=figures.nights(
            _wakes(connection, configuration, id, month, known), lambda at: at.astimezone(zone)
        ),
        handovers=_handovers(connection, id, month),
        public=_in_public(connection, [one.id for one in ours]),
        promotions=figures.promotions(ours),
        paused_unasked=figures.paused_unasked(ours),
    )


def _entry(
    connection: Connection, configuration: Configuration, one: Incident, clock: Milestones | None
) -> Entry:
    briefing = situations.latest_briefing(connection, one.id)
    if clock is None:
        neutral = discretion.neutral(briefing, configuration)
        return Entry(one.id, neutral.headline, neutral.detected_at, restricted=True)
    return Entry(
        one.id,
        briefing.headline,
        one.detected_at,
        one.restricted,
        one.kind,
        one.severity,
        one.verdict,
        clock.breaches(),
    )


def _wakes(
    connection: Connection,
    configuration: Configuration,
    id: str | None,
    month: Month,
    known: dict[str, Incident],
) -> list[Wake]:
    """The month's calls to a team's incidents; what is restricted has no verdict here."""
    team = configuration.rosters.get(id or "")
    hours, zone = configuration.service_hours or ALWAYS, configuration.zone
    c = call.c
    rows = connection.execute(
        select(c.incident, c.at, c.answer)
        .where(c.at >= month.since, c.at < month.until)
        .order_by(c.at)
    )
    found = []
    for incident_id, at, answer in rows:
        one = known[incident_id]
        if roster.on_duty(configuration, one.brand) == id:
            is_open = team.is_open(at) if team else hours.is_open(at, zone)
            verdict = None if one.restricted else one.verdict
            found.append(Wake(at, not is_open, verdict, declined=answer == DECLINED))
    return found


def _handovers(connection: Connection, team: str | None, month: Month) -> Handovers:
    h = handover.c
    rows = connection.execute(
        select(h.content, h.accepted_at).where(
            h.team == team, h.at >= month.since, h.at < month.until
        )
    )
    accepted = waiting = empty = 0
    for content, accepted_at in rows:
        if accepted_at:
            accepted += 1
        elif Handover.from_json(content).asks:
            waiting += 1
        else:
            empty += 1
    return Handovers(accepted, waiting, empty)


def _in_public(connection: Connection, incidents: Sequence[str]) -> InPublic:
    """What was said of these incidents, and of those that are parts of them."""
    ids = [*incidents, *joints.parts(connection, incidents)]
    e, m, p = event.c, message.c, promise.c
    kinds = (Reason.BROKE_GLASS, Reason.KEPT_SILENT, Reason.UNAPPROVED, Reason.IMITATED)
    did = connection.execute(
        select(e.kind, e.incident).where(e.incident.in_(ids), e.kind.in_(kinds))
    ).all()
    kept = Counter(connection.scalars(select(p.outcome).where(p.incident.in_(ids))))
    corrected = m.incident.in_(ids), m.phase == Phase.CORRECTION, m.posted_at.is_not(None)
    return InPublic(
        kept=kept[Kept.KEPT],
        moved=kept[Kept.MOVED],
        broken=kept[Kept.BROKEN],
        corrections=connection.scalar(select(func.count()).where(*corrected)) or 0,
        alone=sum(kind == Reason.BROKE_GLASS for kind, _ in did),
        silences=len({incident for kind, incident in did if kind == Reason.KEPT_SILENT}),
        after_alert=sum(kind == Reason.UNAPPROVED for kind, _ in did),
        lookalikes=sum(kind == Reason.IMITATED for kind, _ in did),
    )


def _blind(connection: Connection, month: Month, now: datetime) -> dict[str, float]:
    """Hours without sight of the month so far, counted from when anything was observed at all."""
    began = connection.scalar(select(func.min(observed.c.since)))
    since, until = max(month.since, began or month.since), min(month.until, now)
    if since >= until:
        return {}
    spells = handovers.blind_spells(connection, since, until)
    return figures.blind_hours(spells, since, until)


def _spent(connection: Connection, month: str) -> dict[str, float]:
    """Dollars that each paid source has cost in a calendar month of UTC."""
    s = spending.c
    rows = connection.execute(select(s.source, s.micros).where(s.month == month).order_by(s.source))
    return {source: micros / 1_000_000 for source, micros in rows}
