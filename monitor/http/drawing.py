"""A briefing's chart as SVG: bars for what was observed, a line for what was expected.

It has no style of its own: the page's style sheet colours it, by day and by night.
"""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.briefings.charts import Chart

_WIDTH, _HEIGHT = 420.0, 196.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 6.0, 22.0, 22.0
_APART = 62.0
"""How far from each other times must stand below the chart to be read."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where on the drawing a bucket and a number of posts are."""

    buckets: int
    top: float

    def x(self, bucket: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * bucket / max(self.buckets, 1)

    def y(self, posts: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * posts / self.top


def drawn(briefing: Briefing) -> Markup:
    """The chart of a briefing's first topic; nothing in it is anybody's text."""
    chart = briefing.chart
    highest = max([*chart.expected, *(o for o in chart.observed if o is not None), 1.0])
    scale = _Scale(len(chart.observed), highest)
    begun = (briefing.started_at - chart.start).total_seconds() / chart.width
    inside = Markup("").join(
        [
            _grid(scale),
            _gaps(chart, scale),
            _bars(chart, scale, begun),
            _expected(chart, scale),
            _start(briefing, scale, begun),
            _times(briefing, scale, begun),
        ]
    )
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="chart">{}</svg>'
    ).format(round(_WIDTH), round(_HEIGHT), _spoken(briefing, highest), inside)


def _spoken(briefing: Briefing, highest: float) -> str:
    begin = wording.clock(briefing.chart.start, briefing.timezone)
    end = wording.clock(briefing.chart.time(len(briefing.chart.observed)), briefing.timezone)
    return f"Posts from {begin} to {end}, at most {wording.number(highest)} at a time"


def _grid(scale: _Scale) -> Markup:
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    label = Markup('<text class="label" x="{}" y="{:.1f}" text-anchor="end">{}</text>')
    parts = []
    for posts in (0.0, scale.top / 2, scale.top):
        y = scale.y(posts)
        parts += [
            line.format(_LEFT, _WIDTH - _RIGHT, y, y),
            label.format(_LEFT - 5, y + 4, wording.number(posts)),
        ]
    return Markup("").join(parts)


def _gaps(chart: Chart, scale: _Scale) -> Markup:
    """Bands where nobody looked."""
    band = Markup(
        '<rect class="gap" x="{:.1f}" y="{}" width="{:.1f}" height="{}">'
        "<title>not observed</title></rect>"
    )
    mark = Markup('<text class="label" x="{:.1f}" y="{}" text-anchor="middle">?</text>')
    parts = []
    for missing, run in groupby(enumerate(chart.observed), lambda one: one[1] is None):
        if missing:
            buckets = [bucket for bucket, _ in run]
            left, right = scale.x(buckets[0]), scale.x(buckets[-1] + 1)
            parts += [
                band.format(left, _TOP, right - left, _HEIGHT - _TOP - _BOTTOM),
                mark.format((left + right) / 2, _TOP + 14),
            ]
    return Markup("").join(parts)


def _bars(chart: Chart, scale: _Scale, begun: float) -> Markup:
    bar = Markup('<rect class="{}" x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}"/>')
    width = (scale.x(1) - scale.x(0)) * 0.86
    return Markup("").join(
        bar.format(
            "since" if bucket + 1 > begun else "before",
            scale.x(bucket),
            scale.y(observed),
            width,
            scale.y(0) - scale.y(observed),
        )
        for bucket, observed in enumerate(chart.observed)
        if observed
    )


def _expected(chart: Chart, scale: _Scale) -> Markup:
    points = " ".join(
        f"{scale.x(bucket + 0.5):.1f},{scale.y(posts):.1f}"
        for bucket, posts in enumerate(chart.expected)
    )
    return Markup('<polyline class="expected" points="{}"/>').format(points)


def _start(briefing: Briefing, scale: _Scale, begun: float) -> Markup:
    if not 0 <= begun <= scale.buckets:
        return Markup("")
    x = scale.x(begun)
    anchor = "end" if x > _WIDTH * 0.7 else "start"
    return Markup(
        '<line class="start" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>'
        '<text class="start-label" x="{:.1f}" y="{}" text-anchor="{}">began {}</text>'
    ).format(
        x,
        x,
        _TOP - 8,
        _HEIGHT - _BOTTOM,
        x - 4 if anchor == "end" else x + 4,
        _TOP - 10,
        anchor,
        wording.clock(briefing.started_at, briefing.timezone),
    )


def _times(briefing: Briefing, scale: _Scale, begun: float) -> Markup:
    """The clock at both ends and, where there is room, halfway."""
    label = Markup('<text class="label" x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
    places = [(0, "start"), (scale.buckets // 2, "middle"), (scale.buckets, "end")]
    if scale.x(scale.buckets) - scale.x(0) < 2 * _APART or begun < 0:
        del places[1]
    return Markup("").join(
        label.format(
            scale.x(bucket),
            _HEIGHT - 6,
            anchor,
            wording.clock(briefing.chart.time(bucket), briefing.timezone),
        )
        for bucket, anchor in places
    )
