"""How well surges in recorded mention volume are found: the Numenta Anomaly Benchmark's tweets."""

import csv
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from detectors.contract import Floats
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._baselines import on_volume
from monitor.bench.measures._nab_score import (
    Labels,
    Outcome,
    best_threshold,
    normalised,
    outcome,
)
from monitor.bench.plots import Bars
from monitor.detect import detect
from monitor.sources.recording import RecordingError

FOLDER: Final = "nab_tweets"
WINDOWS: Final = f"{FOLDER}/windows.json"
SEAWALL: Final = "Seawall"
GOAL: Final = 86.0

PUBLISHED: Final = (
    ("ARTime", 84.5),
    ("htm.java", 70.9),
    ("CAD OSE", 70.3),
    ("Numenta HTM", 70.1),
    ("Skyline", 67.3),
    ("KNN-CAD", 66.6),
    ("Random Cut Forest", 65.2),
    ("Twitter ADVec", 53.3),
    ("Windowed Gaussian", 47.3),
)
"""What the benchmark's repository has of other detectors, each at its best threshold for these."""
PUBLISHED_FOR: Final = frozenset({"AAPL", "CRM", "GOOG", "KO", "UPS"})

RECORDED: Final = (WINDOWS,)

ABOUT = f"""
Surges found in recorded mention volume: the tweet series of the Numenta Anomaly Benchmark.

Tweets in five minutes that mention a listed company, two months of 2015, with labelled windows.
Scored is the score of `seawall detect` by the benchmark's rule in its standard profile: the first
15 % of at most 5,000 rows are not scored, a hit earns by a scaled sigmoid how early it comes in its
window, a missed one costs 1 and a false positive 0.11 scaled by its distance from the window
before; 0 is no detection at all, 100 every window found with its first row. One threshold serves
all series. It is the best for these series unless one was given; *held out* scores each series with
the threshold that is best for the others. Thresholds are written in full: `--threshold` scores
other series (`--data`) at one that was chosen here. The goal is {GOAL:.0f}.

The published figures of other detectors are for these five series, each at its own best threshold.
The others ran here on the same rows at their own best threshold: a Gaussian of the last 6,400 rows
renewed every hundred, counts in standard deviations of the last day (a z-score), and
river's GaussianScorer and HalfSpaceTrees at their defaults, on the same counts.
"""


@dataclass(frozen=True, slots=True)
class Scored:
    """One method on all series, by name, with one threshold; `held_out` None where it was given."""

    method: str
    threshold: float
    score: float
    held_out: float | None
    series: dict[str, Outcome]


@dataclass(frozen=True, slots=True)
class Volume:
    """The figures: Seawall's first."""

    scored: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A series of counts with its labels."""

    file: Path
    counts: Floats
    width: int
    labels: Labels


def measure(setting: Setting, progress: Progress) -> Volume:
    """Score every method; Seawall at the setting's threshold, or at the best one.

    RecordingError where a series that has windows is not there, or none has any.
    """
    series = load(setting)
    done, methods = 0, on_volume(setting.seed)
    total = len(series) * (len(methods) + 1)

    def step(label: str) -> None:
        nonlocal done
        done += 1
        progress(label, done, total)

    ours = {}
    for name, one in series.items():
        ours[name] = detected(one.file)
        step("Detecting surges")
    scored = [judged(SEAWALL, series, ours, setting.threshold)]
    for method, score in methods.items():
        theirs = {}
        for name, one in series.items():
            theirs[name] = score(one.counts, one.width)
            step("Detecting surges")
        scored.append(judged(method, series, theirs))
    return Volume(tuple(scored))


def load(setting: Setting) -> Mapping[str, Labelled]:
    """Every labelled series by its name."""
    listed: dict[str, list[tuple[str, str]]] = json.loads(
        setting.recorded(WINDOWS).read_text("utf-8")
    )
    if not any(listed.values()):
        raise RecordingError(f"{setting.data / WINDOWS} has no window: there is nothing to find")
    setting.require(f"{FOLDER}/{file}" for file in listed)
    series = {}
    for file, spans in sorted(listed.items()):
        path = setting.recorded(f"{FOLDER}/{file}")
        with path.open(encoding="utf-8", newline="") as opened:
            rows = [(_moment(row["timestamp"]), row["value"]) for row in csv.DictReader(opened)]
        moments = np.array([at for at, _ in rows])
        windows = [
            (
                int(np.searchsorted(moments, _moment(since))),
                int(np.searchsorted(moments, _moment(until), side="right")) - 1,
            )
            for since, until in spans
        ]
        name = path.stem.removeprefix("Twitter_volume_")
        series[name] = Labelled(
            path,
            np.array([float(value) for _, value in rows]),
            int(np.median(np.diff(moments))),
            Labels(len(rows), tuple(sorted(windows))),
        )
    return series


def detected(file: Path) -> Floats:
    """The scores of `seawall detect`, NaN where it gives none."""
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as folder:
        output = Path(folder) / "out.csv"
        detect(file, output)
        with output.open(encoding="utf-8", newline="") as opened:
            return np.array([float(row["score"] or "nan") for row in csv.DictReader(opened)])


def judged(
    method: str,
    series: Mapping[str, Labelled],
    scores: Mapping[str, Floats],
    threshold: float | None = None,
) -> Scored:
    """A method's scores by the rule, at this threshold or else at the best one."""
    labelled = {name: (one.labels, scores[name]) for name, one in series.items()}
    best = best_threshold(list(labelled.values())) if threshold is None else threshold
    outcomes = {name: outcome(*one, best) for name, one in labelled.items()}
    held_out = {}
    if threshold is None and len(labelled) > 1:
        for name, one in labelled.items():
            others = [each for other, each in labelled.items() if other != name]
            held_out[name] = outcome(*one, best_threshold(others))
    return Scored(
        method, best, together(outcomes), together(held_out) if held_out else None, outcomes
    )


def together(outcomes: Mapping[str, Outcome]) -> float:
    """The score of several series as one."""
    windows = sum(len(one.found) for one in outcomes.values())
    return normalised(sum(one.points for one in outcomes.values()), windows)


def tables(result: Volume) -> Sequence[Table]:
    """All methods, best first; and where Seawall's points are won and lost."""
    ours = result.scored[0]
    rows = [
        (
            one.score,
            (
                one.method,
                f"{one.score:.1f}",
                "" if one.held_out is None else f"{one.held_out:.1f}",
                repr(one.threshold),
                _found(one.series.values()),
                str(sum(len(each.false) for each in one.series.values())),
            ),
        )
        for one in result.scored
    ]
    rows += [(score, (name, f"{score:.1f}", "", "", "", "")) for name, score in _published(ours)]
    headings = ("", "score", "held out", "threshold", "windows found", "false positives")
    return [
        Table(
            f"Mention volume, goal {GOAL:.0f}",
            headings,
            [cells for _, cells in sorted(rows, key=lambda row: -row[0])],
        ),
        Table(
            f"{SEAWALL} by series, threshold {ours.threshold!r}",
            ("", "score", "windows found", "place in the window", "false positives"),
            [
                (
                    name,
                    f"{one.score:.1f}" if one.found else "",
                    _found([one]),
                    ", ".join("-" if at is None else f"{at:.2f}" for at in one.found),
                    str(len(one.false)),
                )
                for name, one in ours.series.items()
            ],
        ),
    ]


def plots(result: Volume) -> Sequence[Bars]:
    """All methods' scores, best first."""
    groups = (SEAWALL, "others, run here", "others, as published")
    ours, *others = result.scored
    rows = [(ours.method, ours.score, groups[0])]
    rows += [(one.method, one.score, groups[1]) for one in others]
    rows += [(name, score, groups[2]) for name, score in _published(ours)]
    return [
        Bars(
            name="scores",
            title="Scores on recorded mention volume",
            axis="score: 0 is no detection at all, 100 every window found at once",
            groups=groups,
            rows=sorted(rows, key=lambda row: -row[1]),
            goals=[GOAL],
        )
    ]


def _published(ours: Scored) -> Sequence[tuple[str, float]]:
    """What is published of other detectors, where it is for the series that were scored."""
    return PUBLISHED if ours.series.keys() == PUBLISHED_FOR else ()


def _found(outcomes: Iterable[Outcome]) -> str:
    found = [at for one in outcomes for at in one.found]
    return f"{sum(at is not None for at in found)} of {len(found)}"


def _moment(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()
