"""Which posts are shown: the few that say best what many say, in whatever order they came."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.briefings.examples import choose
from alerts.posts import Post
from tests.alerts import scenes


def post(id: str, text: str, *, author: str | None = None, lang: str = "en") -> Post:
    at = scenes.START + timedelta(seconds=len(id))
    return Post("x", id, at, text, author or f"author of {id}", lang)


def test_what_many_say_comes_before_what_one_says() -> None:
    complaints = [
        post(f"c{n}", f"booking page shows an error at payment since {n} o'clock, seat {n * 7}")
        for n in range(6)
    ]
    aside = post("0", "lovely weather over the harbour this evening, going for a walk with my dog")
    assert choose([aside, *complaints])[0] in complaints


def test_near_copies_and_reposts_are_shown_once() -> None:
    said = "Fjordwing booking fails at payment for everybody here"
    links = ("https://a.example/{}", "b.example/{}", "{}", "SK{}", "www.c.example")
    copies = [post(f"{n}", f"{said} {one.format(n)}") for n, one in enumerate(links)]
    booked = [post(f"b{n}", f"Flight {n} late") for n in range(3)]
    assert choose(booked) == (booked[0],)
    repost = Post("x", "r", scenes.START, "booking is broken again", "z", "en", repost_of="0")
    old_repost = post("old", "RT @traveller: the site hangs")
    assert choose([*copies, repost, old_repost]) == (copies[0],)


def test_an_author_is_shown_once() -> None:
    said = ["booking fails for us", "the payment page hangs", "seats are gone from the app"]
    assert len(choose([post(f"{n}", text, author="same") for n, text in enumerate(said)])) == 1


def test_languages_get_places_in_proportion() -> None:
    chosen = choose(scenes.posts())
    assert [post.lang for post in chosen].count("en") >= 2
    assert "nb" in {post.lang for post in chosen}


def test_a_flood_is_read_from_beginning_to_end_in_bounded_time() -> None:
    flood = [
        post(
            "x" * (n // 100) + f"{n:05}",
            " ".join(f"word{chr(97 + n % m)}" for m in (26, 25, 23, 19)),
        )
        for n in range(20_000)
    ]
    assert len(choose(flood)) == 5


@given(st.randoms(use_true_random=False), st.integers(0, 120))
def test_the_order_in_which_posts_came_does_not_matter(order: random.Random, count: int) -> None:
    said = scenes.posts(count)
    shuffled = order.sample(said, len(said))
    assert choose(shuffled) == choose(said)
