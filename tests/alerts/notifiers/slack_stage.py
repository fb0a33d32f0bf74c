"""A workspace of Slack for tests: the double, and a notifier that posts there."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.incidents.incident import Reason, Refused, State
from alerts.notifiers import Act, Notification, NotifierError, Places, Pressed
from alerts.notifiers._slack_notifier import SlackNotifier
from alerts.notifiers.slack import (
    Chosen,
    Duty,
    Known,
    Standing,
    Wording,
    Words,
)
from alerts.words.approval import Message as PublicMessage
from alerts.words.approval import MessageState
from alerts.words.phases import Channel, Phase
from monitor.doubles.failures import Failure
from monitor.doubles.slack import Message, SlackDouble
from tests import slack_contract
from tests.alerts import scenes

CHANNEL, TOKEN, APP_TOKEN = "C0SEAWALL", "xoxb-fjordwing", "xapp-fjordwing"
PLACES = Places("seawall incidents ack {incident} --by YOU", "https://seawall.example/i/{incident}")
LOST = Failure(200, body=b'{"ok": true}', drop=True)
"""An answer that is lost; what was asked is done."""


class Slack:
    """The double, where it is served, and a notifier that posts there."""

    def __init__(self, double: SlackDouble, url: str) -> None:
        self.double, self.url = double, url

    def notifier(self, **changed: Any) -> SlackNotifier:
        given: dict[str, Any] = {
            "channel": CHANNEL,
            "token": TOKEN,
            "app_token": APP_TOKEN,
            "base_url": f"{self.url}/api/",
            "places": PLACES,
        }
        return SlackNotifier("slack", **(given | changed))

    @property
    def shown(self) -> list[str]:
        """What each message of the channel says, as JSON."""
        return [json.dumps(m.now.blocks, ensure_ascii=False) for m in self.double.messages[CHANNEL]]

    @property
    def message(self) -> Message:
        """The channel's only message about an incident, or at all."""
        said = [each for each in self.double.messages[CHANNEL] if each.to is None]
        [found] = [each for each in said if each.incident] or said
        return found

    @property
    def thread(self) -> list[tuple[str, bool]]:
        """What stands in its thread, and whether it rings in the channel, too."""
        return [(each.words, each.broadcast) for each in self.double.thread(self.message)]

    @property
    def whispers(self) -> dict[str, str]:
        """What each person was told alone."""
        return {m.to: m.now.text for m in self.double.messages[CHANNEL] if m.to}

    def check_calls(self) -> None:
        """Every call was as Slack documents it."""
        for call in self.double.calls:
            slack_contract.check_call(call)


class Stage:
    """One server for every test's own double: starting one takes longer than most tests."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def scene(reason: Reason = Reason.OPENED, state: State = State.OPEN, **changed: Any) -> Briefing:
    briefing = replace(scenes.briefing(reason), state=state, **changed)
    if state is State.OPEN:
        briefing = replace(briefing, acknowledged_at=None, acknowledged_by=None)
    return replace(briefing, resolved_at=briefing.at if state is State.RESOLVED else None)


def told(
    briefing: Briefing, revision: int = 1, receipt: str | None = None, uncertain: bool = False
) -> Notification:
    incident = briefing.incident
    return Notification(f"{incident}/{revision}", incident, revision, briefing, receipt, uncertain)


def refused(slack: Slack, notification: Notification, **changed: Any) -> NotifierError:
    with pytest.raises(NotifierError) as failed:
        asyncio.run(slack.notifier(**changed).send(notification))
    return failed.value


PATIENCE_S = 60
"""A connection that is cut while it is made is noticed only by its next ping, after 20 s."""


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(slack: Slack, act: Act) -> AsyncIterator[None]:
    task = asyncio.create_task(slack.notifier().listen(act))
    await until(lambda: slack.double.socket.connections)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: not slack.double.socket.connections)


class Desk(list[Pressed]):
    """Seawall as Slack knows it: it takes every step and can be asked."""

    def __init__(self, *incidents: Briefing) -> None:
        super().__init__()
        self.incidents = list(incidents) or [scene()]
        self.refuses = ""
        self.told: Instruction | None = None

    async def __call__(self, pressed: Pressed) -> str:
        self.append(pressed)
        if self.refuses:
            raise Refused(self.refuses)
        return f"Done: {pressed.verb}"

    def now(self) -> datetime:
        return scenes.DETECTED

    def practises(self) -> bool:
        return False

    async def open_incidents(self, address: str) -> Sequence[Briefing]:  # noqa: ARG002
        return self.incidents

    async def incident(self, id: str, address: str) -> Briefing:  # noqa: ARG002
        found = [each for each in self.incidents if each.incident.startswith(id)]
        if not found:
            raise Refused(f"no incident {id}")
        return found[0]

    async def known(self, id: str, address: str) -> Briefing | None:  # noqa: ARG002
        return next((each for each in self.incidents if each.incident == id), None)

    def brands(self) -> Sequence[str]:
        return ["fjordwing"]

    async def on_duty(self) -> Sequence[Duty]:
        return [
            Duty("Customer care", ("Kari", "Ola"), "Mon 23 Nov, 09:00 CET"),
            Duty("Press", (), at_desks=True),
        ]

    async def instruction(
        self,
        incident: str,  # noqa: ARG002
        address: str,  # noqa: ARG002
    ) -> Instruction | None:
        return self.told

    async def readers(self, incident: str, address: str) -> str:  # noqa: ARG002
        return "Read by Kari; not yet by Ola"

    async def words(self, incident: str, address: str, chosen: Chosen) -> Words:  # noqa: ARG002
        return there(self.incidents[0])

    async def message(self, id: str, address: str) -> tuple[Briefing, Standing]:  # noqa: ARG002
        return self.incidents[0], there(self.incidents[0]).messages[0]

    def departments(self) -> Sequence[str]:
        return ["Customer care", "IT operations"]

    def named(self, address: str) -> str:
        return {"U0OLAX": "Ola"}.get(address, address)


def there(incident: Briefing, said: str = "Buchen klappt nicht.", name: str = "Kari") -> Words:
    """What could be said of an incident; a person called `name` wrote `said` wherever one can."""
    about = f"{incident.incident}/1"
    messages = [
        Standing(
            PublicMessage(
                *(about, incident.incident, "booking", "de", Channel.X, Phase.SEEN, said, (name,)),
                at=scenes.DETECTED,
                state=state,
                because=said,
            ),
            said,
            (said, name),
        )
        for state in MessageState
    ]
    known = Known(said or "…", (said, name))
    return Words(
        *(incident, said, Phase.SEEN, said, Channel.X, ("de", name), said),
        silence_first=not name,
        wordings=(Wording("de", Phase.SEEN, said, (said,)), Wording("de", Phase.SEEN, name)),
        messages=tuple(messages),
        facts=(known,) * 20,
        questions=(known,) * 20,
        warnings=(said, name),
    )


def slack_says(error: str) -> Failure:
    answer = json.dumps({"ok": False, "error": error}).encode()
    return Failure(200, {"content-type": "application/json"}, answer)
