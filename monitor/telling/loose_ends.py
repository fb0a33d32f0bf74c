"""What is open of the words about an incident, and what of its facts those who answer are told."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import wording
from alerts.briefings.instruction import Instruction
from alerts.languages import UNKNOWN, base, name
from alerts.plain_text import visible
from alerts.posts import Post
from alerts.words.approval import Message, MessageState
from alerts.words.facts import Fact, FactState, spoken, states, usable
from alerts.words.kinds import KINDS, LANGUAGES
from alerts.words.phases import REPLIES
from alerts.words.promises import Promise
from alerts.words.recognising import quoted
from monitor.store import facts, messages, sightings
from monitor.store.facts import Request
from monitor.store.sightings import LOOKALIKE, OWN

ENDING = timedelta(hours=2)
"""A fact that holds no longer than that is told of."""

_MOST = 5
"""Posts of our own that nobody approved, and accounts that look like ours."""

_LINKS = 3
"""Posts of an account that looks like ours, as evidence."""

_OVER = (FactState.CORRECTED, FactState.EXPIRED, FactState.WITHDRAWN)


def loose_ends(
    connection: Connection, incident: str, written: Iterable[str], zone: str, at: datetime
) -> tuple[str, ...]:
    """What somebody has to see to, a line each: asked, promised, to be approved, ending, unsaid.

    `written` are the languages that people write in, most first. Times are those of `zone`.
    """
    there = messages.of(connection, incident)
    said = [one for one in there if one.posted_at and one.phase not in REPLIES]
    known = usable(facts.of(connection, incident), at).values()
    ending = [one for one in known if one.until and one.until - at <= ENDING]
    return (
        *(_asked(one, zone, at) for one in facts.requests(connection, incident)),
        *(_promised(one, zone, at) for one in messages.promises(connection, incident)),
        *_waiting(there),
        *(f"Holds until {_time(one.until, zone, at)}: {told(one, zone, at)}" for one in ending),
        *_last_said(said, zone, at),
        *_unsaid(said, written),
        *_newest(_unapproved(sightings.beside(connection, incident, OWN), zone, at)),
        *_newest(_lookalikes(sightings.beside(connection, incident, LOOKALIKE))),
    )


def told(fact: Fact, zone: str, at: datetime) -> str:
    """A fact as the team reads it: `Next update 14:30 CET`."""
    said = fact.value
    if fact.value:
        said = spoken(fact, "en", zone, at) or next(iter(fact.texts.values()), "")
    return f"{KINDS[fact.kind].name} {said}".strip()


def as_read(
    connection: Connection, incident: str, brief: Instruction, zone: str, at: datetime
) -> Instruction:
    """An agent brief with what is confirmed now beside what its lead wrote to be true."""
    known = usable(facts.of(connection, incident), at)
    lines = [told(known[kind], zone, at) for kind in KINDS if kind in known]
    return replace(brief, true=tuple(dict.fromkeys([*brief.true, *lines])))


def contradicted(
    connection: Connection, incident: str, brief: Instruction | None, zone: str, at: datetime
) -> tuple[str, ...]:
    """What an agent brief says that is known not to be so any more, a line each."""
    if brief is None or brief.at is None:
        return ()
    return tuple(
        f"{told(one, zone, at)} is {one.state}"
        for one in facts.of(connection, incident)
        if one.state in _OVER
        and one.at >= brief.at
        and states(brief.to_json(), one, LANGUAGES, zone)
    )


def _asked(one: Request, zone: str, at: datetime) -> str:
    late = ", late" if one.due_at <= at else ""
    by = f"by {_time(one.due_at, zone, at)}{late}; {one.owner} sees to it"
    return f"Asked of {one.function}: {KINDS[one.kind].name}, {by}"


def _promised(one: Promise, zone: str, at: datetime) -> str:
    return f"Promised: more at {_time(one.until, zone, at)} in {name(one.language)}, by {one.owner}"


def _waiting(there: Iterable[Message]) -> Iterator[str]:
    for state, label in (
        (MessageState.SUBMITTED, "To be approved"),
        (MessageState.APPROVED, "To be posted"),
    ):
        found = [
            f"{one.id} ({name(one.language)}, {one.channel})"
            for one in there
            if one.state is state and one.phase not in REPLIES
        ]
        if found:
            yield f"{label}: {', '.join(found)}"


def _last_said(said: Iterable[Message], zone: str, at: datetime) -> Iterator[str]:
    """The last public word in each language."""
    last = {one.language: one for one in sorted(said, key=lambda one: str(one.posted_at))}
    for language, one in last.items():
        if one.posted_at:
            what = f"{one.phase}, {one.channel}, {_time(one.posted_at, zone, at)}"
            yield f"Last said in {name(language)}: {what}"


def _unsaid(said: list[Message], written: Iterable[str]) -> Iterator[str]:
    """The languages that people write in, and nobody has answered in, where others were."""
    covered = {one.language for one in said}
    left = [one for one in dict.fromkeys(map(base, written)) if one not in {UNKNOWN, *covered}]
    if said and left:
        yield f"Nothing said in {', '.join(map(name, left))}"


def _newest(lines: Iterable[str]) -> Iterator[str]:
    """The last of these lines: whoever writes in our name must not bury what else is open."""
    every = [*lines]
    if left := len(every[:-_MOST]):
        yield f"{left} more like the next, in the timeline"
    yield from every[-_MOST:]


def _unapproved(posts: Iterable[Post], zone: str, at: datetime) -> Iterator[str]:
    for one in posts:
        where = f"{wording.platform(one.platform)}, {_time(one.created_at, zone, at)}"
        said = f"{quoted(one.text)} {one.url or ''}".rstrip()
        yield f"Posted, and nobody approved it: {where}: {said}"


def _lookalikes(posts: Iterable[Post]) -> Iterator[str]:
    """Accounts that look like ours, a line each, with the newest of what they posted."""
    by_account: dict[tuple[str, str], list[Post]] = {}
    for one in posts:
        by_account.setdefault((one.platform, one.author or ""), []).append(one)
    for (platform, author), theirs in by_account.items():
        links = " ".join([one.url for one in theirs if one.url][-_LINKS:])
        who = f"{visible(author)} on {wording.platform(platform)}"
        yield f"Looks like ours, to be taken down: {who}, {links}".removesuffix(", ")


def _time(moment: datetime | None, zone: str, at: datetime) -> str:
    return f"{wording.time(moment, zone, at)} {wording.zone_name(moment, zone)}" if moment else ""
