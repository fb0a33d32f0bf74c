"""The fact desk: what is known of an incident is entered once, confirmed, corrected, and asked for.

What is corrected, replaced or over marks every message that states it, and names the agent brief
that does; for what the public has read, a correction is drafted wherever it was posted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import spoken_times, wording
from alerts.duty.notices import ANSWER, Action
from alerts.incidents.incident import Reason, Refused
from alerts.plain_text import shortened, visible
from alerts.words import facts as words
from alerts.words.approval import Message, MessageState
from alerts.words.facts import Entry, Fact, FactState, parsed, states
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.phases import Phase
from alerts.words.promises import NEXT_UPDATE
from alerts.words.typed import suspicious
from monitor.configuration import Configuration
from monitor.incidents.rights import assignee
from monitor.store import facts
from monitor.store.facts import Request
from monitor.telling import instructions, loose_ends
from monitor.words import drafts, messaging, rights
from monitor.words.desk import SEAWALL, Desk, at_desk

ANSWER_WITHIN = timedelta(minutes=15)
"""When an answer is due, where nobody said otherwise."""

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a kind, as they typed it; `until` is when it holds no longer."""

    kind: str
    value: str = ""
    source: str = ""
    evidence: str = ""
    until: str = ""


def enter(desk: Desk, said: Said) -> Fact:
    """Somebody says a fact, which another one may confirm. Raises Refused."""
    entry, past = _entry(desk, said), facts.history(desk.connection, desk.id, said.kind)
    fact = words.rumour(past, desk.id, said.kind, entry, desk.who.name, desk.at)
    _answered(desk, said.kind)
    _keep(desk, f"{told(desk, fact)}, not confirmed yet", fact)
    return fact


def confirm(desk: Desk, said: Said) -> tuple[Fact, str]:
    """Somebody who may confirms what was said, or says it themselves: it, and what that changes.

    What is confirmed otherwise is corrected, not confirmed over; only a time of more is renewed,
    and a message that states the older one, and is not posted yet, has to be drafted again. Raises
    Refused.
    """
    rights.insist_confirms(desk.configuration, desk.who, said.kind)
    entry = _entry(desk, said) if said.value.strip() else None
    past = facts.history(desk.connection, desk.id, said.kind)
    before = words.usable(past, desk.at).get(said.kind)
    who, zone = desk.who.name, desk.voice.zone
    fact = _as_said(past, words.confirm(past, desk.id, said.kind, entry, who, desk.at, zone))
    replaced = before if before and before.value != fact.value else None
    if replaced and said.kind != NEXT_UPDATE:
        raise Refused(
            f"{replaced.confirmed_by} confirmed {told(desk, replaced)} already: correct it, "
            "or say first that it holds no longer"
        )
    fresh = {one.id for one in desk.messages() if not _stale(one)}
    _answered(desk, said.kind)
    lost = _settled(desk, past, fact)
    _keep(desk, f"{told(desk, fact)}, confirmed", *lost, fact)
    others = [one for one in past if one.id != fact.id and one.value != fact.value]
    for old in others:
        messaging.mark(desk, old.id, f"{told(desk, fact)} now", posted=False)
    changes = []
    if lost:
        messaging.reinstate(desk)
    if replaced:
        _name_brief(desk, replaced, f"{told(desk, fact)} now")
        fallen = [one for one in desk.messages() if one.id in fresh and _stale(one)]
        again = ", ".join(one.id for one in fallen if one.phase is not Phase.CORRECTION)
        changes += [
            f"instead of {told(desk, replaced)}",
            *([f"draft again: {again}"] * bool(again)),
        ]
    prolonged = before is not None and replaced is None
    if made := [] if prolonged else drafts.corrections(desk, fact):
        changes.append(f"corrections drafted: {', '.join(made)}")
    return fact, "; ".join(changes)


def joined(desk: Desk) -> str:
    """Mark what states a fact that incidents had confirmed differently before they became one.

    In words: which facts; empty where there are none.
    """
    apart: dict[str, list[Fact]] = {}
    for fact in desk.revisions():
        if fact.state is FactState.DISPUTED:
            apart.setdefault(fact.kind, []).append(fact)
    for kind, those in apart.items():
        why = f"disputed: {' or '.join(told(desk, one) for one in those)}"
        desk.note(Reason.FACT, why)
        for one in those:
            _mark(desk, one, why)
        desk.tell(
            f"disputed/{desk.incident.revision}/{'/'.join(one.id for one in those)}",
            f"Two incidents became one, and say it differently: {KINDS[kind].name}",
            (*(f"{one.incident}: {told(desk, one)}" for one in those), "Confirm which is so."),
            wakes=rights.confirming(desk.configuration, kind) or rights.leads(desk.configuration),
        )
    return ", ".join(KINDS[kind].name for kind in apart)


def parted(desk: Desk) -> None:
    """What was marked as disputed while incidents were one is as it was, where it is so."""
    restored = ", ".join(one.id for one in messaging.restore(desk, FactState.DISPUTED))
    if restored:
        desk.note(Reason.FACT, f"nothing in {restored} is disputed any more")


def correct(desk: Desk, said: Said) -> tuple[Fact, list[str]]:
    """What was confirmed is wrong, and this is right: it, and the ids of the corrections drafted.

    Raises Refused.
    """
    rights.insist_confirms(desk.configuration, desk.who, said.kind)
    past = facts.history(desk.connection, desk.id, said.kind)
    who, zone = desk.who.name, desk.voice.zone
    entry = _entry(desk, said)
    wrong, right = words.correct(past, desk.id, said.kind, entry, who, desk.at, zone)
    right = _as_said(past, right)
    why = f"{told(desk, wrong)} is corrected: {told(desk, right)}"
    _keep(desk, why, wrong, right)
    _mark(desk, wrong, why)
    _name_brief(desk, wrong, why)
    return right, drafts.corrections(desk, right)


def expire(desk: Desk, kind: str) -> Fact:
    """Somebody who may says that a fact holds no longer. Raises Refused."""
    rights.insist_confirms(desk.configuration, desk.who, kind)
    return _over(desk, words.expire(_said(_past(desk, kind)), desk.who.name, desk.at))


def withdraw(desk: Desk, kind: str) -> Fact:
    """What was asked or said is taken back; what is confirmed, by one who may. Raises Refused.

    While something waits to be confirmed it is that which is taken back.
    """
    past = _past(desk, kind)
    waits = past[-1].state in (FactState.ASKED, FactState.RUMOURED)
    newest = past[-1] if waits else _said(past)
    if newest.state in (FactState.CONFIRMED, FactState.DISPUTED):
        rights.insist_confirms(desk.configuration, desk.who, kind)
    _answered(desk, kind)
    return _over(desk, words.withdraw(newest, desk.who.name, desk.at))


def ask(
    desk: Desk, kind: str, question: str = "", function: str = "", owner: str = "", due: str = ""
) -> Request:
    """A function is asked for a fact, by default the one that confirms it. Raises Refused.

    `owner` sees to it that it is answered, by default whoever asks; `due` is a time as people type
    it. What is rumoured already can be asked about, too.
    """
    past = facts.history(desk.connection, desk.id, kind)
    if not (past and past[-1].state is FactState.RUMOURED):
        facts.put(desk.connection, words.ask(past, desk.id, kind, desk.who.name, desk.at))
    known = KINDS[kind]
    within = spoken_times.instant(due, desk.at, desk.zone) if due else desk.at + ANSWER_WITHIN
    number = facts.asked(desk.connection, desk.id) + 1
    request = Request(
        id=f"ask/{desk.id}/{number}",
        incident=desk.id,
        kind=kind,
        function=visible(function) or known.confirms,
        question=shortened(visible(question), _LONGEST) or f"{known.name}: {known.about}",
        owner=assignee(desk.configuration, owner) if owner else desk.who.name,
        by=desk.who.name,
        at=desk.at,
        due_at=within,
    )
    facts.put_request(desk.connection, request)
    desk.note(Reason.FACT, f"{request.function} is asked: {request.question}")
    by = wording.moment(request.due_at, desk.voice.zone)
    desk.tell(
        request.id,
        f"{request.function} is asked: {known.name}",
        (request.question, f"Answer by {by}, please; {request.owner} sees to it."),
        wakes=rights.confirming(desk.configuration, kind),
        asks=request.id,
        actions=(Action("Answer…", ANSWER, kind),),
    )
    return request


def attend(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Do what is due: facts that are over, questions that nobody answered; how many that were."""
    over = facts.expired(connection, now)
    for incident, fact in over:
        desk = at_desk(connection, configuration, incident, SEAWALL, now)
        _over(desk, words.expire(fact, SEAWALL.name, desk.at))
    late = facts.late(connection, now)
    for request in late:
        desk = at_desk(connection, configuration, request.incident, SEAWALL, now)
        since = wording.moment(request.at, desk.voice.zone)
        desk.tell(
            f"{request.id}/late",
            f"Nobody has answered: {KINDS[request.kind].name}",
            (request.question, f"{request.function} was asked {since} by {request.by}."),
            wakes=[request.owner],
            asks=request.id,
            actions=(Action("Answer…", ANSWER, request.kind),),
        )
        facts.remind(connection, request.id, now)
    return len(over) + len(late)


def told(desk: Desk, fact: Fact) -> str:
    """A fact as the team reads it: `Next update 14:30 CET`."""
    return loose_ends.told(fact, desk.voice.zone, desk.at)


def contradicted(desk: Desk) -> tuple[str, ...]:
    """What the newest agent brief says that is known not to be so any more, a line each."""
    brief = instructions.newest(desk.connection, desk.id)
    return loose_ends.contradicted(desk.connection, desk.id, brief, desk.voice.zone, desk.at)


def _answered(desk: Desk, kind: str) -> None:
    """What was asked of this kind is answered, wherever that was told."""
    for request in facts.requests(desk.connection, desk.id):
        if request.kind == kind:
            desk.answered(request.id, f"Answered by {desk.who.name}")
    facts.answer(desk.connection, desk.id, kind, desk.who.name, desk.at)


def _entry(desk: Desk, said: Said) -> Entry:
    value = parsed(said.kind, said.value, desk.zone, desk.at)
    until = spoken_times.instant(said.until, desk.at, desk.zone) if said.until.strip() else None
    source, evidence = (shortened(visible(text), _LONGEST) for text in (said.source, said.evidence))
    return Entry(value, source, evidence, until)


def _past(desk: Desk, kind: str) -> list[Fact]:
    past = facts.history(desk.connection, desk.id, kind)
    if not past:
        name = KINDS[kind].name if kind in KINDS else repr(kind)
        raise Refused(f"{name}: nobody has said or asked anything")
    return past


def _as_said(past: Sequence[Fact], fact: Fact) -> Fact:
    """What is confirmed, with who said so before, and where they had it from."""
    alive = (FactState.RUMOURED, FactState.CONFIRMED, FactState.DISPUTED)
    same = [one for one in past if one.value == fact.value and one.state in alive]
    if not same:
        return fact
    said = same[-1]
    source, evidence = fact.source or said.source, fact.evidence or said.evidence
    return replace(fact, by=said.by, source=source, evidence=evidence)


def _settled(desk: Desk, past: Sequence[Fact], right: Fact) -> list[Fact]:
    """What was disputed and is not so, as it is once this is confirmed."""
    return [
        replace(one, state=FactState.CORRECTED, by=desk.who.name, at=desk.at)
        for one in past
        if one.state is FactState.DISPUTED and one.value != right.value
    ]


def _stale(one: Message) -> bool:
    return one.state is MessageState.STALE


def _said(past: Sequence[Fact]) -> Fact:
    """The newest that was ever confirmed, as only that is said; the newest where none was."""
    return next((one for one in reversed(past) if one.confirmed_by is not None), past[-1])


def _over(desk: Desk, fact: Fact) -> Fact:
    why = f"{told(desk, fact)} is {fact.state}"
    _keep(desk, why, fact)
    public = _mark(desk, fact, why)
    _name_brief(desk, fact, why)
    if public and fact.state is FactState.WITHDRAWN:
        desk.tell(
            f"withdrawn/{fact.id}",
            f"Withdrawn, and the public has read it: {KINDS[fact.kind].name}",
            (f"In {', '.join(one.id for one in public)}.", "Correct it, or say what is right."),
            wakes=rights.leads(desk.configuration),
        )
    return fact


def _mark(desk: Desk, fact: Fact, why: str) -> list[Message]:
    """Mark what states a fact, or an older revision that it only prolongs; what is public of it."""
    past = facts.history(desk.connection, desk.id, fact.kind) if fact.confirmed_by else [fact]
    same = [one.id for one in past if one.value == fact.value and one.confirmed_by]
    marked = [one for id in same or [fact.id] for one in messaging.mark(desk, id, why)]
    return [*{one.id: one for one in marked}.values()]


def _keep(desk: Desk, note: str, *those: Fact) -> None:
    facts.put(desk.connection, *those)
    odd = {one for fact in those for one in suspicious(fact.value)}
    desk.note(Reason.FACT, f"{note} ({', '.join(sorted(odd))} in it)" if odd else note)


def _name_brief(desk: Desk, fact: Fact, why: str) -> None:
    """Tell the team where its agent brief states what is not so any more."""
    brief = instructions.newest(desk.connection, desk.id)
    if brief and states(brief.to_json(), fact, LANGUAGES, desk.voice.zone):
        desk.tell(
            f"brief/{fact.id}/{desk.incident.revision}",
            "What agents are told to say is not so any more",
            (f"{why}.", "Publish the brief anew, please."),
        )
