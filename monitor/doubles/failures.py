"""Failures of a double as told: each is the answer to one request, in place of the true one."""

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Failure:
    """One answer: after `delay_s`, this status, these headers and body.

    `drop` closes the connection half-way through the body, which is announced one byte longer.
    """

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    drop: bool = False


class Failures:
    """Failures that wait for their requests, first come, first served; safe between threads."""

    def __init__(self) -> None:
        self._waiting: deque[Failure | None] = deque()
        self._lock = threading.Lock()

    def told(self, *failures: Failure | None) -> None:
        """The next requests fail so, one each; None: that one is answered truly."""
        with self._lock:
            self._waiting.extend(failures)

    def next(self) -> Failure | None:
        """How this request fails; None: it does not."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def clear(self) -> None:
        """From now on nothing fails."""
        with self._lock:
            self._waiting.clear()


class _Dropped(Response):
    """Half an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Announce more than is sent, and end: the server then closes the connection."""
        headers = [each for each in self.raw_headers if each[0] != b"content-length"]
        headers.append((b"content-length", str(len(self.body) + 1).encode()))
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})


async def response(failure: Failure) -> Response:
    """The answer that a failure is, when its delay is over."""
    await asyncio.sleep(failure.delay_s)
    kind = _Dropped if failure.drop else Response
    return kind(failure.body, failure.status, dict(failure.headers))
