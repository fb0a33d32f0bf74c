"""What shifts have left to the next, and when nothing was seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from alerts.duty.handover import Handover
from monitor.store.schema import observed
from monitor.store.work import blind, handover

UNSEEN = timedelta(minutes=15)
"""A stretch so long that no source observed is told of."""

NOTHING = "Seawall"
"""Who saw nothing where no source did."""


@dataclass(frozen=True, slots=True)
class Left:
    """A hand-over, and who has accepted it, by id."""

    id: str
    content: Handover
    accepted_at: datetime | None
    accepted_by: str | None


def put(connection: Connection, content: Handover) -> None:
    """Store a hand-over."""
    connection.execute(
        handover.insert().values(
            id=content.id,
            team=content.team,
            at=content.at,
            giver=content.giver,
            taker=content.taker,
            content=content.to_json(),
        )
    )


def known(connection: Connection, id: str) -> bool:
    """Whether it was handed over already."""
    return connection.scalar(select(handover.c.id).where(handover.c.id == id)) is not None


def locked(connection: Connection, id: str) -> Left | None:
    """A hand-over, locked against others until the transaction ends."""
    h = handover.c
    query = select(h.id, h.content, h.accepted_at, h.accepted_by).where(h.id == id)
    row = connection.execute(query.with_for_update()).one_or_none()
    return Left(row[0], Handover.from_json(row[1]), row[2], row[3]) if row else None


def waiting(connection: Connection, team: str, since: datetime) -> list[Left]:
    """A team's hand-overs since then that nobody has accepted, in order."""
    h = handover.c
    query = select(h.id, h.content).where(h.team == team, h.at >= since, h.accepted_at.is_(None))
    rows = connection.execute(query.order_by(h.at))
    return [Left(id, Handover.from_json(content), None, None) for id, content in rows]


def newest(connection: Connection, team: str) -> str | None:
    """The id of a team's last hand-over."""
    h = handover.c
    return connection.scalar(select(h.id).where(h.team == team).order_by(h.at.desc()).limit(1))


def accept(connection: Connection, id: str, person: str, at: datetime) -> None:
    """Note who has accepted a hand-over."""
    accepted = {"accepted_at": at, "accepted_by": person}
    connection.execute(update(handover).where(handover.c.id == id).values(accepted))


def blind_spells(
    connection: Connection, since: datetime, until: datetime
) -> tuple[tuple[str, datetime, datetime | None], ...]:
    """When which source was blind, and when nothing at all was observed: as in `handover.Night`."""
    b = blind.c
    rows = connection.execute(
        select(b.source, b.since, b.until)
        .where(b.since < until, or_(b.until.is_(None), b.until > since))
        .order_by(b.since, b.source)
    )
    spells = [(source, begin, end) for source, begin, end in rows]
    return (*spells, *_unseen(connection, since, until))


def _unseen(
    connection: Connection, since: datetime, until: datetime
) -> list[tuple[str, datetime, datetime | None]]:
    """Stretches in which no source observed anything, the last moments left aside."""
    o = observed.c
    rows = connection.execute(
        select(o.since, o.until)
        .where(o.since < until, o.until > since, o.late.is_(False))
        .order_by(o.since)
    )
    found: list[tuple[str, datetime, datetime | None]] = []
    for begin, end in (*rows, (until, until)):
        if begin - since >= UNSEEN:
            found.append((NOTHING, since, begin))
        since = max(since, end)
    return found
