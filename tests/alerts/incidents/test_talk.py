"""What tells trouble from talk, in six languages; where it is not sure, people are called."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from alerts.incidents.incident import Kind
from alerts.incidents.talk import Call, Tone, judge, unread
from alerts.incidents.trouble import tells_of_trouble
from alerts.posts import Post
from detectors import Series
from tests.alerts import scenes

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
USUAL = Tone(posts=1000, troubled=600, asking=300)
tones = st.integers(0, 300).flatmap(
    lambda posts: st.builds(
        Tone,
        posts=st.just(posts),
        troubled=st.integers(0, posts),
        asking=st.integers(0, posts),
    )
)


@cache
def themes() -> dict[str, dict[str, list[str]]]:
    """What the customers of an airline write, by theme and language."""
    written = (files("monitor") / "demonstration" / "posts.yaml").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = YAML(typ="safe").load(written)["themes"]
    return found


def post(text: str, **more: str) -> Post:
    return Post("x", text, NOON, text, "kari", more.pop("lang", "en"), **more)


def part(theme: str, language: str) -> float:
    said = themes()[theme][language]
    return sum(tells_of_trouble(text, language) for text in said) / len(said)


@pytest.mark.parametrize("language", ["en", "de", "sv", "nb", "da", "nl"])
def test_most_who_are_in_trouble_say_so_in_plain_words_and_few_others_do(language: str) -> None:
    for theme in ("failure", "waiting", "cancellations", "delays"):
        assert part(theme, language) > 0.75
    assert part("chat", language) <= 0.2


@pytest.mark.parametrize(
    "text",
    [
        "the app just won\u2019t load",
        "anyone else locked out?",
        "PRAYING for everybody on board",
        "they dragged him off the plane, #boycott",
        "is it true that you are bankrupt",
        "no answer since noon",
    ],
)
def test_trouble_that_nobody_foresaw_is_trouble(text: str) -> None:
    assert tells_of_trouble(text, "en")
    assert tells_of_trouble(text, "fi"), "in a language that is none of ours any word counts"


def test_few_in_trouble_among_many_is_talk_and_says_why() -> None:
    assert judge(Tone(posts=30, troubled=4, asking=6), USUAL) == Call(
        False, "13% of its posts tell of trouble, where 60% usually do: talk"
    )


@pytest.mark.parametrize(
    ("now", "because"),
    [
        (Tone(30, 20, 6), "67% of its posts tell of trouble, where 60% usually do: no mere talk"),
        (Tone(5, 1, 1), "20% of its posts tell of trouble, where 60% usually do: not sure to be"),
        (Tone(30, 4, 20), "67% of its posts ask, where 30% usually do"),
        (Tone(0, 0, 0), "nobody can say whether its posts are talk"),
    ],
)
def test_where_it_is_not_sure_people_are_called(now: Tone, because: str) -> None:
    call = judge(now, USUAL)
    assert call.calls
    assert call.because.startswith(because)


def test_a_brand_of_which_little_is_known_calls() -> None:
    assert judge(Tone(100, 0, 0), Tone(posts=49, troubled=40, asking=10)).calls


def test_whom_we_cannot_read_may_be_in_trouble() -> None:
    said = [post(f"tout est en panne {n}", lang="fr") for n in range(40)]
    assert Tone.of([*said, *said, post("sign me up!")]) == Tone(posts=81, troubled=80, asking=0)
    hardly_understood = Tone(posts=1000, troubled=100, asking=300)
    assert judge(Tone(200, 1, 20), hardly_understood).calls


@given(now=tones, usual=tones)
def test_more_trouble_never_makes_it_talk(now: Tone, usual: Tone) -> None:
    more = Tone(now.posts, min(now.troubled + 1, now.posts), now.asking)
    assert judge(more, usual).calls >= judge(now, usual).calls


def test_a_question_that_is_passed_on_or_that_is_one_word_asks_nothing() -> None:
    tone = Tone.of(
        [
            post("@brand really?"),
            post("RT @brand: are you ready for our new seats?"),
            post("who wrote this? “@brand: our fleet is on fleek”"),
            post("which terminal do I go to?"),
        ]
    )
    assert (tone.posts, tone.asking) == (4, 1)


def test_a_topic_of_the_team_and_a_silence_call_whatever_is_written() -> None:
    everything = Series("fjordwing", "all", "x")
    assert unread(scenes.incident(scenes.surge(everything))) is None
    both = scenes.incident(scenes.surge(everything), scenes.surge(scenes.BOOKING_ON_X))
    assert (unread(both) or Call(False, "")).calls
    silent = replace(scenes.incident(scenes.surge(everything)), kind=Kind.SILENCE)
    assert (unread(silent) or Call(False, "")).calls
