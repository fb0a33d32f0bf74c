"""Whether a text may be said now: by its facts, the linter, the other languages, and the matter."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from alerts.incidents.incident import Refused
from alerts.plain_text import visible
from alerts.words.approval import WAITING, Message, MessageState
from alerts.words.drafting import Draft
from alerts.words.facts import Fact, FactState, taken_back, usable
from alerts.words.kinds import KINDS
from alerts.words.lint import Finding, differing, lint
from alerts.words.phases import REPLIES, Phase
from alerts.words.playbooks import playbook
from alerts.words.rulebook import Level
from monitor.words.desk import Desk


def findings(desk: Desk, said: Message | Draft) -> tuple[Finding, ...]:
    """What the linter finds in it, over what is known now, and beside the other languages."""
    wrong = {f"{fact.kind}, as it was": fact for fact in denied(desk, said)}
    found = lint(
        said.text,
        language=said.language,
        channel=said.channel,
        phase=said.phase,
        situation=said.situation,
        facts=desk.facts() | wrong,
        voice=desk.voice,
        at=desk.at,
    )
    return (*found, *_differing(desk, said))


def unconfirmed(desk: Desk, said: Message) -> list[Fact]:
    """What it states that somebody said, and nobody has confirmed."""
    newest = {fact.kind: fact for fact in desk.revisions()}
    there = [fact for fact in overtaken(desk, said) if fact.state is FactState.RUMOURED]
    return [fact for fact in there if newest[fact.kind].id == fact.id]


def insist_sayable(desk: Desk, said: Message) -> None:
    """Raise Refused where it must not be said now, as its facts, the linter or the matter have it.

    Words that were drafted for another situation are no words for a grave one.
    """
    insist_holds(desk, said)
    situation, now = said.situation, desk.situation
    if situation != now and (playbook(situation).grave or playbook(now).grave):
        raise Refused(f"it was drafted for another situation ({situation}, not {now}): draft again")
    _insist_sound(desk, said)


def insist_holds(desk: Desk, said: Message) -> None:
    """Raise Refused where a fact that it states does not hold, or is not the newest any more."""
    for fact in overtaken(desk, said):
        state = "no longer the newest" if fact.holds(desk.at) else state_of(fact)
        raise Refused(f"it states a fact that is {state}: {KINDS[fact.kind].name}")


def overtaken(desk: Desk, said: Message) -> list[Fact]:
    """The facts that it states, and does not correct, whose value is not the newest that holds."""
    revisions = desk.revisions()
    wrong = {fact.id for fact in denied(desk, said)}
    mine = [fact for fact in revisions if fact.id in said.uses and fact.id not in wrong]
    newest = {kind: fact.value for kind, fact in usable(revisions, desk.at).items()}
    return [fact for fact in mine if newest.get(fact.kind) != fact.value]


def denied(desk: Desk, said: Message | Draft) -> list[Fact]:
    """What a correction says is not so."""
    if said.phase is not Phase.CORRECTION:
        return []
    used = [fact for fact in desk.revisions() if fact.id in said.uses]
    wrong = taken_back(used)
    return [fact for fact in used if fact.id in wrong]


def _differing(desk: Desk, said: Message | Draft) -> Iterator[Finding]:
    """What it says otherwise than the other languages, of what could still be posted there.

    It blocks only beside what was handed in: drafts are changed still.
    """
    if said.phase in REPLIES or (isinstance(said, Message) and said.posted_at):
        return
    beside = [
        one
        for one in desk.messages()
        if one.state in WAITING
        and (one.situation, one.phase, one.channel) == (said.situation, said.phase, said.channel)
    ]
    drafts = (MessageState.DRAFT, MessageState.RETURNED)
    handed_in = _stated_otherwise(said, [one for one in beside if one.state not in drafts])
    for place, finding in _stated_otherwise(said, beside).items():
        blocks = place in handed_in and handed_in[place].level is Level.BLOCK
        yield handed_in[place] if blocks else replace(finding, level=Level.WARN)


def _stated_otherwise(
    said: Message | Draft, others: Iterable[Message]
) -> dict[tuple[int, int], Finding]:
    """What the other languages do not say, by its place in the text."""
    texts = {said.language: said.text}
    texts |= {one.language: one.text for one in others if one.language != said.language}
    mine = f"{said.language}, "
    return {(one.start, one.end): one for one in differing(texts) if one.why.startswith(mine)}


def state_of(fact: Fact) -> str:
    """Why it does not hold, in a word."""
    known = {FactState.RUMOURED: "not confirmed", FactState.CONFIRMED: "expired"}
    return known.get(fact.state, str(fact.state))


def _insist_sound(desk: Desk, said: Message) -> None:
    """Raise Refused where the linter finds what must not be said."""
    blocking = [each for each in findings(desk, said) if each.level is Level.BLOCK]
    if blocking:
        why = "; ".join(f"{each.rule} ({visible(each.found)}): {each.why}" for each in blocking)
        raise Refused(f"this cannot be published: {why}")
