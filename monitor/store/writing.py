"""Writing rows that may be there already, on either kind of store."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert rows; where a primary key exists, replace the rest of that row."""
    if rows:
        connection.execute(_upserting(table, tuple(rows[0]), connection.dialect.name), rows)


@lru_cache(maxsize=256)
def _upserting(table: Table, columns: tuple[str, ...], dialect: str) -> Insert:
    """The statement: making it takes longer than running it does."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in columns if name not in keys}
    made: Insert = statement.on_conflict_do_nothing(index_elements=keys)
    if rest:
        made = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    return made
