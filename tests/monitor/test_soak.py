"""An hour of a daemon in simulated time, as it runs in earnest: in a process, over sockets."""

import sys
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import func, select

from monitor.bench.measures import soak
from monitor.bench.measures._daemon_life import BEGIN, HOUR, MINUTE
from monitor.store import Database
from monitor.store.schema import observed, post, sample

HOUR_OF_POSTS = soak.Scale(hours=1.0, rate=100.0, brands=10, mentions=5.0, keep="30d")
MOST_GROWTH = 25 * 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")


def test_an_hour_at_a_hundred_posts_a_second_is_kept_whole_in_time_and_in_memory(
    tmp_path: Path,
) -> None:
    store = tmp_path / "seawall.db"
    life = soak.living(HOUR_OF_POSTS, seed=7)
    seen, commits, pace = soak.run(HOUR_OF_POSTS, life, store, lambda *_: None)

    late = soak.lateness(commits, pace.rate)
    assert len(late) > 50
    assert median(late) <= soak.LATE_S, "who cannot keep up is later and later"

    memory = [one.usage.memory for one in seen[len(seen) // 4 :]]
    assert max(memory) - memory[0] < MOST_GROWTH

    database = Database.open(f"sqlite:///{store}", existing=True)
    with database.read() as connection:
        spans = {(since, until) for since, until in connection.execute(_SPANS)}
        stored = connection.scalars(select(post.c.id)).all()
        [(since, until)] = spans  # of all brands, in one piece
        whole = since + (BEGIN - since) % MINUTE
        counted = connection.scalar(
            select(func.sum(sample.c.posts)).where(sample.c.bucket >= whole)
        )
    database.close()
    assert until - since > HOUR * 0.9
    written = [
        one
        for minute in range((until - BEGIN) // MINUTE + 1)
        for one in life.minute(BEGIN + minute * MINUTE)
        if since <= one.created_at <= until
    ]
    assert sorted(stored) == sorted(one.id for one in written)
    assert counted == sum(one.created_at >= whole for one in written)


_SPANS = select(observed.c.since, observed.c.until)


def test_a_tick_is_late_by_how_long_its_bucket_waited_in_real_seconds() -> None:
    def commit(at: float, judged: int | None) -> soak.Commit:
        until = None if judged is None else BEGIN + judged * MINUTE
        return soak.Commit(BEGIN + timedelta(minutes=at), 0.1, until, ())

    commits = [commit(0.5, None), commit(1.5, 1), commit(1.8, 1), commit(4.0, 3)]
    assert soak.lateness(commits, 60.0) == [0.5, 2.0, 1.0]


def test_growth_is_what_a_line_says_after_the_first_quarter() -> None:
    level = [900, 500, *(100 + 10 * hour for hour in range(6))]
    seen = [
        soak.Seen(float(hour), soak.Usage(memory, 0.0), None) for hour, memory in enumerate(level)
    ]
    slope, first, last = soak.growth(seen)
    assert slope == pytest.approx(10.0)
    assert (first, last) == (100.0, 150.0)
