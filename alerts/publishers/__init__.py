"""Publishers post what people approved. A kind of publisher is one file in this package.

Its module has a model `Options` (pydantic, unknown keys refused), a function `build(options, *,
name)`, and what `PublisherKind` says of it: `CHANNEL`, `REPEATS`, `price`. A module whose name
begins with an underscore is a helper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from pydantic import BaseModel

from alerts.later import Later, kinds
from alerts.words.phases import Channel


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be public: exactly this text.

    `key` names it: the same text of the same message has the same one, however often it is sent.
    `drafted_at` is when the message was made, `at` when somebody asked that it be posted.
    """

    key: str
    text: str
    language: str
    drafted_at: datetime
    at: datetime


class PublisherError(Exception):
    """Words were not posted, or perhaps they were: nobody knows where it is `unsure`.

    Where it is `permanent`, sending them again would not help. `retry_after` is how many seconds
    the other side asked to wait. The message holds no secret.
    """

    def __init__(
        self,
        message: str,
        *,
        unsure: bool = False,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.unsure, self.permanent, self.retry_after = unsure, permanent, retry_after


class Publisher(Protocol):
    """A brand's account on a platform, under the name it has in the configuration."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    async def post(self, words: Words) -> str:
        """Post them, and return the link to them, empty where it is not known.

        Raises PublisherError. It never tries again by itself, and takes half a minute at most.
        """

    async def check(self) -> str:
        """As whom it would post, in one line, without posting. Raises PublisherError."""


class Build(Protocol):
    """Makes a publisher of its options."""

    def __call__(self, options: Any, *, name: str) -> Publisher:
        """Make it, without any I/O but reading its secrets. Raises SecretMissing."""


@dataclass(frozen=True, slots=True)
class PublisherKind:
    """What others need to know of a kind.

    `price` is what a text costs there, in millionths of a dollar. `repeats`: the same words, sent
    again within the hour, are public once all the same.
    """

    name: str
    about: str
    options: type[BaseModel]
    build: Build
    channel: Channel
    price: Callable[[str], int]
    repeats: bool


@cache
def publisher_kinds() -> Mapping[str, PublisherKind]:
    """Every kind by name: one per module of this package."""
    return Later(kinds(__path__), _kind)


def _kind(name: str) -> PublisherKind:
    module = import_module(f"{__name__}.{name}")
    return PublisherKind(
        name=name,
        about=(module.__doc__ or "").partition("\n")[0],
        options=module.Options,
        build=module.build,
        channel=module.CHANNEL,
        price=module.price,
        repeats=module.REPEATS,
    )
