"""Delivering what the outbox holds: at least once, in order per incident."""

from collections.abc import Iterable

from alerts.notifiers import Notification, Notifier, NotifierError
from monitor.store import Database, situations


def deliver(database: Database, notifiers: Iterable[Notifier]) -> int:
    """Send what is pending for these notifiers, oldest news first; the number delivered.

    What fails stays in the outbox, and so does what comes after it for the same incident; a
    permanent failure is not tried again. A process that dies between sending and marking sends
    again, with the same key.
    """
    by_name = {notifier.name: notifier for notifier in notifiers}
    with database.read() as connection:
        waiting = sorted(situations.pending(connection), key=lambda one: one[3].at)
    done: list[tuple[str, int, str]] = []
    stuck: set[tuple[str, str]] = set()
    for incident, revision, name, briefing in waiting:
        if name not in by_name or (incident, name) in stuck:
            continue
        key = f"{incident}/{revision}"
        try:
            by_name[name].send(Notification(key, incident, revision, briefing))
        except NotifierError as error:
            if not error.permanent:
                stuck.add((incident, name))
                continue
        done.append((incident, revision, name))
    if done:
        with database.write() as connection:
            situations.delivered(connection, done)
    return len(done)
