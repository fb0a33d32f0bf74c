"""`seawall hold`: nothing of an incident is purged, for as long as lawyers need it."""

from typing import Annotated

import typer

from alerts.incidents.steps import DELETED, Step
from monitor.commands.acting import Asked, Because, acting
from monitor.commands.seeing import IncidentId


@acting
def hold(
    id: IncidentId,
    because: Because = "",
    even_deleted: Annotated[
        bool,
        typer.Option(
            "--even-deleted",
            help="Keep aside what authors delete as well; nothing shows it. Ask a lawyer first.",
        ),
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="End it: what is old is purged again.")
    ] = False,
) -> Asked:
    """Put an incident on legal hold: nothing of it is purged.

    Its posts, counts and briefings stay, whatever `keep_posts` says. What an author deletes is
    hidden all the same.

    seawall hold fjordwing-b5g44m7i --because "claim of passengers"
    """
    if release and even_deleted:
        raise typer.BadParameter("give --even-deleted to hold it, or --release to end that")
    if release:
        return Asked(Step.RELEASE, id, note=because)
    if not because.strip():
        raise typer.BadParameter("say why it is held: --because TEXT; it is on record")
    return Asked(Step.HOLD, id, DELETED if even_deleted else "", because)
