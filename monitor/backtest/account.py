"""Keeping account of what a detector was shown and could say, series by series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np

from alerts import wording
from detectors import Series, State, Verdict
from detectors.contract import Booleans, Detector, Floats, Integers
from monitor.configuration import Configuration
from monitor.panel import Panel, moment
from monitor.telling import discretion

HOUR_S = 3600
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Seen:
    """What there was of a series: days it was observed, and those of them it was warming up.

    `since` and `until` are the first and the last observed hour's beginning and end; None where it
    was never observed. `budget` is the number of false findings allowed in 30 days. Where its topic
    is `restricted`, `name` is the neutral one.
    """

    series: Series
    name: str
    brand_name: str
    since: datetime | None
    until: datetime | None
    observed_days: float
    warming_days: float
    budget: float
    restricted: bool = False

    @property
    def allowed(self) -> float:
        """False findings allowed in the days that it could be judged."""
        return self.budget * (self.observed_days - self.warming_days) / 30


class Account:
    """Listens to the detector of a panel, which judges as it would alone."""

    def __init__(self, panel: Panel) -> None:
        """Listen from now on."""
        self._detector = panel.detector
        self._series = panel.series
        self._days_in_bucket = panel.width / DAY_S
        self._hours: list[int] = []
        self._seen: list[Booleans] = []
        self._observed: Integers = np.zeros(len(panel.series), dtype=np.int64)
        self._warming: Integers = np.zeros(len(panel.series), dtype=np.int64)
        panel.detector = cast("Detector", self)

    def __getattr__(self, name: str) -> Any:
        """All else is the detector's own."""
        return getattr(self._detector, name)

    def observe(self, bucket: int, posts: Floats, authors: Floats) -> Verdict:
        """What the detector says, noted."""
        verdict = self._detector.observe(bucket, posts, authors)
        seen = verdict.state != State.MISSING
        self._observed += seen
        self._warming += verdict.state == State.WARMING_UP
        hour = bucket // HOUR_S * HOUR_S
        if self._hours and self._hours[-1] == hour:
            self._seen[-1] |= seen
        else:
            self._hours.append(hour)
            self._seen.append(seen)
        return verdict

    def series(self, configuration: Configuration, platforms: Sequence[str]) -> Iterator[Seen]:
        """What there was of each series; `platforms` are all that share the budgets."""
        table = self._table()
        for i, one in enumerate(self._series):
            hours = np.flatnonzero(table[:, i])
            brand, ours = configuration.brands[one.brand].name, configuration.brands[one.brand].ours
            restricted = discretion.restricts(configuration, [one.topic])
            topic = configuration.topic(one.topic).name
            if restricted:
                topic = discretion.name_of(configuration)
            yield Seen(
                one,
                f"{brand}: {topic} on {wording.platform(one.platform)}",
                brand,
                moment(self._hours[hours[0]]) if hours.size else None,
                moment(self._hours[hours[-1]] + HOUR_S) if hours.size else None,
                float(self._observed[i] * self._days_in_bucket),
                float(self._warming[i] * self._days_in_bucket),
                configuration.budget(one, platforms) if ours else 0.0,
                restricted,
            )

    def hours(self, series: Sequence[int]) -> list[int]:
        """The hours (epoch seconds) in which any series at these positions was observed."""
        seen = np.flatnonzero(self._table()[:, list(series)].any(axis=1))
        return [self._hours[number] for number in seen]

    def _table(self) -> Booleans:
        """Whether a series was observed in an hour, shape (hours, series)."""
        return np.array(self._seen, dtype=np.bool_).reshape(-1, len(self._series))
