"""The webhook: signed JSON, every revision under its key, and its address never shown."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Notice, Purpose
from alerts.notifiers import Notification, NotifierError, Places, notifier_kinds
from alerts.notifiers.webhook import KEY, SIGNATURE, Options, WebhookNotifier, build, verify
from alerts.secret import Secret, SecretMissing
from monitor import clock
from monitor.doubles.failures import Failure, Failures, response
from monitor.doubles.serving import serving
from tests.alerts import scenes

SHARED_SECRET = "correct horse battery"  # noqa: S105
PATH = "/hooks/T0PS3CR3T?token=hunter2222"
PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/incidents/{incident}")
BRIEFING = scenes.briefing()
NEWS = Notification(f"{BRIEFING.incident}/1", BRIEFING.incident, 1, BRIEFING)


class Receiver:
    """Somebody's server, which writes down what it was sent."""

    def __init__(self) -> None:
        self.failures = Failures()
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.app = Starlette(
            routes=[Route("/{rest:path}", self._take, methods=["POST", "GET", "HEAD"])]
        )

    async def _take(self, request: Request) -> Response:
        self.got.append((dict(request.headers), await request.body()))
        failure = self.failures.next()
        return await response(failure) if failure else Response(status_code=204)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    with serving(receiver.app) as url:
        yield receiver, url


@pytest.fixture
def receiver(served: tuple[Receiver, str]) -> Receiver:
    served[0].got.clear()
    served[0].failures.clear()
    return served[0]


@pytest.fixture
def notifier(served: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch) -> WebhookNotifier:
    return made(served[1] + PATH, monkeypatch)


def made(url: str, monkeypatch: pytest.MonkeyPatch) -> WebhookNotifier:
    monkeypatch.setenv("HOOK_URL", url)
    monkeypatch.setenv("HOOK_SECRET", SHARED_SECRET)
    options = Options(url=Secret(env="HOOK_URL"), secret=Secret(env="HOOK_SECRET"))
    return build(options, name="hook", places=PLACES)


def send(notifier: WebhookNotifier, notification: Notification = NEWS) -> None:
    async def once() -> None:
        try:
            await notifier.send(notification)
        finally:
            await notifier.close()

    asyncio.run(once())


def test_a_receiver_can_verify_what_it_got_and_know_it_again(
    receiver: Receiver, notifier: WebhookNotifier
) -> None:
    send(notifier)
    send(notifier)
    (headers, body), again = receiver.got
    assert (again[0][KEY.lower()], again[1]) == (headers[KEY.lower()], body)
    key, said = headers[KEY.lower()], headers[SIGNATURE.lower()]
    assert verify(SHARED_SECRET, key, body, said)
    assert not verify("another secret", key, body, said)
    assert not verify(SHARED_SECRET, "another/1", body, said)
    assert not verify(SHARED_SECRET, key, body.replace(b"booking", b"looking"), said)
    assert not verify(SHARED_SECRET, key, body, "v1=é")


def test_what_is_posted_is_a_cloud_event(receiver: Receiver, notifier: WebhookNotifier) -> None:
    notice = Notice(
        "call/1", Purpose.CALL, BRIEFING.at, "Kari is called", incident=BRIEFING.incident
    )

    async def both() -> None:
        await notifier.send(NEWS)
        await notifier.notify(notice, address=None, thread=None, uncertain=True)
        await notifier.close()

    asyncio.run(both())
    (headers, about), (_, ringing) = receiver.got
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = json.loads(about)
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": NEWS.key,
        "source": "https://seawall.example",
        "type": "seawall.incident",
        "subject": BRIEFING.incident,
        "time": "2026-11-21T22:23:00Z",
        "datacontenttype": "application/json",
    }
    assert (data["incident"], data["revision"]) == (BRIEFING.incident, 1)
    assert Briefing.from_json(json.dumps(data["briefing"])) == BRIEFING
    event = json.loads(ringing)
    assert (event["id"], event["type"]) == ("call/1", "seawall.notice")
    assert Notice.from_json(json.dumps(event["data"]["notice"])) == notice


@pytest.mark.parametrize(
    ("failure", "permanent", "retry_after"),
    [
        *((Failure(status), True, None) for status in (400, 409, 410, 413, 422)),
        *((Failure(status), False, 60.0) for status in (401, 403, 404, 408, 425, 429, 302, 307)),
        *((Failure(status), False, None) for status in (500, 502, 503)),
        (Failure(503, {"Retry-After": "120"}), False, 120.0),
        (Failure(503, {"Retry-After": "99999999"}), False, 3600.0),
        (Failure(429, {"Retry-After": "whenever"}), False, 60.0),
        (Failure(503, body=b"later", drop=True), False, None),
    ],
)
def test_an_error_says_whether_and_when_to_try_again(
    receiver: Receiver,
    notifier: WebhookNotifier,
    failure: Failure,
    permanent: bool,
    retry_after: float | None,
) -> None:
    receiver.failures.told(failure)
    with pytest.raises(NotifierError) as failed:
        send(notifier)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, retry_after)
    assert len(receiver.got) == 1


def test_a_date_to_try_again_is_read_by_the_clock_of_who_named_it(
    receiver: Receiver, notifier: WebhookNotifier
) -> None:
    until = format_datetime(clock.wall() + timedelta(minutes=20), usegmt=True)
    receiver.failures.told(Failure(503, {"Retry-After": until}))
    with pytest.raises(NotifierError) as failed:
        send(notifier)
    assert failed.value.retry_after == pytest.approx(1200, abs=60)


def test_a_redirect_is_not_followed(receiver: Receiver, notifier: WebhookNotifier) -> None:
    receiver.failures.told(Failure(307, {"Location": "/elsewhere"}))
    with pytest.raises(NotifierError, match="configure the final address"):
        send(notifier)
    assert len(receiver.got) == 1


def test_nobody_there_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotifierError, match=r"http://127\.0\.0\.1:9 cannot be reached") as failed:
        send(made(f"http://127.0.0.1:9{PATH}", monkeypatch))
    assert not failed.value.permanent


def test_neither_address_nor_secret_is_ever_shown(
    receiver: Receiver, notifier: WebhookNotifier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(notifier)
    echo = f"Cannot POST {PATH} \x1b[31m" + "x" * 5000
    receiver.failures.told(Failure(500, body=echo.encode()))
    with pytest.raises(NotifierError) as failed:
        send(notifier)
    shown = f"{failed.value} {notifier!r} {caplog.text}"
    assert [part for part in ("T0PS3CR3T", "hunter2222", SHARED_SECRET) if part in shown] == []
    assert "Cannot POST /…/…?" in str(failed.value)
    assert len(str(failed.value)) < 300
    assert "\x1b" not in str(failed.value)


def test_check_tells_nobody_and_test_says_that_it_is_one(
    receiver: Receiver, notifier: WebhookNotifier
) -> None:
    async def both() -> str:
        found = await notifier.check()
        assert [body for _, body in receiver.got] == [b""]
        await notifier.test()
        await notifier.close()
        return found

    found = asyncio.run(both())
    assert found.startswith("Webhook: http://127.0.0.1:")
    assert found.endswith(" answers")
    headers, body = receiver.got[-1]
    assert verify(SHARED_SECRET, headers[KEY.lower()], body, headers[SIGNATURE.lower()])
    assert "This is a test" in json.loads(body)["data"]["test"]


def test_what_is_no_address_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("hooks.example/x", "ftp://hooks.example/x", "https://", "http://[::1"):
        with pytest.raises(SecretMissing, match="HOOK_URL holds no address"):
            made(wrong, monkeypatch)
    assert notifier_kinds()["webhook"].about.startswith("A webhook")
