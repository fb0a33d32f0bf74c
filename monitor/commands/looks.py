"""What could be said in public now, as `seawall words show` prints it."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from alerts import languages, wording
from alerts.notifiers.terminal import Terminal
from alerts.plain_text import visible
from alerts.words.kinds import KINDS
from alerts.words.phases import Phase
from monitor.commands import desk, facts
from monitor.commands.options import YOUR_NAME, program
from monitor.words.desk import Desk
from monitor.words.drafts import needed
from monitor.words.looking import Look, Proposal


def tell(console: Terminal, at: Desk, found: Look, where: str) -> None:
    """What it is about, what is known, what could be said, and what waits for whom.

    `where` are the options with which a command finds the configuration and the store.
    """
    for line in _now(found):
        console.print(visible(line))
    console.print()
    facts.tell(at, found.facts, [*found.requests], found.contradicted)
    offered = found.silence and not found.resolved
    if offered and found.silence_first:
        _tell_silence(console, found, where)
    for one in found.proposals:
        like_it = [it for it in found.alternatives if it.language == one.language]
        _tell(console, one, like_it)
    _tell_unlocks(console, found, where)
    if not (found.proposals or found.unlocks or found.resolved or found.phase is Phase.CORRECTION):
        console.print(f"\nThe playbook has no words for this yet ({found.phase}).")
    if offered and not found.silence_first:
        _tell_silence(console, found, where)
    for message in found.messages:
        if not message.over:
            console.print()
            desk.tell(console, message, found.zone, where)
    for promise in found.promises:
        until = wording.moment(promise.until, promise.zone)
        in_language = languages.name(promise.language)
        said = f"Promised: more at {until}, in {in_language}, by {promise.owner}"
        console.print(f"\n{visible(said)}")


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


def _tell_unlocks(console: Terminal, found: Look, where: str) -> None:
    """Which phases would say more, and how what they need is confirmed."""
    if not found.unlocks:
        return
    console.print(Text(f"\n{needed(found.unlocks)}:", "bold"))
    for kind in dict.fromkeys(kind for kinds in found.unlocks.values() for kind in kinds):
        confirm = f"facts confirm {found.incident} {kind} VALUE --by {YOUR_NAME}"
        console.print(f"  {program()} {confirm}{where}", style="dim", soft_wrap=True)


def _tell_silence(console: Terminal, found: Look, where: str) -> None:
    """To say nothing, why one would, and how that is decided."""
    console.print(f"\n{found.silence[:1].upper()}{found.silence[1:]}", style="bold")
    decide = f"words silence {found.incident} --until 2h --because TEXT --by {YOUR_NAME}"
    console.print(f"  {program()} {decide}{where}", style="dim", soft_wrap=True)
