"""The parts of windows: what people fill in, and how it is read again."""

import json
from collections.abc import Mapping
from typing import Any

from alerts.briefings.briefing import Briefing
from alerts.notifiers._slack_text import Block, context, options, plain, rich, run, section

View = dict[str, Any]

LONGEST, LONGEST_REASON, LONGEST_NAME, LONGEST_VALUE = 3000, 500, 80, 2000
LONGEST_TITLE = 24
"""So much of a window's title Slack shows."""
IT = "it"
"""The `action_id` of what is filled in; its block's id names it."""


def asking(
    name: str,
    title: str,
    incident: Briefing,
    channel: str,
    *blocks: Block,
    about: str = "",
    submit: str = "Done",
) -> View:
    """A window to be submitted, about an incident, or something of it: what comes back says so."""
    return {
        "type": "modal",
        "callback_id": f"seawall_{name}",
        "private_metadata": json.dumps([name, about or incident.incident, channel]),
        "title": plain(title, LONGEST_TITLE),
        "submit": plain(submit, 24),
        "close": plain("Cancel", 24),
        "blocks": [context(incident.headline, incident.incident), *blocks],
    }


def showing(title: str, blocks: list[Block]) -> View:
    """A window to be read."""
    return {
        "type": "modal",
        "title": plain(title, LONGEST_TITLE),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


WAITING = showing("Words", [rich(section(run("One moment…", italic=True)))])
"""What is shown until there is more."""


def entry(
    name: str, label: str, element: Block, *, optional: bool = False, redraws: bool = False
) -> Block:
    """Something to fill in; where it `redraws`, Seawall hears of it before it is submitted."""
    made = {
        "type": "input",
        "block_id": name,
        "label": plain(label, 150),
        "element": element,
        "optional": optional,
    }
    return made | {"dispatch_action": True} if redraws else made


def typed(
    name: str,
    label: str,
    longest: int,
    *,
    optional: bool = False,
    multiline: bool = False,
    initial: str = "",
) -> Block:
    """Words to write."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": IT,
        "multiline": multiline,
        "max_length": longest,
    }
    if initial:
        element["initial_value"] = initial[:longest].encode("utf-8", "replace").decode()
    return entry(name, label, element, optional=optional)


def choice(labels: Mapping[str, str], chosen: str = "") -> Block:
    """One of a few, all in sight."""
    return _of({"type": "radio_buttons", "action_id": IT}, labels, chosen)


def select(labels: Mapping[str, str], chosen: str = "") -> Block:
    """One of many."""
    return _of({"type": "static_select", "action_id": IT}, labels, chosen)


def _of(element: Block, labels: Mapping[str, str], chosen: str) -> Block:
    found = options(labels)
    first = [one for one in found if chosen and one["value"] == chosen]
    return element | {"options": found} | ({"initial_option": first[0]} if first else {})


def filled_in(values: Mapping[str, Any]) -> dict[str, str]:
    """What is filled in, by the names of the blocks; empty where nothing is."""
    return {block: _held(answer) for block, answer in values.items()}


def _held(answer: Mapping[str, Any]) -> str:
    """What one input holds, whichever kind it is."""
    [element] = answer.values()
    chosen = element.get("selected_option") or {}
    return str(element.get("value") or element.get("selected_user") or chosen.get("value") or "")
