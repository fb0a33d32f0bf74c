"""Questions are recognised in six languages; a link's question mark is none."""

import pytest

from alerts.languages import asks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("is it down?", "en"),
        ("@fjordwing when does booking come back", "en"),
        ("Hallo, warum geht nichts", "de"),
        ("när öppnar det", "sv"),
        ("#fjordwing hvorfor virker ingenting", "nb"),
        ("hvornår kommer I tilbage", "da"),
        ("Hoi @fjordwing wanneer kan ik boeken", "nl"),
        ("hvordan gjør jeg det", "und"),
    ],
)
def test_asks(text: str, language: str) -> None:
    assert asks(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("booking is down", "en"),
        ("look https://a.example/?page=2", "en"),
        ("was on the evening flight", "en"),
        ("@fjordwing", "en"),
        ("", "und"),
    ],
)
def test_asks_nothing(text: str, language: str) -> None:
    assert not asks(text, language)
