"""Posts, samples, what was observed, and where sources and detectors go on."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
    update,
)

from alerts.incidents.reach import Reach, most_first
from alerts.languages import base
from alerts.posts import Post
from detectors import Series
from monitor.clock import SimulatedClock
from monitor.sources.delivery import Observed
from monitor.store import schema
from monitor.store.schema import Instant, mention, observed, panel, post, sample, series, source
from monitor.store.writing import upsert

CHUNK = 5_000
"""Keys asked for in one query; SQLite takes at most 32,766 parameters."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample as the store keeps it; `_at_close` is what the detector saw, None while open."""

    series: int
    bucket: datetime
    posts: int
    authors: int | None
    posts_at_close: int | None
    authors_at_close: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Samples to be written: as they are now, and of closed buckets, by (series, bucket).

    `late` holds posts and authors to add; `recounted` what a source that counts itself says anew.
    """

    rows: list[SampleRow]
    late: dict[tuple[int, datetime], tuple[int, int | None]]
    recounted: dict[tuple[int, datetime], tuple[int, int | None]]


@dataclass(frozen=True, slots=True)
class PanelRow:
    """Where the detector of a platform goes on."""

    platform: str
    closed_until: datetime | None = None
    version: str | None = None
    snapshot_at: datetime | None = None
    snapshot: bytes | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a store holds."""

    posts: int
    samples: int
    malformed: int


def post_key(platform: str, id: str) -> int:
    """A post's key wherever it is read: 63 bits derived from platform and id."""
    digest = hashlib.blake2b(f"{platform}\0{id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def unknown(connection: Connection, posts: Sequence[Post]) -> dict[int, Post]:
    """The posts that the store does not have yet, by key; of doubles in the batch the first."""
    by_key: dict[int, Post] = {}
    for one in posts:
        by_key.setdefault(post_key(one.platform, one.id), one)
    keys = list(by_key)
    for start in range(0, len(keys), CHUNK):
        query = select(post.c.key).where(post.c.key.in_(keys[start : start + CHUNK]))
        for (key,) in connection.execute(query):
            del by_key[key]
    return by_key


def add_posts(
    connection: Connection,
    posts: Iterable[tuple[int, Post, str, bool]],
    mentions: Iterable[tuple[int, int, datetime]],
) -> None:
    """Store new posts (key, post, language, whether it asks) and (series, key, created_at)."""
    rows = [
        {
            "key": key,
            "platform": one.platform,
            "id": one.id,
            "created_at": one.created_at,
            "author": one.author,
            "lang": lang,
            "asks": asks,
            "text": one.text,
            "url": one.url,
            "repost_of": one.repost_of,
        }
        for key, one, lang, asks in posts
    ]
    if rows:
        connection.execute(post.insert(), rows)
    members = [{"series": s, "post": key, "created_at": at} for s, key, at in mentions]
    if members:
        connection.execute(mention.insert(), members)


def reach(
    connection: Connection, topics: Sequence[Series], since: datetime, until: datetime
) -> Reach:
    """What was written on any of these series from `since` until before `until`."""
    within = post.c.key.in_(_posts_on(topics, since, until))
    numbers = func.count().label("posts")
    kinds = (post.c.lang, post.c.platform, post.c.asks)
    rows = connection.execute(select(*kinds, numbers).where(within).group_by(*kinds)).all()
    authors = select(post.c.platform, post.c.author).where(within, post.c.author.is_not(None))
    return Reach(
        posts=sum(row.posts for row in rows),
        authors=connection.scalar(select(func.count()).select_from(authors.distinct().subquery()))
        or 0,
        questions=sum(row.posts for row in rows if row.asks),
        languages=most_first((base(row.lang), row.posts) for row in rows),
        platforms=most_first((row.platform, row.posts) for row in rows),
    )


def some_posts(
    connection: Connection, topics: Sequence[Series], since: datetime, until: datetime, share: int
) -> list[Post]:
    """One in `share` of the posts that `reach` counts, evenly, in order of (time, id).

    Those that their authors took back have no text, and are left out.
    """
    rows = connection.execute(
        select(*schema.POST)
        .where(post.c.key.in_(_posts_on(topics, since, until)), post.c.key % share == 0)
        .where(post.c.text != "")
        .order_by(post.c.created_at, post.c.id)
    )
    return [Post(*row) for row in rows]


def _posts_on(topics: Sequence[Series], since: datetime, until: datetime) -> Select[tuple[int]]:
    ids = select(series.c.id).where(
        tuple_(series.c.brand, series.c.topic, series.c.platform).in_(
            [(one.brand, one.topic, one.platform) for one in topics]
        )
    )
    return select(mention.c.post).where(
        mention.c.series.in_(ids), mention.c.created_at >= since, mention.c.created_at < until
    )


def totals(connection: Connection) -> Totals:
    """How many posts and samples there are, and rows that the sources could not use."""
    posts = connection.scalar(select(func.count()).select_from(post)) or 0
    samples = connection.scalar(select(func.count()).select_from(sample)) or 0
    malformed = connection.scalar(select(func.sum(source.c.malformed))) or 0
    return Totals(posts, samples, int(malformed))


def authors_seen(
    connection: Connection, series_ids: Sequence[int], since: datetime
) -> list[tuple[int, str, datetime]]:
    """Who wrote on which series since then, the last time each: (series, author, time)."""
    rows = connection.execute(
        select(mention.c.series, post.c.author, func.max(post.c.created_at))
        .join(post, post.c.key == mention.c.post)
        .where(
            mention.c.series.in_(series_ids),
            mention.c.created_at >= since,
            post.c.author.is_not(None),
        )
        .group_by(mention.c.series, post.c.author)
    )
    return [(s, author, at) for s, author, at in rows]


def put_samples(connection: Connection, changes: Changes) -> None:
    """Insert samples or bring them up to date; what the detector saw of a closed one stays."""
    keys = [*changes.late, *changes.recounted]
    known = {(row.series, row.bucket): row for row in _known_samples(connection, keys)}
    rows = [*changes.rows]
    for key, (posts, authors) in changes.late.items():
        row = known.get(key, SampleRow(*key, 0, 0, 0, 0))
        both = None if row.authors is None or authors is None else row.authors + authors
        rows.append(replace(row, posts=row.posts + posts, authors=both))
    for key, (posts, authors) in changes.recounted.items():
        row = known.get(key, SampleRow(*key, 0, 0, 0, 0))
        rows.append(replace(row, posts=posts, authors=authors))
    if rows:
        names = SampleRow.__slots__
        upsert(connection, sample, [{name: getattr(row, name) for name in names} for row in rows])


def samples(
    connection: Connection, series_ids: Sequence[int], since: datetime | None, until: datetime
) -> list[SampleRow]:
    """Samples of these series from `since` until before `until`, by bucket."""
    query = select(*[sample.c[name] for name in SampleRow.__slots__]).where(
        sample.c.series.in_(series_ids), sample.c.bucket < until
    )
    if since is not None:
        query = query.where(sample.c.bucket >= since)
    rows = connection.execute(query.order_by(sample.c.bucket, sample.c.series))
    return [SampleRow(*row) for row in rows]


def _known_samples(connection: Connection, keys: Sequence[tuple[int, datetime]]) -> list[SampleRow]:
    """Those of the samples (series, bucket) that exist."""
    found: list[SampleRow] = []
    by_bucket: dict[datetime, list[int]] = {}
    for series_id, bucket in keys:
        by_bucket.setdefault(bucket, []).append(series_id)
    query = select(*[sample.c[name] for name in SampleRow.__slots__])
    for bucket, ids in by_bucket.items():
        rows = connection.execute(query.where(sample.c.bucket == bucket, sample.c.series.in_(ids)))
        found.extend(SampleRow(*row) for row in rows)
    return found


def posts_counted(
    connection: Connection, series_ids: Sequence[int], since: datetime, until: datetime
) -> int:
    """Posts counted on these series from `since` until before `until`."""
    query = select(func.coalesce(func.sum(sample.c.posts), 0)).where(
        sample.c.series.in_(series_ids), sample.c.bucket >= since, sample.c.bucket < until
    )
    return int(connection.scalar(query) or 0)


def open_samples(connection: Connection, series_ids: Sequence[int]) -> list[SampleRow]:
    """Samples whose bucket no detector has judged yet."""
    query = select(*[sample.c[name] for name in SampleRow.__slots__]).where(
        sample.c.series.in_(series_ids), sample.c.posts_at_close.is_(None)
    )
    return [SampleRow(*row) for row in connection.execute(query)]


def put_observed(
    connection: Connection, name: str, intervals: Sequence[Observed], *, late: bool = False
) -> None:
    """Add what a source has observed, as one interval with what it continues.

    `late`: the detector had passed over it before.
    """
    o = observed.c
    together: dict[Observed, list[str]] = {}
    for one in intervals:
        together.setdefault(replace(one, brand=""), []).append(one.brand)
    for one, brands in together.items():
        row = {"source": name, "platform": one.platform, "topic": one.topic or "", "late": late}
        same = and_(*(o[column] == value for column, value in row.items()), o.brand.in_(brands))
        continued = and_(same, o.since <= one.since, o.until >= one.since)
        until = literal(one.until, Instant)
        longer = case((o.until < until, until), else_=o.until)
        extending = update(observed).where(continued).values(until=longer).returning(o.brand)
        extended = set(connection.scalars(extending))
        begun = [
            {**row, "brand": brand, "since": one.since, "until": one.until}
            for brand in dict.fromkeys(brands)
            if brand not in extended
        ]
        if begun:
            connection.execute(observed.insert(), begun)


def observed_intervals(
    connection: Connection, platform: str
) -> list[tuple[str, str, datetime, datetime, bool]]:
    """What was observed on a platform: (brand, topic or empty, since, until, late), by start."""
    o = observed.c
    rows = connection.execute(
        select(o.brand, o.topic, o.since, o.until, o.late)
        .where(o.platform == platform)
        .order_by(o.since)
    )
    return [(brand, topic, since, until, late) for brand, topic, since, until, late in rows]


def register_series(
    connection: Connection, wanted: Sequence[tuple[str, str, str, str]], now: datetime | None
) -> list[tuple[int, datetime | None]]:
    """The ids of series (brand, topic, platform, version), and from when each counts.

    A topic whose definition changed becomes a new series that counts from `now`; the samples of
    the old one are kept.
    """
    found = {
        (row.brand, row.topic, row.platform, row.version): (row.id, row.since)
        for row in connection.execute(select(series))
    }
    for key in wanted:
        if key not in found:
            id = len(found) + 1
            row = dict(zip(("brand", "topic", "platform", "version"), key, strict=True))
            connection.execute(series.insert().values(id=id, since=now, **row))
            found[key] = (id, now)
    return [found[key] for key in wanted]


def panels(connection: Connection) -> list[PanelRow]:
    """Every panel, by platform."""
    columns = [panel.c[name] for name in PanelRow.__slots__]
    return [
        PanelRow(*row) for row in connection.execute(select(*columns).order_by(panel.c.platform))
    ]


def judged(connection: Connection) -> list[PanelRow]:
    """How far every panel has judged, and by which version; without snapshots, by platform."""
    p = panel.c
    rows = connection.execute(select(p.platform, p.closed_until, p.version).order_by(p.platform))
    return [PanelRow(*row) for row in rows]


def put_panel(connection: Connection, row: PanelRow) -> None:
    """Store where a panel goes on."""
    upsert(connection, panel, [{name: getattr(row, name) for name in PanelRow.__slots__}])


def close_panel(connection: Connection, platform: str, until: datetime) -> None:
    """Store how far a panel was judged, without a new snapshot."""
    connection.execute(update(panel).where(panel.c.platform == platform).values(closed_until=until))


def cursor_of(connection: Connection, name: str) -> str | None:
    """Where a source goes on; None where it was never read."""
    return connection.scalar(select(source.c.cursor).where(source.c.name == name))


def until_of(connection: Connection, name: str) -> datetime | None:
    """How far a source has delivered; None where it was never read."""
    return connection.scalar(select(source.c.until).where(source.c.name == name))


def put_source(
    connection: Connection, name: str, *, cursor: str | None, until: datetime | None, malformed: int
) -> None:
    """Store where a source goes on, in the transaction that stores what it delivered."""
    upsert(
        connection,
        source,
        [{"name": name, "cursor": cursor, "until": until, "malformed": malformed}],
    )


def malformed_of(connection: Connection, name: str) -> int:
    """How many rows of a source could not be used."""
    return connection.scalar(select(source.c.malformed).where(source.c.name == name)) or 0


def latest(connection: Connection) -> datetime | None:
    """How far the sources have delivered."""
    found: datetime | None = connection.scalar(select(func.max(source.c.until)))
    return found


def put_clock(connection: Connection, clock: SimulatedClock) -> None:
    """Say what time it is in this store."""
    upsert(connection, schema.clock, [{"id": 1, **asdict(clock)}])


def clock_of(connection: Connection) -> SimulatedClock | None:
    """The store's clock; None where real time runs."""
    columns = [schema.clock.c[name] for name in SimulatedClock.__slots__]
    row = connection.execute(select(*columns)).one_or_none()
    return SimulatedClock(*row) if row else None
