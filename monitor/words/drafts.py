"""Drafts from the playbook over what is known, in every language that is being written.

What the playbook has no words for yet is written by hand, or is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.incidents.incident import Refused
from alerts.languages import base, name
from alerts.words.approval import Message, plain, written
from alerts.words.drafting import draft as drafted
from alerts.words.facts import Fact, FactState
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.phases import Channel, Phase
from monitor.store import messages
from monitor.words import rights
from monitor.words.desk import SEAWALL, Desk


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to say: in a phase, in these languages, on a channel.

    Without languages those that are being written in the incident, most first, that messages are
    written in. `text` is in one's own words, in one language; `variant` counts other wordings.
    """

    phase: Phase
    channel: Channel
    languages: tuple[str, ...] = ()
    text: str = ""
    variant: int = 0


def draft(desk: Desk, wanted: Wanted) -> list[Message]:
    """Draft what is wanted, one message a language, and return them. Raises Refused.

    From the playbook, over what is confirmed now; a phase that lacks facts gives way to one before.
    """
    languages = _languages(desk, wanted)
    if wanted.text.strip():
        if len(wanted.languages) != 1:
            raise Refused("say in which one language you wrote it")
        return [_add(desk, _written(desk, languages[0], wanted))]
    found = (_from_playbook(desk, language, wanted) for language in languages)
    made = [_add(desk, one) for one in found if one]
    if not made:
        raise Refused(f"the playbook has no words for this yet ({wanted.phase}): write your own")
    return made


def offer(desk: Desk, language: str, wanted: Wanted, proposed: Fact) -> Message | None:
    """Draft what would be said if a fact were confirmed; submitting it waits until it is.

    None where the playbook has no words for it.
    """
    as_if = replace(proposed, state=FactState.CONFIRMED, confirmed_by=proposed.by, until=None)
    found = _from_playbook(desk, language, wanted, more={proposed.kind: as_if})
    return _add(desk, found) if found else None


def corrections(desk: Desk, wrong: Sequence[Message], was: Fact, now: Fact) -> list[str]:
    """Draft a correction for each channel and language in which the wrong was said; their ids.

    Where the playbook has no words for one, the leads are told to write it.
    """
    author = Desk(desk.connection, desk.configuration, SEAWALL, desk.at, desk.kept)
    made, without = [], []
    for channel, language in dict.fromkeys((one.channel, one.language) for one in wrong):
        wanted = Wanted(Phase.CORRECTION, channel)
        found = _from_playbook(author, language, wanted, corrected=(was, now))
        if found:
            made.append(_add(author, found).id)
        else:
            without.append(f"{name(language)} on {channel}")
    if made or without:
        lines = [f"Drafted: {', '.join(made)}."] if made else []
        lines += [f"To be written: {', '.join(without)}."] if without else []
        desk.tell(
            f"correction/{now.id}",
            f"To be corrected in public: {KINDS[now.kind].name}",
            lines,
            wakes=rights.leads(desk.configuration),
        )
    return made


def _languages(desk: Desk, wanted: Wanted) -> list[str]:
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
    corrected: tuple[Fact, Fact] | None = None,
    more: Mapping[str, Fact] | None = None,
) -> Message | None:
    """What the playbook says; what is disputed the daemon does not state by itself."""
    known, disputed = desk.facts(), desk.disputed() if desk.who is SEAWALL else {}
    sure = {kind: fact for kind, fact in known.items() if kind not in disputed}
    found = drafted(
        desk.situation,
        wanted.phase,
        language,
        wanted.channel,
        sure | dict(more or {}),
        desk.voice,
        desk.at,
        variant=wanted.variant,
        corrected=corrected,
    )
    if found is None:
        return None
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
        authors=(desk.who.name,),
        at=desk.at,
    )


def _add(desk: Desk, one: Message) -> Message:
    messages.add(desk.connection, one)
    messages.note(desk.connection, one, desk.who.name, desk.who.place, desk.at)
    return one
