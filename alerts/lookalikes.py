"""Accounts whose names look like ours: letters that look alike, a word such as help, one slip."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from alerts.folding import unaccented

_CYRILLIC: Final = "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501"
_ALIKE: Final = str.maketrans("01i|5$3489" + _CYRILLIC, "olllsseabg" + "aeopcyxlsjd")
"""What is taken for another letter at a glance."""
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SEPARATES: Final = re.compile(r"[\W_]+")
_ENDS: Final = re.compile(r"[.@]")
_ADDED: Final = re.compile(
    r"help(?:desk|ing|line|s)?|support|official|the|real|team|care|customer|service|serv|assist"
    r"|desk|info|refunds?|claims?|contact|cs|hq|verified|kundeservice|kundenservice|kundtjanst"
    r"|hilfe|hjelp|hjalp|klantenservice|offiziell"
)
_NAME: Final = re.compile(r"\S{1,100}")
"""What is said in words is no account's: our own page may be called so, and has no handle."""
_KEY: Final = "did:"
"""How what nobody reads as a name begins; nor does anybody read a number."""
_LONG_ENOUGH: Final = 8
"""Of shorter names one slip makes another one, as honest as ours."""


class Lookalikes:
    """The names of our accounts, as they could be imitated.

    >>> ours = Lookalikes(["@FjordwingAir", "did:plc:abc"])
    >>> [ours.imitated(one) for one in ("Fj0rdwingAir_Help", "FjordwlngAir", "fjordwinair", "kari")]
    [True, True, True, False]
    >>> ours.imitated("@fjordwingair")
    False
    """

    def __init__(self, handles: Iterable[str]) -> None:
        names = [one for one in handles if one.startswith("@")]
        self._ours = {one.removeprefix("@").casefold() for one in names}
        self._plain = {_seen(one) for one in names}
        self._bare = {bare for one in names for bare in _without_additions(one)} | self._plain

    def imitated(self, name: str) -> bool:
        """Whether an account with this name would be taken for one of ours; ours are not."""
        named = _NAME.fullmatch(name) and not name.startswith(_KEY) and not name.isdecimal()
        if not named or not self._plain or name.removeprefix("@").casefold() in self._ours:
            return False
        seen = _seen(name)
        return (
            seen in self._plain
            or any(bare in self._bare for bare in _without_additions(name))
            or any(len(one) >= _LONG_ENOUGH and _one_slip(seen, one) for one in self._plain)
        )


def _seen(name: str) -> str:
    """The name before its server, as it looks at a glance."""
    return _glance(_SEPARATES.sub("", _local(name)))


def _local(name: str) -> str:
    return _ENDS.split(unaccented(name).removeprefix("@"), maxsplit=1)[0]


def _glance(letters: str) -> str:
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    return letters.translate(_ALIKE)


def _without_additions(name: str) -> Iterator[str]:
    """What is left of it without words such as help, at its ends; nothing where it has none."""
    whole = rest = _SEPARATES.sub("", _local(name))
    while shorter := re.sub(rf"^(?:{_ADDED.pattern})|(?:{_ADDED.pattern})$", "", rest):
        if shorter == rest:
            break
        rest = shorter
    if rest != whole:
        yield _glance(rest)


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter was left out, added, changed, or exchanged with its neighbour."""
    first = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    rest, left = (one, other) if first is None else (one[first:], other[first:])
    if first is None:
        return abs(len(one) - len(other)) == 1
    return (
        rest[1:] == left[1:]
        or rest[1:] == left
        or rest == left[1:]
        or (rest[1::-1] == left[:2] and rest[2:] == left[2:])
    )
