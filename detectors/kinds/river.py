"""Any of river's anomaly detectors, held to the same false-alarm budget as every other kind.

What the estimator says is only ranked among what it said of the series' own quiet buckets
(see `detectors.conformal`), so any scale will do. River's own state is not stable between versions:
what is kept is the recent history, from which the estimator is made again, step by step.
"""

import importlib
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import cos, isnan, nan, pi, sin
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from detectors.conformal import Ranks, e_value
from detectors.contract import (
    Booleans,
    Detector,
    Floats,
    SeriesSetup,
    Silence,
    State,
    Trend,
    Verdict,
)
from detectors.counts import known
from detectors.evidence import LEAST_POSTS, graded
from detectors.expectation import Expectation
from detectors.pace import Pace
from detectors.silence import Silences

CODE: Final = "river-2"
DAY: Final = 86400
WARM_UP_SECONDS: Final = 2 * DAY
FEWEST_RANKS: Final = 100
"""Quiet scores before the first verdict: with fewer no score is rare enough to say anything."""
TOLERANCE: Final = 0.5
"""Standard deviations of doubt by which the expectation is lowered before a silence is tested."""
LONGEST_SECONDS: Final = DAY
"""Observed time after which a level that stays is the new normal."""
CERTAIN_DAYS: Final = 1e4
"""Where the evidence is held: beyond any budget, yet soon gone when the surge is."""


class Options(BaseModel):
    """What a user can set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    estimator: str = "HalfSpaceTrees"
    """A class of `river.anomaly`; supervised ones are given the volume as their target."""

    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    """What the class is made with, beside its defaults."""

    seed: int = 0
    """For estimators that draw at random."""

    cold: int = Field(default=250, ge=0, le=10_000)
    """Buckets it has to learn before its scores mean anything (HalfSpaceTrees: `window_size`)."""

    window: int = Field(default=1000, ge=100, le=20_000)
    """Quiet scores among which a new one is ranked."""

    history: int = Field(default=3000, ge=500, le=50_000)
    """Buckets kept per series; when full, the estimator is made anew from the later half."""


def build(options: Options, series: Sequence[SeriesSetup], width: int) -> Detector:
    """Make a detector for buckets of `width` seconds; ValueError for an unknown estimator."""
    return River(options, series, width)


class Estimator:
    """A river estimator of either sort, made anew from the steps it has been through."""

    def __init__(self, options: Options) -> None:
        anomaly = importlib.import_module("river.anomaly")
        base = importlib.import_module("river.base")
        made = getattr(anomaly, options.estimator, None)
        if not isinstance(made, type):
            raise ValueError(f"river.anomaly has no estimator {options.estimator!r}")
        parameters: dict[str, Any] = dict(options.parameters)
        if "seed" in made.__init__.__code__.co_varnames:  # type: ignore[misc]
            parameters.setdefault("seed", options.seed)
        try:
            self._model: Any = made(**parameters)
        except TypeError as error:
            raise ValueError(f"river.anomaly.{options.estimator}: {error}") from error
        self._supervised = issubclass(made, base.SupervisedAnomalyDetector)

    def score(self, features: dict[str, float]) -> float:
        """How strange the bucket is; 0 where a cold estimator cannot say."""
        try:
            score = float(self._model.score_one(*self._given(features)))
        except (IndexError, ZeroDivisionError):
            return 0.0
        return 0.0 if isnan(score) else score

    def learn(self, features: dict[str, float]) -> None:
        """Take the bucket for a normal one."""
        self._model.learn_one(*self._given(features))

    def _given(self, features: dict[str, float]) -> tuple[Any, ...]:
        """The model's arguments: where the volume is the target it is no feature as well."""
        if not self._supervised:
            return (features,)
        return {name: features[name] for name in ("sine", "cosine")}, features["volume"]


Step = tuple[int, float, bool]
"""Bucket, volume in [0, 1], and whether it was learned."""


class Track:
    """One series under one estimator."""

    SCALARS: Final = (
        "age", "evidence", "start", "seen", "expected", "surging", "opened_for",
    )  # fmt: skip

    def __init__(self, options: Options, setup: SeriesSetup, width: int) -> None:
        self._options = options
        self._zone: ZoneInfo = setup.timezone
        self._width = width
        self._threshold = 30.0 * DAY / width / setup.budget
        self.estimator = Estimator(options)
        self.ranks = Ranks(options.window)
        self.steps: deque[Step] = deque()
        self.accepted = False
        self.age = self.evidence = self.start = self.seen = self.expected = 0.0
        self.surging = self.opened_for = 0.0

    @property
    def quiet(self) -> bool:
        """Whether there is nothing that should be kept from learning."""
        return not self.surging and self.evidence * self._width < DAY

    def observe(
        self, bucket: int, posts: float, expected: float, volume: float
    ) -> tuple[float, int, bool, bool]:
        """Judge and learn one bucket: score, state, opened, closed.

        `volume` in [0, 1] is above a half where more is said than expected.
        """
        warm = self.age * self._width >= WARM_UP_SECONDS and len(self.ranks.recent) >= FEWEST_RANKS
        features = self._features(bucket, volume)
        strangeness = self.estimator.score(features)
        # Fewer posts than usual may be strange, and yet are no surge.
        score = strangeness if volume > 0.5 else 0.0
        fresh, opened, closed = 0.0, False, False
        if warm:
            fresh, opened, closed = self._judge(bucket, posts, expected, self.ranks.p_value(score))
        quiet = self.quiet
        if quiet:
            self.estimator.learn(features)
            if self.age >= self._options.cold:
                self.ranks.add(score)
        self._remember((bucket, volume, quiet))
        self.accepted = bool(self.surging) and self.opened_for * self._width >= LONGEST_SECONDS
        if self.accepted:
            self._accept()
            closed = True
        self.age += 1.0
        state = State.SURGING if self.surging else State.QUIET
        return fresh, int(state if warm else State.WARMING_UP), opened, closed

    def _judge(
        self, bucket: int, posts: float, expected: float, p: float
    ) -> tuple[float, bool, bool]:
        """Gather one bucket's evidence: score, opened, closed."""
        if self.evidence <= 1.0:
            self.start, self.seen, self.expected = float(bucket), 0.0, 0.0
        self.seen += posts
        self.expected += expected
        certain = CERTAIN_DAYS * DAY / self._width
        self.evidence = min((1.0 + self.evidence) * e_value(p), certain)
        if self.surging:
            self.opened_for += 1.0
            ended = self.evidence * self._width < DAY
            self.surging = float(not ended)
            return 0.0, False, ended
        if self.seen < LEAST_POSTS:
            return 0.0, False, False
        self.surging = float(self.evidence >= min(self._threshold, certain))
        self.opened_for = 0.0
        score = float(graded(np.array([self.evidence * self._width / DAY]))[0])
        return score, bool(self.surging), False

    @property
    def factor(self) -> float:
        """Observed over expected since the start."""
        return self.seen / max(self.expected, 1e-9)

    def _remember(self, step: Step) -> None:
        """Keep the step; a full history makes the estimator anew from its later half."""
        self.steps.append(step)
        if len(self.steps) >= self._options.history:
            for _ in range(self._options.history // 2):
                self.steps.popleft()
            self.remake()

    def _accept(self) -> None:
        """A level that stayed is the new normal: learn what had been kept from learning."""
        self.steps = deque((bucket, volume, True) for bucket, volume, _ in self.steps)
        self.ranks = Ranks(self._options.window, self.remake())
        self.evidence = self.surging = 0.0

    def remake(self) -> list[float]:
        """Make the estimator anew from the kept steps; what it said of each rise."""
        self.estimator = Estimator(self._options)
        scores = []
        for bucket, volume, learned in self.steps:
            features = self._features(bucket, volume)
            strangeness = self.estimator.score(features)
            scores.append(strangeness if volume > 0.5 else 0.0)
            if learned:
                self.estimator.learn(features)
        return scores

    def _features(self, bucket: int, volume: float) -> dict[str, float]:
        """Volume and local time of day, each in [0, 1] as HalfSpaceTrees needs them."""
        local = datetime.fromtimestamp(bucket, UTC).astimezone(self._zone)
        angle = 2.0 * pi * (local.hour + local.minute / 60.0) / 24.0
        return {"volume": volume, "sine": 0.5 + 0.5 * sin(angle), "cosine": 0.5 + 0.5 * cos(angle)}


class River:
    """One estimator per series, behind the contract of every detector."""

    def __init__(self, options: Options, series: Sequence[SeriesSetup], width: int) -> None:
        self.version = f"{CODE} {options.model_dump_json()} {width}"
        self._options = options
        self._width = width
        self._tracks = [Track(options, setup, width) for setup in series]
        zones = [setup.timezone for setup in series]
        self._expectation = Expectation(zones + zones, width)
        self._pace = Pace(len(series), width)
        self._silences = Silences(np.array([float(setup.budget) for setup in series]), width)

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """See `Detector.observe`; ValueError for a negative, fractional or infinite count."""
        given = known(posts)
        counts = np.where(given, posts, 0.0)
        crowd = np.where(given & known(authors), authors, counts)
        rows, seen = np.concatenate((counts, crowd)), np.tile(given, 2)
        size = len(self._tracks)
        if self._expectation.advance(bucket, seen):
            self._aim()
        mean = self._expectation.mean
        volume = crowd / (crowd + mean[size:])
        numbers = np.full((4, size), nan)
        state = np.full(size, State.MISSING, np.int8)
        opened, closed, renewed = np.zeros((3, size), np.bool_)
        started = np.zeros(size, np.int64)
        for index in np.flatnonzero(given):
            track = self._tracks[index]
            score, state[index], opened[index], closed[index] = track.observe(
                bucket, float(posts[index]), float(mean[index]), float(volume[index])
            )
            if state[index] != State.WARMING_UP:
                days = track.evidence * self._width / DAY
                numbers[:3, index] = mean[index], score, days
            if state[index] == State.SURGING:
                started[index], numbers[3, index] = int(track.start), track.factor
            renewed[index] = closed[index] and track.accepted
        silence = self._learn(bucket, rows, seen, renewed, state != State.WARMING_UP)
        surging = state == State.SURGING
        expected, scores, evidence, factor = numbers
        return Verdict(
            expected=expected,
            doubt=np.where(given, self._expectation.doubt()[:size], nan),
            score=scores,
            state=state,
            opened=opened,
            closed=closed,
            renewed=renewed,
            started=started,
            factor=factor,
            recent_factor=np.where(surging, self._pace.factor(), nan),
            trend=np.where(surging, self._pace.trend(), np.int8(Trend.HOLDING)),
            evidence=evidence,
            silence=silence,
        )

    def _aim(self) -> None:
        """Set what silences are tested against: the expectation lowered by its doubt."""
        expectation, size = self._expectation, len(self._tracks)
        low = expectation.mean / expectation.margin(TOLERANCE)
        self._silences.aim(low[:size], expectation.dispersion()[:size])

    def _learn(
        self, bucket: int, rows: Floats, seen: Booleans, renewed: Booleans, warm: Booleans
    ) -> Silence:
        """Judge silences, learn what is usual, and take levels that have stayed as new normals."""
        size = len(self._tracks)
        mean = self._expectation.mean[:size]
        silence = self._silences.observe(bucket, rows[:size], mean, seen[:size] & warm)
        self._pace.follow(rows[:size], mean, seen[:size])
        disturbed = np.array([not track.quiet for track in self._tracks])
        unusual = np.tile(disturbed | self._silences.suspected, 2)
        self._expectation.accumulate(rows, seen, unusual)
        for accepted, factors in (
            (renewed, np.array([track.factor for track in self._tracks])),
            (silence.renewed, self._silences.factor),
        ):
            if accepted.any():
                self._expectation.relevel(np.tile(accepted, 2), np.tile(factors, 2))
        return silence

    def upper(self) -> Floats:
        """Not known: an estimator's score need not rise with the count."""
        return np.full(len(self._tracks), nan)

    def expectation(self, buckets: Sequence[int]) -> Floats:
        """See `Detector.expectation`."""
        return self._expectation.at(buckets)[:, : len(self._tracks)].copy()

    def save(self) -> dict[str, NDArray[np.generic]]:
        """See `Detector.save`: plain numbers, nothing of river's own."""
        size = len(self._tracks)
        steps = np.full((3, self._options.history, size), nan)
        ranks = np.full((self._options.window, size), nan)
        for index, track in enumerate(self._tracks):
            if track.steps:
                steps[:, : len(track.steps), index] = np.array(track.steps).T
            ranks[: len(track.ranks.recent), index] = track.ranks.recent
        scalars = [[getattr(track, name) for track in self._tracks] for name in Track.SCALARS]
        state = {name: np.copy(getattr(owner, key)) for name, owner, key in self._kept()}
        return {**state, "scalars": np.array(scalars, np.float64), "steps": steps, "ranks": ranks}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """See `Detector.restore`; every estimator goes through its steps again."""
        blank = self.save()
        if state.keys() != blank.keys() or any(
            state[name].shape != blank[name].shape for name in blank
        ):
            raise ValueError("the saved state does not fit these series")
        for name, owner, key in self._kept():
            setattr(owner, key, np.copy(state[name]))
        self._expectation.forget_derived()
        self._silences.restored()
        scalars, steps, ranks = (
            np.asarray(state[name], np.float64) for name in ("scalars", "steps", "ranks")
        )
        for index, track in enumerate(self._tracks):
            for name, value in zip(Track.SCALARS, scalars[:, index].tolist(), strict=True):
                setattr(track, name, value)
            kept = zip(*steps[:, :, index].tolist(), strict=True)
            track.steps = deque(
                (int(bucket), volume, bool(learned))
                for bucket, volume, learned in kept
                if not isnan(bucket)
            )
            quiet = ranks[:, index]
            track.ranks = Ranks(self._options.window, quiet[~np.isnan(quiet)].tolist())
            track.remake()

    def _kept(self) -> Iterator[tuple[str, object, str]]:
        """Name, owner and attribute of every array of the state that is not of an estimator."""
        for part, owner, keys in (
            ("expectation", self._expectation, Expectation.KEPT),
            ("pace", self._pace, Pace.KEPT),
        ):
            for key in keys:
                yield f"{part}.{key}", owner, key
        yield from self._silences.kept()
