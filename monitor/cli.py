"""The command `seawall`."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import typer
from pydantic import ValidationError

from alerts.failures import Failure, Stopped, UnusableInput
from alerts.hiding import without_secrets
from alerts.later import Later
from monitor import __version__
from monitor.commands.grouping import Grouped, imported


class _Commands(Grouped):
    """All of them; what is wrong with an option is told in our words, not those of pydantic.

    A command is imported once it is called; what the list says of it stands here.
    """

    sections: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "To begin": {
            "demo": "Show what Seawall is for: the night an airline's booking fails.",
            "init": "Make a configuration to begin with: five questions.",
            "check": "Check a configuration: every mistake has its place and a hint.",
            "notify": "Try the ways on which people are told.",
            "run": "Run the daemon: live sources in, notifications out.",
            "sign-in": "Make a link that lets one person in to the page, once.",
        },
        "In an incident": {
            "incidents": "See incidents, and act on them.",
            "facts": "See what is known of an incident, and confirm it.",
            "words": "Say something in public.",
            "lint": "Check words before they are public.",
            "oncall": "See who is on call, and whom else one can reach.",
            "pack": "Write the offline pack: what one needs when nothing else works.",
            "breach": "See until when a data breach is notified, and decide.",
        },
        "Afterwards": {
            "report": "Write the report of an incident, or of a month.",
            "explain": "Say why an incident was opened, and judge it once more.",
            "hold": "Put an incident on legal hold: nothing of it is purged.",
        },
        "Over the past": {
            "replay": "Replay recorded posts: what would you be told, and when?",
            "backtest": "See on which days you would have been alerted.",
            "detect": "Run the detector alone over counts, row by row.",
        },
        "To practise and to measure": {
            "drill": "Play an exercise, and report how the team did.",
            "bench": "Measure delay, false alarms and speed.",
        },
    }

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._about = {name: told for each in self.sections.values() for name, told in each.items()}
        self.commands: Any = Later(self._about, imported)

    def line(self, name: str, width: int) -> str:  # noqa: ARG002 - each fits
        """What a command does."""
        return self._about[name]

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called for. Raises BadParameter."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                from monitor.configuration.problems import in_our_words

                error.message = in_our_words(error.__cause__.errors(include_url=False)[0])
            raise


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Watches how much people say about a brand, topic by topic, and briefs the support team "
    "when a flood of questions begins.\n\n"
    "To see it at work, with a fictional airline, no keys and no network:\n\n"
    "    seawall demo",
)

UNUSABLE_INPUT = 2
FAILED = 1
INTERRUPTED = 130
HUNG_UP = 141
"""Nobody reads on, as in `seawall incidents list | head`."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seawall {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors are one message on standard error and an exit status."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it is flushed once more
        sys.exit(HUNG_UP)
    except Stopped as stopped:
        _fail(str(stopped), INTERRUPTED)
    except UnusableInput as error:
        _fail(str(error), UNUSABLE_INPUT)
    except Failure as error:
        _fail(str(error), FAILED)
    except OSError as error:
        _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", FAILED)


def _fail(message: str, status: int) -> None:
    typer.echo(f"seawall: {without_secrets(message)}", err=True)
    sys.exit(status)
