"""Notices: what rings beside an incident's one message. Calls, reminders, briefs, hand-overs.

An incident's message is brought up to date in place, which wakes nobody; a notice is a message of
its own, sent once. Everything in it is plain text; strangers' words in it are masked, and whoever
shows them escapes them for where they appear.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import TypeAdapter

from alerts.briefings.briefing import Briefing
from alerts.instants import Instant


class Purpose(StrEnum):
    """Why somebody is told: the same word in the store, in metrics and in the log."""

    CALL = "call"
    REMINDER = "reminder"
    CLOCK = "clock"
    NEWS = "news"
    PAUSE = "pause"
    INSTRUCTION = "instruction"
    HANDOVER = "handover"
    NIGHT = "night"
    STORM = "storm"
    WORDS = "words"


APPROVE, ANSWER, CONFIRM, POST = "approve", "answer", "confirm", "post"
COPY, POSTED, PROPOSE = "copy", "posted", "propose"
"""Verbs about words for the public."""


@dataclass(frozen=True, slots=True)
class Action:
    """What can be answered with one tap: `label` on the button, `verb` and `value` come back.

    A verb is a `steps.Step`, or one of `read` (an agent brief), `accept` (a hand-over), APPROVE (a
    message, `value` is the hash of its text), ANSWER (a question, `value` is the kind of fact),
    or one of POST, COPY and POSTED (a message that was approved).
    """

    label: str
    verb: str
    value: str = ""


def approved_actions(sha256: str, offer: str) -> tuple[Action, ...]:
    """What is done with a message once it is approved: posted, by Seawall where it is offered."""
    post = (Action(f"Post {offer}", POST, sha256),) if offer else ()
    return (*post, Action("Copy…", COPY), Action("Posted…", POSTED))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of HTML that goes with a notice, where files can: `about` says what it is of.

    Stored, it is empty: what is in it is made when it is sent.
    """

    name: str
    about: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that rings; sent again, it has the same `id`.

    `about` is what the actions are for: an incident's id, or a hand-over's. `person` is the id of
    whom it is for, None for everybody there. `briefing` is the incident's newest, for those that
    show more than words. `asks` names what it asks, alike in all that do: who answers one answers
    all of them. `outcome` is what came of it, where it was answered.
    """

    id: str
    purpose: Purpose
    at: Instant
    title: str
    lines: tuple[str, ...] = ()
    about: str = ""
    incident: str | None = None
    person: str | None = None
    urgent: bool = False
    timezone: str = "UTC"
    actions: tuple[Action, ...] = ()
    briefing: Briefing | None = None
    asks: str = ""
    outcome: str = ""
    attachment: Attachment | None = None

    def to_json(self) -> str:
        """As JSON."""
        return _JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Notice":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)


_JSON: TypeAdapter[Notice] = TypeAdapter(Notice)
