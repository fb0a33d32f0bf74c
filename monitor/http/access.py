"""Who may come in: tokens of programs and people, sessions of browsers, and where forms come from.

A program shows its token with each request. A browser has a cookie, which nothing but its own
pages may use: SameSite=Strict, a hidden word in every form, and the origin that the browser names.
"""

import hmac
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from alerts.incidents.incident import DAEMON
from alerts.secret import SecretMissing
from monitor.configuration.daemon import Http, Scope
from monitor.store.access import SESSION_LIFE, Session, digest

SHORTEST_TOKEN = 20
_COOKIE = "seawall"
_ATTEMPTS, _WITHIN = 10, timedelta(minutes=1)


class Door(StrEnum):
    """How one comes in to a route."""

    OPEN = "open"
    TOKEN = "token"  # noqa: S105
    SESSION = "session"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, and what they may do. `key` is what they hold; it is shown nowhere."""

    name: str
    scopes: frozenset[str]
    key: str = field(repr=False)


class SignInFirst(Exception):
    """A page was asked for by a browser that is not signed in."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of the configuration, by digest; made by `Tokens.read`."""

    _known: Mapping[str, tuple[str, frozenset[str]]] = field(repr=False)

    @classmethod
    def read(cls, http: Http) -> "Tokens":
        """Read every token's secret. Raises SecretMissing, which says where and what to do."""
        known: dict[str, tuple[str, frozenset[str]]] = {}
        for name, token in http.tokens.items():
            place = f"http.tokens.{name}.secret"
            if is_ours(name):
                raise SecretMissing(f"{place}: {name} is Seawall itself; give it another name")
            try:
                secret = token.secret.read()
            except SecretMissing as problem:
                raise SecretMissing(f"{place}: {problem}") from None
            if len(secret) < SHORTEST_TOKEN:
                raise SecretMissing(
                    f"{place} is shorter than {SHORTEST_TOKEN} characters, and could be guessed; "
                    "make a longer one: openssl rand -hex 32"
                )
            if not all("!" <= character <= "~" for character in secret):
                raise SecretMissing(
                    f"{place} has characters that no request can show; letters and digits do: "
                    "openssl rand -hex 32"
                )
            if digest(secret) in known:
                other = known[digest(secret)][0]
                raise SecretMissing(
                    f"{place} is the same as that of {other}; give each its own, so that it can be "
                    "told who did what: openssl rand -hex 32"
                )
            known[digest(secret)] = (name, frozenset(token.scopes))
        return cls(known)

    def of(self, secret: str) -> Identity | None:
        """Whose token this is; it takes as long to say so for any."""
        shown, found = digest(secret), None
        for known, (name, scopes) in self._known.items():
            if hmac.compare_digest(known, shown):
                found = Identity(name, scopes, secret)
        return found

    def still_lets(self, session: Session) -> frozenset[str] | None:
        """What a session may do by the configuration in force; None where its token is gone."""
        if session.token is None:
            return session.scopes
        known = self._known.get(session.token)
        return known and session.scopes & known[1]


@dataclass(slots=True)
class Attempts:
    """Failed attempts to sign in: ten in a minute, then a pause."""

    now: Callable[[], datetime]
    _failed: deque[datetime] = field(default_factory=deque)

    @property
    def too_many(self) -> bool:
        """Whether to refuse even to look."""
        while self._failed and self._failed[0] <= self.now() - _WITHIN:
            self._failed.popleft()
        return len(self._failed) >= _ATTEMPTS

    def failed(self) -> None:
        """Count one."""
        self._failed.append(self.now())


def is_ours(name: str) -> bool:
    """Whether a name is the one under which Seawall itself acts."""
    return name.strip().casefold() == DAEMON


def shown_token(request: Request) -> str | None:
    """The token of the `Authorization` header."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def shown_cookie(request: Request) -> str | None:
    """What the browser keeps."""
    return request.cookies.get(_COOKIE)


def keep_cookie(response: Response, value: str, *, secure: bool) -> None:
    """Have the browser keep its session, and show it to nobody else."""
    life = int(SESSION_LIFE.total_seconds())
    response.set_cookie(
        _COOKIE, value, max_age=life, path="/", httponly=True, samesite="strict", secure=secure
    )


def drop_cookie(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(_COOKIE, path="/", httponly=True, samesite="strict")


def form_word(session: str) -> str:
    """The hidden word in the forms of a session's pages: who cannot read them does not know it."""
    return hmac.new(session.encode(), b"seawall form", "sha256").hexdigest()


def is_form_word(session: str, word: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(form_word(session).encode(), word.encode("utf-8", "replace"))


def from_elsewhere(request: Request) -> bool:
    """Whether the browser says that another site sent this form."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return True
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def is_https(request: Request, http: Http) -> bool:
    """Whether people reach us over TLS, by the address they used."""
    if request.url.scheme == "https":
        return True
    public = urlsplit(http.url or "")
    return public.scheme == "https" and public.hostname == host_name(request.headers["host"])


def host_names(http: Http) -> frozenset[str]:
    """The host names to answer to: this machine's own, and those of the configuration."""
    names = {"127.0.0.1", "localhost", "::1", *(name.lower().strip("[]") for name in http.hosts)}
    if http.url:
        names.add((urlsplit(http.url).hostname or "").lower())
    if http.host not in ("0.0.0.0", "::"):  # noqa: S104
        names.add(http.host.lower().strip("[]"))
    return frozenset(names - {""})


def host_name(header: str) -> str | None:
    """The name in a `Host` header, without port and brackets; None where it is no name."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None


SCOPES: Mapping[Scope, str] = {
    "read": "see incidents, samples and sources",
    "act": "report incidents, and take steps on them",
    "ingest": "push mentions and counts",
    "metrics": "scrape metrics",
}
"""What each scope allows, in words."""
