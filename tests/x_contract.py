"""X's own document of its API, as a judge of what is asked of X and of what its double answers."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.conftest import SHARED

_DOCUMENT = SHARED / "contracts" / "x-openapi.json"
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def available() -> bool:
    """Whether the document is there to judge by."""
    return _DOCUMENT.is_file()


def request_problems(method: str, path: str, parameters: Mapping[str, str]) -> list[str]:
    """What the document does not allow in a request; nothing for one that X takes."""
    operation = _document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return [f"{method} {path} is no operation"]
    known = {one["name"]: one for one in map(_resolved, operation.get("parameters", ()))}
    problems = [f"{name} is no parameter of {path}" for name in parameters if name not in known]
    problems += [
        f"{name} is required"
        for name, one in known.items()
        if one.get("required") and name not in parameters
    ]
    for name in known.keys() & parameters.keys():
        schema = _resolved(known[name]["schema"])
        value = _typed(schema, parameters[name])
        problems += [f"{name}: {problem}" for problem in _invalid(schema, value)]
    return problems


def body_problems(path: str, body: bytes) -> list[str]:
    """What the document does not allow in the body of a POST."""
    content = _document()["paths"][path]["post"]["requestBody"]["content"]
    return _invalid(content["application/json"]["schema"], json.loads(body))


def answer_problems(
    path: str, status: int, content_type: str, body: bytes, method: str = "get"
) -> list[str]:
    """What the document does not allow in an answer."""
    responses = _document()["paths"][path][method.lower()]["responses"]
    content = responses.get(str(status), responses["default"])["content"]
    return _invalid(content[content_type]["schema"], json.loads(body))


@cache
def _document() -> dict[str, Any]:
    if not _DOCUMENT.is_file():
        pytest.skip("X's API document: no ../shared/contracts beside this checkout")
    document: dict[str, Any] = json.loads(_DOCUMENT.read_bytes())
    return document


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = _document()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _typed(schema: Mapping[str, Any], text: str) -> object:
    if schema["type"] == "integer":
        return int(text) if text.removeprefix("-").isdecimal() else text
    return text.split(",") if schema["type"] == "array" else text


def _invalid(schema: Mapping[str, Any], value: object) -> list[str]:
    whole = {"allOf": [schema], "components": _document()["components"]}
    found = Draft202012Validator(whole, format_checker=_FORMATS).iter_errors(value)
    return [f"{problem.json_path}: {problem.message[:200]}" for problem in found]
