"""A November of an airline that does not exist, written into a store by hand: see `november`.

Saturday 21 Nov, 23:07 in Oslo is the onset of NIGHT; every other time is written out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from alerts.briefings.briefing import OF_PEOPLE, Briefing, Cost
from alerts.briefings.instruction import Instruction
from alerts.duty.handover import Handover, Matter
from alerts.incidents.incident import (
    DAEMON,
    Answer,
    Incident,
    Kind,
    Reason,
    Severity,
    State,
    Verdict,
)
from alerts.posts import Post
from monitor.configuration import Configuration, loads
from monitor.incidents.recording import record
from monitor.store import Database, outbox
from monitor.store.notices import DELIVERED
from monitor.store.schema import notification, observed, spending
from monitor.store.work import blind, call, handover, reached
from monitor.telling import instructions
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.alerts.scenes import START

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NIGHT, TUESDAY, TOLD, SECRET, FIRST, MERGED, OCTOBER = (
    f"fjordwing-{name}"
    for name in ("night", "tuesday", "told", "secret", "first", "merged", "october")
)
WORD = "quagmire"
"""Planted in what is restricted."""

HOSTILE = (
    '#import "@preview/x:1": * #eval("1+1") <script>alert(1)</script> [free](javascript:alert(1)) '
    "![x](http://evil.example/x.png) | **b** <b>now</b> {{7*7}} \x1b[2J\u202e"
)

TEAMS = """
people:
  kari: {name: Kari Nygård, reach: [terminal]}
  nora: {name: Nora Vik, rights: [act, lead], reach: [terminal]}
  ben: {name: Ben Ash, timezone: Europe/London, reach: [terminal]}
teams:
  care: {name: Customer care, people: [kari, nora], channel: [terminal],
    service_hours: {mon-fri: "07:00-19:00"}}
restricted: {people: [nora], channel: [vault], name: Incident Fjord}
notify: [{kind: terminal}, {kind: terminal, name: vault}]
"""


def written() -> str:
    """The airline's configuration with a team, as it stands in its file."""
    return CONFIGURATION + TEAMS


def configured() -> Configuration:
    return loads(written())


@dataclass
class Life:
    """An incident as it is written into the store, step by step."""

    connection: Connection
    incident: Incident
    briefing: Briefing

    def goes(
        self,
        minute: float,
        reason: Reason,
        by: str = DAEMON,
        *,
        place: str | None = None,
        note: str = "",
        **changes: object,
    ) -> "Life":
        """What happened, in minutes from the onset, and what it changed."""
        at = self.incident.started_at + minute * MINUTE
        self.incident = replace(
            self.incident,
            revision=self.incident.revision + 1,
            **changes,  # type: ignore[arg-type]
        )
        standing = {name: getattr(self.incident, name) for name in OF_PEOPLE}
        self.briefing = replace(
            self.briefing,
            incident=self.incident.id,
            revision=self.incident.revision,
            reason=reason,
            at=at,
            by=by if by != DAEMON else "",
            note=note,
            **standing,
        )
        record(
            self.connection, self.incident, reason, at, by, self.briefing, ["terminal"],
            place=place, note=note or None,
        )  # fmt: skip
        return self

    def taken(self, minute: float, by: str = "Kari Nygård") -> "Life":
        at = self.incident.started_at + minute * MINUTE
        return self.goes(
            minute,
            Reason.ACKNOWLEDGED,
            by,
            place="slack",
            state=State.ACKNOWLEDGED,
            acknowledged_by=by,
            acknowledged_at=at,
            acknowledged_how=Answer.DESK,
        )

    def resolved(self, minute: float, by: str = DAEMON) -> "Life":
        at = self.incident.started_at + minute * MINUTE
        changes = {"state": State.RESOLVED, "resolved_at": at, "resolved_by": by}
        return self.goes(minute, Reason.RESOLVED, by, place="page", **changes)


def opened(
    connection: Connection,
    id: str,
    onset: datetime,
    detected: float,
    *,
    said: Iterable[Post] | None = None,
    headline: str = "",
    **changes: object,
) -> Life:
    """An incident that was found so many minutes after its onset."""
    found = onset + detected * MINUTE
    surges = tuple(
        replace(one, started_at=onset, detected_at=found, ended_at=found)
        for one in scenes.incident().surges
    )
    fresh = {"acknowledged_at": None, "acknowledged_by": None, "revision": 0, "surges": surges}
    about = replace(
        scenes.incident(),
        id=id,
        started_at=onset,
        detected_at=found,
        **{**fresh, **changes},  # type: ignore[arg-type]
    )
    charts = scenes.CHARTS if about.surges else {}
    briefing = scenes.briefing(about=about, said=list(said) if said else None, charts=charts)
    briefing = replace(briefing, headline=headline or briefing.headline)
    return Life(connection, about, briefing).goes(detected, Reason.OPENED)


def november(database: Database) -> None:
    """All of it: a real night, a false alarm, one that people told of, one restricted, one shown.

    NIGHT  onset Sat 23:07, found +4, told +5, taken +35 (late), silence +50, resolved +150: real.
    TUESDAY  Tue 24 Nov 02:00, found +10, taken +20, resolved +60: a false alarm.
    TOLD  Wed 25 Nov 12:00, reported by a person, taken +5.
    SECRET  Thu 26 Nov, restricted.
    FIRST  Sun 1 Nov 00:30 in Oslo, which is October in UTC; only shown.
    MERGED  a part of NIGHT. OCTOBER  found on Sat 31 Oct, 23:30 in Oslo.
    """
    with database.write() as connection:
        _night(connection)
        tuesday = datetime(2026, 11, 24, 1, tzinfo=UTC)
        opened(connection, TUESDAY, tuesday, 10).taken(20).resolved(60).goes(
            70,
            Reason.JUDGED,
            "Kari Nygård",
            place="slack",
            verdict=Verdict.FALSE_ALARM,
            verdict_by="Kari Nygård",
        )
        wednesday = datetime(2026, 11, 25, 11, tzinfo=UTC)
        opened(
            connection, TOLD, wednesday, 0, kind=Kind.REPORTED, subject="Bags in Bergen", surges=()
        ).taken(5, "Ben Ash")
        thursday = datetime(2026, 11, 26, 9, tzinfo=UTC)
        opened(
            connection, SECRET, thursday, 3, restricted=True, subject=WORD, headline=f"The {WORD}"
        )
        late = datetime(2026, 10, 31, 23, 28, tzinfo=UTC)
        opened(connection, FIRST, late, 2, calls=False, calls_because="talk").resolved(90)
        opened(connection, MERGED, START + MINUTE, 5, merged_into=NIGHT).resolved(9)
        opened(connection, OCTOBER, late - 60 * MINUTE, 2).taken(200)
        _calls(connection)
        _handovers(connection)
        _money_and_sight(connection)


def _night(connection: Connection) -> None:
    posts = [*scenes.posts(30), replace(scenes.posts(1)[0], id="hostile", text=HOSTILE)]
    night = opened(connection, NIGHT, START, 4, said=posts, severity=Severity.MAJOR)
    night.briefing = replace(night.briefing, examples=(posts[-1], *night.briefing.examples))
    for minute, outcome in ((4.5, outbox.OVERTAKEN), (5, DELIVERED)):
        settled = {"delivered": True, "outcome": outcome, "settled_at": START + minute * MINUTE}
        query = notification.update().where(notification.c.incident == NIGHT)
        connection.execute(query.values(settled))
    night.goes(10, Reason.PAUSING, "Content", pause_asked_at=START + 10 * MINUTE)
    night.goes(20, Reason.ESCALATED, severity=Severity.CRITICAL)
    night.goes(
        25,
        Reason.PAUSED,
        "Ola",
        place="slack",
        paused_at=START + 25 * MINUTE,
        paused_by="Ola",
    )
    night.taken(35)
    night.goes(
        50,
        Reason.KEPT_SILENT,
        "Nora Vik",
        place="slack",
        note=f"the police ask for it {HOSTILE}",
        silent_until=START + 600 * MINUTE,
    )
    night.goes(90, Reason.MITIGATED, "Kari Nygård", mitigated_at=START + 90 * MINUTE)
    night.briefing = replace(night.briefing, cost=Cost(4.2, 1.25))
    night.resolved(150, "Kari Nygård")
    night.goes(
        160,
        Reason.JUDGED,
        "Nora Vik",
        place="page",
        verdict=Verdict.REAL,
        verdict_by="Nora Vik",
        verdict_at=START + 160 * MINUTE,
    )
    said = Instruction.written(true="Booking is down", say=HOSTILE[:200], never="the cause")
    row = {"incident": NIGHT, "revision": 1, "at": START + 40 * MINUTE, "by": "Nora Vik"}
    published = said.published(1, "Nora Vik", START + 40 * MINUTE)
    connection.execute(instructions.instruction.insert().values(**row, content=published.to_json()))
    instructions.read(connection, NIGHT, 1, "kari", START + 42 * MINUTE)


def _calls(connection: Connection) -> None:
    wednesday = datetime(2026, 11, 25, 11, 5, tzinfo=UTC)
    for incident, number, at, answer in (
        (NIGHT, 1, START + 6 * MINUTE, "none"),
        (NIGHT, 2, START + 173 * MINUTE, "desk"),  # Sunday 02:00: the same night
        (TUESDAY, 1, datetime(2026, 11, 24, 1, 5, tzinfo=UTC), "declined"),  # false
        (TOLD, 1, wednesday, "phone"),  # within opening hours
    ):
        row = {"incident": incident, "number": number, "person": "kari", "level": 0, "at": at}
        more = {"why": "on-call", "answer": answer, "answered_at": at + 3 * MINUTE}
        connection.execute(call.insert().values(**row, **more))
    row = {"incident": NIGHT, "function": "Operations control", "at": START + 45 * MINUTE}
    connection.execute(reached.insert().values(**row, by="Kari Nygård", answered=True))


def _handovers(connection: Connection) -> None:
    """One accepted, one that nobody accepted, one in which nothing was open."""
    matter = Matter(NIGHT, "Booking", Severity.MAJOR, State.OPEN, START)
    for day, matters, accepted in ((20, (), None), (21, (matter,), NOW), (22, (matter,), None)):
        at = datetime(2026, 11, day, 6, tzinfo=UTC)
        zone, id = "Europe/Oslo", f"handover/{day}"
        content = Handover(id, "care", "Customer care", at, zone, "kari", "nora", {}, matters)
        row = {"id": content.id, "team": "care", "at": at, "taker": "nora"}
        connection.execute(
            handover.insert().values(**row, content=content.to_json(), accepted_at=accepted)
        )


def _money_and_sight(connection: Connection) -> None:
    """$5 in November, $9 in October; Bluesky was blind for 3 h and 30 min of November."""
    for source, month, dollars in (
        ("x", "2026-11", 4.2),
        ("archive", "2026-11", 0.8),
        ("x", "2026-10", 9.0),
    ):
        row = {"source": source, "month": month, "micros": round(dollars * 1_000_000)}
        connection.execute(spending.insert().values(row))
    october = datetime(2026, 10, 31, 22, tzinfo=UTC)
    for since, until in (
        (october, october + 240 * MINUTE),  # an hour of it in October, on Oslo's clock
        (START + 60 * MINUTE, START + 90 * MINUTE),
    ):
        row = {"source": "bluesky", "since": since, "until": until}
        connection.execute(blind.insert().values(row))
    seen = {"source": "x", "brand": "fjordwing", "platform": "x", "topic": "", "late": False}
    connection.execute(observed.insert().values(**seen, since=october - 600 * MINUTE, until=NOW))
