"""The demonstration's stage: doubles of X, Bluesky and Slack on this machine, in simulated time.

The daemon that plays on it is the one that runs in earnest, with the configuration beside this file
whose addresses are those of the doubles.
"""

import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from alerts.posts import Post
from monitor.clock import RunningClock
from monitor.configuration import Configuration, loads
from monitor.demonstration.simulation import OVER_AT, ZONE, Simulation
from monitor.doubles.jetstream import JetstreamDouble
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World, Written
from monitor.doubles.x import XDouble

MORNING = OVER_AT + timedelta(hours=4)
"""When the demonstration ends."""

SEED = 6
HOUR = timedelta(hours=1)
TOKENS = {
    "FJORDWING_X_TOKEN": "x",
    "FJORDWING_SLACK_TOKEN": "xoxb",
    "FJORDWING_SLACK_APP": "xapp",
}
"""The environment variables that the configuration names; their values are made up each time."""

CHATTER_PER_SECOND = 0.2
"""Posts of others on the simulated Bluesky: enough to see that it is observed."""

X, BLUESKY, SLACK, PAGE = 8431, 8432, 8433, 8420
"""The ports that the configuration names; others are taken where these are in use."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the doubles are, and the configuration that names them."""

    configuration: Configuration
    slack: str
    double: SlackDouble
    memory: Path

    def keep(self) -> None:
        """Write down what stands in Slack, which outlives whoever posts there."""
        beside = self.memory.with_name(f"{self.memory.name}-new")
        beside.write_bytes(self.double.kept())
        beside.replace(self.memory)


def written(simulation: Simulation) -> Written:
    """The posts of a simulation as a world has them, hour by hour."""

    @lru_cache(maxsize=400)
    def hour(platform: str, begin: datetime) -> Sequence[Post]:
        [delivery] = simulation.deliveries(begin, begin + HOUR, HOUR)
        return [post for post in delivery.posts if post.platform == platform]

    def between(platform: str, since: datetime, until: datetime) -> Sequence[Post]:
        posts: list[Post] = []
        begin = since.replace(minute=0, second=0, microsecond=0)
        while begin < until:
            posts += [post for post in hour(platform, begin) if since <= post.created_at < until]
            begin += HOUR
        return posts

    return between


@contextmanager
def stage(clock: RunningClock, memory: Path) -> Iterator[Stage]:
    """Set it up, for as long as the block lasts; what stood in Slack is in a file, if any."""
    world = World(clock.now, written(Simulation(SEED)))
    tokens = {name: f"{kind}-{secrets.token_hex(16)}" for name, kind in TOKENS.items()}
    os.environ.update(tokens)
    slack = SlackDouble(
        now=clock.now,
        token=tokens["FJORDWING_SLACK_TOKEN"],
        app_token=tokens["FJORDWING_SLACK_APP"],
        zone=ZONE,
    )
    with ExitStack() as stack:
        x = stack.enter_context(
            serving(XDouble(world, token=tokens["FJORDWING_X_TOKEN"]).app, free(X))
        )
        jetstream = JetstreamDouble(world, chatter_per_second=CHATTER_PER_SECOND)
        bluesky = stack.enter_context(serving(jetstream.app, free(BLUESKY)))
        workspace = stack.enter_context(serving(slack.app, free(SLACK)))
        text = (files("monitor.demonstration") / "fjordwing.yaml").read_text("utf-8")
        for written_url, url in (
            (f"http://127.0.0.1:{X}", x),
            (f"ws://127.0.0.1:{BLUESKY}", bluesky.replace("http", "ws", 1)),
            (f"http://127.0.0.1:{SLACK}", workspace),
            (f"port: {PAGE}", f"port: {free(PAGE)}"),
        ):
            text = text.replace(written_url, url)
        configuration = loads(text)
        slack.people = tuple(one.name for one in configuration.people.values())
        if memory.exists():
            slack.recall(memory.read_bytes())
        set_up = Stage(configuration, workspace, slack, memory)
        try:
            yield set_up
        finally:
            set_up.keep()


def free(port: int) -> int:
    """The port, or 0, which takes any, where it is in use."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return 0
    return port
