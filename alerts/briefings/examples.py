"""Which posts a briefing shows: the few that say best what many are saying."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.languages import base
from alerts.posts import Post

LIMIT = 5
CONSIDERED = 400

_NOISE = ("/", "@", "www.")
"""What has one of these in it is a link, or somebody's name."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_OLD_REPOST = re.compile(r"RT\b")
_COPY = 0.75
"""A post that shares this much of its words with another one says the same thing."""
_ENOUGH_WORDS = 8
"""A post of fewer words is marked down: it explains little."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    post: Post
    language: str
    words: frozenset[str]


def choose(posts: Sequence[Post], limit: int = LIMIT) -> tuple[Post, ...]:
    """Up to `limit` posts most worth reading, best first; the same ones in whatever order given.

    They use the words that most posts in their language use, are no reposts and no near-copies of
    one another (a number or a link makes no difference), come from different authors, and languages
    get places in proportion to their posts. Of more than 400 posts, 400 are considered, evenly
    spaced from the first to the last.
    """
    originals = [p for p in posts if p.repost_of is None and not _OLD_REPOST.match(p.text)]
    originals.sort(key=_order)
    candidates = [
        _Candidate(post, base(post.lang), _words(post.text))
        for post in _spread(originals, CONSIDERED)
    ]
    sizes = Counter(candidate.language for candidate in candidates)
    ranked = _ranked(candidates)
    chosen: list[_Candidate] = []
    while len(chosen) < limit:
        ranked = [candidate for candidate in ranked if _adds(candidate, chosen)]
        if not ranked:
            break
        places = Counter(candidate.language for candidate in chosen)
        language = max(  # D'Hondt: the language with the most posts per place gets the next one
            sorted({candidate.language for candidate in ranked}),
            key=lambda language: sizes[language] / (places[language] + 1),
        )
        chosen.append(next(c for c in ranked if c.language == language))
    return tuple(candidate.post for candidate in chosen)


def _words(text: str) -> frozenset[str]:
    said = (part for part in text.lower().split() if not any(one in part for one in _NOISE))
    return frozenset(_WORD.findall(" ".join(said)))


def _order(post: Post) -> tuple[object, ...]:
    return post.created_at, post.id, post.platform


def _spread(posts: Sequence[Post], count: int) -> Sequence[Post]:
    if len(posts) <= count:
        return posts
    return [posts[i * (len(posts) - 1) // (count - 1)] for i in range(count)]


def _ranked(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The most representative first: its words are shared by most posts in its language."""
    shared: dict[str, Counter[str]] = {}
    for candidate in candidates:
        shared.setdefault(candidate.language, Counter()).update(candidate.words)

    def worth(candidate: _Candidate) -> float:
        words = shared[candidate.language]
        return sum(words[word] for word in candidate.words) / max(
            len(candidate.words), _ENOUGH_WORDS
        )

    return sorted(candidates, key=worth, reverse=True)  # stable: ties stay by time and id


def _adds(candidate: _Candidate, chosen: Sequence[_Candidate]) -> bool:
    return all(
        candidate.post is not other.post
        and (candidate.post.author is None or not _same_author(candidate.post, other.post))
        and _likeness(candidate.words, other.words) < _COPY
        for other in chosen
    )


def _same_author(one: Post, other: Post) -> bool:
    return (one.platform, one.author) == (other.platform, other.author)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over those of the shorter one; a post without a word is like any other."""
    return len(one & other) / min(len(one), len(other)) if one and other else 1.0
