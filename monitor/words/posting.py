"""Approved messages on their way out: asked for by a person, sent by the daemon, public once.

1. A person asks. Everything is checked, and they are told what it costs.
2. The daemon takes it: all is checked again in the transaction that says that an attempt begins.
3. What came of it is stored. An attempt whose answer was lost, with its connection or with the
   daemon, is made again only where the same words sent twice are public once; elsewhere, and where
   it should not be said any more, the message is *uncertain*, until somebody has looked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from alerts.incidents.incident import Reason, Refused
from alerts.publishers import PublisherError, PublisherKind, Words, publisher_kinds
from alerts.words import approval
from alerts.words.approval import MessageState
from alerts.words.phases import REPLIES
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor
from monitor.store import messages, postings, spending
from monitor.store.postings import Posting
from monitor.words import judging, messaging
from monitor.words.desk import at_desk
from monitor.words.messaging import Held
from monitor.words.offering import Offer as Offer  # what is offered is found here
from monitor.words.offering import offer as offer

PATIENCE = timedelta(minutes=10)
"""What could not be posted for so long is not posted any more: somebody decides anew."""

AGAIN_AFTER = timedelta(seconds=30)
"""An attempt is over by then, so that the next one meets no other."""


class Outcome(StrEnum):
    """What came of an attempt; after FAILED there is another one."""

    POSTED = "posted"
    FAILED = "failed"
    NOT_POSTED = "not_posted"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Sending:
    """An attempt: what was asked for, and the words to send."""

    asked: Posting
    words: Words


def ask(one: Held, sha256: str) -> Offer:
    """Have the text with this hash posted, which is what whoever asks has read. Raises Refused."""
    desk, message = one.desk, one.message
    if message.phase in REPLIES:
        raise Refused("it answers one person: copy it, and answer there by hand")
    offered = offer(desk.configuration, desk.incident.brand, message)
    if offered is None:
        raise Refused(f"no account of ours is configured on {message.channel}: post it by hand")
    if postings.under_way(desk.connection, message.id):
        raise Refused("it is being posted already")
    approval.begin(message, sha256)
    judging.insist_sayable(one.desk, one.message)
    asked = Posting(
        message=message.id,
        number=postings.next_number(desk.connection, message.id),
        publisher=offered.publisher,
        sha256=message.sha256,
        by=desk.who.name,
        place=desk.who.place,
        member=desk.who.member,
        at=desk.at,
    )
    postings.add(desk.connection, asked)
    return offered


def take(
    connection: Connection, configuration: Configuration, publisher: str, now: datetime
) -> Sending | Outcome | None:
    """Begin what a publisher is to post now, if anything; an outcome where it must not be."""
    asked = postings.due(connection, publisher, now)
    if asked is None:
        return None
    one = _held(connection, configuration, asked, now)
    kind = _kind(configuration, asked)
    try:
        if asked.tried_at and not kind.repeats:
            raise Refused("the answer was lost")
        message = one.message if asked.tried_at else approval.begin(one.message, asked.sha256)
        if asked.tried_at:
            judging.insist_holds(one.desk, one.message)
        else:
            judging.insist_sayable(one.desk, one.message)
        if now - asked.at > PATIENCE:
            raise Refused("it could not be posted in time")
    except Refused as refused:
        return _end(one, asked, str(refused))
    if not asked.tried_at:
        one.becomes(message)
    tried = replace(asked, tried_at=asked.tried_at or now, not_before=now + AGAIN_AFTER)
    postings.change(connection, tried)
    _pay(one, asked, kind.price(message.text))
    key = f"{message.id}/{message.sha256}"
    words = Words(key, message.text, message.language, drafted_at=message.at, at=asked.at)
    return Sending(asked, words)


def arrived(
    connection: Connection, configuration: Configuration, sending: Sending, link: str, now: datetime
) -> Outcome:
    """It is public, as whoever asked for it wanted."""
    one = _held(connection, configuration, sending.asked, now)
    messaging.publish(one, link)
    postings.settle(connection, sending.asked, Outcome.POSTED, one.desk.at)
    return Outcome.POSTED


def failed(
    connection: Connection,
    configuration: Configuration,
    sending: Sending,
    error: PublisherError,
    now: datetime,
) -> Outcome:
    """An attempt came to nothing, or nobody knows."""
    asked, one = sending.asked, _held(connection, configuration, sending.asked, now)
    kind = _kind(configuration, asked)
    if not error.unsure:
        _pay(one, asked, -kind.price(sending.words.text))
    elif asked.tried_at is None:
        asked = replace(asked, tried_at=now)
    wait = AGAIN_AFTER if error.retry_after is None else timedelta(seconds=error.retry_after)
    again = replace(asked, not_before=now + wait)
    repeats = kind.repeats or asked.tried_at is None
    if error.permanent or not repeats or now + wait - asked.at > PATIENCE:
        return _end(one, asked, str(error))
    if asked.tried_at is None:
        one.becomes(approval.keep(one.message), str(error))
    postings.change(connection, again)
    return Outcome.FAILED


def give_up(
    connection: Connection, configuration: Configuration, publisher: str, now: datetime
) -> None:
    """Settle what was asked of a publisher that there is no more."""
    while asked := postings.due(connection, publisher, now + AGAIN_AFTER):
        one = _held(connection, configuration, asked, now)
        _end(one, asked, f"{publisher} is configured no more")


def not_posted(one: Held) -> Held:
    """Somebody has looked: what was uncertain is not public. Raises Refused."""
    if one.message.state is not MessageState.UNCERTAIN:
        raise Refused(f"it is {one.message.state}, so that there is no doubt")
    return messaging.still_true(one.becomes(approval.keep(one.message), "looked: it is not there"))


def _end(one: Held, asked: Posting, why: str) -> Outcome:
    """Nothing more is tried; whoever asked is told."""
    desk, on = one.desk, one.message.channel
    if asked.tried_at:
        outcome, title = Outcome.UNCERTAIN, f"Perhaps posted on {on}, look there: {one.called}"
        after = one.becomes(approval.lose(one.message, why), why)
        after.tell(Reason.UNCERTAIN, f": {why}")
        remedy = "Look there. If it is public say that it is posted, with its link; else that not."
    else:
        outcome, title = Outcome.NOT_POSTED, f"Not posted on {on}: {one.called}"
        after = one
        if one.message.state is MessageState.POSTING:
            after = one.becomes(approval.keep(one.message), why)
        remedy = "Ask again, or post it by hand."
    postings.settle(desk.connection, asked, f"{outcome}: {why}", desk.at)
    if after.message.state is not MessageState.POSTED:
        desk.tell(
            f"posting/{asked.message}/{asked.number}",
            title,
            (f"{why[:1].upper()}{why[1:]}.", remedy),
            wakes=(asked.by,),
            about=asked.message,
        )
    return outcome


def _held(
    connection: Connection, configuration: Configuration, asked: Posting, now: datetime
) -> Held:
    """The message, locked, in the hand of whoever asked for it."""
    who = Actor(asked.by, asked.place, asked.member)
    desk = at_desk(connection, configuration, asked.message.rpartition("/")[0], who, now)
    message = messages.locked(connection, asked.message)
    if message is None:
        raise LookupError(asked.message)
    return Held(desk, message)


def _kind(configuration: Configuration, asked: Posting) -> PublisherKind:
    kinds = {choice.name: choice.kind for choice in configuration.publish}
    return publisher_kinds()[kinds[asked.publisher]]


def _pay(one: Held, asked: Posting, micros: int) -> None:
    """Set money aside before it is spent, or take back what was certainly not charged."""
    if micros:
        name = f"publish/{asked.publisher}"
        spending.set_aside(one.desk.connection, name, one.desk.at, micros, None)
