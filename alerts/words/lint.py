"""The linter: what is wrong with words for the public, before they are public.

What it looks for is data. `rules/common.yaml` says of every rule how grave it is and why, once for
all languages, and how a cause and blame are told: with patterns of what each language's lists hold.
`rules/<language>.yaml` has those lists, and says what else breaks a rule in that language:

    lists: {others: [airport*, atc]}  # words that patterns, and the lists after, name as <others>
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
    statutory: [refund* within 7 days]  # what the law says: no words inside these break a rule
    law: [right to a refund]          # the same of what names a law or a right: the amounts in its
                                      # sentence are the law's, neither unconfirmed nor a promise
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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final

from alerts.languages import base
from alerts.words import checks
from alerts.words.checks import Place, Utterance
from alerts.words.facts import Fact
from alerts.words.patterns import Patterns, folded
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import UNKNOWN, Apology, playbook
from alerts.words.rulebook import GRAVE, Entry, Level, Rulebook, rulebook
from alerts.words.stated import stated
from alerts.words.voice import Voice

LONGEST: Final = 20_000
"""Characters of a text that is looked at; what is longer fits nowhere."""
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
    complete: bool = True,
) -> tuple[Finding, ...]:
    """What is wrong with a text, in the order of place, what blocks first.

    `facts` are the confirmed ones by kind; where they are None, what a text states is not compared,
    and where they are not all that are known, as `complete` says, what none of them has is told
    and does not block. `at` is when it is said, which matters to how facts name a day. Of a text
    of more than 20,000 characters it is only told that it is too long. Raises ValueError where
    there are no rules for the language or no playbook for the situation.

    >>> [finding] = lint("Any inconvenience is regretted.", language="en",
    ...                  channel=Channel.X, phase=Phase.FOLLOW_UP)
    >>> finding.rule, finding.found, finding.better
    ('corporate', 'Any inconvenience', "Sorry, this isn't the trip you planned.")
    """
    said = folded(text[:LONGEST], voice.brand if voice else "")
    book = rulebook(base(language), voice.rules.get(base(language), ()) if voice else ())
    utterance = Utterance(
        text,
        said,
        base(language),
        channel,
        phase,
        situation,
        playbook(situation),
        facts or {},
        facts is not None,
        complete,
        voice,
        at,
        book,
        language.endswith("-formal"),
        tuple(book.statutory.spans(said)),
        tuple(dict.fromkeys(said.sentence(start) for start, _ in book.law.spans(said))),
    )
    findings = [
        _finding(utterance, place, entry, level)
        for place, entry in _places(utterance)
        if (level := place.level or _level(utterance, place.rule, entry)) is not None
    ]
    order = sorted(findings, key=lambda one: (one.start, one.level, -one.end))
    return tuple(_once(text, _narrowest(utterance, order)))


def differing(texts: Mapping[str, str]) -> tuple[Finding, ...]:
    """Where one language states a time, number, code or link that another does not.

    `texts` are by language; a finding's place is in that with which its `why` begins, the first of
    them that states it. What the other states otherwise blocks, what it only leaves out is told.

    >>> [finding] = differing({"en": "Update at 14:30.", "sv": "Nytt kl. 14.30, flyg FW12."})
    >>> finding.found, finding.why, finding.level.value
    ('FW12', 'sv, not en: The languages must say the same.', 'warn')
    >>> [finding.level.value for finding in differing({"en": "At 14:30.", "sv": "Kl. 15.30."})]
    ['block', 'block']
    """
    said = {language: stated(text) for language, text in texts.items()}
    known = {language: {(one.sort, one.value) for one in all_} for language, all_ in said.items()}
    findings: dict[tuple[str, str], Finding] = {}
    for language, statements in said.items():
        book = rulebook(base(language))
        for one in statements:
            fact = (one.sort, one.value)
            without = [other for other, facts in known.items() if fact not in facts]
            instead = {it[0] for other in without for it in known[other] - known[language]}
            if without and fact not in findings:
                findings[fact] = Finding(
                    "differing",
                    Level.BLOCK if one.sort in instead else Level.WARN,
                    one.start,
                    one.end,
                    texts[language][one.start : one.end],
                    f"{language}, not {', '.join(without)}: {_why(book, 'differing')}",
                    book.better.get("differing", ""),
                )
    return tuple(findings.values())


def _places(utterance: Utterance) -> Iterator[tuple[Place, Entry | None]]:
    if len(utterance.text) > LONGEST:
        yield from ((place, None) for place in checks.too_long(utterance))
        return
    yield from ((place, None) for place in _found(utterance))
    yield from ((place, None) for place in _unsaid(utterance))
    yield from _broken(utterance)
    if utterance.voice and (words := utterance.voice.never.get(utterance.language)):
        for span in _of_the_house(tuple(words)).spans(utterance.said):
            yield Place("house", *utterance.said.origin(*span)), None


def _broken(utterance: Utterance) -> Iterator[tuple[Place, Entry]]:
    """What words break, where the rule is one here."""
    for rule in utterance.book.rules:
        if (
            not _applies(utterance, rule.entry)
            or _level(utterance, rule.entry.id, rule.entry) is None
        ):
            continue
        hits = list(rule.find.spans(utterance.said))
        if not hits:
            continue
        cleared = [*utterance.exempt, *rule.excepted.cleared(utterance.said)]
        if rule.entry.id == "promises_money":
            cleared += utterance.lawful
        for start, end in hits:
            if not any(since < end and start < until for since, until in cleared):
                yield Place(rule.entry.id, *utterance.said.origin(start, end)), rule.entry


def _found(utterance: Utterance) -> Iterator[Place]:
    """What the program finds and the language has no exception for."""
    cleared: dict[str, list[tuple[int, int]]] = {}
    for place in checks.found(utterance):
        if place.rule not in cleared:
            excepted = utterance.book.cleared.get(place.rule)
            spans = excepted.cleared(utterance.said) if excepted else ()
            cleared[place.rule] = [utterance.said.origin(*span) for span in spans]
        if not any(a < place.end and place.start < b for a, b in cleared[place.rule]):
            yield place


def _unsaid(utterance: Utterance) -> Iterator[Place]:
    """What this phase must say and the text does not, and an apology that is out of place."""
    says, said, end = utterance.book.says, utterance.said, len(utterance.text)
    apology = utterance.playbook.apology(utterance.phase)
    sorry = list(says["sorry"].find.spans(said))
    if apology is Apology.REQUIRED and not sorry:
        yield Place("apology_missing", end, end, "sorry")
    if apology is Apology.FORBIDDEN:
        condolences = list(says["condolences"].find.spans(said))
        for start, until in sorry:
            if not any(a < until and start < b for a, b in condolences):
                yield Place("apology_forbidden", *said.origin(start, until))
    for must in utterance.playbook.must(utterance.phase):
        if must.needs is not None and must.needs not in utterance.facts:
            continue
        if must.concept == "sorry" or says[must.concept].find.are_in(said):
            continue
        if must.needs is not None and checks.says_fact(utterance, utterance.facts[must.needs]):
            continue
        if must.concept == "next_update":
            yield Place("no_next_update", end, end, must.concept)
        else:
            tight = must.needs is not None and utterance.channel in _TIGHT
            yield Place("missing", end, end, must.concept, Level.WARN if tight else None)


def _level(utterance: Utterance, rule: str, entry: Entry | None) -> Level | None:
    """How grave a rule is here, the gravest that holds; None where it is none."""
    general = utterance.book.general[rule]
    allowing = {kind for one in (*general, *([entry] if entry else [])) for kind in one.unless}
    if not allowing.isdisjoint(utterance.facts):
        return None
    if rule in utterance.playbook.never:
        return Level.BLOCK
    if entry and entry.level:
        return entry.level
    levels = {one.level for one in general if _applies(utterance, one)}
    return next((level for level in Level if level in levels), None)


def _applies(utterance: Utterance, entry: Entry) -> bool:
    return (
        (
            not entry.situations
            or utterance.situation in entry.situations
            or (utterance.playbook.grave and GRAVE in entry.situations)
        )
        and (not entry.phases or utterance.phase in entry.phases)
        and (not entry.channels or utterance.channel in entry.channels)
    )


def _finding(utterance: Utterance, place: Place, entry: Entry | None, level: Level) -> Finding:
    """What is told of a place; of what is missing, its name and how it could be said."""
    book = utterance.book
    concept = place.about if place.start == place.end else ""
    why = _why(book, place.rule, entry)
    return Finding(
        place.rule,
        level,
        place.start,
        place.end,
        concept or utterance.text[place.start : place.end],
        f"{place.about}: {why}" if place.about and not concept else why,
        (book.says[concept].better if concept else entry.better if entry else "")
        or book.better.get(place.rule, ""),
    )


def _why(book: Rulebook, rule: str, entry: Entry | None = None) -> str:
    own = entry.why if entry else ""
    return own or next(one.why for one in book.general[rule] if one.why)


def _narrowest(utterance: Utterance, findings: list[Finding]) -> Iterator[Finding]:
    """Of two rules about one sentence the one that covers the other."""
    covered = {
        (utterance.said.number(one.start), rule)
        for one in findings
        for general in utterance.book.general[one.rule]
        for rule in general.covers
    }
    return (one for one in findings if (utterance.said.number(one.start), one.rule) not in covered)


def _once(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """Each place once for each rule: none that begins inside another that says the same, or is
    its neighbour.
    """
    kept: list[Finding] = []
    last: dict[tuple[str, str], int] = {}
    for one in findings:
        said = (one.rule, "" if one.start < one.end else one.found)
        before = kept[last[said]] if said in last else None
        if before and one.start < max(before.end, before.start + 1):
            continue
        alike = before and (before.level, before.why) == (one.level, one.why)
        if before and alike and not text[before.end : one.start].strip():
            kept[last[said]] = replace(before, end=one.end, found=text[before.start : one.end])
        else:
            last[said] = len(kept)
            kept.append(one)
    return kept


@cache
def _of_the_house(words: tuple[str, ...]) -> Patterns:
    """Words as they are: signs that patterns have mean nothing in them."""
    return Patterns(" ".join(re.findall(r"[\w'-]+", word)) or "-" for word in words)
