"""`seawall incidents brief`: what those who answer people are told, and who has read it."""

import json
from typing import Annotated

import typer
from sqlalchemy import Connection

from alerts import spoken_times, wording
from alerts.briefings import instruction as words
from alerts.notifiers import Pressed
from alerts.plain_text import visible
from monitor.commands import output, seeing
from monitor.commands.options import DEFAULT_STORE, DatabaseUrl
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import pressing, rights
from monitor.store import situations
from monitor.telling import instructions, loose_ends

Lines = list[str]


def brief(
    id: IncidentId,
    true: Annotated[
        Lines, typer.Option("--true", metavar="TEXT", help="What is true: a confirmed fact.")
    ] = [],  # noqa: B006
    say: Annotated[Lines, typer.Option("--say", metavar="TEXT", help="What to say.")] = [],  # noqa: B006
    never: Annotated[
        Lines, typer.Option("--never", metavar="TEXT", help="What never to say.")
    ] = [],  # noqa: B006
    offer: Annotated[
        Lines, typer.Option("--offer", metavar="TEXT", help="What may be offered.")
    ] = [],  # noqa: B006
    ask: Annotated[Lines, typer.Option("--ask", metavar="TEXT", help="Whom to ask.")] = [],  # noqa: B006
    read: Annotated[bool, typer.Option("--read", help="Say that you have read it.")] = False,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Show or publish what those who answer are told.

    Each option can be given several times; together they are the whole new brief.

        seawall incidents brief fjordwing-b5g44m7i --say "Try again at 14:30"
    """
    parts = {"true": true, "say": say, "never": never, "offer": offer, "ask": ask}
    with seeing.seen(id, by, config, database) as (store, incident):
        with store.read() as connection:
            newest = instructions.newest(connection, incident.id)
        verb, value = "", ""
        if any(parts.values()):
            verb, value = rights.INSTRUCT, json.dumps(parts)
        elif read:
            verb, value = rights.READ, str(newest.revision if newest else "")
        if verb:
            configuration = seeing.configured(config, incident.brand)
            pressed = Pressed(verb, incident.id, seeing.person(by), seeing.PLACE, value)
            with store.write() as connection:
                done = pressing.do(configuration, pressed, seeing.now(connection), connection)
            seeing.warn_unchecked(configuration)
            typer.echo(visible(str(done)))
            return
        with store.read() as connection:
            zone = situations.latest_briefing(connection, incident.id).timezone
            said = told(connection, incident.id, zone)
    console = output.plain()
    for line in said or ["Nobody has published a brief."]:
        console.print(line)


def changes(
    id: IncidentId,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Since when: 2026-11-22T23:00; by default since you last did or read anything.",
        ),
    ] = "",
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Show what changed since you left.

    The brief, what happened, the numbers then and now.

        seawall incidents changes fjordwing-b5g44m7i --by kari
    """
    with seeing.seen(id, by, config, database) as (store, incident):
        configuration = seeing.insisted(config, incident.brand)
        named = rights.actor(configuration, seeing.person(by), seeing.PLACE) if by.strip() else None
        who = named or seeing.looker(configuration, by)
        with store.read() as connection:
            zone = situations.latest_briefing(connection, incident.id).timezone
            at = spoken_times.instant(since, seeing.now(connection), zone) if since else None
            found = instructions.since_left(
                connection,
                configuration,
                incident.id,
                person=who.member,
                since=at,
                now=seeing.now(connection),
            )
    for line in found.lines(zone):
        typer.echo(visible(line))


def told(connection: Connection, incident: str, zone: str) -> list[str]:
    """The newest brief of an incident and who has read it, line by line; nothing without one."""
    newest = instructions.newest(connection, incident)
    if newest is None:
        return []
    when = f", {wording.moment(newest.at, zone)}" if newest.at else ""
    readers, now = (
        instructions.readers(connection, incident, newest.revision),
        seeing.now(connection),
    )
    not_so = loose_ends.contradicted(connection, incident, newest, zone, now)
    lines = [
        *words.lines(loose_ends.as_read(connection, incident, newest, zone, now)),
        *(f"Not so any more: {line}" for line in not_so),
        "",
        f"Revision {newest.revision} by {newest.by}{when}",
        *(f"read by {person}, {wording.moment(at, zone)}" for person, at in readers.items()),
    ]
    return [visible(line) for line in lines]
