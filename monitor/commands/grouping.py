"""Commands under headings, in the order in which people come to need them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typer.core import TyperGroup


class Grouped(TyperGroup):
    """A group whose help lists its commands by `sections`: headings, each with names."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as click calls it
        """Write them."""
        width = max(map(len, self.commands))
        for heading, names in self.sections.items():
            about = [
                (f"{name:<{width}}", self.commands[name].get_short_help_str(formatter.width))
                for name in names
            ]
            with formatter.section(heading):
                formatter.write_dl(about)
