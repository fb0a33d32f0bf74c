"""Reads an .ics file: every event in it, as often as it comes.

A file comes from whoever keeps the calendar. What is not understood as it is meant is an error with
its line, and no rule of recurrence can take long to follow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from alerts import plain_text
from monitor.calendar import FIRST_YEAR, instant

LAST: Final = date(2050, 1, 1)
"""An event that comes again and again is followed until then."""
BIGGEST: Final = 1_000_000
"""Bytes of a file."""
MOST: Final = 20_000
"""How often all events of a file may come."""

FACTOR: Final = "X-SEAWALL-FACTOR"
LEAST_FACTOR: Final = 0.01
LARGEST_FACTOR: Final = 1000.0

_OFTEN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"})
_SELDOM = _OFTEN | {"BYMONTH", "BYMONTHDAY", "BYSETPOS"}
_RULES: Final = {"DAILY": _OFTEN, "WEEKLY": _OFTEN, "MONTHLY": _SELDOM, "YEARLY": _SELDOM}
"""What a rule may say: other rules may come every second, or take minutes to find nothing."""

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What the libraries raise for files that break the standard."""
_ONCE: Final = ("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "SUMMARY", "STATUS", FACTOR)
_MATTERS: Final = {None, *_ONCE, "RRULE", "RDATE", "EXDATE"}
"""What of an event must be readable; None is a line that is none."""
_EXPORT: Final = "export it again, as iCalendar (.ics)"
_LESS: Final = "keep only what matters here, and give rules an end (UNTIL or COUNT)"


class UnusableCalendarError(ValueError):
    """An .ics file cannot be used: why, after which line, and a hint."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event comes; `factor` is None where the file does not say it."""

    since: datetime
    until: datetime
    name: str
    factor: float | None


@lru_cache(maxsize=16)
def read(content: bytes, zone: ZoneInfo) -> tuple[Occurrence, ...]:
    """Every event of an .ics file as often as it comes, by time; UnusableCalendarError.

    Days, and times without a zone, are those of `zone`.
    """
    import icalendar
    import recurring_ical_events  # type: ignore[import-untyped]

    begins = _begins(content)
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except _UNREADABLE as error:
        _refuse(1, f"is no iCalendar file: {_brief(error)}", _EXPORT)
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    whole = {calendar.name for calendar in calendars} == {"VCALENDAR"}
    if not whole or len(events) != len(begins):
        _refuse(1, "is no whole iCalendar file", _EXPORT)
    _check(events, begins, zone)
    found: list[Occurrence] = []
    for calendar in calendars:
        try:
            query = recurring_ical_events.of(calendar, components=["VEVENT"])
            times = query.between(date(FIRST_YEAR, 1, 1), LAST)
            found += [_occurrence(one, zone) for one in times if not _cancelled(one)]
        except _UNREADABLE as error:
            _refuse(1, f"has an event that cannot be followed: {_brief(error)}", _EXPORT)
    for one in found:
        if one.since >= one.until:
            _refuse(1, f"has an event `{one.name}` that lasts no time on {one.since}", _EXPORT)
    if len(found) > MOST:
        _refuse(1, f"has events that come more than {MOST:,} times", _LESS)
    return tuple(sorted(found, key=lambda one: (one.since, one.until, one.name)))


def _refuse(line: int, message: str, hint: str) -> NoReturn:
    raise UnusableCalendarError(line, message, hint)


def _brief(text: object, longest: int = 80) -> str:
    return plain_text.shortened(plain_text.visible(" ".join(str(text)[:1000].split())), longest)


def _begins(content: bytes) -> list[int]:
    """The lines on which events begin; refuses rules of recurrence that are not followed here."""
    if len(content) > BIGGEST:
        _refuse(1, f"is larger than {BIGGEST:,} bytes", _LESS)
    begins: list[int] = []
    inside: list[str] = []
    for line, text in _lines(content):
        name, _, value = text.partition(":")
        name, value = name.partition(";")[0].upper(), value.strip().upper()
        if name == "BEGIN":
            inside.append(value)
            if value == "VEVENT":
                begins.append(line)
        elif name == "END" and inside:
            inside.pop()
        elif name == "RRULE":
            _check_rule(value, line, of_a_zone="VTIMEZONE" in inside)
        elif name == "EXRULE":
            _refuse(line, "has an EXRULE, which is not followed here", "name the days in EXDATE")
    return begins


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    """Content lines, unfolded, each with the number of its first."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        _refuse(content.count(b"\n", 0, error.start) + 1, "is not UTF-8", "save it as UTF-8")
    begin, parts = 1, [""]
    for number, line in enumerate(lines, 1):
        if line.startswith((" ", "\t")):
            parts.append(line[1:])
        else:
            yield begin, "".join(parts)
            begin, parts = number, [line]
    yield begin, "".join(parts)


def _check_rule(rule: str, line: int, *, of_a_zone: bool) -> None:
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    frequency = parts.get("FREQ", "")
    known = ("YEARLY",) if of_a_zone else tuple(_RULES)
    if frequency not in known:
        message = f"has a rule that is not followed here: `{_brief(rule, 60)}`"
        _refuse(line, message, f"FREQ may be {', '.join(known)}")
    for part in sorted(parts.keys() - _RULES[frequency]):
        message = f"has a {frequency} rule with `{_brief(part, 20)}`, which is not followed here"
        _refuse(line, message, f"it may have {', '.join(sorted(_RULES[frequency]))}")


def _check(events: list[Any], begins: list[int], zone: ZoneInfo) -> None:
    """Refuse events that are not wholly understood, or come too often."""
    lines: dict[str, int] = {}
    times = 0
    for event, line in zip(events, begins, strict=True):
        shown = f"`{_name(event)}`"
        for name, error in event.errors:
            if name in _MATTERS:
                message = f"{shown} has an unreadable {name or 'line'}: {_brief(error)}"
                _refuse(line, message, _EXPORT)
        try:
            if not LEAST_FACTOR <= float(event.get(FACTOR, 1)) <= LARGEST_FACTOR:
                raise ValueError
        except (ValueError, TypeError):
            hint = f"a number from {LEAST_FACTOR:g} to {LARGEST_FACTOR:g}"
            _refuse(line, f"{shown} has no factor in {FACTOR}", hint)
        try:
            _check_times(event, shown, line, zone)
            times += _times(event)
        except _UNREADABLE as error:
            if isinstance(error, UnusableCalendarError):
                raise
            _refuse(line, f"{shown} cannot be followed: {_brief(error)}", _EXPORT)
        if times > MOST:
            _refuse(line, f"{shown} and those before come more than {MOST:,} times", _LESS)
        if "UID" in event and "RECURRENCE-ID" not in event:
            first = lines.setdefault(str(event["UID"]), line)
            if first != line:
                message = f"{shown} has the same UID as the event on line {first}"
                _refuse(line, message, "only one of them would count; give each its own")


def _check_times(event: Any, shown: str, line: int, zone: ZoneInfo) -> None:
    for name in _ONCE:
        if isinstance(event.get(name), list):
            _refuse(line, f"{shown} has more than one {name}", "make an event of each")
    if "DTSTART" not in event:
        _refuse(line, f"{shown} has no DTSTART", "say when it begins")
    for name in ("DTSTART", "DTEND"):
        value = event.get(name)
        floating = value is not None and isinstance(value.dt, datetime) and not value.dt.tzinfo
        if floating and "TZID" in value.params:
            message = f"{shown} names an unknown time zone: `{_brief(value.params['TZID'], 40)}`"
            _refuse(line, message, "an IANA name, or add its VTIMEZONE")
    start = event["DTSTART"].dt
    end: date | datetime = start
    if "DTEND" in event:
        end = event["DTEND"].dt
    elif "DURATION" in event:
        end = start + event["DURATION"].dt
    elif not isinstance(start, datetime):
        end = start + timedelta(days=1)
    if instant(end, zone) <= instant(start, zone):
        _refuse(line, f"{shown} lasts no time", "give it an end (DTEND) after its beginning")


def _times(event: Any) -> int:
    """How often an event comes by its rules, as far as they are followed; ValueError for never."""
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    rules = event.get("RRULE", [])
    start = datetime.combine(event["DTSTART"].dt, time())
    times = 1
    for rule in rules if isinstance(rules, list) else [rules]:
        ends = [datetime.combine(until, time.max) for until in rule.get("UNTIL", [])]
        end = min([datetime.combine(LAST, time()), *ends])
        if start < end:
            # Without UNTIL, which may have a zone where the start has none, or the other way round.
            parts = rule.to_ical().decode().split(";")
            endless = ";".join(part for part in parts if not part.startswith("UNTIL="))
            coming = takewhile(end.__gt__, rrulestr(endless, dtstart=start))
            found = sum(1 for _ in islice(coming, MOST + 1))
            if not found:
                raise ValueError("its rule finds no day")
            times += found
    return times


def _occurrence(event: Any, zone: ZoneInfo) -> Occurrence:
    return Occurrence(
        since=instant(event["DTSTART"].dt, zone),
        until=instant(event["DTEND"].dt, zone),
        name=_name(event),
        factor=float(event[FACTOR]) if FACTOR in event else None,
    )


def _cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _name(event: Any) -> str:
    summary = event.get("SUMMARY")
    first = summary[0] if isinstance(summary, list) else summary
    return _brief(first or "unnamed event", 100)
