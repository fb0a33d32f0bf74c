"""Which names would be taken for ours, and which are merely near."""

import pytest

from alerts.lookalikes import Lookalikes

LONG = Lookalikes(["@FjordwingAir", "@FjordwingHelp", "@fjordwing.example", "did:plc:abc"])
SHORT = Lookalikes(["@SAS"])


@pytest.mark.parametrize(
    "name",
    [
        "Fjordwing_Air", "fj0rdwingair", "FjordwlngAir", "FjordvvingAir", "Fj\u043erdwingAir",
        "FjordwingAir1", "FjordwingAri", "FjordwinAir", "FjordwinggAir", "FjordwungAir",
        "FjordwingAirHelp", "HelpFjordwingAir", "FjordwingAir_Official_Support",
        "fjordwing_support", "FjordwingKundenservice", "@fjordwing.bsky.social",
        "fjordwingair@mastodon.example",
    ],
)  # fmt: skip
def test_a_name_that_would_be_taken_for_ours_is_found(name: str) -> None:
    assert LONG.imitated(name)


@pytest.mark.parametrize(
    "name",
    [
        "FjordwingAir", "@fjordwingAIR", "fjordwing.example", "did:plc:abc", "did:plc:abd",
        "FjordwingAirFans", "FjordwingAirlines", "Otherwing", "kari", "help", "", "@", "_",
        "Fjordwing Air", "fjordwing help",
    ],
)  # fmt: skip
def test_ours_and_those_that_are_merely_near_are_not(name: str) -> None:
    assert not LONG.imitated(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [("SAS", False), ("SAS_help", True), ("5AS", True), ("SASS", False), ("SA", False)],
)
def test_of_a_short_name_one_slip_makes_another(name: str, found: bool) -> None:
    assert SHORT.imitated(name) is found


def test_without_a_name_of_ours_nobody_looks_like_us() -> None:
    assert not Lookalikes(["did:plc:abc"]).imitated("FjordwingAir")
