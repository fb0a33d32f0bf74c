"""Apprise: short enough for a phone, told once to every address, and no address ever shown."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Reason, State
from alerts.incidents.steps import Step
from alerts.notifiers import Notification, NotifierError, NotNews, Places
from alerts.notifiers.apprise import AppriseNotifier, Options, build
from alerts.secret import Secret, SecretMissing
from monitor.doubles.failures import Failure
from monitor.doubles.serving import serving
from tests.alerts import scenes
from tests.alerts.notifiers.test_webhook import Receiver

PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/i/{incident}")
BRIEFING = replace(scenes.briefing(), state=State.OPEN, acknowledged_by=None, acknowledged_at=None)
HOW_MANY = "915 on booking, where 85 were expected; ×11 and growing, ×22 at its peak"

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    with serving(receiver.app) as url:
        yield receiver, url.partition("//")[2]


@pytest.fixture
def receiver(served: tuple[Receiver, str]) -> Receiver:
    served[0].got.clear()
    served[0].failures.clear()
    return served[0]


@pytest.fixture
def notifier(served: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch) -> AppriseNotifier:
    address = f"json://seawall:hunter2222@{served[1]}/hooks/T0PS3CR3T"
    return made(monkeypatch, address)


def made(
    monkeypatch: pytest.MonkeyPatch, *addresses: str, places: Places = PLACES
) -> AppriseNotifier:
    monkeypatch.setenv("APPRISE", "\n".join(addresses))
    return build(Options(urls=Secret(env="APPRISE")), name="sms", places=places)


def send(notifier: AppriseNotifier, briefing: Briefing = BRIEFING, key: str = "i/1") -> None:
    asyncio.run(notifier.send(Notification(key, briefing.incident, 1, briefing)))


def said(receiver: Receiver) -> list[tuple[str, str]]:
    posted = [json.loads(body) for headers, body in receiver.got if "json" in str(headers)]
    return [(one["title"], one["message"]) for one in posted]


def test_a_message_is_read_at_a_glance(receiver: Receiver, notifier: AppriseNotifier) -> None:
    send(notifier)
    send(notifier, replace(BRIEFING, reason=Reason.ESCALATED, acknowledged_by="Kari"), "i/2")
    by_kari = {"state": State.ACKNOWLEDGED, "acknowledged_by": "Kari"}
    send(notifier, replace(BRIEFING, reason=Reason.ACKNOWLEDGED, **by_kari), "i/3")
    opened, worse, taken = said(receiver)
    assert opened == (
        f"CRITICAL {BRIEFING.headline}",
        f"{HOW_MANY}\nhttps://seawall.example/i/fjordwing-w6dup7qd",
    )
    assert worse[1].startswith("now CRITICAL: 915 posts\n915 on booking")
    assert "in hand: Kari" in worse[1]
    assert taken == ("Fjordwing Air: acknowledged by Kari", BRIEFING.headline)


def test_a_notice_has_its_words_and_where_to_answer(
    receiver: Receiver, served: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Notice(
        "call/1",
        Purpose.CALL,
        BRIEFING.at,
        "Kari, you are called",
        (scenes.HOSTILE,),
        incident="i",
        actions=(Action("At my desk", Step.ACKNOWLEDGE),),
        briefing=BRIEFING,
    )
    storm = Notice("storm", Purpose.STORM, BRIEFING.at, "990 more")
    for places in (PLACES, Places("seawall incidents ack {incident}")):
        notifier = made(monkeypatch, f"json://{served[1]}/x", places=places)
        for one in (call, storm):
            asyncio.run(notifier.notify(one, address=None, thread=None, uncertain=False))
    (title, text), (_, everything), (_, command), alone = said(receiver)
    assert title == "Kari, you are called"
    hostile, post, answer, where = text.split("\n")
    assert post.startswith("“" + BRIEFING.examples[0].text[:20])
    assert answer == "Answer where your team reads it, or here:"
    assert "␛[2J" in hostile
    assert "\x1b" not in text
    assert where == "https://seawall.example/i/i"
    assert everything == "https://seawall.example"
    assert command.endswith("\nseawall incidents ack i")
    assert alone == ("", "990 more")


def test_what_is_routine_or_calls_nobody_is_no_message(notifier: AppriseNotifier) -> None:
    for reason in (Reason.GREW, Reason.REVISED, Reason.EXTENDED, Reason.NOTED):
        with pytest.raises(NotNews):
            send(notifier, replace(BRIEFING, reason=reason))
    with pytest.raises(NotNews):
        send(notifier, replace(BRIEFING, calls=False))


@pytest.mark.parametrize(
    ("failure", "permanent", "retry_after"),
    [
        *((Failure(status), True, None) for status in (400, 413, 422)),
        *((Failure(status), False, 60.0) for status in (401, 403, 404, 429)),
        *((Failure(status), False, None) for status in (500, 503)),
        (Failure(503, body=b"later", drop=True), False, None),
    ],
)
def test_an_error_says_whether_and_when_to_try_again(
    receiver: Receiver,
    notifier: AppriseNotifier,
    failure: Failure,
    permanent: bool,
    retry_after: float | None,
) -> None:
    receiver.failures.told(failure)
    with pytest.raises(NotifierError, match="JSON: ") as failed:
        send(notifier)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, retry_after)
    assert len(receiver.got) == 1, "it is tried again by the courier alone"


def test_of_several_addresses_only_that_which_failed_is_told_again(
    receiver: Receiver, served: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = made(monkeypatch, f"json://{served[1]}/works", "json://127.0.0.1:9/down")
    for _ in range(3):
        with pytest.raises(NotifierError) as failed:
            send(notifier)
        assert not failed.value.permanent
    assert len(receiver.got) == 1
    with pytest.raises(NotifierError):
        send(notifier, key="i/2")
    assert len(receiver.got) == 2


def test_no_address_is_ever_shown(
    receiver: Receiver,
    notifier: AppriseNotifier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.failures.told(None, Failure(500, body=b"/hooks/T0PS3CR3T with hunter2222"))
    send(notifier)
    with pytest.raises(NotifierError) as failed:
        send(notifier, key="i/2")
    found = asyncio.run(notifier.check())
    with pytest.raises(SecretMissing, match="APPRISE: Apprise does not know address 2") as missing:
        made(monkeypatch, "json://127.0.0.1/x", "nowhere://T0PS3CR3T")
    errors = f"{failed.value} {missing.value} {found} {notifier!r}"
    shown = f"{errors} {caplog.text} {capfd.readouterr()}"
    assert [one for one in ("T0PS3CR3T", "hunter2222") if one in shown] == []
    assert found.startswith("Apprise: JSON; not asked")


def test_test_says_that_it_is_one(receiver: Receiver, notifier: AppriseNotifier) -> None:
    asyncio.run(notifier.test())
    asyncio.run(notifier.test())
    assert ["This is a test" in text for _, text in said(receiver)] == [True, True]
