"""A pattern of words read as a regular expression, and the letters that a text needs to match it.

What a pattern may be is said in `alerts/words/lint.py`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations, product
from typing import Final
from unicodedata import category, normalize

from alerts.folding import without_accents

WORDS_BETWEEN: Final = 6
"""`…` is at most so many words."""
TOGETHER: Final = " + "
"""Between what has to be in one sentence."""
BRAND: Final = "ǁ"
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
_TYPED: Final = {
    "ä": ("a", "ae"),
    "ö": ("o", "oe"),
    "ø": ("o", "oe"),
    "ü": ("u", "ue"),
    "å": ("a", "aa"),
}
_AS_TYPED: Final = {letter: f"(?:{'|'.join(ways)})" for letter, ways in _TYPED.items()} | {
    "-": r"[^\w\n]?"
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


class PatternError(ValueError):
    """A pattern is not written as patterns are; the message says what is odd."""


@dataclass(frozen=True, slots=True)
class Term:
    """What a pattern or a part of it says as a regular expression; `together` of `a + b`.

    A text that matches holds some of the letters in each of `needs`.
    """

    said: str
    needs: tuple[frozenset[str], ...] = ()
    together: bool = False

    @property
    def cased(self) -> bool:
        """Whether capitals matter."""
        return "(?-i:" in self.said


Lists = Mapping[str, Term]
"""What patterns may name in `<…>`, beside the tokens."""


_TOKENS: Final = {
    name: Term(said)
    for name, said in {
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
        "brand": f"{BRAND}+s?(?:'s)?",
    }.items()
}


def listed(words: Mapping[str, Iterable[str]]) -> dict[str, Term]:
    """Lists of words, each a pattern that may name the lists before it. Raises PatternError."""
    lists: dict[str, Term] = {}
    for name, each in words.items():
        lists[name] = _Reader(name, f"({'|'.join(each)})", lists).sequence()
    return lists


def read(pattern: str, lists: Lists) -> Term:
    """A whole pattern. Raises PatternError.

    >>> [sorted(letters) for letters in read("(rest|be) assured", {}).needs]
    [['assured'], ['be', 'rest']]
    """
    terms = [_Reader(pattern, term, lists).whole() for term in pattern.split(TOGETHER)]
    said = "|".join(
        _SAME_SENTENCE.join(term.said for term in order) for order in permutations(terms)
    )
    needs = sorted((need for term in terms for need in term.needs), key=_weight, reverse=True)
    return Term(said, tuple(needs), len(terms) > 1)


@lru_cache(maxsize=4_096)
def alike(character: str) -> str:
    """A letter without its accents, wide or bold as the plain one; none where nobody sees it."""
    if character.isspace():
        return " "
    if category(character) in ("Cf", "Cc"):
        return ""
    plain = normalize("NFKC", character)
    if len(plain) == 1 or character.isalpha():  # not the sign of a trade mark, nor dots
        character = plain
    return without_accents(character.translate(_ALIKE))


class _Reader:
    """Reads one term of a pattern."""

    def __init__(self, pattern: str, term: str, lists: Lists) -> None:
        self._pattern = pattern
        self._lists = lists
        self._parts = list(_PART.finditer(term.strip()))
        if "".join(part[0] for part in self._parts) != term.strip() or not self._parts:
            raise self._odd("a sign that patterns do not have")
        self._next = 0

    def whole(self) -> Term:
        """The term, from where a word begins to where one ends."""
        found = self.sequence()
        if self._next < len(self._parts):
            raise self._odd("a bracket too many, or `|` outside of brackets")
        return Term(rf"(?<!\w){found.said}(?!\w)", found.needs)

    def sequence(self) -> Term:
        """Parts up to the end, or to the `|` or `)` of the bracket that they are in."""
        said: list[str] = []
        needs: list[frozenset[str]] = []
        while self._next < len(self._parts):
            kind = self._kind()
            if kind in ("close", "or"):
                break
            if kind == "open":
                term = self._bracket(said)
            else:
                part = self._parts[self._next]
                self._next += 1
                term = self._gap(said) if kind == "gap" else self._simple(kind, part)
            said.append(term.said)
            needs += term.needs
        return Term("".join(said), tuple(needs))

    def _gap(self, before: Sequence[str]) -> Term:
        if not _after_blank(before) or self._kind() != "blank":
            raise self._odd("`…` stands between words")
        self._next += 1
        return Term(_BETWEEN)

    def _simple(self, kind: str | None, part: re.Match[str]) -> Term:
        match kind:
            case "stem":
                return Term(r"\w*")
            case "blank":
                return Term(_BLANK)
            case "token":
                known = self._lists.get(part["token"]) or _TOKENS.get(part["token"])
                if known is None:
                    raise self._odd(f"{part[0]} is none of {', '.join([*_TOKENS, *self._lists])}")
                return known
            case "capital":
                return Term(r"(?-i:[A-Z]\w*)")
            case "cased":
                return Term(f"(?-i:{_escaped(part[0][1:])})", _letters(part[0][1:]))
            case _:
                return Term(_escaped(part[0].lower()), _letters(part[0]))

    def _bracket(self, before: list[str]) -> Term:
        """One of several; where it may be missing, so may the blank beside it."""
        self._next += 1
        alternatives = [self.sequence()]
        while self._kind() == "or":
            self._next += 1
            alternatives.append(self.sequence())
        if self._kind() != "close":
            raise self._odd("a bracket that is not closed")
        self._next += 1
        said = "|".join(one.said for one in alternatives if one.said)
        if all(one.said for one in alternatives):
            return Term(f"(?:{said})", _either(alternatives))
        alone = not before or _after_blank(before)
        if alone and self._kind() == "blank":
            self._next += 1
            return Term(f"(?:(?:{said}){_BLANK})?")
        if before and before[-1] == _BLANK and self._kind() in (None, "close", "or"):
            return Term(f"(?:{before.pop()}(?:{said}))?")
        return Term(f"(?:{said})?")

    def _kind(self) -> str | None:
        return self._parts[self._next].lastgroup if self._next < len(self._parts) else None

    def _odd(self, what: str) -> PatternError:
        return PatternError(f"{self._pattern!r}: {what}")


def _after_blank(said: Sequence[str]) -> bool:
    """Whether a blank was read last, be it with a word before it that may be missing."""
    return bool(said) and said[-1].endswith((_BLANK, f"{_BLANK})?"))


@cache
def _escaped(letters: str) -> str:
    """Letters as they may be typed: with umlauts or without, together or apart."""
    if letters.isascii() and letters.isalnum():
        return letters
    return "".join(
        _AS_TYPED.get(letter) or re.escape(alike(letter) or letter) for letter in letters
    )


@cache
def _letters(letters: str) -> tuple[frozenset[str], ...]:
    """What a text holds where it has these letters, however they are typed."""
    if letters.isascii() and letters.isalnum():
        return (frozenset({letters.lower()}),)
    longest = max(letters.lower().split("-"), key=len)
    each = (_TYPED.get(letter) or (alike(letter) or letter,) for letter in longest)
    return (frozenset(map("".join, product(*each))),) if longest else ()


def _either(terms: Sequence[Term]) -> tuple[frozenset[str], ...]:
    """What a text holds that has any one of these."""
    if not all(term.needs for term in terms):
        return ()
    return (frozenset().union(*(max(term.needs, key=_weight) for term in terms)),)


def _weight(need: frozenset[str]) -> tuple[int, int]:
    """How seldom a text holds any of these."""
    return min(map(len, need)), -len(need)
