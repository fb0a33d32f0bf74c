"""The command line as a person uses it."""

import csv
import gzip
import io
import json
import random
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.main import get_command

from monitor import cli
from monitor.clock import SimulatedClock
from monitor.commands import facts, incidents, words
from monitor.commands.incidents import HEADINGS
from monitor.commands.notify import places
from monitor.commands.options import there
from monitor.configuration import load
from monitor.demonstration import stage
from monitor.store import Database, volume
from tests.airline import BEGIN, CONFIGURATION, days, flood, write
from tests.conftest import PATIENCE_S, until
from tests.monitor.command_line import PROGRAM, Answer, Running, Seawall, in_process

STORM = BEGIN + timedelta(days=3)
POSTS = sorted([*days(3.5), *flood(STORM, 40)], key=lambda post: (post.created_at, post.id))
MIDDLE = STORM + timedelta(minutes=20)
EARLIER = [post for post in POSTS if post.created_at < MIDDLE]
LATER = [post for post in POSTS if post.created_at >= MIDDLE]

REPORT = ["posts", "samples", "malformed", "seconds", "incidents"]
TIMES = ["started_at", "detected_at", "acknowledged_at", "resolved_at"]
INCIDENT = ["id", "brand", "topics", "platforms", "languages", *TIMES, "peak_factor", "severity"]
INCIDENT += ["posts", "authors", "examples", "holding_messages", "kind", "calls", "calls_because"]
INCIDENT += ["posts_read", "as_of"]
VERDICT = ["series", "timestamp", "count", "expected", "upper", "score", "state"]


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    """`seawall` in a folder with a configuration and a recording, whole and in two halves."""
    monkeypatch.chdir(tmp_path)
    Path("fjordwing.yaml").write_text(CONFIGURATION, encoding="utf-8")
    for name, posts in {"posts": POSTS, "earlier": EARLIER, "later": LATER}.items():
        write(Path(f"{name}.csv"), posts)
    return in_process(monkeypatch, capsys)


def replay(seawall: Seawall, file: str = "posts.csv", *more: str, store: str = "seawall") -> Answer:
    database = f"sqlite:///{store}.db"
    return seawall("replay", file, "--config", "fjordwing.yaml", "--database", database, *more)


def reported(seawall: Seawall, file: str = "posts.csv", *, store: str = "seawall") -> str:
    """A replay's report as it was written, but for how long it took."""
    answer = replay(seawall, file, "--report", f"{store}.json", store=store)
    assert answer.status == 0, answer.err
    text, times = re.subn(r'"seconds": [\d.]+', "", Path(f"{store}.json").read_text("utf-8"))
    assert times == 1
    return text


@pytest.fixture
def incident(seawall: Seawall) -> str:
    """An incident that is going on where the recording ends; its id."""
    assert replay(seawall, "earlier.csv").status == 0
    [one] = seawall("incidents", "list", "--json").data
    return str(one["id"])


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that call it."""
    if children := getattr(command, "commands", None):
        for name, child in children.items():
            yield from leaves(child, (*path, name))
    else:
        yield path, command


COMMANDS = dict(leaves(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_teaches_what_it_does_and_every_option(
    path: tuple[str, ...], seawall: Seawall
) -> None:
    answer = seawall(*path, "--help")
    assert answer.status == 0
    told = " ".join(COMMANDS[path].help.partition("\n\n")[0].split())
    assert told in " ".join(answer.out.split())
    for option in COMMANDS[path].params:
        assert option.help, option.name


@pytest.mark.parametrize("group", [[], ["incidents"], ["facts"], ["words"]])
def test_a_list_of_commands_cuts_nothing_off(group: list[str], seawall: Seawall) -> None:
    assert "..." not in seawall(*group, "--help").out.partition("Commands:")[2]


def test_the_installed_command_says_its_version_and_refuses_what_it_does_not_know() -> None:
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"seawall \d+\.\d+\S*\n", version.stdout)
    unknown = subprocess.run([PROGRAM, "reply"], capture_output=True, text=True, check=False)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "No such command 'reply'" in unknown.stderr


def test_check_says_what_a_configuration_amounts_to(seawall: Seawall) -> None:
    answer = seawall("check", "fjordwing.yaml")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "fjordwing.yaml is fine: 2 brands, 2 topics, 6 series; at most 4 false surges in 30 days.\n"
    )
    assert seawall("check", "fjordwing.yaml", "--json").data["summary"]["topics"] == [
        "booking",
        "baggage",
    ]


def test_check_without_a_name_takes_the_file_that_the_daemon_would(seawall: Seawall) -> None:
    Path("fjordwing.yaml").rename("seawall.yaml")
    assert seawall("check").out.startswith("seawall.yaml is fine: 2 brands")
    Path("seawall.yaml").unlink()
    missing = seawall("check")
    assert (missing.status, "seawall.yaml" in missing.err) == (2, True)


def test_check_says_which_secrets_are_missing_and_which_terms_nobody_answers_in(
    seawall: Seawall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("X_BEARER_TOKEN", raising=False)
    monkeypatch.setenv("MAIL", "smtp-password")
    Path("bilingual.yaml").write_text(
        """
languages: [en, de]
sources: [{kind: x, spending_limit: 500}]
notify: [{kind: email, name: mail, host: mail.example, sender: a@b.example, to: [c@b.example],
          user: me, password: {env: MAIL}}]
brands: {acme: {name: Acme, terms: ["@Acme"]}}
topics: {tickets: {name: Tickets, terms: {en: [ticket*], fr: [billet*]}}}
""",
        encoding="utf-8",
    )
    answer = seawall("check", "bilingual.yaml")
    assert (answer.status, answer.err) == (0, "")
    assert (
        "  ! topics.tickets: has terms in fr, which is not among `languages` (en, de)" in answer.out
    )
    assert "  ! sources.x.token: the environment has no X_BEARER_TOKEN" in answer.out
    assert "MAIL" not in answer.out
    monkeypatch.setenv("X_BEARER_TOKEN", "bearer")
    assert "X_BEARER_TOKEN" not in seawall("check", "bilingual.yaml").out


def test_check_names_every_mistake_with_path_value_and_hint(seawall: Seawall) -> None:
    wrong = CONFIGURATION.replace("bucket: 5m", "bucket: 7m").replace("situation", "situatoin", 1)
    Path("[b]wrong.yaml").write_text(wrong, encoding="utf-8")
    answer = seawall("check", "[b]wrong.yaml")
    assert (answer.status, answer.out) == (2, "")
    first, second = answer.err.splitlines()
    assert first.startswith("[b]wrong.yaml:4: bucket must divide an hour: '7m' (from `10s` to `1h`")
    assert second.endswith("topics.booking.situatoin is no option here (did you mean `situation`?)")
    answer = seawall("check", "[b]wrong.yaml", "--json")
    assert (answer.status, answer.data["fine"]) == (2, False)
    assert [(one["path"], one["value"]) for one in answer.data["problems"]] == [
        ("bucket", "'7m'"),
        ("topics.booking.situatoin", None),
    ]


def test_a_replay_tells_what_happened_and_when(seawall: Seawall) -> None:
    answer = replay(seawall)
    assert answer.status == 0
    assert re.search(r"Thu 5 Mar, 01:05 CET +opened +fjordwing-\S+ +Booking", answer.err)
    assert re.search(r"Thu 5 Mar, 03:30 CET +resolved +fjordwing-\S+ +Booking", answer.err)
    assert f"{len(POSTS)} posts and " in answer.err
    assert ", 1 incident, " in answer.err
    assert re.search(r"resolved +\w+ +Thu 5 Mar, 01:00 CET", answer.out)


def test_the_report_has_these_keys_with_times_in_utc_and_floats_of_four_digits(
    seawall: Seawall,
) -> None:
    assert replay(seawall, "posts.csv", "--report", "report.json").status == 0
    report = json.loads(Path("report.json").read_text("utf-8"))
    assert list(report) == REPORT
    assert (report["posts"], report["malformed"]) == (len(POSTS), 0)
    [incident] = report["incidents"]
    assert list(incident) == INCIDENT
    assert incident["topics"] == ["booking"]
    assert incident["languages"] == ["en"]
    assert list(incident["holding_messages"]) == ["en"]
    assert (incident["started_at"], incident["acknowledged_at"]) == ("2026-03-05T00:00:00Z", None)
    for key in TIMES:
        text = incident[key]
        assert text is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", text)
    for number in (report["seconds"], incident["peak_factor"]):
        assert number == round(number, 4)
    assert {post.id for post in POSTS} >= set(incident["examples"])


def as_json_lines(rows: list[dict[str, str]]) -> Path:
    Path("posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return Path("posts.jsonl")


def gzipped(_: list[dict[str, str]]) -> Path:
    Path("posts.csv.gz").write_bytes(gzip.compress(Path("posts.csv").read_bytes()))
    return Path("posts.csv.gz")


def shuffled(rows: list[dict[str, str]]) -> Path:
    random.Random(1).shuffle(rows)
    with Path("shuffled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return Path("shuffled.csv")


def unchanged(_: list[dict[str, str]]) -> Path:
    return Path("posts.csv")


@pytest.mark.parametrize("form", [unchanged, gzipped, shuffled, as_json_lines])
def test_the_same_posts_give_the_same_report_in_whatever_form(form: Any, seawall: Seawall) -> None:
    with Path("posts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    once = reported(seawall, store="once")
    assert reported(seawall, str(form(rows)), store="again") == once


def test_a_replay_that_is_run_again_has_nothing_left_to_do(seawall: Seawall) -> None:
    once = reported(seawall)
    answer = replay(seawall)
    assert "opened" not in answer.err
    assert "nothing new: this recording was replayed to its end before; --fresh" in answer.err
    assert f"{len(POSTS)} rows read; {len(POSTS)} posts naming a brand; 0 of them new" in answer.err
    assert reported(seawall) == once


def test_a_fresh_replay_forgets_what_the_store_has(seawall: Seawall) -> None:
    once = reported(seawall)
    replay(seawall, "later.csv", store="other")
    answer = replay(seawall, "posts.csv", "--fresh", store="other")
    assert "opened" in answer.err
    assert f"; {len(POSTS)} of them new, 0 there before" in answer.err
    assert reported(seawall, store="other") == once


def test_a_fresh_replay_of_what_cannot_be_read_forgets_nothing(seawall: Seawall) -> None:
    once = reported(seawall)
    assert replay(seawall, "none.csv", "--fresh").status == 2
    assert reported(seawall) == once


def test_a_person_is_asked_before_a_store_is_forgotten(
    seawall: Seawall, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = reported(seawall)
    for answer, status, told in (("n\n", 1, "Aborted"), ("y\n", 0, "opened")):
        terminal = io.TextIOWrapper(io.BytesIO(answer.encode()))
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        told_to = replay(seawall, "posts.csv", "--fresh")
        assert told_to.status == status
        assert "Forget everything in " in told_to.err
        assert told in told_to.err
        assert reported(seawall) == once


def test_posts_that_mention_nobody_are_a_warning_with_the_terms(seawall: Seawall) -> None:
    text = Path("posts.csv").read_text("utf-8").replace("@FjordwingAir", "you")
    Path("strangers.csv").write_text(text, "utf-8")
    answer = replay(seawall, "strangers.csv")
    assert answer.status == 0
    assert "not one post mentions a brand, so there is nothing to watch." in answer.err
    assert "Fjordwing Air (@FjordwingAir); Otherwing (@Otherwing)." in answer.err


def test_a_recording_in_two_halves_ends_as_the_whole_does(seawall: Seawall) -> None:
    reported(seawall, "earlier.csv", store="halves")
    assert reported(seawall, "later.csv", store="halves") == reported(seawall, store="whole")


def test_rows_that_cannot_be_used_are_named_counted_and_skipped(seawall: Seawall) -> None:
    with Path("posts.csv").open("a", encoding="utf-8") as file:
        file.write("1,yesterday,@FjordwingAir when?,kari,en,x\n" * 12)
    bad = len(POSTS) + 2
    answer = replay(seawall, "posts.csv", "--report", "report.json")
    assert answer.status == 0
    assert "12 rows could not be used:" in answer.err
    assert f"  posts.csv:{bad}: unreadable time `yesterday`: needed like 2026-03-02" in answer.err
    assert "… and 2 more" in answer.err
    assert "; 12 rows could not be used\n" in answer.err
    assert "Report: report.json\n" in answer.err
    assert json.loads(Path("report.json").read_text("utf-8"))["malformed"] == 12
    answer = replay(seawall, "posts.csv", "--strict", store="strict")
    assert answer.status == 2
    assert f"seawall: posts.csv:{bad}: unreadable time" in answer.err


def test_an_incident_is_seen_acknowledged_and_resolved(seawall: Seawall, incident: str) -> None:
    assert re.search(
        rf"{incident} +open +\w+ +Thu 5 Mar, 01:00 CET", seawall("incidents", "list").out
    )
    shown = seawall("incidents", "show", incident).out
    assert "Fjordwing Air: Booking — ×" in shown
    assert f"seawall incidents ack {incident} --by YOUR-NAME\n" in shown

    acknowledged = seawall("incidents", "ack", incident[:-3], "--by", "Kari")
    assert acknowledged.status == 0
    assert "acknowledged by Kari at 01:20 CET" in acknowledged.out
    assert re.search(rf"{incident} +acknowledged", seawall("incidents", "list").out)
    shown = seawall("incidents", "show", incident).out
    assert "Thu 5 Mar, 01:20 CET  acknowledged by Kari  from a shell" in shown
    assert "incidents ack" not in shown

    assert seawall("incidents", "resolve", incident, "--by", "Ola").status == 0
    assert seawall("incidents", "list").out == "Nothing is open. With --all: what is resolved.\n"
    assert re.search(rf"{incident} +resolved", seawall("incidents", "list", "--all").out)


def test_a_narrow_terminal_has_two_lines_for_an_incident(
    seawall: Seawall, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = seawall("incidents", "list").out
    assert wide.splitlines()[0].split() == [*HEADINGS]
    assert re.search(rf"{incident} +open +\w+ +Thu 5 Mar, .* Fjordwing Air: Booking;", wide)
    monkeypatch.setenv("COLUMNS", "60")
    narrow = seawall("incidents", "list").out
    assert re.match(
        rf"{incident}  open, \w+\n  since Thu 5 Mar, 01:00 CET, peak ×\d+, \d+ posts", narrow
    )
    assert "Fjordwing Air: Booking" in " ".join(narrow.split())
    assert [line for line in narrow.splitlines() if line != line.rstrip()] == []
    monkeypatch.setenv("COLUMNS", "10")
    assert incident in seawall("incidents", "list").out.replace("\n", "")


def test_an_incident_as_data_has_its_report_and_who_did_what(
    seawall: Seawall, incident: str
) -> None:
    seawall("incidents", "ack", incident, "--by", "Kari", "--json")
    resolved = seawall("incidents", "resolve", incident, "--by", "Ola", "--json").data
    assert resolved == seawall("incidents", "show", incident, "--json").data
    assert [resolved] == seawall("incidents", "list", "--all", "--json").data
    assert seawall("incidents", "list", "--json").data == []
    assert list(resolved)[: len(INCIDENT)] == INCIDENT
    assert [(step["kind"], step["actor"]) for step in resolved["timeline"]][-2:] == [
        ("acknowledged", "Kari"),
        ("resolved", "Ola"),
    ]


def test_a_person_acts_on_the_clock_of_the_recording(seawall: Seawall, incident: str) -> None:
    acknowledged = seawall("incidents", "ack", incident, "--by", "Kari", "--json").data
    assert acknowledged["acknowledged_at"] == "2026-03-05T00:20:00Z"
    assert '"acknowledged_at": "2026-03-05T00:20:00Z"' in reported(seawall, "later.csv")


def test_only_the_first_takes_an_incident_in_hand(seawall: Seawall, incident: str) -> None:
    seawall("incidents", "ack", incident, "--by", "Kari")
    late = seawall("incidents", "ack", incident, "--by", "Ola")
    assert (late.status, late.out) == (1, "")
    assert late.err == f"seawall: {incident} was acknowledged by Kari already\n"
    seawall("incidents", "resolve", incident, "--by", "Kari")
    late = seawall("incidents", "resolve", incident, "--by", "Ola")
    assert late.status == 1
    assert "was resolved by Kari already" in late.err


def test_without_a_name_it_is_the_one_who_is_logged_in(
    seawall: Seawall, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "kari\x1b[31m")
    answer = seawall("incidents", "ack", incident)
    assert "acknowledged by kari␛[31m" in answer.out
    assert "\x1b" not in answer.out + seawall("incidents", "show", incident).out


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        ("incidents show nothing", 1, "no incident 'nothing'"),
        ("incidents list --database sqlite:///none.db", 1, "there is no store at"),
        ("incidents list --database sqlite:///none/s.db", 1, "there is no store at"),
        ("incidents list --database mysql://a:b@c/d", 1, "sqlite:///FILE or postgresql://"),
        ("check none.yaml", 2, "none.yaml:1: cannot be read: no such file"),
        ("replay posts.csv --config none.yaml", 2, "none.yaml:1: cannot be read: no such file"),
        ("replay none.csv --config fjordwing.yaml", 2, "none.csv cannot be read: No such file"),
        ("replay posts.csv", 2, "Missing option '--config'"),
        (
            "replay posts.csv --config fjordwing.yaml --report none/r.json",
            1,
            "none is no folder; make it first",
        ),
        ("detect none.csv --output out.csv", 2, "'none.csv' does not exist"),
        ("detect posts.csv --output out.csv", 2, "needs the columns timestamp and count"),
        ("detect counts.csv --output none/out.csv", 2, "none is no folder; make it first"),
        ("detect counts.csv --output counts.csv", 2, "counts.csv is what is read"),
        ("incidents ack fjordwing --by YOUR-NAME", 2, "put your own name"),
        ("detect counts.csv --output out.csv --timezone Europe/Olso", 2, "`Europe/Oslo`"),
        ("detect counts.csv --output out.csv --budget 0", 2, "is not above 0"),
        ("detect counts.csv --output out.csv --interval 0", 2, "--interval"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message_with_an_exit_status(
    command: str, status: int, message: str, seawall: Seawall, incident: str
) -> None:
    assert incident
    Path("counts.csv").write_text("timestamp,count\n2026-01-01T00:00Z,1\n", encoding="utf-8")
    answer = seawall(*command.split())
    assert answer.status == status
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_the_environment_can_name_the_store_and_hints_then_leave_it_out(
    seawall: Seawall, incident: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = seawall("incidents", "show", incident, "--database", "sqlite:///./seawall.db").out
    assert f"ack {incident} --by YOUR-NAME --database sqlite:///./seawall.db\n" in elsewhere
    monkeypatch.setenv("SEAWALL_DATABASE", "sqlite:///./seawall.db")
    assert f"ack {incident} --by YOUR-NAME\n" in seawall("incidents", "show", incident).out


def test_a_command_that_is_told_names_the_configuration_and_the_store_that_one_had(
    seawall: Seawall, incident: str
) -> None:
    where = ("--config", "fjordwing.yaml", "--database", "sqlite:///./seawall.db")
    shown = seawall("incidents", "show", incident, *where).out
    assert f"ack {incident} --by YOUR-NAME {' '.join(where)}\n" in shown
    command = places(load(Path("fjordwing.yaml")), Path("fjordwing.yaml"), "sqlite:///o.db").command
    assert command.endswith("YOUR-NAME --config fjordwing.yaml --database sqlite:///o.db")
    assert (
        there(Path.cwd() / "fjordwing.yaml", "sqlite:///seawall.db") == " --config fjordwing.yaml"
    )


def leaves(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by its words, and those of groups that are commands themselves."""
    under = getattr(command, "commands", None)
    if not under or command.invoke_without_command:
        yield path, command
    for name, one in (under or {}).items():
        yield from leaves(one, *path, name)


COMMANDS = dict(leaves(get_command(cli.app)))


@pytest.mark.parametrize("path", [path for path in COMMANDS if path != ("demo",)], ids=" ".join)
def test_every_command_has_an_example_on_one_line_that_it_takes(path: tuple[str, ...]) -> None:
    told = [line.rstrip() for line in (COMMANDS[path].help or "").splitlines()]
    begins = " ".join(["seawall", *path])
    examples = [line for line in told if line.strip().startswith(begins)]
    assert examples, "so that a newcomer sees how it is called"
    for line in examples:
        assert len(line) <= 76, "a longer one is broken"
        words = shlex.split(line.partition("|")[0])[1 + len(path) :]
        COMMANDS[path].make_context(begins, words, resilient_parsing=True)
        options = {name for one in COMMANDS[path].params for name in one.opts}
        assert {word for word in words if word.startswith("--")} <= options


def test_every_command_is_listed_under_a_heading() -> None:
    groups = [get_command(cli.app), *map(get_command, (facts.app, incidents.app, words.app))]
    for group in groups:
        listed = [name for names in group.sections.values() for name in names]
        assert sorted(listed) == sorted(group.commands)


def test_what_an_option_cannot_be_is_told_in_our_words(seawall: Seawall) -> None:
    for command, said in {
        "drill x --rate soon": "'--rate': 'soon' is no number",
        "drill x --rate 1000": "'--rate': '1000' is out of its limits: at most 600",
        "oncall --days x": "'--days': 'x' is no whole number",
        "words draft x --phase sene": "'--phase': 'sene' is not one of 'seen', 'working'",
    }.items():
        answer = seawall(*command.split())
        assert (answer.status, f"Invalid value for {said}" in answer.err) == (2, True), answer.err


def test_detect_gives_every_row_back_with_its_verdict(seawall: Seawall) -> None:
    hours = [BEGIN + timedelta(hours=hour) for hour in range(24 * 14)]
    counts = [40 if hour == hours[-1] else 2 + hour.hour % 3 for hour in hours]
    rows = [f"{at.isoformat()},{count}" for at, count in zip(hours, counts, strict=True)]
    Path("counts.csv").write_text("\n".join(["timestamp,value", *rows, "never,3"]) + "\n", "utf-8")
    answer = seawall("detect", "counts.csv", "--output", "out.csv", "--timezone", "Europe/Oslo")
    assert answer.status == 0
    assert "counts.csv:338: unreadable time `never`: needed like" in answer.err
    assert "337 rows of 1 series, 1 surge: out.csv; 1 row could not be used" in answer.err
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == VERDICT
    assert [row["state"] for row in found[-3:]] == ["quiet", "surging", "missing"]


def test_ctrl_c_stops_a_replay_cleanly_and_the_next_run_goes_on_to_the_same_report(
    seawall: Seawall, tmp_path: Path
) -> None:
    write(Path("posts.csv"), [*POSTS, *days(20, seed=2, begin=BEGIN + timedelta(days=4))])
    command = ["replay", "posts.csv", "--config", "fjordwing.yaml"]
    with Running(tmp_path, *command, "--database", "sqlite:///stopped.db") as running:
        running.line_of_errors("opened")
        stopped = running.interrupt()
    assert (stopped.status, stopped.out) == (130, "")
    assert re.search(
        r"seawall: stopped at \w+ \d+ \w+, \d\d:\d\d \w+; run the same command again to go on",
        stopped.err,
    )
    assert "Traceback" not in stopped.err
    assert reported(seawall, store="stopped") == reported(seawall, store="undisturbed")


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        (
            stage.MORNING,
            "The demonstration has finished; to start over: seawall demo --fresh\nIt is morning.",
        ),
        (
            stage.MORNING - timedelta(minutes=1),
            "Going on from Sun 15 Mar, 06:06 CET; to start over: seawall demo --fresh\n",
        ),
    ],
)
def test_a_demonstration_that_goes_on_says_where_instead_of_what_it_is(
    stands: datetime, told: str, seawall: Seawall
) -> None:
    with closing(Database.open("sqlite:///seawall-demo.db")) as store, store.write() as connection:
        volume.put_clock(connection, SimulatedClock.standing(stands))
    answer = seawall("demo", "--rate", "300")
    assert answer.status == 0
    assert told in answer.out
    assert "fictional airline" not in answer.out


def test_the_demonstration_finds_its_incident_is_stopped_gone_on_with_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Running(tmp_path, "demo", "--fresh", "--rate", "300") as demo:
        demo.line_of_output("Fjordwing Air: .*Booking and payment")
        either = "incidents ack fjordwing-|export SEAWALL_CONFIG="
        printed: dict[bool, str] = {}
        while len(printed) < 2:
            line = demo.line_of_output(either)
            printed.setdefault(line.startswith("export"), line)
        stopped = demo.interrupt()
    assert stopped.status == 130
    assert re.search(
        r"seawall: stopped at .* CET; to go on: \S*seawall demo --go-on --rate 300\n", stopped.err
    )
    command, export = printed[False], printed[True]
    assert command.endswith("fjordwing.yaml --database sqlite:///seawall-demo.db")
    assert shlex.split(export)[1:] == [
        f"SEAWALL_CONFIG={Path(stage.__file__).with_name('fjordwing.yaml')}",
        f"SEAWALL_DATABASE=sqlite:///{tmp_path}/seawall-demo.db",
    ]
    by_kari = shlex.split(command.replace("YOUR-NAME", "Kari"))
    program = [PROGRAM] if by_kari[0] == "seawall" else by_kari[:1]
    with Running(tmp_path, "demo", "--go-on") as demo:
        demo.line_of_output("Going on from ")
        page = demo.line_of_output("in Slack: ").partition("http")
        channel = f"http{page[2].partition('/?')[0]}/channel/C0SEAWALL?name=Kari"

        def in_slack() -> bool:
            return "Booking and payment" in httpx.get(channel, timeout=PATIENCE_S).text

        until(in_slack, "the incident's message, in Slack as before")
        answer = subprocess.run(
            [*program, *by_kari[1:]], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert "acknowledged by Kari" in answer.stdout
        demo.line_of_output("fjordwing-[a-z0-9]+ acknowledged|acknowledged by Kari")
        assert demo.interrupt().status == 130
    monkeypatch.chdir(tmp_path)
    seawall = in_process(monkeypatch, capsys)
    [incident] = seawall(
        "incidents", "list", "--json", "--database", "sqlite:///seawall-demo.db"
    ).data
    assert incident["acknowledged_by"] == "Kari"
    for one in shlex.split(export)[1:]:
        monkeypatch.setenv(*one.split("=", 1))
    for arguments in (["draft", "--phase", "seen", "--json"], ["show"]):
        said = seawall("words", *arguments, by_kari[3], "--by", "Kari")
        assert said.status == 0, said.err
    assert "words submit fjordwing-" in said.out
