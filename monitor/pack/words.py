"""What the offline pack says of a situation: its playbook, and the messages approved in advance.

What a person has to fill in stands between OPEN and CLOSE, by the name of what is meant. Pure.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.wording import platform
from alerts.words.drafting import silence
from alerts.words.kinds import KINDS, Type
from alerts.words.lengths import LIMITS, length
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import Apology, Playbook, playbook, situations
from alerts.words.rulebook import in_words
from alerts.words.sentences import OWN, POSTS, Sentence, Wording, rendered, slots, wording

OPEN, CLOSE = "\ue000", "\ue001"
"""Around what is to be filled in; nobody writes these."""

PHASES: Final = tuple(phase for phase in Phase if phase not in REPLIES)
_CHANGES: Final = "what is so now, and not what was said"
_APOLOGIES: Final = {
    Apology.REQUIRED: "say sorry",
    Apology.ALLOWED: "you may say sorry",
    Apology.FORBIDDEN: "do not say sorry",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """How a brand speaks in a language; `links` are what its configuration fills in, by kind."""

    brand: str | None
    language: str
    formal: bool
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: `short` where room is tight, `otherwise` where what it needs is not known.

    `only_if` are facts that must be confirmed, `where` the places it is for, empty: everywhere.
    `may` be left out.
    """

    say: str
    short: str
    otherwise: str
    only_if: tuple[str, ...]
    where: str
    may: bool


@dataclass(frozen=True, slots=True)
class Room:
    """How much of what a channel takes the needed sentences use, before anything is filled in."""

    channel: str
    used: int
    limit: int

    @property
    def fits(self) -> bool:
        """Whether there is any room at all."""
        return self.used <= self.limit


@dataclass(frozen=True, slots=True)
class Text:
    """A message approved in advance, sentence by sentence."""

    phase: str
    lines: tuple[Line, ...]
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The messages of a situation in a language; `missing` are phases that are not approved."""

    language: str
    texts: tuple[Text, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What must be said in a phase, each with a wording, and whether one says sorry."""

    phase: str
    must: tuple[str, ...]
    apology: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A playbook, and what may be said by it."""

    id: str
    about: str
    grave: bool
    silent: bool
    silence: str
    legal: bool
    break_glass: bool
    rules: tuple[Rules, ...]
    never: tuple[str, ...]
    spoken: tuple[Spoken, ...]


def told(speakers: Sequence[Speaker], sealed: Collection[str]) -> tuple[Situation, ...]:
    """Every situation; of its messages those whose templates are `sealed`, by name."""
    return tuple(_situation(one, speakers, sealed) for one in situations())


def templates(speakers: Sequence[Speaker]) -> dict[str, Wording]:
    """All that could be approved in advance for these, by name."""
    found = (
        wording(situation, phase, one.language, formal=one.formal)
        for one in speakers
        for situation in situations()
        for phase in PHASES
    )
    return {one.name: one for one in found if one}


def open_kinds(situation: Situation) -> Iterator[str]:
    """The names of all that its messages leave open, as often as they do."""
    for line in (line for one in situation.spoken for text in one.texts for line in text.lines):
        for said in (line.say, line.short, line.otherwise):
            yield from (part.partition(CLOSE)[0] for part in said.split(OPEN)[1:])
        yield from line.only_if


def _situation(id: str, speakers: Sequence[Speaker], sealed: Collection[str]) -> Situation:
    book, (_, why) = playbook(id), in_words("en")
    return Situation(
        id=id,
        about=book.about,
        grave=book.grave,
        silent=book.silence == "default",
        silence=silence(id),
        legal=book.legal,
        break_glass=book.break_glass,
        rules=tuple(_rules(book, phase) for phase in PHASES if _has_rules(book, phase)),
        never=tuple(f"{_plain(rule)}: {why.get(rule, '')}".rstrip(": ") for rule in book.never),
        spoken=tuple(_spoken(id, one, sealed) for one in speakers),
    )


def _has_rules(book: Playbook, phase: Phase) -> bool:
    return bool(book.must(phase)) or book.apology(phase) is not Apology.ALLOWED


def _rules(book: Playbook, phase: Phase) -> Rules:
    says, _ = in_words("en")
    must = tuple(
        f"{_plain(one.concept)}: {says[one.concept]}"
        + (f" (only if confirmed: {KINDS[one.needs].name.lower()})" if one.needs else "")
        for one in book.must(phase)
    )
    return Rules(_plain(phase), must, _APOLOGIES[book.apology(phase)])


def _spoken(id: str, speaker: Speaker, sealed: Collection[str]) -> Spoken:
    texts, missing = [], []
    for phase in PHASES:
        found = wording(id, phase, speaker.language, formal=speaker.formal)
        if found and found.name in sealed:
            texts.append(_text(phase, found.sentences, speaker))
        elif found:
            missing.append(_plain(phase))
    return Spoken(speaker.language, tuple(texts), tuple(missing))


def _text(phase: Phase, sentences: Sequence[Sentence], speaker: Speaker) -> Text:
    rooms = tuple(_room(channel, sentences, speaker) for channel in Channel)
    return Text(_plain(phase), tuple(_line(one, speaker) for one in sentences), rooms)


def _line(one: Sentence, speaker: Speaker) -> Line:
    return Line(
        say=_said(one.say, speaker),
        short=_said(one.short, speaker) if one.short else "",
        otherwise=_said(one.otherwise, speaker) if one.otherwise else "",
        only_if=tuple(KINDS[kind].name for kind in dict.fromkeys((*one.where, *one.needs))),
        where=_where([channel for channel in Channel if one.is_for(channel)]),
        may=one.may,
    )


def _said(template: str, speaker: Speaker) -> str:
    """A sentence with what is open marked; the brand and its own links stand in it."""
    known = {**speaker.links, **({"brand": speaker.brand} if speaker.brand else {})}
    return rendered(template, {slot: known.get(slot, _open(slot)) for slot in slots(template)})


def _open(slot: str) -> str:
    """What is to be filled in, by its name; a fact of the type `yes` says nothing by itself."""
    if slot in KINDS and KINDS[slot].type is Type.YES:
        return ""
    names = {"brand": "brand", "changes": _CHANGES}
    return f"{OPEN}{names.get(slot) or KINDS[slot].name}{CLOSE}"


def _room(channel: Channel, sentences: Sequence[Sentence], speaker: Speaker) -> Room:
    """What has to be said there, each sentence in full where that fits, else in its short form."""
    needed = [one for one in sentences if one.is_for(channel) and not one.may and not one.where]
    full = " ".join(_filled(one.say, speaker) for one in needed)
    short = " ".join(_filled(one.short or one.say, speaker) for one in needed)
    limit = LIMITS[channel]
    used = next((n for n in (length(full, channel), length(short, channel)) if n <= limit), None)
    return Room(platform(channel), length(short, channel) if used is None else used, limit)


def _filled(template: str, speaker: Speaker) -> str:
    """A sentence as long as it is before anything is filled in."""
    known = {**speaker.links, "brand": speaker.brand or ""}
    return rendered(template, {slot: known.get(slot, "") for slot in slots(template)})


def _where(channels: Sequence[Channel]) -> str:
    groups = {(*POSTS, *OWN): "", POSTS: "in posts", OWN: "on phone, banner, push"}
    return groups.get(tuple(channels), f"on {', '.join(map(platform, channels))}")


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")
