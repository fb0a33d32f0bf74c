from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from alerts.incidents.tripwires import DENIED, ELSEWHERE, NEAR, Lists, Match, Tripwires, shipped
from monitor.bench.contract import Setting
from monitor.bench.measures import tripwires as measuring

LANGUAGES = ["en", "de", "sv", "nb", "da", "nl"]


@cache
def table() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(measuring.SENTENCES.read_text(encoding="utf-8"))
    return found


@cache
def as_shipped() -> Tripwires:
    return Tripwires(shipped())


def wires(**lists: tuple[str, ...]) -> Tripwires:
    return Tripwires({"en": Lists(**lists)})


def test_the_table_has_six_languages_and_as_much_that_is_harmless_as_is_not() -> None:
    assert list(table()) == list(shipped()) == LANGUAGES
    for language, half in product(LANGUAGES, ("known", "held_out")):
        safety, harmless = table()[language][half]["safety"], table()[language][half]["harmless"]
        assert len(safety) == len(harmless) >= 10
        assert not set(safety) & set(harmless)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_words_were_chosen_with_trips_unless_it_is_harmless(language: str) -> None:
    known = table()[language]["known"]
    missed = [said for said in known["safety"] if not as_shipped().find(said)]
    assert len(missed) <= 1
    assert [said for said in known["harmless"] if as_shipped().find(said)] == []


def test_most_of_what_the_words_had_not_seen_trips_and_little_of_it_is_harmless() -> None:
    held_out = [table()[language]["held_out"] for language in LANGUAGES]
    found = [bool(as_shipped().find(said)) for half in held_out for said in half["safety"]]
    false = [bool(as_shipped().find(said)) for half in held_out for said in half["harmless"]]
    assert sum(found) / len(found) >= 0.8
    assert sum(false) / len(false) <= 0.1


def test_a_doubtful_word_trips_only_in_company() -> None:
    here = wires(doubtful=("smoke",), company=("cabin",))
    apart = " and" * (NEAR - 1)
    assert here.find(f"smoke{apart} cabin") == Match("smoke", "en")
    assert here.find(f"cabin{apart} smoke") == Match("smoke", "en")
    assert here.find(f"smoke{apart} and cabin") is None
    assert here.find("smoke") is None


def test_a_pair_trips_where_both_are_near_each_other() -> None:
    here = wires(words=("missing + child",))
    assert here.find("the CHILD went missing") == Match("missing … child", "en")
    assert here.find("missing: my bag") is None


def test_a_harmless_phrase_clears_its_own_words_and_no_others() -> None:
    here = wires(words=("fire",), harmless=("fire sale", "fire + tablet"))
    assert here.find("fire sale") is None
    assert here.find("my fire hd tablet") is None
    assert here.find("fire sale, and now a fire") == Match("fire", "en")


def test_a_denial_reaches_a_few_words_on_and_not_into_the_next_sentence() -> None:
    here = wires(words=("fire",), denials=("no",))
    reached = " real" * (DENIED - 1)
    assert here.find(f"no{reached} fire") is None
    assert here.find(f"no{reached} real fire")
    assert here.find("no! fire!")


def test_the_past_and_fiction_clear_what_is_near_them() -> None:
    here = wires(words=("crash",), elsewhere=("years ago", "movie about"))
    assert here.find("ten years ago there was a crash") is None
    assert here.find("a movie about a crash") is None
    assert here.find(f"years ago it was good{' and' * ELSEWHERE} now a crash")


def test_hashtags_count_and_names_and_links_do_not() -> None:
    here = wires(words=("fire",))
    assert here.find("#Fire at the gate")
    assert here.find("@fire hello, see https://example.org/fire or www.fire.example") is None


@pytest.mark.parametrize(
    "said",
    [
        "Rök i kabinen!!",
        "rok i kabinen",
        "RO\u0308K I KABINEN",
        "Tür brennt, Züge evakuiert",
        "Zuege entgleisen",
        "røyk i kabinen",
        "royk i kabinen",
        "we can\u2019t find my son",
        "can\u2019t find my son",
    ],
)
def test_it_is_found_however_it_is_typed(said: str) -> None:
    assert as_shipped().find(said)


@pytest.mark.parametrize("said", ["🔥🔥🔥", "💣 @fjordwing", "🚨🚒🔫", "🔥 in 🛫"])
def test_an_emoji_alone_never_trips(said: str) -> None:
    assert as_shipped().find(said) is None


def test_words_are_found_in_posts_of_any_language() -> None:
    """A short post's language is a guess, and people mix them."""
    assert as_shipped().find("hi team, in der Kabine ist Rauch, please help") == Match(
        "rauch", "de"
    )


def test_the_longest_of_the_words_that_begin_first_is_named() -> None:
    here = wires(words=("engine", "engine fire", "fire"))
    assert here.find("an engine fire") == Match("engine fire", "en")


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_text_is_too_strange(said: str) -> None:
    assert as_shipped().find(f"{said} \n . we were evacuated {said}")


@pytest.mark.parametrize(
    "unit", ["fire ", "no fire ", "missing ", "child ", "fire sale ", "a", "🔥"]
)
def test_hostile_text_is_searched_to_its_end(unit: str) -> None:
    said = unit * (10_000 // len(unit))
    assert as_shipped().find(said) is None
    assert as_shipped().find(f"{said}. we have been evacuated")


def test_the_lists_hold_no_term_twice() -> None:
    for language, lists in shipped().items():
        for name in Lists.__slots__:
            terms = getattr(lists, name)
            assert len(set(terms)) == len(terms), (language, name)


def test_the_measure_counts_what_trips_of_each_half_and_of_recorded_posts(tmp_path: Path) -> None:
    file = tmp_path / measuring.RECORDING
    file.parent.mkdir()
    said = ["we were evacuated", "lovely flight", "this sale is fire"]
    rows = [f"2015-02-{day:02}T10:00:00Z,{text}" for day, text in enumerate(said, 1)]
    file.write_text("\n".join(["utc,text", *rows]), encoding="utf-8")
    result = measuring.measure(Setting(data=tmp_path), lambda *_: None)
    recorded = result.recorded
    assert (recorded.posts, recorded.days, recorded.words) == (3, 3, {"evacuat…": 1})
    assert sum(one.safety + one.harmless for one in result.held_out) == 120
    sentences, posts = measuring.tables(result)
    assert [row[0] for row in sentences.rows][-1] == "all"
    assert ("that trip", "1 (33.33%)") in posts.rows
