"""What commands print: text as it is, and data that no terminal acts on."""

import json
from typing import Any

import typer

from alerts.notifiers.terminal import Terminal


def plain(*, stderr: bool = False) -> Terminal:
    """A console that takes text as it is: `[b]` and `:100:` stay, nothing is coloured by guess."""
    return Terminal(stderr=stderr, highlight=False, markup=False, emoji=False)


def data(value: Any) -> None:
    """Print JSON in ASCII: what strangers wrote is there, escaped."""
    typer.echo(json.dumps(value, indent=2))


def counted(number: int, what: str) -> str:
    """So many of something.

    >>> counted(1, "incident"), counted(1200, "row")
    ('1 incident', '1,200 rows')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
