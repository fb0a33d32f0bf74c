"""The outbox of notices: what rings, each sent once to each notifier that it is for."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from alerts.notices import Notice
from monitor.store.schema import notice


def put(connection: Connection, one: Notice, notifier: str, address: str | None = None) -> bool:
    """Put a notice in the outbox of a notifier; False where it is there already, by its id."""
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    row = {
        "id": one.id,
        "notifier": notifier,
        "at": one.at,
        "purpose": one.purpose.value,
        "urgent": one.urgent,
        "incident": one.incident,
        "person": one.person,
        "address": address,
        "content": one.to_json(),
        "delivered": False,
    }
    done = connection.execute(insert(notice).values(row).on_conflict_do_nothing())
    return done.rowcount == 1
