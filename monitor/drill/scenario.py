"""Scenarios of exercises: what happens when, and what operations say. Each is a file here."""

from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from alerts.incidents.incident import Refused
from monitor.configuration.part import Part
from monitor.configuration.values import Duration


class Step(Part):
    """What happens `at` so long after the beginning.

    `facts` are values by kind, as people type them: they are said, and not confirmed.
    """

    at: Duration
    tell: str
    facts: Mapping[str, str] = {}


class Scenario(Part):
    """An exercise. `answers` are what operations say `answer_after` they were asked, by kind."""

    name: str
    about: str
    lasts: Duration
    steps: tuple[Step, ...]
    answers: Mapping[str, str] = {}
    answer_after: Duration = timedelta(minutes=4)


def scenarios() -> dict[str, Scenario]:
    """Every scenario by its id."""
    found = sorted(files("monitor.drill").iterdir(), key=lambda one: one.name)
    read, of = YAML(typ="safe"), TypeAdapter(Scenario)
    return {
        one.name.removesuffix(".yaml"): of.validate_python(read.load(one.read_text("utf-8")))
        for one in found
        if one.name.endswith(".yaml")
    }


def scenario(id: str) -> Scenario:
    """The scenario of that id. Raises Refused."""
    known = scenarios()
    if id not in known:
        raise Refused(f"there is no exercise {id!r}: {', '.join(known)}")
    return known[id]
