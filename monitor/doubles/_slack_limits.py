"""What Slack's documentation says messages and windows may hold; anything else is refused."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, TypeVar

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


class _Option(_Part):
    text: _plain_of(75)  # type: ignore[valid-type]
    value: str = Field(min_length=1, max_length=150)
    description: _plain_of(75) | None = None  # type: ignore[valid-type]


class _Offering(Protocol):
    options: list[_Option]
    initial_option: _Option | None


_O = TypeVar("_O", bound=_Offering)


def _offering(element: _O) -> _O:
    if element.initial_option not in (None, *element.options):
        raise ValueError("what is chosen first is one of the options")
    values = [option.value for option in element.options]
    if len(values) != len(set(values)):
        raise ValueError("a value is unique among options")
    return element


class _Overflow(_Part):
    type: Literal["overflow"]
    action_id: str = Field(min_length=1, max_length=255)
    options: list[_Option] = Field(min_length=1, max_length=5)


class _Select(_Part):
    type: Literal["static_select"]
    action_id: str = Field(min_length=1, max_length=255)
    placeholder: _plain_of(150) | None = None  # type: ignore[valid-type]
    options: list[_Option] = Field(min_length=1, max_length=100)
    initial_option: _Option | None = None

    @model_validator(mode="after")
    def _offers_the_first(self) -> "_Select":
        return _offering(self)


class _Radio(_Part):
    type: Literal["radio_buttons"]
    action_id: str = Field(min_length=1, max_length=255)
    options: list[_Option] = Field(min_length=1, max_length=10)
    initial_option: _Option | None = None

    @model_validator(mode="after")
    def _offers_the_first(self) -> "_Radio":
        return _offering(self)


class _Person(_Part):
    type: Literal["users_select"]
    action_id: str = Field(min_length=1, max_length=255)
    placeholder: _plain_of(150) | None = None  # type: ignore[valid-type]


class _Words(_Part):
    type: Literal["plain_text_input"]
    action_id: str = Field(min_length=1, max_length=255)
    multiline: bool = False
    max_length: int = Field(3000, ge=1, le=3000)
    initial_value: str | None = Field(None, max_length=3000)


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
    elements: list[Annotated[_Button | _Overflow | _Select, Field(discriminator="type")]] = Field(
        min_length=1, max_length=25
    )

    @model_validator(mode="after")
    def _told_apart(self) -> "_Actions":
        ids = [element.action_id for element in self.elements if element.action_id]
        if len(ids) != len(set(ids)):
            raise ValueError("an action_id is unique in its block")
        return self


class _File(_Part):
    id: str = Field(pattern="^F[A-Z0-9]{8,}$")


class _Image(_Block):
    type: Literal["image"]
    slack_file: _File
    alt_text: str = Field(min_length=1, max_length=2000)
    title: _plain_of(2000) | None = None  # type: ignore[valid-type]


class _Input(_Block):
    type: Literal["input"]
    label: _plain_of(2000)  # type: ignore[valid-type]
    element: Annotated[_Radio | _Person | _Words | _Select, Field(discriminator="type")]
    optional: bool = False
    dispatch_action: bool = False


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


_Shown = _Header | _Section | _Context | _Actions | _Divider | _RichText | _Image
_BLOCKS: TypeAdapter[Any] = TypeAdapter(list[Annotated[_Shown, Field(discriminator="type")]])


class _View(_Part):
    blocks: list[Annotated[_Shown | _Input, Field(discriminator="type")]] = Field(max_length=100)
    private_metadata: str = Field("", max_length=3000)
    callback_id: str | None = Field(None, max_length=255)


class _Home(_View):
    type: Literal["home"]


class _Modal(_View):
    type: Literal["modal"]
    title: _plain_of(24)  # type: ignore[valid-type]
    submit: _plain_of(24) | None = None  # type: ignore[valid-type]
    close: _plain_of(24) | None = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _can_be_submitted(self) -> "_Modal":
        if self.submit is None and any(block.type == "input" for block in self.blocks):
            raise ValueError("a modal with inputs needs a button to submit them")
        return self


def view_refusal(view: Any, kind: Literal["modal", "home"]) -> str | None:
    """Slack's word for what is wrong with a window or a home; None where nothing is."""
    try:
        (_Modal if kind == "modal" else _Home).model_validate(view)
    except ValidationError:
        return "invalid_arguments"
    ids = [block["block_id"] for block in view["blocks"] if block.get("block_id")]
    return None if len(ids) == len(set(ids)) else "invalid_arguments"


def files_in(blocks: Any) -> set[str]:
    """The files that blocks show."""
    return {block["slack_file"]["id"] for block in blocks or [] if block["type"] == "image"}


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
