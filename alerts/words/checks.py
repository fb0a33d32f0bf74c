"""What the linter finds without patterns: in the characters, the links, the facts of a text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Final
from unicodedata import category
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alerts.words import lengths
from alerts.words.facts import Fact, spoken
from alerts.words.kinds import KINDS, Type
from alerts.words.patterns import Folded, folded
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.playbooks import Playbook
from alerts.words.rulebook import Level, Rulebook
from alerts.words.stated import Kind, Stated, stated
from alerts.words.voice import FORMAL, Voice


@dataclass(frozen=True, slots=True)
class Message:
    """A text, and what it is for; `formal` is whether its language must be formal in it.

    `exempt` are the spans of the folded text that say what the law says. Whoever does not know the
    facts does not compare what it states: `compared` is false.
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
    voice: Voice | None
    at: datetime | None
    book: Rulebook
    formal: bool
    exempt: tuple[tuple[int, int], ...]


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
_BEGINNING: Final = re.compile(r"(?:^|\n|: )\W*[A-Z]")
_MINUTES_IN_HOUR: Final = 60
_ONE_ZONE: Final = frozenset({Phase.CORRECTION, *REPLIES})


def found(message: Message) -> Iterator[Place]:
    """Every place that is found so."""
    yield from _too_long(message)
    yield from _hidden(message.text)
    for rule, sought in (
        ("placeholder", _PLACEHOLDER),
        ("markup", _MARKUP),
        ("double_space", _DOUBLE_SPACE),
    ):
        yield from (Place(rule, *hit.span()) for hit in sought.finditer(message.text))
    yield from _emoji(message)
    yield from _foreign_links(message)
    yield from _mixed_address(message)
    statements = stated(message.text)
    yield from _without_zone(message, statements)
    if message.compared:
        yield from _unconfirmed(message, statements)


def _too_long(message: Message) -> Iterator[Place]:
    """From the character on that does not fit any more."""
    text, limit = message.text, lengths.LIMITS[message.channel]
    whole = lengths.length(text, message.channel)
    if whole <= limit:
        return
    fits, over = 0, len(text)
    while over - fits > 1:
        middle = (fits + over) // 2
        if lengths.length(text[:middle], message.channel) <= limit:
            fits = middle
        else:
            over = middle
    yield Place("too_long", fits, len(text), f"{whole} of {limit}")


def _hidden(text: str) -> Iterator[Place]:
    """Runs of characters that nobody sees; those inside an emoji belong to it."""
    within = {place for emoji in lengths.EMOJI.finditer(text) for place in range(*emoji.span())}
    hidden = [
        place
        for place, character in enumerate(text)
        if (category(character) in _HIDDEN or character in _INVISIBLE)
        and character not in "\n\r\t"
        and place not in within
    ]
    for _, run in groupby(enumerate(hidden), key=lambda one: one[1] - one[0]):
        places = [place for _, place in run]
        names = ", ".join(f"U+{ord(text[place]):04X}" for place in places[:3])
        yield Place("hidden_characters", places[0], places[-1] + 1, names)


def _emoji(message: Message) -> Iterator[Place]:
    if message.playbook.grave or (message.voice and not message.voice.emoji):
        for emoji in lengths.EMOJI.finditer(message.text):
            yield Place("emoji", *emoji.span())


def _foreign_links(message: Message) -> Iterator[Place]:
    """Links to hosts that are none of the brand's, where any of those is known."""
    own = _domains(message)
    gaps = [hit.span() for hit in _PLACEHOLDER.finditer(message.text)]
    for start, end, host in lengths.links(message.text) if own else ():
        ours = any(host == domain or host.endswith(f".{domain}") for domain in own)
        if not ours and (start, end) not in gaps:
            yield Place("foreign_link", start, end)


def _domains(message: Message) -> list[str]:
    """The brand's own, whose pages state what they state; a link elsewhere is a foreign one."""
    voice, facts = message.voice, message.facts.values()
    known = {domain.lower() for domain in (voice.domains if voice else ())} | {
        (urlsplit(fact.value).hostname or "").lower()
        for fact in facts
        if KINDS[fact.kind].type is Type.LINK
    }
    return [domain.removeprefix("www.") for domain in sorted(known) if domain]


def _mixed_address(message: Message) -> Iterator[Place]:
    """The first of each form of address that should not be there.

    A capital at the beginning of a sentence, or after a colon, says nothing: `Sie` may be they.
    """
    said = message.said
    meant = replace(said, written=_BEGINNING.sub(lambda hit: hit[0].lower(), said.written))
    found = {form: sorted(sought.spans(meant)) for form, sought in message.book.address.items()}
    forms = {form: hits for form, hits in found.items() if hits}
    if not forms:
        return
    expected = _expected(message) or max(forms, key=lambda form: len(forms[form]))
    formal = FORMAL.get(message.language)
    for form, hits in forms.items():
        if form != expected and (expected == formal or formal == form or len(forms) > 1):
            yield Place("mixed_address", *said.origin(*hits[0]), f"{form}, not {expected}")


def _expected(message: Message) -> str | None:
    """The form that the matter demands, or the brand's."""
    language = message.language
    if message.formal or message.playbook.grave:
        return FORMAL.get(language)
    return message.voice.address.get(language) if message.voice else None


def _without_zone(message: Message, statements: tuple[Stated, ...]) -> Iterator[Place]:
    """Times in sentences without a zone; in an answer or a correction one is enough for all."""
    if message.phase in _ONE_ZONE and message.book.zones.are_in(message.said):
        return
    named = [message.said.sentence(start) for start, _ in message.book.zones.spans(message.said)]
    named_in = [
        (message.said.places[first], message.said.origin(first, last)[1]) for first, last in named
    ]
    for one in statements:
        if one.kind is Kind.TIME and not any(a <= one.start < b for a, b in named_in):
            yield Place("no_zone", one.start, one.end)


def _unconfirmed(message: Message, statements: tuple[Stated, ...]) -> Iterator[Place]:
    """What no fact has; as long as none is known but what is always so, that is only told."""
    known = any(not KINDS[fact.kind].standing for fact in message.facts.values())
    level = None if known else Level.WARN
    confirmed, domains = set(_confirmed(message)), _domains(message)
    brand = message.voice.brand if message.voice else ""
    exempt = [message.said.origin(*span) for span in message.exempt]
    exempt += [hit.span() for hit in _PLACEHOLDER.finditer(message.text)]
    if brand:
        exempt += [hit.span() for hit in re.finditer(re.escape(brand), message.text)]
    for one in statements:
        if (one.kind, one.value) in confirmed or (one.kind is Kind.LINK and domains):
            continue
        if not any(start < one.end and one.start < end for start, end in exempt):
            yield Place("unconfirmed", one.start, one.end, level=level)


def says_fact(message: Message, fact: Fact) -> bool:
    """Whether the text has a fact in the words in which its language says it, or as it is."""
    zone = message.voice.zone if message.voice else "UTC"
    brand = message.voice.brand if message.voice else ""
    words = (spoken(fact, message.language, zone, message.at or fact.at), fact.value)
    return any(folded(one, brand).plain in message.said.plain for one in words if one)


def _confirmed(message: Message) -> Iterator[tuple[Kind, str]]:
    """What the facts state, in the language of the message and as they are."""
    zone = message.voice.zone if message.voice else "UTC"
    for fact in message.facts.values():
        if KINDS[fact.kind].type is Type.TIME:
            then = datetime.fromisoformat(fact.value)
            said = spoken(fact, message.language, zone, message.at or then) or ""
            yield Kind.NUMBER, str(then.astimezone(ZoneInfo(zone)).day)
        else:
            at = message.at or fact.at
            said = f"{spoken(fact, message.language, zone, at) or ''}\n{fact.value}"
        for one in stated(said):
            yield one.kind, one.value
            if fact.kind == "arrive_early" and not int(one.value) % _MINUTES_IN_HOUR:
                yield Kind.NUMBER, str(int(one.value) // _MINUTES_IN_HOUR)
