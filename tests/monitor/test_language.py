import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from monitor import language
from monitor.language import identify, normalise

SIX = ["en", "de", "sv", "nb", "da", "nl"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@SAS my flight was cancelled and nobody answers the phone", "en"),
        ("@SAS mein Flug wurde gestrichen und niemand geht ans Telefon", "de"),
        ("@SAS mitt flyg är inställt och ingen svarar i telefonen", "sv"),
        ("@KLM mijn vlucht is geannuleerd en niemand neemt de telefoon op", "nl"),
        ("@united 👍👍 http://t.co/abc #1549", "und"),
        ("@united ok", "und"),
        ("", "und"),
    ],
)
def test_posts_are_in_one_of_the_teams_languages_or_undetermined(text: str, expected: str) -> None:
    assert identify(text, SIX) == expected


def test_norwegian_goes_by_one_name() -> None:
    text = "flyet mitt er innstilt og ingen svarer på telefonen, hva gjør jeg nå?"
    assert identify(text, ["en", "nb"]) == "nb"
    assert normalise("no") == normalise("nn-NO") == normalise("nb_NO") == "nb"


@pytest.mark.parametrize("tag", ["", "english", "e", "12", "e-n"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="is no language tag"):
        normalise(tag)


def test_without_a_choice_nothing_has_to_be_guessed() -> None:
    assert identify("mein Flug wurde gestrichen", ["en"]) == "en"
    assert identify("mein Flug wurde gestrichen", []) == "und"


def test_every_known_language_is_one_that_the_model_tells_apart() -> None:
    labels = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert {normalise(label) for label in labels} >= language.KNOWN


def test_hostile_texts_have_a_language_too() -> None:
    for text in ("\ud800\0" * 50, "a" * 1_000_000, "\u202e" * 1_000):
        assert identify(text, SIX) in {*SIX, "und"}
