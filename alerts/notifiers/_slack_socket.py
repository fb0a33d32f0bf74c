"""What people do in Slack, over Socket Mode: a connection from inside, so no address is needed."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from alerts.notifiers import NotifierError
from alerts.notifiers._slack_asked import Asked, Once, asked
from alerts.notifiers._slack_errors import SILENT, answered

_CONNECTING_S, _STABLE_S, _LONGEST_WAIT_S, _FINISHING_S = 10.0, 30.0, 60.0, 5.0

log = structlog.get_logger(__name__)


class _Connection(SocketModeClient):
    """One connection. Where the SDK would open another by itself, this one is over.

    The SDK asks for an address once and tries that one for ever, though it is good for one use.
    """

    def __init__(self, app_token: str, web: AsyncWebClient) -> None:
        super().__init__(app_token=app_token, web_client=web, logger=SILENT)
        self.over = asyncio.Event()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002
        """Called by the SDK where Slack asks for it, where the connection died or fell silent."""
        self.over.set()


class Buttons:
    """Keeps a connection for as long as `listen` runs, and hands what is asked to `taken`, once."""

    def __init__(
        self,
        app_token: str,
        web: Callable[[], AsyncWebClient],
        taken: Callable[[Asked], Awaitable[None]],
    ) -> None:
        self._app_token, self._web = app_token, web
        self._once = Once(taken)

    async def listen(self) -> None:
        """Until cancelled. A new connection is up before the old one is closed."""
        running = asyncio.get_running_loop()
        current: _Connection | None = None
        before: _Connection | None = None
        trouble, said = 0, ""
        try:
            while True:
                since = running.time()
                try:
                    fresh = await self._connected()
                except NotifierError as problem:
                    if str(problem) != said:  # once, however long it lasts
                        said = str(problem)
                        log.warning("slack buttons do not work", problem=said)
                else:
                    if said:
                        log.info("slack buttons work again")
                    said = ""
                    before, current = current, fresh
                    await _closed(before)
                    await fresh.over.wait()
                trouble = 0 if running.time() - since > _STABLE_S else trouble + 1
                if trouble > 1:
                    await asyncio.sleep(min(0.1 * 2 ** min(trouble, 10), _LONGEST_WAIT_S))
        finally:
            for connection in (before, current):
                await _closed(connection)
            await self._once.finish()

    async def _connected(self) -> _Connection:
        connection = _Connection(self._app_token, self._web())
        connection.socket_mode_request_listeners.append(self._received)
        try:
            opened = await answered(
                connection.web_client.apps_connections_open(app_token=self._app_token)
            )
            connection.wss_uri = str(opened["url"])
            async with asyncio.timeout(_CONNECTING_S):
                await connection.connect()  # type: ignore[no-untyped-call]
        except TimeoutError:
            await _closed(connection)
            raise NotifierError("no connection to Slack in time") from None
        except BaseException:
            await _closed(connection)
            raise
        return connection

    async def _received(
        self, connection: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        """Acknowledge first, whatever it is: after three seconds Slack shows an error."""
        try:
            await connection.send_socket_mode_response({"envelope_id": request.envelope_id})
        except Exception as problem:  # noqa: BLE001 - the person has pressed it all the same
            log.warning("slack was not answered", problem=type(problem).__name__)
        self._once.take(asked(request.type, request.payload), request.envelope_id)


async def _closed(connection: _Connection | None) -> None:
    if connection is None:
        return
    try:
        async with asyncio.timeout(_FINISHING_S):
            await connection.close()  # type: ignore[no-untyped-call]
    except Exception as problem:  # noqa: BLE001 - it is given up whatever happens
        log.debug("a connection to slack ended badly", problem=type(problem).__name__)
