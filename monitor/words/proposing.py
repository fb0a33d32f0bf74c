"""Drafts that an outside program proposes, when a person asks for it; never by itself.

The program is told what may be said, and nothing of who wrote what. What it answers is free text by
that person and by it: it passes the linter and the full approval, as if it were typed.
"""

import json
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from alerts.duty.notices import PROPOSE as PROPOSE  # the verb of people is found here
from alerts.incidents.incident import Kind, Reason, Refused
from alerts.instants import written
from alerts.languages import base
from alerts.plain_text import shortened, visible
from alerts.words.approval import LONGEST_TEXT, PROGRAM
from alerts.words.facts import Fact, spoken
from alerts.words.kinds import KINDS
from alerts.words.lengths import LIMITS
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.rulebook import rulebook
from monitor.configuration.proposing import Proposing
from monitor.incidents import rights
from monitor.words import drafts, program
from monitor.words.desk import Desk
from monitor.words.drafts import Made, Wanted

_SHOWN = 60


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Proposal(_Part):
    """What a program would say in a language."""

    language: str
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
    ]


class Proposed(_Part):
    """What it would say, one a language: the value of PROPOSE."""

    phase: Phase
    channel: Channel
    proposals: Annotated[tuple[Proposal, ...], Field(min_length=1)]


_ANSWER = TypeAdapter(tuple[Proposal, ...])


def question(desk: Desk, wanted: Wanted) -> dict[str, Any]:
    """What the program is told: what is to be said, over which facts, and how, per language.

    Only facts that are confirmed, hold and are not disputed. Raises Refused, and Forbidden.
    """
    _insist(desk, wanted.phase)
    disputed = desk.disputed()
    facts = {kind: fact for kind, fact in desk.facts().items() if kind not in disputed}
    languages = drafts.spoken_here(desk, wanted)
    return {
        "brand": desk.brand.name,
        "situation": desk.situation,
        "about": desk.playbook.about,
        "phase": wanted.phase,
        "channel": wanted.channel,
        "longest": LIMITS[wanted.channel],
        "at": written(desk.at),
        "timezone": desk.voice.zone,
        "emoji": desk.voice.emoji,
        "apology": desk.playbook.apology(wanted.phase),
        "facts": [
            {
                "kind": fact.kind,
                "name": KINDS[fact.kind].name,
                "value": fact.value,
                "until": written(fact.until) if fact.until else None,
            }
            for fact in facts.values()
        ],
        "languages": [_in_language(desk, wanted, one, facts) for one in languages],
    }


async def answer(configured: Proposing | None, asked: dict[str, Any]) -> str:
    """What the program answers, as the value of PROPOSE; nothing is stored. Raises Refused."""
    if configured is None:
        raise _unconfigured()
    said = await program.ask(configured.program, json.dumps(asked).encode(), configured.timeout)
    proposals = _read(said, [one["language"] for one in asked["languages"]])
    if not proposals:
        raise Refused(f"{visible(configured.program.name)} proposes nothing: write your own")
    made = Proposed(phase=asked["phase"], channel=asked["channel"], proposals=proposals)
    return made.model_dump_json()


def draft(desk: Desk, proposed: Proposed) -> list[Made]:
    """Draft what was proposed, all of it or nothing, and put it in the timeline. Raises Refused."""
    configured = _insist(desk, proposed.phase)
    by_it = Wanted(proposed.phase, proposed.channel, more_authors=(PROGRAM,))
    made = [
        one
        for said in proposed.proposals
        for one in drafts.draft(desk, replace(by_it, languages=(said.language,), text=said.text))
    ]
    ids = ", ".join(one.message.id for one in made)
    desk.note(Reason.PROPOSED, f"{visible(configured.program.name)}: {ids}")
    return made


def may(desk: Desk, phase: Phase) -> bool:
    """Whether whoever is at the desk may ask a program for words in this phase."""
    try:
        _insist(desk, phase)
    except Refused:
        return False
    return True


def _insist(desk: Desk, phase: Phase) -> Proposing:
    """What is configured. Raises Refused where no program is, or it may not know of the matter."""
    rights.insist(desk.configuration, desk.who, PROPOSE, desk.incident)
    if desk.configuration.propose is None:
        raise _unconfigured()
    if phase in REPLIES:
        raise Refused("a program proposes what is said to everybody, not a reply to one person")
    safety = desk.briefing.kind is Kind.SAFETY
    if desk.incident.restricted or desk.playbook.grave or safety:
        raise Refused("this is too grave for a program: it is told nothing of it; write your own")
    return desk.configuration.propose


def _unconfigured() -> Refused:
    return Refused("there is no program that proposes words: name one under `propose`")


def _in_language(
    desk: Desk, wanted: Wanted, language: str, facts: dict[str, Fact]
) -> dict[str, Any]:
    """How the brand speaks in a language: its facts in words, what must be said, and what never."""
    book, voice = rulebook(language), desk.voice
    said = {kind: spoken(fact, language, voice.zone, desk.at) for kind, fact in facts.items()}
    musts = [one for one in desk.playbook.must(wanted.phase) if not one.needs or one.needs in facts]
    return {
        "language": language,
        "address": voice.address.get(language),
        "sign_off": voice.sign_off.get(language),
        "facts": {kind: words for kind, words in said.items() if words is not None},
        "must": {one.concept: book.says[one.concept].better for one in musts},
        "never": {
            rule: next(one.why for one in book.general[rule] if one.why)
            for rule in desk.playbook.never
        },
        "never_words": voice.never.get(language, ()),
    }


def _read(said: bytes, wanted: list[str]) -> tuple[Proposal, ...]:
    """What was answered, once a language that was wanted, in characters that one sees."""
    like = 'it must be [{"language": "en", "text": "…"}, …] and nothing else'
    try:
        found = _ANSWER.validate_json(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = shortened(visible(".".join(map(str, first["loc"])) or "all of it"), _SHOWN)
        what = f"the program's answer cannot be read: {where}: {first['msg']}"
        raise Refused(f"{what}; nothing is drafted: {like}") from None
    languages = [base(one.language) for one in found]
    for one, language in zip(found, languages, strict=True):
        if language not in wanted or languages.count(language) > 1:
            shown = shortened(visible(one.language), _SHOWN)
            raise Refused(f"the program answers in {shown}: it may once in {', '.join(wanted)}")
        if visible(one.text) != " ".join(one.text.split()):
            shown = shortened(visible(one.text), _SHOWN)
            raise Refused(f"there are hidden characters in what the program proposes: {shown}")
    return found
