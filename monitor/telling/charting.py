"""What charts show: posts of an incident's series, and what their detector expected, over time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from alerts.briefings.charts import Chart
from detectors import Series
from detectors.contract import Floats
from monitor.panel import Panel, moment
from monitor.store import volume

BEFORE = timedelta(hours=2)
"""How much of the time before an incident its chart shows."""

CHART_BUCKETS = 180
"""At most this many points; a longer incident is drawn in wider ones."""

WIDTHS_S = (60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the charts of a panel have in common: points, and every series' expected posts in each.

    Points are `width` seconds wide, from `start` (epoch seconds) until `end`; the last may be cut.
    """

    start: int
    end: int
    width: int
    expected: Floats


def frame(panel: Panel, started_at: datetime, at: datetime) -> Frame:
    """The frame of an incident's charts on a panel, from before it began until `at`."""
    end = int(at.timestamp()) // panel.width * panel.width
    span = end - int((started_at - BEFORE).timestamp())
    width = next(
        (w for w in WIDTHS_S if w % panel.width == 0 and span / w <= CHART_BUCKETS),
        max(WIDTHS_S[-1], panel.width),
    )
    start = (end - span) // width * width
    points = range(start, end, width)
    middles = [point + width // 2 // panel.width * panel.width for point in points]
    buckets = np.array([min(width, end - point) / panel.width for point in points])
    expected = panel.detector.expectation(middles) * buckets[:, np.newaxis]
    return Frame(start, end, width, expected)


def chart(connection: Connection, panel: Panel, series: Series, within: Frame) -> Chart:
    """One series in its panel's frame."""
    i, width = panel.index(series.brand, series.topic), within.width
    observed: list[float | None] = [None] * len(within.expected)
    for bucket in range(within.start, within.end, panel.width):
        if panel.was_observed(i, bucket):
            observed[(bucket - within.start) // width] = 0.0
    start, end = moment(within.start), moment(within.end)
    for row in volume.samples(connection, [panel.ids[i]], start, end):
        point = (int(row.bucket.timestamp()) - within.start) // width
        observed[point] = (observed[point] or 0.0) + row.posts
    expected = [round(float(number), 4) for number in within.expected[:, i]]
    return Chart(start, width, tuple(observed), tuple(expected))
