"""`seawall words propose`: an outside program proposes drafts."""

import asyncio
from typing import Annotated

import typer

from alerts.words.phases import Channel, Phase
from monitor.commands import desk
from monitor.commands.acting import Asked
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl
from monitor.commands.seeing import By, Config, IncidentId
from monitor.words import proposing
from monitor.words.drafts import Wanted


def propose(
    id: IncidentId,
    phase: Annotated[Phase, typer.Option("--phase", help="What it is for.")],
    channel: Annotated[Channel, typer.Option("--channel", help="Where it goes.")] = Channel.X,
    language: Annotated[
        list[str] | None,
        typer.Option(
            "--language", metavar="L", help="By default all that are being written, most first."
        ),
    ] = None,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Ask the configured program for a draft in each language.

    You are its author, too, and another person approves it.

    seawall words propose fjordwing-b5g44m7i --phase working --channel x
    """
    with desk.at(id, by, config, database) as at:
        question = proposing.question(at, Wanted(phase, channel, tuple(language or ())))
        configured = at.configuration.propose
    answer = asyncio.run(proposing.answer(configured, question))
    desk.do(Asked(proposing.PROPOSE, id, answer), by, config, database, as_json)
