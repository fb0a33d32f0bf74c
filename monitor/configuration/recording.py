"""How recorded files are read."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from monitor.configuration.part import Part
from monitor.configuration.values import Id, Moment, Zone, defined, wrong


class Columns(Part):
    """The columns of recorded posts; in JSON lines the keys, dots reaching into objects."""

    id: str = Field(
        default="id", description="Unique on its platform. Required.", examples=["tweet_id"]
    )
    created_at: str = Field(
        default="created_at",
        description="When it was written, in ISO 8601. Required.",
        examples=["utc"],
    )
    text: str = Field(default="text", description="What it says. Required.", examples=["text"])
    author: str = Field(
        default="author", description="Who wrote it; a pseudonym will do.", examples=["user.id"]
    )
    lang: str = Field(default="lang", description="Its language.", examples=["lang"])
    platform: str = Field(
        default="platform", description="Where it was written.", examples=["platform"]
    )
    url: str = Field(default="url", description="Where it can be read.", examples=["url"])
    repost_of: str = Field(
        default="repost_of",
        description="The id of the post that it repeats.",
        examples=["referenced.id"],
    )
    reply_to: str = Field(
        default="reply_to",
        description="What or whom it answers, empty where nobody; where there is no such column, "
        "posts that begin with a name answer it.",
        examples=["in_reply_to_user_id"],
    )


class Span(Part):
    """From when to when a recording is known to hold every post; either end may be left out."""

    since: Moment | None = Field(
        default=None,
        alias="from",
        description="The first instant; the first post of the brand where it is left out.",
        examples=["2015-02-22T20:00:00Z"],
    )
    until: Moment | None = Field(
        default=None,
        alias="to",
        description="The end; the last post of the brand where it is left out.",
        examples=["2015-02-24T20:00:00Z"],
    )

    @model_validator(mode="after")
    def _forwards(self) -> "Span":
        if self.since and self.until and self.since >= self.until:
            raise wrong("`from` is not before `to`", "exchange them, or check the years")
        return self


class Recorded(Part):
    """How recorded files are read."""

    platform: Id = Field(
        default="recording",
        description="The platform of posts and counts where no column names one.",
        examples=["x"],
    )
    columns: Columns = Field(default=Columns(), description="Which column holds what.")
    timezone: Zone = Field(
        default="UTC",
        description="The time zone of times that are written without an offset.",
        examples=["Europe/Berlin"],
    )
    absent: Literal["missing", "zero"] = Field(
        default="missing",
        description="What an absent row of counts means: not known, or nobody wrote anything.",
        examples=["zero"],
    )
    observed: dict[Annotated[Id, defined("brands", "brand")], Span] = Field(
        default={},
        description="Per brand, from when to when the recording holds every post, where that is "
        "not from its first to its last. Buckets only partly inside are left out.",
        examples=[{"american": {"from": "2015-02-22T20:00:00Z"}}],
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of times without an offset."""
        return ZoneInfo(self.timezone)
