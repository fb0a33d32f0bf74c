"""How figures and times are put into words, the same in every notifier."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_YEAR = 365.25
_MONTH = _YEAR / 12
_A_NIGHT = timedelta(hours=12)


def times(factor: float) -> str:
    """A factor as people read it.

    >>> times(14.2), times(2.44), times(4000.0)
    ('×14', '×2.4', 'over ×1,000')
    """
    if factor > 1000:
        return "over ×1,000"
    return f"×{factor:.0f}" if factor >= 10 else f"×{factor:.1f}".removesuffix(".0")


def as_much(factor: float) -> str:
    """A factor in words.

    >>> as_much(2.04), as_much(3.4), as_much(14.2), as_much(0.1)
    ('twice as much', '3.4 times as much', '14 times as much', 'hardly anything')
    """
    if factor < 0.5:
        return "hardly anything"
    if round(factor, 1) == 2:
        return "twice as much"
    return f"{times(factor).replace('×', '')} times as much"


def number(value: float) -> str:
    """A count, or an expected count, as people read it.

    >>> number(1234), number(3.26), number(22.4)
    ('1,234', '3.3', '22')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def platform(name: str) -> str:
    """A platform as people call it."""
    return name.capitalize()


def clock(at: datetime, zone: str) -> str:
    """The time of day on the reader's clock: `23:07`."""
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def moment(at: datetime, zone: str) -> str:
    """Day and time on the reader's clock with the zone's name: `Sat 21 Nov, 23:07 CET`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b, %H:%M} {zone_name(at, zone)}"


def time(at: datetime, zone: str, today: datetime) -> str:
    """The time of day on the reader's clock, with its day where that is not `today` or last night.

    >>> from datetime import UTC
    >>> early = datetime(2026, 3, 14, 1, tzinfo=UTC)
    >>> [time(early - timedelta(hours=ago), "UTC", early) for ago in (0, 2, 20)]
    ['01:00', '23:00', 'Fri 13 Mar, 05:00']
    """
    local, here = at.astimezone(ZoneInfo(zone)), today.astimezone(ZoneInfo(zone))
    if local.date() == here.date() or abs(today - at) < _A_NIGHT:
        return clock(at, zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def zone_name(at: datetime, zone: str) -> str:
    """The zone's abbreviation at that time, `CET`; `UTC+03` where it has none but a number."""
    short = at.astimezone(ZoneInfo(zone)).tzname() or zone
    return short if short[0].isalpha() else f"UTC{short}"


def span(duration: timedelta) -> str:
    """A length of time in the two units that matter.

    >>> span(timedelta(minutes=12)), span(timedelta(hours=2, minutes=10)), span(timedelta(days=3))
    ('12 min', '2 h 10 min', '3 days')
    """
    minutes = max(round(duration.total_seconds() / 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def dialled(phone: str) -> str:
    """A number as a telephone takes it; who dials a country's code leaves out the zero in brackets.

    >>> dialled("+44 (0)20 7946-0000"), dialled("(020) 7946 0000")
    ('+442079460000', '02079460000')
    """
    national = phone.replace("(0)", "") if phone.startswith("+") else phone
    return "".join(one for one in national if one.isdigit() or one == "+")


def rarity(days: float) -> str:
    """How rarely chance alone would look like this, for evidence in days between findings.

    >>> rarity(0.2), rarity(12.0), rarity(300.0), rarity(14610.0)
    ('5 times a day', 'once in 12 days', 'once in 10 months', 'once in 40 years')
    """
    if days >= 1000 * _YEAR:
        return "less than once in 1,000 years"
    if days >= 2 * _YEAR:
        return f"once in {_two_digits(days / _YEAR):,} years"
    if days >= 2 * _MONTH:
        return f"once in {round(days / _MONTH)} months"
    if days >= 1.5:
        return f"once in {round(days)} days"
    if days >= 0.75:
        return "once a day"
    return f"{_two_digits(1 / max(days, 0.01)):,} times a day"


def _two_digits(value: float) -> int:
    """Rounded to two significant digits: more would pretend to a precision that is not there."""
    whole = round(value)
    return round(whole, 2 - len(str(whole)))
