"""What a configuration knows beforehand: public holidays, events, and .ics files of them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.briefings import statements
from monitor import ics
from monitor.calendar import under_way
from monitor.configuration import Configuration, ConfigurationError, Problem, load, loads
from monitor.ics import Occurrence, UnusableCalendarError
from monitor.store import Database, situations
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood
from tests.monitor.command_line import Seawall, in_process

OSLO = ZoneInfo("Europe/Oslo")
BRANDS = """\
timezone: Europe/Oslo
brands:
  acme: {name: Acme, terms: [acme]}
  other: {name: Other, terms: [other], holidays: [SE]}
topics:
  delays: {name: Delays, terms: [delay*]}
"""

GOOGLE = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Campaigns
X-WR-TIMEZONE:Europe/Oslo
BEGIN:VTIMEZONE
TZID:Europe/Oslo
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Oslo:20260325T080000
DTEND;TZID=Europe/Oslo:20260325T093000
RRULE:FREQ=WEEKLY;UNTIL=20260415T215959Z;BYDAY=WE
EXDATE;TZID=Europe/Oslo:20260408T080000
DTSTAMP:20260301T120000Z
UID:0k3r@google.com
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Newsletter\\, the weekly one with a subject that is so long that it is f
 olded
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Oslo:20260415T100000
DTEND;TZID=Europe/Oslo:20260415T110000
UID:0k3r@google.com
RECURRENCE-ID;TZID=Europe/Oslo:20260415T080000
DTSTAMP:20260301T120000Z
SUMMARY:Newsletter\\, later
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260701
DTEND;VALUE=DATE:20260704
UID:77aa@google.com
SUMMARY:Summer sale
X-SEAWALL-FACTOR:3.5
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260801
UID:88bb@google.com
STATUS:CANCELLED
SUMMARY:Called off
END:VEVENT
END:VCALENDAR
"""

OUTLOOK = """\
BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
CLASS:PUBLIC
DESCRIPTION:Strike at all airports\\n\\nSee intranet
DTEND;TZID="W. Europe Standard Time":20260910T180000
DTSTAMP:20260901T070000Z
DTSTART;TZID="W. Europe Standard Time":20260910T060000
PRIORITY:5
SUMMARY;LANGUAGE=en-gb:Strike
TRANSP:OPAQUE
UID:040000008200E00074C5B7101A82E008
X-ALT-DESC;FMTTYPE=text/html:<html><body>Strike</body></html>
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def seawall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    """The command, in this process."""
    return in_process(monkeypatch, capsys)


def calendar(*events: str) -> bytes:
    """An .ics file of events, each given by its lines."""
    parts = [
        f"BEGIN:VEVENT\nUID:{number}\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT"
        for number, event in enumerate(events)
    ]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *parts, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def read(text: str | bytes) -> list[Occurrence]:
    content = text.replace("\n", "\r\n").encode() if isinstance(text, str) else text
    return list(ics.read(content, OSLO))


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=OSLO).astimezone(UTC)  # type: ignore[arg-type,misc]


def known(text: str, folder: Path) -> Configuration:
    (folder / "seawall.yaml").write_text(BRANDS + text)
    return load(folder / "seawall.yaml")


def problem(text: str, folder: Path) -> Problem:
    with pytest.raises(ConfigurationError) as caught:
        known(text, folder)
    [found] = caught.value.problems
    return found


def test_an_export_of_google_is_read_with_its_repetitions_exceptions_and_summer_time() -> None:
    long = "Newsletter, the weekly one with a subject that is so long that it is folded"
    assert read(GOOGLE) == [
        Occurrence(at(2026, 3, 25, 8), at(2026, 3, 25, 9, 30), long, None),
        Occurrence(at(2026, 4, 1, 8), at(2026, 4, 1, 9, 30), long, None),
        Occurrence(at(2026, 4, 15, 10), at(2026, 4, 15, 11), "Newsletter, later", None),
        Occurrence(at(2026, 7, 1), at(2026, 7, 4), "Summer sale", 3.5),
    ]
    assert at(2026, 4, 1, 8) - at(2026, 3, 25, 8) == timedelta(days=7, hours=-1)


def test_an_export_of_outlook_is_read_in_the_zone_that_windows_names() -> None:
    assert read(OUTLOOK) == [Occurrence(at(2026, 9, 10, 6), at(2026, 9, 10, 18), "Strike", None)]


def test_days_and_floating_times_are_those_of_the_teams_time_zone() -> None:
    day, hour = read(
        calendar("DTSTART;VALUE=DATE:20260329", "DTSTART:20260401T080000\nDURATION:PT1H")
    )
    assert (day.since, day.until) == (at(2026, 3, 29), at(2026, 3, 30))
    assert day.until - day.since == timedelta(hours=23)
    assert (hour.since, hour.until) == (at(2026, 4, 1, 8), at(2026, 4, 1, 9))


def test_a_rule_without_an_end_is_followed_for_decades_and_no_further() -> None:
    posts = read(calendar("DTSTART:20260101T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"))
    assert len(posts) == (date(2050, 1, 1) - date(2026, 1, 1)).days
    assert posts[-1].since.year == 2049


SOUND = "DTSTART:20260101T080000Z\nDTEND:20260101T090000Z\nSUMMARY:Sale\n"


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"", 1, "no whole iCalendar file"),
        (b"<html>\n<body>", 1, "no iCalendar file"),
        (b"\xff\xfe", 1, "not UTF-8"),
        (calendar(SOUND).replace(b"Sale", b"\xe5"), 9, "not UTF-8"),
        (calendar(SOUND)[:-40], 1, "no whole iCalendar file"),
        (b"X" * (ics.BIGGEST + 1), 1, "larger than 1,000,000 bytes"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", 1, "no whole iCalendar file"),
        (calendar(SOUND, "SUMMARY:Sale"), 12, "`Sale` has no DTSTART"),
        (calendar(SOUND, "DTSTART:2026-01-01"), 12, "unreadable DTSTART"),
        (calendar("DTSTART:20260101T080000"), 4, "lasts no time"),
        (calendar("DTSTART:20260103\nDTEND:20260101"), 4, "lasts no time"),
        (calendar("DTSTART:20260101\nDTSTART:20260102"), 4, "more than one DTSTART"),
        (calendar("DTSTART;TZID=Mars/Base:20260101T080000"), 4, "unknown time zone: `Mars/Base`"),
        (calendar(SOUND + "this is no line"), 4, "unreadable line"),
        (calendar(SOUND + "X-SEAWALL-FACTOR:lots"), 4, "no factor"),
        (calendar(SOUND + "X-SEAWALL-FACTOR:nan"), 4, "no factor"),
        (calendar(SOUND + "X-SEAWALL-FACTOR:-3"), 4, "no factor"),
        (calendar(SOUND, SOUND).replace(b"UID:1", b"UID:0"), 12, "same UID as the event on line 4"),
        (calendar(SOUND + "RRULE:FREQ=SECONDLY"), 10, "not followed here: `FREQ=SECONDLY`"),
        (calendar(SOUND + "RRULE:FREQ=DAILY;BYSECOND=0,1"), 10, "`BYSECOND`"),
        (calendar(SOUND + "RRULE:FREQ=MONTHLY;BYMONTHDAY=32"), 4, "cannot be followed"),
        (calendar(SOUND + "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), 4, "finds no day"),
        (
            calendar("DTSTART:20260101\nRDATE;VALUE=PERIOD:20260201T000000Z/PT5H"),
            1,
            "no time on 2026",
        ),
        (calendar(SOUND + "EXRULE:FREQ=DAILY"), 10, "EXRULE"),
        (calendar(SOUND + "RRULE:nonsense"), 10, "not followed here: `NONSENSE`"),
        (calendar(*[SOUND + "RRULE:FREQ=DAILY"] * 1000), 20, "more than 20,000 times"),
        (GOOGLE.replace("FREQ=YEARLY", "FREQ=DAILY", 1).encode(), 15, "FREQ=DAILY"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(
    content: bytes, line: int, told: str
) -> None:
    with pytest.raises(UnusableCalendarError) as caught:
        read(content)
    assert f"line {line}: " in str(caught.value)
    assert told in str(caught.value)
    assert caught.value.hint


@given(
    st.lists(
        st.sampled_from([*GOOGLE.splitlines(), *OUTLOOK.splitlines(), "RDATE:20260101", "\x1b[31m"])
        | st.text(max_size=30),
        max_size=40,
    )
)
def test_whatever_a_file_holds_it_is_read_or_refused(lines: list[str]) -> None:
    content = "\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]).encode(errors="replace")
    try:
        found = ics.read(content, OSLO)
    except UnusableCalendarError as error:
        told = str(error)
        found = ()
    else:
        told = "".join(one.name for one in found)
    assert "\x1b" not in told
    assert all(one.since < one.until for one in found)


def test_an_event_changes_what_is_expected_of_the_series_that_it_concerns(tmp_path: Path) -> None:
    (tmp_path / "campaigns.ics").write_text(GOOGLE)
    told = known(
        """\
calendar:
  - {name: Summer sale, from: 2026-07-01, to: 2026-07-03, factor: 3, brands: [acme]}
  - {name: Timetable, from: "2026-07-02T08:00", to: "2026-07-02T10:00:00Z", factor: 0.5,
     topics: [delays]}
  - {file: campaigns.ics, factor: 2, topics: [all]}
""",
        tmp_path,
    )
    shown = {
        str(one): [(str(each), each.since) for each in told.events(one.brand, one.topic)]
        for one in told.series(["x"])
    }
    sale = ("Summer sale (×3)", at(2026, 7, 1))
    timetable = ("Timetable (×0.5)", at(2026, 7, 2, 8))
    assert shown["acme/delays@x"] == [sale, timetable]
    assert shown["other/delays@x"] == [timetable]
    assert [name for name, _ in shown["other/all@x"]][-2:] == [
        "Newsletter, later (×2)",
        "Summer sale (×3.5)",
    ]
    now = at(2026, 7, 2, 9)
    events = told.events("acme", "delays")
    assert [str(one) for one in under_way(events, now, now + timedelta(minutes=1))] == [
        "Summer sale (×3)",
        "Timetable (×0.5)",
    ]
    setup = told.setup(told.series(["x"])[1], ["x"])
    assert [(one.begin, one.end, one.factor) for one in setup.events] == [
        (at(2026, 7, 1).timestamp(), at(2026, 7, 4).timestamp(), 3.0),
        (at(2026, 7, 2, 8).timestamp(), at(2026, 7, 2, 12).timestamp(), 0.5),
    ]


def test_holidays_are_those_of_the_countries_for_a_brand_its_own_and_for_years_to_come() -> None:
    told = loads(BRANDS + "holidays: [NO, DE-BY]\n")
    acme, other = (
        told.setup(one, ["x"]).holidays for one in told.series(["x"]) if one.topic == "all"
    )
    constitution, corpus_christi, swedish = date(2026, 5, 17), date(2099, 6, 11), date(2026, 6, 6)
    assert {constitution, corpus_christi} <= acme
    assert swedish not in acme
    assert swedish in other
    assert constitution not in other
    assert loads(BRANDS + "holidays: Norway\n").holidays == ("NO",)
    assert not loads(BRANDS).setup(told.series(["x"])[0], ["x"]).holidays


@pytest.mark.parametrize(
    ("text", "path", "message", "hint"),
    [
        ("holidays: no", "holidays", "`no`, whose holidays are not known", "`NO`"),
        ("holidays: [NO, Germny]", "holidays", "`Germny`", "did you mean `DE`?"),
        ("holidays: DE-Bavaria", "holidays", "`DE-Bavaria`", "`DE-BY`"),
        ("calendar: [{name: A, factor: 2}]", "calendar[0]", "is no event", "`from:`"),
        ("calendar: [{file: a.ics, factor: 2}]", "calendar[0].file", "no such file", "folder"),
        (
            "calendar: [{name: A, from: 2026-02-30, factor: 2}]",
            "calendar[0].from",
            "is no day and no time",
            "`2026-07-01`",
        ),
        (
            "calendar: [{name: A, from: 2026-07-02, to: 2026-07-01, factor: 2}]",
            "calendar[0]",
            "not after `from`",
            "exchange",
        ),
        (
            "calendar: [{name: A, from: 2026-07-02, factor: 0}]",
            "calendar[0].factor",
            "is out of its limits",
            "",
        ),
        (
            "calendar: [{name: A, from: 2026-07-02, factor: 2, topics: [delay]}]",
            "calendar[0].topics[0]",
            "is no topic of this file",
            "`delays`",
        ),
        (
            "calendar: [{name: A, from: 2026-07-02, factr: 2, factor: 3}]",
            "calendar[0].factr",
            "is no option here",
            "`factor`",
        ),
    ],
)
def test_a_mistake_in_the_calendar_has_its_place_and_a_remedy(
    tmp_path: Path, text: str, path: str, message: str, hint: str
) -> None:
    found = problem(text + "\n", tmp_path)
    assert found.path == path
    assert found.line == 7
    assert message in found.message
    assert hint in found.hint


def test_a_mistake_in_a_file_is_told_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(calendar(SOUND, "SUMMARY:\x1b[31mSale"))
    found = problem("calendar:\n  - {file: a.ics, factor: 2}\n", tmp_path)
    assert str(found) == (
        f"{tmp_path}/seawall.yaml:8: calendar[0].file cannot be used: line 12: "
        "`␛[31mSale` has no DTSTART: 'a.ics' (say when it begins)"
    )


def test_check_says_what_is_known_beforehand(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "campaigns.ics").write_text(GOOGLE)
    (tmp_path / "empty.ics").write_bytes(calendar())
    file = tmp_path / "seawall.yaml"
    file.write_text(
        BRANDS
        + "holidays: NO\ncalendar:\n"
        + "  - {name: Sale, from: 2026-07-01, factor: 1.5}\n"
        + "  - {file: campaigns.ics, factor: 2}\n"
        + "  - {file: empty.ics, factor: 2}\n"
    )
    said = seawall("check", file).out
    assert "knows the public holidays of NO, SE\n" in said
    assert "expects ×1.5 for Sale, from 2026-07-01T00:00+02:00 to 2026-07-02T00:00+02:00\n" in said
    assert "expects ×2 and ×3.5 for campaigns.ics, 4 times from 2026-03-25T08:00+01:00" in said
    assert "expects nothing of empty.ics, which has no event\n" in said
    summary = seawall("check", file, "--json").data["summary"]
    assert summary["holidays"] == ["NO", "SE"]
    assert [one["times"] for one in summary["calendar"]] == [1, 4, 0]


def test_a_watch_goes_on_under_another_calendar_with_what_it_has_learned(
    database: Database,
) -> None:
    before = Watch.start(configuration(), database, ["x"])
    until = BEGIN + timedelta(days=3)
    before.take(delivery(days(3), BEGIN, until))
    noon = until + timedelta(hours=12)
    sale = f"calendar: [{{name: Sale, from: {noon:%Y-%m-%dT%H:%MZ}, factor: 4, topics: [booking]}}]"
    after = Watch.start(
        configuration(recording=f"recording: {{platform: x}}\nholidays: NO\n{sale}"),
        database,
        ["x"],
    )
    buckets = [int((noon + timedelta(hours=hours)).timestamp()) for hours in (-1, 0, 1)]
    earlier, later = before.panels["x"], after.panels["x"]
    assert earlier.version == later.version
    booking = earlier.index("fjordwing", "booking")
    usual, raised = (one.detector.expectation(buckets)[:, booking] for one in (earlier, later))
    assert raised.tolist() == (usual * [1, 4, 4]).tolist()


def test_a_briefing_says_what_was_known_beforehand(database: Database) -> None:
    until = BEGIN + timedelta(days=3)
    storm = [*days(3), *flood(until, 20)]
    sale = f"calendar: [{{name: Sale, from: {until:%Y-%m-%dT%H:%MZ}, factor: 2}}]"
    watch = Watch.start(
        configuration(recording=f"recording: {{platform: x}}\n{sale}"), database, ["x"]
    )
    watch.take(delivery(storm, BEGIN, until + timedelta(hours=1)))
    with database.read() as connection:
        [incident] = situations.incidents(connection)
        briefing = situations.latest_briefing(connection, incident.id)
    assert briefing.foreseen == ("Sale (×2)",)
    assert statements.posts(briefing).endswith("expected, Sale (×2) included")
