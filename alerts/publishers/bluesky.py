"""Posts on Bluesky as the brand's account, with an app password; it costs nothing.

The key of the record is made of the message, so that what is sent twice is one post.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from alerts.publishers import PublisherError, Words
from alerts.publishers._asking import Platform
from alerts.secret import Secret, remember
from alerts.words import lengths
from alerts.words.phases import Channel

CHANNEL, REPEATS = Channel.BLUESKY, True

SESSION, PUT = "/xrpc/com.atproto.server.createSession", "/xrpc/com.atproto.repo.putRecord"
COLLECTION = "app.bsky.feed.post"

_DIGITS: Final = "234567abcdefghijklmnopqrstuvwxyz"
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Options(BaseModel):
    """The account, by its handle and an app password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: str = Field(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$",
        description="The brand's handle.",
        examples=["fjordwing.example"],
    )
    app_password: Secret = Field(
        default=Secret(env="BLUESKY_APP_PASSWORD"),
        description="Where an app password of the account is kept; never its own password.",
    )
    base_url: str = Field(
        default="https://bsky.social",
        pattern=r"^https?://",
        description="The server that hosts the account.",
    )


def price(text: str) -> int:  # noqa: ARG001 - as other kinds
    """Posting costs nothing."""
    return 0


class BlueskyPublisher:
    """Signs in for each post, which is a record in the account's repository."""

    def __init__(self, name: str, platform: Platform, handle: str, password: str) -> None:
        self.name = name
        self._platform, self._handle, self._password = platform, handle, password

    async def post(self, words: Words) -> str:
        """Post it. Raises PublisherError; where `unsure`, the same words can be sent again."""
        did, token = await self._sign_in()
        key = record_key(words)
        asked = {
            "repo": did,
            "collection": COLLECTION,
            "rkey": key,
            "record": record(words),
        }
        answer = await self._platform.ask(
            "POST", PUT, {"Authorization": f"Bearer {token}"}, json=asked
        )
        if answer.get("uri") != f"at://{did}/{COLLECTION}/{key}":
            raise self._platform.misunderstood()
        return f"https://bsky.app/profile/{did}/post/{key}"

    async def check(self) -> str:
        """Sign in. Raises PublisherError."""
        await self._sign_in()
        return f"Bluesky: would post as @{self._handle}"

    async def _sign_in(self) -> tuple[str, str]:
        """The account's id, and a token. Raises PublisherError, which is never `unsure`."""
        asked = {"identifier": self._handle, "password": self._password}
        try:
            answer = await self._platform.ask("POST", SESSION, {}, json=asked)
        except PublisherError as error:
            raise PublisherError(
                str(error), permanent=error.permanent, retry_after=error.retry_after
            ) from None
        did, token = answer.get("did"), answer.get("accessJwt")
        if not (isinstance(did, str) and _DID.fullmatch(did) and _is_token(token)):
            raise PublisherError(str(self._platform.misunderstood()))
        remember(str(token))
        return did, str(token)


def build(options: Options, *, name: str) -> BlueskyPublisher:
    """A publisher for an account. Raises SecretMissing."""
    platform = Platform(options.base_url, "Bluesky")
    return BlueskyPublisher(name, platform, options.handle, options.app_password.read())


def record(words: Words) -> dict[str, Any]:
    """The post as it is kept there, the same whenever it is made of the same words."""
    return {
        "$type": COLLECTION,
        "text": words.text,
        "langs": [words.language],
        "createdAt": f"{words.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        **({"facets": facets} if (facets := _facets(words.text)) else {}),
    }


def record_key(words: Words) -> str:
    """A TID: 53 bits of microseconds, and 10 of a clock's id; beyond the second both are the key's.

    >>> at = datetime(2026, 11, 22, 14, tzinfo=UTC)
    >>> record_key(Words("acme-b5g44m7i/3/5c1e", "We are on it.", "en", at, at))
    '3n2vrme67a272'
    """
    second = (words.drafted_at - _EPOCH).total_seconds() // 1
    drawn = int.from_bytes(sha256(words.key.encode()).digest()[:8])
    micros = int(second) * 1_000_000 + drawn % 1_000_000
    number = micros << 10 | drawn >> 54
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -5, -5))


def _facets(text: str) -> list[dict[str, Any]]:
    """The links in it, each where its bytes are."""
    return [
        {
            "index": {"byteStart": _bytes(text[:start]), "byteEnd": _bytes(text[:end])},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": _whole(text[start:end])}],
        }
        for start, end, _ in lengths.links(text)
    ]


def _bytes(text: str) -> int:
    return len(text.encode())


def _whole(link: str) -> str:
    return link if "://" in link else f"https://{link}"


def _is_token(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable() and " " not in text
