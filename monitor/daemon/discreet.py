"""Notifiers that show what is restricted in its own channel only."""

from dataclasses import dataclass, replace

from alerts.briefings.briefing import EXERCISE
from alerts.duty.notices import Notice
from alerts.notifiers import Act, Notification, Notifier
from monitor.configuration import Configuration
from monitor.telling.discretion import told


@dataclass(frozen=True, slots=True)
class Discreet:
    """A notifier by which nobody learns more of an incident than those who read there may know."""

    notifier: Notifier
    configuration: Configuration

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
        if self._practises and EXERCISE not in notice.title:
            notice = replace(notice, title=f"{EXERCISE}: {notice.title}")
        if notice.briefing:
            shown = told(notice.briefing, self.configuration, self.name)
            notice = replace(notice, briefing=shown)
        return await self.notifier.notify(
            notice, address=address, thread=thread, uncertain=uncertain
        )

    @property
    def _practises(self) -> bool:
        return all(one.name.startswith(EXERCISE) for one in self.configuration.brands.values())

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
