"""Posts on Mastodon as the brand's account; it costs nothing.

Each post has an idempotency key, by which the server knows within the hour what is sent twice.
"""

import re
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from alerts.publishers import Words
from alerts.publishers._asking import Platform
from alerts.secret import Secret
from alerts.words.phases import Channel

CHANNEL, REPEATS = Channel.MASTODON, True

STATUSES, ME = "/api/v1/statuses", "/api/v1/accounts/verify_credentials"

_LINK = re.compile(r"https://[!-~]{1,500}", re.ASCII)


class Options(BaseModel):
    """The account, by its server and a token of an application with the scope `write:statuses`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        pattern=r"^https?://",
        description="The server of the account.",
        examples=["https://mastodon.example"],
    )
    token: Secret = Field(
        default=Secret(env="MASTODON_TOKEN"),
        description="Where the account's access token is kept; its scopes are `write:statuses`, "
        "and `read:accounts` for `seawall check --live`.",
    )


def price(text: str) -> int:  # noqa: ARG001 - as other kinds
    """Posting costs nothing."""
    return 0


class MastodonPublisher:
    """Posts in public as the account of a token."""

    def __init__(self, name: str, platform: Platform, token: str) -> None:
        self.name = name
        self._platform = platform
        self._headers = {"Authorization": f"Bearer {token}"}

    async def post(self, words: Words) -> str:
        """Post it. Raises PublisherError; where `unsure`, the same words can be sent again."""
        headers = {**self._headers, "Idempotency-Key": sha256(words.key.encode()).hexdigest()}
        form = {"status": words.text, "language": words.language, "visibility": "public"}
        answer = await self._platform.ask("POST", STATUSES, headers, form=form)
        if not isinstance(answer.get("id"), str):
            raise self._platform.misunderstood()
        link = answer.get("url")
        return link if isinstance(link, str) and _LINK.fullmatch(link) else ""

    async def check(self) -> str:
        """Who it would post as. Raises PublisherError."""
        answer = await self._platform.ask("GET", ME, self._headers)
        who = answer.get("acct")
        if not isinstance(who, str):
            raise self._platform.misunderstood()
        return f"Mastodon: would post as @{who[:100]}"


def build(options: Options, *, name: str) -> MastodonPublisher:
    """A publisher for an account. Raises SecretMissing."""
    return MastodonPublisher(name, Platform(options.base_url, "Mastodon"), options.token.read())
