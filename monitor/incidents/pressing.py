"""What people do, wherever they do it: who they are, whether they may, and then it is done.

Slack's buttons, the page, the API and the shell come through here, so that all of them refuse the
same, in the same words.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from alerts.briefings.instruction import LABELS, Instruction
from alerts.briefings.news import news
from alerts.incidents.incident import Incident, Refused
from alerts.incidents.steps import Deed, Step
from alerts.notifiers import Pressed
from monitor.configuration import Configuration
from monitor.incidents import breaches, deeds, feedback, opening, rights
from monitor.incidents.deeds import NoSuchIncident
from monitor.incidents.rights import Actor
from monitor.service import Service
from monitor.staffing import duty
from monitor.store import situations
from monitor.telling import instructions
from monitor.words import fact_desk, verbs
from monitor.words.desk import Desk, at_desk

NO_ANSWER = "no answer"
"""The note of REACHED where nobody answered."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to what (an incident by its id, or a hand-over), in words without that id.

    `answer` is what comes of it, for whoever did it.
    """

    about: str
    words: str
    answer: str = ""

    def __str__(self) -> str:
        said = f"{self.about}: {self.words}"
        return f"{said.rstrip('.')}. {self.answer}" if self.answer else said


async def press(service: Service, pressed: Pressed) -> str:
    """Do what somebody pressed: what happened, in one sentence.

    Raises Refused with the reason, `rights.Forbidden` where they may not, and StoreError.
    """
    try:
        return str(await done(service, pressed))
    except NoSuchIncident as error:
        raise Refused(str(error)) from error


async def done(service: Service, pressed: Pressed) -> Done:
    """The same, with what it was done to. Raises NoSuchIncident, too."""
    return await service.write(partial(do, service.configuration, pressed, service.now()))


def do(
    configuration: Configuration | None, pressed: Pressed, now: datetime, connection: Connection
) -> Done:
    """The same in a transaction that there is. Raises NoSuchIncident, too."""
    who = rights.actor(configuration, pressed.by, pressed.place, pressed.address)
    press = _Press(connection, configuration, pressed, who, now)
    return _DO.get(pressed.verb, _Press.step)(press)


@dataclass(frozen=True, slots=True)
class _Press:
    """Something that somebody we know wants done; each verb is a method, which says what it did."""

    connection: Connection
    configuration: Configuration | None
    pressed: Pressed
    who: Actor
    now: datetime

    def step(self) -> Done:
        pressed, who = self.pressed, self.who
        try:
            verb = Step(pressed.verb)
        except ValueError:
            raise Refused(f"{pressed.verb!r} is nothing that can be done") from None
        deed = Deed(verb, who.name, who.place, pressed.value, pressed.note, who.member)
        changed = deeds.step(self.connection, self.configuration, pressed.about, deed, self.now)
        words = news(situations.latest_briefing(self.connection, changed.id))
        return Done(changed.id, words, self._answer(verb, changed))

    def _answer(self, verb: Step, changed: Incident) -> str:
        """What whoever took a step is told beside it."""
        if self.configuration is None:
            return ""
        if verb is Step.JUDGE:
            return feedback.answer(self.connection, self.configuration, changed)
        if verb is Step.DECLINE:
            return duty.next_called(self.connection, self.configuration, changed, self.now)
        if verb in (Step.ACKNOWLEDGE, Step.PHONE) and self.who.member:
            return duty.whose_turn(
                self.connection, self.configuration, changed, self.who.member, self.now
            )
        return ""

    def open(self) -> Done:
        """`about` is the brand, `note` what has happened."""
        rights.insist(self.configuration, self.who, rights.OPEN)
        brand, what = self.pressed.about, self.pressed.note
        by, place = self.who.name, self.who.place
        opened = opening.reported(
            self.connection, self.configured(), brand, what, by, place, self.now
        )
        return Done(opened.id, f"reported by {by}")

    def merge(self) -> Done:
        """`value` becomes a part of `about`."""
        into, part = self.pressed.about, self.pressed.value
        whole = deeds.merge(self.connection, self.configuration, into, part, *self.signed)
        return Done(whole.id, f"merged with {part}{self._said_differently(whole.id)}")

    def _said_differently(self, id: str) -> str:
        """What is disputed in an incident that others were joined to, as an end of a sentence."""
        apart = fact_desk.joined(self._desk(id)) if self.configuration else ""
        return f"; to be confirmed, as they say it differently: {apart}" if apart else ""

    def _parted(self, *ids: str) -> None:
        """Nothing is disputed any more among incidents that were one."""
        for id in ids if self.configuration else ():
            fact_desk.parted(self._desk(id))

    def _desk(self, id: str) -> Desk:
        return at_desk(self.connection, self.configured(), id, self.who, self.now)

    def split(self) -> Done:
        """`value` are the topics that leave, with spaces or commas between them."""
        topics = self.pressed.value.replace(",", " ").split()
        whole = self.pressed.about
        main, off = deeds.split(self.connection, self.configuration, whole, topics, *self.signed)
        self._parted(main.id, off.id)
        return Done(main.id, f"{', '.join(topics)} is {off.id} now")

    def undo(self) -> Done:
        id = self.pressed.about
        main, other = deeds.undo(self.connection, self.configuration, id, *self.signed)
        if other.merged_into:
            again = self._said_differently(main.id)
            return Done(main.id, f"what parted it from {other.id} is undone{again}")
        self._parted(main.id, other.id)
        return Done(main.id, f"what joined it to {other.id} is undone")

    def instruct(self) -> Done:
        """`value` is JSON: for each part of the agent brief a text, or a list of lines."""
        id = self.seen(rights.INSTRUCT)
        try:
            parts = json.loads(self.pressed.value)
            texts = {part: _text(parts.get(part) or "") for part in LABELS}
        except (ValueError, AttributeError, TypeError):
            raise Refused("the brief cannot be read") from None
        brief, by, place = Instruction.written(**texts), self.who.name, self.who.place
        instructions.publish(self.connection, self.configured(), id, brief, by, self.now, place)
        return Done(id, "those who answer are told what to say")

    def read(self) -> Done:
        """`value` is the revision of the agent brief."""
        id, person = self.seen(rights.READ), self.who.member or self.who.name
        if not self.pressed.value.isdecimal():
            raise Refused(f"{self.pressed.value!r} is no revision of the brief")
        instructions.read(self.connection, id, int(self.pressed.value), person, self.now)
        return Done(id, f"{self.who.name} has read what to say")

    def accept(self) -> Done:
        """`about` is a hand-over."""
        rights.insist(self.configuration, self.who, rights.ACCEPT)
        person = self.who.member or self.who.name
        about, place = self.pressed.about, self.pressed.place
        duty.accept(self.connection, self.configuration, about, person, self.now, place)
        return Done(self.pressed.about, f"{self.who.name} has taken over")

    def reached(self) -> Done:
        """`value` is a function of the duty list, `note` NO_ANSWER where nobody answered."""
        incident = situations.locked_incident(self.connection, self.seen(rights.REACHED))
        function, answered = self._function(), self.pressed.note != NO_ANSWER
        duty.reach(self.connection, incident, function, self.who.name, answered, self.now)
        how = "reached" if answered else NO_ANSWER
        return Done(incident.id, f"{function} {how}", f"{function}: {how}, by {self.who.name}")

    def aware(self) -> Done:
        """`value` is since when a data breach is known, `note` what made it certain."""
        return Done(*self._of_breach(breaches.aware))

    def decide(self) -> Done:
        """`value` is `gdpr notified`, `nis2 not_needed`, …; `note` why, or under which number."""
        return Done(*self._of_breach(breaches.decide))

    def _of_breach(self, say: Callable[..., tuple[str, str]]) -> tuple[str, str]:
        pressed, configuration = self.pressed, self.configured()
        said = (pressed.about, self.who, pressed.value, pressed.note.strip())
        return say(self.connection, configuration, *said, self.now)

    def words(self) -> Done:
        """A fact, or a message for the public; `about` is an incident, or a message of one."""
        configuration = self.configured()
        about, said = verbs.do(self.connection, configuration, self.pressed, self.who, self.now)
        return Done(about, said)

    def _function(self) -> str:
        """The function of the duty list that is meant. Raises Refused where there is none such."""
        known = {one.function.casefold(): one.function for one in self.configured().duty_list}
        function = known.get(self.pressed.value.strip().casefold())
        if function is None:
            listed = "on it are " + ", ".join(known.values())
            named = listed if known else "it is empty; name whom one can reach under `duty_list`"
            raise Refused(f"{self.pressed.value!r} is not on the duty list: {named}")
        return function

    @property
    def signed(self) -> tuple[Actor, datetime, str]:
        """Who, when and why."""
        return self.who, self.now, self.pressed.note

    def seen(self, verb: str) -> str:
        """The id of the incident that it is about, which they may see, and do this to."""
        id = deeds.find(self.connection, self.pressed.about)
        incident = situations.one_incident(self.connection, id)
        rights.insist(self.configuration, self.who, verb, incident)
        return id

    def configured(self) -> Configuration:
        """The configuration, without which some things cannot be done."""
        if self.configuration is None:
            raise Refused("this needs the configuration; give it with --config")
        return self.configuration


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "\n".join(lines)


_DO: Mapping[str, Callable[[_Press], Done]] = {
    rights.OPEN: _Press.open,
    rights.MERGE: _Press.merge,
    rights.SPLIT: _Press.split,
    rights.UNDO: _Press.undo,
    rights.INSTRUCT: _Press.instruct,
    rights.READ: _Press.read,
    rights.ACCEPT: _Press.accept,
    rights.REACHED: _Press.reached,
    rights.AWARE: _Press.aware,
    rights.DECIDE: _Press.decide,
    **dict.fromkeys(verbs.VERBS, _Press.words),
}
