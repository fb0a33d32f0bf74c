"""A witness: a detector that lets another one judge, and keeps what it said for a while."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors import Detector, Verdict
from detectors.calibration import Calibration
from detectors.contract import Floats, Integers, Saved

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Testimony:
    """One bucket (its start, epoch seconds) as it was judged; arrays have one element a series.

    `posts_evidence` is the evidence of posts alone, `watched` how many buckets have been observed.
    """

    bucket: int
    posts: Floats
    authors: Floats
    verdict: Verdict
    upper: Floats
    posts_evidence: Floats
    watched: Integers


class Witness:
    """Keeps what `detector` says of buckets from `since` on (epoch seconds).

    `twin` is one more of the same that has seen nothing; from `since` on it is shown posts without
    authors, which tells whose evidence was the weaker. `told` hears of every hour.
    """

    def __init__(
        self, detector: Detector, twin: Detector, since: int, told: Callable[[int], None]
    ) -> None:
        self.version = detector.version
        self.heard: list[Testimony] = []
        self.states: dict[int, Saved] = {}
        """What the detector knew when surges were opened, by the bucket's start."""
        self._detector, self._twin = detector, twin
        self._since, self._told = since, told
        self._watched: Integers | None = None

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """See `Detector.observe`."""
        if bucket >= self._since and not self.heard:
            self._twin.restore(self._detector.save())
        verdict = self._detector.observe(bucket, posts, authors)
        seen = (~np.isnan(posts)).astype(np.int64)
        self._watched = seen if self._watched is None else self._watched + seen
        if bucket >= self._since:
            alone = self._twin.observe(bucket, posts, np.full_like(authors, np.nan)).evidence
            upper = self._detector.upper()
            self.heard.append(
                Testimony(bucket, posts, authors, verdict, upper, alone, self._watched)
            )
            if verdict.opened.any():
                self.states[bucket] = self._detector.save()
        if bucket % HOUR_S == 0:
            self._told(bucket)
        return verdict

    def accept(self, series: Integers, factor: Floats) -> None:
        """See `Detector.accept`."""
        self._detector.accept(series, factor)
        if self.heard:
            self._twin.accept(series, factor)

    def upper(self) -> Floats:
        """See `Detector.upper`."""
        return self._detector.upper()

    def expectation(self, buckets: Sequence[int]) -> Floats:
        """See `Detector.expectation`."""
        return self._detector.expectation(buckets)

    def save(self) -> Saved:
        """Nothing: it is never continued, and a state an hour would take its time."""
        return {}

    def restore(self, state: Saved) -> None:
        """See `Detector.restore`."""
        self._detector.restore(state)


def stretch(state: Saved, width: int, i: int, *, authors: bool) -> float | None:
    """By how much calibration shortens the logarithm of a series' evidence, from a saved state.

    Of its posts, or of its `authors`. None where the detector keeps no such history.
    """
    kept = {key: state.get(f"calibration.{key}") for key in Calibration.KEPT}
    if any(values is None for values in kept.values()):
        return None
    rows = len(next(iter(kept.values())))  # type: ignore[arg-type]
    calibration = Calibration(rows, width)
    for key, values in kept.items():
        setattr(calibration, key, values)
    return float(calibration.stretch()[i + authors * rows // 2])
