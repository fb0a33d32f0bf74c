"""What the linter finds without patterns: in the characters, the links, the facts of a text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final
from unicodedata import category
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import regex

from alerts.words import lengths
from alerts.words.facts import Fact, spoken
from alerts.words.kinds import KINDS, Type
from alerts.words.patterns import Folded, folded
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import Playbook
from alerts.words.rulebook import Level, Rulebook
from alerts.words.stated import Sort, Stated, stated
from alerts.words.voice import FORMAL, Voice


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text, and what it is for; `formal` is whether its language must be formal in it.

    `exempt` are the spans of the folded text that say what the law says, `lawful` the sentences
    that name a law or a right, whose amounts are the law's. What is stated is compared with the
    facts unless those are None; where they are not all there are, `complete` is false.
    """

    text: str
    said: Folded
    language: str
    channel: Channel
    phase: Phase
    situation: str
    playbook: Playbook
    facts: Mapping[str, Fact]
    compared: bool
    complete: bool
    voice: Voice | None
    at: datetime | None
    book: Rulebook
    formal: bool
    exempt: tuple[tuple[int, int], ...]
    lawful: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is broken; `about` adds to why it is one, `level` says how grave it is here."""

    rule: str
    start: int
    end: int
    about: str = ""
    level: Level | None = None


_PLACEHOLDER: Final = re.compile(
    r"\{[{%#]|[}%#]\}|\$\{|\[[^\W\d_][^\]\[\n]{1,40}\]|<[A-ZÄÖÜÅÆØ_ ]{3,40}>"
    r"|\b[XH]{2}[:.](?:XX|MM)\b|\b(?:hh:mm|XXX+|TODO|TBD|TBC|FIXME)\b|\blorem ipsum\b|_{3,}",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(
    r"<[!@#][^<>\s]{1,80}>|</?[a-z][^<>\n]{0,200}>|&(?:[a-z]{2,8}|#\d{1,7}|#x[\da-f]{1,6});"
    r"|(?<!\w)@(?:channel|here|everyone)\b|\*\*|\]\(",
    re.IGNORECASE,
)
_DOUBLE_SPACE: Final = re.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)")
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_FOREIGN: Final = regex.compile(r"[\p{L}--\p{Latin}--\p{Common}]", regex.V1)
_BEGINNING: Final = re.compile(r"(?:^|\n|: )[^\w\n]{0,8}[A-Z]")
_OFFICIAL: Final = ("europa.eu",)
"""Where the law itself is read: never somebody else's site."""
_MINUTES_IN_HOUR: Final = 60
_ONE_ZONE: Final = frozenset({Phase.CORRECTION, *REPLIES})


def found(utterance: Utterance) -> Iterator[Place]:
    """Every place that is found so."""
    yield from too_long(utterance)
    yield from _hidden(utterance)
    for rule, sought in (
        ("placeholder", _PLACEHOLDER),
        ("markup", _MARKUP),
        ("double_space", _DOUBLE_SPACE),
    ):
        yield from (Place(rule, *hit.span()) for hit in sought.finditer(utterance.text))
    yield from _emoji(utterance)
    yield from _foreign_links(utterance)
    yield from _mixed_address(utterance)
    statements = stated(utterance.text)
    yield from _without_zone(utterance, statements)
    if utterance.compared:
        yield from _unconfirmed(utterance, statements)


def too_long(utterance: Utterance) -> Iterator[Place]:
    """From the character on that does not fit any more."""
    text, limit = utterance.text, lengths.LIMITS[utterance.channel]
    whole = lengths.length(text, utterance.channel)
    if whole <= limit:
        return
    fits, over = 0, len(text)
    while over - fits > 1:
        middle = (fits + over) // 2
        if lengths.length(text[:middle], utterance.channel) <= limit:
            fits = middle
        else:
            over = middle
    yield Place("too_long", fits, len(text), f"{whole} of {limit}")


def _hidden(utterance: Utterance) -> Iterator[Place]:
    """Runs of characters that nobody sees, or takes for others.

    Those inside an emoji belong to it, letters of another script in the brand's name to that.
    """
    text, names = utterance.text, _brand_names(utterance)
    named = [*lengths.EMOJI.finditer(text), *names]
    within = {place for one in named for place in range(*one.span())}
    hidden = [
        place
        for place, character in enumerate(text)
        if place not in within
        and character not in "\n\r\t"
        and (category(character) in _HIDDEN or character in _INVISIBLE or _FOREIGN.match(character))
    ]
    for _, run in groupby(enumerate(hidden), key=lambda one: one[1] - one[0]):
        places = [place for _, place in run]
        codes = ", ".join(f"U+{ord(text[place]):04X}" for place in places[:3])
        yield Place("hidden_characters", places[0], places[-1] + 1, codes)


def _emoji(utterance: Utterance) -> Iterator[Place]:
    if utterance.playbook.grave or (utterance.voice and not utterance.voice.emoji):
        for emoji in lengths.EMOJI.finditer(utterance.text):
            yield Place("emoji", *emoji.span())


def _foreign_links(utterance: Utterance) -> Iterator[Place]:
    """Links to hosts that are none of the brand's, where any of those is known."""
    own = _domains(utterance)
    gaps = [hit.span() for hit in _PLACEHOLDER.finditer(utterance.text)]
    for start, end, host in lengths.links(utterance.text) if own else ():
        if not _is_under(host, (*own, *_OFFICIAL)) and (start, end) not in gaps:
            yield Place("foreign_link", start, end)


def _is_under(host: str, domains: Iterable[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _brand_names(utterance: Utterance) -> list[re.Match[str]]:
    brand = utterance.voice.brand if utterance.voice else ""
    return list(re.finditer(re.escape(brand), utterance.text)) if brand else []


def _domains(utterance: Utterance) -> list[str]:
    """The brand's own, whose pages state what they state; a link elsewhere is a foreign one."""
    voice, facts = utterance.voice, utterance.facts.values()
    known = {domain.lower() for domain in (voice.domains if voice else ())} | {
        (urlsplit(fact.value).hostname or "").lower()
        for fact in facts
        if KINDS[fact.kind].type is Type.LINK
    }
    return [domain.removeprefix("www.") for domain in sorted(known) if domain]


def _mixed_address(utterance: Utterance) -> Iterator[Place]:
    """The first of each form of address that should not be there.

    A capital at the beginning of a sentence, or after a colon, says nothing: `Sie` may be they.
    """
    said = utterance.said
    meant = replace(said, written=_BEGINNING.sub(lambda hit: hit[0].lower(), said.written))
    found = {form: sorted(sought.spans(meant)) for form, sought in utterance.book.address.items()}
    forms = {form: hits for form, hits in found.items() if hits}
    if not forms:
        return
    expected = _expected(utterance) or max(forms, key=lambda form: len(forms[form]))
    formal = FORMAL.get(utterance.language)
    for form, hits in forms.items():
        if form != expected and (expected == formal or formal == form or len(forms) > 1):
            yield Place("mixed_address", *said.origin(*hits[0]), f"{form} where {expected} is said")


def _expected(utterance: Utterance) -> str | None:
    """The form that the matter demands, or the brand's."""
    language = utterance.language
    if utterance.formal or utterance.playbook.grave:
        return FORMAL.get(language)
    return utterance.voice.address.get(language) if utterance.voice else None


def _without_zone(utterance: Utterance, statements: tuple[Stated, ...]) -> Iterator[Place]:
    """Times in sentences without a zone; in an answer or a correction one is enough for all."""
    if utterance.phase in _ONE_ZONE and utterance.book.zones.are_in(utterance.said):
        return
    named = [
        utterance.said.sentence(start) for start, _ in utterance.book.zones.spans(utterance.said)
    ]
    named_in = [
        (utterance.said.places[first], utterance.said.origin(first, last)[1])
        for first, last in named
    ]
    for one in statements:
        if one.sort is Sort.TIME and not any(a <= one.start < b for a, b in named_in):
            yield Place("no_zone", one.start, one.end)


def _unconfirmed(utterance: Utterance, statements: tuple[Stated, ...]) -> Iterator[Place]:
    """What no fact has; only told where not all facts are known, and of numbers where none is."""
    known = any(not KINDS[fact.kind].standing for fact in utterance.facts.values())
    confirmed, domains = set(_confirmed(utterance)), _domains(utterance)
    exempt = _places(utterance, utterance.exempt)
    exempt += [hit.span() for hit in _PLACEHOLDER.finditer(utterance.text)]
    exempt += [hit.span() for hit in _brand_names(utterance)]
    lawful = _places(utterance, utterance.lawful)
    for one in statements:
        if (one.sort, one.value) in confirmed:
            continue
        if one.sort is Sort.LINK and (domains or _is_under(one.value, _OFFICIAL)):
            continue  # a link elsewhere is a foreign one
        as_it_is = [*exempt, *lawful] if one.sort is Sort.NUMBER else exempt
        if not any(start < one.end and one.start < end for start, end in as_it_is):
            blocks = utterance.complete and (known or one.sort is not Sort.NUMBER)
            yield Place("unconfirmed", one.start, one.end, level=None if blocks else Level.WARN)


def _places(utterance: Utterance, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of the folded text as those of the text."""
    return [utterance.said.origin(*span) for span in spans]


def says_fact(utterance: Utterance, fact: Fact) -> bool:
    """Whether the text has a fact in the words in which its language says it, or as it is."""
    zone = utterance.voice.zone if utterance.voice else "UTC"
    brand = utterance.voice.brand if utterance.voice else ""
    words = (spoken(fact, utterance.language, zone, utterance.at or fact.at), fact.value)
    return any(folded(one, brand).plain in utterance.said.plain for one in words if one)


def _confirmed(utterance: Utterance) -> Iterator[tuple[Sort, str]]:
    """What the facts state, in the language of the message and as they are."""
    zone = utterance.voice.zone if utterance.voice else "UTC"
    for fact in utterance.facts.values():
        if KINDS[fact.kind].type is Type.TIME:
            then = datetime.fromisoformat(fact.value)
            said = spoken(fact, utterance.language, zone, utterance.at or then) or ""
            yield Sort.NUMBER, str(then.astimezone(ZoneInfo(zone)).day)
        else:
            at = utterance.at or fact.at
            said = f"{spoken(fact, utterance.language, zone, at) or ''}\n{fact.value}"
        for one in stated(said):
            yield one.sort, one.value
            if fact.kind == "arrive_early" and not int(one.value) % _MINUTES_IN_HOUR:
                yield Sort.NUMBER, str(int(one.value) // _MINUTES_IN_HOUR)
