"""The default kind: evidence against a seasonal expectation, gathered over buckets.

Posts and authors are judged apart and a surge needs both, so one person's flood is no crowd.
Learning, episodes and score do not depend on the budget; it only sets where a surge opens.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from detectors import saving
from detectors.budget import asked, budgets
from detectors.calendar import DAY
from detectors.calibration import Calibration
from detectors.contract import (
    Booleans,
    Detector,
    Floats,
    Integers,
    Saved,
    SeriesSetup,
    Silence,
    Verdict,
    states,
)
from detectors.counts import known
from detectors.episodes import NOWHERE, Episodes
from detectors.evidence import BURST, BURST_BEYOND, BURST_SECONDS, Bank, graded
from detectors.expectation import Expectation
from detectors.pace import Pace
from detectors.rarity import Rarity
from detectors.silence import Silences

CODE: Final = "seasonal-6"
SURGE_SECONDS: Final = DAY
"""Evidence with which what is more than a suspicion begins, and evidence with which it is over."""
YOUNG_SECONDS: Final = DAY // 4
STEEPER: Final = 2.0
"""A rise that began so lately, and is so many times the level of the day before, is no level that
stays: a suspicion may have lasted for a day when a flood begins."""
LENT_WARM_UP: Final = 0.25
"""Of the warm-up, what is left where other series of the same kin have lent their rhythm."""
CERTAIN_DAYS: Final = 1e4
"""Evidence beyond any budget: what is certain scores 1 once it is rare as well."""


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
    5002 since 5000 x9
    """

    KEPT: Final = ("age", "record", "recorded", "open", "since", "total", "anonymous")

    def __init__(self, options: Options, series: Sequence[SeriesSetup], width: int) -> None:
        self.version = f"{CODE} {options.model_dump_json()} {width}"
        self._series = len(series)
        self._width = width
        self._tolerance = options.tolerance
        rows = 2 * len(series)
        burst = BURST * max(1.0, width / BURST_SECONDS)
        self._bank = Bank(rows, burst=burst, beyond=BURST_BEYOND)
        self._expectation = Expectation(series, width)
        self._episodes = Episodes(rows, width)
        self._surges = Episodes(rows, width, SURGE_SECONDS, SURGE_SECONDS)
        self._calibration = Calibration(rows, width)
        self._pace = Pace(len(series), width)
        budget = budgets(series)
        self._silences = Silences(budget, width)
        self._budgeted: Floats = np.tile(asked(budget, width), 2)
        self._threshold = self._calibration.raw(self._budgeted)
        self._recalibrated: Integers = NOWHERE
        self._accepted: Integers = NOWHERE
        self._warm_buckets = options.warm_up_hours * 3600 / width
        self._certain = CERTAIN_DAYS * DAY / width
        self.age: Floats = np.zeros(rows)
        self._rarity = Rarity(len(series), width)
        self.record: Floats = np.zeros(len(series))
        self.recorded: Floats = np.zeros(len(series))
        self.open: Booleans = np.zeros(len(series), np.bool_)
        self.since: Integers = np.zeros(len(series), np.int64)
        self.total: Floats = np.zeros((2, len(series)))
        self.anonymous: Booleans = np.zeros(len(series), np.bool_)
        nothing = np.full(len(series), np.nan)
        self._no_findings: dict[str, NDArray[Any]] = {
            "started": np.zeros(len(series), np.int64),
            "factor": nothing,
            "recent_factor": nothing,
            "trend": np.zeros(len(series), np.int8),
        }
        for constant in self._no_findings.values():
            constant.setflags(write=False)
        self._judged: Booleans = np.zeros(rows, np.bool_)
        self._nowhere: Booleans = np.zeros(rows, np.bool_)
        self._nowhere.setflags(write=False)
        self._doubt: Floats = np.zeros(len(series))
        self._fresh: Booleans = np.zeros(len(series), np.bool_)

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """See `Detector.observe`; ValueError for a negative, fractional or infinite count."""
        counts, seen = self._read(posts, authors)
        if self._expectation.advance(bucket, seen):
            self._aim()
        mean = self._expectation.mean
        warm_up = np.where(self._expectation.lent, LENT_WARM_UP, 1.0) * self._warm_buckets
        judged = seen & (self.age >= warm_up)
        self._bank.gather(bucket, counts, mean, judged)
        over, renewed = self._end_episodes(counts, mean, judged)
        evidence = self._bank.evidence()
        worth = self._calibrated(evidence, judged)
        self._episodes.begin(worth)
        self._surges.begin(worth)
        own = slice(self._series)
        silence = self._silences.observe(bucket, counts[own], self._expectation, judged[own])
        unusual = self._episodes.active | np.tile(self._silences.suspected, 2)
        self._expectation.accumulate(counts, seen, unusual)
        self._rarity.follow(bucket, counts[own], mean[own], seen[own], self.age[own])
        self._pace.follow(counts[own], mean[own], seen[own])
        self.age += seen
        self._judged = judged
        return self._verdict(evidence, worth, mean, seen, over, renewed, silence)

    def accept(self, series: Integers, factor: Floats) -> None:
        """See `Detector.accept`."""
        self._expectation.relevel_series(series, factor)
        self._accepted = np.append(series, series + self._series)

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
        return self._expectation.posts(buckets)

    def save(self) -> Saved:
        """See `Detector.save`."""
        return saving.save(self._parts())

    def restore(self, state: Saved) -> None:
        """See `Detector.restore`."""
        parts = self._parts()
        saving.must_fit(state, saving.arrays(parts))
        saving.restore(parts, state)
        self._episodes.derive()
        self._surges.derive()
        self._silences.derive()
        self._calibration.derive()
        self._recalibrated = np.arange(2 * self._series)
        self._expectation.forget_derived()
        self._judged = np.zeros_like(self._judged)

    def _parts(self) -> saving.Parts:
        """What has arrays of the state."""
        return {
            "evidence": self._bank,
            "episodes": self._episodes,
            "surges": self._surges,
            "calibration": self._calibration,
            "pace": self._pace,
            "rarity": self._rarity,
            **self._expectation.parts,
            **self._silences.parts,
            "": self,
        }

    def _read(self, posts: Floats, authors: Floats) -> tuple[Floats, Booleans]:
        """Counts of all rows, 0 where not seen, and which were seen."""
        counts = np.concatenate((posts, authors), dtype=np.float64)
        seen = known(counts)
        observed, signed = seen[: self._series], seen[self._series :]
        # Nobody wrote what nobody wrote: that says nothing of whether authors are known.
        np.copyto(self.anonymous, ~signed, where=observed & (counts[: self._series] > 0.0))
        signed &= observed & ~self.anonymous
        np.copyto(counts, 0.0, where=~seen)
        return counts, seen

    def _aim(self) -> None:
        """Test against the expectation raised by the tolerance: evidence must survive its doubt."""
        expectation, margin = self._expectation, self._expectation.margin(self._tolerance)
        self._bank.aim(expectation.mean * margin, expectation.dispersion())
        self._silences.aim(expectation, margin)
        self._doubt = expectation.doubt()[: self._series]

    def _calibrated(self, evidence: Floats, judged: Booleans) -> Floats:
        """What the evidence is worth; a tail just learned holds from the next bucket."""
        changed = self._recalibrated
        self._threshold[changed] = self._calibration.raw(self._budgeted[changed], changed)
        worth = self._calibration.worth(evidence)
        self._recalibrated = self._calibration.follow(evidence, judged)
        return worth

    def _end_episodes(
        self, counts: Floats, mean: Floats, judged: Booleans
    ) -> tuple[Booleans, Booleans]:
        """Follow what is under way: rows where a surge is over, and where its level is learned.

        A suspicion ends soon, and takes its evidence with it, so that learning can go on; a surge
        ends when it is as sure that it is over, so that it does not begin again.
        """
        bank, episodes, surges = self._bank, self._episodes, self._surges
        ended, learned = episodes.follow(counts, mean, bank.doubt, judged)
        relief = partial(bank.relief, mean, self._expectation.dispersion())
        over, lasting = surges.follow(counts, mean, relief, judged)
        learned = self._stayed(learned, mean, episodes)
        lasting = lasting[episodes.active[lasting] & surges.raised(lasting)]
        lasting = np.setdiff1d(self._stayed(lasting, mean, surges), learned)
        accepted, self._accepted = self._accepted, NOWHERE
        if accepted.size:
            learned, lasting = np.setdiff1d(learned, accepted), np.setdiff1d(lasting, accepted)
        if not any(rows.size for rows in (ended, learned, over, lasting, accepted)):
            return self._nowhere, self._nowhere
        renewed = self._nowhere.copy()
        renewed[accepted] = True
        for rows, level in ((lasting, surges), (learned, episodes)):
            if rows.size:
                self._expectation.relevel(rows, level.factor(rows))
                renewed[rows] = True
        closed = renewed.copy()
        closed[over] = True
        ended = np.union1d(ended, np.flatnonzero(renewed))
        episodes.end(ended)
        surges.end(np.flatnonzero(closed))
        bank.reset(ended)
        return closed, renewed

    def _stayed(self, rows: Integers, mean: Floats, level: Episodes) -> Integers:
        """Those of the rows in which no flood has just come on top of the level."""
        onset = self._bank.onset(mean, rows)
        young = self._bank.seen_at[rows] - onset.bucket < YOUNG_SECONDS
        steeper = onset.observed > STEEPER * level.factor(rows) * onset.expected
        return rows[~(young & steeper)]

    def _verdict(
        self,
        evidence: Floats,
        worth: Floats,
        mean: Floats,
        seen: Booleans,
        over: Booleans,
        renewed: Booleans,
        silence: Silence,
    ) -> Verdict:
        """Open and close surges, and say what is known; evidence and its worth are in buckets."""
        size = self._series
        judged, paired = self._judged[:size], self._judged[size:]
        both = np.where(paired, np.minimum(worth[:size], worth[size:]), worth[:size])
        model = np.where(paired, np.minimum(evidence[:size], evidence[size:]), evidence[:size])
        self._forget_records(both, judged)
        extraordinary = self._extraordinary(model, judged)
        reached = evidence >= self._threshold
        self._fresh = self.open.copy()
        closed = self.open & (over[:size] | over[size:])
        self.open &= ~closed
        opened = judged & reached[:size] & (reached[size:] | ~paired)
        opened = (opened | extraordinary) & ~self.open
        self._surges.include(np.tile(extraordinary, 2) & self._judged)
        self.open |= opened
        return Verdict(
            expected=np.where(judged, mean[:size], np.nan),
            doubt=np.where(seen[:size], self._doubt, np.nan),
            score=self._score(both, extraordinary, judged),
            state=states(seen[:size], judged, self.open),
            opened=opened,
            closed=closed,
            renewed=closed & (renewed[:size] | renewed[size:]),
            evidence=np.where(judged, both * (self._width / DAY), np.nan),
            calm=self.open & (both < SURGE_SECONDS / self._width),
            silence=silence,
            **self._finding(opened, self._bank.last[:size], mean[:size]),
        )

    def _extraordinary(self, model: Floats, judged: Booleans) -> Booleans:
        """Series where a new surge is beyond doubt, and unlike their last days.

        Beyond doubt is what the model alone is sure of. How far it can be trusted with a series
        need not be learned from its past surges, where its past has had nothing of the kind.
        """
        certain = judged & (model >= self._certain) & (self.record < np.inf)
        if certain.any():
            chosen = np.flatnonzero(certain)
            certain[chosen] = self._rarity.rare(chosen)
        return certain

    def _forget_records(self, evidence: Floats, judged: Booleans) -> None:
        """A record stands while its surge lasts, and for a day: what returns by then is not new."""
        stands = self.age[: self._series] - self.recorded < DAY / self._width
        np.copyto(self.record, 0.0, where=judged & (evidence < 1.0) & ~stands)

    def _score(self, evidence: Floats, extraordinary: Booleans, judged: Booleans) -> Floats:
        """How surely a new surge starts: 1 where extraordinary, else graded by new records."""
        rising = judged & (evidence > self.record)
        days = np.minimum(evidence, self._certain) * (self._width / DAY)
        new = rising & (self.record < self._certain)
        score = np.where(judged, new * graded(days), np.nan)
        np.copyto(score, 1.0, where=extraordinary)
        np.copyto(self.record, evidence, where=rising)
        np.copyto(self.record, np.inf, where=extraordinary)
        np.copyto(self.recorded, self.age[: self._series], where=rising | extraordinary)
        return score

    def _finding(self, opened: Booleans, posts: Floats, mean: Floats) -> dict[str, NDArray[Any]]:
        """Start, factors and trend of the open surges."""
        surging = np.flatnonzero(self.open & self._judged[: self._series])
        if not surging.size:
            return self._no_findings
        self.total[:, surging] += posts[surging], mean[surging]
        begun = np.flatnonzero(opened)
        if begun.size:
            onset = self._bank.onset(mean, begun)
            self.since[begun] = onset.bucket
            self.total[:, begun] = onset.observed, onset.expected
        found = {name: values.copy() for name, values in self._no_findings.items()}
        found["started"][surging] = self.since[surging]
        found["factor"][surging] = self.total[0, surging] / self.total[1, surging]
        found["recent_factor"][surging] = self._pace.factor()[surging]
        found["trend"][surging] = self._pace.trend()[surging]
        return found
