"""A night, over real sockets: from what people write to the last word on the incident."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.notifiers import Places
from monitor import clock
from monitor.clock import RunningClock
from monitor.configuration import loads
from monitor.daemon.daemon import address
from monitor.daemon.session import Session
from monitor.demonstration.simulation import ZONE
from monitor.doubles._slack_channel import Message
from monitor.doubles.jetstream import JetstreamDouble
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World
from monitor.doubles.x import XDouble
from monitor.store import Database, access
from tests.airline import BEGIN, CONFIGURATION, days, flood
from tests.conftest import PATIENCE_S, until
from tests.prometheus import Prometheus, scraping
from tests.test_grafana import EXPRESSIONS, filled

RATE = 60.0
NIGHT = BEGIN + timedelta(days=6, hours=22, minutes=50)
STORM = NIGHT + timedelta(minutes=8)
TOKEN = "kari-has-this-token-for-the-night"  # noqa: S105
SECRETS = {"STORY_X": "x-secret-token", "STORY_BOT": "xoxb-secret", "STORY_APP": "xapp-secret"}

LIVE = """
sources:
  - {{kind: x, token: {{env: STORY_X}}, every: 1m, backfill: 6d, base_url: "{x}"}}
  - {{kind: bluesky, urls: ["{bluesky}/subscribe"]}}
notify:
  - {{kind: slack, channel: C0SEAWALL, token: {{env: STORY_BOT}}, app_token: {{env: STORY_APP}},
     base_url: "{slack}/api/"}}
http:
  port: 0
  tokens: {{kari: {{scopes: [read, act, metrics], secret: {{env: STORY_TOKEN}}}}}}
"""


@dataclass(frozen=True)
class Night:
    """What runs: the daemon's page, its doubles and its store."""

    page: str
    slack: SlackDouble
    bluesky: JetstreamDouble
    store: Database
    prometheus: Prometheus

    def api(self, method: str, path: str) -> Any:
        answer = httpx.request(
            method,
            f"{self.page}{path}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=PATIENCE_S,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def surge(self) -> list[Message]:
        """What was posted of Booking: a machine with much else to do may be blind at times, too."""
        told = [one for one in self.slack.messages["C0SEAWALL"] if one.to is None]
        return [one for one in told if "Booking" in one.now.text]

    def browser(self) -> httpx.Client:
        """Somebody who was let in by a one-time link."""
        with self.store.write() as connection:
            link = access.make_link(connection, clock.wall())
        client = httpx.Client(base_url=self.page, follow_redirects=True, timeout=PATIENCE_S)
        form = client.get("/sign-in", params={"link": link})
        client.post("/sign-in", data={**hidden(form.text), "name": "Kari"})
        return client


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


@contextmanager
def running(session: Session, listening: socket.socket) -> Iterator[None]:
    """The session in a thread of its own, until the block ends."""
    began = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def run() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        began.set()
        await session.run(listening, stop)

    thread = threading.Thread(target=asyncio.run, args=[run()])
    thread.start()
    began.wait()
    try:
        yield
    finally:
        [(loop, stop)] = loops
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    for name, secret in {**SECRETS, "STORY_TOKEN": TOKEN}.items():
        monkeypatch.setenv(name, secret)
    flooded = flood(STORM, 60)
    posts = [*days(7), *flooded, *(replace(one, platform="bluesky") for one in flooded[::2])]
    now = RunningClock(NIGHT, RATE)
    world = World.of(posts, now.now)
    x, slack = (
        XDouble(world, token=SECRETS["STORY_X"]),
        SlackDouble(now=now.now, token=SECRETS["STORY_BOT"], app_token=SECRETS["STORY_APP"]),
    )
    bluesky = JetstreamDouble(world, chatter_per_second=0.2)
    with ExitStack() as stack:
        urls = {
            "x": stack.enter_context(serving(x.app)),
            "bluesky": stack.enter_context(serving(bluesky.app)).replace("http", "ws", 1),
            "slack": stack.enter_context(serving(slack.app)),
        }
        configuration = loads(
            CONFIGURATION.replace("bucket: 5m", "bucket: 1m") + LIVE.format(**urls)
        )
        store = Database.open(f"sqlite:///{tmp_path / 'seawall.db'}")
        stack.callback(store.close)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        page = address(configuration, listening)
        places = Places("seawall incidents ack {incident}", f"{page}/incidents/{{incident}}")
        session = Session(configuration, store, now, places)
        stack.enter_context(running(session, listening))
        prometheus = stack.enter_context(scraping(page, tmp_path, TOKEN))
        yield Night(page, slack, bluesky, store, prometheus)


def test_a_night_from_the_first_posts_to_the_last_word(night: Night) -> None:
    night.bluesky.insert("this is no event")
    until(night.surge, "message in Slack of a surge")
    every = night.api("GET", "/api/v1/incidents")["incidents"]
    [told] = [one for one in every if one["kind"] == "surge"]
    assert told["state"] == "open"
    night.slack.press("seawall_acknowledge", told["id"], user="Kari")
    until(lambda: "Kari" in str(night.surge()[0].now.blocks), "acknowledgement")
    told = night.api("GET", f"/api/v1/incidents/{told['id']}")
    assert (told["state"], told["acknowledged_by"]) == ("acknowledged", "Kari")
    assert {"x", "bluesky"} >= set(told["briefing"]["platforms"])

    with closing(night.browser()) as client:
        shown = client.get(f"/incidents/{told['id']}").text
    assert "Kari" in shown
    assert told["briefing"]["headline"].partition(" — ")[0] in shown
    assert any(str(f"{STORM.astimezone(ZONE):%H:}") in line for line in shown.splitlines())

    night.prometheus.scrapes(3)
    [acknowledged] = night.prometheus.query('seawall_incidents{state="acknowledged",calls="true"}')
    assert acknowledged["value"][1] == "1"
    surging = night.prometheus.query("seawall_surging == 1")
    assert {"booking"} <= {one["metric"]["topic"] for one in surging}
    chosen = {"brand": "fjordwing", "topic": ".*", "platform": ".*"}
    silent = [
        expression.id
        for expression in EXPRESSIONS
        if not night.prometheus.query(filled(expression.values[0], **chosen))
    ]
    assert silent == [], "every panel of the dashboard has something to show"

    night.api("POST", f"/api/v1/incidents/{told['id']}/resolve")
    until(
        lambda: "resolved" in str(night.surge()[0].now.blocks).lower(),
        "resolution in Slack",
    )
    assert night.slack.posted[told["id"]] == 1, "one message per incident, updated in place"
    steps = [
        step["kind"] for step in night.api("GET", f"/api/v1/incidents/{told['id']}")["timeline"]
    ]
    assert steps[0] == "opened"
    assert {"acknowledged", "resolved"} <= set(steps)
