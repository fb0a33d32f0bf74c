"""The page behind a one-time link: one question, and its answer."""

from functools import partial

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from alerts.incidents.incident import Refused
from alerts.words.kinds import KINDS
from monitor.http.page import field
from monitor.http.rendering import rendered
from monitor.http.site import Here, Site
from monitor.store import facts
from monitor.words import answering
from monitor.words.fact_desk import Said


async def asked(here: Here, link: str = "") -> HTMLResponse:
    """The question that a link asks; looking at it does not use the link up."""
    return await _shown(here, link)


async def answer(here: Here, request: Request) -> HTMLResponse:
    """Takes the answer, once."""
    form = await request.form(max_files=0, max_fields=10)
    link = field(form, "link")
    found = await run_in_threadpool(_question, here, link)
    if found is None:
        return await _shown(here, link)
    here.insist_on_ready()
    value, evidence = field(form, "value").replace("\r\n", "\n"), field(form, "evidence")
    said = Said(found.kind, value, source=found.function, evidence=evidence)
    service = here.service
    take = partial(
        answering.answer,
        configuration=service.configuration,
        secret=link,
        said=said,
        name=field(form, "name"),
        now=service.now(),
        wall=here.wall(),
    )
    try:
        told = await service.write(take)
    except Refused as refused:
        return await _shown(here, link, str(refused), 409)
    return rendered("answer.html", {}, told=told, request=None, problem="")


async def _shown(here: Site, link: str, problem: str = "", status: int = 200) -> HTMLResponse:
    found = await run_in_threadpool(_question, here, link)
    if found is None:
        return rendered(
            "answer.html", {}, status=410, told="", request=None, problem=answering.USED
        )
    more = {"kind": KINDS[found.kind], "link": link, "problem": problem}
    zone = here.service.configuration.timezone
    return rendered("answer.html", {}, status=status, told="", request=found, zone=zone, **more)


def _question(here: Site, link: str) -> facts.Request | None:
    with here.service.database.read() as connection:
        return answering.question(connection, link, here.wall())
