"""Brands and topics: whom to watch, and what to ask of their posts."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

from alerts.incidents.incident import Refused
from alerts.words.kinds import KINDS
from alerts.words.typed import parsed
from monitor.configuration.part import Part, wrong_within
from monitor.configuration.values import (
    Id,
    Name,
    RateValue,
    Regions,
    Situation,
    Terms,
    defined,
    nearest,
    shortened,
    wrong,
)
from monitor.configuration.words import Voice

_STANDING = tuple(id for id, kind in KINDS.items() if kind.standing)
"""The kinds of facts that are so in any incident."""

_LONGEST_HINT = 150
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def _on_duty(value: str, info: ValidationInfo) -> str:
    team = info.context["teams"].get(value) if info.context else None
    if isinstance(team, Mapping) and team.get("pause_from") is not None:
        raise wrong("only pauses promotions, and is on duty for no incident", "name another team")
    return value


def _standing(kind: str) -> str:
    if kind in KINDS and kind not in _STANDING:
        remedy = f"it is said of an incident: seawall facts confirm ID {kind} …"
        raise wrong("does not stand once and for all", remedy)
    if kind not in _STANDING:
        raise wrong("is no fact that messages state", nearest(kind, _STANDING))
    return kind


def _said(facts: dict[str, str]) -> dict[str, str]:
    """As messages state them."""
    stated, mistakes = {}, {}
    for kind, said in facts.items():
        try:
            stated[kind] = parsed(kind, said, "UTC", _ANY_TIME)
        except Refused as refused:
            mistakes[kind] = said, wrong("cannot be stated", shortened(str(refused), _LONGEST_HINT))
    if mistakes:
        raise wrong_within(mistakes)
    return stated


class Topic(Part):
    """A named question asked of every brand's posts."""

    name: Name = Field(
        description="What people call it, in briefings and on charts.",
        examples=["Cancelled flights"],
    )
    terms: Terms = Field(
        default={},
        description="A post with one of these is on the topic. Whole words in any case; several "
        "words are a phrase; a `*` at the end finds every word that begins so. One list, or a list "
        "per language: accents count in German and the Nordic languages, and in no other.",
        examples=[{"en": ["cancelled", "cancellation*"], "de": ["annulliert", "gestrichen"]}],
    )
    exclude: Terms = Field(
        default={},
        description="A post with one of these is not on the topic, whatever else it says.",
        examples=[{"en": ["cancel my subscription"]}],
    )
    situation: Situation = Field(
        default="unknown",
        description="The playbook that suggests the holding messages.",
        examples=["cancellations"],
    )
    false_alarms: RateValue | None = Field(
        default=None,
        description="Surges that are no surge, allowed for each brand on this topic; without it "
        "the topic has its share of the team's.",
        examples=["1 per 30 days"],
    )

    def version(self, brand: "Brand") -> str:
        """Names the definition of this topic for `brand`; a changed one counts anew."""
        parts = [brand.terms, brand.exclude, self.terms, self.exclude]
        definition = [
            {language: sorted(terms) for language, terms in part.items() if terms} for part in parts
        ]
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12]


ALL_MENTIONS = Topic(name="All mentions")
"""The topic `all`: it asks nothing more than that the brand is mentioned."""


class Brand(Part):
    """One's own brand, or a competitor's."""

    name: Name = Field(description="What people call it.", examples=["US Airways"])
    terms: Terms = Field(
        default={},
        description="A post with one of these mentions the brand; written like a topic's terms. A "
        "brand without terms is known by counts only.",
        examples=[["@USAirways", "us airways"]],
    )
    exclude: Terms = Field(
        default={},
        description="A post with one of these is no mention.",
        examples=[["us airways center"]],
    )
    facts: Annotated[
        dict[
            Annotated[str, AfterValidator(_standing)],
            Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)],
        ],
        AfterValidator(_said),
    ] = Field(
        default={},
        description="Confirmed standing facts that a holding message may state: "
        + "; ".join(f"`{kind}`, {KINDS[kind].about}" for kind in _STANDING)
        + ".",
        examples=[{"report_url": "https://example.com/baggage"}],
    )
    voice: Voice = Field(default=Voice(), description="How it speaks in public.")
    whose: Literal["own", "competitor", "industry"] = Field(
        default="own",
        description="Whose it is. Competitors and the industry open no incidents: they are what an "
        "incident is compared with.",
        examples=["competitor"],
    )
    team: Annotated[Id, defined("teams", "team"), AfterValidator(_on_duty)] | None = Field(
        default=None,
        description="The team on duty for it; the first one where it is left out.",
        examples=["care"],
    )
    topics: tuple[Annotated[Id, defined("topics", "topic")], ...] | None = Field(
        default=None,
        description="The topics asked of this brand; all that are defined where it is left out.",
        examples=[["cancellations"]],
    )
    holidays: Regions | None = Field(
        default=None,
        description="The public holidays of this brand's customers; those of the whole file where "
        "it is left out.",
        examples=["SE", ["DE-BY", "AT"]],
    )

    @property
    def ours(self) -> bool:
        """Whether incidents are about it; others are what an incident is compared with."""
        return self.whose == "own"
