"""A chart of characters: observed as bars, expected as a line, `?` where nobody looked."""

from dataclasses import dataclass
from statistics import fmean
from threading import Lock

import plotext
from rich.text import Text

from alerts import wording
from alerts.briefings.briefing import Briefing

_ONE_AT_A_TIME = Lock()  # plotext draws on one global figure
_HEIGHT = 9
_BEFORE, _AFTER, _EXPECTED = "gray", "red+", "cyan+"


@dataclass(frozen=True, slots=True)
class _Column:
    """The buckets that one column of characters shows: their means, and whether it has begun."""

    observed: float | None
    expected: float
    begun: bool


def chart(briefing: Briefing, width: int) -> Text:
    """The chart of a briefing's first topic, with the posts of its buckets and what was expected.

    Colours only repeat what the characters say, so that it reads the same without them.
    """
    shown = briefing.chart
    top = max([*shown.expected, *(o for o in shown.observed if o is not None), 1.0])
    margin = len(wording.number(top)) + 1
    columns = _columns(briefing, max(width - margin, 10))
    with _ONE_AT_A_TIME:
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.limit_size(False, False)
        plotext.plotsize(width, _HEIGHT)
        plotext.frame(False)
        _draw(columns)
        plotext.xlim(0, len(columns) - 1)
        plotext.ylim(0, top)
        plotext.yticks([0, top], ["0 ", f"{wording.number(top)} "])
        plotext.xticks([])
        drawn = Text.from_ansi(plotext.build().rstrip("\n"))
    return Text("\n").join([drawn, Text(" " * margin + _time_axis(briefing, columns))])


def _columns(briefing: Briefing, count: int) -> list[_Column]:
    shown = briefing.chart
    buckets, columns = len(shown.observed), []
    for column in range(count):
        first = column * buckets // count
        last = max((column + 1) * buckets // count, first + 1)
        seen = [observed for observed in shown.observed[first:last] if observed is not None]
        columns.append(
            _Column(
                observed=fmean(seen) if seen else None,
                expected=fmean(shown.expected[first:last]),
                begun=shown.time(last - 1) >= briefing.started_at,
            )
        )
    return columns


def _draw(columns: list[_Column]) -> None:
    plotext.plot(
        range(len(columns)), [column.expected for column in columns], marker="─", color=_EXPECTED
    )
    for x, column in enumerate(columns):
        if column.observed is None:
            plotext.scatter([x], [0], marker="?")
        elif column.observed > 0:
            colour = _AFTER if column.begun else _BEFORE
            plotext.plot([x, x], [0, column.observed], marker="█", color=colour)


def _time_axis(briefing: Briefing, columns: list[_Column]) -> str:
    """Beginning and end on the reader's clock, and an arrow under the first column of the start."""
    shown, zone, width = briefing.chart, briefing.timezone, len(columns)
    begun = next((x for x, column in enumerate(columns) if column.begun), width - 1)
    begin, started, end = (
        wording.clock(at, zone)
        for at in (shown.start, briefing.started_at, shown.time(len(shown.observed)))
    )
    if begun + len(started) < width:
        axis = " " * begun + f"▲{started}"
    else:
        axis = f"{started}▲".rjust(begun + 1)
    if begun > 2 * len(begin):
        axis = begin + axis[len(begin) :]
    room = width - len(axis)
    return axis + end.rjust(room) if room > len(end) else axis
