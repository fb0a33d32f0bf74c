"""What a source delivers: posts, counts, the interval it truly observed, what was malformed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.posts import Post


@dataclass(frozen=True, slots=True)
class Count:
    """How many posts (and authors, where known) a source counted on a series from `at` on."""

    brand: str
    topic: str
    platform: str
    at: datetime
    posts: int
    authors: int | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that could not be used: where it stands (`file.csv:12`), what is wrong with it."""

    place: str
    problem: str


@dataclass(frozen=True, slots=True)
class Observed:
    """A source has truly seen all of a brand's posts on a platform from `since` until `until`.

    `topic` is None for all of the brand's topics; counts are observed topic by topic.
    """

    brand: str
    platform: str
    since: datetime
    until: datetime
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch of a source, in the order of (time, id); it is committed whole, with its cursor.

    Everything on `platforms` (empty: on all) up to `until` has been delivered with it, so buckets
    that end by then are judged. `cursor` is where to go on, in the source's own words. `deleted`
    are posts (platform, id) whose authors took them back: what they said is forgotten, their count
    stays. `own` are posts on our own timelines that are looked at and counted nowhere, from a
    source that counts without reading. `malformed` is how many more rows could not be used.
    """

    source: str
    until: datetime
    cursor: str
    posts: list[Post] = field(default_factory=list)
    own: list[Post] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    observed: list[Observed] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    platforms: Sequence[str] = ()
    malformed: int = 0
