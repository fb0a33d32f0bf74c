"""Commands under headings, in the order in which people come to need them."""

import gc
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_group


class Grouped(TyperGroup):
    """A group whose help lists its commands by `sections`: headings, each with names."""

    sections: ClassVar[Mapping[str, Iterable[str]]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as click calls it
        """Write them."""
        width = max(map(len, self.commands))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(f"{name:<{width}}", self.line(name, formatter.width)) for name in names]
                )

    def line(self, name: str, width: int) -> str:
        """What a command does, in at most so many characters."""
        return self.commands[name].get_short_help_str(width)


def imported(name: str) -> Any:
    """The command of a module of this package: its `app`, or its function of the same name."""
    called = name.replace("-", "_")
    gc.disable()  # modules stay: to look through them again and again takes a fifth of a start
    try:
        module = import_module(f"{__package__}.{called}")
    finally:
        gc.freeze()
        gc.enable()
    alone = typer.Typer(rich_markup_mode=None)
    if app := getattr(module, "app", None):
        alone.add_typer(app, name=name)
    else:
        alone.command(name)(getattr(module, called))
    return get_group(alone).commands[name]
