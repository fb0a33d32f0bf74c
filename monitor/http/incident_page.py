"""The page of an incident: its briefing, what happened, and forms for all that people can do."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import LABELS
from alerts.briefings.news import VERDICTS
from alerts.incidents.incident import Refused, Severity
from alerts.incidents.steps import Step
from alerts.notifiers import Pressed
from alerts.plain_text import visible
from monitor.http import doing, reading, seeing
from monitor.http.access import Identity
from monitor.http.page import field, frame
from monitor.http.rendering import rendered
from monitor.http.site import Here, Site, Whoever
from monitor.incidents import rights
from monitor.reporting.clock import clock
from monitor.store import calls, joints, messages, situations
from monitor.telling import instructions, loose_ends, timeline

OTHERS_OFFERED = 20
"""So many incidents are offered to be merged with."""


async def incident(here: Here, who: Whoever, id: str, more: bool = False) -> HTMLResponse:
    """One incident: its briefing, what people ask, what to answer; with `more` what else to do.

    That keeps itself up to date, and where one fills in forms it stays as it is.
    """
    return await _shown(here, who, id, more=more)


async def act(here: Here, who: Whoever, id: str, request: Request) -> Response:
    """Does what a form asks for."""
    form = await request.form()
    verb, value = field(form, "step"), " ".join(map(str, form.getlist("value")))
    if verb == rights.INSTRUCT:
        value = json.dumps({part: field(form, part) for part in LABELS})
    pressed = Pressed(verb, id, who.name, "page", value, field(form, "note"))
    try:
        done = await doing.press(here, pressed)
    except Refused as refused:
        return await _shown(here, who, id, notice=str(refused), status=409)
    return await _shown(here, who, id, notice=done.answer) if done.answer else _to(id)


async def report(here: Here, who: Whoever, request: Request) -> Response:
    """Opens an incident that a person reports."""
    form = await request.form()
    brand, what = field(form, "brand"), field(form, "what")
    try:
        done = await doing.press(here, Pressed(rights.OPEN, brand, who.name, "page", note=what))
    except Refused as refused:
        return rendered("problem.html", frame(here, who), status=409, detail=str(refused))
    return _to(done.about)


def _to(id: str) -> RedirectResponse:
    return RedirectResponse(f"/incidents/{quote(id, safe='')}", 303)


async def _shown(
    here: Site, who: Identity, id: str, notice: str = "", status: int = 200, more: bool = True
) -> HTMLResponse:
    seen = await seeing.look(here, who, id, "page")
    briefing = seen.found.briefing
    told: dict[str, Any] = dict.fromkeys(("readers", "late", "words", "open", "contradicted"), ())
    told |= {"brief": None, "written": None, "reached": {}}
    offered: dict[str, Any] = {"may_act": False, "may_lead": False, "why_not": "", "reader": None}
    if not seen.hidden:
        told = await run_in_threadpool(_told, here, briefing)
    if "act" in who.scopes and not seen.hidden:
        offered = await run_in_threadpool(_offered, here, who, briefing)
    return rendered(
        "incident.html",
        frame(here, who),
        status=status,
        found=seen.found,
        briefing=briefing,
        hidden=seen.hidden,
        timeline=[line for line in seen.timeline if line.kind not in timeline.UNTOLD],
        messages=_messages(briefing),
        labels=LABELS,
        duty_list=here.service.configuration.duty_list,
        notice=notice,
        more=more,
        **told,
        **offered,
    )


def _told(here: Site, briefing: Briefing) -> dict[str, Any]:
    """What agents are told, who has read it, who was reached, what is late, what is said."""
    id, zone, now = briefing.incident, briefing.timezone, here.service.now()
    with here.service.database.read() as connection:
        written = instructions.newest(connection, id)
        brief = written and loose_ends.as_read(connection, id, written, zone, now)
        still = loose_ends.loose_ends(connection, id, briefing.languages, zone, now)
        not_so = loose_ends.contradicted(connection, id, written, zone, now)
        readers = instructions.readers(connection, id, written.revision) if written else {}
        reached = calls.reached_for(connection, [id]).get(id, ())
        stand = Counter(one.state for one in messages.of(connection, id))
        one = situations.one_incident(connection, id)
        late = clock(connection, here.service.configuration, one, now).breaches()
    people = here.service.configuration.people
    return {
        "brief": brief,
        "written": written,
        "contradicted": not_so,
        "open": still,
        "readers": [people[one].name if one in people else one for one in readers],
        "reached": {one.function: one for one in reached},
        "late": late,
        "words": [f"{many} {state}" for state, many in stand.items()],
    }


def _offered(here: Site, who: Identity, briefing: Briefing) -> dict[str, Any]:
    """What whoever looks may do, and what the forms for it offer to choose from."""
    configuration = here.service.configuration
    with here.service.database.read() as connection:
        going_on = reading.newest(connection, reading.UNRESOLVED, OTHERS_OFFERED)
        joint = joints.newest(connection, briefing.incident)
    why_not = _why_not(here, who, Step.NOTE)
    return {
        "may_act": not why_not,
        "may_lead": not _why_not(here, who, rights.MERGE),
        "may_restrict": not _why_not(here, who, Step.RESTRICT),
        "why_not": why_not,
        "reader": _name(here, who),
        "names": [
            *(person.name for person in configuration.people.values()),
            *(team.name for team in configuration.teams.values()),
        ],
        "others": _others(briefing, [seeing.listed(here, one) for one in going_on]),
        "topics": {line.topic: line.name for line in briefing.topics if line.topic != "all"},
        "joint": joint and ("merge" if joint[1].is_merge else "split"),
        "severities": [one for one in Severity if one is not briefing.severity],
        "verdicts": {v: said for v, said in VERDICTS.items() if v is not briefing.verdict},
    }


def _name(here: Site, who: Identity) -> str | None:
    """As whom they act; None where they are nobody in the configuration."""
    try:
        return rights.actor(here.service.configuration, who.name, "page").name
    except rights.Forbidden:
        return None


def _why_not(here: Site, who: Identity, verb: str) -> str:
    """Why somebody may not do something; empty where they may."""
    configuration = here.service.configuration
    try:
        rights.insist(configuration, rights.actor(configuration, who.name, "page"), verb)
    except rights.Forbidden as forbidden:
        return str(forbidden)
    return ""


def _others(briefing: Briefing, found: Sequence[reading.Found]) -> dict[str, str]:
    """What it could be merged with, by id."""
    return {
        one.briefing.incident: one.briefing.headline
        for one in found
        if one.briefing.incident != briefing.incident and one.briefing.brand == briefing.brand
    }


def _messages(briefing: Briefing) -> dict[str, str]:
    """The holding messages, line by line as they are."""
    return {
        language: "\n".join(visible(line) for line in message.splitlines())
        for language, message in briefing.holding_messages.items()
    }
