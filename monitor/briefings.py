"""What a briefing is made of: an incident's posts, samples and expectation, from the store."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import briefing
from alerts.briefing import Briefing, Desk
from alerts.charts import Chart
from alerts.incidents import Incident, Reason
from detectors import Series
from monitor.configuration import Configuration
from monitor.panel import Panel, moment
from monitor.store import volume

BEFORE = timedelta(hours=2)
"""How much of the time before an incident its chart shows."""

CHART_BUCKETS = 180
"""At most this many points; a longer incident is drawn in wider ones."""

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
    ids = [panels[s.platform].ids[panels[s.platform].index(s.brand, s.topic)] for s in series]
    return briefing.compose(
        incident,
        reason,
        at,
        charts={
            s: _chart(connection, panels[s.platform], s, incident.started_at, at) for s in series
        },
        posts=volume.posts_of(connection, ids, incident.started_at, at),
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


def _chart(
    connection: Connection, panel: Panel, series: Series, started_at: datetime, at: datetime
) -> Chart:
    i = panel.index(series.brand, series.topic)
    end = int(at.timestamp()) // panel.width * panel.width
    span = end - int((started_at - BEFORE).timestamp())
    width = next(
        (w for w in WIDTHS_S if w % panel.width == 0 and span / w <= CHART_BUCKETS),
        max(WIDTHS_S[-1], panel.width),
    )
    start = (end - span) // width * width
    buckets = range(start, end, panel.width)
    rows = volume.samples(connection, [panel.ids[i]], moment(start), moment(end))
    posts = {int(row.bucket.timestamp()): row.posts for row in rows}
    expected = panel.detector.expectation(buckets)[:, i]
    observed: list[float | None] = [None] * -(-(end - start) // width)
    expectation = [0.0] * len(observed)
    for bucket, number in zip(buckets, expected, strict=True):
        point = (bucket - start) // width
        expectation[point] += float(number)
        if panel.was_observed(i, bucket):
            observed[point] = (observed[point] or 0) + posts.get(bucket, 0)
    return Chart(moment(start), width, tuple(observed), tuple(expectation))
