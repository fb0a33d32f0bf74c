"""The command `seawall`."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import typer
from pydantic import ValidationError

from alerts.hiding import without_secrets
from alerts.incidents.incident import Refused
from alerts.secret import SecretMissing
from monitor import __version__
from monitor.backtest.running import BacktestError
from monitor.commands import facts, incidents, notify, oncall, words
from monitor.commands.backtest import backtest
from monitor.commands.bench import bench
from monitor.commands.check import check
from monitor.commands.demo import demo
from monitor.commands.detect import detect
from monitor.commands.drill import drill
from monitor.commands.explain import explain
from monitor.commands.grouping import Grouped
from monitor.commands.init import init
from monitor.commands.lint import lint
from monitor.commands.progress import Stopped
from monitor.commands.replay import replay
from monitor.commands.report import report
from monitor.commands.run import run
from monitor.commands.sign_in import sign_in
from monitor.configuration import ConfigurationError
from monitor.configuration.problems import in_our_words
from monitor.detect import UnusableFileError
from monitor.incidents.deeds import NoSuchIncident
from monitor.report import ReportError
from monitor.sources.recording import RecordingError
from monitor.store import StoreError


class _Commands(Grouped):
    """All of them; what is wrong with an option is told in our words, not those of pydantic."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "To begin": ("demo", "init", "check", "notify", "run", "sign-in"),
        "In an incident": ("incidents", "facts", "words", "lint", "oncall"),
        "Afterwards": ("report", "explain"),
        "Over the past": ("replay", "backtest", "detect"),
        "To practise and to measure": ("drill", "bench"),
    }

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called for. Raises BadParameter."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
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
app.command()(demo)
app.command()(init)
app.command()(check)
app.command()(run)
app.command("sign-in")(sign_in)
app.add_typer(incidents.app, name="incidents")
app.add_typer(facts.app, name="facts")
app.add_typer(words.app, name="words")
app.add_typer(notify.app, name="notify")
app.add_typer(oncall.app, name="oncall")
app.command()(report)
app.command()(replay)
app.command()(backtest)
app.command()(explain)
app.command()(detect)
app.command()(lint)
app.command()(drill)
app.command()(bench)

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
    except (ConfigurationError, RecordingError, UnusableFileError, BacktestError) as error:
        _fail(str(error), UNUSABLE_INPUT)
    except (StoreError, ReportError, NoSuchIncident, Refused, SecretMissing) as error:
        _fail(str(error), FAILED)
    except OSError as error:
        _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", FAILED)
    except Stopped as stopped:
        _fail(str(stopped), INTERRUPTED)


def _fail(message: str, status: int) -> None:
    typer.echo(f"seawall: {without_secrets(message)}", err=True)
    sys.exit(status)
