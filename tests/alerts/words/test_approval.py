"""Approval: another person's, bound to the exact text, and void as soon as that is not so."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.incident import Refused
from alerts.words import approval
from alerts.words.approval import Asked, Message, MessageState, Reader, Role, Way
from alerts.words.phases import Channel, Phase

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEGAL, SEALED, FREE = Asked(legal=True, break_glass=False), Asked(sealed=True), Asked()
KARI = Reader("Kari", language=True)
OLA = Reader("Ola")
LAWYER = Reader("Nora", legal=True)


def drafted(phase: Phase = Phase.SEEN, template: str = "") -> Message:
    return Message(
        id="fw-1/1",
        incident="fw-1",
        situation="booking",
        language="de",
        channel=Channel.X,
        phase=phase,
        text="Wir sehen eure Nachrichten.",
        authors=("Ida",),
        at=NOON,
        template=template,
    )


def submitted(phase: Phase = Phase.SEEN, template: str = "") -> Message:
    return approval.submit(drafted(phase, template), "Ida")


def approved(message: Message, reader: Reader = KARI, asked: Asked = FREE) -> Message:
    return approval.approve(message, reader, asked, message.sha256, NOON)


def test_free_text_is_approved_by_one_who_may_for_its_language() -> None:
    with pytest.raises(Refused, match="Ola may not approve this: it needs one who may for de"):
        approved(submitted(), OLA)
    done = approved(submitted())
    assert done.state is MessageState.APPROVED
    assert (done.approvals[0].by, done.approvals[0].way) == ("Kari", Way.FULL)


@pytest.mark.parametrize("who", ["Åse", " åse ", "Lars"])
def test_neither_who_wrote_it_as_it_is_nor_who_submitted_it_can_approve(who: str) -> None:
    edited = approval.submit(approval.edit(drafted(), "Wir sehen es.", "Åse"), "Lars")
    with pytest.raises(Refused, match="it takes another person"):
        approved(edited, replace(KARI, name=who))


def test_of_two_people_the_first_author_approves_what_the_other_changed() -> None:
    edited = approval.edit(drafted(), "Wir sehen es.", "Åse")
    done = approved(approval.submit(edited, "Åse"), replace(KARI, name="Ida"))
    assert (done.state, done.authors) == (MessageState.APPROVED, ("Åse", "Ida"))
    again = approval.submit(approval.edit(edited, "Wir sehen das.", "Ida"), "Ida")
    with pytest.raises(Refused, match="it takes another person"):
        approved(again, replace(KARI, name="Ida"))
    assert approved(again, replace(KARI, name="Åse")).state is MessageState.APPROVED


def test_where_the_playbook_asks_it_legal_has_to_approve_too() -> None:
    once = approved(submitted(), KARI, LEGAL)
    assert once.state is MessageState.SUBMITTED
    assert once.missing(LEGAL) == (Role.LEGAL,)
    with pytest.raises(Refused, match="one who may for legal"):
        approved(once, KARI, LEGAL)
    assert approved(once, LAWYER, LEGAL).state is MessageState.APPROVED


def test_of_a_sealed_template_any_other_person_confirms_what_fills_it() -> None:
    message = submitted(template="de/booking/seen@250612177cc7")
    done = approved(message, OLA, SEALED)
    assert done.approvals[0].way is Way.SEALED
    with pytest.raises(Refused, match="may not approve"):
        approved(message, OLA, FREE)
    own_words = approval.submit(approval.edit(message, message.text + "!", "Ida"), "Ida")
    with pytest.raises(Refused, match="may not approve"):
        approved(own_words, OLA, SEALED)


def test_a_reply_to_one_person_is_read_by_any_other_person() -> None:
    done = approved(submitted(Phase.DETAILS), OLA)
    assert done.approvals[0].way is Way.PEER
    with pytest.raises(Refused, match="the right `act`"):
        approved(submitted(Phase.DETAILS), Reader("Guest", acts=False))


def test_a_reply_in_free_words_about_a_grave_matter_needs_all_who_read_its_language() -> None:
    grave = replace(LEGAL, grave=True)
    with pytest.raises(Refused, match="it needs one who may for de, and"):
        approved(submitted(Phase.DETAILS), OLA, grave)
    prepared = submitted(Phase.DETAILS, template="de/accident/details@250612177cc7")
    assert approved(prepared, OLA, grave).approvals[0].way is Way.PEER


def test_what_is_stale_does_not_come_back_as_it_was_nor_with_another_kind_of_space() -> None:
    stale = approval.mark_stale(submitted(template="de/booking/seen@250612177cc7"), "it is over")
    for same in (stale.text, stale.text.replace(" ", "\u00a0"), stale.text.replace(" ", "\u2003")):
        with pytest.raises(Refused, match="nothing was changed"):
            approval.edit(stale, same, "Ida")
    assert approval.edit(stale, stale.text + "!", "Ida").template == ""


def test_a_text_that_no_channel_takes_is_refused() -> None:
    with pytest.raises(Refused, match="no message has more than 2,500 characters; it has 2,501"):
        approval.edit(drafted(), "x" * (approval.LONGEST_TEXT + 1), "Ida")


def test_the_beginning_of_a_hash_does_not_say_which_text_was_read() -> None:
    message = submitted()
    with pytest.raises(Refused, match="by all of its hash"):
        approval.approve(message, KARI, FREE, message.sha256[:24], NOON)


def test_an_edit_by_a_space_voids_the_approval() -> None:
    edited = approval.edit(approved(submitted()), "Wir sehen eure  Nachrichten.", "Ola")
    assert (edited.state, edited.approvals) == (MessageState.DRAFT, ())
    with pytest.raises(Refused, match="it is draft"):
        approval.post(edited, "Ola", NOON)


def test_a_text_that_was_changed_after_it_was_read_is_not_approved() -> None:
    message = submitted()
    changed = approval.submit(approval.edit(message, "Etwas anderes.", "Ida"), "Ida")
    with pytest.raises(Refused, match="changed since you read it"):
        approval.approve(changed, KARI, FREE, message.sha256, NOON)
    smuggled = replace(approved(message), text="Etwas anderes.")
    with pytest.raises(Refused, match="not the one that was approved"):
        approval.post(smuggled, "Ida", NOON)


def test_a_fact_that_is_no_longer_so_voids_the_approval_and_says_why() -> None:
    stale = approval.mark_stale(approved(submitted()), "Next update 14:30 CET is corrected")
    assert stale.state is MessageState.STALE
    with pytest.raises(Refused, match="it is stale: Next update 14:30 CET is corrected"):
        approval.post(stale, "Ida", NOON)


def test_of_two_who_approve_the_second_is_told_who_was_first() -> None:
    with pytest.raises(Refused, match="Kari approved it already"):
        approved(approved(submitted()), replace(KARI, name="Åse"))


def test_one_person_alone_needs_a_reason_the_right_and_a_playbook_that_allows_it() -> None:
    alone, one = Reader("Ida", break_glass=True), drafted()
    with pytest.raises(Refused, match="changed since you read it"):
        approval.break_glass(one, alone, FREE, "0" * 64, "nobody answers", NOON)
    with pytest.raises(Refused, match="say why"):
        approval.break_glass(one, alone, FREE, one.sha256, " ", NOON)
    with pytest.raises(Refused, match="may not approve alone"):
        approval.break_glass(one, KARI, FREE, one.sha256, "nobody answers", NOON)
    with pytest.raises(Refused, match="nobody may approve alone"):
        approval.break_glass(one, alone, LEGAL, one.sha256, "nobody answers", NOON)
    done = approval.break_glass(one, alone, FREE, one.sha256, "nobody answers", NOON)
    assert done.broke_glass
    assert (done.broke_glass.by, done.broke_glass.reason) == ("Ida", "nobody answers")
    assert approval.post(done, "Ida", NOON).state is MessageState.POSTED


def test_what_is_returned_has_a_comment_and_can_be_submitted_again() -> None:
    with pytest.raises(Refused, match="say what should be different"):
        approval.give_back(submitted(), "Kari", "")
    back = approval.give_back(submitted(), "Kari", "Shorter, please")
    assert (back.state, back.because) == (MessageState.RETURNED, "Kari: Shorter, please")
    assert approval.submit(back, "Ida").state is MessageState.SUBMITTED


def test_what_is_posted_is_never_edited() -> None:
    done = approval.post(approved(submitted()), "Ida", NOON, "https://x.example/1")
    for gone in (done, approval.supersede(done), approval.mark_stale(done, "it was wrong")):
        with pytest.raises(Refused, match="draft another one"):
            approval.edit(gone, "Etwas anderes.", "Ida")
        assert gone.approvals, "what was approved stays on record"


PEOPLE = [KARI, OLA, LAWYER, Reader("Ida", language=True, break_glass=True)]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "submit", "approve", "return", "post", "stale", "alone"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(["Wir sehen es.", "Wir sehen es. ", "Noch nichts Neues."]),
    ),
    max_size=30,
)


def after(message: Message, verb: str, reader: Reader, text: str, asked: Asked) -> Message:
    """What a step of somebody makes of a message."""
    match verb:
        case "edit":
            return approval.edit(message, text, reader.name)
        case "submit":
            return approval.submit(message, reader.name)
        case "approve":
            return approved(message, reader, asked)
        case "return":
            return approval.give_back(message, reader.name, "no")
        case "post":
            return approval.post(message, reader.name, NOON)
        case "stale":
            return approval.mark_stale(message, "a fact is over")
    return approval.break_glass(message, reader, asked, message.sha256, "alone", NOON)


@given(STEPS, st.sampled_from([FREE, SEALED, LEGAL]), st.sampled_from([Phase.SEEN, Phase.DETAILS]))
def test_whatever_people_do_nothing_is_posted_that_another_person_did_not_approve_as_it_is(
    steps: list[tuple[str, Reader, str]], asked: Asked, phase: Phase
) -> None:
    message = drafted(phase, template="de/booking/seen@250612177cc7")
    writer, submitter = message.authors[0], None
    for verb, reader, text in steps:
        try:
            message = after(message, verb, reader, text, asked)
        except Refused:
            continue
        writer = reader.name if verb == "edit" else writer
        submitter = reader.name if verb == "submit" else submitter
        if message.state is MessageState.POSTED:
            assert all(one.sha256 == message.sha256 for one in message.approvals)
            alone = message.broke_glass
            if alone:
                assert asked.break_glass
                assert alone.reason
            else:
                assert message.approvals
                assert not {writer, submitter} & {one.by for one in message.approvals}
                assert message.missing(asked) == ()


def test_what_may_be_public_is_neither_changed_nor_taken_back_until_somebody_knows() -> None:
    done = approved(submitted())
    begun = approval.begin(done, done.sha256)
    lost = approval.lose(begun, "no answer")
    for state in (begun, lost):
        for refused in (
            lambda one=state: approval.edit(one, "Anders.", "Ida"),
            lambda one=state: approval.give_back(one, "Ola", "kürzer"),
            lambda one=state: approval.mark_stale(one, "expired"),
            lambda one=state: approval.begin(one, one.sha256),
        ):
            with pytest.raises(Refused, match=f"it is {state.state}"):
                refused()
        assert approval.post(state, "Ida", NOON).state is MessageState.POSTED
        assert approval.keep(state).state is MessageState.APPROVED
    with pytest.raises(Refused, match="changed since you read it"):
        approval.begin(done, "0" * 64)
