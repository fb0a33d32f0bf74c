"""Posts with a word about safety, as the store keeps them, and when a source did not see."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.store.work import blind, sighting
from monitor.store.writing import upsert


def add(connection: Connection, incident: str, post: int, word: str, at: datetime) -> None:
    """A post, by its key, has a safety word; `at` is when it was written."""
    row = {"incident": incident, "post": post, "word": word, "at": at}
    upsert(connection, sighting, [row])


def number(connection: Connection, incident: str) -> int:
    """How many posts an incident has with such a word."""
    query = select(func.count()).where(sighting.c.incident == incident)
    return connection.scalar(query) or 0


def blind_since(connection: Connection) -> dict[str, datetime]:
    """The sources that do not see now, and since when."""
    query = select(blind.c.source, blind.c.since).where(blind.c.until.is_(None))
    return {row.source: row.since for row in connection.execute(query)}


def put_blind(connection: Connection, source: str, since: datetime, until: datetime | None) -> None:
    """A spell in which a source did not see; `until` is None while it lasts."""
    upsert(connection, blind, [{"source": source, "since": since, "until": until}])
