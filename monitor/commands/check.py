"""`seawall check`: is this configuration right, and what does it amount to?"""

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands import output
from monitor.commands.options import AsJson
from monitor.commands.output import counted
from monitor.configuration import check as run


def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The configuration.")],
    as_json: AsJson = False,
) -> None:
    """Check a configuration: every mistake has its place and a hint.

    The exit status is 2 where there is any.

        seawall check seawall.yaml
    """
    checked = run(config)
    if as_json:
        output.data(checked.as_dict())
    elif checked.summary is None:
        for problem in checked.problems:
            typer.echo(str(problem), err=True)
    else:
        one = checked.summary
        typer.echo(
            f"{config} is fine: {counted(len(one.brands), 'brand')}, "
            f"{counted(len(one.topics), 'topic')}, {len(one.budgets)} series; "
            f"at most {one.false_alarms:g} false surges in 30 days."
        )
    if not checked.fine:
        raise typer.Exit(2)
