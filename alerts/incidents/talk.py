"""Trouble, or talk: whether a surge of all mentions calls people, or is only shown to them.

A promotion, a joke, a tweet that is mocked bring floods in which hardly anybody tells of trouble;
in a disruption at least as many do as on any other day, whatever it is that fails. So what is usual
for the brand is the measure, and where it is not sure, people are called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from alerts import languages
from alerts.incidents.incident import ALL_MENTIONS, Incident, Kind
from alerts.incidents.reach import asks
from alerts.incidents.trouble import LANGUAGES, tells_of_trouble
from alerts.posts import Post

NEWEST = 200
"""So many of an incident's posts, the newest, are read: trouble that comes later is not drowned."""
USUAL = 1000
"""So many posts from before it show what is usual."""
FEWEST_USUAL, LEAST_TROUBLE = 50, 0.25
"""Fewer posts, or a smaller part of them that usually tells of trouble, say too little."""
SURE = log(100)
"""So much likelier it has to be that half as many as usual tell of trouble: a hundred times."""

_QUOTE = ("RT @", "“@", '"@')
_OWN_WORDS = 3
"""A question of fewer words asks nothing: `really?`"""


@dataclass(frozen=True, slots=True)
class Tone:
    """Of so many posts, how many tell of trouble, and how many ask something.

    Posts in a language whose words nobody gave us may tell of trouble, and count as if they did.
    """

    posts: int
    troubled: int
    asking: int

    @classmethod
    def of(cls, posts: Sequence[Post]) -> "Tone":
        """The tone of these posts."""
        return cls(
            posts=len(posts),
            troubled=sum(map(_troubled, posts)),
            asking=sum(map(_asks, posts)),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """Whether people are called, and why, or why not, in one sentence."""

    calls: bool
    because: str


def unread(incident: Incident) -> Call | None:
    """The call of an incident whose posts need not be read; None where they have to be."""
    if incident.kind is Kind.SILENCE:
        return Call(True, "while it lasts, nobody hears of trouble there")
    if incident.topics != [ALL_MENTIONS]:
        return Call(True, "a topic surges that the team watches")
    return None


def judge(now: Tone, usual: Tone) -> Call:
    """Whether posts that surge call people, by what is usual for the brand.

    >>> usual = Tone(posts=1000, troubled=600, asking=300)
    >>> judge(Tone(posts=30, troubled=4, asking=6), usual)
    Call(calls=False, because='13% of its posts tell of trouble, where 60% usually do: talk')
    >>> judge(Tone(posts=30, troubled=20, asking=6), usual).calls
    True
    """
    trouble, asking = _share(usual.troubled, usual), _share(usual.asking, usual)
    if usual.posts < FEWEST_USUAL or trouble < LEAST_TROUBLE or not now.posts:
        return Call(True, "nobody can say whether its posts are talk")
    if _evidence(now.asking, now.posts, min(2 * asking, (1 + asking) / 2), asking) > 0:
        return Call(True, f"{_of(now.asking, now)} of its posts ask, where {asking:.0%} usually do")
    told = f"{_of(now.troubled, now)} of its posts tell of trouble, where {trouble:.0%} usually do"
    evidence = _evidence(now.troubled, now.posts, trouble / 2, trouble)
    if evidence < SURE:
        return Call(True, f"{told}: {'no mere talk' if evidence < 0 else 'not sure to be talk'}")
    return Call(False, f"{told}: talk")


def _troubled(post: Post) -> bool:
    language = languages.base(post.lang)
    known = language in LANGUAGES or language == languages.UNKNOWN
    return not known or tells_of_trouble(post.text, language)


def _asks(post: Post) -> bool:
    """Whether it asks in words of its own; who passes on another's words asks nothing."""
    passed_on = any(mark in post.text for mark in _QUOTE)
    words = [word for word in post.text.split() if word[0] not in "@#" and "://" not in word]
    return len(words) >= _OWN_WORDS and not passed_on and asks(post, post.lang)


def _share(some: int, usual: Tone) -> float:
    """A part of what is usual, never none and never all: tomorrow may differ."""
    return (some + 1) / (usual.posts + 2)


def _evidence(some: int, of: int, one: float, other: float) -> float:
    """The log of how many times likelier that many are with a share of `one` than of `other`."""
    return some * log(one / other) + (of - some) * log((1 - one) / (1 - other))


def _of(some: int, now: Tone) -> str:
    return f"{some / now.posts:.0%}"
