"""`seawall bench`: what Seawall can do, measured."""

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands import output
from monitor.commands.output import counted
from monitor.commands.progress import bar

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
WIDE = 160
"""Columns of what is not printed to a terminal."""
SCORED_AT = "nab"
"""The measure that takes a threshold."""


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MEASURE]…",
        help="budget, delay, incidents, latency, lint, nab, soak, throughput, tripwires; else all.",
    ),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="A small part of the work: no figures to quote.")
]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Where recorded data lies, in the same files and formats.",
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(metavar="T", help="Score nab at this threshold, not at the best one."),
]
Figures = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")
]
Page = Annotated[
    Path,
    typer.Option(
        "--page",
        metavar="FILE",
        show_default=False,
        help="Write them there, plots into a folder of its name; else docs/benchmarks.md.",
    ),
]


def bench(
    names: Names = None,
    quick: Quick = False,
    seed: Seed = 1,
    data: Data = None,
    threshold: Threshold = None,
    figures: Figures = None,
    page: Page = PAGE,
) -> None:
    """Measure delay, false alarms and speed.

    Prints each measure, and replaces its section of docs/benchmarks.md with tables and plots.
    All of them take two hours, with --quick a quarter of one.

    \b
        budget      surges where there are none, over the number allowed
        delay       how soon a simulated surge is found, against an oracle
        incidents   how soon recorded incidents are found, by Seawall and others
        latency     from the end of a bucket until Slack is told
        lint        what is wrong with words for the public, found and missed
        nab         mention volume of the Numenta Anomaly Benchmark
        soak        a day of a daemon: memory, late ticks
        throughput  posts and buckets a second, on one core
        tripwires   words about safety, and the same words in jest

    A threshold chosen on one collection, and other series scored at it:

    \b
        seawall bench nab
        seawall bench nab --data DIR --threshold 1

    DIR has nab_tweets/windows.json, which lists the windows of nab_tweets/*.csv.
    """
    from monitor.bench import page as writing
    from monitor.bench.contract import DATA, Setting
    from monitor.bench.machine import machine

    wanted = _wanted(names)
    if threshold is not None and SCORED_AT not in [measure.name for measure in wanted]:
        raise typer.BadParameter(f"is for {SCORED_AT} alone", param_hint="--threshold")
    if not page.parent.is_dir():
        raise typer.BadParameter(f"{page.parent} is no folder", param_hint="--page")
    setting = Setting(data or DATA, seed, quick, threshold)
    setting.require(file for measure in wanted for file in measure.recorded)
    results = {measure.name: _published(measure, setting, page) for measure in wanted}
    if figures:
        writing.write(figures, writing.data(results, setting, machine()))


def _wanted(names: list[str] | None) -> list[Any]:
    from monitor.bench.contract import measures

    known = measures()
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"there is no {name!r}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names or known)]


def _published(measure: Any, setting: Any, page: Path) -> Any:
    """Measure, print it, and replace its section of the page and its plots; the result."""
    from monitor.bench import page as writing
    from monitor.bench.contract import measures
    from monitor.bench.machine import machine

    result = _measured(measure, setting)
    console = output.plain()
    console.width = console.width if console.is_terminal else WIDE
    for table in measure.tables(result):
        console.print(writing.printed(table), "")
    folder = page.with_suffix("")
    plots = writing.draw(folder, measure, result)
    section = writing.section(measure, result, setting, machine(), folder.name)
    writing.put(page, list(measures()), measure.name, section)
    said = f"written: {measure.name} in {page}, {counted(len(plots), 'plot')} in {folder}"
    output.plain(stderr=True).print(said, soft_wrap=True)
    return result


def _measured(measure: Any, setting: Any) -> Any:
    with bar(output.plain(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def tell(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = progress.add_task(label, unit="steps", total=None)
            progress.update(tasks[label], completed=done, total=total)

        return measure.measure(setting, tell)
