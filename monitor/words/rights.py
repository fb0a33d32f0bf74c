"""Who may do what with words for the public: as configured under `words`, else who leads.

What is routine any of the team confirms, at 3 a.m., too: another one reads it before it is public.
Where the configuration names no people, anybody may, under the name they give.
"""

from collections.abc import Collection

from alerts.duty.notices import CONFIRM as CONFIRM  # the verb of people is found here
from alerts.words.approval import Reader
from alerts.words.facts import known_kind
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor, Forbidden, insist


def insist_confirms(configuration: Configuration, who: Actor, kind: str) -> None:
    """Raise Forbidden where somebody may not confirm facts of a kind, Refused where it is none."""
    known, named = known_kind(kind), configuration.words.confirm.get(kind)
    if named is None and known.routine:
        insist(configuration, who, CONFIRM)
    elif not _named(configuration, who, named):
        raise Forbidden(
            f"{who.name} may not confirm this ({known.name}): {known.confirms} does, that is "
            f"{_whom(configuration, named)}"
        )


def reader(configuration: Configuration, who: Actor, language: str) -> Reader:
    """What somebody may approve in a language."""
    words, people = configuration.words, configuration.people
    acts = not people or (who.member is not None and "act" in people[who.member].rights)
    return Reader(
        name=who.name,
        acts=acts,
        language=_named(configuration, who, words.readers(language)),
        legal=_named(configuration, who, words.legal),
        break_glass=_named(configuration, who, words.break_glass),
    )


def confirming(configuration: Configuration, kind: str) -> tuple[str, ...]:
    """Those who are named to confirm facts of a kind, by id; nobody where it is whoever leads."""
    return configuration.words.confirm.get(kind, ())


def who_confirm(configuration: Configuration, kind: str) -> str:
    """Who may confirm facts of a kind, by name, as people read it."""
    people, named = configuration.people, configuration.words.confirm.get(kind)
    if not people:
        return "anybody"
    if named is None and known_kind(kind).routine:
        named = tuple(id for id, one in people.items() if "act" in one.rights)
    return _whom(configuration, named)


def leads(configuration: Configuration) -> list[str]:
    """Those who have the right to lead, by id."""
    return [id for id, one in configuration.people.items() if "lead" in one.rights]


def _named(configuration: Configuration, who: Actor, named: Collection[str] | None) -> bool:
    if not configuration.people:
        return True
    return who.member in (leads(configuration) if named is None else named)


def _whom(configuration: Configuration, named: Collection[str] | None) -> str:
    ids = leads(configuration) if named is None else named
    return ", ".join(configuration.people[id].name for id in ids) or "nobody yet"
