"""What people and programs do to incidents over the API, in the name of their token.

409 says why it cannot be done, and who was first; 403 that whoever asks may not do it.
"""

from typing import Annotated

from fastapi import HTTPException, Path
from fastapi.concurrency import run_in_threadpool

from alerts.incidents.incident import Refused
from alerts.incidents.steps import Step
from alerts.notifiers import Pressed
from monitor.http import reading, seeing
from monitor.http.access import Identity
from monitor.http.models import (
    BreachAsked,
    Done,
    IncidentLine,
    MergeAsked,
    Report,
    SplitAsked,
    StepAsked,
    UndoAsked,
)
from monitor.http.site import Here, Site, Whoever
from monitor.incidents import pressing, rights
from monitor.incidents.deeds import NoSuchIncident

Id = Annotated[str, Path(max_length=200, description="The incident's id, all of it.")]


async def acknowledge(here: Here, who: Whoever, id: Id) -> IncidentLine:
    """Take an incident in hand, in the name of the token. 409 where somebody has, or it is over."""
    return (await _do(here, who, Step.ACKNOWLEDGE, id)).incident


async def resolve(here: Here, who: Whoever, id: Id) -> IncidentLine:
    """Say that an incident is over, in the name of the token. 409 where it was before."""
    return (await _do(here, who, Step.RESOLVE, id)).incident


async def take_step(here: Here, who: Whoever, id: Id, asked: StepAsked) -> Done:
    """Take any step: acknowledge, assign, snooze, judge, … 409 where it cannot be taken."""
    return await _do(here, who, asked.step, id, asked.value, asked.note)


async def say_of_breach(here: Here, who: Whoever, id: Id, asked: BreachAsked) -> Done:
    """Say since when a data breach is known, or what is decided about notifying it."""
    return await _do(here, who, asked.what, id, asked.value, asked.note)


async def report(here: Here, who: Whoever, asked: Report) -> Done:
    """Report an incident, which no surge has opened."""
    return await _do(here, who, rights.OPEN, asked.brand, note=asked.what)


async def merge(here: Here, who: Whoever, id: Id, asked: MergeAsked) -> Done:
    """Make another incident a part of this one. 409 where they cannot be one."""
    await run_in_threadpool(insist, here, asked.part)
    return await _do(here, who, rights.MERGE, id, asked.part, asked.note)


async def split(here: Here, who: Whoever, id: Id, asked: SplitAsked) -> Done:
    """Make some topics of this incident one of their own. 409 where they cannot be."""
    return await _do(here, who, rights.SPLIT, id, " ".join(asked.topics), asked.note)


async def undo(here: Here, who: Whoever, id: Id, asked: UndoAsked) -> Done:
    """Undo the last merge or split of this incident. 409 where there is none."""
    return await _do(here, who, rights.UNDO, id, note=asked.note)


async def _do(
    here: Site, who: Identity, verb: str, about: str, value: str = "", note: str = ""
) -> Done:
    try:
        done = await press(here, Pressed(verb, about, who.name, "api", value, note))
    except rights.Forbidden as forbidden:
        raise HTTPException(403, str(forbidden)) from None
    except Refused as refused:
        raise HTTPException(409, str(refused)) from None
    found = await run_in_threadpool(insist, here, done.about)
    line = IncidentLine.of(seeing.listed(here, found))
    return Done(words=done.words, answer=done.answer, incident=line)


async def press(here: Site, pressed: Pressed) -> pressing.Done:
    """Do what somebody asks for. Raises Refused, and HTTPException where there is no such incident.

    Only a whole id will do: its beginning may mean another incident tomorrow.
    """
    if pressed.verb != rights.OPEN:
        await run_in_threadpool(insist, here, pressed.about)
    here.insist_on_ready()
    try:
        return await pressing.done(here.service, pressed)
    except NoSuchIncident:
        raise seeing.no_such_incident() from None


def insist(here: Site, id: str) -> reading.Found:
    """The incident with exactly this id. Raises HTTPException where there is none."""
    with here.service.database.read() as connection:
        found = reading.one(connection, id)
    if found is None:
        raise seeing.no_such_incident()
    return found
