"""Killed between the store and people, at every step, for every notifier: delivered once after it.

Where nobody can look whether a message arrived (a printout, a mailbox, a phone), one that was sent
and not settled is sent again, as what it was: the same key, the same Message-ID, the same words.
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.incidents.incident import Reason
from alerts.notifiers import Notifier, Places, notifier_kinds
from monitor import clock
from monitor.daemon import parcels
from monitor.daemon.courier import Courier
from monitor.daemon.dispatch import deliver
from monitor.daemon.parcels import News, Parcel, Ring
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.store import Database, outbox
from monitor.store.outbox import Turn
from tests.alerts.notifiers.test_webhook import Receiver
from tests.conftest import new_store
from tests.forked import forking
from tests.mailbox import Mailbox, mailbox
from tests.monitor.test_dispatch import NOW, news, outcomes, ring, rung

PLACES = Places("seawall incidents ack {incident}", "https://seawall.example/incidents/{incident}")
CHANNEL = "C0SEAWALL"
KINDS = ("apprise", "email", "slack", "terminal", "webhook")
LOOKS = {"slack"}
"""Who can look for what it sent; the others send it again."""

READ, NOTED, SENT, SETTLED = STEPS = (
    "read and not noted",
    "noted and not sent",
    "sent and not settled",
    "settled",
)


@dataclass(frozen=True, slots=True)
class KilledOnce:
    """Kill this process at a step, once for everything that is to be delivered."""

    step: str
    file: Path

    def __call__(self) -> None:
        """Watch for it."""
        find, bring = parcels.find, Courier.bring

        def found(*given: Any, **named: Any) -> Parcel | None:
            parcel = find(*given, **named)
            if parcel is not None and self.step == READ:
                self._die(parcel)
            return parcel

        async def brought(courier: Courier, turn: Turn) -> Any:
            result = await bring(courier, turn)
            if self.step == SETTLED:
                self._die(f"{courier.notifier.name} {turn}")
            return result

        parcels.find, Courier.bring = found, brought  # type: ignore[assignment, method-assign]
        for kind in (News, Ring):
            kind.send = self._sending(kind.send)  # type: ignore[method-assign]

    def _sending(self, send: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def sent(parcel: Any) -> str | None:
            if self.step == NOTED:
                self._die(parcel)
            receipt: str | None = await send(parcel)
            if self.step == SENT:
                self._die(parcel)
            return receipt

        return sent

    def _die(self, what: Any) -> None:
        key = what if isinstance(what, str) else f"{what.notifier.name} {what.key}"
        died = self.file.read_text("utf-8").splitlines() if self.file.exists() else []
        if key not in died:
            self.file.write_text("\n".join([*died, key]), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)


def built(name: str, options: Mapping[str, Any]) -> Notifier:
    kind = notifier_kinds()[name]
    return kind.build(kind.options.model_validate(options[name]), name=name, places=PLACES)


def live(
    url: str,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    printed: Path,
    killed: KilledOnce,
) -> None:
    """A life that delivers what waits."""
    os.environ.update(environment)
    sys.stdout = printed.open("a", encoding="utf-8")
    sys.stderr = printed.with_suffix(".log").open("a", encoding="utf-8")
    killed()
    with closing(Database.open(url)) as database:
        with database.read() as connection:
            waiting = sorted(outbox.waiting(connection))
        for name in waiting:
            asyncio.run(deliver(database, [built(name, options)], lambda: NOW))


@dataclass(slots=True)
class World:
    """Where everybody is told, in this process, and what arrived there, each by what it is."""

    receiver: Receiver
    box: Mailbox
    slack: SlackDouble
    printed: Path
    options: Mapping[str, Any]
    environment: Mapping[str, str]

    def arrived(self) -> dict[str, Counter[str]]:
        posted = [(headers, json.loads(body)) for headers, body in self.receiver.got]
        printed = self.printed.read_text("utf-8") if self.printed.exists() else ""
        messages = self.slack.messages[CHANNEL]
        in_slack = [one for said in messages for one in (said, *self.slack.thread(said))]
        return {
            "apprise": Counter(
                one["title"] + one["message"] for _, one in posted if "message" in one
            ),
            "email": Counter(str(mail["Message-ID"]) for mail in self.box.mails),
            "slack": Counter(json.dumps(message.now.metadata) for message in in_slack),
            "terminal": Counter({"news": printed.count("╭"), "notice": printed.count("◆ call")}),
            "webhook": Counter(
                headers["seawall-key"] for headers, _ in posted if "seawall-key" in headers
            ),
        }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    environment = {
        "SCENE_TOKEN": "xoxb-planted-0123456789",
        "SCENE_SECRET": "shared-planted-0123456789",
    }
    slack = SlackDouble(now=clock.wall, token=environment["SCENE_TOKEN"], pace_s=0.0)
    receiver = Receiver()
    with serving(receiver.app) as hook, serving(slack.app) as api, mailbox() as (box, port):
        environment |= {
            "SCENE_HOOK": f"{hook}/hook",
            "SCENE_URLS": f"{hook.replace('http', 'json', 1)}/phone",
        }
        people = {"from": "seawall@fjordwing.example", "to": ["leads@fjordwing.example"]}
        options = {
            "apprise": {"urls": {"env": "SCENE_URLS"}},
            "email": {"host": "127.0.0.1", "port": port, "security": "none", **people},
            "slack": {
                "channel": CHANNEL,
                "token": {"env": "SCENE_TOKEN"},
                "app_token": None,
                "base_url": f"{api}/api/",
            },
            "terminal": {"width": 80},
            "webhook": {"url": {"env": "SCENE_HOOK"}, "secret": {"env": "SCENE_SECRET"}},
        }
        yield World(receiver, box, slack, tmp_path / "printed.txt", options, environment)


@pytest.mark.parametrize("step", STEPS)
def test_whoever_is_killed_while_telling_people_tells_them_once(
    world: World, request: pytest.FixtureRequest, tmp_path: Path, step: str
) -> None:
    assert {*KINDS} == notifier_kinds().keys()
    url = new_store(request, tmp_path, "sqlite")
    killed = KilledOnce(step, tmp_path / "killed.txt")
    with closing(Database.open(url)) as database:
        news(database, "a", Reason.OPENED, to=KINDS)
        for name in KINDS:
            ring(database, "call", minute=1, to=name, incident="a")
        given = (url, world.options, world.environment, world.printed, killed)
        codes = []
        while not codes or codes[-1] == -signal.SIGKILL:
            process = forking().Process(target=live, args=given)
            process.start()
            process.join()
            codes.append(process.exitcode)
        said = world.printed.with_suffix(".log").read_text("utf-8")
        assert codes == [-signal.SIGKILL] * 2 * len(KINDS) + [0], said[-3000:]
        for name in KINDS:
            assert outcomes(database, name) == {"a/1": "delivered"}
            assert rung(database, name) == {"call": "delivered"}
    for name, messages in world.arrived().items():
        times = 2 if step == SENT and name not in LOOKS else 1
        assert [*messages.values()] == [times, times], (name, messages)
