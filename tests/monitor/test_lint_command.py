from pathlib import Path

import pytest

from tests.monitor.command_line import Seawall, in_process

CONFIGURATION = """
brands:
  fjordwing:
    name: Fjordwing
    terms: {en: [fjordwing]}
    facts: {rights_url: https://fjordwing.example/rights}
    voice: {domains: [fjordwing.example]}
"""


@pytest.fixture
def seawall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    return in_process(monkeypatch, capsys)


def draft(folder: Path, text: str) -> str:
    file = folder / "draft.txt"
    file.write_text(text, encoding="utf-8")
    return str(file)


SEEN = ("--lang", "en", "--phase", "seen")


def test_what_can_go_out_ends_well(seawall: Seawall, tmp_path: Path) -> None:
    answer = seawall("lint", draft(tmp_path, "We've seen your messages.\n"), *SEEN)
    assert (answer.status, answer.out) == (0, "25 of 280 on x: nothing found\n")


def test_a_finding_has_its_line_place_reason_and_a_better_wording(
    seawall: Seawall, tmp_path: Path
) -> None:
    text = "We've seen your messages.\nIt's down due to a server\u202e fault."
    answer = seawall("lint", draft(tmp_path, text), *SEEN)
    assert answer.status == 1
    assert answer.out.splitlines()[:5] == [
        "block cause, line 2",
        "  It's down due to a server‹U+202E› fault.",
        "            " + 29 * "^",
        "  A cause is an admission; it is named only once it is legally cleared.",
        "  Better: We can't say why yet.",
    ]
    assert "block hidden_characters, line 2" in answer.out
    assert answer.out.splitlines()[-1] == "60 of 280 on x: 2 of 2 findings blocking"


def test_a_program_reads_the_same(seawall: Seawall, tmp_path: Path) -> None:
    file = draft(tmp_path, "Vi ser meldingene deres.  Vi undersøker dette.")
    answer = seawall("lint", file, "--lang", "no", "--phase", "seen", "--json")
    assert answer.status == 0
    [told] = answer.data["findings"]
    assert (told["rule"], told["level"], told["start"]) == ("double_space", "warn", 24)
    assert (answer.data["length"], answer.data["limit"], answer.data["warnings"]) == (46, 280, [])


def test_a_configuration_says_whose_words_they_are(seawall: Seawall, tmp_path: Path) -> None:
    config = tmp_path / "seawall.yaml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    file = draft(tmp_path, "We've seen your messages 🙂 https://example.org/rights")
    assert seawall("lint", file, *SEEN).status == 0
    answer = seawall("lint", file, *SEEN, "--config", str(config), "--json")
    assert [one["rule"] for one in answer.data["findings"]] == ["emoji", "foreign_link"]


def test_a_text_in_another_language_is_doubted(seawall: Seawall, tmp_path: Path) -> None:
    file = draft(tmp_path, "Wir sehen eure Nachrichten und schauen uns das gerade an.")
    assert "looks like German, not English" in seawall("lint", file, *SEEN).err


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (b"", SEEN, "there is no text"),
        (b"\xff\xfe\x00", SEEN, "no text in UTF-8"),
        (b"a" * 20_001, SEEN, "longer than 20,000 characters"),
        (b"Hello", ("--lang", "fr", "--phase", "seen"), "'fr' is none of da, de, en, nb, nl, sv"),
        (b"Hello", (*SEEN, "--situation", "bookings"), "booking"),
        (b"Hello", (*SEEN, "--brand", "fjordwing"), "--config"),
    ],
)
def test_what_cannot_be_linted_is_said(
    seawall: Seawall, tmp_path: Path, content: bytes, options: tuple[str, ...], told: str
) -> None:
    file = tmp_path / "draft.txt"
    file.write_bytes(content)
    answer = seawall("lint", str(file), *options)
    assert answer.status == 2
    assert told in answer.err


def test_a_brand_has_rules_of_its_own(seawall: Seawall, tmp_path: Path) -> None:
    config = tmp_path / "seawall.yaml"
    rule = "{id: guests, level: warn, find: ['guest*'], except: [guest house], why: Passengers.}"
    config.write_text(CONFIGURATION.replace("voice: {", f"voice: {{rules: {{en: [{rule}]}}, "))
    file = draft(tmp_path, "We've seen your messages, our guests at the guest house, gate 12.")
    answer = seawall("lint", file, *SEEN, "--config", str(config), "--json")
    assert [(one["rule"], one["found"], one["level"]) for one in answer.data["findings"]] == [
        ("guests", "guests", "warn"),
        ("unconfirmed", "12", "warn"),
    ]
    config.write_text(config.read_text().replace("guest*", "guest ("))
    answer = seawall("lint", file, *SEEN, "--config", str(config))
    assert answer.status == 2
    assert "find[0] cannot be looked for: 'guest (' (a bracket that is not closed" in answer.err
