"""Messages: nothing is public that another person did not approve as it is; all of it on record."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from alerts.incidents.incident import Reason, Refused
from alerts.incidents.milestones import Event, Milestone, Milestones
from alerts.words.approval import MessageState, Role, Way
from alerts.words.phases import Phase
from monitor.configuration import loads
from monitor.incidents.rights import Actor
from monitor.staffing import duty
from monitor.store import calls, messages, situations
from monitor.words import desk, looking
from tests.airline import CONFIGURATION
from tests.monitor.words.conftest import BOTH, ID, PEOPLE, Evening

NO_GUESTS = (CONFIGURATION + PEOPLE).replace(
    "name: Fjordwing Air,",
    "name: Fjordwing Air, voice: {rules: {de: [{id: guests, find: ['gäste*'], why: We carry "
    "passengers.}]}},",
)
"""A configuration with a rule of the house."""


@BOTH
def test_a_message_goes_from_draft_to_posted_by_two_people_with_all_of_it_on_record(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    one = evening.post(who="ida", approver="kari")
    assert (one.state, one.link) == (MessageState.POSTED, "https://x.example/1")
    assert evening.trail(one.id) == [
        ("Ida Dahl", "draft"),
        ("Ida Dahl", "submitted"),
        ("Kari Nygård", "approved"),
        ("Ida Dahl", "posted"),
    ]
    called = f"German message (working, x) {one.id}"
    assert evening.told()[-3:] == [
        f"Ida Dahl asks for approval: {called}",
        f"approved by Kari Nygård: {called}",
        f"posted by Ida Dahl: {called} https://x.example/1",
    ]


def test_without_languages_it_is_drafted_in_those_that_are_being_written_most_first(
    evening: Evening,
) -> None:
    evening.do("ida", "draft", phase="seen", channel="x")
    assert [one.language for one in evening.messages()] == ["de", "en", "nb", "sv"]


def test_what_lacks_its_facts_is_drafted_as_what_needs_fewer_and_says_which(
    evening: Evening,
) -> None:
    said = evening.do("ida", "draft", phase="working", channel="x", languages=["de"])
    assert said == f"drafted: {ID}/1 (de, seen); working needs Next update [next_update]"
    [proposal, *_] = look(evening, phase=Phase.SOLVED).proposals
    assert proposal.phase is Phase.SEEN
    assert proposal.unlocks == {
        Phase.SOLVED: ("working_again",),
        Phase.UPDATE: ("next_update",),
        Phase.WORKING: ("next_update",),
    }


def test_what_is_asked_for_twice_is_drafted_once_until_it_is_public(evening: Evening) -> None:
    asked = {"phase": "seen", "channel": "x", "languages": ["de"]}
    assert evening.do("ida", "draft", **asked) == f"drafted: {ID}/1 (de, seen)"
    evening.do("ida", "submit", f"{ID}/1")
    said = evening.do("ola", "draft", **asked, submit=True)
    assert said == f"there already: {ID}/1 (de, seen); {ID}/1 is submitted already"
    evening.approve("kari", evening.message(f"{ID}/1"))
    evening.do("ida", "posted", f"{ID}/1")
    assert evening.do("ola", "draft", **asked) == f"drafted: {ID}/2 (de, seen)"


def test_of_two_people_each_approves_what_the_other_has_changed(evening: Evening) -> None:
    one = evening.submit("kari", phase="seen", text="Wir sehen eure Nachrichten: Buchen hakt.")
    said = evening.do("nora", "edit", one.id, plain="Wir sehen eure Nachrichten. Buchen hakt.")
    assert said == (
        "changed by Nora Lie, who cannot approve it now; it is a draft again, "
        "and Kari Nygård may, once it is submitted"
    )
    assert standing(evening, one.id).next == "Nora Lie or another: submit it"
    why = "you are the only one who may approve it: let another person submit it"
    assert evening.refused("kari", "submit", one.id) == why
    evening.do("nora", "submit", one.id)
    assert standing(evening, one.id).next == "Kari Nygård: approve or return it"
    assert evening.approve("kari", evening.message(one.id)) == "approved by Kari Nygård"


def test_languages_that_say_otherwise_are_told_apart_and_not_handed_in_both(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    german, right = evening.draft(), evening.draft(languages=["en"])
    wrong = right.text.replace("00:31", "23:55")
    english = evening.draft(languages=["en"], text=wrong)

    def found(id: str) -> list[tuple[str, str]]:
        every = standing(evening, id).checked.findings
        return [(one.found, one.level) for one in every if one.rule == "differing"]

    assert (found(german.id), found(english.id)) == ([("00:31", "warn")], [("23:55", "warn")])
    evening.do("ida", "submit", german.id)
    assert found(english.id) == [("23:55", "block")]
    assert "differing (23:55): en, not de" in evening.refused("ida", "submit", english.id)
    evening.do("ida", "edit", english.id, plain=f"{right.text} ")
    assert found(english.id) == []


def test_the_author_cannot_approve_and_who_reads_no_german_cannot_either(evening: Evening) -> None:
    one = evening.submit(phase="seen")
    for who, why in {
        "ida": "whoever wrote or submitted it cannot approve it",
        "nora": "Nora Lie may not approve this: it needs one who may for de",
        "guest": "Per Moe may not act on incidents",
    }.items():
        with pytest.raises(Refused, match=why):
            evening.approve(who, one)
    assert evening.message(one.id).state is MessageState.SUBMITTED


def test_an_approved_text_that_is_edited_by_a_space_needs_another_approval(
    evening: Evening,
) -> None:
    one = evening.submit(phase="seen")
    evening.approve("kari", one)
    evening.do("ida", "edit", one.id, plain=one.text + " ")
    assert "it is draft" in evening.refused("ida", "posted", one.id)
    evening.do("ida", "submit", one.id)
    with pytest.raises(Refused, match="changed since you read it"):
        evening.approve("kari", one)


def test_an_approved_message_is_not_posted_once_its_fact_is_corrected_or_over(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "30m")
    corrected = evening.submit()
    evening.approve("kari", corrected)
    evening.do("nora", "correct", kind="next_update", value="45m")
    assert "is corrected" in evening.refused("ida", "posted", corrected.id)
    over = evening.submit()
    evening.approve("kari", over)
    evening.now += timedelta(minutes=45)  # and the daemon has not come by yet
    assert "a fact that is expired: Next update" in evening.refused("ida", "posted", over.id)
    evening.wait(0)
    assert "it is stale: Next update" in evening.refused("ida", "posted", over.id)


def test_a_draft_over_an_older_time_is_drafted_again_when_a_later_one_is_confirmed(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "30m")
    posted, waiting = evening.post(), evening.submit(phase="update")
    evening.confirm("next_update", "60m")
    assert evening.message(waiting.id).state is MessageState.STALE
    assert evening.message(posted.id).state is MessageState.POSTED, "it was no error"


@BOTH
def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told_who(evening: Evening) -> None:
    evening.seal("seen")
    one = evening.submit(phase="seen")
    answers: list[str] = []

    def approve(who: str) -> None:
        try:
            evening.approve(who, one)
            answers.append("yes")
        except Refused as refused:
            answers.append(str(refused))

    people = [threading.Thread(target=approve, args=(who,)) for who in ("ola", "kari", "nora")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    [winner] = evening.message(one.id).approvals
    late = f"{winner.by} approved it already"
    assert sorted(answers) == [late, late, "yes"]
    assert len(evening.trail(one.id)) == 3


@BOTH
def test_who_changes_a_message_that_another_has_changed_meanwhile_is_told_who(
    evening: Evening,
) -> None:
    one = evening.submit(phase="seen")
    evening.approve("kari", one)
    with pytest.raises(Refused, match="Kari Nygård was quicker"):
        evening.write(lambda c: messages.change(c, one, replace(one, revision=2)))


def test_at_night_two_people_confirm_what_fills_a_template_that_was_approved_by_day(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    template = evening.draft().template
    assert "may not approve templates" in evening.refused("ola", "seal", template)
    assert evening.do("kari", "seal", template) == (
        "one template approved in advance by Kari Nygård, for language"
    )
    one = evening.submit()
    with pytest.raises(Refused, match="one who may for de"):
        evening.approve("ola", one)
    evening.do("law", "seal", template)
    assert evening.approve("ola", one) == "approved by Ola Berg"
    assert evening.message(one.id).approvals[0].way is Way.SEALED


def test_facts_in_free_words_are_not_approved_in_advance(evening: Evening) -> None:
    turns_out(evening, "unknown")
    evening.confirm("next_update", "60m")
    one = evening.draft()
    for who in ("kari", "law"):
        evening.do(who, "seal", one.template)
    evening.confirm("alternative", "de: Nehmt den Zug")
    free = evening.submit()
    assert (free.template, "Nehmt den Zug" in free.text) == (one.template, True)
    with pytest.raises(Refused, match="one who may for de"):
        evening.approve("ola", free)
    evening.do("ida", "submit", one.id)
    assert evening.approve("ola", evening.message(one.id)) == "approved by Ola Berg"


def test_a_language_is_approved_in_advance_as_a_whole_and_changed_words_are_not(
    evening: Evening,
) -> None:
    said = evening.do("kari", "seal", "de")
    assert said.endswith("templates approved in advance by Kari Nygård, for language")
    template = evening.draft(phase="seen").template
    assert evening.read(lambda c: messages.seals(c, [template])) == {
        template: {Role.LANGUAGE: "Kari Nygård"}
    }
    assert "its words have changed" in evening.refused(
        "kari", "seal", f"{template[:-12]}0123456789ab"
    )


def test_free_words_that_state_a_fact_are_marked_when_it_is_corrected(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    words = evening.draft(phase="working").text + " Danke!"
    one = evening.submit(phase="working", text=words)
    evening.do("nora", "correct", kind="next_update", value="90m")
    assert evening.message(one.id).state is MessageState.STALE
    evening.do("ida", "edit", one.id, plain=words.replace("00:31", "01:01"))
    evening.do("ida", "submit", one.id)
    assert evening.approve("kari", evening.message(one.id)) == "approved by Kari Nygård"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("flights", "FW123, FW456", "We know that FW 456 is late, sorry. More at 00:31 CET."),
        ("since", "21:30", "Booking has been down since 9.30 pm CET. More at 00:31 CET."),
        ("refund", "yes", "Booking is down. We pay your money back. More at 00:31 CET."),
        ("cause", "technical", "Booking is down after a technical failure. More at 00:31 CET."),
    ],
)
def test_free_words_fall_with_what_they_say_in_their_own_way(
    evening: Evening, kind: str, value: str, text: str
) -> None:
    evening.confirm("next_update", "60m")
    evening.do("ola" if kind == "flights" else "nora", "confirm", kind=kind, value=value)
    one = evening.submit(phase="update", languages=["en"], text=text)
    assert {used.split("/")[1] for used in one.uses} == {kind, "next_update"}
    evening.do("ola" if kind == "flights" else "nora", "withdraw", kind=kind)
    assert evening.message(one.id).state is MessageState.STALE


@pytest.mark.parametrize(
    ("kind", "value", "phase"),
    [("system", "booking", "working"), ("working_again", "yes", "solved")],
)
def test_what_does_not_hold_any_more_does_not_hold_with_a_space_more(
    evening: Evening, kind: str, value: str, phase: str
) -> None:
    evening.confirm(kind, value)
    evening.confirm("next_update", "60m")
    one = evening.submit(phase=phase)
    evening.do("nora", "withdraw", kind=kind)
    evening.do("ida", "edit", one.id, plain=f"{one.text} ")
    assert "it states a fact that is withdrawn" in evening.refused("ida", "submit", one.id)
    evening.do("ida", "edit", one.id, plain="Wir sehen eure Nachrichten. Mehr um 00:31 Uhr (MEZ).")
    assert all(f"/{kind}/" not in used for used in evening.message(one.id).uses)


def test_free_words_fall_with_what_they_say_by_the_brands_own_name(evening: Evening) -> None:
    own = "name: Fjordwing Air, voice: {names: {booking: {de: das Buchungsportal}}},"
    evening.configuration = loads((CONFIGURATION + PEOPLE).replace("name: Fjordwing Air,", own))
    evening.confirm("system", "booking")
    evening.confirm("next_update", "60m")
    text = f"Hallo! {evening.draft().text}"
    assert "Das Buchungsportal" in text
    one = evening.submit(text=text)
    evening.do("nora", "expire", kind="system")
    assert evening.message(one.id).state is MessageState.STALE


def test_a_text_is_looked_at_anew_whenever_it_is_approved_or_posted(evening: Evening) -> None:
    text = "Wir sehen eure Nachrichten, liebe Gäste: Buchen hakt."
    early = evening.submit(phase="seen", text=text)
    later = evening.submit(phase="seen", text=text, channel="mastodon")
    evening.approve("kari", early)
    evening.configuration = loads(NO_GUESTS)
    with pytest.raises(Refused, match="guests"):
        evening.approve("kari", later)
    assert "guests (Gäste)" in evening.refused("ida", "posted", early.id)


def test_words_for_another_situation_are_drafted_again_once_it_is_a_grave_one(
    evening: Evening,
) -> None:
    ready, draft = evening.submit(phase="seen"), evening.draft(phase="seen", channel="mastodon")
    evening.approve("kari", ready)
    turns_out(evening, "accident")
    why = "it was drafted for another situation (booking, not accident): draft again"
    assert evening.refused("nora", "break_glass", draft.id, "now", plain=draft.sha256) == why
    assert evening.refused("ida", "submit", draft.id) == why
    assert evening.refused("ida", "posted", ready.id) == why


def test_every_space_of_a_text_is_a_plain_one_and_its_length_is_bound(evening: Evening) -> None:
    one = evening.draft(phase="seen", text="Wir\u00a0sehen\u2009eure Nachrichten:\nBuchen hakt.")
    assert one.text == "Wir sehen eure Nachrichten:\nBuchen hakt."
    refused = evening.refused(
        "ida", "draft", phase="seen", channel="facebook", languages=["de"], text="x" * 2_501
    )
    assert "no message has more than 2,500 characters" in refused


def test_what_is_over_is_not_copied(evening: Evening) -> None:
    evening.confirm("next_update", "30m")
    one = evening.submit()
    evening.approve("kari", one)
    assert standing(evening, one.id).holds
    evening.now += timedelta(minutes=31)  # and the daemon has not come by yet
    after = standing(evening, one.id)
    assert (after.holds, after.next, after.message.state) == (
        False,
        "draft it again",
        MessageState.APPROVED,
    )


def standing(evening: Evening, id: str) -> looking.Standing:
    """A message as people look at it."""
    return next(one for one in look(evening).messages if one.message.id == id)


def look(evening: Evening, phase: Phase | None = None) -> looking.Look:
    """What Ida sees."""
    who = Actor("Ida Dahl", "shell", "ida")

    def looks(connection: Connection) -> looking.Look:
        at = desk.looking(connection, evening.configuration, ID, who, evening.now)
        return looking.look(at, phase=phase)

    return evening.read(looks)


def test_a_reply_promises_the_public_nothing(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    text = "Mehr Infos um 00:31 Uhr (MEZ), schau bitte auf unserer Seite nach."
    reply = evening.post(phase="pointer", approver="ola", text=text)
    assert reply.uses
    assert evening.read(messages.promises) == []


def test_what_acts_or_hides_in_a_fact_stays_text_in_the_message_and_is_never_submitted(
    evening: Evening,
) -> None:
    turns_out(evening, "unknown")
    evening.confirm("next_update", "60m")
    evening.confirm("alternative", "de: <!channel> {{ brand }} <b>Zug</b> \u202enehmen\u200b")
    one = evening.draft()
    assert "<!channel> {{ brand }} <b>Zug</b> ‹U+202E›nehmen‹U+200B›" in one.text
    refused = evening.refused("ida", "submit", one.id)
    assert "markup" in refused
    assert "placeholder" in refused


def test_a_language_that_nobody_prepared_is_refused(evening: Evening) -> None:
    refused = evening.refused("ida", "draft", phase="seen", channel="x", languages=["fr"])
    assert refused == "there are no messages in 'fr', but in en, de, sv, nb, da, nl"


def test_the_daemon_watches_promises_with_all_else_that_is_due(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    evening.now += timedelta(minutes=61)
    evening.write(lambda c: duty.attend(c, evening.configuration, evening.now))
    assert any("was broken" in one for one in evening.notices("nora"))


def test_promises_are_watched_where_the_brand_is_no_longer_configured(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    other = CONFIGURATION.replace("fjordwing:", "lakewing:").replace("Fjordwing Air", "Lakewing")
    evening.configuration = loads(other + PEOPLE)
    assert evening.wait(61) == 2, "the promise is broken, and its time is over"


def turns_out(evening: Evening, situation: str) -> None:
    """The same evening turns out to be another situation."""

    def briefed(connection: Connection) -> None:
        before = situations.one_incident(connection, ID)
        incident = replace(before, revision=before.revision + 1)
        briefing = situations.latest_briefing(connection, ID)
        told = replace(briefing, situation=situation, revision=incident.revision)
        situations.put_incident(connection, incident)
        situations.put_briefing(connection, incident, told, [])

    evening.write(briefed)


def test_one_person_alone_can_only_approve_with_a_reason_and_everybody_reads_it(
    evening: Evening,
) -> None:
    one = evening.draft(phase="seen")
    assert "say why" in evening.refused("nora", "break_glass", one.id, plain=one.sha256)
    assert "may not approve alone" in evening.refused(
        "ida", "break_glass", one.id, "nobody is up", plain=one.sha256
    )
    evening.do("nora", "break_glass", one.id, "nobody is up", plain=one.sha256)
    called = f"German message (seen, x) {one.id}"
    assert evening.told()[-1] == f"approved by Nora Lie alone: {called}: nobody is up"
    assert evening.notices("desk") == [
        f"Nora Lie approved alone: German message (seen, x) {one.id}"
    ]
    evening.do("ida", "posted", one.id)
    broke = evening.message(one.id).broke_glass
    assert broke
    assert broke.reason == "nobody is up"


def test_nobody_approves_alone_what_is_said_of_an_accident_and_legal_reads_it(
    evening: Evening,
) -> None:
    turns_out(evening, "accident")
    one = evening.draft(phase="seen", text="Wir wissen davon und melden uns hier.")
    assert "nobody may approve alone" in evening.refused(
        "nora", "break_glass", one.id, "now", plain=one.sha256
    )
    evening.do("ida", "edit", one.id, plain=evening.draft(phase="seen").text)
    evening.do("ida", "submit", one.id)
    one = evening.message(one.id)
    assert "still needs the approval for legal" in evening.approve("kari", one)
    assert "it is submitted" in evening.refused("ida", "posted", one.id)
    assert evening.approve("law", one) == "approved by Lars Vik"


def test_a_rule_of_the_house_blocks_what_is_submitted(evening: Evening) -> None:
    evening.configuration = loads(NO_GUESTS)
    one = evening.draft(phase="seen", text="Wir sehen eure Nachrichten, liebe Gäste: Buchen hakt.")
    refused = evening.refused("ida", "submit", one.id)
    assert "guests (Gäste): We carry passengers." in refused


def test_what_the_linter_blocks_is_not_submitted_and_says_why(evening: Evening) -> None:
    one = evening.draft(phase="seen", text="Kein Anspruch auf Erstattung, das waren Hacker.")
    assert "this cannot be published: " in evening.refused("ida", "submit", one.id)
    assert evening.message(one.id).state is MessageState.DRAFT


def test_those_who_may_approve_are_asked_and_a_comment_goes_back_to_the_author(
    evening: Evening,
) -> None:
    one = evening.submit("ola", phase="seen")
    assert evening.notices("desk") == [f"To be approved: German message (seen, x) {one.id}"]
    evening.do("kari", "return", one.id, "Bitte kürzer")
    assert evening.message(one.id).because == "Kari Nygård: Bitte kürzer"
    assert evening.told()[-1].endswith("Bitte kürzer")
    evening.do("ola", "submit", one.id)


def test_a_newer_message_supersedes_what_was_said_there_in_its_language(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    first = evening.post(phase="seen")
    elsewhere = evening.post(phase="seen", channel="mastodon")
    evening.post()
    assert evening.message(first.id).state is MessageState.SUPERSEDED
    assert evening.message(elsewhere.id).state is MessageState.POSTED


def test_the_clock_of_the_incident_records_the_first_approval_and_the_first_word(
    evening: Evening,
) -> None:
    evening.post(phase="seen")
    events = evening.read(lambda c: calls.happened(c, [ID]))[ID]
    marks = Milestones.of(
        evening.read(lambda c: situations.one_incident(c, ID)),
        [Event(Reason(one.kind), one.at, one.actor) for one in events],
        {},
        evening.now,
    )
    assert marks[Milestone.APPROVED].at == evening.now
    assert (marks[Milestone.FIRST_WORD].at, marks[Milestone.FIRST_WORD].by) == (
        evening.now,
        "Ida Dahl",
    )


def test_a_reply_to_one_person_is_read_by_a_peer_and_is_no_public_word(evening: Evening) -> None:
    before = evening.told()
    reply = evening.post(phase="details", approver="ola")
    assert reply.approvals[0].way is Way.PEER
    assert len(evening.trail(reply.id)) == 4
    assert evening.told() == before


@BOTH
def test_a_promise_is_drafted_for_a_quarter_of_an_hour_before_and_its_owner_told(
    evening: Evening,
) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    evening.post(channel="mastodon")
    assert evening.wait(44) == 0
    assert evening.wait(1) == 2, "in each place"
    offered = evening.messages()[-2:]
    assert [(one.phase, one.channel, one.state) for one in offered] == [
        ("update", "x", "draft"),
        ("update", "mastodon", "draft"),
    ]
    assert any("Promised in public: more at 00:31" in one for one in evening.notices("ida"))
    assert evening.wait(1) == 0
    seen = standing(evening, offered[0].id)
    assert (seen.unconfirmed, seen.next) == (
        ("next_update",),
        "confirm first: Next update 01:01 CET",
    )
    assert "not confirmed: Next update" in evening.refused("ida", "submit", offered[0].id)
    evening.do("nora", "confirm", kind="next_update")
    assert standing(evening, offered[0].id).next == "submit it"
    evening.do("ida", "submit", offered[0].id)


def test_who_has_it_in_hand_is_told_of_a_promise_that_another_posted(evening: Evening) -> None:
    evening.do("nora", "resolve")
    evening.do("nora", "reopen")
    evening.do("nora", "acknowledge")
    evening.confirm("next_update", "60m")
    evening.post(who="ida")
    evening.wait(45)
    said = "Promised in public: more at 00:31"
    assert any(said in one for one in evening.notices("ida"))
    assert any(said in one for one in evening.notices("nora"))


@BOTH
def test_a_promise_is_kept_by_the_next_word_in_its_language(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    evening.wait(30)
    evening.confirm("next_update", "90m")
    evening.post(phase="update")
    [promise] = evening.read(messages.promises)
    assert promise.until == evening.now + timedelta(minutes=90)
    evening.wait(40)
    assert not any("broken" in one for one in evening.notices())


def test_a_broken_promise_goes_to_those_who_lead_once(evening: Evening) -> None:
    evening.confirm("next_update", "60m")
    evening.post()
    evening.wait(50)
    evening.wait(11)
    said = "more at Sun 22 Nov, 00:31 CET, in German"
    assert f"A promise in public was broken: {said}" in evening.notices("nora")
    assert f"what was promised in public was not kept: {said}, by Ida Dahl" in evening.told()
    assert evening.wait(1) == 0
    assert evening.read(messages.promises) == []


def test_of_a_restricted_incident_only_those_who_may_see_it_write_and_approve(
    evening: Evening,
) -> None:
    evening.do("nora", "restrict")
    one = evening.submit(phase="seen")
    for verb in ("edit", "submit", "approve", "return", "posted", "break_glass"):
        assert "is restricted" in evening.refused("kari", verb, one.id, "why", plain=one.sha256)
    assert evening.notices("desk") == []
