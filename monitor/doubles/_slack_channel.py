"""What stands in the channels of the Slack double."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Revision:
    """What a message said from some time on."""

    at: datetime
    text: str
    blocks: Sequence[Mapping[str, Any]]
    metadata: Mapping[str, Any] | None


@dataclass(slots=True)
class Message:
    """A message with all its revisions, the newest last; `to`: the one person who sees it."""

    channel: str
    ts: str
    revisions: list[Revision] = field(default_factory=list)
    to: str | None = None

    @property
    def now(self) -> Revision:
        """What it says."""
        return self.revisions[-1]

    @property
    def incident(self) -> str | None:
        """The incident that its metadata name."""
        payload = (self.now.metadata or {}).get("event_payload") or {}
        return payload.get("incident")

    def button(self, action_id: str, value: str | None) -> Mapping[str, Any] | None:
        """A button as the message shows it now; any value where none is named."""
        for block in self.now.blocks:
            for element in block.get("elements", []) if block["type"] == "actions" else []:
                if element.get("action_id") == action_id and value in (None, element.get("value")):
                    return {**element, "block_id": block.get("block_id", "b1")}
        return None

    def as_json(self, *, metadata: bool = True) -> dict[str, Any]:
        """As the Web API gives it."""
        said: dict[str, Any] = {
            "type": "message",
            "user": "U0SEAWALL",
            "bot_id": "B0SEAWALL",
            "ts": self.ts,
            "text": self.now.text,
            "blocks": list(self.now.blocks),
        }
        if len(self.revisions) > 1:
            said["edited"] = {"user": "B0SEAWALL", "ts": self.ts}
        if metadata and self.now.metadata is not None:
            said["metadata"] = self.now.metadata
        return said


def posted(messages: Sequence[Message]) -> Counter[str]:
    """How many messages there are about each incident; those about none are under an empty name."""
    return Counter(message.incident or "" for message in messages if message.to is None)


def page_of(
    messages: Sequence[Message], arguments: Mapping[str, Any], *, default: int = 100
) -> dict[str, Any]:
    """A page of a channel's history, newest first, as conversations.history gives it."""
    oldest, latest = (float(arguments.get(name) or 0) for name in ("oldest", "latest"))
    shown = [
        message
        for message in reversed(messages)
        if message.to is None
        and float(message.ts) > oldest
        and (not latest or float(message.ts) < latest)
    ]
    first = int(str(arguments.get("cursor") or "0").removeprefix("next:") or 0)
    limit = min(max(int(arguments.get("limit") or default), 1), 999)
    metadata = str(arguments.get("include_all_metadata", "")).lower() in ("1", "true")
    more = first + limit < len(shown)
    return {
        "ok": True,
        "messages": [each.as_json(metadata=metadata) for each in shown[first : first + limit]],
        "has_more": more,
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
        "response_metadata": {"next_cursor": f"next:{first + limit}" if more else ""},
    }
