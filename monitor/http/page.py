"""The page: what is going on, and signing in."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.incidents.incident import State
from alerts.plain_text import visible
from alerts.wording import platform
from detectors import State as SeriesState
from monitor.http import access, reading, seeing
from monitor.http.rendering import rendered
from monitor.http.site import Here, Site, Whoever, site_of
from monitor.incidents import rights
from monitor.service import Health, NotifierStatus, Reading, SourceStatus
from monitor.store import access as kept

RESOLVED_SHOWN = 10
OPEN_SHOWN = 50
_LONGEST_NAME = 60
_INSIDE = re.compile(r"/(incidents/[A-Za-z0-9-]{1,200}(/words)?)?")


async def home(here: Here, who: Whoever) -> HTMLResponse:
    """What is going on, what calls people first; then what was resolved lately, and the sources."""
    service = here.service
    unresolved, resolved = await run_in_threadpool(_incidents, here)
    sources, notifiers = service.sources(), service.notifiers()
    return rendered(
        "home.html",
        frame(here, who),
        may_act="act" in who.scopes,
        brands={id: one.name for id, one in service.configuration.brands.items() if one.ours},
        unresolved=unresolved,
        resolved=resolved,
        now=service.now(),
        sources=sources,
        notifiers=notifiers,
        troubles=[*_blind_spots(sources), *_unreachable(notifiers)],
        learning=[*_learning(service.readings())],
    )


def _learning(readings: Sequence[Reading]) -> Iterator[str]:
    """Where too little was observed yet to judge what people write."""
    for one in readings:
        known = one.state != SeriesState.MISSING
        young = int((one.state == SeriesState.WARMING_UP).sum())
        if young:
            series = f"{young} of {int(known.sum())} series on {platform(one.platform)}"
            yield f"Warming up: {series}. What is usual there is not known yet."


def _blind_spots(sources: Sequence[SourceStatus]) -> Iterator[str]:
    """Where Seawall does not see: what happens there is not known."""
    for one in sources:
        if one.blind or one.health is Health.FAILING:
            yield f"{one.name} is not seen: what people write there is not known."


def _unreachable(notifiers: Sequence[NotifierStatus]) -> Iterator[str]:
    """Where people cannot be told."""
    for one in notifiers:
        if one.health is Health.FAILING:
            waiting = f"; {one.waiting} waiting" if one.waiting else ""
            yield f"{one.name} cannot be told{waiting}."


def _incidents(here: Site) -> tuple[list[reading.Found], list[reading.Found]]:
    with here.service.database.read() as connection:
        unresolved = reading.newest(connection, reading.UNRESOLVED, OPEN_SHOWN)
        unresolved.sort(
            key=lambda found: (not found.briefing.calls, found.briefing.state is not State.OPEN)
        )
        resolved = reading.newest(connection, [State.RESOLVED], RESOLVED_SHOWN)
        return [seeing.listed(here, one) for one in unresolved], [
            seeing.listed(here, one) for one in resolved
        ]


async def sign_in_form(here: Here, request: Request) -> Response:
    """Asks for a name, where one comes with a link, else for a token.

    Looking at it does not use a link up: programs that make previews look, too. A browser that
    comes from another site has not shown its cookie yet; sent here once more, it does.
    """
    to, link = _inside(request.query_params.get("to")), request.query_params.get("link")
    good = link is not None and await run_in_threadpool(_is_good, here, link)
    if not good and await run_in_threadpool(signed_in, here, request) is not None:
        return RedirectResponse(to, 303)
    if link is not None and not good:
        return _sign_in(_USED, status=410)
    look_again = None
    if link is None and "to" in request.query_params and "again" not in request.query_params:
        look_again = "/sign-in?" + urlencode({"to": to, "again": 1})
    whose = await run_in_threadpool(_whose, here, link) if link else None
    return _sign_in(link=link, to=to, look_again=look_again, whose=whose)


_USED = "This link was used or has expired. Ask for a new one: seawall sign-in"


def _sign_in(problem: str = "", status: int = 200, **more: Any) -> HTMLResponse:
    return rendered("sign_in.html", {"problem": problem, **more}, status=status)


async def sign_in(here: Here, request: Request) -> Response:
    """Begins a session for who has a link and says a name, or has a token that may read."""
    if here.attempts.too_many:
        refused = _sign_in("Too many attempts. Wait a minute, then try again.", 429)
        refused.headers["Retry-After"] = "60"
        return refused
    form = await request.form(max_files=0, max_fields=10)
    to, link = _inside(field(form, "to")), field(form, "link")
    if link:
        whose = await run_in_threadpool(_whose, here, link)
        name = whose or " ".join(visible(field(form, "name")).split())
        if not 0 < len(name) <= _LONGEST_NAME or access.is_ours(name):
            problem = f"Say who you are, in {_LONGEST_NAME} characters or less."
            return _sign_in(problem, 422, link=link, to=to)
        if seeing.is_named(here, name):
            problem = f"{name} sees what is restricted, and has to show a token of their own."
            return _sign_in(problem, 403, link=link, to=to)
        if whose is None and rights.is_somebody(here.service.configuration, name):
            problem = f"{name} signs in with their own link: seawall sign-in --as {name}"
            return _sign_in(problem, 422, link=link, to=to)
        value = await run_in_threadpool(_redeem, here, link, name)
        problem, status = _USED, 410
    else:
        value, problem, status = await run_in_threadpool(_by_token, here, field(form, "token"))
    if value is None:
        here.attempts.failed()
        return _sign_in(problem, status, to=to)
    response = RedirectResponse(to, 303)
    secure = access.is_https(request, here.service.configuration.http)
    access.keep_cookie(response, value, secure=secure)
    return response


def _by_token(here: Site, token: str) -> tuple[str | None, str, int]:
    holder = here.tokens.of(token.strip())
    if holder is None:
        return None, "No such token. Tokens are named in the configuration, under http.", 401
    if "read" not in holder.scopes:
        return None, "This token may not read incidents; the page needs the scope read.", 403
    with here.service.database.write() as connection:
        digest = kept.digest(holder.key)
        value = kept.begin_session(connection, holder.name, holder.scopes, digest, here.wall())
    return value, "", 200


def _redeem(here: Site, link: str, name: str) -> str | None:
    with here.service.database.write() as connection:
        return kept.redeem(connection, link, name, here.wall())


def _whose(here: Site, link: str) -> str | None:
    with here.service.database.read() as connection:
        return kept.holder(connection, link, here.wall())


def _is_good(here: Site, link: str) -> bool:
    with here.service.database.read() as connection:
        return kept.link_is_good(connection, link, here.wall())


async def sign_out(here: Here, who: Whoever) -> Response:
    """Ends the session."""
    await run_in_threadpool(_end, here, who.key)
    response = RedirectResponse("/sign-in", 303)
    access.drop_cookie(response)
    return response


def _end(here: Site, value: str) -> None:
    with here.service.database.write() as connection:
        kept.end_session(connection, value)


def signed_in(here: Site, request: Request) -> access.Identity | None:
    """Who uses this browser, by its cookie."""
    value = access.shown_cookie(request)
    if not value:
        return None
    with here.service.database.read() as connection:
        session = kept.session(connection, value, here.wall())
    scopes = here.tokens.still_lets(session) if session else None
    if session is None or scopes is None:
        return None
    if session.token is None and seeing.is_named(here, session.name):
        return None
    return access.Identity(session.name, scopes, value)


async def sign_in_first(request: Request, _problem: Exception) -> Response:
    """Where a browser goes that is not signed in, and where it goes on from there."""
    to = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/sign-in?" + urlencode({"to": _inside(to)}), 303)


def problem_page(request: Request, status: int, detail: str) -> HTMLResponse:
    """What went wrong, for people."""
    zone = site_of(request).service.configuration.timezone
    return rendered("problem.html", {"detail": detail, "zone": zone}, status=status)


def frame(here: Site, who: access.Identity) -> dict[str, Any]:
    """What every page of somebody who is signed in shows."""
    return {
        "who": who.name,
        "word": access.form_word(who.key),
        "zone": here.service.configuration.timezone,
    }


def _inside(path: str | None) -> str:
    """A path of this page to go on to; home where it is anything else."""
    return path if path and _INSIDE.fullmatch(path) else "/"


def field(form: FormData, name: str) -> str:
    """What a form says; nothing where it does not."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
