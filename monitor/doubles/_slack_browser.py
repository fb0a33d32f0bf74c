"""The Slack double in a browser: channels, threads, windows and the home, and what is pressed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from alerts.plain_text import shortened, visible
from monitor.doubles._slack_api import TEAM, View, Workspace
from monitor.doubles._slack_channel import Message
from monitor.doubles._slack_hands import Hands, user_id
from monitor.doubles._slack_page import page

STRANGER = "Somebody else"
"""Who is nobody on duty, for those who want to see what happens then."""

_LONGEST_NAME = 40
_LOOKS, _LOOK_S = 50, 0.1
_UNHEARD = "Seawall is not connected, so nobody takes this press."
_CHANGED = "The message has changed in the meantime; look again."


class Browser:
    """Pages for people who try Seawall out; `connected` tells whether anybody hears them.

    Of `people` one can choose to be one; without any, a visitor says who they are. `zone` is where
    visitors live.
    """

    def __init__(
        self,
        workspace: Workspace,
        hands: Hands,
        connected: Callable[[], bool],
        people: Callable[[], Sequence[str]],
        zone: tzinfo,
    ) -> None:
        self._workspace, self._hands, self._connected = workspace, hands, connected
        self._people, self._zone = people, zone
        self.routes = [
            Route("/", self._frame),
            Route("/app", self._home),
            Route("/app/press", self._pressed_at_home, methods=["POST"]),
            Route("/file/{file}", self._file),
            Route("/channel/{channel}", self._channel),
            Route("/channel/{channel}/confirm", self._confirm),
            Route("/channel/{channel}/press", self._pressed, methods=["POST"]),
            Route("/channel/{channel}/command", self._command, methods=["POST"]),
            Route("/channel/{channel}/shortcut", self._shortcut, methods=["POST"]),
            Route("/channel/{channel}/window", self._submitted, methods=["POST"]),
        ]

    async def _frame(self, request: Request) -> Response:
        name = _name(request.query_params.get("name"))
        channel = request.query_params.get("channel", "")
        named = {id: f"#{title}" for id, title in self._workspace.channels.items()}
        places = {**named, _direct(name): "to you alone", "home": "the app's home"}
        people = [*dict.fromkeys([*self._people(), STRANGER, name])] if self._people() else []
        values = {
            "team": TEAM,
            "places": places,
            "chosen": channel if channel in places else next(iter(places)),
            "name": name,
            "people": people,
        }
        return HTMLResponse(page("home", values))

    async def _channel(self, request: Request) -> Response:
        channel, name = request.path_params["channel"], _name(request.query_params.get("name"))
        with self._workspace.lock:
            said = list(self._workspace.messages.get(channel, []))
            windows = [w for w in self._workspace.windows.values() if w.user == user_id(name)]
        seen = [m for m in said if m.to in (None, user_id(name))]
        values = {
            "messages": [m for m in reversed(seen) if m.in_channel],  # the newest is in sight
            "threads": {m.ts: [r for r in seen if r.thread == m.ts] for m in seen},
            "window": windows[-1] if windows else None,
            "channel": channel,
            "direct": _direct(name),
            "zone": self._zone,
            "to_you": len(self._workspace.messages.get(_direct(name), [])),
            "name": name,
            "query": urlencode({"name": name}),
            "connected": self._connected(),
            "problem": request.query_params.get("problem"),
        }
        return HTMLResponse(page("channel", values))

    async def _home(self, request: Request) -> Response:
        name = _name(request.query_params.get("name"))
        if self._connected():
            self._hands.look_home(name)
        shown = self._workspace.homes.get(user_id(name))
        values = {"view": shown, "name": name, "channel": ""}
        return HTMLResponse(page("app_home", values))

    async def _file(self, request: Request) -> Response:
        content = self._workspace.files.get(request.path_params["file"])
        return Response(content, media_type="image/png") if content else Response(status_code=404)

    async def _confirm(self, request: Request) -> Response:
        asked = request.query_params
        channel, name = request.path_params["channel"], _name(asked.get("name"))
        button = self._shown(channel, asked.get("ts"), asked.get("action_id"), asked.get("value"))
        back = f"/channel/{channel}?{urlencode({'name': name})}"
        if button is None or not (button[1].get("confirm") or button[1].get("options")):
            return RedirectResponse(back, 303)
        found = button[1]
        asks = found["confirm"]["title"] if "confirm" in found else found.get("placeholder")
        values = {"channel": channel, "name": name, "back": back, "ts": asked.get("ts")}
        title = asks["text"] if asks else "More"
        return HTMLResponse(page("confirm", values | {"button": found, "title": title}))

    async def _pressed(self, request: Request) -> Response:
        form = await _form(request)
        channel, name = request.path_params["channel"], _name(form.get("name"))
        found = self._shown(channel, form.get("ts"), form.get("action_id"), form.get("value"))
        if found is None:
            return self._back(channel, name, _CHANGED)
        if self._connected():
            self._hands.press(*found, name, form.get("choice", ""))
        return self._back(channel, name)

    async def _pressed_at_home(self, request: Request) -> Response:
        form = await _form(request)
        name = _name(form.get("name"))
        given = (form.get(key, "") for key in ("action_id", "choice", "value"))
        self._hands.press_at_home(name, *given)
        return RedirectResponse(f"/app?{urlencode({'name': name})}", 303)

    async def _command(self, request: Request) -> Response:
        form = await _form(request)
        channel, name = request.path_params["channel"], _name(form.get("name"))
        if self._connected():
            base = str(request.base_url)
            self._hands.command(form.get("command", ""), name, channel, base)
        return self._back(channel, name)

    async def _shortcut(self, request: Request) -> Response:
        form = await _form(request)
        channel, name = request.path_params["channel"], _name(form.get("name"))
        said = self._workspace.messages.get(channel, [])
        message = next((each for each in said if each.ts == form.get("ts")), None)
        if self._connected():
            self._hands.shortcut(form.get("callback_id", ""), name, message)
        return self._back(channel, name)

    async def _submitted(self, request: Request) -> Response:
        form = await _form(request)
        channel, name = request.path_params["channel"], _name(form.get("name"))
        view = self._workspace.windows.get(form.get("view", ""))
        if view is not None and form.get("submit"):
            inputs = {b["block_id"] for b in view.view["blocks"] if b["type"] == "input"}
            answers = {key: said for key, said in form.items() if key in inputs and said}
            self._hands.submit(name, answers, view.id)
        elif view is not None and (form.get("press") or form.get("chosen")):
            await self._done_in_window(view, name, form)
        elif view is not None:
            del self._workspace.windows[view.id]
        return self._back(channel, name)

    async def _done_in_window(self, view: View, name: str, form: Mapping[str, str]) -> None:
        """Press or choose in a window, and wait a while until it shows what comes of it."""
        if block := form.get("chosen"):
            self._hands.choose(name, block, form.get(block, ""))
        else:
            action, _, value = form["press"].partition(" ")
            self._hands.press_in_window(name, action, value)
        for _ in range(_LOOKS):
            now = self._workspace.windows.get(view.id)
            if now is None or now.view is not view.view:
                return
            await asyncio.sleep(_LOOK_S)

    def _back(self, channel: str, name: str, problem: str = "") -> Response:
        """To the channel again, with what went wrong."""
        problem = problem or ("" if self._connected() else _UNHEARD)
        about = {"name": name} | ({"problem": problem} if problem else {})
        where = f"/channel/{channel}" if channel else "/app"
        return RedirectResponse(f"{where}?{urlencode(about)}", 303)

    def _shown(
        self, channel: str, ts: str | None, action: str | None, value: str | None
    ) -> tuple[Message, Mapping[str, Any]] | None:
        for message in self._workspace.messages.get(channel, []):
            if message.ts == ts and (button := message.button(action or "", value)):
                return message, button
        return None


async def _form(request: Request) -> dict[str, str]:
    """What a form says; a browser writes the ends of lines in its own way."""
    form = await request.form()
    return {key: str(value).replace("\r\n", "\n") for key, value in form.items()}


def _name(said: str | None) -> str:
    return shortened(visible(said or "").strip(), _LONGEST_NAME) or "Kari"


def _direct(name: str) -> str:
    return f"D{user_id(name)[1:]}".ljust(9, "0")
