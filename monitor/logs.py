"""Logging: one event a line, for people on a terminal and as JSON elsewhere, without secrets.

Our events, those of the libraries, warnings and what nobody caught go through one formatter. It
replaces every known secret by `***`, and lets nothing that strangers wrote begin a line or act on a
terminal.
"""

import json as json_format
import logging
import math
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from alerts.hiding import without_secrets
from alerts.plain_text import visible
from alerts.secret import remember as hide

__all__ = ["configure", "hide", "without_secrets"]

_OURS = ("monitor", "alerts", "detectors", "seawall")
_QUIET = (
    "aiohttp.access",
    "alembic",
    "asyncio",
    "hpack",
    "httpcore",
    "httpx",
    "sqlalchemy",
    "urllib3",
    "uvicorn",
    "websockets",
)
"""Libraries that tell of every request or statement: their warnings are enough. What they tell of
them holds addresses and texts, and those may hold secrets."""

_SILENT = ("apscheduler",)
"""Its warnings are of runs that were skipped, which are counted."""

_Event = MutableMapping[str, Any]


def configure(
    *,
    json: bool | None = None,
    level: str = "info",
    stream: TextIO | None = None,
    daemon: bool = True,
) -> None:
    """Log to `stream` (standard error) from now on; called again, it replaces what was there.

    JSON lines where `json`, or where it is left out and the stream is no terminal. `level` is that
    of our own events; libraries tell at most what is `info` for them. Where `daemon`, warnings and
    what nobody caught are logged, too; commands that end soon show them as Python does.
    """
    least: int = logging.getLevelNamesMapping()[level.upper()]
    terminal = (stream or sys.stderr).isatty()
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Handler(stream)
    handler.addFilter(_without_chatter)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                _redacted,
                *(_as_json() if json or (json is None and not terminal) else _for_people(terminal)),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _install(handler, least)
    if daemon:
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; what cannot be written as one is told without its arguments."""

    def __init__(self, stream: TextIO | None) -> None:
        logging.Handler.__init__(self)
        self._stream = stream

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Where to: standard error as it is now, unless another was given."""
        return self._stream or sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        problem = type(sys.exception()).__name__
        self.stream.write(f"a line of {visible(record.name)} could not be logged: {problem}\n")


def _without_chatter(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line; here, so that no library's own level lets it through."""
    top = record.name.partition(".")[0]
    quiet = top in _QUIET or record.name in _QUIET
    return record.levelno >= (logging.WARNING if quiet else logging.INFO) or top in _OURS


def _install(handler: logging.Handler, least: int) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(least, logging.INFO))
    for name in _OURS:
        logging.getLogger(name).setLevel(least)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # it brings handlers of its own
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("monitor").critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        _uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _redacted(_logger: object, _method: str, event: _Event) -> _Event:
    return {key: _plain(value, without_secrets) for key, value in event.items()}


def _plain(value: Any, each: Callable[[str], str]) -> Any:
    """A value as JSON has it; `each` is applied to every string."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return each(str(value))
        case Mapping():
            return {each(str(key)): _plain(one, each) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(one, each) for one in value]
    return each(str(value) if isinstance(value, BaseException) else repr(value))


def _as_json() -> list[Processor]:
    def ordered(_logger: object, _method: str, event: _Event) -> str:
        first = {key: event.pop(key, None) for key in ("timestamp", "level", "logger", "event")}
        # In ASCII, so that whatever strangers wrote is on this line and acts on no terminal.
        return json_format.dumps({**first, **event})

    return [ordered]


def _for_people(colours: bool) -> list[Processor]:
    def shown(_logger: object, _method: str, event: _Event) -> _Event:
        traces = {key: event.pop(key) for key in ("exception", "stack") if event.get(key)}
        shown = {key: _plain(value, visible) for key, value in event.items()}
        shown["timestamp"] = _here(str(shown.get("timestamp", "")))
        if str(shown.get("logger", "")).partition(".")[0] in _OURS:
            shown.pop("logger")
        return shown | {key: _indented(trace) for key, trace in traces.items()}

    return [
        shown,
        structlog.dev.ConsoleRenderer(
            colors=colours,
            sort_keys=False,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _here(stamp: str) -> str:
    """A time as the clock on this wall shows it."""
    try:
        return f"{datetime.fromisoformat(stamp).astimezone():%d %b %H:%M:%S}"
    except ValueError:
        return stamp


def _indented(trace: str) -> str:
    """A traceback whose every line is seen to belong to it, whatever its message says."""
    lines = [(len(line) - len(line.lstrip(" ")), visible(line)) for line in trace.split("\n")]
    return "\n".join(f"    | {' ' * depth}{text}".rstrip() for depth, text in lines)
