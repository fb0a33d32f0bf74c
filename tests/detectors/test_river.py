"""What river's estimators find behind the contract, and what they leave alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import JsonValue, ValidationError

from detectors import State, Verdict
from detectors.contract import Floats
from detectors.kinds.river import Options
from monitor.configuration.checking import check
from tests.detectors.runs import DAY, MONDAY, daily, make, run, setups

WIDTH = 300
A_DAY = DAY // WIDTH


def named(estimator: str, **parameters: JsonValue) -> dict[str, JsonValue]:
    """An estimator as a configuration describes it."""
    return {"estimator": estimator, "parameters": parameters}


TREES = named("anomaly.HalfSpaceTrees", n_trees=5, height=6)
ESTIMATORS: dict[str, dict[str, Any]] = {
    "trees": named("HalfSpaceTrees", n_trees=5, height=6),
    "gaussian": named("GaussianScorer"),
    "forecast": named(
        "PredictiveAnomalyDetection",
        predictive_model=named("time_series.HoltWinters", alpha=0.1, beta=0.01),
    ),
    "regression": named(
        "PredictiveAnomalyDetection",
        predictive_model=named(
            "time_series.SNARIMAX",
            p=2,
            d=0,
            q=1,
            regressor={
                "pipeline": [
                    "preprocessing.StandardScaler",
                    named("linear_model.LinearRegression", optimizer=named("optim.SGD", lr=0.005)),
                ]
            },
        ),
    ),
    "scaled": {"pipeline": ["preprocessing.MinMaxScaler", TREES]},
    "scaled target": {"pipeline": ["preprocessing.StandardScaler", "anomaly.GaussianScorer"]},
    "machine": named("OneClassSVM"),
    "extended": {
        "pipeline": [
            {"estimator": "compose.Select", "parameters": ["volume"]},
            named("feature_extraction.PolynomialExtender", degree=2),
            "preprocessing.MinMaxScaler",
            TREES,
        ]
    },
    "filtered": named("QuantileFilter", anomaly_detector=named("GaussianScorer"), q=0.99),
}


def opened(verdicts: list[Verdict], series: int = 0) -> list[int]:
    return [index for index, verdict in enumerate(verdicts) if verdict.opened[series]]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_flood_is_found_soon_and_nothing_in_series_that_never_change(name: str) -> None:
    random = np.random.default_rng(1)
    change = 7 * A_DAY + A_DAY // 2
    rhythm = daily(random, 5.0, change + 24, WIDTH)
    rhythm[change : change + 12] = random.poisson(50.0, 12)
    posts = np.stack((rhythm, *np.broadcast_to([[5.0], [0.0]], (2, len(rhythm)))), axis=1)
    posts = np.column_stack((posts, random.random(len(rhythm)) < 0.002))
    verdicts = run(make("river", setups(4), WIDTH, **ESTIMATORS[name]), posts, width=WIDTH)
    [found] = opened(verdicts)
    assert change <= found <= change + 6
    assert abs(verdicts[found].started[0] - (MONDAY + change * WIDTH)) <= 2 * WIDTH
    assert verdicts[found].factor[0] > 4
    assert verdicts[-1].state[0] == State.QUIET
    assert not any(verdict.opened[1:].any() for verdict in verdicts)


def surges(verdicts: list[Verdict], budget: float) -> int:
    """How many surges a detector that opens them at every suspicion would open at this budget."""
    highest: Floats = np.zeros(len(verdicts[0].evidence))
    total = 0
    for verdict in verdicts:
        enough = verdict.evidence >= 30.0 / budget
        total += int(np.count_nonzero(enough & (highest < 30.0 / budget)))
        highest = np.where(verdict.closed, 0.0, np.fmax(highest, verdict.evidence))
    return total


@pytest.mark.parametrize("name", ["trees", "gaussian", "forecast"])
def test_the_budget_is_kept_where_nothing_happens(name: str) -> None:
    random, days, count = np.random.default_rng(2), 17, 12
    drift = np.cumsum(random.normal(0.0, 0.05 / np.sqrt(A_DAY), (days * A_DAY, count)), axis=0)
    angle = 2 * np.pi * np.arange(days * A_DAY)[:, None] / A_DAY
    mean = np.tile([0.5, 5.0, 50.0], count // 3) * np.exp(0.8 * np.sin(angle) + drift)
    posts = random.poisson(mean * random.gamma(5.0, 0.2, mean.shape)).astype(np.float64)
    detector = make("river", setups(count, budget=30.0), WIDTH, **ESTIMATORS[name])
    verdicts = run(detector, posts, width=WIDTH)
    for budget in (1.0, 10.0):
        assert surges(verdicts, budget) <= budget * count * (days - 3) / 30


def test_one_persons_flood_is_no_crowd() -> None:
    random = np.random.default_rng(3)
    authors = daily(random, 2.0, 5 * A_DAY, WIDTH)
    posts = authors.copy()
    posts[4 * A_DAY :][:12] += 40

    def found() -> list[int]:
        detector = make("river", setups(1), WIDTH, **ESTIMATORS["gaussian"])
        return opened(run(detector, posts[:, None], authors[:, None], width=WIDTH))

    assert found() == []
    authors[4 * A_DAY :][:12] += 40
    assert found() != []


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ({"estimator": "HalfSpaceTree"}, "has no `anomaly.HalfSpaceTree`", "`HalfSpaceTrees`?"),
        ({"estimator": "anomalie.LODA"}, "has no `anomalie`", "did you mean `anomaly`?"),
        ({"estimator": "datasets.CreditCard"}, "has no `datasets.CreditCard`", "known: "),
        ({"estimator": "subprocess.Popen"}, "has no `subprocess`", "did you mean"),
        ({"estimator": "os.system"}, "names `os.system`", "a class of river"),
        ({"estimator": "time_series.HoltWinters"}, "'alpha'", "its parameters: `alpha`, `beta`"),
        ({"parameters": {"n_tree": 9}}, "unexpected keyword argument 'n_tree'", "`n_trees`"),
        (
            {**named("QuantileFilter", q=0.9, anomaly_detector=named("HalfSpaceTree"))},
            "has no `anomaly.HalfSpaceTree`",
            "`HalfSpaceTrees`?",
        ),
        ({"estimator": "stats.Mean"}, "`Mean`, which does not score", "one of `anomaly` does"),
        ({"pipeline": []}, "pipeline without steps", "`pipeline: [first, second]`"),
        ({"pipeline": ["LODA", "LODA"]}, "`LODA` before `LODA`", "transform"),
        ({"pipeline": ["LODA"], "estimator": "LODA"}, "beside an estimator", "the last step"),
        (
            {
                "pipeline": [
                    {"estimator": "compose.FuncTransformer", "parameters": ["print"]},
                    "LODA",
                ]
            },
            "'str' object is not callable",
            "`volume`, from 0 to 1",
        ),
        (
            {
                "pipeline": [
                    {"estimator": "compose.Discard", "parameters": ["volume"]},
                    "GaussianScorer",
                ]
            },
            "leave no `volume`",
            "`volume`, from 0 to 1",
        ),
        ({"cold": 300, "history": 500}, "cold for too long", "half of `history`"),
    ],
)
def test_a_mistake_is_told_with_a_remedy(written: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**written)
    [error] = caught.value.errors()
    assert message in error["msg"]
    assert hint in error["ctx"]["hint"]


def test_a_configuration_with_a_mistake_is_not_started(tmp_path: Path) -> None:
    file = tmp_path / "seawall.yaml"
    file.write_text(
        "brands: {acme: {terms: [acme]}}\n"
        "detector: {kind: river, estimator: PredictiveAnomalyDetection,\n"
        "  parameters: {predictive_model: {estimator: time_series.HoltWinter}}}\n"
    )
    [problem] = [problem for problem in check(file).problems if problem.path == "detector"]
    assert problem.line == 2
    assert "river has no `time_series.HoltWinter`" in problem.message
    assert problem.hint == "did you mean `HoltWinters`?"


def test_river_is_imported_only_where_it_is_configured() -> None:
    code = (
        "import sys, detectors; detectors.detector_kinds(); assert 'river' not in sys.modules;"
        "detectors.detector_kinds()['river'].Options(); assert 'river' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
