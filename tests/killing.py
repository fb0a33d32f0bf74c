"""A daemon that is killed anywhere, again and again: where it dies, and what must be left."""

import functools
import inspect
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, event, func, select

from alerts.incidents.incident import Reason, State
from alerts.notifiers._slack_controls import ACKNOWLEDGE
from monitor import clock
from monitor.store import Database, outbox, schema
from monitor.watch import Watch
from tests.daemons import (
    BEGIN,
    CHANNEL,
    HOUR,
    MINUTE,
    SECRETS,
    Airline,
    Scene,
    every_minute_is_counted_once,
    every_post_is_there_once,
    scene,
)

KILLS = int(os.environ.get("SEAWALL_KILLS", "30"))
"""How often the daemon is killed, and half as often on a second kind of store."""

OFTEN = 15
"""Of so many kills one at each step, at least."""

RATE = 600.0
PATIENCE_S = 6.0
"""A life that does not come to the point where it should end is ended after so long; the next one
that should end there has twice as long, as where the machine has much else to do."""

LONGEST_S = 180.0


STEPS = (
    "a delivery received and not taken",
    "a delivery about to be committed",
    "a delivery committed",
    "an attempt not yet noted",
    "noted and not sent",
    "posted and not answered",
    "answered and not settled",
    "settled",
    "a request paid for and not sent",
    "a request billed and not answered",
    "a person's step not yet taken",
    "a person's step taken and not answered",
    "posts forgotten and not committed",
)
RANDOM = "any moment"
PERSONS = STEPS[10:12]
RARE = {STEPS[3], *STEPS[10:]}


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hooked(
    owner: Any,
    name: str,
    *,
    before: Callable[[], None] = lambda: None,
    after: Callable[[Any], None] = lambda _: None,
) -> None:
    """Have something done before and after each call of a function."""
    original = getattr(owner, name)

    @functools.wraps(original)
    async def waited(*arguments: Any, **named: Any) -> Any:
        before()
        outcome = await original(*arguments, **named)
        after(outcome)
        return outcome

    @functools.wraps(original)
    def called(*arguments: Any, **named: Any) -> Any:
        before()
        outcome = original(*arguments, **named)
        after(outcome)
        return outcome

    setattr(owner, name, waited if inspect.iscoroutinefunction(original) else called)


@dataclass(frozen=True, slots=True)
class KilledAt:
    """Kill this process when it comes to a step for the nth time."""

    step: str
    number: int

    def __call__(self) -> None:
        """Watch for it."""
        from alerts.notifiers._slack_notifier import SlackNotifier
        from alerts.notifiers.webhook import WebhookNotifier
        from monitor.daemon import chores
        from monitor.daemon.purse import StoredPurse
        from monitor.daemon.writer import Writer
        from monitor.incidents import pressing
        from monitor.metrics import Metrics
        from monitor.store import retention

        left = iter(range(self.number - 1, -1, -1))

        def count(*outcome: Any) -> None:
            if outcome != (0,) and not next(left):
                die()

        def commit_is_near() -> None:
            if not next(left):
                event.listen(Engine, "commit", die)

        before: dict[str, tuple[Any, str]] = {
            STEPS[0]: (Writer, "take"),
            STEPS[3]: (outbox, "attempt"),
            STEPS[4]: (SlackNotifier, "send"),
            STEPS[7]: (Metrics, "notified"),
            STEPS[10]: (pressing, "done"),
        }
        after: dict[str, list[tuple[Any, str]]] = {
            STEPS[2]: [(Watch, "take")],
            STEPS[6]: [(SlackNotifier, "send"), (WebhookNotifier, "send")],
            STEPS[8]: [(StoredPurse, "pay")],
            STEPS[11]: [(pressing, "done")],
            STEPS[12]: [(retention, "purge")],
        }
        chores.CHUNK = 5
        if self.step == STEPS[1]:
            hooked(Watch, "take", before=commit_is_near)
        elif self.step in before:
            hooked(*before[self.step], before=count)
        for owner, name in after.get(self.step, ()):
            hooked(owner, name, after=count)


ANSWERS = {
    STEPS[5]: (("slack", "/api/chat."), ("hook", "/hook")),
    STEPS[9]: (("x", "/2/"),),
}
"""Steps at which it is the other side that has done something: the double says when."""


@dataclass
class Story:
    """One store through many lives."""

    the: Scene
    url: str
    database: Database
    airline: Airline
    hits: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)
    promised: set[str] = field(default_factory=set)
    kills: int = 0
    draw: random.Random = field(default_factory=lambda: random.Random(11))
    _killing: BaseProcess | None = None

    def begin(self) -> None:
        """The first life learns of the days before."""
        process = self.the.start(self.url)
        self._wait(process, self._caught_up)
        process.kill()
        process.join()

    def live_and_die(self) -> None:
        """One life, which ends at the step that was met least so far, or at any moment."""
        tries = {one: self.hits[one] + self.misses[one] / 5 for one in (*STEPS, RANDOM)}
        least = min(tries.values())
        step = self.draw.choice([one for one, number in tries.items() if number <= least + 0.2])
        patience = PATIENCE_S * 2 ** min(self.misses[step], 4)
        if step == RANDOM:
            patience = self.draw.uniform(0.05, PATIENCE_S)
        rare = step in RARE or self.misses[step]
        often = 1 if rare else self.draw.randint(1, 3)
        self._arm(step, often)
        process = self.the.start(self.url, KilledAt(step, often))
        self._killing = process
        until = clock.stopwatch() + patience
        while process.is_alive() and clock.stopwatch() < until:
            process.join(0.1)
            if step in PERSONS or self.draw.random() < 0.1:
                self._take_in_hand()
        met = not process.is_alive()
        process.kill()
        process.join()
        self._disarm()
        assert process.exitcode == -signal.SIGKILL, self.the.said()[-3000:]
        self.hits[step if met else RANDOM] += 1
        if not met and step != RANDOM:
            self.misses[step] += 1
        self.kills += 1

    def end(self) -> None:
        """The floods are over, and a last life goes on until all is quiet; it ends in order."""
        self.airline.calm = self.the.clock.now() + MINUTE
        process = self.the.start(self.url)
        self._wait(process, self._quiet)
        process.terminate()
        process.join(LONGEST_S)
        assert process.exitcode == 0, self.the.said()[-3000:]

    def _wait(self, process: BaseProcess, done: Callable[[], bool]) -> None:
        until = clock.stopwatch() + LONGEST_S
        while not done():
            assert process.is_alive(), self.the.said()[-3000:]
            assert clock.stopwatch() < until, (self._standing(), self.the.said()[-3000:])
            process.join(0.2)
            self._take_in_hand()

    def _caught_up(self) -> bool:
        with self.database.read() as connection:
            lag = [self.the.clock.now() - at for at in self._untils(connection)]
        return len(lag) == 2 and max(lag) < HOUR

    def _quiet(self) -> bool:
        """Everything is counted, resolved and told."""
        with self.database.read() as connection:
            over = min(self._untils(connection)) > (self.airline.calm or BEGIN) + HOUR / 2
            open_ = select(func.count()).where(schema.incident.c.state != State.RESOLVED)
            return over and not connection.scalar(open_) and not outbox.waiting(connection)

    def _standing(self) -> Any:
        with self.database.read() as connection:
            states = list(connection.execute(select(schema.incident.c.id, schema.incident.c.state)))
            return (
                self.the.clock.now(),
                self._untils(connection),
                states,
                outbox.waiting(connection),
            )

    @staticmethod
    def _untils(connection: Connection) -> list[datetime]:
        return [at for at in connection.scalars(select(schema.source.c.until)) if at]

    def _arm(self, step: str, often: int) -> None:
        """Have the doubles kill when they are about to answer for the nth time."""
        left = iter(range(often - 1, -1, -1))

        def answering(begins: str, path: str) -> None:
            if path.startswith(begins) and next(left, 1) == 0 and self._killing:
                self._killing.kill()
                clock.sleep(0.05)

        for name, begins in ANSWERS.get(step, ()):
            self.the.apps[name].answering = functools.partial(answering, begins)

    def _disarm(self) -> None:
        self._killing = None
        for app in self.the.apps.values():
            app.answering = lambda _path: None

    def _take_in_hand(self) -> None:
        """Somebody acknowledges what is open, on Slack or through the API."""
        for message in reversed(self.the.slack.messages[CHANNEL]):
            button = message.button(ACKNOWLEDGE, None)
            if message.to is None and button and message.incident not in self.promised:
                id = str(message.incident)
                if self.draw.random() < 0.5:
                    self.the.slack.press(ACKNOWLEDGE, str(button["value"]))
                else:
                    self._through_api(id)
                return

    def _through_api(self, id: str) -> None:
        key = {"Authorization": f"Bearer {SECRETS['SCENE_KARI']}"}
        with suppress(httpx.HTTPError):
            answer = httpx.post(
                f"{self.the.page}/api/v1/incidents/{id}/acknowledge", headers=key, timeout=0.5
            )
            if answer.status_code == 200:
                self.promised.add(id)


def loses_nothing_and_doubles_nothing(url: str, folder: Path, kills: int = KILLS) -> None:
    """The whole story of the store at `url`, and what is in it afterwards."""
    airline = Airline(days=2)
    with (
        scene(folder, airline.written, rate=RATE) as the,
        closing(Database.open(url)) as database,
    ):
        story = Story(the, url, database, airline)
        story.begin()
        least = max(1, kills // OFTEN)
        while story.kills < kills or min(story.hits[step] for step in STEPS) < least:
            story.live_and_die()
        story.end()
        (folder / "kills.json").write_text(json.dumps(story.hits), encoding="utf-8")
        with database.read() as connection:
            assert every_post_is_there_once(the, airline, connection), "none was forgotten"
            every_minute_is_counted_once(the, airline, connection, folder)
            everybody_was_told_of_everything(the, connection, kills)
            every_promise_was_kept(story, connection)
            every_cent_was_set_aside(the, connection)


def everybody_was_told_of_everything(the: Scene, connection: Connection, kills: int) -> None:
    """The newest of each incident, in one message on Slack; the webhook of every revision.

    What begins while much else does, as after a long death, is told by a list of all of it.
    """
    n, e = schema.notification.c, schema.event.c
    rows = connection.execute(
        select(n.incident, n.revision, n.notifier, n.outcome, e.kind).join(
            schema.event, (e.incident == n.incident) & (e.number == n.revision - 1)
        )
    ).all()
    newest = {row.incident: row.revision for row in sorted(rows, key=lambda row: row.revision)}
    assert len(newest) >= kills // 10
    states = dict(
        tuple(row)
        for row in connection.execute(select(schema.incident.c.id, schema.incident.c.revision))
    )
    assert newest.items() <= states.items(), "the newest revision was not in the outbox"
    kinds = Counter((row.incident, row.kind) for row in rows if row.notifier == "slack")
    returned = Counter({id: n for (id, kind), n in kinds.items() if kind == Reason.REOPENED})
    told_of = {
        outcome: {
            row.incident for row in rows if row.notifier == "slack" and row.outcome == outcome
        }
        for outcome in (outbox.DELIVERED, outbox.LISTED)
    }
    posted = set(the.slack.posted) - {""}
    assert posted == told_of[outbox.DELIVERED]
    assert newest.keys() - posted <= told_of[outbox.LISTED]
    for id, messages in the.slack.posted.items():
        if id:
            assert 1 <= messages <= 1 + returned[id], id
    assert len(newest) > 2 * len(returned), "the story has to test something"
    for message in the.slack.messages[CHANNEL]:
        shown = (message.now.metadata or {}).get("event_payload", {})
        alone = message.incident not in told_of[outbox.LISTED]
        if message.to is None and alone and the.slack.posted[message.incident or ""] == 1:
            assert shown["revision"] == newest[str(message.incident)]
    told = {
        f"{row.incident}/{row.revision}"
        for row in rows
        if row.notifier == "webhook" and row.outcome == outbox.DELIVERED
    }
    untold = {
        row.kind
        for row in rows
        if row.notifier == "webhook" and row.outcome not in (outbox.DELIVERED, outbox.LISTED)
    }
    assert {key for key in the.receiver.keys if key.rpartition("/")[0] in newest} == told
    assert untold <= {Reason.REVISED}
    for key, body in the.receiver.bodies.items():
        assert json.loads(body)["id"] == key


def every_promise_was_kept(story: Story, connection: Connection) -> None:
    """Who was told that an incident is theirs has it, and nobody took it twice."""
    e = schema.event.c
    taken = Counter(
        connection.scalars(select(e.incident).where(e.kind == Reason.ACKNOWLEDGED)).all()
    )
    assert story.promised <= taken.keys()
    reopened = {*connection.scalars(select(e.incident).where(e.kind == Reason.REOPENED))}
    assert all(number == 1 for id, number in taken.items() if id not in reopened)
    assert taken


def every_cent_was_set_aside(the: Scene, connection: Connection) -> None:
    spent = connection.scalar(select(schema.spending.c.micros)) or 0
    assert 0 < the.x.billed_micros <= spent <= 100_000 * 10**6
