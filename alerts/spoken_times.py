"""Times and spans as people give them at night: `07:00`, `2h`, `2026-11-22T07:00`."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.incidents.incident import Refused

_SPAN = re.compile(r"(\d{1,5}) ?(m|min|h|d)?", re.ASCII)
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 24 * 60}
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)", re.ASCII)


def span(text: str) -> timedelta:
    """A length of time; a number alone is minutes. Raises Refused.

    >>> span("10"), span("90 min") == span("90m"), span("2h")
    (datetime.timedelta(seconds=600), True, datetime.timedelta(seconds=7200))
    """
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise Refused(f"{text!r} is no length of time: write 10m, 2h or 1d")
    return timedelta(minutes=int(found[1]) * _MINUTES[found[2] or "m"])


def instant(text: str, now: datetime, zone: str, *, past: bool = False) -> datetime:
    """A time in UTC: in so long, the next time a clock shows it, or a day and time.

    With `past` it is so long ago, or the last time a clock showed it. What has no offset is on the
    clock of `zone`; a day and time that it shows twice is the first. Raises Refused.

    >>> noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> [f"{instant(said, noon, 'Europe/Oslo'):%d. %H:%M}" for said in ("2h", "07:00", "13:30")]
    ['22. 14:00', '23. 06:00', '22. 12:30']
    """
    said = text.strip()
    if said and said[-1] in "mhdn" and _SPAN.fullmatch(said):
        return now - span(said) if past else now + span(said)
    if clock := _CLOCK.fullmatch(said):
        shown = _shown(time(int(clock[1]), int(clock[2]), tzinfo=ZoneInfo(zone)), now)
        return (
            max(one for one in shown if one <= now)
            if past
            else next(one for one in shown if one > now)
        )
    try:
        found = datetime.fromisoformat(said)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = "write 07:00, 2h or 2026-11-22T07:00"
        raise Refused(f"{text!r} is no time: {hint}") from None


def _shown(clock: time, now: datetime) -> list[datetime]:
    """When it is so late, from yesterday to tomorrow: twice where summer time ends.

    An hour that is skipped is an hour later.
    """
    today = now.astimezone(clock.tzinfo).date()
    return [
        datetime.combine(today + timedelta(days=ahead), clock.replace(fold=fold)).astimezone(UTC)
        for ahead in (-1, 0, 1)
        for fold in (0, 1)
    ]
