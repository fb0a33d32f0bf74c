"""Opening hours and shifts, over both changes of summer time, midnight, holidays, three zones.

Every answer is worked out by hand, from the calendar of 2026 on the wall. In Oslo the clocks go
forward on Sunday 29 March at 02:00 and back on Sunday 25 October at 03:00; in New York forward on
8 March, in Sydney back on 5 April.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.duty.roster import Team
from monitor.configuration import load

CONFIGURATION = """
timezone: Europe/Oslo
brands: {fjordwing: {name: Fjordwing Air, terms: [fjordwing]}}
people:
  kari: {name: Kari Nygård, email: kari@fjordwing.example, reach: [terminal]}
  ola: {name: Ola Berg, reach: [terminal]}
  siri: {name: Siri Dahl, reach: [terminal]}
teams:
  care:
    name: Customer care
    service_hours: {mon-fri: "07:00-19:00", sat: "09:00-17:00", sun: "10:00-19:00"}
    holidays: "NO"
    on_call:
      people: [kari, ola, siri]
      from: 2026-03-02T09:00
      overrides:
        - {from: 2026-12-24T16:00, to: 2026-12-26, person: ola}
        - {from: 2026-12-25, to: 2026-12-25, person: siri}
  airport:
    name: Airport desk
    service_hours: {mon-fri: "07:00-19:00", sun: "10:00-19:00"}
    holidays: "NO"
    holiday_hours: "10:00-16:00"
    channel: [terminal]
  nights:
    name: Night desk
    service_hours: {fri-sat: "22:00-06:00"}
    holidays: "NO"
    on_call: {people: [kari, ola], from: 2026-03-28T21:00, every: 12h}
  late:
    name: Late desk
    service_hours: {sat: "22:00-02:30"}
    on_call: {people: [kari, ola], from: 2026-03-22T02:30, every: 1d}
  always:
    name: Round the clock
    on_call: {people: [kari, ola], from: 2026-10-22T02:30, every: 1d}
  new-york:
    name: New York
    timezone: America/New_York
    service_hours: {mon-fri: "09:00-17:00"}
    on_call: {people: [kari, ola], from: 2026-03-02T09:00}
  sydney:
    name: Sydney
    timezone: Australia/Sydney
    service_hours: {mon-fri: "09:00-17:00"}
    on_call: {people: [siri, ola], from: 2026-03-30T09:00}
  calendar:
    name: By a calendar
    service_hours: {mon-fri: "09:00-17:00"}
    on_call:
      people: [kari, ola, siri]
      from: 2026-03-02T09:00
      file: oncall.ics
      overrides: [{from: 2026-03-21T10:00, to: 2026-03-21T11:00, person: ola}]
  patchy:
    name: Only by a calendar
    service_hours: {mon-fri: "09:00-17:00"}
    on_call: {file: weekends.ics}
"""

EVENTS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Fjordwing//Rota//EN
BEGIN:VEVENT
UID:1
DTSTART:20260314T080000
DTEND:20260314T200000
SUMMARY:Siri Dahl
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20260321T080000
DTEND:20260321T200000
SUMMARY:kari@fjordwing.example
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20260321T120000
DTEND:20260321T140000
SUMMARY:OLA
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;TZID=Europe/Oslo:20260322T180000
DTEND;TZID=Europe/Oslo:20260322T220000
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Siri Dahl
END:VEVENT
END:VCALENDAR
"""
"""Events of the calendar team: times without a zone are the team's."""

WEEKENDS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Fjordwing//Rota//EN
BEGIN:VEVENT
UID:1
DTSTART:20260313T170000
DTEND:20260316T090000
SUMMARY:kari
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20260321
DTEND;VALUE=DATE:20260323
SUMMARY:ola
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Team]:
    folder: Path = tmp_path_factory.mktemp("rota")
    (folder / "seawall.yaml").write_text(CONFIGURATION, "utf-8")
    (folder / "oncall.ics").write_text(EVENTS, "utf-8")
    (folder / "weekends.ics").write_text(WEEKENDS, "utf-8")
    return load(folder / "seawall.yaml").rosters


OPEN = [
    ("the desk opens with the first minute", "care", "03-13T07:00+01:00", True),
    ("it is closed the minute before", "care", "03-13T06:59+01:00", False),
    ("it is closed at its closing time", "care", "03-13T19:00+01:00", False),
    ("it has other hours on Saturdays", "care", "03-14T08:59+01:00", False),
    ("it is open on Sunday after the clocks went forward", "care", "03-29T10:00+02:00", True),
    ("not an hour earlier, as the old clock had it", "care", "03-29T09:00+02:00", False),
    ("it is open on Sunday after the clocks went back", "care", "10-25T10:00+01:00", True),
    ("it is closed an hour before that", "care", "10-25T09:00+01:00", False),
    ("it is closed on Good Friday", "care", "04-03T12:00+02:00", False),
    ("it is open on Christmas Eve, which is no public holiday", "care", "12-24T12:00+01:00", True),
    ("it is closed on Christmas Day", "care", "12-25T12:00+01:00", False),
    ("a desk with holiday hours opens by them", "airport", "05-17T10:00+02:00", True),
    ("it closes by them, earlier than on Sundays", "airport", "05-17T16:00+02:00", False),
    ("it opens on a holiday on which it is closed otherwise", "airport", "12-26T11:00+01:00", True),
    ("Friday's night is open on Saturday at 3", "nights", "03-14T03:00+01:00", True),
    ("Friday's night is over on Saturday at 6", "nights", "03-14T06:00+01:00", False),
    ("Saturday's night is open on Sunday at 05:59", "nights", "03-15T05:59+01:00", True),
    ("a day that is not named has no night", "nights", "03-16T01:00+01:00", False),
    ("the night into summer time lasts until 6", "nights", "03-29T05:59+02:00", True),
    ("and ends at 6", "nights", "03-29T06:00+02:00", False),
    (
        "the night that begins on a holiday is closed on Friday",
        "nights",
        "05-01T23:00+02:00",
        False,
    ),
    ("and after midnight, when the holiday is over", "nights", "05-02T01:00+02:00", False),
    ("the night before a holiday goes on into it", "nights", "05-17T03:00+02:00", True),
    ("hours end at the second 02:30 of the night", "late", "10-25T02:29+01:00", True),
    ("not after it", "late", "10-25T02:30+01:00", False),
    ("hours that end at a skipped 02:30 end at 03:30", "late", "03-29T03:29+02:00", True),
    ("not later", "late", "03-29T03:30+02:00", False),
    ("who never closes is open in the repeated hour", "always", "10-25T02:30+01:00", True),
    ("New York is at its desks at 14:00 UTC", "new-york", "03-10T14:00+00:00", True),
    ("Sydney sleeps at that time", "sydney", "03-10T14:00+00:00", False),
    ("so does not Oslo, where it is 15:00", "care", "03-10T14:00+00:00", True),
]

OPENS = [
    ("after Friday comes Saturday at 9", "care", "03-27T19:00+01:00", "03-28T09:00+01:00"),
    ("into summer time", "care", "03-28T17:00+01:00", "03-29T10:00+02:00"),
    ("into winter time", "care", "10-24T17:00+02:00", "10-25T10:00+01:00"),
    ("over two holidays", "care", "04-01T19:00+02:00", "04-04T09:00+02:00"),
    ("over Easter Sunday and Monday", "care", "04-04T17:00+02:00", "04-07T07:00+02:00"),
    ("while it is open, the next day", "care", "03-10T12:00+01:00", "03-11T07:00+01:00"),
    ("New York in winter", "new-york", "03-06T13:00+00:00", "03-06T09:00-05:00"),
    ("New York in summer, before Europe's", "new-york", "03-10T12:59+00:00", "03-10T09:00-04:00"),
    ("Sydney after its summer", "sydney", "04-03T17:00+11:00", "04-06T09:00+10:00"),
    ("who never closes does not open", "always", "03-10T12:00+01:00", None),
]

ON_CALL = [
    ("nobody is on call before the first shift", "care", "03-02T08:59+01:00", None),
    ("the first begins at 9", "care", "03-02T09:00+01:00", "kari"),
    ("a shift lasts until the minute before 9", "care", "03-09T08:59+01:00", "kari"),
    ("the next one begins at 9", "care", "03-09T09:00+01:00", "ola"),
    ("at 9 as well when the clocks went forward before", "care", "03-30T09:00+02:00", "ola"),
    ("not before", "care", "03-30T08:59+02:00", "kari"),
    ("at 9 as well when the clocks went back before", "care", "10-26T09:00+01:00", "ola"),
    ("and not an hour before, as the old clock had it", "care", "10-26T08:00+01:00", "kari"),
    ("the night into summer time is one night", "nights", "03-29T08:59+02:00", "kari"),
    ("the day begins at 9 after it", "nights", "03-29T09:00+02:00", "ola"),
    ("the next night at 21", "nights", "03-29T21:00+02:00", "kari"),
    ("half a year later nights are still Kari's", "nights", "10-25T02:30+01:00", "kari"),
    (
        "a shift that begins at a skipped 02:30 is not yet there",
        "late",
        "03-29T03:29+02:00",
        "kari",
    ),
    ("it begins at 03:30", "late", "03-29T03:30+02:00", "ola"),
    ("on the next day at 02:30 again", "late", "03-30T02:30+02:00", "kari"),
    ("a 02:30 that comes twice is the first", "always", "10-25T02:30+02:00", "ola"),
    ("before that it is the other's", "always", "10-25T02:29+02:00", "kari"),
    ("the second 02:29 is after it", "always", "10-25T02:29+01:00", "ola"),
    ("New York changes at 9 there", "new-york", "03-09T13:00+00:00", "ola"),
    ("not at 9 in Oslo", "new-york", "03-09T08:00+00:00", "kari"),
    ("Sydney changes at 9 there, after its summer", "sydney", "04-05T23:00+00:00", "ola"),
    ("an hour before it does not", "sydney", "04-05T22:00+00:00", "siri"),
    ("an override is not there the minute before", "care", "12-24T15:59+01:00", "kari"),
    ("an override takes over", "care", "12-24T16:00+01:00", "ola"),
    ("a later override comes before it", "care", "12-25T00:00+01:00", "siri"),
    ("then the first override goes on", "care", "12-26T12:00+01:00", "ola"),
    ("its last day is part of it", "care", "12-26T23:59+01:00", "ola"),
    ("then the rotation goes on", "care", "12-27T00:00+01:00", "kari"),
    ("an event of the calendar comes before the rotation", "calendar", "03-14T08:00+01:00", "siri"),
    ("until it is over", "calendar", "03-14T20:00+01:00", "ola"),
    ("people are known by their address", "calendar", "03-21T08:30+01:00", "kari"),
    ("of two events the later one counts", "calendar", "03-21T12:00+01:00", "ola"),
    ("then the first one goes on", "calendar", "03-21T14:00+01:00", "kari"),
    ("an override comes before an event", "calendar", "03-21T10:30+01:00", "ola"),
    ("an event that repeats comes at 18 in winter", "calendar", "03-22T18:00+01:00", "siri"),
    ("and at 18 in summer", "calendar", "03-29T18:00+02:00", "siri"),
    ("not at 17", "calendar", "03-29T17:00+02:00", "kari"),
    ("a calendar alone may leave nobody", "patchy", "03-12T20:00+01:00", None),
]

SHIFTS = [
    (
        "a week with the clocks' change is an hour shorter",
        *("care", "03-25T12:00+01:00"),
        ("kari", "03-23T09:00+01:00", "03-30T09:00+02:00", "ola"),
    ),
    (
        "or longer",
        *("care", "10-25T12:00+01:00"),
        ("kari", "10-19T09:00+02:00", "10-26T09:00+01:00", "ola"),
    ),
    (
        "a shift ends where an override begins",
        *("care", "12-24T12:00+01:00"),
        ("kari", "12-21T09:00+01:00", "12-24T16:00+01:00", "ola"),
    ),
    (
        "an override ends where a later one begins",
        *("care", "12-24T20:00+01:00"),
        ("ola", "12-24T16:00+01:00", "12-25T00:00+01:00", "siri"),
    ),
    (
        "a shift that was interrupted goes on",
        *("care", "12-27T12:00+01:00"),
        ("kari", "12-27T00:00+01:00", "12-28T09:00+01:00", "ola"),
    ),
    (
        "a day in autumn ends at the second clock's time",
        *("always", "10-25T12:00+01:00"),
        ("ola", "10-25T02:30+02:00", "10-26T02:30+01:00", "kari"),
    ),
    (
        "before the first shift there is nobody, and then somebody",
        *("care", "03-01T12:00+01:00"),
        (None, None, "03-02T09:00+01:00", "kari"),
    ),
    (
        "after the last event there is nobody any more",
        *("patchy", "04-01T12:00+02:00"),
        (None, "03-23T00:00+01:00", None, None),
    ),
]


def instant(written: str) -> datetime:
    return datetime.fromisoformat(f"2026-{written}").astimezone(UTC)


def sentences(table: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


@pytest.mark.parametrize(("team", "at", "answer"), sentences(OPEN))
def test_whether_the_desks_are_open(
    teams: dict[str, Team], team: str, at: str, answer: bool
) -> None:
    assert teams[team].is_open(instant(at)) is answer


@pytest.mark.parametrize(("team", "at", "answer"), sentences(OPENS))
def test_when_the_desks_open_next(
    teams: dict[str, Team], team: str, at: str, answer: str | None
) -> None:
    assert teams[team].next_opening(instant(at)) == (answer and instant(answer))


@pytest.mark.parametrize(("team", "at", "answer"), sentences(ON_CALL))
def test_who_is_on_call(teams: dict[str, Team], team: str, at: str, answer: str | None) -> None:
    assert teams[team].on_call(instant(at)) == answer
    assert teams[team].shift(instant(at)).person == answer


@pytest.mark.parametrize(("team", "at", "answer"), sentences(SHIFTS))
def test_from_when_to_when_a_shift_is_and_who_is_next(
    teams: dict[str, Team], team: str, at: str, answer: tuple[str | None, ...]
) -> None:
    person, since, until, following = answer
    shift = teams[team].shift(instant(at))
    assert shift.person == person
    assert shift.since == (since and instant(since))
    assert shift.until == (until and instant(until))
    assert teams[team].next_on_call(instant(at)) == following


def test_the_table_has_its_cases() -> None:
    assert len([*OPEN, *OPENS, *ON_CALL, *SHIFTS]) >= 40


def test_gaps_are_where_nobody_is_on_call_and_the_desks_are_closed(teams: dict[str, Team]) -> None:
    gaps = teams["patchy"].gaps(instant("03-13T00:00+01:00"), instant("03-24T00:00+01:00"))
    nights = [(f"03-{day}T17:00+01:00", f"03-{day + 1}T09:00+01:00") for day in (16, 17, 18, 19)]
    assert gaps == [
        (instant(since), instant(until))
        for since, until in (
            ("03-13T00:00+01:00", "03-13T09:00+01:00"),
            *nights,
            ("03-20T17:00+01:00", "03-21T00:00+01:00"),
            ("03-23T00:00+01:00", "03-23T09:00+01:00"),
            ("03-23T17:00+01:00", "03-24T00:00+01:00"),
        )
    ]
    assert teams["care"].gaps(instant("03-02T09:00+01:00"), instant("12-31T00:00+01:00")) == []


@given(
    at=st.datetimes(datetime(2026, 3, 3), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    id=st.sampled_from(["care", "nights", "late", "new-york", "sydney", "calendar"]),
)
def test_a_shift_is_one_persons_from_its_beginning_to_its_end_and_the_next_one_begins_there(
    teams: dict[str, Team], at: datetime, id: str
) -> None:
    team = teams[id]
    shift = team.shift(at)
    if shift.until is None or shift.since is None:
        return
    assert shift.since <= at < shift.until
    middle = shift.since + (shift.until - shift.since) / 2
    assert team.on_call(shift.since) == team.on_call(middle) == shift.person
    assert team.shift(shift.until - timedelta(microseconds=1)) == shift
    assert team.shift(shift.until).since == shift.until
