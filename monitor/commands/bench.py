"""`seawall bench`: what Seawall can do, measured."""

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands import output
from monitor.commands.progress import bar

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
WIDE = 160
"""Columns of what is not printed to a terminal."""


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MEASURE]…",
            help="delay, budget, nab, incidents, throughput, latency, soak; else all.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small part: no figures to quote.")
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Where recorded data lies."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="T", help="Score nab at this threshold, not at the best one."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")
    ] = None,
    page: Annotated[
        Path, typer.Option("--page", metavar="FILE", help="Write them there.", show_default=False)
    ] = PAGE,
) -> None:
    """Measure delay, false alarms and speed.

    Prints each measure and writes its section of docs/benchmarks.md. All take an hour and a half.

        seawall bench throughput nab
    """
    from monitor.bench import page as writing
    from monitor.bench.contract import DATA, Setting, measures
    from monitor.bench.machine import machine

    known = measures()
    wanted = names or list(known)
    for name in wanted:
        if name not in known:
            raise typer.BadParameter(f"there is no {name!r}; there are {', '.join(known)}")
    if not page.parent.is_dir():
        raise typer.BadParameter(f"{page.parent} is no folder", param_hint="--page")
    setting = Setting(data or DATA, seed, quick, threshold)
    console = output.plain()
    console.width = console.width if console.is_terminal else WIDE
    results = {}
    for name in wanted:
        results[name] = _measured(known[name], setting)
        for table in known[name].tables(results[name]):
            console.print(writing.printed(table), "")
        section = writing.section(known[name], results[name], setting, machine())
        writing.put(page, list(known), name, section)
    if figures:
        writing.write(figures, writing.data(results, setting, machine()))


def _measured(measure: Any, setting: Any) -> Any:
    with bar(output.plain(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def tell(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = progress.add_task(label, unit="steps", total=None)
            progress.update(tasks[label], completed=done, total=total)

        return measure.measure(setting, tell)
