"""Promises: more at 14:30 is kept by what is said in that language until then, and only by that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.words.approval import Message, MessageState
from alerts.words.facts import Fact, FactState
from alerts.words.phases import Channel, Phase
from alerts.words.promises import Kept, Promise, promised, standing

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UPDATE = Fact("fw-1/next_update/1", "next_update", "2026-11-22T12:30:00Z", confirmed_by="Kari")


def posted(at: datetime, *uses: str, language: str = "de", phase: Phase = Phase.WORKING) -> Message:
    return Message(
        id="fw-1/1",
        incident="fw-1",
        situation="booking",
        language=language,
        channel=Channel.X,
        phase=phase,
        text="Mehr um 13:30 Uhr (MEZ).",
        authors=("Ida",),
        at=at,
        uses=uses,
        state=MessageState.POSTED,
        posted_at=at,
        posted_by="Ida",
    )


@pytest.fixture
def promise() -> Promise:
    made = promised(posted(NOON, UPDATE.id), [UPDATE], "Europe/Oslo")
    assert made is not None
    return made


def test_a_message_that_says_when_there_is_more_is_a_promise_of_who_posted_it(
    promise: Promise,
) -> None:
    assert (promise.until, promise.owner, promise.zone) == (
        NOON + 30 * MINUTE,
        "Ida",
        "Europe/Oslo",
    )
    assert promised(posted(NOON), [UPDATE], "UTC") is None
    unposted = replace(posted(NOON, UPDATE.id), posted_at=None, posted_by=None)
    assert promised(unposted, [UPDATE], "UTC") is None


@pytest.mark.parametrize(
    ("after", "how"),
    [(14, Kept.OPEN), (15, Kept.DUE), (30, Kept.DUE), (31, Kept.BROKEN)],
)
def test_it_is_due_a_quarter_of_an_hour_before_and_broken_after(
    promise: Promise, after: int, how: Kept
) -> None:
    assert standing(promise, [], NOON + after * MINUTE) is how


def test_it_is_kept_by_what_is_said_in_time_even_at_the_last_moment(promise: Promise) -> None:
    later = NOON + 60 * MINUTE
    assert standing(promise, [posted(NOON + 30 * MINUTE)], later) is Kept.KEPT
    assert standing(promise, [posted(NOON + 31 * MINUTE)], later) is Kept.BROKEN


def test_a_correction_of_the_time_moves_the_old_promise_and_makes_the_right_one(
    promise: Promise,
) -> None:
    wrong = replace(UPDATE, state=FactState.CORRECTED)
    right = Fact(
        "fw-1/next_update/2",
        "next_update",
        "2026-11-22T13:00:00Z",
        confirmed_by="Kari",
        corrects=wrong.id,
    )
    correction = posted(NOON + MINUTE, wrong.id, right.id, phase=Phase.CORRECTION)
    assert standing(promise, [correction], NOON + 31 * MINUTE) is Kept.MOVED
    news = posted(NOON + 20 * MINUTE)
    assert standing(promise, [correction, news], NOON + 31 * MINUTE) is Kept.KEPT
    late = replace(correction, posted_at=NOON + 31 * MINUTE)
    assert standing(promise, [late], NOON + 31 * MINUTE) is Kept.BROKEN
    made = promised(correction, [wrong, right], "Europe/Oslo")
    assert made is not None
    assert (made.fact, made.until) == (right.id, NOON + 60 * MINUTE)


@pytest.mark.parametrize(
    "other",
    [
        posted(NOON + MINUTE, language="en"),
        posted(NOON + MINUTE, UPDATE.id),
        posted(NOON + MINUTE, phase=Phase.DETAILS),
        posted(NOON),
    ],
    ids=["another language", "the same promise elsewhere", "a reply to one person", "the message"],
)
def test_nothing_else_keeps_it(promise: Promise, other: Message) -> None:
    assert standing(promise, [other], NOON + 31 * MINUTE) is Kept.BROKEN
