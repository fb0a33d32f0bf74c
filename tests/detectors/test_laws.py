"""Laws: what every kind of detector keeps to, whatever is counted.

Most begin on the sixth day, with a detector that has learned. That more posts are never less
evidence is no law of the kind `river`: an estimator may find many less strange than some.
"""

from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import Detector, State, Verdict, detector_kinds
from detectors.contract import Floats
from monitor.panel import pack, unpack
from tests.detectors.runs import DAY, MONDAY, bits, daily, make, run, setups

WIDTH = 900
HOUR = 3600
LEARNED = 490
"""Buckets before a law begins; just enough for the first estimator of `river` to retire in it."""
MEANS = (6.0, 0.3, 2.0)
OPTIONS = {
    "seasonal": {},
    "river": {
        "estimator": "GaussianScorer",
        "parameters": {"grace_period": 10},
        "cold": 10,
        "history": 500,
    },
}

every_kind = pytest.mark.parametrize("kind", sorted(detector_kinds()))
laws = settings(derandomize=True, max_examples=12)

Span = tuple[str, int]
spans = st.lists(
    st.tuples(st.sampled_from(["usual", "flood", "nobody", "unseen"]), st.integers(1, 24)),
    min_size=1,
    max_size=4,
)
"""What happens from the sixth day on, such as `[("usual", 3), ("flood", 8)]`, in buckets."""
counts = st.one_of(st.integers(0, 60), st.integers(0, 2**53)).map(float)


def detector(kind: str, budget: float = 1.0) -> Detector:
    return make(kind, setups(len(MEANS), budget=budget), WIDTH, **OPTIONS[kind])


def known_authors(posts: Floats) -> Floats:
    """Nearly as many authors; never known for the second series."""
    authors = np.ceil(posts * 0.9)
    authors[..., 1] = np.nan
    return authors


@cache
def learned(kind: str) -> Detector:
    """A detector after five days of rhythm; never to be changed."""
    random = np.random.default_rng(7)
    posts = np.stack([daily(random, mean, LEARNED, WIDTH) for mean in MEANS], axis=1)
    learning = detector(kind)
    run(learning, posts, known_authors(posts), width=WIDTH)
    return learning


def experienced(kind: str) -> Detector:
    """A detector that has learned, and was never saved."""
    return deepcopy(learned(kind))


def counted(happening: list[Span]) -> Floats:
    """Posts of what happens, a row a bucket."""
    random = np.random.default_rng(8)
    factor = {"usual": 1.0, "flood": 30.0, "nobody": 0.0, "unseen": np.nan}
    rows = [
        factor[what] * random.poisson(MEANS) for what, length in happening for _ in range(length)
    ]
    return np.array(rows)


def go_on(going: Detector, posts: Floats, first: int = 0) -> list[Verdict]:
    return run(going, posts, known_authors(posts), width=WIDTH, first=LEARNED + first)


@laws
@given(happening=spans, pair=st.tuples(counts, counts), crowd=st.booleans())
def test_more_posts_in_the_bucket_are_never_less_evidence(
    happening: list[Span], pair: tuple[float, float], crowd: bool
) -> None:
    going = experienced("seasonal")
    posts = counted(happening)
    go_on(going, posts)
    state, evidence = going.save(), []
    for count in sorted(pair):
        going.restore(state)
        now = np.full(len(MEANS), count)
        authors = now if crowd else np.full(len(MEANS), min(pair))
        verdict = going.observe(MONDAY + WIDTH * (LEARNED + len(posts)), now, authors)
        evidence.append(verdict.evidence)
    assert (evidence[0] <= evidence[1]).all()


@laws
@given(happening=spans, now=counts, authors=counts)
def test_knowing_the_authors_never_adds_evidence(
    happening: list[Span], now: float, authors: float
) -> None:
    going = experienced("seasonal")
    posts = counted(happening)
    go_on(going, posts)
    state, evidence = going.save(), []
    for known in (authors, np.nan):
        going.restore(state)
        given = np.full((2, len(MEANS)), [[now], [known]])
        evidence.append(going.observe(MONDAY + WIDTH * (LEARNED + len(posts)), *given).evidence)
    assert (evidence[0] <= evidence[1]).all()


@every_kind
@settings(laws, max_examples=6)
@given(order=st.permutations(range(4)), happening=spans)
def test_the_order_and_the_company_of_series_change_nothing(
    kind: str, order: list[int], happening: list[Span]
) -> None:
    random = np.random.default_rng(9)
    rhythm = [daily(random, mean, 130, HOUR) for mean in (6.0, 0.3, 2.0, 20.0)]
    future = counted(happening)
    posts = np.concatenate((np.stack(rhythm, axis=1), future[:, [0, 1, 2, 0]]))
    series = [
        replace(one, kin=kin)
        for one, kin in zip(setups(4), ("acme", "acme", "", "acme"), strict=True)
    ]

    def verdicts(chosen: list[int]) -> list[Verdict]:
        made = make(kind, [series[index] for index in chosen], HOUR, **OPTIONS[kind])
        return run(made, posts[:, chosen], width=HOUR)

    in_order, turned = verdicts([0, 1, 2, 3]), verdicts(order)
    assert bits(turned) == bits(in_order, order)
    assert bits(verdicts([2])) == bits(in_order, [2])


@every_kind
@settings(laws, max_examples=30)
@given(happening=spans, cut=st.integers(0, 96))
def test_a_restored_state_has_the_same_future(kind: str, happening: list[Span], cut: int) -> None:
    posts = counted(happening)
    cut %= len(posts) + 1
    through = go_on(experienced(kind), posts)
    before, after = experienced(kind), detector(kind)
    go_on(before, posts[:cut])
    after.restore(unpack(pack(before.save())))
    assert bits(go_on(after, posts[cut:], cut)) == bits(through[cut:])


@every_kind
@laws
@given(happening=spans)
def test_an_unobserved_bucket_is_as_if_it_had_not_been(kind: str, happening: list[Span]) -> None:
    posts = counted(happening)
    asked, skipping = go_on(experienced(kind), posts), experienced(kind)
    for index, verdict in enumerate(asked):
        if np.isnan(posts[index]).any():
            assert (verdict.state == State.MISSING).all()
            assert not verdict.opened.any()
        else:
            again = go_on(skipping, posts[index : index + 1], index)
            assert bits(again) == bits([verdict])


@every_kind
@laws
@given(
    happening=spans,
    wrong=st.one_of(
        st.floats(max_value=-1e-300),
        st.floats(0.0, 1e6).filter(lambda count: not count.is_integer()),
        st.floats(min_value=2.0**53 + 2.0),
    ),
    place=st.integers(0, len(MEANS) - 1),
    of_authors=st.booleans(),
)
def test_a_refused_count_leaves_everything_as_it_was(
    kind: str, happening: list[Span], wrong: float, place: int, of_authors: bool
) -> None:
    going = experienced(kind)
    posts = counted(happening)
    go_on(going, posts)
    before = pack(going.save())
    given = np.full((2, len(MEANS)), 3.0)
    given[int(of_authors), place] = wrong
    with pytest.raises(ValueError, match="whole number"):
        going.observe(10**10, *given)
    assert pack(going.save()) == before


@every_kind
@laws
@given(happening=spans, budgets=st.tuples(st.floats(0.05, 30.0), st.floats(0.05, 30.0)))
def test_the_budget_only_says_where_a_surge_opens(
    kind: str, happening: list[Span], budgets: tuple[float, float]
) -> None:
    posts = counted(happening)
    strict, lenient = (detector(kind, budget) for budget in sorted(budgets))
    for each in (strict, lenient):
        each.restore(learned(kind).save())
    for one, other in zip(go_on(strict, posts), go_on(lenient, posts), strict=True):
        for name in ("expected", "doubt", "score", "evidence"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
        assert (other.state[one.state == State.SURGING] == State.SURGING).all()
    states = strict.save(), lenient.save()
    for name in states[0].keys() - {"open", "silence.silence.open"}:
        assert states[0][name].tobytes() == states[1][name].tobytes(), name


@every_kind
@laws
@given(st.lists(st.tuples(counts, counts, st.integers(1, 60)), min_size=1, max_size=4))
def test_no_counts_make_the_state_grow_or_overflow(
    kind: str, turns: list[tuple[float, float, int]]
) -> None:
    going = experienced(kind)
    rows = [count for *pair, times in turns for _ in range(times) for count in pair]
    verdicts = go_on(going, np.repeat(np.array(rows)[:, None], len(MEANS), axis=1))
    state = going.save()
    assert {name: array.nbytes for name, array in state.items()} == {
        name: array.nbytes for name, array in learned(kind).save().items()
    }
    for name, array in state.items():
        assert array.dtype.fields or not np.isnan(array).any(), name
    for verdict in verdicts:
        assert (verdict.expected > 0).all()
        assert np.isfinite(verdict.expected).all()
        assert ((verdict.evidence >= 0) & np.isfinite(verdict.evidence)).all()
        assert ((verdict.score >= 0) & (verdict.score <= 1)).all()


@every_kind
@settings(laws, max_examples=4)
@given(width=st.sampled_from([120, 300, 600, 900, 1800]), mean=st.sampled_from([5.0, 50.0]))
def test_what_is_expected_does_not_depend_on_the_width_of_buckets(
    kind: str, width: int, mean: float
) -> None:
    parts = HOUR // width
    narrow = daily(np.random.default_rng(10), mean / parts, 48 * parts, width)[:, None]
    hourly = narrow.reshape(48, parts).sum(axis=1)[:, None]
    expected = []
    for posts, wide in ((narrow, width), (hourly, HOUR)):
        learning = make(kind, setups(1), wide, **OPTIONS[kind])
        run(learning, posts, width=wide)
        tomorrow = np.arange(MONDAY + 2 * DAY, MONDAY + 3 * DAY, wide).tolist()
        expected.append(learning.expectation(tomorrow).sum())
    assert expected[0] == pytest.approx(expected[1], rel=0.1)


@laws
@given(width=st.sampled_from([width for width in range(10, HOUR + 1, 10) if HOUR % width == 0]))
def test_a_flood_is_found_within_the_hour_at_any_width(width: int) -> None:
    parts = HOUR // width
    rates = np.repeat([30.0, 3000.0], [10 * parts, parts]) / parts
    posts = np.random.default_rng(11).poisson(rates).astype(np.float64)[:, None]
    verdicts = run(make("seasonal", setups(1), width), posts, width=width)
    [found] = [index for index, verdict in enumerate(verdicts) if verdict.opened[0]]
    assert found >= 10 * parts
    assert verdicts[found].expected[0] == pytest.approx(30.0 / parts, rel=0.5)
