"""The timetable of a configuration, and what it does to an incident's severity."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.incidents.incident import Severity
from monitor.configuration import ConfigurationError
from monitor.store import situations
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood
from tests.service import new_database

HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=4, hours=2)


def timetable(text: str) -> dict[str, str]:
    return {"recording": f"recording: {{platform: x}}\ntimetable: {text}"}


def test_days_and_hours_are_on_the_clock_of_the_file_or_of_its_own() -> None:
    written = 'departures: {mon-fri: {"06": 42}, sun: {"22": 5}}'
    for own, zone in (("", "Europe/Oslo"), ("timezone: UTC, ", "UTC")):
        used = configuration(**timetable(f"{{{own}{written}}}"))
        week = used.timetable.week(used.zone)
        assert week is not None
        assert week.zone == ZoneInfo(zone)
        assert week.hours == {(day, 6): 42 for day in range(5)} | {(6, 22): 5}
    assert configuration().timetable.week(ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("departures", "problem"),
    [
        ('{mon-fri: {"06": 1}, wed: {"06": 1}}', "names a day of `wed` twice"),
        ('{weekdays: {"06": 1}}', "`weekdays` is no day"),
        ('{mon: {"24": 1}}', "24"),
        ('{mon: {"06": -1}}', "06"),
    ],
)
def test_a_mistake_in_it_is_found_at_start(departures: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        configuration(**timetable(f"{{departures: {departures}}}"))
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("departures", "severity", "part"),
    [
        ('{fri: {"06": 40, "16": 40}}', Severity.CRITICAL, "40 departures"),
        ('{fri: {"16": 40}}', Severity.MAJOR, "0 departures in the next six hours, 0%"),
    ],
)
def test_a_flood_when_nobody_travels_weighs_less_and_says_so(
    tmp_path: Path, departures: str, severity: Severity, part: str
) -> None:
    used = configuration(**timetable(f"{{departures: {departures}}}"))
    with closing(new_database(tmp_path / "seawall.db")) as database:
        watch = Watch.start(used, database, ["x"], ["terminal"])
        posts = [*days(5), *flood(STORM, 60)]
        watch.take(delivery(posts, BEGIN, STORM + HOUR))
        with database.read() as connection:
            [briefing] = situations.briefings(connection)
    assert briefing.severity is severity
    assert part in briefing.why
