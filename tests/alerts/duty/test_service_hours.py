"""When the desk is open, over midnight and over the clocks' change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from alerts.duty.service_hours import ServiceHours

OSLO = ZoneInfo("Europe/Oslo")
DESK = ServiceHours({"mon-fri": "07:00-19:00", "sat": "09:00-17:00", "sun": "10:00-19:00"})


def local(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=OSLO).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (local(3, 13, 6, 59), False),
        (local(3, 13, 7), True),
        (local(3, 13, 18, 59), True),
        (local(3, 13, 19), False),
        (local(3, 14, 8), False),
        (local(3, 14, 16), True),
        (local(3, 15, 10), True),
    ],
)
def test_it_opens_at_the_first_minute_and_is_closed_at_the_last(
    at: datetime, is_open: bool
) -> None:
    assert DESK.is_open(at, OSLO) is is_open


def test_the_next_opening_keeps_to_the_wall_clock_when_summer_time_begins() -> None:
    friday, sunday = local(3, 27, 19), local(3, 28, 17)  # clocks go forward on 29 March at 02:00
    assert DESK.next_opening(friday, OSLO) == local(3, 28, 9)
    assert (
        DESK.next_opening(sunday, OSLO) == local(3, 29, 10) == datetime(2026, 3, 29, 8, tzinfo=UTC)
    )


def test_a_night_shift_runs_past_midnight_and_through_the_repeated_hour() -> None:
    night = ServiceHours({"sat": "22:00-02:30"})  # clocks go back on 25 October at 03:00
    begins = local(10, 24, 22)
    assert night.is_open(begins + timedelta(hours=5, minutes=29), OSLO)  # 02:29 for the second time
    assert not night.is_open(begins + timedelta(hours=5, minutes=30), OSLO)
    assert not night.is_open(begins - timedelta(days=1), OSLO)


def test_a_desk_may_never_close_or_never_open() -> None:
    always = ServiceHours({"mon-sun": "00:00-24:00"})
    assert always.is_open(local(10, 25, 2, 30), OSLO)
    never = ServiceHours({})
    assert not never.is_open(local(3, 13, 12), OSLO)
    assert never.next_opening(local(3, 13, 12), OSLO) is None


def test_a_range_of_days_may_run_over_sunday() -> None:
    assert ServiceHours({"fri-mon": "10:00-12:00"}).is_open(local(3, 16, 11), OSLO)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(
        ["Europe/Oslo", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
    ),
)
def test_the_desk_is_open_at_its_next_opening_and_closed_just_before(
    at: datetime, zone: str
) -> None:
    opens = DESK.next_opening(at, ZoneInfo(zone))
    assert opens is not None
    assert opens > at
    assert DESK.is_open(opens, ZoneInfo(zone))
    assert not DESK.is_open(opens - timedelta(microseconds=1), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("configured", "problem"),
    [
        ({"mon-fri": "7-19"}, "mon-fri: '7-19' are not opening hours: write \"07:00-19:00\""),
        ({"sat": "09:00-25:00"}, "09:00-25:00"),
        ({"mo": "09:00-17:00"}, '\'mo\' is not a day or a range of days: write "sat" or "mon-fri"'),
        ({"mon-": "09:00-17:00"}, "'mon-' is not a day"),
        ({"mon-fri": "07:00-19:00", "fri": "07:00-15:00"}, "fri is named twice"),
    ],
)
def test_a_mistake_is_named_with_the_right_form(configured: dict[str, str], problem: str) -> None:
    class Configuration(BaseModel):
        service_hours: ServiceHours

    with pytest.raises(ValidationError) as refused:
        Configuration.model_validate({"service_hours": configured})
    assert problem in str(refused.value)
    assert refused.value.errors()[0]["loc"] == ("service_hours",)
