"""`seawall breach`: since when a data breach is known, and what is decided about notifying it."""

from dataclasses import asdict
from typing import Annotated

import typer

from alerts.incidents.breach import Law, Outcome
from alerts.plain_text import visible
from monitor.commands import output, seeing
from monitor.commands.acting import Asked, acting
from monitor.commands.oncall import plain
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import rights
from monitor.reporting import breaches

app = typer.Typer(
    no_args_is_help=True,
    help="See until when a data breach is notified, and decide.\n\n"
    "That is 72 hours from when it is known (GDPR Art. 33).",
)

Why = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; it is on record.")]


@app.command()
def show(
    id: IncidentId,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show since when it is known, until when it is notified, and who decides.

    seawall breach show fjordwing-b5g44m7i
    """
    with seeing.seen(id, by, config, database) as (store, incident), store.read() as connection:
        configuration = seeing.insisted(config, incident.brand)
        found = breaches.known(connection, configuration, incident)
    if as_json:
        output.data(plain(asdict(found)) if found else None)
        return
    lines = found.lines(configuration.timezone) if found else ("no data breach is known of it",)
    for line in lines:
        typer.echo(visible(f"{line[:1].upper()}{line[1:]}"))


@app.command()
@acting
def aware(
    id: IncidentId,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="`03:10`, `2h` ago, or a day and time.")
    ],
    because: Why,
) -> Asked:
    """Say since when somebody is reasonably certain of it: the time counts from then.

    seawall breach aware fjordwing-b5g44m7i --at 03:10 --because TEXT
    """
    return Asked(rights.AWARE, id, at, because)


@app.command()
@acting
def decide(
    id: IncidentId,
    outcome: Annotated[Outcome, typer.Argument(metavar="OUTCOME", help="notified or not_needed.")],
    because: Why,
    law: Annotated[Law, typer.Option("--law", help="Of which law: gdpr, or nis2.")] = Law.GDPR,
) -> Asked:
    """Say that it was notified, or need not be: nobody is reminded any more.

    seawall breach decide fjordwing-b5g44m7i notified --because "reference 4711"
    """
    return Asked(rights.DECIDE, id, f"{law} {outcome}", because)
