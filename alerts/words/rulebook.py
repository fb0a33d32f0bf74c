"""The rules of the linter as they are written, read and put together for a language.

How they are written is said in `alerts/words/lint.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from ruamel.yaml import YAML

from alerts.words.grammar import listed
from alerts.words.patterns import Patterns
from alerts.words.phases import Channel, Phase

GRAVE: Final = "grave"
"""Among `situations`: all whose playbook says that they are."""


class Level(StrEnum):
    """What a finding does: it stops a text, or tells those who read it."""

    BLOCK = "block"
    WARN = "warn"


class Entry(BaseModel):
    """An entry about a rule; `find` are patterns that break it, `except` those that do not.

    `situations`, `phases` and `channels` narrow it, empty ones do not. `unless` are kinds of facts,
    `covers` other rules.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: str
    level: Level | None = None
    find: tuple[str, ...] = ()
    excepted: tuple[str, ...] = Field(default=(), alias="except")
    unless: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    channels: tuple[Channel, ...] = ()
    why: str = ""
    better: str = ""


class _Says(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    find: tuple[str, ...]
    better: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    lists: dict[str, tuple[str, ...]] = {}
    rules: tuple[Entry, ...]
    says: dict[str, _Says] = {}
    statutory: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    address: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns that break a rule."""

    entry: Entry
    find: Patterns
    excepted: Patterns


@dataclass(frozen=True, slots=True)
class Concept:
    """What says something that a phase must say, and how one could."""

    find: Patterns
    better: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of a language.

    `general` is what is said of a rule for all languages, by id, the brand's own added. Of what the
    program finds `better` is a wording and `cleared` what does not break it, by id. `statutory` is
    what the law says, `law` those of it that name a law or a right. `address` are the forms of
    address, the formal one last.
    """

    general: Mapping[str, tuple[Entry, ...]]
    rules: tuple[Rule, ...]
    better: Mapping[str, str]
    cleared: Mapping[str, Patterns]
    says: Mapping[str, Concept]
    statutory: Patterns
    law: Patterns
    zones: Patterns
    address: Mapping[str, Patterns]


def entries(written: object) -> tuple[Entry, ...]:
    """Rules of a brand, as a configuration has them. Raises pydantic's ValidationError."""
    return TypeAdapter(tuple[Entry, ...]).validate_python(written)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are rules for, by their two letters."""
    found = (files("alerts.words") / "rules").iterdir()
    names = (file.name.removesuffix(".yaml") for file in found if file.name.endswith(".yaml"))
    return tuple(sorted(set(names) - {"common"}))


def rulebook(language: str, own: tuple[Entry, ...] = ()) -> Rulebook:
    """The rules of a language, and those of a brand; read once, which takes a moment.

    Raises ValueError where a rule has no level although no playbook can know it, PatternError
    where a pattern is not written as patterns are.
    """
    return _rulebook(language, own)


@cache
def _rulebook(language: str, own: tuple[Entry, ...]) -> Rulebook:
    common, spoken = _read("common"), _read(language)
    lists = listed(spoken.lists)
    law = (*common.law, *spoken.law)
    general = _by_id([*common.rules, *own])
    for entry in (*spoken.rules, *own):
        if not any(one.why for one in general.get(entry.id, ())):
            raise ValueError(f"{entry.id}: no rule of this name says why")
    for entry in own:
        if entry.level is None and entry.id not in _by_id(common.rules):
            raise ValueError(f"{entry.id}: a rule of one's own needs a level, block or warn")
    return Rulebook(
        general=general,
        rules=tuple(
            Rule(entry, Patterns(entry.find, lists), Patterns(entry.excepted, lists))
            for entry in (*common.rules, *spoken.rules, *own)
            if entry.find
        ),
        better={e.id: e.better for e in spoken.rules if e.better and not e.find},
        cleared={
            entry.id: Patterns(entry.excepted, lists)
            for entry in (*common.rules, *spoken.rules)
            if entry.excepted and not entry.find
        },
        says={
            name: Concept(Patterns(one.find, lists), one.better)
            for name, one in spoken.says.items()
        },
        statutory=Patterns((*law, *common.statutory, *spoken.statutory)),
        law=Patterns(law),
        zones=Patterns((*common.zones, *spoken.zones)),
        address={form: Patterns(find) for form, find in spoken.address.items()},
    )


@cache
def in_words(language: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What people read of the rules of a language, without its patterns.

    How each concept could be said that must be; why each rule is one, with a better wording.
    """
    common, spoken = _read("common"), _read(language)
    better = {one.id: one.better for one in spoken.rules if one.better}
    instead = {id: f" Say: “{said}”" for id, said in better.items()}
    why = {one.id: one.why + instead.get(one.id, "") for one in common.rules if one.why}
    return {name: one.better for name, one in spoken.says.items()}, why


@cache
def _read(name: str) -> _File:
    text = (files("alerts.words") / "rules" / f"{name}.yaml").read_text("utf-8")
    return _File.model_validate(YAML(typ="safe").load(text))


def _by_id(entries: Iterable[Entry]) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        found[entry.id] = (*found.get(entry.id, ()), entry)
    return found
