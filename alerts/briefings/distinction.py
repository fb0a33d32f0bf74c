"""The terms that set posts apart from what is usual: what this flood is about, in its own words.

A term's weight is Dunning's log-likelihood ratio (1993) of the people who write it, here and
usually, each language against its own: what is common in both, stop words too, weighs nothing.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import log

from alerts.briefings.charts import Figure
from alerts.languages import base
from alerts.masking import masked
from alerts.posts import Post

SHOWN = 8
SURE = 15.0
"""A weight that chance reaches once in ten thousand terms."""
TIMES = 2.0
"""So many times as large a part of the people write a term as usual."""
FEWEST = 3
"""So many people have to write it: what one person writes is not what these posts are about."""
FEWEST_USUAL = 30
"""Fewer people who write in a language say nothing of what is usual in it."""
READ = 600
"""So many letters of a post are read."""

_NOISE = re.compile(r"https?://\S+|@[\w.-]+|\bRT\b")
_CLAUSE = re.compile(r"[^.!?;:,\n()\"“”•…]+")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SAME = 0.7
"""A pair that so large a part of those write who write one of its words says more than the word."""

Words = tuple[str, ...]
"""One word, or two that follow each other, in lower case."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words as most write them, and the part of the people who do, from 0 to 1."""

    words: str
    share: Figure


@dataclass(slots=True)
class _Count:
    """How many people write in a language, how many of them each term, and how it is written."""

    people: int = 0
    terms: Counter[Words] = field(default_factory=Counter)
    written: defaultdict[Words, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def terms(these: Sequence[Post], usual: Sequence[Post], limit: int = SHOWN) -> tuple[Term, ...]:
    """Up to `limit` terms that set these posts apart from the usual ones, the surest first.

    People are counted, not posts. The same in whatever order the posts are given; nothing where too
    little is known of what is usual.
    """
    there = {
        language: count
        for language, count in _counted(usual).items()
        if count.people >= FEWEST_USUAL
    }
    here = _counted(_masked(post) for post in these if base(post.lang) in there)
    weights: defaultdict[Words, float] = defaultdict(float)
    together = _Count()
    for language, count in sorted(here.items()):
        before = there[language]
        together.people += count.people
        together.terms += count.terms
        for term, people in count.terms.items():
            weights[term] += _weight(people, count.people, before.terms[term], before.people)
            together.written[term] += count.written[term]
    sure = [
        term
        for term, weight in weights.items()
        if weight >= SURE and together.terms[term] >= FEWEST
    ]
    ranked = sorted(sure, key=lambda term: (-round(weights[term], 9), term))
    return tuple(
        Term(_usual_way(together.written[term]), round(together.terms[term] / together.people, 4))
        for term in _apart(ranked, together.terms, limit)
    )


def _weight(some: int, of: int, usually: int, of_usual: int) -> float:
    """Dunning's ratio; 0 for what is not said clearly more often than usual."""
    if some / of < TIMES * usually / of_usual:
        return 0.0
    all_of_them, total = some + usually, of + of_usual
    rest, usual_rest = of - some, of_usual - usually
    return 2.0 * (
        _part(some, all_of_them * of / total)
        + _part(usually, all_of_them * of_usual / total)
        + _part(rest, (total - all_of_them) * of / total)
        + _part(usual_rest, (total - all_of_them) * of_usual / total)
    )


def _part(seen: int, expected: float) -> float:
    return seen * log(seen / expected) if seen else 0.0


def _apart(ranked: Sequence[Words], people: Counter[Words], limit: int) -> list[Words]:
    """The first ones that share no word; a pair stands for a word that hardly comes without it."""
    pairs = [term for term in ranked if len(term) == 2]
    covered = {word for pair in pairs for word in pair if people[pair] >= _SAME * people[(word,)]}
    chosen: list[Words] = []
    said: set[str] = set()
    for term in ranked:
        alone = len(term) == 1
        if (alone and term[0] in covered) or not said.isdisjoint(term):
            continue
        chosen.append(term)
        said.update(term)
    return chosen[:limit]


def _masked(post: Post) -> Post:
    return replace(post, text=masked(post.text[:READ]))


def _counted(posts: Iterable[Post]) -> dict[str, _Count]:
    """By language. Whoever passes on another's words says nothing of their own."""
    counts: dict[str, _Count] = {}
    said: defaultdict[tuple[str, str], set[Words]] = defaultdict(set)
    for post in posts:
        if post.repost_of is not None:
            continue
        language = base(post.lang)
        count = counts.setdefault(language, _Count())
        own = said[language, f"{post.platform} {post.author or post.id}"]
        for term, written in _terms(post.text):
            count.written[term][written] += 1
            own.add(term)
    for (language, _), own in said.items():
        counts[language].people += 1
        counts[language].terms.update(own)
    return counts


def _terms(text: str) -> Iterator[tuple[Words, str]]:
    """Words and pairs of words that follow each other, and as they are written; no bare numbers."""
    said = unicodedata.normalize("NFC", _NOISE.sub(" ", text[:READ]))
    for clause in _CLAUSE.findall(said):
        words = _WORD.findall(clause)
        for word in words:
            if len(word) > 1 and not word.isdigit():
                yield (word.casefold(),), word
        for pair in pairwise(words):
            if not all(word.isdigit() for word in pair):
                yield tuple(word.casefold() for word in pair), " ".join(pair)


def _usual_way(written: Counter[str]) -> str:
    return min(written, key=lambda way: (-written[way], way))
