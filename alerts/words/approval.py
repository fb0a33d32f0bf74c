"""Messages on their way to the public: written by one, approved by another, bound to their text.

A state machine, pure. Who may approve what is configured; here it comes as a `Reader`. What a
message needs depends on what it is: see `Way`.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from alerts.folding import storable
from alerts.incidents.incident import Refused
from alerts.words.phases import REPLIES, Channel, Phase


class MessageState(StrEnum):
    """Where a message stands; `STALE`: what it says is no longer known to be so.

    `POSTING`: it is on its way out, and perhaps public. `UNCERTAIN`: nobody knows whether it is,
    until somebody has looked.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    POSTING = "posting"
    UNCERTAIN = "uncertain"
    RETURNED = "returned"
    POSTED = "posted"
    SUPERSEDED = "superseded"
    STALE = "stale"


class Way(StrEnum):
    """How a message is approved.

    `SEALED`: its template was approved by day, by those who read it and by legal, so that any other
    person only confirms what fills its slots. `FULL`: free text, by one who may for its language,
    and by legal where the playbook asks it. `PEER`: a reply to one person, by any other person;
    in a grave matter only in the words of a template. `BREAK_GLASS`: by one person alone, with a
    reason.
    """

    SEALED = "sealed"
    FULL = "full"
    PEER = "peer"
    BREAK_GLASS = "break_glass"


class Role(StrEnum):
    """What somebody approves in a message."""

    VALUES = "values"
    LANGUAGE = "language"
    LEGAL = "legal"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who wants to approve, and what the configuration lets them."""

    name: str
    acts: bool = True
    language: bool = False
    legal: bool = False
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message needs: whether its template is sealed, and what its playbook says."""

    sealed: bool = False
    grave: bool = False
    legal: bool = False
    break_glass: bool = True


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approved the text with this hash; `reason` is why alone, where the glass broke."""

    by: str
    at: datetime
    way: Way
    roles: tuple[Role, ...]
    sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Words for the public in one language, for one channel.

    `template` names where its words come from, empty for free text; `uses` are the ids of the facts
    that it states. `authors` are those whose words are in it; the first one wrote it as it is.
    `because` is the comment it was returned with, or why it is stale; `revision` counts changes.
    """

    id: str
    incident: str
    situation: str
    language: str
    channel: Channel
    phase: Phase
    text: str
    authors: tuple[str, ...]
    at: datetime
    template: str = ""
    uses: tuple[str, ...] = ()
    state: MessageState = MessageState.DRAFT
    revision: int = 1
    approvals: tuple[Approval, ...] = ()
    submitted_by: str | None = None
    because: str = ""
    posted_at: datetime | None = None
    posted_by: str | None = None
    link: str = ""

    @property
    def sha256(self) -> str:
        """The hash of exactly this text, to which an approval is bound."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def barred(self) -> frozenset[str]:
        """Who cannot approve it: who wrote it as it is, and who handed it in.

        Who wrote it before another changed it may: the words that they approve are another's.
        """
        return frozenset(filter(None, (*self.authors[:1], self.submitted_by)))

    @property
    def broke_glass(self) -> Approval | None:
        """The approval by one person alone, where there was one."""
        return next((one for one in self.approvals if one.way is Way.BREAK_GLASS), None)

    def way(self, asked: Asked) -> Way:
        """How it is approved, where all goes as it should."""
        if self.phase in REPLIES and (self.template or not asked.grave):
            return Way.PEER
        return Way.SEALED if self.template and asked.sealed else Way.FULL

    def missing(self, asked: Asked) -> tuple[Role, ...]:
        """What nobody has approved yet of this text."""
        given = {role for one in self.approvals if one.sha256 == self.sha256 for role in one.roles}
        return tuple(role for role in _roles(self.way(asked), asked) if role not in given)


PROGRAM: Final = "a program"
"""Among the authors: words that an outside program proposed, which nobody approves alone."""

LONGEST_TEXT: Final = 2_500
"""So many characters are more than any channel takes."""

_SPACES: Final = re.compile(r"[^\S\n]")

_OPEN = (MessageState.DRAFT, MessageState.RETURNED)
_UNPOSTED = (*_OPEN, MessageState.SUBMITTED, MessageState.APPROVED)

PERHAPS_PUBLIC = (MessageState.POSTING, MessageState.UNCERTAIN)
"""States in which a message is neither changed nor taken back, since it may be public."""

WAITING: Final = (*_UNPOSTED, *PERHAPS_PUBLIC)
"""States of what could still be posted."""


def plain(text: str) -> str:
    """A text as it is kept: every space that is none of a new line is a plain one.

    >>> plain("Wir sehen\u00a0es.\\r\\nMehr\u2009bald.")
    'Wir sehen es.\\nMehr bald.'
    """
    return _SPACES.sub(" ", storable(text).replace("\r\n", "\n"))


def written(text: str) -> str:
    """What somebody wrote, as it is kept. Raises Refused where it is empty, or much too long."""
    if not text.strip():
        raise Refused("nothing was written")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"no message has more than {LONGEST_TEXT:,} characters; it has {len(text):,}")
    return plain(text)


def edit(message: Message, text: str, by: str) -> Message:
    """Change the text, be it by a space: it is a draft again, in free words, and nobody's approval
    holds. Raises Refused.
    """
    text = written(text)
    if message.posted_at or message.state in (*PERHAPS_PUBLIC, MessageState.SUPERSEDED):
        raise Refused(f"it is {message.state}; draft another one")
    if text == message.text:
        raise Refused("nothing was changed")
    return _next(
        message,
        MessageState.DRAFT,
        text=text,
        template="",
        authors=(by, *(one for one in message.authors if not _is(by, one))),
        approvals=(),
        submitted_by=None,
    )


def redraft(message: Message, anew: Message) -> Message:
    """The same in the words of another draft, before anybody handed it in. Raises Refused."""
    _insist(message, "drafted anew", *_OPEN)
    words = ("situation", "text", "template", "uses")
    return _next(message, MessageState.DRAFT, **{each: getattr(anew, each) for each in words})


def submit(message: Message, by: str) -> Message:
    """Hand a draft in; whoever does it says that what it states is so. Raises Refused."""
    _insist(message, "submitted", *_OPEN)
    return _next(message, MessageState.SUBMITTED, submitted_by=by, approvals=())


def approve(message: Message, reader: Reader, asked: Asked, sha256: str, at: datetime) -> Message:
    """Approve the text with this hash, which is what the approver read. Raises Refused.

    The message is approved when all that it needs is; until then it remains submitted.
    """
    if message.approvals and message.state is MessageState.APPROVED:
        raise Refused(f"{message.approvals[-1].by} approved it already")
    _insist(message, "approved", MessageState.SUBMITTED)
    if _is(reader.name, *message.barred):
        raise Refused("whoever wrote or submitted it cannot approve it: it takes another person")
    _insist_read(message, sha256)
    way, missing = message.way(asked), message.missing(asked)
    roles = tuple(role for role in missing if may(reader, role))
    if not roles:
        raise Refused(f"{reader.name} may not approve this: {_needs(missing, message.language)}")
    approval = Approval(reader.name, at, way, roles, message.sha256)
    given = replace(message, approvals=(*message.approvals, approval))
    done = MessageState.SUBMITTED if given.missing(asked) else MessageState.APPROVED
    return _next(given, done)


def break_glass(
    message: Message, reader: Reader, asked: Asked, sha256: str, reason: str, at: datetime
) -> Message:
    """Approve the text with this hash alone, be it one's own, with a reason that everybody reads.

    Raises Refused.
    """
    if not asked.break_glass:
        raise Refused(f"nobody may approve alone what is said of this ({message.situation})")
    if PROGRAM in message.authors:
        raise Refused("nobody may approve alone what a program proposed: draft your own words")
    if not reader.break_glass:
        raise Refused(f"{reader.name} may not approve alone")
    if not reason.strip():
        raise Refused("say why it cannot wait for another person")
    _insist(message, "approved", *_OPEN, MessageState.SUBMITTED)
    _insist_read(message, sha256)
    alone = Approval(reader.name, at, Way.BREAK_GLASS, (), message.sha256, reason.strip())
    return _next(message, MessageState.APPROVED, approvals=(*message.approvals, alone))


def give_back(message: Message, by: str, comment: str) -> Message:
    """Return what was submitted to its author, with a comment. Raises Refused."""
    _insist(message, "returned", MessageState.SUBMITTED, MessageState.APPROVED)
    if not comment.strip():
        raise Refused("say what should be different")
    returned = f"{by}: {comment.strip()}"
    return _next(message, MessageState.RETURNED, because=returned, approvals=())


def begin(message: Message, sha256: str) -> Message:
    """The text with this hash is on its way out. Raises Refused for any but what was approved."""
    _insist_approved(message, MessageState.APPROVED)
    _insist_read(message, sha256)
    return _next(message, MessageState.POSTING)


def lose(message: Message, why: str) -> Message:
    """Nobody knows whether what was on its way out is public. Raises Refused."""
    _insist(message, "uncertain", MessageState.POSTING)
    return _next(message, MessageState.UNCERTAIN, because=why)


def keep(message: Message) -> Message:
    """What was to be public is certainly not; it remains approved. Raises Refused."""
    _insist(message, "kept", *PERHAPS_PUBLIC)
    return _next(message, MessageState.APPROVED)


def post(message: Message, by: str, at: datetime, link: str = "") -> Message:
    """It is public now. Raises Refused for anything but exactly what was approved."""
    _insist_approved(message, MessageState.APPROVED, *PERHAPS_PUBLIC)
    return _next(message, MessageState.POSTED, posted_at=at, posted_by=by, link=link)


def locate(message: Message, link: str) -> Message:
    """Where it stands that is public, which nobody had said. Raises Refused."""
    if message.posted_at is None or message.link:
        where = f", at {message.link}" if message.link else ""
        raise Refused(f"it is {message.state} already{where}")
    return _next(message, message.state, link=link, because=message.because)


def supersede(message: Message) -> Message:
    """A newer message says what this one said. Raises Refused where that has happened."""
    if message.state is MessageState.SUPERSEDED:
        raise Refused("it is superseded already")
    return _next(message, MessageState.SUPERSEDED)


def mark_stale(message: Message, why: str) -> Message:
    """What it states is no longer known to be so; its approvals are on record. Raises Refused."""
    _insist(message, "stale", *_UNPOSTED, MessageState.POSTED)
    return _next(message, MessageState.STALE, because=why)


def reinstate(message: Message, before: MessageState, because: str = "") -> Message:
    """What was marked as stale is so: it stands where it did before. Raises Refused.

    What was approved, and not on record by whom, is submitted.
    """
    _insist(message, "reinstated", MessageState.STALE)
    unproved = before is MessageState.APPROVED and not message.approvals
    return _next(message, MessageState.SUBMITTED if unproved else before, because=because)


def _next(message: Message, state: MessageState, **changes: Any) -> Message:
    kept = message.because if state is MessageState.SUPERSEDED else ""
    changes = {"because": kept, **changes, "state": state, "revision": message.revision + 1}
    return replace(message, **changes)


def _is(name: str, *names: str) -> bool:
    """Whether it is one of these people, however they wrote their name."""
    return _bare(name) in {_bare(one) for one in names}


def _bare(name: str) -> str:
    return " ".join(name.split()).casefold()


def _insist(message: Message, what: str, *states: MessageState) -> None:
    if message.state in states:
        return
    why = f": {message.because}" if message.because else ""
    raise Refused(f"it is {message.state}{why}, so that it cannot be {what}")


def _insist_read(message: Message, sha256: str) -> None:
    if len(sha256) != len(message.sha256):
        raise Refused("say which text you have read, by all of its hash")
    if message.sha256 != sha256:
        raise Refused("its text was changed since you read it: read it again")


def _insist_approved(message: Message, *states: MessageState) -> None:
    if message.state is MessageState.POSTED:
        raise Refused(f"it is posted already, by {message.posted_by}")
    _insist(message, "posted", *states)
    if any(one.sha256 != message.sha256 for one in message.approvals):
        raise Refused("its text is not the one that was approved")


def _roles(way: Way, asked: Asked) -> tuple[Role, ...]:
    if way is Way.PEER:
        return (Role.PEER,)
    if way is Way.SEALED:
        return (Role.VALUES,)
    return (Role.LANGUAGE, Role.LEGAL) if asked.legal else (Role.LANGUAGE,)


def may(reader: Reader, role: Role) -> bool:
    """Whether somebody may approve in a role."""
    return {Role.LANGUAGE: reader.language, Role.LEGAL: reader.legal}.get(role, reader.acts)


def _needs(missing: tuple[Role, ...], language: str) -> str:
    words = {
        Role.LANGUAGE: f"it needs one who may for {language}",
        Role.LEGAL: "it needs one who may for legal",
    }
    return ", and ".join(words.get(role, "it takes the right `act`") for role in missing)
