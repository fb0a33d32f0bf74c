"""What a briefing is made of: an incident's posts, samples and expectation, from the store."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from alerts import briefing, wording
from alerts.briefing import Briefing, Desk, Elsewhere
from alerts.charts import Chart
from alerts.incidents import ALL_MENTIONS, Incident, Kind, Reason
from detectors import Series, State
from detectors.contract import Floats
from monitor.calendar import under_way
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
    silent = incident.kind is Kind.SILENCE
    read = [] if silent else series
    reach = volume.reach(connection, read, incident.started_at, at)
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
        posts=volume.some_posts(connection, read, incident.started_at, at, share),
        desk=replace(
            desk(configuration, incident.brand), foreseen=_foreseen(configuration, incident, at)
        ),
        elsewhere=_elsewhere(configuration, panels, incident) if silent else None,
    )


def _foreseen(configuration: Configuration, incident: Incident, at: datetime) -> tuple[str, ...]:
    """The known events that its series have had while it lasted, in words."""
    events = [
        event
        for surge in incident.surges
        for event in configuration.events(surge.series.brand, surge.series.topic)
    ]
    return tuple(dict.fromkeys(map(str, under_way(events, incident.started_at, at))))


def _elsewhere(
    configuration: Configuration, panels: Mapping[str, Panel], incident: Incident
) -> Elsewhere:
    """What else is silent, and what is not, of all that was observed and can be judged."""
    surges = [surge.series for surge in incident.surges]
    ours = {(one.brand, one.platform) for one in surges if one.topic == ALL_MENTIONS}
    silent: dict[tuple[str, str], bool] = {}
    for platform, panel in panels.items():
        if panel.latest is None:
            continue
        verdict = panel.latest.verdict
        for brand in configuration.brands:
            i = panel.index(brand, ALL_MENTIONS)
            if verdict.state[i] in (State.QUIET, State.SURGING):
                silent[brand, platform] = bool(verdict.silence.silent[i])
    silent |= dict.fromkeys(ours, True)
    [here] = incident.platforms

    def named(wanted: bool) -> tuple[str, ...]:
        return tuple(
            f"{configuration.brands[brand].name} on {wording.platform(platform)}"
            for (brand, platform), found in silent.items()
            if found is wanted and (brand, platform) != (incident.brand, here)
        )

    all_here = [found for (_, platform), found in silent.items() if platform == here]
    return Elsewhere(len(all_here) > 1 and all(all_here), named(True), named(False))


def restated(
    before: Briefing, incident: Incident, reason: Reason, at: datetime, by: str = "", note: str = ""
) -> Briefing:
    """The same briefing after a person's step, or a new normal: the numbers stay as they were."""
    return replace(
        before,
        factor=incident.factor if reason is Reason.RENEWED else before.factor,
        trend=None if reason is Reason.RENEWED else before.trend,
        revision=incident.revision,
        reason=reason,
        at=at,
        by=by,
        note=note,
        **{name: getattr(incident, name) for name in briefing.OF_PEOPLE},
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
