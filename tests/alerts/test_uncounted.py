"""What no count has opened is told without numbers that nobody has counted."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from alerts.briefings.briefing import COUNTED, Briefing
from alerts.briefings.composing import Basis, Gist, compose
from alerts.briefings.news import news
from alerts.incidents.incident import Incident, Kind, Reason, Severity, State
from alerts.incidents.reach import Reach
from alerts.notifiers import (
    Places,
    _slack_blocks,
    _slack_home,
    _slack_notices,
    apprise,
    email,
    terminal,
)
from monitor.commands import incidents
from tests.alerts import scenes

PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/{incident}")
NOTHING = re.compile(r"×0\b|\b0 posts")


def uncounted(kind: Kind, reason: Reason, state: State) -> Briefing:
    """One that a word, a person or a blind source opened, with nothing read of it yet."""
    about = Incident(
        "fjordwing-5mok3aaa",
        "fjordwing",
        state,
        Severity.CRITICAL,
        scenes.START,
        scenes.START,
        0.0,
        scenes.START,
        (),
        resolved_at=scenes.DETECTED if state is State.RESOLVED else None,
        kind=kind,
        subject="smoke",
        calls_because="a person reports it",
    )
    basis = Basis(about, reason, scenes.DETECTED, scenes.DESK, Gist(Reach(0, 0, 0, {}, {})))
    return replace(compose(basis, []), by="Kari", acknowledged_by="Kari")


def told(one: Briefing) -> Iterator[str]:
    for shown in (
        terminal.full(one, 100, ""),
        terminal.update(one),
        terminal.headline(one, 100, ""),
        incidents.table([one], 160),
        incidents.table([one], 60),
    ):
        paper = Console(file=io.StringIO(), width=160)
        with paper.capture() as written:
            paper.print(shown)
        yield written.get()
    yield json.dumps(_slack_blocks.blocks(one, PLACES, buttons=True), ensure_ascii=False)
    yield json.dumps(_slack_notices.reply_blocks(one, rings=True), ensure_ascii=False)
    yield json.dumps(_slack_home.home([one], []), ensure_ascii=False)
    yield json.dumps(email.briefing_words(one, PLACES, chart=False), ensure_ascii=False)
    yield from (_slack_blocks.text(one), news(one), *apprise.words(one, PLACES))


@pytest.mark.parametrize("kind", [Kind.SAFETY, Kind.REPORTED, Kind.BLINDNESS])
@pytest.mark.parametrize("reason", [Reason.OPENED, Reason.ESCALATED, Reason.EXTENDED])
@pytest.mark.parametrize("state", State)
def test_no_count_is_told_where_nothing_was_counted(
    kind: Kind, reason: Reason, state: State
) -> None:
    texts = [*told(uncounted(kind, reason, state))]
    assert sum("smoke" in text for text in texts) > 6
    assert [text for text in texts if NOTHING.search(text)] == []


def test_programs_get_null_for_it_and_numbers_where_something_was() -> None:
    nothing = uncounted(Kind.SAFETY, Reason.OPENED, State.OPEN).for_programs()
    assert [nothing[name] for name in COUNTED] == [None] * 4
    counted = scenes.briefing()
    assert counted.for_programs() == json.loads(counted.to_json())
