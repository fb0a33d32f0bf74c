"""An explanation: what a detector saw of a surge, what it said, and whether it says so again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp, isclose

from alerts.incidents.incident import LiveSurge
from detectors import Series, State

DIFFERENCE = 1e-9
"""Relative: another processor may round the last bits of a logarithm otherwise."""


_BY_ONSET = frozenset({"started_at", "peak_factor"})
"""What of a surge follows from the onset that is estimated: its factor is counted since then."""


class Reason(StrEnum):
    """Why a verdict may not be reached again, or not be told alike."""

    TOPIC_GONE = "topic_gone"
    REDEFINED = "redefined"
    NOT_OBSERVED = "not_observed"
    WENT_ON = "went_on"
    OTHER_DETECTOR = "other_detector"
    LEARNED_ANEW = "learned_anew"
    OTHER_BUDGET = "other_budget"
    OTHER_ONSET = "other_onset"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket as it was judged; it begins at `at`. None: not observed, not known, not computed.

    `posts` and `authors` are what the detector saw, `posts_now` and `authors_now` what is known
    now. `doubt` is the standard deviation of the logarithm of `expected`, `upper` the count with
    which this bucket alone would have opened a surge. `evidence` is in days between such findings
    by chance alone, and so is `posts_evidence`, which leaves authors aside; of a silence, evidence
    is known while it lasts. `planned` is by how much events of the calendar multiply what is
    expected.
    """

    at: datetime
    posts: int | None
    authors: int | None
    posts_now: int | None
    authors_now: int | None
    expected: float | None
    doubt: float | None
    upper: float | None
    evidence: float | None
    posts_evidence: float | None
    planned: float
    state: State
    silent: bool
    opened: bool
    closed: bool
    renewed: bool

    @property
    def could_be(self) -> float | None:
        """What would be expected if the expectation were wrong by as much as it is in doubt."""
        if self.expected is None or self.doubt is None:
            return None
        return self.expected * exp(self.doubt)

    @property
    def weaker(self) -> str | None:
        """Whose evidence was the weaker and decided, `posts` or `authors`; None without authors."""
        if self.authors is None or self.evidence is None or self.posts_evidence is None:
            return None
        return "authors" if self.evidence < self.posts_evidence else "posts"


@dataclass(frozen=True, slots=True)
class Finding:
    """A surge or a silence as the detector finds it now; `factor` and `evidence` at its opening.

    A silence has no factors.
    """

    started_at: datetime
    detected_at: datetime
    evidence: float
    peak_evidence: float
    factor: float | None = None
    peak_factor: float | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Posts and authors of some buckets, and the posts that were expected of those observed."""

    posts: int
    authors: int | None
    expected: float
    could_be: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A surge, or a silence, as it is stored and as it is found again, and the buckets around it.

    `threshold` is the evidence in days with which a surge opens, None where
    nothing could be judged; `watched` for how long the series
    had been observed before. `stretch` is by how much the logarithm of its evidence had to be
    shortened, going by its own history: 1 where the model is right, None where that is not known.
    `until` is how far it was judged again.
    """

    series: Series
    silence: bool
    stored: LiveSurge
    again: Finding | None
    reasons: tuple[Reason, ...]
    until: datetime
    width: timedelta
    threshold: float | None
    watched: timedelta
    holiday: bool
    stretch: float | None
    buckets: tuple[Bucket, ...]

    @property
    def same(self) -> bool:
        """Whether the same verdict was reached again, and is told as it is stored."""
        return self.again is not None and not self.differences

    @property
    def differs_in_onset(self) -> bool:
        """Whether the same verdict was reached again, and only since when is told otherwise."""
        return "started_at" in self.differences and _BY_ONSET.issuperset(self.differences)

    @property
    def differences(self) -> tuple[str, ...]:
        """What of the surge is not found again as it is stored, by name."""
        return (*differences(self.stored, self.again, self.until),) if self.again else ()

    @property
    def found(self) -> Finding | LiveSurge:
        """The surge as it is found again; as it is stored where it is not."""
        return self.again or self.stored

    @property
    def opening(self) -> Bucket | None:
        """The bucket that opened the surge."""
        at = self.found.detected_at - self.width
        return next((bucket for bucket in self.buckets if bucket.at == at), None)

    @property
    def totals(self) -> Totals:
        """What there was from its start until it was opened."""
        found = self.found
        buckets = [one for one in self.buckets if found.started_at <= one.at < found.detected_at]
        seen = [bucket for bucket in buckets if bucket.posts is not None]
        authors = [bucket.authors for bucket in seen]
        return Totals(
            sum(bucket.posts or 0 for bucket in seen),
            None if None in authors else sum(number or 0 for number in authors),
            sum(bucket.expected or 0.0 for bucket in seen),
            sum(bucket.could_be or 0.0 for bucket in seen),
        )

    @property
    def came_later(self) -> int:
        """How many posts of these buckets became known after they had been judged."""
        return sum(max((one.posts_now or 0) - (one.posts or 0), 0) for one in self.buckets)


def differences(stored: LiveSurge, again: Finding, until: datetime) -> Iterator[str]:
    """What of a surge is not as it was stored, by name; nothing is known from `until` on.

    Stored is the strongest evidence so far; older stores kept the one that it was opened with.
    """
    for name in ("detected_at", "started_at"):
        if getattr(stored, name) != getattr(again, name):
            yield name
    goes_on = stored.ended_at is None or stored.ended_at > until
    if (None if goes_on else stored.ended_at) != again.ended_at:
        yield "ended_at"
    if not any(alike(stored.evidence, e) for e in (again.peak_evidence, again.evidence)):
        yield "evidence"
    if again.peak_factor is not None and not alike(stored.peak_factor, again.peak_factor):
        yield "peak_factor"


def alike(stored: float, again: float) -> bool:
    """Whether two figures are the same but for rounding."""
    return isclose(stored, again, rel_tol=DIFFERENCE)
