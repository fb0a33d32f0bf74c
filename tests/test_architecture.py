"""What holds everywhere in the three packages, whoever adds to them."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from monitor.configuration.values import detectors, notifiers, sources
from tests.conftest import ROOT

PACKAGES = ("detectors", "alerts", "monitor")
MIGRATIONS = "monitor/store/migrations/versions/"
"""A migration is a list of what to do, and is not touched again."""

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"} | {
    f"time.{name}" for name in ("time", "time_ns", "monotonic", "perf_counter", "sleep")
}
MATRIX = {"MatMult", "dot", "matmul", "einsum", "inner", "tensordot", "vdot", "linalg"}
PLACE_OF_SOMEBODY = re.compile(r"(?<![\w.*])/(?:home|root|work|Users)/[\w.]|[A-Z]:\\Users")


@cache
def modules() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def nodes(some: dict[str, ast.Module]) -> Iterator[tuple[str, ast.AST]]:
    for name, tree in some.items():
        for node in ast.walk(tree):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node


def test_imports_point_one_way_and_detectors_do_no_io() -> None:
    checked = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_only_one_module_asks_the_wall_clock() -> None:
    others = {name: tree for name, tree in modules().items() if name != "monitor/clock.py"}
    asking = []
    for place, node in nodes(others):
        match node:
            case ast.Attribute() if ".".join(ast.unparse(node).split(".")[-2:]) in WALL_CLOCK:
                asking.append(place)
            case ast.ImportFrom(module="time", names=names):
                asking += [place for each in names if f"time.{each.name}" in WALL_CLOCK]
            case ast.alias(name="time" | "datetime", asname=str()):
                asking.append(place)
    assert asking == []


def test_no_detector_multiplies_matrices() -> None:
    pure = {name: tree for name, tree in modules().items() if name.startswith("detectors/")}
    assert [
        place
        for place, node in nodes(pure)
        if MATRIX & {type(node).__name__, getattr(node, "attr", None), getattr(node, "id", None)}
    ] == []


def test_modules_and_functions_are_short() -> None:
    long = {
        name: lines
        for name in modules()
        if (lines := len((ROOT / name).read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    for place, node in nodes(modules()):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and MIGRATIONS not in place:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                long[f"{place} {node.name}"] = lines
    assert long == {}


def test_every_kind_is_documented() -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for kind in (*sources(), *detectors(), *notifiers()):
        assert f"### `{kind}`" in reference


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_has_a_package_of_this_name(package: str) -> None:
    assert {*packages_distributions().get(package, [])} <= {"seawall"}


def test_the_lock_file_has_hashes_for_everything_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert not re.search(r"https?:|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", lock)
    requirements = lock.replace("\\\n", "").splitlines()
    assert len(requirements) > 50
    for requirement in requirements:
        assert re.fullmatch(
            r"[a-z0-9-]+(\[[a-z,]+\])?==[\w.!+]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+",
            requirement,
        ), requirement[:80]


def test_every_dependency_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for name in re.findall(r'^  "([a-z0-9-]+)(?:\[\w+\])?[><=].*",$', project, re.MULTILINE):
        assert re.search(rf"^{name}(\[|==)", lock, re.MULTILINE), name


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("places on somebody's machine: this is no git checkout")
    found = []
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            text = (ROOT / name).read_text("utf-8", errors="replace")
            found += [f"{name}: {place[0]}" for place in PLACE_OF_SOMEBODY.finditer(text)]
    assert found == []
