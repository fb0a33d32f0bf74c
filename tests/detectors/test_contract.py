"""What every kind of detector keeps to; a new kind is tested on arrival (see also `test_laws`)."""

import numpy as np
import pytest

from detectors import Detector, State, detector_kinds
from detectors.contract import Floats
from tests.detectors.runs import bits, daily, make, run, setups

WIDTH = 900
BUCKETS = 5 * 96


@pytest.fixture(params=sorted(detector_kinds()))
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def posts() -> Floats:
    """Five days of three series: steady, sparse, and one that is flooded on the fourth day."""
    random = np.random.default_rng(7)
    columns = [daily(random, mean, BUCKETS, WIDTH) for mean in (6.0, 0.3, 2.0)]
    columns[2][350:370] += random.poisson(60.0, 20)
    return np.stack(columns, axis=1)


@pytest.fixture(scope="module")
def authors(posts: Floats) -> Floats:
    """Nearly as many authors; unknown for the sparse series."""
    counts = np.ceil(posts * 0.9)
    counts[:, 1] = np.nan
    return counts


def detector(kind: str, series: int = 3) -> Detector:
    return make(kind, setups(series), WIDTH)


def test_it_finds_a_flood_and_is_silent_in_warm_up(
    kind: str, posts: Floats, authors: Floats
) -> None:
    verdicts = run(detector(kind), posts, authors, width=WIDTH)
    assert (verdicts[0].state == State.WARMING_UP).all()
    assert (verdicts[-1].state == State.QUIET).all()
    for verdict in verdicts:
        warming = verdict.state == State.WARMING_UP
        assert not verdict.opened[warming].any()
        assert np.isnan(verdict.score[warming]).all()
    opened = [index for index, verdict in enumerate(verdicts) if verdict.opened[2]]
    assert opened
    assert 350 <= opened[0] <= 360
    assert not any(verdict.opened[:2].any() for verdict in verdicts)


def test_a_replay_gives_the_same_bits(kind: str, posts: Floats, authors: Floats) -> None:
    first, second = (run(detector(kind), posts, authors, width=WIDTH) for _ in range(2))
    assert bits(first) == bits(second)


def test_a_state_of_other_series_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        detector(kind, 2).restore(detector(kind, 3).save())


def test_the_version_tells_options_and_width_apart(kind: str) -> None:
    module = detector_kinds()[kind]
    versions = {module.build(module.Options(), setups(1), width).version for width in (60, 300)}
    assert len(versions) == 2


def test_a_level_that_people_accept_ends_the_surge_and_is_expected_from_then_on(
    kind: str, posts: Floats, authors: Floats
) -> None:
    told, untold = detector(kind), detector(kind)
    for one in (told, untold):
        before = run(one, posts[:364], authors[:364], width=WIDTH)
        assert before[-1].state.tolist() == [State.QUIET, State.QUIET, State.SURGING]
    factor = before[-1].factor[[2]]
    told.accept(np.array([2]), factor)
    after = run(told, posts[364:], authors[364:], width=WIDTH, first=364)
    otherwise = run(untold, posts[364:], authors[364:], width=WIDTH, first=364)
    assert (after[0].closed.tolist(), after[0].renewed.tolist()) == ([False, False, True],) * 2
    assert not any(verdict.opened.any() for verdict in after)
    assert after[0].expected[2] == pytest.approx(factor[0] * otherwise[0].expected[2], rel=1e-6)
    others = slice(2)
    assert bits(after, others) == bits(otherwise, others)
