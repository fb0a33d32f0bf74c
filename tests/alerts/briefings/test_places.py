"""Flights, trains and places that posts name, and what only looks like them."""

import pytest

from alerts.briefings.places import journeys, places
from alerts.posts import Post
from tests.alerts import scenes


def posts(*texts: str) -> list[Post]:
    return [Post("x", str(n), scenes.START, text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SK1423 is late again", ["SK1423"]),
        ("stuck on flight FW 123", ["FW123"]),
        ("mein Flug LH-204 nach Wien", ["LH204"]),
        ("Flyg D8 3512 inställt", ["D83512"]),
        ("der ICE 578 steht, RE5 auch", ["ICE 578", "RE 5"]),
        ("Eurostar 9024 cancelled", ["Eurostar 9024"]),
    ],
)
def test_is_a_flight_or_a_train(text: str, named: list[str]) -> None:
    assert [*journeys(posts(text))] == named


@pytest.mark.parametrize(
    "text",
    [
        "EU261 says you owe me 250",
        "AT 1430 nobody was there",
        "open IN 2026",
        "my Galaxy S24",
        "an E190 instead",
        "PNR X7KQ2P",
        "it cost SEK1200",
        "on 14.03 at 12.30",
    ],
)
def test_is_neither_flight_nor_train(text: str) -> None:
    assert journeys(posts(text)) == {}


def test_a_place_is_one_in_all_languages_and_by_its_airport() -> None:
    said = posts(
        "Stuck at CPH", "Står i København", "Köpenhamn igen!", "Copenhagen, Kastrup", "from München"
    )
    assert places(said) == {"Copenhagen": 4, "Munich": 1}


def test_a_word_that_is_no_name_is_no_place() -> None:
    said = posts("what a nice bergen, berlin", "that man is hot and boo", "Essen war gut, ham too")
    assert places(said) == {}


def test_two_words_are_one_place() -> None:
    assert places(posts("from New York to Gran Canaria, new york")) == {
        "Gran Canaria": 1,
        "New York": 1,
    }


def test_what_most_posts_name_comes_first_and_each_post_counts_once() -> None:
    said = posts("SK1 SK12 SK12 SK12", "SK34", "SK34", "SK56")
    assert journeys(said) == {"SK34": 2, "SK12": 1, "SK56": 1}
