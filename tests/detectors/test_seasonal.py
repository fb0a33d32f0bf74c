"""What the default detector finds, and what it leaves alone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from detectors import State, Trend, Verdict
from detectors.contract import Floats
from tests.detectors.runs import DAY, MONDAY, daily, make, run, setups

WIDTH = 300
A_DAY = DAY // WIDTH
UNKNOWN = np.array([np.nan])
Saved = dict[str, NDArray[np.generic]]


def one(posts: Floats, authors: Floats | None = None, width: int = WIDTH) -> list[Verdict]:
    column = None if authors is None else authors[:, None]
    return run(make("seasonal", setups(1), width), posts[:, None], column, width=width)


def opened(verdicts: list[Verdict]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.opened[0]]


def closed(verdicts: list[Verdict]) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.closed[0]]


def test_a_surge_is_found_soon_with_its_start_and_ends() -> None:
    posts = daily(np.random.default_rng(1), 1.0, 9 * A_DAY, WIDTH)
    change = 7 * A_DAY + 100
    posts[change : change + 36] *= 5
    verdicts = one(posts)
    [start], [end] = opened(verdicts), closed(verdicts)
    assert change <= start < change + 12
    assert abs(verdicts[start].started[0] - (MONDAY + change * WIDTH)) <= 4 * WIDTH
    assert 3 < verdicts[start + 3].factor[0] < 10
    assert 2 < verdicts[start + 6].recent_factor[0] < 12
    assert verdicts[start].evidence[0] >= 30
    assert change + 36 <= end < change + 36 + 24
    assert verdicts[end].state[0] == State.QUIET


@pytest.mark.parametrize("times", [84, 10_000])
def test_a_flood_begins_with_its_first_minute_though_more_was_said_for_hours(times: int) -> None:
    series, width, change = 40, 60, 4 * DAY // 60
    random = np.random.default_rng(17)
    level = np.full((change + 5, 1), 0.4)
    level[change - 180 : change] *= 1.6
    level[change:] *= times
    posts = random.poisson(level, (change + 5, series)).astype(np.float64)
    verdicts = run(make("seasonal", setups(series), width), posts, width=width)[change:]
    began = np.max([verdict.started for verdict in verdicts], axis=0)
    told = verdicts[-1].factor
    assert np.mean(began == MONDAY + width * change) >= 0.9
    assert np.mean((told > 0.5 * times) & (told < 2.0 * times)) >= 0.9


def test_one_persons_flood_is_no_crowd() -> None:
    random = np.random.default_rng(2)
    authors = daily(random, 0.5, 8 * A_DAY, WIDTH)
    posts = authors + random.binomial(authors.astype(int), 0.1)
    flood = slice(7 * A_DAY + 90, 7 * A_DAY + 100)
    posts[flood] += 4
    assert opened(one(posts, authors)) == []
    authors[flood] += 4
    assert opened(one(posts, authors)) != []


def test_nothing_and_then_one_post_is_no_surge() -> None:
    posts = np.zeros(11 * A_DAY)
    posts[10 * A_DAY] = 1
    posts[10 * A_DAY + 1] = 1
    assert opened(one(posts)) == []
    posts[10 * A_DAY + 2] = 1
    assert opened(one(posts)) == [10 * A_DAY + 2]


def test_in_the_first_two_days_a_morning_is_no_surge_and_a_catastrophe_is() -> None:
    posts = np.zeros(A_DAY)
    posts[: A_DAY // 2 : 6] = 1
    posts[A_DAY // 2 :] = np.random.default_rng(14).poisson(1.5, A_DAY // 2)
    assert opened(one(posts)) == []
    posts[A_DAY // 2 + 40 :] = 40
    [found] = opened(one(posts))
    assert A_DAY // 2 + 40 <= found < A_DAY // 2 + 52


def test_a_level_that_stays_is_a_new_normal_after_a_day() -> None:
    posts = daily(np.random.default_rng(4), 2.0, 16 * A_DAY, WIDTH)
    change = 9 * A_DAY
    posts[change:] = daily(np.random.default_rng(5), 6.0, 7 * A_DAY, WIDTH)
    verdicts = one(posts)
    assert len(opened(verdicts)) == 1
    [end] = closed(verdicts)
    assert change + 0.9 * A_DAY < end < change + 1.2 * A_DAY
    after = [verdict.expected[0] for verdict in verdicts[-2 * A_DAY :]]
    assert sum(after) == pytest.approx(posts[-2 * A_DAY :].sum(), rel=0.15)


def test_a_small_rise_that_lasts_is_told_once_and_is_then_normal() -> None:
    random = np.random.default_rng(16)
    posts = daily(random, 0.5, 16 * A_DAY, WIDTH)
    change = 10 * A_DAY + A_DAY // 2
    posts[change:] += daily(random, 1.0, 16 * A_DAY, WIDTH)[change:]
    verdicts = one(posts)
    [begin], [end] = opened(verdicts), closed(verdicts)
    assert change <= begin < change + A_DAY // 4
    assert verdicts[end].renewed[0]
    assert abs(end - (change + A_DAY)) < A_DAY // 8


def test_what_happens_in_a_surge_is_not_learned() -> None:
    posts = daily(np.random.default_rng(6), 2.0, 12 * A_DAY, WIDTH)
    quiet = one(posts)
    posts[10 * A_DAY : 10 * A_DAY + 60] += 40
    flooded = one(posts)
    tomorrow = slice(11 * A_DAY, 11 * A_DAY + 60)
    expected = [sum(v.expected[0] for v in run_[tomorrow]) for run_ in (quiet, flooded)]
    assert expected[1] == pytest.approx(expected[0], rel=0.1)


def test_upper_is_the_smallest_count_that_opens_a_surge() -> None:
    random = np.random.default_rng(8)
    posts = daily(random, 1.5, 4 * A_DAY, WIDTH)
    for cut in (3 * A_DAY + 7, 3 * A_DAY + 140, 3 * A_DAY + 250):
        detector = make("seasonal", setups(1), WIDTH)
        run(detector, posts[:cut, None], width=WIDTH)
        state = detector.save()

        def judged(count: float, state: Saved = state, cut: int = cut) -> tuple[bool, float]:
            fresh = make("seasonal", setups(1), WIDTH)
            fresh.restore(state)
            verdict = fresh.observe(MONDAY + WIDTH * cut, np.array([count]), UNKNOWN)
            return bool(verdict.opened[0]), fresh.upper()[0]

        _, upper = judged(0.0)
        assert judged(upper)[0]
        assert not judged(upper - 1)[0]
        assert judged(upper + 3)[1] == upper


def test_more_posts_are_never_less_evidence() -> None:
    posts = daily(np.random.default_rng(9), 1.0, 3 * A_DAY, WIDTH)
    detector = make("seasonal", setups(1), WIDTH)
    run(detector, posts[:, None], width=WIDTH)
    state, scores = detector.save(), []
    for count in range(40):
        detector.restore(state)
        verdict = detector.observe(MONDAY + WIDTH * len(posts), np.array([float(count)]), UNKNOWN)
        scores.append(verdict.score[0])
    assert scores == sorted(scores)
    assert 0 <= scores[0] < scores[-1] <= 1


def test_learning_and_score_do_not_depend_on_the_budget() -> None:
    posts = daily(np.random.default_rng(10), 1.0, 6 * A_DAY, WIDTH)
    posts[5 * A_DAY : 5 * A_DAY + 20] += 5
    runs = [
        run(make("seasonal", setups(1, budget=budget), WIDTH), posts[:, None], width=WIDTH)
        for budget in (0.1, 10.0)
    ]
    for strict, lenient in zip(*runs, strict=True):
        assert strict.score.tobytes() == lenient.score.tobytes()
        assert strict.expected.tobytes() == lenient.expected.tobytes()
    assert opened(runs[1])[0] <= opened(runs[0])[0]


def test_summer_time_moves_the_expectation_with_the_clock() -> None:
    width, hour = 3600, 3600
    start = 1_710_720_000  # Monday 18 March 2024; Oslo's clocks go forward on the 31st.
    detector = make("seasonal", setups(1, "Europe/Oslo"), width)
    for index in range(13 * 24):
        local = (index + 1) % 24
        count = np.array([200.0 if local == 8 else 20.0])
        detector.observe(start + index * hour, count, np.array([np.nan]))
    monday = 1_711_929_600
    table = detector.expectation([monday + index * hour for index in range(24)])[:, 0]
    assert int(np.argmax(table)) + 2 == 8


@pytest.mark.parametrize("width", [10, 3600])
def test_narrow_and_wide_buckets_find_the_same_flood(width: int) -> None:
    days = 3 if width == 10 else 20
    a_day = DAY // width
    posts = daily(np.random.default_rng(11), 60.0 * width / 3600, days * a_day, width)
    change = (days - 1) * a_day + a_day // 3
    posts[change:] = np.random.default_rng(12).poisson(600.0 * width / 3600, len(posts) - change)
    found = opened(one(posts, width=width))
    assert len(found) == 1
    assert 0 <= (found[0] - change) * width <= 3600


def test_the_budget_is_kept_on_series_where_nothing_happens() -> None:
    random = np.random.default_rng(13)
    count, days = 60, 30
    level = np.tile([0.05, 0.5, 5.0], 20)
    detector = make("seasonal", setups(count, "UTC"), WIDTH)
    surges, drift = 0, np.zeros(count)
    for index in range((7 + days) * A_DAY):
        drift += random.normal(0.0, 0.05 / np.sqrt(A_DAY), count)
        angle = 2 * np.pi * (index % A_DAY) / A_DAY
        mean = level * 5 * np.exp(0.8 * np.sin(angle) + drift)
        posts = random.poisson(mean * random.gamma(10.0, 0.1, count)).astype(np.float64)
        verdict = detector.observe(MONDAY + WIDTH * index, posts, np.full(count, np.nan))
        if index >= 7 * A_DAY:
            surges += int(np.count_nonzero(verdict.opened))
    assert surges <= 1.5 * count * days / 30


def test_a_surge_says_whether_it_grows_holds_or_eases() -> None:
    posts = np.full(8 * A_DAY, 10.0)
    begin = 7 * A_DAY
    posts[begin : begin + 30] = np.linspace(20, 200, 30).round()
    posts[begin + 30 : begin + 60] = 200
    posts[begin + 60 : begin + 80] = np.linspace(200, 40, 20).round()
    trends = [verdict.trend[0] for verdict in one(posts)]
    assert trends[begin - 1] == Trend.HOLDING
    assert set(trends[begin + 10 : begin + 30]) == {Trend.GROWING}
    assert trends[begin + 59] == Trend.HOLDING
    assert set(trends[begin + 68 : begin + 78]) == {Trend.EASING}


def test_a_moments_burst_opens_nothing_under_a_strict_budget_and_a_crowd_that_stays_does() -> None:
    width, change = 60, 8 * DAY // 60
    posts = daily(np.random.default_rng(15), 20.0, change + 240, width)
    detector = make("seasonal", setups(1, budget=0.05), width)
    assert opened(run(detector, posts[:change, None], width=width)) == []
    before = detector.save()
    for buckets, found in ((1, False), (3, True)):
        lasting = posts[change:].copy()
        lasting[:buckets] = 60
        detector.restore(before)
        verdicts = run(detector, lasting[:, None], width=width, first=change)
        assert bool(opened(verdicts)) is found
