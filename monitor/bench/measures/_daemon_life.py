"""What people write while the daemon is measured: made up minute by minute, out of a seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from alerts.posts import Post
from monitor.doubles.world import Written
from monitor.sources.delivery import Delivery, Observed
from monitor.sources.kinds._jetstream import Position, microseconds

BEGIN: Final = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
PLATFORM: Final = "bluesky"
PEOPLE: Final = 200_000
_STRANGERS: Final = 10**9
_SECOND: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TALK: Final = (
    "is my booking still good?",
    "two hours in the queue and nobody answers",
    "thanks to the crew, lovely as ever",
    "where is my suitcase",
    "the app says cancelled, the board says on time. which is it?",
    "never again, and I mean it this time",
    "best coffee above the clouds",
    "who do I write to about a refund, please",
)


@dataclass(frozen=True, slots=True)
class Flood:
    """So many posts a minute more on one brand, each by somebody else, from `begin` on."""

    brand: int
    begin: datetime
    minutes: int
    per_minute: int


@dataclass(frozen=True, slots=True)
class Life:
    """`per_minute` posts, on average, on each of so many brands, and floods on some of them."""

    brands: int
    per_minute: float
    floods: tuple[Flood, ...] = ()
    seed: int = 1

    def brand(self, number: int) -> str:
        """A brand's id; its handle is an @ and the id without its hyphen."""
        return f"brand-{number:03d}"

    def written(self) -> Written:
        """The same as the posts of a world."""

        @lru_cache(maxsize=4)
        def minute(begin: datetime) -> Sequence[Post]:
            return self.minute(begin)

        def between(platform: str, since: datetime, until: datetime) -> Sequence[Post]:
            if platform != PLATFORM:
                return []
            begin = since.replace(second=0, microsecond=0)
            posts: list[Post] = []
            while begin < until:
                posts += [one for one in minute(begin) if since <= one.created_at < until]
                begin += MINUTE
            return posts

        return between

    def minute(self, begin: datetime) -> list[Post]:
        """The posts of one minute, in order."""
        number = (begin - _EPOCH) // MINUTE
        draw = np.random.default_rng((self.seed, number))
        usual = draw.poisson(self.per_minute * self.brands)
        brands = draw.integers(self.brands, size=usual).tolist()
        people = draw.integers(PEOPLE, size=usual).tolist()
        for flood in self.floods:
            if flood.begin <= begin < flood.begin + flood.minutes * MINUTE:
                brands += [flood.brand] * flood.per_minute
                people += (PEOPLE + draw.integers(_STRANGERS, size=flood.per_minute)).tolist()
        instants = draw.integers(60 * _SECOND, size=len(brands)).tolist()
        talk = draw.integers(len(_TALK), size=len(brands)).tolist()
        drawn = sorted(zip(instants, brands, people, talk, strict=True))
        return [
            Post(
                platform=PLATFORM,
                id=f"did:plc:{who:024d}/{number:x}-{place:x}",
                created_at=begin + timedelta(microseconds=instant),
                text=f"@brand{brand:03d} {_TALK[said]}",
                author=f"did:plc:{who:024d}",
                lang="en",
            )
            for place, (instant, brand, who, said) in enumerate(drawn)
        ]

    def history(self, until: datetime, hours: int, instance: str) -> Iterator[Delivery]:
        """What was written in the hours before, as the source would have delivered it."""
        begin = until - hours * HOUR
        while begin < until:
            end = begin + HOUR
            posts = [one for each in range(60) for one in self.minute(begin + each * MINUTE)]
            yield Delivery(
                source=PLATFORM,
                until=end,
                cursor=str(Position(microseconds(end), None, instance)),
                posts=posts,
                observed=[
                    Observed(self.brand(number), PLATFORM, begin, end)
                    for number in range(self.brands)
                ],
                platforms=(PLATFORM,),
            )
            begin = end


def configuration(life: Life, sources: str, more: Sequence[str] = ()) -> str:
    """A configuration with the brands of `life`, as YAML; `more` are further lines."""
    return "\n".join(
        [
            "timezone: Europe/Oslo",
            "bucket: 1m",
            *more,
            "brands:",
            *(
                f"  {life.brand(each)}: {{name: Brand {each}, terms: ['@brand{each:03d}']}}"
                for each in range(life.brands)
            ),
            f"sources: {sources}",
        ]
    )
