"""The configuration that `seawall init` writes: what was answered, as commented YAML."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from monitor.configuration.problems import from_pydantic
from monitor.configuration.values import ALL, slug
from monitor.sources.kinds._x_query import LONGEST as _LONGEST_QUERY
from monitor.sources.kinds._x_query import written as _on_x

SOURCES = ("bluesky", "x")
SLACK = "slack"
SLACK_PLACEHOLDER = "C0YOURCHANNEL"
"""Stands for a channel's id until somebody looks it up."""

SPENDING_LIMIT = 100
"""Dollars a month, unless somebody changes it."""

_CADENCES = (5, 10, 15, 20, 30, 60)
_MINUTES = 30 * 24 * 60
_REQUEST_DOLLARS = 0.005
_RESERVE = 0.1
"""The share of the limit that counting leaves for reading posts while there is an incident."""

_BRAND_ROOM = 200
_AROUND = len(f"() () -from:{'x' * 15} -is:retweet ")
"""What a query has around its words, with room for an account of one's own."""
_OR = " OR "
_PLAIN = re.compile(r"[^\W\d_][\w*/-]*(?: [\w*/-]+)*")
_NO_TEXT = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_WORDED = re.compile(r"(?P<term>[^()]+?)(?: \((?P<forms>.+)\))?")


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand: its name, and what people write when they mean it."""

    name: str
    terms: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its id, which is none of its topics'."""
        id = slug(self.name)
        return f"brand-{id[:50]}" if id == ALL or id in _data()["topics"] else id


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody answered; every value as the configuration's own validators have it.

    `slack` is a channel's id, None where nobody is told in Slack; `more` are further brands.
    """

    name: str
    industry: str
    terms: tuple[str, ...]
    timezone: str
    languages: tuple[str, ...]
    sources: tuple[str, ...]
    slack: str | None
    more: tuple[Brand, ...] = ()

    @property
    def brands(self) -> tuple[Brand, ...]:
        """Every brand."""
        return (Brand(self.name, self.terms), *self.more)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic to begin with: terms per language, and the words that stand for them on X."""

    id: str
    name: str
    situation: str
    terms: Mapping[str, Sequence[str]]
    words: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that the configuration reads, and where its value comes from."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Counting:
    """How often series are counted on X, and what that costs in 30 days."""

    minutes: int
    dollars: float


def industries() -> tuple[str, ...]:
    """The industries that there are topics for; the last is for everybody else."""
    return tuple(_data()["industries"])


def spoken() -> tuple[str, ...]:
    """The languages that there are words in."""
    return tuple(next(iter(_data()["topics"].values()))["terms"])


def topics(industry: str, languages: Sequence[str]) -> list[Topic]:
    """An industry's topics, in these languages; in English where there are words in none."""
    chosen = [language for language in languages if language in spoken()] or ["en"]
    return [_topic(id, _data()["topics"][id], chosen) for id in _data()["industries"][industry]]


def written(answers: Answers) -> str:
    """The configuration file."""
    chosen = topics(answers.industry, answers.languages)
    return _TEMPLATES.from_string(_text("starter.yaml.j2")).render(
        brands=answers.brands,
        timezone=answers.timezone,
        languages=answers.languages,
        unspoken=[language for language in answers.languages if language not in spoken()],
        topics=chosen,
        sources=answers.sources,
        slack=answers.slack,
        x=_x(answers, chosen) if "x" in answers.sources else None,
    )


def variables(answers: Answers) -> list[Variable]:
    """The environment variables to set before the daemon runs."""
    found = []
    if "x" in answers.sources:
        found.append(Variable("X_BEARER_TOKEN", "your app's bearer token, from console.x.com"))
    if answers.slack:
        found.append(Variable("SLACK_BOT_TOKEN", "xoxb-…, of the app that you make in Slack"))
        found.append(Variable("SLACK_APP_TOKEN", "xapp-…, of the same app, for its buttons"))
    return found


def likely_terms(name: str) -> list[str]:
    """What people may write when they mean a brand of this name.

    >>> likely_terms("Acme Rail"), likely_terms("…")
    (['@AcmeRail', 'acme rail'], [])
    """
    words = re.findall(r"[^\W_]+", name)
    if not words:
        return []
    handle = re.sub(r"[^A-Za-z0-9]", "", "".join(words))
    plain = " ".join(re.sub(r"[(),*;]", " ", name).lower().split())
    return [f"@{handle}", plain] if handle else [plain]


def monthly_dollars(series: int, minutes: float) -> float:
    """What it costs in 30 days to count so many series on X every so many minutes.

    >>> monthly_dollars(1, 5)
    43.2
    """
    return round(series * _MINUTES / minutes * _REQUEST_DOLLARS, 2)


def valid(kind: Any, value: object) -> Any:
    """An answer as the configuration has it. Raises ValueError, in the words of the configuration.

    >>> from monitor.configuration.values import Zone
    >>> valid(Zone, "Europe/Olso")
    Traceback (most recent call last):
    ValueError: is no time zone (did you mean `Europe/Oslo`?)
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        details = error.errors(include_url=False)
    first = from_pydantic(details, {}, "", lambda _: 1, lambda _: (), lambda _: "")[0]
    raise ValueError(f"{first.message} ({first.hint})")


def is_valid(kind: Any, value: object) -> bool:
    """Whether an answer is one that the configuration takes."""
    try:
        valid(kind, value)
    except ValueError:
        return False
    return True


def counting(series: int) -> Counting:
    """How often to count so many series on X, so that the spending limit leaves a reserve."""
    affordable = SPENDING_LIMIT * (1 - _RESERVE)
    costs = [Counting(minutes, monthly_dollars(series, minutes)) for minutes in _CADENCES]
    return next((one for one in costs if one.dollars <= affordable), costs[-1])


def _x(answers: Answers, chosen: Sequence[Topic]) -> dict[str, Any]:
    series = (len(chosen) + 1) * len(answers.brands)
    cost = counting(series)
    return {
        "series": series,
        "every": f"{cost.minutes}m",
        "cost": f"{cost.dollars:.0f}",
        "fastest": f"{monthly_dollars(series, _CADENCES[0]):.0f}",
        "limit": SPENDING_LIMIT,
        "queries": queries(answers, chosen),
    }


def queries(answers: Answers, chosen: Sequence[Topic]) -> dict[str, str]:
    """What X is asked in the place of terms: as many words as fit, written out.

    A brand has a query only where its terms need one: wildcards, or more than X takes.
    """
    found, longest = {}, 0
    for brand in answers.brands:
        own = [_on_x(term) for term in brand.terms]
        fitting = list(_fitting(own, _BRAND_ROOM))
        if fitting != own or any(term.endswith("*") for term in brand.terms):
            found[brand.id] = _OR.join(fitting)
        longest = max(longest, _length(_OR.join(fitting)))
    room = _LONGEST_QUERY - _AROUND - longest
    for topic in chosen:
        found[topic.id] = _OR.join(_fitting(_in_turn(topic.words), room))
    return found


def _fitting(words: Iterable[str], room: int) -> Iterator[str]:
    seen: set[str] = set()
    for word in words:
        room -= _length(word + _OR)
        if room < 0 and seen:
            return
        if word.casefold() not in seen:
            yield word
        seen.add(word.casefold())


def _length(text: str) -> int:
    """Its characters as X may count them: those beyond U+FFFF are two."""
    return len(text.encode("utf-16-le")) // 2


def _in_turn(words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The first word of every language, then the second, and so on."""
    for number in range(max(map(len, words.values()))):
        yield from (_on_x(each[number]) for each in words.values() if number < len(each))


def _topic(id: str, told: Mapping[str, Any], languages: Sequence[str]) -> Topic:
    terms: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    for language in languages:
        terms[language], words[language] = [], []
        for one in told["terms"][language]:
            found = _WORDED.fullmatch(one)
            if not found:
                raise ValueError(f"{id}: {one!r} is no term with its forms")
            terms[language].append(found["term"])
            forms = found["forms"]
            if forms:
                words[language] += forms.split(" / ")
            elif not found["term"].endswith("*"):
                words[language].append(found["term"])
    return Topic(id, told["name"], told["situation"], terms, words)


@cache
def _data() -> Any:
    return YAML(typ="safe", pure=True).load(_text("industries.yaml"))


def _text(name: str) -> str:
    return (files("monitor") / "templates" / name).read_text("utf-8")


def _yaml(value: str | Sequence[str]) -> str:
    r"""Text, or a list of texts, on one line; quoted where YAML would read something else.

    >>> print(_yaml("Acme Rail"), _yaml('#1: "A"'), _yaml(["no", "@Acme", "a\x85"]))
    Acme Rail "#1: \"A\"" ["no", "@Acme", "a\x85"]
    """
    if not isinstance(value, str):
        return f"[{', '.join(map(_yaml, value))}]"
    if _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    width, letter = (2, "x") if code <= 0xFF else (4, "u") if code <= 0xFFFF else (8, "U")
    return f"\\{letter}{code:0{width}x}"


_TEMPLATES = SandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
)
_TEMPLATES.filters["yaml"] = _yaml
