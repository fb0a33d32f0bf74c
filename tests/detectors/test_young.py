"""Series of which little is known yet, or of which nothing was seen for a while."""

from dataclasses import replace

import numpy as np

from detectors import State, Verdict
from detectors.contract import Floats
from tests.detectors.runs import DAY, daily, make, run, setups

WIDTH = 300
A_DAY = DAY // WIDTH
AN_HOUR = A_DAY // 24
NIGHT = 14 * A_DAY + 13 * AN_HOUR
"""From here on the daily rhythm of `daily` is in its lower half, before it rises."""


def brand(kin: str) -> list[Verdict]:
    """A topic with two weeks behind it, and one that begins at night and is flooded at noon."""
    random = np.random.default_rng(31)
    old, new = (daily(random, mean, 16 * A_DAY, WIDTH) for mean in (6.0, 1.0))
    new[:NIGHT] = np.nan
    flood = slice(15 * A_DAY + 6 * AN_HOUR, 15 * A_DAY + 8 * AN_HOUR)
    new[flood] += random.poisson(10.0, 2 * AN_HOUR)
    both = [replace(setup, kin=kin) for setup in setups(2)]
    return run(make("seasonal", both, WIDTH), np.stack([old, new], axis=1), width=WIDTH)


def test_a_new_topic_borrows_the_rhythm_of_its_brand() -> None:
    lent, alone = brand("acme"), brand("")
    soon = NIGHT + 3 * AN_HOUR
    assert lent[soon].state[1] == State.QUIET
    assert alone[soon].state[1] == State.WARMING_UP
    morning = 15 * A_DAY + 5 * AN_HOUR
    truth = np.exp(0.8 * np.sin(2 * np.pi * 5 / 24))
    assert abs(np.log(lent[morning].expected[1] / truth)) < 0.35


def test_its_morning_is_no_surge_and_a_flood_at_noon_is() -> None:
    opened = [index for index, verdict in enumerate(brand("acme")) if verdict.opened[1]]
    assert opened
    assert 15 * A_DAY + 6 * AN_HOUR <= opened[0] <= 15 * A_DAY + 6 * AN_HOUR + 3


def test_doubt_is_large_at_first_and_falls_with_every_day() -> None:
    posts = daily(np.random.default_rng(32), 2.0, 15 * A_DAY, WIDTH)
    verdicts = run(make("seasonal", setups(1), WIDTH), posts[:, None], width=WIDTH)
    doubts = [float(verdicts[day * A_DAY + 1].doubt[0]) for day in (1, 2, 4, 8, 14)]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 0.7
    assert doubts[-1] < 0.3


def office(first: float) -> Floats:
    """Four weeks of office hours, nothing observed between; the last day begins with `first`."""
    posts = daily(np.random.default_rng(33), 40.0, 28 * A_DAY, WIDTH)
    hour = np.arange(len(posts)) // AN_HOUR % 24
    posts[(hour < 7) | (hour >= 19)] = np.nan
    begin = 27 * A_DAY + 7 * AN_HOUR
    posts[begin] = first * 2.2 * 40
    return posts


def test_the_first_bucket_of_a_day_may_be_twice_as_high() -> None:
    def opened(posts: Floats) -> bool:
        verdicts = run(make("seasonal", setups(1), WIDTH), posts[:, None], width=WIDTH)
        return any(verdict.opened[0] for verdict in verdicts)

    assert not opened(office(2.0))
    assert opened(office(20.0))
