"""Words for the public where incidents are told: hand-over, briefing, page, brief, clock, month."""

from dataclasses import replace

import pytest

from alerts.briefings.instruction import Instruction
from alerts.incidents.incident import State
from alerts.incidents.milestones import Milestone
from alerts.words.approval import MessageState
from alerts.words.phases import Phase
from monitor.incidents import deeds
from monitor.incidents.rights import Actor
from monitor.reporting import month_words
from monitor.reporting.clock import clock
from monitor.reporting.month import Month, report
from monitor.staffing import shifts
from monitor.store import facts, messages, retention, situations
from monitor.telling import instructions, loose_ends
from tests.alerts import scenes
from tests.monitor.words.conftest import BOTH, ID, MINUTE, Evening
from tests.service import tell

OSLO = "Europe/Oslo"
NORA = Actor("Nora Lie", "shell", "nora")
OTHER = "fjordwing-other"


@BOTH
def test_what_is_open_is_in_the_briefing_the_handover_and_since_you_left(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    posted = evening.post()
    waiting = evening.submit(languages=["sv"])
    evening.do("ida", "ask", kind="flights", due="30m", owner="ola")
    still = (
        "Asked of operations control: Flights affected, by 00:01 CET; Ola Berg sees to it",
        "Promised: more at 00:31 CET in German, by Ida Dahl",
        f"To be approved: {waiting.id} (Swedish, x)",
        "Holds until 00:31 CET: Next update 00:31 CET on 22 November",
        "Last said in German: working, x, 23:31 CET",
        "Nothing said in English, Norwegian, Swedish",
    )
    assert evening.read(lambda c: situations.latest_briefing(c, ID)).loose_ends == still
    since = evening.read(
        lambda c: instructions.since_left(c, evening.configuration, ID, now=evening.now)
    )
    assert since.lines(OSLO)[-7:] == ("Open:", *(f"  {line}" for line in still))
    team = evening.configuration.rosters["care"]
    [matter] = evening.read(
        lambda c: shifts.matters(c, evening.configuration, team, "nora", evening.now)
    )
    assert matter.words == still
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.approve("nora", waiting)
    evening.do("ida", "posted", waiting.id)
    assert posted.posted_at
    assert evening.read(lambda c: situations.latest_briefing(c, ID)).loose_ends == (
        "Promised: more at 00:31 CET in German, by Ida Dahl",
        "Promised: more at 00:31 CET in Swedish, by Ida Dahl",
        "Holds until 00:31 CET: Next update 00:31 CET on 22 November",
        "Last said in German: working, x, 23:31 CET",
        "Last said in Swedish: working, x, 23:31 CET",
        "Nothing said in English, Norwegian",
    )


def test_an_agent_brief_is_read_with_what_is_confirmed_now_and_keeps_what_its_lead_wrote(
    evening: Evening,
) -> None:
    evening.confirm("system", "booking")
    written = Instruction.written(true="We know of it\nFW123 is affected")
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.write(
        lambda c: instructions.publish(c, evening.configuration, ID, written, "Nora", evening.now)
    )

    def read() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        with evening.database.read() as connection:
            brief = instructions.newest(connection, ID)
            assert brief is not None
            where = (OSLO, evening.now)
            shown = loose_ends.as_read(connection, ID, brief, *where)
            not_so = loose_ends.contradicted(connection, ID, brief, *where)
        return brief.true, shown.true[len(written.true) :], not_so

    assert read() == (written.true, ("Flights affected FW123", "What fails booking"), ())
    evening.do("ola", "correct", kind="flights", value="FW321")
    corrected = ("Flights affected FW321", "What fails booking")
    assert read() == (written.true, corrected, ("Flights affected FW123 is corrected",))


@BOTH
def test_what_was_said_of_a_part_is_said_of_the_whole_and_its_own_again_after_undoing(
    evening: Evening,
) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=())
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.confirm("next_update", "60m")
    evening.confirm("system", "booking")
    posted, handed_in = evening.post(), evening.submit(phase="update")
    evening.do("ida", "ask", kind="flights")
    evening.do("nora", "confirm", OTHER, kind="system", value="website")

    def told(incident: str) -> tuple[list[str], ...]:
        with evening.database.read() as connection:
            return (
                sorted(one.id for one in facts.of(connection, incident)),
                [one.id for one in messages.of(connection, incident)],
                [one.id for one in facts.requests(connection, incident)],
                [one.message for one in messages.promises(connection, incident)],
            )

    apart = told(ID), told(OTHER)
    evening.write(lambda c: deeds.merge(c, evening.configuration, OTHER, ID, NORA, evening.now))
    assert told(OTHER) == tuple(sorted(a + b) for a, b in zip(*apart, strict=True))
    evening.approve("kari", handed_in)
    evening.do("ida", "posted", handed_in.id)
    assert evening.message(posted.id).state == "superseded"
    which = evening.refused("nora", "correct", OTHER, kind="system", value="app")
    assert which == "What fails is disputed: confirm which is so"
    assert evening.do("nora", "confirm", OTHER, kind="system", value="app").startswith("What fails")
    assert evening.read(lambda c: situations.one_incident(c, ID)).state is State.RESOLVED
    whole = evening.read(lambda c: situations.one_incident(c, OTHER))
    ticking = evening.read(lambda c: clock(c, evening.configuration, whole, evening.now))
    assert ticking[Milestone.FIRST_WORD].by == "Ida Dahl"
    evening.write(lambda c: deeds.undo(c, evening.configuration, ID, NORA, evening.now))
    assert told(ID)[:3] == apart[0][:3]
    assert told(OTHER)[0] == [*apart[1][0], f"{OTHER}/system/2"]


@BOTH
@pytest.mark.parametrize("right", ["FW123", "FW456"])
def test_what_two_incidents_say_differently_nobody_says_until_one_of_it_is_confirmed(
    evening: Evening, right: str
) -> None:
    about = replace(scenes.incident(), id=OTHER, surges=())
    tell(evening.database, about, scenes.briefing(about=about, charts={}))
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.do("ola", "confirm", OTHER, kind="flights", value="FW456")
    words = evening.draft(phase="seen").text
    posted = evening.post(phase="seen", text=f"{words} Es geht um FW123.")
    ready = evening.submit(phase="seen", channel="mastodon", text=f"{words} Es geht um FW123.")
    evening.wait(1)
    said = evening.do("nora", "merge", OTHER, plain=ID)
    assert said.endswith("to be confirmed, as they say it differently: Flights affected")
    why = "disputed: Flights affected FW123 or Flights affected FW456"
    for one in (posted, ready):
        now = evening.message(one.id)
        assert (now.state, now.because) == (MessageState.STALE, why)
    assert {one.state for one in evening.read(lambda c: facts.of(c, OTHER))} == {"disputed"}
    evening.wait(1)
    which = evening.refused("ola", "confirm", OTHER, kind="flights")
    assert which == "Flights affected is disputed, say which is so: FW123 or FW456"
    said = evening.do("ola", "confirm", OTHER, kind="flights", value=right)
    assert evening.message(ready.id).state is MessageState.STALE
    every = evening.read(lambda c: messages.of(c, OTHER))
    if right == "FW123":
        assert evening.message(posted.id).state is MessageState.POSTED, "it was right"
        assert {one.phase for one in every} == {Phase.SEEN}
        return
    [correction] = [one for one in every if one.phase is Phase.CORRECTION]
    assert said.endswith(f"confirmed, corrections drafted: {correction.id}")
    assert "Betroffene Flüge: FW456, nicht FW123." in correction.text


def test_a_month_counts_promises_corrections_and_what_one_person_approved_alone(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    evening.do("nora", "correct", kind="next_update", value="90m")
    correction = evening.messages()[-1]
    evening.do("ida", "submit", correction.id)
    evening.do("nora", "break_glass", correction.id, "Kari sleeps", plain=correction.sha256)
    evening.wait(1)
    evening.do("ida", "posted", correction.id)
    evening.wait(95)
    month = Month.named("2026-11", OSLO)
    [team] = evening.read(lambda c: report(c, evening.configuration, month, evening.now)).teams
    public = team.public
    assert (public.kept, public.moved, public.broken) == (0, 1, 1)
    assert (public.corrections, public.alone) == (1, 1)
    assert public.silences == 0
    assert (
        dict(month_words.facts(team))["Promises in public"]
        == "0 kept, 1 broken, 1 moved before due"
    )
    assert [team.times[one].reached for one in (Milestone.APPROVED, Milestone.FIRST_WORD)] == [1, 1]


def test_what_was_said_and_known_stays_when_posts_are_forgotten(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    one = evening.post()
    over = evening.now + 60 * 24 * 400 * MINUTE
    while evening.write(lambda c: retention.purge(c, over)):
        pass
    [fact] = evening.read(lambda c: facts.of(c, ID))
    assert fact.confirmed_by == "Nora Lie"
    trail = evening.read(lambda c: messages.trail(c, one.id))
    assert [(step["state"], step["sha256"]) for step in trail] == [
        (state, one.sha256) for state in ("draft", "submitted", "approved", "posted")
    ]
    assert trail[-1]["text"] == one.text
