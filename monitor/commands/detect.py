"""`seawall detect`: the detector alone, over any number of series of counts."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from monitor.commands.progress import bar
from monitor.detect import detect as run

SHOWN = 10


def detect(
    counts: Annotated[
        Path, typer.Argument(metavar="COUNTS.csv", help="series,timestamp,count[,authors]")
    ],
    output: Annotated[Path, typer.Option("--output", metavar="OUT.csv", help="Where to write.")],
    interval: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="A bucket's width; the commonest step by default."),
    ] = None,
    budget: Annotated[
        float, typer.Option(metavar="N", help="False surges allowed in 30 days on each series.")
    ] = 1.0,
    timezone: Annotated[
        str, typer.Option(metavar="TZ", help="Whose days and weeks the rhythm follows.")
    ] = "UTC",
    absent: Annotated[
        Literal["missing", "zero"], typer.Option(help="What rows that are not there mean.")
    ] = "missing",
) -> None:
    """Run the detector alone over counts: one row out per row in, in the same order.

    Writes series,timestamp,count,expected,upper,score,state. A file without a series column is one
    series; the value column may be called count or value.

        seawall detect counts.csv --output surges.csv --budget 1 --timezone Europe/Oslo
    """
    console = Console(stderr=True, highlight=False)
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
    for place, problem in found.malformed[:SHOWN]:
        console.print(f"{place}: {problem}", style="yellow", markup=False)
    if len(found.malformed) > SHOWN:
        console.print(f"… and {len(found.malformed) - SHOWN:,} malformed rows more", style="yellow")
    console.print(
        f"{found.rows:,} rows of {found.series:,} series, {found.surges:,} surges: {output}"
    )
