"""When a series has fallen silent, and when it has not."""

import numpy as np

from detectors import Verdict
from detectors.contract import Floats
from tests.detectors.runs import DAY, MONDAY, daily, make, run, setups

WIDTH = 300
A_DAY = DAY // WIDTH
QUARTER_DAY = A_DAY // 4


def judged(posts: Floats) -> list[Verdict]:
    return run(make("seasonal", setups(1), WIDTH), posts[:, None], width=WIDTH)


def busy(days: int) -> Floats:
    return daily(np.random.default_rng(21), 8.0, days * A_DAY, WIDTH)


def test_a_broken_source_is_found_within_the_hour_and_what_comes_after_it_is_no_surge() -> None:
    posts = busy(10)
    posts[8 * A_DAY : 8 * A_DAY + QUARTER_DAY] = 0
    verdicts = judged(posts)
    [begin] = [index for index, verdict in enumerate(verdicts) if verdict.silence.opened[0]]
    [end] = [index for index, verdict in enumerate(verdicts) if verdict.silence.closed[0]]
    assert 8 * A_DAY + 5 <= begin <= 8 * A_DAY + 12
    assert 8 * A_DAY + QUARTER_DAY <= end <= 8 * A_DAY + QUARTER_DAY + 3
    silence = verdicts[begin].silence
    assert abs(silence.started[0] - (MONDAY + 8 * DAY)) <= WIDTH
    assert silence.missed[0] >= 15
    assert silence.evidence[0] >= 300
    assert verdicts[end - 1].silence.silent[0]
    assert not any(verdict.opened[0] for verdict in verdicts)


def test_a_bucket_that_was_lost_and_one_that_was_not_observed_are_no_silence() -> None:
    posts = busy(9)
    posts[8 * A_DAY] = 0
    posts[8 * A_DAY + 40 : 8 * A_DAY + 80] = np.nan
    assert not any(verdict.silence.opened[0] for verdict in judged(posts))


def test_where_hardly_anybody_writes_silence_says_nothing() -> None:
    posts = daily(np.random.default_rng(22), 0.01, 20 * A_DAY, WIDTH)
    posts[14 * A_DAY :] = 0
    assert not any(verdict.silence.opened[0] for verdict in judged(posts))


def test_a_topic_that_is_over_is_told_once_and_after_a_week_that_is_normal() -> None:
    posts = busy(30)
    posts[10 * A_DAY :] = 0
    verdicts = judged(posts)
    assert sum(int(verdict.silence.opened[0]) for verdict in verdicts) == 1
    [end] = [index for index, verdict in enumerate(verdicts) if verdict.silence.renewed[0]]
    assert verdicts[end].silence.closed[0]
    assert abs(end - 17 * A_DAY) < A_DAY // 8
    assert verdicts[-1].expected[0] < 0.1 * verdicts[9 * A_DAY].expected[0]
