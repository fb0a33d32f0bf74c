"""`seawall words`: what could be said in public now, and each message on its way there."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from alerts import languages, wording
from alerts.incidents.incident import Refused
from alerts.notifiers.terminal import Terminal
from alerts.plain_text import visible
from alerts.words.approval import Message
from alerts.words.kinds import KINDS
from alerts.words.phases import Channel, Phase
from monitor.commands import acting, desk, facts, output, seals
from monitor.commands.acting import Asked
from monitor.commands.desk import HASH, MessageId
from monitor.commands.options import (
    DEFAULT_STORE,
    YOUR_NAME,
    AsJson,
    DatabaseUrl,
    program,
    there,
)
from monitor.commands.seeing import By, Config, IncidentId
from monitor.incidents import deeds
from monitor.store import messages
from monitor.words import looking, messaging
from monitor.words.desk import Desk
from monitor.words.looking import Look, Proposal
from monitor.words.messaging import APPROVE, Held

app = typer.Typer(
    no_args_is_help=True,
    help="Say something in public.\n\n"
    "It is drafted over confirmed facts, and approved by another person:\n\n"
    "    seawall words show fjordwing-b5g44m7i",
)

app.command()(seals.templates)
app.command()(seals.seal)
app.command()(seals.unseal)

AsPhase = Annotated[
    Phase | None, typer.Option("--phase", help="What it is for; by default what fits now.")
]
OnChannel = Annotated[
    Channel | None,
    typer.Option("--channel", help="Where it goes; by default where most of it is written."),
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
        found = looking.look(at, phase=phase, channel=channel, languages=language or ())
        if language:
            wanted = {languages.base(one) for one in language}
            shown = [one for one in found.messages if one.message.language in wanted]
            found = replace(found, messages=tuple(shown))
        if as_json:
            output.data(desk.data(found))
            return
        console = output.plain()
        for line in _now(found):
            console.print(visible(line))
        console.print()
        facts.tell(at, found.facts, [*found.requests], found.contradicted)
        if found.silence_first and not found.resolved:
            _tell_silence(console, found, there(config, database))
        for one in found.proposals:
            like_it = [it for it in found.alternatives if it.language == one.language]
            _tell(console, one, like_it)
        if not found.proposals and found.phase is not Phase.CORRECTION:
            console.print(f"\nThe playbook has no words for this yet ({found.phase}).")
        if not (found.silence_first or found.resolved):
            _tell_silence(console, found, there(config, database))
        for message in found.messages:
            if not message.over:
                console.print()
                desk.tell(console, message, found.zone, there(config, database))
        for promise in found.promises:
            until = wording.moment(promise.until, promise.zone)
            in_language = languages.name(promise.language)
            said = f"Promised: more at {until}, in {in_language}, by {promise.owner}"
            console.print(f"\n{visible(said)}")


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
    """
    return Asked("edit", id, _read(text))


def submit(id: MessageId) -> Asked:
    """Hand a draft in, for another person to approve.

    You say that what it states is so.
    """
    return Asked("submit", id)


def return_(id: MessageId, because: Reason) -> Asked:
    """Return a message to its author, with a comment."""
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
    """
    return Asked("not_posted", id)


def posted(
    id: MessageId,
    link: Annotated[str, typer.Option("--link", metavar="URL", help="Where it stands.")] = "",
) -> Asked:
    """Note that you posted an approved message."""
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

    seawall words copy fjordwing-b5g44m7i/3 | pbcopy
    """
    with _message(id, by, config, database) as (at, one):
        messaging.insist_copied(Held(at, one))
        sys.stdout.write(one.text)


@app.command()
def history(
    id: MessageId,
    by: By = "",
    config: Config = None,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Show all that was done to a message, by whom."""
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
            raise Refused(f"there is no message {id!r}")
        yield at, every[whole_id]


def _now(found: Look) -> Iterator[str]:
    """What it is about, in which languages it is written, and which phase this is."""
    if found.resolved:
        yield "This incident is resolved."
    yield f"{found.about} (playbook {found.situation})"
    parts = [f"{languages.name(one)} {part:.0%}" for one, part in found.languages.items()]
    if parts:
        without = ", ".join(map(languages.name, found.silent_languages))
        yield f"Written in {', '.join(parts)}" + (f"; no words in {without}" if without else "")
    yield f"{found.phase.capitalize()}, on {found.channel}" + (
        f": {found.why}" if found.why else ""
    )
    if found.silent_until:
        yield f"Nothing is said; looked at again {wording.moment(found.silent_until, found.zone)}"


def _tell(console: Terminal, one: Proposal, others: Sequence[Proposal]) -> None:
    """What could be said in a language, its other wordings, and what would say more."""
    called = f"{languages.name(one.language)} on {one.channel}, {one.phase}"
    if one.message:
        console.print(Text(f"\n{called}: is there already, as {one.message}", "bold"))
        return
    seal = "" if one.sealed else "; its words are not approved in advance"
    console.print(Text(f"\n{called}: could be drafted{seal}", "bold"))
    desk.body(console, one.text, one.checked)
    for other in others:
        console.print(Text(f"  or, with --variant {other.variant}:", "dim"))
        desk.lines(console, other.text)
    if one.lacks:
        missing = ", ".join(f"{KINDS[kind].name.lower()} [{kind}]" for kind in one.lacks)
        console.print(f"  it would say more with: {missing}", style="dim", soft_wrap=True)


def _tell_silence(console: Terminal, found: Look, where: str) -> None:
    """To say nothing, why one would, and how that is decided."""
    console.print(f"\n{found.silence[:1].upper()}{found.silence[1:]}", style="bold")
    decide = f"words silence {found.incident} --until 2h --because TEXT --by {YOUR_NAME}"
    console.print(f"  {program()} {decide}{where}", style="dim", soft_wrap=True)


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
app.command("silence")(acting.acting(acting.keep_silent))
