"""What the shell shows of incidents: all of it to whoever may see it, else that there is one."""

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Refused
from alerts.instants import written
from monitor import clock
from monitor.cleaning import AUTHOR_LIMIT, bounded
from monitor.commands.options import CONFIGURATION_VARIABLE, DEFAULT_CONFIGURATION, YOUR_NAME
from monitor.configuration import Configuration, load
from monitor.incidents import deeds, rights
from monitor.report import described
from monitor.store import Database, StoreError, situations, volume
from monitor.telling import discretion, timeline

PLACE = "shell"
NAMELESS = (
    "this is noted under the name of whoever does it, and your login is nobody's: "
    "add --by and your name, as in --by Kari"
)
_OF_PEOPLE = (
    *("assigned_to", "acknowledged_how", "desk_at", "mitigated_at", "snoozed_until"),
    *("snoozed_posts", "severity_by", "verdict", "verdict_by", "silent_until", "paused_at"),
    *("paused_by", "subject", "restricted", "merged_into"),
    *("held_at", "held_by", "held_because", "held_deleted"),
)

IncidentId = Annotated[
    str, typer.Argument(metavar="ID", help="An incident's id, or its beginning.")
]
By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it; by default your login name.")
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar=CONFIGURATION_VARIABLE,
        help="The configuration, which says who may do what; by default seawall.yaml, where that "
        "has the incident's brand.",
    ),
]


def configured(config: Path | None, brand: str) -> Configuration | None:
    """The configuration of a brand's incidents; None where none is named, and none is found.

    Raises ConfigurationError.
    """
    if config is not None:
        return load(config)
    if not DEFAULT_CONFIGURATION.exists():
        return None
    found = load(DEFAULT_CONFIGURATION)
    return found if brand in found.brands else None


def insisted(config: Path | None, brand: str) -> Configuration:
    """The same, where it takes one. Raises ConfigurationError and Refused."""
    found = configured(config, brand)
    if found is None:
        raise Refused(f"this needs the configuration that has the brand {brand}: give --config")
    if brand not in found.brands:
        raise Refused(f"{config} has no brand {brand}: give --config with the one that has it")
    return found


@contextmanager
def seen(
    id: str, by: str, config: Path | None, database: str
) -> Iterator[tuple[Database, Incident]]:
    """A store, and the incident in it that somebody looks at. Raises Forbidden."""
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            incident = situations.one_incident(connection, deeds.find(connection, id))
        if not may_see(store, incident, by, config):
            raise rights.Forbidden(
                f"{incident.id} is restricted: you may not see it; a look at it is noted, so "
                "whoever may see it says who they are with --by NAME"
            )
        yield store, incident


def warn_unchecked(configuration: Configuration | None) -> None:
    """Say, of something that is done, that nobody was asked whether they may."""
    if configuration is None:
        typer.echo(
            "seawall: without a configuration it was not checked who may do this; where one names "
            f"people, give it with --config, or in {CONFIGURATION_VARIABLE}",
            err=True,
        )


def person(by: str) -> str:
    """Who does it, as every store can keep it. Raises typer.BadParameter."""
    if by.strip() == YOUR_NAME:
        raise typer.BadParameter(f"put your own name in the place of {YOUR_NAME}, as in --by Kari")
    if not (name := by.strip() or _login()):
        raise typer.BadParameter(NAMELESS)
    return bounded(name, AUTHOR_LIMIT)


def looker(configuration: Configuration | None, by: str) -> rights.Actor:
    """Who looks: who `by` says, else whose login it is; nobody in particular where that is no name.

    Raises typer.BadParameter.
    """
    name = person(by) if by.strip() else _login()
    try:
        return rights.actor(configuration, name, PLACE)
    except rights.Forbidden:
        return rights.Actor(name, PLACE)


def _login() -> str:
    """The name of whoever is logged in; empty where that is nobody's."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        return ""
    return "" if name == "root" else name


def now(connection: Connection) -> datetime:
    """The store's time: simulated where simulated time runs."""
    running = volume.clock_of(connection)
    wall = clock.wall()
    return running.read(wall) if running else wall


def simulated(database: str) -> datetime | None:
    """The time in a store where simulated time runs; None anywhere else, and without a store."""
    try:
        opened = Database.open(database, existing=True, unchanged=True)
        with closing(opened) as store, store.read() as connection:
            running = volume.clock_of(connection)
    except StoreError:
        return None
    return running.read(clock.wall()) if running else None


def may_see(store: Database, incident: Incident, by: str, config: Path | None) -> bool:
    """Whether somebody may see an incident; a look at a restricted one is noted."""
    if not incident.restricted:
        return True
    configuration = configured(config, incident.brand)
    who = looker(configuration, by)
    if who.member is None or not discretion.may_see(configuration, True, who.member):
        return False
    with store.write() as connection:
        discretion.saw(connection, incident.id, who.member, PLACE, now(connection))
    return True


def listed(connection: Connection, incident: Incident, config: Path | None) -> Briefing:
    """An incident as lists show it to everybody."""
    briefing = situations.latest_briefing(connection, incident.id)
    if not incident.restricted:
        return briefing
    return discretion.neutral(briefing, configured(config, incident.brand))


def as_data(connection: Connection, incident: Incident) -> dict[str, Any]:
    """All of an incident, for programs."""
    return {
        **described(connection, incident),
        "state": incident.state.value,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_by": incident.resolved_by,
        **{name: _plain(getattr(incident, name)) for name in _OF_PEOPLE},
        "timeline": [
            {name: _plain(value) for name, value in asdict(line).items()}
            for line in timeline.lines(connection, incident.id)
        ],
    }


def as_little(briefing: Briefing) -> dict[str, Any]:
    """What everybody may know of a restricted incident, for programs, by its neutral briefing."""
    return {
        "id": briefing.incident,
        "name": briefing.headline,
        "restricted": True,
        "state": briefing.state.value,
        "started_at": written(briefing.started_at),
        "resolved_at": briefing.resolved_at and written(briefing.resolved_at),
    }


def _plain(value: Any) -> Any:
    return written(value) if isinstance(value, datetime) else value
