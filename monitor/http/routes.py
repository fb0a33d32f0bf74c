"""Every route, how one comes in to it, and what one must be allowed: the only list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from monitor.configuration.daemon import Scope
from monitor.http import api, health, ingestion, page
from monitor.http.access import Door

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, and who may use it; `scope` is None where the door is open."""

    method: Literal["GET", "POST"]
    path: str
    door: Door
    scope: Scope | None
    handler: Callable[..., Any]

    @property
    def is_api(self) -> bool:
        """Whether the API's document describes it."""
        return self.path.startswith(API) and self.door is Door.TOKEN


ROUTES: tuple[Route, ...] = (
    Route("GET", "/healthz", Door.OPEN, None, health.alive),
    Route("GET", "/readyz", Door.OPEN, None, health.ready),
    Route("GET", "/metrics", Door.TOKEN, "metrics", health.metrics),
    Route("GET", f"{API}/openapi.json", Door.OPEN, None, api.document),
    Route("GET", f"{API}/incidents", Door.TOKEN, "read", api.incidents),
    Route("GET", f"{API}/incidents/{{id}}", Door.TOKEN, "read", api.incident),
    Route("POST", f"{API}/incidents/{{id}}/acknowledge", Door.TOKEN, "act", api.acknowledge),
    Route("POST", f"{API}/incidents/{{id}}/resolve", Door.TOKEN, "act", api.resolve),
    Route("GET", f"{API}/samples", Door.TOKEN, "read", api.samples),
    Route("GET", f"{API}/sources", Door.TOKEN, "read", api.sources),
    Route("GET", f"{API}/notifiers", Door.TOKEN, "read", api.notifiers),
    Route("POST", f"{API}/mentions", Door.TOKEN, "ingest", ingestion.mentions),
    Route("POST", f"{API}/counts", Door.TOKEN, "ingest", ingestion.counts),
    Route("GET", "/", Door.SESSION, "read", page.home),
    Route("GET", "/incidents/{id}", Door.SESSION, "read", page.incident),
    Route("POST", "/incidents/{id}/acknowledge", Door.SESSION, "act", page.acknowledge),
    Route("POST", "/incidents/{id}/resolve", Door.SESSION, "act", page.resolve),
    Route("GET", "/sign-in", Door.OPEN, None, page.sign_in_form),
    Route("POST", "/sign-in", Door.OPEN, None, page.sign_in),
    Route("POST", "/sign-out", Door.SESSION, "read", page.sign_out),
)
