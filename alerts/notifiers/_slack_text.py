"""Text for Slack in which nothing acts that strangers wrote, and the smallest parts of blocks.

Strangers' words stand in rich text, where Slack interprets nothing, and are escaped there, too. The
few values in mrkdwn have lost every character that formats.
"""

import re
from collections.abc import Mapping
from typing import Any

from alerts.plain_text import shortened, visible

Block = dict[str, Any]

LINE, FIELD = 300, 250
"""Characters of a line and of a fact, when escaped."""

_LONGEST_BUTTON, _LONGEST_OPTION = 75, 75
_LONGEST_TEXT = 5_000
_CONTROL = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FORMATTING = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "|": "¦"})


def escaped(text: str, length: int) -> str:
    """Text on one line in which nothing acts, of at most `length` characters when escaped.

    >>> escaped("<!channel> R&D", 40), escaped("&&&&", 12)
    ('&lt;!channel&gt; R&amp;D', '&amp;&amp;…')
    """
    start = " ".join(text.split())[: 2 * length + 2]  # enough of what may be very long
    shown = [_CONTROL.get(character, character) for character in visible(start)]
    if sum(map(len, shown)) <= length:
        return "".join(shown) or "…"
    room, kept = length - 1, []
    for character in shown:
        room -= len(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def inert(text: str, length: int) -> str:
    """The same for mrkdwn: characters that format give way to others that look like them.

    >>> inert("*R&D* at `night`", 40)
    '∗R&amp;D∗ at ˋnightˋ'
    """
    return escaped(text.translate(_FORMATTING), length)


def plain(text: str, length: int) -> Block:
    """Words that are shown as they are, in a header, on a button, in a modal."""
    return {"type": "plain_text", "text": escaped(text, length), "emoji": False}


def fields(facts: Mapping[str, str]) -> Block:
    """Facts by their labels, two side by side on a wide screen; ten at most."""
    shown = [
        {"type": "mrkdwn", "text": f"*{label}*\n{inert(value, FIELD)}", "verbatim": True}
        for label, value in list(facts.items())[:10]
    ]
    return {"type": "section", "fields": shown}


def rich(*parts: Block) -> Block:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def section(*elements: Block) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def lines(*said: Block) -> Block:
    """A paragraph with a line for each run."""
    broken = [part for each in said for part in (each, {"type": "text", "text": "\n"})]
    return section(*broken[:-1])


def boxed(text: str, length: int) -> Block:
    """Words in a box, to be copied from it."""
    said = {"type": "text", "text": escaped(text, length)}
    return {"type": "rich_text_preformatted", "elements": [said]}


def exactly(text: str) -> Block:
    """Text as it is, space by space, in a box to be read or copied; what hides is made visible."""
    parts = re.split(r"( +|\n)", text[:_LONGEST_TEXT])
    shown = "".join(part if not part.strip(" \n") else visible(part) for part in parts)
    found = "".join(_CONTROL.get(character, character) for character in shown)
    said = {"type": "text", "text": shortened(found, _LONGEST_TEXT) or "…"}
    return {"type": "rich_text_preformatted", "elements": [said]}


def run(text: str, **style: bool) -> Block:
    """Words in a line of rich text; a space at their beginning stays."""
    space = " " if text.startswith(" ") else ""
    said: Block = {"type": "text", "text": space + escaped(text, LINE)}
    return said | {"style": style} if style else said


def link(url: str, text: str) -> Block:
    """A link in a line of rich text."""
    return {"type": "link", "url": url, "text": text}


def context(*parts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [plain(part, LINE) for part in parts[:10]]}


def button(label: str, action: str, value: str) -> Block:
    """A button with what comes back when it is pressed."""
    said = plain(label, _LONGEST_BUTTON)
    return {"type": "button", "text": said, "action_id": action, "value": value}


def options(labels: Mapping[str, str]) -> list[Block]:
    """What can be chosen, by what comes back."""
    return [
        {"text": plain(label, _LONGEST_OPTION), "value": value} for value, label in labels.items()
    ]


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """What is asked once more before a press counts."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def sentence(words: str) -> str:
    """With a capital letter."""
    return words[:1].upper() + words[1:]
