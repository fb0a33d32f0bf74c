"""The default kind: evidence against a seasonal expectation, gathered over buckets.

Posts and authors are judged apart and a surge needs both, so one person's flood is no crowd.
Learning, episodes and score do not depend on the budget; it only sets where a surge opens.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from detectors.calibration import Calibration
from detectors.contract import (
    Booleans,
    Detector,
    Floats,
    Integers,
    SeriesSetup,
    Silence,
    State,
    Trend,
    Verdict,
)
from detectors.counts import known
from detectors.episodes import Episodes
from detectors.evidence import Bank, graded
from detectors.expectation import Expectation
from detectors.pace import Pace
from detectors.silence import Silences

CODE: Final = "seasonal-2"
DAY: Final = 86400
CERTAIN_DAYS: Final = 1e6
"""Evidence beyond any budget: past it a surge is certain and no longer new, so its score is 0."""


class Findings(TypedDict):
    """The fields of a verdict that only surging series have."""

    started: Integers
    factor: Floats
    recent_factor: Floats
    trend: NDArray[np.int8]


class Options(BaseModel):
    """What a user can set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: float = Field(default=0.5, ge=0.0, le=5.0)
    """Standard deviations of doubt by which the expectation is raised before it is tested."""

    warm_up_hours: float = Field(default=8.0, ge=1.0, le=72.0)
    """Hours observed before the first verdict; in the first two days only a flood is found that
    no daily rhythm explains (see `detectors.expectation.UNKNOWN_RHYTHM`)."""


def build(options: Options, series: Sequence[SeriesSetup], width: int) -> Detector:
    """Make a detector for buckets of `width` seconds."""
    return Seasonal(options, series, width)


class Seasonal:
    """Judges many series at once; rows are the series' posts, then the series' authors.

    >>> from zoneinfo import ZoneInfo
    >>> random = np.random.default_rng(1)
    >>> setup = [SeriesSetup("acme/cancellations@x", ZoneInfo("Europe/Oslo"), budget=1.0)]
    >>> detector = build(Options(), setup, width=60)
    >>> for minute in range(4 * 1440):
    ...     posts = random.poisson([4.0 if minute >= 5000 else 0.5]).astype(float)
    ...     verdict = detector.observe(60 * minute, posts, posts)
    ...     if verdict.opened[0]:
    ...         print(minute, "since", verdict.started[0] // 60, f"x{verdict.factor[0]:.0f}")
    5001 since 5000 x11
    """

    def __init__(self, options: Options, series: Sequence[SeriesSetup], width: int) -> None:
        self.version = f"{CODE} {options.model_dump_json()} {width}"
        self._series = len(series)
        self._width = width
        self._tolerance = options.tolerance
        zones = [setup.timezone for setup in series]
        rows = 2 * len(series)
        self._bank = Bank(rows)
        self._expectation = Expectation(zones + zones, width)
        self._episodes = Episodes(rows, width)
        self._calibration = Calibration(rows, width)
        self._pace = Pace(len(series), width)
        # More than one false surge a day is below suspicion, and not offered.
        budget = np.minimum([float(setup.budget) for setup in series], 30.0)
        if (budget <= 0.0).any():
            raise ValueError("a false-alarm budget is above 0")
        self._silences = Silences(budget, width)
        self._budgeted: Floats = np.tile(30.0 * DAY / width / budget, 2)
        self._threshold = self._calibration.raw(self._budgeted)
        self._recalibrated = False
        self._warm_buckets = options.warm_up_hours * 3600 / width
        self._certain = CERTAIN_DAYS * DAY / width
        self._age: Floats = np.zeros(rows)
        self._record: Floats = np.zeros(len(series))
        self._open: Booleans = np.zeros(len(series), np.bool_)
        self._no_flags: Booleans = np.zeros(len(series), np.bool_)
        self._no_flags.setflags(write=False)
        nothing = np.full(len(series), np.nan)
        self._no_findings: Findings = {
            "started": np.zeros(len(series), np.int64),
            "factor": nothing,
            "recent_factor": nothing,
            "trend": np.zeros(len(series), np.int8),
        }
        for constant in (nothing, self._no_findings["started"], self._no_findings["trend"]):
            constant.setflags(write=False)
        self._judged: Booleans = np.zeros(rows, np.bool_)
        self._outlasted: Booleans = np.zeros(rows, np.bool_)
        self._doubt: Floats = np.zeros(len(series))
        self._fresh: Booleans = np.zeros(len(series), np.bool_)

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """See `Detector.observe`; ValueError for a negative, fractional or infinite count."""
        counts, seen = self._read(posts, authors)
        if self._expectation.advance(bucket, seen):
            self._aim()
        mean = self._expectation.mean
        judged = seen & (self._age >= self._warm_buckets)
        self._bank.gather(bucket, counts, mean, judged)
        evidence = self._bank.evidence()
        ended = self._end_episodes(counts, mean, judged) if self._episodes.any else None
        if ended is not None:
            evidence[ended] = 0.0
        worth = self._calibrated(evidence, judged)
        self._episodes.begin(worth)
        silence = self._hush(bucket, counts, judged)
        unusual = self._episodes.active | np.tile(self._silences.suspected, 2)
        self._expectation.accumulate(counts, seen, unusual)
        np.add(self._age, 1.0, out=self._age, where=seen)
        self._pace.follow(counts[: self._series], mean[: self._series], seen[: self._series])
        self._judged = judged
        return self._verdict(evidence, worth, mean, seen, ended, silence)

    def upper(self) -> Floats:
        """See `Detector.upper`; while a surge lasts, the count that would open one from nothing."""
        if not self._judged.any():
            return np.full(self._series, np.nan)
        rows = self._bank.needed(self._threshold, np.tile(self._fresh, 2))
        posts, authors = rows[: self._series], rows[self._series :]
        paired = self._judged[self._series :]
        needed = np.where(paired, np.maximum(posts, authors), posts)
        return np.where(self._judged[: self._series], needed, np.nan)

    def expectation(self, buckets: Sequence[int]) -> Floats:
        """See `Detector.expectation`."""
        return self._expectation.at(buckets)[:, : self._series].copy()

    def save(self) -> dict[str, NDArray[np.generic]]:
        """See `Detector.save`."""
        return {name: np.copy(getattr(owner, key)) for name, owner, key in self._kept()}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """See `Detector.restore`."""
        kept = list(self._kept())
        if state.keys() != {name for name, _, _ in kept}:
            raise ValueError("the saved state is not one of the seasonal detector")
        for name, owner, key in kept:
            like = getattr(owner, key)
            if state[name].shape != like.shape or state[name].dtype != like.dtype:
                raise ValueError(f"the saved {name} does not fit these series")
        for name, owner, key in kept:
            setattr(owner, key, np.copy(state[name]))
        self._episodes.any = bool(self._episodes.active.any())
        self._silences.restored()
        self._calibration.any = bool((self._calibration.peak > 0.0).any())
        self._recalibrated = True
        self._expectation.forget_derived()
        self._judged = np.zeros_like(self._judged)

    def _kept(self) -> Iterator[tuple[str, object, str]]:
        """Name, owner and attribute of every array of the state."""
        for part, owner, keys in (
            ("evidence", self._bank, Bank.KEPT),
            ("expectation", self._expectation, Expectation.KEPT),
            ("episodes", self._episodes, Episodes.KEPT),
            ("calibration", self._calibration, Calibration.KEPT),
            ("pace", self._pace, Pace.KEPT),
        ):
            for key in keys:
                yield f"{part}.{key}", owner, key
        yield from self._silences.kept()
        for key in ("age", "record", "open"):
            yield key, self, f"_{key}"

    def _read(self, posts: Floats, authors: Floats) -> tuple[Floats, Booleans]:
        """Counts of all rows, 0 where not seen, and which were seen."""
        counts = np.concatenate((posts, authors), dtype=np.float64)
        seen = known(counts)
        seen[self._series :] &= seen[: self._series]
        np.copyto(counts, 0.0, where=~seen)
        return counts, seen

    def _aim(self) -> None:
        """Test against the expectation raised by the tolerance: evidence must survive its doubt."""
        expectation, size = self._expectation, self._series
        margin, dispersion = expectation.margin(self._tolerance), expectation.dispersion()
        self._bank.aim(expectation.mean * margin, dispersion)
        self._silences.aim((expectation.mean / margin)[:size], dispersion[:size])
        self._doubt = expectation.doubt()[:size]

    def _calibrated(self, evidence: Floats, judged: Booleans) -> Floats:
        """What the evidence is worth; a tail just learned holds from the next bucket."""
        if self._recalibrated:
            self._threshold = self._calibration.raw(self._budgeted)
        worth = self._calibration.worth(evidence)
        self._recalibrated = self._calibration.follow(evidence, judged)
        return worth

    def _end_episodes(self, counts: Floats, mean: Floats, judged: Booleans) -> Booleans:
        """Follow the episodes; evidence goes with those that end, a lasting level is learned."""
        episodes = self._episodes
        ended = episodes.follow(counts, mean, self._bank.doubt(), judged)
        if ended.any():
            self._outlasted = ended & episodes.outlasted()
            if self._outlasted.any():
                self._expectation.relevel(self._outlasted, episodes.factor())
            episodes.end(ended)
            self._bank.reset(ended)
        return ended

    def _hush(self, bucket: int, counts: Floats, judged: Booleans) -> Silence:
        """Judge the silences; one that lasts is the new normal of posts and authors."""
        size, silences = self._series, self._silences
        mean = self._expectation.mean[:size]
        silence = silences.observe(bucket, counts[:size], mean, judged[:size])
        if silence.renewed.any():
            both = np.tile(silence.renewed, 2), np.tile(silences.factor, 2)
            self._expectation.relevel(*both)
        return silence

    def _verdict(
        self,
        evidence: Floats,
        worth: Floats,
        mean: Floats,
        seen: Booleans,
        ended: Booleans | None,
        silence: Silence,
    ) -> Verdict:
        """Open and close surges, and say what is known; evidence and its worth are in buckets."""
        size = self._series
        judged, paired = self._judged[:size], self._judged[size:]
        both = np.where(paired, np.minimum(worth[:size], worth[size:]), worth[:size])
        reached = evidence >= self._threshold
        self._fresh = self._open.copy()
        closed = self._no_flags
        if ended is not None:
            closed = self._open & (ended[:size] | ended[size:])
            self._open &= ~closed
        opened = judged & reached[:size] & (reached[size:] | ~paired)
        opened &= ~self._open
        self._open |= opened
        state = np.where(judged, self._open + np.int8(State.QUIET), State.WARMING_UP)
        np.copyto(state, State.MISSING, where=~seen[:size])
        return Verdict(
            expected=np.where(judged, mean[:size], np.nan),
            doubt=np.where(seen[:size], self._doubt, np.nan),
            score=self._score(both, judged),
            state=state.astype(np.int8),
            opened=opened,
            closed=closed,
            renewed=closed & (self._outlasted[:size] | self._outlasted[size:]),
            evidence=np.where(judged, both * (self._width / DAY), np.nan),
            silence=silence,
            **self._finding(),
        )

    def _score(self, evidence: Floats, judged: Booleans) -> Floats:
        """How surely a new surge starts: graded by the evidence, where that is at a new record."""
        days = evidence * (self._width / DAY)
        new = (evidence > self._record) & (self._record < self._certain)
        score = np.where(judged, new * graded(days), np.nan)
        np.maximum(self._record, evidence, out=self._record, where=judged)
        np.copyto(self._record, 0.0, where=judged & (evidence < 1.0))
        return score

    def _finding(self) -> Findings:
        """Start, factors and trend of the open surges."""
        surging = self._open & self._judged[: self._series]
        if not surging.any():
            return self._no_findings
        onset = self._bank.onset()
        return {
            "started": np.where(surging, onset.bucket[: self._series], 0),
            "factor": ratio(
                onset.observed[: self._series], onset.expected[: self._series], surging
            ),
            "recent_factor": np.where(surging, self._pace.factor(), np.nan),
            "trend": np.where(surging, self._pace.trend(), np.int8(Trend.HOLDING)),
        }


def ratio(seen: Floats, expected: Floats, where: Booleans) -> Floats:
    """Observed over expected where asked for, NaN elsewhere."""
    return np.asarray(np.divide(seen, expected, where=where, out=np.full(len(seen), np.nan)))
