"""Patterns of words, as the linter's rules are written, made to find their places in a text.

What a pattern may be is said in `alerts/words/lint.py`. Finding takes time linear in the text:
gaps are bounded, and nothing reaches beyond its sentence.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Final
from unicodedata import category

from alerts.folding import without_accents

WORDS_BETWEEN: Final = 6
"""`…` is at most so many words."""
TOGETHER: Final = " + "
"""Between what has to be in one sentence."""

_SENTENCE_END: Final = "\n"
_BLANK: Final = r"[^\w\n]{1,4}"
_BETWEEN: Final = rf"(?:\w+(?:[^\w\s]\w+)*+{_BLANK}){{0,{WORDS_BETWEEN}}}?"
_SAME_SENTENCE: Final = r"[^\n]{0,400}?"
_TOKENS: Final = {
    "time": r"(?:(?:kl|klokken|klockan|klokka)[. ]{1,2}\d{1,2}(?:[:.]\d\d)?(?![.:]?\d)"
    r"|(?<![.:])\d{1,2}[:.]\d\d(?![.:]?\d)(?:\s?[ap]\.?m\b)?"
    r"|\d{1,2}\s?(?:[ap]\.?m\b|uhr\b)|noon|midnight|mitternacht|midnatt|middernacht)",
    "number": r"\d+(?:[.,]\d+)*",
    "money": r"(?:(?:€|eur|euros?|£|gbp|\$|usd|sek|nok|dkk|kr)\s?\d+(?:[.,]\d+)*"
    r"|\d+(?:[.,]\d+)*\s?(?:€|eur|euros?|£|pounds?|\$|dollars?|sek|nok|dkk|kr|kron\w+|pund|pond))",
    "link": r"(?:https?://\S+|www\.\S+|(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?)",
    "code": r"(?:[a-z]{2}|[a-z]\d|\d[a-z])\d{2,4}",
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
# Where a sentence ends, at the blank: not after an abbreviation, nor after the number of a day.
_ENDS: Final = re.compile(
    r"""(?<![\s.]\w)(?<!\bkl)(?<!\bca)(?<!\bnr)(?<!\bbzw)(?<!\beks)(?<!\bex)(?<!\bbijv)
    (?<![^\d:.]\d)(?<![^\d:.]\d\d)\.["'”“»)\]]*(\s)
    | [!?…]["'”“»)\]]*(\s)
    | (\n)(?=\s*\n|\s*[-•*–·▪✔✅\U0001f000-\U0001faff])
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


def folded(text: str) -> Folded:
    """A text without case, accents and hidden characters; sentences end with a line feed.

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
    return Folded(lower, together, places)


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    if character.isspace():
        return " "
    if category(character) in ("Cf", "Cc"):
        return ""
    return without_accents(character.translate(_ALIKE))


class Patterns:
    """Finds where any of these patterns stands in a text. Raises PatternError.

    >>> corporate = Patterns(["any inconvenience*", "(rest|be) assured"])
    >>> list(corporate.spans(folded("Rest assured. We regret any inconveniences")))
    [(0, 12), (24, 42)]
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        whole = [(pattern, _compiled(pattern)) for pattern in dict.fromkeys(patterns)]
        self._plain = _any(found for pattern, found in whole if "=" not in pattern)
        self._cased = _any(found for pattern, found in whole if "=" in pattern)

    def spans(self, said: Folded) -> Iterator[tuple[int, int]]:
        """The places in `said.plain`, of each kind in order."""
        if self._plain:
            yield from (hit.span() for hit in self._plain.finditer(said.plain))
        if self._cased:
            yield from (hit.span() for hit in self._cased.finditer(said.written))


def _any(expressions: Iterable[str]) -> re.Pattern[str] | None:
    together = "|".join(sorted(expressions, key=len, reverse=True))
    return re.compile(together, re.IGNORECASE if "(?-i:" in together else 0) if together else None


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
