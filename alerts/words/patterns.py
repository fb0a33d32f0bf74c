"""Patterns of words, as the linter's rules are written, made to find their places in a text.

What a pattern may be is said in `alerts/words/lint.py`. Finding takes time linear in the text:
gaps are bounded, and nothing reaches beyond its sentence.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from alerts.words.grammar import BRAND, Lists, Term, alike, read

_SENTENCE_END: Final = "\n"
# After a number with a full stop these are counted, or are its month: `am 3. Dezember`.
_COUNTED: Final = (
    r"(?:Jan|Feb|M[aä]r|Apr|Ma[ijy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz]|Klasse|Stock|Etage|OG|UG"
    r"|Obergescho|Untergescho|Advent|Weihnacht|Oster|Pfingst|Feiertag|Quartal|Halbjahr|Mal|Tag"
    r"|Platz|Reihe|Person|Gep|Generation|Jahr|Stunde|Strei[ck]tag)"
)
# Where a sentence ends, at the blank: not after an abbreviation, nor after the number of a day.
_ENDS: Final = re.compile(
    rf"""(?<![\s.]\w)(?<!\bkl)(?<!\bca)(?<!\bnr)(?<!\bbzw)(?<!\beks)(?<!\bex)(?<!\bbijv)
    (?<![^\d:.]\d)(?<![^\d:.]\d\d)\.["'”“»)\]]*(\s)
    | (?<=\d)\.["'”“»)\]]*(\s)(?=\s*["'„“»(]?[A-ZÄÖÜÅÆØ])(?!\s*{_COUNTED})
    | [!?…]["'”“»)\]]*(\s)
    | (\n)(?=[^\S\n]{{0,40}}[-\n•*–·▪✔✅\U0001f000-\U0001faff])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as patterns see it, and where each of its characters came from.

    `written` keeps the capitals of `plain`. Sentences end with a line feed.
    """

    plain: str
    written: str
    places: Sequence[int]

    def sentence(self, start: int) -> tuple[int, int]:
        """Where the sentence begins and ends in which the character `start` of `plain` is."""
        before = self.plain.rfind(_SENTENCE_END, 0, start) + 1
        after = self.plain.find(_SENTENCE_END, start)
        return before, len(self.plain) if after < 0 else after

    def number(self, place: int) -> int:
        """In which sentence a place of the text is, from 0."""
        return self.plain.count(_SENTENCE_END, 0, bisect_left(self.places, place))

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """A span of `plain` as one of the text."""
        return self.places[start], self.places[end - 1] + 1


def folded(text: str, brand: str = "") -> Folded:
    """A text without case, accents and hidden characters; sentences end with a line feed.

    Letters that are written wide or bold are the same ones.

    The name of the brand is no words of a language, as patterns see it.

    >>> folded("Würden Sie? Später, gegen 14.30 Uhr.").plain
    'wurden sie?\\nspater, gegen 14.30 uhr.'
    """
    ends = {end.end(end.lastindex or 0) - 1 for end in _ENDS.finditer(text)}
    written: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        letter = _SENTENCE_END if place in ends else alike(character)
        written.append(letter)
        places.extend([place] * len(letter))
    together = "".join(written)
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in together)
    for name in _names(brand).finditer(lower) if brand.strip() else ():
        start, end = name.span()
        hidden = BRAND * (end - start)
        lower = lower[:start] + hidden + lower[end:]
        together = together[:start] + hidden + together[end:]
    return Folded(lower, together, places)


@lru_cache(maxsize=256)
def _names(brand: str) -> re.Pattern[str]:
    """Where a brand is named: not in its handles and links."""
    return re.compile(rf"(?<![\w@#/.-]){re.escape(folded(brand.strip()).plain)}(?=s?(?!\w|[.@]\w))")


class Patterns:
    """Finds where any of these patterns stands in a text. Raises PatternError.

    `lists` are what they may name in `<…>`. Each is compiled once a text holds letters it needs.

    >>> corporate = Patterns(["any inconvenience*", "(rest|be) assured"])
    >>> sorted(corporate.spans(folded("Rest assured. We regret any inconveniences")))
    [(0, 12), (24, 42)]
    """

    def __init__(self, patterns: Iterable[str], lists: Lists | None = None) -> None:
        self._each = [read(pattern, lists or {}) for pattern in dict.fromkeys(patterns)]

    def are_in(self, said: Folded) -> bool:
        """Whether any of them is in a text."""
        return next(self.spans(said), None) is not None

    def spans(self, said: Folded) -> Iterator[tuple[int, int]]:
        """The places in `said.plain` of each pattern; those of several may overlap."""
        for term in self._possible(said):
            yield from _spans(term, said)

    def cleared(self, said: Folded) -> Iterator[tuple[int, int]]:
        """The places where they allow what else is none: of `a + b` the whole sentence."""
        for term in self._possible(said):
            for span in _spans(term, said):
                yield said.sentence(span[0]) if term.together else span

    def _possible(self, said: Folded) -> Iterator[Term]:
        """Those that may be in a text: it holds some letters of each that they need."""
        held = {
            self._letters[number]
            for number, _, _ in self._sieve.find_matches_as_indexes(said.plain, overlapping=True)
        }
        for term in self._each:
            if not any(map(held.isdisjoint, term.needs)):
                yield term

    @cached_property
    def _letters(self) -> list[str]:
        return sorted({one for term in self._each for need in term.needs for one in need})

    @cached_property
    def _sieve(self) -> AhoCorasick:
        return AhoCorasick(self._letters, implementation=Implementation.ContiguousNFA)


def _spans(term: Term, said: Folded) -> Iterator[tuple[int, int]]:
    text = said.written if term.cased else said.plain
    return (hit.span() for hit in _expression(term.said, term.cased).finditer(text))


@cache
def _expression(said: str, cased: bool) -> re.Pattern[str]:
    return re.compile(said, re.IGNORECASE if cased else 0)
