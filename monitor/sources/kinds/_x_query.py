"""What X is asked for each series, in its own query language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.configuration import ALL, Brand, Configuration, Topic
from monitor.configuration.values import nearest, shortened

LONGEST = 512

_PLAIN = re.compile(r"\w+|@[A-Za-z0-9_]+|#\w*[^\W\d_]\w*")
_USER = re.compile(r"@[A-Za-z0-9_]{1,15}")
_OPERATORS = frozenset({"and", "or", "not"})
_MEANS_SOMETHING = re.compile(r'["\\\x00-\x1f\x7f]')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

_Terms = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """The query that finds one series' posts."""

    brand: str
    topic: str
    query: str

    @property
    def name(self) -> str:
        """`brand/topic`, as cursors and messages write it."""
        return f"{self.brand}/{self.topic}"


def questions(configuration: Configuration, queries: Mapping[str, str]) -> list[Question]:
    """One for each series that has terms or a query of its own, in the file's order.

    Raises ValueError, with a place and a remedy, for a query that X would refuse.
    """
    _checked(configuration, queries)
    found = []
    for brand, topic in _series(configuration):
        parts = _parts(configuration, queries, brand, topic)
        if parts is None:
            continue
        query = " ".join([*parts, "-is:retweet"])
        if (length := _length(query)) > LONGEST:
            part = brand if topic == ALL else topic
            raise ValueError(
                f"{_place(topic, brand)}: the query for X has {length} characters, and X takes "
                f"{LONGEST}; leave out terms, or write a shorter one under `queries: {{{part}: …}}`"
            )
        found.append(Question(brand, topic, query))
    if not found:
        raise ValueError("brands: none has terms to ask X for; write a query under `queries:`")
    return found


def own_accounts(configuration: Configuration) -> list[str]:
    """The names on X of our accounts of whose posts somebody would be told."""
    pausing = any(team.pause_from for team in configuration.teams.values())
    handles = [
        handle
        for brand in configuration.brands.values()
        if brand.ours and (pausing or brand.voice.unapproved == "alarm")
        for handle in brand.voice.handles
    ]
    return [name[1:] for name in dict.fromkeys(map(str.casefold, handles)) if _USER.fullmatch(name)]


def warnings(configuration: Configuration, queries: Mapping[str, str]) -> list[str]:
    """Where X is asked for less than the terms say: each with its place and a remedy."""
    return [
        warning
        for kind, parts in (("brands", configuration.brands), ("topics", configuration.topics))
        for id, part in parts.items()
        if id not in queries
        for warning in _warnings(f"{kind}.{id}", id, part)
    ]


def written(term: str) -> str:
    """A term as X finds it: a plain word, @handle or #tag as it is, anything else quoted.

    >>> written("cancel*"), written("@FjordwingAir"), written("on time"), written("or")
    ('cancel', '@FjordwingAir', '"on time"', '"or"')
    >>> written('"on" OR (-is:retweet)')
    '"on OR (-is:retweet)"'
    """
    stem = term.removesuffix("*")
    if _PLAIN.fullmatch(stem) and stem.casefold() not in _OPERATORS:
        return stem
    return f'"{" ".join(_MEANS_SOMETHING.sub(" ", stem).split())}"'


def _series(configuration: Configuration) -> Iterator[tuple[str, str]]:
    for brand in configuration.brands:
        for topic in configuration.topics_of(brand):
            yield brand, topic


def _parts(
    configuration: Configuration, queries: Mapping[str, str], brand: str, topic: str
) -> list[str] | None:
    """What must hold of a post, then what must not; None where nothing is known to ask for."""
    asked: list[Brand | Topic] = [configuration.brands[brand]]
    wanted = [_wanted(queries.get(brand), asked[0].terms)]
    if topic != ALL:
        asked.append(configuration.topic(topic))
        wanted.append(_wanted(queries.get(topic), asked[1].terms))
    if not all(wanted):
        return None
    excluded = _each(term for part in asked for term in _flat(part.exclude))
    own = [one[1:] for one in configuration.brands[brand].voice.handles if _USER.fullmatch(one)]
    return [*wanted, *(f"-{term}" for term in excluded), *(f"-from:{user}" for user in own)]


def _wanted(own: str | None, terms: _Terms) -> str:
    if own is not None:
        return f"({own})"
    words = _each(_flat(terms))
    return f"({' OR '.join(words)})" if len(words) > 1 else "".join(words)


def _flat(terms: _Terms) -> Iterator[str]:
    for language in terms:
        yield from terms[language]


def _each(terms: Iterable[str]) -> list[str]:
    """As X reads them, each once: X knows no capitals, and a stem may be a term already."""
    found: dict[str, str] = {}
    for term in map(written, terms):
        found.setdefault(term.casefold(), term)
    return list(found.values())


def _length(query: str) -> int:
    """Its characters as X may count them: those beyond U+FFFF, such as emoji, are two."""
    return len(query.encode("utf-16-le", "surrogatepass")) // 2


def _place(topic: str, brand: str) -> str:
    return f"brands.{brand}" if topic == ALL else f"topics.{topic} (of {brand})"


def _checked(configuration: Configuration, queries: Mapping[str, str]) -> None:
    for id, query in queries.items():
        known = [*configuration.brands, *configuration.topics]
        if id not in known:
            raise ValueError(f"queries.{shortened(id)}: is no brand or topic; {nearest(id, known)}")
        if known.count(id) > 1:
            raise ValueError(f"queries.{id}: is a brand and a topic; rename one of them")
        if not _balanced(query):
            raise ValueError(
                f"queries.{id}: has a quote or parenthesis without its other half; close it"
            )


def _balanced(query: str) -> bool:
    depth = 0
    for character in _QUOTED.sub("", query):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == '"':
            return False
    return depth == 0


def _warnings(place: str, id: str, part: Brand | Topic) -> Iterator[str]:
    if not any(part.terms.values()):
        yield (
            f"{place}: has no terms, so X is not asked for it; write what to ask under "
            f"`queries: {{{id}: …}}`"
        )
    cut = [term for term in (*_flat(part.terms), *_flat(part.exclude)) if term.endswith("*")]
    if cut:
        few = ", ".join(f"`{term}` as {written(term)}" for term in cut[:3])
        more = f" and {len(cut) - 3} more" if len(cut) > 3 else ""
        yield (
            f"{place}: X knows no `*`, so it is asked for {few}{more}, the word alone; write the "
            f"words that matter under `queries: {{{id}: (… OR …)}}`"
        )
