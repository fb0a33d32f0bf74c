"""The command line as a person uses it: in this process, or as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any

import pytest

from monitor import cli

PROGRAM = Path(sys.executable).parent / "seawall"
PATIENCE_S = 240.0
"""How long a process may take for what it does in seconds: the machine may have much to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Seawall = Callable[..., Answer]


def in_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    """Call `seawall` in this process, without a store of its own in the environment."""
    monkeypatch.delenv("SEAWALL_DATABASE", raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["seawall", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return Answer(int(stopped.value.code or 0), out, err)

    return call


class Running:
    """`seawall` as a process of its own, in a folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name[:8] != "SEAWALL_"}
        self._process = subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=folder,
            env=environment | {"COLUMNS": "100"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Where the tests run in the background SIGINT is ignored, which would be passed on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._guard = Timer(PATIENCE_S, self._process.kill)
        self._guard.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._guard.cancel()

    def line_of_output(self, pattern: str) -> str:
        """The next line on standard output in which this is found."""
        return self._line(self._process.stdout, pattern)

    def line_of_errors(self, pattern: str) -> str:
        """The next line on standard error in which this is found."""
        return self._line(self._process.stderr, pattern)

    def interrupt(self) -> Answer:
        """Press Ctrl-C, and wait for the end."""
        self._process.send_signal(signal.SIGINT)
        out, err = self._process.communicate()
        return Answer(self._process.returncode, out, err)

    @staticmethod
    def _line(stream: IO[str] | None, pattern: str) -> str:
        assert stream
        for line in stream:
            if re.search(pattern, line):
                return line.strip()
        raise AssertionError(f"it ended without {pattern!r}")
