"""What paid sources have cost, set aside before it is spent."""

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from monitor.store.schema import spending
from monitor.store.writing import upsert


def month(at: datetime) -> str:
    """The calendar month that a limit is for, in UTC: `2026-11`."""
    return f"{at.astimezone(UTC):%Y-%m}"


def spent(connection: Connection, source: str, at: datetime) -> int:
    """Millionths of a dollar set aside for a source in the month of `at`."""
    s = spending.c
    query = select(s.micros).where(s.source == source, s.month == month(at))
    return connection.scalar(query) or 0


def of_month(connection: Connection, at: datetime) -> int:
    """Millionths of a dollar set aside for all sources in the month of `at`."""
    query = select(func.sum(spending.c.micros)).where(spending.c.month == month(at))
    return int(connection.scalar(query) or 0)


def set_aside(
    connection: Connection, source: str, at: datetime, micros: int, limit: int | None
) -> bool:
    """Add to what a source has cost in the month of `at`; False, and nothing, beyond its limit."""
    total = max(spent(connection, source, at) + micros, 0)
    if limit is not None and micros > 0 and total > limit:
        return False
    upsert(connection, spending, [{"source": source, "month": month(at), "micros": total}])
    return True
