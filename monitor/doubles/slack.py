"""A double of Slack: the parts of its Web API and Socket Mode that Seawall uses, and a page.

The page shows the channel as the team would see it, and its buttons work: they go out over Socket
Mode. Everything that was asked is on record for tests.
"""

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from alerts.plain_text import shortened, visible
from monitor import clock
from monitor.doubles._slack_channel import Message, Revision, page_of, posted
from monitor.doubles._slack_limits import refusal
from monitor.doubles._slack_page import page
from monitor.doubles._slack_socket import Envelope, Socket
from monitor.doubles.failures import Failures, response

TEAM, BOT = "Fjordwing", "seawall"
CHANNELS = {"C0SEAWALL": "ops-night"}
_SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
}
ALL_SCOPES = frozenset(_SCOPES.values())
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the Web API as it came, and how it was answered; `at` is on the stopwatch.

    `error` is Slack's word, None for success; `status` is 0 where the answer was a told failure.
    """

    method: str
    arguments: Mapping[str, Any]
    content_type: str
    at: float
    status: int
    error: str | None


class _Refused(Exception):
    """An answer with an error; the arguments are Slack's word and the seconds to wait, if any."""


class SlackDouble:
    """One workspace with one app in it. `now` gives its messages their times.

    `pace_s` is how often a channel takes a message (0: as often as one likes). What is put into
    `scopes`, `outside` (channels the app was not invited to) and `archived` holds from then on.
    `failures` are told for any call, `failing[method]` for calls of one; a failure that drops its
    answer with a status of 2xx does what it was asked all the same: the message stands.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        token: str = "xoxb-fjordwing",  # noqa: S107 - of a workspace that does not exist
        app_token: str = "xapp-fjordwing",  # noqa: S107
        channels: Mapping[str, str] = CHANNELS,
        pace_s: float = 1.0,
    ) -> None:
        self.socket, self.failures = Socket(), Failures()
        self.failing: defaultdict[str, Failures] = defaultdict(Failures)
        self.calls: list[Call] = []
        self.scopes, self.outside, self.archived = set(ALL_SCOPES), set[str](), set[str]()
        self.channels = dict(channels)
        self._now, self._token, self._app_token, self._pace_s = now, token, app_token, pace_s
        self._messages: dict[str, list[Message]] = {channel: [] for channel in channels}
        self._free_at: defaultdict[str, float] = defaultdict(float)
        self._last_ts = 0
        self._lock = threading.RLock()
        self._methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._post_ephemeral,
            "conversations.history": self._history,
            "conversations.info": self._info,
        }
        self.app = Starlette(
            routes=[
                Route("/", self._home),
                Route("/channel/{channel}", self._channel),
                Route("/channel/{channel}/confirm", self._confirm),
                Route("/channel/{channel}/press", self._pressed, methods=["POST"]),
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                WebSocketRoute("/link", self.socket.connected),
            ]
        )

    @property
    def messages(self) -> dict[str, list[Message]]:
        """The messages of every channel in their order, those to one person among them."""
        with self._lock:
            return {channel: list(messages) for channel, messages in self._messages.items()}

    @property
    def posted(self) -> Counter[str]:
        """How many messages there are about each incident; updates make no more of them."""
        return posted([each for messages in self.messages.values() for each in messages])

    def press(
        self, action_id: str, value: str | None = None, user: str = "Kari", channel: str = ""
    ) -> Envelope:
        """Press a button of the newest message that shows it. LookupError where none does."""
        for place in [channel] if channel else self.channels:
            for message in reversed(self.messages[place]):
                if button := message.button(action_id, value):
                    return self.socket.send(self._payload(message, button, user))
        raise LookupError(f"no message shows the button {action_id} {value or ''}")

    def delete(self, message: Message) -> None:
        """Delete a message, as people can."""
        with self._lock:
            self._messages[message.channel].remove(message)

    # the Web API

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        arguments, token, kind = await _arguments(request)
        failure = self.failures.next() or self.failing[method].next()
        if failure is not None and not (failure.drop and failure.status < 300):
            self._record(method, arguments, kind, 0, None)
            return await response(failure)
        status, headers, wait = 200, {}, None
        try:
            with self._lock:
                said = self._answered(method, arguments, token, str(request.base_url))
        except _Refused as refused:
            error, wait = (*refused.args, None)[:2]
            said = {"ok": False, "error": error}
            if wait is not None:
                status, headers = 429, {"Retry-After": str(wait)}
        self._record(method, arguments, kind, status, said.get("error"))
        return await response(failure) if failure else JSONResponse(said, status, headers)

    def _answered(
        self, method: str, arguments: dict[str, Any], token: str, base: str
    ) -> dict[str, Any]:
        if method == "apps.connections.open":
            if token != self._app_token:
                raise _Refused("not_allowed_token_type" if token == self._token else "invalid_auth")
            where = base.replace("http", "ws", 1)
            return {"ok": True, "url": f"{where}link?ticket={self.socket.ticket()}"}
        if method not in self._methods:
            raise _Refused("unknown_method")
        if not token:
            raise _Refused("not_authed")
        if token != self._token:
            raise _Refused("invalid_auth")
        if method in _SCOPES and _SCOPES[method] not in self.scopes:
            raise _Refused("missing_scope")
        if method != "auth.test":
            self._check_channel(method, str(arguments.get("channel", "")))
        return self._methods[method](arguments)

    def _check_channel(self, method: str, channel: str) -> None:
        if channel not in self.channels:
            raise _Refused("channel_not_found")
        if channel in self.outside and method != "conversations.info":
            raise _Refused("not_in_channel")
        if channel in self.archived and method.startswith("chat."):
            raise _Refused("is_archived")

    def _auth_test(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        return {
            "ok": True,
            "url": "https://fjordwing.slack.com/",
            "team": TEAM,
            "user": BOT,
            "team_id": "T0FJORDWING",
            "user_id": "U0SEAWALL",
            "bot_id": "B0SEAWALL",
            "is_enterprise_install": False,
        }

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if wrong := refusal(arguments):
            raise _Refused(wrong)
        channel, at = arguments["channel"], clock.stopwatch()
        if at < self._free_at[channel]:
            raise _Refused("ratelimited", max(round(self._free_at[channel] - at), 1))
        self._free_at[channel] = at + self._pace_s
        message = self._written(channel, arguments)
        return {"ok": True, "channel": channel, "ts": message.ts, "message": message.as_json()}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if wrong := refusal(arguments):
            raise _Refused(wrong)
        channel, ts = arguments["channel"], str(arguments.get("ts"))
        for message in self._messages[channel]:
            if message.ts == ts and message.to is None:
                message.revisions.append(self._revision(arguments))
                said = message.as_json()
                return {"ok": True, "channel": channel, "ts": ts, "text": said["text"]} | {
                    "message": said
                }
        raise _Refused("message_not_found")

    def _post_ephemeral(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if wrong := refusal(arguments):
            raise _Refused(wrong)
        if not re.fullmatch("[UW][A-Z0-9]{2,}", str(arguments.get("user", ""))):
            raise _Refused("user_not_in_channel")
        message = self._written(arguments["channel"], arguments, to=arguments["user"])
        return {"ok": True, "message_ts": message.ts}

    def _history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return page_of(self._messages[arguments["channel"]], arguments)

    def _info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = arguments["channel"]
        return {
            "ok": True,
            "channel": {
                "id": channel,
                "name": self.channels[channel],
                "is_channel": True,
                "is_member": channel not in self.outside,
                "is_archived": channel in self.archived,
            },
        }

    def _written(
        self, channel: str, arguments: Mapping[str, Any], to: str | None = None
    ) -> Message:
        self._last_ts = max(int(self._now().timestamp() * 1_000_000), self._last_ts + 1)
        ts = f"{self._last_ts // 1_000_000:010}.{self._last_ts % 1_000_000:06}"
        message = Message(channel, ts, [self._revision(arguments)], to)
        self._messages[channel].append(message)
        return message

    def _revision(self, arguments: Mapping[str, Any]) -> Revision:
        return Revision(
            self._now(),
            arguments.get("text") or "",
            arguments.get("blocks") or [],
            arguments.get("metadata"),
        )

    def _record(
        self, method: str, arguments: Mapping[str, Any], kind: str, status: int, error: str | None
    ) -> None:
        with self._lock:
            self.calls.append(Call(method, arguments, kind, clock.stopwatch(), status, error))

    # the page

    async def _home(self, request: Request) -> Response:
        name = _name(request.query_params.get("name"))
        channel = request.query_params.get("channel", "")
        values = {
            "team": TEAM,
            "channels": self.channels,
            "chosen": channel if channel in self.channels else next(iter(self.channels)),
            "name": name,
        }
        return HTMLResponse(page("home", values))

    async def _channel(self, request: Request) -> Response:
        channel, name = request.path_params["channel"], _name(request.query_params.get("name"))
        seen = [m for m in self.messages.get(channel, []) if m.to in (None, _user(name))]
        values = {
            "messages": list(reversed(seen)),  # the newest is in sight
            "channel": channel,
            "name": name,
            "query": urlencode({"name": name}),
            "connected": self.socket.connections > 0,
            "problem": request.query_params.get("problem"),
        }
        return HTMLResponse(page("channel", values))

    async def _confirm(self, request: Request) -> Response:
        asked = request.query_params
        channel, name = request.path_params["channel"], _name(asked.get("name"))
        button = self._shown(channel, asked.get("ts"), asked.get("action_id"), asked.get("value"))
        back = f"/channel/{channel}?{urlencode({'name': name})}"
        if button is None or not button[1].get("confirm"):
            return RedirectResponse(back, 303)
        values = {"channel": channel, "name": name, "back": back, "ts": asked.get("ts")}
        return HTMLResponse(page("confirm", values | {"button": button[1]}))

    async def _pressed(self, request: Request) -> Response:
        form = await request.form()
        channel, name = request.path_params["channel"], _name(str(form.get("name", "")))
        ts, action, value = (str(form.get(key, "")) for key in ("ts", "action_id", "value"))
        back = {"name": name}
        if (found := self._shown(channel, ts, action, value)) is None:
            back["problem"] = "The message has changed in the meantime; look again."
        elif not self.socket.connections:
            back["problem"] = "Seawall is not connected, so nobody takes this press."
        else:
            self.socket.send(self._payload(*found, name))
        return RedirectResponse(f"/channel/{channel}?{urlencode(back)}", 303)

    def _shown(
        self, channel: str, ts: str | None, action: str | None, value: str | None
    ) -> tuple[Message, Mapping[str, Any]] | None:
        for message in self.messages.get(channel, []):
            if message.ts == ts and (button := message.button(action or "", value)):
                return message, button
        return None

    def _payload(self, message: Message, button: Mapping[str, Any], name: str) -> dict[str, Any]:
        """What Slack sends where somebody presses a button of a message."""
        place = {"message_ts": message.ts, "channel_id": message.channel}
        return {
            "type": "block_actions",
            "user": {"id": _user(name), "username": name, "name": name, "team_id": "T0FJORDWING"},
            "api_app_id": "A0SEAWALL",
            "container": {"type": "message", "is_ephemeral": False, **place},
            "trigger_id": f"{clock.stopwatch():.6f}",
            "team": {"id": "T0FJORDWING", "domain": "fjordwing"},
            "channel": {"id": message.channel, "name": self.channels[message.channel]},
            "message": message.as_json(),
            "actions": [
                {
                    "type": "button",
                    "action_ts": f"{clock.stopwatch():.6f}",
                    **{k: button[k] for k in ("action_id", "block_id", "text") if k in button},
                    **({"value": button["value"]} if "value" in button else {}),
                }
            ],
        }


async def _arguments(request: Request) -> tuple[dict[str, Any], str, str]:
    """A call's arguments, its token, and in which form they came."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    found: dict[str, Any] = dict(request.query_params)
    if kind == "application/json":
        said = json.loads(await request.body() or b"{}")
        found |= said if isinstance(said, dict) else {}
    elif request.method == "POST":
        found |= {key: str(value) for key, value in (await request.form()).items()}
        for key in ("blocks", "metadata"):
            if key in found:
                found[key] = json.loads(found[key])
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    said_token = found.pop("token", "")
    return found, token if scheme == "Bearer" else said_token, kind


def _name(said: str | None) -> str:
    return shortened(visible(said or "").strip(), _LONGEST_NAME) or "Kari"


def _user(name: str) -> str:
    """An id for a person: the same for the same name."""
    return "U0" + (re.sub("[^A-Z0-9]", "", name.upper()) or "SOMEBODY") + "X"
