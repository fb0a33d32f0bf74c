"""When a team is at its desks: opening hours per weekday, in a time zone that is passed in.

A local time that the clocks show twice is the first of the two where something begins and the
second where it ends; one that they skip is as long after midnight as if they had not been changed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, PrivateAttr, RootModel, model_validator

Span = tuple[time, time]
"""From when to when on the clock; one that ends before it begins runs past midnight."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d) ?- ?((?:[01]\d|2[0-3]):[0-5]\d|24:00)")
_DAY = timedelta(days=1)
_FORESEEN = 31
"""Days within which a desk that ever opens does so."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """The public holidays on which a desk is closed, or open at other hours."""

    days: frozenset[date] = frozenset()
    hours: Span | None = None


NO_HOLIDAYS = Holidays()


class ServiceHours(RootModel[dict[str, str]]):
    """Opening hours as they are configured: `{mon-fri: "07:00-19:00", sat: "09:00-17:00"}`.

    A day that is not named is closed; hours that end before they begin run past midnight, and
    belong to the day on which they begin. Raises pydantic's ValidationError, naming the value, for
    a day or hours that it cannot read.

    >>> hours = ServiceHours({"mon-fri": "07:00-19:00", "sat": "09:00-17:00"})
    >>> saturday_night = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
    >>> hours.is_open(saturday_night, ZoneInfo("Europe/Oslo"))
    False
    >>> hours.next_opening(saturday_night, ZoneInfo("Europe/Oslo")).isoformat()
    '2026-03-16T06:00:00+00:00'
    """

    model_config = ConfigDict(frozen=True)
    _week: dict[int, Span] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _read(self) -> "ServiceHours":
        for days, hours in self.root.items():
            span = _span(days, hours)
            for weekday in weekdays(days):
                if weekday in self._week:
                    raise ValueError(f"{_DAYS[weekday]} is named twice, again in {days!r}")
                self._week[weekday] = span
        return self

    def is_open(self, at: datetime, zone: ZoneInfo, holidays: Holidays = NO_HOLIDAYS) -> bool:
        """Whether the desk is open at an instant; it is at the opening minute, not at closing."""
        today = at.astimezone(zone).date()
        found = self.openings(today - _DAY, 2, zone, holidays)
        return any(opens <= at < closes for opens, closes in found)

    def next_opening(
        self, at: datetime, zone: ZoneInfo, holidays: Holidays = NO_HOLIDAYS
    ) -> datetime | None:
        """The next instant, in UTC, at which the desk opens; None where it never closes or opens.

        It looks a month ahead.
        """
        yesterday = at.astimezone(zone).date() - _DAY
        found = self.openings(yesterday, _FORESEEN, zone, holidays)
        return next((opens for opens, _ in found if opens > at), None)

    def openings(
        self, first: date, days: int, zone: ZoneInfo, holidays: Holidays = NO_HOLIDAYS
    ) -> Iterator[tuple[datetime, datetime]]:
        """From when to when the desk is open, in UTC, by the hours that begin on these days.

        Hours that meet are one opening.
        """
        since = until = None
        for day in (first + n * _DAY for n in range(days)):
            span = holidays.hours if day in holidays.days else self._week.get(day.weekday())
            if span is None:
                continue
            opens, closes = _instants(day, span, zone)
            if until is not None and opens <= until:
                until = max(until, closes)
                continue
            if since is not None and until is not None:
                yield since, until
            since, until = opens, closes
        if since is not None and until is not None:
            yield since, until


def span(hours: str) -> Span:
    """Hours as they are written. Raises ValueError.

    >>> span("07:00-19:00")
    (datetime.time(7, 0), datetime.time(19, 0))
    """
    found = _HOURS.fullmatch(hours)
    if not found:
        raise ValueError(f'{hours!r} are not opening hours: write "07:00-19:00"')
    opens, closes = found.groups()
    return time.fromisoformat(opens), time.fromisoformat(closes.replace("24:00", "00:00"))


def _instants(day: date, hours: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opens, closes = hours
    end = datetime.combine(day if opens < closes else day + _DAY, closes, zone)
    return (
        datetime.combine(day, opens, zone).astimezone(UTC),
        max(end.replace(fold=fold).astimezone(UTC) for fold in (0, 1)),
    )


def weekdays(days: str) -> list[int]:
    """The days that `sat` or `mon-fri` means, from 0 for Monday. Raises ValueError."""
    first, _, last = days.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS or days.endswith("-"):
        raise ValueError(f'{days!r} is not a day or a range of days: write "sat" or "mon-fri"')
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]


def _span(days: str, hours: str) -> Span:
    try:
        return span(hours)
    except ValueError as error:
        raise ValueError(f"{days}: {error}") from None


ALWAYS = ServiceHours({"mon-sun": "00:00-24:00"})
