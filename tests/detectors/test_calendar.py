"""Holidays are lived like Sundays; events that are known beforehand raise what is expected."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import Detector, PlannedEvent, SeriesSetup, Verdict
from detectors.calendar import HOLIDAY, Calendar
from detectors.contract import Floats, Saved
from tests.detectors.runs import DAY, MONDAY, bits, daily, make, run, setups

WIDTH = 900
A_DAY = DAY // WIDTH
WEEK = 7 * A_DAY
FIRST_DAY = date(2023, 11, 20)


def planned(begin: int, end: int, factor: float) -> PlannedEvent:
    """An event between two buckets of a run."""
    return PlannedEvent(MONDAY + begin * WIDTH, MONDAY + end * WIDTH, factor)


def knowing(*events: PlannedEvent, holidays: Sequence[date] = (), zone: str = "UTC") -> SeriesSetup:
    return replace(setups(1, zone)[0], events=events, holidays=frozenset(holidays))


def seasonal(*events: PlannedEvent, holidays: Sequence[date] = ()) -> Detector:
    return make("seasonal", [knowing(*events, holidays=holidays)], WIDTH)


def weekly(weeks: int, times: Floats | float = 1.0) -> Floats:
    """Counts of one series whose weekends have three fifths of a working day's."""
    buckets = np.arange(weeks * WEEK)
    share = np.where(buckets % WEEK >= 5 * A_DAY, 0.6, 1.0)
    rhythm = np.exp(0.8 * np.sin(2 * np.pi * buckets / A_DAY))
    return np.random.default_rng(2).poisson(8.0 * rhythm * share * times).astype(np.float64)


def found(verdicts: Sequence[Verdict], first: int = 0) -> dict[str, list[int]]:
    """The buckets with which surges and silences open."""
    return {
        "surges": [i for i, one in enumerate(verdicts, first) if one.opened[0]],
        "silences": [i for i, one in enumerate(verdicts, first) if one.silence.opened[0]],
    }


NOTHING: dict[str, list[int]] = {"surges": [], "silences": []}


@cache
def learned(weeks: int) -> Saved:
    """What is known after so many ordinary weeks, in which there is nothing to find."""
    plain = seasonal()
    assert found(run(plain, weekly(weeks)[:, None], width=WIDTH)) == NOTHING
    return plain.save()


def goes_on(detector: Detector, posts: Floats, weeks: int = 3) -> list[Verdict]:
    """The verdicts of what comes after those weeks."""
    detector.restore(learned(weeks))
    first = weeks * WEEK
    return run(detector, posts[first:, None], width=WIDTH, first=first)


def in_a_day(detector: Detector, begin: int) -> float:
    """How many posts are expected in the day from this bucket of a run."""
    buckets = [MONDAY + WIDTH * (begin + i) for i in range(A_DAY)]
    return float(detector.expectation(buckets).sum())


@pytest.mark.parametrize("kind", ["seasonal", "river"])
def test_where_no_event_and_no_holiday_is_nothing_changes_to_the_bit(kind: str) -> None:
    posts = daily(np.random.default_rng(1), 4.0, 4 * A_DAY, WIDTH)[:, None]
    known = knowing(
        PlannedEvent(0, MONDAY, 5.0),
        planned(len(posts), len(posts) + 9, 0.2),
        holidays=[date(2023, 11, 19), date(2023, 11, 24)],
    )
    plain = make(kind, [knowing()], WIDTH)
    aware = make(kind, [known], WIDTH)
    assert bits(run(plain, posts, width=WIDTH)) == bits(run(aware, posts, width=WIDTH))
    ahead = [MONDAY + WIDTH * i for i in range(len(posts))]
    assert plain.expectation(ahead).tobytes() == aware.expectation(ahead).tobytes()


@pytest.mark.parametrize(
    ("width", "begin", "lasting", "factor"),
    [
        (60, 1234, 1, 4.0),
        (900, 1234, 1, 4.0),
        (3600, -3601, 3602, 2.0),
        (900, -3601, 3602, 2.0),
        (60, 1799, 3333, 0.5),
        (3600, 0, 7200, 4.0),
        (900, -9000, 18000, 0.25),
    ],
)
def test_the_band_moves_by_the_factor_in_every_bucket_that_the_event_touches(
    width: int, begin: int, lasting: int, factor: float
) -> None:
    noon = MONDAY + DAY // 2
    event = PlannedEvent(noon + begin, noon + begin + lasting, factor)
    plain, aware = (make("seasonal", [knowing(*events)], width) for events in ((), (event,)))
    counts = np.full(1, 300.0 * width / 3600)
    for bucket in range(MONDAY, noon + 5 * 3600, width):
        touched = bucket < event.end and bucket + width > event.begin
        assert aware.expectation([bucket]) == plain.expectation([bucket]) * (
            factor if touched else 1.0
        )
        plain.observe(bucket, counts, counts)
        verdict = aware.observe(bucket, counts, counts)
        if bucket >= noon - 3 * 3600:
            assert verdict.expected == aware.expectation([bucket])[0]
        aware.restore(plain.save())


def during(event: PlannedEvent, weeks: int, times: float) -> Floats:
    """So many times as much while the event is under way, bucket by bucket."""
    at = MONDAY + WIDTH * np.arange(weeks * WEEK)
    return np.where((at >= event.begin) & (at < event.end), times, 1.0)


def test_an_event_that_comes_as_foretold_is_no_surge_and_one_on_top_of_it_is() -> None:
    begin = 3 * WEEK + 30
    sale = planned(begin, begin + 2 * A_DAY, 3.0)
    posts = weekly(4, during(sale, 4, 3.0))
    unforeseen = found(goes_on(seasonal(), posts), 3 * WEEK)["surges"]
    assert begin <= unforeseen[0] < begin + 8
    assert found(goes_on(seasonal(sale), posts)) == NOTHING
    outage = 3 * WEEK + A_DAY
    posts[outage : outage + 8] *= 5
    [start, *_] = found(goes_on(seasonal(sale), posts), 3 * WEEK)["surges"]
    assert outage <= start <= outage + 4


@pytest.mark.parametrize("times", [1.0, 2.0, 3.0, 4.0])
def test_a_factor_that_was_wrong_teaches_nothing_false(times: float) -> None:
    plain, aware = seasonal(), seasonal(event := planned(3 * WEEK + 30, 3 * WEEK + 280, 3.0))
    plain.restore(learned(4))
    verdicts = goes_on(aware, weekly(4, during(event, 4, times)))
    for day in range(7):
        begin = 4 * WEEK + day * A_DAY
        assert in_a_day(aware, begin) == pytest.approx(in_a_day(plain, begin), rel=0.1)
    if times <= event.factor:
        assert found(verdicts) == NOTHING


def test_an_event_that_does_not_come_is_no_silence_and_a_silence_in_it_is() -> None:
    posts, campaign = weekly(4), planned(3 * WEEK + 30, 3 * WEEK + 280, 20.0)
    assert found(goes_on(seasonal(campaign), posts)) == NOTHING
    posts[3 * WEEK + 200 :] = 0
    [silence] = found(goes_on(seasonal(campaign), posts), 3 * WEEK)["silences"]
    assert 3 * WEEK + 200 < silence < 3 * WEEK + 250


def test_a_quiet_bank_holiday_is_no_silence_and_lowers_no_monday() -> None:
    day = planned(4 * WEEK, 4 * WEEK + A_DAY, 1.0)
    posts = weekly(5, during(day, 5, 0.6))[: 4 * WEEK + A_DAY]
    ordinary, unaware = seasonal(), seasonal()
    aware = seasonal(holidays=[FIRST_DAY + timedelta(weeks=4)])
    goes_on(ordinary, weekly(5)[: len(posts)], weeks=4)
    goes_on(unaware, posts, weeks=4)
    aware.restore(learned(4))
    assert in_a_day(aware, 4 * WEEK) == pytest.approx(in_a_day(aware, 4 * WEEK - A_DAY), rel=0.01)
    assert found(goes_on(aware, posts, weeks=4)) == NOTHING
    usual, kept, lowered = (in_a_day(one, 5 * WEEK) for one in (ordinary, aware, unaware))
    assert kept == pytest.approx(usual, rel=0.05)
    assert lowered < 0.9 * usual


def test_holidays_that_are_lived_like_working_days_are_learned() -> None:
    holidays = [FIRST_DAY + timedelta(weeks=week, days=2) for week in (3, 4, 5)]
    detector = seasonal(holidays=holidays)
    goes_on(detector, weekly(5))
    holiday, working_day, sunday = (in_a_day(detector, 5 * WEEK + day * A_DAY) for day in (2, 3, 6))
    assert holiday == pytest.approx(working_day, rel=0.1)
    assert sunday < 0.7 * working_day


@given(
    zone=st.sampled_from(
        ["Europe/Oslo", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"]
    ),
    day=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    width=st.sampled_from([600, 900, 1800]),
)
def test_a_holiday_lasts_from_local_midnight_to_local_midnight(
    zone: str, day: date, width: int
) -> None:
    calendar = Calendar([knowing(holidays=[day], zone=zone)], width)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    for bucket in range(int(midnight) - 16 * 3600, int(midnight) + 40 * 3600, width):
        calendar.turn(bucket)
        local = datetime.fromtimestamp(bucket, ZoneInfo(zone))
        name = HOLIDAY if local.date() == day else local.weekday()
        assert calendar.slots[1] == 24 * name + local.hour
        assert 0 <= bucket - calendar.opens < 3600


def test_series_with_calendars_of_their_own_give_the_same_bits_alone_and_continued() -> None:
    several = [
        knowing(planned(300, 340, 3.0), planned(333, 350, 0.5), holidays=[date(2023, 11, 23)]),
        knowing(zone="Asia/Kolkata"),
        knowing(planned(310, 311, 8.0), zone="Australia/Lord_Howe"),
    ]
    posts = np.stack([daily(np.random.default_rng(i), 4.0, 400, WIDTH) for i in range(3)], axis=1)
    together = run(make("seasonal", several, WIDTH), posts, width=WIDTH)
    for i, one in enumerate(several):
        alone = run(make("seasonal", [one], WIDTH), posts[:, i : i + 1], width=WIDTH)
        assert bits(alone) == bits(together, slice(i, i + 1))
    for cut in (302, 335, 341):
        before, after = (make("seasonal", several, WIDTH) for _ in range(2))
        run(before, posts[:cut], width=WIDTH)
        after.restore(before.save())
        assert bits(run(after, posts[cut:], width=WIDTH, first=cut)) == bits(together[cut:])
