"""What the API tells: incidents, samples, sources, notifiers."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import HTTPException, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from alerts.incidents.incident import State
from detectors import Series
from monitor.configuration import Configuration
from monitor.configuration.values import nearest
from monitor.http import reading, seeing
from monitor.http.doing import Id
from monitor.http.models import (
    MOST_SAMPLES,
    IncidentLine,
    IncidentQuery,
    Incidents,
    IncidentWhole,
    Judged,
    Notifier,
    Notifiers,
    Sample,
    SampleQuery,
    Samples,
    Source,
    Sources,
)
from monitor.http.site import Here, Whoever
from monitor.store.schema import EPOCH
from monitor.telling import discretion


def incidents(here: Here, asked: Annotated[IncidentQuery, Query()]) -> Incidents:
    """Incidents, newest detection first."""
    states = [asked.state] if asked.state else list(State)
    with here.service.database.read() as connection:
        if asked.before is not None and not reading.is_incident(connection, asked.before):
            raise HTTPException(422, "query.before is no incident; take it from `next`")
        found = reading.newest(connection, states, asked.limit + 1, asked.before)
    more, shown = len(found) > asked.limit, found[: asked.limit]
    return Incidents(
        incidents=[IncidentLine.of(seeing.listed(here, one)) for one in shown],
        next=shown[-1].briefing.incident if more else None,
    )


async def incident(here: Here, who: Whoever, id: Id) -> IncidentWhole:
    """An incident with its newest briefing and its timeline, as far as one may see it."""
    seen = await seeing.look(here, who, id, "api")
    return IncidentWhole.told(seen.found, seen.timeline)


def samples(here: Here, asked: Annotated[SampleQuery, Query()]) -> Samples:
    """A series bucket by bucket: observed or not, what is known now, what the detector saw."""
    configuration, width = here.service.configuration, here.service.configuration.bucket
    series = _series(configuration, asked)
    until = asked.until or here.service.now()
    since = asked.since - (asked.since - EPOCH) % width
    if until <= since:
        raise HTTPException(422, "query.since is not before query.until; exchange them")
    if (until - since) / width > MOST_SAMPLES:
        longest = _hours(MOST_SAMPLES * width)
        raise HTTPException(
            422,
            f"that is more than {MOST_SAMPLES:,} samples; ask for {longest} or less at a time",
        )
    version = configuration.version(series.brand, series.topic)
    with here.service.database.read() as connection:
        try:
            found = [
                Sample.of(bucket)
                for bucket in reading.buckets(connection, series, version, since, until, width)
            ]
        except reading.NoSuchSeries as none:
            raise HTTPException(404, str(none)) from None
    return Samples(
        brand=series.brand,
        topic=series.topic,
        platform=series.platform,
        bucket_seconds=int(width.total_seconds()),
        judged=next(
            filter(None, (Judged.of(one, series) for one in here.service.readings())), None
        ),
        samples=found,
    )


def _series(configuration: Configuration, asked: SampleQuery) -> Series:
    if asked.brand not in configuration.brands:
        known = nearest(asked.brand, configuration.brands)
        raise HTTPException(422, f"query.brand is no brand of the configuration; {known}")
    hidden = discretion.hidden(configuration)
    topics = [topic for topic in configuration.topics_of(asked.brand) if topic not in hidden]
    if asked.topic not in topics:
        raise HTTPException(
            422, f"query.topic is no topic of {asked.brand}; {nearest(asked.topic, topics)}"
        )
    return Series(asked.brand, asked.topic, asked.platform)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:,.0f} hours"


async def sources(here: Here) -> Sources:
    """How every source is doing."""
    return Sources(sources=[Source.of(one) for one in here.service.sources()])


async def notifiers(here: Here) -> Notifiers:
    """How every notifier is doing, and how much waits for it."""
    return Notifiers(notifiers=[Notifier.of(one) for one in here.service.notifiers()])


async def document(request: Request) -> JSONResponse:
    """This API's description (OpenAPI)."""
    described: dict[str, Any] = request.app.openapi()
    return JSONResponse(described)
