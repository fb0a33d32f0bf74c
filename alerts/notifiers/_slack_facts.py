"""The window of the fact desk: what is known, and what somebody says, confirms or asks."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from alerts.notifiers._slack_desk import Known, Words
from alerts.notifiers._slack_forms import (
    LONGEST_REASON,
    LONGEST_VALUE,
    View,
    asking,
    choice,
    entry,
    select,
    typed,
)
from alerts.notifiers._slack_text import Block, lines, rich, run, section, sentence
from alerts.words.kinds import KINDS
from alerts.words.sentences import entered

FACTS = "facts"
"""The name of the window."""

_SHOWN = 12
_DOES = {
    "fact": "Say it, for another to confirm",
    "confirm": "Confirm it",
    "correct": "Correct it: what was confirmed is wrong",
    "expire": "It holds no longer",
    "withdraw": "Take it back",
    "ask": "Ask whoever knows",
}


def facts(there: Words, channel: str, kind: str = "", does: str = "", outcome: str = "") -> View:
    """What is known, and one thing to do about a `kind`; `outcome` is what was just done."""
    kinds = {one.id: one.name for one in entered(there.incident.situation or "")}
    known = KINDS.get(kind)
    label = f"{known.name}: {known.about}" if known else "What is so, or what you ask"
    return asking(
        *(FACTS, "Facts", there.incident, channel),
        *([rich(section(run(sentence(outcome), bold=True)))] if outcome else []),
        *_known(there.facts, "Nothing is known yet."),
        *_known(there.questions),
        *([rich(lines(*map(run, there.warnings)))] if there.warnings else []),
        entry("kind", "About", select(kinds, kind), redraws=True),
        entry("does", "What do you do?", choice(_DOES, does or "fact")),
        typed("value", label, LONGEST_VALUE, optional=True, multiline=True),
        typed("source", "Who says so", LONGEST_REASON, optional=True),
        typed("evidence", "Evidence: a link, a ticket", LONGEST_REASON, optional=True),
        typed("until", "Until when it holds, or is to be answered: 07:00, 2h", 40, optional=True),
    )


def _known(found: Sequence[Known], nothing: str = "") -> Iterator[Block]:
    for one in found[:_SHOWN]:
        yield rich(lines(run(one.words, bold=True), run(" · ".join(one.notes), italic=True)))
    if not found and nothing:
        yield rich(section(run(nothing, italic=True)))


def _entered(said: Mapping[str, str]) -> tuple[str, str, str]:
    verb, about = said["does"], {"kind": said["kind"]}
    value, until = said.get("value", ""), said.get("until", "")
    if verb == "ask":
        about |= {"question": value, "due": until}
    elif verb in ("fact", "confirm", "correct"):
        more = {name: said.get(name, "") for name in ("source", "evidence")}
        about |= {"value": value, "until": until, **more}
    return verb, json.dumps(about), ""


READ: Mapping[str, Callable[[Mapping[str, str]], tuple[str, str, str]]] = {FACTS: _entered}
"""The verb, value and note that the window means."""
