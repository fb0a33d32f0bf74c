"""Whether everything outside answers: the store, secrets, sources and notifiers, all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alerts.notifiers import Notifier, NotifierError, Places, notifier_kinds
from alerts.publishers import PublisherError, publisher_kinds
from alerts.secret import Secret, SecretMissing
from monitor import clock
from monitor.configuration import Choice, Configuration
from monitor.http.access import Tokens
from monitor.logs import without_secrets
from monitor.sources.kinds import Source, SourceError, Surroundings, source_kinds
from monitor.store import Database, StoreError, retention, url_of

PATIENCE_S = 15.0
MOST_MICROS = 100_000
"""Millionths of a dollar that one check of a source may cost: ten cents."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of asking one of them, in a line; what it cost, in millionths of a dollar."""

    name: str
    fine: bool
    said: str
    micros: int = 0


@dataclass(slots=True)
class _Change:
    """A purse with what a check may cost."""

    paid: int = 0

    async def pay(self, micros: int) -> bool:
        """Allow it within what a check may cost."""
        if self.paid + micros > MOST_MICROS:
            return False
        self.paid += micros
        return True

    async def refund(self, micros: int) -> None:
        """Take it back."""
        self.paid -= micros


async def everything(
    configuration: Configuration, database: str, places: Places, patience_s: float = PATIENCE_S
) -> list[Answered]:
    """Ask all of them at once; in the order of the configuration, the store first."""
    asking = [
        _limited("database", patience_s, asyncio.to_thread(_store, database)),
        *(_limited(name, patience_s, ask()) for name, ask in _secrets(configuration)),
        *(_source(choice, configuration, patience_s) for choice in configuration.sources),
        *(
            _notifier(choice, places, patience_s, lambda notifier: notifier.check())
            for choice in configuration.notify
        ),
        *(_publisher(choice, patience_s) for choice in configuration.publish),
    ]
    return list(await asyncio.gather(*asking))


async def told(
    choices: Sequence[Choice], places: Places, patience_s: float = PATIENCE_S
) -> list[Answered]:
    """Send a test on each of these notifiers, at once."""

    async def tell(notifier: Notifier) -> str:
        await notifier.test()
        return "told; look there"

    return list(
        await asyncio.gather(*(_notifier(each, places, patience_s, tell) for each in choices))
    )


def _secrets(configuration: Configuration) -> Iterator[tuple[str, Callable[[], Awaitable[str]]]]:
    """Those that belong to no source or notifier: the page's tokens, the heartbeat's address."""
    if configuration.http.tokens:

        async def tokens() -> str:
            Tokens.read(configuration.http)
            return f"{', '.join(configuration.http.tokens)}: every secret is there"

        yield "http.tokens", tokens
    if heartbeat := configuration.heartbeat:
        yield "heartbeat.url", lambda: _there(heartbeat.url)


async def _there(secret: Secret) -> str:
    secret.read()
    return "the address is there; nothing is sent to it now"


def _store(url: str) -> str:
    parsed = url_of(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        file = Path(parsed.database).absolute()
        if not file.exists() and file.parent.is_dir():
            return f"{file} is not there yet; `seawall run` makes it"
    with closing(Database.open(url)) as store:
        with store.read() as connection:
            held = ", ".join(retention.held(connection))
        return f"{store.name} opens" + (f"; on legal hold, not purged: {held}" if held else "")


async def mistake(choice: Choice, configuration: Configuration) -> str | None:
    """What keeps a source from being made with this configuration, secrets aside."""
    try:
        await _built(choice, configuration, _Change()).close()
    except SourceError as problem:
        return without_secrets(str(problem))
    except SecretMissing:
        return None
    return None


def _built(choice: Choice, configuration: Configuration, purse: _Change) -> Source:
    surroundings = Surroundings(configuration, clock.wall, purse)
    return source_kinds()[choice.kind].build(
        choice.options, name=choice.name, surroundings=surroundings
    )


async def _source(choice: Choice, configuration: Configuration, patience_s: float) -> Answered:
    purse = _Change()

    async def ask() -> str:
        source = _built(choice, configuration, purse)
        try:
            return await source.check()
        finally:
            await source.close()

    answered = await _limited(choice.name, patience_s, ask())
    return Answered(answered.name, answered.fine, answered.said, purse.paid)


async def _notifier(
    choice: Choice,
    places: Places,
    patience_s: float,
    use: Callable[[Notifier], Awaitable[str]],
) -> Answered:
    async def ask() -> str:
        notifier = notifier_kinds()[choice.kind].build(
            choice.options, name=choice.name, places=places
        )
        try:
            return await use(notifier)
        finally:
            await notifier.close()

    return await _limited(choice.name, patience_s, ask())


async def _publisher(choice: Choice, patience_s: float) -> Answered:
    async def ask() -> str:
        kind = publisher_kinds()[choice.kind]
        return await kind.build(choice.options, name=choice.name).check()

    return await _limited(choice.name, patience_s, ask())


async def _limited(name: str, patience_s: float, asking: Awaitable[str]) -> Answered:
    try:
        async with asyncio.timeout(patience_s):
            return Answered(name, True, without_secrets(await asking))
    except TimeoutError:
        said = f"no answer within {patience_s:g} s; is there a proxy or firewall on the way?"
    except (SourceError, NotifierError, PublisherError, SecretMissing, StoreError) as problem:
        said = str(problem)
    except Exception as error:  # noqa: BLE001 - the others are still worth asking
        said = f"{type(error).__name__}: {error}; this should not happen: please report it"
    return Answered(name, False, without_secrets(said))
