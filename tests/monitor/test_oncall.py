"""`seawall oncall`, as a person reads it, and as a program does."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.clock import SimulatedClock
from monitor.commands.oncall import app
from monitor.store import calls, volume
from tests.alerts import scenes
from tests.service import new_database, tell

CONFIGURATION = """
timezone: Europe/Oslo
brands: {fjordwing: {name: Fjordwing Air, terms: [fjordwing]}}
people:
  kari: {name: Kari Nygård, reach: [terminal]}
  ola: {name: Ola Berg, reach: [terminal]}
teams:
  care:
    name: Customer care
    people: [kari, ola]
    channel: [terminal]
    service_hours: {mon-fri: "07:00-19:00"}
    on_call: {people: [kari, ola], from: 2026-11-16T09:00}
  content: {name: Content, channel: [terminal], pause_from: major}
duty_list:
  - {function: Operations control, name: Duty manager, phone: "+47 5550 0100"}
  - {function: Legal}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "seawall.yaml").write_text(CONFIGURATION, "utf-8")
    return tmp_path / "seawall.yaml"


def said(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    return "\n".join(line.rstrip() for line in done.output.splitlines())


def test_it_says_who_is_on_call_and_when_that_changes_and_whom_else_one_can_reach(
    file: Path,
) -> None:
    assert said("--config", file, "--at", "2026-12-26T18:00") == (
        "Customer care: closed until Mon 28 Dec, 07:00 CET, Ola Berg is on call until "
        "Mon 28 Dec, 09:00 CET, then Kari Nygård\n"
        "Content: open at all hours\n"
        "duty list           who           phone          note\n"
        "Operations control  Duty manager  +47 5550 0100\n"
        "Legal"
    )


def test_it_lists_the_shifts_of_the_next_days(file: Path) -> None:
    lines = said("--config", file, "--at", "2026-12-24T18:00", "--days", "14").splitlines()
    assert lines[2:6] == [
        "team           on call      from                   to",
        "Customer care  Ola Berg     Mon 21 Dec, 09:00 CET  Mon 28 Dec, 09:00 CET",
        "Customer care  Kari Nygård  Mon 28 Dec, 09:00 CET  Mon 4 Jan, 09:00 CET",
        "Customer care  Ola Berg     Mon 4 Jan, 09:00 CET   Mon 11 Jan, 09:00 CET",
    ]


def test_a_program_gets_the_same_in_utc(file: Path) -> None:
    found = json.loads(said("--config", file, "--at", "2026-12-24T18:00", "--json"))
    assert found["at"] == "2026-12-24T17:00:00Z"
    assert found["teams"][0]["on_call"] == "Ola Berg"
    assert found["teams"][0]["until"] == "2026-12-28T08:00:00Z"
    assert found["duty_list"][0]["phone"] == "+47 5550 0100"


def test_where_simulated_time_runs_it_is_that_time(file: Path, tmp_path: Path) -> None:
    with closing(new_database(tmp_path / "seawall.db")) as store, store.write() as connection:
        night = datetime(2026, 12, 26, 17, tzinfo=UTC)
        volume.put_clock(connection, SimulatedClock.standing(night))
    here = ("--config", file, "--database", f"sqlite:///{tmp_path}/seawall.db")
    lines = said(*here).splitlines()
    assert lines[0] == f"In sqlite:///{tmp_path}/seawall.db it is Sat 26 Dec, 18:00 CET."
    assert "Ola Berg is on call until Mon 28 Dec, 09:00 CET" in lines[1]
    assert "Kari Nygård is on call" in said(*here, "--at", "2026-12-29T18:00")


def test_who_was_reached_is_on_record(file: Path, tmp_path: Path) -> None:
    incident = scenes.incident()
    with closing(new_database(tmp_path / "seawall.db")) as store:
        tell(store, incident, scenes.briefing(said=[]))
        where = ("--database", f"sqlite:///{tmp_path}/seawall.db", "--config", file, "--by", "kari")
        said("reached", incident.id, "Operations control", *where)
        said("reached", incident.id, "legal", "--no-answer", *where)
        with store.read() as connection:
            found = calls.reached_for(connection, [incident.id])[incident.id]
    assert [(one.function, one.by, one.answered) for one in found] == [
        ("Operations control", "Kari Nygård", True),
        ("Legal", "Kari Nygård", False),
    ]
