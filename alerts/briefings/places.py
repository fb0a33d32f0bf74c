"""Which flights, trains and places posts name: where people are who need help."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ruamel.yaml import YAML

from alerts.posts import Post

SHOWN = 6
"""So many of each are shown, those that most posts name."""

_NO_CARRIERS = re.compile(
    "EU|UK|US|UN|TV|PC|AM|PM|NO|OK|ID|ER|IT|IS|IN|ON|AT|TO|BY|OR|VS|GB|MB|IC|EC|IR|RE|RB|RJ|NJ|EN"
)
"""Two capitals before a number that are no airline: EU261 is a regulation, RE5 a train."""
_FLIGHT = re.compile(
    r"\b(?P<carrier>[A-Z]{2}|[A-Z]\d|\d[A-Z])(?P<gap>[ -]?)(?P<number>[1-9]\d{1,3})\b(?![.,:/-]\d)"
)
_TRAIN = re.compile(
    r"\b(?P<kind>ICE|IC|EC|ECE|IRE|IR|RE|RB|RJX?|NJ|EN|TGV|FLX|Eurostar|Thalys|Snälltåget|Railjet|"
    r"Nightjet)[ -]?(?P<number>[1-9]\d{0,4})\b(?![.,:/-]\d)"
)
_SPACED = re.compile(
    r"(?i:flights?|flug|flüge?|fly(?:vning|ging|et)?|rutefly|flyg(?:et)?|vlucht)\s*$"
)
"""Said before it, `FW 123` is a flight; alone, two capitals and a number may be anything."""
_BEFORE = 14
_WORD = re.compile(r"[^\W\d_]+")


def journeys(posts: Iterable[Post]) -> dict[str, int]:
    """Flight and train numbers, and how many of these posts name each, most first.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 14, tzinfo=UTC)
    >>> journeys([Post("x", "1", at, "SK1423 and ICE 578 late, flight FW 12 gone, EU261 now")])
    {'FW12': 1, 'ICE 578': 1, 'SK1423': 1}
    """
    return _counted(_journeys(post.text) for post in posts)


def places(posts: Iterable[Post]) -> dict[str, int]:
    """Cities, by their English names, and how many of these posts name each, most first.

    Known by an airport's code or a name in one of our languages, written with a capital.
    """
    return _counted(_places(post.text) for post in posts)


def _counted(named: Iterable[set[str]]) -> dict[str, int]:
    counts = Counter(name for one in named for name in one)
    most = sorted(counts, key=lambda name: (-counts[name], name))[:SHOWN]
    return {name: counts[name] for name in most}


def _journeys(text: str) -> set[str]:
    trains = {f"{one['kind']} {one['number']}" for one in _TRAIN.finditer(text)}
    flights = {
        f"{one['carrier']}{one['number']}"
        for one in _FLIGHT.finditer(text)
        if not _NO_CARRIERS.fullmatch(one["carrier"])
        and (
            (one["carrier"].isalpha() and not one["gap"])
            or _SPACED.search(text[max(0, one.start() - _BEFORE) : one.start()])
        )
    }
    return trains | flights


def _places(text: str) -> set[str]:
    known, words = _names(), _WORD.findall(text)
    pairs = [" ".join(pair) for pair in pairwise(words)]
    return {known[said] for said in (*words, *pairs) if said in known}


@cache
def _names() -> dict[str, str]:
    """Every way to write a place, and its English name."""
    listed: dict[str, Sequence[str] | None] = YAML(typ="safe").load(
        files("alerts.briefings").joinpath("places.yaml").read_text(encoding="utf-8")
    )
    return {way: name for name, ways in listed.items() for way in (name, *(ways or ()))}
