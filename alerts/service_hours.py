"""When a team is at its desks: opening hours per weekday, in a time zone that is passed in."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, PrivateAttr, RootModel, model_validator

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d) ?- ?((?:[01]\d|2[0-3]):[0-5]\d|24:00)")


class ServiceHours(RootModel[dict[str, str]]):
    """Opening hours as they are configured: `{mon-fri: "07:00-19:00", sat: "09:00-17:00"}`.

    A day that is not named is closed; hours that end before they begin run past midnight. Raises
    pydantic's ValidationError, naming the value, for a day or hours that it cannot read.

    >>> hours = ServiceHours({"mon-fri": "07:00-19:00", "sat": "09:00-17:00"})
    >>> saturday_night = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
    >>> hours.is_open(saturday_night, ZoneInfo("Europe/Oslo"))
    False
    >>> hours.next_opening(saturday_night, ZoneInfo("Europe/Oslo")).isoformat()
    '2026-03-16T06:00:00+00:00'
    """

    model_config = ConfigDict(frozen=True)
    _week: dict[int, tuple[time, time]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _read(self) -> "ServiceHours":
        for days, hours in self.root.items():
            span = _span(days, hours)
            for weekday in _weekdays(days):
                if weekday in self._week:
                    raise ValueError(f"{_DAYS[weekday]} is named twice, again in {days!r}")
                self._week[weekday] = span
        return self

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether the desk is open at an instant; it is at the opening minute, not at closing."""
        today = at.astimezone(zone).date()
        return any(
            opens <= at < closes
            for opens, closes in self._openings(today - timedelta(days=1), 2, zone)
        )

    def next_opening(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """The next instant, in UTC, at which the desk opens; None where it never does."""
        today = at.astimezone(zone).date()
        return next((opens for opens, _ in self._openings(today, 8, zone) if opens > at), None)

    def _openings(
        self, first: date, days: int, zone: ZoneInfo
    ) -> Iterator[tuple[datetime, datetime]]:
        """From when to when the desk is open, in UTC, for shifts that begin on these days."""
        for day in (first + timedelta(days=n) for n in range(days)):
            if day.weekday() in self._week:
                opens, closes = self._week[day.weekday()]
                last = day if opens < closes else day + timedelta(days=1)
                # An hour that the clocks repeat counts from its first run to its second.
                yield (
                    datetime.combine(day, opens, zone).astimezone(UTC),
                    datetime.combine(last, closes.replace(fold=1), zone).astimezone(UTC),
                )


def _weekdays(days: str) -> list[int]:
    first, _, last = days.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS or days.endswith("-"):
        raise ValueError(f'{days!r} is not a day or a range of days: write "sat" or "mon-fri"')
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]


def _span(days: str, hours: str) -> tuple[time, time]:
    found = _HOURS.fullmatch(hours)
    if not found:
        raise ValueError(f'{days}: {hours!r} are not opening hours: write "07:00-19:00"')
    opens, closes = found.groups()
    return time.fromisoformat(opens), time.fromisoformat(closes.replace("24:00", "00:00"))
