"""What is expected of a series: a seasonal profile, its level, and how far both can be trusted.

The expected count of a bucket is `profile(hour and kind of day) * day of the week * level`, times
the factors of known events. In an event only the profile learns, from counts divided by the factor:
all else is quicker, and would take an error of the factor for something of the series.
The level is a local-level filter whose memory follows from how much the series tells about it.
Everything is learned once per finished hour, from what that hour accumulated.
"""

from collections.abc import Sequence
from copy import copy
from typing import Final

import numpy as np

from detectors.calendar import DAY, HOUR, Calendar
from detectors.contract import Booleans, Compact, Floats, Integers, SeriesSetup
from detectors.profile import SETTLING_HOURS, WEEK_HOURS, WEEKS_KEPT, Profile, fade
from detectors.saving import Parts

REFRESH: Final = 600
"""Seconds after which the interpolated expectation is taken anew (or every bucket, where wider)."""

LEVEL_DRIFT: Final = 0.05**2 / 24.0
"""Variance that the logarithm of the level gains in an hour."""
LEVEL_INFORMATION: Final = 50.0
"""Posts' worth of belief in the level, at the start and after a new normal."""

DISPERSION_PRIOR: Final = 0.05
DISPERSION_WEIGHT: Final = 20.0
SLOW_PRIOR: Final = 0.03
SLOW_WEIGHT: Final = 12.0
"""Prior over-dispersion between buckets (worth squared posts) and between hours (worth hours)."""

SLOW_HARM: Final = 4.0
"""How much worse a deviation that lasts an hour is than an error of the estimate, where an hour has
many posts. Where it has few a finding takes many hours, and their deviations average out."""
SLOW_POSTS: Final = 20.0
"""Posts an hour with which it is half as bad."""

UNKNOWN_RHYTHM: Final = 12.0
"""From night to noon there may be so many times more, as long as nothing is known of the day; less
and less of it (in the logarithm) until two days have shown how many."""
YOUNG_VARIANCE: Final = 0.75
"""Variance of the logarithm of a mean that nothing is known of, besides the rhythm: no two days are
alike, and two show little of that. It fades over `SETTLING_HOURS`."""
AWAY_VARIANCE: Final = 1.5
"""The same after nothing was observed for `AWAY_HOURS` or longer: what resumes does so in its own
way. It fades over the next hour that is observed."""
AWAY_HOURS: Final = 8.0

WINSOR: Final = 3.0
"""Standard deviations beyond which an hour's total counts as if it had been there."""


class Expectation:
    """Expected counts of many rows, learned from the rows themselves.

    Rows are the series' posts, then the series' authors. State arrays have them on the last axis; a
    row's numbers depend on that row and its kin.
    """

    KEPT: Final = (
        "level", "information", "dispersion_sum", "dispersion_weight", "slow_sum", "slow_weight",
        "hour", "slot", "buckets", "planned", "seen", "pairs", "expected", "tainted", "away",
    )  # fmt: skip

    def __init__(self, series: Sequence[SeriesSetup], width: int) -> None:
        self._series = len(series)
        measures = [*series, *series]
        rows = len(measures)
        self._calendar = Calendar(measures, width)
        self._width = width
        self._least = width / DAY
        self._period = -1
        self._profile = Profile(measures)
        self.level: Floats = np.ones(rows)
        self.information: Floats = np.full(rows, LEVEL_INFORMATION)
        self.dispersion_sum: Floats = np.full(rows, DISPERSION_PRIOR * DISPERSION_WEIGHT)
        self.dispersion_weight: Floats = np.full(rows, DISPERSION_WEIGHT)
        self.slow_sum: Floats = np.full(rows, SLOW_PRIOR * SLOW_WEIGHT)
        self.slow_weight: Floats = np.full(rows, SLOW_WEIGHT)
        # What the hour under way has accumulated, per row.
        self.hour: Integers = np.full(rows, np.iinfo(np.int64).min)
        self.slot: Integers = np.zeros(rows, np.int64)
        self.buckets: Floats = np.zeros(rows)
        self.planned: Compact = np.zeros(rows, np.float32)
        self.seen: Floats = np.zeros(rows)
        self.pairs: Floats = np.zeros(rows)
        self.expected: Floats = np.zeros(rows)
        self.tainted: Booleans = np.zeros(rows, np.bool_)
        self.away: Compact = np.zeros(rows, np.float32)
        # Derived: the mean of a bucket, the same without what events add (it is no
        # silence where that does not come), and the variance of its logarithm.
        self._derived = False
        self.mean: Floats = np.full(rows, self._least)
        self.assured: Floats = self.mean
        self.variance: Floats = np.zeros(rows)
        self._logs: Floats = np.zeros((3, rows))

    def advance(self, bucket: int, seen: Booleans) -> bool:
        """Learn the hours that the seen rows have finished; true where `mean` has changed."""
        calendar = self._calendar
        turned = calendar.turn(bucket)
        stale = seen & (self.hour != calendar.opens)
        learned = bool(stale.any())
        self._derive()
        if learned:
            self._learn(stale)
            self._profile.derive()
        if turned or learned:
            self._logs, self.variance = self._log_means(calendar.slots)
        period = bucket // max(REFRESH, self._width)
        if not (turned or learned or period != self._period):
            return False
        self._period = period
        self.mean = self._mean(self._logs, bucket, calendar)
        raised = calendar.factors
        self.assured = self.mean if raised is None else self.mean / np.maximum(raised, 1.0)
        return True

    @property
    def lent(self) -> Booleans:
        """Rows whose rhythm is known from their kin."""
        return self._profile.lent

    def dispersion(self) -> Floats:
        """Over-dispersion phi between buckets of an hour, per row: variance m + phi * m**2."""
        return np.maximum(self.dispersion_sum / self.dispersion_weight, 0.0)

    def slow(self) -> Floats:
        """Variance of the logarithm of hourly totals beyond noise between buckets, per row."""
        return np.maximum(self.slow_sum / self.slow_weight, 0.0)

    def doubt(self) -> Floats:
        """Standard deviation of the logarithm of the mean, per row: how wrong it may be."""
        hourly = self.mean * (HOUR / self._width)
        slow = SLOW_HARM * self.slow() * (hourly / (hourly + SLOW_POSTS))
        young = YOUNG_VARIANCE * np.exp(-self._profile.total_hours / SETTLING_HOURS)
        away = AWAY_VARIANCE * self.away
        return np.sqrt(slow + self.variance + 1.0 / self.information + young + away)

    def margin(self, tolerance: float) -> Floats:
        """By how many times the mean may be wrong, per row: its doubt, and an unknown rhythm."""
        unknown = self._profile.unknown
        return np.asarray(np.exp(unknown * np.log(UNKNOWN_RHYTHM) + tolerance * self.doubt()))

    def accumulate(self, counts: Floats, seen: Booleans, tainted: Booleans) -> None:
        """Take one bucket into the hour; counts are finite, 0 where not seen.

        Tainted hours are not learned.
        """
        self.buckets += seen
        if self._calendar.factors is not None:
            np.add(self.planned, self._calendar.factors - 1.0, out=self.planned, where=seen)
        self.seen += counts
        self.pairs += counts * (counts - 1.0)
        self.expected += self.mean * seen
        self.tainted |= tainted

    @property
    def parts(self) -> Parts:
        """What has arrays of the state."""
        return {"expectation": self, "profile": self._profile}

    def relevel(self, rows: Integers, factor: Floats) -> None:
        """Take `factor` times the expectation as these rows' new normal, one an element."""
        self.level[rows] *= factor
        self.information[rows] = np.minimum(self.information[rows], LEVEL_INFORMATION)
        self.forget_derived()

    def relevel_series(self, series: Integers, factor: Floats) -> None:
        """The same for the posts and for the authors of these series (by index)."""
        self.relevel(np.append(series, series + self._series), np.tile(factor, 2))

    def forget_derived(self) -> None:
        """Derive everything from the state anew with the next bucket."""
        self._calendar.forget()
        self._derived = False

    def posts(self, buckets: Sequence[int]) -> Floats:
        """Mean posts of any buckets as known now, a row a bucket and a column a series."""
        self._derive()
        calendar = copy(self._calendar)
        answer = np.empty((len(buckets), self._series))
        known: dict[bytes, Floats] = {}
        for index, bucket in enumerate(buckets):
            calendar.turn(bucket)
            key = calendar.slots.tobytes()
            if key not in known:
                known[key] = self._log_means(calendar.slots)[0]
            answer[index] = self._mean(known[key], bucket, calendar)[: self._series]
        return answer

    def _derive(self) -> None:
        """Derive from a state that was set what follows from it."""
        if not self._derived:
            self._profile.derive()
            self._derived = True

    def _mean(self, logs: Floats, bucket: int, calendar: Calendar) -> Floats:
        """Mean of a bucket, log-linear between the middles of the hours, times its events."""
        period = max(REFRESH, self._width)
        middle = (
            bucket + self._width / 2
            if self._width >= REFRESH
            else (bucket // period + 0.5) * period
        )
        place = (middle - calendar.opens) / HOUR - 0.5
        ahead = np.clip(place, 0.0, 1.0)
        behind = np.clip(-place, 0.0, 1.0)
        logs = logs[1] + ahead * (logs[2] - logs[1]) + behind * (logs[0] - logs[1])
        mean = np.exp(logs) * (self._width / HOUR)
        if calendar.factors is not None:
            mean *= calendar.factors
        return np.maximum(mean, self._least)

    def _log_means(self, slots: Integers) -> tuple[Floats, Floats]:
        """Logarithms of posts an hour in three slots, and the variance of the middle one."""
        logs = np.empty(slots.shape)
        today, slow = slots[1] // 24 * 24, self.slow()
        for index in range(3):
            # A day's own character begins at midnight: its neighbours' is not mixed in.
            profile, day, left = self._profile.at(today + slots[index] % 24, slow)
            if index == 1:
                variance = left
            logs[index] = np.log(profile * day * self.level)
        return logs, variance

    def _learn(self, rows: Booleans) -> None:
        """Learn the finished hour of these rows, unless it was tainted, and begin the next."""
        learn = rows & ~self.tainted & (self.buckets > 0)
        if learn.any():
            rate, _, left = self._profile.at(self.slot, self.slow())
            usual = learn & (self.planned == 0.0)
            tame = self._learn_noise(usual, left)
            posts = tame / (1.0 + self.planned / np.maximum(self.buckets, 1.0))
            hours = self.buckets * (self._width / HOUR) * self.level
            noise = self.slow() + left
            self._profile.learn(learn, usual, self.slot, posts, hours, rate, noise)
            self._learn_level(usual, tame, left)
        for values in (self.buckets, self.planned, self.seen, self.pairs, self.expected):
            np.copyto(values, 0.0, where=rows)
        np.copyto(self.tainted, False, where=rows)
        unseen = np.clip((self._calendar.opens - self.hour) / HOUR - 1.0, 0.0, AWAY_HOURS)
        unseen = np.where(self._profile.total_hours > 0.0, unseen / AWAY_HOURS, 0.0)
        np.copyto(self.away, np.maximum(self.away * np.exp(-1.0), unseen), where=rows)
        np.copyto(self.hour, self._calendar.opens, where=rows)
        np.copyto(self.slot, self._calendar.slots[1], where=rows)

    def _learn_noise(self, learn: Booleans, left: Floats) -> Floats:
        """Learn both over-dispersions; the hour's total, winsorised, is returned."""
        keep = np.exp(-1.0 / (WEEKS_KEPT * WEEK_HOURS))
        expected = np.maximum(self.expected, 1e-9)
        buckets = np.maximum(self.buckets, 1.0)
        # Factorial moments: with a constant mean m over K buckets, K * pairs - (total pairs) has
        # expectation K (K - 1) phi m**2, and total pairs - pairs has K (K - 1) m**2.
        total = self.seen * (self.seen - 1.0)
        square = (total - self.pairs) / buckets
        excess = (buckets * self.pairs - total) / buckets
        excess = np.minimum(excess, square * (0.5 + 4.0 * self.dispersion()) + 4.0)
        fade(self.dispersion_sum, keep, excess, DISPERSION_PRIOR * DISPERSION_WEIGHT, learn)
        fade(self.dispersion_weight, keep, square, DISPERSION_WEIGHT, learn)

        noise = expected + self.dispersion() * expected**2 / buckets
        noise += (left + 1.0 / self.information) * expected**2
        slow = self.slow()
        span = WINSOR * np.sqrt(noise + slow * expected**2)
        settled = self._profile.settled
        tame = np.where(settled, np.clip(self.seen, expected - span, expected + span), self.seen)
        worth = settled * (SLOW_PRIOR * expected**2 / (noise + SLOW_PRIOR * expected**2)) ** 2
        found = ((tame - expected) ** 2 - noise) / expected**2
        fade(self.slow_sum, keep, worth * found, SLOW_PRIOR * SLOW_WEIGHT, learn)
        fade(self.slow_weight, keep, worth, SLOW_WEIGHT, learn)
        return np.asarray(np.maximum(tame, 0.0))

    def _learn_level(self, learn: Booleans, tame: Floats, left: Floats) -> None:
        """Move the level by what the finished hour says against what is believed already."""
        settled = self._profile.total_hours >= WEEK_HOURS + 24.0
        worth = settled / (1.0 + (self.slow() + left) * self.expected)
        believed = self.information / (1.0 + LEVEL_DRIFT * self.information)
        after = believed + worth * self.expected
        moved = self.level * ((believed + worth * tame) / after)
        np.copyto(self.level, moved, where=learn)
        np.copyto(self.information, after, where=learn)
