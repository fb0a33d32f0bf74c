"""A data breach has a clock: since when it is known, until when it is notified, and who decides."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from alerts.briefings import statements
from alerts.duty.notices import Notice
from alerts.incidents.incident import Kind, Refused
from alerts.notifiers import Pressed
from alerts.words.playbooks import UNKNOWN
from detectors import Series
from monitor.configuration import Configuration, loads
from monitor.http.application import application
from monitor.incidents import pressing
from monitor.incidents.rights import Forbidden
from monitor.reporting import incident as of_incident
from monitor.reporting import incident_words, markdown
from monitor.staffing import duty, shifts
from monitor.store import Database, schema, situations
from tests.alerts import scenes
from tests.monitor.command_line import in_process
from tests.service import RunningService, configured, new_database, secret, served, tell

ID = "fjordwing-w6dup7qd"
LEAK = Series("fjordwing", "leak", "x")
HOUR = timedelta(hours=1)
ACKNOWLEDGED = scenes.DETECTED + timedelta(minutes=8)  # Sat 21 Nov, 23:19 in Oslo

WRITTEN = """
timezone: Europe/Oslo
brands: {fjordwing: {name: Fjordwing Air, terms: [fjordwing]}}
topics:
  leak: {name: Leaked data, situation: breach, terms: [leak*]}
  booking: {name: Booking, terms: [booking]}
notify: [{kind: terminal}, {kind: terminal, name: crisis}, {kind: terminal, name: phone}]
people:
  kari: {name: Kari Nygård, reach: [phone], rights: [act, lead]}
  ola: {name: Ola Berg, reach: [phone]}
  nora: {name: Nora Lie, reach: [phone], timezone: Europe/London}
teams:
  care:
    name: Customer care
    people: [kari, ola]
    channel: [terminal]
    on_call: {people: [kari, ola], from: 2026-11-16T09:00, every: 7d}
restricted: {people: [kari], channel: [crisis], name: Incident Fjord}
breach: {decide: [nora], nis2: true}
"""
CONFIGURED = loads(WRITTEN)
GDPR_ONLY = loads(WRITTEN.replace(", nis2: true", ""))

API = "/api/v1/incidents"
Press = Callable[..., str]


@pytest.fixture
def press(database: Database) -> Press:
    """What somebody says of an incident about leaked data that nobody knows of yet."""
    return _pressing(database)


def _pressing(database: Database) -> Press:
    about = replace(scenes.incident(scenes.surge(LEAK)), acknowledged_at=None, acknowledged_by=None)
    desk = replace(scenes.DESK, topic_names={"leak": "Leaked data"}, situations={"leak": "breach"})
    charts = {LEAK: scenes.CHARTS[scenes.BOOKING_ON_X]}
    tell(database, about, scenes.briefing(about=about, said=[], desk=desk, charts=charts))

    def say(verb: str, by: str, at: datetime, value: str = "", note: str = "") -> str:
        with database.write() as connection:
            pressed = Pressed(verb, ID, by, "shell", value, note)
            return str(pressing.do(CONFIGURED, pressed, at, connection))

    return say


def known(database: Database) -> list[str]:
    """What its newest briefing says of it."""
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, ID)
    return (statements.facts(briefing).get("Data breach") or "").splitlines()


def attended(
    database: Database, at: datetime, configuration: Configuration = CONFIGURED
) -> list[Notice]:
    """What those who decide are told by then, and were not before."""
    n = schema.notice.c
    told = n.id.startswith("breach/")
    with database.write() as connection:
        before = {*connection.scalars(schema.notice.select().with_only_columns(n.id).where(told))}
        duty.attend(connection, configuration, at)
        rows = connection.execute(
            schema.notice.select().with_only_columns(n.id, n.content).where(told).order_by(n.id)
        )
        return [Notice.from_json(content) for id, content in rows if id not in before]


def test_until_a_person_says_so_it_counts_from_whoever_saw_it_first(
    database: Database, press: Press
) -> None:
    assert known(database) == []
    press("acknowledge", "ola", ACKNOWLEDGED)
    assert known(database) == [
        "aware since Sat 21 Nov, 23:19 CET at the earliest: Ola Berg acknowledged it",
        "NIS2 early warning: 24 h, until Sun 22 Nov, 23:19 CET; Nora Lie decides",
        "GDPR Art. 33: 72 h, until Tue 24 Nov, 23:19 CET; Nora Lie decides",
    ]
    press("decline", "ola", ACKNOWLEDGED + HOUR)
    assert len(known(database)) == 3, "who gave it back knew of it all the same"
    press("judge", "kari", ACKNOWLEDGED + 2 * HOUR, "real")
    assert "23:19" in known(database)[0]


def test_who_found_it_real_knew_of_it_whatever_is_found_later(
    database: Database, press: Press
) -> None:
    press("judge", "kari", ACKNOWLEDGED, "real")
    for hours, verdict in enumerate(("not_ours", "real"), 1):
        press("judge", "ola", ACKNOWLEDGED + hours * HOUR, verdict)
        assert known(database)[0].endswith("23:19 CET at the earliest: Kari Nygård found it real")


def test_split_off_it_was_known_as_early_as_what_it_was_a_part_of(
    database: Database, press: Press
) -> None:
    with database.write() as connection:
        one = situations.one_incident(connection, ID)
        booking = replace(one.surges[0], series=replace(LEAK, topic="booking"))
        situations.put_incident(connection, replace(one, surges=(*one.surges, booking)))
    press("acknowledge", "ola", ACKNOWLEDGED)
    press("decline", "ola", ACKNOWLEDGED)
    off = press("split", "kari", ACKNOWLEDGED + HOUR, "leak").split()[3]
    with database.read() as connection:
        breach = situations.latest_briefing(connection, off).breach
    assert breach
    assert breach.aware_at == ACKNOWLEDGED


def test_who_decides_says_since_when_it_is_certain(database: Database, press: Press) -> None:
    press("acknowledge", "ola", ACKNOWLEDGED)
    press("aware", "nora", ACKNOWLEDGED + 3 * HOUR, "01:10", "the provider wrote")
    assert known(database)[0] == "aware since Sun 22 Nov, 02:10 CET, says Nora Lie"
    assert known(database)[2].startswith("GDPR Art. 33: 72 h, until Wed 25 Nov, 02:10 CET")
    with database.read() as connection:
        note = situations.timeline(connection, ID)[-1]
    assert (note["kind"], note["note"]) == ("aware", "Sun 22 Nov, 02:10 CET: the provider wrote")


@pytest.mark.parametrize(
    ("verb", "by", "value", "note", "why"),
    [
        ("aware", "kari", "01:10", "it leaked", "Kari Nygård may not .* Nora Lie may"),
        ("decide", "ola", "gdpr notified", "4711", "Ola Berg may not"),
        ("aware", "nora", "2h", "", "say what made it certain"),
        ("aware", "nora", "2026-12-24T01:00", "later", "a time in the past 30 days"),
        ("decide", "nora", "gdpr perhaps", "4711", "it is `gdpr` or `nis2`, and `notified`"),
        ("decide", "nora", "gdpr notified", "", "or under which number"),
    ],
)
def test_nobody_else_says_so_and_not_without_a_reason(
    press: Press, verb: str, by: str, value: str, note: str, why: str
) -> None:
    press("acknowledge", "ola", ACKNOWLEDGED)
    with pytest.raises((Refused, Forbidden), match=why):
        press(verb, by, ACKNOWLEDGED + 3 * HOUR, value, note)


def test_who_decides_is_told_at_the_beginning_half_way_and_when_12_hours_are_left(
    database: Database, press: Press
) -> None:
    assert attended(database, ACKNOWLEDGED, GDPR_ONLY) == []
    press("acknowledge", "ola", ACKNOWLEDGED)
    told = {
        hour: attended(database, ACKNOWLEDGED + hour * HOUR, GDPR_ONLY)
        for hour in (0, 1, 35, 36, 37, 59, 60, 71, 90)
    }
    assert [hour for hour, notices in told.items() if notices] == [0, 36, 60]
    [last] = told[60]
    assert (last.person, last.urgent) == ("nora", True)
    assert last.title.startswith("Data breach, 12 h left to decide: Fjordwing Air: Leaked data")
    assert last.lines[1] == "GDPR Art. 33: 72 h, until Tue 24 Nov, 22:19 GMT; Nora Lie decides"


def test_who_sees_it_days_later_is_told_all_the_same(database: Database, press: Press) -> None:
    later = ACKNOWLEDGED + 6 * 24 * HOUR
    press("acknowledge", "ola", later)
    assert len(attended(database, later)) == 2


def test_neither_law_takes_the_place_of_the_other_in_the_outbox(
    database: Database, press: Press
) -> None:
    press("acknowledge", "ola", ACKNOWLEDGED)
    told = {one.id for one in attended(database, ACKNOWLEDGED)}
    n = schema.notice.c
    with database.read() as connection:
        waiting = schema.notice.select().with_only_columns(n.id).where(n.delivered.is_(False))
        assert {*connection.scalars(waiting)} >= told


def test_who_decides_is_told_of_the_whole_what_was_said_of_a_part(database: Database) -> None:
    letters = [
        replace(scenes.incident(), id=id, kind=Kind.REPORTED, subject="A letter", surges=())
        for id in (ID, f"{ID}2")
    ]
    for one in letters:
        told = scenes.briefing(about=one, said=[], charts={})
        tell(database, one, replace(told, situation=UNKNOWN))
    with database.write() as connection:
        for by, verb, id, value in (
            ("nora", "aware", f"{ID}2", "1h"),
            ("kari", "merge", ID, f"{ID}2"),
        ):
            said = Pressed(verb, id, by, "api", value, "it is our data")
            pressing.do(CONFIGURED, said, ACKNOWLEDGED + HOUR, connection)
    [told] = attended(database, ACKNOWLEDGED + HOUR, GDPR_ONLY)
    assert told.incident == ID


def test_what_is_decided_is_over_and_the_other_law_is_not(database: Database, press: Press) -> None:
    press("acknowledge", "ola", ACKNOWLEDGED)
    assert len(attended(database, ACKNOWLEDGED)) == 2
    press("decide", "nora", ACKNOWLEDGED + HOUR, "nis2 not_needed", "no essential service")
    assert known(database)[1] == (
        "NIS2 early warning: need not be notified, says Nora Lie, Sun 22 Nov, 00:19 CET"
    )
    half = attended(database, ACKNOWLEDGED + 40 * HOUR)
    assert [one.id.split("/")[2] for one in half] == ["gdpr"]
    press("decide", "nora", ACKNOWLEDGED + 41 * HOUR, "gdpr notified", "reference 4711")
    assert attended(database, ACKNOWLEDGED + 62 * HOUR) == []


def test_of_a_restricted_breach_a_phone_learns_no_more_than_that_time_runs(
    database: Database, press: Press
) -> None:
    press("acknowledge", "kari", ACKNOWLEDGED)
    press("restrict", "kari", ACKNOWLEDGED)
    told = attended(database, ACKNOWLEDGED + 36 * HOUR, GDPR_ONLY)
    assert [(one.title, one.lines) for one in told] == [
        ("36 h left to decide: Incident Fjord", ("What it is stands where you may read it.",))
    ]
    with database.read() as connection:
        team = CONFIGURED.rosters["care"]
        matters = {
            reader: shifts.matters(connection, CONFIGURED, team, reader, ACKNOWLEDGED)[0].words
            for reader in ("kari", "ola")
        }
    assert matters["ola"] == ()
    assert matters["kari"][0].startswith("Data breach, aware since Sat 21 Nov, 23:19 CET")


def test_the_report_has_it_with_the_clock(database: Database, press: Press) -> None:
    press("acknowledge", "ola", ACKNOWLEDGED)
    with database.read() as connection:
        one = situations.one_incident(connection, ID)
        report = of_incident.report(connection, CONFIGURED, one, ACKNOWLEDGED, "Europe/Oslo")
    written = markdown.written(incident_words.document(report), None)
    clock = written.partition("## The clock")[2].partition("\n## ")[0]
    assert "Data breach, GDPR Art. 33: 72 h, until Tue 24 Nov, 23:19 CET" in clock.replace("\\", "")


def test_what_somebody_reports_is_a_breach_once_who_decides_says_so(database: Database) -> None:
    about = replace(scenes.incident(), id=ID, kind=Kind.REPORTED, subject="A letter", surges=())
    tell(
        database,
        about,
        replace(scenes.briefing(about=about, said=[], charts={}), situation=UNKNOWN),
    )
    assert attended(database, ACKNOWLEDGED) == []
    with database.write() as connection:
        said = Pressed("aware", ID, "nora", "api", "1h", "it is our data")
        pressing.do(CONFIGURED, said, ACKNOWLEDGED + HOUR, connection)
    assert known(database)[0] == "aware since Sat 21 Nov, 23:19 CET, says Nora Lie"
    assert len(attended(database, ACKNOWLEDGED + HOUR)) == 2


def test_from_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(new_database(tmp_path / "a.db")) as database:
        _pressing(database)("acknowledge", "ola", ACKNOWLEDGED)
    (tmp_path / "c.yaml").write_text(WRITTEN)
    store = f"sqlite:///{tmp_path / 'a.db'}"
    where = ("--by", "nora", "--config", tmp_path / "c.yaml", "--database", store)
    seawall = in_process(monkeypatch, capsys)
    assert "at the earliest: Ola Berg" in seawall("breach", "show", ID, *where).out
    done = seawall("breach", "decide", ID, "notified", "--because", "reference 4711", *where)
    assert done.status == 0, done.err
    assert "GDPR Art. 33: notified, says Nora Lie" in seawall("breach", "show", ID, *where).out


def test_over_the_api_and_on_the_page(tmp_path: Path) -> None:
    tokens = dict.fromkeys(("nora", "kari"), ("read", "act"))
    people = "people: {kari: {name: Kari, rights: [act, lead]}, nora: {name: Nora Lie}}"
    configuration = configured(tmp_path, tokens, people, "breach: {decide: [nora]}")
    with closing(new_database(tmp_path / "a.db")) as database:
        tell(database, scenes.incident(), scenes.briefing())
        service = RunningService(configuration, database, ACKNOWLEDGED + HOUR)
        with served(application(service, CollectorRegistry())) as url:
            asked = {"what": "aware", "value": "1h", "note": "the provider wrote"}
            done = httpx.post(f"{url}{API}/{ID}/breach", json=asked, headers=_token("nora"))
            refused = httpx.post(f"{url}{API}/{ID}/breach", json=asked, headers=_token("kari"))
            hold = {"step": "hold", "note": "a claim"}
            held = httpx.post(f"{url}{API}/{ID}/steps", json=hold, headers=_token("kari"))
            with httpx.Client(base_url=url) as page:
                page.post("/sign-in", data={"token": secret("kari")})
                shown = page.get(f"/incidents/{ID}?more=1").text
    assert (
        done.json()["words"] == "a data breach is known since Sat 21 Nov, 23:19 CET, says Nora Lie"
    )
    assert (refused.status_code, held.json()["incident"]["held_by"]) == (403, "Kari")
    assert "GDPR Art. 33: 72 h, until Tue 24 Nov, 23:19 CET; Nora Lie decides" in shown
    assert '<option value="gdpr not_needed">' in shown
    assert "Release it from legal hold" in shown


def _token(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret(name)}"}
