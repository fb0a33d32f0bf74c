"""Writes docs/configuration.md from the typed models: `python -m monitor.reference [--check]`."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from monitor.configuration.calendar import IcsFile
from monitor.configuration.models import Configuration
from monitor.configuration.shape import KINDS, alternatives, fields, flow, inner, model_in
from monitor.configuration.values import Choice, Kind, Rate, Terms

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    date: "day or time",
    datetime: "time",
    timedelta: "duration",
    Rate: "rate",
    Choice: "kind and its options",
    IcsFile: "path",
    Path: "path",
    get_args(Terms)[0]: "terms",
}
_INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from the typed models; changes here are overwritten. -->

One YAML file (YAML 1.2: `no` and `on` are text). `seawall check` reads it and reports every mistake
at once, with its line and a remedy; [examples/us-airlines.yaml](../examples/us-airlines.yaml) is a
whole one to begin with.

- **duration**: a number and `s`, `m`, `h` or `d`: `30s`, `5m`, `6h`, `2d`.
- **rate**: so many in so many days or weeks: `4 per 30 days`, `2 per week`.
- **time**: ISO 8601 with an offset: `2015-02-22T20:00:00Z`.
- **terms**: a list, or a list for each language: `{en: [delay*], de: [verspät*]}`.
- **id**: lower-case letters, digits and hyphens: `us-airways`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION]
    for path, model in sections("", Configuration):
        title = f"## `{path}`\n\n{_about(model)}" if path else "## All options"
        parts.append(f"{title}\n\n{table(model)}")
    for option, kinds in KINDS.items():
        parts.append(f"## Kinds of `{option}`\n")
        parts.extend(_kind(kind) for kind in kinds().values())
    return "\n".join(part.rstrip() + "\n" for part in parts)


def sections(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """A model and all models in it, each with the path of its options."""
    yield path, model
    for name, info in fields(model):
        below = f"{path}.{name}".removeprefix(".")
        if part := model_in(info.annotation):
            yield from sections(below, part)
        elif part := model_in(inner(info.annotation, "")):
            listed = any(get_origin(kind) is tuple for kind in alternatives(info.annotation))
            yield from sections(f"{below}[]" if listed else f"{below}.<id>", part)


def table(model: type[BaseModel]) -> str:
    """A model's options: name, type, default, what it does and an example."""
    told = _attribute_docstrings(model)
    rows = ["| option | type | default | what it does |", "|---|---|---|---|"]
    for name, info in fields(model):
        text = " ".join((info.description or told.get(name, "")).split())
        if not text:
            raise ValueError(f"{model.__module__}.{model.__name__}.{name} has no description")
        examples = "".join(f" Example: `{name}: {flow(each)}`" for each in info.examples or ())
        cells = [f"`{name}`", words(info.annotation), _default(info), text + examples]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def words(annotation: Any) -> str:
    """A type in words.

    >>> words(tuple[str, ...] | None), words(dict[str, timedelta]), words(Literal["a", "b"])
    ('list of text', 'duration by name', '`a` or `b`')
    """
    found = [kind for kind in alternatives(annotation) if kind is not type(None)]
    return " or ".join(_word(kind) for kind in found)


def _word(kind: Any) -> str:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inside)
    if origin in (tuple, list):
        return f"list of {words(inside[0])}"
    if origin is dict and kind not in _WORDS:
        return "options by id" if model_in(inside[1]) else f"{words(inside[1])} by name"
    if isinstance(kind, type) and issubclass(kind, RootModel):
        return "mapping"
    return "options" if model_in(kind) else _WORDS.get(kind, "any value")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, BaseModel) or value in ((), {}, []):
        return "-"
    return f"`{flow(value)}`"


def _kind(kind: Kind) -> str:
    options = table(kind.options) if kind.options.model_fields else "It has no options.\n"
    return f"### `{kind.name}`\n\n{kind.about}\n\n{options}"


def _about(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0]


def _attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below the fields of a class that has its descriptions there."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    statements: Sequence[ast.stmt] = body.body if isinstance(body, ast.ClassDef) else ()
    told = {}
    for field, text in pairwise(statements):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(ast.Constant(str() as words)):
                    told[field.target.id] = words
    return told


def main(arguments: Sequence[str]) -> int:
    """Write the page; with `--check` only say whether it is up to date, and return 1 if not."""
    text = page()
    if list(arguments) != ["--check"]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/configuration.md is out of date: run `make docs`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
