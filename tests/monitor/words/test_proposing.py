"""Drafts that an outside program proposes: real programs, and what is made of their answers."""

import json
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from alerts.incidents.incident import Kind
from monitor.clock import SimulatedClock
from monitor.configuration import ConfigurationError, load
from monitor.drill import setting
from monitor.http.application import application
from monitor.store import Database, volume
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.conftest import ROOT, until
from tests.monitor.command_line import Answer, in_process
from tests.monitor.words.conftest import ID, MINUTE, PEOPLE
from tests.service import RunningService, configured, new_database, secret, served, tell

NOW = scenes.DETECTED + 20 * MINUTE
Do = Callable[..., Answer]
ASK = f"words propose {ID} --phase working"
GERMAN = [{"language": "de", "text": "Wir sehen eure Nachrichten."}]


@pytest.fixture
def do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Do:
    """`seawall …` as somebody, in a folder with a store in which booking is down."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEAWALL_TOKEN", "a-planted-secret")
    happen()
    configure()
    seawall = in_process(monkeypatch, capsys)
    return lambda who, command, *more: seawall(*command.split(), *more, "--by", who)


def happen(**briefing: object) -> None:
    """Make the store anew, with an incident that is briefed like this."""
    with closing(new_database(Path("seawall.db"))) as database:
        told = replace(scenes.briefing(about=scenes.incident()), languages={"de": 300, "en": 90})
        tell(database, scenes.incident(), replace(told, **briefing))  # type: ignore[arg-type]
        with database.write() as connection:
            volume.put_clock(connection, SimulatedClock.standing(NOW))


def configure(timeout: str = "2m", program: str = "propose.py") -> None:
    if program == "propose.py" and not Path(program).exists():
        shutil.copy(ROOT / "examples" / "propose.py", program)
    propose = f"propose: {{program: {program}, timeout: {timeout}}}\n"
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE + propose, encoding="utf-8")


def program(source: str) -> None:
    """Put a program in the place of the one that proposes."""
    Path("propose.py").write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
    Path("propose.py").chmod(0o755)


def answering(answer: object) -> None:
    said = answer if isinstance(answer, str) else json.dumps(answer)
    program(f"print({said!r})")


def drafts(do: Do) -> list[dict[str, object]]:
    """The messages of the incident."""
    return [one["message"] for one in do("nora", f"words show {ID} --json").data["messages"]]


def test_what_a_program_proposes_is_a_draft_of_whoever_asked_that_others_approve(do: Do) -> None:
    assert do("nora", f"facts confirm {ID} next_update 60m").status == 0
    made = do("nora", f"{ASK} --language de")
    assert "Mehr um 00:31 Uhr (MEZ)" in made.out
    assert "by Nora Lie and a program" in made.out
    assert "block missing (what_fails)" not in made.out
    [one] = drafts(do)
    assert (one["authors"], one["template"], one["state"]) == (
        ["Nora Lie", "a program"],
        "",
        "draft",
    )
    assert f"{ID}: proposed by a program; drafted: {ID}/1 (de, working)" in made.out
    timeline = " ".join(do("nora", f"incidents show {ID}").out.split())
    assert f"a program proposes words, as Nora Lie asked: propose.py: {ID}/1" in timeline
    alone = do("nora", f"words break-glass {ID}/1 {read(do)} --because night")
    assert (alone.status, "what a program proposed" in alone.err) == (1, True)


def read(do: Do) -> str:
    [one] = do("nora", f"words show {ID} --json").data["messages"]
    return str(one["sha256"][:24])


def test_it_takes_the_full_approval_of_one_who_reads_the_language_and_did_not_ask(do: Do) -> None:
    text = "Buchen geht gerade nicht. Bitte zahlt nicht zweimal. Mehr um 00:31 Uhr (MEZ)."
    answering([{"language": "de", "text": text}])
    do("nora", f"facts confirm {ID} next_update 60m")
    assert do("kari", f"{ASK} --language de").status == 0
    assert do("ida", f"words submit {ID}/1").status == 0
    own = do("kari", f"words approve {ID}/1 {read(do)}")
    assert (own.status, "it takes another person" in own.err) == (1, True)
    other = do("ola", f"words approve {ID}/1 {read(do)}")
    assert (other.status, "needs one who may for de" in other.err) == (1, True)


def test_a_program_is_told_what_may_be_said_and_nothing_of_people_and_secrets(do: Do) -> None:
    program(
        "import os, sys\n"
        "open('asked.json', 'w').write(sys.stdin.read())\n"
        "open('environment', 'w').write(' '.join(os.environ))\n"
        "print('[]')"
    )
    do("nora", f"facts confirm {ID} next_update 60m --source Olaf")
    do("nora", f"facts answer {ID} flights FW123")
    nothing = do("ida", f"{ASK} --language de --language en")
    assert (nothing.status, "propose.py proposes nothing" in nothing.err) == (1, True)
    said = Path("asked.json").read_text("utf-8")
    asked = json.loads(said)
    assert [one["kind"] for one in asked["facts"]] == ["next_update"]
    assert (asked["brand"], asked["situation"], asked["longest"]) == (
        "Fjordwing Air",
        "booking",
        280,
    )
    german, english = asked["languages"]
    assert german["facts"] == {"next_update": "00:31 Uhr (MEZ) am 22. November"}
    assert [*english["must"]] == ["dont_pay_twice", "next_update"]
    assert "repair_time" in english["never"]
    for word in (*scenes.posts()[0].text.split(". "), "traveller", "Olaf", "Ida", "Nora", "FW123"):
        assert word not in said
    assert {*Path("environment").read_text().split()} <= {"PATH", "LANG", "LC_CTYPE"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("print('Sorry!')", "cannot be read: all of it: Invalid JSON"),
        ("print('{}')", "cannot be read"),
        (f"print({json.dumps([{**GERMAN[0], 'channel': 'x'}])!r})", "0.channel: Extra inputs"),
        ('print(\'[{"language": "de", "text": " "}]\')', "0.text: String should have at least"),
        ('print(\'[{"language": "de", "text": "\\\\ud800"}]\')', "cannot be read"),
        ("print('[' * 60000)", "cannot be read"),
        (f"print({json.dumps(GERMAN * 2)!r})", "answers in de: it may once in de, en"),
        (f"print({json.dumps([*GERMAN, {'language': 'fi', 'text': 'Hei'}])!r})", "answers in fi"),
        ('print(\'[{"language": "de", "text": "x\\\\u202ey"}]\')', "hidden characters"),
        ('print(\'[{"language": "de", "text": "x\\\\u001b[2J"}]\')', "hidden characters in what"),
        ("import sys; sys.exit('no\\x1b[2J key')", "ended with status 1: no␛[2J key; nothing"),
        ("while True: print('x' * 1000)", "said more than 64 KiB"),
        ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "said more than 64 KiB"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended with status -9"),
    ],
)
def test_of_an_answer_that_is_broken_nothing_is_stored(do: Do, source: str, why: str) -> None:
    program(source)
    refused = do("ida", ASK)
    assert (refused.status, why in refused.err) == (1, True), refused.err
    assert "\x1b" not in refused.err
    assert drafts(do) == []


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_began(do: Do) -> None:
    configure(timeout="1s")
    program(
        "import os, subprocess, time\n"
        "began = subprocess.Popen(['sleep', '600'])\n"
        "open('pids.new', 'w').write(f'{os.getpid()} {began.pid}')\n"
        "os.rename('pids.new', 'pids')\n"
        "time.sleep(600)"
    )
    while not Path("pids").exists():  # a starved machine may not get so far in a second
        refused = do("ida", ASK)
        assert "propose.py did not answer within 1s; nothing is drafted" in refused.err
    pids = Path("pids").read_text().split()
    until(lambda: all(over(int(pid)) for pid in pids), "end of it", 60)
    assert drafts(do) == []


def over(pid: int) -> bool:
    """Whether a process has ended, though perhaps nobody has asked after it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_looks_like_a_command_or_a_template_is_text(do: Do) -> None:
    hostile = "<!channel> {{ 7*7 }} [bold]free[/bold] $(reboot) <b>now</b>"
    answering([{"language": "en", "text": hostile}])
    assert hostile in do("ida", ASK).out
    assert [one["text"] for one in drafts(do)] == [hostile]


def test_no_program_is_told_of_what_is_restricted_grave_or_about_safety(do: Do) -> None:
    program("open('called', 'w')")
    assert do("nora", f"incidents restrict {ID}").status == 0
    assert "is too grave for a program" in do("nora", ASK).err
    assert "is restricted" in do("ola", ASK).err
    for briefed in ({"situation": "accident"}, {"kind": Kind.SAFETY}):
        happen(**briefed)
        assert "is too grave for a program" in do("nora", ASK).err
    happen()
    assert "takes the right `act`" in do("guest", ASK).err
    reply = do("nora", f"words propose {ID} --phase pointer")
    assert "not a reply to one person" in reply.err
    assert not Path("called").exists()


def test_what_is_restricted_while_the_program_thinks_is_not_drafted(do: Do) -> None:
    seawall = Path(sys.executable).parent / "seawall"
    program(
        "import subprocess, json\n"
        f"subprocess.run([{str(seawall)!r}, 'incidents', 'restrict', {ID!r}, '--by', 'nora'],\n"
        "               check=True, stdout=subprocess.DEVNULL)\n"
        f"print({json.dumps(GERMAN)!r})"
    )
    assert "too grave for a program" in do("nora", ASK).err
    assert drafts(do) == []


def test_a_program_is_named_where_it_can_be_run_and_an_exercise_has_none(do: Do) -> None:
    Path("words.txt").write_text("no program")
    for name, timeout, why in (
        ("gone.py", "20s", "is no file"),
        ("words.txt", "20s", "is no program"),
        ("propose.py", "3m", "is no time that a person would wait"),
        ("propose.py", "0s", "is no time that a person would wait"),
    ):
        configure(timeout, name)
        with pytest.raises(ConfigurationError, match=why):
            load(Path("seawall.yaml"))
    program("")
    Path("propose.py").write_text("this has no first line that names what runs it")
    configure()
    assert "cannot be run: Exec format error" in do("ida", ASK).err
    assert "propose" not in setting.exercise(setting.configured(Path("seawall.yaml")))
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE, encoding="utf-8")
    assert "name one under `propose`" in do("ida", ASK).err


def test_over_the_api_one_program_runs_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    happen()
    program(
        "import os, time\n"
        "open('began', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.05)\n"
        f"print({json.dumps(GERMAN)!r})"
    )
    held = {"ida": ("read", "act"), "guest": ("read", "act"), "kari": ("read",)}
    line = f"propose: {{program: {tmp_path}/propose.py, timeout: 2m}}"
    place, asked = f"/api/v1/incidents/{ID}/proposals", {"phase": "working", "languages": ["de"]}
    with closing(Database.open("sqlite:///seawall.db")) as database:
        service = RunningService(configured(tmp_path, held, PEOPLE, line), database, NOW)
        with served(application(service, wall=lambda: NOW)) as url:

            def ask(who: str) -> httpx.Response:
                token = {"authorization": f"Bearer {secret(who)}"}
                return httpx.post(f"{url}{place}", json=asked, headers=token, timeout=120)

            assert [ask(who).status_code for who in ("guest", "kari")] == [403, 403]
            answers: list[httpx.Response] = []
            first = threading.Thread(target=lambda: answers.append(ask("ida")))
            first.start()
            until(lambda: Path("began").exists(), "program that runs", 60)
            second = ask("ida")
            Path("go").touch()
            first.join()
    assert (second.status_code, second.json()["detail"]) == (
        409,
        "the program is being asked already: wait for its answer",
    )
    [made] = answers[0].json()["messages"]
    assert made["message"]["text"] == GERMAN[0]["text"]
    assert {"no_next_update", "missing"} <= {one["rule"] for one in made["checked"]["findings"]}
