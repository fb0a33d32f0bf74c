"""A daemon that is killed anywhere, again and again, on SQLite."""

from pathlib import Path

import pytest

from tests.conftest import new_store
from tests.killing import loses_nothing_and_doubles_nothing


def test_a_daemon_that_is_killed_loses_nothing_and_doubles_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    loses_nothing_and_doubles_nothing(new_store(request, tmp_path, "sqlite"), tmp_path)
