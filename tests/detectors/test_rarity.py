"""When a score is exactly 1: beyond doubt, and unlike anything the series had lately."""

import numpy as np
import pytest

from detectors import State, Verdict
from detectors.contract import Floats
from detectors.evidence import graded
from detectors.rarity import DAYS, Rarity
from tests.detectors.runs import DAY, daily, make, run, setups

WIDTH = 300
A_DAY = DAY // WIDTH
FLOOD = 12


def judged(posts: Floats, width: int = WIDTH) -> list[Verdict]:
    return run(make("seasonal", setups(1), width), posts[:, None], width=width)


def ones(verdicts: list[Verdict]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.score[0] == 1.0]


def quiet(days: int, seed: int = 1) -> Floats:
    return daily(np.random.default_rng(seed), 5.0, days * A_DAY, WIDTH)


def surging(verdicts: list[Verdict], first: int) -> bool:
    return any(verdict.state[0] == State.SURGING for verdict in verdicts[first : first + FLOOD])


@pytest.mark.parametrize("width", [30, 300, 3600])
def test_a_flood_unlike_the_last_days_scores_one_exactly_once(width: int) -> None:
    days = 8
    posts = daily(np.random.default_rng(2), 60 * width / 3600, days * DAY // width, width)
    change = (days - 1) * DAY // width
    posts[change : change + 4 * 3600 // width] += 1200 * width / 3600
    verdicts = judged(posts, width)
    [found] = ones(verdicts)
    assert 0 <= (found - change) * width <= 3600
    assert verdicts[found].state[0] == State.SURGING
    assert all(verdict.score[0] == 0.0 for verdict in verdicts[found + 1 :][: 3600 // width])


def test_what_comes_every_day_scores_one_no_more_and_is_alarmed_all_the_same() -> None:
    posts = quiet(16)
    floods = [day * A_DAY + 30 + 17 * day % 200 for day in range(4, 16)]
    for first in floods:
        posts[first : first + FLOOD] += 100
    verdicts = judged(posts)
    assert all(surging(verdicts, first) for first in floods)
    assert floods[0] <= ones(verdicts)[0] < floods[0] + FLOOD
    assert ones(verdicts)[-1] < floods[4]


def test_after_days_without_it_the_same_flood_is_rare_again() -> None:
    posts = quiet(10 + DAYS)
    last = len(posts) - A_DAY // 2
    floods = [*(day * A_DAY for day in range(4, 10)), last]
    for first in floods:
        posts[first : first + FLOOD] = 100
    *earlier, found = ones(judged(posts))
    assert earlier[-1] < floods[-2]
    assert last <= found < last + FLOOD


def test_a_surge_that_returns_within_a_day_is_no_new_one() -> None:
    posts = quiet(8)
    first, again = 6 * A_DAY, 6 * A_DAY + A_DAY // 2
    for change in (first, again):
        posts[change : change + FLOOD] += 200
    verdicts = judged(posts)
    [found] = ones(verdicts)
    assert first <= found < first + FLOOD
    assert surging(verdicts, again)
    assert all(verdict.score[0] == 0.0 for verdict in verdicts[again : again + FLOOD])


def test_a_new_surge_opens_where_the_score_reaches_the_budgets_evidence() -> None:
    posts = quiet(8)
    posts[6 * A_DAY :] += np.floor(np.linspace(0, 12, 2 * A_DAY))
    verdicts = judged(posts)
    opened = next(index for index, verdict in enumerate(verdicts) if verdict.opened[0])
    reached = [verdict.score[0] >= graded(np.array(30.0)) for verdict in verdicts]
    assert reached.index(True) == opened
    assert not any(index < opened for index in ones(verdicts))


def test_rarity_of_a_series_is_the_same_alone_and_among_many() -> None:
    random = np.random.default_rng(3)
    count, buckets = 37, 5 * 24
    posts = np.floor(random.pareto(1.2, (buckets, count)) * 10)
    seen = random.random((buckets, count)) < 0.9
    many, alone = Rarity(count, 3600), [Rarity(1, 3600) for _ in range(count)]
    age, expected = np.zeros(count), np.full(count, 10.0)
    answers = 0
    for hour, counts, known in zip(range(0, buckets * 3600, 3600), posts, seen, strict=True):
        many.follow(hour, counts * known, expected, known, age)
        for index, one in enumerate(alone):
            part = slice(index, index + 1)
            one.follow(hour, counts[part] * known[part], expected[part], known[part], age[part])
            assert one.peaks.tobytes() == many.peaks[..., part].tobytes()
        age += known
        together = many.rare(np.arange(count))
        assert [bool(one.rare(np.array([0]))[0]) for one in alone] == together.tolist()
        answers += int(together.sum())
    assert 0 < answers < buckets * count
