"""`seawall demo`: what Seawall is for, with a fictional airline, no keys and no network."""

import asyncio
import shlex
import signal
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TaskID
from rich.text import Text
from sqlalchemy import URL

from alerts import wording
from alerts.failures import Stopped
from alerts.incidents.incident import Incident
from alerts.notifiers.terminal import Terminal
from monitor import clock as clocks
from monitor import logs
from monitor.clock import RunningClock
from monitor.commands import output
from monitor.commands.incidents import table
from monitor.commands.options import (
    CONFIGURATION_VARIABLE,
    STORE_VARIABLE,
    acknowledging,
    elsewhere,
    program,
)
from monitor.commands.progress import bar
from monitor.demonstration.simulation import FAILURE_AT, NIGHT_START, ZONE
from monitor.staffing.roster import standing
from monitor.store import Database, access, shown, situations, url_of, volume

if TYPE_CHECKING:
    from monitor.daemon.session import Session
    from monitor.demonstration.stage import Stage

STORE = "sqlite:///seawall-demo.db"
FILE = Path(str(files("monitor.demonstration") / "fjordwing.yaml"))
RATE = 60.0

ABOUT = (
    "Fjordwing Air is a fictional airline. People write about it all day, in six languages, and "
    "its service desk answers; at night nobody reads. Seawall watches how much is said on each "
    "topic, and wakes whoever is on call when many suddenly ask the same thing.\n\n"
    "This is the daemon as it runs in earnest, on stand-ins for X, Bluesky and Slack on this "
    "machine, {pace}. It looks at the past week first. Then comes a "
    "Saturday night: at {failure} the booking system fails. Nobody has told Seawall.\n"
)
TO_DO = (
    "A link to the page is good once, and for ten minutes. Things to try: answer the call, which "
    "is in Slack to you alone; write what agents say (⋯ below the incident, Agent brief…), and "
    "read it as the other one; say something in public (Words on its page, Words… in Slack), which "
    "the other one approves. Ctrl-C stops.\n"
)
TOO_FAST = "Too fast to take part? Ctrl-C, and go on from there as fast as life:"
IN_A_SHELL = "Commands find this incident in another terminal once this is pasted there:"
TELL_EVERY = timedelta(minutes=15)
"""How often, in simulated time, a line says that all is quiet, or what goes on."""

HOUR = timedelta(hours=1)
WORTH_A_BAR = 3 * HOUR
"""Less of the past is read in a moment."""

LOOK_EVERY_S = 0.25
AFTER_BRIEFING_S = 1.0


def demo(
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="The store of the demonstration.")
    ] = STORE,
    fresh: Annotated[
        bool | None,
        typer.Option("--fresh/--go-on", help="Start over, or go on where it was stopped."),
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", min=1, max=600, help="How many times as fast as life.")
    ] = RATE,
) -> None:
    """Show what Seawall is for: the night an airline's booking fails.

    The airline is fictional, its posts are made up here, and X, Bluesky and Slack are stand-ins on
    this machine: no keys, no network. The night takes seven minutes; to take part in it without
    haste, stop it once there is an incident, and go on as fast as life:

        seawall demo --go-on --rate 1
    """
    from monitor.daemon.daemon import Daemon  # imports all there is; 1 s
    from monitor.demonstration.stage import MORNING, stage

    console = output.plain()
    logs.configure(level="error")
    with closing(Database.open(database)) as store:
        stands = _stands_at(store)
        if stands and _start_over(stands, stands >= MORNING, fresh):
            with store.lease():
                store.clear()
            stands = None
        memory = _memory(database)
        if stands is None:
            memory.unlink(missing_ok=True)
        finished = stands is not None and stands >= MORNING
        console.print(_opening(stands, finished, database, rate), width=console.columns)
        clock = RunningClock(stands or NIGHT_START, rate)
        if not finished:
            with stage(clock, memory) as set_up:
                narrator = Narrator(console, store, clock, set_up, MORNING, database)
                command = acknowledging(FILE, database)
                configuration = set_up.configuration
                daemon = Daemon(lambda: configuration, store, clock, command, narrator.begin)
                asyncio.run(daemon.run())
            if not narrator.finished:
                raise _stopped(store, database, rate)
        with store.read() as connection:
            briefings = situations.briefings(connection)
    console.print("It is morning. This is what the night was:")
    console.print(table(briefings, console.width))
    console.print(f"Now your own brand: {program()} init", style="dim")


@dataclass(slots=True)
class Narrator:
    """Says where to look, and now and then how the night goes; ends it in the morning."""

    console: Terminal
    store: Database
    clock: RunningClock
    stage: "Stage"
    morning: datetime
    database: str
    finished: bool = False
    _running: asyncio.Task[None] | None = None

    def begin(self, session: "Session", url: str) -> None:
        """Called when the daemon begins to run; closing the terminal ends it, as Ctrl-C does."""
        running = asyncio.get_running_loop()
        running.add_signal_handler(signal.SIGHUP, signal.raise_signal, signal.SIGINT)
        self._running = asyncio.create_task(self._narrate(session, url))

    async def _narrate(self, session: "Session", url: str) -> None:
        people, joined = self.stage.configuration.people, bool(self._open())
        with self.store.write() as connection:
            links = {
                id: access.make_link(connection, clocks.wall(), one.name)
                for id, one in people.items()
            }
        [on_call] = [one.on_call for one in standing(self.stage.configuration, self.clock.now())]
        for id, person in people.items():
            whose = "is on call tonight" if person.name == on_call else "is called next"
            self.console.print(
                Text.assemble(
                    (f"Be {person.name}, who {whose}", "bold"),
                    f"\n  in Slack:     {self.stage.slack}/?name={person.name}",
                    f"\n  on the page:  {url}/sign-in?link={links[id]}",
                ),
                soft_wrap=True,
            )
        self.console.print(TO_DO, style="dim", width=self.console.columns)
        await self._learning(session)
        told, called = self.clock.now(), 0
        while self.clock.now() < self.morning:
            await asyncio.sleep(LOOK_EVERY_S)
            if called != len(self.stage.double.calls):
                called = len(self.stage.double.calls)
                await asyncio.to_thread(self.stage.keep)
            if not joined and (joined := bool(self._open())):
                await asyncio.sleep(AFTER_BRIEFING_S)
                self._join()
            if self.clock.now() - told >= TELL_EVERY:
                told = self.clock.now()
                self.console.print(self._status(told), style="dim")
        self.finished = True
        signal.raise_signal(signal.SIGINT)

    async def _learning(self, session: "Session") -> None:
        """A bar for each source until it has caught up."""
        begin = self.clock.now()
        with bar(self.console) as progress:
            tasks: dict[str, tuple[TaskID, datetime]] = {}
            while True:
                statuses = session.sources()
                for one in statuses:
                    if one.observed_until is None or begin - one.observed_until < WORTH_A_BAR:
                        continue
                    if one.name not in tasks:
                        past = f"Past days on {wording.platform(one.name)}"
                        hours = (begin - one.observed_until) / HOUR
                        task = progress.add_task(past, unit="h", total=hours)
                        tasks[one.name] = (task, one.observed_until)
                for name, (task, since) in tasks.items():
                    until = next(one.observed_until for one in statuses if one.name == name)
                    progress.update(task, completed=((until or since) - since) / HOUR)
                if all(
                    one.observed_until and begin - one.observed_until < timedelta(minutes=5)
                    for one in statuses
                ):
                    return
                await asyncio.sleep(LOOK_EVERY_S)

    def _join(self) -> None:
        """Say how to take part, once there is something to take part in."""
        found = {CONFIGURATION_VARIABLE: str(FILE), STORE_VARIABLE: shown(_anywhere(self.database))}
        export = " ".join(f"{name}={shlex.quote(value)}" for name, value in found.items())
        said = {IN_A_SHELL: f"export {export}"}
        if self.clock.rate > 1:
            slowly = f"{program()} demo --go-on --rate 1{elsewhere(self.database, STORE)}"
            said = {TOO_FAST: slowly, **said}
        for what, command in said.items():
            self.console.print(what, style="dim", width=self.console.columns)
            self.console.print(f"  {command}", soft_wrap=True)

    def _open(self) -> list[Incident]:
        with self.store.read() as connection:
            return situations.unresolved(connection)

    def _status(self, now: datetime) -> str:
        state = ", ".join(f"{one.id} {one.state.value}" for one in self._open()) or "quiet"
        return f"{now.astimezone(ZONE):%a %H:%M %Z}  {state}"


def _anywhere(database: str) -> URL:
    """The store's URL as it is called from any folder."""
    url = url_of(database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=str(Path(url.database).absolute()))


def _memory(database: str) -> Path:
    """Where is kept what stands in Slack: beside the store, where that is a file."""
    url = url_of(database)
    file = url.database if url.get_backend_name() == "sqlite" else None
    return Path(f"{file or url_of(STORE).database}-slack")


def _stands_at(store: Database) -> datetime | None:
    """When a demonstration in this store was stopped; None for a new one."""
    with store.read() as connection:
        running = volume.clock_of(connection)
    return running.until if running else None


def _opening(stands: datetime | None, finished: bool, database: str, rate: float) -> str:
    """What to read first: what this is, or where it goes on, or that it is over."""
    if stands is None:
        pace = f"at {rate:g} times the speed of life" if rate > 1 else "as fast as life"
        return ABOUT.format(pace=pace, failure=wording.clock(FAILURE_AT, ZONE.key))
    going_on = f"Going on from {wording.moment(stands, ZONE.key)}"
    where = "The demonstration has finished" if finished else going_on
    return f"{where}; to start over: {program()} demo --fresh{elsewhere(database, STORE)}"


def _stopped(store: Database, database: str, rate: float) -> Stopped:
    stands = _stands_at(store)
    at = f" at {wording.moment(stands, ZONE.key)}" if stands else ""
    options = "" if rate == RATE else f" --rate {rate:g}"
    options += elsewhere(database, STORE)
    return Stopped(f"stopped{at}; to go on: {program()} demo --go-on{options}")


def _start_over(stands: datetime, finished: bool, fresh: bool | None) -> bool:
    if fresh is not None or not sys.stdin.isatty():
        return bool(fresh)
    if finished:
        return typer.confirm("The demonstration has finished. Start over?", default=True)
    where = wording.moment(stands, ZONE.key)
    typer.echo(f"The demonstration was stopped at {where}.")
    answer = typer.prompt("Go on from there (g), or start over (s)?", default="g")
    return str(answer).strip().lower().startswith("s")
