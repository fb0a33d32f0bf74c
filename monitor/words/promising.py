"""Promises to the public are watched: `more at 14:30` is drafted for, and its owner is told.

A quarter of an hour before, *no news yet, still on it* is drafted in each language and place of the
promise, with a proposed next time that somebody confirms; one that was broken goes to the leads.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection

from alerts import wording
from alerts.incidents.incident import Reason
from alerts.instants import written
from alerts.languages import name
from alerts.words import facts as words
from alerts.words.approval import WAITING, Message
from alerts.words.choosing import fitting
from alerts.words.facts import Entry, Fact, FactState
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.promises import NEXT_UPDATE, Kept, Promise, standing
from monitor.configuration import Configuration
from monitor.store import facts, messages
from monitor.words import drafts, fact_desk, rights
from monitor.words.desk import SEAWALL, Desk, at_desk
from monitor.words.drafts import Wanted

LATER = timedelta(minutes=30)
"""What is proposed: to say more again so long after the time that was promised."""


def attend(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Do what is due about promises and facts, each thing once; how many that were."""
    done = 0
    by_incident = groupby(
        sorted(messages.promises(connection), key=lambda one: one.incident),
        key=lambda one: one.incident,
    )
    for incident, open_ones in by_incident:
        promises = list(open_ones)
        if any(standing(one, (), now) is not Kept.OPEN for one in promises):
            desk = at_desk(connection, configuration, incident, SEAWALL, now)
            done += _attended(desk, promises, now)
    return done + fact_desk.attend(connection, configuration, now)


def _attended(desk: Desk, promises: Sequence[Promise], now: datetime) -> int:
    messages_there = desk.messages()
    found: dict[Kept, list[Promise]] = {}
    for one in promises:
        found.setdefault(standing(one, messages_there, now), []).append(one)
    for outcome in (Kept.KEPT, Kept.MOVED, Kept.BROKEN):
        for one in found.get(outcome, ()):
            messages.settle_promise(desk.connection, one.message, outcome)
    broken = found.get(Kept.BROKEN, [])
    for until in sorted({one.until for one in broken}):
        _broken(desk, [one for one in broken if one.until == until])
    offered = messages.offered(desk.connection, desk.id)
    due = [one for one in found.get(Kept.DUE, ()) if one.message not in offered]
    for until in sorted({one.until for one in due}):
        _due(desk, [one for one in due if one.until == until], messages_there)
    return len(broken) + len(due)


def _due(desk: Desk, due: Sequence[Promise], known: Sequence[Message]) -> None:
    """Draft `no news yet` wherever more was promised until then, and tell who promised.

    Once it works again that is drafted. Not where something newer waits already.
    """
    again = desk.facts().get("working_again")
    news = again or _next_update(desk, due[0].until)
    channels = {one.id: one.channel for one in known}
    waiting = {
        (one.channel, one.language)
        for one in known
        if one.state in WAITING and one.phase not in REPLIES and due[0].fact not in one.uses
    }
    where = dict.fromkeys((channels[one.message], one.language) for one in due)
    made = [
        drafts.offer(desk, place[1], Wanted(_phase(desk, known, place), place[0]), news)
        for place in where
        if place not in waiting
    ]
    ids = ", ".join(one.id for one in made if one)
    zone = due[0].zone
    desk.tell(
        f"promise/{desk.id}/{written(due[0].until)}",
        f"Promised in public: more at {wording.clock(due[0].until, zone)}",
        (
            f"In {_languages(due)}, by {_owners(due)}.",
            *([f"Drafted, {'it works again' if again else 'no news yet'}: {ids}."] if ids else []),
            *([_proposed(news, zone)] if ids and news.state is FactState.RUMOURED else []),
        ),
        wakes=_concerned(desk, due),
    )
    messages.offer(desk.connection, [one.message for one in due], desk.at)


def _proposed(update: Fact, zone: str) -> str:
    then = wording.clock(datetime.fromisoformat(update.value), zone)
    return f"More at {then} is proposed there: confirm that time first, or another one."


def _phase(desk: Desk, known: Sequence[Message], place: tuple[Channel, str]) -> Phase:
    """What fits next in a channel and language; a correction that waits there has its own draft."""
    there = [one for one in known if (one.channel, one.language) == place]
    said = [one for one in there if one.phase is not Phase.CORRECTION]
    return fitting(said, desk.facts())[0]


def _next_update(desk: Desk, until: datetime) -> Fact:
    """The time that is confirmed already, where it is later, else one that is proposed."""
    held = desk.facts().get(NEXT_UPDATE)
    if held and datetime.fromisoformat(held.value) > until:
        return held
    past = facts.history(desk.connection, desk.id, NEXT_UPDATE)
    entry = Entry(written(until + LATER), source="proposed, as no news has come")
    proposed = words.rumour(past, desk.id, NEXT_UPDATE, entry, desk.who.name, desk.at)
    facts.put(desk.connection, proposed)
    return proposed


def _broken(desk: Desk, broken: Sequence[Promise]) -> None:
    zone = broken[0].zone
    said = f"more at {wording.moment(broken[0].until, zone)}, in {_languages(broken)}"
    desk.note(Reason.BROKEN, f"{said}, by {_owners(broken)}")
    desk.tell(
        f"broken/{broken[0].message}",
        f"A promise in public was broken: {said}",
        (f"{_owners(broken)} promised it. Say something now, please.",),
        wakes=[*rights.leads(desk.configuration), *_concerned(desk, broken)],
    )


def _concerned(desk: Desk, promises: Sequence[Promise]) -> list[str]:
    """Who made the promises, and who has the incident in hand, by name."""
    in_hand = desk.incident.acknowledged_by
    return [*(one.owner for one in promises), *([in_hand] if in_hand else [])]


def _languages(promises: Sequence[Promise]) -> str:
    return ", ".join(dict.fromkeys(name(one.language) for one in promises))


def _owners(promises: Sequence[Promise]) -> str:
    return ", ".join(dict.fromkeys(one.owner for one in promises))
