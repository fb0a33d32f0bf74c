"""X's query language, as documented: what a query finds among posts."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from alerts.posts import Post

LONGEST_QUERY = 512

_GRAMMAR = r"""
?start: either
?either: both ("OR" both)*
?both: one+
?one: part | _NOT part -> negated
?part: "(" either ")" | word | phrase | tag | operator
word: WORD
phrase: PHRASE
tag: TAG
operator: OPERATOR

_NOT.4: /-(?=[^\s)-])/
OPERATOR.3: /[a-z_]+:("[^"]*"|[^\s()"]+)/
TAG.2: /[@#]\w[\w\u0300-\u036f]*/
PHRASE.2: /"([^"\\]|\\.)*"/
WORD.1: /(?!OR(?!\w))[\w$][\w$%&.,'’+\/;?!-]*/
%ignore /\s+/
"""

# Symbols and emoji are words of their own; punctuation only separates.
_WORDS = re.compile(r"\w+|[^\w\s\x00-\x7f]")
_TAGS = re.compile(r"(?<!\w)[@#][\w\u0300-\u036f]+")
_KINDS = frozenset({"retweet", "reply", "quote", "verified", "nullcast"})
_HOLDINGS = {"hashtags": "#", "mentions": "@", "links": ""}


class QueryError(ValueError):
    """X would refuse the query; the message says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """A post as queries see it: ` its words in order `, and its @handles and #tags."""

    post: Post
    second: float
    words: str
    tags: frozenset[str]

    @classmethod
    def of(cls, post: Post) -> "Read":
        """Read it once, for every query."""
        text = _folded(post.text)
        found = f" {' '.join(_WORDS.findall(text))} "
        return cls(post, post.created_at.timestamp(), found, frozenset(_TAGS.findall(text)))


Finds = Callable[[Read], bool]


@dataclass(frozen=True, slots=True)
class _Condition:
    """Whether it finds a post; `alone`: X lets it stand without another beside it."""

    finds: Finds
    alone: bool


def parse(query: str) -> Finds:
    """What a query finds, regardless of capitals, by whole words. Raises QueryError."""
    if len(query) > LONGEST_QUERY:
        raise QueryError(f"query has {len(query)} characters; at most {LONGEST_QUERY} are allowed")
    try:
        condition = _Meaning().transform(_PARSER.parse(query))
    except VisitError as problem:
        raise QueryError(str(problem.orig_exc)) from None
    except LarkError as problem:
        column = getattr(problem, "column", "?")
        raise QueryError(f"no viable alternative at character {column}") from None
    if not condition.alone:
        raise QueryError("the query must have at least one stand-alone operator")
    finds: Finds = condition.finds
    return finds


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold()
    return unicodedata.normalize("NFC", folded)


def _sequence(text: str) -> _Condition:
    words = _WORDS.findall(_folded(text))
    if not words:
        raise QueryError(f"nothing can be found by {text[:40]!r}")
    sought = f" {' '.join(words)} "
    return _Condition(lambda read: sought in read.words, alone=True)


class _Meaning(Transformer[Token, _Condition]):
    """From a parsed query to a condition on posts."""

    def either(self, parts: list[_Condition]) -> _Condition:
        if not all(part.alone for part in parts):
            raise QueryError("each side of OR must have a stand-alone operator")
        finds = [part.finds for part in parts]
        return _Condition(lambda read: any(find(read) for find in finds), alone=True)

    def both(self, parts: list[_Condition]) -> _Condition:
        finds = [part.finds for part in parts]
        alone = any(part.alone for part in parts)
        return _Condition(lambda read: all(find(read) for find in finds), alone)

    def negated(self, parts: list[_Condition]) -> _Condition:
        [condition] = parts
        return _Condition(lambda read: not condition.finds(read), alone=False)

    def word(self, parts: list[Token]) -> _Condition:
        if parts[0].casefold() in ("and", "or"):
            raise QueryError(f"ambiguous use of {parts[0]} as a keyword; put it into quotes")
        return _sequence(parts[0])

    def phrase(self, parts: list[Token]) -> _Condition:
        return _sequence(parts[0][1:-1])

    def tag(self, parts: list[Token]) -> _Condition:
        sought = _folded(parts[0])
        return _Condition(lambda read: sought in read.tags, alone=True)

    def operator(self, parts: list[Token]) -> _Condition:
        name, _, value = parts[0].partition(":")
        value = value.strip('"').casefold()
        if name == "from":
            who = value.removeprefix("@")
            return _Condition(lambda read: (read.post.author or "").casefold() == who, alone=True)
        if name == "lang":
            return _Condition(lambda read: read.post.lang == value, alone=False)
        if name == "is" and value in _KINDS:
            if value == "reply":
                return _Condition(lambda read: bool(read.post.reply), alone=False)
            wanted = value == "retweet"
            return _Condition(lambda read: wanted and read.post.repost_of is not None, alone=False)
        if name == "has" and value in _HOLDINGS:
            sigil = _HOLDINGS[value]
            if not sigil:
                return _Condition(lambda read: " https " in read.words, alone=False)
            return _Condition(lambda read: any(t[0] == sigil for t in read.tags), alone=False)
        raise QueryError(f"reference to invalid operator '{parts[0][:40]}'")


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)
