"""Drafts from the playbook over what is known, in every language that is being written.

What the playbook has no words for yet is written by hand, or is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from alerts.incidents.incident import Refused
from alerts.languages import base, name
from alerts.words.approval import (
    PERHAPS_PUBLIC,
    WAITING,
    Message,
    MessageState,
    plain,
    redraft,
    written,
)
from alerts.words.choosing import told
from alerts.words.drafting import Draft, lacking
from alerts.words.drafting import draft as drafted
from alerts.words.facts import Fact, FactState, usable
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.phases import Channel, Phase
from monitor.store import messages
from monitor.words import rights
from monitor.words.desk import SEAWALL, Desk
from monitor.words.messaging import Held


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to say: in a phase, in these languages, on a channel.

    Without languages those that are being written in the incident, most first, that messages are
    written in. `text` is in one's own words, in one language, or in those of `more_authors`;
    `variant` counts other wordings.
    """

    phase: Phase
    channel: Channel
    languages: tuple[str, ...] = ()
    text: str = ""
    variant: int = 0
    more_authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A draft; `there`: somebody had drafted it, word for word, and nobody has posted it yet.

    `unlocks` are the phases that would say more, up to the one that was wanted, with the kinds of
    facts that each still needs.
    """

    message: Message
    there: bool = False
    unlocks: Mapping[Phase, tuple[str, ...]] = field(default_factory=dict)


_WRONG = (FactState.CORRECTED, FactState.WITHDRAWN)
_Place = tuple[Channel, str]
"""A channel and a language."""


def draft(desk: Desk, wanted: Wanted) -> list[Made]:
    """Draft what is wanted, one message a language, and return them. Raises Refused.

    From the playbook, over what is confirmed now; a phase that lacks facts gives way to one before.
    """
    languages = spoken_here(desk, wanted)
    if wanted.text.strip():
        if len(wanted.languages) != 1:
            raise Refused("say in which one language you wrote it")
        return [_add(desk, _written(desk, languages[0], wanted))]
    found = [_from_playbook(desk, language, wanted) for language in languages]
    made = [replace(_add(desk, _message(desk, one)), unlocks=one.unlocks) for one in found if one]
    if not made:
        needs = {kind: None for one in languages for kind in lacks(desk, one, wanted)}
        if needs:
            raise Refused(f"{needed({wanted.phase: tuple(needs)})}: confirm it, or write your own")
        raise Refused(f"the playbook has no words for this yet ({wanted.phase}): write your own")
    return made


def lacks(desk: Desk, language: str, wanted: Wanted) -> tuple[str, ...]:
    """The kinds of facts without which the playbook does not say it."""
    place = (desk.situation, wanted.phase, language, wanted.channel)
    return lacking(*place, desk.facts(), desk.voice, desk.at)


def needed(unlocks: Mapping[Phase, tuple[str, ...]]) -> str:
    """What phases that say more need, as people read it: `working needs Next update`."""
    return "; ".join(
        f"{phase} needs {', '.join(f'{KINDS[kind].name} [{kind}]' for kind in kinds)}"
        for phase, kinds in unlocks.items()
    )


def offer(desk: Desk, language: str, wanted: Wanted, proposed: Fact) -> Message | None:
    """Draft what would be said if a fact were confirmed; submitting it waits until it is.

    None where the playbook has no words for it.
    """
    as_if = replace(proposed, state=FactState.CONFIRMED, confirmed_by=proposed.by, until=None)
    found = _from_playbook(desk, language, wanted, more={proposed.kind: as_if})
    return _add(desk, _message(desk, found)).message if found else None


def corrections(desk: Desk, now: Fact) -> list[str]:
    """Draft a correction for each channel and language in which it was said otherwise; their ids.

    One draft a place says all that is wrong there and not yet on its way to be corrected. Where the
    playbook has no words for it, the leads are told to write it.
    """
    author = replace(desk, who=SEAWALL)
    made, without = [], []
    revisions, there = desk.revisions(), desk.messages()
    for (channel, language), wrong in _wrong(desk, revisions, there).items():
        waiting = _waiting(there, (channel, language))
        open_one = next((one for one in waiting if _is_ours(one)), None)
        uses = {id for one in waiting if one is not open_one for id in one.uses}
        handled = {(fact.kind, fact.value) for fact in revisions if fact.id in uses}
        left = [pair for pair in wrong if (pair[1].kind, pair[1].value) not in handled]
        if not any(right.id == now.id for _, right in left):
            continue
        wanted = Wanted(Phase.CORRECTION, channel)
        found = _from_playbook(author, language, wanted, corrected=left)
        if found is None:
            without.append(f"{name(language)} on {channel}")
            continue
        anew = _message(author, found)
        if open_one is None:
            made.append(_add(author, anew).message)
        elif not _says_the_same(anew, open_one):
            made.append(Held(author, open_one).becomes(redraft(open_one, anew)).message)
    ids = [one.id for one in made]
    if ids or without:
        lines = [f"Drafted: {', '.join(ids)}."] if ids else []
        lines += [f"To be written: {', '.join(without)}."] if without else []
        desk.tell(
            f"correction/{now.id}",
            f"To be corrected in public: {KINDS[now.kind].name}",
            lines,
            wakes=rights.leads(desk.configuration),
        )
    return ids


def _wrong(
    desk: Desk, revisions: Sequence[Fact], there: Sequence[Message]
) -> dict[_Place, list[tuple[Fact, Fact]]]:
    """What was said last of a kind in a place and is known not to be so, with what is so."""
    held = usable(revisions, desk.at)
    public = [one for one in there if one.posted_at or one.state in PERHAPS_PUBLIC]
    said: dict[_Place, dict[str, Fact]] = {}
    for one in sorted(public, key=lambda it: it.posted_at or desk.at):
        stated = {fact.kind: fact for fact in revisions if fact.id in one.uses}
        said.setdefault((one.channel, one.language), {}).update(stated)
    return {
        place: [
            (fact, held[kind])
            for kind, fact in sorted(stated.items(), key=lambda it: [*KINDS].index(it[0]))
            if fact.state in _WRONG and kind in held and held[kind].value != fact.value
        ]
        for place, stated in said.items()
    }


def _waiting(there: Sequence[Message], place: _Place) -> list[Message]:
    """The corrections that are not public there yet."""
    return [
        one
        for one in there
        if (one.channel, one.language) == place
        and one.phase is Phase.CORRECTION
        and one.state in WAITING
    ]


def _is_ours(one: Message) -> bool:
    """Whether nobody has changed the draft or handed it in."""
    return bool(one.template) and one.state in (MessageState.DRAFT, MessageState.RETURNED)


def spoken_here(desk: Desk, wanted: Wanted) -> list[str]:
    """Those that are wanted, else those that are written, else the first that the team answers in.

    Raises Refused for one that messages are not written in.
    """
    unknown = [one for one in wanted.languages if base(one) not in LANGUAGES]
    if unknown:
        raise Refused(f"there are no messages in {unknown[0]!r}, but in {', '.join(LANGUAGES)}")
    here = wanted.languages or tuple(desk.briefing.languages)
    found = [one for one in dict.fromkeys(map(base, here)) if one in LANGUAGES]
    return found or [base(one) for one in desk.configuration.languages[:1]]


def _from_playbook(
    desk: Desk,
    language: str,
    wanted: Wanted,
    *,
    corrected: Sequence[tuple[Fact, Fact]] = (),
    more: Mapping[str, Fact] | None = None,
) -> Draft | None:
    """What the playbook says; what is disputed the daemon does not state by itself."""
    known, disputed = desk.facts(), desk.disputed() if desk.who is SEAWALL else {}
    sure = {kind: fact for kind, fact in known.items() if kind not in disputed}
    return drafted(
        desk.situation,
        wanted.phase,
        language,
        wanted.channel,
        sure | dict(more or {}),
        desk.voice,
        desk.at,
        variant=wanted.variant,
        corrected=corrected,
        least=told(desk.messages(), wanted.channel, language),
    )


def _message(desk: Desk, found: Draft) -> Message:
    return Message(
        id=messages.next_id(desk.connection, desk.id),
        incident=desk.id,
        situation=found.situation,
        language=found.language,
        channel=found.channel,
        phase=found.phase,
        text=plain(found.text),
        authors=(desk.who.name,),
        at=desk.at,
        template=found.template,
        uses=found.uses,
    )


def _written(desk: Desk, language: str, wanted: Wanted) -> Message:
    return Message(
        id=messages.next_id(desk.connection, desk.id),
        incident=desk.id,
        situation=desk.situation,
        language=language,
        channel=wanted.channel,
        phase=wanted.phase,
        text=written(wanted.text.strip()),
        authors=(desk.who.name, *wanted.more_authors),
        at=desk.at,
    )


def _add(desk: Desk, one: Message) -> Made:
    """Store it, unless the same waits already."""
    for other in desk.messages():
        if other.state in WAITING and _says_the_same(one, other):
            return Made(other, there=True)
    messages.add(desk.connection, one)
    messages.note(desk.connection, one, desk.who.name, desk.who.place, desk.at)
    return Made(one)


def _says_the_same(one: Message, other: Message) -> bool:
    alike = ("situation", "phase", "language", "channel", "text", "template")
    return all(getattr(one, each) == getattr(other, each) for each in alike)
