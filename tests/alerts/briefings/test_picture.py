"""The chart as a picture: what can be seen on it."""

import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.briefings import picture
from alerts.briefings.briefing import Briefing
from alerts.briefings.charts import Chart
from tests.alerts import scenes


def pixels(content: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    from matplotlib.image import imread

    return np.asarray(imread(BytesIO(content)))[:, :, :3]


def share(briefing: Briefing, colour: str) -> float:
    """How much of the picture has this colour."""
    from matplotlib.colors import to_rgb

    found = np.abs(pixels(picture.png(briefing)) - np.array(to_rgb(colour))).max(axis=2) < 0.02
    return float(found.mean())


def test_it_is_as_wide_as_it_is_asked_to_be() -> None:
    for width in (360, 720):
        content = picture.png(scenes.briefing(), width_px=width)
        assert content.startswith(b"\x89PNG")
        assert struct.unpack(">II", content[16:24]) == (width, width * 3 // 4)


def test_posts_expectation_and_the_hour_it_was_taken_can_be_seen() -> None:
    briefing = scenes.briefing()
    few = replace(briefing.chart, observed=(0.0,) * len(briefing.chart.observed))
    assert share(briefing, picture.BLUE) > 2 * share(replace(briefing, chart=few), picture.BLUE)
    assert share(briefing, picture.ORANGE) > 0.001
    nobody = replace(briefing, acknowledged_at=None)
    assert share(briefing, picture.GREEN) > 2 * share(nobody, picture.GREEN)


def test_the_same_briefing_is_the_same_picture_whoever_else_draws() -> None:
    briefings = [scenes.briefing(), scenes.silence()] * 4
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(picture.png, briefings))
    assert len(set(drawn)) == 2
    assert drawn[0] == picture.png(briefings[0])


def test_strangers_words_are_drawn_as_they_are() -> None:
    briefing = scenes.briefing()
    line = replace(briefing.topics[0], name="$\\frac{1}{0}$ \x1b[2J")
    assert picture.png(replace(briefing, topics=(line,)))


OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 3, 14, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "hours", "written"),
    [
        (NOON + timedelta(minutes=7), 2.5, "12:30 13:00 13:30 14:00 14:30"),
        (NOON, 14, "12:00 14:00 16:00 18:00 20:00 22:00 15 Mar"),
        (NOON, 96, "15 Mar 16 Mar 17 Mar 18 Mar"),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 5.2, "29 Mar 01:00 03:00 04:00 05:00"),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 5.2, "25 Oct 01:00 02:00 02:00 03:00"),
        (datetime(2026, 10, 24, 10, tzinfo=UTC), 30, "12:00 18:00 25 Oct 06:00 12:00"),
    ],
)
def test_its_clock_is_that_on_the_wall_also_when_it_changes_and_is_not_cut_off(
    since: datetime, hours: float, written: str
) -> None:
    until = since + timedelta(hours=hours)
    found = picture.ticks(since, until, OSLO)
    assert " ".join(label for _, label in found) == written
    assert all(since <= at < until for at, _ in found)


def test_without_numbers_there_is_no_picture() -> None:
    empty = replace(scenes.briefing(), chart=Chart(scenes.START, 60, (), ()))
    with pytest.raises(ValueError, match="without a chart"):
        picture.png(empty)
