"""Notifiers bring news of an incident to people. A kind of notifier is one file in this package.

Its module has a model `Options` (pydantic, unknown keys refused) and a function
`build(options, *, name, places)`; a module whose name begins with an underscore is a helper.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Notice
from alerts.later import Later, kinds


@dataclass(frozen=True, slots=True)
class Notification:
    """One delivery of news about an incident; delivered again, it has the same key.

    `receipt` is what the notifier returned when it first told of this incident, None where it has
    not. `uncertain`: an earlier attempt to tell of it first ended without an answer, so it may have
    arrived; whoever posts looks for it before posting again. `first`: nothing of this incident was
    delivered before, so all of it is news.
    """

    key: str
    incident: str
    revision: int
    briefing: Briefing
    receipt: str | None = None
    uncertain: bool = False
    first: bool = False


class NotifierError(Exception):
    """A notification was not delivered.

    Where `permanent`, this one never will be: it is given up, and the next one tried. `retry_after`
    is how many seconds the other side asked to wait. The message holds no secret.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.permanent, self.retry_after = permanent, retry_after


class NotNews(Exception):
    """What a notifier raises for a notification that is too little to tell there: it is settled."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What somebody did where they read: `verb` and `value` as in `notices.Action`.

    `about` is the incident's or hand-over's id; `by` their name there, `address` their own id
    there, by which the configuration knows them; `place` is the kind of notifier. `note` is why.
    """

    verb: str
    about: str
    by: str
    place: str
    value: str = ""
    note: str = ""
    address: str | None = None


class Act(Protocol):
    """Takes what a person did: what happened, in one sentence.

    Raises `alerts.incidents.Refused` with the reason where it cannot be taken.
    """

    def __call__(self, pressed: Pressed) -> Awaitable[str]:
        """Take it."""


class Notifier(Protocol):
    """A place where people read notifications, under the name it has in the configuration."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def replaces(self) -> bool:
        """Whether it shows one message per incident, so that only the newest revision matters."""

    async def send(self, notification: Notification) -> str | None:
        """Deliver it and return its receipt, if it has any, or raise NotifierError or NotNews.

        It never tries again by itself, and it does not take longer than half a minute.
        """

    async def notify(
        self, notice: Notice, *, address: str | None, thread: str | None, uncertain: bool
    ) -> str | None:
        """Send a notice and return its receipt, if it has any, or raise NotifierError.

        `address` is the person's in the notifier's own words, None for everybody there. `thread` is
        this notifier's receipt of the incident's message, `uncertain` as in `Notification`.
        """

    async def amend(self, notice: Notice, receipt: str) -> str:
        """Show what a notice says now where it stands: the receipt. Raises NotifierError.

        NotNews where nothing can be changed that was sent.
        """

    async def listen(self, act: Act) -> None:
        """Take people's steps from there until cancelled; return at once where none can come."""

    async def check(self) -> str:
        """What it found where it would post, in one line, telling nobody. Raises NotifierError."""

    async def test(self) -> None:
        """Tell people there that this is a test. Raises NotifierError."""

    async def close(self) -> None:
        """Give back what is open."""


@dataclass(frozen=True, slots=True)
class Places:
    """How a person acts on an incident elsewhere; both with `{incident}` in them.

    `command` acknowledges it in a shell, `page` shows it in a browser (None without a page).
    """

    command: str
    page: str | None = None

    @property
    def origin(self) -> str | None:
        """Where the page is at home, as `https://seawall.example`; None without a page."""
        if self.page is None:
            return None
        parts = urlsplit(self.page)
        return f"{parts.scheme}://{parts.netloc}"


class Build(Protocol):
    """Makes a notifier of its options."""

    def __call__(self, options: Any, *, name: str, places: Places) -> Notifier:
        """Make it, without any I/O but reading its secrets. Raises SecretMissing."""


@dataclass(frozen=True, slots=True)
class NotifierKind:
    """What the configuration and its documentation need to know of a kind."""

    name: str
    about: str
    options: type[BaseModel]
    build: Build


@cache
def notifier_kinds() -> Mapping[str, NotifierKind]:
    """Every kind by name: one per module of this package."""
    return Later(kinds(__path__), _kind)


def _kind(name: str) -> NotifierKind:
    module = import_module(f"{__name__}.{name}")
    about = (module.__doc__ or "").partition("\n")[0]
    return NotifierKind(name, about, module.Options, module.build)
