"""The agent brief: what it holds, and what changed in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.briefings import instruction
from alerts.briefings.instruction import LABELS, LONGEST_LINE, MOST_LINES, Instruction, differences
from alerts.incidents.incident import Refused
from tests.alerts import scenes

FIRST = Instruction.written(
    true="Booking is down since 23:07\nTickets that are paid are valid",
    say="We see it, and we are on it",
    never="Hackers\nA time of repair",
    ask="IT: 5550 0100",
)
parts = st.fixed_dictionaries({part: st.lists(st.text(max_size=40), max_size=4) for part in LABELS})


def test_it_reads_as_it_was_written_a_line_a_statement() -> None:
    assert instruction.lines(FIRST) == (
        "What is true: Booking is down since 23:07",
        "What is true: Tickets that are paid are valid",
        "Say: We see it, and we are on it",
        "Never say: Hackers",
        "Never say: A time of repair",
        "Whom to ask: IT: 5550 0100",
    )


def test_what_changed_comes_first_when_it_is_told_again() -> None:
    after = Instruction.written(
        true="Booking works again since 01:10\nTickets that are paid are valid",
        say="We see it, and we are on it",
        never="Hackers",
        offer="Free rebooking until Monday",
        ask="IT: 5550 0100",
    ).published(2, "Nora", scenes.DETECTED)
    assert instruction.title(after, "Fjordwing Air") == (
        "Fjordwing Air: what to say has changed, by Nora"
    )
    assert instruction.told(FIRST, after)[:5] == (
        "What is true, new: Booking works again since 01:10",
        "What is true, no longer: Booking is down since 23:07",
        "Never say, no longer: A time of repair",
        "May be offered, new: Free rebooking until Monday",
        "All of it:",
    )


@pytest.mark.parametrize(
    ("part", "text", "because"),
    [
        ("say", "a line\n" * (MOST_LINES + 1), "“Say” has more than 12 lines"),
        ("true", "x" * (LONGEST_LINE + 1), "“What is true” has a line of more than 300 letters"),
        ("ask", " \n\t\n", "the brief is empty"),
    ],
)
def test_what_nobody_would_read_is_refused(part: str, text: str, because: str) -> None:
    with pytest.raises(Refused, match=because):
        Instruction.written(**{part: text})


def test_what_would_act_where_it_is_shown_is_made_visible() -> None:
    written = Instruction.written(say=scenes.HOSTILE)
    assert not any(character in written.say[0] for character in "\x1b\x07\u202e\u200b\x9b")


@given(before=parts, after=parts)
def test_before_and_the_differences_are_all_of_what_is_said_now(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> None:
    def one(lines: dict[str, list[str]]) -> Instruction:
        return Instruction(**{part: tuple(said) for part, said in lines.items()})

    was, now = one(before), one(after)
    told = differences(was, now)
    for part, label in LABELS.items():
        kept = {line for line in before[part] if f"{label}, no longer: {line}" not in told}
        new = {line for line in after[part] if f"{label}, new: {line}" in told}
        assert kept | new == {*after[part]}
    assert differences(now, now) == ()
    assert Instruction.from_json(now.to_json()) == now
