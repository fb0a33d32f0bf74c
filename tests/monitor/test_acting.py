"""Acting on incidents from a shell, in one's own name."""

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.clock import SimulatedClock
from monitor.store import Database, views, volume
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.monitor.command_line import Answer, Seawall, in_process
from tests.monitor.test_deeds import BAGS, ID, NOW, PEOPLE, bags
from tests.service import new_database, tell


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """`seawall` in a folder with a store, in which an incident has two topics, and its clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEAWALL_CONFIG", raising=False)
    with closing(new_database(tmp_path / "seawall.db")) as database:
        about = replace(
            scenes.incident(*scenes.incident().surges, bags(minutes=3)),
            acknowledged_at=None,
            acknowledged_by=None,
        )
        charts = {**scenes.CHARTS, BAGS: scenes.chart(peak=4, gap=True)}
        tell(database, about, scenes.briefing(about=about, charts=charts))
        with database.write() as connection:
            volume.put_clock(connection, SimulatedClock.standing(NOW))
    return in_process(monkeypatch, capsys)


def act(seawall: Seawall, command: str, *more: str, by: str = "Kari") -> Answer:
    return seawall("incidents", *command.split(), *more, "--by", by)


def test_each_step_has_a_command_and_shows_what_it_did(seawall: Seawall) -> None:
    for command, said in (
        (f"ack {ID} --in 10m", "acknowledged by Kari, at a desk by 23:41"),
        (f"assign {ID} --to IT --because outage", "assigned to IT by Kari: outage"),
        (f"mitigate {ID}", "mitigated, says Kari"),
        (f"snooze {ID} --until 07:00", "snoozed until Sun 22 Nov, 07:00 CET by Kari"),
        (f"snooze {ID} --until-doubled", "snoozed until it doubles by Kari"),
        (f"wake {ID}", "no longer snoozed, by Kari"),
        (f"rate {ID} minor", "MINOR, says Kari"),
        (f"judge {ID} false-alarm --because test", "Kari finds that it is a false alarm: test"),
        (f"paused {ID}", "promotions are paused, says Kari"),
        (f"keep-silent {ID} --until 2h --because threat", "nothing is said in public, Kari"),
        (f"split {ID} baggage", "split by Kari: baggage is fjordwing-"),
        (f"undo {ID}", "undone by Kari: the split of fjordwing-"),
        (f"decline {ID}", "Kari cannot take it"),
        (f"ack {ID} --phone", "acknowledged by Kari, by phone"),
        (f"resolve {ID}", "resolved by Kari"),
        (f"reopen {ID}", "reopened by Kari"),
    ):
        answer = act(seawall, command)
        assert (answer.status, "not checked who may do this" in answer.err) == (0, True), command
        assert said in answer.out, command
    act(seawall, f"note {ID}", "the queue is 400")
    listed = " ".join(seawall("incidents", "list").out.split())
    assert "assigned to IT; found to be a false alarm, says Kari" in listed
    shown = seawall("incidents", "show", ID).out
    assert "nothing is said; looked at again Sun 22 Nov, 01:31 CET" in shown
    assert "Kari notes: the queue is 400  from a shell" in shown
    data = seawall("incidents", "show", ID, "--json").data
    assert (data["assigned_to"], data["verdict"]) == ("IT", "false_alarm")
    assert data["timeline"][-1]["note"] == "the queue is 400"


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (f"ack {ID} --in 10m --phone", 2, "give --in or --phone"),
        (f"snooze {ID}", 2, "give one of --until, --for and --until-doubled"),
        (f"snooze {ID} --for 2h --until 07:00", 2, "give one of"),
        (f"wake {ID}", 1, "is not snoozed"),
        (f"rate {ID} odd", 1, "minor, major, critical"),
        (f"split {ID} delays", 1, "has no topic delays; it has baggage, booking"),
        (f"merge {ID} {ID}", 1, "cannot be merged with itself"),
        ("open --brand fjordwing down", 1, "this needs the configuration; give it with --config"),
        (f"restrict {ID}", 1, "name who may, under `restricted`"),
        ("undo nothing", 1, "no incident 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_said(
    seawall: Seawall, command: str, status: int, said: str
) -> None:
    answer = act(seawall, command)
    assert (answer.status, said in " ".join(answer.err.replace("│", "").split())) == (status, True)


def test_a_reported_incident_is_merged_into_by_what_is_found(seawall: Seawall) -> None:
    Path("seawall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    made = act(seawall, "open --brand fjordwing", "Check-in is down", "--json").data
    assert (made["kind"], made["subject"]) == ("reported", "Check-in is down")
    merged = act(seawall, f"merge {made['id']} {ID}", "--json").data
    assert merged["topics"] == ["baggage", "booking"]
    assert seawall("incidents", "show", ID, "--json").data["merged_into"] == made["id"]


def test_rights_hold_in_a_shell_and_what_is_restricted_stays_closed(seawall: Seawall) -> None:
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE, encoding="utf-8")
    act(seawall, f"note {ID}", "PLANTED word", by="kari")
    refused = act(seawall, f"restrict {ID}", by="ola")
    assert (refused.status, "it takes the right `lead`" in refused.err) == (1, True)
    assert "nobody in the configuration is called Lars" in act(seawall, f"ack {ID}", by="Lars").err
    assert act(seawall, f"restrict {ID}", by="kari").status == 0
    leaks = [
        act(seawall, f"show {ID}", by="kari"),
        act(seawall, f"show {ID} --json", by="ola"),
        act(seawall, f"brief {ID}", by="ola"),
        act(seawall, f"ack {ID}", by="kari"),
        seawall("incidents", "list"),
        seawall("incidents", "list", "--json"),
    ]
    Path("seawall.yaml").rename("elsewhere.yaml")
    leaks += [act(seawall, f"show {ID}", by="nora"), act(seawall, f"resolve {ID}", by="nora")]
    for answer in leaks:
        said = answer.out + answer.err
        assert [word for word in ("PLANTED", "ooking", "aggage") if word in said] == []
    shown = act(seawall, f"show {ID} --config elsewhere.yaml", by="nora")
    assert "PLANTED word" in shown.out
    assert "ooking" in act(seawall, "list --config elsewhere.yaml", by="nora").out
    with closing(Database.open("sqlite:///seawall.db")) as database, database.read() as connection:
        looks = [(one.person, one.place) for one in views.of(connection, ID)]
    assert looks == [("nora", "shell")] * 2


def test_a_brief_is_published_read_and_shown(seawall: Seawall) -> None:
    Path("seawall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    assert act(seawall, f"brief {ID}").out == "Nobody has published a brief.\n"
    act(seawall, f"brief {ID}", "--true", "Booking is down", "--never", "hackers", "--never", "why")
    act(seawall, f"brief {ID} --read", by="Ola")
    published = act(seawall, f"brief {ID}").out
    assert published in seawall("incidents", "show", ID).out
    assert published.splitlines() == [
        "What is true: Booking is down",
        "Never say: hackers",
        "Never say: why",
        "",
        "Revision 1 by Kari, Sat 21 Nov, 23:31 CET",
        "read by Ola, Sat 21 Nov, 23:31 CET",
    ]


def test_who_comes_back_is_told_what_changed_since_they_left(seawall: Seawall) -> None:
    Path("seawall.yaml").write_text(CONFIGURATION, encoding="utf-8")
    act(seawall, f"brief {ID}", "--true", "Booking is down")
    changed = act(seawall, f"changes {ID} --since 2026-11-21T22:00", by="Ola").out
    assert changed.startswith("Since Sat 21 Nov, 23:11 CET\n")
    assert "What is true: Booking is down" in changed
    assert "nothing has changed" in act(seawall, f"changes {ID} --since 2026-11-22T09:00").out


def test_who_only_looks_needs_no_name_and_who_acts_is_told_why_they_do(
    seawall: Seawall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE, encoding="utf-8")
    looks = ("incidents show", "incidents changes", "facts list", "words show")
    for command in looks:
        answer = seawall(*command.split(), ID)
        assert (answer.status, answer.err) == (0, ""), command
    refused = seawall("incidents", "ack", ID)
    assert refused.status == 2
    assert "your login is nobody's: add --by and your name, as in --by Kari" in " ".join(
        refused.err.replace("│", "").split()
    )
    assert (
        "nobody in the configuration is called Lars" in act(seawall, f"changes {ID}", by="Lars").err
    )
    act(seawall, f"restrict {ID}", by="kari")
    for command in looks[1:]:
        assert (
            "restricted: you may not see it; a look at it is noted"
            in seawall(*command.split(), ID).err
        )


@pytest.mark.parametrize("command", ["incidents list", f"incidents show {ID} --json", "oncall"])
@pytest.mark.usefixtures("seawall")
def test_who_stops_reading_ends_a_command_without_a_word(command: str) -> None:
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE, encoding="utf-8")
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(
        [Path(sys.executable).parent / "seawall", *command.split()],
        stdout=written,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(written)
    assert (done.stderr, done.returncode != 0) == (b"", True)
