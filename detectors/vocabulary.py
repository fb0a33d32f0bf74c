"""The words that every part of Seawall shares: series, sample, surge."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """A topic of a brand on a platform, written `brand/topic@platform`.

    >>> str(Series("us-airways", "cancellations", "x"))
    'us-airways/cancellations@x'
    >>> Series.parse("us-airways/cancellations@x").topic
    'cancellations'
    """

    brand: str
    topic: str
    platform: str

    def __str__(self) -> str:
        return f"{self.brand}/{self.topic}@{self.platform}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; ValueError where a part is missing."""
        head, at, platform = text.rpartition("@")
        brand, slash, topic = head.partition("/")
        if not (at and slash and brand and topic and platform):
            raise ValueError(f"a series is written brand/topic@platform, not {text!r}")
        return cls(brand, topic, platform)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was said in one bucket of a series.

    `authors` counts those not seen on the topic in the hour before; None where authors are unknown.
    """

    series: Series
    bucket: datetime
    posts: int
    authors: int | None


@dataclass(frozen=True, slots=True)
class Surge:
    """A detector's finding: more is said on a series than its expectation explains.

    `started_at` is the estimated change, `detected_at` the end of the bucket that gave the verdict.
    `factor` is observed over expected since the start. `evidence` is how rarely chance alone would
    look like this: the expected number of days between such findings on a series without surges.
    """

    series: Series
    started_at: datetime
    detected_at: datetime
    factor: float
    evidence: float
