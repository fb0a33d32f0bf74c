"""Publishers over real sockets: what is public, how often, and what is known when it goes wrong."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import pytest

from alerts import secret
from alerts.publishers import Publisher, PublisherError, Words, _asking, publisher_kinds
from alerts.words.phases import Channel
from monitor.doubles.accounts import Account, BlueskyAccount, XAccount
from monitor.doubles.failures import Failure
from monitor.doubles.serving import serving
from tests import x_contract
from tests.accounts import HANDLE, SECRETS, accounts, keep

AT = datetime(2026, 3, 14, 23, 7, 12, tzinfo=UTC)
WORDS = Words(
    key="fjordwing-b5g44m7i/3/5c1e",
    text="Wir schauen uns das an. Mehr um 14:30 Uhr: https://fjordwing.example/jetzt 🛫",
    language="de",
    drafted_at=AT,
    at=AT,
)
KINDS = [*publisher_kinds()]
TOKEN = BlueskyAccount.TOKEN


@dataclass
class Place:
    """A publisher, and the double of its account."""

    publisher: Publisher
    account: Account

    def post(self, words: Words = WORDS) -> str:
        return asyncio.run(self.publisher.post(words))

    def check(self) -> str:
        return asyncio.run(self.publisher.check())

    def fails(self, words: Words = WORDS) -> PublisherError:
        """It was not posted, or nobody knows; and what is said of it holds no secret."""
        with pytest.raises(PublisherError) as raised:
            self.post(words)
        said = str(raised.value)
        assert not [one for one in (*SECRETS.values(), TOKEN) if one in said]
        assert len(said) < 320
        return raised.value


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(monkeypatch)
    monkeypatch.setattr(secret, "_known", {})


def signed_in(kind: str) -> list[None]:
    """Requests that go well before that which posts."""
    return [None] if kind == "bluesky" else []


def publisher(kind: str, url: str) -> Publisher:
    known = publisher_kinds()[kind]
    handle = {"handle": HANDLE} if kind == "bluesky" else {}
    return known.build(known.options(base_url=url, **handle), name=kind)


@contextmanager
def place(kind: str) -> Iterator[Place]:
    account = accounts()[kind]
    with serving(account.app) as url:
        yield Place(publisher(kind, url), account)


def test_every_kind_says_where_it_posts_and_what_that_costs() -> None:
    kinds = publisher_kinds()
    assert {name: kind.channel for name, kind in kinds.items()} == {
        "x": Channel.X,
        "bluesky": Channel.BLUESKY,
        "mastodon": Channel.MASTODON,
    }
    dear, cheap = WORDS.text, "Wir schauen uns das an."
    assert [kinds["x"].price(text) for text in (dear, cheap)] == [200_000, 15_000]
    assert {kinds[name].price(dear) for name in ("bluesky", "mastodon")} == {0}


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_the_text_is_posted_and_its_link_comes_back(kind: str) -> None:
    with place(kind) as there:
        link = there.post()
    [post] = there.account.posts
    assert post.text == WORDS.text
    ends = {"x": post.key, "bluesky": f"/post/{post.key}", "mastodon": "/115000000000000000"}
    assert link.startswith("https://")
    assert link.endswith(ends[kind])


def test_x_is_asked_as_its_document_says_and_bills_what_was_foretold() -> None:
    account = accounts()["x"]
    assert isinstance(account, XAccount)
    with serving(account.app) as url:
        there = Place(publisher("x", url), account)
        there.post()
        there.post(replace(WORDS, text="Noch nichts Neues."))
        there.fails()
        assert there.check() == "X: would post as @fjordwing"
    assert account.billed_micros == 200_000 + 15_000
    for one in account.requests:
        assert x_contract.request_problems(one.method, one.path, {}) == []
        if one.method == "POST":
            assert x_contract.body_problems(one.path, one.body) == []
        assert one.status is not None
        answer = (one.path, one.status, one.content_type, one.answer, one.method)
        assert x_contract.answer_problems(*answer) == []


def test_on_bluesky_a_link_is_where_its_bytes_are_and_the_language_is_told() -> None:
    text = "Größe ✈️ fjordwing.com/jetzt, und https://fjordwing.example/ä."
    with place("bluesky") as there:
        there.post(replace(WORDS, text=text))
    [post] = there.account.posts
    assert (post.sent["langs"], post.sent["createdAt"]) == (["de"], "2026-03-14T23:07:12.000Z")
    raw = text.encode()
    found = [
        (
            raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(),
            one["features"][0]["uri"],
        )
        for one in post.sent["facets"]
    ]
    assert found == [
        ("fjordwing.com/jetzt", "https://fjordwing.com/jetzt"),
        ("https://fjordwing.example/ä", "https://fjordwing.example/ä"),
    ]


def test_on_mastodon_it_is_public_in_its_language() -> None:
    with place("mastodon") as there:
        there.post()
    [post] = there.account.posts
    assert (post.sent["visibility"], post.sent["language"]) == ("public", "de")


@pytest.mark.parametrize("kind", [name for name in KINDS if publisher_kinds()[name].repeats])
def test_what_is_sent_again_is_public_once_and_another_text_is_another_post(kind: str) -> None:
    with place(kind) as there:
        there.account.losing.told(*signed_in(kind), Failure(502))
        assert there.fails().unsure
        first = there.post()
        assert there.post() == first
        assert len(there.account.posts) == 1
        there.post(replace(WORDS, key=f"{WORDS.key}2", text="Noch nichts Neues."))
        assert len(there.account.posts) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 307])
def test_a_refusal_is_sure_and_says_why(kind: str, status: int) -> None:
    with place(kind) as there:
        said = json.dumps({"error": "no", "detail": "not for you"}).encode()
        there.account.failures.told(Failure(status, {"location": "/elsewhere"}, said))
        error = there.fails()
    assert (error.unsure, error.permanent) == (False, True)
    assert str(status) in str(error)
    assert len(there.account.requests) == 1, "nothing is asked again, and nobody is followed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_credential_is_told_as_such(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, f"{value}x")
    with place(kind) as there:
        error = there.fails()
    assert ("401" in str(error), error.permanent, there.account.posts) == (True, True, [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("headers", "wait"), [({}, None), ({"retry-after": "90"}, 90)])
def test_a_429_was_not_posted_and_says_how_long_to_wait(
    kind: str, headers: dict[str, str], wait: float | None
) -> None:
    with place(kind) as there:
        there.account.failures.told(Failure(429, headers, b'["nonsense"]'))
        error = there.fails()
    assert (error.unsure, error.permanent, error.retry_after) == (False, False, wait)


DATE = "Sat, 14 Mar 2026 23:07:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "9" * 9}, 3600),
        ({"retry-after": "later", "date": "soon"}, None),
        ({"date": DATE, "x-rate-limit-reset": "1773529740"}, 120),
        ({"date": DATE, "ratelimit-reset": "1773529740"}, 120),
        ({"date": DATE, "x-ratelimit-reset": "2026-03-14T23:09:00.000000Z"}, 120),
        ({"date": DATE, "x-ratelimit-reset": "2026-03-14T23:09:00"}, None),
        ({"date": DATE, "x-rate-limit-reset": "1"}, 0),
        ({"date": DATE, "x-rate-limit-reset": "²"}, None),
        ({"date": DATE, "x-rate-limit-reset": "9" * 5000}, None),
    ],
)
def test_how_long_to_wait_is_told_in_seconds_or_by_their_own_clock(
    headers: dict[str, str], wait: float | None
) -> None:
    assert (
        _asking.asked_to_wait(
            httpx.Response(429, headers={k: v.encode() for k, v in headers.items()})
        )
        == wait
    )


LOST = {
    "502": Failure(502),
    "503": Failure(503, body=b"<html>busy</html>"),
    "no text": Failure(201, body=b"\xff\xfe"),
    "a list": Failure(200, body=b"[]"),
    "another's post": Failure(201, body=b'{"data": {"id": "../../x"}, "uri": "at://a/b/c"}'),
    "endless": Failure(200, body=b" " * (2 << 20)),
    "deep": Failure(200, body=b'{"data":' * 50_000),
    "cut off": Failure(200, body=b'{"data": {"id": "12"}}', drop=True),
    "no gzip": Failure(200, {"content-encoding": "gzip"}, b"plain"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", LOST)
def test_where_the_answer_says_neither_yes_nor_no_nobody_is_sure(kind: str, lost: str) -> None:
    with place(kind) as there:
        there.account.losing.told(*signed_in(kind), LOST[lost])
        error = there.fails()
        assert (error.unsure, error.permanent) == (True, False), error
        assert len(there.account.posts) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_does_not_answer_in_time_may_have_posted_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_asking, "PATIENCE_S", 0.3)
    with place(kind) as there:
        there.account.losing.told(*signed_in(kind), Failure(200, delay_s=1))
        assert there.fails().unsure


@pytest.mark.parametrize("kind", KINDS)
def test_who_cannot_be_reached_has_posted_nothing(kind: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    error = Place(publisher(kind, f"http://127.0.0.1:{port}"), accounts()[kind]).fails()
    assert (error.unsure, error.permanent) == (False, False)


def test_on_bluesky_nothing_is_posted_before_it_has_signed_in() -> None:
    for failure in (Failure(502), Failure(200, body=b'{"did": "no", "accessJwt": "a b"}')):
        with place("bluesky") as there:
            there.account.failures.told(failure)
            error = there.fails()
        assert (error.unsure, there.account.posts) == (False, [])


def test_a_link_that_is_none_is_not_told() -> None:
    with place("mastodon") as there:
        for url in ("javascript:alert(1)", "https://a b", 7, None):
            there.account.losing.told(
                Failure(200, body=json.dumps({"id": "1", "url": url}).encode())
            )
            assert there.post() == ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_repeats_a_credential_is_told_without_it(kind: str) -> None:
    own = [value for name, value in SECRETS.items() if name.startswith(kind.upper())]
    own += [TOKEN] if kind == "bluesky" else []
    with place(kind) as there:
        for shown in own:
            for said in (f"you sent {shown}", "." * 190 + shown):
                body = json.dumps({"error": said, "detail": said}).encode()
                there.account.failures.told(*signed_in(kind), Failure(403, body=body))
                assert "403" in str(there.fails())


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_says_who_would_post_and_posts_nothing(kind: str) -> None:
    with place(kind) as there:
        assert "would post as @fjordwing" in there.check()
    assert there.account.posts == []
