"""The doubles of a brand's accounts on X, Bluesky and Mastodon: what is posted there, and how.

Each keeps what its platform documents: who may post, what is too long, what is the same post again.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.words.lengths import LIMITS, length
from alerts.words.phases import Channel
from monitor.doubles.failures import Failures, response

MICROS_A_POST: Final = 15_000
MICROS_WITH_A_LINK: Final = 200_000

_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Posted:
    """One post that is public: its key there, its text, and all that came with it."""

    key: str
    text: str
    sent: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, and how it was answered; None: as a failure was told."""

    method: str
    path: str
    body: bytes
    status: int | None
    content_type: str = ""
    answer: bytes = b""


class _Refused(Exception):
    """A request that is not answered: its status, and what is said instead."""

    def __init__(self, status: int, says: dict[str, Any]) -> None:
        super().__init__(str(status))
        self.status, self.says = status, says


_Answer = Callable[[Request, bytes], tuple[int, dict[str, Any]]]


class Account:
    """One account: `app` for a server, the rest for those who run it.

    `posts` is what is public, in order. `failures.told(…)` makes the next requests fail before
    anything is done, `losing.told(…)` when it is done, so that only the answer is lost.
    """

    def __init__(self, *routes: tuple[str, str, _Answer]) -> None:
        self.posts: list[Posted] = []
        self.requests: list[Asked] = []
        self.failures, self.losing = Failures(), Failures()
        self.app = Starlette(
            routes=[Route(path, self._endpoint(does), methods=[way]) for way, path, does in routes]
        )

    def forget(self) -> None:
        """Be as new: nothing was posted, and nothing fails."""
        self.posts.clear()
        self.requests.clear()
        self.failures.clear()
        self.losing.clear()

    def _endpoint(self, does: _Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            asked = request.method, request.url.path, body
            if failure := self.failures.next():
                self.requests.append(Asked(*asked, None))
                return await response(failure)
            try:
                status, says = does(request, body)
            except _Refused as refused:
                status, says = refused.status, refused.says
            answer, kind = orjson.dumps(says), "application/json"
            lost = self.losing.next() if status < 400 else None
            self.requests.append(Asked(*asked, None if lost else status, kind, answer))
            return await response(lost) if lost else Response(answer, status, media_type=kind)

        return endpoint


class XAccount(Account):
    """X: requests are signed (OAuth 1.0a), a text that was just posted is refused, posts cost."""

    def __init__(
        self, *, key: str, secret: str, token: str, token_secret: str, name: str = "fjordwing"
    ) -> None:
        super().__init__(("POST", "/2/tweets", self._create), ("GET", "/2/users/me", self._me))
        self._credentials = key, secret, token, token_secret
        self._name = name

    @property
    def billed_micros(self) -> int:
        """What the posts cost."""
        dear = sum("://" in one.text for one in self.posts)
        return MICROS_WITH_A_LINK * dear + MICROS_A_POST * (len(self.posts) - dear)

    def _create(self, request: Request, body: bytes) -> tuple[int, dict[str, Any]]:
        self._authorise(request)
        sent = orjson.loads(body)
        text = sent.get("text", "")
        if not text or length(text, Channel.X) > LIMITS[Channel.X]:
            raise _x(400, "Invalid Request", "Your Tweet text is empty, or too long.")
        if any(one.text == text for one in self.posts):
            detail = "You are not allowed to create a Tweet with duplicate content."
            raise _x(403, "Forbidden", detail)
        id = str(1_990_000_000_000_000_000 + len(self.posts))
        self.posts.append(Posted(id, text, sent))
        return 201, {"data": {"id": id, "text": text}}

    def _me(self, request: Request, _body: bytes) -> tuple[int, dict[str, Any]]:
        self._authorise(request)
        return 200, {"data": {"id": "2244994945", "name": self._name, "username": self._name}}

    def _authorise(self, request: Request) -> None:
        said = request.headers.get("authorization", "")
        try:
            given = dict(parse_authorization_header(said))
        except ValueError:
            given = {}
        once = {"nonce": given.get("oauth_nonce"), "timestamp": given.get("oauth_timestamp")}
        own = Client(*self._credentials, **once)
        _, headers, _ = own.sign(str(request.url), request.method)
        if said != headers["Authorization"]:
            raise _x(401, "Unauthorized", "Unauthorized")


def _x(status: int, title: str, detail: str) -> _Refused:
    problem = {"title": title, "detail": detail, "type": "about:blank", "status": status}
    return _Refused(status, {**problem, "code": status, "message": detail})


class BlueskyAccount(Account):
    """Bluesky's server of an account: sign in with an app password, put records by their keys."""

    DID = "did:plc:fjordwing234567abcdefghi"
    TOKEN = "eyJ0eXAi.fjordwing.token"  # noqa: S105 - whoever signs in gets it

    def __init__(self, *, handle: str, password: str) -> None:
        super().__init__(
            ("POST", "/xrpc/com.atproto.server.createSession", self._sign_in),
            ("POST", "/xrpc/com.atproto.repo.putRecord", self._put),
        )
        self._handle, self._password = handle, password

    def _sign_in(self, _request: Request, body: bytes) -> tuple[int, dict[str, Any]]:
        sent = orjson.loads(body)
        if (sent.get("identifier"), sent.get("password")) != (self._handle, self._password):
            raise _xrpc(401, "AuthenticationRequired", "Invalid identifier or password")
        known = {"did": self.DID, "handle": self._handle, "active": True}
        return 200, {"accessJwt": self.TOKEN, "refreshJwt": f"{self.TOKEN}r", **known}

    def _put(self, request: Request, body: bytes) -> tuple[int, dict[str, Any]]:
        if request.headers.get("authorization") != f"Bearer {self.TOKEN}":
            raise _xrpc(401, "InvalidToken", "Token could not be verified")
        sent = orjson.loads(body)
        if sent["repo"] not in (self.DID, self._handle):
            raise _xrpc(401, "AuthMissing", "Authentication Required")
        if not _TID.fullmatch(sent["rkey"]):
            raise _xrpc(400, "InvalidRequest", "Invalid record key")
        self._insist_valid(sent["record"])
        post = Posted(sent["rkey"], sent["record"]["text"], sent["record"])
        at = next((i for i, one in enumerate(self.posts) if one.key == post.key), None)
        if at is None:
            self.posts.append(post)
        else:
            self.posts[at] = post
        uri = f"at://{self.DID}/app.bsky.feed.post/{post.key}"
        return 200, {"uri": uri, "cid": "bafyrei", "validationStatus": "valid"}

    def _insist_valid(self, record: dict[str, Any]) -> None:
        """Raise where it is no `app.bsky.feed.post`, or its facets are not where its links are."""
        text: str = record["text"]
        datetime.fromisoformat(record["createdAt"])
        if record["$type"] != "app.bsky.feed.post" or not isinstance(record["langs"], list):
            raise _xrpc(400, "InvalidRequest", "Invalid app.bsky.feed.post record")
        if length(text, Channel.BLUESKY) > LIMITS[Channel.BLUESKY] or len(text.encode()) > 3_000:
            raise _xrpc(400, "InvalidRequest", "Record/text must not be longer than 300 graphemes")
        for facet in record.get("facets", ()):
            index = facet["index"]
            if not 0 <= index["byteStart"] < index["byteEnd"] <= len(text.encode()):
                raise _xrpc(400, "InvalidRequest", "Record/facets/index is out of the text")


def _xrpc(status: int, error: str, message: str) -> _Refused:
    return _Refused(status, {"error": error, "message": message})


class MastodonAccount(Account):
    """Mastodon's server of an account: a token, and idempotency keys that it remembers."""

    def __init__(self, *, token: str, name: str = "fjordwing") -> None:
        super().__init__(
            ("POST", "/api/v1/statuses", self._create),
            ("GET", "/api/v1/accounts/verify_credentials", self._me),
        )
        self._token, self._name = token, name

    def _create(self, request: Request, body: bytes) -> tuple[int, dict[str, Any]]:
        self._authorise(request)
        sent = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        text, key = sent.get("status", ""), request.headers.get("idempotency-key", "")
        if not text or length(text, Channel.MASTODON) > LIMITS[Channel.MASTODON]:
            error = "Validation failed: Text character limit of 500 exceeded"
            raise _Refused(422, {"error": error})
        known = [i for i, one in enumerate(self.posts) if key and one.key == key]
        number = known[0] if known else len(self.posts)
        if not known:
            self.posts.append(Posted(key, text, sent))
        id = str(115_000_000_000_000_000 + number)
        url = f"https://mastodon.example/@{self._name}/{id}"
        said = {"content": f"<p>{text}</p>", "language": sent.get("language")}
        return 200, {"id": id, "url": url, "uri": url, "visibility": sent.get("visibility"), **said}

    def _me(self, request: Request, _body: bytes) -> tuple[int, dict[str, Any]]:
        self._authorise(request)
        return 200, {"id": "1", "username": self._name, "acct": self._name}

    def _authorise(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._token}":
            raise _Refused(401, {"error": "The access token is invalid"})
