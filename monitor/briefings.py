"""What a briefing is made of: an incident's posts, samples and expectation, from the store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from alerts import briefing
from alerts.briefing import Briefing, Desk
from alerts.charts import Chart
from alerts.incidents import Incident, Reason
from detectors import Series
from detectors.contract import Floats
from monitor.configuration import Configuration
from monitor.panel import Panel, moment
from monitor.store import volume

BEFORE = timedelta(hours=2)
"""How much of the time before an incident its chart shows."""

CHART_BUCKETS = 180
"""At most this many points; a longer incident is drawn in wider ones."""

EXAMPLES_FROM = 400
"""About so many of an incident's posts are read to choose examples from."""

WIDTHS_S = (60, 120, 300, 600, 900, 1800, 3600)


def compose(
    connection: Connection,
    configuration: Configuration,
    panels: Mapping[str, Panel],
    incident: Incident,
    reason: Reason,
    at: datetime,
) -> Briefing:
    """The briefing of an incident as of `at`, from what happened before then."""
    series = sorted({surge.series for surge in incident.surges})
    reach = volume.reach(connection, series, incident.started_at, at)
    share = max(1, reach.posts // EXAMPLES_FROM)
    frames = {
        platform: _frame(panels[platform], incident.started_at, at)
        for platform in incident.platforms
    }
    return briefing.compose(
        incident,
        reason,
        at,
        charts={s: _chart(connection, panels[s.platform], s, frames[s.platform]) for s in series},
        reach=reach,
        posts=volume.some_posts(connection, series, incident.started_at, at, share),
        desk=desk(configuration, incident.brand),
    )


def restated(before: Briefing, incident: Incident, reason: Reason, at: datetime) -> Briefing:
    """The same briefing after a person's step: nothing new is known of the posts."""
    return replace(
        before,
        revision=incident.revision,
        reason=reason,
        at=at,
        state=incident.state,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by,
        resolved_at=incident.resolved_at,
    )


def desk(configuration: Configuration, brand: str) -> Desk:
    """What briefings say of a brand and of the people who read them."""
    return Desk(
        brand_name=configuration.brands[brand].name,
        timezone=configuration.timezone,
        languages=tuple(configuration.languages),
        topic_names={"all": "all mentions"}
        | {id: topic.name for id, topic in configuration.topics.items()},
        situations={id: topic.situation for id, topic in configuration.topics.items()},
        facts=configuration.brands[brand].facts,
        service_hours=configuration.service_hours,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the charts of a panel have in common: points, and every series' expected posts in each.

    Points are `width` seconds wide, from `start` (epoch seconds) until `end`; the last may be cut.
    """

    start: int
    end: int
    width: int
    expected: Floats


def _frame(panel: Panel, started_at: datetime, at: datetime) -> _Frame:
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
    return _Frame(start, end, width, expected)


def _chart(connection: Connection, panel: Panel, series: Series, frame: _Frame) -> Chart:
    i = panel.index(series.brand, series.topic)
    observed: list[float | None] = [None] * len(frame.expected)
    for bucket in range(frame.start, frame.end, panel.width):
        if panel.was_observed(i, bucket):
            observed[(bucket - frame.start) // frame.width] = 0.0
    start, end = moment(frame.start), moment(frame.end)
    for row in volume.samples(connection, [panel.ids[i]], start, end):
        point = (int(row.bucket.timestamp()) - frame.start) // frame.width
        observed[point] = (observed[point] or 0.0) + row.posts
    return Chart(start, frame.width, tuple(observed), tuple(map(float, frame.expected[:, i])))
