"""From the outbox to people: at least once, nothing twice, in order, whoever fails or dies."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select, update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import Incident, Reason, State
from alerts.notifiers import Notification, NotifierError
from detectors import Series
from monitor.daemon.courier import MISTAKES, Result
from monitor.daemon.dispatch import Dispatcher, deliver, reading
from monitor.daemon.heartbeat import beat
from monitor.doubles.serving import serving
from monitor.service import Health
from monitor.store import Database, LeaseLost, StoreBusy, notices, outbox, situations
from monitor.store.schema import briefing, notice, notification, telling
from tests.alerts import scenes
from tests.conftest import PATIENCE_S, new_store
from tests.notifiers import Unheard

NOW = scenes.DETECTED + timedelta(hours=1)


class Desk(Unheard):
    """A notifier that does what it is told by `before`, and shows what arrived.

    Where it replaces, it shows one message an incident, and looks for it where it is uncertain.
    """

    def __init__(self, name: str = "desk", *, replaces: bool = False) -> None:
        self.name, self.replaces = name, replaces
        self.asked: list[Notification] = []
        self.arrived: list[tuple[str, int]] = []
        self.messages: dict[str, str] = {}
        self.rung: list[tuple[str, str | None, str | None, bool]] = []
        self.before: Callable[[Notification | Notice], Awaitable[None]] | None = None
        self.after: Callable[[Notification | Notice], Awaitable[None]] | None = None

    async def send(self, notification: Notification) -> str | None:
        self.asked.append(notification)
        if self.before:
            await self.before(notification)
        self.arrived.append((notification.incident, notification.revision))
        receipt = self._post(notification) if self.replaces else None
        if self.after:
            await self.after(notification)
        return receipt

    def _post(self, notification: Notification) -> str:
        if notification.receipt:
            return notification.receipt
        if notification.uncertain:
            for receipt, incident in self.messages.items():
                if incident == notification.incident:
                    return receipt
        receipt = f"message {len(self.messages)}"
        self.messages[receipt] = notification.incident
        return receipt

    async def notify(
        self, notice: Notice, *, address: str | None, thread: str | None, uncertain: bool
    ) -> str | None:
        self.rung.append((notice.id, address, thread, uncertain))
        if self.before:
            await self.before(notice)
        if not (uncertain and self.replaces and (notice.id, 0) in self.arrived):
            self.arrived.append((notice.id, 0))
        if self.after:
            await self.after(notice)
        return f"receipt of {notice.id}" if self.replaces else None

    @property
    def told(self) -> list[str]:
        return [f"{id}/{revision}" if revision else id for id, revision in self.arrived]


class Counted:
    """Whoever counts results."""

    def __init__(self) -> None:
        self.results: list[tuple[str, Result]] = []
        self.seconds: list[float | None] = []
        self.purposes: list[str] = []

    def notified(self, notifier: str, result: Result, seconds: float | None, purpose: str) -> None:
        self.results.append((notifier, result))
        self.purposes.append(purpose)
        self.seconds.append(seconds)


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store for what is not about stores."""
    with closing(Database.open(new_store(request, tmp_path, "sqlite"))) as opened:
        yield opened


def news(
    database: Database,
    id: str,
    *reasons: Reason,
    minute: int = 0,
    to: tuple[str, ...] = ("desk",),
) -> None:
    """These things happen to an incident, in a minute each."""
    state = {Reason.ACKNOWLEDGED: State.ACKNOWLEDGED, Reason.RESOLVED: State.RESOLVED}
    template = scenes.briefing(said=[])
    with database.write() as connection:
        for n, reason in enumerate(reasons):
            at = scenes.DETECTED + timedelta(minutes=minute + n)
            known = connection.scalars(select(briefing.c.revision).filter_by(incident=id)).all()
            one = Incident(
                **{
                    **{name: getattr(scenes.incident(), name) for name in Incident.__slots__},
                    "id": id,
                    "revision": len(known) + 1,
                    "state": state.get(reason, State.OPEN),
                    "surges": (scenes.surge(Series("fjordwing", f"topic-{id}", "x")),),
                }
            )
            situations.put_incident(connection, one)
            situations.add_event(connection, one, reason, at=at, actor="seawall", detail="")
            content = replace(template, incident=id, revision=one.revision, reason=reason, at=at)
            situations.put_briefing(connection, one, content, to)


def ring(
    database: Database,
    id: str,
    *,
    minute: int = 0,
    to: str = "desk",
    address: str | None = None,
    **about: Any,
) -> None:
    """There is reason for a notice."""
    at = scenes.DETECTED + timedelta(minutes=minute)
    usual: dict[str, Any] = {"purpose": Purpose.CALL, "at": at, "title": id, "urgent": True}
    with database.write() as connection:
        notices.put(connection, Notice(id, **(usual | about)), to, address)


def rung(database: Database, notifier: str = "desk") -> dict[str, str | None]:
    """What became of notices."""
    n = notice.c
    with database.read() as connection:
        rows = connection.execute(select(n.id, n.outcome).filter_by(notifier=notifier))
        return dict(map(tuple, rows))  # type: ignore[arg-type]


def outcomes(database: Database, notifier: str = "desk") -> dict[str, str | None]:
    n = notification.c
    with database.read() as connection:
        rows = connection.execute(
            select(n.incident, n.revision, n.outcome).filter_by(notifier=notifier)
        )
        return {f"{id}/{revision}": outcome for id, revision, outcome in sorted(map(tuple, rows))}


def told_once(database: Database, *notifiers: Desk) -> int:
    return asyncio.run(deliver(database, notifiers, lambda: NOW))


@asynccontextmanager
async def dispatching(
    database: Database, *notifiers: Desk, **more: Any
) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work, with a writer's thread; it is not stopped: the process dies."""
    with ThreadPoolExecutor(1) as thread:

        def transaction(work: Callable[[Connection], Any]) -> Any:
            with database.write() as connection:
                return work(connection)

        async def write(work: Callable[[Connection], Any]) -> Any:
            return await asyncio.get_running_loop().run_in_executor(thread, transaction, work)

        usual: dict[str, Any] = {"now": lambda: NOW, "write": write, "read": reading(database)}
        dispatcher = Dispatcher([("test", one) for one in notifiers], **usual | more)
        await dispatcher.start()
        yield dispatcher
        dying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not happened():
            await asyncio.sleep(0.01)


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def refusing(*errors: Exception | None) -> Callable[[Notification | Notice], Awaitable[None]]:
    """Raise these, one a notification, and then no more."""
    left = list(errors)

    async def before(_notification: Notification | Notice) -> None:
        if left and (error := left.pop(0)):
            raise error

    return before


def test_an_incident_is_told_in_order_and_urgent_news_of_another_overtakes(
    database: Database,
) -> None:
    news(database, "a", Reason.OPENED)
    desk = Desk()
    assert told_once(database, desk) == 1
    news(database, "a", Reason.GREW, Reason.GREW, minute=1)
    news(database, "b", Reason.OPENED, Reason.GREW, minute=10)
    news(database, "c", Reason.OPENED, minute=9)
    news(database, "a", Reason.EXTENDED, minute=20)

    async def scene() -> None:
        async with dispatching(database, desk):
            await until(lambda: len(desk.told) == 7)

    asyncio.run(scene())
    assert desk.told[1:] == ["c/1", "b/1", "a/2", "a/3", "b/2", "a/4"]


def test_what_is_past_is_told_in_the_order_in_which_it_happened(sqlite: Database) -> None:
    news(sqlite, "a", Reason.OPENED, Reason.GREW, Reason.RESOLVED)
    news(sqlite, "b", Reason.OPENED, Reason.GREW, minute=1)
    desk = Desk()
    assert told_once(sqlite, desk) == 5
    assert desk.told == ["a/1", "a/2", "b/1", "a/3", "b/2"]


def test_where_one_message_shows_an_incident_only_its_newest_revision_is_sent(
    database: Database,
) -> None:
    counted = Counted()
    news(database, "a", Reason.OPENED, Reason.GREW, Reason.ACKNOWLEDGED)
    desk = Desk(replaces=True)

    async def scene() -> None:
        async with dispatching(database, desk, counting=counted):
            await until(lambda: counted.results)
            news(database, "a", Reason.RESOLVED, minute=3)
            await until(lambda: len(counted.results) == 4)

    asyncio.run(scene())
    assert desk.told == ["a/3", "a/4"]
    assert outcomes(database) == {
        "a/1": "overtaken",
        "a/2": "overtaken",
        "a/3": "delivered",
        "a/4": "delivered",
    }
    assert [result for _, result in counted.results[:3]] == ["delivered", "overtaken", "overtaken"]
    assert counted.seconds[:3] == [58 * 60, None, None]
    first, later = desk.asked
    assert (first.receipt, first.uncertain) == (None, False)
    assert (later.receipt, later.uncertain) == ("message 0", False)


def test_whoever_dies_while_telling_first_looks_before_telling_again(database: Database) -> None:
    news(database, "a", Reason.OPENED)
    desk = Desk(replaces=True)

    async def dies() -> None:
        async def never(_notification: Notification | Notice) -> None:
            await asyncio.Event().wait()

        desk.after = never
        async with dispatching(database, desk):
            await until(lambda: desk.told)

    asyncio.run(dies())
    assert outcomes(database) == {"a/1": None}
    desk.after = None
    news(database, "a", Reason.GREW, minute=1)
    assert told_once(database, desk) == 1
    assert [one.uncertain for one in desk.asked] == [False, True]
    assert desk.messages == {"message 0": "a"}
    with database.read() as connection:
        assert connection.scalars(select(telling.c.receipt)).all() == ["message 0"]


def test_only_an_attempt_without_an_answer_is_uncertain(sqlite: Database) -> None:
    for error, uncertain in (
        (NotifierError("the connection broke"), True),
        (NotifierError("too many requests", retry_after=0), False),
        (NotifierError("no such channel", permanent=True), False),
        (TimeoutError(), True),
    ):
        id, desk = repr(error), Desk(replaces=True)
        news(sqlite, id, Reason.OPENED)
        desk.before = refusing(error)
        told_once(sqlite, desk)
        news(sqlite, id, Reason.GREW, minute=1)
        told_once(sqlite, desk)
        assert [one.uncertain for one in desk.asked] == [False, uncertain], id


def test_what_is_refused_for_good_is_given_up_with_the_reason_and_the_next_is_tried(
    database: Database,
) -> None:
    news(database, "a", Reason.OPENED, Reason.GREW)
    with database.write() as connection:
        broken = update(briefing).where(briefing.c.revision == 2)
        connection.execute(broken.values(content='{"incident":"a"}'))
    news(database, "b", Reason.OPENED)
    desk = Desk()
    desk.before = refusing(NotifierError("no such\nchannel " + 999 * "!", permanent=True))
    assert told_once(database, desk) == 1
    found = outcomes(database)
    assert str(found["a/1"]).startswith("no such channel !!")
    assert len(str(found["a/1"])) <= 300
    assert found["a/2"] == "what the store has of it cannot be read"
    assert found["b/1"] == "delivered"


def test_after_a_failure_it_waits_as_long_as_it_was_asked_to_or_ever_longer(
    sqlite: Database,
) -> None:
    news(sqlite, "a", Reason.OPENED)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    desk = Desk()
    down = [NotifierError("down")] * 9
    asked = [NotifierError("later", retry_after=seconds) for seconds in (7, 1e9, -3)]
    desk.before = refusing(*asked, *down, None, NotifierError("down again"))

    async def scene() -> None:
        async with dispatching(sqlite, desk, sleep=sleep) as dispatcher:
            await until(lambda: desk.told)
            news(sqlite, "a", Reason.GREW, minute=1)
            dispatcher.wake()
            await until(lambda: len(desk.told) == 2)

    asyncio.run(scene())
    assert slept[:2] == [7, 3600]
    *backoff, again = slept[-10:]
    assert backoff == sorted(backoff)
    assert backoff[-1] == 60
    assert 1 <= again <= 2


def test_one_that_hangs_or_fails_holds_up_no_other_and_says_why(sqlite: Database) -> None:
    for n in range(3):
        news(sqlite, f"i{n}", Reason.OPENED, to=("desk", "hangs", "fails"))
    desk, hangs, fails = Desk(), Desk("hangs"), Desk("fails")
    forever, counted = asyncio.Event(), Counted()

    async def hang(_notification: Notification | Notice) -> None:
        await forever.wait()

    async def sleep(_seconds: float) -> None:
        await forever.wait()

    hangs.before = hang
    fails.before = refusing(NotifierError("the desk is on \x1b[1mfire"))

    async def scene() -> None:
        notifiers = (hangs, fails, desk)
        async with dispatching(sqlite, *notifiers, sleep=sleep, counting=counted) as dispatcher:
            await until(lambda: len(desk.told) == 3 and hangs.asked and fails.asked)
            await until(lambda: [one.waiting for one in dispatcher.statuses()] == [3, 3, 0])
            one, two, three = dispatcher.statuses()
            assert (one.health, three.health, three.problem) == (Health.WORKING,) * 2 + (None,)
            assert (two.name, two.kind, two.health) == ("fails", "test", Health.FAILING)
            assert (two.problem, two.failing_since) == ("the desk is on ␛[1mfire", NOW)
            assert ("fails", "failed") in counted.results

    asyncio.run(scene())


def test_a_mistake_in_a_notifier_is_logged_without_its_message_and_holds_up_nobody_for_long(
    sqlite: Database,
) -> None:
    news(sqlite, "a", Reason.OPENED)
    news(sqlite, "b", Reason.OPENED, minute=1)
    desk, hidden = Desk(), "token " + "s3" + "cret"

    async def stumble(notification: Notification | Notice) -> None:
        if notification.incident == "a":
            raise asyncio.CancelledError if len(desk.asked) == 2 else ValueError(hidden)

    desk.before = stumble

    async def scene() -> None:
        async with dispatching(sqlite, desk, sleep=at_once) as dispatcher:
            await until(lambda: desk.told)
            assert "s3cret" not in repr(dispatcher.statuses())

    with capture_logs() as logs:
        asyncio.run(scene())
    assert desk.told == ["b/1"]
    assert len(desk.asked) == MISTAKES + 1
    assert "ValueError" in str(outcomes(sqlite)["a/1"])
    mistakes = [one for one in logs if one["event"] == "a mistake in a notifier"]
    assert "stumble" in mistakes[0]["stack"]
    assert "s3cret" not in repr(logs)


def test_stopping_lets_what_is_being_sent_arrive(sqlite: Database) -> None:
    news(sqlite, "a", Reason.OPENED, Reason.GREW)
    desk = Desk()

    async def slowly(_notification: Notification | Notice) -> None:
        await asyncio.sleep(0.1)

    desk.before = slowly

    async def scene() -> None:
        async with dispatching(sqlite, desk) as dispatcher:
            await until(lambda: desk.asked)
            await dispatcher.stop()
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(scene())
    assert outcomes(sqlite) == {"a/1": "delivered", "a/2": None}


def test_what_the_store_could_not_take_is_settled_later_and_not_sent_again(
    sqlite: Database,
) -> None:
    news(sqlite, "a", Reason.OPENED)
    desk, busy = Desk(), [StoreBusy("locked")] * 3

    async def write(work: Callable[[Connection], Any]) -> Any:
        if desk.told and busy:
            raise busy.pop()
        with sqlite.write() as connection:
            return work(connection)

    async def scene() -> None:
        async with dispatching(sqlite, desk, write=write, sleep=at_once):
            await until(lambda: outcomes(sqlite) == {"a/1": "delivered"})

    asyncio.run(scene())
    assert (desk.told, busy) == (["a/1"], [])


def test_who_has_lost_the_store_to_another_process_tells_nobody(sqlite: Database) -> None:
    news(sqlite, "a", Reason.OPENED)
    desk, writes = Desk(replaces=True), 0

    async def write(work: Callable[[Connection], Any]) -> Any:
        nonlocal writes
        writes += 1
        if writes > 1:
            raise LeaseLost("lost")
        with sqlite.write() as connection:
            return work(connection)

    async def scene() -> None:
        async with dispatching(sqlite, desk, write=write):
            await until(lambda: writes == 2)
            await until(lambda: not [t for t in asyncio.all_tasks() if "desk" in t.get_name()])

    asyncio.run(scene())
    assert desk.asked == []


def test_who_comes_is_told_of_what_goes_on_and_who_left_of_nothing_more(
    database: Database,
) -> None:
    news(database, "over", Reason.OPENED, Reason.RESOLVED)
    news(database, "open", Reason.OPENED, Reason.GREW)
    comes, stays = Desk("comes"), Desk("stays")
    with database.write() as connection:
        outbox.tell_newest(connection, "open", ["stays"])
        for _ in range(2):
            outbox.follow(connection, ["stays", "comes"], NOW)
    told_once(database, comes, stays)
    assert (comes.told, stays.told) == (["open/2"], ["open/2"])
    assert {*outcomes(database).values()} == {outbox.GONE}
    back = Desk()
    with database.write() as connection:
        outbox.follow(connection, ["desk"], NOW)
    told_once(database, back)
    assert back.told == ["open/2"]


class Weather:
    """What befalls two notifiers: some revisions are refused for good, until `calm` others fail."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        keys = [f"i{n}/{revision}" for n in range(6) for revision in range(1, 99)]
        keys += [f"call {n}" for n in range(99)]
        self.refused = {key for key in keys if self.draw.random() < 0.1}
        self.calm, self.calls = False, 0
        self.notifiers = [Desk(), Desk("slack", replaces=True)]
        for one in self.notifiers:
            one.before, one.after = self._before, self._after

    async def _before(self, sent: Notification | Notice) -> None:
        await asyncio.sleep(self.draw.uniform(0, 0.004))
        if (sent.id if isinstance(sent, Notice) else sent.key) in self.refused:
            raise NotifierError("never", permanent=True)
        if not self.calm and self.draw.random() < 0.4:
            raise self.draw.choice([NotifierError("down"), NotifierError("wait", retry_after=0.1)])

    async def _after(self, _notification: Notification | Notice) -> None:
        await asyncio.sleep(self.draw.uniform(0, 0.004))
        if not self.calm and self.draw.random() < 0.2:
            raise self.draw.choice([NotifierError("the connection broke"), TimeoutError()])

    async def live(self, database: Database) -> None:
        """One process: some news, and then it dies; where it is calm, everything is told before."""
        async with dispatching(database, *self.notifiers, sleep=at_once) as dispatcher:
            for _ in range(4):
                id = f"i{self.draw.randrange(6)}"
                reason = self.draw.choice([Reason.GREW, Reason.ESCALATED, Reason.RESOLVED])
                minute = self.draw.randrange(60)
                to = ("desk", "slack")
                await asyncio.to_thread(news, database, id, reason, minute=minute, to=to)
                self.calls += 1
                for name in to:
                    await asyncio.to_thread(ring, database, f"call {self.calls}", to=name)
                dispatcher.wake()
                await asyncio.sleep(self.draw.uniform(0, 0.02))
            if self.calm:
                await until(lambda: None not in {*outcomes(database, "desk").values()})
                await until(lambda: None not in {*outcomes(database, "slack").values()})
                await until(lambda: None not in {*rung(database, "desk").values()})
                await until(lambda: None not in {*rung(database, "slack").values()})


@pytest.mark.parametrize("seed", range(2))
def test_whatever_fails_or_dies_everybody_knows_the_newest_in_the_end_and_nothing_twice(
    database: Database, seed: int
) -> None:
    weather = Weather(seed)
    lives = 8
    for life in range(lives):
        weather.calm = life == lives - 1
        asyncio.run(weather.live(database))
    desk, slack = weather.notifiers
    keys = outcomes(database)
    for id in {key.partition("/")[0] for key in keys}:
        wanted = [key for key in keys if key.startswith(f"{id}/") and key not in weather.refused]
        for one in (desk, slack):
            arrived = [revision for incident, revision in one.arrived if incident == id]
            assert arrived == sorted(arrived)
        assert {key for key in desk.told if key.startswith(f"{id}/")} == {*wanted}
        assert wanted[-1:] == [key for key in slack.told if key.startswith(f"{id}/")][-1:]
    assert len({*slack.messages.values()}) == len(slack.messages)
    calls = {id for id in rung(database) if id not in weather.refused}
    assert len(calls) > 2 * lives
    assert {id for id, revision in desk.arrived if not revision} == calls
    assert sorted(id for id, revision in slack.arrived if not revision) == sorted(calls)
    for one in (desk, slack):
        settled = outcomes(database, one.name)
        assert {key for key in settled if settled[key] == "never"} <= weather.refused
        asked = [sent.key for sent in one.asked]
        assert all(asked.count(key) <= lives for key in weather.refused), "once a process at most"


def test_urgent_notices_and_urgent_news_go_first_by_time_and_then_the_rest(
    database: Database,
) -> None:
    news(database, "a", Reason.OPENED)
    desk = Desk()
    told_once(database, desk)
    news(database, "a", Reason.GREW, minute=1)
    ring(database, "brief", minute=2, urgent=False, purpose=Purpose.INSTRUCTION)
    news(database, "b", Reason.OPENED, minute=4)
    ring(database, "call b", minute=5, incident="b")
    ring(database, "call a", minute=3, incident="a")

    async def scene() -> None:
        async with dispatching(database, desk):
            await until(lambda: len(desk.told) == 6)

    asyncio.run(scene())
    assert desk.told[1:] == ["call a", "b/1", "call b", "a/2", "brief"]


def test_a_notice_goes_to_its_person_and_under_the_message_of_its_incident(
    sqlite: Database,
) -> None:
    counted, desk = Counted(), Desk(replaces=True)
    news(sqlite, "a", Reason.OPENED)
    ring(sqlite, "call", minute=1, incident="a", address="U0KARI")
    ring(sqlite, "night", minute=2, purpose=Purpose.NIGHT, urgent=False)

    async def scene() -> None:
        async with dispatching(sqlite, desk, counting=counted):
            await until(lambda: len(counted.results) == 3)

    asyncio.run(scene())
    assert desk.rung == [
        ("call", "U0KARI", "message 0", False),
        ("night", None, None, False),
    ]
    assert counted.purposes == ["incident", "call", "night"]
    assert counted.seconds == [3600, 59 * 60, 58 * 60]
    with sqlite.read() as connection:
        n = notice.c
        rows = connection.execute(select(n.id, n.outcome, n.receipt, n.settled_at)).all()
    assert {tuple(row) for row in rows} == {
        (id, outbox.DELIVERED, f"receipt of {id}", NOW) for id in ("call", "night")
    }


def test_only_a_notice_whose_answer_was_lost_is_uncertain_when_it_is_sent_again(
    sqlite: Database,
) -> None:
    for error, uncertain in (
        (NotifierError("the connection broke"), True),
        (NotifierError("too many requests", retry_after=0), False),
        (TimeoutError(), True),
        (asyncio.CancelledError(), True),
    ):
        desk = Desk()
        ring(sqlite, repr(error))
        desk.before = refusing(error)
        told_once(sqlite, desk)
        told_once(sqlite, desk)
        assert [was for _, _, _, was in desk.rung] == [False, uncertain], repr(error)


def test_what_is_withdrawn_refused_or_for_somebody_who_left_says_so(database: Database) -> None:
    news(database, "a", Reason.OPENED)
    desk = Desk()
    told_once(database, desk)
    ring(database, "call", incident="a")
    ring(database, "reminder", incident="a", purpose=Purpose.REMINDER)
    ring(database, "brief", incident="a", purpose=Purpose.INSTRUCTION)
    ring(database, "left", to="gone")
    ring(database, "refused", minute=1)
    ring(database, "refused", minute=1)
    with database.write() as connection:
        outbox.follow(connection, ["desk"], NOW)
        needless = (Purpose.CALL, Purpose.REMINDER)
        assert notices.withdraw(connection, "a", needless, NOW) == 2
        assert outbox.waiting(connection) == {"desk": 2}
    desk.before = refusing(None, NotifierError("no such person", permanent=True))
    told_once(database, desk)
    assert desk.told == ["a/1", "brief"]
    assert rung(database) == {
        "call": notices.WITHDRAWN,
        "reminder": notices.WITHDRAWN,
        "brief": outbox.DELIVERED,
        "refused": "no such person",
    }
    assert rung(database, "gone") == {"left": outbox.GONE}


def test_after_an_hour_without_answers_everything_arrives_once_and_what_matters_first(
    sqlite: Database,
) -> None:
    slack, at = Desk("slack", replaces=True), [NOW]
    weather = [
        NotifierError("429", retry_after=30),
        NotifierError("500"),
        TimeoutError(),
        NotifierError("the connection broke"),
    ]
    for n in range(3):
        news(sqlite, f"old{n}", Reason.OPENED, minute=n, to=("slack",))
    asyncio.run(deliver(sqlite, [slack], lambda: at[0]))
    known = len(slack.told)

    async def down(_sent: Notification | Notice) -> None:
        if at[0] < NOW + timedelta(hours=1):
            weather.append(weather.pop(0))
            raise weather[0]

    async def sleep(seconds: float) -> None:
        at[0] += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    for n in range(3):
        news(sqlite, f"old{n}", Reason.GREW, Reason.GREW, minute=10 + n, to=("slack",))
    ring(sqlite, "night", minute=12, to="slack", purpose=Purpose.NIGHT, urgent=False)
    news(sqlite, "new", Reason.OPENED, Reason.GREW, minute=20, to=("slack",))
    news(sqlite, "old2", Reason.ESCALATED, minute=22, to=("slack",))
    ring(sqlite, "call", minute=21, to="slack", incident="new")
    slack.before = down

    async def scene() -> None:
        async with dispatching(sqlite, slack, now=lambda: at[0], sleep=sleep):
            await until(lambda: None not in {*outcomes(sqlite, "slack").values()})
            await until(lambda: None not in {*rung(sqlite, "slack").values()})

    asyncio.run(scene())
    assert slack.told[known:] == ["old2/4", "new/2", "call", "old0/3", "old1/3", "night"]
    assert sorted(slack.messages.values()) == ["new", "old0", "old1", "old2"]
    assert len(slack.asked) + len(slack.rung) < 100, "it was left alone while it was down"


def test_a_sign_of_life_is_heard_or_not_and_its_address_is_never_told() -> None:
    async def hear(request: Request) -> Response:
        return PlainTextResponse("", status_code=200 if "s3cret" in str(request.url) else 404)

    async def scene(url: str) -> list[bool]:
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            elsewhere = [f"{url}/wrong", "http://127.0.0.1:1/s3cret", "http://[s3cret", "s3cret"]
            return [await beat(client, one) for one in (f"{url}/s3cret", *elsewhere)]

    with capture_logs() as logs, serving(Starlette(routes=[Route("/{key}", hear)])) as url:
        assert asyncio.run(scene(url)) == [True, False, False, False, False]
    assert len(logs) == 4
    assert "s3cret" not in repr(logs)
