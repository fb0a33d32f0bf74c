"""Which brands a post mentions and which of their topics it is on, in one pass over its text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, Implementation

from alerts.folding import is_word, normalised, unaccented, without_accents, without_umlauts
from alerts.lookalikes import Lookalikes
from alerts.posts import Post
from alerts.words.recognising import stands_on_timeline
from monitor.configuration import ALL, Configuration

ACCENTS_COUNT = frozenset({"da", "de", "fi", "nb", "sv"})
"""Languages in which a letter with an accent is another letter."""


@dataclass(frozen=True, slots=True)
class Match:
    """A brand that a post mentions, and the topics that the post is on: always `all`."""

    brand: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InOurName:
    """A post on a timeline of a brand of ours, or by an account that looks like one of its own."""

    brand: str
    post: Post
    imitates: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """A named pair of term sets; the bits under which a hit of either is noted."""

    name: str
    wanted: int
    excluded: int

    def holds(self, hits: int) -> bool:
        return bool(hits & self.wanted) and not hits & self.excluded


class Matcher:
    """Finds a configuration's terms in texts, in time linear in the text.

    >>> from monitor.configuration import loads
    >>> matcher = Matcher(loads('''
    ... brands: {us-airways: {name: US Airways, terms: ["@USAirways", us airways]}}
    ... topics: {cancellations: {name: Cancelled flights, terms: {en: [cancelled, cancel*]}}}
    ... '''))
    >>> matcher.match("@usairways CANCELS my flight")
    (Match(brand='us-airways', topics=('all', 'cancellations')),)
    >>> matcher.match("@usairways2 cancels")
    ()
    """

    def __init__(self, configuration: Configuration) -> None:
        # Every set of terms has a bit; a text's hits are one integer, and few integers ever occur.
        self._brands: list[tuple[_Rule, list[_Rule]]] = []
        terms: list[tuple[str, str, int]] = []

        def rule(name: str, include: _Terms, exclude: _Terms) -> _Rule:
            wanted, excluded = 1 << len(bits), 2 << len(bits)
            bits.extend((wanted, excluded))
            for bit, chosen in ((wanted, include), (excluded, exclude)):
                terms.extend((lang, term, bit) for lang in chosen for term in chosen[lang])
            return _Rule(name, wanted, excluded)

        bits: list[int] = []
        topics = {id: rule(id, t.terms, t.exclude) for id, t in configuration.topics.items()}
        for id, brand in configuration.brands.items():
            asked = [topics[topic] for topic in configuration.topics_of(id) if topic != ALL]
            self._brands.append((rule(id, brand.terms, brand.exclude), asked))
        self._exact = _Finder(_patterns(terms, exact=True, fold=normalised))
        self._folded = _Finder(_patterns(terms, exact=False, fold=unaccented))
        self._matches = lru_cache(maxsize=10_000)(self._decide)
        self._owners: dict[str, tuple[str, ...]] = {}
        for id, brand in configuration.brands.items():
            for account in dict.fromkeys(map(_account, brand.voice.handles)):
                self._owners[account] = (*self._owners.get(account, ()), id)
        self._alike = {
            id: Lookalikes(brand.voice.handles)
            for id, brand in configuration.brands.items()
            if brand.voice.handles and brand.ours
        }
        self.imitated = lru_cache(maxsize=10_000)(self._imitated)

    def owners(self, author: str | None) -> tuple[str, ...]:
        """The brands that an account speaks for; none is anybody else."""
        return self._owners.get(_account(author), ()) if self._owners and author else ()

    def _imitated(self, author: str) -> tuple[str, ...]:
        """The brands for one of whose accounts somebody else's would be taken."""
        if self.owners(author):
            return ()
        return tuple(id for id, alike in self._alike.items() if alike.imitated(author))

    def in_our_name(self, posts: Iterable[Post]) -> list[InOurName]:
        """The posts on our own timelines, and those by accounts that look like ours, in order."""
        found = []
        for one in posts if self._owners else ():
            if stands_on_timeline(one):
                found += [InOurName(brand, one, False) for brand in self.owners(one.author)]
            found += [InOurName(brand, one, True) for brand in self.imitated(one.author or "")]
        return sorted(found, key=lambda one: (one.post.created_at, one.post.id, one.brand))

    def mentions(self, post: Post) -> tuple[Match, ...]:
        """The same of a post: a brand's own accounts, and those like them, do not mention it."""
        found = self.match(post.text)
        if not found or not self._owners or not post.author:
            return found
        named = {*self.owners(post.author), *self.imitated(post.author)}
        return tuple(one for one in found if one.brand not in named) if named else found

    def match(self, text: str) -> tuple[Match, ...]:
        """The brands that the text mentions, in the file's order; empty where it mentions none."""
        exact = normalised(text)
        hits = self._exact.hits(exact)
        return self._matches(hits | self._folded.hits(without_accents(exact)))

    def _decide(self, hits: int) -> tuple[Match, ...]:
        return tuple(
            Match(brand.name, (ALL, *(topic.name for topic in topics if topic.holds(hits))))
            for brand, topics in self._brands
            if brand.holds(hits)
        )


def _account(name: str) -> str:
    return name.removeprefix("@").casefold()


_Terms = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One string to find. `left`, `right`: no letter, digit or _ may stand there beside it."""

    text: str
    left: bool
    right: bool


def _patterns(
    terms: Iterable[tuple[str, str, int]], *, exact: bool, fold: Callable[[str], str]
) -> dict[_Pattern, int]:
    """The patterns for these (language, term, bit), each with the bits of all sets it is in."""
    patterns: dict[_Pattern, int] = {}
    for language, term, bit in terms:
        if (language in ACCENTS_COUNT) == exact:
            for written in _spellings(language, term):
                text = fold(written.removesuffix("*"))
                left = is_word(text[0]) or text[0] in "@#"
                pattern = _Pattern(text, left, is_word(text[-1]) and not term.endswith("*"))
                patterns[pattern] = patterns.get(pattern, 0) | bit
    return patterns


def _spellings(language: str, term: str) -> Iterator[str]:
    yield term
    if language == "de":
        # ß needs nothing: its case-folded form is ss.
        yield without_umlauts(term)


class _Finder:
    """Finds patterns as whole words in texts that are folded as the patterns are."""

    def __init__(self, patterns: Mapping[_Pattern, int]) -> None:
        self._patterns = [(pattern.left, pattern.right, bit) for pattern, bit in patterns.items()]
        self._automaton = AhoCorasick(
            [pattern.text for pattern in patterns], implementation=Implementation.ContiguousNFA
        )

    def hits(self, text: str) -> int:
        """The bits of the patterns that stand in `text`, or-ed."""
        if not self._patterns:
            return 0
        hits = 0
        length = len(text)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            left, right, bits = self._patterns[index]
            if left and start and is_word(text[start - 1]):
                continue
            if right and end < length and is_word(text[end]):
                continue
            hits |= bits
        return hits
