from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from alerts.words.lengths import LIMITS, graphemes, length, weighted
from alerts.words.phases import Channel

VECTORS = YAML(typ="safe").load((Path(__file__).parent / "twitter_text.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    "vector",
    [vector for section in VECTORS.values() for vector in section],
    ids=lambda vector: vector["description"],
)
def test_x_weighs_every_published_vector_as_twitter_text_does(vector):
    assert weighted(vector["text"]) == vector["weightedLength"]


@pytest.mark.parametrize(
    ("text", "x", "bluesky", "mastodon"),
    [
        ("See https://fjordwing.example/disruption/rights.", 28, 48, 28),
        ("see (fjordwing.no/x_(1)).", 30, 25, 25),
        ("Se fjordwing.no. Eller https://fjordwing.no.", 58, 44, 47),
        ("@help@fjordwing.example hei", 27, 27, 9),
        ("På vei 🇳🇴", 9, 8, 8),
    ],
)
def test_each_place_counts_links_mentions_and_emoji_in_its_own_way(text, x, bluesky, mastodon):
    assert weighted(text) == x
    assert graphemes(text) == bluesky
    assert length(text, Channel.MASTODON) == mastodon
    assert length(text, Channel.PUSH) == len(text)


@given(st.text())
def test_every_text_has_a_length_everywhere(text):
    for channel in LIMITS:
        assert 0 <= length(text, channel) <= 23 * max(1, len(text))
