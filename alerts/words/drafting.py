"""A message from sentences and facts: only what is confirmed, and as much as there is room for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from alerts.languages import base
from alerts.words import sentences as texts
from alerts.words.facts import Fact, usable
from alerts.words.kinds import KINDS, Type, corrected_value, spoken_value
from alerts.words.lengths import LIMITS, length
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import playbook
from alerts.words.sentences import OF_THE_ENGINE, OWN, POSTS, Sentence, rendered, slots
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
    facts with which it would say more. `unlocks` are the phases that say more, up to the one asked
    for, with the kinds that each still needs.
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
    unlocks: Mapping[Phase, tuple[str, ...]] = field(default_factory=dict)


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
    corrected: Sequence[tuple[Fact, Fact]] = (),
    least: Phase = Phase.SEEN,
) -> Draft | None:
    """What to say in a phase, or in the one before where facts are lacking; None where nothing is.

    Of those before, none that comes before `least`: the public knows more there. `variant` counts
    other wordings, `corrected` are facts that were wrong, each with what is right;
    without any there is no correction. A reply is posted only. Raises ValueError for a
    situation without a playbook.
    """
    if (phase in REPLIES and channel in OWN) or (phase is Phase.CORRECTION and not corrected):
        return None
    language = base(language)
    held = usable(facts.values(), at)
    values = _values(held, language, channel, voice, at)
    if corrected:
        values |= _changes(corrected, language, channel, voice, at)
    first = texts.wording(situation, phase, language, formal=voice.formal(language))
    unlocks: dict[Phase, tuple[str, ...]] = {}
    for step in _degrading(phase, least):
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
                uses=tuple(dict.fromkeys([*ids, *(one.id for pair in corrected for one in pair)])),
                lacks=_lacks((first or wording).sentences, values, channel),
                unlocks=unlocks,
            )
        if wording and (needed := _needed(wording.sentences, values, channel)):
            unlocks[step] = needed
    return None


def silence(situation: str, *, many: bool = False, spoken: bool = False) -> str:
    """`say nothing, if …`, or `because …` where the playbook's default is so; empty: not a choice.

    `many` know of it; `spoken`: something was said in public. Raises ValueError for a situation
    without a playbook.
    """
    book = playbook(situation)
    if book.silence == "default":
        return f"say nothing{' more' if spoken else ''}, {book.silent}"
    return "" if spoken or (many and book.while_few) else f"say nothing, {book.silent}"


def lacking(
    situation: str,
    phase: Phase,
    language: str,
    channel: Channel,
    facts: Mapping[str, Fact],
    voice: Voice,
    at: datetime,
) -> tuple[str, ...]:
    """The kinds of facts without which a phase is not said; none where it is, or has no words."""
    language = base(language)
    values = _values(usable(facts.values(), at), language, channel, voice, at)
    wording = texts.wording(situation, phase, language, formal=voice.formal(language))
    return _needed(wording.sentences, values, channel) if wording else ()


def _degrading(phase: Phase, least: Phase) -> Iterator[Phase]:
    yield phase
    order = [*Phase]
    while (less := _LESS.get(phase)) and order.index(less) >= order.index(least):
        phase = less
        yield phase


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


def _changes(
    corrected: Sequence[tuple[Fact, Fact]],
    language: str,
    channel: Channel,
    voice: Voice,
    at: datetime,
) -> dict[str, str]:
    """What is so now and not what was said, a sentence each; no slot where one has no words."""
    found = []
    for was, now in corrected:
        before, after = (_spoken(fact, language, channel, voice, at) for fact in (was, now))
        both = (
            corrected_value(KINDS[now.kind], before, after, language) if before and after else None
        )
        if both is None:
            return {}
        found.append(both)
    return {"changes": " ".join(found)}


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


def _needed(
    sentences: Sequence[Sentence], values: Mapping[str, str], channel: Channel
) -> tuple[str, ...]:
    """The kinds without which these cannot be said, the fewest that are enough."""
    kinds: list[str] = []
    for one in sentences:
        if not one.is_for(channel) or not values.keys() >= {*one.where}:
            continue
        kinds += [kind for kind in one.needs if kind not in values]
        if not one.may:
            ways = [way for way in (one.say, one.short, one.otherwise) if way is not None]
            open_slots = [slots(way).difference(OF_THE_ENGINE, values) for way in ways]
            fewest = min(open_slots, key=len)
            kinds += sorted(fewest)
    return tuple(dict.fromkeys(kinds))


def _signed(text: str, situation: str, language: str, channel: Channel, voice: Voice) -> str:
    """With the brand's sign-off, where it fits; never in a grave matter."""
    signed = _joined((_Form(text), _Form(_plain(voice.sign_off.get(language, "")))))
    fits = channel in POSTS and length(signed, channel) <= LIMITS[channel]
    return signed if fits and not playbook(situation).grave else text
