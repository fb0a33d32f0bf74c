"""Patterns of words, as the linter's rules are written, made to find their places in a text.

What a pattern may be is said in `alerts/words/lint.py`. Finding takes time linear in the text:
gaps are bounded, and nothing reaches beyond its sentence.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations
from typing import Final
from unicodedata import category, normalize

from alerts.folding import without_accents

WORDS_BETWEEN: Final = 6
"""`…` is at most so many words."""
TOGETHER: Final = " + "
"""Between what has to be in one sentence."""

_SENTENCE_END: Final = "\n"
_BRAND: Final = "ǁ"
"""Stands for each letter of the brand's name: a letter that no word has."""
_BLANK: Final = r"[^\w\n]{1,4}"
_BETWEEN: Final = rf"(?:\w+(?:[^\w\s]\w+){{0,9}}+{_BLANK}){{0,{WORDS_BETWEEN}}}?"
_SAME_SENTENCE: Final = r"[^\n]{0,400}?"
_HOURS: Final = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|zwolf"
    r"|ett|tva|tre|fyra|fem|sex|sju|atta|nio|tio|elva|tolv|to|fire|seks|syv|atte|otte|ni|ti|elleve"
    r"|een|twee|drie|vijf|zes|zeven|negen|tien|twaalf)"
)
_TOKENS: Final = {
    "time": r"(?:(?:kl|klokken|klockan|klokka)[. ]{1,2}\d{1,2}(?:[:.]\d\d)?(?![.:]?\d)"
    r"|(?<![.:])\d{1,2}[:.]\d\d(?![.:]?\d)(?:\s?[ap]\.?m\b)?"
    r"|\d{1,2}\s?(?:[ap]\.?m\b|uhr\b|uur\b|o'clock\b|h\d\d\b)|noon|midnight|mitternacht|midnatt|middernacht"
    rf"|(?:half(?: past)?|halv|halb|(?:a )?quarter (?:past|to)|(?:viertel|kvart|kvarter|kwart)"
    rf" (?:vor|nach|i|over|pa|for|voor)) {_HOURS}|{_HOURS} o'clock)",
    "number": r"\d+(?:[.,]\d+)*",
    "money": r"(?:(?:€|eur|euros?|£|gbp|\$|usd|sek|nok|dkk|kr)\s?\d+(?:[.,]\d+)*"
    r"|\d+(?:[.,]\d+)*\s?(?:€|eur|euros?|£|pounds?|\$|dollars?|sek|nok|dkk|kr|kron\w+|pund|pond))",
    "link": r"(?:https?://\S+|www\.\S+|(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,}(?:/\S*)?)",
    "code": r"(?:[a-z]{2}|[a-z]\d|\d[a-z])\d{2,4}",
    "tag": r"(?:[a-z]{2,6}\s?\d{5,8}|\d{4}\s?\d{6}|\d{6,10})",
    "brand": f"{_BRAND}+s?(?:'s)?",
}
_AS_TYPED: Final = {"ä": "(?:a|ae)", "ö": "(?:o|oe)", "ø": "(?:o|oe)"} | {
    "ü": "(?:u|ue)",
    "å": "(?:a|aa)",
    "-": r"[^\w\n]?",
}
_ALIKE: Final = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "Æ": "AE", "Œ": "OE"}
    | dict.fromkeys("\u2018\u2019\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2013", "-")
)
_PART: Final = re.compile(
    r"(?P<open>\()|(?P<close>\))|(?P<or>\|)|(?P<gap>…)|(?P<stem>\*)|<(?P<token>\w+)>"
    r"|(?P<capital>=\*)|(?P<cased>=\w+)|(?P<blank>\s+)|(?P<letters>[^()|…*<=\s]+)"
)
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


class PatternError(ValueError):
    """A pattern is not written as patterns are; the message says what is odd."""


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
        alike = _SENTENCE_END if place in ends else _folded(character)
        written.append(alike)
        places.extend([place] * len(alike))
    together = "".join(written)
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in together)
    for name in _names(brand).finditer(lower) if brand.strip() else ():
        start, end = name.span()
        hidden = _BRAND * (end - start)
        lower = lower[:start] + hidden + lower[end:]
        together = together[:start] + hidden + together[end:]
    return Folded(lower, together, places)


@lru_cache(maxsize=256)
def _names(brand: str) -> re.Pattern[str]:
    """Where a brand is named: not in its handles and links."""
    return re.compile(rf"(?<![\w@#/.-]){re.escape(folded(brand.strip()).plain)}(?=s?(?!\w|[.@]\w))")


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    if character.isspace():
        return " "
    if category(character) in ("Cf", "Cc"):
        return ""
    plain = normalize("NFKC", character)
    if len(plain) == 1 or character.isalpha():  # not the sign of a trade mark, nor dots
        character = plain
    return without_accents(character.translate(_ALIKE))


class Patterns:
    """Finds where any of these patterns stands in a text. Raises PatternError.

    >>> corporate = Patterns(["any inconvenience*", "(rest|be) assured"])
    >>> sorted(corporate.spans(folded("Rest assured. We regret any inconveniences")))
    [(0, 12), (24, 42)]
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._each = [
            (_compiled(pattern), "=" in pattern, TOGETHER in pattern)
            for pattern in dict.fromkeys(patterns)
        ]
        self._plain = _any(found for found, cased, _ in self._each if not cased)
        self._cased = _any(found for found, cased, _ in self._each if cased)

    def are_in(self, said: Folded) -> bool:
        """Whether any of them is in a text."""
        return bool(
            (self._plain and self._plain.search(said.plain))
            or (self._cased and self._cased.search(said.written))
        )

    def spans(self, said: Folded) -> Iterator[tuple[int, int]]:
        """The places in `said.plain` of each pattern; those of several may overlap."""
        if self.are_in(said):
            for expression, cased, _ in self._each:
                yield from _spans(expression, cased, said)

    def cleared(self, said: Folded) -> Iterator[tuple[int, int]]:
        """The places where they allow what else is none: of `a + b` the whole sentence."""
        if self.are_in(said):
            for expression, cased, together in self._each:
                for span in _spans(expression, cased, said):
                    yield said.sentence(span[0]) if together else span


def _spans(expression: str, cased: bool, said: Folded) -> Iterator[tuple[int, int]]:
    text = said.written if cased else said.plain
    return (hit.span() for hit in _expression(expression).finditer(text))


@cache
def _expression(said: str) -> re.Pattern[str]:
    return re.compile(said, re.IGNORECASE if "(?-i:" in said else 0)


def _any(expressions: Iterable[str]) -> re.Pattern[str] | None:
    together = "|".join(expressions)
    return _expression(together) if together else None


def _compiled(pattern: str) -> str:
    terms = [_Reader(pattern, term).whole() for term in pattern.split(TOGETHER)]
    return "|".join(_SAME_SENTENCE.join(order) for order in permutations(terms))


class _Reader:
    """Reads one term of a pattern, and says it as a regular expression."""

    def __init__(self, pattern: str, term: str) -> None:
        self._pattern = pattern
        self._parts = list(_PART.finditer(term.strip()))
        if "".join(part[0] for part in self._parts) != term.strip() or not self._parts:
            raise self._odd("a sign that patterns do not have")
        self._next = 0

    def whole(self) -> str:
        found = self._sequence()
        if self._next < len(self._parts):
            raise self._odd("a bracket too many, or `|` outside of brackets")
        return rf"(?<!\w){found}(?!\w)"

    def _sequence(self) -> str:
        """Parts up to the end, or to the `|` or `)` of the bracket that they are in."""
        said: list[str] = []
        while self._next < len(self._parts):
            kind = self._kind()
            if kind in ("close", "or"):
                break
            if kind == "open":
                said.append(self._bracket(said))
                continue
            part = self._parts[self._next]
            self._next += 1
            if kind == "gap":
                if not _after_blank(said) or self._kind() != "blank":
                    raise self._odd("`…` stands between words")
                said.append(_BETWEEN)
                self._next += 1
            else:
                said.append(self._simple(kind, part))
        return "".join(said)

    def _simple(self, kind: str | None, part: re.Match[str]) -> str:
        match kind:
            case "stem":
                return r"\w*"
            case "blank":
                return _BLANK
            case "token":
                if part["token"] not in _TOKENS:
                    raise self._odd(f"{part[0]} is none of {', '.join(_TOKENS)}")
                return _TOKENS[part["token"]]
            case "capital":
                return r"(?-i:[A-Z]\w*)"
            case "cased":
                return f"(?-i:{_escaped(part[0][1:], keep=True)})"
            case _:
                return _escaped(part[0])

    def _bracket(self, before: list[str]) -> str:
        """One of several; where it may be missing, so may the blank beside it."""
        self._next += 1
        alternatives = [self._sequence()]
        while self._kind() == "or":
            self._next += 1
            alternatives.append(self._sequence())
        if self._kind() != "close":
            raise self._odd("a bracket that is not closed")
        self._next += 1
        said = "|".join(one for one in alternatives if one)
        if "" not in alternatives:
            return f"(?:{said})"
        alone = not before or _after_blank(before)
        if alone and self._kind() == "blank":
            self._next += 1
            return f"(?:(?:{said}){_BLANK})?"
        if before and before[-1] == _BLANK and self._kind() in (None, "close", "or"):
            return f"(?:{before.pop()}(?:{said}))?"
        return f"(?:{said})?"

    def _kind(self) -> str | None:
        return self._parts[self._next].lastgroup if self._next < len(self._parts) else None

    def _odd(self, what: str) -> PatternError:
        return PatternError(f"{self._pattern!r}: {what}")


def _after_blank(said: Sequence[str]) -> bool:
    """Whether a blank was read last, be it with a word before it that may be missing."""
    return bool(said) and said[-1].endswith((_BLANK, f"{_BLANK})?"))


def _escaped(letters: str, *, keep: bool = False) -> str:
    """Letters as they may be typed: with umlauts or without, together or apart."""
    said = letters if keep else letters.lower()
    return "".join(_AS_TYPED.get(letter) or re.escape(_folded(letter) or letter) for letter in said)
