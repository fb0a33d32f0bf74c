"""What the tests of Slack share: one server, and a new workspace for each test."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from monitor import clock
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from tests.alerts.notifiers.slack_stage import Slack, Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, str]]:
    made = Stage()
    with serving(Starlette(routes=[Mount("/", made)])) as url:
        yield made, url


@pytest.fixture
def slack(stage: tuple[Stage, str]) -> Slack:
    double = SlackDouble(now=clock.wall, pace_s=0)
    stage[0].app = double.app
    return Slack(double, stage[1])
