"""`seawall incidents`: what is going on, and who has it in hand."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, ClassVar

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.standing import standing
from alerts.incidents.incident import State
from alerts.notifiers import terminal
from alerts.plain_text import visible
from monitor.commands import acting, brief, output, seeing
from monitor.commands.grouping import Grouped
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl, acknowledging
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import deeds
from monitor.store import Database, situations
from monitor.telling import timeline


class _Incidents(Grouped):
    """From the first look to the last word."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "To know": ("list", "show", "changes", "open"),
        "To have in hand": (
            "ack",
            "decline",
            "assign",
            "snooze",
            "wake",
            "mitigate",
            "resolve",
            "reopen",
        ),
        "To tell others": ("brief", "note", "rate", "judge", "keep-silent", "paused"),
        "To put in order": ("merge", "split", "undo", "restrict", "unrestrict"),
    }


app = typer.Typer(
    cls=_Incidents,
    no_args_is_help=True,
    help="See incidents, and act on them.\n\n"
    "An incident is called by its id, or its beginning:\n\n"
    "    seawall incidents ack fjordwing-b5g44m7i --by Kari",
)

HEADINGS = ("incident", "state", "severity", "since", "peak", "posts", "what")
NARROWEST_WHAT = 24
"""Columns that a table leaves for what an incident is about; where it has fewer, there is none."""
WORTH_A_LINE = ("Answered", "Assigned to", "Snoozed", "Found to be")
"""Of how people have an incident, what a list says."""

Looking = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who looks: what is restricted is shown to those who may see it, and noted.",
    ),
]


@app.command("list")
def list_(
    database: DatabaseUrl = DEFAULT_STORE,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are resolved.")] = False,
    by: Looking = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List incidents: those that are not resolved, or all.

    Posts are those on the first topic that is named, since it began.

    seawall incidents list --all
    """
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            found = (situations.incidents if all_ else situations.unresolved)(connection)
        closed = {
            one.id
            for one in found
            if one.restricted and not (by and seeing.may_see(store, one, by, config))
        }
        with store.read() as connection:
            briefings = [
                seeing.listed(connection, one, config)
                if one.id in closed
                else situations.latest_briefing(connection, one.id)
                for one in found
            ]
            if as_json:
                output.data(
                    [
                        seeing.as_little(told)
                        if one.id in closed
                        else seeing.as_data(connection, one)
                        for one, told in zip(found, briefings, strict=True)
                    ]
                )
                return
    if briefings:
        console = output.plain()
        console.print(table(briefings, console.width))
    else:
        typer.echo("No incidents." if all_ else "Nothing is open. With --all: what is resolved.")


@app.command()
def show(
    id: IncidentId,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show an incident: its briefing, and what happened to it.

    seawall incidents show fjordwing-b5g44m7i
    """
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            incident = situations.one_incident(connection, deeds.find(connection, id))
        seen = seeing.may_see(store, incident, by, config)
        with store.read() as connection:
            briefing = seeing.listed(connection, incident, config)
            if as_json:
                data = seeing.as_data(connection, incident) if seen else seeing.as_little(briefing)
                output.data(data)
                return
            if seen:
                briefing = situations.latest_briefing(connection, incident.id)
            lines = timeline.lines(connection, incident.id) if seen else []
            instructed = brief.told(connection, incident.id, briefing.timezone) if seen else []
    console = output.plain()
    if not seen:
        console.print(table([briefing], console.width))
        return
    hint = acknowledging(config, database)
    console.print(terminal.full(briefing, console.columns, hint), width=console.columns, crop=False)
    console.print(_told(briefing, lines))
    if instructed:
        console.print("", *instructed, sep="\n")


def _told(briefing: Briefing, lines: list[timeline.Line]) -> RenderableType:
    """How people have it, and what happened, a line each."""
    grid = Table.grid("", Column(overflow="fold"), padding=(0, 2), pad_edge=True)
    as_of = {"As of": wording.moment(briefing.as_of, briefing.timezone)}
    for label, said in (as_of | standing(briefing)).items():
        grid.add_row(Text(label, style="dim"), Text(visible(said)))
    for line in lines:
        if line.kind not in timeline.UNTOLD:
            when = Text(wording.moment(line.at, briefing.timezone), style="dim")
            whence = f"  {visible(line.whence)}" if line.whence else ""
            grid.add_row(when, Text.assemble(visible(line.words), (whence, "dim")))
    return grid


def table(briefings: list[Briefing], width: int) -> RenderableType:
    """Incidents a line each, or two where the terminal is narrow; times in their readers' zones."""
    rows = [
        (
            visible(one.incident),
            one.state.value,
            "restricted" if one.restricted else statements.tag(one),
            wording.moment(one.started_at, one.timezone),
            wording.times(one.peak_factor) if one.topics and not one.elsewhere else "",
            wording.number(one.volume) if one.topics else "",
            visible(_what(one)),
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


def _what(briefing: Briefing) -> str:
    """What it is about, and who does what about it."""
    named = f"{briefing.brand_name}: {', '.join(briefing.names)}"
    what = briefing.headline if briefing.elsewhere or not briefing.topics else named
    stands = standing(briefing)
    said = [f"{label.lower()} {stands[label]}" for label in WORTH_A_LINE if label in stands]
    if briefing.topics and briefing.state is not State.RESOLVED:
        said.append(f"as of {wording.clock(briefing.as_of, briefing.timezone)}")
    return "; ".join([what, *said])


def _in_two_lines(
    id: str, state: str, severity: str, since: str, peak: str, posts: str, what: str
) -> RenderableType:
    known = [f"since {since}", peak and f"peak {peak}"]
    known += [posts and f"{posts} {'post' if posts == '1' else 'posts'}", what]
    return Group(
        Text.assemble((id, "bold"), f"  {state}, {severity}", overflow="fold"),
        Padding(Text(", ".join(filter(None, known))), (0, 0, 0, 2)),
    )


acting.add_to(app)
app.command("brief")(brief.brief)
app.command("changes")(brief.changes)
