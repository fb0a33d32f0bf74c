"""Mentions and counts that other programs push over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from alerts.folding import storable
from alerts.instants import Instant
from alerts.posts import Post
from monitor.cleaning import AUTHOR_LIMIT, TEXT_LIMIT, bounded
from monitor.configuration import Configuration
from monitor.configuration.values import Id, nearest, shortened
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.sources.kinds import Surroundings
from monitor.sources.kinds._push_requests import (
    PushedCount,
    PushedCounts,
    PushedMention,
    PushedMentions,
)
from monitor.store.schema import EPOCH

AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


class Options(BaseModel):
    """Options of the push source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platforms: Annotated[tuple[Id, ...], Field(min_length=1)] = Field(
        description="The platforms whose mentions or counts are pushed; any names that no other "
        "source has.",
        examples=[["reviews", "forum"]],
    )


class Push:
    """Has nothing to fetch: what is pushed reaches the store by the service's `ingest`."""

    every = None

    def __init__(self, name: str, platforms: Sequence[str]) -> None:
        self.name, self.platforms = name, platforms

    async def deliveries(self, cursor: str | None) -> AsyncIterator[Delivery]:  # noqa: ARG002
        """Waits for ever: nothing comes this way."""
        nothing: tuple[Delivery, ...] = ()
        await asyncio.Event().wait()
        for delivery in nothing:
            yield delivery

    def seen_until(self, cursor: str | None) -> datetime | None:
        """How far the platform that is furthest behind was observed."""
        known = reached(cursor)
        until = [known[one].observed_until if one in known else None for one in self.platforms]
        return min((at for at in until if at), default=None) if all(until) else None

    async def check(self) -> str:
        """What it waits for, in one line."""
        return f"waits for mentions or counts of {', '.join(self.platforms)} at /api/v1/"

    async def close(self) -> None:
        """Nothing is open."""


def build(options: Options, *, name: str, surroundings: Surroundings) -> Push:  # noqa: ARG001
    """A source that waits to be given something."""
    return Push(name, options.platforms)


def platforms(options: Options) -> Sequence[str]:
    """The platforms that are pushed."""
    return options.platforms


class PushRefused(Exception):
    """Nothing of a request can be taken; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row that cannot be taken: its place in the request, and why."""

    index: int
    problem: str


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a platform has been pushed, and as what: both at once would count twice."""

    form: Literal["mentions", "counts"]
    observed_until: Instant | None = None


_CURSOR: TypeAdapter[dict[str, Reached]] = TypeAdapter(dict[str, Reached])


def reached(cursor: str | None) -> dict[str, Reached]:
    """What a push source's cursor says of its platforms; nothing where another kind wrote it."""
    try:
        return _CURSOR.validate_json(cursor or "{}")
    except ValidationError:
        return {}


def delivery_of_mentions(
    body: PushedMentions,
    *,
    source: str,
    cursor: str | None,
    configuration: Configuration,
    now: datetime,
) -> tuple[Delivery, list[Unusable]]:
    """What to store of pushed posts, and what cannot be. Raises PushRefused."""
    span = _Span.of(body, "mentions", cursor, now)
    posts, unusable = [], []
    for index, row in enumerate(body.mentions):
        try:
            posts.append(_post(row, body.platform, now, configuration.keep_posts))
        except ValueError as problem:
            unusable.append(Unusable(index, _problem(problem)))
    observed = [
        Observed(brand, body.platform, span.since, span.until)
        for brand, known in configuration.brands.items()
        if known.terms and span.since < span.until
    ]
    posts.sort(key=lambda one: (one.created_at, one.id))
    return span.delivery(source, len(unusable), posts=posts, observed=observed), unusable


def delivery_of_counts(
    body: PushedCounts,
    *,
    source: str,
    cursor: str | None,
    configuration: Configuration,
    now: datetime,
) -> tuple[Delivery, list[Unusable]]:
    """What to store of pushed counts, and what cannot be. Raises PushRefused.

    Counts are taken for buckets that end by `observed_until`, so that they are judged in the
    transaction that stores them; told again, they replace what is known and are not added up.
    """
    span = _Span.of(body, "counts", cursor, now)
    counts: dict[tuple[str, str, datetime], Count] = {}
    unusable = []
    for index, row in enumerate(body.counts):
        try:
            count = _count(row, body.platform, span.until, configuration)
            key = (count.brand, count.topic, count.at)
            if key in counts:
                raise ValueError("is there twice: a series has one count a bucket")
            counts[key] = count
        except ValueError as problem:
            unusable.append(Unusable(index, _problem(problem)))
    observed = [
        Observed(brand, body.platform, since, until, topic)
        for (brand, topic), spans in _counted(counts.values(), configuration.bucket, span).items()
        for since, until in spans
    ]
    ordered = sorted(counts.values(), key=lambda one: (one.at, one.brand, one.topic))
    return span.delivery(source, len(unusable), counts=ordered, observed=observed), unusable


@dataclass(frozen=True, slots=True)
class _Span:
    """What a request adds to what was observed: from `since` until `until`.

    `now_reached` is how far the platform has come with it, which never goes back.
    """

    platform: str
    since: datetime
    until: datetime
    known: dict[str, Reached]
    now_reached: Reached

    @classmethod
    def of(
        cls,
        body: PushedMentions | PushedCounts,
        form: Literal["mentions", "counts"],
        cursor: str | None,
        now: datetime,
    ) -> "_Span":
        known = reached(cursor)
        before = known.get(body.platform, Reached(form))
        if before.form != form:
            raise PushRefused(
                f"{body.platform} is pushed as {before.form}; {form} would count the same posts "
                "again: push them under another platform"
            )
        said, last = body.observed_until, before.observed_until
        if said is not None and said > now + AHEAD:
            raise PushRefused("observed_until is in the future; check the clock and the offset")
        since = body.observed_since or last or said or EPOCH
        until = said or last or EPOCH
        if body.observed_since and (said is None or body.observed_since > said):
            raise PushRefused("observed_since needs an observed_until that is not before it")
        if min(since, until) < EPOCH:
            raise PushRefused("nothing was observed before 1970; check the year")
        furthest = max((one for one in (said, last) if one is not None), default=None)
        return cls(body.platform, since, until, known, Reached(form, furthest))

    def delivery(
        self,
        source: str,
        malformed: int,
        *,
        observed: list[Observed],
        posts: list[Post] | None = None,
        counts: list[Count] | None = None,
    ) -> Delivery:
        cursor = _CURSOR.dump_json({**self.known, self.platform: self.now_reached}).decode()
        return Delivery(
            source=source,
            until=self.now_reached.observed_until or EPOCH,
            cursor=cursor,
            posts=posts or [],
            counts=counts or [],
            observed=observed,
            platforms=(self.platform,),
            malformed=malformed,
        )


def _post(row: Any, platform: str, now: datetime, kept: timedelta) -> Post:
    one = PushedMention.model_validate(row)
    if one.created_at > now + AHEAD:
        raise ValueError("created_at is in the future; check the clock and the offset")
    if one.created_at < (now - kept if kept < now - EPOCH else EPOCH):
        raise ValueError(
            f"created_at is more than {kept.days} days ago; so old a post is not kept (keep_posts)"
        )
    return Post(
        platform=platform,
        id=storable(one.id),
        created_at=one.created_at,
        text=bounded(one.text, TEXT_LIMIT),
        author=bounded(one.author, AUTHOR_LIMIT) if one.author else None,
        lang=one.lang,
        url=one.url and storable(one.url),
        repost_of=one.repost_of and storable(one.repost_of),
        reply=one.reply,
    )


def _count(row: Any, platform: str, until: datetime, configuration: Configuration) -> Count:
    one = PushedCount.model_validate(row)
    if one.brand not in configuration.brands:
        raise ValueError(f"brand is not configured; {nearest(one.brand, configuration.brands)}")
    topics = configuration.topics_of(one.brand)
    if one.topic not in topics:
        raise ValueError(f"topic is none of {one.brand}; {nearest(one.topic, topics)}")
    width = configuration.bucket
    if one.at < EPOCH or (one.at - EPOCH) % width:
        raise ValueError(f"at is not where a bucket begins; a bucket is {_seconds(width)} long")
    if one.at + width > until:
        raise ValueError(
            "at begins a bucket that is not over by observed_until; send it when it is"
        )
    if one.authors is not None and one.authors > one.posts:
        raise ValueError("authors are more than posts")
    return Count(one.brand, one.topic, platform, one.at, one.posts, one.authors)


def _counted(
    counts: Iterable[Count], width: timedelta, span: _Span
) -> dict[tuple[str, str], list[tuple[datetime, datetime]]]:
    """What each series was observed from and until: its own buckets, and the request's span."""
    found: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for count in sorted(counts, key=lambda one: one.at):
        spans = found.setdefault(
            (count.brand, count.topic),
            [(span.since, span.until)] if span.since < span.until else [],
        )
        spans.append((count.at, count.at + width))
    return {series: _joined(spans) for series, spans in found.items()}


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Intervals that touch or overlap as one, in order."""
    whole: list[tuple[datetime, datetime]] = []
    for since, until in sorted(spans):
        if whole and since <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], until))
        else:
            whole.append((since, until))
    return whole


def _problem(error: ValueError) -> str:
    """What is wrong with a row, in one line, without repeating the row."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = shortened(".".join(map(str, first["loc"])))
    if first["type"] in _PLAIN:
        return f"{where} {_PLAIN[first['type']]}".strip()
    return f"{where}: {first['msg'].removeprefix('Value error, ')}".removeprefix(": ")


_PLAIN = {
    "missing": "is required",
    "extra_forbidden": "is not known here; leave it out, or check its spelling",
    "model_type": "a row is an object: {…}",
    "timezone_aware": "has no offset; write it like 2026-11-21T22:07:00Z",
    "string_type": "is not text; quote it",
}


def _seconds(width: timedelta) -> str:
    return f"{int(width.total_seconds())} s"
