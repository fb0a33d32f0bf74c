"""Asking a platform to post: once, within bounds of time and size, its refusals told apart."""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from alerts.hiding import without_secrets
from alerts.plain_text import shortened, visible
from alerts.publishers import PublisherError

PATIENCE_S: Final = 12.0
"""How long one answer may take; a publisher asks two at most."""

_CONNECT_S: Final = 5.0
_LARGEST, _QUOTED = 2**20, 200
_LONGEST_WAIT_S: Final = 3600.0
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_RESETS = ("x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset")
_SAYING = ("detail", "message", "error_description", "error", "title")
_SUCCESS, _REFUSED = range(200, 300), range(300, 500)


class Platform:
    """One server, which people call by `called`; redirects are not followed."""

    def __init__(self, base_url: str, called: str) -> None:
        for library in ("httpx", "httpcore"):  # they log every address at INFO
            logging.getLogger(library).setLevel(logging.WARNING)
        self.base_url, self._called = base_url.rstrip("/"), called

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """What it answers. Raises PublisherError, `unsure` wherever it may have been done."""
        url, patience = self.base_url + path, httpx.Timeout(PATIENCE_S, connect=_CONNECT_S)
        try:
            async with (
                asyncio.timeout(PATIENCE_S),  # httpx counts anew with every byte
                # A new connection each time: one that was kept may break as a post is on its way.
                httpx.AsyncClient(timeout=patience, follow_redirects=False) as client,
                client.stream(method, url, headers=dict(headers), json=json, data=form) as answer,
            ):
                body = await _read(answer)
        except _UNSENT as problem:
            raise self._error(f"cannot be reached ({type(problem).__name__})") from None
        except (TimeoutError, httpx.TimeoutException):
            raise self._error("takes too long to answer", unsure=True) from None
        except httpx.HTTPError as problem:
            raise self._error(f"breaks off ({type(problem).__name__})", unsure=True) from None
        except (httpx.InvalidURL, ValueError) as problem:
            what = f"cannot be asked ({type(problem).__name__}); see to its options and secrets"
            raise self._error(what, permanent=True) from None
        if answer.status_code not in _SUCCESS:
            raise self._refusal(answer, body)
        found = _data(body)
        if found is None:
            raise self.misunderstood()
        return found

    def misunderstood(self) -> PublisherError:
        """The error of an answer that says neither yes nor no."""
        return self._error("answers something that cannot be understood", unsure=True)

    def _refusal(self, answer: httpx.Response, body: bytes) -> PublisherError:
        status = answer.status_code
        said = _said(body)
        message = f"answers {_named(status)}{': ' if said else ''}{said}"
        if answer.is_redirect:
            message = f"{message}; redirects are not followed, see to `base_url`"
        waits = status == HTTPStatus.TOO_MANY_REQUESTS
        return self._error(
            message,
            unsure=status not in _REFUSED or status == HTTPStatus.REQUEST_TIMEOUT,
            permanent=status in _REFUSED and not waits,
            retry_after=asked_to_wait(answer) if waits else None,
        )

    def _error(self, what: str, **more: Any) -> PublisherError:
        return PublisherError(f"{self._called} {what}", **more)


async def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > _LARGEST:
            break
    return bytes(body)


def _data(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _said(body: bytes) -> str:
    """What it says about a refusal, in a few visible words, without secrets."""
    found = _data(body) or {}
    errors = found.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    places = [*([first] if isinstance(first, dict) else []), found]
    texts = (place.get(key) for place in places for key in _SAYING)
    text = next((one for one in texts if isinstance(one, str) and one.strip()), "")
    return shortened(visible(without_secrets(text)), _QUOTED)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def asked_to_wait(answer: httpx.Response) -> float | None:
    """How many seconds it asks to wait, an hour at most, by its own clock; None where it is mute.

    It says so in seconds, or names a time: X and Bluesky in seconds since 1970, Mastodon in words.
    """
    after = answer.headers.get("retry-after", "").strip()
    if after.isascii() and after.isdecimal() and len(after) < 10:
        return min(float(after), _LONGEST_WAIT_S)
    until = next((answer.headers[name] for name in _RESETS if name in answer.headers), after)
    try:
        now = parsedate_to_datetime(answer.headers["date"])
        at = (
            datetime.fromtimestamp(int(until), UTC)
            if until.isdecimal()
            else datetime.fromisoformat(until)
        )
        return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT_S)
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        return None
