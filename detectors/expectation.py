"""What is expected of a series: a seasonal profile, its level, and how far both can be trusted.

The expected count of a bucket is `profile(hour of day, weekday or weekend) * day of week * level`.
The profile has a memory of weeks and is shrunk by credibility (Bühlmann and Straub 1970), each
layer towards the one before: overall, neighbouring hours, hour of day, hour of that kind of day.
The level is a local-level filter whose memory follows from how much the series tells about it.
Everything is learned once per finished hour, from what that hour accumulated.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors.contract import Booleans, Floats, Integers

HOUR: Final = 3600
DAY: Final = 86400
REFRESH: Final = 600
"""Seconds after which the interpolated expectation is taken anew (or every bucket, where wider)."""

Compact = NDArray[np.float32]
"""Seven digits are plenty for a profile, which is most of the state."""

WEEKS_KEPT: Final = 5.0
SATURDAY: Final = 5

NEIGHBOUR_VARIANCE: Final = 1.5
HOUR_VARIANCE: Final = 0.05
KIND_VARIANCE: Final = 0.05
DAY_VARIANCE: Final = 0.1
"""Variances of the logarithm: each layer of the profile round the one it is shrunk to."""

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
"""How much worse a deviation that lasts an hour is than an error of the estimate."""

UNKNOWN_RHYTHM: Final = 16.0
"""From night to noon there may be so many times more, before two days have shown how many."""
SETTLING_HOURS: Final = 48.0
"""Until so much was seen hours are taken as they come: there is no expectation to hold them to."""

WEEK_HOURS: Final = 7.0 * 24.0
"""Days of the week are told apart once all were seen, and the level moves a day after that: else it
would learn the first weekend, and the days would then have to make up for it."""

WINSOR: Final = 3.0
"""Standard deviations beyond which an hour's total counts as if it had been there."""


def credible(
    prior_variance: Floats, expected: Floats, seen: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """Factor on the prior, and the variance of its logarithm that is left.

    `seen` against `expected` posts; one post is worth `1 / (1 + noise)` of an independent one.

    >>> few, twice, none = np.array([90.0]), np.array([180.0]), np.array([0.0])
    >>> factor, left = credible(np.array([0.1]), few, twice, none)
    >>> f"{factor[0]:.2f} {left[0]:.2f}"
    '1.90 0.01'
    """
    worth = prior_variance / (1.0 + noise)
    left = 1.0 + worth * expected
    return (1.0 + worth * seen) / left, prior_variance / left


class Clock:
    """Local hours of week of the rows' time zones, looked up once an hour.

    `slots` holds for the hour before, this hour and the next `weekday * 24 + hour`, per row;
    `opens` when this hour began (epoch seconds), per row.
    """

    def __init__(self, timezones: Sequence[ZoneInfo]) -> None:
        self._zones = list(dict.fromkeys(timezones))
        self._zone = np.array([self._zones.index(zone) for zone in timezones], np.intp)
        self._from = self._until = 0
        self.slots: Integers = np.zeros((3, len(timezones)), np.int64)
        self.opens: Integers = np.zeros(len(timezones), np.int64)

    def turn(self, moment: int) -> bool:
        """Move to `moment` (epoch seconds); true where a local hour has begun or gone back."""
        if self._from <= moment < self._until:
            return False
        slots, opens = zip(*(local_hours(zone, moment) for zone in self._zones), strict=True)
        self._from, self._until = max(opens), min(opens) + HOUR
        self.slots = np.array(slots, np.int64).T[:, self._zone].copy()
        self.opens = np.array(opens, np.int64)[self._zone]
        return True


def local_hours(zone: ZoneInfo, moment: int) -> tuple[tuple[int, int, int], int]:
    """Hours of week (Monday 0 h is 0) before, at and after `moment`, and when its hour began.

    >>> local_hours(ZoneInfo("Asia/Kolkata"), 0)
    ((76, 77, 78), -1800)
    """
    at = [datetime.fromtimestamp(moment + HOUR * step, UTC).astimezone(zone) for step in (-1, 0, 1)]
    before, now, after = (24 * local.weekday() + local.hour for local in at)
    return (before, now, after), moment - 60 * at[1].minute - at[1].second


class Expectation:
    """Expected counts of many rows (a measure of a series), learned from the rows themselves.

    State arrays have the rows on the last axis; a row's numbers depend on that row alone.
    """

    KEPT: Final = (
        "profile_seen", "profile_hours", "day_seen", "day_expected", "total_seen", "total_hours",
        "level", "information", "dispersion_sum", "dispersion_weight", "slow_sum", "slow_weight",
        "hour", "slot", "buckets", "seen", "pairs", "expected", "tainted",
    )  # fmt: skip

    def __init__(self, timezones: Sequence[ZoneInfo], width: int) -> None:
        rows = len(timezones)
        self._timezones = tuple(timezones)
        self._clock = Clock(timezones)
        self._width = width
        self._least = width / DAY
        self._rows = np.arange(rows)
        self._period = -1
        self.profile_seen: Compact = np.zeros((48, rows), np.float32)
        self.profile_hours: Compact = np.zeros((48, rows), np.float32)
        self.day_seen: Compact = np.zeros((7, rows), np.float32)
        self.day_expected: Compact = np.zeros((7, rows), np.float32)
        self.total_seen: Floats = np.zeros(rows)
        self.total_hours: Floats = np.zeros(rows)
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
        self.seen: Floats = np.zeros(rows)
        self.pairs: Floats = np.zeros(rows)
        self.expected: Floats = np.zeros(rows)
        self.tainted: Booleans = np.zeros(rows, np.bool_)
        # Derived: the mean of a bucket, and the variance of its logarithm.
        self.mean: Floats = np.full(rows, self._least)
        self.variance: Floats = np.zeros(rows)
        self._logs: Floats = np.zeros((3, rows))

    def advance(self, bucket: int, seen: Booleans) -> bool:
        """Learn the hours that the seen rows have finished; true where `mean` has changed."""
        middle = bucket + self._width // 2
        turned = self._clock.turn(middle)
        stale = seen & (self.hour != self._clock.opens)
        learned = bool(stale.any())
        if learned:
            self._learn(stale)
        if turned or learned:
            self._logs, self.variance = self._log_means(self._clock.slots)
        period = bucket // max(REFRESH, self._width)
        if not (turned or learned or period != self._period):
            return False
        self._period = period
        self.mean = self._interpolated(self._logs, bucket)
        return True

    def dispersion(self) -> Floats:
        """Over-dispersion phi between buckets of an hour, per row: variance m + phi * m**2."""
        return np.maximum(self.dispersion_sum / self.dispersion_weight, 0.0)

    def slow(self) -> Floats:
        """Variance of the logarithm of hourly totals beyond noise between buckets, per row."""
        return np.maximum(self.slow_sum / self.slow_weight, 0.0)

    def doubt(self) -> Floats:
        """Standard deviation of the logarithm of the mean, per row: how wrong it may be."""
        return np.sqrt(SLOW_HARM * self.slow() + self.variance + 1.0 / self.information)

    def margin(self, tolerance: float) -> Floats:
        """By how many times the mean may be wrong, per row: its doubt, and an unknown rhythm."""
        unsettled = self.total_hours < SETTLING_HOURS
        rhythm = np.where(unsettled, UNKNOWN_RHYTHM, 1.0)
        return np.asarray(rhythm * np.exp(tolerance * self.doubt()))

    def accumulate(self, counts: Floats, seen: Booleans, tainted: Booleans) -> None:
        """Take one bucket's finite counts into the hour; tainted hours are not learned."""
        np.add(self.buckets, 1.0, out=self.buckets, where=seen)
        np.add(self.seen, counts, out=self.seen, where=seen)
        np.add(self.pairs, counts * (counts - 1.0), out=self.pairs, where=seen)
        np.add(self.expected, self.mean, out=self.expected, where=seen)
        self.tainted |= tainted

    def relevel(self, rows: Booleans, factor: Floats) -> None:
        """Take `factor` times the expectation as these rows' new normal."""
        np.multiply(self.level, factor, out=self.level, where=rows)
        np.copyto(self.information, np.minimum(self.information, LEVEL_INFORMATION), where=rows)
        self.forget_derived()

    def forget_derived(self) -> None:
        """Derive everything from the state anew with the next bucket."""
        self._clock = Clock(self._timezones)

    def at(self, buckets: Sequence[int]) -> Floats:
        """Mean counts of any buckets as known now, a row a bucket."""
        clock = Clock(self._timezones)
        answer = np.empty((len(buckets), len(self._rows)))
        known: dict[bytes, Floats] = {}
        for index, bucket in enumerate(buckets):
            clock.turn(bucket + self._width // 2)
            key = clock.slots.tobytes()
            if key not in known:
                known[key] = self._log_means(clock.slots)[0]
            answer[index] = self._interpolated(known[key], bucket, clock)
        return answer

    def _interpolated(self, logs: Floats, bucket: int, clock: Clock | None = None) -> Floats:
        """Mean of a bucket, log-linear between the middles of the hours."""
        clock = clock or self._clock
        period = max(REFRESH, self._width)
        middle = (
            bucket + self._width / 2
            if self._width >= REFRESH
            else (bucket // period + 0.5) * period
        )
        place = (middle - clock.opens) / HOUR - 0.5
        ahead = np.clip(place, 0.0, 1.0)
        behind = np.clip(-place, 0.0, 1.0)
        logs = logs[1] + ahead * (logs[2] - logs[1]) + behind * (logs[0] - logs[1])
        return np.maximum(np.exp(logs) * (self._width / HOUR), self._least)

    def _log_means(self, slots: Integers) -> tuple[Floats, Floats]:
        """Logarithms of posts an hour in three slots, and the variance of the middle one."""
        logs = np.empty((3, len(self._rows)))
        today = slots[1] // 24 * 24
        for index in range(3):
            # A day's own character begins at midnight: its neighbours' is not mixed in.
            profile, day, left = self._seasonal(today + slots[index] % 24)
            if index == 1:
                variance = left
            logs[index] = np.log(profile * day * self.level)
        return logs, variance

    def _seasonal(self, slot: Integers) -> tuple[Floats, Floats, Floats]:
        """Posts an hour at level 1 and the day's factor in the rows' slots, and their variance."""
        weekday, hour = slot // 24, slot % 24
        kind = np.where(weekday >= SATURDAY, 24, 0)
        slow = self.slow()
        floor = 1.0 / 24.0
        rate = (self.total_seen + floor) / (self.total_hours + 1.0)
        left = np.full(len(rate), NEIGHBOUR_VARIANCE)
        near = self._gathered((0, 24), (hour + 23) % 24, (hour + 1) % 24)
        factor, left = credible(left, near[1] * rate, near[0], slow * rate)
        rate = rate * factor
        same = self._gathered((0, 24), hour)
        factor, left = credible(left + HOUR_VARIANCE, same[1] * rate, same[0], slow * rate)
        rate = rate * factor
        alike = self._gathered((0,), kind + hour)
        factor, left = credible(left + KIND_VARIANCE, alike[1] * rate, alike[0], slow * rate)
        rate = np.maximum(rate * factor, floor)
        day, free = self._day(weekday, rate, left)
        return rate, day, left + free

    def _day(self, weekday: Integers, rate: Floats, left: Floats) -> tuple[Floats, Floats]:
        """The day of the week's factor on the profile and the variance of its logarithm."""
        return credible(
            np.full(len(rate), DAY_VARIANCE),
            self.day_expected[weekday, self._rows].astype(np.float64),
            self.day_seen[weekday, self._rows].astype(np.float64),
            (self.slow() + left) * rate,
        )

    def _gathered(self, kinds: tuple[int, ...], *places: Integers) -> tuple[Floats, Floats]:
        """Posts and hours of the profile added up over kinds of day and hours of day."""
        seen, hours = np.zeros(len(self._rows)), np.zeros(len(self._rows))
        for kind in kinds:
            for place in places:
                seen += self.profile_seen[kind + place, self._rows]
                hours += self.profile_hours[kind + place, self._rows]
        return seen, hours

    def _learn(self, rows: Booleans) -> None:
        """Learn the finished hour of these rows, unless it was tainted, and begin the next."""
        learn = rows & ~self.tainted & (self.buckets > 0)
        if learn.any():
            rate, _, left = self._seasonal(self.slot)
            tame = self._learn_noise(learn, left)
            self._learn_profile(learn, tame, rate, left)
            self._learn_level(learn, tame, left)
        for values in (self.buckets, self.seen, self.pairs, self.expected):
            np.copyto(values, 0.0, where=rows)
        np.copyto(self.tainted, False, where=rows)
        np.copyto(self.hour, self._clock.opens, where=rows)
        np.copyto(self.slot, self._clock.slots[1], where=rows)

    def _learn_noise(self, learn: Booleans, left: Floats) -> Floats:
        """Learn both over-dispersions; the hour's total, winsorised, is returned."""
        keep = np.exp(-1.0 / (WEEKS_KEPT * 168.0))
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
        settled = self.total_hours >= SETTLING_HOURS
        tame = np.where(settled, np.clip(self.seen, expected - span, expected + span), self.seen)
        worth = settled * (SLOW_PRIOR * expected**2 / (noise + SLOW_PRIOR * expected**2)) ** 2
        found = ((tame - expected) ** 2 - noise) / expected**2
        fade(self.slow_sum, keep, worth * found, SLOW_PRIOR * SLOW_WEIGHT, learn)
        fade(self.slow_weight, keep, worth, SLOW_WEIGHT, learn)
        return np.asarray(np.maximum(tame, 0.0))

    def _learn_profile(self, learn: Booleans, tame: Floats, rate: Floats, left: Floats) -> None:
        """Learn the finished hour's posts in the profile, in the day's factor and overall."""
        weekday, hour = self.slot // 24, self.slot % 24
        kind = np.where(weekday >= SATURDAY, 24, 0)
        hours = self.buckets * (self._width / HOUR) * self.level

        def add(total: Compact, slot: Integers, keep: Floats, new: Floats, to: Booleans) -> None:
            chosen = np.flatnonzero(to)
            place = slot[chosen], chosen
            total[place] = total[place] * keep[chosen] + new[chosen]

        settled = learn & (self.total_hours >= WEEK_HOURS)
        daily = np.full(len(rate), np.exp(-1.0 / (WEEKS_KEPT * 24.0)))
        add(self.day_seen, weekday, daily, tame, settled)
        add(self.day_expected, weekday, daily, hours * rate, settled)
        # What the day explains is not learned a second time as the hour's.
        day, _ = self._day(weekday, rate, left)
        days_a_week = np.where(weekday >= SATURDAY, 2.0, 5.0)
        weekly = np.exp(-1.0 / (WEEKS_KEPT * days_a_week))
        add(self.profile_seen, kind + hour, weekly, tame, learn)
        add(self.profile_hours, kind + hour, weekly, hours * day, learn)
        keep_all = np.exp(-1.0 / (WEEKS_KEPT * 168.0))
        fade(self.total_seen, keep_all, tame, 0.0, learn)
        fade(self.total_hours, keep_all, hours, 0.0, learn)

    def _learn_level(self, learn: Booleans, tame: Floats, left: Floats) -> None:
        """Move the level by what the finished hour says against what is believed already."""
        settled = self.total_hours >= WEEK_HOURS + 24.0
        worth = settled / (1.0 + (self.slow() + left) * self.expected)
        believed = self.information / (1.0 + LEVEL_DRIFT * self.information)
        after = believed + worth * self.expected
        moved = self.level * ((believed + worth * tame) / after)
        np.copyto(self.level, moved, where=learn)
        np.copyto(self.information, after, where=learn)


def fade(
    total: Floats, keep: float | np.floating, new: Floats, prior: float, where: Booleans
) -> None:
    """Discount what is above the prior in a running total, add what is new; in place."""
    np.copyto(total, prior + (total - prior) * keep + new, where=where)
