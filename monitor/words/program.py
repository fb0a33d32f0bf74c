"""An outside program is asked something: in a time, with so much to say, and without secrets."""

import asyncio
import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

from alerts.incidents.incident import Refused
from alerts.plain_text import shortened, visible
from monitor.configuration.values import in_units

LONGEST_ANSWER: Final = 64 * 1024
"""Bytes that a program may write to its output, and as many to its errors."""

_running: Final[set[Path]] = set()
"""Programs that this process asks now: each of them one thing at a time."""

_LONGEST_COMPLAINT: Final = 200
_OUTPUT, _ERRORS = 1, 2


class _Talk(asyncio.SubprocessProtocol):
    """What a program says, until it and its pipes have `gone`, or it has said too much."""

    def __init__(self) -> None:
        self.said = {_OUTPUT: bytearray(), _ERRORS: bytearray()}
        self.over, self.gone = asyncio.Event(), asyncio.Event()

    @property
    def too_long(self) -> bool:
        return any(len(one) > LONGEST_ANSWER for one in self.said.values())

    @property
    def complaint(self) -> str:
        """The last line of its errors, as one reads it."""
        lines = self.said[_ERRORS].decode(errors="replace").strip().splitlines()
        return shortened(visible(lines[-1]), _LONGEST_COMPLAINT) if lines else "it does not say why"

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.said[fd] += data
        if self.too_long:
            self.over.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.over.set()
        self.gone.set()


async def ask(program: Path, question: bytes, timeout: timedelta) -> bytes:
    """What a program answers on its output to what it reads from its input.

    Its environment is PATH and LANG, its folder its own. It is ended with all that it began when it
    takes too long or says too much. Raises Refused, saying what went wrong and what to do, also
    where it is asked something already.
    """
    if program in _running:
        raise Refused("the program is being asked already: wait for its answer")
    _running.add(program)
    try:
        return await _answer(program, question, timeout)
    finally:
        _running.discard(program)


async def _answer(program: Path, question: bytes, timeout: timedelta) -> bytes:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    try:
        transport, talk = await asyncio.get_running_loop().subprocess_exec(
            _Talk, str(program), env=environment, cwd=program.parent, start_new_session=True
        )
    except OSError as error:
        raise _failed(program, f"cannot be run: {error.strerror}", "check its first line") from None
    try:
        stdin = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        stdin.write(question)
        stdin.write_eof()
        async with asyncio.timeout(timeout.total_seconds()):
            await talk.over.wait()
    except TimeoutError:
        took = f"did not answer within {in_units(timeout.total_seconds())}"
        raise _failed(program, took, "try again, or write your own") from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        transport.close()
        await talk.gone.wait()
    if talk.too_long:
        much = f"said more than {LONGEST_ANSWER // 1024} KiB"
        raise _failed(program, much, "it may write its answer, and nothing else")
    if transport.get_returncode():
        ended = f"ended with status {transport.get_returncode()}: {talk.complaint}"
        raise _failed(program, ended, "try again, or write your own")
    return bytes(talk.said[_OUTPUT])


def _failed(program: Path, what: str, remedy: str) -> Refused:
    return Refused(f"{visible(program.name)} {what}; nothing is drafted: {remedy}")
