"""The kinds of facts, and how every language says one. Pure.

They are data (`facts.yaml`), as are the words of the languages for times, days and lists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.resources import files
from itertools import groupby
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from alerts import wording
from alerts.languages import base


class Type(StrEnum):
    """What a fact's value is: `WORDS` is a text per language, `YES` only that it is so."""

    TIME = "time"
    DATE = "date"
    DATES = "dates"
    NUMBER = "number"
    CODES = "codes"
    LINK = "link"
    PHONE = "phone"
    CHOICE = "choice"
    CHOICES = "choices"
    WORDS = "words"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact. `options` are words per language by the id of a choice.

    `confirms` is the function that confirms it; `routine` is what the team knows itself. A
    `standing` one is configured, not entered. `like` is a pattern of each code, NAME in it that of
    a place; `between` are the least and the most of a number, and hours from now of a time.
    `subject` is what it is about per language, where a correction can name it.
    """

    id: str
    type: Type
    name: str
    about: str
    confirms: str = ""
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    routine: bool = False
    standing: bool = False
    like: str = ""
    between: Sequence[int] = ()
    subject: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language says times, days, lists and corrections; `months` are twelve."""

    clock: str
    on: str
    day: str
    months: Sequence[str]
    joint: str
    corrected: str
    zones: Mapping[str, str] = field(default_factory=dict)

    def list(self, parts: Sequence[str]) -> str:
        *most, last = parts
        return f"{', '.join(most)} {self.joint} {last}" if most else last

    def date(self, *days: date) -> str:
        """Days, those of a month together: `24 and 25 November`."""
        months = groupby(sorted(set(days)), key=lambda day: (day.year, day.month))
        return self.list(
            [
                f"{self.list([self.day.format(day=one.day) for one in of_it])} "
                f"{self.months[month - 1]}"
                for (_, month), of_it in months
            ]
        )

    def time(self, then: datetime, zone: str, at: datetime) -> str:
        """A time on the clock of a zone, with the day where that is not the day of `at`."""
        short = wording.zone_name(then, zone)
        local = then.astimezone(ZoneInfo(zone))
        said = self.clock.format(
            hour=local.hour, minute=local.minute, zone=self.zones.get(short, short)
        )
        if local.date() == at.astimezone(ZoneInfo(zone)).date():
            return said
        return self.on.format(time=said, date=self.date(local.date()))


_DATA = YAML(typ="safe").load((files("alerts") / "words" / "facts.yaml").read_text("utf-8"))

_WORD = "[A-Z0-9À-ÖØ-ÞĀ-Ž][A-Za-z0-9À-ÖØ-öø-ž]{0,19}"
_NAME = f"{_WORD}([ -]((am|da|de|del|do|la) )?{_WORD}){{0,2}}"
"""At most three words in Latin letters, each with a capital: no sentence, no address."""


def _kind(id: str, one: Mapping[str, Any]) -> Kind:
    like = one.get("like", "").replace("NAME", _NAME)
    return Kind(**{**one, "id": id, "type": Type(one["type"]), "like": like})


KINDS: Mapping[str, Kind] = MappingProxyType(
    {id: _kind(id, one) for id, one in _DATA["kinds"].items()}
)
"""Every kind by id, in the order in which people read them."""

_LANGUAGES = {id: _Language(**one) for id, one in _DATA["languages"].items()}
LANGUAGES: Sequence[str] = tuple(_LANGUAGES)
"""The languages that facts are told in."""


def texts_of(kind: Kind, value: str) -> dict[str, str]:
    """The words per language of a canonical value; of other types none."""
    if kind.type is not Type.WORDS:
        return {}
    lines = (line.partition(": ") for line in value.split("\n") if line)
    return {language: text for language, _, text in lines}


def spoken_value(
    kind: Kind,
    value: str,
    texts: Mapping[str, str],
    language: str,
    zone: str,
    at: datetime,
) -> str | None:
    """A value as a template says it in a language; see `facts.spoken`."""
    words = _LANGUAGES.get(base(language))
    if words is None:
        return None
    match kind.type:
        case Type.TIME:
            return words.time(datetime.fromisoformat(value), zone, at)
        case Type.DATE | Type.DATES:
            return words.date(*map(date.fromisoformat, value.split(", ")))
        case Type.CHOICE | Type.CHOICES:
            chosen = [kind.options[one].get(base(language)) for one in value.split(", ")]
            found = [one for one in chosen if one is not None]
            return words.list(found) if len(found) == len(chosen) else None
        case Type.WORDS:
            return texts.get(base(language))
        case Type.YES:
            return ""
        case _:
            return value


def corrected_value(kind: Kind, was: str, now: str, language: str) -> str | None:
    """A correction as a sentence; None where a language has no words for what it is about.

    >>> corrected_value(KINDS["arrive_early"], "90", "60", "nl")
    'Minuten aanwezig voor vertrek: 60, niet 90.'
    """
    words, subject = _LANGUAGES.get(base(language)), kind.subject.get(base(language))
    if words is None or subject is None:
        return None
    said = words.corrected.format(subject=subject, now=now, was=was)
    return said[:1].upper() + said[1:]
