"""Every route, how one comes in to it, and what one must be allowed: the only list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from monitor.configuration.daemon import Scope
from monitor.http import (
    answer_page,
    api,
    doing,
    health,
    incident_page,
    ingestion,
    page,
    slack,
    words,
    words_page,
)
from monitor.http.access import Door

API = "/api/v1"
_MESSAGE = f"{API}/incidents/{{id}}/messages/{{number}}"


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
    Route("POST", f"{API}/incidents", Door.TOKEN, "act", doing.report),
    Route("POST", f"{API}/incidents/{{id}}/acknowledge", Door.TOKEN, "act", doing.acknowledge),
    Route("POST", f"{API}/incidents/{{id}}/resolve", Door.TOKEN, "act", doing.resolve),
    Route("POST", f"{API}/incidents/{{id}}/steps", Door.TOKEN, "act", doing.take_step),
    Route("POST", f"{API}/incidents/{{id}}/breach", Door.TOKEN, "act", doing.say_of_breach),
    Route("POST", f"{API}/incidents/{{id}}/merge", Door.TOKEN, "act", doing.merge),
    Route("POST", f"{API}/incidents/{{id}}/split", Door.TOKEN, "act", doing.split),
    Route("POST", f"{API}/incidents/{{id}}/undo", Door.TOKEN, "act", doing.undo),
    Route("GET", f"{API}/incidents/{{id}}/facts", Door.TOKEN, "read", words.facts),
    Route("POST", f"{API}/incidents/{{id}}/facts", Door.TOKEN, "act", words.step_fact),
    Route("GET", f"{API}/incidents/{{id}}/words", Door.TOKEN, "read", words.words),
    Route("GET", f"{API}/incidents/{{id}}/messages", Door.TOKEN, "read", words.messages),
    Route("POST", f"{API}/incidents/{{id}}/messages", Door.TOKEN, "act", words.draft_message),
    Route("POST", f"{API}/incidents/{{id}}/proposals", Door.TOKEN, "act", words.propose_message),
    Route("GET", _MESSAGE, Door.TOKEN, "read", words.message),
    Route("POST", f"{_MESSAGE}/steps", Door.TOKEN, "act", words.step_message),
    Route("POST", f"{API}/seals", Door.TOKEN, "act", words.seal),
    Route("GET", f"{API}/samples", Door.TOKEN, "read", api.samples),
    Route("GET", f"{API}/sources", Door.TOKEN, "read", api.sources),
    Route("GET", f"{API}/notifiers", Door.TOKEN, "read", api.notifiers),
    Route("POST", f"{API}/mentions", Door.TOKEN, "ingest", ingestion.mentions),
    Route("POST", f"{API}/counts", Door.TOKEN, "ingest", ingestion.counts),
    Route("POST", "/slack/interactions", Door.SIGNED, None, slack.interactions),
    Route("POST", "/slack/commands", Door.SIGNED, None, slack.commands),
    Route("POST", "/slack/events", Door.SIGNED, None, slack.events),
    Route("GET", "/", Door.SESSION, "read", page.home),
    Route("POST", "/incidents", Door.SESSION, "act", incident_page.report),
    Route("GET", "/incidents/{id}", Door.SESSION, "read", incident_page.incident),
    Route("POST", "/incidents/{id}", Door.SESSION, "act", incident_page.act),
    Route("GET", "/incidents/{id}/words", Door.SESSION, "read", words_page.spoken),
    Route("POST", "/incidents/{id}/words", Door.SESSION, "act", words_page.speak),
    Route("GET", "/answer", Door.OPEN, None, answer_page.asked),
    Route("POST", "/answer", Door.OPEN, None, answer_page.answer),
    Route("GET", "/sign-in", Door.OPEN, None, page.sign_in_form),
    Route("POST", "/sign-in", Door.OPEN, None, page.sign_in),
    Route("POST", "/sign-out", Door.SESSION, "read", page.sign_out),
)
