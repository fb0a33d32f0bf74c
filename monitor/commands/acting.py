"""`seawall incidents ack`, `assign`, `merge`, …: what people do to incidents, from a shell."""

import inspect
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts.incidents.steps import DOUBLES, Step
from alerts.notifiers import Pressed, terminal
from alerts.plain_text import visible
from monitor.commands import output, seeing
from monitor.commands.options import DEFAULT_STORE, AsJson, DatabaseUrl
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import deeds, pressing, rights
from monitor.store import Database, situations

Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; it is on record.")]
WHEN = "`07:00`, `2h`, or `2026-11-22T07:00`"

PLAIN = {
    "decline": (Step.DECLINE, "Say that you cannot take it."),
    "mitigate": (Step.MITIGATE, "Say that the worst is over."),
    "wake": (Step.WAKE, "End an incident's snooze."),
    "restrict": (Step.RESTRICT, "Let only named people see an incident."),
    "unrestrict": (Step.UNRESTRICT, "Let everybody see an incident again."),
    "paused": (Step.PAUSED, "Confirm that promotions are paused."),
    "resolve": (Step.RESOLVE, "Resolve an incident: it is over."),
    "reopen": (Step.REOPEN, "Open an incident again."),
    "undo": (rights.UNDO, "Undo an incident's last merge or split."),
}
"""Commands that take an incident, and nothing else but a reason."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks for: see `alerts.notifiers.Pressed`."""

    verb: str
    about: str
    value: str = ""
    note: str = ""


def acting(
    said: Callable[..., Asked], do: Callable[..., None] | None = None
) -> Callable[..., None]:
    """The command that does what a function asks for, with the options that all of them share.

    `do` does it with those options; without it the incident is shown as it is then.
    """

    def command(**given: Any) -> None:
        shared = {name: given.pop(name) for name in _SHARED}
        (do or _do)(said(**given), **shared)

    own, more = inspect.signature(said).parameters, inspect.signature(_shared).parameters
    command.__signature__ = inspect.Signature([*own.values(), *more.values()])  # type: ignore[attr-defined]
    command.__annotations__ = {**said.__annotations__, **_shared.__annotations__}
    command.__name__, command.__doc__ = said.__name__, said.__doc__
    return command


def _shared(
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """What every one of these commands is told."""


_SHARED = tuple(inspect.signature(_shared).parameters)


def _do(asked: Asked, by: str, config: Path | None, database: str, as_json: bool) -> None:
    pressed = Pressed(
        asked.verb, asked.about, seeing.person(by), seeing.PLACE, asked.value, asked.note
    )
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            brand = asked.about
            if asked.verb != rights.OPEN:
                brand = situations.one_incident(connection, deeds.find(connection, brand)).brand
        configuration = seeing.configured(config, brand)
        with store.write() as connection:
            done = pressing.do(configuration, pressed, seeing.now(connection), connection)
        seeing.warn_unchecked(configuration)
        with store.read() as connection:
            changed = situations.one_incident(connection, done.about)
        seen = seeing.may_see(store, changed, by, config)
        with store.read() as connection:
            briefing = seeing.listed(connection, changed, config)
            if as_json:
                data = seeing.as_data(connection, changed) if seen else seeing.as_little(briefing)
                output.data(data)
                return
            if seen:
                briefing = situations.latest_briefing(connection, changed.id)
    output.plain().print(terminal.update(briefing))
    if done.answer:
        typer.echo(f"  {visible(done.answer)}")


def ack(
    id: IncidentId,
    in_: Annotated[
        str, typer.Option("--in", metavar="TIME", help="In how long you are at your desk: 10m.")
    ] = "",
    phone: Annotated[bool, typer.Option("--phone", help="You handle it by phone.")] = False,
) -> Asked:
    """Acknowledge an incident: you have it in hand.

    seawall incidents ack fjordwing-b5g44m7i --in 10m --by Kari
    """
    if in_ and phone:
        raise typer.BadParameter("at your desk, or by phone: give --in or --phone")
    return Asked(Step.PHONE if phone else Step.ACKNOWLEDGE, id, in_)


def assign(
    id: IncidentId,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="A person or a department.")],
    because: Because = "",
) -> Asked:
    """Assign an incident to somebody.

    seawall incidents assign fjordwing-b5g44m7i --to Ola
    """
    return Asked(Step.ASSIGN, id, to, because)


def snooze(
    id: IncidentId,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=f"Until when: {WHEN}.")
    ] = "",
    for_: Annotated[str, typer.Option("--for", metavar="TIME", help="For how long: 2h.")] = "",
    until_doubled: Annotated[
        bool, typer.Option("--until-doubled", help="Until it has twice as many posts.")
    ] = False,
    because: Because = "",
) -> Asked:
    """Snooze an incident: it calls nobody for a while.

    seawall incidents snooze fjordwing-b5g44m7i --for 2h
    """
    values = [value for value in (until, for_, DOUBLES if until_doubled else "") if value]
    if len(values) != 1:
        raise typer.BadParameter("give one of --until, --for and --until-doubled")
    return Asked(Step.SNOOZE, id, values[0], because)


def rate(
    id: IncidentId,
    severity: Annotated[str, typer.Argument(metavar="SEVERITY", help="minor, major or critical.")],
    because: Because = "",
) -> Asked:
    """Set an incident's severity by your word.

    seawall incidents rate fjordwing-b5g44m7i major --because TEXT
    """
    return Asked(Step.RATE, id, severity, because)


def judge(
    id: IncidentId,
    verdict: Annotated[
        str,
        typer.Argument(
            metavar="VERDICT",
            help="real, expected, false_alarm, new_normal, hoax or not_ours.",
        ),
    ],
    because: Because = "",
) -> Asked:
    """Say what an incident was.

    seawall incidents judge fjordwing-b5g44m7i false_alarm
    """
    return Asked(Step.JUDGE, id, verdict.replace("-", "_"), because)


def keep_silent(
    id: IncidentId,
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=f"When it is looked at again: {WHEN}.")
    ],
    because: Annotated[
        str, typer.Option("--because", metavar="TEXT", help="Why; it is on record.")
    ],
) -> Asked:
    """Decide to say nothing in public for now.

    seawall incidents keep-silent fjordwing-b5g44m7i --until 2h --because TEXT
    """
    return Asked(Step.KEEP_SILENT, id, until, because)


def note(
    id: IncidentId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What others should know.")],
) -> Asked:
    """Note something, for all who read along.

    seawall incidents note fjordwing-b5g44m7i "Operations know of it"
    """
    return Asked(Step.NOTE, id, note=text)


def open_(
    what: Annotated[str, typer.Argument(metavar="TEXT", help="What has happened.")],
    brand: Annotated[str, typer.Option("--brand", metavar="ID", help="Whose, by the brand's id.")],
) -> Asked:
    """Report an incident that no surge has opened.

    seawall incidents open "Fire alarm in Bergen" --brand fjordwing
    """
    return Asked(rights.OPEN, brand, note=what)


def merge(
    into: Annotated[str, typer.Argument(metavar="ID", help="The incident that goes on.")],
    part: Annotated[str, typer.Argument(metavar="PART", help="The one that becomes a part of it.")],
    because: Because = "",
) -> Asked:
    """Make one incident a part of another.

    seawall incidents merge fjordwing-b5g44m7i fjordwing-whb73tck
    """
    return Asked(rights.MERGE, into, part, because)


def split(
    id: IncidentId,
    topics: Annotated[list[str], typer.Argument(metavar="TOPIC", help="Topics that leave, by id.")],
    because: Because = "",
) -> Asked:
    """Make topics of an incident one of their own.

    seawall incidents split fjordwing-b5g44m7i baggage
    """
    return Asked(rights.SPLIT, id, " ".join(topics), because)


def _plain(verb: str) -> Callable[..., Asked]:
    def said(id: IncidentId, because: Because = "") -> Asked:
        return Asked(verb, id, note=because)

    return said


def add_to(app: typer.Typer) -> None:
    """Give an application all of these commands."""
    for said in (ack, assign, snooze, rate, judge, note, merge, split):
        app.command()(acting(said))
    app.command("keep-silent")(acting(keep_silent))
    app.command("open")(acting(open_))
    for name, (verb, words) in PLAIN.items():
        example = f"seawall incidents {name} fjordwing-b5g44m7i"
        app.command(name, help=f"{words}\n\n{example}")(acting(_plain(verb)))
