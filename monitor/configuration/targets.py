"""Targets: how soon what has to be done after the onset of an incident."""

from datetime import timedelta

from pydantic import Field, ValidationInfo, field_validator

from alerts.incidents.milestones import Milestone
from monitor.configuration.part import Part
from monitor.configuration.values import Duration, wrong


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

    @field_validator("acknowledged", "first_word", "resolved")
    @classmethod
    def _in_order(cls, value: timedelta | None, info: ValidationInfo) -> timedelta | None:
        for sooner, first in info.data.items():
            if value is not None and first > value:
                raise wrong(
                    f"asks for `{info.field_name}` before `{sooner}`",
                    "each target counts from the onset, so they do not become shorter",
                )
        return value

    @property
    def by_milestone(self) -> dict[Milestone, timedelta]:
        """The targets that there are, in the order of the clock."""
        asked = {
            Milestone.DETECTED: self.detected,
            Milestone.ACKNOWLEDGED: self.acknowledged,
            Milestone.FIRST_WORD: self.first_word,
            Milestone.RESOLVED: self.resolved,
        }
        return {name: span for name, span in asked.items() if span is not None}
