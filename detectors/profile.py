"""The profile of a series' week: posts an hour by hour of day, kind of day and day of the week.

It has a memory of weeks and is shrunk by credibility (Bühlmann and Straub 1970), each layer towards
the one before: overall, neighbouring hours, hour of day, hour of that kind of day, day of the week.
A holiday is a weekend's day with a factor of its own, shrunk to Sunday's.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.calendar import DAYS, HOLIDAY, SATURDAY, SUNDAY
from detectors.contract import Booleans, Compact, Floats, Integers, SeriesSetup
from detectors.kin import SLOTS, Kin

WEEKS_KEPT: Final = 5.0

NEIGHBOUR_VARIANCE: Final = 1.5
LENT_VARIANCE: Final = 0.3
HOUR_VARIANCE: Final = 0.05
KIND_VARIANCE: Final = 0.05
DAY_VARIANCE: Final = 0.1
"""Variances of the logarithm: each layer of the profile round the one it is shrunk to. What kin
have lent takes the place of the first."""

LEAST_RATE: Final = 1.0 / 24.0
"""Posts an hour that are expected of anything."""
SETTLING_HOURS: Final = 48.0
"""Until so much was seen hours are taken as they come: there is no expectation to hold them to."""
WEEK_HOURS: Final = 7.0 * 24.0
"""Days of the week are told apart once all were seen."""


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


class Profile:
    """Profiles of many rows, slots (`calendar.Calendar`) on the first axis and rows on the last."""

    KEPT: Final = ("seen", "hours", "day_seen", "day_expected", "total_seen", "total_hours")

    def __init__(self, series: Sequence[SeriesSetup]) -> None:
        rows = len(series)
        self._kin = Kin(series)
        self.seen: Compact = np.zeros((SLOTS, rows), np.float32)
        self.hours: Compact = np.zeros((SLOTS, rows), np.float32)
        self.day_seen: Compact = np.zeros((DAYS, rows), np.float32)
        self.day_expected: Compact = np.zeros((DAYS, rows), np.float32)
        self.total_seen: Floats = np.zeros(rows)
        self.total_hours: Floats = np.zeros(rows)
        self._rate: Floats = np.zeros(rows)

    @property
    def settled(self) -> Booleans:
        """Rows that have seen enough to be held to their own profile."""
        return self.total_hours >= SETTLING_HOURS

    @property
    def unknown(self) -> Floats:
        """How much of a day's rhythm is not known, per row: 1 is all of it."""
        unknown = np.maximum(1.0 - self.total_hours / SETTLING_HOURS, 0.0)
        np.copyto(unknown, 0.0, where=self._kin.known)
        return unknown

    @property
    def lent(self) -> Booleans:
        """Rows whose rhythm is known from their kin."""
        return self._kin.known

    def derive(self) -> None:
        """Derive from the state the mean rates, and what kin lend to those not settled."""
        self._rate = (self.total_seen + LEAST_RATE) / (self.total_hours + 1.0)
        if not self._kin.any:
            return
        self._kin.learn(self.seen, self.hours, self._rate, self.settled)
        if self._kin.known.any():
            exposure = self._kin.exposure(self.hours)
            rate = (self.total_seen + LEAST_RATE) / (exposure + 1.0)
            self._rate = np.where(self._kin.known, rate, self._rate)

    def at(self, slot: Integers, slow: Floats) -> tuple[Floats, Floats, Floats]:
        """Posts an hour at level 1 and the day's factor in the rows' slots, and their variance.

        `slow` is the variance of the logarithm of hourly totals beyond noise.
        """
        weekday, hour, place = placed(slot)
        rate = self._rate
        left = np.where(self._kin.known, LENT_VARIANCE, NEIGHBOUR_VARIANCE)
        near = self._gathered((0, 24), (hour + 23) % 24, (hour + 1) % 24)
        factor, left = credible(left, near[1] * rate, near[0], slow * rate)
        rate = rate * factor
        same = self._gathered((0, 24), hour)
        factor, left = credible(left + HOUR_VARIANCE, same[1] * rate, same[0], slow * rate)
        rate = rate * factor
        alike = self._gathered((0,), place)
        factor, left = credible(left + KIND_VARIANCE, alike[1] * rate, alike[0], slow * rate)
        rate = rate * factor
        if self._kin.any:
            rate = rate * chosen(self._kin.rhythm, place)
        rate = np.maximum(rate, LEAST_RATE)
        day, free = self._day(weekday, rate, slow + left)
        return rate, day, left + free

    def learn(
        self,
        rows: Booleans,
        usual: Booleans,
        slot: Integers,
        posts: Floats,
        hours: Floats,
        rate: Floats,
        noise: Floats,
    ) -> None:
        """Learn these rows' posts in so many hours of a slot; the day only from usual hours.

        `hours` are observed hours times the level, so that the profile is one at level 1; `rate` is
        the profile's so far (see `at`), `noise` the variance of its logarithm and of the hour's.
        """
        weekday, _, place = placed(slot)
        settled = usual & (self.total_hours >= WEEK_HOURS)
        daily = np.full(len(rate), np.exp(-1.0 / (WEEKS_KEPT * 24.0)))
        add(self.day_seen, weekday, daily, posts, settled)
        add(self.day_expected, weekday, daily, hours * rate, settled)
        # What the day explains is not learned a second time as the hour's.
        day, _ = self._day(weekday, rate, noise)
        days_a_week = np.where(weekday >= SATURDAY, 2.0, 5.0)
        weekly = np.exp(-1.0 / (WEEKS_KEPT * days_a_week))
        add(self.seen, place, weekly, posts, rows)
        add(self.hours, place, weekly, hours * day, rows)
        keep = np.exp(-1.0 / (WEEKS_KEPT * WEEK_HOURS))
        fade(self.total_seen, keep, posts, 0.0, rows)
        fade(self.total_hours, keep, hours, 0.0, rows)

    def _day(self, weekday: Integers, rate: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """The day of the week's factor on the profile and the variance of its logarithm."""
        holiday = weekday == HOLIDAY
        prior = np.full(len(rate), DAY_VARIANCE)
        usual = np.where(holiday, SUNDAY, weekday)
        day, free = credible(prior, *self._of_day(usual), noise * rate)
        if not holiday.any():
            return day, free
        expected, seen = self._of_day(weekday)
        own, left_free = credible(prior + free, expected * day, seen, noise * rate * day)
        return np.where(holiday, day * own, day), np.where(holiday, left_free, free)

    def _of_day(self, day: Integers) -> tuple[Floats, Floats]:
        """Expected and seen posts of days of the week, `HOLIDAY` among them."""
        expected, seen = chosen(self.day_expected, day), chosen(self.day_seen, day)
        return expected.astype(np.float64), seen.astype(np.float64)

    def _gathered(self, kinds: tuple[int, ...], *places: Integers) -> tuple[Floats, Floats]:
        """Posts and hours of the profile added up over kinds of day and hours of day.

        With a rhythm that kin have lent an hour counts for as many as it is busier than the mean.
        """
        seen, hours = np.zeros((2, len(self.total_hours)))
        for kind in kinds:
            for place in places:
                seen += chosen(self.seen, kind + place)
                exposed = chosen(self.hours, kind + place)
                if self._kin.any:
                    exposed = exposed * chosen(self._kin.rhythm, kind + place)
                hours += exposed
        return seen, hours


def placed(slot: Integers) -> tuple[Integers, Integers, Integers]:
    """The day, the hour of day, and the profile's place of slots of the calendar.

    >>> [int(part) for part in placed(np.int64(24 * SUNDAY + 7))]
    [6, 7, 31]
    """
    day, hour = slot // 24, slot % 24
    return day, hour, np.where(day >= SATURDAY, 24, 0) + hour


def chosen(table: NDArray[np.floating], slots: Integers) -> NDArray[np.floating]:
    """Of every column of a table the element in its slot; not a copy where all slots are one."""
    if len(slots) and (slots == slots[0]).all():
        return np.asarray(table[slots[0]])
    return np.asarray(table[slots, np.arange(len(slots))])


def add(total: Compact, slot: Integers, keep: Floats, new: Floats, rows: Booleans) -> None:
    """Discount the slots of these rows in a table and add what is new, in place."""
    columns = np.flatnonzero(rows)
    place = slot[columns], columns
    total[place] = total[place] * keep[columns] + new[columns]


def fade(
    total: Floats, keep: float | np.floating, new: Floats, prior: float, where: Booleans
) -> None:
    """Discount what is above the prior in a running total, add what is new; in place."""
    np.copyto(total, prior + (total - prior) * keep + new, where=where)
