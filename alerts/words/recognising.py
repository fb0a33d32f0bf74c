"""Posts on our own timelines: whether their words were approved, and how they are quoted. Pure.

Whoever took an account writes what they like there: what it says is a stranger's text.
"""

import re
from collections.abc import Iterable
from typing import Final
from unicodedata import normalize

from alerts.folding import storable
from alerts.masking import masked
from alerts.plain_text import shortened, visible
from alerts.posts import Post
from alerts.words.approval import Message
from alerts.words.lengths import links

SHORTENS: Final = {"x": ("t.co/",)}
"""X writes every link as one of its own; elsewhere that is anybody's, as other shorteners are."""

_LONGEST_QUOTE: Final = 300
_LINK: Final = "\N{LINK SYMBOL}"
_ACTS: Final = re.compile(r"(?<=\w)\.(?=[^\W\d_])|(?<=\w):(?=//)")
"""What mail and chat make a link of, though it is none that may be posted: `evil.top`, `ftp://`."""


def stands_on_timeline(post: Post) -> bool:
    """Whether its followers see it: where nothing else says so, what begins with a name answers it.

    >>> from datetime import UTC, datetime
    >>> said = Post("x", "1", datetime(2026, 11, 22, tzinfo=UTC), "@kari We are on it", "fjordwing")
    >>> stands_on_timeline(said)
    False
    """
    return not (post.text.lstrip().startswith("@") if post.reply is None else post.reply)


def is_approved(post: Post, messages: Iterable[Message]) -> bool:
    """Whether it is one of these, which were approved: by its place, or by what it says."""
    seen, short = _said(post.text), SHORTENS.get(post.platform, ())
    return any(_is_there(post, one) or _same(seen, _said(one.text), short) for one in messages)


def quoted(text: str) -> str:
    """As those read it who are told: on one line, masked, with no link that could be followed.

    >>> quoted("Refunds here: https://refund.example/now, call +47 22 33 44 55")
    '“Refunds here: (a link to refund[.]example), call •••”'
    """
    for start, end, host in reversed(links(text)):
        text = f"{text[:start]}(a link to {host.replace('.', '[.]')}){text[end:]}"
    said = _ACTS.sub(lambda found: f"[{found.group()}]", visible(masked(text)))
    return f"“{shortened(said, _LONGEST_QUOTE)}”"


def _is_there(post: Post, message: Message) -> bool:
    """Whether a message was posted, or said to be posted, where the post is."""
    at = message.link.partition("?")[0].rstrip("/")
    ids = {post.id, post.repost_of or post.id}
    ends = {id.rpartition("/")[2] for id in ids}
    return bool(at) and (
        at == post.url or (message.channel == post.platform and at.rpartition("/")[2] in ends)
    )


def _said(text: str) -> tuple[str, list[str]]:
    """Its words with a mark for each link, and where the links lead."""
    text = normalize("NFC", storable(text))
    found = links(text)
    led = [_led(text[start:end]) for start, end, _ in found]
    for start, end, _ in reversed(found):
        text = f"{text[:start]}{_LINK}{text[end:]}"
    return " ".join(text.split()), led


def _led(link: str) -> str:
    bare = link.partition("://")[2] or link
    host, slash, path = bare.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def _same(
    seen: tuple[str, list[str]], approved: tuple[str, list[str]], short: tuple[str, ...]
) -> bool:
    """Whether it says the same, whatever its links were made of; a picture is one more there."""
    (words, led), (approved_words, approved_led) = seen, approved
    if len(led) == len(approved_led) + 1 and words.endswith(_LINK) and led[-1].startswith(short):
        words, led = words.removesuffix(_LINK).rstrip(), led[:-1]
    return (
        words == approved_words
        and len(led) == len(approved_led)
        and all(
            one == was or one.startswith(short) for one, was in zip(led, approved_led, strict=True)
        )
    )
