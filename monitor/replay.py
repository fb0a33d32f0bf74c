"""A replay: recorded posts and counts, as fast as they can be taken, through the live code."""

from collections.abc import Callable, Iterator
from datetime import datetime

from monitor.clock import SimulatedClock
from monitor.configuration import Configuration
from monitor.sources.recording import Recording
from monitor.store import Database, volume
from monitor.watch import Watch

NOTIFIER = "terminal"
"""A recording pages nobody: its news goes to the terminal that replays it."""


def replay(
    recording: Recording,
    configuration: Configuration,
    database: Database,
    reading: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[int, int, datetime]]:
    """Take a recording from where the store has it: (rows taken, rows in all, until).

    `reading` is told of bytes read and bytes in all while the files are sorted. The caller holds
    the store's lease. Raises RecordingError and StoreError.
    """
    with database.read() as connection:
        cursor = volume.cursor_of(connection, recording.name)
    ahead = recording.open(cursor, reading)
    watch = Watch.start(configuration, database, recording.platforms, [NOTIFIER])
    rows = 0
    for delivery in recording.deliveries():
        watch.take(
            delivery,
            malformed=recording.malformed_count,
            clock=SimulatedClock.standing(delivery.until),
        )
        rows += len(delivery.posts) + len(delivery.counts)
        yield rows, ahead, delivery.until
    if cursor is None and rows == 0:
        with database.write() as connection:
            volume.put_source(
                connection,
                recording.name,
                cursor=None,
                until=None,
                malformed=recording.malformed_count,
            )
