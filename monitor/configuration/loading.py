"""From a file to a checked configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from monitor.configuration.document import BIGGEST, MOST_PROBLEMS, Document, parse
from monitor.configuration.models import Configuration
from monitor.configuration.problems import ConfigurationError, Path, Problem, from_pydantic
from monitor.configuration.shape import example_at, options_at


def load(path: FilePath) -> Configuration:
    """Read a configuration file; ConfigurationError with every mistake in it."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(BIGGEST + 1)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        problem = Problem(
            "",
            file,
            1,
            None,
            f"cannot be read: {reason}",
            "check the path, or make one: seawall init",
        )
        raise ConfigurationError([problem]) from None
    return _checked(parse(content, file), path.parent)


def loads(text: str, file: str = "configuration") -> Configuration:
    """The same from text; `file` is the name that its mistakes are reported under."""
    return _checked(parse(text.encode(errors="surrogatepass"), file), FilePath())


def _checked(document: Document, folder: FilePath) -> Configuration:
    data = document.data
    context = {
        "brands": _keys(data.get("brands")),
        "topics": _keys(data.get("topics")),
        "people": _mapping(data.get("people")),
        "teams": _mapping(data.get("teams")),
        "places": _places(data.get("notify")),
        "timezone": data.get("timezone", "UTC"),
        "folder": folder,
    }
    try:
        read = Configuration.model_validate(data, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False)[:MOST_PROBLEMS]
    else:
        if document.problems:
            raise ConfigurationError(document.problems)
        return read

    def options(path: Path) -> Sequence[str]:
        return options_at(Configuration, data, path)

    def example(path: Path) -> str:
        return example_at(Configuration, data, path)

    found = from_pydantic(details, data, document.file, document.line, options, example)
    noted = {one.path for one in document.problems}
    raise ConfigurationError(
        [*document.problems, *(one for one in found if one.path not in noted)][:MOST_PROBLEMS]
    )


def _places(value: Any) -> dict[str, str]:
    """The kinds of the places where people are told, by name; the terminal where none is given."""
    given = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    return {
        str(one.get("name", one.get("kind"))): str(one.get("kind"))
        for one in given or [{"kind": "terminal"}]
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _keys(value: Any) -> dict[str, None]:
    return dict.fromkeys(value) if isinstance(value, Mapping) else {}
