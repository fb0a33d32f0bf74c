"""The values a configuration is written in: durations, rates, ids, terms, moments, kinds."""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from alerts import plain_text
from alerts.later import Later
from alerts.notifiers import notifier_kinds
from alerts.words.playbooks import situations
from detectors.contract import detector_kinds
from monitor import calendar, language

ALL = "all"
"""The topic that every brand has: all mentions."""

ANY_LANGUAGE = "any"
"""The language of terms that are given without one."""

_DURATION = re.compile(r"(\d{1,6}) ?([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) per (?:(\d{1,4}) )?(day|week)s?", re.ASCII)
_DAYS = {"day": 1, "week": 7}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_EARLIEST_YEAR = 1970
_LONGEST_ID = 60
_LONGEST_TERM = 100
_SHORTEST_PREFIX = 2
_MOST_COMPARED = 1_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many days.

    >>> Rate.parse("2 per week")
    Rate(count=2.0, days=7)
    >>> print(Rate.parse("4 per 30 days"), Rate.parse("1 per day").per_30_days)
    4 per 30 days 30.0
    """

    count: float
    days: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read `4 per 30 days` or `2 per week`; ValueError where it is neither, or nothing."""
        found = _RATE.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is no rate")
        rate = cls(float(found[1]), int(found[2] or 1) * _DAYS[found[3]])
        if not (rate.count and rate.days):
            raise ValueError(f"{text!r} must be more than zero")
        return rate

    @property
    def per_30_days(self) -> float:
        """The same rate as a number in 30 days."""
        return self.count * 30 / self.days

    def __str__(self) -> str:
        return f"{self.count:g} per {self.days} day{'s' if self.days > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source, detector, notifier or publisher, and the options that it takes."""

    name: str
    about: str
    options: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several kinds, with its options; `name` is the kind's where none is given.

    `brand` is the id of the one that a publisher speaks for, None for every brand.
    """

    kind: str
    name: str
    options: BaseModel
    brand: str | None = None


def detectors() -> Mapping[str, Kind]:
    """Every kind of detector by name."""
    return {
        name: Kind(name, (module.__doc__ or "").partition("\n")[0], module.Options)
        for name, module in detector_kinds().items()
    }


def notifiers() -> Mapping[str, Kind]:
    """Every kind of notifier by name."""
    return described(notifier_kinds())


def sources() -> Mapping[str, Kind]:
    """Every kind of live source by name."""
    from monitor.sources.kinds import source_kinds  # its contract speaks of configurations

    return described(source_kinds())


def described(kinds: Mapping[str, Any]) -> Mapping[str, Kind]:
    """What a configuration knows of kinds, each imported once it is named."""
    return Later(kinds, lambda name: Kind(name, kinds[name].about, kinds[name].options))


def wrong(message: str, hint: str) -> PydanticCustomError:
    """The error of a value that is written wrongly; both texts reach the reader as they are."""
    return PydanticCustomError("wrong", "{message}", {"message": message, "hint": hint})


def shortened(text: str, longest: int = 40) -> str:
    """A text inside a message: on one line, not long, and nothing in it acts on a terminal."""
    return plain_text.shortened(plain_text.visible(text[: longest + 1]), longest)


def nearest(word: str, known: Collection[str]) -> str:
    """A hint: the known word that comes nearest, or a few that are known.

    >>> nearest("term", ["terms", "name"]), nearest("qqq", ["terms", "name"])
    ('did you mean `terms`?', 'known: `name`, `terms`')
    """
    few = list(islice(known, _MOST_COMPARED))
    found = difflib.get_close_matches(word[:_LONGEST_TERM], few, n=1, cutoff=0.6)
    if found:
        return f"did you mean `{found[0]}`?"
    some = sorted(few)[:12]
    more = ", …" if len(known) > len(some) else ""
    return "known: " + ", ".join(f"`{name}`" for name in some) + more if some else "none is defined"


def in_units(seconds: float) -> str:
    """A duration as it is written in a configuration.

    >>> in_units(300), in_units(90), in_units(86400)
    ('5m', '90s', '1d')
    """
    for unit, width in reversed(_SECONDS.items()):
        if seconds and not seconds % width:
            return f"{seconds / width:g}{unit}"
    return f"{seconds:g}s"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise wrong("is no duration", "a number and s, m, h or d: `30s`, `5m`, `6h`, `2d`")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _bucket(value: timedelta) -> timedelta:
    seconds = value // timedelta(seconds=1)
    if not 10 <= seconds <= 3600 or 3600 % seconds:
        raise wrong("must divide an hour", "from `10s` to `1h`, for instance `1m`, `5m` or `15m`")
    return value


def _rate(value: object) -> Rate:
    try:
        return value if isinstance(value, Rate) else Rate.parse(str(value))
    except ValueError:
        raise wrong("is no rate", "for instance `4 per 30 days` or `2 per week`") from None


def _zone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ValueError, OSError, LookupError):
        raise wrong("is no time zone", nearest(str(value), sorted(available_timezones()))) from None


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is not None and moment.year >= _EARLIEST_YEAR:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("is no time", "for instance `2015-02-22T20:00:00Z`") from None
    if moment.tzinfo is None:
        raise wrong("has no offset from UTC", f"for instance `{moment.isoformat()}Z`")
    raise wrong(f"is before {_EARLIEST_YEAR}", "check the year")


def _day_or_time(value: object) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value), re.ASCII):
            moment: date = date.fromisoformat(str(value))
        else:
            moment = datetime.fromisoformat(str(value))
    except ValueError:
        hint = "for instance `2026-07-01`, `2026-07-01T08:00` or `2026-07-01T08:00:00Z`"
        raise wrong("is no day and no time", hint) from None
    if not calendar.FIRST_YEAR <= moment.year <= calendar.LAST_YEAR:
        span = f"{calendar.FIRST_YEAR} to {calendar.LAST_YEAR}"
        raise wrong(f"is not in the years {span}", "check the year")
    return moment


def _regions(value: object) -> tuple[str, ...]:
    named = [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
    known = calendar.regions() if named else {}  # imports every country; 0.3 s
    for one in named:
        if one not in known:
            message = f"names `{shortened(one)}`, whose holidays are not known"
            raise wrong(message, _nearest_region(one, known))
    return tuple(dict.fromkeys(known[one] for one in named))


def _nearest_region(word: str, known: Mapping[str, str]) -> str:
    """A hint: the code of what is meant, or the parts of the country that is.

    >>> _nearest_region("norge", calendar.regions()), _nearest_region("no", calendar.regions())
    ('did you mean `NO`?', 'did you mean `NO`?')
    """
    country = word.partition("-")[0].upper()
    parts = [one for one in known if one.startswith(f"{known.get(country, country)}-")]
    folded = {one.casefold(): code for one, code in known.items()}
    if word.casefold() in folded:
        return f"did you mean `{folded[word.casefold()]}`?"
    if parts:
        return nearest("", parts)
    found = difflib.get_close_matches(word[:_LONGEST_TERM].casefold(), folded, n=1, cutoff=0.6)
    if found:
        return f"did you mean `{folded[found[0]]}`?"
    return "two letters of a country, and a part of it where that matters: `NO`, `DE-BY`"


def _id(value: str) -> str:
    if not _ID.fullmatch(value) or len(value) > _LONGEST_ID:
        raise wrong(
            "is no id",
            f"lower-case letters, digits and hyphens, at most {_LONGEST_ID}: `{slug(value)}`",
        )
    return value


def slug(text: str) -> str:
    """The id that comes nearest to a name.

    >>> slug("US Airways"), slug("???")
    ('us-airways', 'unnamed')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_ID].strip("-") or "unnamed"


def term(value: str) -> str:
    """A term as it is kept: one blank between words. Raises where it would find nothing, or all."""
    found = " ".join(value.split())
    stem = found.removesuffix("*")
    if not stem or not any(c.isalnum() or ord(c) > 127 for c in stem):
        raise wrong(
            "has no letter or digit", "a word, several words, `@handle`, `#tag` or `cancel*`"
        )
    if "*" in stem:
        raise wrong("has a `*` that is not at its end", "`cancel*` finds every word beginning so")
    if stem != found and len(stem) < _SHORTEST_PREFIX:
        raise wrong("would find nearly every word", "at least two characters before the `*`")
    if len(found) > _LONGEST_TERM:
        raise wrong("is too long", f"at most {_LONGEST_TERM} characters")
    return found


def _language(value: str) -> str:
    try:
        tag = language.normalise(value)
    except ValueError:
        tag = ""
    if tag not in language.KNOWN:
        raise wrong("is no language", "two letters, for instance `en`, `de`, `nl` or `sv`")
    return tag


def _terms_language(value: str) -> str:
    return value if value == ANY_LANGUAGE else _language(value)


def _by_language(value: object) -> object:
    return {ANY_LANGUAGE: value} if isinstance(value, list | tuple) else value


def _situation(value: str) -> str:
    if value not in situations():
        raise wrong("has no playbook", nearest(value, situations()))
    return value


def choice(kinds: Callable[[], Mapping[str, Kind]], *reserved: str) -> Callable[[object], Choice]:
    """A validator for `{kind: …, **options}` against the options that the kind itself declares."""

    def choose(value: object) -> Choice:
        if isinstance(value, Choice):
            return value
        known = kinds()
        if not isinstance(value, Mapping) or "kind" not in value:
            raise wrong("names no kind", f"`{{kind: …}}`; {nearest('', known)}")
        kind = str(value["kind"])
        if kind not in known:
            raise wrong(f"has an unknown kind `{shortened(kind)}`", nearest(kind, known))
        options = {key: each for key, each in value.items() if key not in ("kind", *reserved)}
        given = {"name": kind} | {key: str(value[key]) for key in reserved if key in value}
        return Choice(kind, options=known[kind].options.model_validate(options), **given)

    return choose


def named_apart(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Raise where two have the same name, or one has none."""
    names = [choice.name for choice in choices]
    for name in names:
        if names.count(name) > 1:
            raise wrong(f"has two of the name `{shortened(name)}`", "give each its own `name:`")
        if not 0 < len(name) <= _LONGEST_ID or not name.isprintable():
            raise wrong("has a name that is empty or too long", f"at most {_LONGEST_ID} characters")
    return choices


def _each_platform_once(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    from monitor.sources.kinds import source_kinds

    owner: dict[str, str] = {}
    for one in choices:
        for platform in source_kinds()[one.kind].platforms(one.options):
            if platform in owner:
                raise wrong(
                    f"has two sources of the platform `{platform}`: `{owner[platform]}` and "
                    f"`{one.name}`",
                    "posts would count twice; keep one of them",
                )
            owner[platform] = one.name
    return choices


def defined(kind: str, one: str, *also: str) -> AfterValidator:
    """The id must be defined in the same file; the loader passes its ids as the context.

    `kind` is one of `brands`, `topics`, `people`, `teams`, and `places`: the names under `notify`.
    """

    def check(value: str, info: ValidationInfo) -> str:
        if info.context and value not in info.context[kind] and value not in also:
            raise wrong(f"is no {one} of this file", nearest(value, info.context[kind]))
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, PlainValidator(_duration)]
Bucket = Annotated[timedelta, PlainValidator(_duration), AfterValidator(_bucket)]
RateValue = Annotated[Rate, PlainValidator(_rate)]
Zone = Annotated[str, PlainValidator(_zone)]
Moment = Annotated[datetime, PlainValidator(_moment)]
DayOrTime = Annotated[date, PlainValidator(_day_or_time)]
Regions = Annotated[tuple[str, ...], PlainValidator(_regions)]
Id = Annotated[str, AfterValidator(_id)]
Situation = Annotated[str, AfterValidator(_situation)]
Language = Annotated[str, AfterValidator(_language)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Terms = Annotated[
    dict[
        Annotated[str, AfterValidator(_terms_language)],
        tuple[Annotated[str, AfterValidator(term)], ...],
    ],
    BeforeValidator(_by_language),
]
DetectorChoice = Annotated[Choice, PlainValidator(choice(detectors))]
NotifierChoices = Annotated[
    tuple[Annotated[Choice, PlainValidator(choice(notifiers, "name"))], ...],
    AfterValidator(named_apart),
]
SourceChoices = Annotated[
    tuple[Annotated[Choice, PlainValidator(choice(sources, "name"))], ...],
    AfterValidator(named_apart),
    AfterValidator(_each_platform_once),
]
