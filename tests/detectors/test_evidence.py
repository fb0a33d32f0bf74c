"""The evidence keeps its law, and says exactly which count would be enough."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import detectors
from detectors.conformal import Ranks, Strangeness, e_value
from detectors.evidence import BURST, BURST_BEYOND, FACTORS, Bank, likelihood_ratio

MATRIX = {"dot", "matmul", "einsum", "inner", "vdot", "tensordot", "linalg", "MatMult"}


@pytest.mark.parametrize(("mean", "phi"), [(0.05, 0.0), (1.0, 0.3), (5.0, 0.0)])
def test_without_a_change_the_statistic_is_expected_to_grow_by_one_a_bucket(
    mean: float, phi: float
) -> None:
    random = np.random.default_rng(1)
    rows, buckets = 200_000, 6
    bank, means = Bank(rows), np.full(rows, mean)
    bank.aim(means, np.full(rows, phi))
    everything = np.ones(rows, np.bool_)
    for bucket in range(buckets):
        rate = means * (random.gamma(1 / phi, phi, rows) if phi else 1.0)
        bank.gather(bucket, random.poisson(rate).astype(np.float64), means, everything)
    # Larger factors have the same mean, but it hangs on events too rare to simulate.
    average = bank.statistic[0].mean()
    error = bank.statistic[0].std() / np.sqrt(rows)
    assert abs(average - buckets) < max(5 * error, 0.05 * buckets)


def test_false_alarms_come_no_oftener_than_the_threshold_says() -> None:
    random = np.random.default_rng(2)
    rows, buckets, threshold = 400, 2000, 500.0
    for mean in (0.05, 1.0, 20.0):
        bank, means = Bank(rows), np.full(rows, mean)
        bank.aim(means, np.zeros(rows))
        alarms = 0
        for bucket in range(buckets):
            counts = random.poisson(means).astype(np.float64)
            bank.gather(bucket, counts, means, np.ones(rows, np.bool_))
            found = bank.evidence() >= threshold
            alarms += int(np.count_nonzero(found))
            bank.reset(found)
        assert alarms <= 1.1 * rows * buckets / threshold


@given(
    mean=st.floats(1e-4, 1e4),
    phi=st.floats(0.0, 5.0),
    factor=st.floats(1.5, 300.0),
    count=st.integers(0, 10_000),
)
def test_a_vanishing_dispersion_is_poisson_and_more_posts_are_more_evidence(
    mean: float, phi: float, factor: float, count: int
) -> None:
    slope, _ = likelihood_ratio(np.array(mean), np.array(phi), np.array(factor))
    assert slope > 0
    slope, constant = likelihood_ratio(np.array(mean), np.array(1e-12), np.array(factor))
    poisson = count * np.log(factor) - mean * (factor - 1.0)
    assert slope * count + constant == pytest.approx(poisson, rel=1e-2, abs=1e-2)


@given(
    history=st.lists(st.integers(0, 12), min_size=0, max_size=30),
    mean=st.floats(0.01, 5.0),
    phi=st.floats(0.0, 1.0),
    threshold=st.floats(20.0, 1e6),
)
def test_the_needed_count_is_the_smallest_that_is_enough(
    history: list[int], mean: float, phi: float, threshold: float
) -> None:
    def bank_after(last: float) -> Bank:
        bank = Bank(1)
        bank.aim(np.array([mean]), np.array([phi]))
        for bucket, count in enumerate([*map(float, history), last]):
            bank.gather(bucket, np.array([count]), np.array([mean]), np.ones(1, np.bool_))
        return bank

    limit, old = np.array([threshold]), np.zeros(1, np.bool_)
    needed = bank_after(0.0).needed(limit, old)[0]
    if needed > 0:
        assert bank_after(needed).evidence()[0] >= threshold
        assert bank_after(needed - 1).evidence()[0] < threshold or needed - 1 < 0
    assert bank_after(7.0).needed(limit, old)[0] == needed


@given(
    before=st.lists(st.integers(0, 3), max_size=40),
    flood=st.floats(1.0, 8.0).map(lambda power: float(round(10.0**power))),
    mean=st.floats(0.05, 1.5),
    phi=st.floats(0.0, 1.0),
)
@example(before=[*[0] * 20, *[2, 1, 2, 3] * 5], flood=500.0, mean=1.0, phi=0.0)
@example(before=[0, 1, 2, 3, 2, 1, 2, 3, 2, 1], flood=1e7, mean=1.0, phi=0.3)
def test_the_onset_is_the_likeliest_of_all_starts_however_enormous_the_flood(
    before: list[int], flood: float, mean: float, phi: float
) -> None:
    counts, means, dispersion = np.array([*before, flood]), np.array([mean]), np.array([phi])
    bank = Bank(1, burst=BURST, beyond=BURST_BEYOND)
    bank.aim(means, dispersion)
    for bucket, count in enumerate(counts):
        bank.gather(bucket, np.array([count]), means, np.ones(1, np.bool_))
    slope, constant = likelihood_ratio(means, dispersion, np.array(FACTORS)[:, None])
    likelihood = np.cumsum((slope * counts + constant)[:, ::-1], axis=1)[:, ::-1].max(axis=0)
    onset = bank.onset(means, np.zeros(1, np.int64))
    [start] = onset.bucket
    assert likelihood[start] >= likelihood.max() - 0.01
    assert onset.observed[0] == pytest.approx(counts[start:].sum())
    assert onset.expected[0] == pytest.approx(mean * len(counts[start:]), rel=1e-4)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=1))
def test_a_p_value_is_a_rank_and_ties_count_against_an_alarm(said: list[Strangeness]) -> None:
    *quiet, new = said
    ranks = Ranks()
    for each in quiet:
        ranks.add(each)
    assert ranks.p_value(new) == sum(each >= new for each in said) / len(said)


def test_e_values_average_to_at_most_one() -> None:
    for ranks in (20, 100, 1000):
        assert sum(e_value((rank + 1) / ranks) for rank in range(ranks)) <= ranks


def test_no_detector_multiplies_matrices() -> None:
    for path in Path(detectors.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {type(node).__name__, getattr(node, "attr", None), getattr(node, "id", None)}
            assert not names & MATRIX, f"{path.name}:{getattr(node, 'lineno', 0)}"
