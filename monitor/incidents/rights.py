"""Who acts, and what they may: the people of the configuration, wherever they act from.

Where it names nobody, anybody may act, under the name they give.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from alerts.incidents.incident import Incident, Refused
from alerts.incidents.steps import Step
from monitor.configuration import Configuration
from monitor.configuration.teams import Right
from monitor.telling.discretion import may_see

MERGE, SPLIT, UNDO = "merge", "split", "undo"
OPEN, INSTRUCT, READ, ACCEPT, REACHED = "open", "instruct", "read", "accept", "reached"
AWARE, DECIDE = "aware", "decide"
"""What people do beside steps; the last two about a data breach."""

LEADING: Collection[str] = (
    *(Step.RATE, Step.RESTRICT, Step.UNRESTRICT, Step.KEEP_SILENT, Step.HOLD, Step.RELEASE),
    *(MERGE, SPLIT, UNDO, INSTRUCT),
)
"""What speaks for the team, and takes more than the right to act."""

_DOING: Mapping[str, str] = {
    Step.RATE: "change the severity",
    Step.RESTRICT: "restrict an incident",
    Step.UNRESTRICT: "let everybody see a restricted incident",
    Step.KEEP_SILENT: "decide to say nothing",
    Step.HOLD: "put an incident on legal hold",
    Step.RELEASE: "release an incident from legal hold",
    MERGE: "merge incidents",
    SPLIT: "split an incident",
    UNDO: "undo a merge or a split",
    INSTRUCT: "publish what to say",
}

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
        doing = _DOING.get(verb, "act on incidents")
        raise Forbidden(f"{who.name} may not {doing}: it takes the right `{needed}`")


def assignee(configuration: Configuration | None, text: str) -> str:
    """Whom a person means: people, teams and functions of the duty list, by id or name.

    Raises Refused for anybody else; where the configuration names no people, that is anybody.
    """
    said = " ".join(text.split())
    if configuration is None or not (configuration.people and said):
        return said
    functions = [one.function for one in configuration.duty_list]
    everybody = (
        {id: one.name for id, one in configuration.people.items()},
        {id: one.name for id, one in configuration.teams.items()},
        dict(zip(functions, functions, strict=True)),
    )
    for names in everybody:
        if found := _called(said, names):
            return names[found[0]]
    raise Refused(f"nobody here is called {said}: {_who(said, everybody)}")


def _sees(configuration: Configuration | None, who: Actor) -> bool:
    return may_see(configuration, True, who.member)


def _who(text: str, everybody: Collection[Mapping[str, str]]) -> str:
    """Who may be meant: those whose id, name or part of a name comes near, else all there are."""
    parts = {
        part.casefold(): name
        for names in everybody
        for id, name in names.items()
        for part in (*name.split(), id, name)
    }
    near = difflib.get_close_matches(text.casefold(), parts, n=3)
    if near:
        return f"did you mean {' or '.join(dict.fromkeys(parts[one] for one in near))}?"
    return f"it can be {', '.join(dict.fromkeys(parts.values()))}; others go on the `duty_list`"


def _called(text: str, names: Mapping[str, str]) -> list[str]:
    """Ids of those whom a text means: its own, or those with that name."""
    said = " ".join(text.split()).casefold()
    return [said] if said in names else [id for id in names if names[id].casefold() == said]
