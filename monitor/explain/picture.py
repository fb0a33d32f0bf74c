"""An explanation drawn as a picture to be shown around: what was seen, and what it was worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isnan, nan
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from alerts import wording
from alerts.briefings import picture
from alerts.briefings.picture import BLUE, GREY, INK, ORANGE, PALE
from alerts.briefings.statements import bar
from alerts.incidents.incident import Incident
from alerts.plain_text import visible
from detectors import State
from monitor.explain.explanation import Explanation
from monitor.explain.statements import YEAR, Speaker, days
from monitor.explain.terminal import FAINTEST, STRONGEST, Span

if TYPE_CHECKING:  # matplotlib takes a second to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 5.8, 5.4
"""In inches, of each surge: its letters can be read on a phone."""
MARGIN, LEFT = 0.1, 1.02
RESOLUTION = 200
MOST_BARS = 180
"""Where there are more buckets, several are a bar, and what is left over at the end is none."""

TITLE_LENGTH = 54
"""Letters in a line of the title."""

LEGEND = ("posts", "by new authors", "expected", "could be", "enough alone")
HEADROOM = 1.2

TICKS: Final = {
    1 / 24: "1 h",
    1.0: "1 day",
    30.0: "30 days",
    YEAR: "1 year",
    30 * YEAR: "30 years",
    STRONGEST: "1,000 years",
}


def draw(
    incident: Incident, explanations: Sequence[Explanation], speaker: Speaker, path: Path
) -> None:
    """Draw every surge that could be judged, one below the other, as .svg or .png.

    The same explanation is the same file to the byte. Raises OSError.
    """
    from matplotlib.figure import Figure

    judged = [one for one in explanations if one.buckets]
    vector = path.suffix.lower() == ".svg"
    about = {"Title": f"Incident {incident.id}"}
    undated = {"Date": None, "Creator": None} if vector else {"Software": None}
    with picture.styled():
        sheet = Sheet(Figure(figsize=(WIDTH, HEIGHT * max(len(judged), 1))))
        for place, one in enumerate(judged):
            _surge(sheet, HEIGHT * place, one, speaker, incident.id)
        sheet.figure.savefig(path, dpi=RESOLUTION, facecolor="white", metadata={**about, **undated})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure on which things are placed in inches from the top and from its left edge."""

    figure: "Figure"

    def axes(self, top: float, height: float, share: "Axes | None" = None) -> "Axes":
        """A pair of axes as wide as there is room beside their labels."""
        tall = self.figure.get_figheight()
        width = (WIDTH - LEFT - MARGIN) / WIDTH
        place = (LEFT / WIDTH, 1 - (top + height) / tall, width, height / tall)
        return self.figure.add_axes(place, sharex=share)

    def title(self, top: float, text: str) -> None:
        """Lines in bold, the first one below `top`."""
        y = 1 - top / self.figure.get_figheight()
        self.figure.text(MARGIN / WIDTH, y, text, va="top", fontsize=11, fontweight="bold")

    def legend(self, top: float, axes: "Axes") -> None:
        """What is drawn in `axes`, in one line."""
        drawn = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        labels = sorted(drawn, key=lambda one: LEGEND.index(one) if one in LEGEND else 0)
        y = 1 - top / self.figure.get_figheight()
        axes.legend(
            [drawn[label] for label in labels],
            labels,
            ncols=len(labels),
            loc="upper left",
            bbox_to_anchor=(MARGIN / WIDTH, y),
            bbox_transform=self.figure.transFigure,
            borderpad=0,
            borderaxespad=0,
        )


def _surge(sheet: Sheet, top: float, one: Explanation, speaker: Speaker, id: str) -> None:
    """Two panels that share their time: counts, and evidence."""
    name = wrap(visible(speaker.name(one)), TITLE_LENGTH, max_lines=2, placeholder=" …")
    sheet.title(top + 0.1, "\n".join([*name, _summary(one, speaker)]))
    top += 0.2 * len(name)
    posts = sheet.axes(top + 0.72, 2.25)
    evidence = sheet.axes(top + 3.4, 1.25, posts)
    _counts(posts, one)
    _worth(evidence, one)
    sheet.legend(top + 0.47, posts)
    sheet.legend(top + 3.17, evidence)
    for axes in (posts, evidence):
        _during(axes, one)
    _moments(posts, one, speaker)
    _time_axis(evidence, one, speaker, id)
    posts.tick_params(labelbottom=False)


def _summary(one: Explanation, speaker: Speaker) -> str:
    zone = speaker.configuration.timezone
    opened = wording.moment(one.found.detected_at, zone)
    factor = one.again.factor if one.again else None
    what = "silent, found" if one.silence else "opened"
    said = f"{what} {opened}{f' at {wording.times(factor)}' if factor is not None else ''}"
    return said if one.same else f"not as stored: {said}"


def _counts(axes: "Axes", one: Explanation) -> None:
    """Posts as bars, those by new authors in a darker part of them; what was expected before."""
    from matplotlib.ticker import MaxNLocator

    every = -(-len(one.buckets) // MOST_BARS)
    whole = range(0, len(one.buckets) - every + 1, every)
    bars = [Span(one.buckets[at : at + every]) for at in whole]
    width: Any = one.width * every
    starts: Any = [span.buckets[0].at for span in bars]
    middles: Any = [start + width / 2 for start in starts]
    posts, authors, expected, could_be = (
        [nan if (n := span.sum(name)) is None else n for span in bars]
        for name in ("posts", "authors", "expected", "could_be")
    )
    axes.bar(starts, posts, width * 0.86, align="edge", color=PALE, label="posts")
    if any(number > 0 for number in authors):
        axes.bar(starts, authors, width * 0.86, align="edge", color=BLUE, label="by new authors")
    axes.plot(middles, expected, color=ORANGE, linewidth=1.8, label="expected")
    look: dict[str, Any] = {"color": ORANGE, "alpha": 0.25, "linewidth": 0}
    axes.fill_between(middles, expected, could_be, label="could be", **look)
    if every == 1 and not one.silence:
        upper = [nan if bucket.upper is None else bucket.upper for bucket in one.buckets]
        axes.step(middles, upper, ":", color=GREY, linewidth=1.2, where="mid", label="enough alone")
    axes.set_ylim(0, axes.get_ylim()[1] * HEADROOM)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_ylabel(bar(int(width.total_seconds())))
    axes.grid(axis="y")


def _worth(axes: "Axes", one: Explanation) -> None:
    """The evidence at the end of every bucket, and the line that it has to reach."""
    ends: Any = [bucket.at + one.width for bucket in one.buckets]
    values = [
        nan if b.evidence is None else min(max(b.evidence, FAINTEST), STRONGEST)
        for b in one.buckets
    ]
    axes.plot(ends, values, color=BLUE, linewidth=1.8, label="evidence: by chance alone once in")
    top = max([one.threshold or 1.0, *(value for value in values if not isnan(value))])
    if one.threshold is not None:
        allowed = f"you allow it once in {days(one.threshold)}"
        axes.axhline(one.threshold, color=ORANGE, linewidth=1.5, linestyle="--", label=allowed)
    axes.set_yscale("log")
    axes.set_yticks([*TICKS], [*TICKS.values()])
    axes.set_ylim(FAINTEST * 0.9, min(top * 8, STRONGEST * 1.6))
    axes.minorticks_off()
    axes.grid(axis="y")


def _place(one: Explanation) -> float:
    """Where in the time that is drawn it was opened, from 0 to 1."""
    first, last = one.buckets[0].at, one.buckets[-1].at + one.width
    return (one.found.detected_at - first) / (last - first)


def _during(axes: "Axes", one: Explanation) -> None:
    """Shade the time of the surge, and hatch what nobody observed."""
    found = one.found
    end: Any = found.ended_at or one.until
    begin: Any = found.detected_at
    axes.axvspan(begin, end, color=GREY, alpha=0.10, linewidth=0)
    axes.axvline(begin, color=INK, linewidth=1.2)
    started: Any = found.started_at
    axes.axvline(started, color=INK, linewidth=1, linestyle=":")
    picture.unobserved(axes, _unobserved(one))


def _unobserved(one: Explanation) -> list[tuple[Any, Any]]:
    """Stretches that were not observed."""
    found: list[tuple[Any, Any]] = []
    after: datetime | None = None
    seen = [bucket for bucket in one.buckets if bucket.state is not State.MISSING]
    for bucket in seen:
        if after and bucket.at > after:
            found.append((after, bucket.at))
        after = bucket.at + one.width
    return found


def _moments(axes: "Axes", one: Explanation, speaker: Speaker) -> None:
    """Say when it began and when it was opened."""
    found, late = one.found, _place(one) > 0.5
    x: Any = found.detected_at
    axes.annotate(
        f"opened {speaker.time(found.detected_at, found.detected_at)}\n"
        f"counted since {speaker.time(found.started_at, found.detected_at)}",
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if late else 5, -3),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        fontsize=9,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
    )


def _time_axis(axes: "Axes", one: Explanation, speaker: Speaker, id: str) -> None:
    zone = speaker.configuration.zone
    picture.time_axis(axes, one.buckets[0].at, one.buckets[-1].at + one.width, zone)
    local = one.found.detected_at.astimezone(zone)
    place = wording.zone_name(one.found.detected_at, speaker.configuration.timezone)
    axes.set_xlabel(f"{local:%a} {local.day} {local:%B %Y}, {place} · incident {id}", fontsize=9)
