"""What options there are, read off the models: for hints and for the reference."""

import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from monitor.configuration.problems import Path
from monitor.configuration.publishing import publishers
from monitor.configuration.values import Kind, detectors, in_units, notifiers, sources

KINDS = {"sources": sources, "detector": detectors, "notify": notifiers, "publish": publishers}
"""The options that choose a kind, and where its kinds are registered."""

_PLAIN = re.compile(r"[@#]?[\w.*/+-]+(?: [\w.*/+-]+)*")


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """A model's options under the names they have in the file."""
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def options_at(model: type[BaseModel], data: Mapping[str, Any], path: Path) -> Sequence[str]:
    """The known options of the mapping that stands at a path in `data`; none where it is free."""
    model, path, chosen = _within(model, data, path)
    if chosen and not path:
        return ["kind", *(name for name, _ in fields(chosen.options))]
    annotation: Any = model
    for part in path:
        annotation = inner(annotation, part)
    found = model_in(annotation)
    return [name for name, _ in fields(found)] if found else []


def example_at(model: type[BaseModel], data: Mapping[str, Any], path: Path) -> str:
    """How the option is written that stands at a path in `data`, or around it; "" if unknown."""
    inside, rest, _ = _within(model, data, path)
    if rest:
        model, path = inside, rest
    annotation: Any = model
    name, value = "", None
    for part in path:
        options = dict(fields(here)) if (here := model_in(annotation)) else {}
        option = options.get(str(part))
        if option:
            around = value.get(part) if isinstance(value, Mapping) else None
            plain = option.default if isinstance(option.default, str | bool | int | float) else None
            name, value = str(part), option.examples[0] if option.examples else around or plain
        annotation = inner(annotation, part)
    return f"{name}: {flow(value)}" if value not in (None, "") else ""


def inner(annotation: Any, part: str | int) -> Any:
    """The type of what stands under a key or an index of something of type `annotation`."""
    found = model_in(annotation)
    if found:
        return next((info.annotation for name, info in fields(found) if name == part), None)
    for kind in alternatives(annotation):
        if get_origin(kind) is dict:
            return get_args(kind)[1]
        if get_origin(kind) is tuple:
            return get_args(kind)[0]
    return None


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a value of this type is, if it is one."""
    for kind in alternatives(annotation):
        if (
            isinstance(kind, type)
            and issubclass(kind, BaseModel)
            and not issubclass(kind, RootModel)
        ):
            return kind
    return None


def alternatives(annotation: Any) -> Iterator[Any]:
    """The types that a value of this type can have, `Annotated` and unions taken apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from alternatives(part)
    else:
        yield annotation


def flow(value: Any) -> str:
    """A value as YAML on one line.

    >>> print(flow({"from": ["@united", "a: b", 3, True]}), flow(timedelta(minutes=5)))
    {from: ["@united", "a: b", 3, true]} 5m
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, timedelta):
        return in_units(value.total_seconds())
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text[0] not in "@#*"
    return text if plain else json.dumps(text, ensure_ascii=False)


def _within(
    model: type[BaseModel], data: Mapping[str, Any], path: Path
) -> tuple[type[BaseModel], Path, Kind | None]:
    """The options that a path is among, and its rest there; of a chosen kind, that kind."""
    if not path or path[0] not in KINDS:
        return model, path, None
    depth = 1 if isinstance(data[str(path[0])], Mapping) else 2
    here: Any = data
    for part in path[:depth]:
        here = here[part]
    chosen = KINDS[str(path[0])]().get(str(here.get("kind"))) if isinstance(here, Mapping) else None
    return (chosen.options, path[depth:], chosen) if chosen else (model, path, None)
