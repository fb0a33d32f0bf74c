"""`seawall replay`: recorded posts or counts, as fast as they can be taken."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerts import wording
from alerts.notifiers.terminal import Terminal, TerminalNotifier, headline
from monitor import clock
from monitor.commands import output
from monitor.commands.incidents import table
from monitor.commands.options import (
    DEFAULT_STORE,
    ConfigurationFile,
    DatabaseUrl,
    elsewhere,
    program,
)
from monitor.commands.output import counted
from monitor.commands.progress import Stopped, bar
from monitor.configuration import Configuration, load
from monitor.outbox import deliver
from monitor.replay import NOTIFIER
from monitor.replay import replay as run
from monitor.report import ReportError, write
from monitor.report import report as describe
from monitor.sources.delivery import Malformed
from monitor.sources.recording import Recording
from monitor.store import Database, situations

SHOWN = 10
"""Malformed rows that are named; the rest are counted."""


def replay(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="CSV or JSON lines, or .gz.")
    ],
    config: ConfigurationFile,
    database: DatabaseUrl = DEFAULT_STORE,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            dir_okay=False,
            help="Write a JSON report of the whole store.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be used.")
    ] = False,
) -> None:
    """Replay recorded posts: what would you be told, and when?

    Posts are CSV or JSON lines whose columns the configuration maps; counts are CSV with
    series,timestamp,count[,authors]. Run again on the same store it goes on where it stopped.

        seawall replay export.csv --config seawall.yaml --report report.json
    """
    started = clock.stopwatch()
    configuration = load(config)
    if report and not report.parent.is_dir():
        raise ReportError(f"{report.parent} is no folder; make it first, or name another report")
    console = output.plain(stderr=True)
    with closing(Database.open(database)) as store:
        with (
            store.lease(),
            Recording(files, configuration, now=clock.wall(), strict=strict) as recording,
        ):
            _take(console, configuration, recording, store)
            _malformed(console, recording.malformed, recording.malformed_count)
        result = describe(store, clock.stopwatch() - started)
        if report:
            write(report, result)
        _summary(console, store, result, database)


def _take(
    console: Terminal, configuration: Configuration, recording: Recording, store: Database
) -> None:
    """Take what lies ahead, and tell what happens on the way. Raises Stopped."""
    stands = ""
    headlines = TerminalNotifier(NOTIFIER, console, width=None, hint="", show=headline)
    with bar(console) as progress:
        reading = progress.add_task("Reading", unit="bytes", total=None)
        taking = progress.add_task("Replaying", unit="rows", total=None, visible=False)

        def read(done: int, total: int) -> None:
            progress.update(reading, completed=done, total=total)

        try:
            for rows, ahead, until in run(recording, configuration, store, read):
                stands = f" at {wording.moment(until, configuration.timezone)}"
                day = until.astimezone(configuration.zone)
                progress.update(
                    taking,
                    completed=rows,
                    total=ahead,
                    visible=True,
                    description=f"Replaying {day:%d %b %Y}",
                )
                deliver(store, [headlines])
        except KeyboardInterrupt:
            raise Stopped(f"stopped{stands}; run the same command again to go on") from None


def _malformed(console: Console, rows: Iterable[Malformed], count: int) -> None:
    if not count:
        return
    console.print(f"{counted(count, 'row')} could not be used:", style="yellow")
    for row in list(rows)[:SHOWN]:
        console.print(f"  {row.place}: {row.problem}", soft_wrap=True)
    if count > SHOWN:
        console.print(f"  … and {count - SHOWN:,} more; --strict stops at the first")


def _summary(console: Console, store: Database, result: dict[str, object], database: str) -> None:
    with store.read() as connection:
        briefings = situations.briefings(connection)
    console.print(
        f"{result['posts']:,} posts and {result['samples']:,} samples in {store.name}, "
        f"{counted(len(briefings), 'incident')}, {result['seconds']:.1f} s",
        soft_wrap=True,
    )
    if briefings:
        output.plain().print(table(briefings))
        more = f"More of one: {program()} incidents show ID{elsewhere(database)}"
        console.print(more, style="dim", soft_wrap=True)
