"""What a person sees in the Slack double, as plain text: on their clock, in the order of time."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.doubles._slack_channel import Message
from monitor.doubles.slack import SlackDouble, user_id

WIDTH = 90
"""Columns; a longer line goes on below, further to the right."""

Block = Mapping[str, Any]


def seen(slack: SlackDouble, name: str, zone: str, *channels: str) -> str:
    """These channels with their threads, then what the app wrote to this person alone.

    Buttons stand in brackets, small print in round ones, a picture by what it shows; what only
    this person sees says so.
    """
    mine = f"D{user_id(name)[1:]}".ljust(9, "0")
    lines: list[str] = []
    for channel in (*channels, mine):
        said = [one for one in slack.messages.get(channel, []) if one.to in (None, user_id(name))]
        if said:
            lines += [f"#{slack.channels[channel]}" if channel in channels else f"To {name}", ""]
        lines += [line for one in said for line in _message(slack, one, ZoneInfo(zone))]
    return "\n".join(lines).rstrip() + "\n"


def everything(slack: SlackDouble) -> list[Message]:
    """All that stands in channels, threads and direct messages, as it arrived."""
    first = [one for said in slack.messages.values() for one in said]
    return sorted(
        (one for each in first for one in (each, *slack.thread(each))), key=lambda one: one.ts
    )


def _message(slack: SlackDouble, message: Message, zone: ZoneInfo) -> Iterator[str]:
    notes = [_clock(message.ts, zone)]
    notes += ["edited"] * (len(message.revisions) > 1)
    notes += ["only you see this"] * (message.to is not None)
    notes += ["in the channel, too"] * message.broadcast
    yield from _indented([f"{', '.join(notes)}", *words(message)], "  ")
    for reply in slack.thread(message):
        yield from (f"  | {line}".rstrip() for line in _message(slack, reply, zone))
    if not message.thread:
        yield ""


def _clock(ts: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC).astimezone(zone):%H:%M}"


def words(message: Message) -> list[str]:
    """What a message says, line by line."""
    if not message.now.blocks:
        return message.now.text.splitlines()
    return [line for block in message.now.blocks for line in _block(block)]


def _block(block: Block) -> Iterator[str]:
    kind = block["type"]
    if kind == "header":
        yield _text(block["text"])
    elif kind == "section":
        for field in block.get("fields") or [block["text"]]:
            yield _text(field).replace("\n", ": ", 1)
    elif kind == "context":
        yield f"({' · '.join(_text(part) for part in block['elements'])})"
    elif kind == "image":
        yield f"[picture: {_plain(block['alt_text'])}]"
    elif kind == "actions":
        yield " ".join(f"[{label_of(element)}]" for element in block["elements"])
    elif kind == "rich_text":
        for part in block["elements"]:
            yield from _rich(part)


def label_of(element: Block) -> str:
    """What stands on a button, a choice or a menu."""
    said = element.get("text") or element.get("placeholder")
    return _text(said) if said else "⋯"


def _rich(part: Block) -> Iterator[str]:
    said = "".join(_plain(one.get("text") or one.get("url", "")) for one in part["elements"])
    mark = {"rich_text_quote": "> ", "rich_text_preformatted": "| "}.get(part["type"], "")
    yield from (f"{mark}{line}" for line in said.splitlines())


def _text(said: Block) -> str:
    text = str(said["text"])
    return _plain(re.sub(r"\*([^*\n]+)\*", r"\1", text) if said["type"] == "mrkdwn" else text)


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _indented(lines: list[str], by: str) -> Iterator[str]:
    first, *rest = lines
    yield first
    for line in rest:
        yield from textwrap.wrap(
            line, WIDTH, initial_indent=by, subsequent_indent=by * 3, break_long_words=False
        )
