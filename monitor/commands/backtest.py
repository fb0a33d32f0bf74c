"""`seawall backtest`: on which days would it have alerted?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alerts import wording
from alerts.failures import Stopped
from alerts.incidents.incident import Kind
from alerts.plain_text import visible
from monitor import clock
from monitor.backtest import words
from monitor.backtest.data import as_data
from monitor.backtest.result import Alert, Backtest, Situation, compare
from monitor.backtest.running import Past
from monitor.backtest.side_by_side import backtests
from monitor.commands import output
from monitor.commands.options import AsJson
from monitor.commands.progress import bar
from monitor.configuration import load
from monitor.report import ReportError

MOST_CONFIGURATIONS = 2
NARROWEST_WHAT = 24
"""Columns that a table leaves for what an alert is about; where it has fewer, there is none."""
MONTHS_FROM_DAYS = 60
"""So long a span is also told month by month."""


Configurations = Annotated[
    list[Path],
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration, a YAML file; twice to set two of them side by side.",
    ),
]
Recorded = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="Recorded posts or counts, as for replay."),
]
Store = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        help="Instead of files: the store of a daemon or a replay, which is only read.",
        show_default=False,
    ),
]
Page = Annotated[
    Path | None,
    typer.Option(
        "--html",
        metavar="FILE",
        dir_okay=False,
        help="Write a page to look at and to hand on: one file, which needs no network.",
    ),
]


def backtest(
    config: Configurations,
    files: Recorded = None,
    database: Store = "",
    html: Page = None,
    as_json: AsJson = False,
) -> None:
    """See on which days you would have been alerted.

    The past runs through everything a live run would do, with your configuration, in a store of
    its own that is removed again: nobody is told. You see how often and when you would have been
    alerted, how often outside opening hours, what false_alarms promises for that time, and what
    could not be known.

        seawall backtest year.csv --config seawall.yaml --html year.html

    The past can be that of a store. Where its posts are kept, changed topics are matched anew;
    older than that there are counts, of the topics that were watched then.

        seawall backtest --database sqlite:///now.db --config seawall.yaml

    Two configurations, each in a process of its own: what both find, what only one of them does,
    and which is earlier.

        seawall backtest year.csv --config now.yaml --config stricter.yaml
    """
    past = _past(files or [], database)
    if len(config) > MOST_CONFIGURATIONS:
        raise typer.BadParameter(
            "two configurations can be set side by side, not more", param_hint="--config"
        )
    for file in config:
        load(file)  # a mistake in it is told before anything is read
    if html and not html.parent.is_dir():
        raise ReportError(f"{html.parent} is no folder; make it first, or name another page")
    results = _tried(config, past)
    situations = compare(*results) if len(results) > 1 else None
    if html:
        from monitor.backtest.page import page  # what it needs takes a moment to load

        _write(html, page(results, situations))
    if as_json:
        output.data(as_data(results, situations))
    else:
        _tell(output.plain(), results, situations)
    if html:
        output.plain(stderr=True).print(f"Page: {html}", soft_wrap=True)


def _past(files: Sequence[Path], database: str) -> Past:
    if bool(files) == bool(database):
        raise typer.BadParameter(
            "name recorded files or a store with --database, one of the two",
            param_hint="FILE… | --database",
        )
    return Past(tuple(files), database)


def _tried(config: Sequence[Path], past: Past) -> list[Backtest]:
    """Try them all, with a bar each. Raises Stopped."""
    with bar(output.plain(stderr=True)) as progress:
        tasks = [progress.add_task("Reading", total=None) for _ in config]
        units = [""] * len(config)

        def tell(number: int, what: str, unit: str, done: int, total: int) -> None:
            if unit != units[number]:
                units[number] = unit
                progress.reset(tasks[number])
            whose = f"{config[number].name}: " if len(config) > 1 else ""
            progress.update(
                tasks[number], description=whose + what, completed=done, total=total, unit=unit
            )

        try:
            return backtests(config, past, clock.wall(), tell)
        except KeyboardInterrupt:
            raise Stopped("stopped; nothing was written, the next run begins anew") from None


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, "utf-8")
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}; name another page with --html"
        ) from None


def _tell(
    console: Console, results: Sequence[Backtest], situations: Sequence[Situation] | None
) -> None:
    for one in results:
        console.print(Text(visible(words.told(one)), style="bold"), soft_wrap=True)
        for label, value in words.figures(one):
            console.print(f"  {label}: {visible(value)}", soft_wrap=True)
        if by_month := _by_month(one):
            console.print(f"  By month: {by_month}", soft_wrap=True)
        if one.alerts and situations is None:
            console.print("", _table(one, console.width))
        if one.shown and situations is None:
            console.print(f"\nShown, and nobody called: {len(one.shown):,}")
            for alert in one.shown:
                at = words.moment(alert.at, one.timezone)
                console.print(_indented(f"{at}: {words.why_shown(alert)}"))
        console.print()
    if situations is not None:
        first, second = results
        for sentence in words.compared(situations, first, second):
            console.print(visible(sentence), soft_wrap=True)
        if situations:
            console.print("", _side_by_side(situations, first, second), "")
    if unknown := words.together(results):
        console.print("What this does not know:", style="bold")
    for sentence in unknown:
        console.print(_indented(f"- {sentence}"))


def _indented(text: str) -> RenderableType:
    return Padding(Text(visible(text)), (0, 0, 0, 2), expand=False)


def _by_month(one: Backtest) -> str:
    """Alerts month by month, where the span is long; empty where it is not."""
    if (one.until - one.since).days < MONTHS_FROM_DAYS:
        return ""
    months = dict.fromkeys((day.year, day.month) for day in sorted(one.observed))
    alerts = Counter((day.year, day.month) for day in map(one.day, one.alerts))
    return ", ".join(f"{year}-{month:02} {alerts[year, month]}" for year, month in months)


def _table(one: Backtest, width: int) -> RenderableType:
    """Alerts a line each, or two where the terminal is narrow; times in their readers' zone."""
    headings = ("alerted", "peak", "posts", "lasted", *(["desk"] if one.has_hours else []))
    rows = [[*_cells(one, alert)] for alert in one.alerts]
    figures = [max(map(len, column)) + 2 for column in zip(headings, *rows, strict=True)]
    if width < sum(figures) + NARROWEST_WHAT:
        return Group(*(_in_two_lines(one, alert) for alert in one.alerts))
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        right = heading in ("peak", "posts")
        lines.add_column(heading, justify="right" if right else "left", no_wrap=True)
    lines.add_column("what")
    for row, alert in zip(rows, one.alerts, strict=True):
        lines.add_row(*row, visible(words.what(alert)))
    return lines


_UNCOUNTED = {Kind.SILENCE: "silent", Kind.SAFETY: "safety", Kind.UNAPPROVED: "our own"}


def _cells(one: Backtest, alert: Alert) -> Iterator[str]:
    yield words.moment(alert.at, one.timezone)
    peak = wording.times(alert.briefing.peak_factor)
    yield _UNCOUNTED.get(alert.incident.kind, peak)
    yield wording.number(alert.posts)
    yield wording.span(alert.lasted)
    if one.has_hours:
        yield "closed" if alert.outside else "open"


def _in_two_lines(one: Backtest, alert: Alert) -> RenderableType:
    at, _, _, lasted, *_ = _cells(one, alert)
    closed = ", outside opening hours" if alert.outside else ""
    return Group(
        Text.assemble((at, "bold"), closed),
        Padding(
            Text(visible(f"{words.what(alert)}: {words.size(alert)}, lasted {lasted}")),
            (0, 0, 0, 2),
            expand=False,
        ),
    )


def _side_by_side(
    situations: Sequence[Situation], first: Backtest, second: Backtest
) -> RenderableType:
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("began", first.name, second.name):
        lines.add_column(visible(heading), no_wrap=heading == "began")
    lines.add_column("what")
    for one in situations:
        lines.add_row(
            words.moment(one.began, first.timezone),
            words.delay(one.first, one) if one.first else "-",
            words.delay(one.second, one) if one.second else "-",
            visible(words.what(one.alerts[0])),
        )
    return lines
