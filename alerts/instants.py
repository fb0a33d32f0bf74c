"""A point in time as a briefing stores it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer


def written(at: datetime) -> str:
    """A time in UTC with a Z; microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    AfterValidator(lambda at: at.astimezone(UTC)),
    PlainSerializer(written, when_used="json"),
]
"""Aware and in UTC; in JSON it is ISO 8601 with a Z."""
