"""`seawall words`: what could be said in public now, and each message on its way there."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from alerts import languages, wording
from alerts.incidents.incident import Refused
from alerts.plain_text import visible
from alerts.words.approval import Message
from alerts.words.phases import Channel, Phase
from monitor.commands import acting, desk, looks, output, proposals, seals
from monitor.commands.acting import Asked
from monitor.commands.desk import HASH, MessageId
from monitor.commands.grouping import Grouped
from monitor.commands.options import (
    DEFAULT_STORE,
    AsJson,
    DatabaseUrl,
    there,
)
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import deeds
from monitor.store import messages
from monitor.words import looking, messaging
from monitor.words.desk import Desk
from monitor.words.messaging import APPROVE, Held


class _Words(Grouped):
    """From what is known to the public."""

    sections: ClassVar[Mapping[str, Sequence[str]]] = {
        "From what is known to the public": (
            *("show", "draft", "propose", "edit", "submit", "approve", "return", "break-glass"),
            *("copy", "post", "posted", "not-posted"),
        ),
        "Beside that": ("silence", "history"),
        "By day, in advance": ("templates", "seal", "unseal"),
    }


app = typer.Typer(
    cls=_Words,
    no_args_is_help=True,
    help="Say something in public.\n\n"
    "It is drafted over confirmed facts, and approved by another person:\n\n"
    "    seawall words show fjordwing-b5g44m7i",
)

app.command()(proposals.propose)
app.command()(seals.templates)
app.command()(seals.seal)
app.command()(seals.unseal)

AsPhase = Annotated[
    Phase | None, typer.Option("--phase", help="What it is for; by default what fits now.")
]
OnChannel = Annotated[
    Channel | None,
    typer.Option(
        "--channel", help="Where it goes; by default where we spoke, or where most write."
    ),
]
InLanguages = Annotated[
    list[str] | None,
    typer.Option(
        "--language", metavar="L", help="By default all that are being written, most first."
    ),
]
TextOrInput = Annotated[str, typer.Argument(metavar="TEXT|-", help="- reads it from input.")]
HashRead = Annotated[
    str,
    typer.Argument(
        metavar="HASH", help=f"Of the text that you read: the {HASH} signs shown beside it."
    ),
]
Reason = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; it is on record.")]


@app.command()
def show(
    id: IncidentId,
    phase: AsPhase = None,
    channel: OnChannel = None,
    language: InLanguages = None,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show what could be said now, and what waits for whom.

    seawall words show fjordwing-b5g44m7i --channel banner --language de
    """
    with desk.at(id, by, config, database) as at:
        desk.read_rules(at.configuration)
        found = looking.look(at, phase=phase, channel=channel, languages=language or ())
        if language:
            wanted = {languages.base(one) for one in language}
            shown = [one for one in found.messages if one.message.language in wanted]
            found = replace(found, messages=tuple(shown))
        if as_json:
            output.data(desk.data(found))
            return
        console = output.plain()
        looks.tell(console, at, found, there(config, database))


def draft(
    id: IncidentId,
    phase: Annotated[Phase, typer.Option("--phase", help="What it is for.")],
    channel: Annotated[Channel, typer.Option("--channel", help="Where it goes.")] = Channel.X,
    language: InLanguages = None,
    text: Annotated[
        str,
        typer.Option("--text", metavar="TEXT|-", help="In your own words, in one --language."),
    ] = "",
    variant: Annotated[
        int, typer.Option("--variant", min=0, max=looking.WORDINGS, help="Another wording.")
    ] = 0,
    submit: Annotated[bool, typer.Option("--submit", help="Hand them in at once.")] = False,
) -> Asked:
    """Draft a message in each language, over what is confirmed.

    seawall words draft fjordwing-b5g44m7i --phase working --channel x
    """
    wanted = {"phase": phase, "channel": channel, "languages": language or (), "variant": variant}
    return Asked("draft", id, json.dumps({**wanted, "text": _read(text), "submit": submit}))


def edit(id: MessageId, text: TextOrInput) -> Asked:
    """Change the text of a message.

    Nobody's approval holds then.

    seawall words edit fjordwing-b5g44m7i/3 "No news yet, still on it."
    """
    return Asked("edit", id, _read(text))


def submit(id: MessageId) -> Asked:
    """Hand a draft in, for another person to approve.

    You say that what it states is so.

    seawall words submit fjordwing-b5g44m7i/3
    """
    return Asked("submit", id)


def return_(id: MessageId, because: Reason) -> Asked:
    """Return a message to its author, with a comment.

    seawall words return fjordwing-b5g44m7i/3 --because TEXT
    """
    return Asked("return", id, note=because)


@app.command()
def post(
    id: MessageId,
    read: HashRead,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Have the daemon post an approved message.

    `seawall words show` says what that costs.

    seawall words post fjordwing-b5g44m7i/3 3f9a1c2b77ae40d1c95e02ab
    """
    _of_text("post", id, read, by, config, database, as_json)


def not_posted(id: MessageId) -> Asked:
    """Say that you looked, and it is not there.

    Of a message of which nobody knows whether it was posted.

    seawall words not-posted fjordwing-b5g44m7i/3
    """
    return Asked("not_posted", id)


def posted(
    id: MessageId,
    link: Annotated[str, typer.Option("--link", metavar="URL", help="Where it stands.")] = "",
) -> Asked:
    """Note that you posted an approved message.

    The link can be said later, too.

    seawall words posted fjordwing-b5g44m7i/3 --link https://example.com/1
    """
    return Asked("posted", id, link)


@app.command("break-glass")
def break_glass(
    id: MessageId,
    read: HashRead,
    because: Reason,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Approve alone what cannot wait, exactly as you read it.

    Everybody reads that, and why.

    seawall words break-glass fjordwing-b5g44m7i/3 HASH --because TEXT
    """
    _of_text("break_glass", id, read, by, config, database, as_json, because)


@app.command()
def approve(
    id: MessageId,
    read: HashRead,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Approve exactly the text that you read.

    Nobody approves what they wrote.

    seawall words approve fjordwing-b5g44m7i/3 3f9a1c2b77ae40d1c95e02ab
    """
    _of_text(APPROVE, id, read, by, config, database, as_json)


@app.command()
def copy(
    id: MessageId, by: By = "", config: Config = None, database: DatabaseUrl = DEFAULT_STORE
) -> None:
    """Print exactly the text of an approved message.

    Nothing is added to it where it is piped, not even a new line.

    seawall words copy fjordwing-b5g44m7i/3 | pbcopy
    """
    with _message(id, by, config, database) as (at, one):
        messaging.insist_copied(Held(at, one))
        sys.stdout.write(one.text + "\n" * sys.stdout.isatty())


@app.command()
def history(
    id: MessageId,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show all that was done to a message, by whom.

    seawall words history fjordwing-b5g44m7i/3
    """
    with _message(id, by, config, database) as (at, one):
        steps, zone = messages.trail(at.connection, one.id), at.voice.zone
    if as_json:
        output.data(desk.data(steps))
        return
    console = output.plain()
    for step in steps:
        place = f" from {step['place']}" if step["place"] else ""
        note = f": {step['note']}" if step["note"] else ""
        what = f"{step['state']} by {step['by']}{place}, {step['sha256'][:HASH]}{note}"
        console.print(visible(f"{wording.moment(step['at'], zone)}  {what}"), soft_wrap=True)
        desk.lines(console, step["text"])


def _of_text(
    verb: str,
    id: str,
    read: str,
    by: str,
    config: Path | None,
    database: str,
    as_json: bool,
    note: str = "",
) -> None:
    """Do what is done with exactly the text that somebody read."""
    if len(read) < HASH:
        raise typer.BadParameter(f"give {HASH} signs of the hash, as they are shown")
    with _message(id, by, config, database) as (_, one):
        if not one.sha256.startswith(read):
            raise Refused("its text was changed since you read it: read it again")
    desk.do(Asked(verb, one.id, one.sha256, note), by, config, database, as_json)


@contextmanager
def _message(
    id: str, by: str, config: Path | None, database: str
) -> Iterator[tuple[Desk, Message]]:
    """A message at the desk of its incident. Raises Refused where there is none."""
    incident, _, number = id.partition("/")
    with desk.at(incident, by, config, database) as at:
        every = {one.id: one for one in messages.of(at.connection, at.id)}
        whole_id = f"{deeds.find(at.connection, incident)}/{number}"
        if whole_id not in every:
            raise messaging.unknown(whole_id, [*every.values()])
        yield at, every[whole_id]


def _read(text: str) -> str:
    if text != "-":
        return text
    read = sys.stdin.read().rstrip("\r\n")
    if not read.strip():
        raise typer.BadParameter("nothing was written to the input")
    return read


for _each in (draft, edit, submit, posted):
    app.command()(desk.command(_each))
app.command("return")(desk.command(return_))
app.command("not-posted")(desk.command(not_posted))
app.command(
    "silence",
    help="Decide to say nothing in public for now.\n\n"
    "seawall words silence fjordwing-b5g44m7i --until 2h --because TEXT",
)(acting.acting(acting.keep_silent))
