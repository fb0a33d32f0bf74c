"""Series and runs that the tests of detection share."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detectors import Detector, SeriesSetup, Verdict, detector_kinds
from detectors.contract import Floats, Silence

MONDAY = 1_700_438_400
DAY = 86400


def setups(count: int, timezone: str = "Europe/Oslo", budget: float = 1.0) -> list[SeriesSetup]:
    """As many series of one team."""
    zone = ZoneInfo(timezone)
    return [SeriesSetup(f"acme/topic-{number}@x", zone, budget) for number in range(count)]


def make(kind: str, series: list[SeriesSetup], width: int, **options: Any) -> Detector:
    """A detector of a kind, with its defaults unless said otherwise."""
    module = detector_kinds()[kind]
    detector: Detector = module.build(module.Options(**options), series, width)
    return detector


def run(
    detector: Detector,
    posts: Floats,
    authors: Floats | None = None,
    *,
    width: int,
    first: int = 0,
) -> list[Verdict]:
    """Run counts (a row a bucket, from the bucket numbered `first`) through a detector."""
    authors = np.full_like(posts, np.nan) if authors is None else authors
    return [
        detector.observe(MONDAY + width * (first + index), posts[index], authors[index])
        for index in range(len(posts))
    ]


def bits(verdicts: Iterable[Verdict], chosen: Any = slice(None)) -> list[list[bytes]]:
    """Every field of every verdict, to the bit, of the chosen series."""
    return [
        [array[chosen].tobytes() for part in (verdict, verdict.silence) for array in arrays(part)]
        for verdict in verdicts
    ]


def arrays(part: Verdict | Silence) -> list[NDArray[Any]]:
    """The arrays of a verdict, or of what it says of silence."""
    values = [getattr(part, field.name) for field in fields(part)]
    return [value for value in values if isinstance(value, np.ndarray)]


def daily(random: np.random.Generator, mean: float, buckets: int, width: int) -> Floats:
    """Poisson counts of one series with a daily rhythm."""
    angle = 2 * np.pi * np.arange(buckets) * width / DAY
    return random.poisson(mean * np.exp(0.8 * np.sin(angle))).astype(np.float64)
