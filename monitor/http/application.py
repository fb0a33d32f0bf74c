"""The application: the routes behind their doors, at the boundary's mercy."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor import __version__, clock
from monitor.http import access, page
from monitor.http.access import Attempts, Door, Identity, SignInFirst, Tokens
from monitor.http.boundary import Boundary, restraints
from monitor.http.problems import PROBLEM, Problem, mistakes_of, problem
from monitor.http.rendering import SCRIPT, STYLE
from monitor.http.routes import API, ROUTES, Route
from monitor.http.site import Site, site_of
from monitor.service import Service
from monitor.store import StoreError

_BY_PLACE: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}
_HEADERS = restraints(STYLE, SCRIPT)
MOST_FIELDS = 50
"""Of a form: a topic of an incident that is split is one."""


def application(
    service: Service,
    registry: CollectorRegistry | None = None,
    *,
    wall: Callable[[], datetime] = clock.wall,
) -> FastAPI:
    """Everything that is served, for a daemon. Raises SecretMissing for a token that is no good.

    `wall` tells real time, by which sessions end. Serve it without an access log, whose lines would
    hold one-time links, and without believing headers of proxies: nothing here depends on them.
    """
    http = service.configuration.http
    made = Described(
        title="Seawall",
        version=__version__,
        summary="How much people write about a brand, and floods of it.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            StarletteHTTPException: _http,
            RequestValidationError: _invalid,
            StoreError: _store,
            SignInFirst: page.sign_in_first,
            Exception: _unexpected,
        },
    )
    made.state.site = Site(service, Tokens.read(http), registry, wall, Attempts(wall))
    made.router.route_class = Guarded
    for route in ROUTES:
        _add(made, route)
    made.add_middleware(Boundary, hosts=access.host_names(http), headers=_HEADERS)
    return made


class Described(FastAPI):
    """One whose document is made once somebody asks for it: that takes longer than to start."""

    def openapi(self) -> dict[str, Any]:
        """The API's document, and how one comes in."""
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


class Guarded(APIRoute):
    """A route that lets in those whom the table of routes names, before it reads anything."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request, behind its door."""
        method = next(iter(self.methods or ()))
        route, answer = _BY_PLACE[method, self.path], super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await _admit(request, route)
            if route.is_api and request.query_params and not self.dependant.query_params:
                raise HTTPException(422, "this takes no query parameters; leave them out")
            return await answer(request)

        return guarded


async def _admit(request: Request, route: Route) -> None:
    """Let the request in, or raise what to answer."""
    if route.door is not Door.TOKEN and request.method == "POST" and access.from_elsewhere(request):
        raise HTTPException(403, "This form came from another site; go to Seawall's own page.")
    if route.door in (Door.OPEN, Door.SIGNED):
        return
    site = site_of(request)
    if route.door is Door.TOKEN:
        identity = _by_token(site, request)
    else:
        identity = await run_in_threadpool(_by_cookie, site, request)
    if route.scope not in identity.scopes:
        raise HTTPException(403, f"{identity.name} lacks the scope `{route.scope}`")
    if route.door is Door.SESSION and request.method == "POST":
        form = await request.form(max_files=0, max_fields=MOST_FIELDS)
        if not access.is_form_word(identity.key, str(form.get("word", ""))):
            raise HTTPException(403, "This form is out of date; go back, reload, and try again.")
    request.state.identity = identity


def _by_token(site: Site, request: Request) -> Identity:
    token = access.shown_token(request)
    identity = site.tokens.of(token) if token else None
    if identity is None:
        wrong = "this token is not known" if token else "show a token: Authorization: Bearer …"
        raise HTTPException(401, wrong, headers={"WWW-Authenticate": 'Bearer realm="seawall"'})
    return identity


def _by_cookie(site: Site, request: Request) -> Identity:
    identity = page.signed_in(site, request)
    if identity is None:
        raise SignInFirst
    return identity


def _add(made: FastAPI, route: Route) -> None:
    made.router.add_api_route(
        route.path,
        route.handler,
        methods=[route.method],
        include_in_schema=route.is_api,
        response_model=None if not route.is_api else _answer(route),
        operation_id=route.handler.__name__ if route.is_api else None,
        responses=_failures(route) if route.is_api else {},
        summary=(route.handler.__doc__ or "").partition("\n")[0].partition(":")[0].rstrip("."),
        openapi_extra={"security": [{"token": [route.scope]}]} if route.is_api else None,
    )


def _answer(route: Route) -> Any:
    return route.handler.__annotations__["return"]


def _failures(route: Route) -> dict[int | str, dict[str, Any]]:
    """How a route of the API may refuse."""
    statuses = [400, 401, 403, 422, 503]
    statuses += [404] if "{id}" in route.path or route.path.endswith("/samples") else []
    statuses += {"act": [409], "ingest": [413]}.get(route.scope or "", [])
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM: {"schema": schema}}}
        for status in sorted(statuses)
    }


def _complete(described: dict[str, Any]) -> None:
    """Add to the API's document how one comes in, and how one is refused."""
    described["info"]["description"] = "Refusals are problem documents (RFC 9457)."
    components = described.setdefault("components", {})
    places = "#/components/schemas/{model}"
    told = Problem.model_json_schema(ref_template=places, mode="serialization")
    components["schemas"] |= {**told.pop("$defs"), "Problem": told}
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the configuration. Scopes: "
            + "; ".join(f"`{name}`: {words}" for name, words in access.SCOPES.items()),
        }
    }


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith((API, "/metrics", "/healthz", "/readyz", "/api/", "/slack/"))


def _tell(request: Request, status: int, detail: str, headers: Any = None) -> Response:
    if _is_for_programs(request):
        return problem(status, detail, headers=headers)
    told = page.problem_page(request, status, detail)
    told.headers.update(headers or {})
    return told


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, StarletteHTTPException):
        raise error
    detail = error.detail
    if error.status_code == 404 and detail == "Not Found":
        detail = "There is nothing here."
    return _tell(request, error.status_code, detail, error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if not _is_for_programs(request):
        return _tell(request, 404, "There is nothing here.")
    found = mistakes_of(error)
    first = f"{found[0].at} {found[0].problem}"
    return problem(422, first, mistakes=found)


async def _store(request: Request, error: Exception) -> Response:
    if not isinstance(error, StoreError):
        raise error
    detail = f"{error.public}; nothing was changed: send it again then"
    return _tell(request, 503, detail, {"Retry-After": "5"})


async def _unexpected(request: Request, _error: Exception) -> Response:
    told = _tell(request, 500, "something went wrong; Seawall's log says what")
    told.headers.update(_HEADERS)  # this one is answered outside of the boundary
    return told
