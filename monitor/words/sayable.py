"""What the playbook would say now, and what is found in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts import wording
from alerts.incidents.incident import State
from alerts.words.approval import Message, MessageState, plain
from alerts.words.choosing import told
from alerts.words.drafting import Draft
from alerts.words.drafting import draft as drafted
from alerts.words.facts import Fact
from alerts.words.kinds import LANGUAGES
from alerts.words.lengths import LIMITS, length
from alerts.words.lint import Finding
from alerts.words.phases import Channel, Phase
from alerts.words.rulebook import Level
from monitor.words import drafts, fact_desk, judging, messaging
from monitor.words.desk import Desk
from monitor.words.drafts import Wanted

WORDINGS = 3
"""So many wordings of a message are offered."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How long a text is where it goes, at most how long it may be, and what the linter finds."""

    length: int
    limit: int
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether it cannot be published like that."""
        return any(one.level is Level.BLOCK for one in self.findings)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the playbook would say now; `variant` names the wording.

    `phase` is the one it came out as. `lacks` are kinds of facts with which it would say more,
    `unlocks` the phases that would, up to the one asked for, with the kinds that each still needs.
    `sealed` is whether its template was approved in advance, so that any other person approves it.
    `message` is the id of one that says exactly this already.
    """

    language: str
    phase: Phase
    channel: Channel
    text: str
    variant: int
    lacks: tuple[str, ...]
    unlocks: dict[Phase, tuple[str, ...]]
    sealed: bool
    message: str | None
    checked: Checked


def proposals(desk: Desk, phase: Phase, language: str, channel: Channel) -> Iterator[Proposal]:
    """What the playbook says in a language, in its wordings."""
    texts = set()
    held, voice = desk.facts(), desk.voice
    least = (
        Phase.SOLVED
        if desk.incident.state is State.RESOLVED
        else told(desk.messages(), channel, language)
    )
    there = {
        (one.text, one.channel): one.id
        for one in desk.messages()
        if one.state not in (MessageState.STALE, MessageState.SUPERSEDED)
    }
    for variant in range(WORDINGS):
        one = drafted(
            desk.situation,
            phase,
            language,
            channel,
            held,
            voice,
            desk.at,
            variant=variant,
            least=least,
        )
        if one is None or one.text in texts:
            continue
        texts.add(one.text)
        yield Proposal(
            language=one.language,
            phase=one.phase,
            channel=one.channel,
            text=one.text,
            variant=variant,
            lacks=one.lacks,
            unlocks=dict(one.unlocks),
            sealed=messaging.is_sealed(desk, one),
            message=there.get((plain(one.text), one.channel)),
            checked=checked(desk, one),
        )


def unlocks(
    desk: Desk,
    phase: Phase,
    languages: Sequence[str],
    channel: Channel,
    found: Sequence[Proposal],
) -> dict[Phase, tuple[str, ...]]:
    """What phases need that would say more, and the asked one where it says nothing yet."""
    unlocks = {step: kinds for one in found for step, kinds in one.unlocks.items()}
    for language in {*languages}.intersection(LANGUAGES) - {one.language for one in found}:
        if lacks := drafts.lacks(desk, language, Wanted(phase, channel)):
            unlocks.setdefault(phase, lacks)
    return unlocks


def checked(desk: Desk, said: Message | Draft) -> Checked:
    """How long it is, and what the linter finds in it, over what is known now."""
    there = length(said.text, said.channel), LIMITS[said.channel]
    return Checked(*there, (*judging.findings(desk, said), *_disputed(desk, said)))


def _disputed(desk: Desk, said: Message | Draft) -> Iterator[Finding]:
    """The facts that it states, and of which somebody said otherwise since."""
    end, facts = len(said.text), desk.facts()
    for kind, rumour in desk.disputed().items():
        held = facts[kind]
        if held.id in said.uses:
            stated, why = fact_desk.told(desk, held), otherwise(desk, rumour)
            yield Finding("disputed", Level.WARN, end, end, stated, f"{why}.", "")


def otherwise(desk: Desk, rumour: Fact) -> str:
    """Who says since when that something is otherwise, and what to do about it."""
    since = wording.moment(rumour.at, desk.voice.zone)
    return f"said otherwise since {since} by {rumour.by}: correct, or withdraw the rumour"
