"""Data breaches: who decides whether authorities are notified, and by which laws."""

from pydantic import Field

from monitor.configuration.part import Part
from monitor.configuration.rota import Member


class Breaches(Part):
    """What becomes of an incident on a topic of the situation `breach`, or that a person calls one.

    From when somebody is aware of it, 72 hours count (GDPR Art. 33).
    """

    decide: tuple[Member, ...] = Field(
        default=(),
        description="Who says since when it is known, and decides whether it is notified: the data "
        "protection officer, by id; whoever has the right `lead` where nobody is named. They are "
        "told when the time begins, when half of it is over, and when 12 hours are left.",
        examples=[["nora"]],
    )
    nis2: bool = Field(
        default=False,
        description="Whether NIS2 applies to you: an early warning within 24 hours is asked for as "
        "well.",
        examples=[True],
    )
