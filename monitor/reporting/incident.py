"""The report of one incident: what happened, as it was, from what is stored alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.briefings.news import news
from alerts.incidents.breach import Breach
from alerts.incidents.incident import Incident, Reason
from alerts.incidents.milestones import Milestones
from alerts.instants import Instant
from alerts.words.approval import PERHAPS_PUBLIC, MessageState
from alerts.words.phases import REPLIES, Channel, Phase
from monitor.configuration import Configuration
from monitor.reporting import breaches
from monitor.reporting.clock import clock
from monitor.store import handovers, messages
from monitor.store.schema import briefing
from monitor.store.work import call, reached
from monitor.telling import instructions, timeline
from monitor.telling.timeline import Line


@dataclass(frozen=True, slots=True)
class Brief:
    """A revision of the agent brief, and when who had read it."""

    instruction: Instruction
    readers: dict[str, Instant]


@dataclass(frozen=True, slots=True)
class Approved:
    """Who approved a text, and when; `alone` is the reason of one person alone, else empty."""

    by: str
    at: Instant
    alone: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is public, to the letter; `at` is None where nobody has looked whether it is.

    `wrong` is what is not so any more of what it says.
    """

    message: str
    language: str
    channel: Channel
    phase: Phase
    text: str
    at: Instant | None
    by: str
    approved: tuple[Approved, ...]
    link: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody who was called; `answer` is desk, phone, declined or none, None: not known yet."""

    person: str
    level: int
    at: Instant
    why: str
    answer: str | None
    answered_at: Instant | None


@dataclass(frozen=True, slots=True)
class Tried:
    """Whom of the duty list somebody tried to reach."""

    function: str
    at: Instant
    by: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Spell:
    """When a source saw nothing; `until` is None where it does not see yet."""

    source: str
    since: Instant
    until: Instant | None


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """All there is to tell of an incident, at `written_at`, on the reader's clock.

    `said` is in the order of its posting, without replies to one person. `revisions` are all of its
    briefings; `shown` says which of them are told in full: the first, those at which it escalated,
    the last. `spent` is in dollars, None where no source is paid.
    """

    incident: Incident
    timezone: str
    written_at: Instant
    clock: Milestones
    said: tuple[Said, ...]
    timeline: tuple[Line, ...]
    revisions: tuple[Briefing, ...]
    shown: tuple[int, ...]
    briefs: tuple[Brief, ...]
    calls: tuple[Called, ...]
    tried: tuple[Tried, ...]
    spent: float | None
    blind: tuple[Spell, ...]
    breach: Breach | None = None

    @property
    def newest(self) -> Briefing:
        """Its last briefing."""
        return self.revisions[-1]

    @property
    def in_full(self) -> tuple[Briefing, ...]:
        """The briefings that are told in full."""
        return tuple(one for one in self.revisions if one.revision in self.shown)


def report(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    now: datetime,
    zone: str,
) -> IncidentReport:
    """The report of an incident as of `now`, its times on the clock of `zone`."""
    revisions = _revisions(connection, incident.id, zone)
    names = {id: one.name for id, one in configuration.people.items()}
    end = incident.resolved_at or now
    cost = revisions[-1].cost
    return IncidentReport(
        incident=incident,
        timezone=zone,
        written_at=now,
        clock=clock(connection, configuration, incident, now),
        said=_said(connection, incident.id),
        timeline=_timeline(connection, incident.id, revisions),
        revisions=revisions,
        shown=_in_full(revisions),
        briefs=_briefs(connection, incident.id, names),
        calls=_calls(connection, incident.id, names),
        tried=_tried(connection, incident.id),
        spent=cost.incident if cost else None,
        blind=tuple(
            Spell(source, max(since, incident.started_at), until and min(until, end))
            for source, since, until in handovers.blind_spells(connection, incident.started_at, end)
        ),
        breach=breaches.known(connection, configuration, incident),
    )


def _said(connection: Connection, id: str) -> tuple[Said, ...]:
    public = [
        one
        for one in messages.of(connection, id)
        if (one.posted_at or one.state in PERHAPS_PUBLIC) and one.phase not in REPLIES
    ]
    return tuple(
        Said(
            message=one.id,
            language=one.language,
            channel=one.channel,
            phase=one.phase,
            text=one.text,
            at=one.posted_at,
            by=one.posted_by or "",
            approved=tuple(Approved(it.by, it.at, it.reason) for it in one.approvals),
            link=one.link,
            wrong=one.because if one.state is MessageState.STALE else "",
        )
        for one in sorted(public, key=lambda it: it.posted_at or datetime.max.replace(tzinfo=UTC))
    )


def _revisions(connection: Connection, id: str, zone: str) -> tuple[Briefing, ...]:
    b = briefing.c
    rows = connection.scalars(select(b.content).where(b.incident == id).order_by(b.revision))
    return tuple(replace(Briefing.from_json(content), timezone=zone) for content in rows)


def _in_full(revisions: Sequence[Briefing]) -> tuple[int, ...]:
    escalated = [one.revision for one in revisions if one.reason is Reason.ESCALATED]
    return tuple(sorted({revisions[0].revision, *escalated, revisions[-1].revision}))


def _timeline(connection: Connection, id: str, revisions: Sequence[Briefing]) -> tuple[Line, ...]:
    """Every step, told on the reader's clock; what is only brought up to date is no step."""
    told = {one.revision: one for one in revisions}
    steps = [
        (line, told.get(number + 1))
        for number, line in enumerate(timeline.lines(connection, id))
        if line.kind not in timeline.UNTOLD
    ]
    return tuple(
        replace(line, words=news(said)) if said and said.reason == line.kind else line
        for line, said in steps
    )


def _briefs(connection: Connection, id: str, names: Mapping[str, str]) -> tuple[Brief, ...]:
    found = []
    for one in instructions.revisions(connection, id):
        readers = instructions.readers(connection, id, one.revision)
        found.append(Brief(one, {names.get(who, who): at for who, at in readers.items()}))
    return tuple(found)


def _calls(connection: Connection, id: str, names: Mapping[str, str]) -> tuple[Called, ...]:
    c = call.c
    rows = connection.execute(
        select(c.person, c.level, c.at, c.why, c.answer, c.answered_at)
        .where(c.incident == id)
        .order_by(c.number)
    )
    return tuple(Called(names.get(who, who), *rest) for who, *rest in rows)


def _tried(connection: Connection, id: str) -> tuple[Tried, ...]:
    r = reached.c
    rows = connection.execute(
        select(r.function, r.at, r.by, r.answered)
        .where(r.incident == id)
        .order_by(r.at, r.function)
    )
    return tuple(Tried(*row) for row in rows)
