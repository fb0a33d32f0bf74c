"""What stands in the Slack double, to stand there again in the next process, as in Slack."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from monitor.doubles._slack_api import Workspace
from monitor.doubles._slack_channel import Message


@dataclass(frozen=True)
class _Kept:
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        ser_json_bytes="base64", val_json_bytes="base64"
    )

    messages: dict[str, list[Message]]
    files: dict[str, bytes]
    last_ts: int


_WRITTEN = TypeAdapter(_Kept)


def kept(workspace: Workspace) -> bytes:
    """Its messages and files, as JSON; windows that are open close."""
    with workspace.lock:
        return _WRITTEN.dump_json(_Kept(workspace.messages, workspace.files, workspace.last_ts))


def recall(workspace: Workspace, content: bytes) -> None:
    """Put into a workspace what was `kept` of it."""
    found = _WRITTEN.validate_json(content)
    with workspace.lock:
        workspace.messages.update(found.messages)
        workspace.files.update(found.files)
        workspace.last_ts = found.last_ts
