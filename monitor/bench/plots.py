"""Figures drawn, as SVG: the same for the same figures, readable on white and on black."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:  # matplotlib takes a second to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#737b85"
COLOURS: Final = ("#0e7fc0", "#c0653a", "#1a8f5a", "#8c6bd8", "#bf4b8a", "#777777", "#93801f")
MARKERS: Final = "osD^vPX"
"""The first is Seawall's."""
WIDTH: Final = 9.0
"""Of every plot, in inches, as heights are."""
ROW: Final = 0.2
APART: Final = 0.08
"""Rows by which the methods of a row stand apart."""
EDGES: Final = 1.1
"""What title, legend and axis of a panel take."""
IN_A_LINE: Final = 3
"""Panels side by side."""

STYLE: Final[Any] = {
    "svg.hashsalt": "seawall",
    "svg.fonttype": "none",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.major.size": 0,
    "legend.frameon": False,
}

Point = tuple[float, float]
"""A figure and its standard error, which may be 0; a NaN is not drawn."""


class Plot(Protocol):
    """What a measure draws: `name` is that of its file, `title` says in words what it shows."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def title(self) -> str: ...  # noqa: D102

    def draw(self) -> "Figure": ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Dots:
    """Figures of several methods side by side, in panels: a row each, as many points a method.

    `goals` are lines across; `missed` is the figure that stands for "not at all", drawn hollow.
    """

    name: str
    title: str
    axis: str
    rows: Sequence[str]
    panels: Mapping[str, Mapping[str, Sequence[Point]]]
    goals: Sequence[float] = ()
    logarithmic: bool = True
    missed: float | None = None

    def draw(self) -> "Figure":
        """Panels in a grid that share their axes; methods are told apart by colour and mark."""
        from matplotlib.figure import Figure

        across = min(len(self.panels), IN_A_LINE)
        down = -(-len(self.panels) // across)
        height = down * (EDGES + ROW * len(self.rows))
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        for place, (title, methods) in enumerate(self.panels.items()):
            axes = grid[place // across, place % across]
            self._panel(axes, methods)
            axes.set_title(title)
        grid[0, 0].set_yticks(range(len(self.rows)), self.rows)
        grid[0, 0].set_ylim(len(self.rows) - 0.5, -0.5)
        figure.supxlabel(self.axis, fontsize=STYLE["font.size"])
        if len(methods) > 1:
            handles, labels = grid[0, 0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        return figure

    def _panel(self, axes: "Axes", methods: Mapping[str, Sequence[Point]]) -> None:
        _ruled(axes, self.goals)
        if self.logarithmic:
            _logarithmic(axes)
        for number, (method, points) in enumerate(methods.items()):
            look: dict[str, Any] = {
                "color": COLOURS[number],
                "marker": MARKERS[number],
                "markersize": 4.0 if number else 6.0,
                "linestyle": "none",
                "zorder": 3 if number else 4,
            }
            beside = APART * (number - (len(methods) - 1) / 2)
            found = [(row + beside, *point) for row, point in enumerate(points)]
            found = [each for each in found if isfinite(each[1])]
            drawn = [each for each in found if each[1] != self.missed]
            axes.errorbar(
                [figure for _, figure, _ in drawn],
                [row for row, *_ in drawn],
                xerr=[error for *_, error in drawn] if any(e for *_, e in drawn) else None,
                label=method,
                elinewidth=1,
                **look,
            )
            hollow = [each for each in found if each[1] == self.missed]
            axes.plot(
                [figure for _, figure, _ in hollow],
                [row for row, *_ in hollow],
                markerfacecolor="none",
                **look,
            )


@dataclass(frozen=True, slots=True)
class Bars:
    """One figure a row, in the order given: (row, figure, group); groups are told by colour."""

    name: str
    title: str
    axis: str
    groups: Sequence[str]
    rows: Sequence[tuple[str, float, str]]
    goals: Sequence[float] = ()

    def draw(self) -> "Figure":
        """Horizontal bars from 0, each with its figure."""
        from matplotlib.figure import Figure

        height = EDGES + ROW * len(self.rows)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        _ruled(axes, self.goals)
        for number, group in enumerate(self.groups):
            places = [place for place, row in enumerate(self.rows) if row[2] == group]
            figures = [self.rows[place][1] for place in places]
            bars = axes.barh(places, figures, 0.7, color=COLOURS[number], label=group)
            axes.bar_label(bars, fmt="%.1f", padding=3)
        axes.set_yticks(range(len(self.rows)), [row for row, *_ in self.rows])
        axes.set_ylim(len(self.rows) - 0.5, -0.5)
        axes.set_xlabel(self.axis)
        if len(self.groups) > 1:
            figure.legend(loc="outside upper center", ncols=len(self.groups))
        return figure


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines (x, y) by name; `goals` are across at those x."""

    name: str
    title: str
    axes: tuple[str, str]
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]]
    goals: Sequence[float] = ()
    logarithmic: bool = False

    def draw(self) -> "Figure":
        """All lines in one pair of axes, the upright one from 0."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
        axes = figure.subplots()
        _ruled(axes, self.goals)
        if self.logarithmic:
            _logarithmic(axes)
        for number, (name, (x, y)) in enumerate(self.lines.items()):
            axes.plot(x, y, color=COLOURS[number], linewidth=1.5, label=name)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(self.axes[0])
        axes.set_ylabel(self.axes[1])
        if len(self.lines) > 1:
            figure.legend(loc="outside upper center", ncols=len(self.lines))
        return figure


def svg(plot: Plot) -> str:
    """A plot as an SVG file: letters as text, no date, no background."""
    from matplotlib import rc_context

    content = io.StringIO()
    with rc_context(STYLE):
        plot.draw().savefig(
            content,
            format="svg",
            transparent=True,
            metadata={"Title": plot.title, "Date": None, "Creator": None},
        )
    return "\n".join(_trimmed(content.getvalue())) + "\n"


def _trimmed(text: str) -> Iterator[str]:
    return (line.rstrip() for line in text.splitlines())


def _ruled(axes: "Axes", goals: Sequence[float]) -> None:
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    for goal in goals:
        axes.axvline(goal, color=INK, linestyle="--", linewidth=1)


def _logarithmic(axes: "Axes") -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
