"""What is known beforehand: public holidays, and events that change what is expected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from detectors import PlannedEvent

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100


@dataclass(frozen=True, slots=True)
class Event:
    """Something known beforehand: when, and by how much it multiplies what is expected.

    >>> begin, end = (datetime(2026, 7, day, tzinfo=UTC) for day in (1, 4))
    >>> print(Event("Summer sale", begin, end, 3.0))
    Summer sale (×3)
    """

    name: str
    since: datetime
    until: datetime
    factor: float

    def __str__(self) -> str:
        return f"{self.name} (×{self.factor:g})"

    @property
    def planned(self) -> PlannedEvent:
        """The same for a detector."""
        return PlannedEvent(int(self.since.timestamp()), int(self.until.timestamp()), self.factor)


def under_way(events: Iterable[Event], since: datetime, until: datetime) -> list[Event]:
    """The events that reach into a stretch of time, in their order."""
    return [one for one in events if one.since < until and since < one.until]


def instant(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """A day's beginning, or a time, in UTC; without an offset it is as the clocks of `zone` show.

    >>> print(instant(date(2026, 7, 1), ZoneInfo("Europe/Oslo")))
    2026-06-30 22:00:00+00:00
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


@lru_cache(maxsize=64)
def holidays(regions: tuple[str, ...]) -> frozenset[date]:
    """The public holidays of countries and parts of countries, such as `NO` and `DE-BY`."""
    from holidays import country_holidays

    days = set[date]()
    for region in regions:
        country, _, part = region.partition("-")
        known = country_holidays(country, subdiv=part or None)
        years = range(max(FIRST_YEAR, known.start_year), min(LAST_YEAR, known.end_year) + 1)
        days.update(country_holidays(country, subdiv=part or None, years=years))
    return frozenset(days)


@lru_cache(maxsize=1)
def regions() -> Mapping[str, str]:
    """The codes of all countries, and parts, with known holidays, by everything they are called."""
    from holidays import list_supported_countries
    from holidays.registry import COUNTRIES

    parts = list_supported_countries()
    codes: dict[str, str] = {}
    for name, code, *others in COUNTRIES.values():
        codes.update(dict.fromkeys((name, code, *others), code))
        codes.update({f"{code}-{part}": f"{code}-{part}" for part in parts.get(code, ())})
    return codes
