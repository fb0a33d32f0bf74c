"""What Slack shows of words for the public: what could be said, what waits, what is known."""

from alerts import languages, wording
from alerts.notifiers.slack import Chosen, Known, Standing, Wording, Words
from alerts.plain_text import visible
from alerts.words.kinds import KINDS
from alerts.words.phases import Channel, Phase
from monitor.store.facts import Request
from monitor.words import drafts, looking, proposing
from monitor.words.desk import Desk


def words(desk: Desk, chosen: Chosen) -> Words:
    """All of it, for somebody at the desk of an incident."""
    seen = looking.look(
        desk,
        phase=Phase(chosen.phase) if chosen.phase else None,
        channel=Channel(chosen.channel) if chosen.channel else None,
        languages=[chosen.language] if chosen.language else [],
    )
    shown = (*seen.proposals, *seen.alternatives) if chosen.language else seen.proposals
    unspoken = [languages.name(one) for one in seen.silent_languages]
    without = f"There are no words in {', '.join(unspoken)}, which is written, too."
    lacking = seen.unlocks and not seen.proposals
    return Words(
        incident=desk.briefing,
        about=f"{'This incident is resolved. ' if seen.resolved else ''}{seen.about}",
        phase=seen.phase,
        why=seen.why,
        channel=seen.channel,
        languages=tuple(seen.languages),
        silence="" if seen.resolved else seen.silence,
        silence_first=seen.silence_first,
        wordings=tuple(_wording(one) for one in shown),
        messages=tuple(standing(one) for one in seen.messages),
        facts=tuple(_known(desk, one) for one in seen.facts),
        questions=tuple(_asked(desk, one) for one in seen.requests if not one.answered_at),
        warnings=(
            *(f"The agent brief says what is not so: {one}." for one in seen.contradicted),
            *([without] if unspoken else []),
            *([f"To say it: {drafts.needed(seen.unlocks)}."] if lacking else []),
        ),
        proposes=proposing.may(desk, seen.phase),
    )


def standing(one: looking.Standing) -> Standing:
    """A message, with what the linter says of it."""
    offer = str(one.offer) if one.offer else ""
    return Standing(one.message, one.next, _checked(one.checked), offer, one.unconfirmed)


def _wording(one: looking.Proposal) -> Wording:
    lacks = ", ".join(KINDS[kind].name for kind in one.lacks)
    notes = (
        drafts.needed(one.unlocks),
        *_checked(one.checked),
        "approved in advance: any other person approves it" if one.sealed else "",
        f"would say more with: {lacks}" if lacks else "",
    )
    return Wording(one.language, one.phase, one.text, tuple(filter(None, notes)))


def _checked(one: looking.Checked) -> tuple[str, ...]:
    return (
        f"{one.length:,} of {one.limit:,}",
        *(
            f"{each.level}: {each.rule} ({visible(each.found)}): {each.why}"
            + (f" Better: {each.better}" if each.better else "")
            for each in one.findings
        ),
    )


def _known(desk: Desk, one: looking.Known) -> Known:
    zone = desk.voice.zone
    notes = (
        one.state,
        f"by {one.by}" if one.by != one.confirmed_by else "",
        f"confirmed by {one.confirmed_by}" if one.confirmed_by else "",
        wording.moment(one.at, zone),
        f"until {wording.moment(one.until, zone)}" if one.until else "",
        one.source,
        one.evidence,
        f"{' and '.join(one.strange)} in it" if one.strange else "",
        one.disputed,
    )
    return Known(f"{one.name} {one.words}".strip(), tuple(filter(None, notes)))


def _asked(desk: Desk, one: Request) -> Known:
    due = wording.moment(one.due_at, desk.voice.zone)
    return Known(one.question, (f"{one.function} is asked by {one.owner}", f"answer by {due}"))
