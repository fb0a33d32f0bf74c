"""Opening the store: engine, migrations, transactions, the writer's lease, errors with a remedy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

from filelock import FileLock, Timeout
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from alerts.failures import Failure
from alerts.secret import remember
from monitor.store import words, work  # noqa: F401 - their tables belong to the metadata
from monitor.store.schema import REVISION, lease, metadata

PATIENCE_S = 5.0
"""How long a transaction waits for another process's lock."""

CACHE_KIB, READERS_CACHE_KIB = 65_536, 2_048
"""SQLite's page cache; posts have scattered keys, and its own 2 MB would soon be too small for the
one that writes. What others write empties the cache of those that read."""

WRITER_LOCK = 0x5EA3A11
"""The advisory lock that the one writer holds on PostgreSQL."""


NOTICE_DEATH = (
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 5",
    "tcp_keepalives_count = 2",
)
"""How PostgreSQL notices within 15 seconds that the machine of the one writer is gone."""

NETWORK_GONE_MS = 15_000
"""How long what was sent to PostgreSQL may go unacknowledged: then the network is gone."""


_PASSWORDS = ("password", "sslpassword", "oauth_client_secret")
"""Where a URL of PostgreSQL may hold one beside the usual place."""


class StoreError(Failure):
    """The store cannot be used; the message says why and what to do. Nothing committed is lost.

    `public` says the same to whoever asks over HTTP, without the store's address.
    """

    public: ClassVar[str] = "the store cannot be used now, and Seawall's log says why"


class StoreBusy(StoreError):
    """Another process holds the store."""

    public: ClassVar[str] = "another process holds the store"


class StoreFull(StoreError):
    """The store's disk takes nothing more."""

    public: ClassVar[str] = "the disk of the store is full or failing; free some space on it"


class LeaseLost(StoreError):
    """Another process has become the one that writes; this one must stop."""


class Database:
    """A store that is open and at this version's schema; see `Database.open`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.postgresql = engine.dialect.name == "postgresql"
        self._readers = engine if self.postgresql else _sqlite(engine.url, READERS_CACHE_KIB)
        self._holder: int | None = None

    @classmethod
    def open(cls, url: str, *, existing: bool = False, unchanged: bool = False) -> Self:
        """Open the store at a SQLAlchemy URL and bring its schema up to date.

        Raises StoreError where it cannot be reached, is not ours, is of a newer Seawall, where it
        has to be `existing` and is not, or has to stay `unchanged` and is of another Seawall.
        """
        database = cls(_engine(url, existing or unchanged))
        try:
            with database._explained():
                if unchanged:
                    database._refuse_another()
                else:
                    _migrate(database.engine)
        except StoreError:
            database.close()
            raise
        return database

    def _refuse_another(self) -> None:
        with self.read() as connection:
            if not _is_current(connection):
                raise StoreError(
                    f"{self.name} is not as this version of Seawall keeps it, and is only read "
                    "here; `seawall run` or `seawall incidents list` brings it up to date"
                )

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self._readers.dispose()

    def clear(self) -> None:
        """Forget everything."""
        with self.write() as connection:
            metadata.drop_all(connection)
            connection.execute(text("DROP TABLE alembic_version"))
        with self._explained():
            _migrate(self.engine)
            if self._holder is not None:
                self._holder = self._next_holder()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write: all of it or nothing. Raises StoreError.

        Raises LeaseLost, and writes nothing, where this process held the lease and another took it.
        """
        with self._explained(), self.engine.begin() as connection:
            if self._holder is not None:
                self._still_holds(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view, which never waits for a writer. Raises StoreError."""
        reading = self._readers.execution_options(seawall_reading=True)
        if self.postgresql:
            reading = reading.execution_options(isolation_level="REPEATABLE READ")
        with self._explained(), reading.begin() as connection:
            yield connection

    def prove(self) -> None:
        """Write a mebibyte, and take it back. Raises StoreError while the store cannot be written.

        What changes nothing is committed on a full disk, too.
        """
        room = "repeat('x', 1048576)" if self.postgresql else "zeroblob(1048576)"
        taken, given_back = f"CREATE TABLE room AS SELECT {room} AS bytes", "DROP TABLE room"
        with self.write() as connection:
            connection.execute(text("DROP TABLE IF EXISTS room"))
            connection.execute(text(taken))
        with self.write() as connection:
            connection.execute(text(given_back))

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Be the one process that judges and writes. Raises StoreBusy where another one is."""
        busy = StoreBusy(
            f"{self.name} is in use by another seawall process; stop that one, "
            "or give this one a store of its own with --database"
        )
        if self.postgresql:
            with self._explained(), self.engine.connect() as connection:
                if not connection.scalar(text(f"SELECT pg_try_advisory_lock({WRITER_LOCK})")):
                    raise busy
                try:
                    for setting in NOTICE_DEATH:
                        connection.execute(text(f"SET {setting}"))
                    connection.commit()
                    self._holder = self._next_holder()
                    yield
                finally:
                    self._holder = None
                    with suppress(DBAPIError):  # of a lost connection the server takes it by itself
                        connection.rollback()
                        connection.execute(text(f"SELECT pg_advisory_unlock({WRITER_LOCK})"))
                    connection.invalidate()
        else:
            try:
                with FileLock(f"{self.engine.url.database}.lock", timeout=0):
                    yield
            except Timeout:
                raise busy from None

    def _next_holder(self) -> int:
        """A number for this holder; whoever wrote under an earlier one can write no more."""
        with self.engine.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK + 2})"))
            before = connection.scalar(select(lease.c.holder)) or 0
            connection.execute(lease.delete())
            connection.execute(lease.insert().values(id=1, holder=before + 1))
        return before + 1

    def _still_holds(self, connection: Connection) -> None:
        holder = connection.scalar(select(lease.c.holder).with_for_update(read=True))
        if holder != self._holder:
            raise LeaseLost(
                f"{self.name} was taken over by another seawall process while the connection was "
                "lost; this one stops, and can be started again to stand by"
            )

    @property
    def name(self) -> str:
        """The store's URL without its password."""
        return shown(self.engine.url)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explain(error, self.name) from error
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: {error}") from error


def url_of(text: str) -> URL:
    """The URL of a store, whose passwords are remembered as secrets. Raises StoreError."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # its message may hold a part of the password
        raise _no_store(text) from None
    for secret in (url.password, *(url.query.get(name) for name in _PASSWORDS)):
        remember(str(secret or ""))
    return url


def shown(url: URL) -> str:
    """The URL of a store without its passwords."""
    return url.difference_update_query(_PASSWORDS).render_as_string(hide_password=True)


def _no_store(url: str) -> StoreError:
    what = "that" if "@" in url or "?" in url else repr(url)  # else it may hold a password
    return StoreError(
        f"{what} is no store; write sqlite:///FILE or postgresql://…, and in a password "
        "@ as %40, : as %3A, / as %2F"
    )


def _engine(url: str, existing: bool) -> Engine:
    parsed = url_of(url)
    try:
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise StoreError(
                f"the store is sqlite:///FILE or postgresql://…, not {parsed.drivername}://"
            )
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise StoreError(
                    "a store in memory would forget; name a file: sqlite:///seawall.db"
                )
            file = Path(parsed.database).absolute()
            if existing and not file.exists():
                raise StoreError(
                    f"there is no store at {file}; name one with --database, or make it: "
                    "seawall replay"
                )
            if not file.parent.is_dir():
                raise StoreError(
                    f"{file.parent} is no folder; make it first, or name another with --database"
                )
            return _sqlite(parsed, CACHE_KIB)
        options = f"-c lock_timeout={int(PATIENCE_S * 1000)} -c timezone=UTC"
        arguments = {"options": options, "tcp_user_timeout": NETWORK_GONE_MS}
        return create_engine(
            parsed, connect_args=arguments, pool_pre_ping=True, hide_parameters=True
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise _no_store(url) from error


def _sqlite(url: URL, cache_kib: int) -> Engine:
    # One connection is kept, the one used last: each has a cache of its own.
    arguments = {"timeout": PATIENCE_S}
    engine = create_engine(
        url, connect_args=arguments, pool_size=1, pool_use_lifo=True, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("seawall_reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _is_current(connection: Connection) -> bool:
    if "alembic_version" not in inspect(connection).get_table_names():
        return False
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return bool(found == REVISION)


def _migrate(engine: Engine) -> None:
    with engine.execution_options(seawall_reading=True).connect() as connection:
        if _is_current(connection):
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITER_LOCK + 1})"))
        name = shown(engine.url)
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            if found == REVISION:
                return
        elif tables:
            raise StoreError(
                f"{name} holds tables of something else; give Seawall a store of its own"
            )
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"{name} was made by a newer Seawall ({error}); update this one"
            ) from error


def _explain(error: DBAPIError, name: str) -> StoreError:
    reason = next(iter(str(error.orig).strip().splitlines()), type(error.orig).__name__)
    lowered = reason.lower()
    if "locked" in lowered or "lock timeout" in lowered:
        return StoreBusy(
            f"{name} is locked by another process ({reason}); nothing is lost: "
            "run this again when it is free"
        )
    if "full" in lowered or "no space" in lowered or "disk i/o" in lowered:
        return StoreFull(
            f"{name} cannot be written, the disk is full or failing ({reason}); nothing that was "
            "committed is lost: free some space, and it goes on where it stopped"
        )
    if "readonly" in lowered or "read-only" in lowered:
        return StoreError(f"{name} may not be written ({reason}); check its owner and permissions")
    return StoreError(f"{name}: {reason}")
