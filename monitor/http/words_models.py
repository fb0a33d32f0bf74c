"""Words for the public over the API: what is asked, and what is answered."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.incidents.steps import LONGEST_NAME, LONGEST_NOTE
from alerts.instants import Instant
from alerts.words.phases import Channel, Phase
from monitor.store.facts import Request
from monitor.words.looking import WORDINGS, Known, Standing

LONGEST_TEXT = 5_000
"""Characters of a message that somebody writes: more than any place takes."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facts(_Part):
    """What is known of an incident, and what was asked of whom."""

    facts: list[Known]
    requests: list[Request] = Field(description="Asked, and not answered.")
    contradicted: list[str] = Field(
        description="What the agent brief says that is not so any more."
    )


class Messages(_Part):
    """Messages for the public, corrections first."""

    messages: list[Standing]


class Entry(_Part):
    """One thing that was done to a message."""

    at: Instant
    by: str
    place: str
    state: str = Field(description="How it stood after that.")
    sha256: str = Field(description="Of its text then.")
    text: str
    note: str


class MessageWhole(_Part):
    """A message as it stands, and all that was done to it."""

    standing: Standing
    history: list[Entry]


class WordsDone(_Part):
    """What was done, what is known then, and the messages that it changed."""

    words: str = Field(description="What happened, in one sentence.")
    facts: list[Known]
    messages: list[Standing]


class Sealed(_Part):
    """That templates are approved in advance, or not any more."""

    words: str


class WordsQuery(_Asked):
    """What one would like to say."""

    phase: Phase | None = Field(None, description="What it is for; by default what fits now.")
    channel: Channel | None = Field(
        None, description="Where it goes; by default where most of it is written."
    )
    language: str | None = Field(
        None, max_length=20, description="One of them; by default all that are being written."
    )


class FactAsked(_Asked):
    """What somebody says of a fact, or asks."""

    step: Literal["answer", "confirm", "correct", "expire", "withdraw", "ask"] = Field(
        description="`answer`: say what you know, for one who may to confirm."
    )
    kind: str = Field(max_length=LONGEST_NAME, description="`next_update`, `flights`, …")
    value: str = Field(
        "",
        max_length=LONGEST_NOTE,
        description="What is so; of `confirm` empty where that was said before. `expire`, "
        "`withdraw` and `ask` take none.",
    )
    source: str = Field("", max_length=LONGEST_NOTE, description="From whom you know it.")
    evidence: str = Field("", max_length=LONGEST_NOTE, description="What shows it.")
    until: str = Field(
        "", max_length=LONGEST_NAME, description="When it holds no longer: `07:00`, `2h`."
    )
    question: str = Field("", max_length=LONGEST_NOTE, description="Of `ask`: in your words.")
    function: str = Field(
        "", max_length=LONGEST_NAME, description="Of `ask`: whom; by default who confirms it."
    )
    owner: str = Field("", max_length=LONGEST_NAME, description="Of `ask`: who sees to it.")
    due: str = Field("", max_length=LONGEST_NAME, description="Of `ask`: until when.")


class DraftAsked(_Asked):
    """A message to be drafted, in each language."""

    phase: Phase
    channel: Channel = Channel.X
    languages: list[str] = Field(
        [], max_length=20, description="By default all that are being written, most first."
    )
    text: str = Field(
        "", max_length=LONGEST_TEXT, description="In your own words, in one of `languages`."
    )
    variant: int = Field(0, ge=0, le=WORDINGS, description="Another wording.")
    submit: bool = Field(False, description="Hand them in at once; `words` say what cannot be.")


class ProposalAsked(_Asked):
    """Words that an outside program is to propose, in each language."""

    phase: Phase
    channel: Channel = Channel.X
    languages: list[str] = Field(
        [], max_length=20, description="By default all that are being written, most first."
    )


class MessageStep(_Asked):
    """A step of a message on its way."""

    step: Literal[
        "edit", "submit", "approve", "return", "break_glass", "post", "posted", "not_posted"
    ]
    value: str = Field(
        "",
        max_length=LONGEST_TEXT,
        description="Of `edit`: the new text; `approve`, `break_glass` and `post`: the `sha256` of "
        "the text that was read; `posted`: the link to it. Other steps take none.",
    )
    note: str = Field(
        "",
        max_length=LONGEST_NOTE,
        description="Of `return` and `break_glass`, why; it is on record.",
    )


class SealAsked(_Asked):
    """What is approved in advance."""

    what: str = Field(
        min_length=1,
        max_length=200,
        description="A template by its name, a situation (`de/booking`), or a language (`de`): "
        "all that is not grave.",
    )
    step: Literal["seal", "unseal"] = Field("seal", description="`unseal` takes it back.")
