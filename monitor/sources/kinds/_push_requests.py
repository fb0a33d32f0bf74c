"""What is pushed, as the API's document describes it."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from alerts.instants import Instant
from monitor.cleaning import ID_LIMIT, URL_LIMIT

MOST_ROWS = 1_000
"""Mentions or counts in one request."""

_MOST_POSTS = 1_000_000_000
_LANGUAGE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}$"
_LINK = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is written like 2026-11-21T22:07:00Z")
    return value


Moment = Annotated[Instant, BeforeValidator(_written)]


@dataclass(frozen=True, slots=True)
class _Described:
    """A row may be anything, for one that is malformed does not spoil the rest; it should be this.

    The API's document shows the model, and each row is held against it by itself.
    """

    model: type[BaseModel]

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self.model.__pydantic_core_schema__)


class _Pushed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PushedMention(_Pushed):
    """A post; it counts if it mentions a brand of the configuration."""

    id: str = Field(min_length=1, max_length=ID_LIMIT, description="Unique on its platform.")
    created_at: Moment = Field(description="When it was written, with its offset.")
    text: str = Field(description="What it says, as plain text: nothing in it is unescaped.")
    author: str | None = Field(None, description="Who wrote it; a pseudonym will do.")
    lang: str | None = Field(
        None, pattern=_LANGUAGE, description="Its language (BCP 47); found out where left out."
    )
    url: str | None = Field(None, max_length=URL_LIMIT, description="Where it can be read.")
    repost_of: str | None = Field(
        None, max_length=ID_LIMIT, description="The id of the post that it repeats."
    )
    reply: bool | None = Field(
        None,
        description="Whether it answers somebody; left out, it does where it begins with a name.",
    )

    @field_validator("url")
    @classmethod
    def _a_link(cls, url: str | None) -> str | None:
        if url is not None and not _LINK.fullmatch(url):
            raise ValueError("is no address of the web: https://…")
        return url


class PushedCount(_Pushed):
    """How many posts there were on a brand's topic in one bucket of the configuration."""

    brand: str = Field(description="The brand's id.")
    topic: str = Field(description="The topic's id; `all`: all mentions.")
    at: Moment = Field(description="When the bucket begins, with its offset.")
    posts: int = Field(ge=0, le=_MOST_POSTS, strict=True, description="Zero is worth saying.")
    authors: int | None = Field(
        None, ge=0, le=_MOST_POSTS, strict=True, description="By how many people, where known."
    )


class _Request(_Pushed):
    platform: str = Field(max_length=200, description="A platform of a `push` source.")
    observed_since: Moment | None = Field(
        None,
        description="From when on nothing is missing; if left out, from the last `observed_until`.",
    )


class PushedMentions(_Request):
    """Posts of one platform, and how far it has been seen."""

    mentions: list[Annotated[Any, _Described(PushedMention)]] = Field(
        max_length=MOST_ROWS,
        description="In any order; posts that are known already are passed over.",
    )
    observed_until: Moment | None = Field(
        None,
        description="Until when no post of the platform is missing, in this request and those "
        "before. Without it nothing is judged, and silence is not zero.",
    )


class PushedCounts(_Request):
    """Counts of one platform, and how far it has been counted."""

    counts: list[Annotated[Any, _Described(PushedCount)]] = Field(
        max_length=MOST_ROWS,
        description="Whole buckets, each series once a bucket. A series is observed through the "
        "counts that name it: where nobody wrote anything, say 0.",
    )
    observed_until: Moment = Field(description="Until when the series named here are complete.")
