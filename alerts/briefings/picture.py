"""A briefing's chart as a picture, for Slack, e-mail and reports: it can be read on a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from io import BytesIO
from math import nan
from textwrap import shorten
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.briefings.charts import Chart
from alerts.briefings.statements import bar
from alerts.plain_text import visible

if TYPE_CHECKING:  # matplotlib takes a second to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

INK, GREY, PALE, BLUE, ORANGE, GREEN = (
    *("#1f2933", "#66717d", "#a9cfe8", "#0067a8", "#c44e00", "#2e7d32"),
)
"""Blue and orange are told apart by everybody."""
STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "seawall",
    "svg.fonttype": "none",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.labelsize": 9,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 1.1,
    "legend.columnspacing": 1.1,
}
WIDTH, HEIGHT = 3.6, 2.7
"""In inches: with 100 points to the inch it is as wide as a phone."""
HEADROOM = 1.08
_TITLE_LENGTH = 54
_MINUTE, _QUARTER = timedelta(minutes=1), timedelta(minutes=15)
_STEPS = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 28)),
]
_MOST_TICKS = 7
_EDGE = 0.04
"""A tick in this last part of the axis is cut off."""
_STYLE_LOCK = Lock()


@contextmanager
def styled() -> Iterator[None]:
    """Draw in our style; one thread at a time, since matplotlib's style is everybody's."""
    from matplotlib import rc_context

    with _STYLE_LOCK, rc_context(STYLE):
        yield


def png(briefing: Briefing, width_px: int = 1080) -> bytes:
    """The chart of a briefing's first topic: posts, what was expected, and what happened when.

    The same briefing is the same picture to the byte. Raises ValueError where it has no chart.
    """
    from matplotlib.figure import Figure

    if not briefing.chart.observed:
        raise ValueError("a briefing without a chart cannot be drawn")
    with styled():
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.12, 0.11, 0.85, 0.64))
        _counts(axes, briefing.chart)
        unobserved(axes, _unobserved(briefing.chart))
        marks = _marks(axes, briefing)
        first, last = briefing.chart.start, briefing.chart.time(len(briefing.chart.observed))
        time_axis(axes, first, last, ZoneInfo(briefing.timezone))
        axes.tick_params(labelsize=7.5)
        _words(figure, briefing, marks)
        written = BytesIO()
        about = {"Software": None, "Title": f"Incident {briefing.incident}"}
        figure.savefig(
            written, format="png", dpi=width_px / WIDTH, facecolor="white", metadata=about
        )
    return written.getvalue()


def drawable(text: str) -> str:
    """The text with a box for every letter that the font does not have."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    return "".join(one if font.get_char_index(ord(one)) else "□" for one in text)


def unobserved(axes: "Axes", stretches: list[tuple[Any, Any]]) -> None:
    """Hatch what nobody observed, each from when until when."""
    for since, until in stretches:
        axes.axvspan(since, until, facecolor="none", edgecolor=GREY, hatch="///", linewidth=0)


def time_axis(axes: "Axes", first: datetime, last: datetime, zone: tzinfo) -> None:
    """The clock on the reader's wall, from `first` to `last`."""
    found = ticks(first, last, zone)
    times: Any = [at for at, _ in found]
    axes.set_xticks(times, [label for _, label in found])
    limits: Any = (first, last)
    axes.set_xlim(*limits)


def ticks(first: datetime, last: datetime, zone: tzinfo) -> list[tuple[datetime, str]]:
    """Round times of the clock in a zone, at most eight, and how each is written.

    An hour that the clock skips has none, and one that comes twice has two. What would be cut off
    at the end is left out.
    """
    step = next((one for one in _STEPS if (last - first) / one <= _MOST_TICKS), _STEPS[-1])
    whole, every = step // _MINUTE, min(step, _QUARTER)
    at = first.astimezone(UTC).replace(second=0, microsecond=0)
    at -= timedelta(minutes=at.minute % (every // _MINUTE))
    found = []
    while at <= last - _EDGE * (last - first):
        local = at.astimezone(zone)
        minutes = (local.toordinal() * 24 + local.hour) * 60 + local.minute
        if at >= first and minutes % whole == 0:
            midnight = not (local.hour or local.minute)
            found.append((at, f"{local:%d %b}" if midnight else f"{local:%H:%M}"))
        at += every
    return found


def _counts(axes: "Axes", chart: Chart) -> None:
    from matplotlib.ticker import MaxNLocator

    width: Any = timedelta(seconds=chart.width)
    starts: Any = [chart.time(bucket) for bucket in range(len(chart.observed))]
    posts = [nan if number is None else number for number in chart.observed]
    axes.bar(starts, posts, width, align="edge", color=BLUE, linewidth=0)
    middles: Any = [start + width / 2 for start in starts]
    axes.plot(middles, chart.expected, color=ORANGE, linewidth=1.6)
    axes.set_ylim(0, max(axes.get_ylim()[1] * HEADROOM, 1))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y")


def _unobserved(chart: Chart) -> list[tuple[Any, Any]]:
    """Stretches of buckets in which nobody looked."""
    found: list[tuple[Any, Any]] = []
    since: datetime | None = None
    for bucket, posts in enumerate([*chart.observed, 0.0]):
        if posts is None:
            since = since or chart.time(bucket)
        elif since:
            found.append((since, chart.time(bucket)))
            since = None
    return found


def _marks(axes: "Axes", briefing: Briefing) -> "list[Line2D]":
    """A line at each moment that matters, and its words for the legend."""
    moments = (
        ("began", briefing.started_at, GREY, ":"),
        ("noticed", briefing.detected_at, INK, "-"),
        ("taken", briefing.acknowledged_at, GREEN, "--"),
        ("over", briefing.resolved_at, GREY, "-."),
    )
    drawn = []
    for name, at, colour, line in moments:
        if at is not None:
            x: Any = at
            said = f"{name} {wording.clock(at, briefing.timezone)}"
            axes.axvline(x, color="white", linewidth=2.6)
            drawn.append(axes.axvline(x, color=colour, linestyle=line, linewidth=1.3, label=said))
    return drawn


def _words(figure: "Figure", briefing: Briefing, marks: "list[Line2D]") -> None:
    """Above the chart: whose it is, what its bars and lines are, and when what happened."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    what = briefing.topics[0].name if briefing.topics else "all mentions"
    title = shorten(visible(f"{briefing.brand_name}: {what}"), _TITLE_LENGTH, placeholder=" …")
    figure.text(0.02, 0.975, drawable(title), va="top", fontsize=9, fontweight="bold")
    counts: list[Any] = [
        Patch(color=BLUE, label=bar(briefing.chart.width)),
        Line2D([], [], color=ORANGE, linewidth=1.6, label="expected"),
    ]
    if None in briefing.chart.observed:
        counts.append(
            Patch(facecolor="none", edgecolor=GREY, hatch="////", linewidth=0, label="not seen")
        )
    for top, handles in ((0.895, counts), (0.825, marks)):
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.02, top),
            ncols=4,
            fontsize=7.5,
            borderpad=0,
            borderaxespad=0,
            handletextpad=0.4,
            columnspacing=0.8,
        )
