"""Who may use the page: one-time links, and the sessions that links and tokens begin.

Other one-time links answer a question, and let nobody in.

Only digests are stored: who reads the store cannot sign in with it. `now` is real time here, also
where simulated time runs.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from monitor.store.schema import access

LINK_LIFE = timedelta(minutes=10)
SESSION_LIFE = timedelta(hours=12)
ANSWER_LIFE = timedelta(hours=12)

_LINK, _SESSION, _BY_TOKEN, _ANSWER = "link", "session", "session:", "answer"
_SESSIONS = or_(access.c.kind == _SESSION, access.c.kind.startswith(_BY_TOKEN))
_MAY = "read act"
"""What a link lets a person do."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in: whose it is, and the digest of the token that began it, if any.

    One that a token began ends when that token is taken away.
    """

    name: str
    scopes: frozenset[str]
    token: str | None = None


def digest(secret: str) -> str:
    """What the store keeps instead of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def make_link(connection: Connection, now: datetime, name: str | None = None) -> str:
    """A new one-time link: `/sign-in?link=` and what this returns; it is good for ten minutes.

    With a name it is that person's; else whoever uses it says who they are.
    """
    return _add(connection, _LINK, name, _MAY, now, LINK_LIFE)


def link_is_good(connection: Connection, link: str, now: datetime) -> bool:
    """Whether a link can be redeemed, without doing so."""
    return connection.scalar(select(access.c.scopes).where(_good(_LINK, link, now))) is not None


def holder(connection: Connection, link: str, now: datetime) -> str | None:
    """Whose link it is; None where it is anybody's, or no good."""
    return connection.scalar(select(access.c.name).where(_good(_LINK, link, now)))


def redeem(connection: Connection, link: str, name: str, now: datetime) -> str | None:
    """Use a link up and begin a session: for whose it is, else for who says to be `name`.

    What the browser is to keep; None where the link is unknown, expired or used already. Of two
    that come at once, one gets it.
    """
    found = access.c.scopes, access.c.name
    used = delete(access).where(_good(_LINK, link, now)).returning(*found)
    row = connection.execute(used).one_or_none()
    if row is None:
        return None
    return _add(connection, _SESSION, row.name or name, row.scopes, now, SESSION_LIFE)


def begin_session(
    connection: Connection, name: str, scopes: Collection[str], token: str, now: datetime
) -> str:
    """Begin a session for the holder of a token, given as its digest: what the browser is to keep.

    It ends with the token.
    """
    may = " ".join(sorted(scopes))
    return _add(connection, _BY_TOKEN + token, name, may, now, SESSION_LIFE)


def session(connection: Connection, value: str, now: datetime) -> Session | None:
    """The session that a browser holds; None where it is unknown, over or ended."""
    query = select(access.c.name, access.c.scopes, access.c.kind).where(
        access.c.digest == digest(value), _SESSIONS, access.c.expires_at > now
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    token = row.kind.removeprefix(_BY_TOKEN) if row.kind.startswith(_BY_TOKEN) else None
    return Session(row.name, frozenset(row.scopes.split()), token)


def end_session(connection: Connection, value: str) -> None:
    """Forget a session."""
    connection.execute(delete(access).where(access.c.digest == digest(value), _SESSIONS))


def make_answer_link(connection: Connection, now: datetime, request: str) -> str:
    """A new secret that answers a question, by its id, once; it is good for twelve hours."""
    return _add(connection, _ANSWER, request, "", now, ANSWER_LIFE)


def asked(connection: Connection, secret: str, now: datetime) -> str | None:
    """The id of the question that a secret answers; None where it is no good."""
    return connection.scalar(select(access.c.name).where(_good(_ANSWER, secret, now)))


def use_up(connection: Connection, secret: str) -> bool:
    """Forget a secret that answers; whether it was there: of two that come at once, one gets it."""
    this = access.c.digest == digest(secret), access.c.kind == _ANSWER
    return connection.execute(delete(access).where(*this)).rowcount > 0


def _good(kind: str, secret: str, now: datetime) -> ColumnElement[bool]:
    a = access.c
    return and_(a.digest == digest(secret), a.kind == kind, a.expires_at > now)


def _add(
    connection: Connection,
    kind: str,
    name: str | None,
    scopes: str,
    now: datetime,
    life: timedelta,
) -> str:
    connection.execute(delete(access).where(access.c.expires_at <= now))
    secret = secrets.token_urlsafe(32)
    row = {"digest": digest(secret), "kind": kind, "name": name, "scopes": scopes}
    connection.execute(access.insert().values(**row, expires_at=now + life))
    return secret
