"""A message from sentences and facts: only what is confirmed, and as much as there is room for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from alerts.languages import base
from alerts.words import sentences as texts
from alerts.words.facts import Fact, usable
from alerts.words.kinds import KINDS, Type, spoken_value
from alerts.words.lengths import LIMITS, length
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import playbook
from alerts.words.sentences import OWN, POSTS, Sentence, rendered, slots
from alerts.words.voice import Voice

_LESS: Final = {
    Phase.SOLVED: Phase.UPDATE,
    Phase.UPDATE: Phase.WORKING,
    Phase.WORKING: Phase.SEEN,
}
"""What is said where a phase cannot be: it needs fewer facts."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that can be submitted.

    `phase` is the one it came out as, `asked` the one asked for. `template` names the wording and
    changes with it; `uses` are the ids of the facts it states or relies on, `lacks` the kinds of
    facts with which it would say more.
    """

    situation: str
    phase: Phase
    asked: Phase
    language: str
    channel: Channel
    text: str
    template: str
    uses: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to say a sentence, and the slots that it states or relies on."""

    text: str
    uses: frozenset[str] = frozenset()


_NOTHING: Final = _Form("")


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence of this message, as it is said first; then what is shorter, and what is less."""

    said: _Form
    may: bool
    short: _Form | None = None
    less: _Form | None = None


def draft(
    situation: str,
    phase: Phase,
    language: str,
    channel: Channel,
    facts: Mapping[str, Fact],
    voice: Voice,
    at: datetime,
    *,
    variant: int = 0,
    corrected: tuple[Fact, Fact] | None = None,
) -> Draft | None:
    """What to say in a phase, or in the one before where facts are lacking; None where nothing is.

    `variant` counts other wordings, `corrected` are the fact that was wrong and the one that is
    right, without which there is no correction. A reply is posted only. Raises ValueError for a
    situation without a playbook.
    """
    if (phase in REPLIES and channel in OWN) or (phase is Phase.CORRECTION and not corrected):
        return None
    language = base(language)
    held = usable(facts.values(), at)
    values = _values(held, language, channel, voice, at)
    if corrected:
        said = [_spoken(fact, language, channel, voice, at) for fact in corrected]
        values |= {name: one for name, one in zip(("was", "now"), said, strict=True) if one}
    first = texts.wording(situation, phase, language, formal=voice.formal(language))
    for step in _degrading(phase):
        wording = texts.wording(situation, step, language, formal=voice.formal(language))
        composed = wording and _composed(wording.sentences, values, channel, variant)
        if wording and composed:
            text, uses = composed
            ids = [held[kind].id for kind in sorted(uses & held.keys())]
            return Draft(
                situation=situation,
                phase=step,
                asked=phase,
                language=language,
                channel=channel,
                text=_signed(text, situation, language, channel, voice),
                template=wording.name,
                uses=tuple(dict.fromkeys([*ids, *(fact.id for fact in corrected or ())])),
                lacks=_lacks((first or wording).sentences, values, channel),
            )
    return None


def silence(situation: str) -> str:
    """`say nothing, because …`: always a choice, the first one where the playbook's default is so.

    Raises ValueError for a situation without a playbook.
    """
    return f"say nothing, because {playbook(situation).because}"


def _degrading(phase: Phase) -> Iterator[Phase]:
    step: Phase | None = phase
    while step:
        yield step
        step = _LESS.get(step)


def _values(
    held: Mapping[str, Fact], language: str, channel: Channel, voice: Voice, at: datetime
) -> dict[str, str]:
    """What fills the slots."""
    said = {kind: _spoken(fact, language, channel, voice, at) for kind, fact in held.items()}
    filled = {kind: one for kind, one in said.items() if one is not None}
    return {**filled, "brand": _plain(voice.brand)}


def _spoken(fact: Fact, language: str, channel: Channel, voice: Voice, at: datetime) -> str | None:
    """A fact in a language, in the brand's own words where it has some.

    A link is none where it would be read out, or has a button of its own.
    """
    kind = KINDS[fact.kind]
    if kind.type is Type.LINK and channel in OWN:
        return None
    options = {id: {**words, **voice.names.get(id, {})} for id, words in kind.options.items()}
    own = replace(kind, options=options)
    said = spoken_value(own, fact.value, fact.texts, language, voice.zone, at)
    if said is not None and kind.type is Type.WORDS:
        said = said.rstrip(" .")  # the sentence around it has its own full stop
    return None if said is None else _plain(said)


def _plain(text: str) -> str:
    """On one line, as a sentence needs it."""
    return " ".join(text.split())


def _composed(
    sentences: Sequence[Sentence], values: Mapping[str, str], channel: Channel, variant: int
) -> tuple[str, frozenset[str]] | None:
    """The text and the slots it uses; None where a needed sentence has no facts or no room."""
    lines = []
    for sentence in sentences:
        if not sentence.is_for(channel) or not values.keys() >= {*sentence.where}:
            continue
        if not values.keys() >= {*sentence.needs}:
            return None
        line = _line(sentence, values, variant)
        if line:
            lines.append(line)
        elif not sentence.may:
            return None
    chosen = [line.said for line in lines]
    for place, form in _shorter(lines):
        if length(_joined(chosen), channel) <= LIMITS[channel]:
            break
        chosen[place] = form
    text = _joined(chosen)
    if not text or length(text, channel) > LIMITS[channel]:
        return None
    return text, frozenset().union(*(form.uses for form in chosen))


def _line(sentence: Sentence, values: Mapping[str, str], variant: int) -> _Line | None:
    """A sentence with what is known; None where that is too little to say it."""
    relied = frozenset({*sentence.where, *sentence.needs})

    def form(template: str | None) -> _Form | None:
        if template is None or not all(values.get(slot) for slot in slots(template)):
            return None
        text = _capital(rendered(template, values), template)
        return _Form(text, slots(template) | relied) if text else _NOTHING

    wordings = (sentence.say, *sentence.others)
    ways = (wordings[variant % len(wordings)], sentence.short, sentence.otherwise)
    said, short, less = map(form, ways)
    first = said or short or less
    return _Line(first, sentence.may, short, less) if first else None


def _shorter(lines: Sequence[_Line]) -> Iterator[tuple[int, _Form]]:
    """What can be shortened, in its order: at which place, to what."""
    backwards = [*enumerate(lines)][::-1]
    may = [(place, line) for place, line in backwards if line.may]
    needed = [(place, line) for place, line in backwards if not line.may]
    yield from ((place, line.short) for place, line in may if line.short)
    yield from ((place, _NOTHING) for place, _ in may)
    yield from ((place, line.short) for place, line in needed if line.short)
    yield from ((place, line.less) for place, line in needed if line.less)


def _joined(forms: Iterable[_Form]) -> str:
    return " ".join(form.text for form in forms if form.text)


def _capital(text: str, template: str) -> str:
    """With a capital where a slot begins the sentence, unless the brand writes itself without."""
    if template.lstrip().startswith("{{") and "brand" not in template.partition("}}")[0]:
        return text[:1].upper() + text[1:]
    return text


def _lacks(
    sentences: Sequence[Sentence], values: Mapping[str, str], channel: Channel
) -> tuple[str, ...]:
    kinds = [kind for one in sentences if one.is_for(channel) for kind in sorted(one.kinds)]
    silent = {kind for kind in kinds if channel in OWN and KINDS[kind].type is Type.LINK}
    return tuple(kind for kind in dict.fromkeys(kinds) if kind not in {*values, *silent})


def _signed(text: str, situation: str, language: str, channel: Channel, voice: Voice) -> str:
    """With the brand's sign-off, where it fits; never in a grave matter."""
    signed = _joined((_Form(text), _Form(_plain(voice.sign_off.get(language, "")))))
    fits = channel in POSTS and length(signed, channel) <= LIMITS[channel]
    return signed if fits and not playbook(situation).grave else text
