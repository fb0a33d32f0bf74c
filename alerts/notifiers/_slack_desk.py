"""What Slack shows beside messages, and from whom it learns it: the home, commands and windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.notifiers import Pressed
from alerts.words.approval import Message
from alerts.words.phases import Channel, Phase

MOST = 21
"""So many open incidents are looked up at a time: one more than are shown."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call of a team: their names, and until when in words, if it ever ends.

    `at_desks`: the team's desks are open now.
    """

    team: str
    people: tuple[str, ...]
    until: str = ""
    at_desks: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to see words for; empty is what Seawall finds fit.

    Without a language: all those that are being written. `wording` counts from 0.
    """

    phase: str = ""
    channel: str = ""
    language: str = ""
    wording: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """What the playbook would say; `notes` are lines: how long it is, what is wrong, what lacks."""

    language: str
    phase: Phase
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A message as it stands, who must do what `next`, and what there is to know of its text.

    `offer` is where Seawall would post it and at what cost, in words: `on x, for $0.015`.
    `unconfirmed` are the kinds of facts that have to be confirmed before it can be submitted.
    """

    message: Message
    next: str
    notes: tuple[str, ...] = ()
    offer: str = ""
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, in words: `Next update 14:30 CET`, with how it stands and who said so."""

    words: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What could be said of an incident now, what was, and what is known.

    `why` that phase fits, `languages` are those being written, most first. `wordings` are one of
    each language, or all those of the language that was chosen. `silence` is *say nothing, because
    …*, which comes first where that is the default. `warnings` are lines. `proposes`: a program can
    be asked for words of this phase.
    """

    incident: Briefing
    about: str
    phase: Phase
    why: str
    channel: Channel
    languages: tuple[str, ...]
    silence: str
    silence_first: bool
    wordings: tuple[Wording, ...]
    messages: tuple[Standing, ...]
    facts: tuple[Known, ...]
    questions: tuple[Known, ...]
    warnings: tuple[str, ...]
    proposes: bool = False


@runtime_checkable
class Desk(Protocol):
    """An `Act` that can be asked, too. `address` is a person's Slack id: who may see what counts.

    Everything may raise `alerts.incidents.Refused` with the reason.
    """

    async def __call__(self, pressed: Pressed) -> str:
        """Take what a person did: what happened, in one sentence."""

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""

    def practises(self) -> bool:
        """Whether it is an exercise, so that whatever somebody is shown says so."""

    async def open_incidents(self, address: str) -> Sequence[Briefing]:
        """The newest briefings of incidents that are not over, the MOST severe ones first."""

    async def incident(self, id: str, address: str) -> Briefing:
        """The newest briefing of an incident, by its id or the beginning of one."""

    async def known(self, id: str, address: str) -> Briefing | None:
        """The same, only to name it; None where there is none."""

    def brands(self) -> Sequence[str]:
        """Our own brands, by id."""

    async def on_duty(self) -> Sequence[Duty]:
        """Who is on duty now, by team."""

    async def instruction(self, incident: str, address: str) -> Instruction | None:
        """The newest agent brief, if there is one."""

    async def readers(self, incident: str, address: str) -> str:
        """Who has read the newest agent brief, and who of those on duty has not, in words."""

    async def words(self, incident: str, address: str, chosen: Chosen) -> Words:
        """What could be said of an incident now, and what is known."""

    async def message(self, id: str, address: str) -> tuple[Briefing, Standing]:
        """A message, by its id, and its incident."""

    def departments(self) -> Sequence[str]:
        """To whom an incident can be given beside people: teams, functions of the duty list."""

    def named(self, address: str) -> str:
        """What a person is called; their id where nobody knows them."""
