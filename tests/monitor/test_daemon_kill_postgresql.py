"""A daemon that is killed anywhere, again and again, on PostgreSQL."""

from pathlib import Path

import pytest

from tests.conftest import new_store
from tests.killing import KILLS, loses_nothing_and_doubles_nothing


def test_a_daemon_that_is_killed_loses_nothing_and_doubles_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = new_store(request, tmp_path, "postgresql")
    loses_nothing_and_doubles_nothing(url, tmp_path, KILLS // 2)
