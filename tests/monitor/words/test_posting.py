"""What people ask to have posted: exactly what was approved, while it holds, and public once."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from alerts.incidents.incident import Reason
from alerts.notifiers import Places
from alerts.publishers import Words, publisher_kinds
from alerts.publishers.bluesky import BlueskyPublisher
from alerts.publishers.mastodon import MastodonPublisher
from alerts.publishers.x import XPublisher
from alerts.words.approval import Message, MessageState
from monitor import clock, probes
from monitor.configuration import Configuration, loads
from monitor.daemon.dispatch import reading
from monitor.daemon.poster import Poster
from monitor.doubles.accounts import Account, XAccount
from monitor.doubles.failures import Failure
from monitor.metrics import Metrics
from monitor.service import Health, NotifierStatus
from monitor.store import Database, calls, postings, spending
from monitor.words import posting
from tests.accounts import SECRETS, keep, open_accounts
from tests.airline import CONFIGURATION
from tests.forked import forking
from tests.killing import die, hooked
from tests.monitor.words.conftest import BOTH, ID, PEOPLE, Evening
from tests.prometheus import until

KINDS = [*publisher_kinds()]
SAFE = [name for name, kind in publisher_kinds().items() if kind.repeats]
PATIENCE_S = 20.0


async def run(
    configuration: Configuration, database: Database, now: datetime, counting: Metrics | None = None
) -> list[NotifierStatus]:
    """A daemon's life at a time that stands still: until nothing is to be posted at that time."""

    async def write(work: Any) -> Any:
        def written() -> Any:
            with database.write() as connection:
                return work(connection)

        return await asyncio.to_thread(written)

    publishers = [
        publisher_kinds()[one.kind].build(one.options, name=one.name)
        for one in configuration.publish
    ]
    life = Poster(
        publishers,
        configuration,
        read=reading(database),
        write=write,
        now=lambda: now,
        counting=counting,
    )
    life.start()
    end = clock.stopwatch() + PATIENCE_S
    while clock.stopwatch() < end:
        await asyncio.sleep(0.05)
        with database.read() as connection:
            waiting = postings.waiting(connection)
            if not any(postings.due(connection, name, now) for name in waiting):
                break
    await life.stop()
    return life.statuses()


@dataclass
class Street:
    """The evening, and the accounts that it is posted on."""

    evening: Evening
    accounts: dict[str, Account]
    written: str
    counting: Metrics = field(default_factory=Metrics)

    def approved(self, channel: str, phase: str = "seen") -> Message:
        """A German message that may be posted."""
        one = self.evening.submit(phase=phase, channel=channel)
        self.evening.approve("kari", one)
        return self.evening.message(one.id)

    def ask(self, one: Message, who: str = "ida") -> str:
        return self.evening.do(who, "post", one.id, plain=one.sha256)

    def go(self, seconds: float = 0) -> list[NotifierStatus]:
        """The daemon goes on, so many seconds later."""
        self.evening.now += timedelta(seconds=seconds)
        evening = self.evening
        return asyncio.run(run(evening.configuration, evening.database, evening.now, self.counting))

    def now(self, one: Message) -> Message:
        return self.evening.message(one.id)

    def public(self, one: Message) -> list[str]:
        return [post.text for post in self.accounts[one.channel].posts]

    def count(self, publisher: str, outcome: str) -> float | None:
        name, labels = "seawall_publications_total", {"publisher": publisher, "outcome": outcome}
        return self.counting.registry.get_sample_value(name, labels)


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[dict[str, Account], str]]:
    with open_accounts() as there:
        yield there


@pytest.fixture
def street(
    evening: Evening, opened: tuple[dict[str, Account], str], monkeypatch: pytest.MonkeyPatch
) -> Street:
    keep(monkeypatch)
    accounts, publish = opened
    for one in accounts.values():
        one.forget()
    written = CONFIGURATION + PEOPLE + publish
    evening.configuration = loads(written)
    return Street(evening, accounts, written)


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_approved_is_posted_when_somebody_asks_and_its_link_comes_back(
    street: Street, kind: str
) -> None:
    one = street.approved(kind)
    street.go(60)
    assert street.public(one) == [], "nothing is posted that nobody asked for"
    street.ask(one)
    street.go()
    after = street.now(one)
    assert street.public(one) == [one.text]
    assert (after.state, after.posted_by) == (MessageState.POSTED, "Ida Dahl")
    assert after.link.startswith("https://")
    assert street.evening.trail(one.id)[-2:] == [("Ida Dahl", "posting"), ("Ida Dahl", "posted")]
    assert street.evening.told()[-1].endswith(after.link)
    assert street.count(kind, "posted") == 1


def test_the_incident_s_clock_records_the_first_public_word(street: Street) -> None:
    street.ask(street.approved("mastodon"))
    street.go(90)
    [word] = [
        one
        for one in street.evening.read(lambda c: calls.happened(c, [ID]))[ID]
        if one.kind == Reason.POSTED
    ]
    assert (word.at, word.actor) == (street.evening.now, "Ida Dahl")


def test_what_x_costs_is_told_before_and_is_kept(street: Street) -> None:
    plain = street.approved("x")
    assert street.ask(plain) == "to be posted on x, for $0.015, by Ida Dahl"
    linked = street.evening.draft(
        channel="x", phase="seen", text="Wir sehen eure Nachrichten. https://fjordwing.example/a"
    )
    offered = posting.offer(street.evening.configuration, "fjordwing", linked)
    assert offered == posting.Offer("x", linked.channel, 200_000)
    street.go()
    x = street.accounts["x"]
    assert isinstance(x, XAccount)
    assert (x.billed_micros, spent(street)) == (15_000, 15_000)
    assert street.ask(street.approved("bluesky")) == "to be posted on bluesky, by Ida Dahl"


def spent(street: Street) -> int:
    return street.evening.read(lambda c: spending.of_month(c, street.evening.now))


# what is not posted


def test_nothing_is_posted_but_what_was_approved_as_it_was_read(street: Street) -> None:
    evening = street.evening
    draft = evening.draft(phase="seen")
    assert "it is draft" in evening.refused("ida", "post", draft.id, plain=draft.sha256)
    one = street.approved("x")
    for read, why in {"": "by all of its hash", "0" * 64: "changed since you read it"}.items():
        assert why in evening.refused("ida", "post", one.id, plain=read)
    assert "may not act" in evening.refused("guest", "post", one.id, plain=one.sha256)
    street.ask(one)
    assert evening.refused("ola", "post", one.id, plain=one.sha256) == "it is being posted already"
    street.go()
    assert "it is posted" in evening.refused("ida", "post", one.id, plain=one.sha256)
    assert street.public(one) == [one.text]


def test_where_there_is_no_account_people_post_by_hand(street: Street) -> None:
    one = street.approved("facebook")
    refused = street.evening.refused("ida", "post", one.id, plain=one.sha256)
    assert refused == "no account of ours is configured on facebook: post it by hand"
    assert posting.offer(street.evening.configuration, "fjordwing", one) is None


def test_a_reply_to_one_person_is_never_posted_by_seawall(street: Street) -> None:
    one = street.approved("x", phase="details")
    refused = street.evening.refused("ida", "post", one.id, plain=one.sha256)
    assert refused == "it answers one person: copy it, and answer there by hand"


def test_a_fact_that_no_longer_holds_keeps_a_message_in(street: Street) -> None:
    evening = street.evening
    evening.confirm("next_update", "30m")
    asked, late = street.approved("x", "working"), street.approved("mastodon", "working")
    street.ask(asked)
    evening.now += timedelta(minutes=31)
    assert "is expired" in evening.refused("ida", "post", late.id, plain=late.sha256)
    street.go()
    assert (street.public(asked), street.now(asked).state) == ([], MessageState.APPROVED)
    assert evening.notices("ida")[-1] == f"Not posted on x: German message (working, x) {asked.id}"
    assert street.count("x", "not_posted") == 1


def test_what_the_linter_would_not_let_pass_any_more_is_not_posted(street: Street) -> None:
    evening = street.evening
    asked, late = street.approved("x"), street.approved("mastodon")
    street.ask(asked)
    never = "name: Fjordwing Air, voice: {never: {de: [Buchen]}},"
    evening.configuration = loads(street.written.replace("name: Fjordwing Air,", never))
    assert "house (Buchen)" in evening.refused("ida", "post", late.id, plain=late.sha256)
    street.go()
    assert (street.public(asked), street.now(asked).state) == ([], MessageState.APPROVED)


def test_what_was_changed_after_somebody_asked_is_not_posted(street: Street) -> None:
    one = street.approved("bluesky")
    street.ask(one)
    street.evening.do("ola", "edit", one.id, plain=one.text + " ")
    street.go()
    assert (street.public(one), street.now(one).state) == ([], MessageState.DRAFT)


def test_what_was_posted_by_hand_meanwhile_is_not_posted_again(street: Street) -> None:
    one = street.approved("bluesky")
    street.ask(one)
    street.evening.do("ola", "posted", one.id, plain="https://x.example/1")
    street.go()
    assert (street.public(one), street.now(one).posted_by) == ([], "Ola Berg")
    assert not [title for title in street.evening.notices() if "Not posted" in title]


def test_a_daemon_that_comes_too_late_does_not_post(street: Street) -> None:
    one = street.approved("x")
    street.ask(one)
    street.go(posting.PATIENCE.total_seconds() + 1)
    assert (street.public(one), street.now(one).state) == ([], MessageState.APPROVED)
    street.ask(one)
    street.go()
    assert street.public(one) == [one.text]


def test_an_account_that_is_configured_no_more_posts_nothing_and_that_is_told(
    street: Street,
) -> None:
    one = street.approved("x")
    street.ask(one)
    street.evening.configuration = loads(CONFIGURATION + PEOPLE)
    street.go()
    assert street.public(one) == []
    assert street.evening.notices("ida")[-1].startswith("Not posted on x")


# who refuses, and who asks to wait


@pytest.mark.parametrize("kind", KINDS)
def test_who_refuses_for_good_is_not_asked_again_and_whoever_asked_is_told(
    street: Street, kind: str
) -> None:
    one = street.approved(kind)
    street.ask(one)
    street.accounts[kind].failures.told(Failure(401))
    status = {one.name: one for one in street.go()}[kind]
    assert status.health is Health.FAILING
    assert "401" in str(status.problem)
    assert street.now(one).state is MessageState.APPROVED
    assert street.evening.notices("ida")[-1].startswith(f"Not posted on {kind}")
    assert (street.count(kind, "not_posted"), spent(street)) == (1, 0)
    street.go(600)
    assert street.public(one) == []


@pytest.mark.parametrize("kind", KINDS)
def test_who_asks_to_wait_is_asked_again_then_and_the_post_is_public_once(
    street: Street, kind: str
) -> None:
    one = street.approved(kind)
    street.ask(one)
    street.accounts[kind].failures.told(Failure(429, {"retry-after": "90"}))
    status = {one.name: one for one in street.go()}[kind]
    assert (status.health, status.waiting) == (Health.FAILING, 1)
    street.go(80)
    assert (street.public(one), len(street.accounts[kind].requests)) == ([], 1)
    assert {one.name: one.health for one in street.go(10)}[kind] is Health.WORKING
    assert street.public(one) == [one.text]
    assert street.now(one).state is MessageState.POSTED
    assert street.count(kind, "failed") == street.count(kind, "posted") == 1


def test_a_wait_that_is_too_long_is_not_waited_for(street: Street) -> None:
    one = street.approved("mastodon")
    street.ask(one)
    street.accounts["mastodon"].failures.told(Failure(429, {"retry-after": "3000"}))
    street.go()
    assert street.count("mastodon", "not_posted") == 1


def test_a_check_asks_every_account_as_whom_it_would_post(street: Street, url: str) -> None:
    street.accounts["x"].failures.told(Failure(403, body=b'{"detail": "read only"}'))
    answers = asyncio.run(
        probes.everything(street.evening.configuration, url, Places(command="seawall"))
    )
    assert {one.name: (one.fine, one.said) for one in answers if one.name in KINDS} == {
        "x": (False, "X answers 403 Forbidden: read only"),
        "bluesky": (True, "Bluesky: would post as @fjordwing.example"),
        "mastodon": (True, "Mastodon: would post as @fjordwing"),
    }


# whose answer is lost


@pytest.mark.parametrize("kind", SAFE)
def test_where_sending_twice_is_posting_once_a_lost_answer_is_asked_for_again(
    street: Street, kind: str
) -> None:
    one = street.approved(kind)
    street.ask(one)
    street.accounts[kind].losing.told(*[None] * (kind == "bluesky"), Failure(502))
    street.go()
    assert (street.public(one), street.now(one).state) == ([one.text], MessageState.POSTING)
    for verb in ("edit", "return", "posted", "not_posted", "post"):
        assert street.evening.refused("ida", verb, one.id, "why", plain="https://x.example")
    street.go(posting.AGAIN_AFTER.total_seconds())
    assert street.public(one) == [one.text]
    assert street.now(one).state is MessageState.POSTED


@pytest.mark.parametrize("kind", SAFE)
def test_who_answers_nobody_for_long_leaves_it_uncertain(street: Street, kind: str) -> None:
    one = street.approved(kind)
    street.ask(one)
    street.accounts[kind].losing.told(*[None] * (kind == "bluesky"), Failure(502))
    street.go()
    street.accounts[kind].failures.told(*[Failure(503)] * 30)
    for _ in range(20):
        street.go(30)
    assert street.now(one).state is MessageState.UNCERTAIN
    assert street.evening.notices("ida")[-1].startswith(f"Perhaps posted on {kind}")


def lost(street: Street) -> Message:
    """A message on X whose answer was lost."""
    one = street.approved("x")
    street.ask(one)
    street.accounts["x"].losing.told(Failure(502))
    street.go()
    assert street.now(one).state is MessageState.UNCERTAIN
    return one


def test_on_x_a_lost_answer_is_uncertain_until_somebody_has_found_the_post(street: Street) -> None:
    one, evening = lost(street), street.evening
    assert evening.told()[-1].startswith("somebody has to look whether it is public")
    assert evening.notices("ida")[-1].startswith("Perhaps posted on x, look there")
    assert evening.refused("ida", "post", one.id, plain=one.sha256).startswith("it is uncertain")
    assert evening.refused("ola", "edit", one.id, plain="Anders").startswith("it is uncertain")
    street.go(3600)
    assert street.public(one) == [one.text]
    evening.do("ida", "posted", one.id, plain="https://x.com/i/web/status/1")
    after = street.now(one)
    assert (after.state, after.link) == (MessageState.POSTED, "https://x.com/i/web/status/1")
    assert spent(street) == 15_000, "it may have been charged"


def test_what_is_not_there_is_approved_still_and_can_be_posted(street: Street) -> None:
    one = lost(street)
    street.accounts["x"].posts.clear()
    assert street.evening.do("ida", "not_posted", one.id) == "not posted, says Ida Dahl"
    street.ask(one)
    street.go()
    assert (street.public(one), street.now(one).state) == ([one.text], MessageState.POSTED)


def test_a_fact_that_is_corrected_meanwhile_is_corrected_in_public(street: Street) -> None:
    evening = street.evening
    evening.confirm("next_update", "60m")
    one = street.approved("x", "working")
    street.ask(one)
    street.accounts["x"].losing.told(Failure(502))
    street.go()
    said = evening.do("nora", "correct", kind="next_update", value="90m")
    assert "corrections drafted" in said
    evening.do("ida", "posted", one.id, plain="https://x.com/i/web/status/1")
    after = street.now(one)
    assert (after.state, after.posted_by) == (MessageState.STALE, "Ida Dahl")


def test_a_later_time_that_is_confirmed_meanwhile_makes_it_no_error(street: Street) -> None:
    evening = street.evening
    evening.confirm("next_update", "30m")
    one = street.approved("x", "working")
    street.ask(one)
    street.accounts["x"].losing.told(Failure(502))
    street.go()
    evening.confirm("next_update", "60m")
    evening.do("ida", "posted", one.id)
    assert street.now(one).state is MessageState.POSTED


def test_a_mistake_of_ours_leaves_it_uncertain_and_shows_no_more_than_its_kind(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def post(_self: XPublisher, _words: Words) -> str:
        raise RuntimeError(SECRETS["X_API_SECRET"])

    monkeypatch.setattr(XPublisher, "post", post)
    one = street.approved("x")
    street.ask(one)
    with capture_logs() as logs:
        street.go()
    assert street.now(one).state is MessageState.UNCERTAIN
    assert "RuntimeError" in street.evening.told()[-1]
    assert (
        SECRETS["X_API_SECRET"] not in f"{logs} {street.evening.told()} {street.evening.notices()}"
    )


# killed


POINTS = ("not taken", "taken and not sent", "sent and not answered", "answered and not settled")


def live(url: str, configuration: str, now: datetime, point: str) -> None:
    """A daemon's life that ends at a point."""
    os.environ.update(SECRETS)
    kinds = (XPublisher, BlueskyPublisher, MastodonPublisher)
    at: dict[str, list[tuple[Any, str]]] = {
        POINTS[0]: [(posting, "take")],
        POINTS[1]: [(kind, "post") for kind in kinds],
        POINTS[3]: [(posting, "arrived")],
    }
    for owner, name in at.get(point, ()):
        hooked(owner, name, before=die)
    asyncio.run(run(loads(configuration), Database.open(url), now))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_daemon_that_is_killed_posts_once_or_says_that_nobody_knows(
    street: Street, url: str, kind: str, point: str
) -> None:
    one, account = street.approved(kind), street.accounts[kind]
    street.ask(one)
    if point == POINTS[2]:
        account.losing.told(*[None] * (kind == "bluesky"), Failure(200, delay_s=30))
    process = forking().Process(target=live, args=(url, street.written, street.evening.now, point))
    process.start()
    if point == POINTS[2]:
        until(lambda: account.posts, "post", 60.0)
        process.kill()
    process.join()
    assert process.exitcode == -9
    came = point in POINTS[2:]
    assert street.public(one) == [one.text] * came
    street.go(posting.AGAIN_AFTER.total_seconds())
    knows = kind in SAFE or point == POINTS[0]
    assert street.now(one).state is (MessageState.POSTED if knows else MessageState.UNCERTAIN)
    assert street.public(one) == [one.text] * (came or knows)
