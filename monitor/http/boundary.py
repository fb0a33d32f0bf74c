"""What holds for every request and answer: known hosts, a largest body, headers that restrain."""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.http.access import host_name
from monitor.http.problems import problem

LARGEST_BODY = 5 * 1024 * 1024


def restraints(style: str, script: str) -> dict[str, str]:
    """The headers of every answer; the sources are those of style and scripts for pages."""
    policy = (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        # With no-referrer browsers would name no origin in our own forms, either.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Counts a body as it is read, whether its length was announced or not."""
    announced, came = Headers(scope=scope).get("content-length", ""), 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > LARGEST_BODY or (announced.isdecimal() and int(announced) > LARGEST_BODY):
            detail = f"the body is larger than {LARGEST_BODY:,} bytes; send it in pieces"
            raise HTTPException(413, detail)
        return message

    return counted


class Boundary:
    """Refuses requests to host names that are not ours, and adds headers to every answer.

    A name that somebody points at this address would let their pages read ours (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], headers: dict[str, str]) -> None:
        self._app, self._hosts, self._headers = app, hosts, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def restrained(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if host_name(Headers(scope=scope).get("host", "")) in self._hosts:
            await self._app(scope, _bounded(scope, receive), restrained)
        else:
            detail = "unknown host: add its name to http.hosts, or use the one of http.url"
            await problem(400, detail)(scope, receive, restrained)
