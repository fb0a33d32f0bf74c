"""Apprise: SMS, voice, Teams, PagerDuty and all else that it reaches, in a few short lines."""

import asyncio
import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.news import news
from alerts.duty.notices import Notice, Purpose
from alerts.hiding import without_secrets
from alerts.incidents.incident import Reason, State
from alerts.notifiers import Act, Notification, NotifierError, NotNews, Places
from alerts.plain_text import shortened, visible
from alerts.secret import Secret, SecretMissing, remember

if TYPE_CHECKING:  # Apprise takes a second to import, and few use it
    from apprise import Apprise, NotifyResult

TOLD = frozenset({Reason.OPENED, Reason.REOPENED, Reason.ESCALATED, Reason.CALLING})
"""What is worth a message that may cost money; and that somebody has it, or that it is over."""

_SETTLED = frozenset({Reason.ACKNOWLEDGED, Reason.RESOLVED})
_TEST = "This is a test of Seawall's messages to this address. Nothing has happened."
_PATIENCE_S = 20.0
_LATER_S = 60.0
_LINE, _POST, _SAID = 160, 120, 200
_STATUS = re.compile(r"\berror=(\d{3})\b")
_FOR_GOOD = frozenset({400, 405, 410, 413, 422})
"""Answers about the message; others are about the address or the moment."""


class Options(BaseModel):
    """Options of the Apprise notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urls: Secret = Field(
        description="Where the addresses are kept, one a line or separated by blanks, as Apprise "
        "writes them: `twilio://…`, `pagerduty://…`, `msteams://…`. All of them are told.",
        examples=[{"env": "SEAWALL_APPRISE_URLS"}],
    )


class AppriseNotifier:
    """Tells a few addresses, each in a few lines.

    Apprise says nothing that a message could be found by: after a lost answer it is sent again.
    Where one of the addresses has a message and another one fails, only that one is tried again.
    """

    replaces = False

    def __init__(self, name: str, services: Sequence["Apprise"], places: Places) -> None:
        self.name = name
        self._services, self._places = services, places
        self._arrived: tuple[str, set[int]] = ("", set())

    async def send(self, notification: Notification) -> None:
        """Tell of a revision that is worth it. Raises NotifierError."""
        briefing = notification.briefing
        told = briefing.reason in TOLD | _SETTLED or notification.first
        if not told or not briefing.calls:
            raise NotNews
        title, body = words(briefing, self._places)
        await self._tell(notification.key, title, body)

    async def notify(
        self,
        notice: Notice,
        *,
        address: str | None,  # noqa: ARG002 - the addresses are the person's
        thread: str | None,  # noqa: ARG002 - there are none
        uncertain: bool,  # noqa: ARG002 - nothing can be looked for
    ) -> None:
        """Send a notice. Raises NotifierError."""
        lines = [
            *notice.lines,
            *_read(notice),
            "Answer where your team reads it, or here:" if notice.actions else "",
            *_ways(notice.incident, self._places, bool(notice.actions)),
        ]
        await self._tell(notice.id, notice.title, _body(lines))

    async def amend(self, _notice: Notice, _receipt: str) -> str:
        """What was sent stays as it was."""
        raise NotNews

    async def listen(self, act: Act) -> None:
        """Nothing comes back from there."""

    async def check(self) -> str:
        """Which services there are: Apprise cannot ask them without telling people."""
        names = ", ".join(str(service.service_name) for one in self._services for service in one)
        return f"Apprise: {visible(names)}; not asked, since that would tell people"

    async def test(self) -> None:
        """Tell every address that this is a test. Raises NotifierError."""
        self._arrived = ("", set())
        await self._tell("test", "A test of Seawall", _TEST)

    async def close(self) -> None:
        """Nothing is open between messages."""

    async def _tell(self, key: str, title: str, body: str) -> None:
        """Tell those that do not have it yet; it may be that only some of them take it."""
        if self._arrived[0] != key:
            self._arrived = (key, set())
        arrived = self._arrived[1]
        waiting = [n for n in range(len(self._services)) if n not in arrived]
        results = await asyncio.gather(
            *(asyncio.to_thread(_sent, self._services[n], title, body) for n in waiting)
        )
        failed = []
        for n, result in zip(waiting, results, strict=True):
            if result is None or result:
                arrived.add(n)
            else:
                failed.append(result)
        if failed:
            raise _refused(failed)


def build(options: Options, *, name: str, places: Places) -> AppriseNotifier:
    """A notifier for these addresses. Raises SecretMissing, also for what Apprise does not know."""
    logging.getLogger("urllib3").setLevel(logging.WARNING)  # it tells every address
    said = logging.getLogger("apprise")  # so does this; what it warns of is in our errors
    said.setLevel(logging.WARNING)
    said.propagate = False
    import apprise

    place = options.urls.env or options.urls.file
    asset = apprise.AppriseAsset(
        app_id="Seawall", service_timeout=_PATIENCE_S, storage_mode="memory"
    )
    services = []
    for number, url in enumerate(options.urls.read().split(), start=1):
        remember(url)
        known = apprise.Apprise.instantiate(url, asset=asset)
        if known is None:
            raise SecretMissing(f"{place}: Apprise does not know address {number} in it")
        services.append(apprise.Apprise([known], asset=asset))
    return AppriseNotifier(name, services, places)


def words(briefing: Briefing, places: Places) -> tuple[str, str]:
    """A title and a few lines: what, since when, how many, and how to take it in hand."""
    if briefing.reason in _SETTLED:
        return f"{briefing.brand_name}: {news(briefing)}", _body([briefing.headline])
    lines = [
        news(briefing) if briefing.reason is not Reason.OPENED else "",
        f"{statements.posts(briefing)}; {statements.now(briefing)}" if briefing.topics else "",
        f"in hand: {briefing.acknowledged_by}" if briefing.acknowledged_by else "",
        *_ways(briefing.incident, places, briefing.state is State.OPEN),
    ]
    return f"{statements.tag(briefing).upper()} {briefing.headline}", _body(lines)


def _read(notice: Notice) -> Iterator[str]:
    """What people write, in one of their posts, for who is called; nothing of what is restricted.

    The briefing has masked it, and shows it first for it says best what many say.
    """
    if notice.purpose is Purpose.CALL and notice.briefing:
        for post in notice.briefing.examples[:1]:
            yield f"“{shortened(post.text, _POST)}”"


def _ways(incident: str | None, places: Places, to_take: bool) -> Iterator[str]:
    """Where to read more, and to take it in hand: the page, or else the command."""
    if incident and places.page:
        yield places.page.replace("{incident}", incident)
    elif incident and to_take:
        yield places.command.replace("{incident}", incident)
    elif incident is None and places.origin:
        yield places.origin


def _body(lines: Sequence[str]) -> str:
    return "\n".join(shortened(visible(line), _LINE) for line in lines if line)


def _sent(service: "Apprise", title: str, body: str) -> "NotifyResult | None":
    """What became of it, in a thread of its own; None where Apprise did nothing, nor will."""
    from apprise import NotifyFormat

    title = shortened(visible(title), _LINE)
    result = service.notify(
        body=body or title,
        title=title if body else "",  # Apprise takes no message without a body
        body_format=NotifyFormat.TEXT,
        interpret_escapes=False,
        timeout=_PATIENCE_S,
    )
    return next(iter(result), None)


def _refused(failed: "Sequence[NotifyResult]") -> NotifierError:
    """What Apprise says of those that failed; for good only where all of them said so."""
    said = []
    for one in failed:
        lines = [str(entry.message) for entry in one.logs()]
        said.append(f"{one.name}: {lines[-1] if lines else one.status.name.lower()}")
    problem = shortened(visible(without_secrets("; ".join(said))), _SAID)
    codes = [int(code) for line in said for code in _STATUS.findall(line)]
    permanent = len(codes) == len(failed) and all(code in _FOR_GOOD for code in codes)
    wait = _LATER_S if any(400 <= code < 500 for code in codes) and not permanent else None
    return NotifierError(problem, permanent=permanent, retry_after=wait)
