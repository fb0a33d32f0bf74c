"""Merges and splits as the store keeps them, so that they can be undone."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from alerts.joining import Joint
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
