"""`seawall replay`: recorded posts or counts, as fast as they can be taken."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from alerts import wording
from alerts.failures import Stopped
from alerts.notifiers.terminal import Terminal, TerminalNotifier, headline
from alerts.plain_text import visible
from monitor import clock
from monitor.commands import output
from monitor.commands.incidents import table
from monitor.commands.options import (
    DEFAULT_STORE,
    ConfigurationFile,
    DatabaseUrl,
    program,
    there,
)
from monitor.commands.output import counted
from monitor.commands.progress import bar
from monitor.configuration import Configuration, load
from monitor.daemon.discreet import Discreet
from monitor.daemon.dispatch import deliver
from monitor.replay import NOTIFIER
from monitor.replay import replay as run
from monitor.report import ReportError, write
from monitor.report import report as describe
from monitor.sources.recording import Recording
from monitor.store import Database, situations, volume
from monitor.telling.discretion import told

SHOWN = 10
"""Malformed rows that are named; the rest are counted."""

NOTHING_NEW = (
    "nothing new: this recording was replayed to its end before; --fresh begins anew "
    "(for instance after a change of the configuration)"
)


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
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Begin anew: everything in this store is forgotten first."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be used.")
    ] = False,
) -> None:
    """Replay recorded posts: what would you be told, and when?

    Posts are CSV or JSON lines whose columns the configuration maps; counts are CSV with
    series,timestamp,count[,authors]. Columns are separated by commas, semicolons or tabs. Run
    again on the same store it goes on where it stopped.

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
            before = _stored(store)
            if fresh and _forget(store, recording):
                before = 0
            _take(console, configuration, recording, store)
            _tell(console, configuration, recording, _stored(store) - before)
        result = describe(store, clock.stopwatch() - started)
        if report:
            write(report, result)
            console.print(f"Report: {report}", soft_wrap=True)
        _summary(console, store, configuration, result, there(config, database))


def _stored(store: Database) -> int:
    with store.read() as connection:
        return volume.totals(connection).posts


def _forget(store: Database, recording: Recording) -> bool:
    """Clear the store, unless a person who is asked thinks better of it; False where it is empty.

    Raises RecordingError, and forgets nothing, where a file cannot be read.
    """
    with store.read() as connection:
        if not recording.name or volume.latest(connection) is None:
            return False
    if sys.stdin.isatty():
        typer.confirm(f"Forget everything in {store.name}?", abort=True, err=True)
    store.clear()
    return True


def _take(
    console: Terminal, configuration: Configuration, recording: Recording, store: Database
) -> None:
    """Take what lies ahead, and tell what happens on the way. Raises Stopped."""
    stands = ""
    with store.read() as connection:
        known = volume.cursor_of(connection, recording.name) is not None
    headlines = TerminalNotifier(NOTIFIER, console, width=None, hint="", show=headline)
    with bar(console) as progress, asyncio.Runner() as runner:
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
                runner.run(deliver(store, [Discreet(headlines, configuration)]))
            if not stands:  # what the last one that was ended here had no time to tell
                runner.run(deliver(store, [Discreet(headlines, configuration)]))
        except KeyboardInterrupt:
            raise Stopped(f"stopped{stands}; run the same command again to go on") from None
    if known and not stands:
        console.print(NOTHING_NEW, soft_wrap=True)


def _tell(console: Console, configuration: Configuration, recording: Recording, new: int) -> None:
    """What became of the rows: warnings first, then those that could not be used, then sums."""
    for warning in recording.warnings:
        console.print(warning, style="yellow", soft_wrap=True)
    if recording.posts and not recording.mentions:
        console.print(_nobody(configuration), style="yellow", soft_wrap=True)
    _malformed(console, recording)
    console.print("; ".join(_sums(recording, new)), soft_wrap=True)


def _malformed(console: Console, recording: Recording) -> None:
    count = recording.malformed_count
    if not count:
        return
    console.print(f"{counted(count, 'row')} could not be used:", style="yellow")
    for row in recording.malformed[:SHOWN]:
        console.print(f"  {row.place}: {row.problem}", soft_wrap=True)
    if count > SHOWN:
        console.print(f"  … and {count - SHOWN:,} more; --strict stops at the first")


def _nobody(configuration: Configuration) -> str:
    brands = "; ".join(
        f"{visible(brand.name)} "
        f"({', '.join(term for terms in brand.terms.values() for term in terms)})"
        for brand in configuration.brands.values()
    )
    return (
        f"not one post mentions a brand, so there is nothing to watch. Brands and their terms: "
        f"{brands}. The text is read from `{configuration.recording.columns.text}`."
    )


def _sums(recording: Recording, new: int) -> Iterator[str]:
    rows = recording.posts + recording.counts + recording.malformed_count
    new = min(new, recording.mentions)  # posts of our own that nobody approved are kept, too
    yield f"{counted(rows, 'row')} read"
    if recording.posts:
        yield f"{counted(recording.mentions, 'post')} naming a brand"
    if recording.mentions:
        known = recording.mentions - new
        yield f"{new:,} of them new, {known:,} there before or with an id that repeats"
    if recording.counts:
        yield counted(recording.counts, "count")
    if recording.malformed_count:
        yield f"{counted(recording.malformed_count, 'row')} could not be used"


def _summary(
    console: Console,
    store: Database,
    configuration: Configuration,
    result: dict[str, Any],
    where: str,
) -> None:
    with store.read() as connection:
        briefings = [told(one, configuration, NOTIFIER) for one in situations.briefings(connection)]
    posts, samples = (counted(result[f"{what}s"], what) for what in ("post", "sample"))
    console.print(
        f"{posts} and {samples} in {store.name}, "
        f"{counted(len(briefings), 'incident')}, {result['seconds']:.1f} s",
        soft_wrap=True,
    )
    if briefings:
        terminal = output.plain()
        terminal.print(table(briefings, terminal.width))
        more = f"More of one: {program()} incidents show ID{where}"
        console.print(more, style="dim", soft_wrap=True)
