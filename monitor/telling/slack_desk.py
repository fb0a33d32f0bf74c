"""What Slack looks up: open incidents, who is on duty, agent briefs, as whoever asks may see it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from alerts import wording
from alerts.briefing import Briefing
from alerts.incidents import Refused, Severity
from alerts.instruction import Instruction
from alerts.notifiers import Pressed
from alerts.notifiers.slack import MOST, Duty
from alerts.roster import Team
from monitor.incidents import deeds, opening, pressing, rights
from monitor.incidents.deeds import NoSuchIncident
from monitor.incidents.rights import Forbidden
from monitor.service import Service
from monitor.store import situations
from monitor.telling import discretion, instructions

_PLACE = "slack"
_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}

T = TypeVar("T")


class SlackDesk:
    """A running daemon as Slack asks it; `alerts.notifiers.slack.Desk`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, pressed: Pressed) -> str:
        """Take what a person did. Raises Refused and StoreError."""
        return await pressing.press(self._service, pressed)

    def now(self) -> datetime:
        """The time, simulated where simulated time runs."""
        return self._service.now()

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

    async def on_duty(self) -> Sequence[Duty]:
        """Who is on duty now, by team."""
        at = self.now()
        return [_duty(team, at) for team in self._service.configuration.rosters.values()]

    async def instruction(self, incident: str, address: str) -> Instruction | None:
        """The newest agent brief, if there is one. Raises Refused."""
        shown = await self.incident(incident, address)
        return await self._read(partial(instructions.newest, incident_id=shown.incident))

    def named(self, address: str) -> str:
        """What a person is called; their Slack id where nobody knows them."""
        people = self._service.configuration.people.values()
        return next((one.name for one in people if one.slack == address), address)

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
