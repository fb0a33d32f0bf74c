"""A post on our own timeline is known by its place, or by the words that were approved."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alerts.posts import Post
from alerts.words.approval import Message
from alerts.words.phases import Channel, Phase
from alerts.words.recognising import is_approved, quoted, stands_on_timeline

AT = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
TEXT = "Booking works again.\nStill stuck? https://fjordwing.example/status – tell us"
APPROVED = Message(
    "f/1", "f", "booking", "en", Channel.X, Phase.SOLVED, TEXT, ("Ida",), AT,
    link="https://x.com/fjordwing/status/1844?s=20",
)  # fmt: skip


def ours(text: str, id: str = "9", platform: str = "x", **more: str | bool) -> Post:
    return Post(platform, id, AT, text, "fjordwing", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (TEXT, True),
        ("Booking works again. Still stuck?  https://t.co/a1B2 – tell us", True),
        ("Booking works again. Still stuck? http://www.Fjordwing.example/status/ – tell us", True),
        ("Booking works again. Still stuck? https://t.co/a1 – tell us https://t.co/pic1", True),
        ("Booking works again. Still stuck? https://fjordwing.example.evil.example – us", False),
        ("Booking works again. Still stuck? https://bit.ly/a1B2 – tell us", False),
        ("Booking works again. Still stuck? – tell us", False),
        ("Booking works again. Still stuck? https://t.co/a1 – tell us https://evil.example", False),
        ("Booking works again. Still stuck? https://t.co/a – tell us https://t.co/b t.co/c", False),
        ("Booking works again! Still stuck? https://t.co/a1B2 – tell us", False),
        ("Win a free flight", False),
        ("", False),
    ],
)
def test_words_are_those_that_were_approved_whatever_x_makes_of_links(
    text: str, known: bool
) -> None:
    assert is_approved(ours(text), [APPROVED]) is known
    assert is_approved(ours(text, platform="bluesky"), [APPROVED]) is (known and "t.co" not in text)


@pytest.mark.parametrize(
    ("post", "known"),
    [
        (ours("edited since", id="1844"), True),
        (ours("RT ours", repost_of="1844"), True),
        (ours("elsewhere", id="1844", platform="bluesky"), False),
        (ours("a link", url="https://x.com/fjordwing/status/1844"), True),
        (ours("no link is no place", id=""), False),
    ],
)
def test_a_post_is_where_a_message_was_said_to_be_posted(post: Post, known: bool) -> None:
    assert is_approved(post, [APPROVED]) is known
    assert not is_approved(post, [replace(APPROVED, link="", text="…")])


@pytest.mark.parametrize(
    ("text", "reply", "stands"),
    [
        ("Sale!", None, True),
        ("@kari we are on it", None, False),
        (".@kari look, everybody", None, True),
        ("we are on it", True, False),
        ("@kari is our hero", False, True),
    ],
)
def test_an_answer_to_somebody_is_not_on_the_timeline(
    text: str, reply: bool | None, stands: bool
) -> None:
    assert stands_on_timeline(replace(ours(text), reply=reply)) is stands


def test_what_a_stranger_may_have_written_is_quoted_so_that_nothing_acts() -> None:
    said = quoted("Refund \x1b[2J\u202enow\nhttps://fjord-refund.com/x?y call +47 22 33 44 55")
    assert said == "“Refund ␛[2J‹U+202E›now (a link to fjord-refund[.]com) call •••”"
    assert quoted("14.30: evil.top/win, ftp://x.zip") == "“14.30: evil[.]top/win, ftp[:]//x[.]zip”"
    assert len(quoted("a" * 9_999)) < 400
