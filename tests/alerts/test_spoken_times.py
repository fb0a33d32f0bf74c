"""Times as people give them at night: on the clock that hangs where they are."""

from datetime import UTC, datetime

import pytest

from alerts.spoken_times import instant

OSLO = "Europe/Oslo"
AUTUMN = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
"""02:45 in Oslo, for the first time: summer time ends in a quarter of an hour."""


@pytest.mark.parametrize(
    ("said", "past", "then"),
    [
        ("02:30", False, "25. 01:30"),
        ("02:50", False, "25. 00:50"),
        ("02:45", False, "25. 01:45"),
        ("02:30", True, "25. 00:30"),
        ("02:50", True, "24. 00:50"),
        ("2h", True, "24. 22:45"),
    ],
)
def test_an_hour_that_a_clock_shows_twice_is_the_nearest_one(
    said: str, past: bool, then: str
) -> None:
    assert f"{instant(said, AUTUMN, OSLO, past=past):%d. %H:%M}" == then


def test_an_hour_that_a_clock_skips_is_an_hour_later() -> None:
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert f"{instant('02:30', spring, OSLO):%d. %H:%M}" == "29. 01:30"
