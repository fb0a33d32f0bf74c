"""The windows for public words: what could be said, and each message on its way there."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from alerts import languages
from alerts.briefings.briefing import Briefing
from alerts.duty.notices import CONFIRM, PROPOSE
from alerts.notifiers._slack_controls import LEAD, NOTICE, WINDOW, approved
from alerts.notifiers._slack_desk import Chosen, Standing, Wording, Words
from alerts.notifiers._slack_forms import (
    LONGEST_REASON,
    LONGEST_VALUE,
    View,
    asking,
    entry,
    filled_in,
    select,
    showing,
    typed,
)
from alerts.notifiers._slack_receipts import digest
from alerts.notifiers._slack_text import (
    Block,
    button,
    context,
    exactly,
    lines,
    rich,
    run,
    section,
    sentence,
)
from alerts.words.approval import MessageState
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.phases import REPLIES, Channel, Phase

WORDS = "words"
"""The name of the window of what could be said."""

_ALL = "all"
_MESSAGES, _NOTES = 6, 8
_GONE = (MessageState.SUPERSEDED,)


def words(there: Words, channel: str, chosen: Chosen, outcome: str = "") -> View:
    """What could be said now, what waits for whom, and `outcome`, what was just done."""
    silence = list(_silence(there))
    waiting = [part for one in _newest(there.messages) for part in message(one)]
    return asking(
        *(WORDS, "Words for the public", there.incident, channel),
        *([rich(section(run(sentence(outcome), bold=True)))] if outcome else []),
        *([rich(lines(*map(run, there.warnings)))] if there.warnings else []),
        *(silence if there.silence_first else []),
        *waiting,
        *_choices(there, chosen),
        *_wordings(there.wordings, chosen),
        *([] if there.silence_first else silence),
        _more(there, chosen),
        submit="Submit",
    )


def message(one: Standing) -> Iterator[Block]:
    """A message exactly as it would be posted, how it stands, and what can be done with it."""
    said = one.message
    yield rich(
        section(run(f"{title(one)} · {said.state}", bold=True)),
        exactly(said.text),
    )
    alone = said.broke_glass
    approved_alone = f"approved by {alone.by} alone, because {alone.reason}" if alone else ""
    by = f"by {', '.join(said.authors)}"
    notes = (said.because, by, approved_alone, one.next, *one.notes)
    yield context(*filter(None, notes))
    if row := list(_buttons(one)):
        yield {"type": "actions", "elements": row}


def title(one: Standing) -> str:
    """As people speak of a message: `German, working, x: fjord-b5g44m7i/3`."""
    said = one.message
    return f"{languages.name(said.language)}, {said.phase}, {said.channel}: {said.id}"


def copied(incident: Briefing, channel: str, one: Standing) -> View:  # noqa: ARG001 - as the others
    """The text alone, to be copied."""
    about = [context(incident.headline, title(one)), rich(exactly(one.message.text))]
    return showing("To be copied", about)


def edited(incident: Briefing, channel: str, one: Standing) -> View:
    """Its text, to be changed."""
    written = typed("text", title(one), LONGEST_VALUE, multiline=True, initial=one.message.text)
    return _of(one, "edit", "Edit", incident, channel, written, context(*one.notes or ("",)))


def returned(incident: Briefing, channel: str, one: Standing) -> View:
    """What should be different."""
    comment = typed("comment", "What should be different?", LONGEST_REASON, multiline=True)
    return _of(one, "return", "Return", incident, channel, rich(exactly(one.message.text)), comment)


def posted(incident: Briefing, channel: str, one: Standing) -> View:
    """Where it was posted."""
    link = typed("link", "The link to it: https://…", LONGEST_REASON, optional=True)
    return _of(one, "posted", "Posted", incident, channel, rich(exactly(one.message.text)), link)


def alone(incident: Briefing, channel: str, one: Standing) -> View:
    """Why it cannot wait for another person."""
    name = f"reason/{one.message.sha256}"
    why = typed(name, "Why can it not wait for another?", LONGEST_REASON, multiline=True)
    text = rich(exactly(one.message.text))
    return _of(one, "break_glass", "Approve alone", incident, channel, text, why)


OF_MESSAGES: Mapping[str, Callable[[Briefing, str, Standing], View]] = {
    "copy": copied,
    "edit": edited,
    "return": returned,
    "posted": posted,
    "break_glass": alone,
}
"""The windows that are about one message."""


def chosen(values: Mapping[str, Any]) -> Chosen:
    """What the choices of the window stand at."""
    said = filled_in(values)
    language = said.get("language", "")
    return Chosen(
        said.get("phase", ""),
        said.get("channel", ""),
        "" if language == _ALL else language,
        int(said.get("wording") or 0),
    )


def _drafted(said: Mapping[str, str]) -> tuple[str, str, str]:
    """A text that was not touched is the playbook's; any other is in free words."""
    where = next((block for block in said if block.startswith("text/")), "")
    _, phase, known = where.split("/") if where else ("", said["phase"], "")
    text = said.get(where, "")
    own = bool(text) and digest([text]) != known
    language = said.get("language", _ALL)
    value = {
        "phase": phase if own else said["phase"],
        "channel": said["channel"],
        "languages": [] if language == _ALL else [language],
        "text": text if own else "",
        "variant": int(said.get("wording") or 0),
        "submit": True,
    }
    return "draft", json.dumps(value), ""


def _alone(said: Mapping[str, str]) -> tuple[str, str, str]:
    """The hash of the text that was read is in the name of what was filled in."""
    [(name, reason)] = said.items()
    return "break_glass", name.partition("/")[2], reason


READ: Mapping[str, Callable[[Mapping[str, str]], tuple[str, str, str]]] = {
    WORDS: _drafted,
    "edit": lambda said: ("edit", said["text"], ""),
    "return": lambda said: ("return", "", said["comment"]),
    "posted": lambda said: ("posted", said.get("link", ""), ""),
    "break_glass": _alone,
}
"""The verb, value and note that each window means."""


def _of(
    one: Standing, name: str, label: str, incident: Briefing, channel: str, *blocks: Block
) -> View:
    return asking(name, label, incident, channel, *blocks, about=one.message.id)


def _newest(messages: Sequence[Standing]) -> list[Standing]:
    """Those that may still be seen or changed, the newest first."""
    kept = [one for one in messages if one.message.state not in _GONE]
    return kept[::-1][:_MESSAGES]


def _buttons(one: Standing) -> Iterator[Block]:
    """What can be done with a message, by how it stands."""
    said = one.message

    def opens(label: str, name: str) -> Block:
        return button(label, f"{WINDOW}:{name}", said.id)

    def does(label: str, verb: str, value: str = "") -> Block:
        return button(label, f"{NOTICE}:{verb}:0", f"{said.id}\n{value}")

    match said.state:
        case MessageState.DRAFT | MessageState.RETURNED:
            for kind in one.unconfirmed:
                yield does(f"Confirm {KINDS[kind].name}", CONFIRM, json.dumps({"kind": kind}))
            if not one.unconfirmed:
                yield does("Submit", "submit")
            yield opens("Edit…", "edit")
            yield opens("Approve alone…", "break_glass")
        case MessageState.SUBMITTED:
            yield does("Approve", "approve", said.sha256)
            yield opens("Return…", "return")
            yield opens("Edit…", "edit")
            yield opens("Approve alone…", "break_glass")
        case MessageState.APPROVED:
            yield from approved(said, one.offer)
            yield opens("Return…", "return")
        case MessageState.UNCERTAIN:
            yield opens("Posted…", "posted")
            yield does("It is not there", "not_posted")
        case MessageState.STALE if not said.posted_at:
            yield opens("Edit…", "edit")
        case _:
            return


def _silence(there: Words) -> Iterator[Block]:
    """To say nothing is a decision, too."""
    if there.silence:
        yield rich(section(run(sentence(there.silence), bold=there.silence_first)))


def _choices(there: Words, chosen: Chosen) -> Iterator[Block]:
    """What to say, where, in which language: a choice shows other words at once."""
    phases = {one.value: sentence(_phase(one)) for one in Phase if one is not Phase.CORRECTION}
    places = {one.value: sentence(one) for one in Channel}
    order = [*there.languages, *(one for one in LANGUAGES if one not in there.languages)]
    spoken = {one: languages.name(one) for one in order if one in LANGUAGES}
    written = ", ".join(languages.name(one) for one in there.languages if one in LANGUAGES)
    every = {_ALL: f"All that is written{f': {written}' if written else ''}"}
    why = f" ({there.why})" if there.why else ""
    yield entry("phase", f"Phase{why}", select(phases, there.phase), redraws=True)
    yield entry("channel", "Where", select(places, there.channel), redraws=True)
    language = chosen.language or _ALL
    yield entry("language", "Language", select(every | spoken, language), redraws=True)


def _phase(one: Phase) -> str:
    return f"{one}, to one person" if one in REPLIES else one


def _wordings(found: Sequence[Wording], chosen: Chosen) -> Iterator[Block]:
    """Of one language its wordings, one of them to be changed; else what is said in each."""
    if not found:
        yield rich(section(run("The playbook has no words for this yet.", italic=True)))
    if not chosen.language:
        for one in found[: len(LANGUAGES)]:
            name = f"{languages.name(one.language)}, {one.phase}"
            yield rich(section(run(name, bold=True)), exactly(one.text))
            yield from _notes(one)
        return
    which = min(chosen.wording, max(len(found) - 1, 0))
    if len(found) > 1:
        labels = {str(n): f"Wording {n + 1}" for n in range(len(found))}
        yield entry("wording", "Wording", select(labels, str(which)), redraws=True)
    text = found[which].text if found else ""
    phase = found[which].phase if found else chosen.phase
    name = f"text/{phase}/{digest([text])}"
    yield typed(
        name,
        "The text; changed, it is in your own words",
        LONGEST_VALUE,
        multiline=True,
        initial=text,
    )
    if found:
        yield from _notes(found[which])


def _notes(one: Wording) -> Iterator[Block]:
    if one.notes:
        yield context(*one.notes[:_NOTES])


def _more(there: Words, chosen: Chosen) -> Block:
    incident = there.incident.incident
    row = [
        button("Facts…", f"{WINDOW}:facts", incident),
        button("Say nothing…", f"{WINDOW}:{LEAD}", f"{incident}\nkeep_silent"),
    ]
    if there.proposes:
        spoken = [chosen.language] if chosen.language else []
        wanted = {"phase": there.phase, "channel": there.channel, "languages": spoken}
        asks = f"{NOTICE}:{PROPOSE}:0"
        row.append(button("Ask a program for a draft", asks, f"{incident}\n{json.dumps(wanted)}"))
    return {"type": "actions", "elements": row}
