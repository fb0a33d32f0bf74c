"""A webhook: each revision of an incident, and what rings, as signed CloudEvents to your address.

The body is a CloudEvents 1.0 event in structured JSON. Its `id` is the key, which `Seawall-Key`
repeats: the same news delivered again has the same one, so a receiver that keeps the keys it has
seen takes nothing twice, neither from an outbox that tries again nor from somebody who recorded a
request. `type` is `seawall.incident`, whose `data` is `{"incident", "revision", "briefing"}`
(`revision` grows: one that is not above the last was overtaken); `seawall.notice`, whose `data` is
`{"notice", "address"}`; or `seawall.test`. `Seawall-Signature` is `v1=` and the HMAC-SHA256, in
hex, of the key, a full stop and the body's bytes, with the shared secret: see `verify`. It has no
time in it, since news that waited for the receiver to come back is still good.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ConfigDict, Field

from alerts.duty.notices import Notice
from alerts.hiding import without_secrets
from alerts.notifiers import Act, Notification, NotifierError, NotNews, Places
from alerts.plain_text import shortened, visible
from alerts.secret import Secret, SecretMissing

KEY, SIGNATURE = "Seawall-Key", "Seawall-Signature"
INCIDENT, NOTICE, TEST = "seawall.incident", "seawall.notice", "seawall.test"
"""Types of events."""

SOURCE = "urn:seawall"
"""Where events come from, where there is no page that could say so."""

_TEST_KEY = "test"
_TEST = "This is a test of Seawall's notifications to this address. Nothing has happened."
_PATIENCE_S = 10.0
_LATER_S, _LONGEST_S = 60.0, 3600.0
_READ, _ECHOED = 2000, 200
_CONFIGURED = frozenset({401, 403, 404, 408, 425, 429})
"""Answers of 4xx that say something of the address or of the moment, not of the message."""


class Options(BaseModel):
    """Options of the webhook notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Secret = Field(
        description="Where the address is kept that is posted to: `http` or `https`; redirects are "
        "not followed.",
        examples=[{"env": "SEAWALL_WEBHOOK_URL"}],
    )
    secret: Secret = Field(
        description="Where the secret is kept that signs each request, shared with its receiver.",
        examples=[{"env": "SEAWALL_WEBHOOK_SECRET"}],
    )


class WebhookNotifier:
    """Posts to one address, which may hold a secret and is named by its host alone."""

    replaces = False

    def __init__(self, name: str, url: httpx.URL, secret: str, *, source: str = SOURCE) -> None:
        self.name = name
        self._url, self._secret, self._source = url, secret, source
        self._client: httpx.AsyncClient | None = None

    async def send(self, notification: Notification) -> None:
        """Post one revision. Raises NotifierError for any answer but 2xx."""
        briefing = notification.briefing
        about = {
            "incident": notification.incident,
            "revision": notification.revision,
            "briefing": briefing.for_programs(),
        }
        await self._post(INCIDENT, notification.key, about, notification.incident, briefing.at)

    async def notify(
        self,
        notice: Notice,
        *,
        address: str | None,
        thread: str | None,  # noqa: ARG002 - there are no threads
        uncertain: bool,  # noqa: ARG002 - whoever gets a key twice takes it once
    ) -> None:
        """Post a notice. Raises NotifierError for any answer but 2xx."""
        about = {"notice": json.loads(notice.to_json()), "address": address}
        await self._post(NOTICE, notice.id, about, notice.incident or notice.about, notice.at)

    async def amend(self, _notice: Notice, _receipt: str) -> str:
        """Whoever takes notices in keeps them."""
        raise NotNews

    async def listen(self, act: Act) -> None:
        """Nothing comes back from there."""

    async def check(self) -> str:
        """Whether the host answers at all: it is asked for the head of the page."""
        response, _ = await self._answer("HEAD", {}, b"")
        if response.is_redirect:
            raise NotifierError(f"{self._host} redirects elsewhere; configure the final address")
        if response.is_server_error:
            raise NotifierError(f"{self._host} answers {_status(response)}")
        return f"Webhook: {self._host} answers"

    async def test(self) -> None:
        """Post that this is a test, under the key `test`. Raises NotifierError."""
        await self._post(TEST, _TEST_KEY, {"test": _TEST})

    async def close(self) -> None:
        """Close the connections that are kept."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def _host(self) -> str:
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self._url.scheme}://{self._url.host}{port}"

    async def _post(
        self, type_: str, key: str, data: object, subject: str = "", at: datetime | None = None
    ) -> None:
        event = {
            "specversion": "1.0",
            "id": key,
            "source": self._source,
            "type": type_,
            **({"subject": subject} if subject else {}),
            **({"time": at.isoformat().replace("+00:00", "Z")} if at else {}),
            "datacontenttype": "application/json",
            "data": data,
        }
        content = json.dumps(event, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            KEY: key,
            SIGNATURE: signature(self._secret, key, content),
        }
        response, said = await self._answer("POST", headers, content)
        if not response.is_success:
            raise _refused(f"{self._host} answers {_status(response)}", response, said)

    async def _answer(
        self, method: str, headers: dict[str, str], content: bytes
    ) -> tuple[httpx.Response, str]:
        """The answer and what it says, without what of the address stands in it."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_PATIENCE_S, follow_redirects=False)
        read = b""
        try:
            async with (
                asyncio.timeout(_PATIENCE_S),  # httpx counts anew with every byte
                self._client.stream(method, self._url, headers=headers, content=content) as answer,
            ):
                async for chunk in answer.aiter_bytes(_READ):
                    read += chunk
                    if answer.is_success or len(read) >= _READ:
                        break
        except (TimeoutError, httpx.TimeoutException):
            raise NotifierError(f"{self._host} does not answer in {_PATIENCE_S:.0f} s") from None
        except httpx.HTTPError as problem:
            why = self._without_address(str(problem)) or type(problem).__name__
            raise NotifierError(f"{self._host} cannot be reached: {why}") from None
        return answer, self._without_address(read[:_READ].decode("utf-8", "replace"))

    def _without_address(self, text: str) -> str:
        """What somebody else says, briefly; servers like to repeat the path they were asked for."""
        text = text.replace(self._secret, "…")
        parts = re.split(r"[/?&=:@]", self._url.raw_path.decode() + "/" + self._url.path)
        parts += [*self._url.userinfo.decode().split(":"), *self._url.params.values()]
        for part in sorted({part for part in parts if len(part) > 3}, key=len, reverse=True):
            text = text.replace(part, "…")
        return shortened(visible(without_secrets(text)), _ECHOED)


def build(options: Options, *, name: str, places: Places) -> WebhookNotifier:
    """A notifier for an address. Raises SecretMissing, also for what is no address."""
    for library in ("httpx", "httpcore"):  # they log every address at INFO, with its secret
        logging.getLogger(library).setLevel(logging.WARNING)
    place = options.url.env or options.url.file
    try:
        url = httpx.URL(options.url.read())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise SecretMissing(f"{place} holds no address; it begins with https:// or http://")
    return WebhookNotifier(name, url, options.secret.read(), source=places.origin or SOURCE)


def signature(secret: str, key: str, content: bytes) -> str:
    """The signature of a request, as its header says it."""
    signed = key.encode() + b"." + content
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(secret: str, key: str, content: bytes, said: str) -> bool:
    """Whether a request is Seawall's: for receivers, with the body's bytes as they came.

    >>> said = signature("shared", "fjordwing-w6dup7qd/1", b"{}")
    >>> verify("shared", "fjordwing-w6dup7qd/1", b"{}", said)
    True
    >>> verify("shared", "fjordwing-w6dup7qd/2", b"{}", said)
    False
    """
    return hmac.compare_digest(signature(secret, key, content).encode(), said.encode())


def _refused(message: str, response: httpx.Response, said: str) -> NotifierError:
    status = response.status_code
    message = f"{message}: {said}" if said else message
    if response.is_redirect:
        message = f"{message}; redirects are not followed, configure the final address"
    wait = _retry_after(response)
    if response.is_client_error and status not in _CONFIGURED:
        return NotifierError(message, permanent=True)
    if wait is None and not response.is_server_error:
        wait = _LATER_S  # somebody has to change something first
    return NotifierError(message, retry_after=wait)


def _status(response: httpx.Response) -> str:
    try:
        return f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    except ValueError:
        return str(response.status_code)


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that it asks for, or until the date that it names by its own clock; an hour."""
    asked = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", asked):
        return min(max(float(asked), 1.0), _LONGEST_S)
    try:
        until, now = (
            parsedate_to_datetime(date).replace(tzinfo=UTC)
            for date in (asked, response.headers.get("Date", ""))
        )
    except (ValueError, TypeError):
        return None
    return min(max((until - now).total_seconds(), 1.0), _LONGEST_S)
