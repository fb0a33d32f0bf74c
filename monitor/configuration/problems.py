"""What is wrong with a configuration: every mistake with its place, its value and a remedy."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic_core import ErrorDetails

from alerts.failures import UnusableInput
from monitor.configuration.values import nearest, shortened

Path = tuple[str | int, ...]

_LONGEST_SHOWN = 80
_SECRET = re.compile(r"secret|token|password|webhook|api_?key|credential", re.IGNORECASE)
_SECRET_ENDS = {("url",), ("env",), ("heartbeat",)}
"""Where an address stands that may be a secret: who does not know better writes it there."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `path` as in `topics.delays.terms.en[2]`, "" for the file as a whole.

    `value` is what stands there, shortened, None where nothing does or it is a secret.
    """

    path: str
    file: str
    line: int
    value: str | None
    message: str
    hint: str

    @classmethod
    def at(
        cls, path: Path, file: str, line: int, value: str | None, message: str, hint: str
    ) -> "Problem":
        """The same with a path of keys and indexes."""
        secret = any(_SECRET.search(str(part)) for part in path) or path[-1:] in _SECRET_ENDS
        return cls(written(path), file, line, None if secret else value, message, hint)

    def __str__(self) -> str:
        what = f"{self.path} {self.message}" if self.path else self.message
        value = f": {self.value}" if self.value is not None else ""
        return f"{self.file}:{self.line}: {what}{value} ({self.hint})"

    def as_dict(self) -> dict[str, str | int | None]:
        """The same as data, for machines."""
        return asdict(self)


class ConfigurationError(UnusableInput):
    """The configuration cannot be used; `problems` are all of its mistakes, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.path))
        super().__init__("\n".join(map(str, self.problems)))


def written(path: Path) -> str:
    """A path as people write it.

    >>> written(("topics", "delays", "terms", "en", 2))
    'topics.delays.terms.en[2]'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return shortened(text.removeprefix("."), 200)


def shown(value: object, longest: int = _LONGEST_SHOWN) -> str:
    """A value as it is shown in a message: on one line, quoted, escaped and shortened."""
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def from_pydantic(
    errors: Sequence[ErrorDetails],
    data: Mapping[str, Any],
    file: str,
    line: Callable[[Path], int],
    options: Callable[[Path], Sequence[str]],
    example: Callable[[Path], str],
) -> list[Problem]:
    """What pydantic found, in terms of the file.

    `line` gives the line of a path, `options` the known options of the mapping at a path, and
    `example` how what stands there is written, "" where nothing says so.
    """
    problems = []
    for error in errors:
        path = _located(error["loc"], data, missing=error["type"] == "missing")
        message, hint = _told(error, path, options)
        shape = example(path)
        hint = hint or (f"for instance `{shape}`" if shape else "see docs/configuration.md")
        blank = error["type"] in ("missing", "extra_forbidden") or error["input"] is None
        value = None if blank or isinstance(error["input"], dict | list) else shown(error["input"])
        problems.append(Problem.at(path, file, line(path), value, message, hint))
    return problems


def in_our_words(error: ErrorDetails) -> str:
    """What is wrong with an option of the command line, and what it can be."""
    message, hint = _told(error, (), lambda _: ())
    if error["type"] == "value_error":
        return message
    return f"{shown(error['input'])} {message}" + (f": {hint}" if hint else "")


def _located(loc: Sequence[str | int], data: Any, *, missing: bool) -> Path:
    """The path in the file: pydantic also names types and defaults that do not stand in it."""
    path: list[str | int] = []
    for part in loc[:-1] if missing else loc:
        within = range(len(data)) if isinstance(data, list) else data
        if isinstance(within, Mapping | range) and part in within:
            data = data[part]
            path.append(part)
    return (*path, loc[-1]) if missing else tuple(path)


def _told(
    error: ErrorDetails, path: Path, options: Callable[[Path], Sequence[str]]
) -> tuple[str, str]:
    """What is wrong, in our own words, and what to do about it; "" where an example says it."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return "is no option here", nearest(str(path[-1]), options(path[:-1]))
    if kind == "missing":
        return "is missing", f"add `{path[-1]}:`"
    if value is None and path[-1:] == error["loc"][-1:]:
        return "has no value", "give it one, or remove the line"
    if "hint" in context:
        return error["msg"], str(context["hint"])
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "string_type" and isinstance(value, int | float):
        return "is not text", f'quote it: "{json.dumps(value)}"'
    if kind in ("literal_error", "enum"):
        known = re.findall(r"'([^']+)'", str(context["expected"]))
        return "is none of what it can be", nearest(str(value), known)
    if context.get("min_length") == 1:
        return "is empty", ""
    for limit, words in _LIMITS.items():
        if limit in context:
            return _MESSAGES.get(kind, "is out of its limits"), f"{words} {context[limit]:g}"
    return _MESSAGES.get(kind.removesuffix("_parsing").removesuffix("_type"), _UNKNOWN), ""


_UNKNOWN = "is not written as it has to be"
_MESSAGES = {
    "string": "is not text",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "too_short": "is too short",
    "too_long": "is too long",
    "tuple": "is no list",
    "list": "is no list",
    "dict": "is no mapping: `key: value`, indented, line by line",
    "model": "is no mapping: `option: value`, indented, line by line",
    "int": "is no whole number",
    "int_from_float": "is no whole number",
    "float": "is no number",
    "finite_number": "is no number",
    "bool": "is neither `true` nor `false`",
}
_LIMITS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "lt": "less than",
    "min_length": "at least",
    "max_length": "at most",
}
"""Limits as pydantic calls them, and as people do."""
