"""The Slack double's page: the channel as the team sees it, with buttons that work."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_MARKED = re.compile(
    r"<(?P<special>[^<>\n]+)>|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])"
    r"|`(?P<code>[^`\n]+)`"
)
_TAGS = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}


def unescaped(text: str) -> str:
    """Text as Slack shows it: the three entities that it knows are letters again."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_EMOJI = {
    "🔴": ("red", "●"),
    "🟠": ("orange", "●"),
    "🔵": ("blue", "●"),
    "✅": ("green", "✔"),
    "💬": ("blue", "❞"),
    "🔇": ("grey", "∅"),
}


def emoji(text: str) -> Markup:
    """Text with the emoji of Seawall drawn, as Slack draws them: not every machine has them."""
    drawn = escape(text)
    for letter, (colour, sign) in _EMOJI.items():
        span = Markup('<span class="emoji {}">{}</span>').format(colour, sign)
        drawn = drawn.replace(letter, span)
    return drawn


def mrkdwn(text: str) -> Markup:
    """Slack's own markup as HTML: enough of it to see what would be formatted or would ping.

    >>> mrkdwn("*Now* <!channel> &lt;b&gt;")
    Markup('<b>Now</b> <span class="mention">@channel</span> &lt;b&gt;')
    """
    return Markup().join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in _MARKED.finditer(text):
        yield escape(unescaped(text[end : found.start()]))
        end = found.end()
        kind = str(found.lastgroup)
        inside = found[kind]
        yield (
            _special(inside)
            if kind == "special"
            else Markup("<{0}>{1}</{0}>").format(
                Markup(_TAGS[kind]),  # noqa: S704 - one of four tags
                unescaped(inside),
            )
        )
    yield escape(unescaped(text[end:]))


def _special(inside: str) -> Markup:
    target, _, label = inside.partition("|")
    if target[0] in "!@#":
        return Markup('<span class="mention">@{}</span>').format(unescaped(label or target[1:]))
    if not target.startswith(("http://", "https://", "mailto:")):
        return escape(f"<{inside}>")
    return Markup('<a href="{}">{}</a>').format(html.unescape(target), unescaped(label or target))


_TEMPLATES = Environment(
    loader=PackageLoader("monitor.doubles"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"mrkdwn": mrkdwn, "unescaped": unescaped, "emoji": emoji}


def page(name: str, values: Mapping[str, Any]) -> str:
    """One of the pages, by the name of its template."""
    return _TEMPLATES.get_template(f"slack_{name}.html").render(**values)
