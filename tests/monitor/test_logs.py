"""What a running daemon logs: one event a line, no secret, nothing that a stranger forged."""

import io
import json
import logging
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from alerts.secret import Secret
from monitor import clock, logs
from tests.conftest import PATIENCE_S

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

PLANTED = 'xoxb-1234-SECRET/+= "quoted" \\ é'
ADDRESS = "https://watchdog.example/ping/5f2c9a1e-aaaa-bbbb?key=hunter2hunter2"
FORGED = "hello\n2026-11-02T00:00:00Z [info] all is well \x1b[2J\u2028\x9b31m\r\u202e"


@pytest.fixture(params=[True, False], ids=["json", "people"])
def stream(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Where is logged to, in both forms, after secrets have been read."""
    monkeypatch.setenv("A_SECRET", PLANTED)
    Secret(env="A_SECRET").read()
    logs.hide(ADDRESS)
    stream = io.StringIO()
    logs.configure(json=request.param, stream=stream)
    return stream


def fails(text: str) -> None:
    try:
        raise ValueError(f"cannot reach {text}")
    except ValueError as error:
        raise RuntimeError(repr(text)) from error


def cannot_be_formatted(name: str, text: str) -> None:
    root = logging.getLogger()
    ours = [one for one in root.handlers if not type(one).__module__.startswith("_pytest")]
    others, root.handlers = root.handlers, ours  # those of pytest would raise
    logging.getLogger(name).warning("%d requests", text)
    root.handlers = others


def test_no_secret_is_logged_on_whatever_way_it_comes(stream: io.StringIO) -> None:
    log = structlog.get_logger("monitor.test")
    encoded = str(httpx.URL("https://a.example/", params={"token": PLANTED}))
    for secret in (PLANTED, ADDRESS):
        log.info(f"started with {secret}", token=secret, more={"deep": [secret, {secret: 1}]})
        log.info("objects", path=Path(secret), error=ValueError(secret), bound=(encoded, b"x"))
        log.bind(bound=secret).warning("bound")
        logging.getLogger("slack_sdk").error("%s and %r", secret, {"token": secret})
        try:
            fails(secret)
        except RuntimeError as error:
            log.exception("failed", problem=error)
            logging.getLogger("apscheduler.executors").exception("job failed: %s", secret)
            logging.getLogger("asyncio").error("never retrieved", exc_info=error)
            sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=fails, args=(secret,))
        thread.start()
        thread.join()
        warnings.warn(f"{secret} is old", DeprecationWarning, stacklevel=1)
        cannot_be_formatted("tweepy", secret)
    logging.getLogger("urllib3").warning("GET /ping/5f2c9a1e-aaaa-bbbb?key=hunter2hunter2 failed")
    written = stream.getvalue()
    assert written.count("started with ***") == 2
    for part in ("xoxb", "SECRET", "quoted", "5f2c9a1e", "hunter2"):
        assert part not in written
    assert written.count("RuntimeError") >= 8
    assert "a line of tweepy could not be logged: TypeError" in written


def test_requests_are_not_logged_and_what_fails_in_one_is(stream: io.StringIO) -> None:
    async def broken(request: Request) -> None:
        fails(request.query_params["token"])

    app = Starlette(routes=[Route("/broken", broken)])
    config = uvicorn.Config(app, port=0, log_config=None, log_level="info", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        clock.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    logging.getLogger("httpx").setLevel(logging.INFO)  # as a library might
    answer = httpx.get(
        f"http://127.0.0.1:{port}/broken", params={"token": PLANTED}, timeout=PATIENCE_S
    )
    server.should_exit = True
    thread.join()
    written = stream.getvalue()
    assert answer.status_code == 500
    assert "Exception in ASGI application" in written
    assert "ValueError: cannot reach ***" in written
    assert "xoxb" not in written
    assert "GET" not in written


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().removesuffix("\n").split("\n")


@given(st.text(max_size=60) | st.just(FORGED))
def test_what_a_stranger_writes_begins_no_line_and_acts_on_no_terminal(text: str) -> None:
    for as_json in (True, False):
        stream = io.StringIO()
        logs.configure(json=as_json, stream=stream)
        structlog.get_logger("monitor.test").info("post", text=text)
        logging.getLogger("slack_sdk").warning("said %s", text)
        assert len(lines(stream)) == len(stream.getvalue().splitlines()) == 2
        written = stream.getvalue().replace("\n", "")
        assert not any(ord(c) < 32 or 126 < ord(c) < 160 or c == "\u202e" for c in written)


def test_an_exception_of_a_strangers_making_forges_no_line(stream: io.StringIO) -> None:
    log = structlog.get_logger("monitor.test")
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("failed")
    first, *trace = lines(stream)
    assert "failed" in first
    assert all(line.startswith("    | ") for line in trace)
    assert "\x1b" not in stream.getvalue()


def test_a_json_line_has_its_time_level_logger_and_event_first() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)  # no terminal
    with structlog.contextvars.bound_contextvars(source="x"):
        structlog.get_logger("monitor.sources").warning("failing", after=float("inf"), tries=2)
    logging.getLogger("uvicorn.error").error("cannot bind")
    ours, theirs = map(json.loads, lines(stream))
    assert list(ours) == ["timestamp", "level", "logger", "event", "after", "tries", "source"]
    assert ours["timestamp"].endswith("Z")
    told: dict[str, Any] = {key: ours[key] for key in [*ours][1:]}
    assert told == {
        "level": "warning",
        "logger": "monitor.sources",
        "event": "failing",
        "after": "inf",
        "tries": 2,
        "source": "x",
    }
    assert (theirs["logger"], theirs["level"], theirs["event"]) == (
        "uvicorn.error",
        "error",
        "cannot bind",
    )


def test_only_our_own_events_are_told_in_detail_and_once() -> None:
    stream = io.StringIO()
    for _ in range(2):
        logs.configure(json=True, level="debug", stream=stream)
    structlog.get_logger("monitor.test").debug("detail")
    logging.getLogger("httpx").info("HTTP Request: GET https://a.example/secret")
    logging.getLogger("websockets.client").info("connection open")
    logging.getLogger("slack_sdk.web").debug("token=…")
    assert [json.loads(line)["event"] for line in lines(stream)] == ["detail"]
