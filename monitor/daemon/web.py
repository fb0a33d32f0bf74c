"""Serving the page, the API and the metrics in the daemon's own loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

CLOSE_WITHIN_S = 2


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do not."""
        yield


def settings(application: ASGIApp) -> uvicorn.Config:
    """How it is served.

    There is no access log, for its lines would hold one-time links. Headers of proxies are not
    believed.
    """
    return uvicorn.Config(
        application,
        access_log=False,
        log_config=None,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSE_WITHIN_S,
        limit_concurrency=200,
        ws="none",
    )


async def serve(application: ASGIApp, listening: socket.socket) -> None:
    """Serve on a socket that somebody else opened, and closes, until cancelled."""
    server = _Server(settings(application))
    # A copy: the server closes what it is given, and the next session serves on the same socket.
    serving = asyncio.create_task(server.serve(sockets=[listening.dup()]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
