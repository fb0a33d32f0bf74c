"""A small made-up airline for tests: its configuration, and posts as they are asked for."""

import csv
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.posts import Post
from monitor.configuration import Configuration, loads
from monitor.sources.delivery import Delivery, Observed

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)

CONFIGURATION = """
timezone: Europe/Oslo
languages: [en, de]
bucket: 5m
false_alarms: 4 per 30 days
incidents: {resolve_after: 1h, reopen_within: 6h}
brands:
  fjordwing: {name: Fjordwing Air, terms: ["@FjordwingAir"]}
  otherwing: {name: Otherwing, terms: ["@Otherwing"]}
topics:
  booking: {name: Booking, situation: booking, terms: {en: [booking], de: [buchung]}}
  baggage: {name: Baggage, situation: baggage, terms: {en: [bag, bags], de: [koffer]}}
recording: {platform: x}
"""


def configuration(**changes: str) -> Configuration:
    """The configuration, with lines of it replaced: `bucket="bucket: 1m"`."""
    lines = CONFIGURATION.splitlines()
    for key, line in changes.items():
        lines = [line if one.startswith(f"{key}:") else one for one in lines]
    return loads("\n".join(lines))


def post(at: datetime, text: str, *, id: str = "", author: str | None = "", **more: str) -> Post:
    """A post; id and author follow from time and text unless they are given."""
    stamp = f"{at:%d%H%M%S%f}"
    return Post(
        platform=more.pop("platform", "x"),
        id=id or f"{stamp}-{text[:40]}",
        created_at=at,
        text=text,
        author=f"a{stamp}" if author == "" else author,
        lang=more.pop("lang", "en"),
        **more,
    )


def days(number: float, *, seed: int = 1, begin: datetime = BEGIN) -> list[Post]:
    """Ordinary days: about one post in ten minutes, a third of them on a topic."""
    draw = random.Random(seed)
    posts, at, end = [], begin, begin + timedelta(days=number)
    while True:
        at += timedelta(seconds=draw.expovariate(1 / 600))
        if at >= end:
            return posts
        text = draw.choice(
            ["@FjordwingAir hello", "@FjordwingAir my booking", "@FjordwingAir bags"]
        )
        posts.append(post(at, text))


def flood(
    begin: datetime, minutes: int, *, text: str = "@FjordwingAir is booking down?"
) -> list[Post]:
    """Three posts a minute, each by somebody else."""
    return [
        post(begin + timedelta(seconds=20 * i + 1), f"{text} {i}", author=f"crowd-{begin:%d%H}-{i}")
        for i in range(3 * minutes)
    ]


def apart(begin: datetime, minutes: int, *texts: str) -> list[Post]:
    """A flood of every text at once, each by people of its own."""
    return [
        replace(one, id=f"{n}-{one.id}", author=f"{n}-{one.author}")
        for n, text in enumerate(texts)
        for one in flood(begin, minutes, text=f"@FjordwingAir {text}")
    ]


def delivery(
    posts: Iterable[Post], since: datetime, until: datetime, brands: Iterable[str] = ("fjordwing",)
) -> Delivery:
    """One delivery that observed these brands, on every platform of its posts, all the time."""
    posts = sorted(posts, key=lambda one: (one.created_at, one.id))
    platforms = sorted({one.platform for one in posts} | {"x"})
    return Delivery(
        source="test",
        until=until,
        cursor=until.isoformat(),
        posts=posts,
        observed=[Observed(brand, p, since, until) for brand in brands for p in platforms],
    )


def write(path: Path, posts: Iterable[Post]) -> Path:
    """Posts as a CSV file with the columns' default names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "created_at", "text", "author", "lang", "platform"])
        for one in posts:
            at = one.created_at.isoformat()
            rows.writerow([one.id, at, one.text, one.author, one.lang, one.platform])
    return path
