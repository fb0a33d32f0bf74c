"""An exercise as it is played: customers write, things happen, operations answer what is asked."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.incidents.incident import Refused
from alerts.notifiers import Pressed
from alerts.words.kinds import KINDS
from monitor.daemon.session import Session
from monitor.demonstration.simulation import PLATFORMS
from monitor.drill.result import is_played
from monitor.drill.scenario import Scenario, Step
from monitor.drill.setting import OPERATIONS, Setting
from monitor.incidents import pressing
from monitor.store import Database, facts, situations
from monitor.watch import Watch

PLACE = "drill"
PAST = timedelta(days=6)
"""So much of ordinary life is known when it begins."""

_AT_ONCE = timedelta(hours=12)


def ordinary_days(store: Database, setting: Setting, until: datetime) -> None:
    """Let customers have written as ever for some days, up to a whole minute."""
    watch = Watch.start(setting.configuration, store, PLATFORMS)
    since = until - PAST
    while since < until:
        watch.take(setting.delivery(since, since + _AT_ONCE, None))
        since += _AT_ONCE


@dataclass(slots=True)
class Play:
    """A scenario in a session, which begins to be bad at `began`, after ordinary days.

    All that customers wrote is stored up to `written`; `tell` is called with what happens, and
    `noticed` with the id of each incident that is opened.
    """

    session: Session
    setting: Setting
    scenario: Scenario
    tell: Callable[[str], None]
    noticed: Callable[[str], None]
    began: datetime
    written: datetime
    _happened: int = 0
    _unsaid: list[Step] = field(default_factory=list)
    _answered: set[str] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)

    async def go_on(self) -> bool:
        """Do what is due now; whether it goes on."""
        now = self.session.now()
        until = now.replace(second=0, microsecond=0)
        if self.written < until:
            told = self.setting.delivery(self.written, until, self.began)
            await self.session.ingest(told)
            self.written = until
        for step in self.scenario.steps[self._happened :]:
            if now < self.began + step.at:
                break
            self.tell(step.tell)
            self._unsaid.append(step)
            self._happened += 1
        if incident := self._incident():
            if incident not in self._known:
                self._known.add(incident)
                self.noticed(incident)
            while self._unsaid:
                for kind, value in self._unsaid.pop(0).facts.items():
                    await self._say(incident, kind, value)
            await self._answer(incident, now)
        return now < self.began + self.scenario.lasts

    async def _answer(self, incident: str, now: datetime) -> None:
        """Say what is known to whoever has asked for it and waited as long as it takes."""
        with self.session.database.read() as connection:
            asked = facts.requests(connection, incident)
        for one in asked:
            value = self.scenario.answers.get(one.kind)
            due = one.at + self.scenario.answer_after <= now and one.id not in self._answered
            if value is not None and due:
                self._answered.add(one.id)
                asked_of = f"{one.function[:1].upper()}{one.function[1:]}"
                self.tell(f"{asked_of}, who was asked: {KINDS[one.kind].name}: {value}.")
                await self._say(incident, one.kind, value)

    async def _say(self, incident: str, kind: str, value: str) -> None:
        """Operations say a fact, which somebody may confirm; what is confirmed so is said."""
        said = json.dumps({"kind": kind, "value": value, "source": "an exercise"})
        try:
            await pressing.press(self.session, Pressed("fact", incident, OPERATIONS, PLACE, said))
        except Refused as refused:
            self.tell(f"(Not said again: {refused})")

    def _incident(self) -> str | None:
        """What was noticed of it, the newest that is not over; None before that."""
        with self.session.database.read() as connection:
            known = [one for one in situations.unresolved(connection) if is_played(one, self.began)]
        return known[-1].id if known else None
