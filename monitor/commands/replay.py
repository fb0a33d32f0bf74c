"""`seawall replay`: recorded posts or counts, as fast as they can be taken."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerts import wording
from alerts.incidents import Incident, Reason
from monitor import clock
from monitor.commands.incidents import table
from monitor.commands.options import DEFAULT_STORE, ConfigurationFile, DatabaseUrl, program
from monitor.commands.progress import bar
from monitor.configuration import Configuration, load
from monitor.replay import replay as run
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
        typer.Option("--report", metavar="FILE", help="Write a JSON report of the whole store."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be used.")
    ] = False,
) -> None:
    """Replay recorded posts or counts: what would Seawall have told, and when?

    Posts are CSV or JSON lines whose columns the configuration maps; counts are CSV with
    series,timestamp,count[,authors]. Run again on the same store it goes on where it stopped.

        seawall replay export.csv --config seawall.yaml --report report.json
    """
    started = clock.stopwatch()
    configuration = load(config)
    console = Console(stderr=True, highlight=False)
    store = Database.open(database)
    with (
        store.lease(),
        Recording(files, configuration, now=clock.wall(), strict=strict) as recording,
    ):
        with bar(console) as progress:
            reading = progress.add_task("Reading", unit="bytes", total=None)
            taking = progress.add_task("Replaying", unit="rows", total=None, visible=False)

            def read(done: int, total: int) -> None:
                progress.update(reading, completed=done, total=total)

            for rows, ahead, until, taken in run(recording, configuration, store, read):
                day = until.astimezone(configuration.zone)
                progress.update(
                    taking,
                    completed=rows,
                    total=ahead,
                    visible=True,
                    description=f"Replaying {day:%d %b %Y}",
                )
                for incident, reason in taken.news:
                    if reason in (Reason.OPENED, Reason.REOPENED, Reason.RESOLVED):
                        line = _line(configuration, incident, reason, until)
                        progress.console.print(line, soft_wrap=True, markup=False)
        _malformed(console, recording.malformed, recording.malformed_count)
    result = describe(store, clock.stopwatch() - started)
    if report:
        report.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    _summary(console, store, result, database)


def _line(configuration: Configuration, incident: Incident, reason: Reason, until: datetime) -> str:
    at = {
        Reason.OPENED: incident.detected_at,
        Reason.RESOLVED: incident.resolved_at or until,
    }.get(reason, incident.last_surging_at)
    what = ", ".join(configuration.topic(topic).name for topic in incident.topics)
    when = wording.moment(at, configuration.timezone)
    return f"{when}  {reason:<8}  {incident.id}  {what} {wording.times(incident.peak_factor)}"


def _malformed(console: Console, rows: Iterable[Malformed], count: int) -> None:
    if not count:
        return
    console.print(f"{count:,} rows could not be used and were skipped:", style="yellow")
    for row in list(rows)[:SHOWN]:
        console.print(f"  {row.place}: {row.problem}", markup=False)
    if count > SHOWN:
        console.print(f"  … and {count - SHOWN:,} more; --strict stops at the first")


def _summary(console: Console, store: Database, result: dict[str, object], database: str) -> None:
    with store.read() as connection:
        briefings = situations.briefings(connection)
    console.print(
        f"{result['posts']:,} posts and {result['samples']:,} samples in {store.name}, "
        f"{len(briefings)} incidents, {result['seconds']:.1f} s"
    )
    if briefings:
        Console(highlight=False).print(table(briefings))
        where = "" if database == DEFAULT_STORE else f" --database {database}"
        console.print(f"More of one: {program()} incidents show ID{where}", style="dim")
