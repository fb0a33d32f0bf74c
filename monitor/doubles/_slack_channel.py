"""What stands in the channels of the Slack double."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    """A message with all its revisions, the newest last; `to`: the one person who sees it.

    `thread` is the time of the message whose thread it stands in; `broadcast`: and in the channel.
    """

    channel: str
    ts: str
    revisions: list[Revision] = field(default_factory=list)
    to: str | None = None
    thread: str | None = None
    broadcast: bool = False

    @property
    def now(self) -> Revision:
        """What it says."""
        return self.revisions[-1]

    @property
    def incident(self) -> str | None:
        """The incident that it shows, by its metadata; None for a reply or a notice."""
        said = self.now.metadata or {}
        shows = said.get("event_type") == "seawall_incident"
        return (said.get("event_payload") or {}).get("incident") if shows else None

    @property
    def in_channel(self) -> bool:
        """Whether it is seen without opening a thread."""
        return self.thread is None or self.broadcast

    @property
    def words(self) -> str:
        """All that is written in it, a line a block."""
        return "\n".join("".join(written(block)) for block in self.now.blocks) or self.now.text

    def button(self, action_id: str, value: str | None) -> Mapping[str, Any] | None:
        """A button, choice or menu as the message shows it now; any value where none is named."""
        return element_of(self.now.blocks, action_id, value)

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
        if self.thread:
            said |= {"thread_ts": self.thread, "parent_user_id": "U0SEAWALL"}
        if self.broadcast:
            said["subtype"] = "thread_broadcast"
        if len(self.revisions) > 1:
            said["edited"] = {"user": "B0SEAWALL", "ts": self.ts}
        if metadata and self.now.metadata is not None:
            said["metadata"] = self.now.metadata
        return said


def element_of(
    blocks: Sequence[Mapping[str, Any]], action_id: str, value: str | None
) -> Mapping[str, Any] | None:
    """An element that can be pressed, with its block's id, the end of which is a choice's value."""
    for n, block in enumerate(blocks):
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            place = block.get("block_id") or f"b{n}"
            known = element.get("value") or place.rpartition("/")[2]
            if element.get("action_id") == action_id and value in (None, "", known):
                return {"value": known, **element, "block_id": place}
    return None


def written(part: Any) -> Iterator[str]:
    """Every text in a part of a message, in its order."""
    if isinstance(part, Mapping):
        if isinstance(part.get("text"), str):
            yield part["text"]
        if isinstance(part.get("alt_text"), str):
            yield f"[{part['alt_text']}]"
        for key, each in part.items():
            if key not in ("confirm", "options", "placeholder"):
                yield from written(each)
    elif isinstance(part, list):
        for each in part:
            yield from written(each)


def posted(messages: Sequence[Message]) -> Counter[str]:
    """How many messages there are that show each incident, or none: those under an empty name."""
    seen = [message for message in messages if message.to is None and message.thread is None]
    return Counter(message.incident or "" for message in seen)


def page_of(
    messages: Sequence[Message], arguments: Mapping[str, Any], *, default: int = 100
) -> dict[str, Any]:
    """A page of these messages, as conversations.history and conversations.replies give it."""
    oldest, latest = (float(arguments.get(name) or 0) for name in ("oldest", "latest"))
    shown = [
        message
        for message in messages
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
