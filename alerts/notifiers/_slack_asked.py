"""What Slack sends when somebody presses, writes, submits or looks; the same by either way."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from alerts.notifiers import Pressed
from alerts.notifiers._slack_controls import LONGEST_ID, MENU, NOTICE, STEPS, WINDOW, incident_of
from alerts.notifiers._slack_forms import IT
from alerts.plain_text import shortened, visible

COMMAND = "/seawall"
HOME = "app_home_opened"
SHORTCUTS = {"seawall_status": "status", "seawall_merge": "merge", "seawall_note": "note"}
"""The window that each shortcut opens, by its `callback_id`; the first is of no message."""

_LONGEST_NAME = 60
_REMEMBERED, _FINISHING_S = 1000, 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants; `key` is the same where Slack delivers it again.

    `what`: to take a step (`pressed`), to open the window `name`, to look at it again as it is
    filled in, to take what was `submitted` in it, to answer the command's `words`, or to see their
    home. `about` is the incident, or a message of it, if any, and `given` what goes with it.
    `trigger` opens a window within three seconds, `view` is the one that is open already, `reply`
    is where a command is answered, and `notice` the message whose buttons give way to the answer.
    """

    what: Literal["step", "window", "look", "submission", "command", "home"]
    user: str
    by: str
    key: str
    channel: str = ""
    about: str = ""
    pressed: Pressed | None = None
    name: str = ""
    given: str = ""
    trigger: str = ""
    view: str = ""
    reply: str = ""
    words: str = ""
    submitted: Mapping[str, Any] = field(default_factory=dict)
    notice: Mapping[str, Any] | None = None

    def step(self, verb: str, about: str, value: str = "", note: str = "") -> Pressed:
        """The same as a step, for whoever takes it."""
        return Pressed(verb, about, self.by, "slack", value, note, self.user)


def asked(kind: str, payload: Mapping[str, Any]) -> Asked | None:
    """What a payload asks of us; None where it is nothing of ours, or is not as documented."""
    try:
        if kind == "slash_commands":
            return _command(payload)
        if kind == "events_api":
            return _event(payload)
        if kind == "interactive":
            return _interaction(payload)
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    return None


def _interaction(payload: Mapping[str, Any]) -> Asked | None:
    user = payload["user"]
    person, container = str(user["id"]), payload.get("container") or {}
    by = shortened(visible(str(user.get("name") or user.get("username") or person)), _LONGEST_NAME)
    channel = (payload.get("channel") or {}).get("id") or container.get("channel_id") or ""
    trigger = str(payload.get("trigger_id") or "")
    who = Asked("window", person, by, trigger, str(channel), trigger=trigger)
    if payload["type"] == "view_submission":
        view = payload["view"]
        name, about, where = json.loads(view["private_metadata"])
        who = replace(who, key=str(view["id"]), channel=str(where), about=str(about))
        return replace(who, what="submission", name=str(name), submitted=view["state"]["values"])
    if payload["type"] in ("shortcut", "message_action"):
        blocks = (payload.get("message") or {}).get("blocks") or []
        rows = [incident_of(block.get("block_id")) for block in blocks]
        about = next((row for row in rows if row), "")
        return replace(who, name=SHORTCUTS[payload["callback_id"]], about=about)
    if payload["type"] != "block_actions":
        return None
    [action] = payload["actions"]
    place = f"{container.get('message_ts') or container.get('view_id')}"
    key = f"{place} {action['action_id']} {action.get('action_ts')} {person}"
    view = payload.get("view") or {}
    if view.get("type") == "modal":
        name, about, where = json.loads(view["private_metadata"])
        who = replace(who, channel=str(where), about=str(about), view=str(view["id"]))
        who = replace(who, name=str(name), submitted=view["state"]["values"])
    return _pressed(action, payload.get("message"), replace(who, key=key))


def _pressed(
    action: Mapping[str, Any], message: Mapping[str, Any] | None, who: Asked
) -> Asked | None:
    """What a button, a choice or the menu means."""
    name, value = str(action["action_id"]), str(action.get("value") or "")
    chosen = str((action.get("selected_option") or {}).get("value") or "")
    about = incident_of(action.get("block_id")) or value
    if who.view and name == IT:
        return replace(who, what="look", key=f"{who.key} {chosen}")
    if name.startswith(f"{NOTICE}:"):
        about, _, given = value.partition("\n")
        step = who.step(name.split(":")[1], about, given)
        if who.view:
            return replace(who, what="step", pressed=step)
        return replace(who, what="step", pressed=step, about=about, notice=message)
    about, _, given = about.partition("\n")
    if not about or len(about) > LONGEST_ID:
        return None
    if name in STEPS:
        step = who.step(STEPS[name], about, chosen if chosen != "0" else "")
        return replace(who, what="step", pressed=step, about=about)
    if name == MENU or name.startswith(f"{WINDOW}:"):
        return replace(who, name=chosen or name.partition(":")[2], about=about, given=given)
    return None


def _command(payload: Mapping[str, Any]) -> Asked | None:
    if payload["command"] != COMMAND:
        return None
    person, trigger = str(payload["user_id"]), str(payload.get("trigger_id") or "")
    by = shortened(visible(str(payload.get("user_name") or person)), _LONGEST_NAME)
    return Asked(
        "command",
        user=person,
        by=by,
        key=trigger,
        channel=str(payload.get("channel_id") or ""),
        trigger=trigger,
        reply=str(payload.get("response_url") or ""),
        words=str(payload.get("text") or ""),
    )


def _event(payload: Mapping[str, Any]) -> Asked | None:
    event = payload["event"]
    if event["type"] != HOME or event.get("tab", "home") != "home":
        return None
    person = str(event["user"])
    return Asked("home", user=person, by=person, key=str(payload.get("event_id") or ""))


class Once:
    """Hands what people ask to `taken`, each once, however often it is delivered."""

    def __init__(self, taken: Callable[[Asked], Awaitable[None]]) -> None:
        self._taken = taken
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._working: set[asyncio.Future[None]] = set()

    def take(self, one: Asked | None, delivery: str) -> None:
        """Begin with it, without waiting; `delivery` names how it came."""
        if one is None or self._known(delivery, one.key):
            return
        task = asyncio.ensure_future(self._taken(one))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def finish(self) -> None:
        """Wait a moment for what is under way, and cancel what takes longer."""
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=_FINISHING_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_FINISHING_S)

    def _known(self, *keys: str) -> bool:
        """Whether one of them was seen before; Slack sends again what it thinks was lost."""
        known = any(key in self._seen for key in keys if key)
        self._seen.update(dict.fromkeys(keys))
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return known
