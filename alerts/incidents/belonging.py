"""One situation, one incident: which surges belong together.

Topics of one situation share posts: who writes that a flight is cancelled asks for the money, too.
Surges that go on at the same time belong together until enough posts say that they are two
situations, and where posts are not known. *All mentions* surges along with any topic.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.incidents.incident import ALL_MENTIONS, Incident, LiveSurge

APART = 1 / 25
"""Of two topics of one situation, more than this part of the smaller one's posts are on both.

In the recorded week of six airlines 14 % are, over all pairs of topics in three hours (medians of
pairs from 0 to 21 %); in its storm, when the second one surged, 1 of 22. In simulations of posts
that are weighed three times, as below, two topics that share a tenth look apart once in 25 times;
of two situations with one stray post in a hundred 72 % are apart at 32 posts, 99 % at 128.
"""

WEIGHED_AT = (32, 64, 128)
"""When a surge has so many posts, it is looked at again whether it belongs where it is."""


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts on one topic, on another, and on both, since both surge; none where not known."""

    one: int = 0
    other: int = 0
    both: int = 0

    @property
    def overlap(self) -> float:
        """The part of the smaller topic's posts that are on both, 0 to 1."""
        return self.both / max(min(self.one, self.other), 1)

    @property
    def apart(self) -> bool:
        """Whether there are enough of them to say that these are two situations.

        >>> Posts(60, 26, 0).apart, Posts(60, 25, 0).apart, Posts(60, 26, 1).apart
        (True, False, False)
        """
        return self.both + 1 < APART * min(self.one, self.other)


Sharing = Callable[[str, str, str, datetime], Posts]
"""The posts of a brand on two topics since then."""


def unknown(brand: str, one: str, other: str, since: datetime) -> Posts:
    """The sharing of posts that nobody has."""
    del brand, one, other, since
    return Posts()


@dataclass(slots=True)
class Group:
    """Surges that belong to one incident: one that there is, or, None, one that they open."""

    incident: Incident | None
    joining: list[LiveSurge] = field(default_factory=list)

    @property
    def surges(self) -> tuple[LiveSurge, ...]:
        """Those that it has, and those that join."""
        return (*(self.incident.surges if self.incident else ()), *self.joining)

    @property
    def size(self) -> tuple[int, str]:
        """By which the larger of two is found: posts; then any order that is always the same."""
        first = min(str(one.series) for one in self.surges)
        return max(one.posts for one in self.surges), first


def groups(
    going_on: Sequence[Incident],
    over: Sequence[Incident],
    surges: Iterable[LiveSurge],
    sharing: Sharing,
) -> list[Group]:
    """Where the surges of one brand belong that began in one bucket, in whatever order given.

    `going_on` are incidents that they may join, `over` those that they may reopen, the first of
    them that fits. All mentions belong to the larger one of what there is.
    """
    ordered = sorted(surges, key=lambda surge: surge.series)
    look = _Look(sharing, _split_off([*going_on, *over]))
    found = [Group(one) for one in sorted(going_on, key=lambda one: one.id)]
    left = look.joined(found, [one for one in ordered if one.series.topic != ALL_MENTIONS])
    opening: list[Group] = []
    for surge in left:
        near = [one for one in opening if look.closeness(one, surge) is not None]
        together = [each for one in near for each in one.joining]
        opening = [one for one in opening if one not in near] + [Group(None, [*together, surge])]
    everything = [one for one in ordered if one.series.topic == ALL_MENTIONS]
    if everything and not (found or opening):
        opening.append(Group(None, everything[:1]))
        everything = everything[1:]
    for one in opening:
        reopened = {id(other.incident) for other in found}
        back = (each for each in over if id(each) not in reopened and look.returns(each, one))
        one.incident = next(back, None)
        found.append(one)
    for surge in everything:
        allowed = [one for one in found if not look.was_split_off(one.incident, surge)]
        if allowed:
            max(allowed, key=lambda one: one.size).joining.append(surge)
        else:
            found.append(Group(None, [surge]))
    return [one for one in found if one.joining]


def parts(incident: Incident, sharing: Sharing) -> list[frozenset[str]]:
    """The topics of an incident that belong together, the first that surged before the others.

    What people have merged or split stays as they have it.
    """
    topics = _topics(incident.surges)
    if any(one.origin for one in incident.surges):
        return [frozenset(topics)]
    found: list[frozenset[str]] = []
    for topic in topics:
        near = [
            part
            for part in found
            if any(not _shared(incident, topic, other, sharing).apart for other in part)
        ]
        found = [part for part in found if part not in near]
        found.append(frozenset({topic}).union(*near))
    return sorted(found, key=lambda part: min(topics.index(topic) for topic in part))


@dataclass(frozen=True, slots=True)
class _Look:
    """What is close to what; `split_off` are topics that people took out of an incident."""

    sharing: Sharing
    split_off: frozenset[tuple[str, str]]

    def joined(self, found: Sequence[Group], surges: Sequence[LiveSurge]) -> list[LiveSurge]:
        """Let surges join what they are closest to, and what those are close to; who is left."""
        left = list(surges)
        while left:
            chosen = [(surge, self._closest(found, surge)) for surge in left]
            for surge, group in chosen:
                if group:
                    group.joining.append(surge)
            remaining = [surge for surge, group in chosen if group is None]
            if len(remaining) == len(left):
                break
            left = remaining
        return left

    def _closest(self, found: Sequence[Group], surge: LiveSurge) -> Group | None:
        close = [
            (closeness, one.size, one)
            for one in found
            if (closeness := self.closeness(one, surge)) is not None
        ]
        return max(close, key=lambda each: each[:2])[2] if close else None

    def closeness(self, group: Group, surge: LiveSurge) -> float | None:
        """How much of its posts a surge shares with a group; None where they are apart.

        Its own topic is closer than any other; of all mentions alone nobody can say.
        """
        if self.was_split_off(group.incident, surge):
            return None
        topics, topic = _topics(group.surges), surge.series.topic
        if topic in topics:
            return 2.0
        if not topics:
            return 0.0
        shared = [
            self.sharing(
                surge.series.brand, topic, other, max(surge.started_at, _began(group.surges, other))
            )
            for other in topics
        ]
        return max((one.overlap for one in shared if not one.apart), default=None)

    def returns(self, incident: Incident, group: Group) -> bool:
        """Whether an incident that is over is the one that these surges bring back."""
        before = {one.series.topic for one in incident.surges}
        for surge in group.joining:
            alike = (
                surge.series.topic == ALL_MENTIONS or {surge.series.topic, ALL_MENTIONS} & before
            )
            if alike and self.closeness(Group(incident), surge) is not None:
                return True
        return False

    def was_split_off(self, incident: Incident | None, surge: LiveSurge) -> bool:
        """Whether a person said that this topic is none of an incident."""
        return incident is not None and (incident.id, surge.series.topic) in self.split_off


def _split_off(incidents: Iterable[Incident]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (surge.origin, surge.series.topic)
        for incident in incidents
        for surge in incident.surges
        if surge.origin
    )


def _topics(surges: Iterable[LiveSurge]) -> list[str]:
    """Topics beside all mentions, the first that surged before the others."""
    ordered = sorted(surges, key=lambda one: (one.detected_at, one.series))
    return list(dict.fromkeys(o.series.topic for o in ordered if o.series.topic != ALL_MENTIONS))


def _began(surges: Iterable[LiveSurge], topic: str) -> datetime:
    """When a topic's last surge began, on the first platform."""
    ours = [one for one in surges if one.series.topic == topic]
    return min(o.started_at for o in [one for one in ours if one.ended_at is None] or ours)


def _shared(incident: Incident, one: str, other: str, sharing: Sharing) -> Posts:
    since = max(_began(incident.surges, topic) for topic in (one, other))
    return sharing(incident.brand, one, other, since)
