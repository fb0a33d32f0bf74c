"""What Seawall did while something benign happened, and why: read from the store that it wrote."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from sqlalchemy import Connection, func, select

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Reason
from detectors import Series, SeriesSetup, State, detector_kinds
from monitor.configuration import Configuration
from monitor.store import schema, situations, volume
from monitor.store.schema import mention, post

NEWS = {Reason.OPENED, Reason.REOPENED, Reason.CALLING}
"""What people can be called for."""


class Did(StrEnum):
    """How far news of it went."""

    SILENT = "silent"
    TOLD = "told, without paging"
    PAGED = "paged"


@dataclass(frozen=True, slots=True)
class Answer:
    """What Seawall did in a case, and the reason in words."""

    case: str
    did: Did
    reason: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What the detector makes of a series in a span, judged again from what is stored.

    `crowd` is whether it would open a surge if nobody knew who wrote the posts.
    """

    posts: int
    expected: float
    warming_up: bool
    crowd: bool


def answered(
    connection: Connection,
    configuration: Configuration,
    case: str,
    series: Series,
    since: datetime,
    until: datetime,
) -> Answer:
    """What was done about a series in a span of time; news of its brand counts, on any topic."""
    for incident in situations.incidents(connection):
        opened = [s.detected_at for s in incident.surges if s.series.brand == series.brand]
        if any(since <= at <= until for at in opened):
            return Answer(case, *_told(connection, incident, since, until))
    return Answer(case, Did.SILENT, _silence(connection, configuration, series, since, until))


def _told(
    connection: Connection, incident: Incident, since: datetime, until: datetime
) -> tuple[Did, str]:
    """How far news of an incident went in a span, and why, as its briefings put it."""
    table = schema.briefing
    contents = connection.scalars(
        select(table.c.content).where(table.c.incident == incident.id).order_by(table.c.revision)
    )
    briefings = [Briefing.from_json(content) for content in contents]
    news = [one for one in briefings if one.reason in NEWS and since <= one.at <= until]
    if not news:
        began = wording.moment(incident.detected_at, "UTC")
        return Did.TOLD, f"part of the incident that is open since {began}: nobody is called anew"
    said = next((one for one in news if one.calls), news[-1])
    return (Did.PAGED if said.calls else Did.TOLD), said.calls_because or said.why


def _silence(
    connection: Connection,
    configuration: Configuration,
    series: Series,
    since: datetime,
    until: datetime,
) -> str:
    begun = min(
        begin
        for brand, _, begin, *_ in volume.observed_intervals(connection, series.platform)
        if brand == series.brand
    )
    ids = _ids(connection, series)
    seen = _looked(connection, configuration, series, ids, (begun, since, until))
    if seen.warming_up:
        return f"observed since {wording.moment(begun, 'UTC')} only: nothing to compare with"
    if seen.crowd:
        most, posts = _busiest(connection, ids, since, until)
        return f"one author wrote {most} of {posts} posts: a surge in posts, not in authors"
    return (
        f"{wording.number(seen.posts)} posts, where {wording.number(seen.expected)} were expected: "
        "not enough to be sure of a surge"
    )


def _ids(connection: Connection, series: Series) -> list[int]:
    columns = schema.series.c
    return list(
        connection.scalars(
            select(columns.id).where(
                columns.brand == series.brand,
                columns.topic == series.topic,
                columns.platform == series.platform,
            )
        )
    )


def _looked(
    connection: Connection,
    configuration: Configuration,
    series: Series,
    ids: list[int],
    span: tuple[datetime, datetime, datetime],
) -> Looked:
    """Judge a series again, with its authors and beside it without; `span`: begun, since, until."""
    begun, since, until = (int(at.timestamp()) for at in span)
    width = int(configuration.bucket.total_seconds())
    stored = {
        int(row.bucket.timestamp()): row for row in volume.samples(connection, ids, None, span[2])
    }
    setup = SeriesSetup(
        str(series), configuration.zone, configuration.budget(series, [series.platform])
    )
    kind = detector_kinds()[configuration.detector.kind]
    detector = kind.build(configuration.detector.options, [setup, setup], width)
    total, expected, warming_up, crowd = 0, 0.0, True, False
    for bucket in range(-(-begun // width) * width, until, width):
        row = stored.get(bucket)
        posts = row.posts_at_close or 0 if row else 0
        authors = row.authors_at_close if row else 0
        known = [np.nan if authors is None else float(authors), np.nan]
        verdict = detector.observe(bucket, np.full(2, float(posts)), np.array(known))
        if bucket >= since:
            total += posts
            expected += float(np.nan_to_num(verdict.expected[0]))
            warming_up &= bool(verdict.state[0] == State.WARMING_UP)
            crowd |= bool(verdict.opened[1])
    return Looked(total, expected, warming_up, crowd)


def _busiest(
    connection: Connection, ids: list[int], since: datetime, until: datetime
) -> tuple[int, int]:
    """Posts of the author who wrote most, and posts in all."""
    counts = connection.scalars(
        select(func.count())
        .select_from(mention.join(post, post.c.key == mention.c.post))
        .where(
            mention.c.series.in_(ids), mention.c.created_at >= since, mention.c.created_at < until
        )
        .group_by(post.c.author)
    ).all()
    return max(counts, default=0), sum(counts)
