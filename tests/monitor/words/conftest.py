"""An evening at the desk of an incident: booking is down, and people write in four languages."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import Connection, select

from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import Refused
from alerts.notifiers import Pressed
from alerts.words.approval import Message
from alerts.words.drafting import draft
from alerts.words.phases import Channel, Phase
from monitor.configuration import Configuration, loads
from monitor.http.application import application
from monitor.incidents import pressing
from monitor.store import Database, messages, schema
from monitor.telling import timeline
from monitor.words import promising
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.conftest import PATIENCE_S, new_store
from tests.service import RunningService, configured, new_database, secret, served, tell

T = TypeVar("T")

PEOPLE = """
notify:
  - {name: desk, kind: terminal}
  - {name: ida, kind: terminal}
  - {name: nora, kind: terminal}
  - {name: crisis, kind: terminal}
people:
  ida: {name: Ida Dahl, reach: [ida]}
  ola: {name: Ola Berg}
  kari: {name: Kari Nygård}
  nora: {name: Nora Lie, rights: [act, lead], reach: [nora]}
  law: {name: Lars Vik}
  guest: {name: Per Moe, rights: []}
words:
  confirm: {flights: [ola]}
  approve: {de: [kari]}
  legal: [law]
teams:
  care: {name: Customer care, people: [ida, ola, kari, nora], channel: [desk]}
restricted: {people: [nora, ida], channel: [crisis]}
"""
MINUTE = timedelta(minutes=1)
BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
ID = scenes.incident().id
NOW = scenes.DETECTED + 20 * MINUTE
HELD = dict.fromkeys(("ida", "ola", "kari", "nora", "law", "guest"), ("read", "act"))
ACCOUNT = "publish: [{kind: x, name: ours}]"


@dataclass
class Evening:
    """The desk of that incident; people are called by their ids, times are minutes since then."""

    database: Database
    configuration: Configuration
    now: datetime

    def wait(self, minutes: float) -> int:
        """Let time pass, and the daemon do what is due: how much that was."""
        self.now += minutes * MINUTE
        return self.write(lambda c: promising.attend(c, self.configuration, self.now))

    def do(self, who: str, verb: str, about: str = "", note: str = "", **value: Any) -> str:
        """Do something as somebody, by the door that everybody goes through."""
        said = value.pop("plain", None)
        text = said if said is not None else json.dumps(value) if value else ""
        pressed = Pressed(verb, about or ID, who, "shell", value=text, note=note)
        done = self.write(lambda c: pressing.do(self.configuration, pressed, self.now, c))
        return done.words

    def refused(self, who: str, verb: str, about: str = "", note: str = "", **value: Any) -> str:
        """The same, which must be refused: with which words."""
        with pytest.raises(Refused) as refused:
            self.do(who, verb, about, note, **value)
        return str(refused.value)

    def confirm(self, kind: str, value: str, who: str = "nora") -> str:
        return self.do(who, "confirm", kind=kind, value=value)

    def draft(self, who: str = "ida", phase: str = "working", **more: Any) -> Message:
        """The message that somebody drafts: in German for X, unless it is said otherwise."""
        wanted = {"phase": phase, "channel": "x", "languages": ["de"], **more}
        said = self.do(who, "draft", **wanted)
        return self.message(
            str(said).split()[said.split().index(f"({wanted['languages'][0]},") - 1]
        )

    def submit(self, who: str = "ida", **more: Any) -> Message:
        """The same, submitted."""
        one = self.draft(who, **more)
        self.do(who, "submit", one.id)
        return self.message(one.id)

    def approve(self, who: str, one: Message) -> str:
        """Approve a message as somebody has read it."""
        return self.do(who, "approve", one.id, plain=one.sha256)

    def post(self, who: str = "ida", approver: str = "kari", **more: Any) -> Message:
        """Draft, submit, approve and post."""
        one = self.submit(who, **more)
        self.approve(approver, one)
        self.do(who, "posted", one.id, plain="https://x.example/1")
        return self.message(one.id)

    def seal(self, phase: str = "working") -> None:
        """Approve the German template of a phase in advance, as it would come out now."""
        for who in ("kari", "law"):
            self.do(who, "seal", self.template(phase))

    def template(self, phase: str) -> str:
        voice = self.configuration.brands["fjordwing"].voice.spoken("Fjordwing Air", "Europe/Oslo")
        made = draft("booking", Phase(phase), "de", Channel.X, {}, voice, self.now)
        assert made is not None
        return made.template

    def messages(self) -> list[Message]:
        return self.read(lambda c: messages.of(c, ID))

    def message(self, id: str) -> Message:
        return next(one for one in self.messages() if one.id == id)

    def trail(self, id: str) -> list[tuple[str, str]]:
        """Who did what to a message."""
        return [(one["by"], one["state"]) for one in self.read(lambda c: messages.trail(c, id))]

    def told(self) -> list[str]:
        """The timeline, as people read it."""
        return [line.words for line in self.read(lambda c: timeline.lines(c, ID))]

    def notices(self, place: str | None = None) -> list[str]:
        """The titles of the notices about words, in a place or anywhere."""
        n = schema.notice.c
        query = select(n.content).where(n.purpose == Purpose.WORDS).order_by(n.at, n.id)
        if place:
            query = query.where(n.notifier == place)
        return [Notice.from_json(one).title for one in self.read(lambda c: [*c.scalars(query)])]

    def read(self, what: Callable[[Connection], T]) -> T:
        with self.database.read() as connection:
            return what(connection)

    def write(self, what: Callable[[Connection], T]) -> T:
        with self.database.write() as connection:
            return what(connection)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite's, except where a test asks for BOTH."""
    return new_store(request, tmp_path, getattr(request, "param", "sqlite"))


@pytest.fixture
def evening(database: Database) -> Evening:
    """Booking is down since a while, and somebody has it."""
    briefing = replace(
        scenes.briefing(about=scenes.incident()),
        languages={"de": 300, "en": 200, "nb": 80, "sv": 20},
    )
    tell(database, scenes.incident(), briefing)
    return Evening(database, loads(CONFIGURATION + PEOPLE), scenes.DETECTED + 20 * MINUTE)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """A daemon in whose store booking is down, and whose people have a token each."""
    database = new_database(tmp_path / "seawall.db")
    briefing = replace(scenes.briefing(about=scenes.incident()), languages={"de": 300, "en": 90})
    tell(database, scenes.incident(), briefing)
    yield RunningService(configured(tmp_path, HELD, PEOPLE, ACCOUNT), database, NOW)
    database.close()


@pytest.fixture
def site(service: RunningService) -> Iterator[str]:
    """The address of its page and API."""
    with served(application(service, wall=lambda: NOW)) as site:
        yield site


@pytest.fixture
def people(site: str) -> Iterator[dict[str, httpx.Client]]:
    """Everybody's client of the API."""
    made = {
        name: httpx.Client(
            base_url=site, headers={"authorization": f"Bearer {secret(name)}"}, timeout=PATIENCE_S
        )
        for name in HELD
    }
    yield made
    for client in made.values():
        client.close()
