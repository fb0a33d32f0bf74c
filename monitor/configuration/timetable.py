"""When customers travel: departures by the hour, for how much an incident at this hour weighs."""

from typing import Annotated

from pydantic import Field

from monitor.configuration.part import Part
from monitor.configuration.values import Zone


class Timetable(Part):
    """Departures of an ordinary week, by days and hours."""

    timezone: Zone | None = Field(
        default=None,
        description="The zone of its hours; `timezone` of the file where it is left out.",
        examples=["Europe/Oslo"],
    )
    departures: dict[str, dict[str, Annotated[int, Field(ge=0, le=100_000)]]] = Field(
        default={},
        description="How many depart in which hour, by day or range of days.",
        examples=[{"mon-fri": {"06": 42, "07": 38}, "sat": {"07": 20}}],
    )
