"""What becomes the new normal: a level that stayed, and no flood that came and went."""

from zoneinfo import ZoneInfo

import numpy as np

from detectors.contract import SeriesSetup
from detectors.kinds.seasonal import Options, build

WIDTH = 600
DAY = 86400 // WIDTH
CHANGE = 12 * DAY


def renewed_after(posts_a_minute: float, *factors: tuple[float, float]) -> tuple[int, int]:
    """Of 40 series how many took a new normal, and fell silent, in `factors` (hours, times)."""
    random = np.random.default_rng(5)
    setup = [SeriesSetup(f"acme/{one}@x", ZoneInfo("UTC"), budget=0.3) for one in range(40)]
    detector = build(Options(), setup, WIDTH)
    usual = posts_a_minute * WIDTH / 60
    expected = np.full(CHANGE, usual)
    for hours, times in factors:
        expected = np.append(expected, np.full(round(hours * 3600 / WIDTH), times * usual))
    renewed, silent = np.zeros((2, len(setup)), np.bool_)
    for bucket, mean in enumerate(expected):
        posts = random.poisson(mean, len(setup)).astype(float)
        verdict = detector.observe(bucket * WIDTH, posts, posts)
        if bucket >= CHANGE:
            renewed |= verdict.renewed
            silent |= verdict.silence.opened
    return int(renewed.sum()), int(silent.sum())


def test_a_flood_at_the_end_of_a_day_of_suspicion_is_no_new_normal() -> None:
    assert renewed_after(0.02, (23, 1.8), (1.5, 40.0), (60, 1.0)) == (0, 0)


def test_what_stays_three_times_as_much_is_the_new_normal() -> None:
    renewed, silent = renewed_after(0.2, (60, 3.0))
    assert renewed >= 38
    assert silent == 0


def test_floods_every_few_hours_are_the_new_normal_at_last() -> None:
    renewed, _ = renewed_after(0.005, *[(0.5, 40.0), (4.5, 1.0)] * 30)
    assert renewed >= 38
