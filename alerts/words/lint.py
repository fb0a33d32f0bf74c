"""The linter: what is wrong with words for the public, before they are public.

What it looks for is data. `rules/common.yaml` says of every rule how grave it is and why, once for
all languages; `rules/<language>.yaml` says what breaks it, in that language:

    rules:                            # several entries may be about the same rule
      - id: corporate                 # a rule of common.yaml
        find: [any inconvenience*]    # what breaks it, as patterns
        except: [...]                 # and what does not: what touches one of these is no finding
        better: Sorry, this isn't the trip you planned.
      - id: too_long                  # found by the program: it may need no more than a better
        better: Leave out what can be looked up.        # wording, and what does not break it
    says:                             # what a phase must say; any one of these says it
      we_see:
        find: [we('ve| have|) (seen|read) … messages]
        better: We've seen your messages.
    statutory: ["right to a refund"]  # what the law says: no words inside these break a rule
    zones: [London time]              # what names a time zone, beside those of common.yaml
    address:                          # forms that must not meet; the last is the formal one, which
      du: [du, dich, dein*]           # grave matters need; a capital (`=Sie`) says nothing at the
      Sie: [=Sie, =Ihnen, =Ihr*]      # beginning of a sentence. Left out where there is but one

A pattern is words as one writes them. Case, accents (`uber`, `ueber` and `über` are the same) and
the kind of apostrophe make no difference; between two words there may be any punctuation that does
not end a sentence, and a pattern never reaches beyond its sentence. In a pattern

- `refund*` is every word that begins so, `*gutschein` every one that ends so;
- `(was|has been)` is one of these, `(very|)` may be missing; a bracket may begin or end in a word;
- `…` is any words, up to six, or none;
- `<time>`, `<number>`, `<money>`, `<link>`, `<code>` (of a flight) and `<tag>` (of a bag) are what
  they say;
- `a + b` is both in one sentence, whichever comes first; in `except` it clears that sentence;
- `<brand>` is its name, which no other pattern finds;
- `=Sie` is a word with the capitals that it is written with, `=*` any that begins with one;
- a hyphen may be missing: `wi-fi` is `wifi` and `wi fi` as well.

What begins with `*` or holds `: ` or `, ` is quoted, as YAML demands.

An entry may also narrow its rule: `situations` (`grave` is all that are), `phases`, `channels`, and
`unless`, kinds of facts that allow to say it once they are confirmed. A rule without a `level` is
broken only where the playbook of the situation names it among what is never said, and then blocks.
`covers` names wider rules that are not told beside it in a sentence.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from alerts.languages import base
from alerts.words import checks
from alerts.words.checks import Message, Place
from alerts.words.facts import Fact
from alerts.words.patterns import Patterns, folded
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import UNKNOWN, Apology, playbook
from alerts.words.rulebook import GRAVE, Entry, Level, Rulebook, rulebook
from alerts.words.stated import stated
from alerts.words.voice import Voice

_TIGHT: Final = (Channel.BANNER, Channel.PUSH)
"""Where there is not always room for every fact: one that is left out there is only told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a text from `start` to `end`, and how it would be better.

    `found` are the words there; where something is missing, the name of what should be said, and
    the place is the end of the text.
    """

    rule: str
    level: Level
    start: int
    end: int
    found: str
    why: str
    better: str


def lint(
    text: str,
    *,
    language: str,
    channel: Channel,
    phase: Phase,
    situation: str = UNKNOWN,
    facts: Mapping[str, Fact] | None = None,
    voice: Voice | None = None,
    at: datetime | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with a text, in the order of place, what blocks first.

    `facts` are the confirmed ones by kind; where they are None, what a text states is not compared.
    `at` is when it is said, which matters to how facts name a day. Raises ValueError where there
    are no rules for the language or no playbook for the situation.

    >>> [finding] = lint("Any inconvenience is regretted.", language="en",
    ...                  channel=Channel.X, phase=Phase.FOLLOW_UP)
    >>> finding.rule, finding.found, finding.better
    ('corporate', 'Any inconvenience', "Sorry, this isn't the trip you planned.")
    """
    said = folded(text, voice.brand if voice else "")
    book = rulebook(base(language), voice.rules.get(base(language), ()) if voice else ())
    message = Message(
        text,
        said,
        base(language),
        channel,
        phase,
        situation,
        playbook(situation),
        facts or {},
        facts is not None,
        voice,
        at,
        book,
        language.endswith("-formal"),
        tuple(book.statutory.spans(said)),
    )
    findings = [
        _finding(message, place, entry, level)
        for place, entry in _places(message)
        if (level := place.level or _level(message, place.rule, entry)) is not None
    ]
    order = sorted(findings, key=lambda one: (one.start, one.level, -one.end))
    return tuple(_once(_narrowest(message, order)))


def differing(texts: Mapping[str, str]) -> tuple[Finding, ...]:
    """Where one language states a time, number, code or link that another does not.

    `texts` are by language; a finding's place is in that with which its `why` begins.

    >>> [finding] = differing({"en": "Update at 14:30.", "sv": "Nytt kl. 14.30, flyg FW12."})
    >>> finding.found, finding.why
    ('FW12', 'sv, not en: The languages must say the same.')
    """
    said = {language: stated(text) for language, text in texts.items()}
    known = {language: {(one.kind, one.value) for one in all_} for language, all_ in said.items()}
    findings: dict[tuple[str, str], Finding] = {}
    for language, statements in said.items():
        book = rulebook(base(language))
        for one in statements:
            fact = (one.kind, one.value)
            without = [other for other, facts in known.items() if fact not in facts]
            if without and fact not in findings:
                findings[fact] = Finding(
                    "differing",
                    Level.BLOCK,
                    one.start,
                    one.end,
                    texts[language][one.start : one.end],
                    f"{language}, not {', '.join(without)}: {_why(book, 'differing')}",
                    book.better.get("differing", ""),
                )
    return tuple(findings.values())


def _places(message: Message) -> Iterator[tuple[Place, Entry | None]]:
    yield from ((place, None) for place in checks.found(message) if not _cleared(message, place))
    yield from ((place, None) for place in _unsaid(message))
    yield from _broken(message)
    if message.voice and (words := message.voice.never.get(message.language)):
        for span in _of_the_house(tuple(words)).spans(message.said):
            yield Place("house", *message.said.origin(*span)), None


def _broken(message: Message) -> Iterator[tuple[Place, Entry]]:
    """What words break, where the rule is one here."""
    for rule in message.book.rules:
        if not _applies(message, rule.entry) or _level(message, rule.entry.id, rule.entry) is None:
            continue
        hits = list(rule.find.spans(message.said))
        cleared = [*message.exempt, *rule.excepted.cleared(message.said)] if hits else []
        for start, end in hits:
            if not any(since < end and start < until for since, until in cleared):
                yield Place(rule.entry.id, *message.said.origin(start, end)), rule.entry


def _cleared(message: Message, place: Place) -> bool:
    """Whether the language has an exception for what the program found."""
    excepted = message.book.cleared.get(place.rule)
    spans = excepted.cleared(message.said) if excepted else ()
    places = (message.said.origin(*span) for span in spans)
    return any(start < place.end and place.start < end for start, end in places)


def _unsaid(message: Message) -> Iterator[Place]:
    """What this phase must say and the text does not, and an apology that is out of place."""
    says, said, end = message.book.says, message.said, len(message.text)
    apology = message.playbook.apology(message.phase)
    sorry = list(says["sorry"].find.spans(said))
    if apology is Apology.REQUIRED and not sorry:
        yield Place("apology_missing", end, end, "sorry")
    if apology is Apology.FORBIDDEN:
        condolences = list(says["condolences"].find.spans(said))
        for start, until in sorry:
            if not any(a < until and start < b for a, b in condolences):
                yield Place("apology_forbidden", *said.origin(start, until))
    for must in message.playbook.must(message.phase):
        if must.needs is not None and must.needs not in message.facts:
            continue
        if must.concept == "sorry" or says[must.concept].find.are_in(said):
            continue
        if must.needs is not None and checks.says_fact(message, message.facts[must.needs]):
            continue
        if must.concept == "next_update":
            yield Place("no_next_update", end, end, must.concept)
        else:
            tight = must.needs is not None and message.channel in _TIGHT
            yield Place("missing", end, end, must.concept, Level.WARN if tight else None)


def _level(message: Message, rule: str, entry: Entry | None) -> Level | None:
    """How grave a rule is here, the gravest that holds; None where it is none."""
    general = message.book.general[rule]
    allowing = {kind for one in (*general, *([entry] if entry else [])) for kind in one.unless}
    if not allowing.isdisjoint(message.facts):
        return None
    if rule in message.playbook.never:
        return Level.BLOCK
    if entry and entry.level:
        return entry.level
    levels = {one.level for one in general if _applies(message, one)}
    return next((level for level in Level if level in levels), None)


def _applies(message: Message, entry: Entry) -> bool:
    return (
        (
            not entry.situations
            or message.situation in entry.situations
            or (message.playbook.grave and GRAVE in entry.situations)
        )
        and (not entry.phases or message.phase in entry.phases)
        and (not entry.channels or message.channel in entry.channels)
    )


def _finding(message: Message, place: Place, entry: Entry | None, level: Level) -> Finding:
    """What is told of a place; of what is missing, its name and how it could be said."""
    book = message.book
    concept = place.about if place.start == place.end else ""
    why = _why(book, place.rule, entry)
    return Finding(
        place.rule,
        level,
        place.start,
        place.end,
        concept or message.text[place.start : place.end],
        f"{place.about}: {why}" if place.about and not concept else why,
        (book.says[concept].better if concept else entry.better if entry else "")
        or book.better.get(place.rule, ""),
    )


def _why(book: Rulebook, rule: str, entry: Entry | None = None) -> str:
    own = entry.why if entry else ""
    return own or next(one.why for one in book.general[rule] if one.why)


def _narrowest(message: Message, findings: list[Finding]) -> Iterator[Finding]:
    """Of two rules about one sentence the one that covers the other."""
    covered = {
        (message.said.number(one.start), rule)
        for one in findings
        for general in message.book.general[one.rule]
        for rule in general.covers
    }
    return (one for one in findings if (message.said.number(one.start), one.rule) not in covered)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each place once for each rule: none that begins inside another that says the same."""
    until: dict[tuple[str, str], int] = {}
    for one in findings:
        said = (one.rule, "" if one.start < one.end else one.found)
        if one.start >= until.get(said, 0):
            until[said] = max(one.end, one.start + 1)
            yield one


@cache
def _of_the_house(words: tuple[str, ...]) -> Patterns:
    """Words as they are: signs that patterns have mean nothing in them."""
    return Patterns(" ".join(re.findall(r"[\w'-]+", word)) or "-" for word in words)
