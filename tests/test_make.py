"""What `make` does around what it runs."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PATIENCE_S, ROOT

STOPPED = 130


def test_to_stop_the_demonstration_is_no_error(tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("make: there is none here")
    seawall = tmp_path / "seawall"
    seawall.write_text(
        f"#!/bin/sh\ntrap 'echo stopped; exit {STOPPED}' INT\n"
        "echo running\nwhile :; do sleep 0.1; done\n"
    )
    seawall.chmod(0o755)
    (tmp_path / "ready").touch()
    given = [f"BIN={tmp_path}", f"READY={tmp_path}/ready"]
    running = subprocess.Popen(
        ["make", "--no-print-directory", *given, "run"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background SIGINT is ignored, which would be passed on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert running.stdout
    assert running.stdout.readline() == "running\n"
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE_S)
    assert (out, err) == ("stopped\n", "")
