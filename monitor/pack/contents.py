"""What the offline pack has, from the configuration and the approvals in advance.

Nothing of any incident is in it, and nothing that customers wrote.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import wording
from alerts.duty.roster import EVERYBODY, LEADS, NEXT, ON_CALL, Team
from alerts.incidents.incident import Refused
from alerts.languages import base, name
from alerts.words.approval import Role
from alerts.words.facts import standing
from alerts.words.kinds import KINDS, LANGUAGES, Type
from monitor.configuration import Configuration
from monitor.configuration.brands import Brand
from monitor.pack import words
from monitor.pack.words import Situation, Speaker
from monitor.staffing.roster import on_duty
from monitor.store import messages
from monitor.words.rights import leads, who_confirm

GOOD_FOR = timedelta(days=14)
"""So far ahead it knows whose turn it is; a newer one takes its place."""


@dataclass(frozen=True, slots=True)
class Number:
    """Somebody to call, for what, and what to know; `phone` is empty where nobody said it."""

    name: str
    phone: str = ""
    what: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is to be called, from when to when, in words; nobody's where `who` is None."""

    who: Number | None
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Whom a team has called, in which order: whose turn it is, and then the ladder."""

    team: str
    desk: str
    turns: tuple[Turn, ...]
    ladder: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """All of it; times are words, on the clock of `timezone`. `may` says who may do what."""

    title: str
    made: str
    until: str
    timezone: str
    duty_list: tuple[Number, ...]
    people: tuple[Number, ...]
    calls: tuple[Calls, ...]
    may: tuple[tuple[str, str], ...]
    confirm: tuple[tuple[str, str], ...]
    situations: tuple[Situation, ...]


def pack(
    connection: Connection,
    configuration: Configuration,
    team: str | None,
    now: datetime,
    zone: str = "",
) -> Pack:
    """The pack of a team by id, None: of all; its times on the clock of `zone`, or of the file.

    Raises Refused for a team that there is not.
    """
    if team is not None and team not in configuration.rosters:
        names = ", ".join(configuration.rosters) or "none"
        raise Refused(f"there is no team {team!r}; there are: {names}")
    zone = zone or configuration.timezone
    teams = [one for id, one in configuration.rosters.items() if team in (None, id)]
    brands = _brands(configuration, team)
    spoken = speakers(configuration, brands)
    situations = words.told(spoken, sealed(connection, spoken))
    of = configuration.teams[team].name if team else ", ".join(one.name for one in brands)
    return Pack(
        title=of or "Seawall",
        made=wording.moment(now, zone),
        until=wording.moment(now + GOOD_FOR, zone),
        timezone=zone,
        duty_list=tuple(
            Number(one.name or "", one.phone or "", one.function, one.note or "")
            for one in configuration.duty_list
        ),
        people=tuple(_people(configuration, teams, team)),
        calls=tuple(_calls(configuration, one, now, zone) for one in teams if not one.pause_from),
        may=tuple(_may(configuration, spoken)),
        confirm=tuple(_confirm(configuration, situations)),
        situations=situations,
    )


def speakers(configuration: Configuration, brands: Sequence[Brand]) -> list[Speaker]:
    """The languages that there are texts in, each as these brands speak it; equal ones once."""
    one = brands[0] if len(brands) == 1 else None
    links = {
        kind: fact.value
        for kind, fact in standing(one.facts if one else {}).items()
        if KINDS[kind].type in (Type.LINK, Type.PHONE, Type.CODES)
    }
    found = (
        Speaker(one.name if one else None, language, voice.formal(language), links)
        for brand in brands
        for voice in [brand.voice.spoken(brand.name, configuration.timezone)]
        for language in languages(configuration)
    )
    return list({(each.language, each.formal): each for each in found}.values())


def languages(configuration: Configuration) -> list[str]:
    """The configured languages that there are texts in."""
    spoken = map(base, configuration.languages)
    return [one for one in dict.fromkeys(spoken) if one in LANGUAGES]


def sealed(connection: Connection, spoken: Sequence[Speaker]) -> Collection[str]:
    """The templates approved in advance, by readers of their language and by legal."""
    given = messages.seals(connection, words.templates(spoken))
    return [one for one, roles in given.items() if {Role.LANGUAGE, Role.LEGAL} <= roles.keys()]


def _brands(configuration: Configuration, team: str | None) -> list[Brand]:
    """One's own brands that a team is on duty for; all where it is on duty for none."""
    ours = {id: one for id, one in configuration.brands.items() if one.ours}
    theirs = [one for id, one in ours.items() if on_duty(configuration, id) == team]
    return theirs or [*ours.values()]


def _number(configuration: Configuration, person: str, what: str = "") -> Number:
    one = configuration.people[person]
    return Number(one.name, one.phone or "", what)


def _people(
    configuration: Configuration, teams: Sequence[Team], only: str | None
) -> Iterator[Number]:
    """Everybody of these teams, and who leads; of all teams, everybody."""
    of: dict[str, list[str]] = {id: [] for id in configuration.people} if only is None else {}
    for team in teams:
        turns = [configuration.teams[team.id].on_call]
        people = [*team.people, *(one for turn in turns if turn for one in turn.people)]
        for person in dict.fromkeys(people):
            of.setdefault(person, []).append(team.name)
    for person in leads(configuration):
        of.setdefault(person, []).append("leads")
    for person, names in of.items():
        yield _number(configuration, person, ", ".join(names))


def _calls(configuration: Configuration, team: Team, now: datetime, zone: str) -> Calls:
    until = now + GOOD_FOR
    turns = [
        Turn(
            _number(configuration, shift.person) if shift.person else None,
            wording.moment(max(shift.since or now, now), zone),
            wording.moment(min(shift.until or until, until), zone),
        )
        for shift in team.rota.shifts(now, until)
    ]
    hours = ", ".join(f"{days} {hours}" for days, hours in team.hours.root.items())
    everybody = configuration.teams[team.id].on_call is None
    return Calls(
        team.name,
        f"at the desks {hours} ({team.zone.key})",
        () if everybody else tuple(turns),
        tuple(_rungs(configuration, team)),
    )


def _rungs(configuration: Configuration, team: Team) -> Iterator[str]:
    """The ladder, rung by rung; last of all everybody."""
    names = {id: one.name for id, one in configuration.people.items()}
    known = {
        ON_CALL: "whoever is on call",
        NEXT: "whoever is next on call",
        LEADS: f"the leads: {', '.join(names[one] for one in team.leads)}",
        EVERYBODY: "everybody",
    }
    for rung in team.ladder:
        who = " and ".join(known.get(one) or names[one] for one in rung.to)
        yield f"after {wording.span(rung.after)}: {who}"
    yield "then everybody, again and again, until somebody has it"


def _may(configuration: Configuration, spoken: Sequence[Speaker]) -> Iterator[tuple[str, str]]:
    """Who may approve what, by name."""
    ours, named = configuration.words, configuration.people

    def who(ids: Collection[str] | None) -> str:
        found = leads(configuration) if ids is None else ids
        return ", ".join(named[id].name for id in found) or ("nobody" if named else "anybody")

    for language in dict.fromkeys(one.language for one in spoken):
        yield f"approves in {name(language)}", who(ours.readers(language))
    yield "approves for legal", who(ours.legal)
    yield "approves alone, with a reason, where that is allowed", who(ours.break_glass)


def _confirm(
    configuration: Configuration, situations: Sequence[Situation]
) -> Iterator[tuple[str, str]]:
    """Who confirms what has to be filled in, and of which department that is."""
    wanted = {one for situation in situations for one in words.open_kinds(situation)}
    for id, kind in KINDS.items():
        if kind.name in wanted and not kind.standing:
            by = f"{kind.confirms}: " if kind.confirms else ""
            yield kind.name, f"{by}{who_confirm(configuration, id)}"
