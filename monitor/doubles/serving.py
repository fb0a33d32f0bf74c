"""Running a double on a port of this machine, in a thread of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from monitor import clock

_PATIENCE_S = 10.0


@contextmanager
def serving(app: ASGIApp, port: int = 0, settings: uvicorn.Config | None = None) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 until the block ends; its URL. Raises OSError for a port in use."""
    settings = settings or uvicorn.Config(
        app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    listening = socket.create_server(("127.0.0.1", port))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    patience = clock.stopwatch() + _PATIENCE_S
    while not server.started and thread.is_alive() and clock.stopwatch() < patience:
        clock.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)
        listening.close()
