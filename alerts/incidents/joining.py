"""Two incidents that are one situation, and one that is two: merged and split by hand, undoable.

Pure. Whoever stores what comes of it keeps the `Joint`, of which the undoing is made.
"""

import hashlib
from base64 import b32encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from pydantic import TypeAdapter

from alerts.incidents.incident import (
    ALL_MENTIONS,
    PAGING,
    Incident,
    Kind,
    LiveSurge,
    Refused,
    Severity,
    State,
)
from alerts.incidents.steps import HOLD, held_like, may_change, must_go_on, unresolved

_CAREFUL = (Kind.SURGE, Kind.REPORTED, *reversed(PAGING))
"""Kinds that can be merged; the later ones are resolved by people, and take in those before."""
_NOT_RESTORED = ("id", "surges", "revision", "touched_at")


@dataclass(frozen=True, slots=True)
class Joint:
    """A merge (`before` has two) or a split (`before` has one), as they were before and after.

    Both begin with the incident that stays what it was; the other one became a part of it, or came
    out of it.
    """

    before: tuple[Incident, ...]
    after: tuple[Incident, Incident]

    @property
    def is_merge(self) -> bool:
        """Whether two became one."""
        return len(self.before) > 1

    def to_json(self) -> str:
        """As JSON."""
        return _JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Joint":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)


def merge(into: Incident, part: Incident, by: str, at: datetime) -> Joint:
    """`part` becomes a part of `into`, which goes on as it stood. Raises Refused."""
    for one in (into, part):
        may_change(one)
        must_go_on(one)
        if one.kind not in _CAREFUL:
            raise Refused(f"{one.id} tells of {one.kind}, which cannot be merged or split")
    if into.id == part.id:
        raise Refused(f"{into.id} cannot be merged with itself")
    if into.brand != part.brand:
        raise Refused(f"{into.id} and {part.id} are of two brands")
    if _CAREFUL.index(part.kind) > _CAREFUL.index(into.kind):
        raise Refused(f"{part.id} is resolved by people only; merge {into.id} into it instead")
    weight = list(Severity).index
    heavier = max(into, part, key=lambda one: weight(one.severity))
    calling = into if into.calls or not part.calls else part
    whole = replace(
        held_like(into, part),
        surges=_in_order([*into.surges, *(_moved(one, part.id, into.id) for one in part.surges)]),
        started_at=min(into.started_at, part.started_at),
        peak_factor=max(into.peak_factor, part.peak_factor),
        last_surging_at=max(into.last_surging_at, part.last_surging_at),
        severity=heavier.severity,
        severity_by=heavier.severity_by,
        assessed=max(into.assessed, part.assessed, key=weight),
        calls=calling.calls,
        calls_because=calling.calls_because,
        restricted=into.restricted or part.restricted,
        briefed_at=None,
    )
    return Joint((into, part), (whole, _absorbed(part, into.id, by, at)))


def split(whole: Incident, topics: Collection[str]) -> Joint:
    """Some topics of `whole` become an incident of their own, in the same hands. Raises Refused."""
    may_change(whole)
    must_go_on(whole)
    if whole.kind not in _CAREFUL:
        raise Refused(f"{whole.id} tells of {whole.kind}, which cannot be merged or split")
    own = sorted({surge.series.topic for surge in whole.surges} - {ALL_MENTIONS})
    if unknown := sorted(set(topics).difference(own)):
        known = f"it has {', '.join(own)}" if own else "it has none"
        raise Refused(f"{whole.id} has no topic {', '.join(unknown)}; {known}")
    if not topics or (whole.kind is Kind.SURGE and set(own) == set(topics)):
        raise Refused(f"name some of its topics, not all: {', '.join(own)}")
    id = _id(whole, topics)
    staying = [one for one in whole.surges if one.series.topic not in topics]
    leaving = [_moved(s, whole.id, id) for s in whole.surges if s.series.topic in topics]
    rest = replace(whole, surges=_in_order(staying), briefed_at=None)
    new = replace(
        whole,
        id=id,
        kind=Kind.SURGE,
        subject="",
        surges=_in_order(leaving),
        verdict=None,
        verdict_by=None,
        verdict_at=None,
        briefed_at=None,
        revision=0,
    )
    new = replace(_as_surged(new), briefed_posts=new.posts)
    return Joint((whole,), (_as_surged(rest) if whole.kind is Kind.SURGE else rest, new))


def undone(
    joint: Joint, main: Incident, other: Incident, by: str, at: datetime
) -> tuple[Incident, Incident]:
    """Both as they were before a merge or split, but for what happened since. Raises Refused.

    Surges return to where they were, with what they have brought since; those that began since stay
    with `main`. What a person or the daemon has changed since then stays changed; a whole that was
    held or restricted since parts into two that are.
    """
    may_change(main)
    joined = main.id if joint.is_merge else None
    if other.merged_into != joined:
        raise Refused(f"{other.id} has been merged or split once more since then; undo that first")
    homes = {_key(one): (home.id, one.origin) for home in joint.before for one in home.surges}
    at_home: dict[str, list[LiveSurge]] = {main.id: [], other.id: []}
    for surge in (*main.surges, *other.surges):
        home, origin = homes.get(_key(surge), (main.id, None))
        at_home[home].append(replace(surge, origin=origin))
    whole, closed = main, main.restricted and not joint.after[0].restricted
    main = _restored(main, joint.before[0], joint.after[0])
    main = replace(main, surges=_in_order(at_home[main.id]), briefed_at=None)
    if not joint.is_merge:
        main = replace(held_like(main, other), restricted=main.restricted or other.restricted)
        return main, _absorbed(other, main.id, by, at)
    other = replace(
        held_like(unresolved(other), whole),
        restricted=other.restricted or closed,
        merged_into=None,
        surges=_in_order(at_home[other.id]),
    )
    peak = max((one.peak_factor for one in other.surges), default=0.0)
    return main, replace(other, peak_factor=max(peak, other.peak_factor), briefed_at=None)


def _restored(now: Incident, before: Incident, after: Incident) -> Incident:
    """What the joining changed, and nothing has since, is as it was; a hold as a whole."""
    names = [field.name for field in fields(Incident) if field.name not in _NOT_RESTORED]
    ours = {name for name in names if getattr(now, name) == getattr(after, name)}
    if not ours.issuperset(HOLD):
        ours -= {*HOLD}
    return replace(now, **{name: getattr(before, name) for name in ours})


def _absorbed(part: Incident, into: str, by: str, at: datetime) -> Incident:
    """A part of another one: it is over, and has nothing of its own."""
    over = replace(part, state=State.RESOLVED, resolved_by=by, resolved_at=at)
    return replace(over, merged_into=into, surges=())


def _moved(surge: LiveSurge, left: str, joined: str) -> LiveSurge:
    origin = surge.origin or left
    return replace(surge, origin=None if origin == joined else origin)


def _as_surged(incident: Incident) -> Incident:
    """Since when it has been and how large, by the surges that it has now."""
    return replace(
        incident,
        started_at=min(one.started_at for one in incident.surges),
        detected_at=min(one.detected_at for one in incident.surges),
        peak_factor=max(one.peak_factor for one in incident.surges),
    )


def _in_order(surges: Iterable[LiveSurge]) -> tuple[LiveSurge, ...]:
    return tuple(sorted(surges, key=_key))


def _key(surge: LiveSurge) -> tuple[datetime, str]:
    return surge.detected_at, str(surge.series)


def _id(whole: Incident, topics: Collection[str]) -> str:
    """Of what is split off: the same wherever the same is split off the same incident."""
    name = f"{whole.id}|{'|'.join(sorted(topics))}"
    digest = hashlib.blake2b(name.encode(), digest_size=5).digest()
    return f"{whole.brand}-{b32encode(digest).decode().lower()}"


_JSON: TypeAdapter[Joint] = TypeAdapter(Joint)
