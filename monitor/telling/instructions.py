"""Agent briefs: published by the lead, read by those who answer, and what changed meanwhile."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from alerts import wording
from alerts.briefings import instruction as words
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.briefings.news import news
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Incident, Reason
from monitor.configuration import Configuration
from monitor.incidents.recording import restate
from monitor.staffing import roster
from monitor.store import notices, outbox, situations
from monitor.store.schema import briefing, event
from monitor.store.work import instruction, reader, view
from monitor.store.writing import upsert
from monitor.telling.loose_ends import as_read, loose_ends

READ = Action("Read", "read")
_QUIET = (Reason.REVISED, Reason.ILLUSTRATED)
"""What is no step: the numbers say it."""


@dataclass(frozen=True, slots=True)
class SinceLeft:
    """What changed on an incident since a time, in words.

    `brief` is what changed in the agent brief, `steps` what happened, `numbers` how it stood then
    and stands now, `open` what is open of the words for the public; each a line.
    """

    since: datetime
    brief: tuple[str, ...]
    steps: tuple[str, ...]
    numbers: tuple[str, ...]
    open: tuple[str, ...] = ()

    def lines(self, zone: str) -> tuple[str, ...]:
        """All of it, as it is shown to whoever comes back."""
        changed = {"What to say": self.brief, "What happened": self.steps, "Numbers": self.numbers}
        nothing = "" if any(changed.values()) else ": nothing has changed"
        said = [f"Since {wording.moment(self.since, zone)}{nothing}"]
        for label, each in (changed | {"Open": self.open}).items():
            said += [f"{label}:", *(f"  {line}" for line in each)] if each else []
        return tuple(said)


def publish(
    connection: Connection,
    configuration: Configuration,
    incident_id: str,
    content: Instruction,
    by: str,
    at: datetime,
    place: str | None = None,
) -> Incident:
    """Publish the next revision of an incident's agent brief, and tell the team's channel.

    Whether `by` may is asked before. Returns the incident as it is now.
    """
    incident = situations.locked_incident(connection, incident_id)
    at = max(at, incident.detected_at)
    before = newest(connection, incident_id)
    revision = before.revision + 1 if before else 1
    published = content.published(revision, by, at)
    row = {"incident": incident_id, "revision": revision, "at": at, "by": by}
    connection.execute(instruction.insert().values(**row, content=published.to_json()))
    changed = restate(
        connection,
        configuration,
        replace(incident, touched_at=at),
        Reason.INSTRUCTED,
        at,
        by,
        outbox.notifiers_of(connection, incident_id),
        place=place,
    )
    shown = situations.latest_briefing(connection, incident_id)
    then, today = (
        one and as_read(connection, incident_id, one, shown.timezone, at)
        for one in (before, published)
    )
    notice = Notice(
        id=f"instruction:{incident_id}:{revision}",
        purpose=Purpose.INSTRUCTION,
        at=at,
        title=words.title(published, shown.brand_name),
        lines=words.told(then, today or published),
        about=incident_id,
        incident=incident_id,
        timezone=shown.timezone,
        actions=(replace(READ, value=str(revision)),),
        briefing=shown,
    )
    for name in roster.places(configuration, changed, [one.name for one in configuration.notify]):
        notices.put(connection, notice, name)
    return changed


def newest(connection: Connection, incident_id: str) -> Instruction | None:
    """The agent brief of an incident as it is now; None where there is none."""
    query = select(instruction.c.content).where(_of(incident_id))
    content = connection.scalar(query.order_by(instruction.c.revision.desc()).limit(1))
    return Instruction.from_json(content) if content else None


def revisions(connection: Connection, incident_id: str) -> list[Instruction]:
    """Every agent brief that an incident had, the first one first."""
    query = select(instruction.c.content).where(_of(incident_id))
    contents = connection.scalars(query.order_by(instruction.c.revision))
    return [Instruction.from_json(content) for content in contents]


def read(
    connection: Connection, incident_id: str, revision: int, person: str, at: datetime
) -> bool:
    """Note that a person has read a revision; False where that was known, or there is none such."""
    r = reader.c
    mine = [r.incident == incident_id, r.revision == revision, r.person == person]
    there = _of(incident_id), instruction.c.revision == revision
    if connection.scalar(select(r.at).where(*mine)) or not connection.scalar(
        select(func.count()).where(*there)
    ):
        return False
    row = {"incident": incident_id, "revision": revision, "person": person, "at": at}
    upsert(connection, reader, [row])
    return True


def readers(connection: Connection, incident_id: str, revision: int) -> dict[str, datetime]:
    """Who has read a revision, and when first, the earliest first."""
    r = reader.c
    query = select(r.person, r.at).where(r.incident == incident_id, r.revision == revision)
    rows = connection.execute(query.order_by(r.at, r.person))
    return {row.person: row.at for row in rows}


def unread(connection: Connection, configuration: Configuration, incident_id: str) -> list[str]:
    """Who of the team on duty, by id, has not read the newest brief; nobody where there is none."""
    current = newest(connection, incident_id)
    if current is None:
        return []
    brand = situations.one_incident(connection, incident_id).brand
    have = readers(connection, incident_id, current.revision)
    return [person for person in _team(configuration, brand) if person not in have]


def since_left(
    connection: Connection,
    configuration: Configuration,
    incident_id: str,
    *,
    person: str | None = None,
    since: datetime | None = None,
    now: datetime,
) -> SinceLeft:
    """What changed since a time, or since a person, by id, last did or read anything of it.

    With neither, or where the person never did, since it was detected. What is open is so `now`.
    """
    incident = situations.one_incident(connection, incident_id)
    if since is None and person is not None:
        since = _last_seen(connection, configuration, incident_id, person)
    since = max(since or incident.detected_at, incident.detected_at)
    known = [one for one in revisions(connection, incident_id) if one.at and one.at <= since]
    before, current = (known[-1] if known else None), newest(connection, incident_id)
    then, later = _briefings(connection, incident_id, since)
    told, newly = [one for one in later if one.reason not in _QUIET], [then, *later][-1]
    return SinceLeft(
        since=since,
        brief=words.differences(before, current) if current else (),
        steps=tuple(f"{wording.moment(one.at, one.timezone)}: {news(one)}" for one in told),
        numbers=statements.compared(then, newly),
        open=loose_ends(connection, incident_id, newly.languages, newly.timezone, now),
    )


def _team(configuration: Configuration, brand: str) -> tuple[str, ...]:
    """Whose people answer for a brand: its team's, or the first one's."""
    of_brand = configuration.brands[brand].team if brand in configuration.brands else None
    name = of_brand or next(iter(configuration.teams), None)
    return configuration.teams[name].people if name else ()


def _last_seen(
    connection: Connection, configuration: Configuration, incident_id: str, person: str
) -> datetime | None:
    """When a person last took a step, read the agent brief, or looked at it."""
    known = configuration.people.get(person)
    names = [person, known.name] if known else [person]
    e, r, v = event.c, reader.c, view.c
    moments = [
        connection.scalar(select(func.max(table.at)).where(table.incident == incident_id, mine))
        for table, mine in (
            (e, e.actor.in_(names)),
            (r, r.person.in_(names)),
            (v, v.person.in_(names)),
        )
    ]
    return max((at for at in moments if at is not None), default=None)


def _briefings(
    connection: Connection, incident_id: str, since: datetime
) -> tuple[Briefing, list[Briefing]]:
    """How it stood then, and every revision after."""
    b = briefing.c
    contents = connection.scalars(
        select(b.content).where(b.incident == incident_id).order_by(b.revision)
    )
    all_of_them = [Briefing.from_json(content) for content in contents]
    later = [one for one in all_of_them if one.at > since]
    before = [one for one in all_of_them if one.at <= since]
    return (before[-1] if before else all_of_them[0]), later


def _of(incident_id: str) -> ColumnElement[bool]:
    return instruction.c.incident == incident_id
