"""What people say that an incident was, and what changes by it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from alerts.incidents import verdicts
from alerts.incidents.incident import Incident, Reason, State, Verdict
from alerts.incidents.steps import Deed, Step
from detectors import Series
from monitor import watch
from monitor.incidents import deeds, feedback
from monitor.sources.delivery import Delivery
from monitor.store import Database, situations, work
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood
from tests.alerts import scenes
from tests.conftest import new_store

HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=4, hours=2)
DURING = STORM + HOUR
BOOKING = Series("fjordwing", "booking", "x")


def watching(database: Database) -> Watch:
    return Watch.start(configuration(), database, ["x"], ["recorder"])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def in_the_flood(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    """A kind of store, and the URL of one in the middle of a flood that goes on for hours."""
    url = new_store(request, tmp_path_factory.mktemp("flood"), request.param)
    with closing(Database.open(url)) as database:
        watching(database).take(part(BEGIN, DURING))
    return request.param, url


@pytest.fixture
def flooded(
    in_the_flood: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Database, Watch]]:
    """A store like that, and its watch."""
    kind, like = in_the_flood
    with closing(Database.open(new_store(request, tmp_path, kind, like))) as database:
        yield database, watching(database)


def part(since: datetime, until: datetime) -> Delivery:
    posts = [*days(5), *flood(STORM, 60), *flood(STORM + HOUR, 60), *flood(STORM + 2 * HOUR, 60)]
    return delivery([one for one in posts if since <= one.created_at < until], since, until)


def found(database: Database) -> Incident:
    with database.read() as connection:
        [incident] = situations.incidents(connection)
    return incident


def judged(database: Database, verdict: Verdict, at: datetime = DURING) -> str:
    """What is answered to a verdict on the only incident."""
    deeds.take(database, found(database).id, Deed(Step.JUDGE, "Kari", "shell", verdict), at)
    with database.read() as connection:
        return feedback.answer(connection, configuration(), found(database))


def expected(one: Watch, at: datetime) -> float:
    """Posts expected on the flooded topic."""
    panel = one.panels["x"]
    i = panel.index(BOOKING.brand, BOOKING.topic)
    return float(panel.detector.expectation([int(at.timestamp())])[0, i])


def test_a_new_normal_ends_the_incident_and_is_expected_from_then_on(
    flooded: tuple[Database, Watch],
) -> None:
    database, running = flooded
    before = expected(running, DURING)
    said = judged(database, Verdict.NEW_NORMAL)
    assert said.startswith("Noted: the new normal. From now on ×")
    running.take(part(DURING, DURING + HOUR / 2))
    assert expected(running, DURING) == pytest.approx(factor(database) * before, rel=0.01)
    running.take(part(DURING + HOUR / 2, DURING + 2 * HOUR))
    incident = found(database)
    assert (incident.state, incident.resolved_by) == (State.RESOLVED, "seawall")
    with database.read() as connection:
        assert Reason.RENEWED in [
            step["kind"] for step in situations.timeline(connection, incident.id)
        ]


def test_what_was_expected_is_expected_for_a_day_and_then_no_more(
    flooded: tuple[Database, Watch],
) -> None:
    database, running = flooded
    before = [expected(running, DURING + n * HOUR) for n in (1, 26)]
    assert "For a day ×" in judged(database, Verdict.EXPECTED)
    running.take(part(DURING, DURING + HOUR / 2))
    after = [expected(running, DURING + n * HOUR) for n in (1, 26)]
    assert np.array(after) / before == pytest.approx([factor(database), 1.0], rel=0.05)
    assert found(database).surges[0].ended_at


@pytest.mark.parametrize("verdict", [Verdict.EXPECTED, Verdict.NEW_NORMAL])
def test_of_what_is_over_nothing_more_is_expected(
    flooded: tuple[Database, Watch], verdict: Verdict
) -> None:
    database, running = flooded
    running.take(part(DURING, BEGIN + timedelta(days=5)))
    assert found(database).state is State.RESOLVED
    over = BEGIN + timedelta(days=5)
    assert "It is over, so nothing changes" in judged(database, verdict, over)


@pytest.mark.parametrize("verdict", [Verdict.HOAX, Verdict.NOT_OURS])
def test_a_hoax_and_what_is_not_ours_teach_nothing(
    flooded: tuple[Database, Watch], verdict: Verdict
) -> None:
    database, running = flooded
    before = expected(running, DURING)
    assert judged(database, verdict).endswith("Nothing is learned from it.")
    assert expected(watching(database), DURING) == before
    assert budget(database) == budget(None)


def test_false_alarms_make_a_topic_stricter_within_limits_and_real_ones_less_so(
    flooded: tuple[Database, Watch],
) -> None:
    database, _ = flooded
    said = judged(database, Verdict.FALSE_ALARM)
    assert "Its topics now need 2 times the evidence." in said
    assert budget(database) == budget(None) / 2
    judged(database, Verdict.REAL, DURING + HOUR)
    assert budget(database) == budget(None)
    assert verdicts.strictness([Verdict.FALSE_ALARM] * 9) == verdicts.STRICTEST


def test_what_a_verdict_changes_is_the_same_after_a_restart(
    flooded: tuple[Database, Watch],
) -> None:
    database, running = flooded
    judged(database, Verdict.NEW_NORMAL)
    running.take(part(DURING, DURING + HOUR))
    again = watching(database)
    going_on, restarted = (one.panels["x"].detector.save() for one in (running, again))
    assert going_on.keys() == restarted.keys()
    assert all((going_on[key] == restarted[key]).all() for key in going_on)


def test_the_answer_says_what_it_would_have_spared_and_missed() -> None:
    def one(verdict: Verdict, evidence: float) -> Incident:
        surge = replace(scenes.surge(scenes.BOOKING_ON_X), evidence=evidence)
        return replace(scenes.incident(surge), verdict=verdict)

    past = [one(Verdict.FALSE_ALARM, days) for days in (9.0, 11.0, 14.0, 50.0)]
    past += [one(Verdict.REAL, days) for days in (13.0, 900.0)] + [one(Verdict.HOAX, 9.0)]
    would = verdicts.spared(past, lambda surge: surge.evidence < 15.0)
    assert would.words() == "it would have spared 3 of 4 false alarms and missed 1 of 2 real ones"


def factor(database: Database) -> float:
    """How many times the expected number the flood had brought when it was last told of."""
    with database.read() as connection:
        rows = select(work.adjustment.c.factor).where(work.adjustment.c.series == str(BOOKING))
        factor = connection.scalars(rows).one()
    assert factor > 10
    return float(factor)


def budget(database: Database | None) -> float:
    """The false alarms that the flooded topic has in 30 days, after what a store says of it."""
    setups = watch.setups(configuration(), [BOOKING], ["x"])
    if database is None:
        return setups[0].budget
    with database.read() as connection:
        return feedback.setups(connection, setups)[0].budget
