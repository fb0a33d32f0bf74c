"""What people do in the Slack double, as Slack tells the app of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from monitor import clock
from monitor.doubles._slack_api import View, Workspace
from monitor.doubles._slack_channel import Message, element_of
from monitor.doubles._slack_socket import Envelope

Send = Callable[[Mapping[str, Any], str], Envelope]
_TEAM = {"id": "T0FJORDWING", "domain": "fjordwing"}


def user_id(name: str) -> str:
    """An id for a person: the same for the same name."""
    return "U0" + (re.sub("[^A-Z0-9]", "", name.upper()) or "SOMEBODY") + "X"


class Hands:
    """The hands of everybody in a workspace; whatever they do goes out by `send`, with its kind."""

    def __init__(self, workspace: Workspace, send: Send) -> None:
        self._workspace, self._send = workspace, send
        self.replies: dict[str, tuple[str, str]] = {}
        """Where the answer to a command belongs, by the end of its address."""

    def press(
        self, message: Message, button: Mapping[str, Any], name: str, choice: str
    ) -> Envelope:
        """Press a button of a message, or choose in it."""
        place = {"message_ts": message.ts, "channel_id": message.channel}
        about = {
            "container": {"type": "message", "is_ephemeral": False, **place},
            "channel": {
                "id": message.channel,
                "name": self._workspace.channels.get(message.channel, "directmessage"),
            },
            "message": message.as_json(),
            "actions": [_action(button, choice)],
        }
        return self._send(self._by(name, "block_actions") | about, "interactive")

    def press_at_home(self, name: str, action_id: str, choice: str, value: str = "") -> Envelope:
        """Press a button of one's home. LookupError where it has none."""
        shown = self._workspace.homes[user_id(name)]
        button = element_of(shown.view["blocks"], action_id, value)
        if button is None:
            raise LookupError(f"the home shows no button {action_id}")
        about = {
            "container": {"type": "view", "view_id": shown.id},
            "view": {"id": shown.id, **shown.view},
            "actions": [_action(button, choice)],
        }
        return self._send(self._by(name, "block_actions") | about, "interactive")

    def press_in_window(self, name: str, action_id: str, value: str = "") -> Envelope:
        """Press a button in one's newest window. LookupError where it has none."""
        shown = self._newest(name)
        button = element_of(shown.view["blocks"], action_id, value)
        if button is None:
            raise LookupError(f"the window shows no button {action_id} {value}")
        return self._in_window(name, shown, _action(button, ""))

    def choose(self, name: str, block_id: str, choice: str) -> Envelope:
        """Choose something in one's newest window, which the app hears of at once."""
        shown = self._newest(name)
        [block] = [one for one in shown.view["blocks"] if one.get("block_id") == block_id]
        if not block.get("dispatch_action"):
            raise LookupError(f"nobody hears what is chosen in {block_id}")
        filled = {**shown.filled, block_id: choice}
        self._workspace.windows[shown.id] = shown = replace(shown, filled=filled)
        action = {**_action(block["element"], choice), "block_id": block_id}
        return self._in_window(name, shown, action)

    def _newest(self, name: str) -> View:
        mine = [each for each in self._workspace.windows.values() if each.user == user_id(name)]
        if not mine:
            raise LookupError(f"no window is open before {name}")
        return mine[-1]

    def _in_window(self, name: str, shown: View, action: Mapping[str, Any]) -> Envelope:
        view = {"id": shown.id, **shown.view, "state": {"values": _values(shown)}}
        about = {
            "container": {"type": "view", "view_id": shown.id},
            "view": view,
            "actions": [action],
        }
        return self._send(self._by(name, "block_actions") | about, "interactive")

    def submit(self, name: str, answers: Mapping[str, str], view_id: str = "") -> Envelope:
        """Fill in a person's newest window (or this one) and submit it, which closes it."""
        shown = self._workspace.windows[view_id] if view_id else self._newest(name)
        shown = replace(shown, filled={**shown.filled, **answers})
        unknown = answers.keys() - _values(shown).keys()
        if unknown:
            raise LookupError(f"the window has no input {', '.join(unknown)}")
        del self._workspace.windows[shown.id]
        view = {"id": shown.id, **shown.view, "state": {"values": _values(shown)}}
        return self._send(self._by(name, "view_submission") | {"view": view}, "interactive")

    def command(self, text: str, name: str, channel: str, base: str) -> Envelope:
        """Write a command where it can be answered."""
        trigger = self._workspace.trigger(user_id(name))
        self.replies[trigger] = channel, user_id(name)
        command, _, words = text.partition(" ")
        said = {
            "command": command,
            "text": words,
            "user_id": user_id(name),
            "user_name": name,
            "channel_id": channel,
            "channel_name": self._workspace.channels.get(channel, "directmessage"),
            "team_id": _TEAM["id"],
            "api_app_id": "A0SEAWALL",
            "response_url": f"{base}respond/{trigger}",
            "trigger_id": trigger,
        }
        return self._send(said, "slash_commands")

    def shortcut(self, callback_id: str, name: str, message: Message | None = None) -> Envelope:
        """Choose a shortcut, of a message where one is named."""
        said = self._by(name, "shortcut" if message is None else "message_action")
        said |= {"callback_id": callback_id, "action_ts": f"{clock.stopwatch():.6f}"}
        if message is not None:
            said |= {"channel": {"id": message.channel}, "message": message.as_json()}
            said["message_ts"] = message.ts
        return self._send(said, "interactive")

    def look_home(self, name: str) -> Envelope:
        """Open the app's home."""
        event = {"type": "app_home_opened", "user": user_id(name), "tab": "home", "channel": "D0"}
        about = {"type": "event_callback", "event_id": f"Ev{clock.stopwatch():.6f}", "event": event}
        return self._send(about, "events_api")

    def _by(self, name: str, kind: str) -> dict[str, Any]:
        user = {"id": user_id(name), "username": name, "name": name, "team_id": _TEAM["id"]}
        trigger = self._workspace.trigger(user_id(name))
        return {"type": kind, "user": user, "trigger_id": trigger, "team": _TEAM} | {
            "api_app_id": "A0SEAWALL"
        }


def _action(button: Mapping[str, Any], choice: str) -> dict[str, Any]:
    """A press as a payload has it; of a choice, the first where none is named."""
    about = {k: button[k] for k in ("type", "action_id", "block_id", "text") if k in button}
    about["action_ts"] = f"{clock.stopwatch():.6f}"
    if "options" not in button:
        return about | {"value": button["value"]}
    found = [each for each in button["options"] if choice in ("", each["value"])]
    if not found:
        raise LookupError(f"there is no choice {choice}")
    return about | {"selected_option": found[0]}


def _values(shown: View) -> dict[str, dict[str, Any]]:
    """What every input of a window holds, by its block."""
    blocks = [block for block in shown.view["blocks"] if block["type"] == "input"]
    return {b["block_id"]: _state(b["element"], shown.filled.get(b["block_id"])) for b in blocks}


def _state(element: Mapping[str, Any], answer: str | None) -> dict[str, Any]:
    """What a window's input holds when it is submitted."""
    kind = element["type"]
    if kind == "users_select":
        said: dict[str, Any] = {"selected_user": answer}
    elif kind == "plain_text_input":
        said = {"value": answer if answer is not None else element.get("initial_value")}
    else:
        chosen = [each for each in element["options"] if each["value"] == answer]
        said = {"selected_option": chosen[0] if chosen else element.get("initial_option")}
    return {element["action_id"]: {"type": kind, **said}}
