"""Posts that a person has to look at, as the store keeps them, and when a source did not see.

They have a word about safety, or are our own and nobody approved them, and have the name of their
platform for a word. Beside what an incident is about there are OWN posts and those of a LOOKALIKE.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from alerts.incidents.incident import Kind
from alerts.posts import Post
from monitor.store import schema
from monitor.store.joints import family
from monitor.store.work import blind, sighting
from monitor.store.writing import upsert

OWN, LOOKALIKE = BESIDE = "", "@"
"""In place of a word: of our own, or by an account that looks like ours."""


def add(connection: Connection, incident: str, key: int, word: str, at: datetime) -> None:
    """A post, by its key, has a safety word; `at` is when it was written."""
    row = {"incident": incident, "post": key, "word": word, "at": at}
    upsert(connection, sighting, [row])


def number(connection: Connection, incident: str) -> int:
    """How many posts an incident has with such a word."""
    query = select(func.count()).where(
        sighting.c.incident == incident, sighting.c.word.not_in(BESIDE)
    )
    return connection.scalar(query) or 0


def beside(connection: Connection, incident: str, what: str) -> list[Post]:
    """OWN posts or those of a LOOKALIKE that were seen while an incident went on, and are there."""
    query = (
        select(*schema.POST)
        .join(sighting, sighting.c.post == schema.post.c.key)
        .where(sighting.c.incident.in_(family(incident)))
        .where(sighting.c.word == what, schema.post.c.text != "")
        .order_by(sighting.c.at, schema.post.c.id)
    )
    return [Post(*row) for row in connection.execute(query)]


def is_listed(connection: Connection, incident: str, platform: str, author: str | None) -> bool:
    """Whether an incident has a post, which is there, of the account of a LOOKALIKE."""
    theirs = and_(schema.post.c.platform == platform, schema.post.c.author == author)
    query = exists(sighting.c.post).where(
        sighting.c.incident.in_(family(incident)),
        sighting.c.word == LOOKALIKE,
        sighting.c.post == schema.post.c.key,
        theirs,
    )
    return bool(connection.scalar(select(query)))


def own_since(connection: Connection, incident: str, since: datetime) -> int:
    """How many OWN posts were seen while an incident went on that were written since then."""
    query = select(func.count()).where(
        sighting.c.incident.in_(family(incident)), sighting.c.word == OWN, sighting.c.at >= since
    )
    return connection.scalar(query) or 0


def of_own(connection: Connection, keys: Collection[int]) -> list[tuple[str, Post]]:
    """Which of these posts, by their keys, nobody approved, and the incidents that tell of them."""
    there = select(schema.post.c.key).where(schema.post.c.key.in_(keys), schema.post.c.text != "")
    known = connection.scalars(there).all()
    if not known:
        return []
    unapproved = schema.incident.c.kind == Kind.UNAPPROVED
    query = (
        select(sighting.c.incident, *schema.POST)
        .join(sighting, sighting.c.post == schema.post.c.key)
        .join(schema.incident, schema.incident.c.id == sighting.c.incident)
        .where(schema.post.c.key.in_(known))
        .where(or_(sighting.c.word == OWN, and_(sighting.c.word != LOOKALIKE, unapproved)))
        .order_by(sighting.c.incident, sighting.c.at)
    )
    return [(incident, Post(*row)) for incident, *row in connection.execute(query)]


def blind_since(connection: Connection) -> dict[str, datetime]:
    """The sources that do not see now, and since when."""
    query = select(blind.c.source, blind.c.since).where(blind.c.until.is_(None))
    return {row.source: row.since for row in connection.execute(query)}


def put_blind(connection: Connection, source: str, since: datetime, until: datetime | None) -> None:
    """A spell in which a source did not see; `until` is None while it lasts."""
    upsert(connection, blind, [{"source": source, "since": since, "until": until}])
