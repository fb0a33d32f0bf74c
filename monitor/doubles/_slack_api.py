"""The Web API of the Slack double: its methods, over what stands in the workspace."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from monitor import clock
from monitor.doubles._slack_channel import Message, Revision, page_of
from monitor.doubles._slack_limits import files_in, refusal, view_refusal

TEAM, BOT = "Fjordwing", "seawall"
TRIGGER_S = 3.0
"""How long after somebody pressed something a window may open."""

_SCOPES = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
}
_LOOKING = {"conversations.history": "history", "conversations.replies": "history"} | {
    "conversations.info": "read"
}
_KINDS = {"C": "channels", "G": "groups", "D": "im"}
ALL_SCOPES = frozenset(
    {*_SCOPES.values(), "commands"}
    | {f"{kind}:{what}" for kind in ("channels", "groups") for what in ("history", "read")}
    | {"im:history"}
)


class Refused(Exception):
    """An answer with an error; the arguments are Slack's word and the seconds to wait, if any."""


@dataclass(slots=True)
class View:
    """A window that is open before a person, or their home; `id` is Slack's.

    `filled` is what the person has filled in, by the blocks that still show it.
    """

    id: str
    user: str
    view: Mapping[str, Any]
    at: datetime
    filled: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Workspace:
    """What stands in a workspace, and the methods that change it. Safe between threads.

    So many blocks with a file are called invalid as `looking_at_files` says, since Slack looks at
    a file before it shows it.
    """

    now: Callable[[], datetime]
    channels: dict[str, str]
    pace_s: float
    scopes: set[str] = field(default_factory=lambda: set(ALL_SCOPES))
    outside: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    looking_at_files: int = 0
    windows: dict[str, View] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    last_ts: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _triggers: dict[str, tuple[float, str]] = field(default_factory=dict)
    _free_at: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _announced: dict[str, int] = field(default_factory=dict)

    def trigger(self, user: str) -> str:
        """What lets the app open one window before a person, for three seconds."""
        made = f"{uuid4().hex[:12]}.{user}"
        with self.lock:
            self._triggers[made] = clock.stopwatch(), user
        return made

    def call(self, method: str, arguments: dict[str, Any], base: str) -> dict[str, Any]:
        """The answer to a call with a token that is good. Raises Refused."""
        if method not in _METHODS:
            raise Refused("unknown_method")
        channel = str(arguments.get("channel", ""))
        scope = _SCOPES.get(method)
        if method in _LOOKING:
            scope = f"{_KINDS.get(channel[:1], 'channels')}:{_LOOKING[method]}"
        if scope and scope not in self.scopes:
            raise Refused("missing_scope")
        if method.startswith(("chat.", "conversations.")) and method != "conversations.open":
            self._check_channel(method, channel)
        with self.lock:
            return {"ok": True} | _METHODS[method](self, arguments, base)

    def _check_channel(self, method: str, channel: str) -> None:
        if channel not in self.messages:
            raise Refused("channel_not_found")
        if channel in self.outside and method != "conversations.info":
            raise Refused("not_in_channel")
        if channel in self.archived and method.startswith("chat."):
            raise Refused("is_archived")

    def _checked(self, arguments: Mapping[str, Any]) -> None:
        if wrong := refusal(arguments):
            raise Refused(wrong)
        shown = files_in(arguments.get("blocks"))
        if shown and self.looking_at_files:
            self.looking_at_files -= 1
            raise Refused("invalid_blocks")
        if not shown <= self.files.keys():
            raise Refused("invalid_blocks")

    def auth_test(self, _arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Who the app is."""
        return {
            "url": "https://fjordwing.slack.com/",
            "team": TEAM,
            "user": BOT,
            "team_id": "T0FJORDWING",
            "user_id": "U0SEAWALL",
            "bot_id": "B0SEAWALL",
            "is_enterprise_install": False,
        }

    def post(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Post a message, in a thread where one is named."""
        self._checked(arguments)
        channel, at = arguments["channel"], clock.stopwatch()
        thread = arguments.get("thread_ts")
        if thread and not any(each.ts == thread for each in self.messages[channel]):
            raise Refused("thread_not_found")
        if at < self._free_at[channel]:
            raise Refused("ratelimited", max(round(self._free_at[channel] - at), 1))
        self._free_at[channel] = at + self.pace_s
        message = self._written(channel, arguments)
        message.thread = thread
        message.broadcast = bool(thread) and _true(arguments.get("reply_broadcast"))
        return {"channel": channel, "ts": message.ts, "message": message.as_json()}

    def update(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Change what a message says."""
        self._checked(arguments)
        channel, ts = arguments["channel"], str(arguments.get("ts"))
        for message in self.messages[channel]:
            if message.ts == ts and message.to is None:
                metadata = arguments.get("metadata") or message.now.metadata
                message.revisions.append(self._revision({**arguments, "metadata": metadata}))
                said = message.as_json()
                return {"channel": channel, "ts": ts, "text": said["text"], "message": said}
        raise Refused("message_not_found")

    def delete(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Delete a message."""
        channel, ts = arguments["channel"], str(arguments.get("ts"))
        for message in self.messages[channel]:
            if message.ts == ts and message.to is None:
                self.messages[channel].remove(message)
                return {"channel": channel, "ts": ts}
        raise Refused("message_not_found")

    def post_ephemeral(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Post what one person sees."""
        self._checked(arguments)
        if not re.fullmatch("[UW][A-Z0-9]{2,}", str(arguments.get("user", ""))):
            raise Refused("user_not_in_channel")
        message = self._written(arguments["channel"], arguments, to=arguments["user"])
        return {"message_ts": message.ts}

    def history(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """A channel's messages, the newest first."""
        seen = [each for each in self.messages[arguments["channel"]] if each.in_channel]
        return page_of(seen[::-1], arguments)

    def replies(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """A message's thread, the message first."""
        ts, found = arguments.get("ts"), self.messages[arguments["channel"]]
        seen = [each for each in found if ts in (each.ts, each.thread)]
        if not seen or seen[0].ts != ts:
            raise Refused("thread_not_found")
        return page_of(seen, arguments)

    def info(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """What a channel is called, and whether the app is in it."""
        channel = arguments["channel"]
        about = {
            "id": channel,
            "name": self.channels.get(channel, ""),
            "is_channel": True,
            "is_member": channel not in self.outside,
            "is_archived": channel in self.archived,
        }
        return {"channel": about}

    def open(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """The channel of direct messages to a person, made the first time."""
        user = str(arguments.get("users", ""))
        if not re.fullmatch("[UW][A-Z0-9]{2,}", user):
            raise Refused("user_not_found")
        channel = f"D{user[1:]}".ljust(9, "0")
        self.messages.setdefault(channel, [])
        return {"channel": {"id": channel}}

    def upload_url(self, arguments: dict[str, Any], base: str) -> dict[str, Any]:
        """Where a file is to be posted."""
        length = int(arguments.get("length") or 0)
        if not arguments.get("filename") or length < 1:
            raise Refused("invalid_arguments")
        number = max((int(each[2:]) for each in {*self.files, *self._announced}), default=0)
        file = f"F0{number + 1:07}"
        self.files[file] = b""
        self._announced[file] = length
        return {"upload_url": f"{base}upload/{file}", "file_id": file}

    def uploaded(self, file: str, content: bytes) -> bool:
        """Take a file that is posted; False where it is not the one that was announced."""
        with self.lock:
            if self._announced.get(file) != len(content):
                return False
            self.files[file] = content
            return True

    def complete(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Say that files were posted."""
        said = arguments.get("files")
        asked = json.loads(said) if isinstance(said, str) else said or []
        if not asked or not all(self.files.get(str(each.get("id"))) for each in asked):
            raise Refused("file_not_found")
        return {"files": [{"id": each["id"], "title": each.get("title", "")} for each in asked]}

    def delete_file(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Delete a file."""
        if self.files.pop(str(arguments.get("file")), None) is None:
            raise Refused("file_not_found")
        return {}

    def open_view(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Open a window before whoever did what the trigger is of, once and soon."""
        at, user = self._triggers.pop(str(arguments.get("trigger_id")), (None, ""))
        if at is None:
            raise Refused("exchanged_trigger_id")
        if clock.stopwatch() - at > TRIGGER_S:
            raise Refused("expired_trigger_id")
        view = _view(arguments)
        if wrong := view_refusal(view, "modal"):
            raise Refused(wrong)
        made = View(f"V{uuid4().hex[:10].upper()}", user, view, self.now())
        self.windows[made.id] = made
        return {"view": {"id": made.id, **view}}

    def update_view(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Show something else in a window that is still open."""
        shown = self.windows.get(str(arguments.get("view_id")))
        if shown is None:
            raise Refused("not_found")
        view = _view(arguments)
        if wrong := view_refusal(view, "modal"):
            raise Refused(wrong)
        there = {block.get("block_id") for block in view["blocks"]}
        kept = {block: said for block, said in shown.filled.items() if block in there}
        self.windows[shown.id] = replace(shown, view=view, filled=kept)
        return {"view": {"id": shown.id, **view}}

    def publish(self, arguments: dict[str, Any], _base: str) -> dict[str, Any]:
        """Show a person their home."""
        view, user = _view(arguments), str(arguments.get("user_id"))
        if wrong := view_refusal(view, "home"):
            raise Refused(wrong)
        self.homes[user] = View(f"V{user}", user, view, self.now())
        return {"view": {"id": f"V{user}", **view}}

    def whispered(self, channel: str, user: str, said: Mapping[str, Any]) -> None:
        """Show a command's answer to whoever wrote it."""
        with self.lock:
            if wrong := refusal(said):
                raise Refused(wrong)
            self._written(channel, said, to=user)

    def _written(
        self, channel: str, arguments: Mapping[str, Any], to: str | None = None
    ) -> Message:
        self.last_ts = max(int(self.now().timestamp() * 1_000_000), self.last_ts + 1)
        ts = f"{self.last_ts // 1_000_000:010}.{self.last_ts % 1_000_000:06}"
        message = Message(channel, ts, [self._revision(arguments)], to)
        self.messages[channel].append(message)
        return message

    def _revision(self, arguments: Mapping[str, Any]) -> Revision:
        return Revision(
            self.now(),
            arguments.get("text") or "",
            arguments.get("blocks") or [],
            arguments.get("metadata"),
        )


_METHODS: Mapping[str, Callable[[Workspace, dict[str, Any], str], dict[str, Any]]] = {
    "auth.test": Workspace.auth_test,
    "chat.postMessage": Workspace.post,
    "chat.update": Workspace.update,
    "chat.delete": Workspace.delete,
    "chat.postEphemeral": Workspace.post_ephemeral,
    "conversations.history": Workspace.history,
    "conversations.replies": Workspace.replies,
    "conversations.info": Workspace.info,
    "conversations.open": Workspace.open,
    "files.getUploadURLExternal": Workspace.upload_url,
    "files.completeUploadExternal": Workspace.complete,
    "files.delete": Workspace.delete_file,
    "views.open": Workspace.open_view,
    "views.publish": Workspace.publish,
    "views.update": Workspace.update_view,
}


def _view(arguments: Mapping[str, Any]) -> Any:
    said = arguments.get("view")
    try:
        return json.loads(said) if isinstance(said, str) else said
    except ValueError:
        raise Refused("invalid_arguments") from None


def _true(said: object) -> bool:
    return str(said).lower() in ("1", "true")
