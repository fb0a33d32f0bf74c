"""Targets: how soon what has to be done after the onset of an incident."""

from datetime import timedelta

from pydantic import Field

from monitor.configuration.part import Part
from monitor.configuration.values import Duration


class Targets(Part):
    """Each is counted from the onset; what comes later, or not at all, is a breach."""

    detected: Duration = Field(
        default=timedelta(minutes=15), description="Seawall has noticed.", examples=["15m"]
    )
    acknowledged: Duration = Field(
        default=timedelta(minutes=25), description="Somebody has it in hand.", examples=["25m"]
    )
    first_word: Duration = Field(
        default=timedelta(hours=1),
        description="Something is said in public, or it was decided to say nothing.",
        examples=["1h"],
    )
    resolved: Duration | None = Field(
        default=None, description="It is over; no target where it is left out.", examples=["12h"]
    )
