"""How a team did in an exercise: times against targets, words, promises. By team, not by person."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import Connection, select

from alerts.incidents.incident import DAEMON, Incident, Kind, Reason
from alerts.incidents.milestones import Milestones
from alerts.instants import Instant
from alerts.words.approval import Message
from alerts.words.facts import Fact, FactState
from alerts.words.lint import lint
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.promises import NEXT_UPDATE
from alerts.words.rulebook import Level
from monitor.configuration import Configuration
from monitor.configuration.brands import Brand
from monitor.drill.setting import MARK, OPERATIONS, OPERATIONS_NAME
from monitor.reporting.clock import clock
from monitor.store import facts, messages, situations
from monitor.store.schema import event
from monitor.store.words import promise
from monitor.telling import loose_ends

WORK = (
    *(Reason.ACKNOWLEDGED, Reason.HANDED_OVER, Reason.FACT, Reason.SUBMITTED, Reason.APPROVED),
    *(Reason.BROKE_GLASS, Reason.RETURNED, Reason.POSTED, Reason.KEPT_SILENT, Reason.MITIGATED),
    Reason.RESOLVED,
)
"""What counts as somebody's work, in this order."""

NO_TEAM = "in no team"
WORKING_AGAIN = "working_again"

_TAKEN_BACK = (FactState.CORRECTED, FactState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The first words in a language: how long after it began they came to what; None: never."""

    language: str
    drafted: timedelta | None
    approved: timedelta | None
    posted: timedelta | None


@dataclass(frozen=True, slots=True)
class Promised:
    """A time of more that the public was told; `outcome` is kept, moved or broken, None: open."""

    language: str
    until: Instant
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction, and when it was drafted and posted."""

    language: str
    channel: Channel
    drafted_at: Instant
    posted_at: Instant | None


@dataclass(frozen=True, slots=True)
class Uncorrected:
    """What is public and was never put right, though it is `known`, `since` then, to be otherwise.

    `said` and `known` are as the team reads them.
    """

    message: str
    language: str
    channel: Channel
    said: str
    known: str
    since: Instant


@dataclass(frozen=True, slots=True)
class Warned:
    """What the linter finds in a message that is public."""

    message: str
    language: str
    rule: str
    found: str
    why: str


@dataclass(frozen=True, slots=True)
class Played:
    """An incident of the exercise. `work` is how often which team did what.

    All its times count from when the exercise began, as those that are told while it is played:
    that is the onset of its clock.
    `unsolved` are languages in which nobody said that it works again, though that was known.
    """

    incident: str
    headline: str
    clock: Milestones
    languages: dict[str, int]
    spoken: tuple[Spoken, ...]
    promises: tuple[Promised, ...]
    corrections: tuple[Corrected, ...]
    uncorrected: tuple[Uncorrected, ...]
    unsolved: tuple[str, ...]
    warned: tuple[Warned, ...]
    work: dict[str, dict[Reason, int]]


@dataclass(frozen=True, slots=True)
class DrillReport:
    """An exercise from its beginning to its end; without incidents nothing was noticed."""

    scenario: str
    brand: str
    timezone: str
    began: Instant
    ended: Instant
    incidents: tuple[Played, ...]


def report(
    connection: Connection,
    configuration: Configuration,
    scenario: str,
    began: datetime,
    ended: datetime,
) -> DrillReport:
    """How it went, from what is stored."""
    brand = next(iter(configuration.brands.values()))
    found = [one for one in situations.incidents(connection) if is_played(one, began)]
    return DrillReport(
        scenario=scenario,
        brand=brand.name.removeprefix(f"{MARK} "),
        timezone=configuration.timezone,
        began=began,
        ended=ended,
        incidents=tuple(_played(connection, configuration, one, began, ended) for one in found),
    )


def is_played(incident: Incident, began: datetime) -> bool:
    """Whether an incident belongs to the exercise: not one of before it, or of Seawall's own."""
    return incident.kind is not Kind.BLINDNESS and incident.detected_at >= began


def _played(
    connection: Connection,
    configuration: Configuration,
    incident: Incident,
    began: datetime,
    now: datetime,
) -> Played:
    teams = _teams(configuration)
    ticking = clock(connection, configuration, replace(incident, started_at=began), now)
    marks = (replace(one, by=one.by and teams.get(one.by, NO_TEAM)) for one in ticking.marks)
    said = [one for one in messages.of(connection, incident.id) if one.phase not in REPLIES]
    briefing = situations.latest_briefing(connection, incident.id)
    known = facts.of(connection, incident.id)
    return Played(
        incident=incident.id,
        headline=briefing.headline,
        clock=replace(ticking, marks=tuple(marks)),
        languages=briefing.languages,
        spoken=_spoken(said, began),
        promises=_promises(connection, incident.id),
        corrections=tuple(
            Corrected(one.language, one.channel, one.at, one.posted_at)
            for one in said
            if one.phase is Phase.CORRECTION
        ),
        uncorrected=_uncorrected(said, known, configuration.timezone),
        unsolved=_unsolved(said, known, briefing.languages),
        warned=_warned(configuration, configuration.brands[incident.brand], said),
        work=_work(connection, incident.id, teams),
    )


def _spoken(said: Sequence[Message], began: datetime) -> tuple[Spoken, ...]:
    """The first words in each language, in the order in which they were drafted first."""

    def first(times: list[datetime]) -> timedelta | None:
        return min(times) - began if times else None

    of = {one.language: [it for it in said if it.language == one.language] for one in said}
    return tuple(
        Spoken(
            language,
            first([one.at for one in those]),
            first([given.at for one in those for given in one.approvals]),
            first([one.posted_at for one in those if one.posted_at]),
        )
        for language, those in of.items()
    )


def _uncorrected(
    said: Sequence[Message], known: Sequence[Fact], zone: str
) -> tuple[Uncorrected, ...]:
    """What was last said of each kind of fact, in each place and language, and is not so."""
    by_id = {one.id: one for one in known}
    newest = {one.kind: one for one in known if _is_so(one)}
    last = {
        (one.language, one.channel, by_id[id].kind): (one, by_id[id])
        for one in _public(said)
        for id in one.uses
        if id in by_id
    }
    return tuple(
        Uncorrected(
            one.id,
            one.language,
            one.channel,
            loose_ends.told(stated, zone, one.at),
            loose_ends.told(newest[kind], zone, one.at),
            newest[kind].at,
        )
        for (_, _, kind), (one, stated) in last.items()
        if kind in newest and newest[kind].value != stated.value and _can_be_wrong(stated)
    )


def _is_so(fact: Fact) -> bool:
    """Whether it is known: the team confirmed it, or operations say so, who know in an exercise."""
    told = fact.state is FactState.RUMOURED and fact.by in (OPERATIONS, OPERATIONS_NAME)
    return told or fact.state is FactState.CONFIRMED


def _can_be_wrong(fact: Fact) -> bool:
    """Whether what was said is wrong once something else is known.

    A time of more is renewed each time: only one that was taken back is.
    """
    return fact.kind != NEXT_UPDATE or fact.state in _TAKEN_BACK


def _unsolved(
    said: Sequence[Message], known: Sequence[Fact], languages: Collection[str]
) -> tuple[str, ...]:
    """Where it is known to work again: the languages, written or answered in, without that news."""
    if not any(one.kind == WORKING_AGAIN and _is_so(one) for one in known):
        return ()
    public = _public(said)
    solved = {one.language for one in public if one.phase is Phase.SOLVED}
    return tuple(sorted({*languages, *(one.language for one in public)} - solved))


def _public(said: Sequence[Message]) -> list[Message]:
    """What was posted, the oldest first."""
    posted = [(one.posted_at, one) for one in said if one.posted_at]
    return [one for _, one in sorted(posted, key=itemgetter(0))]


def _promises(connection: Connection, incident: str) -> tuple[Promised, ...]:
    p = promise.c
    query = select(p.language, p.until, p.outcome).where(p.incident == incident)
    return tuple(Promised(*row) for row in connection.execute(query.order_by(p.until, p.language)))


def _warned(
    configuration: Configuration, brand: Brand, said: Sequence[Message]
) -> tuple[Warned, ...]:
    """Warnings about the wording of what was posted; its facts were looked at when it left."""
    voice = brand.voice.spoken(brand.name, configuration.timezone)
    return tuple(
        Warned(one.id, one.language, found.rule, found.found, found.why)
        for one in said
        if one.posted_at
        for found in lint(
            one.text,
            language=one.language,
            channel=one.channel,
            phase=one.phase,
            situation=one.situation,
            voice=voice,
        )
        if found.level is Level.WARN
    )


def _work(
    connection: Connection, incident: str, teams: dict[str, str]
) -> dict[str, dict[Reason, int]]:
    e = event.c
    query = select(e.kind, e.actor).where(e.incident == incident, e.kind.in_(WORK))
    counted: dict[str, Counter[Reason]] = {}
    for kind, actor in connection.execute(query):
        if actor not in (DAEMON, OPERATIONS, OPERATIONS_NAME):
            counted.setdefault(teams.get(actor, NO_TEAM), Counter())[Reason(kind)] += 1
    return {
        team: {reason: done[reason] for reason in WORK if done[reason]}
        for team, done in sorted(counted.items())
    }


def _teams(configuration: Configuration) -> dict[str, str]:
    """The team that somebody is in, by their name; the first one where there are several."""
    people = configuration.people
    return {
        people[id].name: team.name
        for team in reversed(configuration.teams.values())
        for id in team.people
    }
