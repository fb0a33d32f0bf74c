"""What Slack looks up: open incidents, who is on duty, agent briefs, as whoever asks may see it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.duty.roster import Team
from alerts.incidents.incident import Refused, Severity
from alerts.notifiers import Pressed
from alerts.notifiers.slack import MOST, Chosen, Duty, Standing, Words
from monitor.incidents import deeds, opening, pressing, rights
from monitor.incidents.deeds import NoSuchIncident
from monitor.incidents.rights import Forbidden
from monitor.service import Service
from monitor.store import messages, situations
from monitor.telling import discretion, instructions, slack_words
from monitor.telling.exercise import practises
from monitor.words import looking, proposing
from monitor.words.desk import Desk
from monitor.words.desk import looking as at_desk
from monitor.words.drafts import Wanted
from monitor.words.verbs import DraftWanted

_PLACE = "slack"
_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}

T = TypeVar("T")


class SlackDesk:
    """A running daemon as Slack asks it; `alerts.notifiers.slack.Desk`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, pressed: Pressed) -> str:
        """Take what a person did. Raises Refused and StoreError."""
        if pressed.verb == proposing.PROPOSE:
            pressed = replace(pressed, value=await self._proposed(pressed))
        return await pressing.press(self._service, pressed)

    async def _proposed(self, pressed: Pressed) -> str:
        """What the configured program answers to what somebody wants to say. Raises Refused."""
        address, asked = pressed.address or "", DraftWanted.model_validate_json(pressed.value)
        wanted = Wanted(asked.phase, asked.channel, asked.languages)
        shown = await self.incident(pressed.about, address)
        question = await self._read(
            lambda connection: proposing.question(self._at(connection, shown, address), wanted)
        )
        return await proposing.answer(self._service.configuration.propose, question)

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""
        return self._service.now()

    def practises(self) -> bool:
        """Whether it is an exercise, so that whatever somebody is shown says so."""
        return practises(self._service.configuration)

    def brands(self) -> Sequence[str]:
        """Our own brands, by id."""
        return opening.own(self._service.configuration)

    async def open_incidents(self, address: str) -> Sequence[Briefing]:
        """The newest briefings of incidents that are not over, the MOST severe ones first."""
        member = self._member(address)

        def found(connection: Connection) -> list[Briefing]:
            known = [one for one in situations.unresolved(connection) if not one.merged_into]
            known.sort(key=lambda one: (_RANK[one.severity], one.detected_at, one.id))
            newest = [situations.latest_briefing(connection, one.id) for one in known[:MOST]]
            return [self._shown(each, member) for each in newest]

        return await self._read(found)

    async def incident(self, id: str, address: str) -> Briefing:
        """The newest briefing of one; a look at a restricted one is noted. Raises Refused."""
        member = self._member(address)

        def found(connection: Connection) -> Briefing:
            try:
                meant = deeds.find(connection, id)
            except NoSuchIncident as error:
                raise Refused(str(error)) from error
            return self._shown(situations.latest_briefing(connection, meant), member)

        briefing = await self._read(found)
        if briefing.restricted:
            if not self._sees(member):
                raise Forbidden(f"{briefing.incident} is restricted: only named people may see it")
            looked = partial(
                discretion.saw,
                incident=briefing.incident,
                person=member or address,
                place=_PLACE,
                at=self.now(),
            )
            await self._service.write(looked)
        return briefing

    async def known(self, id: str, address: str) -> Briefing | None:
        """The same without a look at it, only to name it; None where there is none."""
        member = self._member(address)

        def found(connection: Connection) -> Briefing | None:
            try:
                meant = deeds.find(connection, id)
            except NoSuchIncident:
                return None
            return self._shown(situations.latest_briefing(connection, meant), member)

        return await self._read(found)

    async def on_duty(self) -> Sequence[Duty]:
        """Who is on duty now, by team."""
        at = self.now()
        return [_duty(team, at) for team in self._service.configuration.rosters.values()]

    async def instruction(self, incident: str, address: str) -> Instruction | None:
        """The newest agent brief, if there is one. Raises Refused."""
        shown = await self.incident(incident, address)
        return await self._read(partial(instructions.newest, incident_id=shown.incident))

    async def readers(self, incident: str, address: str) -> str:
        """Who has read the newest agent brief, and who of the team has not. Raises Refused."""
        shown = await self.incident(incident, address)
        configuration = self._service.configuration

        def found(connection: Connection) -> str:
            brief = instructions.newest(connection, shown.incident)
            if brief is None:
                return ""
            read = instructions.readers(connection, shown.incident, brief.revision)
            unread = instructions.unread(connection, configuration, shown.incident)
            said = {"Read by": [*read], "not yet by": unread}
            return "; ".join(
                f"{how} {', '.join(self._name(one) for one in those)}"
                for how, those in said.items()
                if those
            )

        return await self._read(found)

    async def words(self, incident: str, address: str, chosen: Chosen) -> Words:
        """What could be said of an incident now, and what is known. Raises Refused."""
        shown = await self.incident(incident, address)
        return await self._read(
            lambda connection: slack_words.words(self._at(connection, shown, address), chosen)
        )

    async def message(self, id: str, address: str) -> tuple[Briefing, Standing]:
        """A message, and its incident. Raises Refused."""
        shown = await self.incident(id.rpartition("/")[0], address)

        def found(connection: Connection) -> Standing:
            desk = self._at(connection, shown, address)
            known = {one.id: one for one in messages.of(connection, shown.incident)}
            if id not in known:
                raise Refused(f"there is no message {id!r}")
            return slack_words.standing(looking.standing(desk, known[id]))

        return shown, await self._read(found)

    def departments(self) -> Sequence[str]:
        """Teams, and functions of the duty list."""
        configuration = self._service.configuration
        teams = [one.name for one in configuration.teams.values()]
        return [*dict.fromkeys([*teams, *(one.function for one in configuration.duty_list)])]

    def _at(self, connection: Connection, shown: Briefing, address: str) -> Desk:
        """The desk of an incident, for a person who looks."""
        configuration = self._service.configuration
        who = rights.actor(configuration, address, _PLACE, address)
        return at_desk(connection, configuration, shown.incident, who, self.now())

    def named(self, address: str) -> str:
        """What a person is called; their Slack id where nobody knows them."""
        people = self._service.configuration.people.values()
        return next((one.name for one in people if one.slack == address), address)

    def _name(self, person: str) -> str:
        known = self._service.configuration.people.get(person)
        return known.name if known else person

    def _member(self, address: str) -> str | None:
        """Which person of the configuration this is; None where it is nobody."""
        try:
            return rights.actor(self._service.configuration, address, _PLACE, address).member
        except Forbidden:
            return None

    def _sees(self, member: str | None) -> bool:
        return discretion.may_see(self._service.configuration, True, member)

    def _shown(self, briefing: Briefing, member: str | None) -> Briefing:
        if briefing.restricted and not self._sees(member):
            return discretion.neutral(briefing, self._service.configuration)
        return briefing

    async def _read(self, look: Callable[[Connection], T]) -> T:
        def looked() -> T:
            with self._service.database.read() as connection:
                return look(connection)

        return await asyncio.to_thread(looked)


def _duty(team: Team, at: datetime) -> Duty:
    shift = team.shift(at)
    on_call = team.known.get(shift.person or "")
    if on_call is None:
        return Duty(team.name, (), at_desks=team.is_open(at))
    until = wording.moment(shift.until, team.zone.key) if shift.until else ""
    return Duty(team.name, (on_call.name,), until, at_desks=team.is_open(at))
