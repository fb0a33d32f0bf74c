"""The fact desk: entered once, confirmed by who may; whatever stated it follows when it goes."""

import threading
from functools import partial

import pytest
from sqlalchemy import Connection

from alerts.briefings.instruction import Instruction
from alerts.incidents.incident import Refused
from alerts.words.approval import MessageState
from alerts.words.phases import Phase
from monitor.store import facts, messages
from monitor.telling import instructions
from monitor.words import answering, fact_desk, looking
from monitor.words.desk import SEAWALL, at_desk
from monitor.words.fact_desk import Said
from tests.monitor.words.conftest import BOTH, ID, MINUTE, Evening
from tests.monitor.words.test_messaging import turns_out


def test_only_who_may_confirms_a_kind_and_others_can_say_it(evening: Evening) -> None:
    refused = evening.refused("ida", "confirm", kind="flights", value="FW123")
    assert refused.startswith("Ida Dahl may not confirm this (Flights affected): ")
    assert refused.endswith("operations control does, that is Ola Berg")
    said = evening.do("ida", "fact", kind="flights", value="fw123", source="the counter in Oslo")
    assert said == "Flights affected FW123: said, to be confirmed"
    assert evening.do("ola", "confirm", kind="flights") == "Flights affected FW123: confirmed"
    [fact] = evening.read(lambda c: facts.of(c, ID))
    assert (fact.source, fact.confirmed_by) == ("the counter in Oslo", "Ola Berg")
    assert evening.told()[-2:] == [
        "a fact, by Ida Dahl: Flights affected FW123, not confirmed yet",
        "a fact, by Ola Berg: Flights affected FW123, confirmed",
    ]


def test_a_kind_that_names_nobody_is_confirmed_by_those_who_lead(evening: Evening) -> None:
    assert "that is Nora Lie" in evening.refused("ida", "confirm", kind="system", value="booking")
    assert evening.confirm("system", "booking") == "What fails booking: confirmed"


def test_what_the_team_knows_itself_anybody_of_it_confirms_unless_somebody_is_named(
    evening: Evening,
) -> None:
    assert evening.confirm("next_update", "60m", "ida").endswith("confirmed")
    assert "it takes the right `act`" in evening.refused(
        "guest", "confirm", kind="since", value="22:00"
    )
    named = {
        "words": evening.configuration.words.model_copy(update={"confirm": {"since": ("ola",)}})
    }
    evening.configuration = evening.configuration.model_copy(update=named)
    assert "that is Ola Berg" in evening.refused("ida", "confirm", kind="since", value="22:00")


def test_a_question_has_an_owner_and_is_answered_by_whoever_knows(evening: Evening) -> None:
    said = evening.do("ida", "ask", kind="flights", due="30m")
    assert said.startswith("operations control is asked: Flights affected")
    [request] = evening.read(lambda c: facts.requests(c, ID))
    assert (request.owner, request.due_at) == ("Ida Dahl", evening.now + 30 * MINUTE)
    evening.do("ola", "confirm", kind="flights", value="FW123")
    assert evening.read(lambda c: facts.requests(c, ID)) == []
    assert evening.wait(31) == 0, "it is answered, so that nobody is reminded"


@BOTH
def test_the_owner_of_a_question_that_nobody_answers_is_told_once(evening: Evening) -> None:
    evening.do("nora", "ask", kind="flights", due="30m", owner="ida")
    assert evening.wait(29) == 0
    assert evening.wait(1) == 1
    assert evening.wait(5) == 0
    assert evening.notices("desk") == ["operations control is asked: Flights affected"]
    assert evening.notices("ida") == ["Nobody has answered: Flights affected"]


def test_what_acts_or_hides_is_shown_as_text_and_flagged(evening: Evening) -> None:
    evening.do("nora", "confirm", kind="alternative", value="en: <!channel> {{ x }} \u202eevil")
    assert evening.told()[-1] == (
        "a fact, by Nora Lie: Alternative <!channel> {{ x }} ‹U+202E›evil, confirmed "
        "(hidden characters, markup, what looks like a template in it)"
    )


@BOTH
def test_a_fact_that_is_corrected_marks_every_message_and_drafts_each_correction(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    posted = [
        evening.post(),
        evening.post(channel="mastodon"),
        evening.post(approver="nora", languages=["en"]),
    ]
    approved = evening.submit(phase="update")
    evening.approve("kari", approved)
    reply = evening.draft(phase="acknowledge")
    said = evening.do("nora", "correct", kind="next_update", value="90m")
    corrections = evening.messages()[-3:]
    assert said.endswith(f"corrections drafted: {', '.join(one.id for one in corrections)}")
    assert [(one.channel, one.language, one.phase) for one in corrections] == [
        ("x", "de", "correction"),
        ("mastodon", "de", "correction"),
        ("x", "en", "correction"),
    ]
    assert all(one.state is MessageState.DRAFT for one in corrections)
    marked = [evening.message(one.id) for one in (*posted, approved)]
    assert {one.state for one in marked} == {MessageState.STALE}
    assert "is corrected" in marked[0].because
    assert evening.message(reply.id).state is MessageState.DRAFT, "it states nothing of it"
    assert "it is stale: Next update" in evening.refused("ida", "posted", approved.id)
    assert "To be corrected in public: Next update" in evening.notices("nora")


def test_a_correction_says_what_was_wrong_and_can_be_approved_and_posted(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    wrong = evening.post()
    evening.wait(1)
    evening.do("nora", "correct", kind="next_update", value="90m")
    correction = evening.messages()[-1]
    evening.do("ida", "submit", correction.id)
    evening.approve("kari", correction)
    evening.do("ida", "posted", correction.id)
    assert evening.message(wrong.id).state is MessageState.SUPERSEDED
    assert evening.message(correction.id).state is MessageState.POSTED
    [promise] = evening.read(messages.promises)
    assert promise.until == evening.now + 90 * MINUTE
    evening.wait(70)
    assert not any("was broken" in one for one in evening.notices())


def test_what_is_corrected_at_once_is_one_correction_in_each_place(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.do("ola", "confirm", kind="flights", value="FW123")
    words = evening.draft().text
    posted = evening.post(text=f"{words} Es geht um FW123.")
    evening.wait(1)
    evening.do("nora", "correct", kind="next_update", value="89m")
    [first] = [one for one in evening.messages() if one.phase is Phase.CORRECTION]
    said = evening.do("ola", "correct", kind="flights", value="FW124")
    assert said.endswith(f"corrections drafted: {first.id}"), "it says both now"
    [both] = [one for one in evening.messages() if one.phase is Phase.CORRECTION]
    assert both.text.startswith(
        "Korrektur. Nächstes Update: 01:01 Uhr (MEZ) am 22. November, nicht 00:31 Uhr (MEZ) am "
        "22. November. Betroffene Flüge: FW124, nicht FW123."
    )
    evening.do("ida", "submit", both.id)
    evening.do("ola", "correct", kind="flights", value="FW125")
    assert evening.message(both.id).state is MessageState.STALE
    again = evening.messages()[-1]
    assert "Betroffene Flüge: FW125, nicht FW123." in again.text, "FW124 was never public"
    assert "01:01 Uhr" in again.text
    evening.do("ida", "submit", again.id)
    evening.approve("kari", evening.message(again.id))
    evening.do("ida", "posted", again.id)
    assert evening.message(posted.id).state is MessageState.SUPERSEDED
    [promise] = evening.read(messages.promises)
    assert promise.until == evening.now + 89 * MINUTE


def test_a_correction_waits_on_where_what_is_right_holds_longer_and_follows_where_it_changes(
    evening: Evening,
) -> None:
    evening.confirm("system", "booking")
    evening.post(phase="seen")
    evening.wait(1)
    evening.do("nora", "correct", kind="system", value="app")
    waits = evening.messages()[-1]
    evening.do("ida", "submit", waits.id)
    said = evening.do("nora", "confirm", kind="system", value="app", until="23:59")
    assert said.endswith(": confirmed")
    assert evening.message(waits.id).state is MessageState.SUBMITTED
    evening.do("nora", "expire", kind="system")
    assert evening.message(waits.id).state is MessageState.STALE
    said = evening.confirm("system", "website")
    follows = evening.messages()[-1]
    assert said.endswith(f"corrections drafted: {follows.id}")
    assert follows.uses[0].endswith("/1"), "that is what the public has read"
    assert "die Website, nicht das Buchen" in follows.text


def test_what_was_withdrawn_is_corrected_in_public_once_somebody_says_what_is_so(
    evening: Evening,
) -> None:
    evening.confirm("system", "booking")
    evening.post(phase="seen")
    evening.wait(1)
    evening.do("nora", "withdraw", kind="system")
    said = evening.confirm("system", "app")
    assert said.endswith(f"corrections drafted: {evening.messages()[-1].id}")
    assert "die App, nicht das Buchen" in evening.messages()[-1].text


def test_a_correction_that_grows_is_in_the_words_of_what_is_the_matter_now(
    evening: Evening,
) -> None:
    evening.confirm("system", "booking")
    evening.confirm("since", "22:00")
    evening.confirm("next_update", "60m")
    evening.post()
    evening.wait(1)
    evening.do("nora", "correct", kind="system", value="app")
    before = evening.messages()[-1]
    turns_out(evening, "accident")
    evening.do("nora", "correct", kind="since", value="21:00")
    after = evening.message(before.id)
    assert (before.situation, after.situation) == ("booking", "accident")
    assert after.template != before.template


def test_a_fact_that_is_over_marks_what_stated_it_by_itself(evening: Evening) -> None:
    evening.do("nora", "confirm", kind="system", value="booking", until="40m")
    one = evening.submit(phase="seen", text="Buchen geht gerade nicht.")
    evening.confirm("next_update", "60m")
    stated = evening.submit()
    assert evening.wait(40) >= 1
    assert evening.message(stated.id).state is MessageState.STALE
    assert evening.message(stated.id).because == "What fails booking is expired"
    assert evening.message(one.id).state is MessageState.SUBMITTED
    assert evening.wait(0) == 0


def test_what_is_withdrawn_after_the_public_has_read_it_goes_to_those_who_lead(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    assert "the right `act`" in evening.refused("guest", "withdraw", kind="next_update")
    evening.do("nora", "withdraw", kind="next_update")
    assert "Withdrawn, and the public has read it: Next update" in evening.notices("nora")


def test_what_holds_longer_than_was_said_voids_nothing(evening: Evening) -> None:
    evening.do("ola", "confirm", kind="flights", value="FW123", until="30m")
    seen = evening.draft(phase="seen").text
    one = evening.submit(phase="seen", text=f"{seen} Es geht um FW123.")
    evening.do("ola", "confirm", kind="flights", value="FW123", until="90m")
    assert evening.approve("kari", one) == "approved by Kari Nygård"


def test_a_fact_that_is_prolonged_leaves_what_states_it_true_until_it_is_over(
    evening: Evening,
) -> None:
    evening.do("ola", "confirm", kind="flights", value="FW123", until="30m")
    seen = evening.draft(phase="seen").text
    one = evening.post(phase="seen", text=f"{seen} Es geht um FW123.")
    evening.do("ola", "confirm", kind="flights", value="FW123", until="90m")
    evening.wait(40)
    assert evening.message(one.id).state is MessageState.POSTED
    evening.wait(50)
    assert evening.message(one.id).because == "Flights affected FW123 is expired"


def test_a_correction_finds_what_states_an_older_revision_of_the_same(evening: Evening) -> None:
    evening.do("ola", "confirm", kind="flights", value="FW123")
    seen = evening.draft(phase="seen").text
    one = evening.post(phase="seen", text=f"{seen} Es geht um FW123.")
    evening.do("ola", "confirm", kind="flights", value="FW123", until="90m")
    evening.do("ola", "correct", kind="flights", value="FW124")
    assert evening.message(one.id).state is MessageState.STALE


@pytest.mark.parametrize("verb", ["expire", "withdraw"])
def test_a_rumour_keeps_nobody_from_taking_back_what_is_confirmed(
    evening: Evening, verb: str
) -> None:
    evening.do("ola", "confirm", kind="flights", value="FW123")
    evening.do("kari", "fact", kind="flights", value="FW999")
    if verb == "withdraw":
        assert evening.do("kari", "withdraw", kind="flights").endswith("FW999: withdrawn")
        assert "that is Ola Berg" in evening.refused("kari", "withdraw", kind="flights")
    assert "Flights affected FW123" in evening.do("ola", verb, kind="flights")
    [confirmed] = [one for one in evening.read(lambda c: facts.of(c, ID)) if one.confirmed_by]
    assert not confirmed.holds(evening.now)


@BOTH
def test_of_two_who_answer_by_one_link_at_once_one_is_heard(evening: Evening) -> None:
    evening.do("ida", "ask", kind="flights")
    desk = partial(at_desk, configuration=evening.configuration, incident=ID, who=SEAWALL)
    link = evening.write(lambda c: answering.link(desk(c, now=evening.now), "flights", evening.now))
    heard: list[str] = []

    def answer(flight: str) -> None:
        said = partial(
            answering.answer,
            configuration=evening.configuration,
            secret=link,
            said=Said("flights", flight),
            name="Ole",
            now=evening.now,
            wall=evening.now,
        )
        try:
            heard.append(evening.write(said))
        except Refused as refused:
            heard.append(str(refused))

    both = [threading.Thread(target=answer, args=(one,)) for one in ("FW1", "FW2")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(heard)[1:] == [answering.USED]
    assert len(evening.read(lambda c: facts.of(c, ID))) == 1


def test_once_it_works_again_that_is_drafted_where_more_was_promised(evening: Evening) -> None:
    evening.confirm("system", "booking")
    evening.confirm("next_update", "30m")
    evening.post()
    evening.confirm("working_again", "yes")
    evening.wait(16)
    assert evening.messages()[-1].phase is Phase.SOLVED
    assert len(evening.read(lambda c: facts.history(c, ID, "next_update"))) == 1


def test_an_agent_brief_that_says_what_is_not_so_any_more_is_named(evening: Evening) -> None:
    evening.confirm("next_update", "2026-11-21T23:40+01:00")
    brief = Instruction.written(true="Booking is down", say="More at 23:40")
    evening.write(
        lambda c: instructions.publish(
            c, evening.configuration, ID, brief, "Nora Lie", evening.now, "shell"
        )
    )
    evening.do("nora", "correct", kind="next_update", value="2026-11-21T23:55+01:00")
    assert "What agents are told to say is not so any more" in evening.notices("desk")
    said = evening.write(
        lambda c: fact_desk.contradicted(
            at_desk(c, evening.configuration, ID, SEAWALL, evening.now)
        )
    )
    assert said == ("Next update 23:40 CET is corrected",)


def test_of_a_restricted_incident_only_those_who_may_see_it_touch_the_facts(
    evening: Evening,
) -> None:
    evening.do("nora", "restrict")
    assert "is restricted" in evening.refused("ola", "fact", kind="flights", value="FW123")
    evening.do("ida", "ask", kind="flights", owner="ida")
    assert evening.notices("desk") == []
    assert evening.wait(15) == 1
    assert evening.notices("ida") == [], "nothing of it goes to a phone"
    assert len(evening.notices("crisis")) == 2


def test_what_is_confirmed_and_then_said_otherwise_is_shown_with_both_and_not_drafted_alone(
    evening: Evening,
) -> None:
    evening.confirm("works", "counters, phone")
    evening.confirm("next_update", "30m")
    assert "Hotline" in evening.post().text
    evening.do("ola", "fact", kind="works", value="counters")

    def look(connection: Connection) -> looking.Look:
        return looking.look(
            at_desk(connection, evening.configuration, ID, SEAWALL, evening.now), phase=Phase.UPDATE
        )

    found = evening.write(look)
    rows = [one for one in found.facts if one.kind == "works"]
    assert [one.state for one in rows] == ["confirmed", "rumoured"]
    why = "said otherwise since Sat 21 Nov, 23:31 CET by Ola Berg: correct, or withdraw the rumour"
    assert [one.disputed for one in rows] == [why, ""]
    [german] = [one for one in found.proposals if one.language == "de"]
    assert f"{why}." in [one.why for one in german.checked.findings]
    evening.wait(16)
    assert "Hotline" not in evening.messages()[-1].text
    evening.do("ola", "withdraw", kind="works")
    assert not any(one.disputed for one in evening.write(look).facts)


@BOTH
def test_of_two_who_confirm_different_values_at_once_one_is_refused(evening: Evening) -> None:
    heard: list[str] = []

    def confirm(value: str) -> None:
        try:
            evening.do("ola", "confirm", kind="flights", value=value)
        except Refused as refused:
            heard.append(str(refused))

    both = [threading.Thread(target=confirm, args=(one,)) for one in ("FW1", "FW2")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    [held] = evening.read(lambda c: facts.of(c, ID))
    [refused] = heard
    assert f"Ola Berg confirmed Flights affected {held.value} already: correct it" in refused


def test_a_new_time_of_more_says_what_it_replaces_and_what_is_to_be_drafted_again(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "30m")
    one = evening.submit()
    said = evening.confirm("next_update", "45m")
    assert ": confirmed, instead of Next update " in said
    assert said.endswith(f"; draft again: {one.id}")


def test_who_said_a_fact_and_from_whom_stays_when_another_confirms_it(evening: Evening) -> None:
    evening.do("ida", "fact", kind="flights", value="FW123", source="the counter in Oslo")
    evening.do("ola", "confirm", kind="flights", value="FW123", until="90m")
    [fact] = evening.read(lambda c: facts.of(c, ID))
    assert (fact.by, fact.source) == ("Ida Dahl", "the counter in Oslo")
    assert fact.confirmed_by == "Ola Berg"
