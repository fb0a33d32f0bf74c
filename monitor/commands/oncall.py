"""`seawall oncall`: who is on call, when that changes, and whom else one can reach."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from alerts import spoken_times, wording
from alerts.duty.roster import Team
from alerts.instants import written
from alerts.plain_text import visible
from monitor import clock
from monitor.commands import output, seeing
from monitor.commands.acting import Asked, acting
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    AsJson,
    DatabaseUrl,
    LiveConfiguration,
)
from monitor.commands.seeing import IncidentId
from monitor.configuration import Configuration, load
from monitor.incidents import pressing, rights
from monitor.staffing import roster
from monitor.staffing.roster import Standing
from monitor.store import shown, url_of

app = typer.Typer()

Function = Annotated[str, typer.Argument(metavar="FUNCTION", help="Of the duty list.")]


@app.callback(invoke_without_command=True)
def oncall(
    context: typer.Context,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="When; now, where it is left out, on the store's clock where that is simulated.",
        ),
    ] = "",
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=0, max=366, help="Shifts of so many days.")
    ] = 0,
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """See who is on call, and whom else one can reach.

    For each team who it is and when that changes, and the duty list.

        seawall oncall --at 2026-12-24T18:00 --days 14
    """
    if context.invoked_subcommand is None:
        _show(config, database, at, days, as_json)


@acting
def reached(
    id: IncidentId,
    function: Function,
    no_answer: Annotated[bool, typer.Option("--no-answer", help="Nobody answered.")] = False,
) -> Asked:
    """Note that you reached somebody of the duty list, or tried to.

    seawall oncall reached fjordwing-b5g44m7i "Operations control"
    """
    return Asked(rights.REACHED, id, function, pressing.NO_ANSWER if no_answer else "")


app.command()(reached)


def line_of(one: Standing) -> str:
    """How a team stands, in a line."""
    closed = one.next_opening and f"closed until {wording.moment(one.next_opening, one.timezone)}"
    opened = "at its desks" if one.next_opening else "open at all hours"
    said = [f"{one.name}: {opened if one.is_open else closed or 'closed'}"]
    if one.on_call:
        until = f" until {wording.moment(one.until, one.timezone)}" if one.until else ""
        said.append(f"{one.on_call} is on call{until}")
    elif one.since or one.until:
        said.append("nobody is on call")
    if one.next:
        said.append(f"then {one.next}")
    return ", ".join(said)


def plain(value: Any) -> Any:
    """Data with its times in ISO 8601, for JSON."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return written(value) if isinstance(value, datetime) else value


def _show(config: Path, database: str, at: str, days: int, as_json: bool) -> None:
    configuration = load(config)
    simulated = seeing.simulated(database)
    now = simulated or clock.wall()
    moment = spoken_times.instant(at, now, configuration.timezone) if at else now
    teams = roster.standing(configuration, moment)
    shifts = [
        shift
        for team in configuration.rosters.values()
        if configuration.teams[team.id].on_call
        for shift in _shifts(team, moment, moment + timedelta(days=days))
    ]
    contacts = [contact.model_dump() for contact in configuration.duty_list]
    if as_json:
        data = {"at": moment, "teams": [asdict(one) for one in teams], "shifts": shifts}
        output.data(plain({**data, "duty_list": contacts}))
        return
    if simulated and not at:
        there = visible(shown(url_of(database)))
        typer.echo(f"In {there} it is {wording.moment(now, configuration.timezone)}.")
    if not teams:
        typer.echo("No teams are configured: everybody is told at any hour.")
    for one in teams:
        typer.echo(visible(line_of(one)))
    console = output.plain()
    if shifts:
        console.print(_shift_table(configuration, shifts))
    if contacts:
        console.print(_contact_table(contacts))


def _shifts(team: Team, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """The shifts of a stretch of time, and the gaps, in which nobody is on call."""
    for shift in team.rota.shifts(since, until):
        person = shift.person and team.known[shift.person].name
        times = {"since": shift.since, "until": shift.until}
        yield {"team": team.id, "person": shift.person, "name": person, **times}


def _shift_table(configuration: Configuration, shifts: list[dict[str, Any]]) -> Table:
    lines = _table("team", "on call", "from", "to")
    for one in shifts:
        zone = configuration.rosters[one["team"]].zone.key
        ends = [wording.moment(end, zone) if end else "" for end in (one["since"], one["until"])]
        name = configuration.teams[one["team"]].name
        lines.add_row(visible(name), visible(one["name"] or "nobody"), *ends)
    return lines


def _contact_table(contacts: list[dict[str, Any]]) -> Table:
    lines = _table("duty list", "who", "phone", "note")
    for one in contacts:
        lines.add_row(*(visible(one[key] or "") for key in ("function", "name", "phone", "note")))
    return lines


def _table(*headings: str) -> Table:
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        lines.add_column(heading)
    return lines
