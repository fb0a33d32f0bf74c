"""The demonstration: a fictional airline's four weeks at full speed, then its bad night.

It drives the same code as everything else, from a simulated source, on a simulated clock that is in
the store: an acknowledgement from another shell reads the same time.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from alerts.incidents import Incident, Reason
from alerts.notifiers import Notifier
from monitor import clock
from monitor.clock import SimulatedClock
from monitor.configuration import Configuration, load
from monitor.outbox import deliver
from monitor.sources.simulation import NIGHT_START, OVER_AT, PLATFORMS, RHYTHM_START, Simulation
from monitor.store import Database, volume
from monitor.watch import Watch

RATE = 60.0
"""Simulated seconds a second during the night."""

MORNING = OVER_AT + timedelta(hours=4)
"""When the demonstration ends."""

RHYTHM_STEP = timedelta(hours=6)
NIGHT_STEP = timedelta(minutes=1)

LOOK_EVERY_S = 0.25
"""How often, while waiting, the outbox is looked at for what others have done."""

SOURCE = "simulation"
SEED = 4


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the night: its end, how many posts named the brand, what happened."""

    end: datetime
    posts: int
    news: list[tuple[Incident, Reason]]


def configuration() -> Configuration:
    """The fictional airline's configuration."""
    return load(Path(str(files("monitor.demonstration") / "fjordwing.yaml")))


def stands_at(database: Database) -> datetime | None:
    """How far a demonstration in this store has come; None for a new one."""
    with database.read() as connection:
        cursor = volume.cursor_of(connection, SOURCE)
    return datetime.fromisoformat(cursor) if cursor else None


def rhythm(watch: Watch, notifiers: list[Notifier], since: datetime | None) -> Iterator[datetime]:
    """Four weeks at full speed, from where they were stopped; how far they have come."""
    begin = max(since or RHYTHM_START, RHYTHM_START)
    for delivery in Simulation(SEED).deliveries(begin, NIGHT_START, RHYTHM_STEP):
        watch.take(delivery, clock=SimulatedClock.standing(delivery.until))
        deliver(watch.database, notifiers)
        yield delivery.until


def night(
    watch: Watch, notifiers: list[Notifier], since: datetime | None
) -> Generator[Minute, None, None]:
    """The night at `RATE` times real time, from where it was stopped; close it to stop it."""
    begin = max(since or NIGHT_START, NIGHT_START)
    running = SimulatedClock(clock.wall(), begin, RATE, begin + NIGHT_STEP)
    try:
        for delivery in Simulation(SEED).deliveries(begin, MORNING, NIGHT_STEP):
            running = replace(running, until=delivery.until + NIGHT_STEP)
            while (left := running.seconds_until(delivery.until, clock.wall())) > 0:
                clock.sleep(min(left, LOOK_EVERY_S))
                deliver(watch.database, notifiers)
            taken = watch.take(delivery, clock=running)
            deliver(watch.database, notifiers)
            yield Minute(delivery.until, taken.posts, taken.news)
    finally:
        _stop(watch.database)


def start(database: Database, notifiers: list[str]) -> Watch:
    """Take up the watch where the store stands."""
    return Watch.start(configuration(), database, PLATFORMS, notifiers)


def _stop(database: Database) -> None:
    """Nothing runs any more: the clock stands where the last minute ended."""
    until = stands_at(database)
    if until:
        with database.write() as connection:
            volume.put_clock(connection, SimulatedClock.standing(until))
