"""Merges and splits as the store keeps them, so that they can be undone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, or_, select, update

from alerts.incidents.joining import Joint
from monitor.store.schema import incident as incidents
from monitor.store.work import joint


def put(connection: Connection, done: Joint, at: datetime) -> None:
    """Keep a merge or split."""
    main, other = done.after
    row = {"incident": main.id, "other": other.id, "at": at, "content": done.to_json()}
    connection.execute(joint.insert().values(**row, undone=False))


def newest(connection: Connection, incident: str) -> tuple[int, Joint] | None:
    """The last merge or split of an incident that was not undone, with its number."""
    j = joint.c
    query = select(j.id, j.content).where(
        or_(j.incident == incident, j.other == incident), j.undone.is_(False)
    )
    row = connection.execute(query.order_by(j.id.desc()).limit(1)).one_or_none()
    return (row.id, Joint.from_json(row.content)) if row else None


def undo(connection: Connection, number: int) -> None:
    """Say that it was undone."""
    connection.execute(update(joint).where(joint.c.id == number).values(undone=True))


def revision_of(connection: Connection, incident: str) -> int:
    """How often an incident has changed; 0 where there is none such yet."""
    revision = select(incidents.c.revision).where(incidents.c.id == incident)
    return connection.scalar(revision) or 0


def parts(connection: Connection, wholes: Sequence[str]) -> dict[str, str]:
    """The incidents that are parts of these now, or parts of those, and of which each is."""
    i, more = incidents.c, dict.fromkeys(wholes, "")
    found: dict[str, str] = {}
    while more:
        rows = connection.execute(select(i.id, i.merged_into).where(i.merged_into.in_(more)))
        more = {id: more[into] or into for id, into in rows}
        found |= more
    return found


def whole(connection: Connection, incident: str) -> str:
    """The incident of which it is a part now; itself where it is none."""
    into = connection.scalar(select(incidents.c.merged_into).where(incidents.c.id == incident))
    return whole(connection, into) if into else incident


def family(incident: str) -> Select[tuple[str]]:
    """The ids of an incident and of all that is a part of it now."""
    i = incidents.c
    ours = select(i.id).where(i.id == incident).cte("family", recursive=True)
    return select(ours.union(select(i.id).where(i.merged_into == ours.c.id)).c.id)
