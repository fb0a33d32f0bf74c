"""A night in the words of those who were there: what they read in Slack, from first to last."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from alerts.notifiers import Places
from alerts.posts import Post
from monitor.configuration import Configuration, loads
from monitor.daemon.daemon import address
from monitor.daemon.session import Session
from monitor.doubles.serving import serving
from monitor.doubles.slack import Message, SlackDouble
from monitor.store import Database
from monitor.store.schema import notice, notification
from tests.airline import BEGIN, days, flood
from tests.daemons import SECRETS, Receiver
from tests.prometheus import until
from tests.slack_eyes import label_of, seen
from tests.test_story import running

ZONE = "Europe/Oslo"
RATE = 120.0
STEP = timedelta(minutes=5)
PATIENCE_S = 60.0
TEAM, CONTENT = "C0SEAWALL", "C0CONTENT"
CHANNELS = {TEAM: "customer-care", CONTENT: "content"}

CONFIGURATION = """
timezone: Europe/Oslo
languages: [en]
bucket: 5m
false_alarms: 4 per 30 days
incidents: {{resolve_after: 3h, reopen_within: 6h}}
brands:
  fjordwing: {{name: Fjordwing Air, terms: ["@FjordwingAir"]}}
topics:
  booking: {{name: Booking, situation: booking, terms: {{en: [booking]}}}}
  baggage: {{name: Baggage, situation: baggage, terms: {{en: [bags]}}}}
sources:
  - {{kind: push, platforms: [x]}}
notify:
  - {{kind: slack, channel: C0SEAWALL, token: {{env: SCENE_SLACK}}, app_token: {{env: SCENE_APP}},
     base_url: "{slack}/api/"}}
  - {{kind: slack, name: content, channel: C0CONTENT, token: {{env: SCENE_SLACK}},
     app_token: {{env: SCENE_APP}}, base_url: "{slack}/api/"}}
  - {{kind: webhook, name: kari-phone, url: {{env: SCENE_WEBHOOK_URL}},
     secret: {{env: SCENE_WEBHOOK}}}}
people:
  kari: {{name: Kari Nygård, slack: U0KARIX, reach: [slack, kari-phone]}}
  ola: {{name: Ola Berg, slack: U0OLAX, reach: [slack]}}
  nora: {{name: Nora Lie, slack: U0NORAX, reach: [slack], rights: [act, lead]}}
  per: {{name: Per Dahl, slack: U0PERX, reach: [slack]}}
teams:
  care:
    name: Customer care
    people: [kari, ola, nora]
    channel: [slack]
    service_hours: {{mon-fri: "07:00-19:00"}}
    on_call: {{people: [kari, ola], from: 2026-03-02T02:00, every: 1d}}
    ladder: [{{after: 15m, to: [next]}}, {{after: 30m, to: [leads]}}]
  content:
    name: Content
    people: [per]
    channel: [content]
    service_hours: {{mon-fri: "09:00-17:00"}}
    on_call: {{people: [per], from: 2026-03-02T09:00}}
    pause_from: minor
http:
  port: 0
  tokens: {{kari: {{scopes: [read, act, metrics, ingest], secret: {{env: SCENE_KARI}}}}}}
"""


def oslo(hour: int, minute: int, day: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


BRIEF = {
    "true": "Payment fails since midnight",
    "say": "We see it and are looking into it",
    "never": "Whose fault it is",
    "offer": "Free rebooking within 24 hours",
    "ask": "Operations control",
}


class Clock:
    """A clock that stands where it is set; what waits by it waits as if it ran at RATE."""

    rate = RATE

    def __init__(self, begin: datetime) -> None:
        self._now = begin

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now


@dataclass
class Night:
    """A daemon with its people, and what is done while time goes on from one thing to the next."""

    clock: Clock
    configuration: Configuration
    session: Session
    slack: SlackDouble
    receiver: Receiver
    store: Database
    page: str
    posts: list[Post]
    file: Path

    def goes_on(self, to: datetime) -> None:
        """Let it become `to`: whatever is due on the way is done at its time."""
        while self.clock.now() < to:
            now = min(self.clock.now() + STEP, to)
            before = self.clock.now()
            self.clock.set(now)
            self._told(before, now)
            self.settles()

    def _told(self, since: datetime, now: datetime) -> None:
        written = [one for one in self.posts if since <= one.created_at < now]
        self.push(written, {"observed_until": now.isoformat()})

    def push(self, posts: list[Post], about: Mapping[str, str]) -> None:
        rows = [
            {
                "id": one.id,
                "created_at": one.created_at.isoformat(),
                "text": one.text,
                "author": one.author,
                "lang": one.lang,
                "url": f"https://x.example/{one.id.partition('-')[0]}",
            }
            for one in posts
        ]
        body = {"platform": "x", "mentions": rows, **about}
        headers = {"Authorization": f"Bearer {SECRETS['SCENE_KARI']}"}
        answer = httpx.post(f"{self.page}/api/v1/mentions", json=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["malformed"] == []

    def settles(self) -> None:
        """Wait until the daemon has done what is due, and told it."""
        began = self._looks()
        until(lambda: self._looks() >= began + 2, "look at what is due", PATIENCE_S)
        until(lambda: not self.waiting(), "delivery", PATIENCE_S)

    def _looks(self) -> float:
        labels = {"name": "attend", "outcome": "done"}
        return self.session.metrics.registry.get_sample_value("seawall_jobs_total", labels) or 0

    def waiting(self) -> int:
        """How much is still to be told."""
        with self.store.read() as connection:
            return sum(
                len(connection.execute(select(table).where(~table.c.delivered)).all())
                for table in (notice, notification)
            )

    def presses(self, who: str, label: str, choice: str = "") -> None:
        """Somebody presses the newest button that they see with these words, over Socket Mode."""
        message, element = next(
            (message, one | {"block_id": block.get("block_id", "")})
            for message in self.sees(who)
            for block in message.now.blocks
            if block["type"] == "actions"
            for one in block["elements"]
            if label_of(one) == label
        )
        self.slack.hands.press(message, element, who, choice)
        self.arrives()

    def sees(self, who: str) -> Iterator[Message]:
        """What a person sees, to them alone first, the newest first."""
        for said in (self.slack.direct(who), *self.slack.messages.values()):
            for message in reversed(said):
                if message.channel in CHANNELS or message in self.slack.direct(who):
                    yield message
                    yield from reversed(self.slack.thread(message))

    def writes(self, who: str, **answers: str) -> None:
        """Somebody fills in the window that opens before them."""
        until(lambda: self.slack.windows(who), "window", PATIENCE_S)
        self.slack.hands.submit(who, answers)
        self.arrives()

    def arrives(self) -> None:
        """Wait until what was done last has arrived, and what comes of it is told."""
        last = self.slack.socket.envelopes[-1]
        until(lambda: last.acknowledged, "acknowledgement", PATIENCE_S)
        self.settles()


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    begin = oslo(0, 0)
    storm = begin + timedelta(minutes=2)
    posts = [*days(8), *flood(storm, 60)]
    posts.sort(key=lambda one: one.created_at)
    clock = Clock(begin)
    slack = SlackDouble(
        now=clock.now,
        token=SECRETS["SCENE_SLACK"],
        app_token=SECRETS["SCENE_APP"],
        channels=CHANNELS,
        pace_s=0.0,
    )
    receiver = Receiver()
    with ExitStack() as stack:
        hook = stack.enter_context(serving(receiver.app))
        for name, secret in {**SECRETS, "SCENE_WEBHOOK_URL": f"{hook}/hook"}.items():
            monkeypatch.setenv(name, secret)
        text = CONFIGURATION.format(slack=stack.enter_context(serving(slack.app)))
        file = tmp_path / "seawall.yaml"
        file.write_text(text, encoding="utf-8")
        configuration = loads(text)
        store = Database.open(f"sqlite:///{tmp_path / 'seawall.db'}")
        stack.callback(store.close)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        page = address(configuration, listening)
        places = Places("seawall incidents ack {incident}", f"{page}/incidents/{{incident}}")
        session = Session(configuration, store, clock, places)
        stack.enter_context(running(session, listening))
        until(lambda: session.ready, "start", PATIENCE_S)
        the = Night(clock, configuration, session, slack, receiver, store, page, posts, file)
        past = [one for one in posts if one.created_at < begin]
        for first in range(0, len(past), 1000):
            the.push(past[first : first + 1000], {})
        the.push([], {"observed_since": BEGIN.isoformat(), "observed_until": begin.isoformat()})
        until(lambda: slack.socket.connections == 2, "connections", PATIENCE_S)
        yield the


def test_a_night_as_those_who_were_there_read_it(night: Night) -> None:
    night.goes_on(oslo(0, 7))
    print(seen(night.slack, "Kari", ZONE))
    night.presses("Kari", "At my desk in 10 minutes")
    night.goes_on(oslo(0, 9))
    night.presses("Per", "Promotions are paused")
    night.goes_on(oslo(0, 18))
    night.presses("Kari", "I'm at my desk")
    night.goes_on(oslo(0, 21))
    night.presses("Nora", "⋮", "brief")
    print(seen(night.slack, "Nora", ZONE))
    night.writes("Nora", **BRIEF)
    night.goes_on(oslo(0, 23))
    night.presses("Kari", "Read")
    night.presses("Mia", "Resolve")
    night.goes_on(oslo(2, 1))
    night.presses("Ola", "Read")
    night.presses("Ola", "I take over")
    night.goes_on(oslo(2, 10))
    night.presses("Ola", "Resolve")
    for name in ("Ola", "Kari", "Per", "Nora", "Mia"):
        print(name, "*" * 80)
        print(seen(night.slack, name, ZONE))
    assert 0
