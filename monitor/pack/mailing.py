"""The offline pack is mailed once a day to whoever may need it that night."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Connection

from alerts import wording
from alerts.duty.notices import Attachment, Notice, Purpose
from alerts.duty.roster import Team
from alerts.incidents.incident import Refused
from alerts.notifiers import NotifierError
from monitor.configuration import Configuration
from monitor.pack import contents, page
from monitor.store import Database, StoreError, calls, notices

LATE = timedelta(hours=12)
"""What was not mailed by then waits for the next day."""

_DAY = timedelta(days=1)


def attend(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Put today's in the outbox, once for each who gets it; how many that were."""
    place = mailbox(configuration)
    if place is None:
        return 0
    found = {
        notice.id: (notice, email)
        for team in configuration.rosters.values()
        for due in [_due(configuration, team, now)]
        if team.pause_from is None and now < due + LATE
        for person in getting(configuration, team, due)
        for notice in [_notice(configuration, team, person, due)]
        for email in [configuration.people[person].email]
        if email
    }
    there = calls.told(connection, found)
    new = [each for id, each in found.items() if id not in there]
    return sum(notices.put(connection, notice, place, email) for notice, email in new)


def mailbox(configuration: Configuration) -> str | None:
    """The name of the notifier by which it is mailed; None where it is not."""
    names = (choice.name for choice in configuration.notify if choice.kind == "email")
    return next(names, None) if configuration.pack.mail else None


def getting(configuration: Configuration, team: Team, now: datetime) -> list[str]:
    """Who gets a team's, by id: on call until the next one is mailed, or next, and its leads.

    Where nobody's turn is planned, everybody of the team.
    """
    if configuration.teams[team.id].on_call is None:
        return [*team.people]
    turns = [shift.person for shift in team.rota.shifts(now, now + _DAY)]
    found = [*turns, team.next_on_call(now), *team.leads]
    return list(dict.fromkeys(one for one in found if one))


def attached(database: Database, configuration: Configuration, notice: Notice) -> Notice:
    """The notice with the pack as it is now: what was approved since is in it.

    Raises NotifierError: for good where there is no such team any more.
    """
    if notice.attachment is None:
        return notice
    team, zone = notice.attachment.about, notice.timezone
    try:
        with database.read() as connection:
            made = contents.pack(connection, configuration, team, notice.at, zone)
    except (Refused, StoreError) as error:
        raise NotifierError(str(error), permanent=isinstance(error, Refused)) from error
    return replace(notice, attachment=replace(notice.attachment, content=page.written(made)))


def _due(configuration: Configuration, team: Team, now: datetime) -> datetime:
    """When the last one was to be mailed."""
    here = now.astimezone(team.zone)
    due = datetime.combine(here, time.fromisoformat(configuration.pack.at), team.zone)
    last = due if due <= here else datetime.combine(here - _DAY, due.time(), team.zone)
    return last.astimezone(UTC)


def _notice(configuration: Configuration, team: Team, person: str, due: datetime) -> Notice:
    zone = configuration.people[person].timezone or team.zone.key
    return Notice(
        id=f"pack/{team.id}/{due:%Y%m%dT%H%M%SZ}/{person}",
        purpose=Purpose.NIGHT,
        at=due,
        title=f"{team.name}: the offline pack of {wording.moment(due, zone)}",
        lines=tuple(_lines()),
        person=person,
        timezone=zone,
        attachment=Attachment(f"offline-pack-{team.id}.html", team.id),
    )


def _lines() -> Iterator[str]:
    yield "Whom to call, whose turn it is, and what may be said, for when nothing else works."
    yield "Save the file on your phone, and delete the older one. It holds people's numbers."
