"""Leaving secrets out of a text, however they are written there."""

import json
import re
from base64 import b64encode
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from alerts.secret import known

HIDDEN = "***"
SHORTEST_HIDDEN = 4
"""Secrets shorter than this are not looked for: they would be found everywhere."""

_PLAIN = re.compile("[A-Za-z0-9]+")
"""Characters that are written alike everywhere."""

_SHORTEST_PART = 8
"""Parts of a secret that are shorter than this give nothing away."""


def without_secrets(text: str) -> str:
    """The text with every known secret replaced; do so before a text is shortened."""
    hint, pattern = _patterns(known())
    return pattern.sub(HIDDEN, text) if hint.search(text) else text


@lru_cache(maxsize=4)
def _patterns(secrets: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is in every text that holds a secret, which is found fast; and all ways to write one."""
    found = {part for secret in secrets for part in (secret, *_parts(secret))}
    # The longest first, so that nothing of it remains where another one is a part of it.
    parts = sorted(
        (part for part in found if len(part) >= SHORTEST_HIDDEN), key=lambda one: (-len(one), one)
    )
    encoded = sorted({way for part in parts for way in _in_base64(part)})
    hints = {max(_PLAIN.findall(one), key=len, default="") for one in (*parts, *encoded)}
    written = [_written(one) for one in (*parts, *encoded)]
    never = "(?!)"
    return re.compile("|".join(sorted(hints)) if hints else never), re.compile("|".join(written))


def _parts(secret: str) -> list[str]:
    """What gives a secret away that is longer: its lines, or what an address holds of it."""
    found = secret.splitlines()
    try:
        address = urlsplit(secret)
    except ValueError:
        address = urlsplit("")
    if address.netloc:
        user, password = address.username or "", address.password or ""
        inside = [f"{user}:{password}", user, password, address.path, address.query]
        found += [part.strip("/") for one in inside for part in (one, unquote(one))]
    return [part for part in found if len(part) >= _SHORTEST_PART]


def _written(part: str) -> str:
    """A pattern of all ways to write a text: as it is, in an address, in JSON, in a `repr`.

    Any of these may be done again and again, as where an error is told by another one.
    """
    return "".join(map(_character, part))


@lru_cache(maxsize=1024)
def _character(one: str) -> str:
    if _PLAIN.fullmatch(one):
        return one
    escaped = {json.dumps(one)[1:-1], repr(one)[1:-1], repr(one.encode())[2:-1]}
    percent = quote(one, safe="").replace("%", "%(?:25)*")
    slashes = r"(?:\\|%(?:25)*5[Cc])*"
    ways = [f"{slashes}{re.escape(one)}", f"{slashes}(?i:{percent})" if "%" in percent else ""]
    ways += [_escape(way) for way in escaped if way[0] == "\\" and way[1:2].isalnum()]
    ways += [r"\+"] if one == " " else []
    return f"(?:{'|'.join(sorted({way for way in ways if way}))})"


def _escape(way: str) -> str:
    return "".join(r"\\+" if one == "\\" else one for one in way)


def _in_base64(part: str) -> set[str]:
    """What a text is in base64, wherever it stands in what was encoded."""
    raw, ways = part.encode(), set[str]()
    for before in range(3) if len(part) >= _SHORTEST_PART else ():
        whole = b64encode(bytes(before) + raw).decode()
        sure = whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        ways |= {sure, sure.replace("+", "-").replace("/", "_")}
    return ways
