"""The Numenta Anomaly Benchmark's rule for scoring detections against labelled windows.

Lavin and Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms", in its standard profile.
A row whose score reaches the threshold is a detection. Of those in a window the earliest counts,
the more the earlier it comes; each outside costs, the more the farther it is behind the window
before. A missed window costs 1. No detection at all is 0, every window found at once is 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detectors.contract import Booleans, Floats, Integers

PROBATION: Final = 0.15
"""Part of a series that is not scored, of at most so many rows."""
PROBATION_ROWS: Final = 5_000
FALSE_POSITIVE: Final = 0.11
MISSED: Final = 1.0
FARTHEST: Final = 3.0
"""Widths of the window before it beyond which a false positive costs in full."""


@dataclass(frozen=True, slots=True)
class Labels:
    """A series' rows, and its labelled windows as first and last row, in order."""

    rows: int
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """How many rows at the beginning are not scored."""
        return int(PROBATION * min(self.rows, PROBATION_ROWS))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one series has at a threshold.

    `found` holds per window the first detection's place in it, from 0 (first row) to 1 (last row),
    None where it was missed; `false` the rows of the false positives; `points` are not normalised.
    """

    found: tuple[float | None, ...]
    false: tuple[int, ...]
    points: float

    @property
    def score(self) -> float:
        """The points so that no detection is 0 and perfect is 100; there is a window."""
        return normalised(self.points, len(self.found))


def sigmoid(place: Floats) -> Floats:
    """What a detection is worth by its place: -1 opens a window, 0 ends it, above is behind it.

    >>> [round(float(worth), 4) for worth in sigmoid(np.array([-1.0, 0.0, 1.0, 4.0]))]
    [0.9866, 0.0, -0.9866, -1.0]
    """
    near = np.minimum(place, FARTHEST)
    return np.where(place >= FARTHEST, -1.0, 2.0 / (1.0 + np.exp(5.0 * near)) - 1.0)


def worth(labels: Labels) -> tuple[Floats, Integers]:
    """Points of a detection in each row, and the window it is in, -1 outside."""
    rows = np.arange(labels.rows)
    points, window = np.full(labels.rows, -FALSE_POSITIVE), np.full(labels.rows, -1)
    best = float(sigmoid(np.array([-1.0]))[0])
    for number, (first, last) in enumerate(labels.windows):
        width = last - first + 1
        behind = rows > last
        points[behind] = FALSE_POSITIVE * sigmoid((rows[behind] - last) / max(width - 1, 1))
        inside = slice(first, last + 1)
        points[inside] = sigmoid((rows[inside] - last - 1) / width) / best
        window[inside] = number
    return points, window


def normalised(points: float, windows: int) -> float:
    """Points as a score: every window missed is 0, every window found at once is 100."""
    return 100.0 * (points + MISSED * windows) / ((1.0 + MISSED) * windows)


def outcome(labels: Labels, scores: Floats, threshold: float) -> Outcome:
    """What these scores (one a row, NaN where there is none) have at this threshold."""
    points, window = worth(labels)
    detected = scores >= threshold
    detected[: labels.probation] = False
    false = np.flatnonzero(detected & (window < 0))
    total = float(points[false].sum())
    found: list[float | None] = []
    for number, (first, last) in enumerate(labels.windows):
        hits = np.flatnonzero(detected & (window == number))
        total += float(points[hits[0]]) if len(hits) else -MISSED
        found.append(float((hits[0] - first) / max(last - first, 1)) if len(hits) else None)
    return Outcome(tuple(found), tuple(int(row) for row in false), total)


def best_threshold(labelled: Sequence[tuple[Labels, Floats]]) -> float:
    """The single threshold with which all these series together score highest.

    Of several the highest. Every score is a candidate; with none better than no detection at all
    it is infinite.
    """
    costs: list[tuple[Floats, Floats]] = []
    gains: list[tuple[Floats, Floats]] = []
    for labels, scores in labelled:
        points, window = worth(labels)
        scored = ~np.isnan(scores)
        scored[: labels.probation] = False
        costs.append(_descending(scores, points, scored & (window < 0)))
        gains.extend(
            _descending(scores, points, scored & (window == number))
            for number in range(len(labels.windows))
        )
    levels = np.unique(np.concatenate([[np.inf], *(scores for scores, _ in costs + gains)]))[::-1]
    total = np.zeros(len(levels))
    for scores, points in costs:
        sums = np.concatenate(([0.0], np.cumsum(points)))
        total += sums[_reached(scores, levels)]
    for scores, points in gains:
        best = np.concatenate(([-MISSED], np.maximum.accumulate(points)))
        total += best[_reached(scores, levels)]
    return float(levels[np.argmax(total)])


def _descending(scores: Floats, points: Floats, chosen: Booleans) -> tuple[Floats, Floats]:
    """The chosen rows' scores, highest first, and their points."""
    order = np.argsort(-scores[chosen], kind="stable")
    return scores[chosen][order], points[chosen][order]


def _reached(scores: Floats, levels: Floats) -> Integers:
    """How many of the scores, highest first, reach each level."""
    return np.searchsorted(-scores, -levels, side="right")
