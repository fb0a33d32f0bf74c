"""Promises: a message that says when there will be more is kept by the next one in its language.

Pure. A promise is on the clock that the public read it on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.words.approval import Message
from alerts.words.facts import Fact, taken_back
from alerts.words.phases import REPLIES, Phase

NOTICE = timedelta(minutes=15)
"""So long before it is due its owner is reminded, and has a draft."""

NEXT_UPDATE = "next_update"


class Kept(StrEnum):
    """How a promise stands; MOVED: before it was due another time was said to be right."""

    OPEN = "open"
    DUE = "due"
    KEPT = "kept"
    MOVED = "moved"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Promise:
    """Who promised what until when, in which message; `zone` is that of the clock it named.

    `fact` is the id of the time of next update that it states.
    """

    message: str
    incident: str
    language: str
    fact: str
    made_at: datetime
    until: datetime
    owner: str
    zone: str


def promised(message: Message, facts: Iterable[Fact], zone: str) -> Promise | None:
    """What a posted message promises; None where it says no time of more. Its poster owns it.

    A correction promises the time that is right; a reply to one person promises the public nothing.
    """
    if message.phase in REPLIES:
        return None
    times = [one for one in facts if one.id in message.uses and one.kind == NEXT_UPDATE]
    wrong = taken_back(times) if message.phase is Phase.CORRECTION else ()
    said = next((one for one in times if one.id not in wrong), None)
    if said is None or message.posted_at is None or message.posted_by is None:
        return None
    return Promise(
        message=message.id,
        incident=message.incident,
        language=message.language,
        fact=said.id,
        made_at=message.posted_at,
        until=datetime.fromisoformat(said.value),
        owner=message.posted_by,
        zone=zone,
    )


def standing(promise: Promise, posted: Iterable[Message], now: datetime) -> Kept:
    """How a promise stands, by what else was posted of the incident.

    It is kept by what was posted in its language after it, in time, to everybody, and does not only
    make the same promise elsewhere; a correction of its time moves it. What comes late mends none.
    """
    after = [one for one in posted if _follows(one, promise)]
    if any(not _moves(one, promise) for one in after):
        return Kept.KEPT
    if after:
        return Kept.MOVED
    if now > promise.until:
        return Kept.BROKEN
    return Kept.DUE if now >= promise.until - NOTICE else Kept.OPEN


def _follows(message: Message, promise: Promise) -> bool:
    """Whether it says something new to those to whom more was promised, in time."""
    return (
        message.posted_at is not None
        and promise.made_at < message.posted_at <= promise.until
        and message.language == promise.language
        and message.phase not in REPLIES
        and (promise.fact not in message.uses or message.phase is Phase.CORRECTION)
    )


def _moves(message: Message, promise: Promise) -> bool:
    """Whether it says of the time that was promised that another one is right."""
    times = [id for id in message.uses if id.split("/")[-2] == NEXT_UPDATE]
    return message.phase is Phase.CORRECTION and promise.fact in times[:-1]
