"""Strangers' text where it is shown: everything shows, nothing acts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.plain_text import shortened, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;https://a.example\x07click", "␛]8;;https://a.example␇click"),
        ("line\r\n\tline\u2028line", "line line line"),
        ("abc\u202egpj.exe", "abc‹U+202E›gpj.exe"),
        ("pay\u200bpal\ufeff", "pay‹U+200B›pal‹U+FEFF›"),
        ("half \ud83d", "half ‹U+D83D›"),
        ("\U0001f469\u200d\u2708\ufe0f lands", "\U0001f469\u2708\ufe0f lands"),
        ("Blåbærsyltetøy, Straße, 予約", "Blåbærsyltetøy, Straße, 予約"),
    ],
)
def test_is_shown_as(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_acts_or_hides_is_left_and_showing_it_twice_changes_nothing(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert visible(shown) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert shortened("flights are late", 8) == "flights…"
    assert shortened("late", 4) == "late"
