"""`seawall incidents`: what is going on, and who has it in hand."""

import getpass
import json
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from alerts import wording
from alerts.briefing import Briefing
from alerts.incidents import Incident
from alerts.notifiers import terminal
from monitor import clock, incident_book
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl, acknowledging
from monitor.report import described, iso
from monitor.store import Database, situations, volume

app = typer.Typer(no_args_is_help=True, help="See, acknowledge and resolve incidents.")

IncidentId = Annotated[
    str, typer.Argument(metavar="ID", help="An incident's id, or its beginning.")
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it; you, by default.")]


@app.command("list")
def list_(
    database: DatabaseUrl = DEFAULT_STORE,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are resolved.")] = False,
    as_json: AsJson = False,
) -> None:
    """List incidents: those that are not resolved, or all."""
    store = Database.open(database, existing=True)
    with store.read() as connection:
        read = situations.incidents if all_ else situations.unresolved
        found = read(connection)
        if as_json:
            typer.echo(json.dumps([_as_data(connection, one) for one in found], indent=2))
            return
        briefings = [situations.latest_briefing(connection, one.id) for one in found]
    if not found:
        typer.echo("No incidents." if all_ else "Nothing is open. With --all: what is resolved.")
        return
    Console(highlight=False).print(table(briefings))


@app.command()
def show(id: IncidentId, database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False) -> None:
    """Show an incident: its briefing, and everything that happened to it."""
    store = Database.open(database, existing=True)
    with store.read() as connection:
        incident = situations.one_incident(connection, incident_book.find(connection, id))
        if as_json:
            typer.echo(json.dumps(_as_data(connection, incident), indent=2, ensure_ascii=False))
            return
        briefing = situations.latest_briefing(connection, incident.id)
        steps = situations.timeline(connection, incident.id)
    console = terminal.Terminal(highlight=False)
    hint = acknowledging(database)
    console.print(terminal.full(briefing, console.columns, hint), width=console.columns, crop=False)
    zone = ZoneInfo(briefing.timezone)
    for step in steps:
        when = step["at"].astimezone(zone)
        console.print(f"  {when:%d %b %H:%M}  {step['kind']:<12} {step['actor']}", markup=False)


@app.command()
def ack(
    id: IncidentId, by: By = "", database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """Acknowledge an incident: you have it in hand, and the others see that."""
    _step(incident_book.acknowledge, id, by, database, as_json)


@app.command()
def resolve(
    id: IncidentId, by: By = "", database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """Resolve an incident: it is over."""
    _step(incident_book.resolve, id, by, database, as_json)


def table(briefings: list[Briefing]) -> Table:
    """Incidents as a table, a line each, times in their readers' zones."""
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("incident", "state", "since"):
        lines.add_column(heading, no_wrap=True)
    for heading in ("peak", "posts"):
        lines.add_column(heading, justify="right", no_wrap=True)
    lines.add_column("what")
    for one in briefings:
        names = dict.fromkeys(line.name for line in one.topics)
        lines.add_row(
            one.incident,
            one.state.value,
            wording.moment(one.started_at, one.timezone),
            wording.times(one.peak_factor),
            wording.number(one.posts),
            ", ".join(names),
        )
    return lines


def _step(step: Any, id: str, by: str, database: str, as_json: bool) -> None:
    store = Database.open(database, existing=True)
    with store.read() as connection:
        running = volume.clock_of(connection)
    wall = clock.wall()
    now = running.read(wall) if running else wall
    changed = step(store, id, by.strip() or getpass.getuser(), now)
    with store.read() as connection:
        if as_json:
            typer.echo(json.dumps(_as_data(connection, changed), indent=2, ensure_ascii=False))
            return
        briefing = situations.latest_briefing(connection, changed.id)
    Console(highlight=False).print(terminal.update(briefing))


def _as_data(connection: Any, incident: Incident) -> dict[str, Any]:
    return {
        **described(connection, incident),
        "state": incident.state.value,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_by": incident.resolved_by,
        "timeline": [
            {**step, "at": iso(step["at"])} for step in situations.timeline(connection, incident.id)
        ],
    }
