"""What may be said in a situation, what must be, and what never: one file a situation."""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from ruamel.yaml import YAML

from alerts.words.kinds import KINDS
from alerts.words.phases import Phase

UNKNOWN = "unknown"
"""The situation that nobody prepared for."""


class Apology(StrEnum):
    """Whether one says sorry."""

    REQUIRED = "required"
    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"


def known(kind: str) -> str:
    """The kind of fact. Raises ValueError where there is none of that name."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of fact: {kind}")
    return kind


class Must(BaseModel):
    """A concept that has to be said; where `needs` names a kind of fact, once that is confirmed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    concept: str
    needs: Annotated[str, AfterValidator(known)] | None = None


def _must(written: object) -> object:
    """`what_works if works` as it is in a file."""
    if not isinstance(written, str):
        return written
    concept, _, kind = written.partition(" if ")
    return {"concept": concept, "needs": kind or None}


_Musts = tuple[Annotated[Must, BeforeValidator(_must)], ...]

_PROMISE: Final = (Must(concept="next_update"),)
_ALWAYS: Final = {
    Phase.SOLVED: (Must(concept="working_again"),),
    Phase.CORRECTION: (Must(concept="correction"),),
    Phase.DETAILS: (Must(concept="dm_only"),),
}
"""What must be said whatever the situation."""


class Playbook(BaseModel):
    """The policy of a situation; its words are in `texts`.

    `grave`: no light words, and the formal address. `silence` is whether saying nothing is what one
    does by default or what one may decide, `silent` how `say nothing, …` goes on: because of what,
    or if what is so; `while_few`: only while few know of it. `apologies` are per phase,
    allowed where none is written. `never` are rules of the linter that block here. `legal`: lawyers
    approve each text. `break_glass`: at night one person may approve, with a reason. `promises`:
    whether it says when the next word comes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = Field(min_length=1)
    grave: bool = False
    silence: Literal["default", "possible"] = "possible"
    silent: str = Field(pattern="^(because|if) ")
    while_few: bool = False
    apologies: dict[Phase, Apology] = Field(default={}, alias="apology")
    musts: dict[Phase, _Musts] = Field(default={}, alias="must")
    never: tuple[str, ...] = ()
    legal: bool = False
    break_glass: bool = True
    promises: bool = True

    def must(self, phase: Phase) -> tuple[Must, ...]:
        """What has to be said in a phase."""
        promise = _PROMISE if self.promises and phase in (Phase.WORKING, Phase.UPDATE) else ()
        return (*self.musts.get(phase, ()), *promise, *_ALWAYS.get(phase, ()))

    def apology(self, phase: Phase) -> Apology:
        """Whether one says sorry in a phase."""
        return self.apologies.get(phase, Apology.ALLOWED)


@cache
def situations() -> tuple[str, ...]:
    """The situations that have a playbook, by name."""
    found = (files("alerts.words") / "playbooks").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in found if f.name.endswith(".yaml")))


@cache
def playbook(situation: str) -> Playbook:
    """The playbook of a situation. Raises ValueError, listing them, where there is none."""
    if situation not in situations():
        raise ValueError(f"no playbook {situation!r}; there are: {', '.join(situations())}")
    text = (files("alerts.words") / "playbooks" / f"{situation}.yaml").read_text("utf-8")
    return Playbook.model_validate(YAML(typ="safe").load(text))
