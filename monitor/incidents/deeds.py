"""What people do to incidents, each step in the transaction that stores it.

Whoever takes one has it locked, and sees it as it is: of two who press at once one wins, and the
other is told who did. Where the configuration is not at hand (None), nobody is known to be named
in it, so that what is restricted stays closed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing, TopicLine
from alerts.failures import Failure
from alerts.folding import storable
from alerts.incidents import joining, steps
from alerts.incidents.incident import ALL_MENTIONS, Incident, Reason, Refused
from alerts.incidents.steps import Deed, Step
from monitor.configuration import Configuration
from monitor.incidents import feedback, rights
from monitor.incidents.recording import restate
from monitor.incidents.rights import Actor
from monitor.staffing import roster
from monitor.store import Database, joints, outbox, retention, situations
from monitor.telling import discretion

_CLOSING = (Reason.RESTRICTED, Reason.MERGED, Reason.UNDONE)
"""By which an incident that others know of may become restricted."""


class NoSuchIncident(Failure):
    """No incident, or more than one, has this id; the message names those there are."""


def take(
    database: Database,
    text: str,
    deed: Deed,
    now: datetime,
    configuration: Configuration | None = None,
) -> Incident:
    """Take a person's step, in a transaction of its own: see `step`. Raises StoreError, too."""
    with database.write() as connection:
        return step(connection, configuration, text, deed, now)


def step(
    connection: Connection,
    configuration: Configuration | None,
    text: str,
    deed: Deed,
    now: datetime,
) -> Incident:
    """Take a person's step on the incident that `text` means, an id or the beginning of one.

    Raises NoSuchIncident, and Refused with the reason.
    """
    incident = situations.locked_incident(connection, find(connection, text))
    who = Actor(deed.by, deed.place, deed.member)
    rights.insist(configuration, who, deed.step, incident)
    before = situations.latest_briefing(connection, incident.id)
    said = replace(
        deed,
        value=storable(deed.value.strip()),
        note=storable(deed.note.strip()),
        zone=_zone(configuration, who, before),
    )
    if said.step is Step.ASSIGN:
        said = replace(said, value=rights.assignee(configuration, said.value))
    hand = _Hand(connection, configuration, who, max(now, incident.detected_at))
    changed, reason = steps.take(incident, said, hand.at)
    if reason is Reason.RESTRICTED:
        discretion.take_back(connection, configuration, incident.id, hand.at)
    if reason is Reason.JUDGED:
        feedback.learn(connection, changed, hand.at)
    if reason in (Reason.HELD, Reason.RELEASED):
        retention.hold(connection, changed)
    return hand.tell(changed, reason, said.note, before)


def merge(
    connection: Connection,
    configuration: Configuration | None,
    into: str,
    part: str,
    who: Actor,
    now: datetime,
    note: str = "",
) -> Incident:
    """Make one incident a part of another, which goes on. Raises NoSuchIncident and Refused."""
    whole, other = _locked(connection, find(connection, into), find(connection, part))
    for one in (whole, other):
        rights.insist(configuration, who, rights.MERGE, one)
    hand = _Hand(connection, configuration, who, max(now, whole.detected_at, other.detected_at))
    joint = joining.merge(whole, other, who.name, hand.at)
    lines = [*hand.briefing(other.id).topics, *hand.briefing(whole.id).topics]
    main, part_of_it = joint.after
    changed = hand.tell(main, Reason.MERGED, f"{other.id}{_because(note)}", hand.about(main, lines))
    hand.tell(part_of_it, Reason.MERGED, note, hand.briefing(other.id))
    if main.restricted:
        discretion.take_back(connection, configuration, main.id, hand.at)
    joints.put(connection, joint, hand.at)
    return changed


def split(
    connection: Connection,
    configuration: Configuration | None,
    text: str,
    topics: Collection[str],
    who: Actor,
    now: datetime,
    note: str = "",
) -> tuple[Incident, Incident]:
    """Make some topics of an incident one of their own: what stays, and what is split off.

    Raises NoSuchIncident and Refused.
    """
    whole = situations.locked_incident(connection, find(connection, text))
    rights.insist(configuration, who, rights.SPLIT, whole)
    hand = _Hand(connection, configuration, who, max(now, whole.detected_at))
    joint = joining.split(whole, topics)
    before = hand.briefing(whole.id)
    main, off = joint.after
    off = replace(off, revision=joints.revision_of(connection, off.id))
    what = f"{', '.join(sorted(topics))} is {off.id} now{_because(note)}"
    changed = hand.tell(main, Reason.SPLIT, what, _about(before, main, before.topics))
    off = hand.tell(off, Reason.SPLIT, f"from {main.id}", _about(before, off, before.topics))
    retention.part(connection, main, off)
    joints.put(connection, joint, hand.at)
    return changed, off


def undo(
    connection: Connection,
    configuration: Configuration | None,
    text: str,
    who: Actor,
    now: datetime,
    note: str = "",
) -> tuple[Incident, Incident]:
    """Undo the last merge or split of an incident: the one that stayed, and the other.

    Raises NoSuchIncident and Refused.
    """
    id = find(connection, text)
    found = joints.newest(connection, id)
    if found is None:
        raise Refused(f"{id} was neither merged nor split, or that was undone")
    number, joint = found
    main, other = _locked(connection, *(one.id for one in joint.after))
    for one in (main, other):
        rights.insist(configuration, who, rights.UNDO, one)
    hand = _Hand(connection, configuration, who, max(now, main.detected_at, other.detected_at))
    was_open = not main.restricted
    main, other = joining.undone(joint, main, other, who.name, hand.at)
    joints.undo(connection, number)
    lines = [*hand.briefing(other.id).topics, *hand.briefing(main.id).topics]
    done = "merge with" if joint.is_merge else "split of"
    notes = [f"the {done} {one.id}{_because(note)}" for one in (other, main)]
    main = hand.tell(main, Reason.UNDONE, notes[0], hand.about(main, lines))
    other = hand.tell(other, Reason.UNDONE, notes[1], hand.about(other, lines))
    if joint.is_merge:
        retention.part(connection, main, other)
    elif main.restricted and was_open:
        discretion.take_back(connection, configuration, main.id, hand.at)
    return main, other


def find(connection: Connection, text: str) -> str:
    """The id of the one incident that `text` means: an id or the beginning of one."""
    ids = situations.matching(connection, text)
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise NoSuchIncident(f"{text!r} means any of {', '.join(ids)}; give more of the id")
    raise NoSuchIncident(f"no incident {text!r}; `incidents list --all` shows them")


@dataclass(frozen=True, slots=True)
class _Hand:
    """Somebody's hand on the store, in one transaction at one time."""

    connection: Connection
    configuration: Configuration | None
    who: Actor
    at: datetime

    def briefing(self, id: str) -> Briefing:
        return situations.latest_briefing(self.connection, id)

    def about(self, incident: Incident, lines: Sequence[TopicLine]) -> Briefing:
        return _about(self.briefing(incident.id), incident, lines)

    def tell(self, incident: Incident, reason: Reason, note: str, before: Briefing) -> Incident:
        """Store the next revision of an incident, and whom it is told."""
        return restate(
            self.connection,
            self.configuration,
            replace(incident, touched_at=self.at),
            reason,
            self.at,
            self.who.name,
            self._told(incident, reason),
            before=before,
            place=self.who.place,
            note=storable(note),
        )

    def _told(self, incident: Incident, reason: Reason) -> list[str]:
        """Those who know of it, and those who should; what is restricted is taken from the rest.

        Who must not see it any more is told once, so that what they see is neutral from then on.
        """
        known = outbox.notifiers_of(self.connection, incident.id)
        if self.configuration is None or not (known or reason is Reason.SPLIT):
            return known
        names = [choice.name for choice in self.configuration.notify]
        here = roster.places(self.configuration, incident, names)
        if incident.restricted and reason not in _CLOSING:
            return here
        return sorted({*known, *here})


def _locked(connection: Connection, *ids: str) -> list[Incident]:
    """These incidents, locked in an order that is the same for all who want two."""
    found = {id: situations.locked_incident(connection, id) for id in sorted({*ids})}
    return [found[id] for id in ids]


def _zone(configuration: Configuration | None, who: Actor, before: Briefing) -> str:
    """On whose clock a person's times are: their own, as far as it is known."""
    own = configuration.people[who.member].timezone if configuration and who.member else None
    return own or before.timezone


def _because(note: str) -> str:
    return f": {note}" if note else ""


def _about(before: Briefing, incident: Incident, lines: Sequence[TopicLine]) -> Briefing:
    """What is known of an incident whose topics have changed, until the daemon briefs it anew.

    Of topics that are told of twice the later line counts. What has none left shows what it was.
    """
    ours = {(one.series.topic, one.series.platform) for one in incident.surges}
    known = {(line.topic, line.platform): line for line in lines}
    topics = tuple(line for place, line in known.items() if place in ours)
    if not topics:
        return replace(before, incident=incident.id)
    topics = tuple(sorted(topics, key=lambda t: (t.topic == ALL_MENTIONS, t.expected - t.observed)))
    about = replace(
        before,
        incident=incident.id,
        kind=incident.kind,
        subject=incident.subject,
        calls=incident.calls,
        calls_because=incident.calls_because,
        started_at=incident.started_at,
        detected_at=incident.detected_at,
        topics=topics,
    )
    lead = topics[0]
    if before.topics and lead.topic == before.topics[0].topic:
        return about
    return replace(
        about,
        headline=f"{before.brand_name}: {lead.name}",
        observed=lead.observed,
        expected=lead.expected,
        factor=lead.factor,
        chart=replace(before.chart, observed=(), expected=()),
    )
