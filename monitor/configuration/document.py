"""A YAML file as plain data, with the line of everything in it; hostile files end in an error."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from monitor.configuration.problems import ConfigurationError, Path, Problem, shown
from monitor.configuration.values import shortened

BIGGEST = 300_000
"""Bytes of a file; reading so many takes seconds already."""
_DEEPEST = 20
_MOST_VALUES = 20_000
MOST_PROBLEMS = 100
_TAG = "tag:yaml.org,2002:"
_AS_WRITTEN = {"str", "timestamp", "merge", "value"}


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says: its data, per path the line on which it stands, and what is left out."""

    file: str
    data: dict[str, Any]
    lines: dict[Path, int]
    problems: list[Problem]

    def line(self, path: Path) -> int:
        """The line of the deepest part of a path that stands in the file."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def parse(content: bytes, file: str) -> Document:
    """Read one YAML 1.2 document whose root is a mapping; ConfigurationError with its place."""
    root = _compose(_decode(content, file), file)
    if root is None:
        raise _unusable(file, 1, "is empty", "begin with `brands:`; see examples/us-airlines.yaml")
    if not isinstance(root, MappingNode):
        raise _unusable(
            file,
            root.start_mark.line + 1,
            "is not a mapping",
            "write `option: value`, line by line",
        )
    reader = _Reader(file)
    data = reader.value(root, ())
    return Document(file, data, reader.lines, reader.problems)


def _decode(content: bytes, file: str) -> str:
    if len(content) > BIGGEST:
        raise _unusable(file, 1, f"is larger than {BIGGEST:,} bytes", "is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unusable(file, line, "is not UTF-8", "save it as UTF-8") from None


def _compose(text: str, file: str) -> Node | None:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = str(error.problem or error.context or "cannot be read")
        line = mark.line + 1 if mark else 1
        raise _unusable(
            file, line, f"is no YAML: {shortened(problem, 80)}", _remedy(problem)
        ) from None
    except YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position if isinstance(position, int) else 0) + 1
        raise _unusable(file, line, "has a character that YAML forbids", "remove it") from None
    except RecursionError:
        raise _unusable(file, 1, "is nested too deeply", f"at most {_DEEPEST} levels") from None
    except (ValueError, TypeError, AttributeError, LookupError):
        # ruamel.yaml raises these for some malformed escapes and directives.
        raise _unusable(file, 1, "is no YAML", "check its escapes and directives") from None
    return root


def _remedy(problem: str) -> str:
    if "\\t" in problem:
        return "indent with blanks, not tabs"
    if "another document" in problem:
        return "one file holds one configuration: remove the `---`"
    return "check indentation, quotes and brackets on this line and the one before"


def _unusable(file: str, line: int, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError([Problem("", file, line, None, message, hint)])


@dataclass(slots=True)
class _Reader:
    """Turns nodes into data, keeping lines; what it cannot take, it notes and leaves out."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    values: int = 0

    def value(self, node: Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self.values += 1
        if self.values > _MOST_VALUES:
            raise _unusable(
                self.file, self.lines[path], f"has more than {_MOST_VALUES:,} values", "split it up"
            )
        if len(path) > _DEEPEST:
            raise _unusable(
                self.file, self.lines[path], "is nested too deeply", f"at most {_DEEPEST} levels"
            )
        if isinstance(node, MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _entries(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._note(path, line, None, "has a key that is no word", "quote the key")
                continue
            key = str(key_node.value)
            if key in first:
                self._note((*path, key), line, None, "stands twice", f"first on line {first[key]}")
                continue
            first[key] = line
            self.lines[*path, key] = line
            yield key, self.value(value_node, (*path, key))

    def _scalar(self, node: Node, path: Path) -> Any:
        text, tag = str(node.value), str(node.tag).removeprefix(_TAG)
        try:
            if tag in _AS_WRITTEN:
                return text
            return _PLAIN[tag](text)
        except (KeyError, ValueError):
            line = node.start_mark.line + 1
            self._note(path, line, text, f"is no value of the kind `{tag}`", "quote it as text")
            return None

    def _note(self, path: Path, line: int, value: object, message: str, hint: str) -> None:
        text = None if value is None else shown(value)
        self.problems.append(Problem.at(path, self.file, line, text, shortened(message), hint))
        if len(self.problems) == MOST_PROBLEMS:
            raise ConfigurationError(self.problems)


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 10) if digits.lstrip("+-").isdecimal() else int(digits, 0)


_PLAIN: dict[str, Any] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": lambda text: float(
        text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan")
    ),
}
