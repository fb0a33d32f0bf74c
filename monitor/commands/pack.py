"""`seawall pack`: what one needs at night when nothing else works, in one file for the phone."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from alerts.plain_text import visible
from monitor import clock
from monitor.commands import seeing
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
)
from monitor.configuration import load
from monitor.incidents import rights
from monitor.pack import contents, holes, page
from monitor.store import Database


def pack(
    team: Annotated[
        str | None, typer.Option("--team", metavar="ID", help="One team's; by default of all.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", dir_okay=False, help="Where to write it."),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who reads it: on their clock.")
    ] = "",
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Write the offline pack: what one needs when nothing else works.

    One file for the phone: whom to call, whose turn it is in the next two weeks, and for each
    situation what must be said, what never, and the messages that were approved in advance. The
    daemon mails it every evening to those on call (`pack:`). What it lacks is said.

        seawall pack --team care --output pack.html
    """
    configuration = load(config)
    zone = configuration.timezone
    if by.strip():
        member = rights.actor(configuration, seeing.person(by), seeing.PLACE).member
        zone = (member and configuration.people[member].timezone) or zone
    with closing(Database.open(database, existing=True)) as store, store.read() as connection:
        now = clock.wall()
        made = contents.pack(connection, configuration, team, now, zone)
        lacks = [*holes.of_people(configuration, now), *holes.of_words(connection, configuration)]
    for one in lacks:
        typer.echo(f"! {visible(one)}", err=True)
    written = page.written(made)
    if output is None:
        sys.stdout.write(written)
    else:
        output.write_text(written, encoding="utf-8")
        typer.echo(f"{output} is written; it is good until {made.until}.")
