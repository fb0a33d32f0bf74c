"""Notifiers bring news of an incident to people. A kind of notifier is one file in this package.

Its module has a model `Options` (pydantic, unknown keys refused) and a function
`build(options, *, name, hint)`; a module whose name begins with an underscore is a helper.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel

from alerts.briefing import Briefing


@dataclass(frozen=True, slots=True)
class Notification:
    """One delivery of news about an incident; delivered again, it has the same key."""

    key: str
    incident: str
    revision: int
    briefing: Briefing


class NotifierError(Exception):
    """A notification was not delivered; where `permanent`, trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Notifier(Protocol):
    """A place where people read notifications, under the name it has in the configuration."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    def send(self, notification: Notification) -> None:
        """Deliver it and return, or raise NotifierError; never try again by itself."""


class Build(Protocol):
    """Makes a notifier of its options. `hint` says how to acknowledge, with `{incident}` in it."""

    def __call__(self, options: Any, *, name: str, hint: str) -> Notifier:
        """Make it, without any I/O."""


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
    kinds = {}
    for found in iter_modules(__path__):
        if not found.name.startswith("_"):
            module = import_module(f"{__name__}.{found.name}")
            about = (module.__doc__ or "").partition("\n")[0]
            kinds[found.name] = NotifierKind(found.name, about, module.Options, module.build)
    return MappingProxyType(kinds)
