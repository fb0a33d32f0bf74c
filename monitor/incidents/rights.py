"""Who acts, and what they may: the people of the configuration, wherever they act from.

Where it names nobody, anybody may act, under the name they give.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from alerts.incidents import Incident, Refused
from alerts.steps import Step
from monitor.configuration import Configuration
from monitor.configuration.teams import Right
from monitor.telling.discretion import may_see

MERGE, SPLIT, UNDO = "merge", "split", "undo"
OPEN, INSTRUCT, READ, ACCEPT, REACHED = "open", "instruct", "read", "accept", "reached"
"""What people do beside steps."""

LEADING: Collection[str] = (
    *(Step.RATE, Step.RESTRICT, Step.UNRESTRICT, Step.KEEP_SILENT),
    *(MERGE, SPLIT, UNDO, INSTRUCT),
)
"""What speaks for the team, and takes more than the right to act."""

_ADDRESS = {"slack": "slack", "email": "email"}
"""Kinds of notifiers that know who acts, and what a person's address there is called."""


STRANGER = (
    "You are not one of the people on duty here, so nothing was done. Whoever runs Seawall can add "
    "you."
)


class Forbidden(Refused):
    """Somebody may not do this; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: by the name that others read, and from where.

    `member` is their id in the configuration, None where it names no people.
    """

    name: str
    place: str
    member: str | None = None


def actor(
    configuration: Configuration | None, name: str, place: str, address: str | None = None
) -> Actor:
    """Who it is: by their address where the place has one, else by id or name. Raises Forbidden.

    A name in Slack is what its owner likes it to be, so that it says nothing there.
    """
    people = configuration.people if configuration else {}
    if not people:
        return Actor(name, place)
    if address is not None:
        kind = _ADDRESS.get(place)
        found = [id for id, one in people.items() if kind and getattr(one, kind) == address]
    else:
        found = _called(name, {id: one.name for id, one in people.items()})
    if not found and address is not None:
        raise Forbidden(STRANGER)
    if len(found) != 1:
        what = "more than one person is" if found else "nobody in the configuration is"
        raise Forbidden(f"{what} called {name}; `people` there says who may act, and as whom")
    return Actor(people[found[0]].name, place, found[0])


def is_somebody(configuration: Configuration, name: str) -> bool:
    """Whether a name is that of anybody in the configuration."""
    return bool(_called(name, {id: one.name for id, one in configuration.people.items()}))


def insist(
    configuration: Configuration | None, who: Actor, verb: str, incident: Incident | None = None
) -> None:
    """Raise Forbidden where somebody may not do something, or may not see what it is done to."""
    if incident and incident.restricted and not _sees(configuration, who):
        raise Forbidden(f"{incident.id} is restricted: only those who may see it may act on it")
    if verb == Step.RESTRICT and not (configuration and configuration.restricted):
        raise Forbidden("nobody could see it any more: name who may, under `restricted`")
    if configuration is None or not configuration.people or verb == READ:
        return
    needed: Right = "lead" if verb in LEADING else "act"
    if who.member is None or needed not in configuration.people[who.member].rights:
        what = verb.replace("_", " ")
        raise Forbidden(f"{who.name} may not do this ({what}): it takes the right `{needed}`")


def assignee(configuration: Configuration | None, text: str) -> str:
    """Whom a person means: people and teams by id or name, anybody else as they are written."""
    said = " ".join(text.split())
    if configuration is None:
        return said
    for known in (configuration.people, configuration.teams):
        names = {id: one.name for id, one in known.items()}
        if found := _called(said, names):
            return names[found[0]]
    return said


def _sees(configuration: Configuration | None, who: Actor) -> bool:
    return may_see(configuration, True, who.member)


def _called(text: str, names: Mapping[str, str]) -> list[str]:
    """Ids of those whom a text means: its own, or those with that name."""
    said = " ".join(text.split()).casefold()
    if said in names:
        return [said]
    return [id for id, name in names.items() if name.casefold() == said]
