"""The documentation shows every kind of message as Slack would, and as the code makes it now."""

import re

import httpx
import pytest

from alerts.duty.notices import Purpose
from monitor.doubles.serving import serving
from tests.alerts.notifiers import slack_messages as kinds
from tests.conftest import PATIENCE_S, ROOT

PAGE = (ROOT / "docs" / "messages.md").read_text("utf-8")
ANEW = "write it anew: .venv/bin/python -m docs.picture messages"
PNG = b"\x89PNG"


@pytest.mark.parametrize("name", kinds.messages())
def test_each_kind_is_shown_as_it_is_made_now(name: str) -> None:
    title, tell = kinds.messages()[name]
    message, double = kinds.shown(tell)
    assert kinds.committed(name).read_text("utf-8") == kinds.as_json(message), ANEW
    assert kinds.committed(name).with_suffix(".png").read_bytes().startswith(PNG), ANEW
    assert f"## {title}\n" in PAGE
    assert f"(messages/{name}.png)" in PAGE
    with serving(double.app) as url:
        page = httpx.get(
            f"{url}/channel/{message.channel}", params={"name": "Kari"}, timeout=PATIENCE_S
        )
    assert page.status_code == 200
    [header] = re.findall("<h1>(.*?)</h1>", page.text)[:1]
    assert len(header) > 10


def test_nothing_else_is_shown() -> None:
    files = {file.stem for file in kinds.FOLDER.iterdir()}
    assert files == kinds.messages().keys()
    assert PAGE.count("\n## ") == len(files)


def test_every_purpose_of_a_notice_is_among_them() -> None:
    assert {
        Purpose.CALL: "call",
        Purpose.REMINDER: "reminder",
        Purpose.PAUSE: "pause",
        Purpose.INSTRUCTION: "brief",
        Purpose.WORDS: "approval",
        Purpose.HANDOVER: "handover",
        Purpose.NIGHT: "night",
        Purpose.CLOCK: "clock",
        Purpose.STORM: "storm",
        Purpose.NEWS: "opened",
    }.keys() == set(Purpose)
