"""Who is on duty for what: the teams of the configuration, and where they read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from alerts import wording
from alerts.duty.roster import Team
from alerts.duty.service_hours import span
from alerts.incidents.incident import Incident
from monitor.configuration import Configuration

FORESEEN = timedelta(days=30)
"""How far ahead gaps in a rota are looked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a team stands at a moment, people by their names.

    `next_opening` is None where the desks are never closed, or never open; `on_call` where it is
    nobody's turn, `next` where nobody else's comes in the next 60 days.
    """

    team: str
    name: str
    timezone: str
    is_open: bool
    next_opening: datetime | None
    on_call: str | None
    since: datetime | None
    until: datetime | None
    next: str | None


def standing(configuration: Configuration, at: datetime) -> list[Standing]:
    """How every team stands at a moment, in the order of the configuration."""
    found = []
    for team in configuration.rosters.values():
        shift, following = team.shift(at), team.next_on_call(at)
        found.append(
            Standing(
                team.id,
                team.name,
                team.zone.key,
                team.is_open(at),
                team.next_opening(at),
                shift.person and team.known[shift.person].name,
                shift.since,
                shift.until,
                following and team.known[following].name,
            )
        )
    return found


def warnings(configuration: Configuration, now: datetime) -> Iterator[str]:
    """What may not be meant so, in words: hours in which nobody is called, links nobody can open.

    Gaps are looked for in the next 30 days.
    """
    yield from _of_links(configuration)
    for id, team in configuration.rosters.items():
        yield from _of_hours(team)
        if team.pause_from and not team.people:
            yield f"{team.name}: nobody is in it; name under `people` who pauses promotions"
        if configuration.teams[id].on_call is None:
            closes = team.gaps(now, now + FORESEEN)
            called = not team.pause_from and any(team.known[one].reach for one in team.people)
            if closes and not called:
                yield f"{team.name}: nobody is called while its desks are closed"
            continue
        gaps = team.gaps(now, now + FORESEEN)
        if gaps:
            since, until = (wording.moment(one, team.zone.key) for one in gaps[0])
            more = f", and {len(gaps) - 1} times more in 30 days" if len(gaps) > 1 else ""
            yield f"{team.name}: nobody is on call from {since} to {until}{more}"


def _of_links(configuration: Configuration) -> Iterator[str]:
    """Whose phone is told an address that it cannot open."""
    phones = {choice.name for choice in configuration.notify if choice.kind == "apprise"}
    called = [one.name for one in configuration.people.values() if phones.intersection(one.reach)]
    if called and configuration.http.url is None:
        yield (
            f"{', '.join(called)}: the link in a call opens on this machine only; say under "
            "`http.url` where people reach the page"
        )


def _of_hours(team: Team) -> Iterator[str]:
    """Which opening hours end the next day, since that may be a slip."""
    for days, hours in team.hours.root.items():
        opens, closes = span(hours)
        if time() < closes <= opens:
            yield f"{team.name}: {days} {hours} ends at {closes:%H:%M} the next day"


def places(configuration: Configuration, incident: Incident, notifiers: Sequence[str]) -> list[str]:
    """Which of the notifiers get an incident's message, in their order.

    A restricted one is only told in the restricted channel. Any other where the team on duty reads,
    and in places that are nobody's own: the terminal, a webhook. Without teams, everywhere.
    """
    private = set(configuration.restricted.channel) if configuration.restricted else set()
    if incident.restricted:
        return [name for name in notifiers if name in private]
    team = on_duty(configuration, incident.brand)
    if team is None:
        return [name for name in notifiers if name not in private]
    owned = {
        *(name for one in configuration.teams.values() for name in one.channel),
        *(name for one in configuration.people.values() for name in one.reach),
    }
    theirs = private | owned.difference(configuration.teams[team].channel)
    return [name for name in notifiers if name not in theirs]


def on_duty(configuration: Configuration, brand: str) -> str | None:
    """The id of the team on duty for a brand; None where the configuration has none for it.

    A team that only pauses promotions is not on duty for incidents.
    """
    named = configuration.brands[brand].team if brand in configuration.brands else None
    return named or next(
        (id for id, team in configuration.teams.items() if team.pause_from is None), None
    )
