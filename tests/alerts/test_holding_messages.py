"""What a team may say at once: every playbook in every language, and nothing unconfirmed."""

import re
from itertools import product

import pytest
from pydantic import ValidationError

from alerts.holding_messages import Playbook, holding_messages, playbook, situations

LANGUAGES = ("en", "de", "sv", "nb", "da", "nl")
BRAND = "Fjordwing Air Norden"  # as long as names of brands get
FACTS = {"report_url": "https://fjordwing.example/baggage/report"}
EVERY_TEXT = [
    pytest.param(situation, language, facts, id=f"{situation}-{language}-{len(facts)}")
    for situation, language, facts in product(situations(), LANGUAGES, ({}, FACTS))
]
NEVER_SAID = {
    "en": (
        "any inconvenience",
        "operational reasons",
        "top priority",
        "extraordinary",
        "not entitled",
        "as previously stated",
        "rest assured",
        "nobody was hurt",
        "whatsapp",
        "per our terms",
        "some customers",
        "shortly",
    ),
    "de": (
        "etwaige unannehmlichkeiten",
        "aus betrieblichen gründen",
        "höhere gewalt",
        "kein anspruch",
        "wie bereits mitgeteilt",
        "zeitnah",
        "zu keinem zeitpunkt gefahr",
        "wenden sie sich an den flughafen",
        "ihr ticket ist sicher",
        "wir bitten um verständnis",
        "einige kunden",
    ),
    "sv": (
        "eventuella olägenheter",
        "av operativa skäl",
        "extraordinära omständigheter",
        "inte rätt till ersättning",
        "som tidigare meddelats",
        "så snart som möjligt",
        "säkerheten är vår högsta prioritet",
        "ingen kom till skada",
        "flygplatsens fel",
        "bolaget är starkt",
        "vissa kunder",
    ),
    "nb": (
        "eventuelle ulemper",
        "operasjonelle årsaker",
        "ekstraordinære omstendigheter",
        "ikke krav på erstatning",
        "som tidligere opplyst",
        "snarest mulig",
        "tar saken på største alvor",
        "ingen er skadet",
        "avinors feil",
        "streiken er uansvarlig",
        "noen kunder",
    ),
    "da": (
        "de gener, det måtte medføre",
        "operationelle årsager",
        "ekstraordinære omstændigheder",
        "ikke berettiget",
        "som tidligere nævnt",
        "hurtigst muligt",
        "sikkerheden har højeste prioritet",
        "ingen kom til skade",
        "lufthavnens skyld",
        "vi afviser alle rygter",
        "nogle kunder",
    ),
    "nl": (
        "excuses voor het ongemak",
        "operationele redenen",
        "overmacht",
        "geen recht op compensatie",
        "zoals eerder aangegeven",
        "zo spoedig mogelijk",
        "veiligheid staat voorop",
        "geen gewonden",
        "dat ligt aan schiphol",
        "wij nemen uw klacht serieus",
        "sommige klanten",
    ),
}
FORMAL = {
    "de": r"\b(Sie|Ihnen|Ihre[nmrs]?)\b",
    "nl": r"\b[Uu]w?\b",
    "nb": r"\bDem?\b",
    "da": r"\bDem?\b",
}
SEEN = {
    "en": "We've seen your messages",
    "de": "Wir sehen eure Nachrichten",
    "sv": "Vi ser att många hör av sig",
    "nb": "Vi ser meldingene deres",
    "da": "Vi kan se jeres beskeder",
    "nl": "We zien jullie berichten",
}
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


def test_the_situations_are_those_that_are_documented() -> None:
    assert situations() == ("baggage", "booking", "cancellations", "delays", "unknown")


@pytest.mark.parametrize(("situation", "language", "facts"), EVERY_TEXT)
def test_a_message_is_rendered_clean_and_short_enough_for_every_platform(
    situation: str, language: str, facts: dict[str, str]
) -> None:
    text = message(situation, language, facts)
    assert len(text) < 240
    assert text == text.strip()
    assert not re.search(r"  |\{|\}|\n|None", text)


@pytest.mark.parametrize(("situation", "language", "facts"), EVERY_TEXT)
def test_a_message_says_that_we_see_it_and_nothing_that_is_not_confirmed(
    situation: str, language: str, facts: dict[str, str]
) -> None:
    text = message(situation, language, facts)
    assert text.startswith(SEEN[language])
    assert not [phrase for phrase in NEVER_SAID[language] if phrase in text.lower()]
    assert not re.search(r"\d", text.replace(BRAND, "")), "a figure or a time is a promise"
    assert not re.search(FORMAL.get(language, r"(?!)"), text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", ["cancellations", "delays"])
def test_people_who_cannot_travel_are_told_that_we_are_sorry(situation: str, language: str) -> None:
    assert SORRY[language] in message(situation, language, {}).lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fails_is_what_people_tell_us_and_not_yet_a_fact(language: str) -> None:
    assert TOLD[language] in message("booking", language, {}).lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_lost_baggage_is_reported_by_the_brands_link_or_at_the_desk(language: str) -> None:
    linked, bare = message("baggage", language, FACTS), message("baggage", language, {})
    assert linked.endswith(FACTS["report_url"])
    assert "http" not in bare
    assert REPORT[language] in bare.lower()


@pytest.mark.parametrize("situation", situations())
def test_every_playbook_speaks_every_language(situation: str) -> None:
    assert set(playbook(situation).seen) == set(LANGUAGES)


def test_languages_keep_their_order_and_those_without_words_are_left_out() -> None:
    assert list(holding_messages("booking", ["no", "fr", "en-GB", "und"], BRAND, {})) == [
        "nb",
        "en",
    ]


def test_where_no_language_is_left_the_brand_speaks_its_own() -> None:
    assert list(holding_messages("booking", ["fr"], BRAND, {}, home_language="sv")) == ["sv"]
    assert list(holding_messages("booking", [], BRAND, {}, home_language="fi")) == ["en"]


def test_a_brand_name_is_text_and_not_a_template() -> None:
    assert "{{ 7*7 }}" in holding_messages("booking", ["en"], "{{ 7*7 }}", {})["en"]


def test_a_situation_without_a_playbook_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no playbook 'volcano'; there are: baggage, booking"):
        holding_messages("volcano", ["en"], BRAND, {})


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{ weather }}", "no such slot: weather"),
        ("{{ brand", "unexpected"),
        ("{% for", "expected"),
    ],
)
def test_a_playbook_with_a_broken_template_is_refused(template: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Playbook(about="x", seen={"en": [template]})
