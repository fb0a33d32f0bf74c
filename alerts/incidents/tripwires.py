"""Tripwires: words about safety, any of which wakes somebody, who looks whether it is meant so.

Many words are harmless in some company: a sale is fire, an app crashes, ten years ago a train did.
So a word trips by itself, or only with others near it, and never inside what is known as harmless.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from importlib.resources import files
from itertools import accumulate

from ahocorasick_rs import AhoCorasick, Implementation
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from alerts.folding import is_word, unaccented, without_umlauts

NEAR = 6
"""So many words apart, company still is company."""
BESIDE = 4
"""So many words apart, two words of a harmless pair belong together."""
DENIED = 2
"""So many words after one that denies them are denied."""
ELSEWHERE = 10
"""So many words around one that tells of the past or of fiction are about that."""
TOGETHER = " + "
"""Between two terms that have to be near each other: it is the first that trips, or is harmless."""

_SENTENCE_ENDS = (".", "!", "?", ";", ":")
_LETTERS = str.maketrans({"ø": "o"})


@dataclass(frozen=True, slots=True)
class Lists:
    """The terms of a language: words, phrases, `bomb*` for every word that begins so.

    `words` trip; a pair, `missing + child`, where both stand near each other. `doubtful` ones trip
    near any of `company`. `harmless` phrases clear the words that they consist of, a pair its first
    term; `denials` clear the words that follow, `elsewhere` those all around.
    """

    words: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def __add__(self, other: "Lists") -> "Lists":
        return Lists(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Match:
    """What was found: the term as its list has it, in plain words, and the list's language."""

    word: str
    language: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """A term trips, or is harmless, near any of `others`; where these are None, by itself."""

    others: frozenset[int] | None
    match: Match


class Tripwires:
    """Finds the words of these lists in texts of any language, in time linear in the text.

    >>> wires = Tripwires(shipped())
    >>> wires.find("smoke in the cabin of @fjordwing")
    Match(word='smoke', language='en')
    >>> wires.find("no smoke in the cabin"), wires.find("this sale is fire, @fjordwing")
    (None, None)
    """

    def __init__(self, lists: Mapping[str, Lists]) -> None:
        self._terms = _Terms()
        self._trips: dict[int, list[_Rule]] = defaultdict(list)
        self._harmless: dict[int, list[_Rule]] = defaultdict(list)
        self._denials: set[int] = set()
        self._elsewhere: set[int] = set()
        for language, own in lists.items():
            number = partial(self._terms.number, language)
            company = frozenset(map(number, own.company))
            for term in own.doubtful:
                self._trips[number(term)].append(_Rule(company, _match(term, language)))
            for rules, entries in ((self._trips, own.words), (self._harmless, own.harmless)):
                for entry in entries:
                    term, _, other = entry.partition(TOGETHER)
                    others = frozenset({number(other)}) if other else None
                    rules[number(term)].append(_Rule(others, _match(entry, language)))
            self._denials.update(map(number, own.denials))
            self._elsewhere.update(map(number, own.elsewhere))
        self._terms.close()

    def find(self, text: str) -> Match | None:
        """The first word that trips, the longest of those there; None where none does."""
        folded = _folded(text)
        hits = self._terms.hits(folded)
        if self._trips.keys().isdisjoint(hits):
            return None
        said = _Said(folded, hits)
        cleared = self._cleared(said)
        found = [
            (first, -len(rule.match.word), rule.match)
            for term in self._trips.keys() & hits.keys()
            for rule in self._trips[term]
            for first, _ in said.at[term]
            if first not in cleared and (rule.others is None or said.near(first, rule.others, NEAR))
        ]
        return min(found, default=(0, 0, None), key=lambda one: one[:2])[2]

    def _cleared(self, said: "_Said") -> set[int]:
        """The places of the words that mean no harm."""
        cleared: set[int] = set()
        for term, spans in said.at.items():
            for first, last in spans:
                if any(
                    rule.others is None or said.near(first, rule.others, BESIDE)
                    for rule in self._harmless.get(term, ())
                ):
                    cleared.update(range(first, last + 1))
                if term in self._denials:
                    cleared.update(said.after(last, DENIED))
                if term in self._elsewhere:
                    cleared.update(range(first - ELSEWHERE, last + ELSEWHERE + 1))
        return cleared


class _Said:
    """Which terms stand where in a folded text, by the numbers of its words.

    What is in a link or in somebody's name is not said.
    """

    def __init__(self, folded: str, hits: Mapping[int, Sequence[tuple[int, int]]]) -> None:
        self._words = folded.split(" ")
        starts = [0, *accumulate(len(word) + 1 for word in self._words)]

        def place(index: int) -> int:
            return bisect_right(starts, index) - 1

        self.at = {
            term: [
                (place(start), place(end - 1))
                for start, end in spans
                if not _is_address(self._words[place(start)])
            ]
            for term, spans in hits.items()
        }

    def near(self, place: int, terms: Iterable[int], words: int) -> bool:
        """Whether any of the terms stands at most so many words away, and not right there."""
        return any(
            0 < abs(first - place) <= words
            for term in terms
            for first, _ in self._around(term, place, words)
        )

    def _around(self, term: int, place: int, words: int) -> list[tuple[int, int]]:
        spans = self.at.get(term, [])
        since = bisect_left(spans, (place - words, 0))
        return spans[since : since + 2 * words + 1]

    def after(self, place: int, words: int) -> Iterator[int]:
        """The places of the next words of the same sentence."""
        while words and not self._words[place].endswith(_SENTENCE_ENDS):
            place, words = place + 1, words - 1
            if place == len(self._words):
                return
            yield place


class _Terms:
    """Numbers terms, and finds them as whole words in folded texts."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._written: dict[str, int] = {}

    def number(self, language: str, term: str) -> int:
        """The number of a term; the same for the same one."""
        folded = _folded(term)
        number = self._numbers.setdefault(folded, len(self._numbers))
        self._written[folded] = number
        if language == "de":
            self._written.setdefault(_folded(without_umlauts(term)), number)
        return number

    def close(self) -> None:
        """From now on texts can be searched."""
        self._patterns = [(n, not term.endswith("*")) for term, n in self._written.items()]
        self._automaton = AhoCorasick(
            [term.removesuffix("*") for term in self._written],
            implementation=Implementation.DFA,
        )

    def hits(self, text: str) -> dict[int, list[tuple[int, int]]]:
        """The terms that stand in `text`, each with where it begins and ends, in order."""
        found: dict[int, list[tuple[int, int]]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            term, whole = self._patterns[index]
            if start and is_word(text[start - 1]):
                continue
            if whole and end < len(text) and is_word(text[end]):
                continue
            found.setdefault(term, []).append((start, end))
        return found


def _folded(text: str) -> str:
    return unaccented(text.replace("\u2019", "'")).translate(_LETTERS)


def _is_address(word: str) -> bool:
    return "://" in word or word.startswith(("@", "www.", ".@"))


def _match(entry: str, language: str) -> Match:
    return Match(entry.replace("*", "…").replace(TOGETHER, " … "), language)


@cache
def shipped() -> Mapping[str, Lists]:
    """The lists that are shipped, by language."""
    text = (files("alerts.incidents") / "tripwires.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Lists]).validate_python(YAML(typ="safe").load(text))
