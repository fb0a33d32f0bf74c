"""Agent briefs in the store: published once, read once, and what changed since one left."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from alerts.briefings.instruction import Instruction
from alerts.duty.notices import Notice, Purpose
from alerts.incidents.steps import Deed, Step
from monitor.configuration import Configuration, loads
from monitor.incidents import deeds, opening
from monitor.store import Database, schema, situations
from monitor.telling import instructions
from tests.airline import BEGIN, CONFIGURATION

MINUTE = timedelta(minutes=1)
DOWN = Instruction.written(true="Booking is down since 23:07", never="Hackers", ask="IT")
UP = Instruction.written(true="Booking works again since 01:10", ask="IT")

TEAM = """
people:
  nora: {name: Nora Vik, rights: [act, lead]}
  kari: {name: Kari Nygård}
  ola: {name: Ola Berg}
teams:
  care: {name: Customer care, people: [nora, kari, ola], channel: [desk]}
notify:
  - {name: desk, kind: terminal}
  - {name: elsewhere, kind: terminal}
"""


@pytest.fixture
def configured() -> Configuration:
    return loads(CONFIGURATION + TEAM)


@pytest.fixture
def incident(database: Database, configured: Configuration) -> str:
    with database.write() as connection:
        return opening.reported(
            connection, configured, "fjordwing", "Booking is down", "Kari Nygård", "slack", BEGIN
        ).id


def publish(
    database: Database,
    configured: Configuration,
    incident: str,
    what: Instruction,
    after: timedelta,
) -> None:
    with database.write() as connection:
        instructions.publish(
            connection, configured, incident, what, "Nora Vik", BEGIN + after, "slack"
        )


def test_what_is_published_is_a_step_and_rings_once_where_the_team_reads(
    database: Database, configured: Configuration, incident: str
) -> None:
    publish(database, configured, incident, DOWN, 10 * MINUTE)
    publish(database, configured, incident, UP, 20 * MINUTE)
    with database.read() as connection:
        steps = situations.timeline(connection, incident)
        rows = connection.execute(select(schema.notice).order_by(schema.notice.c.at)).all()
        newest = instructions.newest(connection, incident)
        briefing = situations.latest_briefing(connection, incident)
    assert [(one["kind"], one["actor"], one["place"]) for one in steps[1:]] == [
        ("instructed", "Nora Vik", "slack"),
        ("instructed", "Nora Vik", "slack"),
    ]
    assert newest == UP.published(2, "Nora Vik", BEGIN + 20 * MINUTE)
    assert briefing.revision == 3
    assert {row.purpose for row in rows} == {Purpose.INSTRUCTION}
    assert "desk" in {row.notifier for row in rows}
    first, second = (Notice.from_json(row.content) for row in rows if row.notifier == "desk")
    assert first.title == "Fjordwing Air: what to say now, by Nora Vik"
    assert first.lines[0] == "What is true: Booking is down since 23:07"
    assert second.lines[:3] == (
        "What is true, new: Booking works again since 01:10",
        "What is true, no longer: Booking is down since 23:07",
        "Never say, no longer: Hackers",
    )
    [action] = second.actions
    assert (action.verb, action.value, second.about) == ("read", "2", incident)


def test_each_revision_is_read_by_everybody_once(
    database: Database, configured: Configuration, incident: str
) -> None:
    publish(database, configured, incident, DOWN, 10 * MINUTE)
    at = BEGIN + 11 * MINUTE
    with database.write() as connection:
        assert instructions.read(connection, incident, 1, "kari", at)
        assert not instructions.read(connection, incident, 1, "kari", at + MINUTE)
        assert not instructions.read(connection, incident, 7, "kari", at)
        assert instructions.readers(connection, incident, 1) == {"kari": at}
        assert instructions.unread(connection, configured, incident) == ["nora", "ola"]
    publish(database, configured, incident, UP, 20 * MINUTE)
    with database.read() as connection:
        assert instructions.unread(connection, configured, incident) == ["nora", "kari", "ola"]
        assert len(instructions.revisions(connection, incident)) == 2


def test_who_comes_back_is_told_what_changed_since_they_left(
    database: Database, configured: Configuration, incident: str
) -> None:
    publish(database, configured, incident, DOWN, 10 * MINUTE)
    with database.write() as connection:
        instructions.read(connection, incident, 1, "ola", BEGIN + 15 * MINUTE)
    deed = Deed(Step.ACKNOWLEDGE, by="Kari Nygård", place="page", member="kari")
    deeds.take(database, incident, deed, BEGIN + 30 * MINUTE, configured)
    publish(database, configured, incident, UP, 40 * MINUTE)
    with database.read() as connection:
        since_left = partial(
            instructions.since_left, connection, configured, incident, now=BEGIN + 60 * MINUTE
        )
        ola, kari = since_left(person="ola"), since_left(person="kari")
        late = since_left(since=BEGIN + 50 * MINUTE)
    assert ola.lines("Europe/Oslo") == (
        "Since Mon 2 Mar, 01:15 CET",
        "What to say:",
        "  What is true, new: Booking works again since 01:10",
        "  What is true, no longer: Booking is down since 23:07",
        "  Never say, no longer: Hackers",
        "What happened:",
        "  Mon 2 Mar, 01:30 CET: acknowledged by Kari Nygård",
        "  Mon 2 Mar, 01:40 CET: Nora Vik tells agents what to say",
        "Numbers:",
        "  State: open → acknowledged",
        "  In hand: nobody → Kari Nygård",
    )
    assert kari.since == BEGIN + 30 * MINUTE
    assert len(kari.steps) == 1
    assert late.lines("Europe/Oslo") == ("Since Mon 2 Mar, 01:50 CET: nothing has changed",)
