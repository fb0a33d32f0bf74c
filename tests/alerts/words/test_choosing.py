"""Which phase fits now."""

from datetime import UTC, datetime

import pytest

from alerts.words.approval import Message, MessageState
from alerts.words.choosing import fitting, told
from alerts.words.facts import Fact
from alerts.words.phases import Channel, Phase

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FACTS = {
    "next_update": Fact("fw-1/next_update/1", "next_update", "2026-11-22T13:00:00Z"),
    "working_again": Fact("fw-1/working_again/1", "working_again", "yes"),
}


def message(phase: Phase, state: MessageState = MessageState.POSTED) -> Message:
    posted = NOW if state is MessageState.POSTED else None
    return Message(
        *("fw-1/1", "fw-1", "booking", "en", Channel.X, phase, "We see it.", ("Ida",), NOW),
        state=state,
        posted_at=posted,
    )


@pytest.mark.parametrize(
    ("said", "known", "fits"),
    [
        ([], [], Phase.SEEN),
        ([], ["next_update"], Phase.WORKING),
        ([Phase.SEEN], [], Phase.WORKING),
        ([Phase.SEEN, Phase.WORKING], ["next_update"], Phase.UPDATE),
        ([Phase.SEEN], ["working_again"], Phase.SOLVED),
        ([Phase.UPDATE, Phase.SOLVED], ["working_again"], Phase.FOLLOW_UP),
        ([Phase.ACKNOWLEDGE, Phase.DETAILS], [], Phase.SEEN),
        ([Phase.CORRECTION], [], Phase.SEEN),
    ],
)
def test_what_fits_follows_from_what_the_public_has_read_and_what_is_known(
    said: list[Phase], known: list[str], fits: Phase
) -> None:
    phase, why = fitting(map(message, said), {kind: FACTS[kind] for kind in known})
    assert phase is fits
    assert why


def test_of_what_is_resolved_only_its_end_is_news() -> None:
    assert fitting([message(Phase.WORKING)], FACTS, resolved=True)[0] is Phase.SOLVED
    assert fitting([message(Phase.WORKING)], {}, resolved=True)[0] is Phase.SOLVED
    assert fitting([message(Phase.SOLVED)], {}, resolved=True)[0] is Phase.FOLLOW_UP
    known = {"next_update": FACTS["next_update"]}
    assert fitting([], known, resolved=True)[0] is Phase.SEEN


def test_how_far_the_public_knows_is_told_by_place_and_language() -> None:
    posted = [message(Phase.WORKING), message(Phase.SEEN), message(Phase.CORRECTION)]
    assert told(posted, Channel.X, "en") is Phase.WORKING
    assert told(posted, Channel.X, "de") is Phase.SEEN
    assert told(posted, Channel.BLUESKY, "en") is Phase.SEEN


def test_what_nobody_has_posted_was_not_said() -> None:
    assert fitting([message(Phase.SOLVED, MessageState.APPROVED)], {})[0] is Phase.SEEN


def test_a_correction_that_waits_comes_before_all_else() -> None:
    waiting = message(Phase.CORRECTION, MessageState.DRAFT)
    assert fitting([waiting, message(Phase.WORKING)], FACTS)[0] is Phase.CORRECTION
