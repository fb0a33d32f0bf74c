"""Any of river's estimators that score, held to the same false-alarm budget as every other kind.

An estimator is shown, five minutes at a time, how much more was said than expected, on a scale that
is the same by day and by night. Its answer is only ranked among its answers to the series' own
quiet past, so any scale will do. Ranks become evidence (`detectors.conformal`), and the tail of
that evidence is calibrated on the series itself (`detectors.calibration`). In simulations with
rhythm, drift and over-dispersion, from 0.02 to 10 posts a minute, each estimator tried opened fewer
surges than a budget of 1 or of 10 in 30 days allows. A tenfold flood was found in a quarter of an
hour where there is a post a minute, mostly within one where there are six an hour, else in hours.
"""

from collections.abc import Sequence
from functools import partial
from math import ceil, nan
from typing import Final, Self, TypedDict

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from detectors import saving
from detectors.budget import asked, budgets
from detectors.calendar import DAY
from detectors.calibration import Calibration
from detectors.conformal import e_value
from detectors.contract import (
    Booleans,
    Detector,
    Floats,
    Integers,
    Saved,
    SeriesSetup,
    Trend,
    Verdict,
    states,
)
from detectors.counts import known
from detectors.course import STEP, Course
from detectors.episodes import NOWHERE, Episodes
from detectors.estimators import Described, Estimator, rehearse, unusable
from detectors.evidence import LEAST_POSTS, POISSON, Bank, graded
from detectors.expectation import Expectation
from detectors.pace import Pace
from detectors.silence import Silences

CODE: Final = "river-3"
STEP_SECONDS: Final = 300
"""Observed time that an estimator is shown at once, or one bucket where that is wider."""
WARM_UP_SECONDS: Final = 2 * DAY
RISE: Final = 0.5
"""Standard deviations above the expectation below which there is no rise to be strange."""
UNSURE: Final = 0.15
"""Standard deviation of the logarithm by which any expectation is wrong. It is taken to be always
the same, since what was said of the past is ranked with what is said now."""
TOLERANCE: Final = 0.5
"""Standard deviations of doubt by which the expectation is lowered before a silence is tested."""
SMALLEST_FACTOR: Final = 2.0
"""The surge factor by which a surge's start is estimated and its end is believed."""
CERTAIN_DAYS: Final = 1e6
"""Where the evidence is held: beyond any budget, yet soon gone when the surge is."""


class Options(BaseModel):
    """What a user can set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    estimator: str = "HalfSpaceTrees"
    """A class of river, such as `anomaly.GaussianScorer`; without a module it is one of `anomaly`.
    It is told one number, `volume`: how much was said against what was expected, from 0 to 1, and a
    half where it was as expected."""

    parameters: dict[str, JsonValue] | list[JsonValue] = Field(default_factory=dict)
    """What the class is made with, by name or in order. A parameter that is an estimator itself is
    `{estimator: time_series.HoltWinters, parameters: {alpha: 0.3}}`, or `{pipeline: […]}`."""

    pipeline: list[JsonValue] | None = None
    """Steps instead of one `estimator`, the last of which scores: each a name, or a mapping as in
    `parameters`. Example: `[preprocessing.StandardScaler, anomaly.OneClassSVM]`"""

    seed: int = 0
    """For estimators that draw at random."""

    cold: int = Field(default=250, ge=1, le=10_000)
    """Steps of five minutes (or of one bucket, where that is wider) it has to learn before its
    scores mean anything (HalfSpaceTrees: `window_size`)."""

    history: int = Field(default=3000, ge=500, le=50_000)
    """Steps kept per series, among which a new score is ranked; when full, the estimator is
    replaced by one that has learned the later half."""

    @property
    def described(self) -> Described:
        """The estimator as `detectors.estimators` makes it."""
        if self.pipeline is not None:
            return {"pipeline": self.pipeline}
        return {"estimator": self.estimator, "parameters": self.parameters}

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.pipeline is not None and {"estimator", "parameters"} & self.model_fields_set:
            raise unusable("has a pipeline beside an estimator", "name it as the last step")
        if 2 * self.cold > self.history:
            raise unusable("is cold for too long", "`cold` is at most half of `history`")
        rehearse(self.described, self.seed)
        return self


def build(options: Options, series: Sequence[SeriesSetup], width: int) -> Detector:
    """Make a detector for buckets of `width` seconds."""
    return River(options, series, width)


class Findings(TypedDict):
    """The fields of a verdict that only surging series have."""

    started: Integers
    factor: Floats
    recent_factor: Floats
    trend: NDArray[np.int8]


class River:
    """One estimator per series, behind the contract of every detector."""

    KEPT: Final = (
        "age", "buckets", "posts", "expected", "statistic", "ready", "record", "open",
    )  # fmt: skip

    def __init__(self, options: Options, series: Sequence[SeriesSetup], width: int) -> None:
        self.version = f"{CODE} {options.model_dump_json()} {width}"
        size = self._size = len(series)
        self._width = width
        budget = budgets(series)
        self._budgeted = asked(budget, width)
        self._certain = CERTAIN_DAYS * DAY / width
        self._step = ceil(STEP_SECONDS / width)
        self._half = options.history // 2
        made = partial(Estimator, options.described, options.seed, options.cold)
        self._courses = [Course(self._half, made) for _ in series]
        self._expectation = Expectation(series, width)
        self._surge = Bank(size, (SMALLEST_FACTOR,), 1.0, 0.0)
        self._episodes = Episodes(size, width)
        self._calibration = Calibration(size, width)
        self._pace = Pace(size, width)
        self._silences = Silences(budget, width)
        self._outlasted: Booleans = np.zeros(size, np.bool_)
        self._accepted: Integers = NOWHERE
        self.age: Floats = np.zeros(size)
        # What the step under way has gathered.
        self.buckets: Floats = np.zeros(size)
        self.posts: Floats = np.zeros(size)
        self.expected: Floats = np.zeros(size)
        # Evidence in steps, whether there can be any, its record since there was none, open surges.
        self.statistic: Floats = np.zeros(size)
        self.ready: Booleans = np.zeros(size, np.bool_)
        self.record: Floats = np.zeros(size)
        self.open: Booleans = np.zeros(size, np.bool_)

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """See `Detector.observe`; ValueError for a negative, fractional or infinite count."""
        size, expectation = self._size, self._expectation
        given = known(posts)
        counts = np.where(given, posts, 0.0)
        crowd = np.where(given & known(authors), authors, counts)
        rows, seen = np.concatenate((counts, crowd)), np.tile(given, 2)
        if expectation.advance(bucket, seen):
            self._aim()
        mean = expectation.mean[:size]
        self._go(crowd, expectation.mean[size:], given)
        judged = given & self.ready & (self.age * self._width >= WARM_UP_SECONDS)
        self._surge.gather(bucket, counts, mean, judged)
        ended = self._end_episodes(counts, mean, judged)
        enough = judged & (self._surge.observed[0] >= LEAST_POSTS)
        evidence = np.where(enough, self.statistic * self._step, 0.0)
        threshold = self._calibration.raw(self._budgeted)
        worth = self._calibration.worth(evidence)
        self._calibration.follow(evidence, judged)
        self._episodes.begin(worth)
        silence = self._silences.observe(bucket, counts, expectation, judged)
        unusual = self._episodes.active | self._silences.suspected
        expectation.accumulate(rows, seen, np.tile(unusual, 2))
        np.add(self.age, 1.0, out=self.age, where=given)
        self._pace.follow(counts, mean, given)
        closed = self.open & ended
        opened = judged & (evidence >= threshold) & ~(self.open & ~ended)
        self.open = (self.open & ~ended) | opened
        return Verdict(
            expected=np.where(judged, mean, nan),
            doubt=np.where(given, expectation.doubt()[:size], nan),
            score=self._score(worth, judged),
            state=states(given, judged, self.open),
            opened=opened,
            closed=closed,
            renewed=closed & self._outlasted,
            evidence=np.where(judged, worth * (self._width / DAY), nan),
            calm=self.open & ~self._episodes.active,
            silence=silence,
            **self._finding(mean, judged),
        )

    def accept(self, series: Integers, factor: Floats) -> None:
        """See `Detector.accept`."""
        self._expectation.relevel_series(series, factor)
        self._accepted = series

    def upper(self) -> Floats:
        """Not known: an estimator's score need not rise with the count."""
        return np.full(self._size, nan)

    def expectation(self, buckets: Sequence[int]) -> Floats:
        """See `Detector.expectation`."""
        return self._expectation.posts(buckets)

    def save(self) -> Saved:
        """See `Detector.save`: plain numbers, nothing of river's own."""
        gone = np.array([course.gone for course in self._courses], np.int64)
        steps = np.zeros((self._size, 2 * self._half), STEP)
        for row, course in zip(steps, self._courses, strict=True):
            row[:] = course.steps
        return {**saving.save(self._parts()), "gone": gone, "steps": steps}

    def restore(self, state: Saved) -> None:
        """See `Detector.restore`; every estimator goes its steps again."""
        saving.must_fit(state, self.save())
        saving.restore(self._parts(), state)
        self._expectation.forget_derived()
        self._episodes.derive()
        self._silences.derive()
        self._calibration.derive()
        kept = zip(self._courses, state["steps"], state["gone"].tolist(), strict=True)
        for course, steps, gone in kept:
            course.restore(steps, gone)

    def _parts(self) -> saving.Parts:
        """What has arrays of the state, besides the courses."""
        return {
            "surge": self._surge,
            "episodes": self._episodes,
            "calibration": self._calibration,
            "pace": self._pace,
            **self._expectation.parts,
            **self._silences.parts,
            "": self,
        }

    def _aim(self) -> None:
        """Set what surges and silences are tested against."""
        expectation, size = self._expectation, self._size
        self._surge.aim(expectation.mean[:size], expectation.dispersion()[:size])
        self._silences.aim(expectation, expectation.margin(TOLERANCE))

    def _go(self, crowd: Floats, mean: Floats, given: Booleans) -> None:
        """Gather one bucket; where that makes a step whole, go it and gather its evidence."""
        for total, new in ((self.buckets, 1.0), (self.posts, crowd), (self.expected, mean)):
            np.add(total, new, out=total, where=given)
        whole = given & (self.buckets >= self._step)
        if not whole.any():
            return
        size, expectation = self._size, self._expectation
        dispersion = expectation.dispersion()[size:] / self._step + UNSURE**2
        above = stabilised(self.posts, dispersion) - stabilised(self.expected, dispersion)
        volume = (1.0 / (1.0 + np.exp(-0.5 * above))).astype(np.float32)
        for index in np.flatnonzero(whole):
            p = self._courses[index].go(
                float(volume[index]),
                rise=bool(above[index] >= RISE),
                quiet=not self._episodes.active[index],
            )
            if p is not None:
                self.ready[index] = True
                statistic = (1.0 + self.statistic[index]) * e_value(p)
                self.statistic[index] = min(statistic, self._certain / self._step)
        for total in (self.buckets, self.posts, self.expected):
            np.copyto(total, 0.0, where=whole)

    def _end_episodes(self, counts: Floats, mean: Floats, judged: Booleans) -> Booleans:
        """Follow the episodes; evidence goes with those that end, a lasting level is learned."""
        episodes = self._episodes
        ended, outlasted = episodes.follow(counts, mean, self._surge.doubt, judged)
        accepted, self._accepted = self._accepted, NOWHERE
        outlasted = np.setdiff1d(outlasted, accepted)
        if outlasted.size:
            self._expectation.relevel_series(outlasted, episodes.factor(outlasted))
        outlasted = np.union1d(outlasted, accepted)
        ended = np.union1d(ended, outlasted)
        episodes.end(ended)
        self._surge.reset(ended)
        self.statistic[ended] = 0.0
        closed, self._outlasted = np.zeros((2, self._size), np.bool_)
        closed[ended], self._outlasted[outlasted] = True, True
        return closed

    def _score(self, evidence: Floats, judged: Booleans) -> Floats:
        """How surely a new surge starts: graded by the evidence, where that is at a new record."""
        new = (evidence > self.record) & (self.record < self._certain)
        score = np.where(judged, new * graded(evidence * (self._width / DAY)), nan)
        np.maximum(self.record, evidence, out=self.record, where=judged)
        np.copyto(self.record, 0.0, where=judged & (evidence < self._step))
        return score

    def _finding(self, mean: Floats, judged: Booleans) -> Findings:
        """Start, factors and trend of the open surges."""
        surging = self.open & judged
        rows = np.flatnonzero(surging)
        onset = self._surge.onset(mean, rows)
        started, factor = np.zeros(self._size, np.int64), np.full(self._size, nan)
        started[rows] = onset.bucket
        factor[rows] = onset.observed / np.maximum(onset.expected, 1e-9)
        return {
            "started": started,
            "factor": factor,
            "recent_factor": np.where(surging, self._pace.factor(), nan),
            "trend": np.where(surging, self._pace.trend(), np.int8(Trend.HOLDING)),
        }


def stabilised(counts: Floats, dispersion: Floats) -> Floats:
    """Negative binomial counts on a scale where their standard deviation is about 1.

    >>> scale = stabilised(np.array([0.0, 100.0, 120.0]), np.zeros(3))
    >>> (scale - scale[1]).round(1)
    array([-18.8,   0. ,   1.9])
    """
    root = np.sqrt(np.maximum(dispersion, POISSON))
    return np.asarray(2.0 / root * np.arcsinh(root * np.sqrt(counts + 0.375)))
