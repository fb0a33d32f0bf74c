"""What the documentation shows exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from monitor import cli, reference
from monitor.configuration import loads
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = ROOT / "docs" / "decisions"

COMMAND = re.compile(r"^(?:\.venv/bin/)?seawall(?: .*)?$")
FLAGS = re.MULTILINE | re.DOTALL
FENCED = re.compile(r"^```\w*\n(.*?)^```$", FLAGS)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def shown(page: Path) -> Iterator[str]:
    """Every piece of code on a page: line by line from blocks, and what stands in a sentence."""
    text = page.read_text("utf-8")
    for block in FENCED.findall(text):
        yield from block.splitlines()
    yield from INLINE.findall(FENCED.sub("", text))


def misunderstood(words: list[str]) -> list[str]:
    """Of the words after `seawall`: unknown commands and options, arguments left aside."""
    command: Any = typer.main.get_command(cli.app)
    wrong = []
    while words and (children := getattr(command, "commands", None)):
        name, *words = words
        if name.startswith("-"):
            words = [name, *words]
            break
        if name not in children:
            return [name]
        command = children[name]
    known = {"--help"}
    for parameter in command.params:
        known |= {*parameter.opts, *parameter.secondary_opts}
    wrong += [word for word in words if word.startswith("-") and word not in known]
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    for code in shown(page):
        if COMMAND.match(code.strip()):
            words = shlex.split(code, comments=True)[1:]
            assert not misunderstood(words), code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_that_is_shown_exists(page: Path) -> None:
    targets = re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for code in shown(page):
        if found := re.match(r"make (\w+)(?!\w*=)", code):
            assert found[1] in targets, code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if not re.match(r"https?:|#", target):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_configurations_to_begin_with_are_right() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    people, example = re.findall(r"^```yaml\n(.*?)^```$", readme, FLAGS)
    assert list(loads(example).topics) == ["tickets"]
    assert list(loads(example + people).teams) == ["care"]


def test_commands_that_do_not_exist_would_be_found() -> None:
    assert misunderstood(["incident", "list"]) == ["incident"]
    assert misunderstood(["incidents", "list", "--everything"]) == ["--everything"]
    assert misunderstood(["replay", "a.csv", "--config", "b.yaml", "--strict"]) == []


def test_the_reference_of_options_is_up_to_date() -> None:
    assert reference.main(["--check"]) == 0


def test_decisions_are_numbered_and_listed() -> None:
    files = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    assert [name[:5] for name in files] == [f"{number:04}-" for number in range(1, len(files) + 1)]
    assert LINK.findall((DECISIONS / "README.md").read_text("utf-8")) == files
    for name in files:
        lines = (DECISIONS / name).read_text("utf-8").splitlines()
        assert lines[0].startswith(f"# {int(name[:4])}. ")
        assert len(lines) <= 20, f"{name} is no short decision"
