"""E-mail: read on a phone, in one thread, safe to open, and known again when it comes twice."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Reason, State
from alerts.incidents.steps import Step
from alerts.notifiers import Notification, NotifierError, NotNews, Places
from alerts.notifiers.email import MAILED, EmailNotifier, Options, build
from alerts.secret import Secret
from tests.alerts import scenes
from tests.mailbox import PASSWORD, USER, Mailbox, mailbox

PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/incidents/{incident}")
BRIEFING = scenes.briefing()
CALL = Notice(
    "call/1",
    Purpose.CALL,
    BRIEFING.at,
    "Kari, you are called",
    ("critical, and nobody has it in hand",),
    incident=BRIEFING.incident,
    urgent=True,
    actions=(Action("At my desk", Step.ACKNOWLEDGE, "10"),),
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Mailbox, int]]:
    with mailbox() as found:
        yield found


@pytest.fixture
def box(served: tuple[Mailbox, int]) -> Mailbox:
    served[0].clear()
    return served[0]


@pytest.fixture
def notifier(served: tuple[Mailbox, int]) -> EmailNotifier:
    return made(served[1])


def made(port: int, **changed: Any) -> EmailNotifier:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from": "seawall@fjordwing.example",
        "to": ["leads@fjordwing.example", "ops@fjordwing.example"],
    }
    options = Options.model_validate(given | changed)
    return build(options, name="email", places=PLACES)


def news(briefing: Briefing = BRIEFING, **more: Any) -> Notification:
    key = f"{briefing.incident}/{briefing.revision}"
    return Notification(key, briefing.incident, briefing.revision, briefing, **more)


def send(notifier: EmailNotifier, notification: Notification) -> str:
    return asyncio.run(notifier.send(notification))


def notify(notifier: EmailNotifier, notice: Notice, address: str | None = None) -> None:
    asyncio.run(notifier.notify(notice, address=address, thread=None, uncertain=False))


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_mail_says_everything_in_both_forms_and_shows_the_chart(
    box: Mailbox, notifier: EmailNotifier
) -> None:
    opened = replace(BRIEFING, state=State.OPEN)
    send(notifier, news(opened, first=True))
    [(mail, to)] = box.taken
    assert to == ["leads@fjordwing.example", "ops@fjordwing.example"]
    assert mail["Subject"] == f"CRITICAL: {BRIEFING.headline}"
    assert mail["Date"] == "Sat, 21 Nov 2026 22:23:00 +0000"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert mail["List-Id"] == "Seawall <email.seawall.fjordwing.example>"
    for shown in (part(mail, "plain"), part(mail, "html")):
        for fact in (
            BRIEFING.headline,
            "915 on booking, where 85 were expected",
            "Booking on the Fjordwing site fails at payment",
            "https://seawall.example/incidents/fjordwing-w6dup7qd",
            "seawall incidents ack fjordwing-w6dup7qd",
            "Vi ser meldingene deres",
        ):
            assert fact in shown
        assert "X7KQ2P" not in shown, "booking codes are masked"
    [picture] = [one for one in mail.walk() if one.get_content_type() == "image/png"]
    assert f'src="cid:{str(picture["Content-ID"]).strip("<>")}"' in part(mail, "html")
    assert picture.get_payload(decode=True)[:4] == b"\x89PNG"  # type: ignore[index]


def test_mails_about_an_incident_are_one_thread_and_what_is_mailed_again_has_the_same_id(
    box: Mailbox, notifier: EmailNotifier
) -> None:
    receipt = send(notifier, news(first=True))
    send(notifier, news(first=True))
    later = replace(BRIEFING, revision=2, reason=Reason.ACKNOWLEDGED, headline="×30 by now")
    assert send(notifier, news(later, receipt=receipt)) == receipt
    worse = replace(BRIEFING, revision=3, reason=Reason.REOPENED, headline="it is back")
    send(notifier, news(worse, receipt=receipt))
    notify(notifier, CALL)
    send(notifier, replace(news(), incident="another", key="another/1"))
    *mails, other = box.mails
    first, again, update, back, call = mails
    assert first["Message-ID"] == again["Message-ID"]
    assert len({mail["Message-ID"] for mail in box.mails}) == 5
    [thread] = {mail["References"] for mail in mails}
    assert {mail["In-Reply-To"] for mail in mails} == {thread}
    assert other["References"] != thread
    assert update["Subject"] == f"Re: {first['Subject']}"
    assert back["Subject"] == "CRITICAL: it is back"
    assert call["Subject"] == "Kari, you are called"
    assert "acknowledged by Kari" in part(update, "plain")


def test_what_is_routine_is_not_mailed_unless_it_is_the_first_of_it(
    box: Mailbox, notifier: EmailNotifier
) -> None:
    routine = {*Reason} - MAILED
    assert {Reason.REVISED, Reason.GREW} <= routine
    for reason in routine:
        with pytest.raises(NotNews):
            send(notifier, news(replace(BRIEFING, reason=reason)))
    send(notifier, news(replace(BRIEFING, reason=Reason.GREW), first=True))
    assert len(box.mails) == 1


def test_a_notice_is_mailed_to_its_person_or_to_everybody_here(
    box: Mailbox, notifier: EmailNotifier
) -> None:
    notify(notifier, CALL, "kari@fjordwing.example")
    notify(notifier, replace(CALL, incident=None, urgent=False, actions=()))
    (mail, to), (quiet, everybody) = box.taken
    assert to == ["kari@fjordwing.example"]
    assert everybody == ["leads@fjordwing.example", "ops@fjordwing.example"]
    assert (mail["Importance"], quiet["Importance"]) == ("high", None)
    assert "nobody has it in hand" in part(mail, "plain")
    assert "seawall incidents ack fjordwing-w6dup7qd" in part(mail, "plain")
    assert "seawall incidents ack" not in part(quiet, "plain")
    for wrong in ("kari", "kari@example.com\nBcc: x@example.com", "a@b.example, c@d.example"):
        with pytest.raises(NotifierError, match="no address for mail") as failed:
            notify(notifier, CALL, wrong)
        assert failed.value.permanent


def test_what_strangers_write_is_text_and_adds_no_header(
    box: Mailbox, notifier: EmailNotifier
) -> None:
    hostile = f"{scenes.HOSTILE}\r\nBcc: everybody@example.com\r\n\r\n<script>alert(1)</script>"
    post = replace(BRIEFING.examples[0], text=hostile, author=hostile, url='javascript:"x"')
    send(notifier, news(replace(BRIEFING, headline=hostile, examples=(post,)), first=True))
    notify(notifier, replace(CALL, title=hostile, lines=(hostile,)))
    for mail, to in box.taken:
        assert mail["Bcc"] is None
        assert "everybody@example.com" not in to
        shown = part(mail, "html")
        for active in ("<script", "<b>free", "javascript:", "\x1b", "\u202e"):
            assert active not in shown
        assert "&lt;b&gt;free" in shown
        assert "{{ 7*7 }}" in shown
        assert "\x1b" not in part(mail, "plain")


@pytest.mark.parametrize(
    ("step", "answer", "person", "permanent", "retry_after"),
    [
        ("DATA", "554 5.7.1 looks like spam", False, True, None),
        ("DATA", "452 4.3.1 disk is full", False, False, 60.0),
        ("RCPT", "550 5.1.1 no such mailbox", True, True, None),
        ("RCPT", "550 5.1.1 no such mailbox", False, False, 60.0),
        ("RCPT", "451 4.7.1 greylisted", True, False, 60.0),
        ("MAIL", "553 5.1.8 sender refused", True, False, 60.0),
        (Mailbox.DROPPED, "", True, False, None),
    ],
)
def test_an_error_says_whether_and_when_to_try_again(
    box: Mailbox,
    notifier: EmailNotifier,
    step: str,
    answer: str,
    person: bool,
    permanent: bool,
    retry_after: float | None,
) -> None:
    box.refuses[step] = answer
    with pytest.raises(NotifierError, match=answer[:3] or "127") as failed:
        notify(notifier, CALL, "kari@fjordwing.example" if person else None)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, retry_after)


def test_what_should_be_encrypted_is_never_sent_in_the_clear(
    box: Mailbox, served: tuple[Mailbox, int]
) -> None:
    for security in ("starttls", "tls"):
        with pytest.raises(NotifierError) as failed:
            send(made(served[1], security=security), news(first=True))
        assert not failed.value.permanent
    assert box.mails == []


def test_it_signs_in_and_tells_nobody_the_password(
    box: Mailbox,
    served: tuple[Mailbox, int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    monkeypatch.setenv("WRONG_PASSWORD", f"wrong-{PASSWORD}")
    account = {"user": USER, "password": Secret(env="MAIL_PASSWORD")}
    notifier = made(served[1], **account)
    found = asyncio.run(notifier.check())
    assert found == f"E-mail: 127.0.0.1:{served[1]} takes mail from seawall@fjordwing.example"
    assert box.mails == []
    asyncio.run(notifier.test())
    assert "This is a test" in part(box.mails[0], "plain")
    wrong = made(served[1], **account | {"password": Secret(env="WRONG_PASSWORD")})
    with pytest.raises(NotifierError, match="535") as failed:
        asyncio.run(wrong.check())
    assert (failed.value.permanent, failed.value.retry_after) == (False, 60.0)
    assert PASSWORD not in f"{failed.value} {notifier!r} {wrong!r} {caplog.text}"


def test_nobody_there_is_worth_another_try() -> None:
    with pytest.raises(NotifierError, match="cannot be reached") as failed:
        send(made(9), news(first=True))
    assert (failed.value.permanent, failed.value.retry_after) == (False, None)


def test_a_mistake_in_the_configuration_fails_at_start() -> None:
    for wrong in (
        {"user": "seawall"},
        {"from": "Seawall <seawall@example.com>"},
        {"to": []},
        {"to": ["x@example.com\nBcc: y@example.com"]},
        {"host": "mail.example.com\n"},
    ):
        with pytest.raises(ValidationError):
            made(25, **wrong)
