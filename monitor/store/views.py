"""Who looked at a restricted incident, and when: only ever appended to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from monitor.store.work import view


@dataclass(frozen=True, slots=True)
class View:
    """A person (by id) looked at an incident; `place` is slack, page, api, shell or report."""

    at: datetime
    person: str
    place: str


def add(connection: Connection, incident: str, one: View) -> None:
    """Note a view."""
    row = {"incident": incident, "at": one.at, "person": one.person, "place": one.place}
    connection.execute(insert(view).values(row))


def of(connection: Connection, incident: str) -> list[View]:
    """Every view of an incident, in order."""
    v = view.c
    rows = connection.execute(
        select(v.at, v.person, v.place).where(v.incident == incident).order_by(v.id)
    )
    return [View(*row) for row in rows]
