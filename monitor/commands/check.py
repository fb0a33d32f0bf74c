"""`seawall check`: is this configuration right, and what does it amount to?"""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from monitor.commands.options import AsJson
from monitor.configuration import check as run


def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The configuration.")],
    as_json: AsJson = False,
) -> None:
    """Validate a configuration: every mistake with its place and a hint. Exit status 2 if any."""
    checked = run(config)
    if as_json:
        typer.echo(json.dumps(checked.as_dict(), indent=2, default=str))
    elif checked.summary is None:
        for problem in checked.problems:
            typer.echo(str(problem), err=True)
    else:
        one = checked.summary
        Console(highlight=False).print(
            f"{config} is fine: {len(one.brands)} brands, {len(one.topics)} topics, "
            f"{len(one.budgets)} series; at most {one.false_alarms:g} false surges in 30 days."
        )
    if not checked.fine:
        raise typer.Exit(2)
