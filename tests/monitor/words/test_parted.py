"""What is said of incidents that were one and are two again, or are one again."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from alerts.words.approval import MessageState
from detectors import Series
from monitor.incidents import rights
from monitor.store import facts
from monitor.store.work import joint
from tests.alerts import scenes
from tests.monitor.words.conftest import BOTH, ID, Evening
from tests.service import tell

OTHER = "fjordwing-other"
BAGS = Series("fjordwing", "baggage", "x")
TEXT = "Es geht um FW123."


@BOTH
@pytest.mark.parametrize("settled", [False, True], ids=["at once", "after it was settled"])
def test_undone_a_merge_gives_back_every_message_that_it_marked(
    evening: Evening, settled: bool
) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=())
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.do("ola", "confirm", OTHER, kind="flights", value="FW456")
    words = f"{evening.draft(phase='seen').text} {TEXT}"
    public = evening.submit(phase="seen", text=words)
    evening.approve("kari", public)
    evening.do("ida", "posted", public.id)
    approved = evening.submit(phase="seen", channel="mastodon", text=words)
    evening.approve("kari", approved)
    asked = evening.submit(phase="seen", channel="bluesky", text=words)
    returned = evening.submit(phase="seen", channel="facebook", text=words)
    evening.do("kari", "return", returned.id, "shorter, please")
    edited = evening.submit(phase="seen", text=words)
    before = {one.id: one for one in evening.messages()}
    evening.wait(1)
    evening.do("nora", rights.MERGE, OTHER, plain=ID)
    marked = [one.id for one in evening.messages() if one.state is MessageState.STALE]
    assert len(marked) == 5
    evening.do("ida", "edit", edited.id, plain=f"{words} Mehr bald.")
    evening.do("ida", "posted", public.id, plain="https://x.example/1")
    if settled:
        evening.do("ola", "confirm", OTHER, kind="flights", value="FW123")
    evening.wait(1)
    evening.do("nora", rights.UNDO, ID)
    for one in evening.messages():
        was, state = before[one.id], one.state
        if one.id == edited.id:
            assert state is MessageState.DRAFT, "what was done since stays done"
        else:
            same = (was.state, was.because, was.approvals, was.submitted_by)
            assert same == (state, one.because, one.approvals, one.submitted_by)
    assert evening.told()[-1].endswith("is disputed any more")
    evening.approve("kari", evening.message(asked.id))
    evening.do("ida", "posted", approved.id)


def test_what_is_not_so_any_more_stays_marked_when_a_merge_is_undone(evening: Evening) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=())
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.do("ola", "confirm", OTHER, kind="flights", value="FW456")
    posted = evening.post(phase="seen", text=f"{evening.draft(phase='seen').text} {TEXT}")
    evening.wait(1)
    evening.do("nora", rights.MERGE, OTHER, plain=ID)
    evening.wait(1)
    evening.do("ola", "confirm", OTHER, kind="flights", value="FW456")
    evening.do("nora", rights.UNDO, ID)
    assert evening.message(posted.id).state is MessageState.STALE


@BOTH
def test_undone_a_split_disputes_what_was_confirmed_differently_as_a_merge_does(
    evening: Evening,
) -> None:
    surges = (*scenes.incident().surges, scenes.surge(BAGS))
    whole, charts = replace(scenes.incident(*surges), id=OTHER), {BAGS: scenes.chart(peak=4)}
    tell(evening.database, whole, scenes.briefing(about=whole, charts=scenes.CHARTS | charts))
    evening.do("nora", rights.SPLIT, OTHER, plain="baggage")
    off = str(evening.read(lambda c: c.scalar(select(joint.c.other))))
    evening.do("ola", "confirm", OTHER, kind="flights", value="FW123")
    evening.do("ola", "confirm", off, kind="flights", value="FW456")
    evening.wait(1)
    said = evening.do("nora", rights.UNDO, OTHER)
    assert said.endswith("is undone; to be confirmed, as they say it differently: Flights affected")
    those = evening.read(lambda c: facts.of(c, OTHER))
    assert [str(one.state) for one in those] == ["disputed", "disputed"]
    assert "confirm which is so" in evening.refused(
        "ola", "correct", OTHER, kind="flights", value="FW1"
    )
    evening.do("nora", rights.SPLIT, OTHER, plain="baggage")
    those = evening.read(lambda c: [*facts.of(c, OTHER), *facts.of(c, off)])
    assert [str(one.state) for one in those] == ["confirmed", "confirmed"]
