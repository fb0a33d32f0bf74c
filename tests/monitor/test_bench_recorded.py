import csv
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, inf, nan, sqrt
from pathlib import Path

import numpy as np
import pytest

from monitor.bench import page
from monitor.bench.contract import Setting
from monitor.bench.machine import machine
from monitor.bench.measures import _recorded, incidents, nab
from monitor.bench.measures._answers import Answer, Did
from monitor.bench.measures._baselines import calibrated, on_incidents, on_volume, openings
from monitor.bench.measures._nab_score import (
    FALSE_POSITIVE,
    Labels,
    best_threshold,
    normalised,
    outcome,
    worth,
)
from monitor.bench.measures._recorded import Kind
from monitor.bench.measures.incidents import Finding, Found
from monitor.bench.plots import svg
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
    said = [(minute, "@united hello", f"c{minute}") for minute in calm]
    said += [(minute, "@united cancelled my flight", f"s{minute}") for minute in storm]
    said += [(minute, "@united hello", "one") for minute in range(3170, 3210)]
    said += [(minute, "@jetblue hello", f"j{minute}") for minute in range(4000, 4300)]
    rows = [
        (number, f"{begin + timedelta(minutes=at):%Y-%m-%dT%H:%M:%S.000Z}", text, author)
        for number, (at, text, author) in enumerate(sorted(said))
    ]
    written(folder / _recorded.POSTS, "tweet_id_rounded15,utc,text,author", rows)
    written(
        folder / _recorded.LABELS,
        "dataset,series,start_utc,end_utc,kind",
        [
            ("airline_feb2015", "United/cancelled", *_span(2.5, 2.8), "disruption"),
            ("airline_feb2015", "United/all", *_span(1.2, 1.4), "promo-benign"),
            ("airline_feb2015", "United/all", *_span(2.2, 2.23), "single-author-flood"),
            ("airline_feb2015", "JetBlue/all", *_span(2.8, 2.9), "data-artifact"),
            ("airline_feb2015", "United/cancelled", *_span(2.5, 2.6), "viral-brand"),
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
    assert len(ranked.rows) == len(result.scored)
    assert [float(row[1]) for row in ranked.rows] == sorted(
        (float(row[1]) for row in ranked.rows), reverse=True
    )
    for table in (ranked, series):
        assert all(len(row) == len(table.headings) for row in table.rows)


def test_the_threshold_that_is_printed_gives_the_same_score_again(data: Path) -> None:
    chosen = nab.measure(Setting(data), quietly)
    [printed] = [row[3] for row in nab.tables(chosen)[0].rows if row[0] == nab.SEAWALL]
    again = nab.measure(Setting(data, threshold=float(printed)), quietly)
    assert again.scored[0].series == chosen.scored[0].series
    assert again.scored[0].score == chosen.scored[0].score
    assert again.scored[0].held_out is None
    above = nab.measure(Setting(data, threshold=1.1), quietly).scored[0]
    assert (above.threshold, above.score) == (1.1, 0.0)


def test_published_scores_stand_beside_the_series_that_they_are_for(data: Path) -> None:
    [ours, *others] = nab.measure(Setting(data), quietly).scored
    outcomes = dict.fromkeys(nab.PUBLISHED_FOR, ours.series["AA"])
    same = nab.Volume((replace(ours, series=outcomes), *others))
    assert len(nab.tables(same)[0].rows) == len(nab.PUBLISHED) + len(same.scored)
    assert "ARTime" in svg(*nab.plots(same))
    assert "ARTime" not in svg(*nab.plots(nab.Volume((ours, *others))))


def test_of_volume_without_a_single_window_nothing_is_scored(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nab_tweets"
    shutil.copytree(data / "nab_tweets", folder)
    windows = json.loads((folder / "windows.json").read_text())
    (folder / "windows.json").write_text(json.dumps({**windows, "Twitter_volume_BB.csv": []}))
    result = nab.measure(Setting(tmp_path), quietly)
    [_, unlabelled] = nab.tables(result)[1].rows
    assert unlabelled[:3] == ("BB", "", "0 of 0")

    (folder / "windows.json").write_text(json.dumps({file: [] for file in windows}))
    with pytest.raises(RecordingError, match="has no window"):
        nab.measure(Setting(tmp_path), quietly)
    (folder / "windows.json").write_text(json.dumps({**windows, "else.csv": []}))
    with pytest.raises(RecordingError, match=r"no nab_tweets/else\.csv in"):
        nab.measure(Setting(tmp_path), quietly)


@pytest.fixture(scope="module")
def found(data: Path) -> incidents.Incidents:
    """Every figure of the made-up incidents."""
    return incidents.measure(Setting(data), quietly)


def test_incidents_give_every_figure(found: incidents.Incidents) -> None:
    events, airlines = found.collections
    assert [name for name, _ in events.cases] == ["quake"]
    assert [kind for _, kind in airlines.cases] == [Kind.INCIDENT, *[Kind.BENIGN] * 4]
    for one in found.collections:
        ours = one.findings[0]
        assert ours.method == incidents.SEAWALL
        assert ours.delays[0] is not None
        assert 0 <= ours.delays[0] <= 30
        assert [each.method for each in one.findings[1:]] == [*on_incidents(1)]
        assert all(each.false_alarms <= ours.false_alarms for each in one.findings)
    assert events.quiet_days == 0.5
    assert airlines.quiet_days == 1.0
    assert airlines.findings[0].delays[1] is None
    assert all(each.thresholds.keys() == {"all", "cancellations"} for each in airlines.findings[1:])
    for table in incidents.tables(found):
        assert all(len(row) == len(table.headings) for row in table.rows)
    figures = json.loads(page.data({"incidents": found}, Setting(), machine()))["incidents"]
    assert [one["method"] for one in figures["overall"]] == [incidents.SEAWALL, *on_incidents(1)]
    drawn = svg(*incidents.plots(found))
    assert "quake" in drawn
    assert all(method in drawn for method in on_incidents(1))


def test_each_benign_case_is_answered_with_a_reason_from_the_store(
    found: incidents.Incidents,
) -> None:
    quiet, flood, begun, storm = found.collections[1].answers
    assert quiet.did is flood.did is begun.did is Did.SILENT
    assert re.fullmatch(r"\d+ posts, where \d+ were expected: not enough .*", quiet.reason)
    assert re.fullmatch(r"one author wrote 40 of \d+ posts: a surge in posts.*", flood.reason)
    assert begun.reason == "observed since Thu 19 Feb, 18:40 UTC only: nothing to compare with"
    assert storm.did is Did.PAGED
    assert storm.reason


def test_what_a_method_has_overall_is_a_mean_of_its_delays_and_its_pages() -> None:
    cases = (("storm", Kind.INCIDENT), ("quake", Kind.INCIDENT), ("promotion", Kind.BENIGN))
    told = (Answer("promotion", Did.TOLD, "talk"),)
    ours = Finding(incidents.SEAWALL, {}, 0, (9.0, -30.0, 5.0))
    theirs = Finding("fixed", {"all": 3.0}, 0, (None, 14_399.0, 5.0))
    ours_overall, fixed = incidents.overall([Found("", cases, 1.0, (ours, theirs), told)])
    assert ours_overall.mean == pytest.approx(sqrt(10.0 * 1.0))
    assert (ours_overall.found, ours_overall.pages) == (2, 0)
    assert fixed.mean == pytest.approx(incidents.LATEST)
    assert (fixed.found, fixed.pages) == (1, 1)


def test_the_delay_counts_from_the_third_post() -> None:
    assert _recorded.noticeable({0: 9, 60: 1, 120: 1, 300: 1}, onset=61) == 360


@pytest.mark.parametrize("measure", [nab.measure, incidents.measure])
def test_without_recorded_data_the_error_says_what_to_do(measure: object, tmp_path: Path) -> None:
    assert callable(measure)
    with pytest.raises(RecordingError, match=r"put the recorded data there, or name .* --data"):
        measure(Setting(tmp_path), quietly)
