"""How well words about safety are told from the same words in jest."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from ruamel.yaml import YAML

from alerts import languages
from alerts.incidents.tripwires import Tripwires, shipped
from monitor import clock
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.page import number
from monitor.bench.plots import Plot

RECORDING: Final = "airline_feb2015/airline_tweets_utc.csv"
RECORDED: Final = (RECORDING,)
SENTENCES: Final = files("monitor.bench") / "sentences.yaml"

ABOUT = """
Posts with words about safety, which page at once, and posts with the same words in jest.

There is no collection of such posts, so 600 sentences were written for this in the manner of X and
Bluesky (`monitor/bench/sentences.yaml`): 100 in each of six languages, half of them harmless. 480
were *known*: the words were chosen with them in view, until nearly all came out right. 120 were
*held out*: written when the words were, by the same hand, and have changed none of them; these
are the figures to quote, for posts that name the danger. A danger that is told without a word for
it ("nobody met our nephew, he is gone") is not found by words. Precision is the part of what trips
that is about safety, recall the part of what is about safety that trips; high recall comes first,
since a person looks.

How often they trip in earnest is counted on recorded posts to airlines of one week, most of which
complain. The words were amended after those that tripped there had been read; of the 11 that still
did, by a person's reading, 5 were worth a look, 2 perhaps, and 4 were harmless.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many sentences about safety tripped, of how many, and how many harmless ones."""

    language: str
    found: int
    safety: int
    false: int
    harmless: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded posts, how many tripped, by which word, and how long one took in seconds."""

    posts: int
    days: int
    words: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Tripped:
    """The figures, by language, of the sentences known and held out; and in recorded posts."""

    known: tuple[Outcome, ...]
    held_out: tuple[Outcome, ...]
    recorded: Recorded


def measure(setting: Setting, progress: Progress) -> Tripped:
    """Look for the words that are shipped, in sentences and in recorded posts."""
    tripwires = Tripwires(shipped())
    table = YAML(typ="safe").load(SENTENCES.read_text(encoding="utf-8"))
    progress("Looking for words", 0, 2)
    halves = {half: tuple(_outcomes(tripwires, table, half)) for half in ("known", "held_out")}
    progress("Looking for words", 1, 2)
    recorded = _recorded(tripwires, setting)
    progress("Looking for words", 2, 2)
    return Tripped(**halves, recorded=recorded)


def _outcomes(
    tripwires: Tripwires, table: dict[str, dict[str, dict[str, list[str]]]], half: str
) -> Iterator[Outcome]:
    for language, halves in table.items():
        safety, harmless = halves[half]["safety"], halves[half]["harmless"]
        found, false = (
            sum(tripwires.find(said) is not None for said in said_so)
            for said_so in (safety, harmless)
        )
        yield Outcome(language, found, len(safety), false, len(harmless))


def _recorded(tripwires: Tripwires, setting: Setting) -> Recorded:
    with setting.recorded(RECORDING).open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    days = len({row["utc"][:10] for row in rows})
    words: Counter[str] = Counter()
    began = clock.stopwatch()
    for row in rows:
        if found := tripwires.find(row["text"]):
            words[found.word] += 1
    seconds = (clock.stopwatch() - began) / max(1, len(rows))
    return Recorded(len(rows), days, dict(words.most_common()), seconds)


def tables(result: Tripped) -> Sequence[Table]:
    """Precision and recall by language; then what trips in recorded posts."""
    posts, tripped = result.recorded.posts, sum(result.recorded.words.values())
    return [
        Table(
            "Sentences",
            ("", "held out: precision", "recall", "of", "known: precision", "recall", "of"),
            [
                (languages.name(held.language), *_figures(held), *_figures(known))
                for held, known in zip(_all(result.held_out), _all(result.known), strict=True)
            ],
        ),
        Table(
            "Recorded posts to airlines",
            ("", "figure"),
            [
                ("posts", f"{posts:,}"),
                ("that trip", f"{tripped} ({tripped / max(1, posts):.2%})"),
                ("a day, all airlines together", number(tripped / max(1, result.recorded.days))),
                ("words", ", ".join(f"{word} {n}" for word, n in result.recorded.words.items())),
                ("microseconds a post", number(result.recorded.seconds * 1e6)),
            ],
        ),
    ]


def _all(outcomes: Sequence[Outcome]) -> list[Outcome]:
    together = Outcome(
        "all",
        sum(one.found for one in outcomes),
        sum(one.safety for one in outcomes),
        sum(one.false for one in outcomes),
        sum(one.harmless for one in outcomes),
    )
    return [*outcomes, together]


def _figures(one: Outcome) -> tuple[str, str, str]:
    precision = one.found / max(1, one.found + one.false)
    return f"{precision:.2f}", f"{one.found / one.safety:.2f}", str(one.safety + one.harmless)


def plots(_: Tripped) -> Sequence[Plot]:
    """None: the tables are short."""
    return ()
