"""`seawall facts`: what is known of an incident, who confirmed it, and what was asked of whom."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Annotated, ClassVar
from urllib.parse import quote

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alerts import wording
from alerts.plain_text import visible
from alerts.secret import remember
from alerts.words.facts import FactState
from alerts.words.kinds import KINDS, Kind
from monitor import clock
from monitor.commands import desk, output, seeing
from monitor.commands.acting import WHEN, Asked
from monitor.commands.grouping import Grouped
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl
from monitor.commands.seeing import By, Config, IncidentId
from monitor.commands.sign_in import address
from monitor.configuration import load
from monitor.incidents import rights
from monitor.store import Database, access, facts
from monitor.words import answering, fact_desk, looking
from monitor.words import rights as words_rights
from monitor.words.desk import Desk, at_desk
from monitor.words.looking import Known


class _Facts(Grouped):
    """From a question to what is so."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "To know": ("list", "kinds"),
        "To ask": ("ask", "link"),
        "To say": ("answer", "confirm", "correct", "expire", "withdraw"),
    }


app = typer.Typer(
    cls=_Facts,
    no_args_is_help=True,
    help="See what is known of an incident, and confirm it.\n\n"
    "A fact is entered once, and said in every language:\n\n"
    "    seawall facts confirm fjordwing-b5g44m7i next_update 14:30",
)

KindId = Annotated[
    str, typer.Argument(metavar="KIND", help="What it is about: `seawall facts kinds` lists them.")
]
Value = Annotated[
    str,
    typer.Argument(
        metavar="VALUE", help="What is so: 14:30, `FW123, FW456`, yes, `en: Take the train`."
    ),
]
Source = Annotated[
    str, typer.Option("--source", metavar="WHO", help="From whom you know it, or where it stands.")
]
Evidence = Annotated[str, typer.Option("--evidence", metavar="TEXT", help="What shows it.")]
Until = Annotated[
    str,
    typer.Option("--until", metavar="TIME", help=f"When it holds no longer: {WHEN}."),
]

NARROW = 80
"""Columns of a terminal in which tables are no more read easily."""


@app.command("list")
def list_(
    id: IncidentId,
    all_: Annotated[bool, typer.Option("--all", help="Every revision of each.")] = False,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show what is known, and what was asked.

    seawall facts list fjordwing-b5g44m7i
    """
    with desk.at(id, by, config, database) as at:
        known = looking.known(at, every=all_)
        asked = facts.requests(at.connection, at.id)
        not_so = fact_desk.contradicted(at)
        if as_json:
            told = {"facts": known, "requests": asked, "contradicted": not_so}
            output.data(desk.data(told))
            return
        tell(at, known, asked, not_so)


@app.command()
def kinds(config: Config = None, as_json: AsJson = False) -> None:
    """List the kinds of facts, and who confirms them.

    With a configuration, who that is here.

    seawall facts kinds --config seawall.yaml
    """
    entered = [one for one in KINDS.values() if not one.standing]
    here = load(config) if config else None
    who = {one.id: words_rights.who_confirm(here, one.id) for one in entered} if here else {}
    if as_json:
        listed = desk.data(entered)
        output.data([{**one, "people": who[one["id"]]} for one in listed] if who else listed)
        return
    rows = [
        (
            one.id,
            f"{one.name}: {one.about}",
            _written(one),
            visible(f"{one.confirms}: {who[one.id]}" if who else one.confirms),
        )
        for one in entered
    ]
    console = output.plain()
    console.print(_table(console.width, ("kind", "what", "as", "confirmed by"), rows))


def answer(
    id: IncidentId,
    kind: KindId,
    value: Value,
    source: Source = "",
    evidence: Evidence = "",
    until: Until = "",
) -> Asked:
    """Say what you know; somebody who may confirms it.

    seawall facts answer fjordwing-b5g44m7i flights "FW123, FW456" --source Anna
    """
    return _said("fact", id, kind, value, source, evidence, until)


def confirm(
    id: IncidentId,
    kind: KindId,
    value: Annotated[
        str,
        typer.Argument(metavar="VALUE", help="What is so; left out: what was said before."),
    ] = "",
    source: Source = "",
    evidence: Evidence = "",
    until: Until = "",
) -> Asked:
    """Confirm what was said, or what you say here.

    From then on messages state it. What is confirmed otherwise is corrected instead; only a time
    of more is renewed.

    seawall facts confirm fjordwing-b5g44m7i next_update 14:30
    """
    return _said("confirm", id, kind, value, source, evidence, until)


def correct(
    id: IncidentId,
    kind: KindId,
    value: Value,
    source: Source = "",
    evidence: Evidence = "",
    until: Until = "",
) -> Asked:
    """Say what is right instead of what was confirmed.

    Whatever stated it is marked, and a correction is drafted for each language and place in which
    the public has read it.

    seawall facts correct fjordwing-b5g44m7i flights FW124 --source Anna
    """
    return _said("correct", id, kind, value, source, evidence, until)


def expire(id: IncidentId, kind: KindId) -> Asked:
    """Say that a fact holds no longer, though it was right.

    seawall facts expire fjordwing-b5g44m7i flights
    """
    return _said("expire", id, kind)


def withdraw(id: IncidentId, kind: KindId) -> Asked:
    """Take back what was asked or said.

    seawall facts withdraw fjordwing-b5g44m7i flights
    """
    return _said("withdraw", id, kind)


def ask(
    id: IncidentId,
    kind: KindId,
    question: Annotated[str, typer.Argument(metavar="TEXT", help="What you want to know.")] = "",
    function: Annotated[
        str,
        typer.Option("--of", metavar="FUNCTION", help="Whom: by default who confirms this kind."),
    ] = "",
    owner: Annotated[
        str,
        typer.Option("--owner", metavar="WHO", help="Who sees to it; by default you."),
    ] = "",
    due: Annotated[
        str,
        typer.Option("--due", metavar="TIME", help="Until when; by default in 15 minutes."),
    ] = "",
) -> Asked:
    """Ask a function for a fact.

    Who sees to it is told where nobody answers in time.

    seawall facts ask fjordwing-b5g44m7i flights "Which ones?" --due 10m
    """
    asked = {"kind": kind, "question": question, "function": function, "owner": owner, "due": due}
    return Asked("ask", id, json.dumps(asked))


@app.command()
def link(
    id: IncidentId,
    kind: KindId,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Make a link that answers one question, once.

    Whoever has it answers without signing in, and sees nothing but the question.

    seawall facts link fjordwing-b5g44m7i flights
    """
    with desk.at(id, by, config, database) as at:
        incident, configuration = at.id, at.configuration
    who = rights.actor(configuration, seeing.person(by), seeing.PLACE)
    at_page = address(configuration.http)
    with closing(Database.open(database, existing=True)) as store, store.write() as connection:
        now = seeing.now(connection)
        held = at_desk(connection, configuration, incident, who, now, "ask")
        secret = answering.link(held, kind, clock.wall())
    remember(secret)
    typer.echo(f"{at_page}/answer?link={quote(secret, safe='')}")
    hours = access.ANSWER_LIFE.total_seconds() / 3600
    typer.echo(f"It is good for {hours:g} hours, and for one answer.", err=True)


def tell(
    at: Desk,
    known: tuple[Known, ...],
    asked: list[facts.Request],
    contradicted: tuple[str, ...],
) -> None:
    """What is known, what is asked, and what agents are told that is not so any more."""
    console, zone = output.plain(), at.voice.zone
    if known:
        rows = []
        for one in known:
            strange = f" ({', '.join(one.strange)} in it)" if one.strange else ""
            by = f"{one.by}{', ' + one.source if one.source else ''}"
            if one.confirmed_by and one.confirmed_by != one.by:
                by += f"; confirmed by {one.confirmed_by}"
            until = wording.moment(one.until, zone) if one.until else ""
            state = "to be confirmed" if one.state is FactState.RUMOURED else str(one.state)
            state += f", {one.disputed}" if one.disputed else ""
            cells = (f"{one.name} [{one.kind}]", f"{one.words}{strange}", state, by, until)
            rows.append(tuple(map(visible, cells)))
        console.print(_table(console.width, ("fact", "says", "state", "by", "until"), rows))
    else:
        typer.echo("Nothing is known yet.")
    for request in asked:
        due = wording.moment(request.due_at, zone)
        told = f"{request.function} is asked: {request.question} By {due}; {request.owner} sees"
        console.print(visible(f"? {told} to it."))
    for line in contradicted:
        console.print(visible(f"! What agents are told is not so any more: {line}"), style="yellow")


def _said(
    verb: str,
    id: str,
    kind: str,
    value: str = "",
    source: str = "",
    evidence: str = "",
    until: str = "",
) -> Asked:
    said = {"kind": kind, "value": value, "source": source, "evidence": evidence, "until": until}
    return Asked(verb, id, json.dumps(said))


def _written(kind: Kind) -> str:
    return ", ".join(kind.options) if kind.options else str(kind.type)


def _table(width: int, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> RenderableType:
    """A line each; in a narrow terminal two, the second with the headings of what stands there."""
    if width < NARROW:
        return Group(*(_one_below_another(headings, row) for row in rows))
    lines = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        lines.add_column(heading, overflow="fold")
    for row in rows:
        lines.add_row(*row)
    return lines


def _one_below_another(headings: Sequence[str], row: Sequence[str]) -> RenderableType:
    what, says, *more = row
    rest = "; ".join(
        f"{name} {each}" for name, each in zip(headings[2:], more, strict=True) if each
    )
    first = Text.assemble((what, "bold"), f"  {says}" if says else "", overflow="fold")
    return Group(first, Padding(Text(rest, overflow="fold"), (0, 0, 0, 2)))


for _each in (answer, ask, confirm, correct, expire, withdraw):
    app.command()(desk.command(_each))
