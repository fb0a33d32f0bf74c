"""Safety: words that page at once, and incidents that only named people may see."""

from typing import Annotated

from pydantic import Field

from monitor.configuration.part import Part
from monitor.configuration.teams import Member, Place
from monitor.configuration.values import Id, Language, Name, defined


class Tripwires(Part):
    """Words about safety in posts that mention a brand; the list that is shipped, and one's own."""

    enabled: bool = Field(default=True, description="Whether they page at all.")
    words: dict[Language, tuple[str, ...]] = Field(
        default={},
        description="More words and phrases that page, per language.",
        examples=[{"en": ["gas leak"]}],
    )
    harmless: dict[Language, tuple[str, ...]] = Field(
        default={},
        description="Phrases in which such a word is harmless.",
        examples=[{"en": ["fire sale"]}],
    )


class Restricted(Part):
    """What becomes of an incident that only named people may see."""

    people: Annotated[tuple[Member, ...], Field(min_length=1)] = Field(
        description="Who may see them, by id.", examples=[["nora", "kari"]]
    )
    channel: Annotated[tuple[Place, ...], Field(min_length=1)] = Field(
        description="Where they are told: names under `notify`, each a private channel.",
        examples=[["slack-crisis"]],
    )
    topics: tuple[Annotated[Id, defined("topics", "topic")], ...] = Field(
        default=(),
        description="Topics whose incidents are restricted from the first moment.",
        examples=[["insolvency"]],
    )
    name: Name = Field(
        default="Restricted incident",
        description="The neutral name that everybody else may see.",
        examples=["Incident Fjord"],
    )
