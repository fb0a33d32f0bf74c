"""`seawall drill`: an exercise, so that the team has done it before it has to."""

import asyncio
import signal
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer
from pydantic_core import to_jsonable_python
from rich.text import Text

from alerts import wording
from alerts.incidents.incident import Refused
from alerts.notifiers.terminal import Terminal
from alerts.plain_text import visible
from monitor import clock as clocks
from monitor import logs
from monitor.clock import RunningClock
from monitor.commands import output, report
from monitor.commands.options import YOUR_NAME, AsJson, acknowledging, program
from monitor.store import Database, StoreBusy, access

if TYPE_CHECKING:
    from monitor.daemon.session import Session
    from monitor.drill.scenario import Scenario
    from monitor.drill.setting import Setting

URL = "sqlite:///seawall-drill.db"
"""A store of its own, begun anew each time: what is played counts nowhere else."""

RATE = 10.0
QUIET = timedelta(minutes=2)
"""So long customers write as ever before it begins."""

LOOK_EVERY_S = 0.25

Which = Annotated[
    str | None, typer.Argument(metavar="SCENARIO", help="What is played; left out: a list.")
]
Own = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Your own configuration: its people, teams, languages, words and first brand; "
        "without it a fictional airline's.",
    ),
]
Rate = Annotated[
    float, typer.Option("--rate", min=1, max=600, help="How many times as fast as life.")
]
Notify = Annotated[
    bool,
    typer.Option("--notify", help="Tell people where they read in earnest, each message marked."),
]


def drill(
    scenario: Which = None,
    config: Own = None,
    rate: Rate = RATE,
    notify: Notify = False,
    format_: report.Written = None,
    file: report.File = None,
    as_json: AsJson = False,
) -> None:
    """Play an exercise, and report how the team did.

    Customers write, operations say this and that, and the team does what it would do: in a
    stand-in for Slack, on the page, or in a shell. All of it says EXERCISE, nothing can be
    published, and it is kept in a store of its own, seawall-drill.db, which begins anew each time.
    At the end, or with Ctrl-C, comes the report: how soon, in which languages, which promises were
    kept, by team.

        seawall drill

        seawall drill booking-outage --config seawall.yaml --output drill.pdf
    """
    from monitor.drill import scenario as scenarios  # with the parts below: imports all there is

    if scenario is None:
        _list(scenarios.scenarios(), as_json)
        return
    if notify and config is None:
        raise typer.BadParameter("--notify tells your own people: give --config FILE, too")
    written_as = report.chosen(format_, file, as_json)
    from monitor.drill import result, words
    from monitor.drill.setting import configured, setting

    played, theirs = scenarios.scenario(scenario), configured(config)
    console = output.plain(stderr=True)
    logs.configure(level="error")
    director = Director(console, played, rate)
    with closing(Database.open(URL)) as store:
        _begin_anew(store)
        with setting(theirs, director.now, notify=notify) as there:
            director.play(store, there)
            with store.read() as connection:
                data = result.report(
                    connection, there.configuration, played.name, director.began, director.now()
                )
    console.print(Text(f"\n{words.in_short(data)}", "bold"), width=console.columns)
    if as_json:
        output.data(to_jsonable_python(data, timedelta_mode="float"))
    else:
        report.write(words.document(data), written_as, file)


class Director:
    """Tells where an exercise is played, what happens in it, and what time it is there."""

    def __init__(self, console: Terminal, scenario: "Scenario", rate: float) -> None:
        self._console, self._scenario, self._rate = console, scenario, rate
        self._clock: RunningClock | None = None
        self._zone = ""
        self.began = clocks.wall()

    def now(self) -> datetime:
        """The time in the exercise; before it, when everybody began to get ready."""
        return self._clock.now() if self._clock else self.began

    def play(self, store: Database, setting: "Setting") -> None:
        """Play it on this store, to its end or until somebody stops it."""
        from monitor.daemon.daemon import Daemon
        from monitor.drill.playing import ordinary_days
        from monitor.drill.setting import FILE

        configuration, self._zone = setting.configuration, setting.configuration.timezone
        begin = self.began.replace(second=0, microsecond=0)
        with store.lease(), self._console.status("Six ordinary days are being written …"):
            ordinary_days(store, setting, begin)
        self.began = begin + QUIET
        self._clock = RunningClock(begin, self._rate)
        running: list[asyncio.Task[None]] = []

        def start(session: "Session", url: str) -> None:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, signal.raise_signal, signal.SIGINT)
            running.append(loop.create_task(self._direct(session, url, setting, begin)))
            running[0].add_done_callback(_ended)

        command = acknowledging(FILE, URL)
        asyncio.run(Daemon(lambda: configuration, store, self._clock, command, start).run())
        for task in running:
            if not task.cancelled():
                task.result()

    async def _direct(
        self, session: "Session", url: str, setting: "Setting", begin: datetime
    ) -> None:
        from monitor.drill.playing import Play

        while not session.ready:
            await asyncio.sleep(LOOK_EVERY_S)
        self._introduce(session, url, setting)
        told = (self._tell, self._noticed)
        play = Play(session, setting, self._scenario, *told, self.began, begin)
        try:
            with self._console.status("") as status:
                while session.ready and await play.go_on():
                    status.update(Text(self._time(), "bold"))
                    await asyncio.sleep(LOOK_EVERY_S)
        except Exception:
            if session.ready:  # else it is being stopped, and takes nothing more
                raise

    def _introduce(self, session: "Session", url: str, setting: "Setting") -> None:
        """What it is about, and where everybody works."""
        from monitor.drill.setting import MARK, OPERATIONS

        console = self._console
        console.print(Text(f"{MARK}: {self._scenario.name}", "bold"))
        console.print(self._scenario.about.strip(), width=console.columns)
        people = setting.configuration.people.items()
        for one in (person for id, person in people if id != OPERATIONS):
            with session.database.write() as connection:
                link = access.make_link(connection, clocks.wall(), one.name)
            console.print(Text(one.name, "bold"))
            if setting.slack:
                console.print(f"  in Slack:     {setting.slack}/?name={quote(one.name)}")
            console.print(f"  on the page:  {url}/sign-in?link={link}", soft_wrap=True)
        console.print(
            "A link is good once, and for ten minutes. What to type in a shell is told here as "
            "soon as an incident is opened. Ctrl-C ends it.\n",
            width=console.columns,
        )

    def _tell(self, what: str) -> None:
        self._console.bell()
        self._console.print(f"{self._time()}  {visible(what)}", width=self._console.columns)

    def _noticed(self, incident: str) -> None:
        """An incident was opened: how it is looked at in a shell."""
        from monitor.drill.setting import FILE

        self._tell("An incident was opened. In a shell:")
        where = f"--config {FILE} --database {URL} --by {YOUR_NAME}"
        self._console.print(f"  {program()} words show {incident} {where}", soft_wrap=True)

    def _time(self) -> str:
        from monitor.drill.setting import MARK

        now = self.now()
        after = f", {wording.span(now - self.began)}" if now > self.began else ""
        return f"{MARK} {wording.clock(now, self._zone)}{after}"


def _begin_anew(store: Database) -> None:
    """Forget the exercise before. Raises Refused while it is still being played."""
    try:
        with store.lease():
            store.clear()
    except StoreBusy:
        raise Refused(
            "another exercise is being played in this directory; end that one with Ctrl-C, or "
            "play this one in a directory of its own"
        ) from None


def _ended(task: "asyncio.Task[None]") -> None:
    """End the daemon with the exercise, as Ctrl-C does."""
    if not task.cancelled():
        signal.raise_signal(signal.SIGINT)


def _list(known: "Mapping[str, Scenario]", as_json: bool) -> None:
    if as_json:
        output.data({id: to_jsonable_python(one) for id, one in known.items()})
        return
    console = output.plain()
    for id, one in known.items():
        console.print(f"{id}: {one.name}, {wording.span(one.lasts)}")
        console.print(one.about.strip(), width=console.columns, style="dim")
        console.print(f"To play it: {program()} drill {id}")
