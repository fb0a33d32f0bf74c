"""The linter: precision and recall on sentences by language, and how fast it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Final

from ruamel.yaml import YAML

from alerts import languages
from alerts.incidents.tripwires import Tripwires, shipped
from alerts.words.lint import Finding, lint
from alerts.words.phases import Channel, Phase
from alerts.words.rulebook import Level
from alerts.words.voice import Voice
from monitor import clock
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.page import number
from monitor.bench.plots import Plot

HALVES: Final = ("known", "held_out")
VOICE: Final = Voice("Fjordwing", domains=("fjordwing.example",), handles=("@fjordwing",))
RECORDED: Final = ()
TABLES: Final = files("monitor.bench")

ABOUT = """
Sentences as an airline, a railway, a telecom or a bank might post them, good and bad, with the
findings that they should have (`monitor/bench/lint_known.yaml` and `lint_held_out.yaml`): all
phrases of the playbooks' ground among them. They are linted as the words of a made-up brand,
without facts. One author, who saw no rule, wrote and labelled both halves; others, whoever wrote
the rules among them, added to the *known* one, which guards what was reached. Whoever wrote the
rules has not seen those *held out*: these are the figures to quote.

A finding counts once for each sentence and rule, whether it blocks or warns. Precision is the part
of the findings that was expected, recall the part of the expected ones that was found. *Right* is
the part of the sentences of which it says rightly whether they can go out: with a finding that
blocks, or without.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a language: sentences, those rightly stopped or let through, and findings."""

    language: str
    sentences: int
    right: int
    found: int
    expected: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Linted:
    """The figures by language; messages a second, and how many times longer than for tripwires."""

    known: tuple[Outcome, ...]
    held_out: tuple[Outcome, ...]
    a_second: float
    times_tripwires: float


def measure(_: Setting, progress: Progress) -> Linted:
    """Lint both halves, then all of it again by the clock."""
    tables = {half: _table(half) for half in HALVES}
    outcomes = {}
    for done, half in enumerate(HALVES):
        progress("Linting", done, len(HALVES) + 1)
        outcomes[half] = tuple(_outcomes(tables[half]))
    progress("Linting", len(HALVES), len(HALVES) + 1)
    a_second, ratio = _speed([row for half in HALVES for row in tables[half]])
    progress("Linting", len(HALVES) + 1, len(HALVES) + 1)
    return Linted(outcomes["known"], outcomes["held_out"], a_second, ratio)


def findings(row: Mapping[str, str]) -> tuple[Finding, ...]:
    """What is found in a row of a table."""
    return lint(
        row["text"],
        language=row["language"],
        channel=Channel(row["channel"]),
        phase=Phase(row["phase"]),
        situation=row["situation"],
        voice=VOICE,
    )


def names(found: Sequence[Finding]) -> set[str]:
    """Findings as the tables have them: `missing:rights`, `blame`."""
    return {f"{one.rule}:{one.found}" if one.rule == "missing" else one.rule for one in found}


def _table(half: str) -> list[dict[str, str]]:
    text = (TABLES / f"lint_{half}.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, str]] = YAML(typ="safe").load(text)
    return rows


def _outcomes(rows: Sequence[Mapping[str, str]]) -> Iterator[Outcome]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        found, expected = findings(row), set(row["expect"])
        stopped = any(one.level is Level.BLOCK for one in found)
        counts.setdefault(row["language"], Counter()).update(
            sentences=1,
            right=stopped == _blocks(row, expected),
            found=len(names(found)),
            expected=len(expected),
            agreed=len(names(found) & expected),
        )
    for language, count in counts.items():
        yield Outcome(language, **count)


def _blocks(row: Mapping[str, str], expected: set[str]) -> bool:
    """Whether what is expected stops a text, and does not only warn."""
    warned = {"double_space"}
    if row["situation"] not in ("accident", "threat"):
        warned.add("emoji")
    if row["phase"] not in (Phase.WORKING, Phase.UPDATE):
        warned.add("no_zone")
    return bool(expected - warned)


def _speed(rows: Sequence[Mapping[str, str]]) -> tuple[float, float]:
    """Messages linted a second, and the time of one in times of looking for tripwires in it."""
    tripwires = Tripwires(shipped())
    began = clock.stopwatch()
    for row in rows:
        findings(row)
    linted = clock.stopwatch()
    for row in rows:
        tripwires.find(row["text"])
    looked = clock.stopwatch()
    return len(rows) / (linted - began), (linted - began) / max(1e-9, looked - linted)


def tables(result: Linted) -> Sequence[Table]:
    """Precision, recall and verdicts by language, of those held out and those known; the speed."""
    return [
        Table(
            half,
            ("", "precision", "recall", "right", "sentences", "findings expected"),
            [_figures(one) for one in _all(outcomes)],
        )
        for half, outcomes in (("Held out", result.held_out), ("Known", result.known))
    ] + [
        Table(
            "Speed",
            ("", "figure"),
            [
                ("messages a second", number(result.a_second)),
                ("times as long as looking for tripwires", number(result.times_tripwires)),
            ],
        )
    ]


def _all(outcomes: Sequence[Outcome]) -> list[Outcome]:
    sums = {
        field.name: sum(getattr(one, field.name) for one in outcomes)
        for field in fields(Outcome)
        if field.name != "language"
    }
    return [*outcomes, Outcome("all", **sums)]


def _figures(one: Outcome) -> tuple[str, ...]:
    return (
        languages.name(one.language) if one.language != "all" else "all",
        f"{one.agreed / max(1, one.found):.2f}",
        f"{one.agreed / max(1, one.expected):.2f}",
        f"{one.right / one.sentences:.2f}",
        str(one.sentences),
        str(one.expected),
    )


def plots(_: Linted) -> Sequence[Plot]:
    """None: the tables are short."""
    return ()
