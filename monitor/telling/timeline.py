"""What happened to an incident, step by step, in words: for the page, the API and the shell."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from alerts.briefings.briefing import Briefing
from alerts.briefings.news import PLACES, news
from monitor.store.schema import briefing, event

UNTOLD = ("revised",)
"""Kinds of steps at which nothing happened but that the numbers were brought up to date."""


@dataclass(frozen=True, slots=True)
class Line:
    """A step: what it is called, who took it from where, and what that was, in words.

    `detail` says how the incident stood then; `note` is why, in the person's own words.
    """

    at: datetime
    kind: str
    actor: str
    words: str
    detail: str
    place: str | None
    note: str | None

    @property
    def whence(self) -> str:
        """From where it was done; empty where nobody acted."""
        return f"from {PLACES.get(self.place, self.place)}" if self.place else ""


def lines(connection: Connection, incident: str) -> list[Line]:
    """Every step of an incident, in order. What its briefings say of it is what happened."""
    e, b = event.c, briefing.c
    ours = and_(b.incident == e.incident, b.revision == e.number + 1)
    rows = connection.execute(
        select(e.at, e.kind, e.actor, e.detail, e.place, e.note, b.content)
        .join(briefing, ours, isouter=True)
        .where(e.incident == incident)
        .order_by(e.number)
    )
    return [
        Line(at, kind, actor, _words(kind, content), detail, place, note)
        for at, kind, actor, detail, place, note, content in rows
    ]


def _words(kind: str, content: str | None) -> str:
    told = Briefing.from_json(content) if content else None
    return news(told) if told and told.reason == kind else kind.replace("_", " ")
