"""The windows that open before a person in Slack, and what is written in them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts import wording
from alerts.briefing import Briefing
from alerts.incidents import Refused
from alerts.instruction import LABELS, Instruction
from alerts.news import VERDICTS
from alerts.notifiers._slack_blocks import drafts, state
from alerts.notifiers._slack_desk import MOST
from alerts.notifiers._slack_text import (
    Block,
    context,
    options,
    plain,
    rich,
    run,
    section,
    sentence,
)
from alerts.steps import DOUBLES, Step

View = dict[str, Any]
Row = Callable[[Briefing], list[Block]]

_LONGEST, _LONGEST_REASON, _LONGEST_NAME = 3000, 500, 80
_ALL_DRAFTS = 6
_SNOOZES = (timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8))


def assign(incident: Briefing, channel: str) -> View:
    """To whom an incident is given: a person, or a department in words."""
    person = {"type": "users_select", "action_id": "it", "placeholder": plain("Somebody", 150)}
    return _asking(
        "assign",
        "Assign",
        incident,
        channel,
        _input("person", "To a person", person, optional=True),
        _words("department", "or to a department", _LONGEST_NAME, optional=True),
    )


def snooze(incident: Briefing, channel: str, now: datetime) -> View:
    """Until when it calls nobody."""
    at = [now + wait for wait in _SNOOZES]
    labels = {
        moment.isoformat(): f"{wording.span(moment - now)}, until "
        f"{wording.clock(moment, incident.timezone)}"
        for moment in at
    }
    choice = _choice(labels | {DOUBLES: "until it doubles"})
    return _asking(
        "snooze", "Snooze", incident, channel, _input("until", "Calls nobody for", choice)
    )


def verdict(incident: Briefing, channel: str) -> View:
    """What it was, so that Seawall learns."""
    choice = _choice({str(one): sentence(said) for one, said in VERDICTS.items()})
    return _asking(
        "verdict",
        "What was it?",
        incident,
        channel,
        _input("verdict", "It is", choice),
        _words("reason", "Why", _LONGEST_REASON, optional=True, multiline=True),
    )


def note(incident: Briefing, channel: str) -> View:
    """Words for the record."""
    written = _words("note", "What happened", _LONGEST_REASON, multiline=True)
    return _asking("note", "Note", incident, channel, written)


def merge(incident: Briefing, channel: str, others: Sequence[Briefing]) -> View:
    """Which other incident is a part of this one. Raises Refused where there is none."""
    labels = {each.incident: each.headline for each in others if each.incident != incident.incident}
    if not labels:
        raise Refused("there is no other open incident")
    return _asking(
        "merge",
        "Merge",
        incident,
        channel,
        _input("part", "A part of this one", _choice(dict(list(labels.items())[:10]))),
    )


def brief(incident: Briefing, channel: str, before: Instruction | None) -> View:
    """What those who answer need to know, beginning with what they were told last."""
    parts = before.parts if before else {}
    inputs = [
        _words(
            part,
            label,
            _LONGEST,
            optional=True,
            multiline=True,
            initial="\n".join(parts.get(part, ())),
        )
        for part, label in LABELS.items()
    ]
    return _asking("brief", "Agent brief", incident, channel, *inputs)


def holding(incident: Briefing) -> View:
    """The holding messages, to be copied."""
    found = list(drafts(incident, most=_ALL_DRAFTS))
    return _showing("Holding messages", found or [rich(section(run("There are none for it.")))])


def status(incidents: Sequence[Briefing]) -> View:
    """What is open."""
    return _showing("Open incidents", lines_of(incidents))


def lines_of(incidents: Sequence[Briefing], row: Row = lambda _: []) -> list[Block]:
    """A paragraph for each incident: what it is, who has it, its id, and a `row` below it."""
    if not incidents:
        return [rich(section(run("Nothing is open.")))]
    found = [part for each in incidents[: MOST - 1] for part in (*_line(each), *row(each))]
    if len(incidents) >= MOST:
        found.append(rich(section(run("and others, which are less severe", italic=True))))
    return found


def _line(incident: Briefing) -> list[Block]:
    since = wording.moment(incident.started_at, incident.timezone)
    has = incident.acknowledged_by
    who = f"{has} has it in hand" if has else "nobody has it in hand"
    return [
        rich(section(run(f"{state(incident)}: {incident.headline}", bold=True))),
        context(f"since {since}", who, incident.incident),
    ]


def _asking(name: str, title: str, incident: Briefing, channel: str, *blocks: Block) -> View:
    about = json.dumps([name, incident.incident, channel])
    return {
        "type": "modal",
        "callback_id": f"seawall_{name}",
        "private_metadata": about,
        "title": plain(title, 24),
        "submit": plain("Done", 24),
        "close": plain("Cancel", 24),
        "blocks": [context(incident.headline, incident.incident), *blocks],
    }


def _showing(title: str, blocks: list[Block]) -> View:
    return {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain("Close", 24),
        "blocks": blocks,
    }


def _input(name: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label, 150),
        "element": element,
        "optional": optional,
    }


def _words(
    name: str,
    label: str,
    longest: int,
    *,
    optional: bool = False,
    multiline: bool = False,
    initial: str = "",
) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": "it",
        "multiline": multiline,
        "max_length": longest,
    }
    if initial:
        element["initial_value"] = initial[:longest]
    return _input(name, label, element, optional=optional)


def _choice(labels: Mapping[str, str]) -> Block:
    return {"type": "radio_buttons", "action_id": "it", "options": options(labels)}


def submitted(
    name: str, values: Mapping[str, Any], named: Callable[[str], str]
) -> tuple[str, str, str]:
    """The verb, value and note that a window's answers mean. Raises Refused where one is missing.

    `named` says what a person is called, by their Slack id.
    """
    said = {block: _said(answer) for block, answer in values.items()}
    if name == "assign":
        person = said.get("person", "")
        return Step.ASSIGN, named(person) if person else said.get("department", ""), ""
    if name == "snooze":
        return Step.SNOOZE, said["until"], ""
    if name == "verdict":
        return Step.JUDGE, said["verdict"], said.get("reason", "")
    if name == "note":
        return Step.NOTE, "", said["note"]
    if name == "merge":
        return "merge", said["part"], ""
    if name == "brief":
        parts = {part: said.get(part, "") for part in LABELS}
        return "instruct", Instruction.written(**parts).to_json(), ""
    raise Refused("this window is of an older Seawall; open it again")


def _said(answer: Mapping[str, Any]) -> str:
    """What one input holds, whichever kind it is."""
    [element] = answer.values()
    chosen = element.get("selected_option") or {}
    return str(element.get("value") or element.get("selected_user") or chosen.get("value") or "")
