"""When customers travel: how many departures an hour of the week brings, and what that weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

AHEAD = timedelta(hours=6)
"""Who travels in the next six hours needs an answer now: 01:00 is not 04:30."""

_STEP = timedelta(minutes=15)
"""Zones and changes of their clocks begin on a quarter of an hour."""
_WEEK_H = 7 * 24


@dataclass(frozen=True)
class Timetable:
    """An ordinary week: how many depart in which hour, by (weekday from 0, hour) in a zone.

    >>> oslo = Timetable(ZoneInfo("Europe/Oslo"), {(5, 6): 40, (5, 12): 10})
    >>> saturday = datetime(2026, 3, 14, 1, tzinfo=UTC)
    >>> oslo.departures(saturday, AHEAD), oslo.share(saturday)
    (40, 1.0)
    """

    zone: ZoneInfo
    hours: Mapping[tuple[int, int], int]

    def departures(self, at: datetime, ahead: timedelta = AHEAD) -> int:
        """How many depart from `at` until `ahead` later; of an hour that is cut, its part."""
        total, begin, end = 0.0, at.astimezone(UTC), at.astimezone(UTC) + ahead
        while begin < end:
            quarter = begin - timedelta(
                minutes=begin.minute % 15, seconds=begin.second, microseconds=begin.microsecond
            )
            until = min(quarter + _STEP, end)
            local = begin.astimezone(self.zone)
            part = (until - begin) / timedelta(hours=1)
            total += part * self.hours.get((local.weekday(), local.hour), 0)
            begin = until
        return round(total)

    def share(self, at: datetime) -> float:
        """How many depart in the next six hours, as a part of the week's busiest six, 0 to 1."""
        return min(self.departures(at) / self._busiest, 1.0) if self._busiest else 0.0

    @cached_property
    def _busiest(self) -> int:
        week = [self.hours.get(divmod(hour, 24), 0) for hour in range(_WEEK_H)]
        span = AHEAD // timedelta(hours=1)
        return max(
            sum(week[(first + n) % _WEEK_H] for n in range(span)) for first in range(_WEEK_H)
        )
