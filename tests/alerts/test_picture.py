"""The chart as a picture: what can be seen on it."""

import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from alerts import picture
from alerts.briefing import Briefing
from alerts.charts import Chart
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


def test_without_numbers_there_is_no_picture() -> None:
    empty = replace(scenes.briefing(), chart=Chart(scenes.START, 60, (), ()))
    with pytest.raises(ValueError, match="without a chart"):
        picture.png(empty)
