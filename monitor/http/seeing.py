"""Restricted incidents over HTTP: who may see them, and what everybody else is shown of them."""

from dataclasses import dataclass
from functools import partial

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool

from monitor.http import reading
from monitor.http.access import Identity
from monitor.http.reading import Found
from monitor.http.site import Site
from monitor.incidents import rights
from monitor.telling import timeline
from monitor.telling.discretion import may_see, neutral, saw
from monitor.telling.timeline import Line


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident as whoever asks may see it: `hidden` where that is next to nothing."""

    found: Found
    timeline: list[Line]
    hidden: bool


def person(here: Site, who: Identity) -> str | None:
    """Which person of the configuration has this token or session; None where it is nobody."""
    try:
        return rights.actor(here.service.configuration, who.name, "").member
    except rights.Forbidden:
        return None


def is_named(here: Site, name: str) -> bool:
    """Whether that is somebody who may see what is restricted; a name alone does not prove it."""
    configuration = here.service.configuration
    try:
        who = rights.actor(configuration, name, "")
    except rights.Forbidden:
        return False
    return may_see(configuration, True, who.member)


def listed(here: Site, found: Found) -> Found:
    """An incident as lists show it to everybody: whoever may see more has to open it."""
    if not found.briefing.restricted:
        return found
    return Found(neutral(found.briefing, here.service.configuration), None)


async def look(here: Site, who: Identity, id: str, place: str) -> Seen:
    """The incident with exactly this id; a look at a restricted one is noted.

    Raises HTTPException where there is none.
    """
    seen = await run_in_threadpool(_seen, here, who, id)
    if seen.found.briefing.restricted and not seen.hidden:
        here.insist_on_ready()
        member, at = person(here, who) or who.name, here.service.now()
        await here.service.write(partial(saw, incident=id, person=member, place=place, at=at))
    return seen


def _seen(here: Site, who: Identity, id: str) -> Seen:
    with here.service.database.read() as connection:
        found = reading.one(connection, id)
        if found is None:
            raise no_such_incident()
        restricted = found.briefing.restricted
        if may_see(here.service.configuration, restricted, person(here, who)):
            return Seen(found, timeline.lines(connection, id), False)
    return Seen(listed(here, found), [], True)


def no_such_incident() -> HTTPException:
    """What to answer where there is none."""
    return HTTPException(404, "there is no such incident; GET /api/v1/incidents lists them")
