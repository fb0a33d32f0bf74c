"""`seawall incidents`: what is going on, and who has it in hand."""

import getpass
from contextlib import closing
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from alerts import statements, wording
from alerts.briefing import Briefing
from alerts.incidents import Incident
from alerts.notifiers import terminal
from alerts.plain_text import visible
from alerts.steps import Deed, Step
from monitor import clock, deeds
from monitor.cleaning import AUTHOR_LIMIT, bounded
from monitor.commands import output
from monitor.commands.options import DEFAULT_STORE, YOUR_NAME, AsJson, DatabaseUrl, acknowledging
from monitor.report import described, iso
from monitor.store import Database, situations, volume

app = typer.Typer(no_args_is_help=True, help="See, acknowledge and resolve incidents.")

IncidentId = Annotated[
    str, typer.Argument(metavar="ID", help="An incident's id, or its beginning.")
]
By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it; by default your login name.")
]

HEADINGS = ("incident", "state", "severity", "since", "peak", "posts", "what")
NARROWEST_WHAT = 24
"""Columns that a table leaves for what an incident is about; where it has fewer, there is none."""


@app.command("list")
def list_(
    database: DatabaseUrl = DEFAULT_STORE,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are resolved.")] = False,
    as_json: AsJson = False,
) -> None:
    """List incidents: those that are not resolved, or all."""
    with closing(Database.open(database, existing=True)) as store, store.read() as connection:
        found = (situations.incidents if all_ else situations.unresolved)(connection)
        if as_json:
            output.data([_as_data(connection, one) for one in found])
            return
        briefings = [situations.latest_briefing(connection, one.id) for one in found]
    if briefings:
        console = output.plain()
        console.print(table(briefings, console.width))
    else:
        typer.echo("No incidents." if all_ else "Nothing is open. With --all: what is resolved.")


@app.command()
def show(id: IncidentId, database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False) -> None:
    """Show an incident: its briefing, and what happened to it."""
    with closing(Database.open(database, existing=True)) as store, store.read() as connection:
        incident = situations.one_incident(connection, deeds.find(connection, id))
        if as_json:
            output.data(_as_data(connection, incident))
            return
        briefing = situations.latest_briefing(connection, incident.id)
        steps = situations.timeline(connection, incident.id)
    console = output.plain()
    hint = acknowledging(database)
    console.print(terminal.full(briefing, console.columns, hint), width=console.columns, crop=False)
    zone = ZoneInfo(briefing.timezone)
    for step in steps:
        when = step["at"].astimezone(zone)
        console.print(f"  {when:%d %b %H:%M}  {step['kind']:<12} {visible(step['actor'])}")


@app.command()
def ack(
    id: IncidentId, by: By = "", database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """Acknowledge an incident: you have it in hand, as others can see."""
    _step(Step.ACKNOWLEDGE, id, by, database, as_json)


@app.command()
def resolve(
    id: IncidentId, by: By = "", database: DatabaseUrl = DEFAULT_STORE, as_json: AsJson = False
) -> None:
    """Resolve an incident: it is over."""
    _step(Step.RESOLVE, id, by, database, as_json)


def table(briefings: list[Briefing], width: int) -> RenderableType:
    """Incidents a line each, or two where the terminal is narrow; times in their readers' zones."""
    rows = [
        (
            visible(one.incident),
            one.state.value,
            statements.tag(one),
            wording.moment(one.started_at, one.timezone),
            wording.times(one.peak_factor),
            wording.number(one.volume),
            visible(one.headline if one.elsewhere else f"{one.brand_name}: {', '.join(one.names)}"),
        )
        for one in briefings
    ]
    figures = [max(map(len, column)) + 2 for column in zip(HEADINGS, *rows, strict=True)][:-1]
    if width < sum(figures) + NARROWEST_WHAT:
        return Group(*(_in_two_lines(*row) for row in rows))
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in HEADINGS:
        right = heading in ("peak", "posts")
        lines.add_column(heading, justify="right" if right else "left", no_wrap=heading != "what")
    for row in rows:
        lines.add_row(*row)
    return lines


def _in_two_lines(
    id: str, state: str, severity: str, since: str, peak: str, posts: str, what: str
) -> RenderableType:
    more = f"since {since}, peak {peak}, {posts} {'post' if posts == '1' else 'posts'}, {what}"
    return Group(
        Text.assemble((id, "bold"), f"  {state}, {severity}", overflow="fold"),
        Padding(Text(more), (0, 0, 0, 2)),
    )


def _step(step: Step, id: str, by: str, database: str, as_json: bool) -> None:
    person = _person(by)
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            running = volume.clock_of(connection)
        wall = clock.wall()
        now = running.read(wall) if running else wall
        changed = deeds.take(store, id, Deed(step, person, "shell"), now)
        with store.read() as connection:
            if as_json:
                output.data(_as_data(connection, changed))
                return
            briefing = situations.latest_briefing(connection, changed.id)
    output.plain().print(terminal.update(briefing))


def _person(by: str) -> str:
    """Who does it, as every store can keep it."""
    if by.strip() == YOUR_NAME:
        raise typer.BadParameter(f"put your own name in the place of {YOUR_NAME}, as in --by Kari")
    try:
        person = by.strip() or getpass.getuser()
        if person == "root" and not by.strip():
            raise typer.BadParameter("`root` says nobody's name: give --by NAME")
        return bounded(person, AUTHOR_LIMIT)
    except (KeyError, OSError):
        raise typer.BadParameter("this system does not know you: give --by NAME") from None


def _as_data(connection: Connection, incident: Incident) -> dict[str, Any]:
    return {
        **described(connection, incident),
        "state": incident.state.value,
        "acknowledged_by": incident.acknowledged_by,
        "resolved_by": incident.resolved_by,
        "timeline": [
            {**step, "at": iso(step["at"])} for step in situations.timeline(connection, incident.id)
        ],
    }
