"""`seawall demo`: what Seawall is for, with a fictional airline, no keys and no network."""

import sys
from contextlib import closing
from datetime import datetime
from typing import Annotated

import typer
from rich.live import Live
from rich.text import Text

from alerts import wording
from alerts.notifiers.terminal import Terminal, TerminalNotifier, headline
from monitor.commands import output
from monitor.commands.incidents import table
from monitor.commands.options import acknowledging, elsewhere, program
from monitor.commands.progress import Stopped, bar
from monitor.demonstration import night
from monitor.sources.simulation import FAILURE_AT, NIGHT_START, RHYTHM_START, ZONE
from monitor.store import Database, situations

URL = "sqlite:///seawall-demo.db"

ABOUT = (
    "Fjordwing Air is a fictional airline. People write about it all day, in English and German, "
    "and its service desk answers; at night nobody reads. Seawall watches how much is said on each "
    "topic, and wakes somebody when many suddenly ask the same thing.\n\n"
    "First it learns four weeks of ordinary days. Then comes a Saturday night, 60 times as fast as "
    "real time: at {failure} the booking system fails. Nobody has told Seawall.\n"
)
FINISHED = "The demonstration has finished; --fresh starts over."


def demo(
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="The store of the demonstration.")
    ] = URL,
    fresh: Annotated[
        bool | None,
        typer.Option("--fresh/--go-on", help="Start over, or go on where it was stopped."),
    ] = None,
) -> None:
    """Show what Seawall is for: the night an airline's booking fails.

    The airline is fictional, and its posts are made up here: no keys, no network.
    """
    console = output.plain()
    with closing(Database.open(database)) as store, store.lease():
        stands = night.stands_at(store)
        if stands and _start_over(stands, fresh):
            store.clear()
            stands = None
        try:
            _run(console, store, stands, database)
        except KeyboardInterrupt:
            raise _stopped(store, database) from None


def _run(console: Terminal, store: Database, stands: datetime | None, database: str) -> None:
    hint = acknowledging(database)
    notifier = TerminalNotifier("terminal", console, width=None, hint=hint)
    headlines = TerminalNotifier("terminal", console, width=None, hint=hint, show=headline)
    console.print(_opening(stands), width=console.columns)
    watch = night.start(store, [notifier.name])
    if stands is None or stands < NIGHT_START:
        with bar(console) as progress:
            days = (NIGHT_START - RHYTHM_START).total_seconds() / 86400
            task = progress.add_task("Learning four weeks", unit="days", total=days)
            for until in night.rhythm(watch, [headlines], stands):
                progress.update(task, completed=(until - RHYTHM_START).total_seconds() / 86400)
    with (
        Live(console=console, refresh_per_second=4, transient=True) as live,
        closing(night.night(watch, [notifier], stands)) as minutes,
    ):
        for minute in minutes:
            live.update(_status(store, minute))
    with store.read() as connection:
        briefings = situations.briefings(connection)
    console.print("It is morning. This is what the night was:")
    console.print(table(briefings, console.width))
    console.print(f"Try it on your own posts: {program()} replay --help", style="dim")


def _opening(stands: datetime | None) -> str:
    """What to read first: what this is, or where it goes on."""
    if stands is None:
        return ABOUT.format(failure=wording.clock(FAILURE_AT, ZONE.key))
    if stands >= night.MORNING:
        return FINISHED
    return f"Going on from {wording.moment(stands, ZONE.key)}; --fresh starts over."


def _stopped(store: Database, database: str) -> Stopped:
    stands = night.stands_at(store)
    at = f" at {wording.moment(stands, ZONE.key)}" if stands else ""
    return Stopped(f"stopped{at}; to go on: {program()} demo --go-on{elsewhere(database, URL)}")


def _status(store: Database, minute: night.Minute) -> Text:
    with store.read() as connection:
        unresolved = situations.unresolved(connection)
    local = minute.end.astimezone(ZONE)
    state = ", ".join(f"{one.id} {one.state.value}" for one in unresolved) or "quiet"
    return Text.assemble(
        (f"{local:%a %H:%M %Z}", "bold"),
        f"  {output.counted(minute.posts, 'post')} in the last minute  ·  {state}  ",
        ("(Ctrl-C stops, and it can go on later)", "dim"),
    )


def _start_over(stands: datetime, fresh: bool | None) -> bool:
    if fresh is not None or not sys.stdin.isatty():
        return bool(fresh)
    if stands >= night.MORNING:
        return typer.confirm("The demonstration has finished. Start over?", default=True)
    where = wording.moment(stands, ZONE.key)
    typer.echo(f"The demonstration was stopped at {where}.")
    answer = typer.prompt("Go on from there (g), or start over (s)?", default="g")
    return str(answer).strip().lower().startswith("s")
