"""What options there are, read off the models: for hints and for the reference."""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from monitor.configuration.problems import Path
from monitor.configuration.values import detectors, notifiers, sources

KINDS = {"sources": sources, "detector": detectors, "notify": notifiers}
"""The options that choose a kind, and where its kinds are registered."""


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """A model's options under the names they have in the file."""
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def options_at(model: type[BaseModel], data: Mapping[str, Any], path: Path) -> Sequence[str]:
    """The known options of the mapping that stands at a path in `data`; none where it is free."""
    if path and path[0] in KINDS:
        return _options_of_kind(str(path[0]), data, path)
    annotation: Any = model
    for part in path:
        annotation = inner(annotation, part)
    found = model_in(annotation)
    return [name for name, _ in fields(found)] if found else []


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


def _options_of_kind(option: str, data: Any, path: Path) -> Sequence[str]:
    for part in path:
        data = data[part]
    chosen = KINDS[option]().get(str(data.get("kind"))) if isinstance(data, Mapping) else None
    return ["kind", *(name for name, _ in fields(chosen.options))] if chosen else ["kind"]
