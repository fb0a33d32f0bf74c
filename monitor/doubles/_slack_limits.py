"""What Slack's documentation says a message may hold; anything else is refused with its word."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

_MOST_BLOCKS, _LONGEST_BLOCKS, _LONGEST_TEXT = 50, 13_000, 40_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Plain(_Part):
    type: Literal["plain_text"]
    text: str = Field(min_length=1, max_length=3000)
    emoji: bool = True


class _Mrkdwn(_Part):
    type: Literal["mrkdwn"]
    text: str = Field(min_length=1, max_length=3000)
    verbatim: bool = False


_Text = Annotated[_Plain | _Mrkdwn, Field(discriminator="type")]


def _plain_of(longest: int) -> Any:
    class Bounded(_Plain):
        text: str = Field(min_length=1, max_length=longest)

    return Bounded


class _Field(_Part):
    type: Literal["plain_text", "mrkdwn"]
    text: str = Field(min_length=1, max_length=2000)
    emoji: bool | None = None
    verbatim: bool | None = None


class _Confirm(_Part):
    title: _plain_of(100)  # type: ignore[valid-type]
    text: _plain_of(300)  # type: ignore[valid-type]
    confirm: _plain_of(30)  # type: ignore[valid-type]
    deny: _plain_of(30)  # type: ignore[valid-type]
    style: Literal["primary", "danger"] | None = None


class _Button(_Part):
    type: Literal["button"]
    text: _plain_of(75)  # type: ignore[valid-type]
    action_id: str | None = Field(None, min_length=1, max_length=255)
    value: str | None = Field(None, max_length=2000)
    url: str | None = Field(None, pattern="^[a-z]+://", max_length=3000)
    style: Literal["primary", "danger"] | None = None
    confirm: _Confirm | None = None


class _Block(_Part):
    block_id: str | None = Field(None, max_length=255)


class _Header(_Block):
    type: Literal["header"]
    text: _plain_of(150)  # type: ignore[valid-type]


class _Section(_Block):
    type: Literal["section"]
    text: _Text | None = None
    fields: list[_Field] | None = Field(None, min_length=1, max_length=10)
    accessory: _Button | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "_Section":
        if self.text is None and self.fields is None:
            raise ValueError("a section needs text or fields")
        return self


class _Context(_Block):
    type: Literal["context"]
    elements: list[_Text] = Field(min_length=1, max_length=10)


class _Actions(_Block):
    type: Literal["actions"]
    elements: list[_Button] = Field(min_length=1, max_length=25)

    @model_validator(mode="after")
    def _told_apart(self) -> "_Actions":
        ids = [button.action_id for button in self.elements if button.action_id]
        if len(ids) != len(set(ids)):
            raise ValueError("an action_id is unique in its block")
        return self


class _Divider(_Block):
    type: Literal["divider"]


class _Style(_Part):
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False


class _Run(_Part):
    type: Literal["text"]
    text: str = Field(min_length=1)
    style: _Style | None = None


class _Link(_Part):
    type: Literal["link"]
    url: str = Field(pattern="^[a-z]+:", max_length=3000)
    text: str | None = None
    style: _Style | None = None


class _Mention(_Part):
    type: Literal["user", "channel", "usergroup", "broadcast"]
    user_id: str | None = None
    channel_id: str | None = None
    usergroup_id: str | None = None
    range: Literal["here", "channel", "everyone"] | None = None


class _RichPart(_Part):
    type: Literal["rich_text_section", "rich_text_quote", "rich_text_preformatted"]
    elements: list[Annotated[_Run | _Link | _Mention, Field(discriminator="type")]]
    border: int | None = None


class _RichText(_Block):
    type: Literal["rich_text"]
    elements: list[_RichPart]


_BLOCKS: TypeAdapter[Any] = TypeAdapter(
    list[
        Annotated[
            _Header | _Section | _Context | _Actions | _Divider | _RichText,
            Field(discriminator="type"),
        ]
    ]
)


def refusal(arguments: Mapping[str, Any]) -> str | None:
    """Slack's word for what is wrong with a message; None where nothing is."""
    blocks, text = arguments.get("blocks"), arguments.get("text") or ""
    if not blocks and not text:
        return "no_text"
    if len(text) > _LONGEST_TEXT:
        return "msg_too_long"
    if blocks is not None:
        try:
            _BLOCKS.validate_python(blocks)
        except ValidationError:
            return "invalid_blocks"
        if len(blocks) > _MOST_BLOCKS:
            return "invalid_blocks"
        if len(json.dumps(blocks, ensure_ascii=False)) > _LONGEST_BLOCKS:
            return "msg_blocks_too_long"
    return _metadata_refusal(arguments.get("metadata"))


def _metadata_refusal(metadata: Any) -> str | None:
    if metadata is None:
        return None
    sound = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    return None if sound else "invalid_metadata_format"
