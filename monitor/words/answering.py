"""A question that was asked, answered by whoever has its one-time link: that, and nothing else.

What they say is a rumour, in their name and that of their function, until somebody who may confirms
it. They see the question, and nothing of the incident.
"""

from datetime import datetime

from sqlalchemy import Connection

from alerts.incidents.incident import Refused
from alerts.plain_text import visible
from monitor.cleaning import AUTHOR_LIMIT, bounded
from monitor.configuration import Configuration
from monitor.incidents.rights import Actor
from monitor.store import access, facts
from monitor.store.facts import Request
from monitor.words import fact_desk
from monitor.words.desk import Desk, at_desk
from monitor.words.fact_desk import Said

PLACE = "link"
USED = "This link was used, or the question is answered, or it is too old. Ask for a new one."


def link(desk: Desk, kind: str, wall: datetime) -> str:
    """A new secret with which the open question of a kind is answered once. Raises Refused."""
    asked = [one for one in facts.requests(desk.connection, desk.id) if one.kind == kind]
    if not asked:
        raise Refused(
            f"nobody has asked for {kind!r}, or it is answered: ask first, as with "
            f"`seawall facts ask {desk.id} {kind}`"
        )
    return access.make_answer_link(desk.connection, wall, asked[-1].id)


def question(connection: Connection, secret: str, wall: datetime) -> Request | None:
    """What a link asks; None where it is no good any more."""
    id = access.asked(connection, secret, wall)
    if id is None:
        return None
    incident = id.split("/")[1]
    return next((one for one in facts.requests(connection, incident) if one.id == id), None)


def answer(
    connection: Connection,
    configuration: Configuration,
    secret: str,
    said: Said,
    name: str,
    now: datetime,
    wall: datetime,
) -> str:
    """Take what whoever has the link says; in words.

    Raises Refused, and the link is good still once the transaction is undone.
    """
    asked = question(connection, secret, wall)
    if asked is None or not access.use_up(connection, secret):
        raise Refused(USED)
    known = bounded(visible(name).strip(), AUTHOR_LIMIT)
    if not known:
        raise Refused("say who you are")
    who = Actor(f"{known} ({asked.function}, by a link)", PLACE)
    desk = at_desk(connection, configuration, asked.incident, who, now)
    return fact_desk.told(desk, fact_desk.enter(desk, said))
