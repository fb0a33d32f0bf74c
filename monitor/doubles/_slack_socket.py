"""Socket Mode of the Slack double: what goes out over connections, and how soon it is taken."""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from monitor import clock

PATIENCE_S = 3.0
"""Slack shows an error to whoever pressed a button that was not acknowledged by then."""


@dataclass(slots=True)
class Envelope:
    """Something sent to the app. Times are on the stopwatch; `attempts` is 0 without a connection.

    `acknowledged` has one time per acknowledgement.
    """

    id: str
    payload: Mapping[str, Any]
    sent: float
    attempts: int = 0
    acknowledged: list[float] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """Whether it was not acknowledged in time."""
        until = self.acknowledged[0] if self.acknowledged else clock.stopwatch()
        return until - self.sent > PATIENCE_S


class Socket:
    """The WebSocket side; an envelope goes over the newest connection. Safe between threads."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.opened = 0
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.RLock()
        self._waiting: set[asyncio.Task[None]] = set()

    def ticket(self) -> str:
        """Lets in one connection."""
        made = uuid4().hex
        with self._lock:
            self._tickets.add(made)
        return made

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._open)

    async def connected(self, websocket: WebSocket) -> None:
        """Serve a connection until it ends."""
        with self._lock:
            known = websocket.query_params.get("ticket", "") in self._tickets
            self._tickets.discard(websocket.query_params.get("ticket", ""))
        if not known:
            await websocket.close(1008)
            return
        await websocket.accept()
        hello = {
            "type": "hello",
            "num_connections": self.connections + 1,
            "connection_info": {"app_id": "A0SEAWALL"},
            "debug_info": {"host": "double", "approximate_connection_time": 18060},
        }
        await websocket.send_text(json.dumps(hello))
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._open.append(websocket)
            self.opened += 1
        try:
            while True:
                self._received(await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # it ended, from either side
        finally:
            with self._lock:
                self._open.remove(websocket)

    def send(self, payload: Mapping[str, Any], kind: str = "interactive") -> Envelope:
        """Send a payload to the app, and once more where it is not acknowledged in time."""
        envelope = Envelope(uuid4().hex, payload, clock.stopwatch())
        with self._lock:
            self.envelopes.append(envelope)
        self._run(self._delivered(envelope, kind))
        return envelope

    def repeat(self, envelope: Envelope) -> None:
        """Send an envelope again, as where its acknowledgement was lost."""
        self._run(self._once(envelope, "interactive"))

    def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask the app to connect anew, as Slack does every few hours."""
        self._run(self._to_all({"type": "disconnect", "reason": reason, "debug_info": {}}))

    def cut(self) -> None:
        """Close every connection, without a word before."""
        self._run(self._cut())

    def _run(self, work: Any) -> None:
        """Run it in the server's loop; nowhere, where nothing ever connected."""

        def begin() -> None:
            task = asyncio.ensure_future(work)
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

        if self._loop is None or self._loop.is_closed():
            work.close()
        else:
            self._loop.call_soon_threadsafe(begin)

    async def _delivered(self, envelope: Envelope, kind: str) -> None:
        await self._once(envelope, kind)
        await asyncio.sleep(PATIENCE_S)
        if not envelope.acknowledged:
            await self._once(envelope, kind)

    async def _once(self, envelope: Envelope, kind: str) -> None:
        with self._lock:
            newest = self._open[-1] if self._open else None
        if newest is None or newest.application_state is not WebSocketState.CONNECTED:
            return
        envelope.attempts += 1
        said = {
            "envelope_id": envelope.id,
            "type": kind,
            "accepts_response_payload": False,
            "payload": envelope.payload,
        }
        if envelope.attempts > 1:
            said |= {"retry_attempt": envelope.attempts - 1, "retry_reason": "timeout"}
        await newest.send_text(json.dumps(said))

    async def _to_all(self, message: Mapping[str, Any]) -> None:
        with self._lock:
            all_open = list(self._open)
        for websocket in all_open:
            await websocket.send_text(json.dumps(message))

    async def _cut(self) -> None:
        with self._lock:
            all_open = list(self._open)
        for websocket in all_open:
            await websocket.close(1011)

    def _received(self, text: str) -> None:
        try:
            said = json.loads(text)
            taken = str(said["envelope_id"])
        except (ValueError, KeyError, TypeError):
            return
        with self._lock:
            for envelope in self.envelopes:
                if envelope.id == taken:
                    envelope.acknowledged.append(clock.stopwatch())
