"""People at the desk over the API: what they ask for, and what they are told."""

from dataclasses import replace
from typing import Any

import httpx

from tests.alerts import scenes
from tests.monitor.words.conftest import ID
from tests.service import RunningService, tell

PLACE = f"/api/v1/incidents/{ID}"


def fact(client: httpx.Client, step: str, kind: str, value: str = "") -> httpx.Response:
    return client.post(f"{PLACE}/facts", json={"step": step, "kind": kind, "value": value})


def drafted(client: httpx.Client, phase: str = "seen", **more: Any) -> dict[str, Any]:
    """A new German message, submitted."""
    asked = {"phase": phase, "languages": ["de"], **more}
    [made] = client.post(f"{PLACE}/messages", json=asked).json()["messages"]
    [submitted] = step(client, made, "submit").json()["messages"]
    return dict(submitted)


def step(client: httpx.Client, one: dict[str, Any], name: str, **more: str) -> httpx.Response:
    number = one["message"]["id"].rpartition("/")[2]
    return client.post(f"{PLACE}/messages/{number}/steps", json={"step": name, **more})


def approve(client: httpx.Client, one: dict[str, Any]) -> httpx.Response:
    return step(client, one, "approve", value=one["sha256"])


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("detail", "")


def merged(service: RunningService, people: dict[str, httpx.Client], flights: str = "") -> str:
    """The id of another incident, that has a message, and has become the whole of the first."""
    other = replace(scenes.incident(), id="fjordwing-aaaaaaaa", surges=())
    tell(service.database, other, replace(scenes.briefing(about=other), languages={"de": 1}))
    place = f"/api/v1/incidents/{other.id}"
    people["ida"].post(f"{place}/messages", json={"phase": "seen", "languages": ["de"]})
    if flights:
        said = {"step": "confirm", "kind": "flights", "value": flights}
        people["ola"].post(f"{place}/facts", json=said).raise_for_status()
    people["nora"].post(f"{place}/merge", json={"part": ID}).raise_for_status()
    return other.id
