"""Reports of an incident and of a month, from a store whose answers were worked out by hand."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from playwright.sync_api import Browser
from sqlalchemy import Connection

from alerts.incidents.incident import Kind, Verdict
from alerts.incidents.milestones import Milestone, Standing
from alerts.plain_text import visible
from monitor.configuration import Configuration, ConfigurationError, loads
from monitor.reporting import figures, html, incident_words, markdown, month_words, pdf
from monitor.reporting import incident as of_incident
from monitor.reporting import month as of_month
from monitor.reporting.clock import breaches, clock, clocks
from monitor.reporting.document import Document, Table
from monitor.reporting.figures import Counted, Nights, Times
from monitor.reporting.incident import IncidentReport
from monitor.reporting.month import Entry, Handovers, Month, MonthReport, TeamMonth
from monitor.store import Database, situations, views
from tests import airline, november
from tests.alerts import scenes
from tests.conftest import new_store
from tests.monitor.command_line import Seawall, in_process
from tests.monitor.conftest import PHONE
from tests.november import HOSTILE, MINUTE, NIGHT, NOW, SECRET, WORD
from tests.papers import words_of

HOSTILE_AS_SHOWN = visible(HOSTILE)
OSLO = "Europe/Oslo"


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return november.configured()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A store of each kind in turn, with all of November in it."""
    store = Database.open(new_store(request, tmp_path_factory.mktemp("november"), request.param))
    november.november(store)
    with store.read() as connection:
        yield connection
    store.close()


@pytest.fixture(scope="module")
def night(connection: Connection, configuration: Configuration) -> IncidentReport:
    one = situations.one_incident(connection, NIGHT)
    return of_incident.report(connection, configuration, one, NOW, OSLO)


@pytest.fixture(scope="module")
def month(connection: Connection, configuration: Configuration) -> MonthReport:
    return of_month.report(connection, configuration, Month.named("2026-11", OSLO), NOW)


@pytest.fixture
def care(month: MonthReport) -> TeamMonth:
    [team] = month.teams
    return team


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store in a file, and its configuration beside it."""
    store = Database.open(f"sqlite:///{tmp_path / 'seawall.db'}")
    november.november(store)
    store.close()
    (tmp_path / "seawall.yaml").write_text(november.written())
    return tmp_path / "seawall.db"


@pytest.fixture
def seawall(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """The command line in that folder, on 30 November."""
    monkeypatch.chdir(file.parent)
    monkeypatch.setattr("monitor.clock.wall", lambda: NOW)
    return in_process(monkeypatch, capsys)


def test_the_clock_of_an_incident_is_read_from_the_store(night: IncidentReport) -> None:
    reached = {one.milestone: _minutes(one.after) for one in night.clock.marks}
    assert reached == {
        Milestone.ONSET: 0,
        Milestone.DETECTED: 4,
        Milestone.NOTIFIED: 5,
        Milestone.ACKNOWLEDGED: 35,
        Milestone.DRAFTED: 4,
        Milestone.APPROVED: None,
        Milestone.FIRST_WORD: 50,
        Milestone.MITIGATED: 90,
        Milestone.RESOLVED: 150,
    }
    standing = {one.milestone: one.standing for one in night.clock.marks if one.standing}
    assert standing == {
        Milestone.DETECTED: Standing.KEPT,
        Milestone.ACKNOWLEDGED: Standing.BREACHED,
        Milestone.FIRST_WORD: Standing.KEPT,
    }


def _minutes(span: timedelta | None) -> float | None:
    return None if span is None else span / MINUTE


def test_clocks_of_many_are_those_of_each(
    connection: Connection, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = situations.incidents(connection)
    each = {one.id: clock(connection, configuration, one, NOW) for one in everything}
    monkeypatch.setattr("monitor.reporting.clock.MOST", 3)
    assert clocks(connection, configuration.targets.by_milestone, everything, NOW) == each


def test_every_breach_there_ever_was_is_counted(
    connection: Connection, configuration: Configuration
) -> None:
    assert breaches(connection, configuration.targets.by_milestone, NOW) == {
        Milestone.DETECTED: 0,
        Milestone.ACKNOWLEDGED: 3,  # the night, one of October, and one that nobody took
        Milestone.FIRST_WORD: 3,  # one that people told of, the restricted one, one of October
    }


def test_an_incidents_report_has_what_happened_as_it_was(night: IncidentReport) -> None:
    assert [one.revision for one in night.in_full] == [1, 3, 9]
    assert [(one.actor, one.place) for one in night.timeline][:5] == [
        ("seawall", None),
        ("Content", None),
        ("seawall", None),
        ("Ola", "slack"),
        ("Kari Nygård", "slack"),
    ]
    [brief] = night.briefs
    assert (brief.instruction.true, list(brief.readers)) == (("Booking is down",), ["Kari Nygård"])
    assert [(one.person, one.answer) for one in night.calls] == [
        ("Kari Nygård", "none"),
        ("Kari Nygård", "desk"),
    ]
    assert [(one.function, one.answered) for one in night.tried] == [("Operations control", True)]
    assert night.spent == 1.25
    [blind] = night.blind
    assert (blind.source, blind.until - blind.since if blind.until else None) == (
        "bluesky",
        30 * MINUTE,
    )


def test_every_kind_of_incident_can_be_reported(
    connection: Connection, configuration: Configuration
) -> None:
    for one in situations.incidents(connection):
        report = of_incident.report(connection, configuration, one, NOW, OSLO)
        document = incident_words.document(report)
        assert one.id in html.written(document)
        assert (document.picture is None) is (one.kind is Kind.REPORTED)


def test_times_are_those_of_the_readers_zone(
    connection: Connection, configuration: Configuration
) -> None:
    one = situations.one_incident(connection, NIGHT)
    report = of_incident.report(connection, configuration, one, NOW, "Europe/London")
    text = markdown.written(incident_words.document(report))
    assert "Sat 21 Nov, 22:07 GMT" in text
    assert "looked at again: Sun 22 Nov, 08:07 GMT" in text
    assert "CET" not in text


def test_incidents_are_counted_by_kind_and_verdict_in_the_month_of_the_zone(
    care: TeamMonth,
) -> None:
    assert care.kinds == (
        Counted(Kind.SURGE, True, Verdict.REAL, 1),
        Counted(Kind.SURGE, True, Verdict.FALSE_ALARM, 1),
        Counted(Kind.SURGE, False, None, 1),
        Counted(Kind.REPORTED, True, None, 1),
    )
    assert (care.name, care.incidents, care.missed) == ("Customer care", 4, 1)


def test_times_from_the_onset_are_those_of_incidents_that_call(care: TeamMonth) -> None:
    assert care.times == {
        Milestone.DETECTED: Times(2, 2, 7 * MINUTE, 10 * MINUTE),
        Milestone.ACKNOWLEDGED: Times(3, 3, 20 * MINUTE, 35 * MINUTE),
        Milestone.APPROVED: Times(0, 3, None, None),
        Milestone.FIRST_WORD: Times(1, 3, 50 * MINUTE, 50 * MINUTE),
    }
    assert care.breaches == {
        Milestone.DETECTED: 0,
        Milestone.ACKNOWLEDGED: 1,
        Milestone.FIRST_WORD: 1,
    }


def test_what_has_no_target_is_not_called_late_or_in_time(month: MonthReport) -> None:
    [care, *_] = month_words.document(month).sections
    [times] = [one for one in care.blocks if isinstance(one, Table) and "Median" in one.heads]
    last = {row[0]: row[-1] for row in times.rows}
    assert (last["First approved"], last["Detected"], last["First word"]) == ("", "0", "1")


def test_a_night_in_which_somebody_was_called_counts_once(care: TeamMonth) -> None:
    assert care.nights == Nights(woken=2, falsely=1, calls=3, declined=1)


def test_what_a_person_reported_and_was_nothing_was_not_missed() -> None:
    told = replace(scenes.incident(), kind=Kind.REPORTED)
    nothing = [replace(told, verdict=one) for one in (Verdict.FALSE_ALARM, Verdict.NOT_OURS)]
    assert figures.missed([told, replace(told, verdict=Verdict.REAL), *nothing]) == 2


def test_promotions_that_were_paused_before_anybody_asked_are_told(care: TeamMonth) -> None:
    paused = replace(scenes.incident(), paused_at=scenes.DETECTED)
    assert (figures.paused_unasked([paused]), care.paused_unasked) == (1, 0)
    unasked = replace(care, promotions=Times(0, 0, None, None), paused_unasked=1)
    facts = dict(month_words.facts(unasked))
    assert facts["Promotions"] == "paused without being asked in 1 case"


def test_handovers_silences_and_promotions_are_counted(care: TeamMonth) -> None:
    assert care.handovers == Handovers(accepted=1, waiting=1, empty=1)
    assert care.public.silences == 1
    assert care.promotions == Times(1, 1, 15 * MINUTE, 15 * MINUTE)


def test_blind_hours_and_spending_are_those_of_the_month(month: MonthReport) -> None:
    assert month.blind == {"bluesky": 3.5}
    assert month.spent == {"archive": 0.8, "x": 4.2}
    assert (month.real, month.per_real) == (1, 5.0)


def test_the_months_of_a_zone_follow_its_clock() -> None:
    october = Month.named("2026-10", OSLO)
    assert october.since == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.until == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert Month.named("2026-12", "UTC").until == datetime(2027, 1, 1, tzinfo=UTC)
    for name in ("2026-13", "2026-1", "1969-12", "november"):
        with pytest.raises(ValueError, match="write it as 2026-11"):
            Month.named(name, OSLO)


def test_a_month_without_anything_says_so(
    connection: Connection, configuration: Configuration
) -> None:
    empty = of_month.report(connection, configuration, Month.named("2026-09", "UTC"), NOW)
    text = markdown.written(month_words.document(empty))
    assert "No incidents." in text
    assert "No paid source." in text
    assert (empty.per_real, empty.blind, empty.teams[0].nights) == (None, {}, Nights(0, 0, 0, 0))


def test_without_teams_the_month_is_everybodys(connection: Connection) -> None:
    alone = loads(airline.CONFIGURATION)
    [team] = of_month.report(connection, alone, Month.named("2026-11", OSLO), NOW).teams
    assert (team.id, team.name, team.incidents) == (None, "Everybody", 4)


def test_what_is_not_recorded_is_listed_and_not_left_out(month: MonthReport) -> None:
    text = markdown.written(month_words.document(month))
    after = text.partition("## Not recorded")[2]
    for word in ("operations knew", "answer rate", "satisfaction", "drills"):
        assert word in after


def test_no_person_is_named_in_a_month(month: MonthReport) -> None:
    text = markdown.written(month_words.document(month)) + repr(month)
    assert not re.search("Kari|Nora|Ben|Ola", text)


def test_a_restricted_incident_is_only_counted(
    month: MonthReport, connection: Connection, configuration: Configuration
) -> None:
    assert month.hidden == 1
    [entry] = [one for one in month.incidents if one.restricted]
    assert entry == Entry(SECRET, "Incident Fjord", entry.detected_at, restricted=True)
    assert WORD not in repr(month)
    seen = of_month.report(connection, configuration, month.month, NOW, sees_restricted=True)
    assert seen.hidden == 0
    assert seen.teams[0].incidents == 5
    assert WORD in repr(seen)


def test_who_may_see_a_restricted_incident_is_noted_and_nobody_else_sees_it(
    seawall: Seawall, file: Path
) -> None:
    for by in ([], ["--by", "Kari Nygård"], ["--by", "Somebody"]):
        refused = seawall("report", "secret", *by)
        assert refused.status == 1
        assert WORD not in refused.out + refused.err
    assert WORD not in seawall("report", "--month", "2026-11", "--by", "kari").out
    assert WORD not in seawall("report", "--month", "2026-11", "--json").out
    assert WORD in seawall("report", "secret", "--by", "nora").out
    assert WORD in seawall("report", "--month", "2026-11", "--by", "Nora Vik").out
    store = Database.open(f"sqlite:///{file}")
    with store.read() as connection:
        looks = [(one.person, one.place) for one in views.of(connection, SECRET)]
    store.close()
    assert looks == [("nora", "report"), ("nora", "report")]


def test_all_formats_are_written_to_files_and_json_is_the_same_data(
    seawall: Seawall, file: Path
) -> None:
    for name in ("night.html", "night.md", "night.pdf"):
        assert seawall("report", "night", "--output", name).status == 0
    assert (file.parent / "night.html").read_text().startswith("<!doctype html>")
    assert "](<night.png>)" in (file.parent / "night.md").read_text()
    assert (file.parent / "night.png").read_bytes().startswith(b"\x89PNG")
    assert "35min" in words_of((file.parent / "night.pdf").read_bytes())
    unknown = seawall("report", "night", "--output", "night.docx")
    assert (unknown.status, (file.parent / "night.docx").exists()) == (2, False)
    assert "A report is .html, .pdf or .md" in " ".join(unknown.err.replace("│", "").split())
    assert seawall("report", "night", "--output", "x.docx", "--format", "html").status == 0
    data = seawall("report", "night", "--json").data
    [taken] = [one for one in data["clock"]["marks"] if one["milestone"] == "acknowledged"]
    assert taken == {
        "milestone": "acknowledged",
        "at": "2026-11-21T22:42:00Z",
        "after": 35 * 60,
        "target": 25 * 60,
        "standing": "breached",
        "asked": True,
        "by": "Kari Nygård",
    }
    month = seawall("report", "--month", "2026-11", "--json").data
    assert month["teams"][0]["times"]["acknowledged"]["median"] == 20 * 60
    assert "satisfaction" in month["not_recorded"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give an incident, or --month"),
        (["night", "--month", "2026-11"], "give an incident, or --month"),
        (["--month", "2026-00"], "write it as 2026-11"),
        (["--month", "2027-01"], "has not begun yet"),
        (["nobody"], "no incident 'nobody'"),
        (["night", "--output", "nowhere/night.pdf"], "is no folder"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    seawall: Seawall, arguments: list[str], said: str
) -> None:
    refused = seawall("report", *arguments)
    assert refused.status > 0
    assert said in refused.err


@pytest.fixture
def documents(night: IncidentReport, month: MonthReport) -> list[Document]:
    return [incident_words.document(night), month_words.document(month)]


def test_the_page_is_whole_and_inert_in_a_browser(
    documents: list[Document], browser: Browser, complaints: list[str]
) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    for document in documents:
        page.set_content(html.written(document))
        assert page.locator("h1").inner_text() == document.title
        assert page.locator("script, iframe, object").count() == 0
        assert page.evaluate("document.body.scrollWidth") <= PHONE["width"]
    page.set_content(html.written(documents[0]))
    assert HOSTILE_AS_SHOWN in page.locator("body").inner_text()
    picture = page.locator("img")
    assert picture.evaluate("one => one.complete && one.naturalWidth") == 1080
    assert page.locator("tr.marked").first.inner_text().startswith("Acknowledged")
    addresses = page.locator("a").evaluate_all("all => all.map(one => one.protocol)")
    assert set(addresses) <= {"https:", "http:"}
    context.close()
    assert complaints == []


def test_markdown_shows_strangers_words_and_follows_none(documents: list[Document]) -> None:
    reader = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    for document in documents:
        pieces = reader.parse(markdown.written(document))
        inside = [inner for piece in pieces for inner in piece.children or ()]
        assert {piece.type for piece in inside} <= {
            "text",
            "hardbreak",
            "strong_open",
            "strong_close",
        }
        assert not [piece for piece in pieces if piece.type.startswith("html")]
    shown = _shown(reader.parse(markdown.written(documents[0])))
    assert HOSTILE_AS_SHOWN in shown
    assert documents[0].title in shown


def _shown(pieces: list[Token]) -> str:
    return "\n".join("".join(one.content for one in piece.children or ()) for piece in pieces)


def test_the_pdf_shows_strangers_words_and_runs_none(documents: list[Document]) -> None:
    for document in documents:
        paper = pdf.written(document)
        assert paper.startswith(b"%PDF-1.7")
        assert "".join(document.title.split()) in words_of(paper)
        assert pdf.written(document) == paper
        assert not re.search(rb"/(JavaScript|JS|Launch|OpenAction|URI)\b", paper)
    words = words_of(pdf.written(documents[0]))
    assert '#import"@preview/x:1":*#eval("1+1")<script>alert(1)</script>' in words
    assert "breached" in words


def test_targets_that_become_shorter_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="asks for `first_word` before `acknowledged`"):
        loads(airline.CONFIGURATION + "targets: {acknowledged: 2h}")
