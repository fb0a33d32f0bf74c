"""What X answers: counts by the minute, posts; anything else is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from alerts.posts import Post
from monitor import language
from monitor.cleaning import clean_text
from monitor.sources.kinds._x_http import XError, told

MINUTE = timedelta(minutes=1)

_MOST_POSTS = 10**9
_ID = r"^[0-9]{1,19}$"
_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")


class _Bucket(BaseModel):
    """Its number was `tweet_count` until X renamed it; either will do."""

    start: AwareDatetime
    end: AwareDatetime
    posts: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=_MOST_POSTS,
            validation_alias=AliasChoices("post_count", "tweet_count"),
        ),
    ]


class _Meta(BaseModel):
    next_token: Annotated[str, Field(min_length=1, max_length=500)] | None = None


class _Answer(BaseModel):
    data: list[Any] = []
    errors: list[Any] = []
    includes: Any = None
    meta: _Meta = _Meta()


class _Counts(_Answer):
    data: list[_Bucket] = []


class _Written(BaseModel):
    id: Annotated[str, Field(pattern=_ID)]
    text: str
    created_at: AwareDatetime
    author_id: Annotated[str, Field(pattern=_ID)] | None = None
    lang: str | None = None


_COUNTS = TypeAdapter(_Counts)
_ANSWER = TypeAdapter(_Answer)
_WRITTEN = TypeAdapter(_Written)


@dataclass(frozen=True, slots=True)
class Page:
    """Posts by minute, of the whole minutes asked for; `further` asks for the next page."""

    minutes: Mapping[datetime, int]
    further: str | None


def counts(body: bytes, since: datetime, until: datetime) -> Page:
    """Read an answer about [since, until); what lies outside of it is left out. Raises XError."""
    answer = _valid(_COUNTS, body)
    minutes = {
        bucket.start.astimezone(UTC): bucket.posts
        for bucket in answer.data
        if since <= bucket.start < bucket.end <= until
        and bucket.end - bucket.start == MINUTE
        and not (bucket.start.second or bucket.start.microsecond)
    }
    if answer.errors:
        raise XError(f"X counted with errors: {_first(answer.errors)}")
    if not minutes:
        raise XError("X's answer has none of the minutes asked for; they are asked for again")
    return Page(minutes, answer.meta.next_token)


@dataclass(frozen=True, slots=True)
class Found:
    """The posts of an answer that can be read, and how many it had; `further` asks for more."""

    posts: list[Post]
    came: int
    further: str | None


def posts(body: bytes) -> Found:
    """Read what a search found. Raises XError."""
    answer = _valid(_ANSWER, body)
    if answer.errors and not answer.data:
        raise XError(f"X searched with errors: {_first(answer.errors)}")
    names = _names(answer.includes)
    found = []
    for entry in answer.data:
        try:
            found.append(_post(_WRITTEN.validate_python(entry), names))
        except ValidationError:
            continue  # one of several illustrations; nothing is counted by them
    return Found(found, len(answer.data), answer.meta.next_token)


def _post(one: _Written, names: Mapping[str, str]) -> Post:
    try:
        lang = language.normalise(one.lang or "")
    except ValueError:
        lang = ""
    return Post(
        platform="x",
        id=one.id,
        created_at=one.created_at.astimezone(UTC),
        text=clean_text(one.text),
        author=names.get(one.author_id or "", one.author_id),
        lang=lang if lang in language.KNOWN else None,
        url=f"https://x.com/i/status/{one.id}",
    )


def _names(includes: object) -> dict[str, str]:
    """Users' names by their ids, as far as both can be read."""
    users = includes.get("users") if isinstance(includes, Mapping) else None
    names = {}
    for user in users if isinstance(users, list) else []:
        if isinstance(user, Mapping):
            id, name = user.get("id"), user.get("username")
            if isinstance(id, str) and isinstance(name, str) and _NAME.fullmatch(name):
                names[id] = name
    return names


def _first(errors: list[Any]) -> str:
    first = errors[0] if isinstance(errors[0], Mapping) else {}
    said = first.get("detail") or first.get("message") or first.get("title")
    return told(said) if isinstance(said, str) else "it does not say which"


def _valid(shape: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return shape.validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        raise XError(
            told(f"X's answer is not what it documents: {place}: {first['msg']}")
        ) from None
