"""Messages on their way to the public: drafted, submitted, approved by another, posted by hand.

Each step is in the transaction that stores it, on record with the text that it was about; of two
who approve at once one wins, and the other is told who did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from alerts.duty.notices import APPROVE as APPROVE  # the verb of people is found here
from alerts.duty.notices import Action, approved_actions
from alerts.incidents.incident import Reason, Refused
from alerts.languages import name
from alerts.plain_text import visible
from alerts.words import approval
from alerts.words.approval import Asked, Message, MessageState, Role
from alerts.words.drafting import Draft
from alerts.words.facts import Fact, states
from alerts.words.kinds import KINDS, Type
from alerts.words.phases import REPLIES
from alerts.words.playbooks import playbook
from alerts.words.promises import Kept, promised, standing
from alerts.words.relying import relied_on
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor
from monitor.store import messages
from monitor.words import judging, rights
from monitor.words.desk import Desk, at_desk
from monitor.words.offering import offer

_NAMED = 12
"""Messages that are named where there is none of an id."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message that somebody has in hand, locked, at the desk of its incident."""

    desk: Desk
    message: Message

    def becomes(self, after: Message, note: str = "") -> "Held":
        """Store what becomes of it, and put that on record."""
        desk = self.desk
        messages.change(desk.connection, self.message, after)
        messages.note(desk.connection, after, desk.who.name, desk.who.place, desk.at, note)
        if outcome := _came_of(after, desk.who):
            approved = after.state is MessageState.APPROVED
            offered = offer(desk.configuration, desk.incident.brand, after) if approved else None
            then = approved_actions(after.sha256, str(offered or "")) if approved else ()
            desk.answered(f"submitted/{after.id}", outcome, then)
        return Held(desk, after)

    @property
    def asked(self) -> Asked:
        """What it needs: its playbook, and whether its template is sealed."""
        book = playbook(self.message.situation)
        sealed = is_sealed(self.desk, self.message)
        return Asked(sealed, book.grave, book.legal, book.break_glass)

    def tell(self, reason: Reason, more: str = "") -> None:
        """Put a step in the timeline; one of a reply to one person is on the message's record only.

        What is said to one person is no public word.
        """
        if self.message.phase not in REPLIES:
            self.desk.note(reason, f"{self.called}{more}")

    @property
    def called(self) -> str:
        """As people speak of it: `German message (working, x) fjord-b5g44m7i/3`."""
        one = self.message
        return f"{name(one.language)} message ({one.phase}, {one.channel}) {one.id}"


def _came_of(one: Message, who: Actor) -> str:
    """What became of a message that somebody handed in, as its notices say; empty: nothing yet."""
    match one.state:
        case MessageState.DRAFT:
            return f"Changed by {who.name}"
        case MessageState.APPROVED:
            return f"Approved by {one.approvals[-1].by}"
        case MessageState.RETURNED:
            return f"Returned by {one.because}"
        case MessageState.STALE:
            return one.because
        case MessageState.POSTED:
            return f"Posted by {one.posted_by}"
        case _:
            return ""


def held(
    connection: Connection,
    configuration: Configuration,
    id: str,
    who: Actor,
    now: datetime,
    verb: str,
) -> Held:
    """Take a message in hand, by its id. Raises Refused, and Forbidden where they may not."""
    desk = at_desk(connection, configuration, id.rpartition("/")[0], who, now, verb)
    found = messages.locked(connection, id)
    if found is None:
        raise unknown(id, messages.of(connection, desk.id))
    return Held(desk, found)


def unknown(id: str, known: Sequence[Message]) -> Refused:
    """That there is no such message of an incident, and which there are."""
    ids = ", ".join(one.id for one in known[-_NAMED:])
    return Refused(f"there is no message {id!r}; {ids or 'nothing was drafted yet'}")


def is_sealed(desk: Desk, said: Message | Draft) -> bool:
    """Whether its template was approved in advance, by readers of its language and by legal.

    Facts in free words are no slot that could have been approved so.
    """
    seals = messages.seals(desk.connection, [said.template]).get(said.template, {})
    stated = [fact for fact in desk.revisions() if fact.id in said.uses]
    free = any(KINDS[fact.kind].type is Type.WORDS for fact in stated)
    return {Role.LANGUAGE, Role.LEGAL} <= seals.keys() and not free


def needs(one: Held) -> str:
    """Whose approval it needs, by name where they are known: `Kari Nygård or Ola Berg`."""
    can = {name: None for role in one.message.missing(one.asked) for name in _may(one, role)}
    return " or ".join(can) or "another person"


def _may(one: Held, role: Role) -> list[str]:
    """Who of those who are known may approve a message in a role, and has not a hand in it."""
    configuration, message = one.desk.configuration, one.message
    readers = (
        rights.reader(configuration, Actor(person.name, "", id), message.language)
        for id, person in configuration.people.items()
        if person.name not in message.barred
    )
    return [reader.name for reader in readers if approval.may(reader, role)]


def edit(one: Held, text: str) -> Held:
    """Change the text; nobody's approval holds then. Raises Refused.

    A fact that does not hold any more is stated by it only where it is found there still.
    """
    after = approval.edit(one.message, text, one.desk.who.name)
    held = [*one.desk.facts().values(), *judging.denied(one.desk, one.message)]
    holding = {fact.id for fact in held}
    gone = [
        fact for fact in one.desk.revisions() if fact.id in after.uses and fact.id not in holding
    ]
    said = holding | {fact.id for fact in gone if _still_said(one.desk, after, fact)}
    return one.becomes(replace(after, uses=tuple(id for id in after.uses if id in said)))


def _still_said(desk: Desk, message: Message, fact: Fact) -> bool:
    """Whether a text states what does not hold any more, where the linter would not find it."""
    if KINDS[fact.kind].type is Type.TIME:
        return False
    return _states(desk, message, fact) or any(_relied_on(desk, message, {fact.kind: fact}))


def submit(one: Held) -> Held:
    """Hand a draft in, for another person. Raises Refused, and says what blocks it."""
    one = _bound(one)
    submitted = approval.submit(one.message, one.desk.who.name)
    judging.insist_sayable(one.desk, one.message)
    if any(_may(one, role) == [one.desk.who.name] for role in one.message.missing(one.asked)):
        raise Refused("you are the only one who may approve it: let another person submit it")
    after = one.becomes(submitted)
    after.tell(Reason.SUBMITTED)
    _ask_to_approve(after)
    return after


def _ask_to_approve(one: Held) -> None:
    message = one.message
    one.desk.tell(
        f"submitted/{message.id}/{message.revision}",
        f"To be approved: {one.called}",
        (message.text, f"By {message.submitted_by}; it needs {needs(one)}."),
        about=message.id,
        asks=f"submitted/{message.id}",
        actions=(Action("Approve", APPROVE, message.sha256),),
    )


def approve(one: Held, sha256: str) -> Held:
    """Approve the text with this hash. Raises Refused. It may need another one's approval, too."""
    one = _bound(one)
    desk, message = one.desk, one.message
    reader = rights.reader(desk.configuration, desk.who, message.language)
    after = approval.approve(message, reader, one.asked, sha256, desk.at)
    judging.insist_sayable(one.desk, one.message)
    kept = one.becomes(after, ", ".join(after.approvals[-1].roles))
    if after.state is MessageState.APPROVED:
        kept.tell(Reason.APPROVED)
    return kept


def break_glass(one: Held, sha256: str, reason: str) -> Held:
    """Approve the text with this hash alone, with a reason; the leads are told. Raises Refused."""
    one = _bound(one)
    desk, message = one.desk, one.message
    reader = rights.reader(desk.configuration, desk.who, message.language)
    said = visible(reason)
    after = approval.break_glass(message, reader, one.asked, sha256, said, desk.at)
    judging.insist_sayable(one.desk, one.message)
    kept = one.becomes(after, f"alone, because {said}")
    kept.tell(Reason.BROKE_GLASS, f": {said}")
    desk.tell(
        f"alone/{message.id}/{after.revision}",
        f"{desk.who.name} approved alone: {kept.called}",
        (after.text, f"Because: {said}"),
        about=message.id,
    )
    return kept


def give_back(one: Held, comment: str) -> Held:
    """Return it to its author with a comment. Raises Refused."""
    said = visible(comment)
    after = one.becomes(approval.give_back(one.message, one.desk.who.name, said), said)
    after.tell(Reason.RETURNED, f": {said}")
    after.desk.tell(
        f"returned/{after.message.id}/{after.message.revision}",
        f"Returned: {after.called}",
        (after.message.text, after.message.because),
        about=after.message.id,
    )
    return after


def posted(one: Held, link: str = "") -> Held:
    """It was posted by hand, exactly as it was approved, or found to be public. Raises Refused.

    Of what is posted already a link says where.
    """
    if link and not link.startswith("https://"):
        raise Refused(f"{visible(link)!r} is no link: write https://…")
    if link and one.message.posted_at:
        return one.becomes(approval.locate(one.message, visible(link)), visible(link))
    if one.message.state is MessageState.POSTING:
        raise Refused("it is being posted just now")
    if one.message.state is MessageState.APPROVED:
        judging.insist_sayable(one.desk, one.message)
    return publish(one, visible(link))


def publish(one: Held, link: str) -> Held:
    """It is public. Raises Refused for what was not approved.

    It supersedes what was said before there in its language, and a time of more is a promise.
    """
    desk, one = one.desk, _bound(one)
    after = approval.post(one.message, desk.who.name, desk.at, link)
    kept = one.becomes(after, after.link)
    for older in desk.messages():
        if _replaces(after, older):
            Held(desk, older).becomes(approval.supersede(older), after.id)
    for promise in messages.promises(desk.connection, desk.id):
        outcome = standing(promise, [after], desk.at)
        if outcome in (Kept.KEPT, Kept.MOVED):
            messages.settle_promise(desk.connection, promise.message, outcome)
    made = promised(after, desk.revisions(), desk.voice.zone)
    if made:
        messages.put_promise(desk.connection, made)
    kept.tell(Reason.POSTED, f" {after.link}" if after.link else "")
    return still_true(kept)


def still_true(one: Held) -> Held:
    """The same, marked as stale where a fact fell while it was perhaps public."""
    for fact in judging.overtaken(one.desk, one.message):
        if not fact.holds(one.desk.at):
            why = f"{KINDS[fact.kind].name} is {judging.state_of(fact)}"
            return one.becomes(approval.mark_stale(one.message, why), why)
    return one


def reinstate(desk: Desk) -> None:
    """What is public and was marked holds again, where all that it states is so now."""
    for one in desk.messages():
        marked = one.state is MessageState.STALE and one.posted_at
        if marked and not judging.overtaken(desk, one):
            Held(desk, one).becomes(approval.reinstate(one, MessageState.POSTED), "it is so")


def restore(desk: Desk, mark: str) -> list[Message]:
    """What was marked for a reason with this word in it stands where it did: those that do.

    Not where anything that it states is not so. Who may approve is asked again.
    """
    restored = []
    for one in desk.messages():
        marked = one.state is MessageState.STALE and mark in one.because
        if not marked or judging.overtaken(desk, one):
            continue
        trail = reversed(messages.trail(desk.connection, one.id))
        before = next(step for step in trail if step["state"] != MessageState.STALE)
        state = MessageState(before["state"])
        because = f"{before['by']}: {before['note']}" if state is MessageState.RETURNED else ""
        held = Held(desk, one).becomes(approval.reinstate(one, state, because), "it is so")
        if held.message.state is MessageState.SUBMITTED:
            _ask_to_approve(held)
        restored.append(held.message)
    return restored


def mark(desk: Desk, fact: str, why: str, *, posted: bool = True) -> list[Message]:
    """Mark every message that states a fact, by its id, as stale; those that are public by now.

    A correction that says of it that it is not so does not state it.
    With `posted` false only what is not public yet is marked.
    """
    public = []
    for one in desk.messages():
        if fact not in one.uses or fact in {it.id for it in judging.denied(desk, one)}:
            continue
        perhaps = one.state in approval.PERHAPS_PUBLIC
        if one.posted_at or perhaps:
            public.append(one)
        gone = perhaps or one.state in (MessageState.STALE, MessageState.SUPERSEDED)
        if not gone and (posted or not one.posted_at):
            Held(desk, one).becomes(approval.mark_stale(one, why), why)
    return public


def insist_copied(one: Held) -> None:
    """Raise Refused where nobody may publish it by hand as it is."""
    if one.message.state not in (MessageState.APPROVED, MessageState.POSTED):
        raise Refused(f"it is {one.message.state}: nobody may publish it like that")
    judging.insist_sayable(one.desk, one.message)


def holds(one: Held) -> bool:
    """Whether people may publish it by hand as it is."""
    try:
        insist_copied(one)
    except Refused:
        return False
    return True


def _replaces(newer: Message, older: Message) -> bool:
    """Whether what was said before is superseded, in the same place and language."""
    return (
        older.id != newer.id
        and older.posted_at is not None
        and older.state is not MessageState.SUPERSEDED
        and (older.channel, older.language) == (newer.channel, newer.language)
        and not {older.phase, newer.phase} & {*REPLIES}
    )


def _bound(one: Held) -> Held:
    """The same, using the facts that it was drafted from, and those that its text relies on.

    Also all that only say that something is so: not each of them is given away by a word.
    """
    desk, message = one.desk, one.message
    facts = desk.facts()
    said = [fact for fact in facts.values() if _states(desk, message, fact)]
    if not message.template:
        said += _relied_on(desk, message, facts)
        said += [fact for fact in facts.values() if KINDS[fact.kind].type is Type.YES]
    uses = dict.fromkeys([*message.uses, *(fact.id for fact in said)])
    return Held(desk, replace(message, uses=tuple(uses)))


def _states(desk: Desk, message: Message, fact: Fact) -> bool:
    voice = desk.voice
    return states(message.text, fact, [message.language], voice.zone, voice.names)


def _relied_on(desk: Desk, message: Message, facts: Mapping[str, Fact]) -> Iterator[Fact]:
    return relied_on(
        message.text,
        facts,
        language=message.language,
        channel=message.channel,
        phase=message.phase,
        situation=message.situation,
        voice=desk.voice,
        at=desk.at,
    )
