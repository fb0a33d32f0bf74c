"""Incidents: one situation that people work on, where it stands, and the words for what happens.

What surges do to one is in `following`, what people do in `steps`; both are pure.
"""

import hashlib
from base64 import b32encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.failures import Failure
from detectors import Series, Surge

ALL_MENTIONS = "all"
"""The topic that every brand has; it surges along with any other."""

DAEMON = "seawall"
"""Who did what no person did."""


class Kind(StrEnum):
    """What opened it: too much was said, or nothing any more; a word that is about safety, a post
    of our own that nobody approved, a source that does not see, or a person.
    """

    SURGE = "surge"
    SILENCE = "silence"
    SAFETY = "safety"
    BLINDNESS = "blindness"
    REPORTED = "reported"
    UNAPPROVED = "unapproved"


PAGING = (Kind.SAFETY, Kind.UNAPPROVED)
"""What a single post opens; people are called at once, at any hour."""


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """What happened to an incident; log, timeline, briefing and tests say the same word."""

    OPENED = "opened"
    EXTENDED = "extended"
    REOPENED = "reopened"
    GREW = "grew"
    ESCALATED = "escalated"
    CALLING = "calling"
    ILLUSTRATED = "illustrated"
    REVISED = "revised"
    ACKNOWLEDGED = "acknowledged"
    RENEWED = "renewed"
    RESOLVED = "resolved"
    CALLED = "called"
    UNANSWERED = "unanswered"
    DECLINED = "declined"
    ASKED = "asked"
    ASSIGNED = "assigned"
    MITIGATED = "mitigated"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    RATED = "rated"
    JUDGED = "judged"
    RESTRICTED = "restricted"
    UNRESTRICTED = "unrestricted"
    MERGED = "merged"
    SPLIT = "split"
    UNDONE = "undone"
    NOTED = "noted"
    HELD = "held"
    RELEASED = "released"
    AWARE = "aware"
    DECIDED = "decided"
    PAUSING = "pausing"
    PAUSED = "paused"
    KEPT_SILENT = "kept_silent"
    INSTRUCTED = "instructed"
    HANDED_OVER = "handed_over"
    FACT = "fact"
    PROPOSED = "proposed"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    BROKE_GLASS = "broke_glass"
    RETURNED = "returned"
    POSTED = "posted"
    UNCERTAIN = "uncertain"
    BROKEN = "broken"
    UNAPPROVED = "unapproved"
    TAKEN_DOWN = "taken_down"
    IMITATED = "imitated"


class Trend(StrEnum):
    """Where a surge is going."""

    GROWING = "growing"
    HOLDING = "holding"
    EASING = "easing"


class Severity(StrEnum):
    """How much it asks of the team; it never falls while an incident is open."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Answer(StrEnum):
    """How somebody took an incident in hand; a sleepy tap must not stop the calling."""

    DESK = "desk"
    PHONE = "phone"


class Verdict(StrEnum):
    """What people found that it was; hoax: many wrote, of what is not so; not ours: a namesake."""

    REAL = "real"
    EXPECTED = "expected"
    FALSE_ALARM = "false_alarm"
    NEW_NORMAL = "new_normal"
    HOAX = "hoax"
    NOT_OURS = "not_ours"


class Refused(Failure):
    """An incident cannot take this step; the message says why, in one sentence."""


CALM = 2.0
"""A surge whose posts of late are fewer than so many times the expected number is no longer one to
work on, though the detector may need hours of a quiet night to be sure of it."""


@dataclass(frozen=True, slots=True)
class LiveSurge:
    """A surge as it goes on: `posts` since its start, `peak_factor` so far, `ended_at` if over.

    A silence is told as a surge with a factor below 1. `evidence` is the highest so far, `trend`
    None until it has gone on for a bucket. `origin` is the incident that it was first a part of,
    None where that is the one it is in.
    """

    series: Series
    started_at: datetime
    detected_at: datetime
    factor: float
    peak_factor: float
    evidence: float
    posts: int
    ended_at: datetime | None = None
    trend: Trend | None = None
    origin: str | None = None

    @classmethod
    def begin(cls, surge: Surge, posts: int, trend: Trend | None = None) -> "LiveSurge":
        """A surge at the moment it was detected, with the posts since its start."""
        return cls(
            surge.series,
            surge.started_at,
            surge.detected_at,
            surge.factor,
            surge.factor,
            surge.evidence,
            posts,
            trend=trend,
        )


@dataclass(frozen=True, slots=True)
class Incident:
    """One situation that people work on.

    `revision` counts its changes; each is reported by the briefing of that revision.
    `briefed_posts` is how large it was at the last one, `briefed_at` until when that one reaches.
    Where it does not call people, it is only shown; `calls_because` says why, or why not.
    `subject` is the safety word, the source that is blind, what a person reported, or where what
    nobody approved was posted; it has no surges then. `acknowledged_how` and `desk_at`: by phone,
    or at a desk from when on. Snoozed, it calls nobody until `snoozed_until`, or until it has
    `snoozed_posts`. `severity_by` and `verdict` are a person's words; `assessed` is the severity
    that was found without them. `merged_into` is
    the incident that it is a part of now. `silent_until`: it was decided to say nothing in public,
    to be looked at again then. `touched_at` is when a person last did anything. Of promotions:
    since when somebody was asked to pause them, and who did. Of a legal hold, under which nothing
    of it is purged: since when, by whom and why; `held_deleted`: nor what authors delete.
    """

    id: str
    brand: str
    state: State
    severity: Severity
    started_at: datetime
    detected_at: datetime
    peak_factor: float
    last_surging_at: datetime
    surges: tuple[LiveSurge, ...]
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    briefed_posts: int = 0
    briefed_at: datetime | None = None
    revision: int = 0
    kind: Kind = Kind.SURGE
    calls: bool = True
    calls_because: str = ""
    subject: str = ""
    restricted: bool = False
    acknowledged_how: Answer | None = None
    desk_at: datetime | None = None
    assigned_to: str | None = None
    mitigated_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozed_posts: int | None = None
    severity_by: str | None = None
    verdict: Verdict | None = None
    verdict_by: str | None = None
    verdict_at: datetime | None = None
    merged_into: str | None = None
    silent_until: datetime | None = None
    pause_asked_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    touched_at: datetime | None = None
    assessed: Severity = Severity.MINOR
    held_at: datetime | None = None
    held_by: str | None = None
    held_because: str | None = None
    held_deleted: bool = False

    @property
    def own(self) -> tuple[LiveSurge, ...]:
        """The surges on its topics."""
        return own(self.surges)

    @property
    def largest(self) -> LiveSurge | None:
        """The surge with most posts on its topics; None where no surge opened it."""
        return max(self.own, key=lambda surge: surge.posts, default=None)

    @property
    def topics(self) -> list[str]:
        """The topics that surged, by name; *all mentions* only where nothing else did."""
        return sorted({surge.series.topic for surge in self.own})

    @property
    def platforms(self) -> list[str]:
        """The platforms it was seen on."""
        return sorted({surge.series.platform for surge in self.surges})

    @property
    def posts(self) -> int:
        """Posts on its largest topic, on all platforms: topics overlap, they do not add up."""
        posts = Counter[str]()
        for surge in self.own:
            posts[surge.series.topic] += surge.posts
        return max(posts.values(), default=0)

    @property
    def factor(self) -> float:
        """How many times the expected number came of late in its largest surge."""
        return self.largest.factor if self.largest else self.peak_factor

    @property
    def surging(self) -> bool:
        """Whether a surge of it still brings in more than a few posts too many, or it is silent."""
        silence = self.kind is Kind.SILENCE
        return any(s.ended_at is None and (silence or s.factor >= CALM) for s in self.surges)


def own(surges: Sequence[LiveSurge]) -> tuple[LiveSurge, ...]:
    """Those on topics: all mentions, which hold much else, count only where nothing else surged."""
    return tuple(one for one in surges if one.series.topic != ALL_MENTIONS) or tuple(surges)


def incident_id(brand: str, what: Series | str, bucket: datetime, kind: Kind = Kind.SURGE) -> str:
    """This situation's id in every run: derived from its first surge's series and bucket.

    Where no surge opened it, from its subject and its moment.

    >>> from datetime import UTC
    >>> incident_id("acme", Series("acme", "all", "x"), datetime(2026, 3, 14, tzinfo=UTC))
    'acme-b5g44m7i'
    """
    name = f"{brand}|{what}|{bucket:%Y-%m-%dT%H:%M:%SZ}"
    if kind is not Kind.SURGE:
        name += f"|{kind}"
    digest = hashlib.blake2b(name.encode(), digest_size=5).digest()
    return f"{brand}-{b32encode(digest).decode().lower()}"
