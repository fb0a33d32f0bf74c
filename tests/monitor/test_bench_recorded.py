import csv
import json
from datetime import UTC, datetime, timedelta
from math import exp, inf, nan
from pathlib import Path

import numpy as np
import pytest

from monitor.bench.contract import Setting
from monitor.bench.measures import _recorded, incidents, nab
from monitor.bench.measures._baselines import calibrated, on_incidents, on_volume, openings
from monitor.bench.measures._nab_score import (
    FALSE_POSITIVE,
    Labels,
    best_threshold,
    normalised,
    outcome,
    worth,
)
from monitor.sources.recording import RecordingError

LABELS = Labels(rows=100, windows=((40, 49), (70, 79)))
FULL = 2.0 / (1.0 + exp(-5.0)) - 1.0


def quietly(_label: str, _done: int, _total: int) -> None:
    pass


def scored(*rows: int, height: float = 1.0) -> np.ndarray:
    scores = np.zeros(LABELS.rows)
    scores[list(rows)] = height
    return scores


def half(place: float) -> float:
    """The benchmark's scaled sigmoid."""
    return 2.0 / (1.0 + exp(5.0 * place)) - 1.0


def test_no_detection_is_0_and_every_window_at_once_is_100() -> None:
    assert outcome(LABELS, scored(), 0.5).score == 0.0
    assert outcome(LABELS, scored(40, 70), 0.5).score == pytest.approx(100.0)


def test_a_hit_earns_by_its_place_and_only_the_earliest_counts() -> None:
    one = outcome(LABELS, scored(45, 46, 49), 0.5)
    assert one.found == (pytest.approx(5 / 9), None)
    assert one.points == pytest.approx(half(-5 / 10) / FULL - 1.0)
    assert one.score == pytest.approx(100 * (half(-0.5) / FULL + 1.0) / 4)


def test_a_false_positive_costs_by_its_distance_behind_the_window_before() -> None:
    assert outcome(LABELS, scored(20), 0.5).points == pytest.approx(-2 - FALSE_POSITIVE)
    near = outcome(LABELS, scored(51), 0.5)
    assert near.false == (51,)
    assert near.points == pytest.approx(-2 + FALSE_POSITIVE * half(2 / 9))
    points, _ = worth(LABELS)
    assert points[49 + 27 + 1 - 9] == pytest.approx(FALSE_POSITIVE * half(19 / 9))
    assert points[79 + 9 * 2] == pytest.approx(FALSE_POSITIVE * half(2.0))
    far, _ = worth(Labels(200, ((40, 49),)))
    assert far[49 + 27] == far[199] == -FALSE_POSITIVE


def test_probation_is_not_scored() -> None:
    assert Labels(20_000, ()).probation == 750
    assert LABELS.probation == 15
    assert outcome(LABELS, scored(0, 14), 0.5).false == ()
    assert outcome(LABELS, scored(15), 0.5).false == (15,)


def test_one_threshold_is_chosen_for_all_series_among_their_scores() -> None:
    both = scored(20, height=0.4) + scored(40, height=0.6) + scored(70, height=0.7)
    other = scored(41, height=0.5) + scored(10, height=0.9)
    assert best_threshold([(LABELS, both)]) == 0.6
    assert best_threshold([(LABELS, both), (LABELS, other)]) == 0.5
    worst = scored(*range(15, 40))
    worst[worst == 0] = nan
    assert best_threshold([(LABELS, worst)]) == inf


def test_the_best_threshold_is_the_best_of_all() -> None:
    draw = np.random.default_rng(1)
    series = [(LABELS, draw.integers(0, 12, LABELS.rows) / 12.0) for _ in range(3)]
    series[0][1][50:60] = nan

    def total(threshold: float) -> float:
        return sum(outcome(*one, threshold).points for one in series)

    best = best_threshold(series)
    assert total(best) == pytest.approx(max(total(level / 12.0) for level in range(14)))
    assert normalised(-2.0, 2) == 0.0


def test_an_alarm_that_goes_on_is_one_and_thresholds_keep_what_was_allowed() -> None:
    scores = np.array([0, 3, 0, 3, 0, 0, 0, 5, 0, nan, 1, 0], np.float64)
    assert openings(scores, 3.0, calm=2) == [1, 7]
    assert openings(scores, 9.0, calm=2) == []
    one = calibrated([scores], [[(0, 12)]], 1, 2)
    assert 3.0 < one < 3.1
    assert 5.0 < calibrated([scores], [[(0, 12)]], 0, 2) < 5.1
    assert calibrated([scores], [[(8, 12)]], 9, 2) == -inf


@pytest.mark.parametrize("method", [*on_incidents(1), *on_volume(1)])
def test_every_baseline_repeats_sees_no_future_and_scores_a_surge_higher(method: str) -> None:
    draw = np.random.default_rng(1)
    counts = draw.poisson(3.0, 4 * 288).astype(np.float64)
    counts[1000:1012] += 60.0
    score = (on_incidents(1) | on_volume(1))[method]
    whole, again = score(counts, 300), score(counts, 300)
    assert np.array_equal(whole, again, equal_nan=True)
    assert np.array_equal(whole[:900], score(counts[:900], 300), equal_nan=True)
    assert np.nanmax(whole[1000:1012]) >= np.nanmax(whole[600:1000])


def written(path: Path, headings: str, rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        made = csv.writer(file)
        made.writerow(headings.split(","))
        made.writerows(rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up data where the recorded data would lie."""
    folder = tmp_path_factory.mktemp("data")
    _volume(folder)
    _events(folder)
    _airlines(folder)
    written(
        folder / "quiet.csv",
        "dataset,series,start_utc,end_utc",
        [
            ("crisislex", "quake", "2012-09-05T00:00:00Z", "2012-09-05T12:00:00Z"),
            ("airline_feb2015", "United", "2015-02-18T00:00:00Z", "2015-02-18T12:00:00Z"),
        ],
    )
    return folder


def _volume(folder: Path) -> None:
    draw, begin = np.random.default_rng(1), datetime(2015, 2, 26, tzinfo=UTC)
    windows = {}
    for name in ("Twitter_volume_AA.csv", "Twitter_volume_BB.csv"):
        counts = draw.poisson(10.0, 5 * 288)
        counts[1200:1206] += 300
        stamps = [f"{begin + timedelta(minutes=5 * row):%Y-%m-%d %H:%M:%S}" for row in range(1440)]
        rows = list(zip(stamps, counts.tolist(), strict=True))
        written(folder / "nab_tweets" / name, "timestamp,value", rows)
        windows[name] = [[f"{stamps[1150]}.000000", f"{stamps[1250]}.000000"]]
    (folder / nab.WINDOWS).write_text(json.dumps(windows))


def _events(folder: Path) -> None:
    begin, draw = datetime(2012, 9, 5, tzinfo=UTC), np.random.default_rng(1)
    calm = sorted(draw.choice(16 * 60, 30, replace=False).tolist())
    rows = [("quake", minute, 1) for minute in calm]
    rows += [("quake", 960 + minute, 2 + minute) for minute in range(1, 30)]
    written(
        folder / _recorded.EVENTS,
        "series,timestamp,count",
        [
            (name, f"{begin + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}", count)
            for name, minute, count in rows
        ],
    )
    written(
        folder / _recorded.ONSETS,
        "event,known_onset_utc,pre_hours,pre_tweets",
        [
            ("quake", begin + timedelta(minutes=960, seconds=30), 16.0, 30),
            ("too early", begin, 1.0, 30),
        ],
    )


def _airlines(folder: Path) -> None:
    begin, draw = datetime(2015, 2, 17, tzinfo=UTC), np.random.default_rng(1)
    calm = draw.uniform(0, 3 * 1440, 300)
    storm = draw.uniform(2.5 * 1440, 2.5 * 1440 + 120, 200)
    minutes = sorted([*calm.tolist(), *storm.tolist()])
    rows = [
        (
            number,
            f"{begin + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S.000Z}",
            "@united cancelled my flight" if 3600 <= minute < 3720 else "@united hello",
            f"a{number}",
        )
        for number, minute in enumerate(minutes)
    ]
    written(folder / _recorded.POSTS, "tweet_id_rounded15,utc,text,author", rows)
    written(
        folder / _recorded.LABELS,
        "dataset,series,start_utc,end_utc,kind",
        [
            ("airline_feb2015", "United/cancelled", *_span(2.5, 2.8), "disruption"),
            ("airline_feb2015", "United/all", *_span(1.2, 1.4), "promo-benign"),
            ("airline_feb2015", "United/cancelled", *_span(0, 0.1), "disruption-left-censored"),
        ],
    )


def _span(since: float, until: float) -> tuple[str, str]:
    begin = datetime(2015, 2, 17, tzinfo=UTC)
    return tuple(f"{begin + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}" for day in (since, until))


def test_mention_volume_gives_every_figure(data: Path) -> None:
    result = nab.measure(Setting(data), quietly)
    ours = result.scored[0]
    assert (ours.method, set(ours.series)) == (nab.SEAWALL, {"AA", "BB"})
    assert ours.score > 60
    assert [one.method for one in result.scored[1:]] == [*on_volume(1)]
    ranked, series = nab.tables(result)
    assert len(ranked.rows) == len(nab.PUBLISHED) + len(result.scored)
    assert [float(row[1]) for row in ranked.rows] == sorted(
        (float(row[1]) for row in ranked.rows), reverse=True
    )
    for table in (ranked, series):
        assert all(len(row) == len(table.headings) for row in table.rows)

    given = nab.measure(Setting(data, threshold=1.0), quietly).scored[0]
    assert (given.threshold, given.score, given.held_out) == (1.0, 0.0, None)


def test_incidents_give_every_figure(data: Path) -> None:
    events, airlines = incidents.measure(Setting(data), quietly).collections
    assert [name for name, _ in events.cases] == ["quake"]
    assert [kind for _, kind in airlines.cases] == ["incident", "benign"]
    for found in (events, airlines):
        ours = found.findings[0]
        assert ours.method == incidents.SEAWALL
        assert ours.delays[0] is not None
        assert 0 <= ours.delays[0] <= 30
        assert [one.method for one in found.findings[1:]] == [*on_incidents(1)]
        assert all(one.false_alarms <= ours.false_alarms for one in found.findings)
    assert events.quiet_days == 0.5
    assert airlines.quiet_days == 1.0
    assert airlines.findings[0].delays[1] is None
    for table in incidents.tables(incidents.Incidents((events, airlines))):
        assert all(len(row) == len(table.headings) for row in table.rows)


def test_the_delay_counts_from_the_third_post() -> None:
    assert _recorded.noticeable({0: 9, 60: 1, 120: 1, 300: 1}, onset=61) == 360


@pytest.mark.parametrize("measure", [nab.measure, incidents.measure])
def test_without_recorded_data_the_error_says_what_to_do(measure: object, tmp_path: Path) -> None:
    assert callable(measure)
    with pytest.raises(RecordingError, match=r"put the recorded data there, or name .* --data"):
        measure(Setting(tmp_path), quietly)
