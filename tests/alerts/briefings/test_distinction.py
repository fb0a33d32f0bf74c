"""Terms that set posts apart: what they are about, and nothing that is always said."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.briefings.distinction import terms
from alerts.posts import Post
from tests.alerts import scenes

_USUAL = (
    "Thanks for the nice flight to Bergen, the crew was great",
    "When do I get my bag? It is still in Oslo, and the desk is closed",
    "Can I bring a dog on the flight, and what does it cost?",
    "The app is slow today, but the flight was on time",
    "Is there wifi on the flight to London? I have to work",
)
_NORWEGIAN = (
    "Takk for turen, det var en fin tur og et hyggelig mannskap",
    "Når kommer bagasjen min? Den er ikke her, og skranken er stengt",
    "Kan jeg ta med hund på flyet, og hva koster det egentlig?",
)
_FAILS = (
    "The payment page hangs, and I have to book the flight today",
    "I get error 500 on the payment page. Was my card charged?",
    "PAYMENT PAGE is down again?! My card was charged twice",
    "Is the payment page broken? error 500 for an hour now",
)


def said(texts: tuple[str, ...], number: int, lang: str = "en", **more: str) -> list[Post]:
    """So many posts, each by somebody else and in somewhat other words."""
    return [
        Post(
            "x",
            f"{lang}{n}{texts[0][:3]}",
            scenes.START + timedelta(minutes=n),
            f"{texts[n % len(texts)]} {n}",
            more.get("author", f"{lang}-{n}"),
            lang,
        )
        for n in range(number)
    ]


USUAL = [*said(_USUAL, 100), *said(_NORWEGIAN, 60, "nb")]


def test_what_only_these_posts_say_stands_out_and_what_is_always_said_does_not() -> None:
    found = terms(said(_FAILS, 80), USUAL)
    assert (found[0].words, found[0].share) == ("payment page", 1.0)
    words = {one.words.lower() for one in found}
    assert "error 500" in words
    assert not words & {"the", "flight", "is", "and", "i", "was", "to", "today"}


def test_a_language_is_compared_with_itself() -> None:
    assert terms(said(_NORWEGIAN, 40, "nb"), USUAL) == (), "many Norwegians are no new subject"
    assert terms(said(_FAILS, 40, "sv"), USUAL) == (), "nobody knows what is usual in Swedish"


def test_what_one_person_repeats_is_not_what_all_write() -> None:
    alone = said(("Boycott them now, boycott",), 80, author="angry")
    passed_on = [replace(one, id=f"r{one.id}", author=one.id, repost_of=one.id) for one in alone]
    found = terms([*said(_FAILS, 40), *alone, *passed_on], USUAL)
    assert "boycott" not in {word for one in found for word in one.words.lower().split()}


def test_links_names_and_personal_details_are_no_terms() -> None:
    posts = [
        replace(one, text=f"{one.text} @kari https://a.example/zzz my daughter Emma, ref X7KQ2P")
        for one in said(_FAILS, 60)
    ]
    words = {word.lower() for one in terms(posts, USUAL, 50) for word in one.words.split()}
    assert not words & {"kari", "https", "zzz", "emma", "x7kq2p"}
    assert "daughter" in words


@given(seed=st.integers(0, 2**32 - 1), number=st.integers(0, 60))
def test_the_order_of_posts_does_not_matter(seed: int, number: int) -> None:
    draw = random.Random(seed)
    texts = [*_FAILS, *_USUAL, "payment PAGE Hangs", "Payment page hangs"]
    posts = [
        Post(
            "x",
            str(n),
            scenes.START,
            draw.choice(texts),
            draw.choice(["a", "b", "c", "d", None]),
            draw.choice(["en", "en-GB", "nb", None]),
            repost_of=draw.choice([None, None, "1"]),
        )
        for n in range(number)
    ]
    found = terms(posts, USUAL)
    draw.shuffle(posts)
    assert terms(posts, draw.sample(USUAL, len(USUAL))) == found
