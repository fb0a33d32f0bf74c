"""The API: incidents and the steps that people take, samples, sources, notifiers."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from alerts.incidents import Refused, State
from alerts.steps import Deed, Step
from detectors import Series
from monitor.configuration import Configuration
from monitor.configuration.values import nearest
from monitor.deeds import NoSuchIncident
from monitor.http import reading
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
from monitor.http.site import Here, Site, Whoever
from monitor.store import situations
from monitor.store.schema import EPOCH

Id = Annotated[str, Path(max_length=200, description="The incident's id, all of it.")]


def incidents(here: Here, asked: Annotated[IncidentQuery, Query()]) -> Incidents:
    """Incidents, newest detection first."""
    states = [asked.state] if asked.state else list(State)
    with here.service.database.read() as connection:
        if asked.before is not None and not reading.is_incident(connection, asked.before):
            raise HTTPException(422, "query.before is no incident; take it from `next`")
        found = reading.newest(connection, states, asked.limit + 1, asked.before)
    more, shown = len(found) > asked.limit, found[: asked.limit]
    return Incidents(
        incidents=[IncidentLine.of(one) for one in shown],
        next=shown[-1].briefing.incident if more else None,
    )


def incident(here: Here, id: Id) -> IncidentWhole:
    """An incident with its newest briefing and its timeline."""
    with here.service.database.read() as connection:
        found = reading.one(connection, id)
        if found is None:
            raise no_such_incident()
        return IncidentWhole.told(found, situations.timeline(connection, id))


async def acknowledge(here: Here, who: Whoever, id: Id) -> IncidentLine:
    """Take an incident in hand, in the name of the token. 409 where somebody has, or it is over."""
    return await _act(here, id, Deed(Step.ACKNOWLEDGE, who.name, "api"))


async def resolve(here: Here, who: Whoever, id: Id) -> IncidentLine:
    """Say that an incident is over, in the name of the token. 409 where it was before."""
    return await _act(here, id, Deed(Step.RESOLVE, who.name, "api"))


async def _act(here: Site, id: str, deed: Deed) -> IncidentLine:
    try:
        await take_step(here, id, deed)
    except Refused as refused:
        raise HTTPException(409, str(refused)) from None
    found = await run_in_threadpool(find, here, id)
    return IncidentLine.of(found)


async def take_step(here: Site, id: str, deed: Deed) -> None:
    """Take a person's step. Raises Refused, and HTTPException where there is no such incident.

    Only a whole id will do: its beginning may mean another incident tomorrow.
    """
    await run_in_threadpool(find, here, id)
    here.insist_on_ready()
    try:
        await here.service.act(id, deed)
    except NoSuchIncident:
        raise no_such_incident() from None


def find(here: Site, id: str) -> reading.Found:
    """The incident with exactly this id. Raises HTTPException."""
    with here.service.database.read() as connection:
        found = reading.one(connection, id)
    if found is None:
        raise no_such_incident()
    return found


def no_such_incident() -> HTTPException:
    """What to answer where there is none."""
    return HTTPException(404, "there is no such incident; GET /api/v1/incidents lists them")


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
    topics = configuration.topics_of(asked.brand)
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
