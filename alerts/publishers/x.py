"""Posts on X as the brand's account; each post costs $0.015, and $0.200 with a link in it.

X has no key by which a post that is sent twice would be public once: a post whose answer was lost
is not sent again, and somebody has to look.
"""

import re

from oauthlib.oauth1 import Client
from pydantic import BaseModel, ConfigDict, Field

from alerts.publishers import Words
from alerts.publishers._asking import Platform
from alerts.secret import Secret
from alerts.words import lengths
from alerts.words.phases import Channel

CHANNEL, REPEATS = Channel.X, False

MICROS_A_POST, MICROS_WITH_A_LINK = 15_000, 200_000
"""What X charges for a post, in millionths of a dollar (its prices of August 2026)."""

POSTS, ME = "/2/tweets", "/2/users/me"

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


class Options(BaseModel):
    """The account and the app that posts for it, from X's developer console (OAuth 1.0a)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: Secret = Field(
        default=Secret(env="X_API_KEY"), description="Where the app's API key is kept."
    )
    api_secret: Secret = Field(
        default=Secret(env="X_API_SECRET"), description="Where the secret of that key is kept."
    )
    access_token: Secret = Field(
        default=Secret(env="X_ACCESS_TOKEN"),
        description="Where the access token of the brand's account is kept, with the right to "
        "write.",
    )
    access_secret: Secret = Field(
        default=Secret(env="X_ACCESS_SECRET"),
        description="Where the secret of that token is kept.",
    )
    base_url: str = Field(
        default="https://api.x.com",
        pattern=r"^https?://",
        description="Where X's API is; another address is for tests.",
    )


def price(text: str) -> int:
    """What a post of this text costs, in millionths of a dollar.

    >>> price("We are on it."), price("More: https://fjordwing.example/status")
    (15000, 200000)
    """
    return MICROS_WITH_A_LINK if lengths.links(text) else MICROS_A_POST


class XPublisher:
    """Posts as an account of X; each request is signed for that account."""

    def __init__(self, name: str, platform: Platform, signer: Client) -> None:
        self.name = name
        self._platform, self._signer = platform, signer

    async def post(self, words: Words) -> str:
        """Post it. Raises PublisherError; where it is `unsure`, it may be public."""
        answer = await self._platform.ask(
            "POST", POSTS, self._signed("POST", POSTS), json={"text": words.text}
        )
        data = answer.get("data")
        id = data.get("id") if isinstance(data, dict) else None
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise self._platform.misunderstood()
        return f"https://x.com/i/web/status/{id}"

    async def check(self) -> str:
        """Who it would post as, which X charges as a user read. Raises PublisherError."""
        answer = await self._platform.ask("GET", ME, self._signed("GET", ME))
        data = answer.get("data")
        who = data.get("username") if isinstance(data, dict) else None
        if not isinstance(who, str):
            raise self._platform.misunderstood()
        return f"X: would post as @{who[:50]}"

    def _signed(self, method: str, path: str) -> dict[str, str]:
        _, headers, _ = self._signer.sign(self._platform.base_url + path, method)
        return {name: str(value) for name, value in headers.items()}


def build(options: Options, *, name: str) -> XPublisher:
    """A publisher for an account. Raises SecretMissing."""
    signer = Client(
        options.api_key.read(),
        client_secret=options.api_secret.read(),
        resource_owner_key=options.access_token.read(),
        resource_owner_secret=options.access_secret.read(),
    )
    return XPublisher(name, Platform(options.base_url, "X"), signer)
