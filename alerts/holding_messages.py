"""Holding messages: what a team can say at once, before anything is known, in every language.

A playbook is data: one YAML file per situation, with templates per language that say nothing that
is not confirmed. Their slots are filled from configuration and confirmed facts only, never from
what strangers wrote.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

from alerts.languages import base

UNKNOWN = "unknown"
"""The situation that nobody prepared for; its playbook speaks every language."""

SLOTS = frozenset({"brand", "report_url"})
"""What a template may say besides its own words: the brand's name; where to report a bag."""

_TEMPLATES = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class Playbook(BaseModel):
    """What to say in one situation.

    `seen` holds templates per language for the first public word. Of several, the first whose slots
    can all be filled is used, so the last may need none but `brand`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = Field(min_length=1)
    seen: dict[str, list[str]]

    @model_validator(mode="after")
    def _templates_are_sound(self) -> "Playbook":
        for language, templates in self.seen.items():
            if not templates:
                raise ValueError(f"{language}: no template")
            for template in templates:
                if odd := _slots(template) - SLOTS:
                    raise ValueError(f"{language}: no such slot: {', '.join(sorted(odd))}")
            if missing := _slots(templates[-1]) - {"brand"}:
                raise ValueError(f"{language}: the last template must do without {missing.pop()}")
        return self


def situations() -> tuple[str, ...]:
    """The situations that have a playbook, by name."""
    found = (files("alerts") / "playbooks").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in found if f.name.endswith(".yaml")))


@cache
def playbook(situation: str) -> Playbook:
    """The playbook of a situation. Raises ValueError, listing them, where there is none."""
    if situation not in situations():
        raise ValueError(f"no playbook {situation!r}; there are: {', '.join(situations())}")
    text = (files("alerts") / "playbooks" / f"{situation}.yaml").read_text("utf-8")
    return Playbook.model_validate(YAML(typ="safe").load(text))


def holding_messages(
    situation: str,
    languages: Iterable[str],
    brand_name: str,
    facts: Mapping[str, str],
    *,
    home_language: str = "en",
) -> dict[str, str]:
    """The first public word per language, in the order of the languages given.

    A language for which the situation has no template gets the one of `unknown`; one that has none
    there is left out. Where none remains the message is in the brand's home language, or English.
    `facts` fill further slots (`report_url`). Raises ValueError for a situation without a playbook.
    """
    book, otherwise = playbook(situation), playbook(UNKNOWN)
    slots = {**facts, "brand": brand_name}
    spoken = book.seen.keys() | otherwise.seen.keys()
    wanted = [language for language in dict.fromkeys(map(base, languages)) if language in spoken]
    if not wanted:
        wanted = [base(home_language) if base(home_language) in spoken else "en"]
    return {
        language: _rendered(book.seen.get(language) or otherwise.seen[language], slots)
        for language in wanted
    }


def _rendered(templates: Iterable[str], slots: Mapping[str, str]) -> str:
    template = next(t for t in templates if all(slots.get(slot) for slot in _slots(t)))
    return _TEMPLATES.from_string(template).render(slots)


def _slots(template: str) -> set[str]:
    """The names a template leaves open. Raises ValueError for a template that cannot be read."""
    try:
        return meta.find_undeclared_variables(_TEMPLATES.parse(template))
    except TemplateError as problem:
        raise ValueError(f"{template!r}: {problem}") from problem
