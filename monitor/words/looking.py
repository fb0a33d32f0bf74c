"""What people look at before they speak: what is known, what could be said, what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.incidents.incident import DAEMON, Severity, State
from alerts.languages import base
from alerts.words.approval import WAITING, Message, MessageState, Way
from alerts.words.choosing import fitting
from alerts.words.drafting import silence
from alerts.words.facts import Fact, FactState, usable
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.lengths import LIMITS, length
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.promises import Promise
from alerts.words.typed import suspicious
from monitor.store import facts, messages
from monitor.store.facts import Request
from monitor.words import fact_desk, judging, messaging, posting
from monitor.words.desk import Desk
from monitor.words.messaging import Held
from monitor.words.posting import Offer
from monitor.words.sayable import WORDINGS as WORDINGS  # what could be said is found here
from monitor.words.sayable import Checked as Checked
from monitor.words.sayable import Proposal as Proposal
from monitor.words.sayable import checked, otherwise, proposals, unlocks

AGAIN = "draft it again"
_OPEN = (MessageState.DRAFT, MessageState.RETURNED)


@dataclass(frozen=True, slots=True)
class Known:
    """A fact as people read it: `words` are its value in English.

    `state` is how it stands now; `disputed` is who said otherwise since, and what to do about it.
    `strange` names what is odd in what was typed: it is only text.
    """

    id: str
    kind: str
    name: str
    value: str
    words: str
    state: FactState
    source: str
    evidence: str
    by: str
    at: datetime
    until: datetime | None
    confirmed_by: str | None
    corrects: str | None
    disputed: str
    strange: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A message as it stands: `sha256` is of its text, `next` who must do what.

    `offer` is where Seawall would post it and at what cost, None where people post it by hand.
    `holds` is whether it is approved, or posted, and may still be said: only then it is copied.
    `unconfirmed` are the kinds of facts that have to be confirmed before it can be submitted.
    """

    message: Message
    sha256: str
    way: Way
    next: str
    checked: Checked
    offer: Offer | None = None
    holds: bool = False
    unconfirmed: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nobody has to do anything with it: newer words stand in its place."""
        unsaid = self.message.state is MessageState.STALE and not self.message.posted_at
        return unsaid or self.message.state is MessageState.SUPERSEDED


@dataclass(frozen=True, slots=True)
class Look:
    """All that one needs to decide what is said now in an incident.

    `phase` is what was asked for, or what fits, and `why` that. `languages` are those being
    written, with their shares, most first; `silent_languages` the ones among them that there are no
    words in. `silence` is `say nothing, if …`, or `because …`, which comes first where that is the
    default; it is empty where one does not: after something was said, or as many know of it.
    `contradicted` are lines about what the agent brief says and is not so. `proposals` have one
    wording a language; `alternatives` the others. `unlocks` are the phases that would say more, or
    anything, with the kinds of facts that each still needs.
    """

    incident: str
    at: datetime
    zone: str
    situation: str
    about: str
    resolved: bool
    phase: Phase
    why: str
    channel: Channel
    languages: dict[str, float]
    silent_languages: tuple[str, ...]
    silence: str
    silence_first: bool
    silent_until: datetime | None
    facts: tuple[Known, ...]
    requests: tuple[Request, ...]
    contradicted: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    alternatives: tuple[Proposal, ...]
    unlocks: dict[Phase, tuple[str, ...]]
    messages: tuple[Standing, ...]
    promises: tuple[Promise, ...]


def look(
    desk: Desk,
    *,
    phase: Phase | None = None,
    channel: Channel | None = None,
    languages: Sequence[str] = (),
) -> Look:
    """What could be said now; without a choice what fits where we spoke, or where most write."""
    resolved = desk.incident.state is State.RESOLVED
    place = channel or _spoken_on(desk) or _busiest(desk)
    there = [one for one in desk.messages() if one.channel == place]
    fits, why = fitting(there, desk.facts(), resolved=resolved)
    written = desk.briefing.languages
    spoken = [base(one) for one in languages or written or desk.configuration.languages[:1]]
    asked = phase or fits
    nothing = resolved and phase is None and fits is Phase.SEEN
    every = [
        one
        for language in dict.fromkeys(spoken)
        if language in LANGUAGES and not nothing
        for one in proposals(desk, asked, language, place)
    ]
    first = {one.language: one for one in reversed(every)}
    return Look(
        incident=desk.id,
        at=desk.at,
        zone=desk.zone,
        situation=desk.situation,
        about=desk.playbook.about,
        resolved=resolved,
        phase=asked,
        why=why if asked is fits else "",
        channel=place,
        languages=_shares(written),
        silent_languages=tuple(one for one in _shares(written) if one not in LANGUAGES),
        silence=silence(
            desk.situation,
            many=desk.incident.severity is not Severity.MINOR,
            spoken=any(one.posted_at and one.phase not in REPLIES for one in desk.messages()),
        ),
        silence_first=desk.playbook.silence == "default",
        silent_until=desk.briefing.silent_until,
        facts=known(desk),
        requests=tuple(facts.requests(desk.connection, desk.id)),
        contradicted=fact_desk.contradicted(desk),
        proposals=tuple(one for one in every if first[one.language] is one),
        alternatives=tuple(one for one in every if first[one.language] is not one),
        unlocks={} if nothing else unlocks(desk, asked, spoken, place, [*first.values()]),
        messages=messages_of(desk),
        promises=tuple(messages.promises(desk.connection, desk.id)),
    )


def known(desk: Desk, *, every: bool = False) -> tuple[Known, ...]:
    """What is known of an incident, the newest of each kind in the order in which people read them.

    And what is confirmed, where something newer is said. Or every revision; those of a kind in
    order.
    """
    revisions = desk.revisions()
    newest = {one.kind: one for one in revisions}
    disputed = [one for one in revisions if one.state is FactState.DISPUTED]
    standing = [*newest.values(), *usable(revisions, desk.at).values(), *disputed]
    order = list(KINDS)
    shown = sorted(
        revisions if every else {one.id: one for one in standing}.values(),
        key=lambda one: (order.index(one.kind) if one.kind in KINDS else 0, one.revision),
    )
    against = desk.disputed()
    return tuple(_known(desk, one, against) for one in shown if one.kind in KINDS)


def messages_of(desk: Desk) -> tuple[Standing, ...]:
    """Every message of an incident in the order of their making, corrections first."""
    found = sorted(desk.messages(), key=lambda one: one.phase is not Phase.CORRECTION)
    return tuple(standing(desk, one) for one in found)


def standing(desk: Desk, one: Message) -> Standing:
    """A message with what the linter says of it now, and who must do what next."""
    held = Held(desk, one)
    offered = posting.offer(desk.configuration, desk.incident.brand, one)
    holds = messaging.holds(held)
    approved = one.state is MessageState.APPROVED
    unconfirmed = judging.unconfirmed(desk, one) if one.state in _OPEN else []
    return Standing(
        message=one,
        sha256=one.sha256,
        way=one.way(held.asked),
        next=_next(held, offered, unconfirmed) if holds or not approved else AGAIN,
        checked=_as_posted(one) if one.posted_at else checked(desk, one),
        offer=offered if approved and holds else None,
        holds=holds,
        unconfirmed=tuple(fact.kind for fact in unconfirmed),
    )


def _known(desk: Desk, fact: Fact, disputed: Mapping[str, Fact]) -> Known:
    over = fact.state is FactState.CONFIRMED and not fact.holds(desk.at)
    against = disputed.get(fact.kind) if fact.holds(desk.at) else None
    apart = fact.state is FactState.DISPUTED
    said_apart = f"confirmed so in {fact.incident} alone: confirm which is so" if apart else ""
    return Known(
        id=fact.id,
        kind=fact.kind,
        name=KINDS[fact.kind].name,
        value=fact.value,
        words=fact_desk.told(desk, fact).removeprefix(KINDS[fact.kind].name).strip(),
        state=FactState.EXPIRED if over else fact.state,
        source=fact.source,
        evidence=fact.evidence,
        by=fact.by,
        at=fact.at,
        until=fact.until,
        confirmed_by=fact.confirmed_by,
        corrects=fact.corrects,
        disputed=otherwise(desk, against) if against else said_apart,
        strange=suspicious("\n".join((fact.value, fact.source, fact.evidence))),
    )


def _as_posted(one: Message) -> Checked:
    """How long it is; what was found in it was read before it was posted."""
    return Checked(length(one.text, one.channel), LIMITS[one.channel], ())


def _spoken_on(desk: Desk) -> Channel | None:
    """Where a correction waits, else where something was said last; None where nothing was."""
    for one in desk.messages():
        if one.phase is Phase.CORRECTION and one.state in WAITING:
            return one.channel
    said = [one for one in desk.messages() if one.posted_at and one.phase not in REPLIES]
    return max(said, key=lambda one: one.posted_at or desk.at).channel if said else None


def _shares(written: dict[str, int]) -> dict[str, float]:
    """What part of the posts is in each language, most first; a language once."""
    counted: dict[str, int] = {}
    for tag, posts in written.items():
        counted[base(tag)] = counted.get(base(tag), 0) + posts
    whole = sum(counted.values()) or 1
    return {one: posts / whole for one, posts in sorted(counted.items(), key=lambda it: -it[1])}


def _busiest(desk: Desk) -> Channel:
    """Where most of it is written, of where messages are posted."""
    places = {one.value: one for one in Channel}
    counted = {one: posts for one, posts in desk.briefing.where.items() if one in places}
    return places[max(counted, key=counted.__getitem__)] if counted else Channel.X


def _next(one: Held, offered: Offer | None, unconfirmed: Sequence[Fact]) -> str:
    """Who must do what with it."""
    message = one.message
    match message.state:
        case MessageState.DRAFT | MessageState.RETURNED:
            if unconfirmed:
                said = " and ".join(fact_desk.told(one.desk, fact) for fact in unconfirmed)
                return f"confirm first: {said}"
            author = message.authors[0]
            return "submit it" if author == DAEMON else f"{author} or another: submit it"
        case MessageState.SUBMITTED:
            return f"{messaging.needs(one)}: approve or return it"
        case MessageState.APPROVED:
            by_hand = "answer there with it" if message.phase in REPLIES else "post it by hand"
            return f"post it {offered}" if offered else by_hand
        case MessageState.POSTING:
            return "wait: it is on its way out"
        case MessageState.UNCERTAIN:
            return f"look on {message.channel}: say that it is posted, or that it is not"
        case MessageState.STALE:
            return "say what is so now" if message.posted_at else AGAIN
        case _:
            return ""
