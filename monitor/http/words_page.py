"""The page of what is said in public: facts, drafts in each language, approval, copies to post."""

import json
from typing import Any
from urllib.parse import quote

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.incidents.incident import Refused
from alerts.incidents.steps import Step
from alerts.notifiers import Pressed
from alerts.words.approval import WAITING, MessageState, plain
from alerts.words.phases import Channel, Phase
from alerts.words.sentences import entered
from monitor.http import words
from monitor.http.access import Identity
from monitor.http.page import field, frame
from monitor.http.rendering import rendered
from monitor.http.site import Here, Site, Whoever
from monitor.incidents import rights
from monitor.words import answering, looking, proposing
from monitor.words.desk import Desk, at_desk
from monitor.words.drafts import Wanted

PLACE = "page"
PROPOSE = "propose"
"""Of a form: draft it and hand it in, as it was read."""
ASK_PROGRAM = "ask_program"
"""Of a form: have the configured program propose a draft in each language."""
LINK = "link"
"""Of a form: make a one-time link for a question."""

_OF_FACTS = (words.ANSWER, "confirm", "correct", "expire", "withdraw")
_SAID = ("kind", "value", "source", "evidence", "until")
_ASKED = ("kind", "question", "function", "owner", "due")


async def spoken(
    here: Here, who: Whoever, id: str, phase: str = "", channel: str = ""
) -> HTMLResponse:
    """What could be said now, what waits for whom, what is known."""
    return await _shown(here, who, id, phase, channel)


async def speak(here: Here, who: Whoever, id: str, request: Request) -> Response:
    """Does what a form asks for."""
    form = await request.form()
    phase, channel = field(form, "phase"), field(form, "channel")
    try:
        if field(form, "step") == PROPOSE:
            await _propose(here, who, id, form)
        elif field(form, "step") == ASK_PROGRAM:
            await _ask_program(here, who, id, phase, channel)
        elif field(form, "step") == LINK:
            link = await _link(here, who, id, field(form, "kind"), request)
            return await _shown(here, who, id, phase, channel, link=link)
        else:
            await _press(here, who, id, form)
    except Refused as refused:
        return await _shown(here, who, id, phase, channel, notice=str(refused), status=409)
    query = f"?phase={quote(phase)}&channel={quote(channel)}" if phase and channel else ""
    return RedirectResponse(f"/incidents/{quote(id, safe='')}/words{query}", 303)


async def _press(here: Site, who: Identity, id: str, form: FormData) -> None:
    """Do it to the incident, or to the message of it or of its parts that the form names."""
    pressed = _pressed(who, id, form)
    if "message" in form or pressed.about != id:
        known = await run_in_threadpool(words.messages_in, here, id)
        if pressed.about not in {one.id for one in known}:
            raise Refused(f"there is no message {pressed.about!r}")
    await words.press(here, id, pressed)


async def _propose(here: Site, who: Identity, id: str, form: FormData) -> None:
    """Draft what was read, and hand it in. Raises Refused; what was drafted stays, then."""
    await words.press(here, id, _pressed(who, id, form, "draft"))
    text, as_proposed = _own(form), _own(form) == _own(form, "proposed")
    phase = field(form, "proposed_phase" if as_proposed else "phase")
    read = (text, phase, field(form, "language"), field(form, "channel"))
    made = [
        one
        for one in await run_in_threadpool(words.messages_in, here, id)
        if one.state in WAITING and (one.text, one.phase, one.language, one.channel) == read
    ]
    if not made:
        raise Refused("what is known has changed since you read it: read the new draft")
    if made[-1].state in (MessageState.DRAFT, MessageState.RETURNED):
        await words.press(here, id, Pressed("submit", made[-1].id, who.name, PLACE))


async def _ask_program(here: Site, who: Identity, id: str, phase: str, channel: str) -> None:
    """Draft what the configured program proposes. Raises Refused."""
    if phase not in {*Phase} or channel not in {*Channel}:
        raise Refused("say in which phase, and where")
    wanted = Wanted(Phase(phase), Channel(channel))
    answer = await words.proposed(here, who, id, PLACE, wanted)
    await words.press(here, id, Pressed(proposing.PROPOSE, id, who.name, PLACE, answer))


async def _link(here: Site, who: Identity, id: str, kind: str, request: Request) -> str:
    """A link for whoever is asked, at the address that this page has. Raises Refused."""
    here.insist_on_ready()
    configuration, now = here.service.configuration, here.service.now()
    actor = rights.actor(configuration, who.name, PLACE)

    def made(connection: Connection) -> str:
        desk = at_desk(connection, configuration, id, actor, now, "ask")
        return answering.link(desk, kind, here.wall())

    secret = await here.service.write(made)
    at = configuration.http.url or str(request.base_url).rstrip("/")
    return f"{at}/answer?link={quote(secret, safe='')}"


def _pressed(who: Identity, id: str, form: FormData, step: str = "") -> Pressed:
    verb, about, value = step or field(form, "step"), id, ""
    if verb in _OF_FACTS:
        value = json.dumps({one: _text(form, one) for one in _SAID})
    elif verb == "ask":
        value = json.dumps({one: field(form, one) for one in _ASKED})
    elif verb == "draft":
        value = json.dumps(_wanted(form))
    else:
        about, value = field(form, "message"), _text(form, "value")
    return Pressed(verb, about, who.name, PLACE, value, field(form, "note"))


def _wanted(form: FormData) -> dict[str, Any]:
    """The draft that is wanted: from the playbook where its text is as it was proposed."""
    text, variant = _own(form), field(form, "variant")
    return {
        "phase": field(form, "phase"),
        "channel": field(form, "channel"),
        "languages": [field(form, "language")],
        "text": "" if text == _own(form, "proposed") else text,
        "variant": int(variant) if variant.isdecimal() else 0,
    }


async def _shown(
    here: Site,
    who: Identity,
    id: str,
    phase: str,
    channel: str,
    *,
    notice: str = "",
    link: str = "",
    status: int = 200,
) -> HTMLResponse:
    if phase not in {"", *Phase} or channel not in {"", *Channel}:
        raise HTTPException(404, "There is nothing here.")

    def look(at: Desk) -> dict[str, Any]:
        found = looking.look(
            at, phase=Phase(phase) if phase else None, channel=Channel(channel) if channel else None
        )
        return {
            "it": found,
            "kinds": entered(found.situation),
            "briefing": at.briefing,
            "break_glass": at.playbook.break_glass,
            "proposes": proposing.may(at, found.phase),
        }

    return rendered(
        "words.html",
        frame(here, who),
        status=status,
        notice=notice,
        link=link,
        phases=[*Phase],
        channels=[*Channel],
        **_allowed(here, who),
        **await words.read(here, who, id, PLACE, look),
    )


def _allowed(here: Site, who: Identity) -> dict[str, Any]:
    """As whom they act, and whether they may."""
    configuration, told = here.service.configuration, {"me": who.name, "may_act": False}
    if "act" not in who.scopes:
        return {**told, "may_lead": False, "why_not": ""}
    try:
        actor = rights.actor(configuration, who.name, PLACE)
        rights.insist(configuration, actor, Step.NOTE)
    except rights.Forbidden as forbidden:
        return {**told, "may_lead": False, "why_not": str(forbidden)}
    leads = actor.member is None or "lead" in configuration.people[actor.member].rights
    return {"me": actor.name, "may_act": True, "may_lead": leads, "why_not": ""}


def _text(form: FormData, name: str) -> str:
    """What was typed, with the ends of lines that it had: browsers send others."""
    return field(form, name).replace("\r\n", "\n")


def _own(form: FormData, name: str = "text") -> str:
    """The text of a message as it is stored."""
    return plain(_text(form, name).strip())
