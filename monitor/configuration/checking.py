"""`seawall check`: a configuration's mistakes, or what it amounts to, as data."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from monitor.configuration.loading import load
from monitor.configuration.models import Configuration
from monitor.configuration.problems import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Summary:
    """What a configuration amounts to.

    `budgets` has the false surges allowed in 30 days for every series, `false_alarms` their sum.
    """

    brands: list[str]
    topics: list[str]
    platforms: list[str]
    bucket_seconds: int
    false_alarms: float
    budgets: dict[str, float]


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
    }
    return Summary(
        brands=list(configuration.brands),
        topics=list(configuration.topics),
        platforms=list(platforms),
        bucket_seconds=int(configuration.bucket.total_seconds()),
        false_alarms=sum(budgets.values()),
        budgets=budgets,
    )
