"""A breach of personal data: since when somebody is aware of it, and until when it is notified.

The time runs from when whoever answers for the data has a reasonable degree of certainty that data
was compromised. That is for a person to say; until one has, the earliest moment counts at which
anybody here may have been certain. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from alerts import wording
from alerts.incidents.incident import Incident, Reason, Refused, Verdict
from alerts.incidents.milestones import Event
from alerts.instants import Instant

SITUATION: Final = "breach"
"""The situation whose incidents are such."""


class Law(StrEnum):
    """What asks that it is notified: GDPR Art. 33, and the early warning of NIS2 Art. 23."""

    NIS2 = "nis2"
    GDPR = "gdpr"


class Outcome(StrEnum):
    """What was decided."""

    NOTIFIED = "notified"
    NOT_NEEDED = "not_needed"


WITHIN: Final = {Law.NIS2: timedelta(hours=24), Law.GDPR: timedelta(hours=72)}
LAST_HOURS: Final = timedelta(hours=12)
"""Whoever decides is reminded when half of the time is over, and when so much is left."""
_NAMES: Final = {Law.NIS2: "NIS2 early warning", Law.GDPR: "GDPR Art. 33"}
_OUTCOMES: Final = {Outcome.NOTIFIED: "notified", Outcome.NOT_NEEDED: "need not be notified"}
_HOW: Final = {
    Reason.OPENED: "reported it",
    Reason.ACKNOWLEDGED: "acknowledged it",
    Reason.JUDGED: "found it real",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a breach: since when it is known (no `law`), or what was decided."""

    at: Instant
    by: str
    law: Law | None = None
    aware_at: Instant | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """Until when a law asks that it is notified, and what was decided; None: nothing yet."""

    law: Law
    due: Instant
    decided: Said | None = None

    @property
    def begun(self) -> datetime:
        """When it began to run."""
        return self.due - WITHIN[self.law]

    def stages(self) -> tuple[tuple[str, datetime], ...]:
        """When whoever decides is told of it, in order; each is called by its name."""
        half = self.due - WITHIN[self.law] / 2
        last = self.due - LAST_HOURS
        return (
            ("begun", self.begun),
            *([("half", half)] if half < last else []),
            ("last", last),
        )


@dataclass(frozen=True, slots=True)
class Breach:
    """Since when somebody is aware of it, `aware_by` and how they showed it; `said_by` set it.

    Where nobody has set it, `said_by` is None, and it is the earliest that it can be. `deciders`
    are names.
    """

    aware_at: Instant
    aware_by: str
    how: str
    said_by: str | None
    terms: tuple[Term, ...]
    deciders: tuple[str, ...] = ()

    def lines(self, zone: str) -> tuple[str, ...]:
        """In words, a line for awareness and one for each term."""
        since = wording.moment(self.aware_at, zone)
        aware = f"aware since {since}, says {self.said_by}"
        if self.said_by is None:
            aware = f"aware since {since} at the earliest: {self.aware_by} {self.how}"
        return aware, *(self.line(one, zone) for one in self.terms)

    def line(self, term: Term, zone: str) -> str:
        """A term in words: `GDPR Art. 33: until Tue 24 Nov, 23:19 CET; Nora Lie decides`."""
        name = _NAMES[term.law]
        if term.decided and term.decided.outcome:
            at = wording.moment(term.decided.at, zone)
            return f"{name}: {_OUTCOMES[term.decided.outcome]}, says {term.decided.by}, {at}"
        who = " or ".join(self.deciders) or "nobody is named who"
        hours = WITHIN[term.law] // timedelta(hours=1)
        return f"{name}: {hours} h, until {wording.moment(term.due, zone)}; {who} decides"


def of(
    incident: Incident,
    events: Sequence[Event],
    said: Sequence[Said],
    *,
    concerns_data: bool,
    nis2: bool,
    deciders: Sequence[str] = (),
) -> Breach | None:
    """What is known of a breach; None where it is none, or nobody can be aware of it yet.

    It is one where its topics are about it (`concerns_data`) or a person said so. By `events`
    people showed that they knew of it; of what they `said`, in order, the last counts.
    """
    awareness = [one for one in said if one.law is None and one.aware_at]
    decided = {one.law: one for one in said if one.law}
    seen = _earliest(incident, events) if concerns_data or decided else None
    if awareness:
        last = awareness[-1]
        aware_at, aware_by, how, said_by = last.aware_at, last.by, "said so", last.by
    elif seen:
        aware_at, aware_by, how, said_by = seen.at, seen.by, _HOW[seen.reason], None
    else:
        return None
    assert aware_at is not None  # noqa: S101 - chosen so
    laws = (Law.NIS2, Law.GDPR) if nis2 else (Law.GDPR,)
    terms = tuple(Term(law, aware_at + WITHIN[law], decided.get(law)) for law in laws)
    return Breach(aware_at, aware_by, how, said_by, terms, tuple(deciders))


def believed(aware_at: datetime, at: datetime) -> datetime:
    """Since when somebody is aware, as a person says it at `at`. Raises Refused."""
    if not at - timedelta(days=30) <= aware_at <= at:
        raise Refused("say since when it is known: a time in the past 30 days")
    return aware_at


def _earliest(incident: Incident, events: Sequence[Event]) -> Event | None:
    """When a person first reported it, took it in hand, even for a moment, or found it real."""
    found = [*events]
    if incident.acknowledged_at and incident.acknowledged_by:
        by = incident.acknowledged_by
        found.append(Event(Reason.ACKNOWLEDGED, incident.acknowledged_at, by))
    if incident.verdict is Verdict.REAL and incident.verdict_at:
        found.append(Event(Reason.JUDGED, incident.verdict_at, incident.verdict_by or ""))
    return min(found, key=lambda one: one.at, default=None)
