"""One request to X through tweepy: within bounds of time and size, its refusals told apart."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import requests
import tweepy  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, NewConnectionError

from alerts.hiding import without_secrets
from alerts.plain_text import shortened, visible
from monitor.sources.kinds import SourceError

COUNTS = "/2/tweets/counts/recent"
SEARCH = "/2/tweets/search/recent"

_HOST = "https://api.twitter.com"
_LARGEST = 32 * 2**20
_PIECE = 2**16
_QUOTED_AT_MOST, _LOOKED_AT = 200, 10_000
_LONGEST_WAIT_S = 3600.0
_RESET = "x-rate-limit-reset"
_SUCCESS = range(200, 300)
_NOT_BILLED = frozenset({401, 402, 403, 429})
_REFUSALS = {
    401: "X refuses the token (401); put a valid bearer token where `token` says",
    402: "X says that the account has no credits left (402); buy some in X's developer console",
    403: "X refuses access (403){said}; see to the app's access and spending limit in X's console",
    404: "X knows no such address (404); see to `base_url`",
    429: "X asks to wait: its rate limit is reached (429)",
}


class XError(SourceError):
    """X did not answer one request.

    `billed`: it may have cost what it would have cost. `general`: any other request would fare the
    same now.
    """

    def __init__(
        self,
        message: str,
        *,
        billed: bool = True,
        general: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.billed = billed
        self.general = general


class _TooLarge(requests.RequestException):
    """An answer that nobody needs to read to its end."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where requests go, and how long one may take."""

    base_url: str
    timeout_s: float


class _Adapter(HTTPAdapter):
    """Sends tweepy's requests to one base URL, adds the token and reads a bounded answer.

    tweepy writes the headers that it makes to its debug log, so it is never told the token.
    """

    def __init__(self, bounds: _Bounds, token: str) -> None:
        super().__init__(max_retries=0)
        self._bounds = bounds
        self._token = token

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: Any = None,  # noqa: ARG002
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,  # noqa: ARG002
    ) -> requests.Response:
        """Send it. Raises requests.RequestException and urllib3's errors."""
        request.url = self._bounds.base_url + request.path_url
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = super().send(
            request,
            stream=True,
            timeout=self._bounds.timeout_s,
            verify=verify,
            cert=cert,
            proxies=get_environ_proxies(request.url),
        )
        with response:
            # Whatever X repeats to us, the token is not in it.
            body = _read(response).replace(self._token.encode(), "…".encode())
        headers = {
            name: value for name, value in response.headers.items() if _readable(name, value)
        }
        if response.status_code not in _SUCCESS:
            body = json.dumps({"detail": _said(body)}).encode()
        whole = HTTPResponse(
            BytesIO(body),
            headers,
            response.status_code,
            reason=response.reason,
            preload_content=False,
        )
        return self.build_response(request, whole)


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_content(_PIECE):
        body += piece
        if len(body) > _LARGEST:
            raise _TooLarge
    return bytes(body)


def _readable(name: str, value: str) -> bool:
    """Not what the body no longer is, nor what tweepy would stumble over: it converts unseen."""
    if name.lower() == _RESET:
        return _is_number(value)
    return name.lower() not in ("content-encoding", "content-length", "transfer-encoding")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(2**62))


def _said(body: bytes) -> str:
    """What X says about a refusal, in a few visible words."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found: Any = answer
    if isinstance(answer, Mapping):
        errors = answer.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        specific = first.get("message") if isinstance(first, Mapping) else None
        found = specific or answer.get("detail") or answer.get("title")
    return told(found) if isinstance(found, str) else ""


def told(text: str) -> str:
    """A stranger's text inside a message: on one line, visible, not long, without secrets."""
    return shortened(visible(without_secrets(text[:_LOOKED_AT])), _QUOTED_AT_MOST)


class Http:
    """Asks X, each time in a thread; `now` is there to read when X may be asked again."""

    def __init__(
        self, *, base_url: str, token: str, timeout_s: float, now: Callable[[], datetime]
    ) -> None:
        self._now = now
        self._patience_s = 3 * timeout_s
        self._client = tweepy.Client("", return_type=requests.Response, wait_on_rate_limit=False)
        session = self._client.session
        session.max_redirects = 0  # the token goes nowhere else
        session.mount(_HOST, _Adapter(_Bounds(base_url.rstrip("/"), timeout_s), token))

    async def ask(self, route: str, parameters: Mapping[str, str]) -> bytes:
        """The body of an answer with status 200. Raises XError."""
        try:
            # A time-out of the socket starts anew with every byte; this one does not.
            async with asyncio.timeout(self._patience_s):
                return await asyncio.to_thread(self._ask, route, dict(parameters))
        except TimeoutError:
            raise XError("X takes too long to answer; it is asked again") from None

    def close(self) -> None:
        """Close its connections."""
        self._client.session.close()

    def _ask(self, route: str, parameters: dict[str, str]) -> bytes:
        try:
            # tweepy's own method for each route knows neither pages of counts nor `post.fields`.
            response: requests.Response = self._client.request("GET", route, parameters)
        except tweepy.HTTPException as problem:
            raise self._refusal(problem.response) from None
        except requests.Timeout as problem:
            unsent = isinstance(problem, requests.ConnectTimeout)
            raise XError(
                "X takes too long to answer; it is asked again", billed=not unsent
            ) from None
        except _TooLarge:
            raise XError(
                f"X's answer is larger than {_LARGEST >> 20} MiB; it was cut off"
            ) from None
        except requests.TooManyRedirects:
            raise XError(
                "X answers with a redirect, which is not followed; see to `base_url`"
            ) from None
        except (requests.RequestException, HTTPError, OSError) as problem:
            unsent = _never_sent(problem)
            what = "cannot be reached; see to the network" if unsent else "breaks off its answer"
            raise XError(f"X {what} ({type(problem).__name__})", billed=not unsent) from None
        return bytes(response.content)

    def _refusal(self, response: requests.Response) -> XError:
        status = response.status_code
        said = json.loads(response.content)["detail"]
        said = f": {said}" if said else ""
        template = _REFUSALS.get(status, f"X answers with status {status}{{said}}")
        return XError(
            template.replace("{said}", said),
            billed=status not in _NOT_BILLED,
            general=status in _NOT_BILLED,
            retry_after=self._wait(response),
        )

    def _wait(self, response: requests.Response) -> float | None:
        """How many seconds X asks to wait, an hour at most; None where it does not say."""
        headers, now = response.headers, self._now()
        waits = []
        after = headers.get("retry-after", "").strip()
        if _is_number(after):
            waits.append(float(after))
        elif after:
            with suppress(ValueError, OverflowError):
                waits.append((parsedate_to_datetime(after).astimezone(UTC) - now).total_seconds())
        if response.status_code == requests.codes.too_many_requests and _RESET in headers:
            waits.append(int(headers[_RESET]) - now.timestamp())
        return min(max(0.0, *waits), _LONGEST_WAIT_S) if waits else None


def _never_sent(problem: Exception) -> bool:
    """No connection was made, so nothing can have been billed."""
    cause = problem.args[0] if problem.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
