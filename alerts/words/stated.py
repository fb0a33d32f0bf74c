"""What a text states as a matter of fact: times, numbers, codes and links, in any language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.words import lengths


class Sort(StrEnum):
    """What sort of thing is stated."""

    TIME = "time"
    CODE = "code"
    LINK = "link"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Stated:
    """Something stated, as every language would write it: `14:30`, `FW123`, `1500`; its place."""

    sort: Sort
    value: str
    start: int
    end: int


_MONEY: Final = r"(?!\s?(?:€|£|\$|%|[Ee]uro?s?\b|EUR|kr\b|SEK|NOK|DKK|GBP|USD|km\b|kg\b))"
_TIME: Final = re.compile(
    rf"""(?<![\d.:,/-]) (?:
      (?P<hour>[01]?\d|2[0-4])[:.](?P<minute>[0-5]\d)(?![.:,]?\d)
      (?:\s?(?P<half>[ap]\.?m\b))? {_MONEY}
      | (?P<whole>[01]?\d|2[0-4])(?: \s?(?P<half_of_day>[ap]\.?m\b) | \s?Uhr\b | \s?uur\b )
      | \bkl[.\s]\s? (?P<bare>[01]?\d|2[0-4]) (?![.:]?\d)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"\b(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])[ \u00a0]?\d{2,4}[A-Z]?\b|\b[A-Z]{3}[-–][A-Z]{3}\b"
)
_NUMBER: Final = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)?")
_NAMES: Final = re.compile(r"[@#][\w.@-]+")
_HALF_DAY: Final = 12


def stated(text: str) -> tuple[Stated, ...]:
    """What a text states, in the order of place; each place once, handles and tags not at all.

    >>> [f"{one.sort} {one.value}" for one in stated("FW 123 at 2.30 pm, 1,500 bags, kl. 16")]
    ['code FW123', 'time 14:30', 'number 1500', 'time 16:00']
    """
    taken = bytearray(len(text))
    for name in _NAMES.finditer(text):
        taken[slice(*name.span())] = b"\1" * len(name[0])
    found: list[Stated] = []
    for one in _all(text):
        place = slice(one.start, one.end)
        if not any(taken[place]):
            taken[place] = b"\1" * (one.end - one.start)
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.start))


def _all(text: str) -> Iterator[Stated]:
    for start, end, host in lengths.links(text):
        yield Stated(Sort.LINK, host, start, end)
    for time in _TIME.finditer(text):
        yield Stated(Sort.TIME, _clock(time), *time.span())
    for code in _CODE.finditer(text):
        yield Stated(Sort.CODE, re.sub(r"[ \u00a0]", "", code[0]).replace("–", "-"), *code.span())
    for number in _NUMBER.finditer(text):
        yield Stated(Sort.NUMBER, re.sub(r"\D(?=\d{3}(?!\d))", "", number[0]), *number.span())


def _clock(time: re.Match[str]) -> str:
    """24 hours; midnight is 00:00 at either end of the day."""
    hour = int(time["hour"] or time["whole"] or time["bare"])
    half = (time["half"] or time["half_of_day"] or "").lower()
    if half:
        hour = hour % _HALF_DAY + (_HALF_DAY if half.startswith("p") else 0)
    return f"{hour % 24:02}:{time['minute'] or '00'}"
