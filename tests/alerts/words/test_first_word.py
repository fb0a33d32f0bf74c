"""The first public word: what is said at once, and nothing that is not confirmed."""

import re

import pytest

from alerts.words.first_word import holding_messages
from alerts.words.phases import Phase
from alerts.words.playbooks import situations
from alerts.words.sentences import languages, wording

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
FAILS = {
    "en": "trouble booking with fjordwing air norden?",
    "de": "das buchen bei fjordwing air norden klappt nicht?",
    "sv": "går det inte att boka hos fjordwing air norden?",
    "nb": "går det ikke å bestille hos fjordwing air norden?",
    "da": "kan i ikke booke hos fjordwing air norden?",
    "nl": "lukt boeken bij fjordwing air norden niet?",
}
ONCE_MORE = re.compile(
    r"\b(still (?!working: |no bag)|immer noch|weiterhin|weiter (an|nach)\b|fortfarande|fortsatt"
    r"|stadig|(jobber|arbejder) videre|nog steeds)",
    re.IGNORECASE,
)
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
def test_what_fails_is_asked_as_nobody_may_have_written_that_it_does(language: str) -> None:
    assert FAILS[language] in message("booking", language, {}).lower()


@pytest.mark.parametrize("file", [*languages(), "de-formal", "nl-formal"])
@pytest.mark.parametrize("situation", situations())
def test_what_is_said_first_speaks_of_nothing_that_was_said_before(
    situation: str, file: str
) -> None:
    language, _, formal = file.partition("-")
    for phase in (Phase.SEEN, Phase.WORKING):
        found = wording(situation, phase, language, formal=bool(formal))
        for one in found.sentences if found else ():
            for said in (one.say, *one.others, one.short or "", one.otherwise or ""):
                assert not ONCE_MORE.search(said), said


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
