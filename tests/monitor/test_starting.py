"""What a command imports: what it uses, and nothing that others do."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from monitor import cli
from monitor.commands.grouping import Grouped
from tests.airline import CONFIGURATION
from tests.monitor.command_line import PROGRAM

STORE, ARRAYS = "sqlalchemy", "numpy"
SERVICES = {"aiohttp", "fastapi", "httpx", "slack_sdk", "uvicorn", "websockets"}
DRAWING = {"matplotlib", "plotext", "typst"}
SLACK = "notify: [{kind: slack, channel: C0SEAWALL}]\n"


def imported(folder: Path, *arguments: str) -> set[str]:
    """The packages that `seawall` imports for this."""
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout, answer.stderr[-1000:]
    lines = [line for line in answer.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("asked", ["--version", "--help"])
def test_what_is_no_command_imports_none(tmp_path: Path, asked: str) -> None:
    heavy = {STORE, ARRAYS, "jinja2", "rich", "ruamel"} | SERVICES | DRAWING
    assert imported(tmp_path, asked) & heavy == set()


def test_words_are_checked_without_a_store(tmp_path: Path) -> None:
    (tmp_path / "draft.txt").write_text("Hello", "utf-8")
    draft = ("draft.txt", "--lang", "en", "--phase", "seen", "--situation", "delays")
    found = imported(tmp_path, "lint", *draft, "--json")
    assert found & ({STORE} | SERVICES | DRAWING) == set()


def test_a_configuration_is_read_without_what_only_sending_needs(tmp_path: Path) -> None:
    (tmp_path / "seawall.yaml").write_text(CONFIGURATION + SLACK, "utf-8")
    found = imported(tmp_path, "oncall")
    assert found & (SERVICES | DRAWING) == set()


def test_the_list_says_of_a_command_what_it_says_itself() -> None:
    commands = get_command(cli.app)
    assert isinstance(commands, Grouped)
    for name, command in commands.commands.items():
        assert commands.line(name, 80) == command.get_short_help_str(80)
