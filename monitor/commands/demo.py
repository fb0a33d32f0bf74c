"""`seawall demo`: what Seawall is for, with a fictional airline, no keys and no network."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from alerts import wording
from alerts.notifiers.terminal import Terminal, TerminalNotifier
from monitor.commands.incidents import table
from monitor.commands.options import acknowledging
from monitor.commands.progress import bar
from monitor.demonstration import night
from monitor.sources.simulation import FAILURE_AT, NIGHT_START, RHYTHM_START, ZONE
from monitor.store import Database, situations

STORE = "seawall-demo.db"

ABOUT = """\
Fjordwing Air is a fictional airline. People write about it all day, in English and German, and its
service desk answers; at night nobody reads. Seawall watches how much is said on each topic, and
wakes somebody when many suddenly ask the same thing.

First it learns four weeks of ordinary days. Then comes a Saturday night, 60 times as fast as real
time: at {failure} the booking system fails. Nobody has told Seawall.
"""


def demo(
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="The store of the demonstration.")
    ] = f"sqlite:///{STORE}",
    fresh: Annotated[
        bool | None,
        typer.Option("--fresh/--go-on", help="Start over, or go on where it was stopped."),
    ] = None,
) -> None:
    """Show what Seawall is for: a fictional airline's night in which booking fails."""
    console = Terminal(highlight=False)
    store = Database.open(database)
    try:
        with store.lease():
            stands = night.stands_at(store)
            if stands and _start_over(console, stands, fresh):
                store.clear()
                stands = None
            _run(console, store, stands, database)
    finally:
        store.close()


def _run(console: Terminal, store: Database, stands: datetime | None, database: str) -> None:
    notifier = TerminalNotifier("terminal", console, width=None, hint=acknowledging(database))
    console.print(ABOUT.format(failure=wording.clock(FAILURE_AT, ZONE.key)))
    watch = night.start(store, [notifier.name])
    if stands is None or stands < NIGHT_START:
        with bar(console) as progress:
            days = (NIGHT_START - RHYTHM_START).total_seconds() / 86400
            task = progress.add_task("Learning four weeks", unit="days", total=days)
            for until in night.rhythm(watch, stands):
                progress.update(task, completed=(until - RHYTHM_START).total_seconds() / 86400)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        for minute in night.night(watch, [notifier], stands, lambda: None):
            live.update(_status(store, minute))
    with store.read() as connection:
        briefings = situations.briefings(connection)
    console.print("It is morning. This is what the night was:")
    console.print(table(briefings))
    console.print("Try it on your own posts: seawall replay --help", style="dim")


def _status(store: Database, minute: night.Minute) -> Text:
    with store.read() as connection:
        unresolved = situations.unresolved(connection)
    local = minute.end.astimezone(ZONE)
    state = ", ".join(f"{one.id} {one.state.value}" for one in unresolved) or "quiet"
    return Text.assemble(
        (f"{local:%a %H:%M %Z}", "bold"),
        f"  {minute.posts} posts in the last minute  ·  {state}  ",
        ("(Ctrl-C stops, and it can go on later)", "dim"),
    )


def _start_over(console: Console, stands: datetime, fresh: bool | None) -> bool:
    if fresh is not None:
        return fresh
    where = wording.moment(stands, ZONE.key)
    if not sys.stdin.isatty():
        console.print(f"Going on from {where}; --fresh starts over.")
        return False
    console.print(f"A demonstration was stopped at {where}.")
    answer = typer.prompt("Go on from there (g), or start over (s)?", default="g")
    return str(answer).strip().lower().startswith("s")
