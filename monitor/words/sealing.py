"""Templates approved in advance, by day: by those who read their language, and by legal."""

from datetime import datetime

from sqlalchemy import Connection

from alerts.incidents import Refused
from alerts.languages import base
from alerts.words.approval import Role
from alerts.words.kinds import LANGUAGES
from alerts.words.phases import Phase
from alerts.words.playbooks import situations
from alerts.words.sentences import wording
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor, Forbidden, insist
from monitor.store import messages
from monitor.words.rights import reader

SEAL = "seal"
"""The verb of people."""


def templates(language: str) -> tuple[str, ...]:
    """The names of all templates of a language; a name changes with its words."""
    found = (
        wording(situation, phase, language, formal=formal)
        for situation in situations()
        for phase in Phase
        for formal in (False, True)
    )
    return tuple(dict.fromkeys(one.name for one in found if one))


def seal(
    connection: Connection, configuration: Configuration, what: str, who: Actor, at: datetime
) -> tuple[int, tuple[Role, ...]]:
    """Approve a template by its name, or all of a language, in all roles that they may.

    Returns how many that were, and which roles. Raises Refused, and Forbidden where they may none.
    """
    insist(configuration, who, SEAL)
    language = base(what.partition("/")[0])
    known = templates(language) if language in LANGUAGES else ()
    chosen = known if what == language else [one for one in known if one == what]
    if not chosen:
        raise Refused(f"{what!r} is no template: its words have changed, or there was none such")
    who_reads = reader(configuration, who, language)
    may = {Role.LANGUAGE: who_reads.language, Role.LEGAL: who_reads.legal}
    roles = tuple(role for role, granted in may.items() if granted)
    if not roles:
        raise Forbidden(f"{who.name} may not approve templates in this language ({language})")
    for role in roles:
        messages.put_seals(connection, chosen, role, who.name, at)
    return len(chosen), roles
