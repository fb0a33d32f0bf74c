"""Safety: words that page at once, and incidents that only named people may see."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from alerts.incidents.tripwires import TOGETHER
from monitor.configuration.part import Part
from monitor.configuration.teams import Member, Place
from monitor.configuration.values import Id, Language, Name, defined, term, wrong


def _terms(value: str) -> str:
    if "+" in value.split()[:1] + value.split()[-1:]:
        raise wrong("has nothing on one side of its `+`", "two terms: `gas + terminal`")
    parts = value.split(TOGETHER)
    if len(parts) > 2:
        raise wrong("has more than one ` + `", "two terms at most: `gas + terminal`")
    return TOGETHER.join(map(term, parts))


_Terms = tuple[Annotated[str, AfterValidator(_terms)], ...]


class Tripwires(Part):
    """Words about safety in posts on one's own brands; those that are shipped, and one's own.

    They page at once, at any volume, and a person looks whether they are meant so. Words are found
    in posts of any language; accents do not matter.
    """

    enabled: bool = Field(default=True, description="Whether they page at all.")
    words: dict[Language, _Terms] = Field(
        default={},
        description="More terms that page, per language: a word, a phrase, `evacuat*` for every "
        "word that begins so, or `gas + terminal`, where both stand within a few words.",
        examples=[{"en": ["dangerous goods", "gas + terminal"]}],
    )
    harmless: dict[Language, _Terms] = Field(
        default={},
        description="Phrases in which such a word is harmless, shipped or one's own; of two terms "
        "with a ` + ` the first is harmless near the second.",
        examples=[{"en": ["fire sale", "fire + tablet"]}],
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

    @field_validator("channel")
    @classmethod
    def _private(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for id, team in (info.context["teams"] if info.context else {}).items():
            theirs = team.get("channel") if isinstance(team, Mapping) else ()
            if isinstance(theirs, list) and any(place in theirs for place in value):
                raise wrong(f"is where all of `teams.{id}` read", "a private one of its own")
        return value
