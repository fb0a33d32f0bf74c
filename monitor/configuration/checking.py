"""`seawall check`: a configuration's mistakes, or what it amounts to, as data."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.configuration.calendar import Entry
from monitor.configuration.loading import load
from monitor.configuration.models import Configuration
from monitor.configuration.problems import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An entry of the calendar: how often it comes, and from when to when, in ISO 8601."""

    name: str
    factors: list[float]
    times: int
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a configuration amounts to.

    `budgets` has the false surges allowed in 30 days for every series, `false_alarms` their sum.
    `holidays` are the countries whose public holidays are known.
    """

    brands: list[str]
    topics: list[str]
    platforms: list[str]
    bucket_seconds: int
    false_alarms: float
    budgets: dict[str, float]
    holidays: list[str]
    calendar: list[Foreseen]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome: problems, or a summary where there are none."""

    file: str
    problems: list[Problem]
    summary: Summary | None

    @property
    def fine(self) -> bool:
        """Whether the configuration can be used."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """The same as data, for `--json`."""
        return {"fine": self.fine, **asdict(self)}


def check(path: Path, platforms: Collection[str] = ()) -> Checked:
    """Read a configuration and say what is wrong with it, or what it amounts to.

    Without `platforms` the series are those of recorded files that name no platform.
    """
    try:
        configuration = load(path)
    except ConfigurationError as error:
        return Checked(str(path), error.problems, None)
    return Checked(str(path), [], summarise(configuration, platforms))


def summarise(configuration: Configuration, platforms: Collection[str] = ()) -> Summary:
    """What a configuration amounts to on these platforms."""
    platforms = sorted(set(platforms)) or [configuration.recording.platform]
    budgets = {
        str(series): configuration.budget(series, platforms)
        for series in configuration.series(platforms)
        if configuration.brands[series.brand].ours
    }
    return Summary(
        brands=list(configuration.brands),
        topics=list(configuration.topics),
        platforms=list(platforms),
        bucket_seconds=int(configuration.bucket.total_seconds()),
        false_alarms=round(sum(budgets.values()), 9),
        budgets=budgets,
        holidays=sorted(
            {*configuration.holidays}.union(
                *(brand.holidays or () for brand in configuration.brands.values())
            )
        ),
        calendar=[_foreseen(entry, configuration.zone) for entry in configuration.calendar],
    )


def _foreseen(entry: Entry, zone: ZoneInfo) -> Foreseen:
    return Foreseen(
        name=entry.title,
        factors=sorted({one.factor for one in entry.events}),
        times=len(entry.events),
        since=_local(min((one.since for one in entry.events), default=None), zone),
        until=_local(max((one.until for one in entry.events), default=None), zone),
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="minutes") if moment else None
