"""The clocks of incidents, read from the store: for reports, metrics, and whoever shows one."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from alerts.incidents.incident import Incident, Reason
from alerts.incidents.milestones import Event, Milestone, Milestones
from alerts.words.playbooks import playbook
from alerts.words.playbooks import situations as playbooks
from monitor.configuration import Configuration
from monitor.store import joints, situations
from monitor.store.notices import DELIVERED
from monitor.store.schema import briefing, event, notice, notification
from monitor.store.schema import incident as incidents

Targets = Mapping[Milestone, timedelta]

IN_PUBLIC = (Reason.APPROVED, Reason.BROKE_GLASS, Reason.POSTED, Reason.KEPT_SILENT)

TELLING = (
    *(Reason.ACKNOWLEDGED, Reason.DECLINED, Reason.UNANSWERED),
    *(*IN_PUBLIC, Reason.MITIGATED, Reason.RESOLVED, Reason.RENEWED),
)
"""What of a timeline the clock is read from."""

NO_DRAFT = '"holding_messages":{}'
"""How a briefing without words to say in public is written; a post that says so is escaped."""

UNSPOKEN = [f'"situation":"{one}"' for one in playbooks() if playbook(one).silence == "default"]
"""How a briefing is written whose playbook is to say nothing."""

MOST = 500
"""So many incidents are asked for at once."""


def clock(
    connection: Connection, configuration: Configuration, incident: Incident, now: datetime
) -> Milestones:
    """An incident's clock as it stands at `now`, against the configuration's targets."""
    [found] = clocks(connection, configuration.targets.by_milestone, [incident], now).values()
    return found


def clocks(
    connection: Connection, targets: Targets, incidents: Sequence[Incident], now: datetime
) -> dict[str, Milestones]:
    """The clocks of incidents, by id."""
    found: dict[str, Milestones] = {}
    for some in _batches(incidents):
        ids = [one.id for one in some]
        events, told = _events(connection, ids), _first_told(connection, ids, now)
        drafted, unspoken = _first_drafts(connection, ids), _unspoken(connection, ids)
        for one in some:
            found[one.id] = Milestones.of(
                one,
                events[one.id],
                targets,
                now,
                notified=told.get(one.id),
                drafted=drafted.get(one.id),
                unspoken=one.id in unspoken,
            )
    return found


def late(
    connection: Connection, configuration: Configuration, incident: Incident, step: Event
) -> tuple[str, ...]:
    """What came too late, or has not come in time, at a step that is not in the timeline yet."""
    events = [*_events(connection, [incident.id])[incident.id], step]
    targets = configuration.targets.by_milestone
    unspoken = incident.id in _unspoken(connection, [incident.id])
    return Milestones.of(incident, events, targets, step.at, unspoken=unspoken).breaches()


def breaches(connection: Connection, targets: Targets, now: datetime) -> dict[Milestone, int]:
    """How many incidents there ever were that breached each target."""
    counted: Counter[Milestone] = Counter()
    for some in _batches(situations.incidents(connection)):
        ids = [one.id for one in some]
        events, unspoken = _events(connection, ids), _unspoken(connection, ids)
        for one in some:
            silent = one.id in unspoken
            breached = Milestones.of(one, events[one.id], targets, now, unspoken=silent).breached
            counted.update(mark.milestone for mark in breached)
    return {milestone: counted[milestone] for milestone in targets}


def waited(connection: Connection) -> list[float]:
    """Seconds to every acknowledgement there ever was.

    They are taken from the timelines: an incident that returns forgets who had it in hand, and a
    histogram must not shrink.
    """
    kinds = (Reason.OPENED, Reason.REOPENED, Reason.ACKNOWLEDGED)
    query = select(event.c.incident, event.c.kind, event.c.at).where(event.c.kind.in_(kinds))
    since: dict[str, datetime] = {}
    waited = []
    for id, kind, at in connection.execute(query.order_by(event.c.incident, event.c.number)):
        if kind != Reason.ACKNOWLEDGED:
            since[id] = at
        elif id in since:
            waited.append(max(0.0, (at - since[id]).total_seconds()))
    return waited


def _batches(incidents: Sequence[Incident]) -> Iterator[Sequence[Incident]]:
    for first in range(0, len(incidents), MOST):
        yield incidents[first : first + MOST]


def _events(connection: Connection, ids: Sequence[str]) -> dict[str, list[Event]]:
    """What is on the clocks of incidents; what was said of a part of one is on both clocks."""
    e, parts = event.c, joints.parts(connection, ids)
    rows = connection.execute(
        select(e.incident, e.kind, e.at, e.actor)
        .where(e.incident.in_({*ids, *parts}), e.kind.in_(TELLING))
        .order_by(e.at, e.incident, e.number)
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for id, kind, at, actor in rows:
        found[id].append(Event(Reason(kind), at, actor))
        if id in parts and kind in IN_PUBLIC:
            found[parts[id]].append(Event(Reason(kind), at, actor))
    return found


def _first_told(connection: Connection, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
    """When the first message or notice of each incident arrived anywhere.

    What is replayed on a clock of the past is told after its `now`, which nobody waited for.
    """
    found: dict[str, datetime] = {}
    for table in (notification, notice):
        t = table.c
        rows = connection.execute(
            select(t.incident, func.min(t.settled_at))
            .where(t.incident.in_(ids), t.outcome == DELIVERED, t.settled_at <= now)
            .group_by(t.incident)
        )
        for id, at in rows:
            found[id] = min(at, found.get(id, at))
    return found


def _first_drafts(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When each incident's first briefing with holding messages was written."""
    e, b = event.c, briefing.c
    rows = connection.execute(
        select(b.incident, func.min(e.at))
        .join(event, (e.incident == b.incident) & (e.number == b.revision - 1))
        .where(b.incident.in_(ids), ~b.content.contains(NO_DRAFT, autoescape=True))
        .group_by(b.incident)
    )
    return dict(rows.all())


def _unspoken(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Of which the playbook is to say nothing, as their newest briefing has it."""
    b = briefing.c
    silent = or_(*(b.content.contains(one, autoescape=True) for one in UNSPOKEN))
    newest = select(b.incident).join(incidents, incidents.c.id == b.incident)
    mine = b.incident.in_(ids), b.revision == incidents.c.revision
    return {*connection.scalars(newest.where(*mine, silent))}
