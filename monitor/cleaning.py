"""From what a source hands over to what can be stored: unescaped once, bounded, valid."""

import html
import re

from alerts.folding import storable

TEXT_LIMIT = 10_000
AUTHOR_LIMIT = 500
ID_LIMIT = 200
URL_LIMIT = 2_000

_ENDLESS_REFERENCE = re.compile(r"&#[0-9]{10,};?")


def clean_text(raw: str) -> str:
    r"""The text of a post: HTML-unescaped exactly once, storable, at most 10,000 characters.

    Control characters other than NUL stay; they are escaped where the text is shown.

    >>> clean_text("Q&amp;A &amp;lt;b&gt; \ud83d")
    'Q&A &lt;b> �'
    """
    return bounded(_unescape(raw) if "&" in raw else raw, TEXT_LIMIT)


def bounded(raw: str, limit: int) -> str:
    """The text as every store can keep it, at most `limit` characters; what was cut ends in `…`."""
    text = storable(raw)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _unescape(raw: str) -> str:
    # Python refuses to convert numbers of thousands of digits; no character has such a number.
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", raw))
