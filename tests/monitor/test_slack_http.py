"""Slack over HTTP: only what it signed, answered at once, taken once; and what it looks up."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from alerts.briefings.instruction import Instruction
from alerts.incidents.incident import Refused, State
from alerts.notifiers import Pressed
from alerts.notifiers.slack import Desk
from monitor import clock
from monitor.configuration import loads
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.http import slack
from monitor.http.application import application
from monitor.store import situations, views
from monitor.telling import instructions
from monitor.telling.slack_desk import SlackDesk
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.conftest import PATIENCE_S
from tests.prometheus import until
from tests.service import RunningService, new_database, served, tell

SECRET = "signing-secret-of-a-workspace-that-does-not-exist"  # noqa: S105
ID = scenes.incident().id
NOW = scenes.DETECTED + timedelta(minutes=20)
PEOPLE = """
people:
  kari: {name: Kari Nygård, slack: U0KARIX, reach: [slack], rights: [act, lead]}
  ola: {name: Ola Vik, slack: U0OLAX, reach: [slack]}
teams:
  care: {name: Customer care, people: [kari, ola], channel: [slack],
    on_call: {people: [kari, ola], from: 2026-11-02T09:00, every: 7d}}
restricted: {people: [kari], channel: [crisis], name: Incident Fjord}
"""


@dataclass
class Scene:
    """A daemon whose Slack comes over HTTP, where it is served, and the double that it answers."""

    service: RunningService
    url: str
    double: SlackDouble

    def signed(self, path: str, body: str, **changed: str) -> httpx.Response:
        """Post as Slack does, with its signature, unless a header is `changed`."""
        at = str(int(clock.wall().timestamp()))
        at = changed.pop("timestamp", at)
        sign = SignatureVerifier(changed.pop("secret", SECRET)).generate_signature
        headers = {slack.TIMESTAMP: at, slack.SIGNATURE: str(sign(timestamp=at, body=body))}
        return httpx.post(
            f"{self.url}{path}", content=body, headers=headers | changed, timeout=PATIENCE_S
        )

    def pressed(self, payload: dict[str, Any], **changed: str) -> httpx.Response:
        return self.signed(
            "/slack/interactions", urlencode({"payload": json.dumps(payload)}), **changed
        )


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name, value in {"SLACK_BOT_TOKEN": "xoxb-fjordwing", "SIGNING": SECRET}.items():
        monkeypatch.setenv(name, value)
    double = SlackDouble(now=clock.wall, pace_s=0)
    with serving(double.app) as workspace:
        notify = (
            "notify:\n  - {kind: slack, channel: C0SEAWALL, app_token: null, "
            f"signing_secret: {{env: SIGNING}}, base_url: '{workspace}/api/'}}\n"
            "  - {kind: terminal, name: crisis}\n"
        )
        configuration = loads(f"{CONFIGURATION}\n{PEOPLE}\n{notify}")
        database = new_database(tmp_path / "seawall.db")
        service = RunningService(configuration, database, NOW)
        opened = replace(scenes.incident(), acknowledged_at=None, acknowledged_by=None)
        about = replace(scenes.briefing(), acknowledged_at=None, acknowledged_by=None)
        tell(database, opened, about)
        with served(application(service)) as url:
            yield Scene(service, url, double)
        database.close()


def press(action_id: str = "seawall_phone", user: str = "U0KARIX") -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": user, "name": "whatever"},
        "container": {"message_ts": "1.1", "channel_id": "C0SEAWALL"},
        "channel": {"id": "C0SEAWALL"},
        "trigger_id": "1.2",
        "actions": [
            {"action_id": action_id, "block_id": f"seawall/{ID}", "value": ID, "action_ts": "1.3"}
        ],
    }


def whispers(scene: Scene) -> dict[str | None, str]:
    return {m.to: m.now.text for m in scene.double.messages["C0SEAWALL"] if m.to}


def test_what_slack_signed_is_answered_at_once_and_taken_once(scene: Scene) -> None:
    held = threading.Event()
    write = scene.service.write

    async def slowly(change: Any) -> Any:
        await asyncio.to_thread(held.wait)
        return await write(change)

    scene.service.write = slowly  # type: ignore[method-assign]
    for _ in range(2):  # Slack sends again what it thinks was lost
        answer = scene.pressed(press())
        assert (answer.status_code, answer.content) == (200, b"")
    assert not whispers(scene)
    held.set()
    until(lambda: whispers(scene), "an answer to whoever pressed")
    with scene.service.database.read() as connection:
        incident = situations.one_incident(connection, ID)
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, "Kari Nygård")
    assert incident.revision == 2
    assert list(whispers(scene)) == ["U0KARIX"]


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "another"},
        {slack.SIGNATURE: ""},
        {slack.SIGNATURE: "v0=é"},
        {slack.TIMESTAMP: "yesterday"},
        {slack.TIMESTAMP: "²"},
        {slack.TIMESTAMP: "1e9"},
        {"timestamp": "1700000000"},
        {"timestamp": "4102444800"},
    ],
)
def test_what_is_not_signed_or_old_is_refused(scene: Scene, changed: dict[str, Any]) -> None:
    encoded = {
        key: value.encode() if key.startswith("X-") else value for key, value in changed.items()
    }
    assert scene.pressed(press(), **encoded).status_code == 401
    with scene.service.database.read() as connection:
        assert situations.one_incident(connection, ID).revision == 1


def test_without_a_secret_there_is_nothing(scene: Scene) -> None:
    notify = "notify: [{kind: terminal}]"
    scene.service.configuration = loads(f"{CONFIGURATION}\n{notify}")
    assert scene.pressed(press()).status_code == 404


def test_who_may_not_act_is_told_alone(scene: Scene) -> None:
    assert scene.pressed(press(user="U0NOBODY")).status_code == 200
    until(lambda: whispers(scene), "a refusal")
    [(who, said)] = whispers(scene).items()
    assert who == "U0NOBODY"
    assert "You are not one of the people on duty" in said


def test_slack_can_ask_whether_anybody_is_there(scene: Scene) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"})
    assert scene.signed("/slack/events", body).json() == {"challenge": "3eZbrw1aB"}
    assert scene.signed("/slack/events", "[1]").status_code == 400


def test_commands_and_the_home_work_over_http_too(scene: Scene) -> None:
    said = {"command": "/seawall", "text": "ack 10", "user_id": "U0OLAX", "user_name": "ola"}
    said |= {"channel_id": "C0SEAWALL", "trigger_id": "2.1"}
    assert scene.signed("/slack/commands", urlencode(said)).status_code == 200
    until(lambda: whispers(scene), "an answer")
    assert "acknowledged by Ola Vik, at a desk by" in whispers(scene)["U0OLAX"]
    event = {"type": "app_home_opened", "user": "U0KARIX", "tab": "home"}
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": event})
    assert scene.signed("/slack/events", body).status_code == 200
    until(lambda: scene.double.home("Kari"), "a home")
    shown = str(getattr(scene.double.home("Kari"), "view", ""))
    assert scenes.briefing().headline in shown
    assert "Customer care:" in shown
    assert "on call Kari Nygård until Mon 23 Nov, 09:00 CET" in shown


# the desk


def test_the_desk_is_one_that_slack_can_ask(scene: Scene) -> None:
    desk = SlackDesk(scene.service)
    assert isinstance(desk, Desk)
    assert desk.named("U0OLAX") == "Ola Vik"
    assert desk.named("U0NOBODY") == "U0NOBODY"
    assert desk.now() == NOW
    assert desk.brands() == ["fjordwing", "otherwing"]
    with pytest.raises(Refused, match="no incident 'nothing'"):
        asyncio.run(desk.incident("nothing", "U0OLAX"))


def test_the_newest_agent_brief_is_found(scene: Scene) -> None:
    desk = SlackDesk(scene.service)
    assert asyncio.run(desk.instruction(ID, "U0OLAX")) is None
    written = Instruction.written(true="Booking is down")
    with scene.service.database.write() as connection:
        instructions.publish(
            connection, scene.service.configuration, ID, written, "Kari Nygård", NOW
        )
    found = asyncio.run(desk.instruction(ID[:12], "U0OLAX"))
    assert found is not None
    assert found.true == ("Booking is down",)


def test_what_is_restricted_is_shown_to_named_people_whose_look_is_noted(scene: Scene) -> None:
    desk = SlackDesk(scene.service)
    asyncio.run(desk(Pressed("restrict", ID, "kari", "slack", address="U0KARIX")))
    for stranger in ("U0OLAX", "U0NOBODY"):
        [hidden] = asyncio.run(desk.open_incidents(stranger))
        assert hidden.headline == "Incident Fjord"
        with pytest.raises(Refused, match="only named people may see it"):
            asyncio.run(desk.incident(ID, stranger))
    with scene.service.database.read() as connection:
        assert views.of(connection, ID) == []
    shown = asyncio.run(desk.incident(ID, "U0KARIX"))
    assert "booking" in shown.headline
    with scene.service.database.read() as connection:
        [look] = views.of(connection, ID)
    assert (look.person, look.place) == ("kari", "slack")
