"""From the last post of a bucket to the request that arrives in Slack."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

import httpx
import numpy as np
from sqlalchemy import select

from monitor import clock
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._daemon import (
    MINIMAL,
    SCRAPED,
    SECRETS,
    Commit,
    Message,
    Pace,
    Running,
    bluesky_source,
    daemon,
    doubles,
    real_seconds,
    slack_notifier,
    soon,
)
from monitor.bench.measures._daemon_life import (
    BEGIN,
    MINUTE,
    PLATFORM,
    Flood,
    Life,
    configuration,
)
from monitor.bench.page import number, times
from monitor.bench.plots import Curves
from monitor.configuration import loads
from monitor.sources.kinds._jetstream import instance_of
from monitor.store import Database
from monitor.store.schema import incident
from monitor.watch import Watch

TOPICS: Final = 200
RATE: Final = 60.0
GOAL_P99_S: Final = 10.0
CHATTER: Final = 10.0
APART: Final = 2 * MINUTE
"""Simulated time from one flood to the next; Slack takes one message a second."""

FIRST: Final = 15 * MINUTE
"""Before the first flood, the daemon starts and catches up."""

LASTING: Final = 4
"""Minutes of a flood."""

SETTLED: Final = 10 * MINUTE
PROBES: Final = 50

RECORDED: Final = ()

ABOUT = f"""
How long it takes from the end of the bucket that opens a surge, before which its last post was
written, until the request about it arrives in Slack.

The daemon of `seawall run` in a process of its own, doubles of Jetstream and Slack in another, over
real sockets, one commit after the other to a SQLite file. {TOPICS} brands with the topic *all
mentions*, each with a post in five minutes; {CHATTER:.0f} posts a second of others; two days of
history. Then floods of 60 posts a minute for {LASTING} minutes, on one brand after the other in
drawn order, and again in the same. Time runs {RATE:.0f} times as fast: a bucket of a minute ends
every second, all {TOPICS} series of it are judged within that second, and a flood begins every
{APART / MINUTE / RATE * 60:.0f} s. That is harder than in earnest, where there is a minute;
latencies are in real seconds. Slack's limit of one message a second to a channel is kept by its
double, with one channel for all; at one flood in two seconds it is met rarely, and what is met is
part of the figures.

Parts: until the delivery that completes the bucket reaches the writer (the source makes one every
half a second at most); the commit, in which it is counted and judged and the briefing is written;
from then until the request is in Slack. Beside it the least that could be done: one request that
changes a message of the same double, with nothing before it.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many floods, after how many hours of history, how much faster than in earnest."""

    surges: int = 500
    history: int = 48
    rate: float = RATE

    @classmethod
    def quick(cls) -> Self:
        """A small part: the detector needs eight hours before it says anything."""
        return cls(surges=20, history=12)


@dataclass(frozen=True, slots=True)
class Spread:
    """How so many durations are distributed, in seconds."""

    p50: float
    p90: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self:
        """The spread of these."""
        p50, p90, p99 = map(float, np.quantile(seconds, [0.5, 0.9, 0.99]))
        return cls(p50, p90, p99, max(seconds))


@dataclass(frozen=True, slots=True)
class Latency:
    """The figures. `told` of the floods were told of; `others` are surges that were no flood."""

    scale: Scale
    told: int
    others: int
    whole: Spread
    stream: Spread
    commit: Spread
    dispatch: Spread
    minimal: Spread
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident's way, in real seconds: until it reached the writer, its commit, until Slack."""

    stream: float
    commit: float
    dispatch: float

    @property
    def whole(self) -> float:
        return self.stream + self.commit + self.dispatch


def measure(setting: Setting, progress: Progress, scale: Scale | None = None) -> Latency:
    """Flood one brand after the other and see when Slack is told. `scale`: the setting's."""
    scale = scale or (Scale.quick() if setting.quick else Scale())
    life = living(scale, setting.seed)
    with (
        tempfile.TemporaryDirectory(prefix="seawall-bench-") as name,
        doubles(life, CHATTER) as two,
    ):
        store = Path(name) / "seawall.db"
        more = [
            SCRAPED,
            f"notify: {slack_notifier(two.slack)}",
            "incidents: {resolve_after: 10m, reopen_within: 10m}",
        ]
        text = configuration(life, bluesky_source(two.bluesky), more)
        _remember(store, text, life, scale, instance_of(two.bluesky), progress)
        pace = soon(BEGIN, scale.rate)
        two.start(pace)
        with daemon(text, store, pace) as running:
            _wait(pace, life, running, progress)
            minimal = [*_probes(two.slack)]
            messages = two.messages()
        detected = _detected(store)
    ways = _ways(messages, detected, running.commits, scale.rate)
    ours = {id for id in ways if _of_flood(id, detected, life)}
    whole = [ways[id].whole for id in ours]
    return Latency(
        scale=scale,
        told=len(ours),
        others=len(ways) - len(ours),
        whole=Spread.of(whole),
        stream=Spread.of([ways[id].stream for id in ours]),
        commit=Spread.of([ways[id].commit for id in ours]),
        dispatch=Spread.of([ways[id].dispatch for id in ours]),
        minimal=Spread.of(minimal),
        seconds=tuple(sorted(round(each, 4) for each in whole)),
    )


def living(scale: Scale, seed: int) -> Life:
    """What is written: the brands are flooded in one order again and again, hours apart.

    A flood that came soon after another on its brand would belong to the same incident.
    """
    draw = np.random.default_rng(seed)
    order = np.resize(draw.permutation(TOPICS), scale.surges)
    floods = tuple(
        Flood(int(brand), BEGIN + FIRST + place * APART, LASTING, 60)
        for place, brand in enumerate(order)
    )
    return Life(TOPICS, 0.2, floods, seed)


def _remember(
    store: Path, text: str, life: Life, scale: Scale, instance: str, progress: Progress
) -> None:
    """Let the daemon's own code judge the history, beforehand."""
    database = Database.open(f"sqlite:///{store}")
    watch = Watch.start(loads(text), database, [PLATFORM], [])
    for done, one in enumerate(life.history(BEGIN, scale.history, instance), start=1):
        watch.take(one, now=BEGIN)
        progress("Judging the history", done, scale.history)
    database.close()


def _wait(pace: Pace, life: Life, running: Running, progress: Progress) -> None:
    """Until the last flood is over and told of."""
    time, last = pace.clock(), life.floods[-1].begin + LASTING * MINUTE + SETTLED
    while (now := time.now()) < last:
        running.usage()  # says so where it is gone
        done = min(max(0, (now - BEGIN - FIRST) // APART), len(life.floods))
        progress("Flooding brands", done, len(life.floods))
        clock.sleep(0.5)
    progress("Flooding brands", len(life.floods), len(life.floods))


def _probes(slack: str) -> list[float]:
    """Seconds of requests that change a message, on a connection that is open."""
    headers = {"Authorization": f"Bearer {SECRETS['BENCH_SLACK']}"}
    found = []
    with httpx.Client(base_url=f"{slack}/api/", headers=headers) as client:
        said = {"channel": MINIMAL, "text": "nothing happened"}
        told = client.post("chat.postMessage", json=said).json()
        for _ in range(PROBES):
            began = clock.stopwatch()
            client.post("chat.update", json={**said, "ts": told["ts"]}).raise_for_status()
            found.append(clock.stopwatch() - began)
    return found


def _detected(store: Path) -> dict[str, datetime]:
    """When each incident was detected: the end of the bucket that opened it."""
    database = Database.open(f"sqlite:///{store}", existing=True)
    with database.read() as connection:
        rows = connection.execute(select(incident.c.id, incident.c.detected_at))
        found = {id: at for id, at in rows if at > BEGIN}
    database.close()
    return found


def _ways(
    messages: Sequence[Message],
    detected: Mapping[str, datetime],
    commits: Sequence[Commit],
    rate: float,
) -> dict[str, _Found]:
    """The way of every incident that was told of, from the end of its bucket."""
    found: dict[str, _Found] = {}
    for one in sorted(messages, key=lambda message: message.at):
        if (at := detected.get(one.incident)) is None or one.incident in found:
            continue
        committed = next(each for each in commits if each.judged_until and each.judged_until >= at)
        until = real_seconds(committed.at - at, rate)
        found[one.incident] = _Found(
            stream=until - committed.seconds,
            commit=committed.seconds,
            dispatch=real_seconds(one.at - committed.at, rate),
        )
    return found


def _of_flood(id: str, detected: Mapping[str, datetime], life: Life) -> bool:
    """Whether an incident began with a flood on its brand."""
    return any(
        id.startswith(life.brand(flood.brand))
        and flood.begin < detected[id] <= flood.begin + timedelta(minutes=LASTING + 1)
        for flood in life.floods
    )


def tables(result: Latency) -> list[Table]:
    """The figures, to be read."""
    parts = [
        ("from the bucket's end to Slack", result.whole),
        ("- until it reaches the writer", result.stream),
        ("- commit", result.commit),
        ("- until the request is in Slack", result.dispatch),
        ("one request to Slack's double, alone", result.minimal),
    ]
    met = "yes" if result.whole.p99 <= GOAL_P99_S else "no"
    return [
        Table(
            f"{number(result.told)} of {number(result.scale.surges)} floods, {TOPICS} topics",
            ("", "p50", "p90", "p99", "longest", "goal p99", "met"),
            [
                (
                    name,
                    *(
                        number(each, "s")
                        for each in (spread.p50, spread.p90, spread.p99, spread.longest)
                    ),
                    number(GOAL_P99_S, "s") if not place else "",
                    met if not place else "",
                )
                for place, (name, spread) in enumerate(parts)
            ],
        ),
        Table(
            "Compared",
            ("", "ratio at p50", "at p99"),
            [
                (
                    "all of it, to one request alone",
                    times(result.whole.p50 / result.minimal.p50),
                    times(result.whole.p99 / result.minimal.p99),
                ),
            ],
        ),
    ]


def plots(result: Latency) -> list[Curves]:
    """How many of the floods Slack knew of, so long after their bucket ended."""
    told = [100 * (place + 1) / result.told for place in range(result.told)]
    return [
        Curves(
            name="told",
            title="Floods that Slack knew of, by the seconds since their bucket ended",
            axes=("seconds from the bucket's end to Slack", "% of floods"),
            lines={"Seawall": (result.seconds, told)},
            goals=[GOAL_P99_S],
            logarithmic=True,
        )
    ]
