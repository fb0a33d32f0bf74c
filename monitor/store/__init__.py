"""Truth: everything that must survive the process, in SQLite or PostgreSQL."""

from monitor.store.database import Database, LeaseLost, StoreBusy, StoreError, shown, url_of

__all__ = ["Database", "LeaseLost", "StoreBusy", "StoreError", "shown", "url_of"]
