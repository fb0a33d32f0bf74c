"""A backtest in sentences, the same on the terminal, in JSON and on its page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from statistics import median_high
from zoneinfo import ZoneInfo

from alerts import wording
from alerts.incidents.incident import ALL_MENTIONS, PAGING, Kind
from monitor.backtest.account import Seen
from monitor.backtest.result import Alert, Backtest, Situation

NAMED = 8
"""Series that are named in a sentence; the rest are counted."""

_DAY = timedelta(days=1)
_MONTH_DAYS = 30
_LEAST_ALLOWED = 0.1


def told(one: Backtest) -> str:
    """The sentence on top: how often somebody would have been alerted."""
    number = len(one.alerts)
    if not one.allowed:
        return f"With {one.name} nothing of this could be judged: every series still warmed up."
    if not number:
        return f"With {one.name} nobody would have been alerted."
    often = {1: "once", 2: "twice"}.get(number, f"{number:,} times")
    days = sorted(one.days)
    when = day(days[0]) if len(days) == 1 else f"{len(days):,} days"
    sentence = f"With {one.name} you would have been alerted {often}, on {when}"
    if one.outside is None:
        return f"{sentence}."
    if number == 1:
        return f"{sentence}, {'outside' if one.outside else 'within'} opening hours."
    return f"{sentence}; {f'{one.outside:,}' if one.outside else 'none'} outside opening hours."


def figures(one: Backtest) -> Iterator[tuple[str, str]]:
    """What stands below it: labels and values."""
    first, last = min(one.observed), max(one.observed)
    begin = f"{first.day} {first:%b %Y} to " if first != last else ""
    span = f"{begin}{last.day} {last:%b %Y}"
    yield "Tried on", f"{span}; {counted(one.observed_days, 'day')} observed"
    if one.a_month and one.observed_days >= _MONTH_DAYS:
        yield "In 30 days", counted(one.a_month, "alert")
    if one.busiest and one.busiest[1] > 1:
        yield "Busiest day", f"{day(one.busiest[0])}, {counted(one.busiest[1], 'alert')}"
    if again := sum(len(alert.again) for alert in one.alerts):
        came_back = "as what had been resolved came back; the promise counts these, too"
        yield "Told anew", f"{counted(again, 'time')}, {came_back}"
    allowed = wording.number(one.allowed) if one.allowed >= _LEAST_ALLOWED else "0.1"
    yield "Promised", f"{allowed} false alarms at most in this time: {one.promise}"


def counted(number: float, what: str) -> str:
    """So many of something, also on average.

    >>> counted(1, "alert"), counted(2.46, "day")
    ('1 alert', '2.5 days')
    """
    shown = wording.number(number)
    return f"{shown} {what}{'' if shown == '1' else 's'}"


def day(at: date) -> str:
    """A day as people write it: `Sat 21 Feb 2015`."""
    return f"{at:%a} {at.day} {at:%b %Y}"


def moment(at: datetime, zone: str) -> str:
    """A time on the reader's clock, with the year: `Sat 21 Feb 2015, 23:07`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def after(alert: Alert) -> str:
    """How long after its beginning people were called: `12 min after it began`."""
    return f"{wording.span(alert.at - alert.incident.started_at)} after it began"


def what(alert: Alert) -> str:
    """Whom and what it is about: `Fjordwing Air: Booking`."""
    about = ", ".join(alert.briefing.names)
    if alert.incident.restricted:
        about = "restricted"
    elif alert.incident.kind is Kind.SILENCE:
        silent = f"silent on {', '.join(map(wording.platform, alert.incident.platforms))}"
        about = silent if ALL_MENTIONS in alert.incident.topics else f"{about}, {silent}"
    elif alert.incident.kind is Kind.SAFETY:
        about = f"about safety, {alert.incident.subject}"
    elif alert.incident.kind is Kind.UNAPPROVED:
        about = f"not approved, on {alert.incident.subject}"
    return f"{alert.briefing.brand_name}: {about}"


def size(alert: Alert) -> str:
    """How much it was: `×12 the expected number at its peak, 340 posts`."""
    if alert.incident.kind is Kind.SILENCE:
        expected = wording.number(alert.briefing.expected)
        return f"{counted(alert.posts, 'post')}, where {expected} were expected"
    if alert.incident.kind in PAGING:
        return counted(alert.posts, "post")
    peak = wording.times(alert.briefing.peak_factor)
    return f"{peak} the expected number at its peak, {counted(alert.posts, 'post')}"


def why_shown(alert: Alert) -> str:
    """Why nobody would have been called: `Fjordwing Air: all mentions; 13% of its posts …`."""
    because = alert.incident.calls_because
    return f"{what(alert)}{f'; {because}' if because else ''}"


def lasted(alert: Alert) -> str:
    """How long it went on: `went on for 2 h 10 min`, or to the end of what is known."""
    going = "" if alert.incident.resolved_at else ", and was not over at the end"
    return f"went on for {wording.span(alert.lasted)}{going}"


def delay(alerts: Sequence[Alert], situation: Situation) -> str:
    """How soon a configuration told of a situation: `after 12 min`, `after 2 min, in 3 alerts`."""
    first = min(alert.at for alert in alerts)
    more = f", in {len(alerts)} alerts" if len(alerts) > 1 else ""
    return f"after {wording.span(first - situation.began)}{more}"


def compared(situations: Sequence[Situation], first: Backtest, second: Backtest) -> Iterator[str]:
    """How two configurations differ, in sentences."""
    both = [one.earlier for one in situations if one.earlier is not None]
    only = [sum(not one.second for one in situations), sum(not one.first for one in situations)]
    yield (
        f"Both would have told of {counted(len(both), 'situation')}; "
        f"only {first.name} of {only[0] or 'none'}, only {second.name} of {only[1] or 'none'}."
    )
    for name, sign in ((second.name, 1), (first.name, -1)):
        gains = [sign * gain for gain in both if sign * gain > timedelta(0)]
        if gains:
            typical = wording.span(median_high(gains))
            yield f"{name} was earlier in {len(gains):,} of them, as a rule by {typical}."
    if both and not any(both):
        yield "Neither was earlier."


def together(results: Sequence[Backtest]) -> list[str]:
    """What could not be known: what holds for all of them once, the rest by their names."""
    of_each = [not_known(one) for one in results]
    shared = [each for each in of_each[0] if all(each in other for other in of_each)]
    own = [
        f"{one.name}: {each}"
        for one, sentences in zip(results, of_each, strict=True)
        for each in sentences
        if each not in shared
    ]
    return [*shared, *own]


def not_known(one: Backtest) -> list[str]:
    """What could not be known, a sentence each."""
    return [*one.not_known, *_absent(one), *_shorter(one), *_warming(one)]


def _absent(one: Backtest) -> Iterator[str]:
    """Brands and topics of which nothing was observed."""
    names = [*_together([seen for seen in one.series if not seen.observed_days], one.series)]
    if names:
        yield f"Not observed at all: {_some(names)}."


def _together(some: Sequence[Seen], everything: Sequence[Seen]) -> Iterator[str]:
    """These series by name; a brand whose series are all among them is named once."""
    for brand, its in _by_brand(some).items():
        if len(its) == len(_by_brand(everything)[brand]):
            yield its[0].brand_name
        else:
            yield from (seen.name for seen in its)


def _by_brand(series: Sequence[Seen]) -> dict[str, list[Seen]]:
    brands: defaultdict[str, list[Seen]] = defaultdict(list)
    for seen in series:
        brands[seen.series.brand].append(seen)
    return brands


def _shorter(one: Backtest) -> Iterator[str]:
    """Brands that were observed a day or more less long than the whole."""
    for its in _by_brand(one.series).values():
        days = max(seen.observed_days for seen in its)
        begins = min((seen.since for seen in its if seen.since), default=one.since)
        ends = max((seen.until for seen in its if seen.until), default=one.until)
        if days and one.observed_days - days >= 1:
            span = f"{moment(begins, one.timezone)} to {moment(ends, one.timezone)}"
            of = counted(one.observed_days, "day")
            yield (
                f"{its[0].brand_name} was observed for {wording.number(days)} of {of}, from {span}."
            )


def _warming(one: Backtest) -> Iterator[str]:
    judged = [seen for seen in one.series if seen.observed_days > seen.warming_days]
    never = [seen for seen in one.series if 0 < seen.observed_days <= seen.warming_days]
    if judged:
        least, most = (
            wording.span(_DAY * pick(seen.warming_days for seen in judged)) for pick in (min, max)
        )
        span = least if least == most else f"{least} to {most}"
        yield f"Before a series can be judged it warms up, here for {span}: then nobody is alerted."
    if never:
        yield f"Too little was observed ever to judge: {_some([*_together(never, one.series)])}."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
