"""Options that several commands share, and how a person calls the next command."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_STORE = "sqlite:///seawall.db"
STORE_VARIABLE = "SEAWALL_DATABASE"
YOUR_NAME = "YOUR-NAME"
"""What stands in a command for the name of whoever gives it."""

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        envvar=STORE_VARIABLE,
        help="The store: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    ),
]
ConfigurationFile = Annotated[
    Path,
    typer.Option("--config", metavar="FILE", help="The configuration, a YAML file."),
]
DEFAULT_CONFIGURATION = Path("seawall.yaml")
CONFIGURATION_VARIABLE = "SEAWALL_CONFIG"
LiveConfiguration = Annotated[
    Path,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar=CONFIGURATION_VARIABLE,
        help="The daemon's configuration, a YAML file.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def acknowledging(config: Path | None, database: str) -> str:
    """The command that acknowledges an incident in this store, `{incident}` to be filled in."""
    return f"{program()} incidents ack {{incident}} --by {YOUR_NAME}{there(config, database)}"


def there(config: Path | None, database: str) -> str:
    """The options with which a command finds this configuration and this store, where it needs."""
    without = Path(os.environ.get(CONFIGURATION_VARIABLE) or DEFAULT_CONFIGURATION)
    named = "" if config in (None, without) else f" --config {shlex.quote(shown_path(config))}"
    return named + elsewhere(database)


def shown_path(path: Path) -> str:
    """A file as it is called from here: below this directory without what leads to it."""
    return str(path.relative_to(here) if path.is_relative_to(here := Path.cwd()) else path)


def elsewhere(database: str, found: str = "") -> str:
    """The option with which a command opens this store; passwords are hidden.

    Empty where it is the one `found` without, by default as this shell has it.
    """
    if database == (found or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE):
        return ""
    from monitor.store import shown, url_of  # the store is imported by those who open one

    return f" --database {shlex.quote(shown(url_of(database)))}"


def program() -> str:
    """How a person in this shell calls seawall: by name where it is found, else by its path."""
    found = shutil.which("seawall")
    here = Path(sys.argv[0]).absolute()
    if here.name != "seawall" or not here.exists() or (found and here.samefile(found)):
        return "seawall"
    try:
        return shlex.quote(str(here.relative_to(Path.cwd())))
    except ValueError:
        return shlex.quote(str(here))
