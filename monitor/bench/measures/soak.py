"""A daemon for a day: does its memory grow, is a tick late, what does it cost; and when idle."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, Self

import httpx
import numpy as np
from sqlalchemy import func, select

from monitor import clock
from monitor.bench.contract import Progress, Setting, Table
from monitor.bench.measures._daemon import (
    SCRAPED,
    SECRETS,
    Commit,
    Pace,
    Running,
    Usage,
    bluesky_source,
    daemon,
    doubles,
    real_seconds,
    slack_notifier,
    soon,
    until_ready,
)
from monitor.bench.measures._daemon_idle import Idle, idle
from monitor.bench.measures._daemon_life import BEGIN, HOUR, MINUTE, Flood, Life, configuration
from monitor.bench.page import number
from monitor.bench.plots import Curves
from monitor.store import Database
from monitor.store.schema import incident, post

POSTS_PER_SECOND: Final = 100.0
GOAL_GROWTH: Final = 2**20
"""Bytes in a simulated hour that are no growth: what a fitted line makes of a level that varies."""

FLOOD: Final = 40
"""How many times its usual posts a flooded brand gets: on its first day, before it has seen a
rhythm, the detector takes no less for a surge."""

LATE_S: Final = 10.0
SAMPLE_EVERY_S: Final = 1.0
SCRAPE_EVERY: Final = 5
"""Samples of memory to one scrape."""

MIB: Final = 2**20

RECORDED: Final = ()

ABOUT = f"""
What a daemon needs that runs for a day, in simulated time: `seawall run`'s own code in a process of
its own, doubles of Jetstream and Slack in another, over real sockets.

- **Soak**: {POSTS_PER_SECOND:.0f} posts a simulated second arrive, of which 20 mention one of 20
  brands (a second of the real network has about 50 posts, and few of them on anybody's brand). Once
  an hour one brand is flooded for five minutes, with {FLOOD} times its posts; the detector says
  nothing in the first eight hours. What people wrote is kept for two hours and forgotten once an
  hour. `/metrics` is scraped every {SCRAPE_EVERY * SAMPLE_EVERY_S:.0f} s. Memory is resident
  memory, sampled every second; the first quarter of the time is warm-up, in which SQLite's page
  cache and what is known of authors fill. Growth is the slope of a line fitted to the rest; a
  quarter's level is its median. A tick is late when its bucket is judged more than {LATE_S:.0f}
  real seconds after it ended.
- **Idle**: `seawall run` in real time with 50 topics and a stream on which nobody mentions them.

Time runs faster than in earnest, so at the same rate of posts a commit holds more of them; the
processor seconds of a simulated hour are less than a real hour would take, as what is done twice a
second is done less often.
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How long, how fast, and of how much; `mentions` a second are on one of the brands."""

    hours: float = 24.0
    rate: float = 100.0
    brands: int = 20
    mentions: float = 20.0
    keep: str = "2h"
    idle_s: float = 60.0

    @classmethod
    def quick(cls) -> Self:
        """Half an hour in 18 s."""
        return cls(hours=0.5, keep="10m", idle_s=3.0)


@dataclass(frozen=True, slots=True)
class Soak:
    """The figures; times in real seconds, memory and store in bytes.

    `memory` holds a sample (simulated hours, bytes) each; `growth` is bytes in a simulated hour,
    `first` and `last` the levels of the quarters after warm-up. `latest_s` is how long after its
    end the bucket was judged that waited longest. `oldest` is the age of the oldest post, in hours.
    """

    scale: Scale
    memory: tuple[tuple[float, int], ...]
    growth: float
    first: float
    last: float
    ticks: int
    late: int
    latest_s: float
    commits: int
    commit_p50: float
    commit_p99: float
    cpu_an_hour: float
    scrapes: int
    scrape_p50: float
    scrape_max: float
    store: int
    stored: int
    oldest: float
    incidents: int
    idle: Idle


def measure(setting: Setting, progress: Progress, scale: Scale | None = None) -> Soak:
    """Let a daemon run for a simulated day, and one idle for a minute. `scale`: the setting's."""
    scale = scale or (Scale.quick() if setting.quick else Scale())
    life = living(scale, setting.seed)
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as name:
        store = Path(name) / "seawall.db"
        seen, commits, pace = run(scale, life, store, progress)
        database = Database.open(f"sqlite:///{store}", existing=True)
        with database.read() as connection:
            stored = connection.scalar(select(func.count()).select_from(post)) or 0
            oldest: datetime | None = connection.scalar(select(func.min(post.c.created_at)))
            incidents = connection.scalar(select(func.count()).select_from(incident)) or 0
        database.close()
        size = sum(file.stat().st_size for file in store.parent.glob("seawall.db*"))
    at_rest = idle(scale.idle_s, partial(progress, "An idle daemon"))
    return _figures(scale, seen, commits, pace, size, stored, oldest, incidents, at_rest)


def living(scale: Scale, seed: int) -> Life:
    """What is written in that time."""
    draw = np.random.default_rng(seed)
    usual = scale.mentions * 60 / scale.brands
    floods = tuple(
        Flood(
            int(draw.integers(scale.brands)),
            BEGIN + hour * HOUR + 20 * MINUTE,
            5,
            int(FLOOD * usual),
        )
        for hour in range(int(scale.hours) + 1)
    )
    return Life(scale.brands, usual, floods, seed)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the daemon at one moment; `scrape_s` where it was scraped then."""

    hours: float
    usage: Usage
    scrape_s: float | None


def run(
    scale: Scale, life: Life, store: Path, progress: Progress
) -> tuple[list[Seen], Sequence[Commit], Pace]:
    """Run the daemon for so long; what was seen of it, and what it committed."""
    with doubles(life, POSTS_PER_SECOND - scale.mentions) as two:
        source = bluesky_source(two.bluesky, backfill=False)
        more = [SCRAPED, f"notify: {slack_notifier(two.slack)}", f"keep_posts: {scale.keep}"]
        pace = soon(BEGIN, scale.rate)
        two.start(pace)
        with daemon(configuration(life, source, more), store, pace) as running:
            seen = [*_watched(running, scale, pace, progress)]
    return seen, running.commits, pace


def _watched(running: Running, scale: Scale, pace: Pace, progress: Progress) -> Iterator[Seen]:
    until_ready(running.url, running.pid)
    time = pace.clock()
    begin = time.now()
    over = begin + timedelta(hours=scale.hours)
    headers = {"Authorization": f"Bearer {SECRETS['BENCH_SCRAPE']}"}
    count = 0
    with httpx.Client(headers=headers, timeout=30) as client:
        while (now := time.now()) < over:
            scraped = None
            if count % SCRAPE_EVERY == 0:
                began = clock.stopwatch()
                client.get(f"{running.url}/metrics").raise_for_status()
                scraped = clock.stopwatch() - began
            yield Seen((now - BEGIN) / HOUR, running.usage(), scraped)
            progress("A day of a daemon", int((now - begin) / MINUTE), int(scale.hours * 60))
            count += 1
            left = real_seconds(over - time.now(), scale.rate)
            clock.sleep(max(0.0, min(SAMPLE_EVERY_S, left)))


def lateness(commits: Sequence[Commit], rate: float) -> list[float]:
    """How long after its end each bucket was judged, in real seconds."""
    found: list[float] = []
    judged: datetime | None = None
    for one in commits:
        if one.judged_until is None or one.judged_until == judged:
            continue
        end = one.judged_until if judged is None else judged + MINUTE
        while end <= one.judged_until:
            found.append(real_seconds(one.at - end, rate))
            end += MINUTE
        judged = one.judged_until
    return found


def growth(seen: Sequence[Seen]) -> tuple[float, float, float]:
    """Bytes a simulated hour after warm-up, and the levels of its first and last quarter."""
    after = seen[len(seen) // 4 :]
    hours = np.array([one.hours for one in after])
    memory = np.array([one.usage.memory for one in after], dtype=float)
    quarter = max(1, len(after) // 4)
    slope = float(np.polyfit(hours, memory, 1)[0]) if len(after) > 1 else 0.0
    return slope, float(np.median(memory[:quarter])), float(np.median(memory[-quarter:]))


def _figures(
    scale: Scale,
    seen: Sequence[Seen],
    commits: Sequence[Commit],
    pace: Pace,
    size: int,
    stored: int,
    oldest: datetime | None,
    incidents: int,
    at_rest: Idle,
) -> Soak:
    late = lateness(commits, pace.rate)
    slope, first, last = growth(seen)
    after = seen[len(seen) // 4 :]
    passed = after[-1].hours - after[0].hours
    scrapes = [one.scrape_s for one in seen if one.scrape_s is not None]
    seconds = [one.seconds for one in commits]
    ended = commits[-1].at
    return Soak(
        scale=scale,
        memory=tuple((round(one.hours, 3), one.usage.memory) for one in seen),
        growth=slope,
        first=first,
        last=last,
        ticks=len(late),
        late=sum(each > LATE_S for each in late),
        latest_s=max(late),
        commits=len(commits),
        commit_p50=float(np.quantile(seconds, 0.5)),
        commit_p99=float(np.quantile(seconds, 0.99)),
        cpu_an_hour=(after[-1].usage.cpu - after[0].usage.cpu) / passed,
        scrapes=len(scrapes),
        scrape_p50=float(np.median(scrapes)),
        scrape_max=max(scrapes),
        store=size,
        stored=stored,
        oldest=(ended - oldest) / HOUR if oldest else 0.0,
        incidents=incidents,
        idle=at_rest,
    )


def tables(result: Soak) -> list[Table]:
    """The figures, to be read."""
    scale, at_rest = result.scale, result.idle
    grows = "yes" if result.growth <= GOAL_GROWTH else "no"
    on_time = "no tick is late" if not result.late else f"{result.late} late"
    return [
        Table(
            f"{number(scale.hours)} simulated hours at {number(POSTS_PER_SECOND)} posts a second, "
            f"{number(scale.rate)} times as fast as in earnest",
            ("", "figure", "goal", "met"),
            [
                (
                    "memory grows in a simulated hour by",
                    number(result.growth / MIB, "MiB"),
                    f"{number(GOAL_GROWTH / MIB, 'MiB')}",
                    grows,
                ),
                ("memory, first quarter after warm-up", number(result.first / MIB, "MiB"), "", ""),
                ("memory, last quarter", number(result.last / MIB, "MiB"), "", ""),
                (
                    f"of {number(result.ticks)} ticks late",
                    number(result.late),
                    "0",
                    "yes" if not result.late else on_time,
                ),
                ("latest tick after", number(result.latest_s, "s"), "", ""),
                ("a commit, p50", number(result.commit_p50, "s"), "", ""),
                ("a commit, p99", number(result.commit_p99, "s"), "", ""),
                ("processor in a simulated hour", number(result.cpu_an_hour, "s"), "", ""),
                ("a scrape of /metrics, p50", number(result.scrape_p50, "s"), "", ""),
                ("a scrape of /metrics, longest", number(result.scrape_max, "s"), "", ""),
                ("store at the end", number(result.store / MIB, "MiB"), "", ""),
                (f"posts in it, kept for {scale.keep}", number(result.stored), "", ""),
                ("oldest of them", number(result.oldest, "h"), "", ""),
                ("incidents", number(result.incidents), "", ""),
            ],
        ),
        Table(
            f"Idle, with {number(at_rest.series)} topics and {number(at_rest.chatter)} posts of "
            "others a second",
            ("", "figure"),
            [
                ("ready after", number(at_rest.ready_s, "s")),
                ("memory", number(at_rest.memory / MIB, "MiB")),
                ("processor in a minute", number(at_rest.cpu_a_minute, "s")),
            ],
        ),
    ]


def plots(result: Soak) -> list[Curves]:
    """Memory as time goes by."""
    hours, memory = zip(*result.memory, strict=True)
    return [
        Curves(
            name="memory",
            title="Resident memory of a daemon, by simulated hours",
            axes=("simulated hours", "MiB"),
            lines={"Seawall": (hours, [each / MIB for each in memory])},
        )
    ]
