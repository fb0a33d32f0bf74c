"""What briefings were made of, as the store keeps it, to make them again."""

import zlib
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from alerts.briefings.briefing import Briefing
from alerts.briefings.composing import Basis
from alerts.posts import Post
from monitor.store.schema import POST, briefing, post, spending
from monitor.store.sightings import BESIDE
from monitor.store.volume import post_key
from monitor.store.work import basis, sighting
from monitor.store.writing import upsert


def put(connection: Connection, content: str, id: str, revision: int, spent: int) -> None:
    """Keep the JSON of what an incident's revision is made of; `spent` as from `spent_ever`."""
    packed = zlib.compress(content.encode())
    row = {"incident": id, "revision": revision, "spent": spent, "content": packed}
    upsert(connection, basis, [row])


def newest(connection: Connection, id: str, revision: int) -> Basis | None:
    """What that revision of an incident, or the last one before that was composed, is made of."""
    b = basis.c
    query = select(b.content).where(b.incident == id, b.revision <= revision)
    packed = connection.scalar(query.order_by(b.revision.desc()).limit(1))
    return Basis.from_json(zlib.decompress(packed).decode()) if packed else None


def shown(connection: Connection, id: str, revision: int) -> Briefing:
    """A revision of an incident as it was shown; KeyError where there is none such."""
    b = briefing.c
    query = select(b.content).where(b.incident == id, b.revision == revision)
    content = connection.scalar(query)
    if content is None:
        raise KeyError(f"{id}, revision {revision}")
    return Briefing.from_json(content)


def spent_before(connection: Connection, id: str) -> int | None:
    """What all sources together had cost when an incident was first briefed; None: it was not."""
    b = basis.c
    query = select(b.spent).where(b.incident == id).order_by(b.revision).limit(1)
    return connection.scalar(query)


def spent_ever(connection: Connection) -> int | None:
    """Millionths of a dollar that all sources have cost; None where none is paid."""
    found = connection.scalar(select(func.sum(spending.c.micros)))
    return None if found is None else int(found)


def posts(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[Post]:
    """Posts (platform, id) in this order; those that were taken back or forgotten are left out."""
    keys = [post_key(*one) for one in wanted]
    rows = connection.execute(
        select(post.c.key, *POST).where(post.c.key.in_(keys), post.c.text != "")
    )
    found = {key: Post(*row) for key, *row in rows}
    return [found[key] for key in keys if key in found]


def sighted(connection: Connection, id: str, limit: int) -> list[Post]:
    """The newest posts that opened or extended an incident by what they say, oldest first."""
    rows = connection.execute(
        select(*POST)
        .join(sighting, sighting.c.post == post.c.key)
        .where(sighting.c.incident == id, sighting.c.word.not_in(BESIDE), post.c.text != "")
        .order_by(sighting.c.at.desc(), post.c.id)
        .limit(limit)
    )
    return [Post(*row) for row in rows][::-1]


def safety_words(connection: Connection, id: str) -> dict[str, int]:
    """The words about safety in an incident, and how many posts have each, most first."""
    number = func.count().label("number")
    query = select(sighting.c.word, number).where(
        sighting.c.incident == id, sighting.c.word.not_in(BESIDE)
    )
    rows = connection.execute(
        query.group_by(sighting.c.word).order_by(number.desc(), sighting.c.word)
    )
    return {row.word: row.number for row in rows}
