"""What a configuration would have told, and how two of them differ."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident
from monitor.backtest.account import Seen

_MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident that people would have been told of at `at`, and its last briefing.

    `again` are the times at which it came back after it was resolved, and people were told anew.
    `outside`: whether the desk was closed at the first; None without service hours.
    """

    incident: Incident
    briefing: Briefing
    at: datetime
    posts: int
    outside: bool | None
    again: tuple[datetime, ...] = ()

    @property
    def lasted(self) -> timedelta:
        """From its beginning to the last surge of it."""
        return self.incident.last_surging_at - self.incident.started_at


@dataclass(frozen=True, slots=True)
class Volume:
    """How much was written of a brand: posts in steps of `width` from `start` on.

    None where nothing of it was observed.
    """

    brand: str
    name: str
    start: datetime
    width: timedelta
    posts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    """One configuration, tried on the past: what it would have told, what it saw and did not.

    `observed` are local days of which anything was observed, `observed_days` is how long that was.
    `shown` would have been shown and called nobody. `promise` is the configured rate of
    false alarms, `allowed` what it comes to here. `not_known` are sentences.
    """

    name: str
    timezone: str
    since: datetime
    until: datetime
    observed: frozenset[date]
    observed_days: float
    alerts: tuple[Alert, ...]
    shown: tuple[Alert, ...]
    has_hours: bool
    promise: str
    allowed: float
    series: tuple[Seen, ...]
    volumes: tuple[Volume, ...]
    not_known: tuple[str, ...]

    @property
    def outside(self) -> int | None:
        """How many came while the desk was closed; None without service hours."""
        return sum(alert.outside is True for alert in self.alerts) if self.has_hours else None

    @property
    def a_month(self) -> float | None:
        """Alerts in 30 observed days; None where less than a day was observed."""
        if self.observed_days < 1:
            return None
        return len(self.alerts) / self.observed_days * _MONTH_DAYS

    @property
    def days(self) -> Counter[date]:
        """Alerts by local day."""
        return Counter(self.day(alert) for alert in self.alerts)

    @property
    def busiest(self) -> tuple[date, int] | None:
        """The day with the most alerts, the first of several, and how many; None without any."""
        days = self.days
        return max(sorted(days.items()), key=lambda one: one[1]) if days else None

    def day(self, alert: Alert) -> date:
        """The local day of an alert."""
        return alert.at.astimezone(ZoneInfo(self.timezone)).date()


@dataclass(frozen=True, slots=True)
class Situation:
    """What two configurations say of the same: alerts on one brand that overlap in time."""

    first: tuple[Alert, ...]
    second: tuple[Alert, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Those of both."""
        return (*self.first, *self.second)

    @property
    def began(self) -> datetime:
        """When it began, by the earlier estimate."""
        return min(alert.incident.started_at for alert in self.alerts)

    @property
    def earlier(self) -> timedelta | None:
        """How much earlier the second found it; negative: later, None: only one did."""
        if not (self.first and self.second):
            return None
        first, second = (min(alert.at for alert in alerts) for alerts in (self.first, self.second))
        return first - second


def compare(first: Backtest, second: Backtest) -> list[Situation]:
    """What both found, and what only one of them did, in the order of time."""
    brands = {alert.incident.brand for one in (first, second) for alert in one.alerts}
    found = [each for brand in sorted(brands) for each in _situations(brand, first, second)]
    return sorted(found, key=lambda situation: situation.began)


def _situations(brand: str, first: Backtest, second: Backtest) -> Iterator[Situation]:
    alerts = sorted(
        (
            (alert.incident.started_at, number, alert)
            for number, one in enumerate((first, second))
            for alert in one.alerts
            if alert.incident.brand == brand
        ),
        key=lambda one: one[:2],
    )
    together: list[tuple[int, Alert]] = []
    until: datetime | None = None
    for began, number, alert in alerts:
        if until is not None and began > until:
            yield _situation(together)
            together, until = [], None
        together.append((number, alert))
        end = max(alert.incident.last_surging_at, alert.at)
        until = end if until is None else max(until, end)
    if together:
        yield _situation(together)


def _situation(together: Sequence[tuple[int, Alert]]) -> Situation:
    first, second = (
        tuple(alert for number, alert in together if number == which) for which in (0, 1)
    )
    return Situation(first, second)
