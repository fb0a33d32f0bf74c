"""What Slack shows beside messages, and from whom it learns it: the home, commands and windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from alerts.briefing import Briefing
from alerts.instruction import Instruction
from alerts.notifiers import Pressed

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


@runtime_checkable
class Desk(Protocol):
    """An `Act` that can be asked, too. `address` is a person's Slack id: who may see what counts.

    Everything may raise `alerts.incidents.Refused` with the reason.
    """

    async def __call__(self, pressed: Pressed) -> str:
        """Take what a person did: what happened, in one sentence."""

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""

    async def open_incidents(self, address: str) -> Sequence[Briefing]:
        """The newest briefings of incidents that are not over, the MOST severe ones first."""

    async def incident(self, id: str, address: str) -> Briefing:
        """The newest briefing of an incident, by its id or the beginning of one."""

    def brands(self) -> Sequence[str]:
        """Our own brands, by id."""

    async def on_duty(self) -> Sequence[Duty]:
        """Who is on duty now, by team."""

    async def instruction(self, incident: str, address: str) -> Instruction | None:
        """The newest agent brief, if there is one."""

    def named(self, address: str) -> str:
        """What a person is called; their id where nobody knows them."""
