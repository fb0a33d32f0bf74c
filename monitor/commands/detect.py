"""`seawall detect`: the detector alone, over any number of series of counts."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import typer
from rich.console import Console

from alerts.failures import Stopped
from monitor.commands.output import counted, plain
from monitor.commands.progress import bar
from monitor.configuration.values import nearest
from monitor.detect import Summary
from monitor.detect import detect as run

SHOWN = 10

Counts = Annotated[
    Path,
    typer.Argument(
        metavar="COUNTS.csv", exists=True, dir_okay=False, help="series,timestamp,count[,authors]"
    ),
]


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise typer.BadParameter(
            f"{name!r} is no time zone; {nearest(name, sorted(available_timezones()))}"
        )
    return name


def _budget(number: float) -> float:
    if not number > 0:
        raise typer.BadParameter(f"{number:g} is not above 0; 1 is a good beginning")
    return number


def detect(
    counts: Counts,
    output: Annotated[Path, typer.Option("--output", metavar="OUT.csv", help="Where to write.")],
    interval: Annotated[
        int | None,
        typer.Option(
            metavar="SECONDS", min=1, help="A bucket's width; the commonest step by default."
        ),
    ] = None,
    budget: Annotated[
        float,
        typer.Option(
            metavar="N",
            callback=_budget,
            help="False surges allowed in 30 days on each series.",
        ),
    ] = 1.0,
    timezone: Annotated[
        str,
        typer.Option(metavar="TZ", callback=_zone, help="Whose days and weeks the rhythm follows."),
    ] = "UTC",
    absent: Annotated[
        Literal["missing", "zero"], typer.Option(help="What rows that are not there mean.")
    ] = "missing",
) -> None:
    """Run the detector alone over counts, row by row.

    Every row comes back in its order: series,timestamp,count,expected,upper,score,state. A file
    without a series column is one series; the value column may be called count or value. Columns
    are separated by commas, semicolons or tabs; times without an offset are in UTC.

    expected: how many posts are usual at that time; empty while it warms up.

    upper: the count that would alone have begun a surge.

    score: how sure it is that a surge begins here, from 0 to 1.

    state: missing, warming_up, quiet or surging.

        seawall detect counts.csv --output surges.csv --timezone Europe/Oslo
    """
    console = plain(stderr=True)
    try:
        with bar(console) as progress:
            task = progress.add_task("Detecting", unit="rows", total=None)
            found = run(
                counts,
                output,
                interval=interval,
                budget=budget,
                timezone=timezone,
                absent=absent,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except KeyboardInterrupt:
        raise Stopped(f"stopped; {output} was not written") from None
    _tell(console, found, output)
    if found.rows and len(found.malformed) == found.rows:
        raise typer.Exit(2)


def _tell(console: Console, found: Summary, output: Path) -> None:
    malformed = len(found.malformed)
    for place, problem in found.malformed[:SHOWN]:
        console.print(f"{place}: {problem}", style="yellow", soft_wrap=True)
    if malformed > SHOWN:
        console.print(f"… and {malformed - SHOWN:,} more", style="yellow")
    unusable = f"; {counted(malformed, 'row')} could not be used" if malformed else ""
    console.print(
        f"{counted(found.rows, 'row')} of {found.series:,} series, "
        f"{counted(found.surges, 'surge')}: {output}{unusable}",
        soft_wrap=True,
    )
