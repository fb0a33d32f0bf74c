"""`seawall run` as people start it, in real time, while nothing happens that concerns it."""

import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from monitor import clock
from monitor.bench.measures._daemon import Usage, bluesky_source, doubles, soon, until_ready
from monitor.bench.measures._daemon_life import Life, configuration
from monitor.bench.process import Tell

BRANDS: Final = 10
TOPICS: Final = 4
CHATTER: Final = 50.0
"""Posts of others in a second; none is on a brand."""

_COMMAND: Final = "from monitor.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Idle:
    """Seconds from the start of the process until it is ready; what it uses from then on."""

    series: int
    chatter: float
    ready_s: float
    seconds: float
    memory: int
    cpu_a_minute: float


def idle(seconds: float, tell: Tell) -> Idle:
    """Start a daemon with nothing to do, and look at it for so long; `tell` of the seconds."""
    life = Life(BRANDS, 0.0)
    with (
        tempfile.TemporaryDirectory(prefix="seawall-bench-") as name,
        doubles(life, CHATTER) as two,
    ):
        two.start(soon(clock.wall(), 1.0))
        folder, port = Path(name), _free_port()
        topics = [
            f"  topic-{each}: {{name: Topic {each}, terms: [word{each}]}}" for each in range(TOPICS)
        ]
        more = [f"http: {{port: {port}}}", "topics:", *topics]
        text = configuration(life, bluesky_source(two.bluesky, backfill=False), more)
        (folder / "seawall.yaml").write_text(text, "utf-8")
        began = clock.stopwatch()
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", _COMMAND, "run", "--database", "sqlite:///seawall.db"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                until_ready(f"http://127.0.0.1:{port}", process.pid)
                ready_s = clock.stopwatch() - began
                clock.sleep(1.0)
                before, since = Usage.of(process.pid), clock.stopwatch()
                while (left := seconds - (clock.stopwatch() - since)) > 0:
                    tell(int(seconds - left), int(seconds))
                    clock.sleep(min(left, 1.0))
                after, passed = Usage.of(process.pid), clock.stopwatch() - since
                tell(int(seconds), int(seconds))
            finally:
                process.terminate()
    cpu = (after.cpu - before.cpu) * 60 / passed
    return Idle(BRANDS * (TOPICS + 1), CHATTER, ready_s, passed, after.memory, cpu)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
