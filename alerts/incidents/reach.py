"""How far a situation reaches: how many wrote, in which languages, where, and how many ask."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts import languages
from alerts.posts import Post


@dataclass(frozen=True, slots=True)
class Reach:
    """Posts, their authors, how many ask something; posts by language and platform, most first."""

    posts: int
    authors: int
    questions: int
    languages: Mapping[str, int]
    platforms: Mapping[str, int]

    @classmethod
    def of(cls, posts: Sequence[Post]) -> "Reach":
        """The reach of these posts; those of unknown author are not counted as authors.

        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 3, 14, 12, tzinfo=UTC)
        >>> Reach.of([Post("x", "1", noon, "is it down?", "kari", "en-GB")])
        Reach(posts=1, authors=1, questions=1, languages={'en': 1}, platforms={'x': 1})
        """
        return cls(
            posts=len(posts),
            authors=len(
                {(post.platform, post.author) for post in posts if post.author is not None}
            ),
            questions=sum(asks(post, post.lang) for post in posts),
            languages=most_first((languages.base(post.lang), 1) for post in posts),
            platforms=most_first((post.platform, 1) for post in posts),
        )


def asks(post: Post, lang: str | None) -> bool:
    """Whether a post asks something; a repost is no question of its own."""
    return post.repost_of is None and languages.asks(post.text, languages.base(lang))


def most_first(numbers: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Numbers added up by name, the largest first, then by name.

    >>> most_first([("de", 1), ("en", 1), ("de", 2)])
    {'de': 3, 'en': 1}
    """
    counts: Counter[str] = Counter()
    for name, number in numbers:
        counts[name] += number
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}
