"""What people type of a fact, read into its canonical value. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alerts import spoken_times
from alerts.incidents.incident import Refused
from alerts.instants import written
from alerts.plain_text import visible
from alerts.words.kinds import KINDS, LANGUAGES, Kind, Type

LONGEST = 300
"""Characters of what people type, in a language."""

_SEPARATORS = re.compile(r"[,;\n]")
_PHONE = re.compile(r"\+?\d[\d ()/-]{3,28}\d", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_UNSAFE = re.compile(r"[\s<>\"'`{}|\\]")
_AIRPORTS = re.compile(r"[a-z]{3}([-–][a-z]{3})?")
_IN_LANGUAGE = re.compile(r"\s*([a-z]{2})\s*:\s*(.*\S)\s*", re.DOTALL)
_NEXT_LANGUAGE = re.compile(r"\s*(?:\n|\|)\s*(?=[a-z]{2}\s*:)")
_ODD = {
    "hidden characters": re.compile("‹U\\+[0-9A-F]+›|[␀-␡]"),
    "markup": re.compile(r"<[^>]{0,200}>|&#?\w{2,8};"),
    "what looks like a template": re.compile(r"\{[{%#]"),
}


def parsed(kind: str, typed: str, zone: str, now: datetime) -> str:
    """The canonical value of what a person typed; a time without an offset is on the clock of zone.

    In words, which are given per language (`en: …`, a line or a `|` between them), what is hidden
    is made visible; elsewhere it is refused. Raises Refused, saying what is needed.

    >>> noon = datetime.fromisoformat("2026-11-22T12:00:00Z")
    >>> parsed("flights", "fw123, fw 456", "UTC", noon), parsed("next_update", "2h", "UTC", noon)
    ('FW123, FW456', '2026-11-22T14:00:00Z')
    """
    known = KINDS.get(kind)
    if known is None:
        raise Refused(f"{kind!r} is no kind of fact: {', '.join(KINDS)}")
    said = typed.strip()
    if not said or len(said) > LONGEST * (len(LANGUAGES) if known.type is Type.WORDS else 1):
        raise Refused(f"{known.name}: {'too long' if said else 'nothing was said'}")
    if known.type is not Type.WORDS and visible(said) != " ".join(said.split()):
        raise Refused(f"{known.name}: there are hidden characters in {visible(said)}")
    return _READ[known.type](_Typed(known, said, zone, now))


def suspicious(value: str) -> tuple[str, ...]:
    """What is odd in a value: it is shown as text wherever it appears, and people are told.

    >>> suspicious(visible("{{ free }} \\u202etickets"))
    ('hidden characters', 'what looks like a template')
    """
    return tuple(name for name, odd in _ODD.items() if odd.search(value))


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed of a kind, when, and on whose clock."""

    kind: Kind
    said: str
    zone: str
    now: datetime

    def time(self) -> str:
        hours = self.kind.between
        past = bool(hours) and hours[1] <= 0
        then = spoken_times.instant(self.said, self.now, self.zone, past=past)
        then = then.replace(second=0, microsecond=0)
        if hours and not hours[0] < (then - self.now) / timedelta(hours=1) <= hours[1]:
            span = f"last {-hours[0] // 24} days" if past else f"next {hours[1]} hours"
            raise self.refused(f"is not within the {span}")
        return written(then)

    def day(self) -> str:
        days = self.days()
        if ", " in days:
            raise self.refused("is more than one day")
        return days

    def days(self) -> str:
        today = self.now.astimezone(ZoneInfo(self.zone)).date()
        near = {"today": today, "tomorrow": today + timedelta(days=1)}
        try:
            days = {near.get(one.casefold()) or date.fromisoformat(one) for one in self.parts()}
        except ValueError:
            raise self.refused("is no day: write 2026-11-24, or tomorrow") from None
        return ", ".join(day.isoformat() for day in sorted(days))

    def number(self) -> str:
        if not _NUMBER.fullmatch(self.said):
            raise self.refused("is no number: write 90")
        number, bounds = int(self.said), self.kind.between
        if bounds and not bounds[0] <= number <= bounds[1]:
            raise self.refused(f"is not between {bounds[0]} and {bounds[1]}")
        return str(number)

    def codes(self) -> str:
        codes = [_code(one) for one in self.parts()]
        if not all(re.fullmatch(self.kind.like, code, re.ASCII) for code in codes):
            raise self.refused(f"cannot be read; {self.kind.about}")
        return ", ".join(dict.fromkeys(codes))

    def link(self) -> str:
        try:
            parts = urlsplit(self.said)
            sound = parts.scheme == "https" and "." in (parts.hostname or "")
        except ValueError:
            sound = False
        if not sound or parts.username is not None or _UNSAFE.search(self.said):
            raise self.refused("is no link: write https://…")
        return self.said

    def phone(self) -> str:
        if not _PHONE.fullmatch(self.said):
            raise self.refused("is no telephone number: write +47 5550 0100")
        return " ".join(self.said.split())

    def choice(self) -> str:
        chosen = self.choices()
        if ", " in chosen:
            raise self.refused(f"is more than one of {', '.join(self.kind.options)}")
        return chosen

    def choices(self) -> str:
        options = self.kind.options.items()
        ids = {name.casefold(): id for id, words in options for name in (id, *words.values())}
        try:
            return ", ".join(dict.fromkeys(ids[one.casefold()] for one in self.parts()))
        except KeyError:
            raise self.refused(f"is none of {', '.join(self.kind.options)}") from None

    def words(self) -> str:
        texts = {}
        for part in _NEXT_LANGUAGE.split(self.said):
            found = _IN_LANGUAGE.fullmatch(part)
            if not found or found[1] not in LANGUAGES:
                raise self.refused(f"needs its language: `en: …` ({', '.join(LANGUAGES)})")
            if len(found[2]) > LONGEST:
                raise self.refused(f"is longer than {LONGEST} characters in {found[1]}")
            texts[found[1]] = visible(found[2])
        return "\n".join(f"{language}: {text}" for language, text in texts.items())

    def yes(self) -> str:
        if self.said.casefold() not in ("yes", "y", "true"):
            raise self.refused(f"is not `yes`, which says: {self.kind.about}")
        return "yes"

    def parts(self) -> list[str]:
        found = [" ".join(one.split()) for one in _SEPARATORS.split(self.said) if one.strip()]
        if not found:
            raise self.refused("says nothing")
        return found

    def refused(self, why: str) -> Refused:
        return Refused(f"{self.kind.name}: {visible(self.said)!r} {why}")


def _code(said: str) -> str:
    """Codes in capitals and without their space, names as they were written."""
    if re.search(r"\d", said) and "@" not in said:
        return said.upper().replace(" ", "")
    return said.upper() if _AIRPORTS.fullmatch(said) else said


_READ: Mapping[Type, Callable[[_Typed], str]] = {
    Type.TIME: _Typed.time,
    Type.DATE: _Typed.day,
    Type.DATES: _Typed.days,
    Type.NUMBER: _Typed.number,
    Type.CODES: _Typed.codes,
    Type.LINK: _Typed.link,
    Type.PHONE: _Typed.phone,
    Type.CHOICE: _Typed.choice,
    Type.CHOICES: _Typed.choices,
    Type.WORDS: _Typed.words,
    Type.YES: _Typed.yes,
}
