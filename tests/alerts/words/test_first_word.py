"""The first public word: what is said at once, and nothing that is not confirmed."""

import re

import pytest

from alerts.words.first_word import holding_messages
from alerts.words.playbooks import situations

LANGUAGES = ("en", "de", "sv", "nb", "da", "nl")
BRAND = "Fjordwing Air Norden"
FACTS = {"report_url": "https://fjordwing.example/baggage/report"}
SORRY = {
    "en": "sorry",
    "de": "leid",
    "sv": "förlåt",
    "nb": "beklager",
    "da": "beklager",
    "nl": "sorry",
}
TOLD = {
    "en": "you're telling us that",
    "de": "ihr schreibt uns, dass",
    "sv": "ni skriver att",
    "nb": "dere skriver at",
    "da": "i skriver, at",
    "nl": "jullie schrijven dat",
}
REPORT = {"en": "report", "de": "meld", "sv": "anmäl", "nb": "meld", "da": "meld", "nl": "meld"}


def message(situation: str, language: str, facts: dict[str, str]) -> str:
    [(spoken, text)] = holding_messages(situation, [language], BRAND, facts).items()
    assert spoken == language
    return text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", situations())
def test_without_a_fact_there_is_a_word_in_every_language_that_promises_nothing(
    situation: str, language: str
) -> None:
    text = message(situation, language, {})
    assert not re.search(r"\d|https?:", text), "a figure, a time or a link is a promise"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", ["cancellations", "delays"])
def test_people_who_cannot_travel_are_told_that_we_are_sorry(situation: str, language: str) -> None:
    assert SORRY[language] in message(situation, language, {}).lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fails_is_what_people_tell_us_and_not_yet_a_fact(language: str) -> None:
    assert TOLD[language] in message("booking", language, {}).lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_lost_baggage_is_reported_by_the_brands_link_or_at_the_desk(language: str) -> None:
    assert FACTS["report_url"] in message("baggage", language, FACTS)
    assert REPORT[language] in message("baggage", language, {}).lower()


def test_languages_keep_their_order_and_those_without_words_are_left_out() -> None:
    spoken = holding_messages("booking", ["no", "fr", "en-GB", "und"], BRAND, {})
    assert list(spoken) == ["nb", "en"]


def test_where_no_language_is_left_the_brand_speaks_its_own() -> None:
    assert list(holding_messages("booking", ["fr"], BRAND, {}, home_language="sv")) == ["sv"]
    assert list(holding_messages("booking", [], BRAND, {}, home_language="fi")) == ["en"]


def test_a_situation_without_a_playbook_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="there are: accident, airspace, baggage, booking"):
        holding_messages("picnic", ["en"], BRAND, {})
