"""The daemon: one session after another under the store's lease, until it is told to stop."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import structlog

from alerts.notifiers import Places
from alerts.secret import SecretMissing
from monitor.clock import Clock
from monitor.configuration import Configuration, ConfigurationError
from monitor.daemon.session import Session
from monitor.daemon.threads import Threads
from monitor.sources.kinds import SourceError
from monitor.store import Database, StoreBusy, StoreError

log = structlog.get_logger("seawall")

STOP_WITHIN_S = 10.0
STAND_BY_S = 1.0
"""How often a second daemon on PostgreSQL looks whether the first one is gone."""

INVALID = (ConfigurationError, SecretMissing, SourceError)
"""What a configuration that cannot be used says."""


class Unstoppable(Exception):
    """The daemon did not stop in time; what was committed is safe."""


@dataclass(slots=True)
class Daemon:
    """What runs: `read` reads the configuration, again at each reload.

    `command` acknowledges an incident in a shell; `began` is called with each session that runs
    and with the page's address.
    """

    read: Callable[[], Configuration]
    database: Database
    clock: Clock
    command: str
    began: Callable[[Session, str], None] | None = None

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP reads the configuration again.

        Raises StoreBusy where another process holds a SQLite store, StoreError, OSError where the
        port is taken, and what is in INVALID.
        """
        stop, reload = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(Threads())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload.set)
        configuration = self.read()
        with ExitStack() as stack:
            if not await self._lease(stack, stop):
                return
            listening = stack.enter_context(_listen(configuration))
            session = self._session(configuration, listening)
            while not stop.is_set():
                await self._run(session, listening, stop, reload)
                if not stop.is_set():
                    session = self._read_again(session.configuration, listening)
                    reload.clear()

    def _session(self, configuration: Configuration, listening: socket.socket) -> Session:
        page = f"{address(configuration, listening)}/incidents/{{incident}}"
        places = Places(command=self.command, page=page)
        return Session(configuration, self.database, self.clock, places)

    async def _run(
        self,
        session: Session,
        listening: socket.socket,
        stop: asyncio.Event,
        reload: asyncio.Event,
    ) -> None:
        over = asyncio.Event()
        running = asyncio.create_task(session.run(listening, over))
        waiting = [asyncio.create_task(event.wait()) for event in (stop, reload)]
        if self.began:
            self.began(session, address(session.configuration, listening))
        await asyncio.wait([running, *waiting], return_when=asyncio.FIRST_COMPLETED)
        over.set()
        for task in waiting:
            task.cancel()
        try:
            await asyncio.wait_for(running, STOP_WITHIN_S)
        except TimeoutError:
            raise Unstoppable(
                f"it did not stop within {STOP_WITHIN_S:.0f} s and was ended; nothing is lost: "
                "what was not committed is asked for again"
            ) from None

    async def _lease(self, stack: ExitStack, stop: asyncio.Event) -> bool:
        """Become the one that judges and writes; on PostgreSQL wait for the one that is."""
        standing_by = False
        while not stop.is_set():
            try:
                stack.enter_context(self.database.lease())
            except StoreError as error:
                if not (self.database.postgresql and (standing_by or isinstance(error, StoreBusy))):
                    raise
                if not standing_by:
                    log.info(
                        "standing by: another seawall holds the store", store=self.database.name
                    )
                standing_by = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), STAND_BY_S)
            else:
                if standing_by:
                    log.warning("taking over: the other seawall is gone", store=self.database.name)
                return True
        return False

    def _read_again(self, before: Configuration, listening: socket.socket) -> Session:
        """The next session: of the configuration as it is now, if that can be used."""
        try:
            configuration = self.read()
            session = self._session(configuration, listening)
        except INVALID as error:
            log.error("the configuration is not reloaded", problem=str(error))
            return self._session(before, listening)
        if (configuration.http.host, configuration.http.port) != (
            before.http.host,
            before.http.port,
        ):
            log.warning("`http.host` and `http.port` change at the next start")
        log.info("the configuration is reloaded")
        return session


def _listen(configuration: Configuration) -> socket.socket:
    http = configuration.http
    try:
        family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
        listening = socket.create_server((http.host, http.port), family=family, backlog=128)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}; is another seawall running? `http.port` names another port",
            f"{http.host}:{http.port}",
        ) from error
    # Connections inherit it; without, each answer on one that is kept open waits 40 ms.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def address(configuration: Configuration, listening: socket.socket) -> str:
    """Where people reach the page."""
    if configuration.http.url:
        return configuration.http.url
    host, port = listening.getsockname()[:2]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}"
