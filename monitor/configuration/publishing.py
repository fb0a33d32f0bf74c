"""Where approved messages can be posted: the brand's accounts on platforms."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, ValidationInfo

from alerts.publishers import publisher_kinds
from alerts.words.phases import Channel
from monitor.configuration.part import wrong_within
from monitor.configuration.values import (
    Choice,
    Kind,
    choice,
    described,
    named_apart,
    nearest,
    wrong,
)


def publishers() -> Mapping[str, Kind]:
    """Every kind of publisher by name."""
    return described(publisher_kinds())


def account(choices: tuple[Choice, ...], brand: str, channel: Channel) -> Choice | None:
    """The account that posts for a brand on a channel, its own before one of every brand."""
    there = [one for one in choices if publisher_kinds()[one.kind].channel is channel]
    own = [one for one in there if one.brand == brand]
    return next(iter([*own, *(one for one in there if one.brand is None)]), None)


def _of_a_brand(one: Choice, info: ValidationInfo) -> Choice:
    if one.brand is not None and info.context and one.brand not in info.context["brands"]:
        error = wrong("is no brand of this file", nearest(one.brand, info.context["brands"]))
        raise wrong_within({"brand": (one.brand, error)})
    return one


def _one_an_account(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    seen: dict[tuple[str, str | None], str] = {}
    for one in choices:
        if first := seen.get((one.kind, one.brand)):
            raise wrong(
                f"has two accounts of the kind `{one.kind}` for the same brand: `{first}` and "
                f"`{one.name}`",
                "give each its own `brand:`",
            )
        seen[one.kind, one.brand] = one.name
    return choices


PublisherChoices = Annotated[
    tuple[
        Annotated[
            Choice,
            PlainValidator(choice(publishers, "name", "brand")),
            AfterValidator(_of_a_brand),
        ],
        ...,
    ],
    AfterValidator(named_apart),
    AfterValidator(_one_an_account),
]
