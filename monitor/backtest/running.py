"""A configuration, tried on the past: the live code, in a store of its own that is then removed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from alerts.failures import UnusableInput
from alerts.incidents.incident import ALL_MENTIONS, Reason
from alerts.plain_text import visible
from monitor.backtest.account import HOUR_S, Account
from monitor.backtest.history import History
from monitor.backtest.result import Alert, Backtest, Volume
from monitor.clock import SimulatedClock
from monitor.configuration import Configuration, load
from monitor.panel import moment
from monitor.replay import NOTIFIER
from monitor.report import described
from monitor.sources.delivery import Delivery
from monitor.sources.recording import Recording
from monitor.store import Database, situations, volume
from monitor.watch import Watch

MOST_STEPS = 370
"""A brand's volume has at most so many steps: a year by days."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_STEPS = (_HOUR, 3 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY)
_UNUSABLE_SHOWN = 3

Tell = Callable[[str, str, int, int], None]
"""Is told what is being done, in which unit, how much is done, and of how much."""


class BacktestError(UnusableInput):
    """A configuration cannot be tried; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Past:
    """What configurations are tried on: recorded files, or without any the store at a URL."""

    files: tuple[Path, ...] = ()
    database: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """The past as one configuration reads it; `steps` are deliveries, and how much is done."""

    platforms: Sequence[str]
    steps: Iterator[tuple[int, Delivery]]
    total: int
    unit: str
    not_known: Sequence[str]


def backtest(file: Path, past: Past, name: str, now: datetime, tell: Tell) -> Backtest:
    """Try the configuration in `file` on the past.

    `now` bounds the times that are believed. Raises ConfigurationError, RecordingError,
    StoreError, and BacktestError where nothing was observed of this configuration's brands.
    """
    configuration = load(file)
    with (
        _opened(past, configuration, now, tell) as source,
        TemporaryDirectory(prefix="seawall-") as folder,
        closing(Database.open(f"sqlite:///{folder}/store.db")) as scratch,
    ):
        watch = Watch.start(configuration, scratch, source.platforms, [NOTIFIER])
        accounts = {platform: Account(panel) for platform, panel in watch.panels.items()}
        for done, delivery in source.steps:
            watch.take(delivery, clock=SimulatedClock.standing(delivery.until))
            day = delivery.until.astimezone(configuration.zone)
            tell(f"Replaying {day:%d %b %Y}", source.unit, done, source.total)
        with scratch.read() as connection:
            return _result(connection, name, watch, accounts, source.not_known)


@contextmanager
def _opened(
    past: Past, configuration: Configuration, now: datetime, tell: Tell
) -> Iterator[_Source]:
    if past.files:
        with Recording(past.files, configuration, now=now) as recording:
            rows = recording.open(None, lambda done, total: tell("Reading", "bytes", done, total))
            yield _Source(
                recording.platforms,
                _by_rows(recording.deliveries()),
                rows,
                "rows",
                [*_not_read(recording, configuration)],
            )
    else:
        with (
            closing(Database.open(past.database, unchanged=True)) as store,
            store.read() as connection,
        ):
            history = History.of(connection, configuration)
            yield _Source(
                history.platforms,
                _by_hours(history.deliveries()),
                history.hours,
                "hours",
                history.not_known,
            )


def _by_rows(deliveries: Iterator[Delivery]) -> Iterator[tuple[int, Delivery]]:
    rows = 0
    for delivery in deliveries:
        rows += len(delivery.posts) + len(delivery.counts)
        yield rows, delivery


def _by_hours(deliveries: Iterator[Delivery]) -> Iterator[tuple[int, Delivery]]:
    first: datetime | None = None
    for delivery in deliveries:
        first = first or delivery.until
        yield (delivery.until - first) // _HOUR + 1, delivery


def _not_read(recording: Recording, configuration: Configuration) -> Iterator[str]:
    """What was taken for granted in reading files, and what could not be read."""
    yield from recording.warnings
    if recording.malformed_count:
        some = "; ".join(
            f"{row.place}: {row.problem}" for row in recording.malformed[:_UNUSABLE_SHOWN]
        )
        more = "; …" if recording.malformed_count > _UNUSABLE_SHOWN else ""
        yield f"Rows that could not be used: {recording.malformed_count:,} ({some}{more})."
    if recording.posts and not recording.mentions:
        yield (
            "Not one post mentions a brand: compare brands and their terms with the column "
            f"`{configuration.recording.columns.text}`, from which the text is read."
        )


def _result(
    connection: Connection,
    name: str,
    watch: Watch,
    accounts: Mapping[str, Account],
    not_known: Sequence[str],
) -> Backtest:
    configuration = watch.configuration
    zone = configuration.zone
    series = [
        seen for account in accounts.values() for seen in account.series(configuration, [*accounts])
    ]
    hours = sorted(
        {
            hour
            for platform, account in accounts.items()
            for hour in account.hours(range(len(watch.panels[platform].series)))
        }
    )
    if not hours:
        raise BacktestError(_nothing(name, configuration, not_known))
    begins = [seen.since for seen in series if seen.since]
    ends = [seen.until for seen in series if seen.until]
    found = sorted(_alerts(connection, configuration), key=lambda one: (one.at, one.incident.id))
    return Backtest(
        name=name,
        timezone=configuration.timezone,
        since=min(begins),
        until=max(ends),
        observed=frozenset(moment(hour).astimezone(zone).date() for hour in hours),
        observed_days=len(hours) / 24,
        alerts=tuple(one for one in found if one.incident.calls),
        shown=tuple(one for one in found if not one.incident.calls),
        has_hours=configuration.service_hours is not None,
        promise=_promise(configuration),
        allowed=sum(seen.allowed for seen in series),
        series=tuple(series),
        volumes=tuple(_volumes(connection, watch, accounts, hours)),
        not_known=tuple(not_known),
    )


def _nothing(name: str, configuration: Configuration, not_known: Sequence[str]) -> str:
    brands = ", ".join(visible(brand.name) for brand in configuration.brands.values())
    why = " ".join(not_known) or "Name other files, or another store."
    return f"{name} cannot be tried on this: nothing of {brands} was observed in it. {why}"


def _promise(configuration: Configuration) -> str:
    own = any(topic.false_alarms for topic in configuration.topics.values())
    return f"{configuration.false_alarms}{' and what topics have of their own' if own else ''}"


def _alerts(connection: Connection, configuration: Configuration) -> Iterator[Alert]:
    """Every incident, as of when it first called people, or was shown."""
    hours, zone = configuration.service_hours, configuration.zone
    for incident in situations.incidents(connection):
        steps = situations.timeline(connection, incident.id)
        called = (step["at"] for step in steps if step["kind"] == Reason.CALLING)
        at = next(called, incident.detected_at)
        again = [step["at"] for step in steps if step["kind"] == Reason.REOPENED]
        yield Alert(
            incident,
            situations.latest_briefing(connection, incident.id),
            at,
            described(connection, incident)["posts"],
            None if hours is None else not hours.is_open(at, zone),
            tuple(when for when in again if when > at),
        )


def _volumes(
    connection: Connection, watch: Watch, accounts: Mapping[str, Account], hours: Sequence[int]
) -> Iterator[Volume]:
    """Every brand's posts over the whole span: all mentions, or what else was counted of it."""
    configuration = watch.configuration
    start = (
        moment(hours[0]).astimezone(configuration.zone).replace(hour=0, minute=0).astimezone(UTC)
    )
    span = moment(hours[-1] + HOUR_S) - start
    width = next((step for step in _STEPS if span / step <= MOST_STEPS), _STEPS[-1])
    steps = [start + width * number for number in range(-(-span // width))]
    for brand, its in configuration.brands.items():
        ids, seen = _of_brand(watch, accounts, brand)
        if seen:
            observed = {(moment(hour) - start) // width for hour in seen}
            posts = tuple(
                volume.posts_counted(connection, ids, step, step + width)
                if number in observed
                else None
                for number, step in enumerate(steps)
            )
            yield Volume(brand, its.name, start, width, posts)


def _of_brand(
    watch: Watch, accounts: Mapping[str, Account], brand: str
) -> tuple[list[int], set[int]]:
    """The ids of the series that a brand's volume is made of, and the hours it was observed."""
    ids, seen = [], set[int]()
    for platform, panel in watch.panels.items():
        its = [i for i, series in enumerate(panel.series) if series.brand == brand]
        all_mentions = [i for i in its if panel.series[i].topic == ALL_MENTIONS]
        for chosen in (all_mentions, its):
            if hours := accounts[platform].hours(chosen):
                ids += [panel.ids[i] for i in chosen]
                seen.update(hours)
                break
    return ids, seen
