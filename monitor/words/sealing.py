"""Templates approved in advance, by day: by those who read their language, and by legal."""

from datetime import datetime

from sqlalchemy import Connection

from alerts.incidents.incident import Refused
from alerts.languages import base
from alerts.words.approval import Role
from alerts.words.kinds import LANGUAGES
from alerts.words.phases import Phase
from alerts.words.playbooks import playbook, situations
from alerts.words.sentences import Wording, wording
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor, Forbidden, insist
from monitor.store import messages
from monitor.words.rights import reader

SEAL = "seal"
UNSEAL = "unseal"
"""Verbs of people."""


def templates(language: str, situation: str = "", *, grave: bool = True) -> dict[str, Wording]:
    """The templates of a language, or of one situation, by name; a name changes with its words.

    Without `grave` only those of other matters. Raises Refused for an unknown situation.
    """
    if situation and situation not in situations():
        raise Refused(f"there is no situation {situation!r}, but {', '.join(situations())}")
    if language not in LANGUAGES:
        raise Refused(f"there are no templates in {language!r}, but in {', '.join(LANGUAGES)}")
    found = (
        wording(one, phase, language, formal=formal)
        for one in ([situation] if situation else situations())
        if grave or not playbook(one).grave
        for phase in Phase
        for formal in (False, True)
    )
    return {one.name: one for one in found if one}


def chosen(what: str) -> tuple[str, ...]:
    """Templates by one's name, by situation (`de/booking`), or by language: those not grave.

    Raises Refused where there are none.
    """
    language, _, rest = what.partition("/")
    if "@" not in rest:
        return tuple(templates(language, rest, grave=bool(rest)))
    if what not in templates(base(language)):
        raise Refused(f"{what!r} is no template: its words have changed, or there was none such")
    return (what,)


def seal(
    connection: Connection, configuration: Configuration, what: str, who: Actor, at: datetime
) -> tuple[int, tuple[Role, ...]]:
    """Approve what is `chosen`, in the roles that they may.

    Language and legal at once only where the configuration names them for both; else the one that
    nobody else has given. Returns how many, and which roles. Raises Refused, and Forbidden where
    they may none.
    """
    names = chosen(what)
    roles, both = _roles(configuration, what, who, SEAL)
    given = messages.seals(connection, names)
    done = set()
    for name in names:
        others = {role for role, by in given.get(name, {}).items() if by != who.name}
        missing = [role for role in roles if role not in others] or roles[:1]
        for role in roles if both else missing[:1]:
            messages.put_seals(connection, [name], role, who.name, at)
            done.add(role)
    return len(names), tuple(role for role in roles if role in done)


def unseal(
    connection: Connection, configuration: Configuration, what: str, who: Actor
) -> tuple[str, ...]:
    """Take back the approval of what is `chosen`, whoever gave it; of which templates.

    Raises Refused, and Forbidden where they may not approve them either.
    """
    names = chosen(what)
    _roles(configuration, what, who, UNSEAL)
    sealed = tuple(messages.seals(connection, names))
    messages.take_seals(connection, sealed)
    return sealed


def _roles(
    configuration: Configuration, what: str, who: Actor, verb: str
) -> tuple[tuple[Role, ...], bool]:
    """In which roles they may approve it, and whether they are named for both."""
    insist(configuration, who, verb)
    language = base(what.partition("/")[0])
    who_reads = reader(configuration, who, language)
    may = {Role.LANGUAGE: who_reads.language, Role.LEGAL: who_reads.legal}
    roles = tuple(role for role, granted in may.items() if granted)
    if not roles:
        raise Forbidden(f"{who.name} may not approve templates in this language ({language})")
    named = (configuration.words.readers(language), configuration.words.legal)
    return roles, all(who.member in (one or ()) for one in named)
