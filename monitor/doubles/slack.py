"""A double of Slack: the parts of its Web API and Socket Mode that Seawall uses, and a page.

The page shows the channels as the team would see them, with threads, windows and the app's home,
and what can be pressed works: it goes out over Socket Mode. Everything that was asked is on record
for tests.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from monitor import clock
from monitor.doubles._slack_api import ALL_SCOPES, BOT, TEAM, Refused, View, Workspace
from monitor.doubles._slack_browser import Browser
from monitor.doubles._slack_channel import Message, posted
from monitor.doubles._slack_hands import Hands, user_id
from monitor.doubles._slack_memory import kept, recall
from monitor.doubles._slack_socket import Envelope, Socket
from monitor.doubles.failures import Failures, response

__all__ = ["ALL_SCOPES", "BOT", "CHANNELS", "TEAM", "Call", "Message", "SlackDouble", "user_id"]

CHANNELS = {"C0SEAWALL": "ops-night"}


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


class SlackDouble:
    """One workspace with one app in it. `now` gives its messages their times, `zone` its page.

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
        zone: tzinfo = UTC,
    ) -> None:
        self.socket, self.failures = Socket(), Failures()
        self.failing: defaultdict[str, Failures] = defaultdict(Failures)
        self.calls: list[Call] = []
        self._token, self._app_token, self._base = token, app_token, ""
        self._workspace = Workspace(now, dict(channels), pace_s)
        self._workspace.messages.update({channel: [] for channel in channels})
        self.channels, self.scopes = self._workspace.channels, self._workspace.scopes
        self.outside, self.archived = self._workspace.outside, self._workspace.archived
        self.hands = Hands(self._workspace, self.socket.send)
        self.people: tuple[str, ...] = ()
        """Whom a visitor of its page can choose to be; anybody, where it is empty."""
        browser = Browser(
            self._workspace,
            self.hands,
            connected=lambda: self.socket.connections > 0,
            people=lambda: self.people,
            zone=zone,
        )
        self.app = Starlette(
            routes=[
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                Route("/upload/{file}", self._upload, methods=["POST"]),
                Route("/respond/{key}", self._respond, methods=["POST"]),
                WebSocketRoute("/link", self.socket.connected),
                *browser.routes,
            ]
        )

    @property
    def messages(self) -> dict[str, list[Message]]:
        """The messages of every channel in their order, those to one person among them.

        What stands in threads is in `thread`.
        """
        with self._workspace.lock:
            found = self._workspace.messages.items()
            return {channel: [m for m in said if m.thread is None] for channel, said in found}

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message, those that the channel shows among them."""
        with self._workspace.lock:
            found = self._workspace.messages[message.channel]
            return [each for each in found if each.thread == message.ts]

    def direct(self, user: str) -> list[Message]:
        """What the app wrote to a person."""
        with self._workspace.lock:
            return list(self._workspace.messages.get(f"D{user_id(user)[1:]}".ljust(9, "0"), []))

    @property
    def files(self) -> dict[str, bytes]:
        """The files that there are, by their ids."""
        with self._workspace.lock:
            return dict(self._workspace.files)

    def windows(self, user: str) -> list[View]:
        """The windows that are open before a person, the newest last."""
        with self._workspace.lock:
            return [v for v in self._workspace.windows.values() if v.user == user_id(user)]

    def home(self, user: str) -> View | None:
        """What a person sees on the app's home, if it ever showed them anything."""
        return self._workspace.homes.get(user_id(user))

    def kept(self) -> bytes:
        """What stands in it, for `recall` in another process."""
        return kept(self._workspace)

    def recall(self, content: bytes) -> None:
        """Show again what was `kept`."""
        recall(self._workspace, content)

    def look_at_files(self, times: int) -> None:
        """Refuse so many messages with a file, as Slack does while it still looks at that."""
        self._workspace.looking_at_files = times

    @property
    def posted(self) -> Counter[str]:
        """How many messages there are that show each incident; updates make no more of them."""
        return posted([each for messages in self.messages.values() for each in messages])

    def press(
        self,
        action_id: str,
        value: str | None = None,
        user: str = "Kari",
        channel: str = "",
        choice: str = "",
    ) -> Envelope:
        """Press a button of the newest message that shows it. LookupError where none does.

        Of a choice or a menu, `choice` is the value that is chosen, by default the first.
        """
        for place in [channel] if channel else list(self._workspace.messages):
            for message in reversed(self._workspace.messages[place]):
                if button := message.button(action_id, value):
                    return self.hands.press(message, button, user, choice)
        raise LookupError(f"no message shows the button {action_id} {value or ''}")

    def command(self, text: str, user: str = "Kari", channel: str = "") -> Envelope:
        """Write a command, by default in the first channel."""
        return self.hands.command(text, user, channel or next(iter(self.channels)), self._base)

    def delete(self, message: Message) -> None:
        """Delete a message, as people can."""
        with self._workspace.lock:
            self._workspace.messages[message.channel].remove(message)

    def delete_files(self) -> None:
        """Delete every file, as people can."""
        with self._workspace.lock:
            self._workspace.files.clear()

    async def _api(self, request: Request) -> Response:
        self._base = str(request.base_url)
        method = request.path_params["method"]
        arguments, token, kind = await _arguments(request)
        failure = self.failures.next() or self.failing[method].next()
        if failure is not None and not (failure.drop and failure.status < 300):
            self._record(method, arguments, kind, 0, None)
            return await response(failure)
        status, headers, wait = 200, {}, None
        try:
            said = self._answered(method, arguments, token)
        except Refused as refused:
            error, wait = (*refused.args, None)[:2]
            said = {"ok": False, "error": error}
            if wait is not None:
                status, headers = 429, {"Retry-After": str(wait)}
        self._record(method, arguments, kind, status, said.get("error"))
        return await response(failure) if failure else JSONResponse(said, status, headers)

    def _answered(self, method: str, arguments: dict[str, Any], token: str) -> dict[str, Any]:
        if method == "apps.connections.open":
            if token != self._app_token:
                raise Refused("not_allowed_token_type" if token == self._token else "invalid_auth")
            where = self._base.replace("http", "ws", 1)
            return {"ok": True, "url": f"{where}link?ticket={self.socket.ticket()}"}
        if not token:
            raise Refused("not_authed")
        if token != self._token:
            raise Refused("invalid_auth")
        return self._workspace.call(method, arguments, self._base)

    async def _upload(self, request: Request) -> Response:
        """Take a file at the address that was given out for it."""
        failure = self.failing["upload"].next()
        if failure is not None:
            return await response(failure)
        content = await request.body()
        if request.headers.get("content-type", "").startswith("multipart/"):
            form = await request.form()
            content = await next(iter(form.values())).read()  # type: ignore[union-attr]
        known = self._workspace.uploaded(request.path_params["file"], content)
        return Response(
            f"OK - {len(content)}" if known else "no such upload", 200 if known else 404
        )

    async def _respond(self, request: Request) -> Response:
        """Take the answer to a command."""
        place = self.hands.replies.get(request.path_params["key"])
        if place is None:
            return Response("used_url", 404)
        try:
            self._workspace.whispered(*place, await request.json())
        except Refused as refused:
            return Response(str(refused.args[0]), 400)
        return Response("ok")

    def _record(
        self, method: str, arguments: Mapping[str, Any], kind: str, status: int, error: str | None
    ) -> None:
        with self._workspace.lock:
            self.calls.append(Call(method, arguments, kind, clock.stopwatch(), status, error))


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
