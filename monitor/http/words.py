"""Words for the public over the API: facts, messages, and the steps on both."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool

from alerts.incidents.incident import Refused
from alerts.notifiers import Pressed
from alerts.words.approval import Message
from monitor.http import doing, seeing
from monitor.http.access import Identity
from monitor.http.doing import Id
from monitor.http.site import Here, Site, Whoever
from monitor.http.words_models import (
    DraftAsked,
    Entry,
    FactAsked,
    Facts,
    Messages,
    MessageStep,
    MessageWhole,
    ProposalAsked,
    SealAsked,
    Sealed,
    WordsDone,
    WordsQuery,
)
from monitor.incidents import pressing, rights
from monitor.store import facts as known_facts
from monitor.store import joints
from monitor.store import messages as stored
from monitor.words import desk, fact_desk, looking, proposing
from monitor.words.desk import Desk
from monitor.words.drafts import Wanted
from monitor.words.looking import Look

T = TypeVar("T")

Number = Annotated[int, Path(ge=1, description="Which of the incident's messages.")]
API = "api"

ANSWER = "fact"
"""The verb of saying what one knows."""


async def facts(here: Here, who: Whoever, id: Id) -> Facts:
    """What is known of an incident, and what was asked of whom."""
    return await read(here, who, id, API, _facts)


async def words(here: Here, who: Whoever, id: Id, asked: Annotated[WordsQuery, Query()]) -> Look:
    """What could be said now: what is known, a draft per language, and the messages there are."""

    def look(at: Desk) -> Look:
        languages = [asked.language] if asked.language else []
        return looking.look(at, phase=asked.phase, channel=asked.channel, languages=languages)

    return await read(here, who, id, API, look)


async def messages(here: Here, who: Whoever, id: Id) -> Messages:
    """The messages of an incident, and who must do what with them."""
    return await read(here, who, id, API, lambda at: Messages(messages=[*looking.messages_of(at)]))


async def message(here: Here, who: Whoever, id: Id, number: Number) -> MessageWhole:
    """One message with all that was done to it."""
    return await read(here, who, id, API, lambda at: _message(at, f"{id}/{number}"))


async def step_fact(here: Here, who: Whoever, id: Id, asked: FactAsked) -> WordsDone:
    """Say, confirm, correct, end, withdraw or ask for a fact. 409 where that cannot be."""
    said = asked.model_dump(exclude={"step"}, exclude_defaults=True)
    verb = ANSWER if asked.step == "answer" else asked.step
    return await _do(here, who, id, verb, id, json.dumps(said))


async def draft_message(here: Here, who: Whoever, id: Id, asked: DraftAsked) -> WordsDone:
    """Draft a message in each language, over what is confirmed. 409 where there are no words."""
    return await _do(here, who, id, "draft", id, asked.model_dump_json())


async def propose_message(here: Here, who: Whoever, id: Id, asked: ProposalAsked) -> WordsDone:
    """Have the configured program propose a draft in each language. 409 where there is none."""
    wanted = Wanted(asked.phase, asked.channel, tuple(asked.languages))
    answer = await _refusing(proposed(here, who, id, API, wanted))
    return await _do(here, who, id, proposing.PROPOSE, id, answer)


async def proposed(here: Site, who: Identity, id: str, place: str, wanted: Wanted) -> str:
    """What the configured program answers, as the value of its verb. Raises Refused."""
    question = await read(here, who, id, place, lambda at: proposing.question(at, wanted))
    return await proposing.answer(here.service.configuration.propose, question)


async def step_message(
    here: Here, who: Whoever, id: Id, number: Number, asked: MessageStep
) -> WordsDone:
    """Take a message a step on its way: submit, approve, return, … 409 where it cannot be taken."""
    return await _do(here, who, id, asked.step, f"{id}/{number}", asked.value, asked.note)


async def seal(here: Here, who: Whoever, asked: SealAsked) -> Sealed:
    """Approve templates in advance, or take that back. 409 where there is none of that name."""
    here.insist_on_ready()
    pressed = Pressed(asked.step, asked.what, who.name, API)
    return Sealed(words=(await _refusing(pressing.done(here.service, pressed))).words)


async def read(here: Site, who: Identity, id: str, place: str, what: Callable[[Desk], T]) -> T:
    """Look at the desk of an incident; a look at a restricted one is noted.

    Raises HTTPException where there is none, and where they may not see it.
    """
    seen = await seeing.look(here, who, id, place)
    if seen.hidden:
        raise HTTPException(403, f"{id} is restricted: only those who may see it see its words")
    return await run_in_threadpool(_read, here, who, id, place, what)


def _read(here: Site, who: Identity, id: str, place: str, what: Callable[[Desk], T]) -> T:
    configuration = here.service.configuration
    try:
        actor = rights.actor(configuration, who.name, place)
    except rights.Forbidden:
        actor = rights.Actor(who.name, place)
    with here.service.database.read() as connection:
        return what(desk.looking(connection, configuration, id, actor, here.service.now()))


async def press(here: Site, id: str, pressed: Pressed) -> pressing.Done:
    """Do what somebody asks for. Raises Refused, and HTTPException where there is no incident."""
    await run_in_threadpool(doing.insist, here, id)
    here.insist_on_ready()
    return await pressing.done(here.service, pressed)


async def _do(
    here: Site, who: Identity, id: str, verb: str, about: str, value: str = "", note: str = ""
) -> WordsDone:
    before = await run_in_threadpool(messages_in, here, id)
    done = await _refusing(press(here, id, Pressed(verb, about, who.name, API, value, note)))
    return await run_in_threadpool(_read, here, who, id, API, lambda at: _done(at, done, before))


async def _refusing(doing_it: Awaitable[T]) -> T:
    try:
        return await doing_it
    except rights.Forbidden as forbidden:
        raise HTTPException(403, str(forbidden)) from None
    except Refused as refused:
        raise HTTPException(409, str(refused)) from None


def messages_in(here: Site, id: str) -> list[Message]:
    """Every message of an incident, or of the one whose part it is."""
    with here.service.database.read() as connection:
        return stored.of(connection, joints.whole(connection, id))


def _done(at: Desk, done: pressing.Done, before: list[Message]) -> WordsDone:
    changed = [one for one in looking.messages_of(at) if one.message not in before]
    return WordsDone(words=done.words, facts=[*looking.known(at)], messages=changed)


def _facts(at: Desk) -> Facts:
    return Facts(
        facts=[*looking.known(at)],
        requests=known_facts.requests(at.connection, at.id),
        contradicted=[*fact_desk.contradicted(at)],
    )


def _message(at: Desk, id: str) -> MessageWhole:
    found = [one for one in looking.messages_of(at) if one.message.id == id]
    if not found:
        raise HTTPException(404, f"there is no message {id}")
    trail = [_entry(one) for one in stored.trail(at.connection, id)]
    return MessageWhole(standing=found[0], history=trail)


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(**{name: row[name] for name in Entry.model_fields})
