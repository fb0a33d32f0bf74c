"""Who is called to an incident, minute by minute: what is due is done, and is not due again."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.duty import calling
from alerts.duty.calling import Call, Due, Route, What, due
from alerts.duty.roster import Person, Rota, Rotation, Rung, Team
from alerts.duty.service_hours import ServiceHours
from alerts.incidents import steps
from alerts.incidents.incident import Kind, Reason, Severity, State
from alerts.incidents.steps import Deed
from alerts.incidents.steps import Step as Deeds
from tests.alerts import scenes

OSLO = ZoneInfo("Europe/Oslo")
NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # Sunday, 02:00 in Oslo
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # Monday, 12:00
NAMES = {"kari": "Kari", "ola": "Ola", "siri": "Siri", "nora": "Nora"}


def people(**quiet: tuple[time, time]) -> dict[str, Person]:
    return {
        id: Person(id, name, OSLO, ("slack", f"{id}-sms"), quiet.get(id))
        for id, name in NAMES.items()
    }


TEAM = Team(
    id="care",
    name="Care",
    rota=Rota(OSLO, Rotation(("kari", "ola"), datetime(2026, 11, 16, 9), timedelta(days=7))),  # noqa: DTZ001
    known=people(),
    people=("kari", "ola", "siri", "nora"),
    leads=("nora",),
    hours=ServiceHours({"mon-fri": "07:00-19:00"}),
    ladder=(Rung(timedelta(minutes=10), ("next",)), Rung(timedelta(minutes=25), ("leads",))),
    answer_within=timedelta(minutes=8),
)


class Story:
    """An incident that begins at `begin`; what is due at a minute is told, and done."""

    def __init__(self, begin: datetime = NIGHT, team: Team = TEAM, **incident: object) -> None:
        self.begin, self.team = begin, team
        plain = replace(scenes.incident(), severity=Severity.MAJOR, detected_at=begin)
        self.incident = steps.reopened(replace(plain, **incident))  # type: ignore[arg-type]
        self.steps = [calling.Step(Reason.OPENED, begin)]
        self.calls: list[Call] = []
        self.arrives: bool | None = True

    def at(self, minute: float) -> list[str]:
        """What is due then, in words."""
        now = self.begin + timedelta(minutes=minute)
        found = due(self.incident, self.steps, self.calls, self.team, now)
        for one in found:
            self._do(one, now)
        assert due(self.incident, self.steps, self.calls, self.team, now) == []
        return [_said(one) for one in found]

    def happens(self, minute: float, reason: Reason, **incident: object) -> None:
        now = self.begin + timedelta(minutes=minute)
        self.incident = replace(self.incident, **incident)  # type: ignore[arg-type]
        self.steps.append(calling.Step(reason, now))

    def takes(self, minute: float, who: str, step: Deeds, value: str = "", note: str = "") -> None:
        now = self.begin + timedelta(minutes=minute)
        deed = Deed(step, NAMES[who], "slack", value, note)
        self.incident, reason = steps.take(self.incident, deed, now)
        self.steps.append(calling.Step(reason, now, who))

    def _do(self, one: Due, now: datetime) -> None:
        route = Route(now, self.arrives)
        if one.what is What.CALL:
            number = len(self.calls) + 1
            self.calls.append(Call(number, one.person, one.level, now, one.why, None, (route,)))
        elif one.what is What.TRY:
            self._change(one.number, routes=(*self.calls[one.number - 1].routes, route))
        elif one.what in (What.ANSWERED, What.MISSED):
            self._change(one.number, answer=one.why)
            if one.what is What.MISSED:
                self.steps.append(calling.Step(Reason.UNANSWERED, now))
        elif one.what is What.ASK:
            self.steps.append(calling.Step(Reason.ASKED, now))
        elif one.what is What.RELEASE:
            self.incident = steps.reopened(self.incident)
            self.steps.append(calling.Step(Reason.UNANSWERED, now))

    def _change(self, number: int, **fields: object) -> None:
        self.calls[number - 1] = replace(self.calls[number - 1], **fields)  # type: ignore[arg-type]


def _said(one: Due) -> str:
    how = one.why if one.what in (What.CALL, What.ANSWERED, What.ASK, What.RELEASE) else ""
    return " ".join(word for word in (one.what, one.person, how) if word)


def test_at_night_the_one_on_call_is_called_at_once_and_then_the_ladder_is_climbed() -> None:
    story = Story()
    assert story.at(0) == ["call kari on-call"]
    assert story.at(4.9) == []
    assert story.at(5) == ["try kari"]  # two ways to be reached share the ten minutes
    assert story.at(9.9) == []
    assert story.at(10) == ["missed kari", "call ola next"]
    assert story.at(17.5) == ["try ola"]
    assert story.at(25) == ["missed ola", "call nora leads"]


def test_after_the_last_rung_everybody_is_called_again_and_again() -> None:
    story = Story()
    for minute in (0, 10, 25):
        story.at(minute)
    everybody = [f"call {id} everybody" for id in NAMES]
    assert story.at(33) == ["missed nora", *everybody]
    assert story.at(40.9) == [f"try {id}" for id in NAMES]
    assert story.at(41) == [*(f"missed {id}" for id in NAMES), *everybody]


def test_while_the_desks_are_open_the_channel_has_its_time_before_anybody_is_called() -> None:
    story = Story(NOON)
    assert story.at(0) == story.at(7.9) == []
    assert story.at(8) == ["call ola on-call"]


def test_where_the_desks_close_meanwhile_somebody_is_called_at_once() -> None:
    story = Story(NOON.replace(hour=17, minute=58))
    assert story.at(1) == []
    assert story.at(2) == ["call ola on-call"]


def test_who_acknowledges_stops_all_calls_whoever_it_is() -> None:
    story = Story()
    story.at(0)
    story.takes(2, "siri", Deeds.PHONE)
    assert story.at(2) == ["answered kari none"]
    assert story.at(30) == []


def test_i_cant_calls_the_next_one_at_once_who_has_the_whole_time_to_answer() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.DECLINE)
    assert story.at(1) == ["answered kari declined", "call ola next"]
    assert story.at(15.9) == ["try ola"]
    assert story.at(16) == ["missed ola", "call nora leads"]


def test_who_gives_it_back_later_is_not_called_again_and_the_ladder_goes_on() -> None:
    story = Story()
    story.at(0)
    story.takes(3, "kari", Deeds.PHONE)
    assert story.at(3) == ["answered kari phone"]
    story.takes(50, "kari", Deeds.DECLINE)
    assert story.at(50) == ["call ola next"]


def test_where_nobody_can_everybody_is_called_all_the_same() -> None:
    story = Story(team=replace(TEAM, people=("kari", "ola"), ladder=()))
    story.at(0)
    story.takes(1, "kari", Deeds.DECLINE)
    story.takes(1, "ola", Deeds.DECLINE)
    assert story.at(1) == [
        "answered kari declined",
        "call kari everybody",
        "call ola everybody",
    ]


def test_at_my_desk_in_ten_minutes_is_held_to_then_asked_and_then_taken_back() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.ACKNOWLEDGE, "10")
    assert story.at(1) == ["answered kari desk"]
    assert story.at(10.9) == []
    assert story.at(11) == ["ask Kari coming"]
    assert story.at(18.9) == []
    assert story.at(19) == ["release Kari coming", "call ola next"]
    assert story.incident.state is State.OPEN


def test_what_somebody_does_shows_that_they_are_at_their_desk_and_what_others_do_does_not() -> None:
    for who, asked in {"kari": [], "ola": ["ask Kari coming"]}.items():
        story = Story()
        story.at(0)
        story.takes(1, "kari", Deeds.ACKNOWLEDGE, "10")
        story.at(1)
        story.takes(9, who, Deeds.NOTE, note="the booking page is down")
        assert story.at(11) == asked


def test_who_needs_more_time_says_so_and_is_asked_at_the_new_one() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.ACKNOWLEDGE, "10")
    assert story.at(11) == ["answered kari desk", "ask Kari coming"]
    story.takes(12, "kari", Deeds.ACKNOWLEDGE, "10")
    assert story.at(21.9) == []
    assert story.at(22) == ["ask Kari coming"]


def test_what_nobody_has_touched_for_an_hour_is_asked_about_again_and_again() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.PHONE)
    story.at(1)
    assert story.at(60.9) == []
    assert story.at(61) == ["ask Kari untouched"]
    assert story.at(121) == ["ask Kari untouched"]
    story.takes(130, "kari", Deeds.MITIGATE)
    assert story.at(181) == []
    assert story.at(190) == ["ask Kari untouched"]


def test_a_silence_is_looked_at_again_when_that_was_said() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.PHONE)
    story.at(1)
    until = (NIGHT + timedelta(minutes=40)).isoformat()
    story.takes(2, "kari", Deeds.KEEP_SILENT, until, "a threat, the police leads")
    assert story.at(39.9) == []
    assert story.at(40) == ["ask Kari silence"]


@pytest.mark.parametrize("taken", [False, True])
def test_a_snooze_calls_and_asks_nobody_until_it_is_over(taken: bool) -> None:
    story = Story()
    story.at(0)
    if taken:
        story.takes(1, "kari", Deeds.PHONE)
        story.at(1)
    story.takes(2, "kari", Deeds.SNOOZE, "2h")
    assert story.at(60) == story.at(121.9) == []
    assert story.at(122) == (["ask Kari untouched"] if taken else ["call kari on-call"])


def test_a_snooze_until_it_doubles_ends_when_it_has() -> None:
    story = Story()
    story.at(0)
    story.takes(2, "kari", Deeds.SNOOZE, "doubles")
    assert story.at(300) == []
    surges = tuple(replace(one, posts=2 * one.posts) for one in story.incident.surges)
    story.happens(301, Reason.GREW, surges=surges)
    assert story.at(301) == ["call kari on-call"]


def test_rising_severity_overrides_a_snooze() -> None:
    story = Story()
    story.at(0)
    story.takes(2, "kari", Deeds.SNOOZE, "2h")
    assert story.at(20) == []
    story.happens(1, Reason.ESCALATED, severity=Severity.CRITICAL)  # known 20 minutes later
    assert story.at(21) == ["call kari on-call"]


def test_who_has_it_is_told_when_it_becomes_more_severe() -> None:
    story = Story()
    story.at(0)
    story.takes(2, "kari", Deeds.PHONE)
    story.at(2)
    story.happens(1, Reason.ESCALATED, severity=Severity.CRITICAL)  # as its posts were known
    assert story.at(6) == ["ask Kari graver"]


def test_what_is_only_shown_calls_nobody_until_it_becomes_more_severe() -> None:
    story = Story(calls=False)
    assert story.at(0) == story.at(300) == []
    story.happens(301, Reason.ESCALATED, severity=Severity.MAJOR)
    assert story.at(301) == ["call kari on-call"]


def test_a_safety_word_calls_at_once_at_noon_and_through_a_snooze() -> None:
    story = Story(NOON, kind=Kind.SAFETY, severity=Severity.MINOR)
    assert story.at(0) == ["call ola on-call"]
    story.takes(1, "ola", Deeds.SNOOZE, "2h")
    assert story.at(1) == ["call ola on-call"]


def test_who_has_it_is_told_of_another_word_about_safety() -> None:
    story = Story(NOON, kind=Kind.SAFETY)
    story.at(0)
    story.takes(1, "ola", Deeds.ACKNOWLEDGE)
    story.at(1)
    story.happens(5, Reason.EXTENDED)
    assert "ask Ola graver" in story.at(6)


def test_quiet_hours_are_kept_and_whoever_is_awake_is_called_instead() -> None:
    quiet = people(kari=(time(22), time(6)))
    story = Story(team=replace(TEAM, known=quiet))
    assert story.at(0) == ["call ola next"]


def test_where_everybody_is_quiet_the_first_is_called_when_that_is_over() -> None:
    night = (time(22), time(6))
    story = Story(team=replace(TEAM, known=people(kari=night, ola=night, siri=night, nora=night)))
    assert story.at(0) == story.at(239) == []
    assert story.at(240) == ["call kari on-call"]  # it is 06:00


@pytest.mark.parametrize(
    "grave", [{"severity": Severity.CRITICAL}, {"kind": Kind.SAFETY}], ids=["critical", "safety"]
)
def test_what_cannot_wait_is_told_through_quiet_hours(grave: dict[str, object]) -> None:
    quiet = people(kari=(time(22), time(6)))
    assert Story(team=replace(TEAM, known=quiet), **grave).at(0) == ["call kari on-call"]


def test_a_call_that_has_not_arrived_goes_by_the_next_route_and_then_to_the_next_rung() -> None:
    story = Story()
    story.arrives = None
    story.at(0)
    assert story.at(1.9) == []
    assert story.at(2) == ["try kari"]
    assert story.at(3.9) == []
    assert story.at(4) == ["missed kari", "call ola next"]


def test_a_call_that_was_given_up_goes_by_the_next_route_at_once() -> None:
    story = Story()
    story.at(0)
    story.calls[0] = replace(story.calls[0], routes=(Route(NIGHT, arrived=False),))
    assert story.at(0.5) == ["try kari"]


def test_of_what_is_restricted_only_those_who_may_know_are_called() -> None:
    story = Story(team=TEAM.only(("ola", "nora")))
    assert story.at(0) == ["call ola next"]
    assert story.at(15) == ["missed ola", "call nora leads"]
    assert story.at(23) == ["missed nora", "call ola everybody", "call nora everybody"]


def test_a_team_without_a_rota_calls_everybody_when_its_desks_are_closed() -> None:
    story = Story(team=replace(TEAM, rota=Rota(OSLO), ladder=()))
    assert story.at(0) == [f"call {id} everybody" for id in NAMES]


def test_what_comes_back_calls_anew() -> None:
    story = Story()
    story.at(0)
    story.takes(1, "kari", Deeds.PHONE)
    story.at(1)
    story.takes(60, "kari", Deeds.RESOLVE)
    assert story.at(200) == []
    story.incident = steps.reopened(story.incident)
    story.happens(240, Reason.REOPENED)
    assert story.at(240) == ["call kari on-call"]


def test_a_call_that_nobody_has_answered_is_settled_when_the_incident_is_over() -> None:
    story = Story()
    story.at(0)
    story.incident = replace(story.incident, state=State.RESOLVED)
    assert story.at(3) == ["answered kari none"]


def test_after_a_long_pause_of_the_daemon_one_level_is_climbed_not_all() -> None:
    story = Story()
    story.at(0)
    assert story.at(600) == ["missed kari", "call ola next"]


def test_a_part_of_another_incident_calls_nobody() -> None:
    assert Story(merged_into="fjordwing-other").at(0) == []
