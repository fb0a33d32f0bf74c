"""The sentences that messages are made of: a file a language, templates over facts."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Final

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    model_validator,
)
from ruamel.yaml import YAML

from alerts.words.kinds import KINDS, Kind
from alerts.words.phases import Channel, Phase
from alerts.words.playbooks import UNKNOWN, known, playbook, situations

POSTS: Final = (Channel.X, Channel.BLUESKY, Channel.MASTODON, Channel.FACEBOOK)
OWN: Final = (Channel.PHONE, Channel.BANNER, Channel.PUSH)
"""Channels of the brand's own, on which no link is said."""
GRAVE = "grave"
"""What grave situations fall back to in a file, as the others do to `unknown`."""
OF_THE_ENGINE: Final = frozenset({"brand", "changes"})
"""Slots that are no kinds of facts; `changes` is what a correction corrects."""

_GROUPS = {"posts": POSTS, "own": OWN}
_TEMPLATES = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _channels(written: Iterable[str]) -> list[str]:
    return [channel for one in written for channel in _GROUPS.get(one, (one,))]


def _sound(template: str) -> str:
    """The template. Raises ValueError where it cannot be read or has slots that nothing fills."""
    if odd := slots(template) - KINDS.keys() - OF_THE_ENGINE:
        raise ValueError(f"{template!r}: no such slot: {', '.join(sorted(odd))}")
    return template


_Said = Annotated[str, AfterValidator(_sound)]
_Kinds = tuple[Annotated[str, AfterValidator(known)], ...]
_Channels = Annotated[tuple[Channel, ...], BeforeValidator(_channels)]


class Sentence(BaseModel):
    """One sentence of a message; how its keys are meant is told at the top of `texts/en.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: Annotated[_Said, Field(min_length=1)]
    others: tuple[_Said, ...] = Field(default=(), alias="or")
    short: _Said | None = None
    where: _Kinds = ()
    needs: _Kinds = ()
    otherwise: _Said | None = Field(default=None, alias="else")
    may: bool = False
    on: _Channels = tuple(Channel)
    not_on: _Channels = ()

    @model_validator(mode="after")
    def _asks_for_no_more(self) -> "Sentence":
        for other in (*self.others, self.short):
            if other and (more := slots(other) - slots(self.say)):
                raise ValueError(f"{other!r}: a slot that `say` has not: {', '.join(sorted(more))}")
        return self

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of facts that it can be said with."""
        said = slots(self.say) | slots(self.otherwise or "")
        return frozenset((said | {*self.where, *self.needs}) - OF_THE_ENGINE)

    def is_for(self, channel: Channel) -> bool:
        """Whether it may be said there."""
        return channel in self.on and channel not in self.not_on


class Texts(RootModel[dict[str, dict[Phase, tuple[Sentence, ...]]]]):
    """All that is said in one language: sentences by situation and phase."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _situations_are_known(self) -> "Texts":
        if odd := self.root.keys() - {*situations(), GRAVE}:
            raise ValueError(f"no such situation: {', '.join(sorted(odd))}")
        return self


class Wording(BaseModel):
    """The sentences of a phase in a language, as they are approved: `name` changes with them."""

    model_config = ConfigDict(frozen=True)

    name: str
    sentences: tuple[Sentence, ...]


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are texts in."""
    found = (f.name.removesuffix(".yaml") for f in (files("alerts.words") / "texts").iterdir())
    return tuple(sorted(name for name in found if "-" not in name and "." not in name))


@cache
def wording(situation: str, phase: Phase, language: str, *, formal: bool) -> Wording | None:
    """What is said in a situation and phase, None where nothing is.

    Where a language has formal texts, they are preferred if the brand is `formal`. Raises
    ValueError for a situation without a playbook.
    """
    grave = playbook(situation).grave
    formally = [f"{language}-formal"] if formal and not grave else []
    for file in (*formally, language):
        texts = _texts(file)
        for part in (situation, GRAVE if grave else UNKNOWN):
            if sentences := texts.get(part, {}).get(phase):
                name = f"{file}/{part}/{phase}@{_fingerprint(sentences)}"
                return Wording(name=name, sentences=sentences)
    return None


@cache
def entered(situation: str) -> tuple[Kind, ...]:
    """The kinds of facts that people enter, first those that are said of a situation.

    Of one without a playbook, those that are said where nobody knows yet.
    """
    which = situation if situation in situations() else UNKNOWN
    phases = (wording(which, phase, "en", formal=False) for phase in Phase)
    said = {kind for one in phases if one for each in one.sentences for kind in each.kinds}
    every = (one for one in KINDS.values() if not one.standing)
    return tuple(sorted(every, key=lambda one: one.id not in said))


@cache
def _texts(file: str) -> Mapping[str, Mapping[Phase, tuple[Sentence, ...]]]:
    path = files("alerts.words") / "texts" / f"{file}.yaml"
    if not path.is_file():
        return {}
    return Texts.model_validate(YAML(typ="safe").load(path.read_text("utf-8"))).root


def _fingerprint(sentences: tuple[Sentence, ...]) -> str:
    plain = [one.model_dump(mode="json", exclude_defaults=True) for one in sentences]
    return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


@cache
def slots(template: str) -> frozenset[str]:
    """The names that a template leaves open. Raises ValueError where it cannot be read."""
    try:
        return frozenset(meta.find_undeclared_variables(_TEMPLATES.parse(template)))
    except TemplateError as problem:
        raise ValueError(f"{template!r}: {problem}") from problem


def rendered(template: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled; what fills them is text, whatever it looks like."""
    return _compiled(template).render(values)


@cache
def _compiled(template: str) -> Template:
    return _TEMPLATES.from_string(template)
