"""Somebody at the desk of an incident: who they are, what is known of it, and how it is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import DAEMON, Incident, Reason
from alerts.words.approval import Message
from alerts.words.facts import Fact, FactState, standing, usable
from alerts.words.playbooks import UNKNOWN, Playbook, playbook, situations
from alerts.words.promises import NEXT_UPDATE
from alerts.words.voice import Voice
from monitor.configuration import Configuration
from monitor.configuration.brands import Brand
from monitor.incidents import rights
from monitor.incidents.recording import restate
from monitor.incidents.rights import Actor
from monitor.staffing.ringing import tell
from monitor.staffing.roster import places
from monitor.store import facts as known_facts
from monitor.store import joints, notices, outbox
from monitor.store import messages as stored_messages
from monitor.store import situations as stored

SEAWALL = Actor(DAEMON, "")
"""What no person does."""


@dataclass(slots=True)
class _Kept:
    """The incident as it is now: each step is its next revision."""

    incident: Incident


@dataclass(frozen=True)
class Desk:
    """Somebody's hand on an incident, which is locked, in one transaction at one time.

    Make one with `at_desk`, which asks whether they may; where they only look, with `looking`.
    """

    connection: Connection
    configuration: Configuration
    who: Actor
    at: datetime
    kept: _Kept
    only_looks: bool = False

    @property
    def incident(self) -> Incident:
        """As it is now."""
        return self.kept.incident

    @property
    def id(self) -> str:
        """The incident's."""
        return self.kept.incident.id

    @cached_property
    def briefing(self) -> Briefing:
        """The newest one before this transaction."""
        return stored.latest_briefing(self.connection, self.id)

    @property
    def brand(self) -> Brand:
        """The brand that it is about; without a voice or facts where it is not configured now."""
        brand = self.incident.brand
        return self.configuration.brands.get(brand) or Brand(name=brand)

    @property
    def voice(self) -> Voice:
        """How that brand speaks."""
        return self.brand.voice.spoken(self.brand.name, self.configuration.timezone)

    @property
    def zone(self) -> str:
        """On whose clock times are typed: the person's own, as far as it is known."""
        member = self.who.member
        own = self.configuration.people[member].timezone if member else None
        return own or self.voice.zone

    @property
    def situation(self) -> str:
        """The situation whose playbook speaks, as the briefing has it."""
        said = self.briefing.situation
        return said if said in situations() else UNKNOWN

    @property
    def playbook(self) -> Playbook:
        """What it says of that situation."""
        return playbook(self.situation)

    def revisions(self) -> list[Fact]:
        """Every revision of every fact of the incident; read once by whoever only looks."""
        return self._seen if self.only_looks else known_facts.of(self.connection, self.id)

    @cached_property
    def _seen(self) -> list[Fact]:
        return known_facts.of(self.connection, self.id)

    def messages(self) -> list[Message]:
        """Every message of the incident in the order of their making; read once likewise."""
        return self._written if self.only_looks else stored_messages.of(self.connection, self.id)

    @cached_property
    def _written(self) -> list[Message]:
        return stored_messages.of(self.connection, self.id)

    def facts(self) -> dict[str, Fact]:
        """What may be said now: what is confirmed, and what is configured of the brand."""
        return standing(self.brand.facts) | usable(self.revisions(), self.at)

    def disputed(self) -> dict[str, Fact]:
        """What somebody said since that is not what is confirmed, by kind.

        A time of more is renewed each time, so that a new one says nothing against it.
        """
        revisions = self.revisions()
        held = usable(revisions, self.at)
        newest = {one.kind: one for one in revisions if one.kind != NEXT_UPDATE}
        return {
            kind: one
            for kind, one in newest.items()
            if one.state is FactState.RUMOURED and kind in held and held[kind].value != one.value
        }

    def note(self, reason: Reason, note: str) -> None:
        """Put in the timeline what was done: the incident's next revision, for all who know it."""
        touched = self.at if self.who is not SEAWALL else self.incident.touched_at
        restricted = self.incident.restricted
        self.kept.incident = restate(
            self.connection,
            self.configuration,
            replace(self.incident, touched_at=touched),
            reason,
            self.at,
            self.who.name,
            self._places() if restricted else outbox.notifiers_of(self.connection, self.id),
            place=self.who.place or None,
            note=note,
        )

    def tell(
        self,
        id: str,
        title: str,
        lines: Sequence[str],
        *,
        wakes: Collection[str] = (),
        about: str = "",
        asks: str = "",
        actions: tuple[Action, ...] = (),
    ) -> None:
        """Tell it once, by `id`, where the incident is told, or `wakes` people, by id or name.

        Those are told where they are reached, unless the incident is restricted: nothing of it goes
        to a phone. Where none of them can be reached, it is told where the incident is. `asks` is
        what `answered` is called with.
        """
        notice = Notice(
            id=id,
            purpose=Purpose.WORDS,
            at=self.at,
            title=title,
            lines=tuple(lines),
            about=about or self.id,
            incident=self.id,
            urgent=bool(wakes),
            timezone=self.voice.zone,
            asks=asks,
            actions=actions,
            briefing=self.briefing,
        )
        reached = [] if self.incident.restricted else self._reachable(wakes)
        for person in reached:
            one = replace(notice, id=f"{id}/{person}", person=person)
            tell(self.connection, self.configuration, one, person, 0)
        for place in self._places() if not reached else ():
            notices.put(self.connection, notice, place)

    def answered(self, asked: str, outcome: str, actions: tuple[Action, ...] = ()) -> None:
        """What was told and asked that is answered: it asks nobody any more.

        Of what was restricted meanwhile, nobody else who was told learns how.
        """
        only = self._places() if self.incident.restricted else None
        notices.answered(self.connection, asked, outcome, actions, self.at, only)

    def _reachable(self, people: Collection[str]) -> list[str]:
        known = self.configuration.people.items()
        return [id for id, one in known if (id in people or one.name in people) and one.reach]

    def _places(self) -> list[str]:
        every = [choice.name for choice in self.configuration.notify]
        return places(self.configuration, self.incident, every)


def looking(
    connection: Connection, configuration: Configuration, incident: str, who: Actor, now: datetime
) -> Desk:
    """The desk of an incident for somebody who only looks: nothing is locked. Raises Forbidden.

    What is a part of another one is told of at that one's desk.
    """
    found = stored.one_incident(connection, joints.whole(connection, incident))
    rights.insist(configuration, who, rights.READ, found)
    at = max(now, found.detected_at)
    return Desk(connection, configuration, who, at, _Kept(found), only_looks=True)


def at_desk(
    connection: Connection,
    configuration: Configuration,
    incident: str,
    who: Actor,
    now: datetime,
    verb: str | None = None,
) -> Desk:
    """Lock an incident for somebody who wants to do this. Raises Refused, and Forbidden.

    None is what the daemon does by itself. What is said of a part of another one is said at that
    one's desk.
    """
    locked = stored.locked_incident(connection, joints.whole(connection, incident))
    desk = Desk(connection, configuration, who, max(now, locked.detected_at), _Kept(locked))
    if verb is not None:
        rights.insist(configuration, who, verb, locked)
    return desk
