"""Notifiers that show what is restricted in its own channel only."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from alerts.briefings.briefing import EXERCISE
from alerts.duty.notices import Notice
from alerts.notifiers import Act, Notification, Notifier
from monitor.configuration import Configuration
from monitor.telling.discretion import told
from monitor.telling.exercise import practises


def _as_it_is(notice: Notice) -> Notice:
    return notice


@dataclass(frozen=True, slots=True)
class Discreet:
    """A notifier by which nobody learns more of an incident than those who read there may know.

    `attached` is a notice with the file that goes with it, in a thread of its own.
    """

    notifier: Notifier
    configuration: Configuration
    attached: Callable[[Notice], Notice] = _as_it_is

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        return self.notifier.name

    @property
    def replaces(self) -> bool:
        """Whether it shows one message per incident."""
        return self.notifier.replaces

    async def send(self, notification: Notification) -> str | None:
        """Deliver what may be shown there."""
        shown = told(notification.briefing, self.configuration, self.name)
        return await self.notifier.send(replace(notification, briefing=shown))

    async def notify(
        self, notice: Notice, *, address: str | None, thread: str | None, uncertain: bool
    ) -> str | None:
        """Send a notice with what may be shown there; in an exercise its title says so."""
        if notice.attachment:
            notice = await asyncio.to_thread(self.attached, notice)
        return await self.notifier.notify(
            self._shown(notice), address=address, thread=thread, uncertain=uncertain
        )

    async def amend(self, notice: Notice, receipt: str) -> str:
        """Show likewise what a notice says now."""
        return await self.notifier.amend(self._shown(notice), receipt)

    def _shown(self, notice: Notice) -> Notice:
        if practises(self.configuration) and EXERCISE not in notice.title:
            notice = replace(notice, title=f"{EXERCISE}: {notice.title}")
        if notice.briefing:
            shown = told(notice.briefing, self.configuration, self.name)
            notice = replace(notice, briefing=shown)
        return notice

    async def listen(self, act: Act) -> None:
        """Take people's steps from there."""
        await self.notifier.listen(act)

    async def check(self) -> str:
        """What it found where it would post."""
        return await self.notifier.check()

    async def test(self) -> None:
        """Tell people there that this is a test."""
        await self.notifier.test()

    async def close(self) -> None:
        """Give back what is open."""
        await self.notifier.close()
