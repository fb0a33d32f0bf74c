"""What a courier brings: news of an incident, or a notice. Each knows its rows in the store."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Notice
from alerts.incidents.incident import Reason
from alerts.notifiers import Notification, Notifier, NotNews
from monitor.store import notices, outbox, situations
from monitor.store.outbox import Turn

OF_INCIDENT = "incident"
"""The purpose of a notification, beside those of notices."""


class Parcel(Protocol):
    """What is sent once; its functions that take a connection run in one transaction each.

    `readable`: what the store has of it can be read. `to_note`: that it is attempted is to be noted
    first, so that whoever finds the note without an answer knows that it may have arrived.
    """

    @property
    def key(self) -> str:
        """The same whenever it is sent."""

    @property
    def purpose(self) -> str:
        """For those who count: OF_INCIDENT, or a notice's."""

    @property
    def at(self) -> datetime | None:
        """When it became news; None where it cannot be read, or is none."""

    @property
    def readable(self) -> bool:
        """Whether it can be sent at all."""

    @property
    def to_note(self) -> bool:
        """Whether `note` is to be called before it is sent."""

    def note(self, connection: Connection, at: datetime) -> None:
        """It is about to be sent."""

    def take_back(self, connection: Connection) -> None:
        """It is known not to have arrived."""

    async def send(self) -> str | None:
        """Send it and return the receipt. Raises what the notifier raises, and NotNews."""

    def arrived(self, connection: Connection, receipt: str | None, at: datetime) -> int:
        """Settle it as delivered; how many others were overtaken by it."""

    def settle(self, connection: Connection, outcome: str, at: datetime) -> None:
        """It is not sent any more."""


@dataclass(frozen=True, slots=True)
class News:
    """A revision of an incident."""

    notifier: Notifier
    found: outbox.Envelope
    briefing: Briefing | None
    purpose: str = OF_INCIDENT

    @property
    def key(self) -> str:
        """Its incident and revision."""
        return f"{self.found.incident}/{self.found.revision}"

    @property
    def at(self) -> datetime | None:
        """When it happened."""
        return self.briefing.at if self.briefing else None

    @property
    def readable(self) -> bool:
        """Whether its briefing can be read."""
        return self.briefing is not None

    @property
    def to_note(self) -> bool:
        """Whether a message is posted that will show the incident from now on."""
        return self.notifier.replaces and not self.found.attempted

    def note(self, connection: Connection, at: datetime) -> None:
        """It is about to be told for the first time."""
        outbox.attempt(connection, self.notifier.name, self.found.incident, at)

    def take_back(self, connection: Connection) -> None:
        """It is not told yet."""
        outbox.not_told(connection, self.notifier.name, self.found.incident)

    async def send(self) -> str | None:
        """Send it, unless it is no news for whoever gets a message for everything."""
        found, briefing = self.found, self.briefing
        assert briefing is not None  # noqa: S101 - `readable`
        if briefing.reason is Reason.REVISED and not self.notifier.replaces and not found.first:
            raise NotNews
        return await self.notifier.send(
            Notification(
                key=self.key,
                incident=found.incident,
                revision=found.revision,
                briefing=briefing,
                receipt=found.receipt,
                uncertain=found.attempted and found.receipt is None,
                first=found.first,
            )
        )

    def arrived(self, connection: Connection, receipt: str | None, at: datetime) -> int:
        """Settle it, and what it overtook."""
        return outbox.delivered(connection, self.notifier.name, self.found, receipt, at)

    def settle(self, connection: Connection, outcome: str, at: datetime) -> None:
        """Say what became of it."""
        outbox.settle(connection, self.notifier.name, self.found, outcome, at)


@dataclass(frozen=True, slots=True)
class Ring:
    """A notice."""

    notifier: Notifier
    found: notices.Envelope
    notice: Notice | None

    @property
    def key(self) -> str:
        """Its id."""
        return self.found.id

    @property
    def purpose(self) -> str:
        """Why somebody is told."""
        return str(self.found.purpose)

    @property
    def at(self) -> datetime | None:
        """When there was reason to send it; None where it was, and is only shown anew."""
        return None if self.found.receipt else self.found.at

    @property
    def readable(self) -> bool:
        """Whether it can be read."""
        return self.notice is not None

    @property
    def to_note(self) -> bool:
        """Whether nobody tried before."""
        return not self.found.attempted

    def note(self, connection: Connection, at: datetime) -> None:
        """It is about to be sent."""
        notices.attempt(connection, self.notifier.name, self.found.id, at)

    def take_back(self, connection: Connection) -> None:
        """It did not arrive."""
        notices.attempt(connection, self.notifier.name, self.found.id, None)

    async def send(self) -> str | None:
        """Send it, to its person or to everybody there, or show what came of it where it stands."""
        assert self.notice is not None  # noqa: S101 - `readable`
        if self.found.receipt is not None:
            return await self.notifier.amend(self.notice, self.found.receipt)
        return await self.notifier.notify(
            self.notice,
            address=self.found.address,
            thread=self.found.thread,
            uncertain=self.found.attempted,
        )

    def arrived(self, connection: Connection, receipt: str | None, at: datetime) -> int:
        """Settle it, which overtakes nothing."""
        notices.arrived(connection, self.notifier.name, self.found, at, receipt)
        return 0

    def settle(self, connection: Connection, outcome: str, at: datetime) -> None:
        """Say what became of it."""
        notices.settle(connection, self.notifier.name, self.found.id, outcome, at)


def find(connection: Connection, notifier: Notifier, turn: Turn) -> Parcel | None:
    """What comes next of an incident, or a notice; None where nothing of it waits any more."""
    if turn.notice:
        ring = notices.envelope(connection, notifier.name, turn.id)
        return Ring(notifier, ring, _notice(connection, ring.content)) if ring else None
    news = outbox.envelope(connection, notifier.name, turn.id, newest=notifier.replaces)
    return News(notifier, news, _briefing(news)) if news else None


def _notice(connection: Connection, content: str) -> Notice | None:
    """A notice, with its incident's newest briefing, for those that show more than words."""
    try:
        told = Notice.from_json(content)
    except ValueError:
        return None
    if told.incident:
        with suppress(ValueError):  # what is told without it is told all the same
            return replace(told, briefing=situations.latest_briefing(connection, told.incident))
    return told


def _briefing(found: outbox.Envelope) -> Briefing | None:
    try:
        told = Briefing.from_json(found.content)
    except ValueError:
        return None
    return replace(told, restricted=told.restricted or found.restricted)
