"""What `seawall facts` and `seawall words` share: somebody at the desk of an incident."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.text import Text

from alerts import languages, wording
from alerts.notifiers import Pressed
from alerts.notifiers.terminal import Terminal
from alerts.plain_text import visible
from alerts.words import rulebook
from alerts.words.rulebook import Level
from monitor.commands import acting, output, seeing
from monitor.commands.acting import Asked
from monitor.commands.options import YOUR_NAME, program, there
from monitor.configuration import Configuration
from monitor.configuration.values import shortened
from monitor.incidents import deeds, pressing
from monitor.store import Database, messages, situations
from monitor.words import desk, looking
from monitor.words.desk import Desk
from monitor.words.looking import Checked, Standing
from monitor.words.proposing import PROPOSE


def _of_a_message(id: str) -> str:
    if not re.fullmatch(r"[^/]+/\d+", id):
        raise typer.BadParameter(
            f"{shortened(id)!r} is no message's id, which is INCIDENT/NUMBER, as in "
            "fjordwing-b5g44m7i/3; `words show INCIDENT` shows those of an incident"
        )
    return id


MessageId = Annotated[
    str,
    typer.Argument(
        metavar="MESSAGE", callback=_of_a_message, help="A message's id: fjordwing-b5g44m7i/3."
    ),
]
HASH = 24
"""So many signs of a text's hash say which text it is."""

_STYLES = {Level.BLOCK: "bold red", Level.WARN: "yellow"}
_TO_DO = {
    "draft": "words submit {id}",
    "returned": "words edit {id} TEXT",
    "submitted": "words approve {id} {hash}",
    "approved": "words posted {id} --link URL",
    "uncertain": "words posted {id} --link URL",
}
"""The command that comes next, by the state of a message."""
_DRAFTING = ("draft", PROPOSE)
"""The verbs that make messages where there are none."""


@contextmanager
def at(id: str, by: str, config: Path | None, database: str) -> Iterator[Desk]:
    """The desk of an incident, to look. Raises Refused, and Forbidden where they may not see it."""
    with seeing.seen(id, by, config, database) as (store, incident):
        configuration = seeing.insisted(config, incident.brand)
        who = seeing.looker(configuration, by)
        with store.read() as connection:
            yield desk.looking(connection, configuration, incident.id, who, seeing.now(connection))


def read_rules(configuration: Configuration) -> None:
    """Read what the linter goes by, which takes seconds, before the store is held."""
    spoken = {*map(languages.base, configuration.languages)} & {*rulebook.languages()}
    with Console(stderr=True).status("Reading what may be said, and what not …"):
        for language in sorted(spoken):
            rulebook.rulebook(language)


def command(said: Callable[..., Asked]) -> Callable[..., None]:
    """The command that does what a function asks for, and shows what became of which message."""
    return acting.acting(said, do)


def do(asked: Asked, by: str, config: Path | None, database: str, as_json: bool) -> None:
    """Do what somebody asks for, say it, and show the messages that it changed, or found there."""
    who = seeing.person(by)
    pressed = Pressed(asked.verb, asked.about, who, seeing.PLACE, asked.value, asked.note)
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            id = deeds.find(connection, asked.about.partition("/")[0])
            brand = situations.one_incident(connection, id).brand
            before = messages.of(connection, id)
        configuration = seeing.configured(config, brand)
        if configuration and (before or asked.verb in _DRAFTING):
            read_rules(configuration)
        with store.write() as connection:
            done = pressing.do(configuration, pressed, seeing.now(connection), connection)
    with at(id, by, config, database) as now:
        named = re.findall(r"[^\s,]+/\d+", done.words)
        shown = [
            one
            for one in looking.messages_of(now)
            if one.message not in before or one.message.id in named
        ]
        facts = looking.known(now)
    if as_json:
        output.data({"words": done.words, "facts": data(facts), "messages": data(shown)})
        return
    typer.echo(visible(str(done)))
    console = output.plain()
    for one in shown:
        console.print()
        tell(console, one, now.voice.zone, there(config, database))


def data(told: Any) -> Any:
    """Data for programs, as the API tells it."""
    return json.loads(TypeAdapter(Any).dump_json(told))


def tell(console: Terminal, one: Standing, zone: str, where: str) -> None:
    """A message: where it stands, exactly its text, what is to be said of it, what comes next."""
    message = one.message
    called = f"{languages.name(message.language)} on {message.channel}, {message.phase}"
    console.print(Text.assemble((message.id, "bold"), f"  {called}: ", (message.state, "bold")))
    body(console, message.text, one.checked, f", hash {one.sha256[:HASH]}")
    whose = [f"by {' and '.join(message.authors)}"]
    if message.submitted_by and message.submitted_by not in message.authors:
        whose.append(f"submitted by {message.submitted_by}")
    whose += [
        f"approved by {one.by}" + (f" alone, because {one.reason}" if one.reason else "")
        for one in message.approvals
    ]
    if message.posted_at:
        whose.append(f"posted {wording.moment(message.posted_at, zone)} by {message.posted_by}")
    console.print(Text(f"  {visible('; '.join(whose))} {visible(message.link)}".rstrip(), "dim"))
    if message.because:
        console.print(Text(f"  {visible(message.because)}", "yellow"))
    if one.next:
        console.print(Text(f"  next: {visible(one.next)}", "bold"))
        to_do = "words post {id} {hash}" if one.offer else _TO_DO.get(message.state)
        steps = [f"facts confirm {message.incident} {kind}" for kind in one.unconfirmed]
        if to_do and not steps:
            steps = [to_do.format(id=message.id, hash=one.sha256[:HASH])]
        for step in steps:
            called = f"{program()} {step} --by {YOUR_NAME}{where}"
            console.print(f"        {called}", soft_wrap=True)


def body(console: Terminal, text: str, found: Checked, more: str = "") -> None:
    """A text line by line, how long it is there, and what the linter finds in it."""
    lines(console, text)
    said = f"{found.length:,} of {found.limit:,}{more}"
    console.print(Text(f"  {said}", "dim" if found.length <= found.limit else "bold red"))
    for one in found.findings:
        where = f" ({visible(one.found)})" if one.found else ""
        better = f" Better: {visible(one.better)}" if one.better else ""
        style = _STYLES[one.level]
        console.print(Text(f"  {one.level} {one.rule}{where}: {one.why}{better}", style))


def lines(console: Terminal, text: str) -> None:
    """A text line by line, where nothing in it acts or hides."""
    for line in text.split("\n"):
        console.print(f"  {visible(line)}", soft_wrap=True)
