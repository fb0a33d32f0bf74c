"""`seawall notify`: whether the people who should be told can be."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from alerts.notifiers import Places
from alerts.plain_text import visible
from monitor import logs, probes
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
    acknowledging,
)
from monitor.configuration import Configuration, load
from monitor.configuration.values import nearest, shortened

app = typer.Typer(no_args_is_help=True, help="Try the ways on which people are told.")


@app.callback()
def _group() -> None:
    pass


@app.command("test")
def send(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", help="Notifiers by name; all where none is given."),
    ] = None,
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Send a test to each notifier.

    The exit status is 1 where one fails.

        seawall notify test --config seawall.yaml
    """
    configuration = load(config)
    by_name = {choice.name: choice for choice in configuration.notify}
    for name in names or ():
        if name not in by_name:
            raise typer.BadParameter(f"no notifier {shortened(name)!r}; {nearest(name, by_name)}")
    chosen = [by_name[name] for name in dict.fromkeys(names or by_name)]
    logs.configure(level="error", daemon=False)
    answers = asyncio.run(probes.told(chosen, places(configuration, config, database)))
    for answered in answers:
        typer.echo(line(answered))
    if not all(answered.fine for answered in answers):
        raise typer.Exit(1)


def places(configuration: Configuration, config: Path, database: str) -> Places:
    """How a person acts on an incident elsewhere: the shell, and the page where people reach it."""
    url = configuration.http.url
    page = f"{url}/incidents/{{incident}}" if url else None
    return Places(acknowledging(config, database), page)


def line(answered: probes.Answered) -> str:
    """One of them on a line: a mark, its name, and what it said or what is wrong.

    >>> line(probes.Answered("slack", False, "Slack: invalid_auth"))
    '✘ slack: Slack: invalid_auth'
    """
    cost = f" (this cost ${answered.micros / 1e6:g})" if answered.micros else ""
    return visible(f"{'✔' if answered.fine else '✘'} {answered.name}: {answered.said}{cost}")
