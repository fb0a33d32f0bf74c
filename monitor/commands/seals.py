"""Templates of public words, and who approved them in advance: part of `seawall words`."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from alerts.notifiers import Pressed
from alerts.plain_text import visible
from alerts.words.kinds import KINDS
from alerts.words.sentences import rendered, slots
from monitor.commands import desk, output, seeing
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
    elsewhere,
    program,
)
from monitor.commands.seeing import By
from monitor.configuration import load
from monitor.incidents import pressing
from monitor.store import Database, messages
from monitor.words import sealing

OfSituation = Annotated[
    str, typer.Option("--situation", metavar="S", help="Of one situation: booking, accident, …")
]
What = Annotated[
    str, typer.Argument(metavar="TEMPLATE|L", help="A template by its name, or a language.")
]


def templates(
    language: Annotated[str, typer.Argument(metavar="L", help="en, de, sv, nb, da or nl.")],
    situation: OfSituation = "",
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Show the texts of a language, and who approved them.

    By situation and phase; who approved which in advance.

    seawall words templates de --situation booking
    """
    found = sealing.templates(language, situation)
    with closing(Database.open(database, existing=True)) as store, store.read() as connection:
        seals = messages.seals(connection, found)
    console = output.plain()
    for name, one in found.items():
        by = [f"{role}: {who}" for role, who in seals.get(name, {}).items()]
        console.print(
            Text(f"{name}  {visible(', '.join(by)) or 'not approved in advance'}", "bold")
        )
        for sentence in one.sentences:
            for way in filter(None, (sentence.say, *sentence.others, sentence.otherwise)):
                desk.lines(console, rendered(way, {slot: _slot(slot) for slot in slots(way)}))


def seal(
    what: What,
    situation: OfSituation = "",
    every: Annotated[
        bool, typer.Option("--all", help="All of the language that is not grave.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without being asked.")] = False,
    by: By = "",
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Approve templates in advance, by day.

    Once you have read them: as one who reads their language, or for legal. Grave situations are
    named one by one.

    seawall words seal de --situation booking
    """
    if "/" not in what and not situation and not every:
        raise typer.BadParameter("say which --situation, or --all that is not grave")
    about = f"{what}/{situation}" if situation else what
    many = len(sealing.chosen(about))
    if not yes:
        of = f" --situation {situation}" if situation else ""
        show = f"{program()} words templates {what}{of}{elsewhere(database)}"
        typer.confirm(f"{many} templates, which `{show}` shows. Approve them?", abort=True)
    _press(sealing.SEAL, about, by, config, database)


def unseal(
    what: What,
    situation: OfSituation = "",
    by: By = "",
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Take back an approval in advance, whoever gave it.

    seawall words unseal de --situation booking
    """
    about = f"{what}/{situation}" if situation else what
    _press(sealing.UNSEAL, about, by, config, database)


def _press(verb: str, about: str, by: str, config: Path, database: str) -> None:
    configuration = load(config)
    pressed = Pressed(verb, about, seeing.person(by), seeing.PLACE)
    with closing(Database.open(database, existing=True)) as store, store.write() as connection:
        done = pressing.do(configuration, pressed, seeing.now(connection), connection)
    typer.echo(visible(done.words))


def _slot(name: str) -> str:
    """What is filled in, as people read it."""
    return f"‹{KINDS[name].name.lower() if name in KINDS else name}›"
