"""Where a bucket falls: the local hour of the week, holidays, and events known beforehand.

A holiday is a day of its own beside the seven of the week, and an event a factor on what is
expected. Neither is state: a detector continues from what it has learned with another calendar.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import prod
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from detectors.contract import Floats, Integers, PlannedEvent, SeriesSetup

HOUR: Final = 3600
DAY: Final = 86400
SATURDAY: Final = 5
SUNDAY: Final = 6
HOLIDAY: Final = 7
"""The day of the week that a holiday is, whatever its weekday."""
DAYS: Final = 8

NEVER: Final = 2**62


class Calendar:
    """Local hours and events under way of many rows, looked up only where either changes.

    `slots` holds for the hour before, this hour and the next `day * 24 + hour`, per row, the day
    being the weekday (Monday is 0) or `HOLIDAY`; `opens` when this hour began (epoch seconds), per
    row; `factors` by how much events multiply what is expected, per row, None while none does.
    """

    def __init__(self, series: Sequence[SeriesSetup], width: int) -> None:
        days = [(setup.timezone, setup.holidays) for setup in series]
        self._days = {day: index for index, day in enumerate(dict.fromkeys(days))}
        self._day = np.array([self._days[day] for day in days], np.intp)
        # By identity: tuples do not remember their hash, and thousands of series share a plan.
        plans = {id(setup.events): setup.events for setup in series}
        places = {key: index for index, key in enumerate(plans)}
        self._plans = [steps(events, width) for events in plans.values()]
        self._plan = np.array([places[id(setup.events)] for setup in series], np.intp)
        edges = {edge for starts, _ in self._plans for edge in starts}
        self._edges = [*sorted(edges), NEVER]
        self._width = width
        self._from = self._until = 0
        self.slots: Integers = np.zeros((3, len(series)), np.int64)
        self.opens: Integers = np.zeros(len(series), np.int64)
        self.factors: Floats | None = None

    def turn(self, bucket: int) -> bool:
        """Move to the bucket that starts at `bucket` (epoch seconds); true where anything changes.

        A bucket belongs to the hour of its middle, and to every event that it touches.
        """
        if self._from <= bucket < self._until:
            return False
        half = self._width // 2
        slots, opens = zip(*(local_hours(*day, bucket + half) for day in self._days), strict=True)
        edge = bisect_right(self._edges, bucket)
        self._from = max(max(opens) - half, self._edges[edge - 1])
        self._until = min(min(opens) - half + HOUR, self._edges[edge])
        self.slots = np.array(slots, np.int64).T[:, self._day].copy()
        self.opens = np.array(opens, np.int64)[self._day]
        factors = [times[bisect_right(starts, bucket) - 1] for starts, times in self._plans]
        altered = any(factor != 1.0 for factor in factors)
        self.factors = np.array(factors)[self._plan] if altered else None
        return True

    def forget(self) -> None:
        """Look everything up anew with the next bucket."""
        self._from = self._until = 0


def steps(events: Sequence[PlannedEvent], width: int) -> tuple[list[int], list[float]]:
    """Bucket starts from which events multiply what is expected by something else, and by what.

    >>> steps([PlannedEvent(120, 300, 3.0), PlannedEvent(200, 400, 2.0)], width=60)[0][1:]
    [61, 141, 300, 400]
    >>> steps([PlannedEvent(120, 300, 3.0), PlannedEvent(200, 400, 2.0)], width=60)[1]
    [1.0, 3.0, 6.0, 2.0, 1.0]
    """
    changes: dict[int, list[int]] = {}
    for index, event in enumerate(events):
        for edge in (event.begin - width + 1, event.end):
            changes.setdefault(edge, []).append(index)
    starts, factors, under_way = [-NEVER], [1.0], set[int]()
    for edge in sorted(changes):
        under_way ^= set(changes[edge])
        starts.append(edge)
        factors.append(prod((events[index].factor for index in sorted(under_way)), start=1.0))
    return starts, factors


def local_hours(
    zone: ZoneInfo, holidays: frozenset[date], moment: int
) -> tuple[tuple[int, int, int], int]:
    """Slots (see `Calendar`) before, at and after `moment`, and when its hour began.

    >>> kolkata = ZoneInfo("Asia/Kolkata")
    >>> local_hours(kolkata, frozenset(), 0)
    ((76, 77, 78), -1800)
    >>> local_hours(kolkata, frozenset({date(1970, 1, 1)}), 0)
    ((172, 173, 174), -1800)
    """
    at = [datetime.fromtimestamp(moment + HOUR * step, UTC).astimezone(zone) for step in (-1, 0, 1)]
    before, now, after = (
        24 * (HOLIDAY if local.date() in holidays else local.weekday()) + local.hour for local in at
    )
    return (before, now, after), moment - 60 * at[1].minute - at[1].second
