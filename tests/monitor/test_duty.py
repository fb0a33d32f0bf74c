"""Calls, pauses, hand-overs and nights in the store: each told once, whoever dies in between."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from alerts.briefings.instruction import Instruction
from alerts.duty.notices import Notice
from alerts.incidents.incident import Incident, Reason, Refused, Severity, State
from alerts.incidents.steps import Deed, Step
from alerts.notifiers import Pressed
from monitor.configuration import Configuration, loads
from monitor.incidents import deeds, pressing
from monitor.staffing import duty, roster
from monitor.store import Database, notices, situations
from monitor.store.schema import event, notice, observed
from monitor.store.work import blind, call, handover
from monitor.telling import instructions
from tests.alerts import scenes
from tests.service import new_database, tell

ID = scenes.incident().id
NIGHT = datetime(2026, 11, 22, 1, tzinfo=UTC)  # Sunday, 02:00 in Oslo; Kari is on call
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)  # 09:00: Ola's week begins

CONFIGURATION = """
timezone: Europe/Oslo
brands: {fjordwing: {name: Fjordwing Air, terms: [fjordwing]}}
topics: {booking: {name: booking, terms: [booking]}, cancellations: {name: cancellations}}
notify:
  - {kind: terminal}
  - {kind: slack, channel: C0CUSTCARE, token: {env: T}}
  - {kind: terminal, name: content}
  - {kind: terminal, name: kari-phone}
  - {kind: terminal, name: crisis}
people:
  kari: {name: Kari Nygård, slack: U0KARI1, reach: [slack, kari-phone]}
  ola: {name: Ola Berg, slack: U0OLA11, reach: [slack]}
  nora: {name: Nora Lie, slack: U0NORA1, reach: [slack], rights: [act, lead]}
  per: {name: Per Dahl, slack: U0PER11, reach: [slack]}
teams:
  care:
    name: Customer care
    people: [kari, ola, nora]
    channel: [slack]
    service_hours: {mon-fri: "07:00-19:00"}
    on_call: {people: [kari, ola], from: 2026-11-16T09:00}
    ladder: [{after: 10m, to: [next]}, {after: 20m, to: [leads]}]
  content:
    name: Content
    people: [per]
    channel: [content]
    service_hours: {mon-fri: "09:00-17:00"}
    on_call: {people: [per], from: 2026-11-16T09:00}
    pause_from: major
restricted: {people: [nora], channel: [crisis], name: Incident Fjord}
"""


SHOP = """  shop: {name: Shop, people: [per], channel: [kari-phone], pause_from: critical}
restricted:"""
"""A second team that pauses promotions, written where the teams end."""


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return loads(CONFIGURATION)


class Died(Exception):
    """The daemon is killed before its transaction ends."""


class Shift:
    """A store in which the time goes on; every look at it is preceded by one that dies, if told."""

    def __init__(self, database: Database, configuration: Configuration, *, dying: bool = True):
        self.database, self.configuration, self.dying = database, configuration, dying
        self.now = NIGHT

    def opens(self, at: datetime = NIGHT, **fields: Any) -> None:
        about = replace(scenes.incident(), detected_at=at, started_at=at, severity=Severity.MAJOR)
        one = replace(about, state=State.OPEN, acknowledged_at=None, acknowledged_by=None, **fields)
        tell(self.database, one, scenes.briefing(about=one, said=[]))
        with self.database.write() as connection:
            connection.execute(update(event).values(at=at))

    def attend(self, now: datetime) -> list[str]:
        """The notices that are new at `now`: where, to whom, and what."""
        self.now = now
        before = set(self.notices())
        if self.dying:
            with pytest.raises(Died):
                self.write(self._die)
            assert set(self.notices()) == before
        self.write(lambda connection: duty.attend(connection, self.configuration, now))
        assert self.write(lambda c: duty.attend(c, self.configuration, now)) == 0
        return [said for id, said in self.notices().items() if id not in before]

    def _die(self, connection: Connection) -> None:
        duty.attend(connection, self.configuration, self.now)
        raise Died

    def write(self, change: Callable[[Connection], Any]) -> Any:
        with self.database.write() as connection:
            return change(connection)

    def takes(self, who: str, step: Step, value: str = "", note: str = "") -> Incident:
        deed = Deed(step, self.configuration.people[who].name, "slack", value, note, who)
        return deeds.take(self.database, ID, deed, self.now, self.configuration)

    def notices(self) -> dict[tuple[str, str], str]:
        """Every notice by id and place, as it is read first."""
        n = notice.c
        query = select(n.id, n.notifier, n.address, n.content).order_by(n.at, n.id, n.notifier)
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return {
            (id, place): f"{place}{f' {to}' if to else ''}: {Notice.from_json(content).title}"
            for id, place, to, content in rows
        }

    def settles(self, outcome: str) -> None:
        """What becomes of every notice that waits."""
        settled = {"delivered": True, "outcome": outcome, "settled_at": self.now}
        n = notice.c
        self.write(lambda c: c.execute(update(notice).where(~n.delivered).values(settled)))

    def timeline(self) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(row["kind"], row["actor"]) for row in situations.timeline(connection, ID)]

    def content(self, id: str) -> Notice:
        with self.database.read() as connection:
            found = connection.scalars(select(notice.c.content).where(notice.c.id == id)).first()
        assert found is not None
        return Notice.from_json(found)


@pytest.fixture
def shift(tmp_path: Path, configuration: Configuration) -> Iterator[Shift]:
    with closing(new_database(tmp_path / "seawall.db")) as database:
        yield Shift(database, configuration)


@pytest.fixture
def on_any(database: Database, configuration: Configuration) -> Shift:
    """A shift on a store of each kind."""
    return Shift(database, configuration)


def minutes(number: float) -> datetime:
    return NIGHT + timedelta(minutes=number)


def test_a_night_from_the_call_to_the_one_who_takes_it(on_any: Shift) -> None:
    shift = on_any
    shift.opens()
    [called] = [one for one in shift.attend(NIGHT) if "calls" in one]
    assert called.startswith("slack U0KARI1: Customer care calls Kari Nygård: Fjordwing Air")
    told = shift.content(f"call/{ID}/1/0")
    assert told.urgent
    assert told.about == ID
    assert "You are called because you are on call until Mon 23 Nov, 09:00 CET." in told.lines
    assert [(one.label, one.verb, one.value) for one in told.actions] == [
        ("At my desk in 10 minutes", "acknowledge", "10"),
        ("Handling it by phone", "phone", ""),
        ("I can't", "decline", ""),
    ]
    shift.settles(notices.DELIVERED)
    [again] = [one for one in shift.attend(minutes(5)) if "calls" in one]
    assert again.startswith("kari-phone: Customer care calls Kari")
    shift.settles(notices.DELIVERED)
    [following] = [one for one in shift.attend(minutes(10)) if "calls" in one]
    assert following.startswith("slack U0OLA11: Customer care calls Ola Berg")
    assert "Called before, without success: Kari Nygård." in shift.content(f"call/{ID}/2/0").lines
    shift.now = minutes(11)
    shift.takes("ola", Step.PHONE)
    assert shift.attend(minutes(11)) == []
    assert [one for one in shift.timeline() if one[0] != "pausing"] == [
        ("opened", "seawall"),
        ("called", "Kari Nygård"),
        ("unanswered", "Kari Nygård"),
        ("called", "Ola Berg"),
        ("acknowledged", "Ola Berg"),
    ]
    with shift.database.read() as connection:
        rows = connection.execute(select(call.c.person, call.c.answer).order_by(call.c.number))
        assert [tuple(row) for row in rows] == [("kari", "none"), ("ola", "phone")]


def test_a_call_that_was_given_up_goes_by_the_second_route_in_the_next_moment(
    shift: Shift,
) -> None:
    shift.opens()
    shift.attend(NIGHT)
    shift.settles("Slack: channel_not_found")
    assert [one.split(":")[0] for one in shift.attend(minutes(0.5))] == ["kari-phone"]


def test_a_call_that_still_waits_is_withdrawn_when_somebody_has_it(shift: Shift) -> None:
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("nora", Step.PHONE)
    shift.attend(minutes(1))
    with shift.database.read() as connection:
        query = select(notice.c.outcome).where(notice.c.purpose == "call")
        assert connection.scalars(query).all() == [notices.WITHDRAWN]


def test_who_does_not_come_to_their_desk_is_asked_and_the_next_one_is_called(
    shift: Shift,
) -> None:
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("kari", Step.ACKNOWLEDGE, "10")
    [asked] = [one for one in shift.attend(minutes(10.1)) if "desk" in one]
    assert asked.startswith("slack U0KARI1: Kari Nygård, are you at your desk? Fjordwing Air")
    shift.settles(notices.DELIVERED)
    told = shift.attend(minutes(20.2))
    assert any("calls Ola Berg" in one for one in told)
    assert ("unanswered", "Kari Nygård") in shift.timeline()
    with shift.database.read() as connection:
        assert situations.one_incident(connection, ID).state is State.OPEN


def test_promotions_are_asked_to_be_paused_until_somebody_says_so_and_then_go_on(
    shift: Shift,
) -> None:
    shift.opens(at=MORNING + timedelta(hours=1))
    ten = MORNING + timedelta(hours=1)
    assert [one.split(":")[:2] for one in shift.attend(ten) if "content" in one] == [
        ["content", " Pause promotions, please"]
    ]
    told = [one for one in shift.attend(ten + timedelta(minutes=10)) if "Pause" in one]
    assert len(told) == 1
    assert not [one for one in shift.attend(ten + timedelta(minutes=19)) if "Pause" in one]
    assert [one for one in shift.attend(ten + timedelta(minutes=30)) if "Pause" in one]
    shift.takes("per", Step.PAUSED)
    assert not [one for one in shift.attend(ten + timedelta(minutes=300)) if "Pause" in one]
    shift.takes("nora", Step.RESOLVE)
    [over] = [one for one in shift.attend(ten + timedelta(minutes=301)) if "content" in one]
    assert "It is over, promotions can go on" in over
    assert [one for one in shift.timeline() if one[0].startswith("paus")] == [
        ("pausing", "Content"),
        ("paused", "Per Dahl"),
    ]


def test_of_two_content_teams_each_is_asked_once_it_is_grave_enough_for_it(
    shift: Shift,
) -> None:
    shift.configuration = loads(CONFIGURATION.replace("restricted:", SHOP))
    ten = MORNING + timedelta(hours=1)
    shift.opens(at=ten)
    assert [one.split(":")[0] for one in shift.attend(ten) if "Pause" in one] == ["content"]
    alone = [one for id, _ in shift.notices() if (one := shift.content(id)).purpose == "pause"]
    assert [one.lines[-1] for one in alone] == ["Say so when they are paused."]
    shift.takes("per", Step.PAUSED)
    shift.takes("nora", Step.RATE, "critical")
    later = ten + timedelta(minutes=5)
    asked = [one.split(":")[0] for one in shift.attend(later) if "Pause" in one]
    assert asked == ["content", "kari-phone"]
    both = [one for id, _ in shift.notices() if (one := shift.content(id)).at == later]
    said = "One answer is for all: say so when all of you have paused them."
    assert sorted(one.lines[-1] for one in both if one.purpose == "pause") == [
        f"Content is asked as well. {said}",
        f"Shop is asked as well. {said}",
    ]
    shift.takes("per", Step.PAUSED)
    assert not [one for one in shift.attend(later + timedelta(hours=1)) if "Pause" in one]


def test_a_team_that_was_not_asked_is_not_told_that_promotions_go_on(shift: Shift) -> None:
    shift.configuration = loads(CONFIGURATION.replace("restricted:", SHOP))
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("nora", Step.RESOLVE)
    told = [one.split(":")[0] for one in shift.attend(minutes(1)) if "promotions" in one]
    assert told == ["content", "slack U0PER11"]


def test_who_cannot_take_it_reads_who_is_called_next(shift: Shift) -> None:
    def said(step: Step, who: str, now: datetime) -> str:
        shift.now = now
        pressed = Pressed(step, ID, who, "page")
        return shift.write(lambda c: pressing.do(shift.configuration, pressed, now, c)).answer

    shift.opens()
    shift.attend(NIGHT)
    assert said(Step.DECLINE, "kari", minutes(1)) == "Ola Berg is called next."
    assert "slack U0OLA11" in " ".join(shift.attend(minutes(1)))
    assert said(Step.DECLINE, "kari", minutes(2)) == "Ola Berg was called before."
    assert said(Step.ACKNOWLEDGE, "nora", minutes(3)) == (
        "Kari Nygård is on call: assign it to them if it is theirs."
    )
    said(Step.DECLINE, "nora", minutes(4))
    assert said(Step.ACKNOWLEDGE, "ola", minutes(5)) == "", "who was called need not be told"


def test_at_night_the_one_on_call_of_the_content_team_is_asked_too(shift: Shift) -> None:
    shift.opens()
    asked = [one.split(":")[0] for one in shift.attend(NIGHT) if "Pause" in one]
    assert asked == ["content", "slack U0PER11"]


def test_a_shift_hands_over_what_is_open_and_the_next_one_takes_it(on_any: Shift) -> None:
    shift = on_any
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("kari", Step.PHONE)
    shift.takes("kari", Step.NOTE, note="is the app down as well?")
    with shift.database.read() as connection:
        incident = situations.one_incident(connection, ID)
    shift.write(lambda c: duty.reach(c, incident, "Operations control", "Kari", True, NIGHT))
    said = Instruction.written(true="Booking is down")
    shift.write(lambda c: instructions.publish(c, shift.configuration, ID, said, "Nora", NIGHT))
    shift.attend(MORNING - timedelta(minutes=1))
    told = shift.attend(MORNING)
    assert "slack U0OLA11: Customer care: hand-over from Kari Nygård to Ola Berg" in told
    id = "handover/care/20261123T080000Z"
    read = shift.content(id)
    assert read.lines[0].startswith("MAJOR Fjordwing Air")
    assert read.lines[1] == f"Began Sun 22 Nov, 02:00 CET, acknowledged by Kari Nygård: {ID}"
    assert read.lines[2:] == (
        "Noted: is the app down as well?",
        "What agents are told: revision 1",
        "Promotions are not paused yet",
        "Reached: Operations control",
    )
    assert [one.label for one in read.actions] == ["I take over"]
    accepted = MORNING + timedelta(minutes=3)
    shift.write(lambda c: duty.accept(c, None, id, "ola", accepted, "slack"))
    assert not [one for one in shift.attend(MORNING + timedelta(hours=1)) if "take over" in one]
    with shift.database.read() as connection:
        taken = situations.one_incident(connection, ID)
        assert (taken.acknowledged_by, taken.acknowledged_at) == ("Ola Berg", accepted)
        assert situations.timeline(connection, ID)[-1]["place"] == "slack"
        assert connection.scalar(select(handover.c.accepted_by)) == "ola"
    assert ("handed_over", "Ola Berg") in shift.timeline()
    with pytest.raises(Refused, match="Ola Berg has taken over already"):
        shift.write(lambda c: duty.accept(c, None, id, "nora", accepted))
    with pytest.raises(Refused, match="there is no hand-over"):
        shift.write(lambda c: duty.accept(c, None, "handover/care/x", "nora", accepted))


def test_who_does_not_take_over_is_reminded_and_then_the_leads_are_told(shift: Shift) -> None:
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("kari", Step.PHONE)
    shift.attend(MORNING)
    later = [shift.attend(MORNING + timedelta(minutes=n)) for n in (9, 10, 19, 20, 40)]
    found = [[one for one in told if "take" in one] for told in later]
    assert found == [
        [],
        ["slack U0OLA11: Ola Berg, do you take over from the last shift?"],
        [],
        ["slack U0NORA1: Customer care: Ola Berg has not taken over"],
        [],
    ]


def test_where_nothing_is_open_the_next_shift_is_told_so_and_not_reminded(shift: Shift) -> None:
    told = [one for one in shift.attend(MORNING) if "hand-over" in one]
    assert told == ["slack U0OLA11: Customer care: hand-over from Kari Nygård to Ola Berg"]
    read = shift.content("handover/care/20261123T080000Z")
    assert (read.lines, read.actions) == (("Nothing is open.",), ())
    assert shift.attend(MORNING + timedelta(hours=1)) == []


def saw(shift: Shift, *spans: tuple[datetime, datetime]) -> None:
    rows = [
        {
            "source": "bluesky",
            "brand": "fjordwing",
            "platform": "bluesky",
            "topic": "",
            "since": since,
            "late": False,
            "until": until,
        }
        for since, until in spans
    ]
    shift.write(lambda c: c.execute(observed.insert(), rows))


FRIDAY_EVENING = datetime(2026, 11, 20, 18, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)  # 07:00


def test_a_quiet_night_is_reported_when_the_desks_open_as_a_proof_of_life(shift: Shift) -> None:
    saw(shift, (FRIDAY_EVENING - timedelta(hours=1), MONDAY))
    assert shift.attend(MONDAY - timedelta(minutes=1)) == []
    assert shift.attend(MONDAY) == [
        "slack: A quiet night of Customer care, Fri 20 Nov, 19:00 CET to Mon 23 Nov, 07:00 CET"
    ]
    read = shift.content("night/care/20261123T060000Z")
    assert read.lines == ("0 incidents, 0 calls", "Every source was seen the whole time.")


def test_who_never_closes_hears_of_the_night_at_six(shift: Shift) -> None:
    hours = '    service_hours: {mon-fri: "07:00-19:00"}\n'
    shift.configuration = loads(CONFIGURATION.replace(hours, ""))
    six = datetime(2026, 11, 22, 5, tzinfo=UTC)
    saw(shift, (six - timedelta(days=1), six))
    assert shift.attend(six - timedelta(minutes=1)) == []
    assert shift.attend(six) == [
        "slack: A quiet night of Customer care, Sat 21 Nov, 22:00 CET to Sun 22 Nov, 06:00 CET"
    ]


def test_a_night_says_what_happened_and_when_nothing_was_seen(shift: Shift) -> None:
    shift.opens()
    shift.attend(NIGHT)
    gap = NIGHT + timedelta(hours=3)
    saw(shift, (FRIDAY_EVENING, gap), (gap + timedelta(hours=1), MONDAY))
    spell = {"source": "x", "since": NIGHT, "until": NIGHT + timedelta(minutes=40)}
    shift.write(lambda c: c.execute(blind.insert().values(spell)))
    shift.takes("kari", Step.PHONE)
    told = [one for one in shift.attend(MONDAY) if "night" in one.lower()]
    assert [one.split(",")[0] for one in told] == ["slack: The night of Customer care"]
    read = shift.content("night/care/20261123T060000Z")
    assert read.lines[0] == "1 incident, 1 call"
    assert read.lines[1].startswith("MAJOR Fjordwing Air")
    assert read.lines[1].endswith(": acknowledged")
    assert read.lines[2:] == (
        "x saw nothing from Sun 22 Nov, 02:00 CET to Sun 22 Nov, 02:40 CET.",
        "Seawall saw nothing from Sun 22 Nov, 05:00 CET to Sun 22 Nov, 06:00 CET.",
    )


def test_of_what_is_restricted_nobody_else_is_called_or_reads_a_word(
    shift: Shift, configuration: Configuration
) -> None:
    shift.opens(restricted=True)
    told = shift.attend(NIGHT)
    assert [one.split(":")[0] for one in told if "calls" in one] == ["slack U0NORA1"]
    shift.attend(MONDAY)
    shift.attend(MORNING)
    with shift.database.read() as connection:
        everything = connection.scalars(select(notice.c.content)).all()
        incident = situations.one_incident(connection, ID)
    assert len(everything) > 3
    assert not [one for one in everything if "booking" in one]
    assert any("Incident Fjord" in one for one in everything)
    names = [choice.name for choice in configuration.notify]
    assert roster.places(configuration, incident, names) == ["crisis"]


def test_who_was_called_before_it_was_restricted_or_has_left_is_called_no_more(
    shift: Shift,
) -> None:
    shift.opens()
    shift.attend(NIGHT)
    shift.takes("nora", Step.RESTRICT)
    [called] = [one for one in shift.attend(minutes(2)) if "calls" in one]
    assert called == "slack U0NORA1: Customer care calls Nora Lie: Incident Fjord"
    shift.settles(notices.DELIVERED)
    without = CONFIGURATION.replace("people: [kari, ola]", "people: [ola]")
    left = [line for line in without.splitlines() if not line.startswith("  kari:")]
    shift.configuration = loads("\n".join(left).replace("[kari, ola, nora]", "[ola, nora]"))
    assert len([one for one in shift.attend(minutes(30)) if "calls Nora" in one]) == 1
    assert ("unanswered", "Kari Nygård") in shift.timeline()


def test_where_nobody_answers_everybody_is_called_and_the_timeline_says_why(
    shift: Shift,
) -> None:
    shift.opens()
    for number in (0, 10, 20, 30):
        told = shift.attend(minutes(number))
        shift.settles(notices.DELIVERED)
    called = [one.split(":")[0] for one in told if "calls" in one]
    assert called == ["slack U0KARI1", "slack U0OLA11", "slack U0NORA1"]
    with shift.database.read() as connection:
        last = situations.timeline(connection, ID)[-1]
    assert (last["kind"], last["actor"]) == ("called", "everybody in Customer care")
    assert last["note"] == "nobody has answered"


def test_an_incident_is_told_where_its_team_reads_and_in_places_that_are_nobodys(
    configuration: Configuration,
) -> None:
    names = [choice.name for choice in configuration.notify]
    assert roster.places(configuration, scenes.incident(), names) == ["terminal", "slack"]


def test_without_teams_every_place_is_told_and_nobody_is_called(shift: Shift) -> None:
    without = loads(CONFIGURATION.partition("people:")[0])
    alone = Shift(shift.database, without)
    alone.opens()
    assert alone.attend(NIGHT) == []
    names = [choice.name for choice in without.notify]
    assert roster.places(without, scenes.incident(), names) == names


def test_a_death_at_every_step_leaves_the_same_story(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    other = new_database(tmp_path / "other.db")
    stories = [Shift(database, configuration, dying=False), Shift(other, configuration)]
    for story in stories:
        story.opens()
        for number in (0, 3, 8, 12, 15, 21, 33, 45):
            story.attend(minutes(number))
            if number == 15:
                story.takes("ola", Step.DECLINE)
        story.takes("nora", Step.ACKNOWLEDGE, "10")
        for hour in (1, 2, 3, 4, 30, 31, 32):
            story.attend(NIGHT + timedelta(hours=hour))
    assert stories[0].timeline() == stories[1].timeline()
    assert stories[0].notices() == stories[1].notices()
    assert len(stories[0].notices()) > 12
    assert {kind for kind, _ in stories[0].timeline()} >= {Reason.CALLED, Reason.UNANSWERED}
    other.close()
