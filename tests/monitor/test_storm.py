"""Storms: a thousand incidents in a tick are a few messages, and every one is still told."""

import asyncio
import json
import random
import resource
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import DAEMON, Kind, Reason, Severity, State
from alerts.notifiers import Notification
from detectors import Series
from monitor import clock
from monitor.configuration import loads
from monitor.daemon.courier import Courier
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.store import Database, notices, outbox, situations
from monitor.store.schema import briefing, notice
from monitor.telling import storms
from monitor.telling.storms import ALONE, NAMED, WITHIN
from monitor.watch import Watch
from tests.alerts import scenes
from tests.conftest import new_store
from tests.notifiers import Unheard

BEGIN = scenes.DETECTED
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Desk(Unheard):
    """What a notifier was told, in order: an incident's id and revision, or a notice."""

    def __init__(self, name: str = "desk", *, replaces: bool = False) -> None:
        self.name, self.replaces = name, replaces
        self.told: list[str] = []
        self.rung: list[tuple[Notice, str | None]] = []

    async def send(self, notification: Notification) -> str | None:
        self.told.append(notification.key)
        return notification.incident if self.replaces else None

    async def notify(
        self,
        notice: Notice,
        *,
        address: str | None,
        thread: str | None,  # noqa: ARG002
        uncertain: bool,  # noqa: ARG002
    ) -> str | None:
        self.told.append(notice.id)
        self.rung.append((notice, address))
        return None


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(new_store(request, tmp_path, "sqlite"))) as opened:
        yield opened


def bring(database: Database, *desks: Desk, at: datetime) -> None:
    """Everything that waits at that time."""

    async def all_of_it() -> None:
        for desk in desks:
            courier = Courier(desk, read=read, write=write, now=lambda: at)
            while turns := await courier.in_turn(urgent_first=True):
                for turn in turns:
                    await courier.bring(turn)

    async def read(work: Callable[..., Any]) -> Any:
        with database.read() as connection:
            return work(connection)

    async def write(work: Callable[..., Any]) -> Any:
        with database.write() as connection:
            return work(connection)

    asyncio.run(all_of_it())


def happens(
    database: Database,
    ids: Sequence[str],
    reason: Reason,
    at: datetime,
    *,
    actor: str = DAEMON,
    place: str | None = None,
    to: Sequence[str] = ("desk",),
    **changes: Any,
) -> None:
    """The same thing happens to all of these, in one transaction."""
    state = {Reason.ACKNOWLEDGED: State.ACKNOWLEDGED, Reason.RESOLVED: State.RESOLVED}
    with database.write() as connection:
        for id in ids:
            revision = 1 + len(
                connection.scalars(select(briefing.c.revision).filter_by(incident=id)).all()
            )
            one = replace(
                scenes.incident(scenes.surge(Series(id, "all", "x"))),
                id=id,
                revision=revision,
                severity=Severity.MINOR,
                state=state.get(reason, State.OPEN),
            )
            one = replace(one, **changes)
            situations.put_incident(connection, one)
            situations.add_event(
                connection, one, reason, at=at, actor=actor, detail="", place=place
            )
            content = replace(
                TEMPLATE,
                incident=id,
                revision=revision,
                reason=reason,
                at=at,
                headline=f"about {id}",
            )
            situations.put_briefing(connection, one, content, to)


TEMPLATE = scenes.briefing(said=[])


def many(number: int, prefix: str = "i") -> list[str]:
    return [f"{prefix}{n:04}" for n in range(number)]


def test_what_begins_together_rings_a_few_times_the_most_severe_first_and_the_rest_is_listed(
    database: Database,
) -> None:
    happens(database, many(100), Reason.OPENED, BEGIN)
    happens(database, many(20, "c"), Reason.OPENED, BEGIN, severity=Severity.CRITICAL)
    happens(database, many(9, "m"), Reason.OPENED, BEGIN, severity=Severity.MAJOR)
    secret = {"severity": Severity.CRITICAL, "restricted": True}
    happens(database, ["secret"], Reason.OPENED, BEGIN, **secret)
    desk = Desk()
    bring(database, desk, at=BEGIN + MINUTE)
    [(listing, _)] = desk.rung
    alone = [key for key in desk.told if "/1" in key and key != listing.id]
    assert sorted(alone) == [f"{id}/1" for id in many(ALONE, "c")]
    assert (listing.purpose, listing.urgent) == (Purpose.STORM, True)
    assert listing.title == "125 more incidents began at once"
    assert listing.lines[0] == "16 critical, 9 major, 100 minor"
    named = listing.lines[1 : 1 + NAMED]
    assert named == tuple(f"CRITICAL about c{n:04}: c{n:04}" for n in range(ALONE, ALONE + NAMED))
    assert listing.lines[1 + NAMED] == "and 115 more"
    bring(database, desk, at=BEGIN + 2 * MINUTE)
    assert len(desk.told) == ALONE + 1


def test_what_is_critical_rings_although_much_rang_before(sqlite: Database) -> None:
    desk = Desk()
    happens(sqlite, many(8), Reason.OPENED, BEGIN)
    bring(sqlite, desk, at=BEGIN)
    happens(sqlite, ["worse"], Reason.OPENED, BEGIN + MINUTE, severity=Severity.CRITICAL)
    happens(sqlite, ["fire"], Reason.OPENED, BEGIN + MINUTE, kind=Kind.SAFETY)
    happens(sqlite, ["other"], Reason.OPENED, BEGIN + MINUTE)
    bring(sqlite, desk, at=BEGIN + MINUTE)
    assert {"worse/1", "fire/1"} <= {*desk.told}
    assert "other/1" not in desk.told


def test_incidents_that_wait_since_long_ago_are_no_storm(sqlite: Database) -> None:
    for n, id in enumerate(many(30)):
        happens(sqlite, [id], Reason.OPENED, BEGIN + n * 10 * MINUTE)
    desk = Desk()
    bring(sqlite, desk, at=BEGIN + 9 * HOUR)
    assert desk.told == [f"{id}/1" for id in many(30)]


def test_who_was_listed_is_told_alone_when_taken_or_critical_and_not_when_it_grows_or_ends(
    sqlite: Database,
) -> None:
    desk, slack = Desk(), Desk("slack", replaces=True)
    to, ids = ("desk", "slack"), many(40)
    happens(sqlite, ids, Reason.OPENED, BEGIN, to=to)
    bring(sqlite, desk, slack, at=BEGIN)
    before = len(desk.told)
    at = BEGIN + 10 * MINUTE
    taken, critical, grown, over = ids[30], ids[31], ids[32], ids[33]
    happens(sqlite, [taken], Reason.ACKNOWLEDGED, at, actor="Kari", place="slack", to=to)
    happens(sqlite, ids[34:], Reason.CALLED, at, actor="Kari", to=to)
    happens(sqlite, [critical], Reason.ESCALATED, at, severity=Severity.CRITICAL, to=to)
    happens(sqlite, [grown], Reason.GREW, at, to=to)
    happens(sqlite, [over], Reason.RESOLVED, at, to=to)
    bring(sqlite, desk, slack, at=at)
    assert sorted(desk.told[before:]) == [f"{taken}/2", f"{critical}/2"]
    assert sorted(slack.told[before:]) == [f"{taken}/2", f"{critical}/2"]
    assert waiting(sqlite) == {}


def test_those_that_are_left_when_a_storm_is_over_are_told_alone(sqlite: Database) -> None:
    desk, ids = Desk(), many(40)
    happens(sqlite, ids, Reason.OPENED, BEGIN)
    bring(sqlite, desk, at=BEGIN)
    happens(sqlite, ids[5:-3], Reason.RESOLVED, BEGIN + MINUTE)
    bring(sqlite, desk, at=BEGIN + 2 * MINUTE)
    assert len(desk.told) == ALONE + 1
    for _ in range(2):
        bring(sqlite, desk, at=BEGIN + WITHIN)
        assert sorted(desk.told[ALONE + 1 :]) == [f"{id}/1" for id in ids[-3:]]


def test_a_list_is_sent_anew_while_more_begins_and_once_an_hour_while_it_lasts(
    sqlite: Database,
) -> None:
    desk = Desk()
    sent = []
    for minute in range(150):
        at = BEGIN + minute * MINUTE
        if minute < 12:
            happens(sqlite, many(20, f"t{minute:02}-"), Reason.OPENED, at)
        bring(sqlite, desk, at=at)
        sent += [minute] * (len(desk.rung) - len(sent))
    assert sent == [0, 5, 10, 15, 75, 135]
    titles = [one.title for one, _ in desk.rung]
    assert titles[0] == "15 more incidents began at once"
    left = 240 - (len(desk.told) - len(desk.rung))
    assert titles[-1] == f"{left} incidents of the storm are still open"
    alone = len(desk.told) - len(desk.rung)
    assert alone <= ALONE * 4


def test_a_person_is_called_a_few_times_and_gets_one_list(database: Database) -> None:
    ids = many(60)
    happens(database, ids, Reason.OPENED, BEGIN, to=())
    happens(database, ["fire"], Reason.OPENED, BEGIN, to=(), kind=Kind.SAFETY)
    with database.write() as connection:
        for id in [*ids, "fire"]:
            for person in ("kari", "ola"):
                one = Notice(
                    f"call/{id}/{person}", Purpose.CALL, BEGIN, id, incident=id, person=person
                )
                notices.put(connection, one, "desk", f"{person}@example.com")
    desk = Desk()
    bring(database, desk, at=BEGIN)
    got = Counter((str(address), one.purpose) for one, address in desk.rung)
    for person in ("kari@example.com", "ola@example.com"):
        assert got[person, Purpose.CALL] == ALONE + 1, "and the one about safety"
        assert got[person, Purpose.STORM] == 1
    with database.read() as connection:
        outcomes = Counter(connection.scalars(select(notice.c.outcome)))
    assert outcomes[outbox.LISTED] == 2 * (60 - ALONE)


def test_calls_to_everybody_are_listed_and_what_was_told_alone_is_not_told_again(
    sqlite: Database,
) -> None:
    desk, ids = Desk(), many(ALONE + 2)
    for n, id in enumerate(ids):
        happens(sqlite, [id], Reason.OPENED, BEGIN + n * 10 * MINUTE)
    bring(sqlite, desk, at=BEGIN + HOUR)
    with sqlite.write() as connection:
        for id in ids:
            one = Notice(f"call/{id}", Purpose.CALL, BEGIN + HOUR, id, incident=id, urgent=True)
            notices.put(connection, one, "desk")
    before = len(desk.told)
    for minutes in (60, 61, 66, 130):
        bring(sqlite, desk, at=BEGIN + minutes * MINUTE)
    *called, listing = desk.told[before:]
    assert called == [f"call/{id}" for id in ids[:ALONE]]
    assert listing.startswith("storm/")


def test_what_was_not_committed_is_decided_again_in_the_same_way(sqlite: Database) -> None:
    happens(sqlite, many(40), Reason.OPENED, BEGIN)

    def dies() -> None:
        with sqlite.write() as connection:
            storms.ride_out(connection, "desk", BEGIN)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dies()
    assert waiting(sqlite) == {"desk": 40}
    with sqlite.write() as connection:
        storms.ride_out(connection, "desk", BEGIN + HOUR)
    assert waiting(sqlite) == {"desk": ALONE + 1}
    desk = Desk()
    bring(sqlite, desk, at=BEGIN + HOUR + MINUTE)
    assert [key for key in desk.told if "storm" not in key] == [f"{id}/1" for id in many(ALONE)]
    assert len(desk.rung) == 1


def waiting(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return outbox.waiting(connection)


BRANDS = many(1000, "brand")


def ticks(since: datetime, hours: int, posts: Callable[[int], int]) -> Delivery:
    """Counts of every brand, by its number."""
    until = since + hours * HOUR
    counts = [
        Count(brand, "all", "x", since + hour * HOUR, posts(number))
        for hour in range(hours)
        for number, brand in enumerate(BRANDS)
    ]
    observed = [Observed(brand, "x", since, until, None) for brand in BRANDS]
    return Delivery("x", until, "", counts=counts, observed=observed, platforms=["x"])


def test_a_thousand_surges_in_a_tick_are_a_dozen_messages(
    sqlite: Database, record_property: Callable[[str, object], None]
) -> None:
    brands = {brand: {"name": brand.title(), "terms": [f"@{brand}"]} for brand in BRANDS}
    watch = Watch.start(
        loads(f"bucket: 1h\nbrands: {json.dumps(brands)}"), sqlite, ["x"], ["desk", "slack"]
    )
    begin = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    draw, flood = random.Random(1), begin + 48 * HOUR
    watch.take(ticks(begin, 48, lambda _: draw.randint(2, 6)))
    started = clock.stopwatch()
    found = watch.take(ticks(flood, 1, lambda number: 40 + 4 * (number % 100)))
    judged = clock.stopwatch()
    desk, slack = Desk(), Desk("slack", replaces=True)
    at = flood + HOUR + MINUTE
    bring(sqlite, desk, slack, at=at)
    told = clock.stopwatch()
    assert Counter(reason for _, reason in found.news) == {Reason.OPENED: 1000}
    for one in (desk, slack):
        alone = {key for key in one.told if key.endswith("/1")}
        [(listing, _)] = one.rung
        assert len(one.told) == len(alone) + 1 <= 2 * ALONE + 1
        assert listing.title == f"{1000 - len(alone)} more incidents began at once"
        severest = max(found.news, key=lambda news: [*Severity].index(news[0].severity))[0]
        incidents = {incident.id: incident for incident, _ in found.news}
        assert {incidents[key.partition("/")[0]].severity for key in alone} == {severest.severity}
    assert waiting(sqlite) == {}
    figures = {
        "messages": len(desk.told) + len(slack.told),
        "seconds to judge and store": round(judged - started, 1),
        "seconds to tell": round(told - judged, 1),
        "MB at most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    for name, value in figures.items():
        record_property(name, value)
        print(f"{name}: {value}")  # noqa: T201
