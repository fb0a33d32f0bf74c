"""A simulated airline's posts: four weeks of rhythm, then a night in which booking fails.

Any hour's posts depend on the seed and that hour alone, so a run may begin or resume anywhere.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from ruamel.yaml import YAML

from alerts.posts import Post
from monitor.sources.delivery import Delivery, Observed

Choice = TypeVar("Choice")
Curve = tuple[tuple[float, float], ...]

ZONE: Final = ZoneInfo("Europe/Oslo")
RHYTHM_START: Final = datetime(2026, 2, 14, 0, 0, tzinfo=ZONE).astimezone(UTC)
NIGHT_START: Final = datetime(2026, 3, 14, 22, 55, tzinfo=ZONE).astimezone(UTC)
FAILURE_AT: Final = datetime(2026, 3, 14, 23, 7, tzinfo=ZONE).astimezone(UTC)
OVER_AT: Final = FAILURE_AT + timedelta(hours=3)

PLATFORMS: Final = ("x", "bluesky")
HANDLE: Final = "@FjordwingAir"

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Posts a minute at level 1, by what they are about.
_RHYTHM: Final = {
    "booking": 0.35,
    "delays": 0.25,
    "cancellations": 0.15,
    "baggage": 0.18,
    "chat": 0.3,
    "hostile": 0.006,
}
# The level at each hour of the day in ZONE, straight lines between them, and on each weekday.
_LEVEL_OF_HOUR: Final = (
    *(0.45, 0.25, 0.15, 0.12, 0.18, 0.4, 0.8, 1.2, 1.5, 1.6, 1.5, 1.4),
    *(1.4, 1.4, 1.4, 1.4, 1.5, 1.6, 1.6, 1.5, 1.4, 1.2, 0.95, 0.7),
)
_LEVEL_OF_WEEKDAY: Final = (1.0, 0.95, 0.95, 1.0, 1.1, 0.8, 0.9)
# Posts a minute, by minutes after the failure began; straight lines between the corners.
_FAILURE: Final[Mapping[str, Curve]] = {
    "failure": ((0, 0.3), (10, 6), (30, 6), (50, 4), (60, 4), (120, 2.3), (180, 0)),
    "waiting": ((30, 0), (50, 2), (60, 2), (120, 1.2), (180, 0)),
    "recovery": ((120, 0), (130, 1), (180, 0)),
}
_DISPERSION: Final = 0.3  # the variance of a minute's count is mean + _DISPERSION mean²
_FLOODS_PER_HOUR: Final = 0.005
_FLOOD: Final = 0.5  # posts a minute, for an hour

_AUTHORS: Final = 8000
# How many of a hundred authors write in each language.
_SPEAKERS: Final = {"en": 34, "nb": 18, "sv": 16, "de": 14, "da": 10, "nl": 8}
_LANGUAGES: Final = tuple(one for one, authors in _SPEAKERS.items() for _ in range(authors))
# How a platform tags a language, where that is not the code used here.
_TAGS: Final = {("nb", "x"): "no"}
_REPOSTS: Final = 0.07
_LANG_UNKNOWN: Final = 0.2

_SLOT: Final = re.compile(r"\{(name|city|flight|time|minutes)\}")


@dataclass(frozen=True)
class Material:
    """What posts are made of (`demonstration/posts.yaml`); `themes` by theme and language."""

    names: Sequence[str]
    handles: tuple[Sequence[str], Sequence[str]]
    cities: Mapping[str, Sequence[str]]
    after_question: Mapping[str, Sequence[str]]
    themes: Mapping[str, Mapping[str, Sequence[str]]]


class Dice(NamedTuple):
    """What chance decides about one post, each uniform in [0, 1)."""

    author: float
    phrase: float
    name: float
    city: float
    number: float
    ending: float
    lang: float
    repost: float
    original: float


@dataclass(frozen=True)
class Simulation:
    """A source whose posts are decided by `seed`; `failure_at` None is a night like any other.

    With `floods` now and then one person writes the same for an hour.

    >>> [delivery] = Simulation(seed=7).deliveries(FAILURE_AT, FAILURE_AT + _HOUR, _HOUR)
    >>> sum("book" in post.text for post in delivery.posts) > 50
    True
    """

    seed: int = 1
    brand: str = "fjordwing"
    failure_at: datetime | None = FAILURE_AT
    floods: bool = True

    def deliveries(self, since: datetime, until: datetime, step: timedelta) -> Iterator[Delivery]:
        """Everything written in [since, until), in deliveries of `step`; the last may be shorter.

        The cursor is the ISO time to resume at. ValueError unless `since` and `until` are aware
        and on the minute, and `step` is a positive number of whole minutes.
        """
        if any(at.utcoffset() is None or (at - _EPOCH) % _MINUTE for at in (since, until)):
            raise ValueError(f"a simulation runs from minute to minute: {since} to {until}")
        if step <= timedelta(0) or step % _MINUTE:
            raise ValueError(f"a step is a positive number of whole minutes, not {step}")
        return self._deliveries(since.astimezone(UTC), until.astimezone(UTC), step)

    def _deliveries(self, since: datetime, until: datetime, step: timedelta) -> Iterator[Delivery]:
        while since < until:
            end = min(since + step, until)
            yield Delivery(
                source="simulation",
                until=end,
                cursor=end.isoformat(),
                posts=self._posts(since, end),
                observed=[Observed(self.brand, platform, since, end) for platform in PLATFORMS],
            )
            since = end

    def _posts(self, since: datetime, until: datetime) -> list[Post]:
        hours = range((since - _EPOCH) // _HOUR, -((_EPOCH - until) // _HOUR))
        return [
            post for hour in hours for post in self._hour(hour) if since <= post.created_at < until
        ]

    def _hour(self, hour: int) -> list[Post]:
        """The posts of the `hour`-th hour since 1970, by (time, id)."""
        posts: list[Post] = []
        originals: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
        for rank, (at, theme, dice) in enumerate(self._drafts(hour)):
            post = _post(theme, dice, at, number=hour * 10_000 + rank)
            earlier = originals[theme, post.platform]
            if earlier and dice.repost < _REPOSTS:
                original = _pick(earlier, dice.original)
                post = replace(post, text=original.text, lang=original.lang, repost_of=original.id)
            else:
                earlier.append(post)
            posts.append(post)
        return posts

    def _drafts(self, hour: int) -> Iterator[tuple[datetime, str, Dice]]:
        """When, about what and how the posts of an hour are written, by time."""
        start = _EPOCH + hour * _HOUR
        generator = np.random.default_rng((self.seed, hour))
        means = _means(start, self.failure_at)
        often = _FLOODS_PER_HOUR if self.floods else 0.0
        means["flood"] = np.full(60, _FLOOD * (generator.random() < often))
        themes = list(means)

        table = np.stack(list(means.values()))
        counts = generator.negative_binomial(1 / _DISPERSION, 1 / (1 + _DISPERSION * table))
        theme, minute = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
        second = 60 * minute + generator.integers(60, size=len(minute))
        dice = generator.random((len(second), len(Dice._fields)))
        # A flood is one author (the first die) with one phrase (the second).
        dice[theme == themes.index("flood"), :2] = generator.random(2)

        for post in np.argsort(second, kind="stable"):
            at = start + timedelta(seconds=int(second[post]))
            yield at, themes[theme[post]], Dice(*dice[post].tolist())


def _means(start: datetime, failure_at: datetime | None) -> dict[str, npt.NDArray[np.float64]]:
    """How many posts each theme expects in each minute of the hour from `start` on, shape (60,)."""
    local = start.astimezone(ZONE)
    minutes = np.arange(60)
    level = _LEVEL_OF_WEEKDAY[local.weekday()] * np.interp(
        local.hour + minutes / 60, range(25), (*_LEVEL_OF_HOUR, _LEVEL_OF_HOUR[0])
    )
    failing = (
        np.full(60, np.inf) if failure_at is None else minutes + (start - failure_at) / _MINUTE
    )
    means = {theme: mean * level for theme, mean in _RHYTHM.items()}
    for theme, curve in _FAILURE.items():
        at, mean = np.array(curve).T
        means[theme] = np.interp(failing, at, mean, left=0, right=0)
    return means


def _post(theme: str, dice: Dice, at: datetime, number: int) -> Post:
    """What the dice make of a theme; an author keeps to one language and one platform."""
    material = _material()
    # Squared, so that few write much: one in a hundred posts is by the busiest author.
    author = int(_AUTHORS * dice.author**2)
    language, platform = habits = _habits(author)
    handle = _handle(author)
    return Post(
        platform=platform,
        id=str(number),
        created_at=at,
        text=_text(material, theme, language, dice),
        author=handle,
        lang=None if dice.lang < _LANG_UNKNOWN else _TAGS.get(habits, language),
        url=f"https://{platform}.example/{handle}/{number}",
    )


@cache
def _habits(author: int) -> tuple[str, str]:
    """The language and the platform of the `author`-th author.

    >>> _habits(0), _habits(1), _habits(2)
    (('en', 'x'), ('sv', 'x'), ('en', 'bluesky'))
    """
    # Steps near the golden ratio spread each language evenly over those who write much and those
    # who write little; 7 and 100 have no common factor, so a platform has each language's share.
    return _LANGUAGES[author * 61 % 100], "bluesky" if author % 7 in (2, 5) else "x"


@cache
def _handle(author: int) -> str:
    """The handle of the `author`-th author, a different one for each.

    >>> _handle(0), _handle(1)
    ('sleepy_suitcase', 'flinke_koffer3')
    """
    first, second = _material().handles
    # A multiplier without common factors with _AUTHORS, so that neighbours look unlike each other.
    number, rest = divmod(author * 3079 % _AUTHORS, len(first) * len(second))
    return f"{first[rest % len(first)]}_{second[rest // len(first)]}{number or ''}"


def _text(material: Material, theme: str, language: str, dice: Dice) -> str:
    """A phrase with its slots filled in, addressed to the brand."""
    phrase = _pick(material.themes[theme][language], dice.phrase)
    if "{name}" not in phrase:
        phrase = f"{HANDLE} {phrase}"
    slots = {
        "name": _pick(material.names, dice.name),
        "city": _pick(material.cities[language], dice.city),
        "flight": f"FW{100 + int(900 * dice.number)}",
        "time": f"{6 + int(16 * dice.number):02}:{5 * int(12 * dice.city):02}",
        "minutes": f"{10 + 5 * int(8 * dice.number)}",
    }
    text = _SLOT.sub(lambda slot: slots[slot[1]], phrase)
    return text + _pick(material.after_question[language], dice.ending) * text.endswith("?")


def _pick(choices: Sequence[Choice], die: float) -> Choice:
    return choices[int(die * len(choices))]


@cache
def _material() -> Material:
    text = files("monitor.demonstration").joinpath("posts.yaml").read_text(encoding="utf-8")
    return Material(**YAML(typ="safe").load(text))
