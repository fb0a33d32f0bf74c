"""What a store still knows that a configuration could be tried on, and what it does not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alerts import wording
from alerts.incidents.incident import ALL_MENTIONS
from detectors import Series
from monitor.configuration import Configuration
from monitor.configuration.values import in_units
from monitor.store import volume
from monitor.store.history import (
    KnownSeries,
    bucket_width,
    kept_since,
    known_series,
    posts_taken_back,
)

_DAY = timedelta(days=1)
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]
"""From when until before when."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A stretch of time in which a brand's posts (topic None), or one topic's counts, are known.

    `series` is the store's id of the series that was counted; 0 for posts.
    """

    since: datetime
    until: datetime
    brand: str
    platform: str
    topic: str | None = None
    series: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, in any order; `mentioned` are the series of all mentions, by id."""

    mentioned: Mapping[int, Series]
    stretches: list[Stretch] = field(default_factory=list)
    not_known: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was observed of a brand on a platform, by topic; empty: all its posts.

    Posts are `kept` from then on.
    """

    brand: str
    platform: str
    spans: Mapping[str, list[Span]]
    kept: datetime

    @property
    def posted(self) -> list[Span]:
        """When it was watched post by post."""
        return self.spans.get("", [])

    @property
    def gone(self) -> list[Span]:
        """When it was, and the posts are no longer there."""
        return _cut(self.posted, _EVER, self.kept)

    @property
    def there(self) -> list[Span]:
        """When it was, and every post still is there."""
        return _cut(self.posted, self.kept, _NEVER)


def survey(
    connection: Connection, configuration: Configuration, platforms: Sequence[str]
) -> Survey:
    """Look through a store for whatever these brands and topics can be tried on."""
    known = known_series(connection)
    found = Survey({one.id: one.series for one in known if one.series.topic == ALL_MENTIONS})
    found.not_known.extend(_other_terms(configuration, known))
    if taken_back := posts_taken_back(connection):
        found.not_known.append(
            f"Posts that their authors took back are not counted: {taken_back:,}."
        )
    width = bucket_width(connection, [one.id for one in known])
    if configuration.bucket % timedelta(seconds=width):
        found.not_known.append(_too_wide(configuration, width))
        known = []
    fitting = _fitting(configuration, known)
    for one in _watched(connection, configuration, platforms, found.mentioned):
        found.stretches.extend(Stretch(*span, one.brand, one.platform) for span in one.there)
        found.stretches.extend(_counted(one, fitting))
        found.not_known.extend(_lost(configuration, one, fitting))
    return found


def _too_wide(configuration: Configuration, width: int) -> str:
    wanted = in_units(configuration.bucket.total_seconds())
    return (
        f"Counts in this store are per {in_units(width)}, which do not make up buckets of "
        f"{wanted}: only posts that are kept are used. With `bucket: {in_units(width)}` counts are "
        "used, too."
    )


def _watched(
    connection: Connection,
    configuration: Configuration,
    platforms: Sequence[str],
    mentioned: Mapping[int, Series],
) -> Iterator[_Known]:
    for platform in platforms:
        brands: defaultdict[str, defaultdict[str, list[Span]]]
        brands = defaultdict(lambda: defaultdict(list))
        for brand, topic, since, until, _ in volume.observed_intervals(connection, platform):
            if brand in configuration.brands:
                brands[brand][topic].append((since, until))
        known = [
            _Known(brand, platform, {topic: _joined(each) for topic, each in topics.items()}, _EVER)
            for brand, topics in brands.items()
        ]
        # A post counts for every brand that it names, so the latest speaks for all of them.
        kept = max((_kept(connection, mentioned, one) for one in known), default=_EVER)
        yield from (replace(one, kept=kept) for one in known)


def _kept(connection: Connection, mentioned: Mapping[int, Series], one: _Known) -> datetime:
    """From when on a brand's posts are kept; ever, where none was purged."""
    if not one.posted:
        return _EVER
    mentions = Series(one.brand, ALL_MENTIONS, one.platform)
    ids = [id for id, series in mentioned.items() if series == mentions]
    first, last = one.posted[0][0], one.posted[-1][1]
    midnight = (last + _DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    kept = kept_since(connection, ids, first, midnight)
    return kept if kept > first else _EVER


def _fitting(
    configuration: Configuration, known: Sequence[KnownSeries]
) -> dict[Series, tuple[int, Span]]:
    """Series that are defined as they were counted: the store's id, and the time it was counted.

    A definition counts until another one of the same topic does.
    """
    fitting = {}
    for one in known:
        brand, topic = one.series.brand, one.series.topic
        if brand not in configuration.brands or topic not in configuration.topics_of(brand):
            continue
        if one.version == configuration.version(brand, topic):
            since = one.since or _EVER
            later = (
                other.since
                for other in known
                if other.series == one.series and other.since and other.since > since
            )
            fitting[one.series] = (one.id, (since, min(later, default=_NEVER)))
    return fitting


def _counted(one: _Known, fitting: Mapping[Series, tuple[int, Span]]) -> Iterator[Stretch]:
    """Counts where the posts are gone, and where there never were any."""
    for series, (id, (first, last)) in fitting.items():
        if (series.brand, series.platform) == (one.brand, one.platform):
            spans = _joined(sorted([*one.gone, *one.spans.get(series.topic, [])]))
            for since, until in _cut(spans, first, last):
                yield Stretch(since, until, one.brand, one.platform, series.topic, id)


def _lost(
    configuration: Configuration, one: _Known, fitting: Mapping[Series, tuple[int, Span]]
) -> Iterator[str]:
    """What cannot be known of a brand on a platform, as sentences."""
    name = f"{configuration.brands[one.brand].name} on {wording.platform(one.platform)}"
    unknown = [
        "all mentions" if topic == ALL_MENTIONS else configuration.topic(topic).name
        for topic in configuration.topics_of(one.brand)
        if Series(one.brand, topic, one.platform) not in fitting
    ]
    if one.gone:
        day = f"{one.kept.astimezone(ZoneInfo(configuration.timezone)):%d %b %Y}".lstrip("0")
        begins = f"posts are kept from {day} on" if one.there else "no posts are kept any more"
        yield (
            f"{name}: {begins}; before that there are only counts, of the topics watched then, "
            "which do not tell trouble from talk."
        )
        if unknown:
            since = f"known only since {day}" if one.there else "not known at all"
            yield f"{name}: {', '.join(unknown)}: {since}, as it was not counted so before."
    elif unknown and not one.posted:
        yield f"{name}: {', '.join(unknown)}: not known, as only other topics were counted there."


def _other_terms(configuration: Configuration, known: Sequence[KnownSeries]) -> Iterator[str]:
    for id, brand in configuration.brands.items():
        versions = {
            one.version
            for one in known
            if one.series.brand == id and one.series.topic == ALL_MENTIONS
        }
        if versions and brand.terms and configuration.version(id, ALL_MENTIONS) not in versions:
            yield (
                f"{brand.name} was watched with other terms: posts that only the new ones would "
                "find were never kept."
            )


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans, in order of their start, with those that touch as one."""
    joined: list[Span] = []
    for since, until in spans:
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def _cut(spans: Sequence[Span], first: datetime, last: datetime) -> list[Span]:
    """What of these spans lies between two instants."""
    return [
        (max(since, first), min(until, last))
        for since, until in spans
        if max(since, first) < min(until, last)
    ]
