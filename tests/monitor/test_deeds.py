"""What people do reaches the store whole, once, in their name, and only where they may."""

import asyncio
import re
import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.incidents.incident import Incident, LiveSurge, Refused, State
from alerts.incidents.steps import Step
from alerts.notifiers import Pressed
from detectors import Series
from monitor.configuration import Configuration, loads
from monitor.incidents import deeds, pressing, rights
from monitor.incidents.rights import Actor, Forbidden
from monitor.store import Database, outbox, situations
from monitor.telling import timeline
from tests.airline import BEGIN, CONFIGURATION, days, delivery, flood
from tests.alerts import scenes
from tests.service import RunningService, new_database, tell

NOW = scenes.DETECTED + timedelta(minutes=20)
ID = scenes.incident().id
PEOPLE = """
notify: [{kind: terminal}, {kind: terminal, name: crisis}]
people:
  kari: {name: Kari Nygård, slack: U0KARI00, rights: [act, lead], timezone: Europe/London}
  ola: {name: Ola Berg, slack: U0OLA000}
  nora: {name: Nora Lie, slack: U0NORA00, rights: [act, lead]}
  ida: {name: Ida Dahl, slack: U0IDA000, rights: []}
  twin: {name: Ola Berg, slack: U0TWIN00}
duty_list: [{function: IT department}]
restricted: {people: [nora], channel: [crisis], name: Incident Fjord}
"""
OPEN = loads(CONFIGURATION)
NAMED = loads(CONFIGURATION + PEOPLE)
BAGS = Series("fjordwing", "baggage", "x")


@pytest.fixture
def service(database: Database) -> RunningService:
    """A daemon with one incident that nobody has in hand, on booking and baggage."""
    about = replace(
        scenes.incident(*scenes.incident().surges, bags(minutes=3)),
        acknowledged_at=None,
        acknowledged_by=None,
    )
    charts = {**scenes.CHARTS, BAGS: scenes.chart(peak=4, gap=True)}
    tell(database, about, scenes.briefing(about=about, charts=charts))
    return RunningService(NAMED, database, NOW)


def bags(minutes: int = 0) -> LiveSurge:
    return replace(scenes.surge(BAGS, timedelta(minutes=minutes)), posts=80)


def press(service: RunningService, verb: str, by: str = "U0KARI00", **more: str) -> str:
    """What somebody reads who presses something in Slack."""
    pressed = Pressed(verb, more.pop("about", ID), "somebody", "slack", address=by, **more)
    return asyncio.run(pressing.press(service, pressed))


def stored(service: RunningService, id: str = ID) -> Incident:
    with service.database.read() as connection:
        return situations.one_incident(connection, id)


def told(service: RunningService, id: str = ID) -> list[str]:
    """Its timeline, as people read it."""
    with service.database.read() as connection:
        return [
            f"{line.words} ({line.whence})" if line.place else line.words
            for line in timeline.lines(connection, id)
        ]


def test_a_step_is_in_the_timeline_with_who_from_where_and_why(service: RunningService) -> None:
    said = press(service, "assign", value="ola", note="he knows the payment provider")
    assert said == f"{ID}: assigned to Ola Berg by Kari Nygård: he knows the payment provider"
    press(service, "snooze", value="07:00")
    assert told(service) == [
        "opened",
        "assigned to Ola Berg by Kari Nygård: he knows the payment provider (from Slack)",
        "snoozed until Sun 22 Nov, 08:00 CET by Kari Nygård (from Slack)",
    ], "07:00 is on the clock of Kari, who lives in London"
    assert stored(service).snoozed_until is not None


def test_whom_it_is_assigned_to_may_be_given_by_id(service: RunningService) -> None:
    press(service, "assign", value="NORA")
    assert stored(service).assigned_to == "Nora Lie"
    press(service, "assign", value="IT  department")
    assert stored(service).assigned_to == "IT department"


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("nobody", "it can be Kari Nygård, Ola Berg, Nora Lie, Ida Dahl, IT department; others go"),
        ("Noora", "did you mean Nora Lie?"),
        ("Nygard", "did you mean Kari Nygård?"),
    ],
)
def test_it_is_assigned_to_nobody_whom_the_configuration_does_not_know(
    service: RunningService, said: str, hint: str
) -> None:
    with pytest.raises(Refused, match=rf"nobody here is called {said}: {re.escape(hint)}"):
        press(service, "assign", value=said)
    assert stored(service).assigned_to is None


def test_of_two_who_press_at_once_one_wins_and_the_other_is_told_who(
    service: RunningService,
) -> None:
    answers: list[str] = []

    def acknowledge(by: str) -> None:
        deed = deeds.Deed(Step.ACKNOWLEDGE, by, "shell")
        try:
            deeds.take(service.database, ID, deed, NOW)
            answers.append("yes")
        except Refused as refused:
            answers.append(str(refused))

    people = [threading.Thread(target=acknowledge, args=(f"person {n}",)) for n in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    winner = stored(service).acknowledged_by
    late = f"{ID} was acknowledged by {winner} already"
    assert sorted(answers) == [late, late, late, "yes"]
    assert len(told(service)) == 2


def test_merged_and_undone_both_say_so_and_are_as_they_were(service: RunningService) -> None:
    other = replace(
        scenes.incident(bags(minutes=30)),
        id="fjordwing-b",
        acknowledged_at=None,
        acknowledged_by=None,
    )
    charts = {BAGS: scenes.chart(peak=4)}
    tell(service.database, other, scenes.briefing(about=other, charts=charts))
    before = stored(service), stored(service, other.id)
    said = press(service, rights.MERGE, value="fjordwing-b", note="one cause")
    assert said == f"{ID}: merged with fjordwing-b"
    assert len(stored(service).surges) == 4
    assert stored(service, other.id).merged_into == ID
    with pytest.raises(Refused, match=f"a part of {ID} now; act on that one"):
        press(service, "acknowledge", about=other.id)
    press(service, "acknowledge")
    press(service, rights.UNDO, about=other.id)
    assert told(service, other.id)[1:] == [
        f"a part of {ID} now, says Kari Nygård: one cause (from Slack)",
        f"undone by Kari Nygård: the merge with {ID} (from Slack)",
    ]
    assert told(service)[1] == (
        "Kari Nygård made another incident a part of it: fjordwing-b: one cause (from Slack)"
    )
    after = stored(service), stored(service, other.id)
    same = ("surges", "state", "severity", "started_at", "detected_at", "peak_factor", "calls")
    for was, now in zip(before, after, strict=True):
        for name in set(same) - ({"state"} if was.id == ID else set()):
            assert getattr(was, name) == getattr(now, name), name
    assert after[0].acknowledged_by == "Kari Nygård", "what was done since stays done"
    with pytest.raises(Refused, match="neither merged nor split, or that was undone"):
        press(service, rights.UNDO)


def test_a_topic_is_split_off_put_back_and_split_off_again(service: RunningService) -> None:
    before = stored(service)
    said = press(service, rights.SPLIT, value="baggage", note="another cause")
    off = said.removeprefix(f"{ID}: baggage is ").removesuffix(" now")
    assert (stored(service).topics, stored(service, off).topics) == (["booking"], ["baggage"])
    assert told(service, off) == [f"split by Kari Nygård: from {ID} (from Slack)"]
    with service.database.read() as connection:
        briefing = situations.latest_briefing(connection, off)
        assert outbox.notifiers_of(connection, off) == ["terminal"]
    assert (briefing.headline, briefing.names) == ("Fjordwing Air: baggage", ["baggage"])
    press(service, rights.UNDO)
    assert stored(service).surges == before.surges
    assert (stored(service, off).merged_into, stored(service, off).surges) == (ID, ())
    assert press(service, rights.SPLIT, value="baggage").endswith(f"{off} now")
    assert [line.split(" by")[0] for line in told(service, off)] == ["split", "undone", "split"]
    assert stored(service, off).state is State.OPEN


@pytest.mark.parametrize(
    ("by", "verb", "why"),
    [
        ("U0OLA000", Step.RATE, "Ola Berg may not change the severity: it takes the right `lead`"),
        ("U0OLA000", Step.KEEP_SILENT, "may not decide to say nothing: it takes the right `lead`"),
        ("U0OLA000", rights.MERGE, "`lead`"),
        ("U0OLA000", rights.INSTRUCT, "`lead`"),
        ("U0IDA000", Step.ACKNOWLEDGE, "Ida Dahl may not act on incidents"),
        ("U0IDA000", rights.OPEN, "the right `act`"),
        ("U0NOBODY", Step.NOTE, "You are not one of the people on duty here"),
        ("U0KARI00", "abolish", "is nothing that can be done"),
    ],
)
def test_who_may_not_is_told_what_it_takes(
    service: RunningService, by: str, verb: str, why: str
) -> None:
    before = stored(service)
    with pytest.raises(Refused, match=why):
        press(service, verb, by, value=ID, note="why")
    assert stored(service) == before


def test_a_restricted_incident_is_closed_to_those_who_are_not_named(
    service: RunningService,
) -> None:
    assert press(service, "restrict") == f"{ID}: restricted by Kari Nygård"
    with service.database.read() as connection:
        assert outbox.notifiers_of(connection, ID) == ["crisis", "terminal"]
    for verb in ("acknowledge", rights.MERGE, rights.UNDO, rights.READ, rights.REACHED):
        with pytest.raises(Refused, match=r"is restricted|neither merged"):
            press(service, verb, value=ID)
    press(service, "acknowledge", "U0NORA00")
    with service.database.read() as connection:
        assert outbox.waiting(connection) == {"crisis": 2, "terminal": 2}
    press(service, "unrestrict", "U0NORA00")
    press(service, "resolve")
    assert stored(service).resolved_by == "Kari Nygård"


def test_a_split_is_undone_as_closed_as_the_part_that_was_restricted_since(
    service: RunningService,
) -> None:
    said = press(service, rights.SPLIT, "U0NORA00", value="baggage")
    off = said.removeprefix(f"{ID}: baggage is ").removesuffix(" now")
    press(service, "restrict", "U0NORA00", about=off)
    press(service, rights.UNDO, "U0NORA00")
    one = stored(service)
    assert one.restricted
    with service.database.read() as connection:
        waiting = outbox.in_turn(connection, "terminal", urgent_first=False, limit=9)
        told = outbox.envelope(connection, "terminal", ID, newest=True)
    assert ID in [turn.id for turn in waiting], "that it is closed is told where it was open"
    assert told
    assert told.restricted


def test_nothing_is_restricted_where_nobody_could_see_it(service: RunningService) -> None:
    with pytest.raises(Forbidden, match="name who may, under `restricted`"):
        press(replace(service, configuration=OPEN), "restrict")


@pytest.mark.parametrize(
    ("configuration", "name", "address", "who"),
    [
        (NAMED, "kari", None, Actor("Kari Nygård", "page", "kari")),
        (NAMED, " kari  NYGÅRD ", None, Actor("Kari Nygård", "page", "kari")),
        (NAMED, "twin", None, Actor("Ola Berg", "page", "twin")),
        (NAMED, "Nora Lie", "U0KARI00", "You are not one"),  # an address of another place
        (NAMED, "Ola Berg", None, "more than one person is called Ola Berg"),
        (NAMED, "Lars", None, "nobody in the configuration is called Lars"),
        (OPEN, "Lars", None, Actor("Lars", "page")),
        (None, "Lars", None, Actor("Lars", "page")),
    ],
)
def test_a_person_is_known_by_id_or_name(
    configuration: Configuration | None, name: str, address: str | None, who: Actor | str
) -> None:
    if isinstance(who, Actor):
        assert rights.actor(configuration, name, "page", address) == who
        return
    with pytest.raises(Forbidden, match=who):
        rights.actor(configuration, name, "page", address)


def test_a_brief_is_published_and_read_by_those_who_answer(service: RunningService) -> None:
    press(service, rights.INSTRUCT, value='{"true": ["Booking is down"], "say": "We know"}')
    assert (
        press(service, rights.READ, "U0IDA000", value="1") == f"{ID}: Ida Dahl has read what to say"
    )
    assert told(service)[-1] == "Kari Nygård tells agents what to say (from Slack)"
    for wrong in ("", "[1]", '{"true": 7}'):
        with pytest.raises(Refused, match="cannot be read"):
            press(service, rights.INSTRUCT, value=wrong)


def test_a_person_opens_an_incident_that_no_surge_has(service: RunningService) -> None:
    said = press(service, rights.OPEN, about="fjordwing", note="Check-in is down at Oslo")
    id = said.partition(":")[0]
    assert told(service, id) == ["reported by Kari Nygård: Check-in is down at Oslo (from Slack)"]
    with pytest.raises(Refused, match="none of our brands"):
        press(service, rights.OPEN, about="fjordwin", note="x")


def test_what_was_merged_goes_on_as_one_and_parts_again(tmp_path: Path) -> None:
    """Two floods on two topics, of different people: two incidents, until somebody knows better."""
    begin = BEGIN + timedelta(days=4, hours=2)
    bags = flood(begin, 240, text="@FjordwingAir all bags are lost")
    booking = [
        replace(one, author=f"b-{one.author}", id=f"b-{one.id}")
        for one in flood(begin, 240, text="@FjordwingAir is booking down?")
    ]
    posts = sorted([*days(4.3), *bags, *booking], key=lambda one: (one.created_at, one.id))
    with closing(new_database(tmp_path / "seawall.db")) as database:
        service = RunningService(OPEN, database, begin)

        def go_on(since: datetime, until: datetime) -> None:
            service.watch.take(
                delivery([one for one in posts if since <= one.created_at < until], since, until)
            )

        go_on(BEGIN, begin)
        for minutes in range(0, 60, 5):
            go_on(begin + timedelta(minutes=minutes), begin + timedelta(minutes=minutes + 5))
        with database.read() as connection:
            first, second = situations.unresolved(connection)
        service.at = begin + timedelta(hours=1)
        press(service, rights.MERGE, about=first.id, value=second.id)
        go_on(service.at, service.at + timedelta(minutes=30))
        with database.read() as connection:
            [going_on] = situations.unresolved(connection)
            briefing = situations.latest_briefing(connection, first.id)
        assert going_on.topics == ["baggage", "booking"]
        assert sorted(briefing.names) == ["Baggage", "Booking"]
        posts_then = {one.series.topic: one.posts for one in going_on.surges}
        service.restart()
        press(service, rights.UNDO, about=second.id)
        go_on(service.at + timedelta(minutes=30), service.at + timedelta(minutes=60))
        with database.read() as connection:
            apart = situations.unresolved(connection)
        assert [one.topics for one in apart] == [first.topics, second.topics]
        for one in (surge for incident in apart for surge in incident.surges):
            assert one.posts > posts_then[one.series.topic], "it goes on counting"
