import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.folding import storable
from monitor.cleaning import TEXT_LIMIT, bounded, clean_text

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Q&amp;A &lt;now&gt;", "Q&A <now>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("it&#39;s &#x1F525;", "it's 🔥"),
        ("a\0b&#0;c\ud83dd", "a\ufffdb\ufffdc\ufffdd"),
        ("\x1b[31m\tred\r\n", "\x1b[31m\tred\r\n"),
        ("R&D at AT&T", "R&D at AT&T"),
        ("&#" + "9" * 5_000 + ";", "\ufffd"),
    ],
)
def test_text_is_unescaped_exactly_once_and_can_be_stored(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_long_texts_are_cut_with_an_ellipsis() -> None:
    assert clean_text("x" * TEXT_LIMIT) == "x" * TEXT_LIMIT
    assert clean_text("x" * 100_000) == "x" * (TEXT_LIMIT - 1) + "…"
    assert bounded("abcdef", 3) == "ab…"


@given(ANYTHING | ANYTHING.map(lambda text: "&" + text + ";&#" + text))
def test_whatever_was_written_every_store_can_keep_it(raw: str) -> None:
    clean = clean_text(raw)
    assert len(clean) <= TEXT_LIMIT
    assert "\0" not in clean
    assert clean.encode().decode() == clean
    with sqlite3.connect(":memory:") as store:
        assert store.execute("SELECT ?", [clean]).fetchone() == (clean,)
    store.close()


@given(ANYTHING)
def test_what_can_be_stored_already_stays_as_it_is(raw: str) -> None:
    assert storable(storable(raw)) == storable(raw)
