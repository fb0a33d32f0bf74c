"""A backtest as a page: one file, without scripts, that needs no network.

It shows no post. What it shows of a configuration is escaped like everything on our pages.
"""

from calendar import Calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from markupsafe import Markup

from alerts import wording
from monitor.backtest import words
from monitor.backtest.result import Alert, Backtest, Situation, Volume
from monitor.http.rendering import rendered

MOST_DRAWN = 100
"""Alerts that are drawn; more would be read by nobody, and are listed without a chart."""

_WIDTH, _HEIGHT = 420.0, 118.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 8.0, 16.0, 18.0
_UNITS = {timedelta(hours=1): "hour", timedelta(days=1): "day", timedelta(days=7): "week"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A day in a month's sheet: alerts on it, of those how many came while the desk was closed."""

    day: date
    observed: bool
    alerts: tuple[Alert, ...]

    @property
    def label(self) -> str:
        """What it says to who cannot see it, or points at it."""
        if self.alerts:
            return f"{words.day(self.day)}: {words.counted(len(self.alerts), 'alert')}"
        return f"{words.day(self.day)}: {'no alert' if self.observed else 'not observed'}"


@dataclass(frozen=True, slots=True)
class Month:
    """A month's sheet: weeks of seven cells, None where a day is of another month."""

    name: str
    weeks: tuple[tuple[Cell | None, ...], ...]


def page(results: Sequence[Backtest], situations: Sequence[Situation] | None) -> str:
    """The page as HTML; `situations` where two are compared."""
    answer = rendered(
        "backtest.html",
        {},
        results=results,
        situations=situations,
        words=words,
        months=months,
        over_time=over_time,
        per=per,
        most_drawn=MOST_DRAWN,
    )
    return bytes(answer.body).decode()


def months(one: Backtest) -> Iterator[Month]:
    """The calendar of what was observed, month by month."""
    first, last = min(one.observed), max(one.observed)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        year, month = number // 12, number % 12 + 1
        yield Month(
            f"{date(year, month, 1):%b %Y}",
            tuple(
                tuple(_cell(one, day) if day.month == month else None for day in week)
                for week in Calendar().monthdatescalendar(year, month)
            ),
        )


def _cell(one: Backtest, day: date) -> Cell:
    alerts = tuple(alert for alert in one.alerts if one.day(alert) == day)
    return Cell(day, day in one.observed, alerts)


def over_time(one: Backtest, volume: Volume) -> Markup:
    """A brand's posts over the whole span as SVG, those steps marked in which it was alerted."""
    alerts = [alert for alert in one.alerts if alert.incident.brand == volume.brand]
    highest = max([posts for posts in volume.posts if posts is not None], default=0) or 1
    inside = Markup("").join(
        [
            _scale(highest),
            *_gaps(volume),
            *_bars(volume, alerts, highest),
            *_marks(volume, alerts),
            *_dates(one, volume),
        ]
    )
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="chart">{}</svg>'
    ).format(
        round(_WIDTH),
        round(_HEIGHT),
        f"{volume.name}: at most {wording.number(highest)} posts per {per(volume)}, "
        f"{words.counted(len(alerts), 'alert')}",
        inside,
    )


def per(volume: Volume) -> str:
    """What a bar stands for: `day`, `3 h`."""
    if volume.width in _UNITS:
        return _UNITS[volume.width]
    return wording.span(volume.width)


def _x(step: float, steps: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / steps


def _y(posts: float, highest: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * posts / highest


def _scale(highest: int) -> Markup:
    line = Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    label = Markup('<text class="label" x="{}" y="{:.1f}" text-anchor="end">{}</text>')
    return Markup("").join(
        line.format(_LEFT, _WIDTH - _RIGHT, _y(posts, highest), _y(posts, highest))
        + label.format(_LEFT - 5, _y(posts, highest) + 4, wording.number(posts))
        for posts in (0, highest)
    )


def _gaps(volume: Volume) -> Iterator[Markup]:
    """Bands where nobody looked."""
    band = Markup('<rect class="gap" x="{:.2f}" y="{}" width="{:.2f}" height="{}"/>')
    steps = len(volume.posts)
    for missing, run in groupby(range(steps), lambda step: volume.posts[step] is None):
        if missing:
            gap = [*run]
            left, right = _x(gap[0], steps), _x(gap[-1] + 1, steps)
            yield band.format(left, _TOP, right - left, _HEIGHT - _TOP - _BOTTOM)


def _bars(volume: Volume, alerts: Sequence[Alert], highest: int) -> Iterator[Markup]:
    bar = Markup('<rect class="{}" x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}"/>')
    steps = len(volume.posts)
    wide = (_x(1, steps) - _x(0, steps)) * 0.92
    surging = {
        step
        for alert in alerts
        for step in range(
            _step(volume, alert.incident.started_at),
            _step(volume, alert.incident.last_surging_at) + 1,
        )
    }
    for step, posts in enumerate(volume.posts):
        if posts:
            top = _y(posts, highest)
            kind = "since" if step in surging else "before"
            yield bar.format(kind, _x(step, steps), top, wide, _HEIGHT - _BOTTOM - top)


def _marks(volume: Volume, alerts: Sequence[Alert]) -> Iterator[Markup]:
    """Where somebody would have been alerted."""
    mark = Markup('<path class="since" d="M{:.1f} {} l-4 -7 h8 z"/>')
    for alert in alerts:
        step = (alert.at - volume.start) / volume.width
        yield mark.format(_x(step, len(volume.posts)), _TOP - 4)


def _step(volume: Volume, at: datetime) -> int:
    return (at - volume.start) // volume.width


def _dates(one: Backtest, volume: Volume) -> Iterator[Markup]:
    """The first and the last day, and one halfway."""
    label = Markup('<text class="label" x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
    steps, zone = len(volume.posts), ZoneInfo(one.timezone)
    for step, anchor in ((0, "start"), (steps // 2, "middle"), (steps, "end")):
        at = (volume.start + volume.width * min(step, steps - 1)).astimezone(zone)
        year = f" {at.year}" if anchor != "middle" else ""
        yield label.format(_x(step, steps), _HEIGHT - 4, anchor, f"{at.day} {at:%b}{year}")
