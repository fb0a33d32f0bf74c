"""Who is at the desks and who is on call: opening hours and shifts of a team. Pure.

Shifts are counted on the clocks of the team's zone: one that changes at 09:00 does so at 09:00 in
summer and in winter. A local time that the clocks show twice is the first of the two; one that they
skip comes as long after midnight as if they had not been changed, as in iCalendar.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import count
from zoneinfo import ZoneInfo

from alerts.duty.service_hours import ALWAYS, NO_HOLIDAYS, Holidays, ServiceHours, Span
from alerts.incidents.incident import Severity

ON_CALL, NEXT, LEADS, EVERYBODY = "on-call", "next", "leads", "everybody"
"""What a rung of the ladder may name beside people."""

FORESEEN = timedelta(days=60)
"""How far ahead the next one on call is looked for."""

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be called: `reach` are names of notifiers, in the order they are tried.

    `quiet` are hours of the day, in `zone`, in which only what cannot wait calls them.
    """

    id: str
    name: str
    zone: ZoneInfo
    reach: tuple[str, ...] = ()
    quiet: Span | None = None

    def is_quiet(self, at: datetime) -> bool:
        """Whether it is among their quiet hours."""
        if self.quiet is None:
            return False
        (begin, end), now = self.quiet, at.astimezone(self.zone).time()
        return begin <= now < end if begin < end else now >= begin or now < end


@dataclass(frozen=True, slots=True)
class Shift:
    """Whose turn it is from when to when; None where it is nobody's, and where there is no end."""

    person: str | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's turn by an event of a calendar, or an override."""

    person: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Rotation:
    """People in this order, one turn of `every` each; `first` is local time, without a zone."""

    people: tuple[str, ...]
    first: datetime
    every: timedelta

    def begins(self, number: int, zone: ZoneInfo) -> datetime:
        """When a turn begins, in UTC; they are counted from 0."""
        return (self.first + number * self.every).replace(tzinfo=zone).astimezone(UTC)

    def number(self, at: datetime, zone: ZoneInfo) -> int:
        """Which turn it is; below 0 before the first one."""
        number = (at.astimezone(zone).replace(tzinfo=None, fold=0) - self.first) // self.every
        while self.begins(number + 1, zone) <= at:
            number += 1
        while self.begins(number, zone) > at:
            number -= 1
        return number

    def turn(self, at: datetime, zone: ZoneInfo) -> Turn | None:
        """The turn at an instant; None before the first one."""
        number = self.number(at, zone)
        if number < 0:
            return None
        person = self.people[number % len(self.people)]
        return Turn(person, self.begins(number, zone), self.begins(number + 1, zone))


@dataclass(frozen=True)
class Rota:
    """Whose turn it is: an override comes before an event, an event before the rotation.

    Of events that overlap the one that began last counts, of overrides the last in their order.
    """

    zone: ZoneInfo
    rotation: Rotation | None = None
    events: tuple[Turn, ...] = ()
    overrides: tuple[Turn, ...] = ()

    def turn(self, at: datetime) -> Turn | None:
        """Whose turn it is as it was planned, others' overrides inside it left aside."""
        for one in (*reversed(self.overrides), *reversed(self._by_beginning)):
            if one.since <= at < one.until:
                return one
        return self.rotation.turn(at, self.zone) if self.rotation else None

    def shift(self, at: datetime) -> Shift:
        """Who is on call at an instant, since when and until when."""
        now = self.turn(at)
        since = (one for one in self._changes_before(at) if self.turn(one - _INSTANT) != now)
        until = (one for one in self._changes_after(at) if self.turn(one) != now)
        return Shift(now.person if now else None, next(since, None), next(until, None))

    def next_shift(self, at: datetime) -> Shift | None:
        """The next shift of somebody else; None where there is none in the next 60 days."""
        present = shift = self.shift(at)
        while shift.until is not None and shift.until < at + FORESEEN:
            shift = self.shift(shift.until)
            if shift.person not in (None, present.person):
                return shift
        return None

    def shifts(self, since: datetime, until: datetime) -> Iterator[Shift]:
        """Every shift that reaches into a stretch of time, and the gaps between them."""
        at: datetime | None = since
        while at is not None and at < until:
            shift = self.shift(at)
            yield shift
            at = shift.until

    @cached_property
    def _by_beginning(self) -> tuple[Turn, ...]:
        return tuple(sorted(self.events, key=lambda one: one.since))

    @cached_property
    def _edges(self) -> list[datetime]:
        turns = (*self.events, *self.overrides)
        return sorted({edge for one in turns for edge in (one.since, one.until)})

    def _changes_before(self, at: datetime) -> Iterator[datetime]:
        """Instants at which a turn begins or ends, from `at` backwards."""
        edges = reversed(self._edges[: bisect_right(self._edges, at)])
        return merge(edges, self._beginnings(at, -1), reverse=True)

    def _changes_after(self, at: datetime) -> Iterator[datetime]:
        edges = self._edges[bisect_right(self._edges, at) :]
        return merge(edges, self._beginnings(at, 1))

    def _beginnings(self, at: datetime, step: int) -> Iterator[datetime]:
        """When turns of the rotation begin: the present one and those before, or those after."""
        if self.rotation is None:
            return
        number = self.rotation.number(at, self.zone)
        for one in range(number, -1, -1) if step < 0 else count(max(number + 1, 0)):
            yield self.rotation.begins(one, self.zone)


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is called after so long without an answer: people by id, and the words above."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True)
class Team:
    """People who share opening hours, a channel and a rota.

    `known` has everybody whom the configuration names, `people` and `leads` the ids of the team's
    own. `channel` are names of notifiers.
    """

    id: str
    name: str
    rota: Rota
    known: Mapping[str, Person]
    people: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    hours: ServiceHours = ALWAYS
    holidays: Holidays = NO_HOLIDAYS
    ladder: tuple[Rung, ...] = ()
    answer_within: timedelta = timedelta(minutes=10)
    ask_again: timedelta = timedelta(hours=1)
    pause_from: Severity | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its hours and shifts."""
        return self.rota.zone

    def is_open(self, at: datetime) -> bool:
        """Whether it is at its desks."""
        return self.hours.is_open(at, self.zone, self.holidays)

    def next_opening(self, at: datetime) -> datetime | None:
        """When it is at its desks next, in UTC; None where it always is, or never."""
        return self.hours.next_opening(at, self.zone, self.holidays)

    def last_opening(self, at: datetime) -> tuple[datetime, datetime | None] | None:
        """When its desks opened last, and when they had closed before that; None in a month."""
        found = [one for one in self._openings(at - FORESEEN / 2, at) if one[0] <= at]
        if not found:
            return None
        return found[-1][0], found[-2][1] if len(found) > 1 else None

    def shift(self, at: datetime) -> Shift:
        """Who is on call at an instant, since when and until when."""
        return self.rota.shift(at)

    def on_call(self, at: datetime) -> str | None:
        """Who is on call at an instant."""
        turn = self.rota.turn(at)
        return turn.person if turn else None

    def next_on_call(self, at: datetime) -> str | None:
        """Who is on call next."""
        shift = self.rota.next_shift(at)
        return shift.person if shift else None

    def gaps(self, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """When nobody is on call while the desks are closed."""
        return [
            gap
            for shift in self.rota.shifts(since, until)
            if shift.person is None
            for gap in self._closed(
                max(shift.since or since, since), min(shift.until or until, until)
            )
        ]

    def only(self, people: tuple[str, ...]) -> "Team":
        """The same where nobody else may know: they are called in the order of the ladder."""
        return replace(
            self,
            known={id: one for id, one in self.known.items() if id in people},
            people=people,
            leads=tuple(id for id in self.leads if id in people),
        )

    def _closed(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        for opens, closes in self._openings(since, until):
            if since < min(opens, until):
                yield since, min(opens, until)
            since = max(since, closes)
        if since < until:
            yield since, until

    def _openings(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        first: date = since.astimezone(self.zone).date() - _DAY
        days = (until - since) // _DAY + 3
        return self.hours.openings(first, days, self.zone, self.holidays)
