"""How long a text is, as the place counts where it is posted."""

from collections.abc import Mapping
from typing import Final
from unicodedata import normalize

import regex

from alerts.words.phases import Channel

LIMITS: Final[Mapping[Channel, int]] = {
    Channel.X: 280,
    Channel.BLUESKY: 300,
    Channel.MASTODON: 500,
    Channel.FACEBOOK: 2_000,
    Channel.PHONE: 600,
    Channel.BANNER: 150,
    Channel.PUSH: 120,
}
"""The longest text of each channel, in its own measure."""

LINK: Final = 23
"""What every link counts on X and on Mastodon, however long it is."""

_LONGEST_LABEL: Final = 63
_WEIGHT: Final = 2
# Letters of Latin, Greek, Cyrillic and their like, and the common spaces, dashes and quotes.
_LIGHT: Final = regex.compile(r"[\u0000-\u10FF\u2000-\u200D\u2010-\u201F\u2032-\u2037]")
EMOJI: Final = regex.compile(
    r"""
    \p{Regional_Indicator}{2}
    | [#*0-9]\uFE0F?\u20E3
    | (?![©®‼⁉™ℹ](?!\uFE0F)) (?P<one>
        \p{Extended_Pictographic} (?:\uFE0F|\p{Emoji_Modifier})?
        (?:[\U000E0020-\U000E007E]+\U000E007F)?
      ) (?: \u200D (?&one) )*
    """,
    regex.VERBOSE,
)
"""An emoji, whatever it is joined of."""
# Punctuation belongs to a link only where more of it follows.
_PART: Final = r"(?: [!'.,:;?\[\]]*+ (?: [\p{L}\p{M}\p{N}=_\#/+&%@~|$*-]++ | \([^\s()]*+\) ) )"
_REST: Final = rf"(?: :\d+ )?+ (?: / {_PART}*+ | \? {_PART}++ )?+"
_HOST: Final = r"(?: [\p{L}\p{M}\p{N}\p{S}] [\p{L}\p{M}\p{N}\p{S}_-]*+ \. )+ [\p{L}\p{M}]{2,}"
_WITH_SCHEME: Final = rf"(?<![\p{{L}}\p{{N}}@＠$\#＃]) https?:// (?P<host> {_HOST} ) {_REST}"
_WITHOUT: Final = rf"""
    (?<![\p{{L}}\p{{N}}@＠$\#＃_./-])
    (?P<host> (?: [a-z0-9] [a-z0-9_-]*+ \. )+ (?: [a-z]{{2}} | com|net|org|info|biz|edu|gov|int|mil
        | aero|app|blog|bot|cloud|coop|dev|help|info|live|mobi|museum|name|news|online|page|rail
        | shop|site|social|store|tech|travel|website|world|xyz ) ) (?![\p{{L}}\p{{N}}_@-])
    {_REST}
"""
_FLAGS: Final = regex.VERBOSE | regex.IGNORECASE
_SCHEMED: Final = regex.compile(_WITH_SCHEME, _FLAGS)
_LINKS: Final = regex.compile(f"{_WITH_SCHEME} | {_WITHOUT}", _FLAGS)
_REMOTE: Final = regex.compile(r"(?<![\w/])(@\w[\w.-]*+)@[\w-]+(?:\.[\w-]+)+")
_CLUSTER: Final = regex.compile(r"\X")


def weighted(text: str) -> int:
    """The length on X, as twitter-text 3 weighs it.

    An emoji counts 2, whatever it is joined of; so does what is not Latin, Greek, Cyrillic or such.

    >>> weighted("Update 14:30 ✈️ https://fjordwing.example/status/fw123"), weighted("京都 👩‍✈️")
    (39, 7)
    """
    said = normalize("NFC", text)
    links = [link.span() for link in _LINKS.finditer(said) if _has_host(link)]
    rest = "".join(
        said[end:start]
        for (_, end), (start, _) in zip(
            [(0, 0), *links], [*links, (len(said), len(said))], strict=True
        )
    )
    others, emoji = EMOJI.subn("", rest)
    light = len(_LIGHT.findall(others))
    heavy: int = emoji + len(others) - light
    return LINK * len(links) + _WEIGHT * heavy + light


def graphemes(text: str) -> int:
    """What a reader would call characters: `é` is one, however it is encoded, and so is an emoji.

    >>> graphemes("e\u0301 👩‍✈️")
    3
    """
    return sum(1 for _ in _CLUSTER.finditer(text))


def length(text: str, channel: Channel) -> int:
    """How much of the limit of its channel a text takes.

    >>> length("@help@fjordwing.example", Channel.MASTODON)
    5
    """
    match channel:
        case Channel.X:
            return weighted(text)
        case Channel.BLUESKY:
            return graphemes(text)
        case Channel.MASTODON:
            return graphemes(_REMOTE.sub(r"\1", _SCHEMED.sub("x" * LINK, text)))
        case _:
            return len(text)


def links(text: str) -> list[tuple[int, int, str]]:
    """The links in a text: where each begins and ends, and its host in lower case."""
    return [(*link.span(), link["host"].lower()) for link in _LINKS.finditer(text)]


def _has_host(link: regex.Match[str]) -> bool:
    """Whether its host can be one: a label has at most 63 characters as it is registered."""
    try:
        return all(
            len(label.encode("idna")) <= _LONGEST_LABEL if label.isalnum() else len(label) <= 63
            for label in link["host"].split(".")
        )
    except UnicodeError:
        return False
