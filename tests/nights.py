"""A night of an airline's people: a real daemon, Slack's double, and a clock that tests set.

The clock stands until everything that is due by it has been done and told, so that a story is the
same on any machine, minute by minute.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from alerts.briefings.picture import png
from alerts.notifiers import Places
from alerts.posts import Post
from monitor.clock import SimulatedClock
from monitor.configuration import loads
from monitor.daemon.daemon import address
from monitor.daemon.session import Session
from monitor.doubles.serving import serving
from monitor.doubles.slack import Message, SlackDouble
from monitor.store import Database, volume
from monitor.store.schema import notice, notification
from tests.airline import BEGIN, days, flood
from tests.alerts import scenes
from tests.conftest import until
from tests.daemons import SECRETS, Receiver
from tests.slack_eyes import label_of
from tests.test_story import running

ZONE = "Europe/Oslo"
STEP, MINUTE = timedelta(minutes=5), timedelta(minutes=1)
PATIENCE_S = 60.0
CARE, CONTENT = "C0SEAWALL", "C0CONTENT"
CHANNELS = {CARE: "customer-care", CONTENT: "content"}

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
  - {{kind: webhook, name: phone, url: {{env: SCENE_WEBHOOK_URL}},
     secret: {{env: SCENE_WEBHOOK}}}}
people:
  kari: {{name: Kari Nygård, slack: U0KARIX, reach: [slack, phone]}}
  ola: {{name: Ola Berg, slack: U0OLAX, reach: [slack, phone]}}
  nora: {{name: Nora Lie, slack: U0NORAX, reach: [slack, phone], rights: [act, lead]}}
  per: {{name: Per Dahl, slack: U0PERX, reach: [slack]}}
teams:
  care:
    name: Customer care
    people: [kari, ola, nora]
    channel: [slack]
    service_hours: {{mon-fri: "07:00-19:00"}}
    on_call: {{people: [kari, ola], from: 2026-03-02T02:01, every: 1d}}
    ladder: [{{after: 17m, to: [next]}}, {{after: 32m, to: [leads]}}]
  content:
    name: Content
    people: [per]
    channel: [content]
    service_hours: {{mon-fri: "09:00-17:00"}}
    on_call: {{people: [per], from: 2026-03-02T09:00}}
    answer_within: 12m
    pause_from: minor
http:
  port: 0
  tokens:
    kari: {{scopes: [read, act, ingest], secret: {{env: SCENE_KARI}}}}
"""


def at(hour: int, minute: int) -> datetime:
    """The time on a clock in Oslo, in the night of 9 March."""
    return datetime(2026, 3, 9, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def _next(now: datetime) -> datetime:
    """The end of a bucket, and the minute before it.

    What is due by the clock is due between these, so that it never meets a bucket that ends.
    """
    end = now + STEP - (now - at(0, 0)) % STEP
    return end - MINUTE if now < end - MINUTE else end


class Clock:
    """Stands where it is set; what waits by it waits as if it ran at `rate`."""

    rate = 120.0

    def __init__(self, begin: datetime) -> None:
        self._now = begin

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now


@dataclass(frozen=True)
class Night:
    """What there is, what people do, and how time goes on between."""

    clock: Clock
    session: Session
    slack: SlackDouble
    receiver: Receiver
    store: Database
    url: str
    page: str
    posts: Sequence[Post]
    file: Path

    def goes_on(self, to: datetime, *, told: bool = True) -> None:
        """Let it become `to`, posts being written; what is due is done, and told, at its time."""
        while (before := self.clock.now()) < to:
            self._becomes(min(_next(before), to))
            self.push(before, self.clock.now())
            self.settles(told=told)

    def _becomes(self, now: datetime) -> None:
        self.clock.set(now)
        with self.store.write() as connection:  # for whoever acts from a shell
            volume.put_clock(connection, SimulatedClock.standing(now))

    def push(self, since: datetime, until_: datetime) -> None:
        """Hand over what was written meanwhile."""
        written = [one for one in self.posts if since <= one.created_at < until_]
        for first in range(0, max(len(written), 1), 1000):
            rows = [_row(one) for one in written[first : first + 1000]]
            self.asks("POST", "mentions", {"platform": "x", "mentions": rows})
        about = {"observed_since": since.isoformat(), "observed_until": until_.isoformat()}
        self.asks("POST", "mentions", {"platform": "x", "mentions": [], **about})

    def asks(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the API answers Kari."""
        headers = {"Authorization": f"Bearer {SECRETS['SCENE_KARI']}"}
        url = f"{self.page}/api/v1/{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settles(self, *, told: bool = True) -> None:
        """Wait until the daemon has done what is due and, unless that cannot be, has told it."""
        began = self._looks()
        until(lambda: self._looks() >= began + 2, "look at what is due", PATIENCE_S)
        if told:
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
            (message, {**one, "block_id": block.get("block_id", "")})
            for message in self._sees(who)
            for block in message.now.blocks
            if block["type"] == "actions"
            for one in block["elements"]
            if label_of(one) == label
        )
        self.slack.hands.press(message, element, who, choice)
        self._arrives()

    def _sees(self, who: str) -> Iterator[Message]:
        """What a person sees, to them alone first, the newest first."""
        yield from reversed(self.slack.direct(who))
        for channel in CHANNELS:
            for message in reversed(self.slack.messages[channel]):
                yield from reversed([message, *self.slack.thread(message)])

    def writes(self, who: str, **answers: str) -> None:
        """Somebody fills in the window that opens before them."""
        until(lambda: self.slack.windows(who), "window", PATIENCE_S)
        self.slack.hands.submit(who, answers)
        self._arrives()

    def _arrives(self) -> None:
        last = self.slack.socket.envelopes[-1]
        until(lambda: last.acknowledged, "acknowledgement", PATIENCE_S)
        self.settles()


def _row(one: Post) -> dict[str, Any]:
    return {
        "id": one.id,
        "created_at": one.created_at.isoformat(),
        "text": one.text,
        "author": one.author,
        "lang": one.lang,
    }


@contextmanager
def night(
    folder: Path,
    environment: pytest.MonkeyPatch,
    configured: str = CONFIGURATION,
    crowd: Sequence[Post] = (),
) -> Iterator[Night]:
    """It is midnight, and from two minutes past on booking fails for an hour, or `crowd` writes."""
    png(scenes.briefing())  # what draws has been imported when the first chart is wanted
    clock = Clock(at(0, 0))
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
            environment.setenv(name, secret)
        text = configured.format(slack=stack.enter_context(serving(slack.app)))
        file = folder / "seawall.yaml"
        file.write_text(text, encoding="utf-8")
        configuration = loads(text)
        url = f"sqlite:///{folder / 'seawall.db'}"
        store = Database.open(url)
        stack.callback(store.close)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        page = address(configuration, listening)
        places = Places("seawall incidents ack {incident}", f"{page}/incidents/{{incident}}")
        session = Session(configuration, store, clock, places)
        stack.enter_context(running(session, listening))
        until(lambda: session.ready and slack.socket.connections == 2, "beginning", PATIENCE_S)
        posts = [*days(8), *(crowd or flood(at(0, 2), 60))]
        the = Night(clock, session, slack, receiver, store, url, page, posts, file)
        the.push(BEGIN, at(0, 0))
        yield the
