"""What people do with words for the public, by its verb, wherever they do it.

Slack, the page, the API and the shell come through `do`. Most verbs have JSON in their value, since
a fact or a message is more than one word; each function says which keys.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection

from alerts.incidents.incident import DAEMON, Refused
from alerts.notifiers import Pressed
from alerts.words.approval import PROGRAM, Message, MessageState
from alerts.words.phases import Channel, Phase
from monitor.configuration import Configuration
from monitor.incidents import deeds
from monitor.incidents.rights import Actor
from monitor.words import drafts, fact_desk, messaging, posting, proposing, sealing
from monitor.words.desk import Desk, at_desk
from monitor.words.drafts import Made, Wanted
from monitor.words.fact_desk import Said
from monitor.words.messaging import Held
from monitor.words.rights import CONFIRM


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_V = TypeVar("_V", bound=BaseModel)


class FactSaid(_Value):
    """The value of `fact`, `confirm` and `correct`; of `expire` and `withdraw` only the kind."""

    kind: str
    value: str = ""
    source: str = ""
    evidence: str = ""
    until: str = ""


class Question(_Value):
    """The value of `ask`."""

    kind: str
    question: str = ""
    function: str = ""
    owner: str = ""
    due: str = ""


class DraftWanted(_Value):
    """The value of `draft`."""

    phase: Phase
    channel: Channel
    languages: tuple[str, ...] = ()
    text: str = ""
    variant: int = 0
    submit: bool = False


@dataclass(frozen=True, slots=True)
class _Doing:
    """Somebody we know who wants something done with words; each verb is a method."""

    connection: Connection
    configuration: Configuration
    pressed: Pressed
    who: Actor
    now: datetime

    def fact(self) -> str:
        """`about` is the incident."""
        desk = self.desk()
        fact = fact_desk.enter(desk, self.said())
        return f"{fact_desk.told(desk, fact)}: said, to be confirmed"

    def confirm(self) -> str:
        """`about` is the incident; without a value what was said is confirmed."""
        desk = self.desk()
        fact, changes = fact_desk.confirm(desk, self.said())
        return f"{fact_desk.told(desk, fact)}: confirmed{', ' if changes else ''}{changes}"

    def correct(self) -> str:
        """`about` is the incident."""
        desk = self.desk()
        fact, made = fact_desk.correct(desk, self.said())
        drafted = f"; corrections drafted: {', '.join(made)}" if made else ""
        return f"{fact_desk.told(desk, fact)}: corrected{drafted}"

    def expire(self) -> str:
        """`about` is the incident."""
        desk = self.desk()
        fact = fact_desk.expire(desk, self.said().kind)
        return f"{fact_desk.told(desk, fact)}: over"

    def withdraw(self) -> str:
        """`about` is the incident."""
        desk = self.desk()
        fact = fact_desk.withdraw(desk, self.said().kind)
        return f"{fact_desk.told(desk, fact)}: withdrawn"

    def ask(self) -> str:
        """`about` is the incident."""
        request = fact_desk.ask(self.desk(), **_read(Question, self.pressed.value).model_dump())
        return f"{request.function} is asked: {request.question}"

    def draft(self) -> str:
        """`about` is the incident."""
        read = _read(DraftWanted, self.pressed.value)
        desk = self.desk()
        made = drafts.draft(desk, Wanted(**read.model_dump(exclude={"submit"})))
        said = [*_drafted(made), *dict.fromkeys(drafts.needed(one.unlocks) for one in made)]
        if read.submit:
            said.append(_submitted(desk, [one.message for one in made]))
        return "; ".join(filter(None, said))

    def propose(self) -> str:
        """`about` is the incident, `value` what a program answered."""
        made = proposing.draft(self.desk(), _read(proposing.Proposed, self.pressed.value))
        return "; ".join(["proposed by a program", *_drafted(made)])

    def edit(self) -> str:
        """`about` is the message, `value` its new text."""
        after = messaging.edit(self.held(), self.pressed.value).message
        said = f"changed by {self.who.name}, who cannot approve it now; it is a draft again"
        before = " and ".join(one for one in after.authors[1:] if one not in (DAEMON, PROGRAM))
        return f"{said}, and {before} may, once it is submitted" if before else said

    def submit(self) -> str:
        """`about` is the message."""
        messaging.submit(self.held())
        return f"submitted by {self.who.name}; it takes another person to approve it"

    def approve(self) -> str:
        """`about` is the message, `value` the hash of the text that was read."""
        after = messaging.approve(self.held(), self.pressed.value)
        if after.message.state is MessageState.APPROVED:
            return f"approved by {self.who.name}"
        missing = " and ".join(after.message.missing(after.asked))
        return f"approved by {self.who.name}; it still needs the approval for {missing}"

    def give_back(self) -> str:
        """`about` is the message, `note` the comment."""
        messaging.give_back(self.held(), self.pressed.note)
        return f"returned by {self.who.name}"

    def post(self) -> str:
        """`about` is the message, `value` the hash of the text that was read."""
        return f"to be posted {posting.ask(self.held(), self.pressed.value)}, by {self.who.name}"

    def not_posted(self) -> str:
        """`about` is the message, which was uncertain."""
        posting.not_posted(self.held())
        return f"not posted, says {self.who.name}"

    def posted(self) -> str:
        """`about` is the message, `value` the link to it, where there is one."""
        messaging.posted(self.held(), self.pressed.value.strip())
        return f"posted by {self.who.name}"

    def break_glass(self) -> str:
        """`about` is the message, `value` the hash of the text, `note` why it cannot wait."""
        messaging.break_glass(self.held(), self.pressed.value, self.pressed.note)
        return f"approved by {self.who.name} alone"

    def seal(self) -> str:
        """`about` is a template's name, a situation (`de/booking`), or a language."""
        what = self.pressed.about
        many, roles = sealing.seal(self.connection, self.configuration, what, self.who, self.now)
        said = f"{many} templates" if many > 1 else "one template"
        both = ", as whom the configuration names for both" if len(roles) > 1 else ""
        return f"{said} approved in advance by {self.who.name}, for {' and '.join(roles)}{both}"

    def unseal(self) -> str:
        """`about` is as for `seal`."""
        what = self.pressed.about
        taken = sealing.unseal(self.connection, self.configuration, what, self.who)
        return f"{len(taken)} templates are not approved in advance any more, says {self.who.name}"

    def about(self) -> str:
        """The id of the incident that it is about, which may be given by its beginning."""
        if self.pressed.verb in (sealing.SEAL, sealing.UNSEAL):
            return self.pressed.about
        return deeds.find(self.connection, self.pressed.about.partition("/")[0])

    def desk(self) -> Desk:
        """The desk of that incident."""
        verb, id = self.pressed.verb, self.about()
        return at_desk(self.connection, self.configuration, id, self.who, self.now, verb)

    def held(self) -> Held:
        """The message that it is about: `acme-b5g44m7i/3`."""
        verb, id = self.pressed.verb, f"{self.about()}/{self.pressed.about.partition('/')[2]}"
        return messaging.held(self.connection, self.configuration, id, self.who, self.now, verb)

    def said(self) -> Said:
        """The fact in the value."""
        return Said(**_read(FactSaid, self.pressed.value).model_dump())


def do(
    connection: Connection,
    configuration: Configuration,
    pressed: Pressed,
    who: Actor,
    now: datetime,
) -> tuple[str, str]:
    """Do what somebody wants, by a verb of VERBS: to which incident what was done, in words.

    A seal is of a template, which it returns instead. Raises Refused.
    """
    doing = _Doing(connection, configuration, pressed, who, now)
    said = VERBS[pressed.verb](doing)
    return doing.about(), said


VERBS: Mapping[str, Callable[[_Doing], str]] = {
    "fact": _Doing.fact,
    CONFIRM: _Doing.confirm,
    "correct": _Doing.correct,
    "expire": _Doing.expire,
    "withdraw": _Doing.withdraw,
    "ask": _Doing.ask,
    "draft": _Doing.draft,
    proposing.PROPOSE: _Doing.propose,
    "edit": _Doing.edit,
    "submit": _Doing.submit,
    messaging.APPROVE: _Doing.approve,
    "return": _Doing.give_back,
    "post": _Doing.post,
    "posted": _Doing.posted,
    "not_posted": _Doing.not_posted,
    "break_glass": _Doing.break_glass,
    sealing.SEAL: _Doing.seal,
    sealing.UNSEAL: _Doing.unseal,
}


def _drafted(made: Sequence[Made]) -> Iterator[str]:
    """What was drafted, and what was there already, word for word."""
    for label, there in (("drafted", False), ("there already", True)):
        ids = [_named(one.message) for one in made if one.there is there]
        if ids:
            yield f"{label}: {', '.join(ids)}"


def _named(one: Message) -> str:
    return f"{one.id} ({one.language}, {one.phase})"


def _submitted(desk: Desk, made: Sequence[Message]) -> str:
    """Hand drafts in, and say of each that cannot be why, or that somebody did."""
    refusals = []
    for one in made:
        if one.state not in (MessageState.DRAFT, MessageState.RETURNED):
            refusals.append(f"{one.id} is {one.state} already")
            continue
        try:
            messaging.submit(Held(desk, one))
        except Refused as refused:
            refusals.append(f"{one.id} is not submitted: {refused}")
    return "; ".join(refusals) or "submitted, for another person to approve"


def _read(kind: type[_V], text: str) -> _V:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the value"
        raise Refused(f"this cannot be read: {where}: {first['msg']}") from None
