"""How figures are written: for the terminal, for docs/benchmarks.md, and as data."""

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rich import table as rich_table

from monitor.bench.contract import DATA, Measure, Setting, Table
from monitor.bench.machine import Machine
from monitor.bench.plots import Plot, svg

_INTRODUCTION = """\
# Benchmarks

<!-- Written by `make bench` and `seawall bench`; changes here are overwritten. -->

How early it alarms, how often falsely, and how fast it is. Every section says how it was measured.
In the plots a broken line is a goal.
"""
_SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)


def number(value: float, unit: str = "") -> str:
    """A figure as people read it.

    >>> number(12345.6, "posts/s"), number(0.01234), number(3.14159, "s")
    ('12,346 posts/s', '0.0123', '3.14 s')
    """
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"
    return f"{digits} {unit}".rstrip()


def rate(value: float, error: float | None, unit: str) -> str:
    """A rate, with its standard error where there is one.

    >>> rate(12345.6, 98.4, "posts"), rate(12345.6, None, "posts")
    ('12,346 ± 98.4 posts/s', '12,346 posts/s')
    """
    spread = "" if error is None else f" ± {number(error)}"
    return f"{number(value)}{spread} {unit}/s"


def times(value: float) -> str:
    """A ratio.

    >>> times(2.468), times(1234)
    ('2.5 ×', '1,234 ×')
    """
    return f"{value:,.1f} ×" if value < 100 else f"{value:,.0f} ×"


def section(
    measure: Measure, result: Any, setting: Setting, machine: Machine, folder: str = "benchmarks"
) -> str:
    """A measure's part of the page: what it is, how it was measured, its plots and tables.

    `folder` is where the plots are, as seen from the page.
    """
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    parts = [
        f"## {measure.name.capitalize()}",
        measure.about,
        (
            f"Measured by `{command(measure, setting)}` on {machine.processor} ({machine.cores} "
            f"cores, {machine.system}): {versions}."
        ),
    ]
    if setting.quick:
        parts.append("**A quick run, on a small part of the work: no figures to quote.**")
    parts.extend(
        f"![{plot.title}]({folder}/{file(measure, plot)})" for plot in measure.plots(result)
    )
    parts.extend(markdown(table) for table in measure.tables(result))
    return "\n\n".join(part.strip() for part in parts)


def command(measure: Measure, setting: Setting) -> str:
    """What to type for this measure, with this setting; folders have no name.

    >>> from monitor.bench.contract import measures
    >>> command(measures()["nab"], Setting(data=Path("/mine"), threshold=0.5))
    'seawall bench nab --seed 1 --data DIR --threshold 0.5'
    """
    parts = [f"seawall bench {measure.name} --seed {setting.seed}"]
    if setting.quick:
        parts.append("--quick")
    if measure.recorded and setting.data != DATA:
        parts.append("--data DIR")
    if setting.threshold is not None:
        parts.append(f"--threshold {setting.threshold!r}")
    return " ".join(parts)


def file(measure: Measure, plot: Plot) -> str:
    """The name of a plot's file."""
    return f"{measure.name}-{plot.name}.svg"


def draw(folder: Path, measure: Measure, result: Any) -> list[Path]:
    """Replace a measure's plots in a folder, which is made where it is not there; their files."""
    folder.mkdir(exist_ok=True)
    drawn = {folder / file(measure, plot): svg(plot) for plot in measure.plots(result)}
    for old in set(folder.glob(f"{measure.name}-*.svg")) - set(drawn):
        old.unlink()
    for path, content in drawn.items():
        write(path, content)
    return list(drawn)


def put(path: Path, order: Sequence[str], name: str, section: str) -> None:
    """Replace one measure's section of the page, in this order of measures, and keep the others."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    starts = [*_SECTION.finditer(old)]
    sections = {
        found[1].lower(): old[found.start() : following.start() if following else None].strip()
        for found, following in zip_longest(starts, starts[1:])
        if found
    }
    sections[name] = section
    parts = [_INTRODUCTION.strip(), *(sections[one] for one in order if one in sections)]
    write(path, "\n\n".join(parts) + "\n")


def markdown(table: Table) -> str:
    """A table in Markdown, under its title."""
    rule = ["---", *["---:"] * (len(table.headings) - 1)]
    lines = [f"| {' | '.join(cells)} |" for cells in (table.headings, rule, *table.rows)]
    return "\n".join([f"### {table.title}", "", *lines])


def printed(table: Table) -> rich_table.Table:
    """A table for the terminal."""
    lines = rich_table.Table(
        title=table.title, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for place, heading in enumerate(table.headings):
        lines.add_column(heading, justify="right" if place else "left")
    for row in table.rows:
        lines.add_row(*row)
    return lines


def data(results: Mapping[str, Any], setting: Setting, machine: Machine) -> str:
    """Results by measure as JSON: seconds, bytes and units as they were measured."""
    content = {
        "seed": setting.seed,
        "quick": setting.quick,
        "machine": asdict(machine),
        **{name: asdict(result) for name, result in results.items()},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=".", suffix=path.suffix)
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        made.chmod(0o644)
        made.replace(path)
    except BaseException:
        made.unlink()
        raise
