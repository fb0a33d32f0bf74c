"""Options that several commands share."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_STORE = "sqlite:///seawall.db"

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="SEAWALL_DATABASE",
        help="The store: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    ),
]
ConfigurationFile = Annotated[
    Path,
    typer.Option("--config", metavar="FILE", help="The configuration, a YAML file."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def acknowledging(database: str) -> str:
    """The command that acknowledges an incident in this store, `{incident}` to be filled in."""
    command = f"{program()} incidents ack {{incident}} --by YOUR-NAME"
    return command if database == DEFAULT_STORE else f"{command} --database {database}"


def program() -> str:
    """How a person in this shell calls seawall: by name where it is found, else by its path."""
    found = shutil.which("seawall")
    here = Path(sys.argv[0]).absolute()
    if (found and Path(found).samefile(here)) or here.name != "seawall":
        return "seawall"
    try:
        return str(here.relative_to(Path.cwd()))
    except ValueError:
        return str(here)
