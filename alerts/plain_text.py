"""Strangers' text for a terminal or a log: everything shows, nothing acts."""

import re
import unicodedata

_JOINED_EMOJI = re.compile("(?<=[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f])\u200d")
_PICTURES = 0x2400
_DELETE = "\x7f"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def visible(text: str) -> str:
    """The text on one line, with what would act or hide made visible.

    Terminal escapes, other control characters, bidi overrides and zero-width characters appear as
    `␛` or `‹U+202E›`; runs of white space and line breaks become one space. Emoji joined into one
    (a pilot) appear side by side: terminals disagree on how wide the joined one is.

    >>> visible("free\\x1b[31m tickets\\u202e\\n\\n [bold]now")
    'free␛[31m tickets‹U+202E› [bold]now'
    """
    one_line = " ".join(_JOINED_EMOJI.sub("", text).split())
    return "".join(_shown(character) for character in one_line)


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character < " ":
        return chr(_PICTURES + ord(character))
    if character == _DELETE:
        return "␡"
    if unicodedata.category(character) in _HIDDEN or character in _INVISIBLE_LETTERS:
        return f"‹U+{ord(character):04X}›"
    return character
