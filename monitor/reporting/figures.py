"""The figures of a month, each made of rows that were read before. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from alerts.incidents.incident import Incident, Kind, Verdict
from alerts.incidents.milestones import Milestone, Milestones

_NOTHING = (Verdict.FALSE_ALARM, Verdict.NOT_OURS)
_HALF_A_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many incidents of a kind, that call people or are only shown, with a verdict or none."""

    kind: Kind
    calls: bool
    verdict: Verdict | None
    number: int


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took: it came to it in `reached` of `of` cases.

    `median` and `worst` are None where it never did.
    """

    reached: int
    of: int
    median: timedelta | None
    worst: timedelta | None

    @classmethod
    def among(cls, spans: Iterable[timedelta | None]) -> "Times":
        """The times of some cases, None for each in which it did not come to it."""
        found = [*spans]
        known = sorted(span for span in found if span is not None)
        if not known:
            return cls(0, len(found), None, None)
        middle = timedelta(seconds=median(span.total_seconds() for span in known))
        return cls(len(known), len(found), middle, known[-1])


@dataclass(frozen=True, slots=True)
class Wake:
    """A call to somebody, outside or within the opening hours of the team."""

    at: datetime
    closed: bool
    verdict: Verdict | None
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Nights:
    """Nights in which anybody was called, and those in which it was for false alarms alone.

    `declined` are those of the calls that were answered with "I can't".
    """

    woken: int
    falsely: int
    calls: int
    declined: int


def by_kind(incidents: Sequence[Incident]) -> tuple[Counted, ...]:
    """How many there were of each kind, and what people found that they were."""
    counted = Counter((one.kind, one.calls, one.verdict) for one in incidents)
    verdicts = [*Verdict, None]
    return tuple(
        Counted(kind, calls, verdict, counted[kind, calls, verdict])
        for kind in Kind
        for calls in (True, False)
        for verdict in verdicts
        if counted[kind, calls, verdict]
    )


def missed(incidents: Sequence[Incident]) -> int:
    """How many were reported by a person and not found; what was nothing was not missed."""
    return sum(one.kind is Kind.REPORTED and one.verdict not in _NOTHING for one in incidents)


def times(
    clocks: Sequence[Milestones], incidents: Sequence[Incident], milestone: Milestone
) -> Times:
    """How long after the onset it came to a milestone, among incidents of which that is asked."""
    return Times.among(
        clock[milestone].after
        for clock, one in zip(clocks, incidents, strict=True)
        if one.calls and clock[milestone].asked
    )


def breaches(clocks: Sequence[Milestones]) -> dict[Milestone, int]:
    """How many incidents breached each target; what has no target is left out."""
    counted = Counter(mark.milestone for clock in clocks for mark in clock.breached)
    asked = {mark.milestone for clock in clocks for mark in clock.marks if mark.target is not None}
    return {milestone: counted[milestone] for milestone in Milestone if milestone in asked}


def nights(wakes: Iterable[Wake], local: Callable[[datetime], datetime]) -> Nights:
    """What calls outside opening hours came to; a night is from noon to noon of the `local` clock.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 21, 23, tzinfo=UTC)
    >>> early = at + timedelta(hours=5)
    >>> nights([Wake(at, True, None), Wake(early, True, Verdict.FALSE_ALARM)], lambda one: one)
    Nights(woken=1, falsely=0, calls=2, declined=0)
    """
    calls = [one for one in wakes if one.closed]
    found: dict[date, set[Verdict | None]] = defaultdict(set)
    for one in calls:
        found[(local(one.at) - _HALF_A_DAY).date()].add(one.verdict)
    falsely = [night for night, why in found.items() if why == {Verdict.FALSE_ALARM}]
    return Nights(len(found), len(falsely), len(calls), sum(one.declined for one in calls))


def promotions(incidents: Sequence[Incident]) -> Times:
    """How soon promotions were paused after that was asked for."""
    return Times.among(
        one.paused_at - one.pause_asked_at if one.paused_at else None
        for one in incidents
        if one.pause_asked_at
    )


def paused_unasked(incidents: Sequence[Incident]) -> int:
    """In how many cases promotions were paused that nobody was asked to pause."""
    return sum(one.paused_at is not None and one.pause_asked_at is None for one in incidents)


def blind_hours(
    spells: Collection[tuple[str, datetime, datetime | None]], since: datetime, until: datetime
) -> dict[str, float]:
    """Hours in which each source saw nothing, the longest first; a spell without an end lasts."""
    found: dict[str, timedelta] = defaultdict(timedelta)
    for source, begin, end in spells:
        found[source] += max(min(end or until, until) - max(begin, since), timedelta())
    longest = sorted(found, key=lambda source: (-found[source], source))
    return {source: found[source] / timedelta(hours=1) for source in longest if found[source]}


def per_real(spent: Mapping[str, float], incidents: Sequence[Incident]) -> float | None:
    """What was spent for each incident that people found to be real; None where none was."""
    real = sum(one.verdict is Verdict.REAL for one in incidents)
    return sum(spent.values()) / real if real and spent else None
