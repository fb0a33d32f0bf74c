"""What every kind of notifier owes whoever uses it: a new kind is tested as soon as it is there."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest

from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Reason, State
from alerts.incidents.steps import Step
from alerts.notifiers import (
    Notification,
    Notifier,
    NotifierError,
    NotNews,
    Places,
    notifier_kinds,
)
from alerts.notifiers.terminal import Terminal, TerminalNotifier
from monitor import clock
from monitor.doubles.failures import Failure
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from tests.alerts import scenes
from tests.alerts.notifiers.test_webhook import Receiver
from tests.mailbox import PASSWORD, USER, mailbox

PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/incidents/{incident}")
CHANNEL = "C0SEAWALL"
JSON = {"Content-Type": "application/json"}
SECRETS = {
    "KIND_TOKEN": "xoxb-planted-0123456789",
    "KIND_APP": "xapp-planted-0123456789",
    "KIND_SECRET": "shared-planted-0123456789",
    "KIND_PASSWORD": PASSWORD,
}
IN_ADDRESSES = ("planted-path-0123456789", "planted-password-9876")

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Place(Protocol):
    """Where one kind of notifier tells people, as far as the contract asks about it."""

    notifier: Notifier

    def shown(self) -> list[str]:
        """What arrived there so far, each as a person's program gets it."""

    def refuse(self, how: str) -> None:
        """Answer the next one so: `later`, `never`, or `broken` in the middle of the answer."""


@dataclass
class Printed:
    out: io.StringIO
    notifier: Notifier

    def shown(self) -> list[str]:
        return [self.out.getvalue()]

    def refuse(self, how: str) -> None:
        class Refusing(io.StringIO):
            encoding = "ascii"

            def write(self, text: str) -> int:
                if how == "never":
                    raise UnicodeEncodeError("ascii", text, 0, 1, "no such letter")
                raise BrokenPipeError("nobody reads it")

        self.notifier._terminal.file = Refusing()  # type: ignore[attr-defined]


@dataclass
class Posted:
    receiver: Receiver
    notifier: Notifier

    def shown(self) -> list[str]:
        return [body.decode() for _, body in self.receiver.got]

    def refuse(self, how: str) -> None:
        failures = {
            "later": Failure(503, {"Retry-After": "7"}),
            "never": Failure(400, body="/".join(IN_ADDRESSES).encode()),
            "broken": Failure(200, body=b"ok", drop=True),
        }
        self.receiver.failures.told(failures[how])


@dataclass
class Mailed:
    box: Any
    notifier: Notifier

    def shown(self) -> list[str]:
        return [mail.as_string() for mail in self.box.mails]

    def refuse(self, how: str) -> None:
        answers = {
            "later": ("DATA", f"452 later, {PASSWORD}"),
            "never": ("DATA", f"554 never, {PASSWORD}"),
            "broken": (self.box.DROPPED, ""),
        }
        step, answer = answers[how]
        self.box.refuses[step] = answer


@dataclass
class Slacked:
    double: SlackDouble
    notifier: Notifier

    def shown(self) -> list[str]:
        found = self.double.messages[CHANNEL]
        return [json.dumps([m.now.text, m.now.blocks], ensure_ascii=False) for m in found]

    def refuse(self, how: str) -> None:
        failures = {
            "later": Failure(429, {"Retry-After": "7"}),
            "never": Failure(200, JSON, body=b'{"ok": false, "error": "invalid_blocks"}'),
            "broken": Failure(200, body=b'{"ok": true}', drop=True),
        }
        self.double.failures.told(failures[how])


def built(kind: str, options: dict[str, Any]) -> Notifier:
    found = notifier_kinds()[kind]
    return found.build(found.options.model_validate(options), name=kind, places=PLACES)


@contextmanager
def terminal() -> Iterator[Place]:
    out = io.StringIO()
    yield Printed(
        out, TerminalNotifier("terminal", Terminal(file=out), width=120, hint=PLACES.command)
    )


@contextmanager
def webhook() -> Iterator[Place]:
    receiver = Receiver()
    with serving(receiver.app) as url, pytest.MonkeyPatch.context() as patched:
        host = url.partition("//")[2]
        patched.setenv("KIND_URL", f"http://me:{IN_ADDRESSES[1]}@{host}/{IN_ADDRESSES[0]}")
        options = {"url": {"env": "KIND_URL"}, "secret": {"env": "KIND_SECRET"}}
        yield Posted(receiver, built("webhook", options))


@contextmanager
def apprise() -> Iterator[Place]:
    receiver = Receiver()
    with serving(receiver.app) as url, pytest.MonkeyPatch.context() as patched:
        host = url.partition("//")[2]
        patched.setenv("KIND_URL", f"json://me:{IN_ADDRESSES[1]}@{host}/{IN_ADDRESSES[0]}")
        yield Posted(receiver, built("apprise", {"urls": {"env": "KIND_URL"}}))


@contextmanager
def email() -> Iterator[Place]:
    with mailbox() as (box, port):
        account = {"user": USER, "password": {"env": "KIND_PASSWORD"}}
        server = {"host": "127.0.0.1", "port": port, "security": "none"}
        people = {"from": "seawall@fjordwing.example", "to": ["leads@fjordwing.example"]}
        yield Mailed(box, built("email", server | account | people))


@contextmanager
def slack() -> Iterator[Place]:
    double = SlackDouble(
        now=clock.wall, token=SECRETS["KIND_TOKEN"], app_token=SECRETS["KIND_APP"], pace_s=0.0
    )
    with serving(double.app) as url:
        tokens = {"token": {"env": "KIND_TOKEN"}, "app_token": {"env": "KIND_APP"}}
        where = {"channel": CHANNEL, "base_url": f"{url}/api/"}
        yield Slacked(double, built("slack", tokens | where))


KINDS = {one.__name__: one for one in (terminal, webhook, apprise, email, slack)}


def everything(place: Place) -> str:
    return "\n".join(place.shown())


@pytest.fixture(params=sorted(notifier_kinds()))
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    made: AbstractContextManager[Place] = KINDS[request.param]()
    with made as found:
        yield found


def hostile(reason: Reason = Reason.OPENED) -> Notification:
    briefing = replace(
        scenes.briefing(reason), state=State.OPEN, headline=f"{scenes.HOSTILE}\r\nBcc: x@y.example"
    )
    examples = tuple(replace(one, text=scenes.HOSTILE) for one in briefing.examples)
    shown = replace(briefing, examples=examples)
    return Notification("fjordwing-w6dup7qd/1", shown.incident, 1, shown, first=True)


CALL = Notice(
    "call/1",
    Purpose.CALL,
    scenes.DETECTED,
    f"Kari, you are called {scenes.HOSTILE}",
    (scenes.HOSTILE,),
    about="fjordwing-w6dup7qd",
    incident="fjordwing-w6dup7qd",
    urgent=True,
    actions=(Action("At my desk", Step.ACKNOWLEDGE, "10"),),
)


def tell(place: Place, *sent: Notification | Notice, receipt: str | None = None) -> str | None:
    """Send these; the receipt of the last one."""

    async def all_of_them() -> str | None:
        last = receipt
        try:
            for one in sent:
                if isinstance(one, Notice):
                    last = await place.notifier.notify(
                        one, address=None, thread=receipt, uncertain=False
                    )
                else:
                    last = await place.notifier.send(one)
        finally:
            await place.notifier.close()
        return last

    return asyncio.run(all_of_them())


def test_every_kind_has_a_place_here() -> None:
    assert KINDS.keys() == notifier_kinds().keys()


def test_news_and_notices_arrive_and_strangers_words_do_nothing(place: Place) -> None:
    tell(place, hostile())
    before = everything(place)
    tell(place, CALL)
    assert before != everything(place)
    for active in ("\x1b", "\x9b", "\u202e", "\u200b"):
        assert active not in everything(place) or place.notifier.name == "webhook", "it is data"
    if isinstance(place, Slacked):
        assert "<!channel>" not in everything(place)


@pytest.mark.parametrize("how", ["later", "never", "broken"])
@pytest.mark.parametrize("sent", [hostile(), CALL], ids=["news", "notice"])
def test_what_is_refused_raises_one_error_that_says_whether_to_try_again(
    place: Place,
    how: str,
    sent: Notification | Notice,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    place.refuse(how)
    with pytest.raises(NotifierError) as failed:
        tell(place, sent)
    assert failed.value.permanent == (how == "never")
    assert failed.value.retry_after is None or how == "later"
    assert len(str(failed.value)) <= 300
    logged = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
    shown = f"{failed.value!r} {place.notifier!r} {logged} {capfd.readouterr()}"
    assert [one for one in (*SECRETS.values(), *IN_ADDRESSES) if one in shown] == []
    assert "\n" not in str(failed.value)


def test_checking_tells_nobody_and_testing_does(place: Place) -> None:
    async def both() -> tuple[str, str]:
        found, after = await place.notifier.check(), everything(place)
        await place.notifier.test()
        await place.notifier.close()
        return found, after

    before = everything(place)
    found, after = asyncio.run(both())
    assert found
    assert "\n" not in found
    assert after == before
    assert "test" in everything(place).removeprefix(before)


def test_whatever_happens_can_be_told(place: Place) -> None:
    receipt = None
    for number, reason in enumerate(Reason):
        sent = hostile(reason)
        key = f"{sent.incident}/{number + 1}"
        one = replace(sent, key=key, revision=number + 1, receipt=receipt, first=number == 0)
        try:
            receipt = tell(place, one, receipt=receipt) or receipt
        except NotNews:
            assert reason not in (Reason.OPENED, Reason.REOPENED, Reason.ESCALATED)
    for purpose in Purpose:
        tell(place, replace(CALL, id=f"notice/{purpose}", purpose=purpose), receipt=receipt)
