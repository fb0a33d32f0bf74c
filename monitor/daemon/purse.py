"""The money that a source may spend in a month, as the store knows it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from monitor.daemon.writer import Writer
from monitor.store import spending


class StoredPurse:
    """A source's purse; `limit` in millionths of a dollar a calendar month, None without one."""

    def __init__(
        self, writer: Writer, source: str, limit: int | None, now: Callable[[], datetime]
    ) -> None:
        self._writer, self._source, self._now = writer, source, now
        self.limit = limit
        self.spent: int | None = None

    async def pay(self, micros: int) -> bool:
        """Set money aside before it is spent; False where the limit forbids it."""
        at = self._now()

        def change(connection: Connection) -> bool:
            allowed = spending.set_aside(connection, self._source, at, micros, self.limit)
            self.spent = spending.spent(connection, self._source, at)
            return allowed

        return await self._writer.write(change)

    async def refund(self, micros: int) -> None:
        """Give back what was certainly not billed."""
        await self.pay(-micros)
