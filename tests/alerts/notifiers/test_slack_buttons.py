"""Slack: what people press, write and submit is answered at once, acted on once, and privately."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog

from alerts.briefings.instruction import Instruction
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Refused
from alerts.incidents.steps import Step
from alerts.notifiers import Pressed
from alerts.notifiers.slack import MOST
from monitor.doubles.failures import Failure
from tests.alerts import scenes
from tests.alerts.notifiers.slack_stage import (
    CHANNEL,
    Desk,
    Slack,
    listening,
    scene,
    slack_says,
    told,
    until,
)


def acting(slack: Slack, desk: Desk, *steps: Callable[[], Awaitable[object]]) -> None:
    """Run the steps one after the other while Seawall listens, after its message is there."""

    async def night() -> None:
        await slack.notifier().send(told(desk.incidents[0]))
        async with listening(slack, desk):
            for step in steps:
                await step()

    asyncio.run(night())
    slack.check_calls()


# buttons


def test_a_press_is_answered_at_once_and_acted_on_once(slack: Slack) -> None:
    taken: list[tuple[str, str, str]] = []
    free = asyncio.Event()

    async def act(pressed: Pressed) -> str:
        taken.append((pressed.verb, pressed.about, pressed.by))
        await free.wait()
        return f"You have {pressed.about} in hand"

    async def night() -> None:
        await slack.notifier().send(told(scene()))
        async with listening(slack, act):
            envelope = slack.double.press("seawall_acknowledge")
            await until(lambda: envelope.acknowledged)  # while it is still being acted on
            slack.double.socket.repeat(envelope)
            await until(lambda: len(envelope.acknowledged) == 2)
            slack.double.socket.send(envelope.payload)  # the same press under another envelope
            resolving = slack.double.press("seawall_resolve", user="Per")
            await until(lambda: resolving.acknowledged and len(taken) == 2)
            free.set()
            await until(lambda: len(slack.double.messages[CHANNEL]) == 3)
        assert not envelope.late

    asyncio.run(night())
    incident = scene().incident
    assert taken == [(Step.ACKNOWLEDGE, incident, "Kari"), (Step.RESOLVE, incident, "Per")]
    private = {m.to: m.now.text for m in slack.double.messages[CHANNEL] if m.to}
    assert private == dict.fromkeys(["U0KARIX", "U0PERX"], f"You have {incident} in hand")
    slack.check_calls()


def test_a_refusal_is_told_to_that_person_alone(slack: Slack) -> None:
    async def act(pressed: Pressed) -> str:
        if pressed.verb == Step.RESOLVE:
            raise OSError("the disk is full: <!channel>")
        raise Refused(f"{pressed.about} was acknowledged by <!here> *Per* already")

    async def night() -> None:
        await slack.notifier().send(told(scene()))
        async with listening(slack, act):
            slack.double.press("seawall_acknowledge", user="Kari")
            await until(lambda: len(slack.double.messages[CHANNEL]) == 2)
            slack.double.failing["chat.postEphemeral"].told(Failure(500))
            slack.double.press("seawall_acknowledge", user="Ola")  # who is not told; it is logged
            await until(lambda: slack.double.calls[-1].method == "chat.postEphemeral")
            slack.double.press("seawall_resolve", user="Per")
            await until(lambda: len(slack.double.messages[CHANNEL]) == 3)

    with structlog.testing.capture_logs() as logged:
        asyncio.run(night())
    _, first, second = slack.double.messages[CHANNEL]
    assert first.to == "U0KARIX"
    assert first.now.text.endswith("was acknowledged by &lt;!here&gt; ∗Per∗ already")
    assert second.now.text.startswith("That did not work. Try again, or in a shell: seawall")
    assert "full" not in second.now.text
    assert "was not told" in str(logged)


@pytest.mark.parametrize("end", ["cut", "refresh"])
def test_a_connection_that_ends_is_replaced(slack: Slack, end: str) -> None:
    taken: list[str] = []

    async def act(pressed: Pressed) -> str:
        taken.append(pressed.by)
        return "done"

    async def night() -> None:
        await slack.notifier().send(told(scene()))
        slack.double.failing["apps.connections.open"].told(Failure(500))
        async with listening(slack, act):
            getattr(slack.double.socket, end)()
            await until(lambda: slack.double.socket.opened == 2)
            await until(lambda: slack.double.socket.connections == 1)
            slack.double.press("seawall_acknowledge")
            await until(lambda: taken)

    with structlog.testing.capture_logs():
        asyncio.run(night())
    assert taken == ["Kari"]


def test_what_is_not_a_press_of_ours_is_acknowledged_and_ignored(slack: Slack) -> None:
    async def act(_pressed: Pressed) -> str:
        raise AssertionError("nothing to act on")

    user = {"id": "U1"}
    strange: list[tuple[Any, str]] = [
        ({"type": "view_submission"}, "interactive"),
        ({"type": "block_actions", "actions": []}, "interactive"),
        (
            {"type": "block_actions", "actions": [{"action_id": "other"}], "user": user},
            "interactive",
        ),
        ({"type": "block_actions", "actions": 7}, "interactive"),
        ({"command": "/seawall"}, "slash_commands"),
    ]

    async def night() -> None:
        async with listening(slack, act):
            sent = [slack.double.socket.send(payload, kind) for payload, kind in strange]
            await until(lambda: all(envelope.acknowledged for envelope in sent))

    asyncio.run(night())
    assert slack.double.messages[CHANNEL] == []


def test_without_an_app_token_nobody_listens(slack: Slack) -> None:
    async def act(_pressed: Pressed) -> str:
        raise AssertionError

    asyncio.run(slack.notifier(app_token=None).listen(act))
    assert slack.double.calls == []


# what else can be pressed, written and submitted


@pytest.mark.parametrize(
    ("action", "choice", "step", "value"),
    [
        ("seawall_acknowledge", "0", Step.ACKNOWLEDGE, ""),
        ("seawall_acknowledge", "20", Step.ACKNOWLEDGE, "20"),
        ("seawall_phone", "", Step.PHONE, ""),
        ("seawall_decline", "", Step.DECLINE, ""),
    ],
)
def test_the_answers_of_the_night(
    slack: Slack, action: str, choice: str, step: Step, value: str
) -> None:
    desk = Desk()

    async def press() -> None:
        slack.double.press(action, choice=choice, user="Ola")
        await until(lambda: slack.whispers)

    acting(slack, desk, press)
    incident = desk.incidents[0].incident
    assert desk == [Pressed(step, incident, "Ola", "slack", value, "", "U0OLAX")]
    assert slack.whispers == {"U0OLAX": f"Done: {step}"}


@pytest.mark.parametrize(
    ("window", "answers", "pressed"),
    [
        ("assign", {"person": "U0OLAX"}, ("assign", "Ola", "")),
        ("assign", {"department": "IT operations"}, ("assign", "IT operations", "")),
        ("snooze", {"until": "2026-11-22T00:11:00+00:00"}, ("snooze", None, "")),
        ("snooze", {"until": "doubles"}, ("snooze", "doubles", "")),
        (
            "verdict",
            {"verdict": "hoax", "reason": "an old video"},
            ("judge", "hoax", "an old video"),
        ),
        (
            "lead",
            {"decision": "rate:minor", "reason": "a test"},
            ("rate", "minor", "a test"),
        ),
        ("lead", {"decision": "restrict", "again": "2h"}, ("restrict", "", "")),
        ("brief", {"true": "Booking is down", "never": "the cause\nwhen"}, ("instruct", None, "")),
    ],
)
def test_the_menu_opens_a_window_and_what_is_written_there_is_taken(
    slack: Slack, window: str, answers: dict[str, str], pressed: tuple[str, str | None, str]
) -> None:
    desk = Desk()

    async def choose() -> None:
        slack.double.press("seawall_menu", choice=window, user="Per")
        await until(lambda: slack.double.windows("Per"))

    async def submit() -> None:
        envelope = slack.double.hands.submit("Per", answers)
        slack.double.socket.repeat(envelope)
        await until(lambda: slack.whispers)

    acting(slack, desk, choose, submit)
    [taken] = desk
    verb, value, note = pressed
    assert (taken.verb, taken.note, taken.address) == (verb, note, "U0PERX")
    assert value in (None, taken.value)
    if window == "brief":
        written = Instruction.from_json(taken.value)
        assert (written.true, written.never) == (("Booking is down",), ("the cause", "when"))
    assert slack.whispers == {"U0PERX": f"Done: {verb}"}


def test_the_agent_brief_begins_with_what_was_said_last(slack: Slack) -> None:
    desk = Desk()
    desk.told = Instruction(say=("We know", "We are on it"))

    async def choose() -> None:
        slack.double.press("seawall_menu", choice="brief")
        await until(lambda: slack.double.windows("Kari"))

    acting(slack, desk, choose)
    [shown] = slack.double.windows("Kari")
    _, read, *inputs = shown.view["blocks"]
    assert "Read by Kari; not yet by Ola" in str(read)
    said = {b["block_id"]: b["element"].get("initial_value") for b in inputs}
    assert said["say"] == "We know\nWe are on it"
    assert said["never"] is None


def test_a_window_that_cannot_open_in_time_is_told(slack: Slack) -> None:
    async def choose() -> None:
        slack.double.failing["views.open"].told(slack_says("expired_trigger_id"))
        slack.double.press("seawall_menu", choice="assign")
        await until(lambda: slack.whispers)

    acting(slack, Desk(), choose)
    assert slack.whispers == {"U0KARIX": "Slack did not open that in time. Try again."}


def test_shortcuts_open_windows(slack: Slack) -> None:
    other = scene(incident="fjordwing-another", headline="Fjordwing Air: baggage")
    desk = Desk(scene(), other)
    hands = slack.double.hands

    async def everything() -> None:
        hands.shortcut("seawall_status", "Kari")
        await until(lambda: slack.double.windows("Kari"))
        hands.shortcut("seawall_merge", "Ola", slack.message)
        await until(lambda: slack.double.windows("Ola"))
        hands.submit("Ola", {"part": other.incident})
        await until(lambda: len(desk) == 1)
        hands.shortcut("seawall_note", "Ola", slack.message)
        await until(lambda: slack.double.windows("Ola"))
        hands.submit("Ola", {"note": "The airport knows"})
        await until(lambda: len(desk) == 2)

    acting(slack, desk, everything)
    [status] = slack.double.windows("Kari")
    assert "Fjordwing Air: baggage" in str(status.view)
    merged, noted = desk
    assert (merged.verb, merged.about, merged.value) == ("merge", scene().incident, other.incident)
    assert (noted.verb, noted.note) == (Step.NOTE, "The airport knows")


COMMANDS = [
    ("/seawall status", "CRITICAL: Fjordwing Air: booking", None),
    ("/seawall", "nobody has it in hand", None),
    ("/seawall oncall", "Customer care: on call Kari, Ola until Mon 23 Nov, 09:00 CET", None),
    ("/seawall help", "/seawall open [BRAND] WHAT", None),
    ("/seawall what?", "/seawall brief [INCIDENT]", None),
    ("/seawall ack", "Done: acknowledge", ("acknowledge", "fjordwing-w6dup7qd", "")),
    ("/seawall ack 10", "Done: acknowledge", ("acknowledge", "fjordwing-w6dup7qd", "10")),
    ("/seawall ack fjord 5", "Done: acknowledge", ("acknowledge", "fjordwing-w6dup7qd", "5")),
    ("/seawall ack nothing", "no incident nothing", None),
    ("/seawall open smoke at gate 5", "Done: open", ("open", "fjordwing", "")),
    ("/seawall open fjordwing smoke", "Done: open", ("open", "fjordwing", "")),
]


@pytest.mark.parametrize(("command", "said", "step"), COMMANDS)
def test_a_command_is_answered_to_whoever_wrote_it(
    slack: Slack, command: str, said: str, step: tuple[str, str, str] | None
) -> None:
    desk = Desk()

    async def write() -> None:
        slack.double.command(command, "Ola")
        await until(lambda: slack.whispers)

    acting(slack, desk, write)
    [answer] = [m for m in slack.double.messages[CHANNEL] if m.to]
    assert answer.to == "U0OLAX"
    assert said in answer.words
    assert [(each.verb, each.about, each.value) for each in desk] == ([step] if step else [])


def test_of_very_many_incidents_the_most_severe_are_listed(slack: Slack) -> None:
    desk = Desk(*(scene(incident=f"fjordwing-{n}") for n in range(MOST)))

    async def write() -> None:
        slack.double.command("/seawall status")
        await until(lambda: slack.whispers)
        slack.double.hands.look_home("Kari")
        await until(lambda: slack.double.home("Kari"))

    acting(slack, desk, write)
    for shown in (slack.double.messages[CHANNEL][-1].words, str(slack.double.home("Kari"))):
        assert f"fjordwing-{MOST - 2}" in shown
        assert f"fjordwing-{MOST - 1}" not in shown
        assert "and others, which are less severe" in shown


def test_the_command_for_the_brief_opens_its_window(slack: Slack) -> None:
    async def write() -> None:
        slack.double.command("/seawall brief")
        await until(lambda: slack.double.windows("Kari"))

    acting(slack, Desk(), write)


def test_a_command_that_could_mean_several_incidents_names_them(slack: Slack) -> None:
    desk = Desk(scene(), scene(incident="fjordwing-another"))

    async def write() -> None:
        slack.double.command("/seawall ack")
        await until(lambda: slack.whispers)

    acting(slack, desk, write)
    assert desk == []
    [said] = slack.whispers.values()
    assert said == "say which incident: fjordwing-w6dup7qd, fjordwing-another"


def test_the_home_shows_what_is_open_and_who_is_on_duty(slack: Slack) -> None:
    desk = Desk()

    async def look() -> None:
        slack.double.hands.look_home("Ola")
        await until(lambda: slack.double.home("Ola"))
        desk.incidents = []
        slack.double.hands.press_at_home("Ola", "seawall_acknowledge", "5")
        await until(lambda: slack.double.direct("Ola"))

    acting(slack, desk, look)
    [pressed] = desk
    assert (pressed.verb, pressed.value) == (Step.ACKNOWLEDGE, "5")
    shown = slack.double.home("Ola")
    assert shown is not None
    assert "Nothing is open." in str(shown.view)  # it was shown anew
    assert "on call Kari, Ola until Mon 23 Nov" in str(shown.view)
    assert [message.now.text for message in slack.double.direct("Ola")] == ["Done: acknowledge"]


def notice(purpose: Purpose, *actions: Action) -> Notice:
    about = {"about": "fjordwing-w6dup7qd", "incident": "fjordwing-w6dup7qd"}
    return Notice("n1", purpose, scenes.DETECTED, "Booking fails", actions=actions, **about)


def test_the_buttons_of_a_call_give_way_to_what_came_of_it(slack: Slack) -> None:
    desk, [kari] = Desk(), ["U0KARIX"]
    call = notice(Purpose.CALL, Action("By phone", "phone"), Action("I can't", "decline"))

    async def answer() -> None:
        await slack.notifier().notify(call, address=kari, thread=None, uncertain=False)
        [message] = slack.double.direct("Kari")
        desk.refuses = "only named people may act"
        slack.double.press("seawall_notice:phone:0")
        await until(lambda: len(slack.double.direct("Kari")) == 2)
        assert slack.double.direct("Kari")[1].now.text == desk.refuses
        desk.refuses = ""
        slack.double.press("seawall_notice:decline:1")
        await until(lambda: len(message.revisions) == 2)

    acting(slack, desk, answer)
    message, _ = slack.double.direct("Kari")
    assert "Done: decline" in message.words
    assert "By phone" not in message.words
    assert desk[-1] == Pressed("decline", "fjordwing-w6dup7qd", "Kari", "slack", "", "", kari)


def test_a_brief_can_be_read_by_everybody(slack: Slack) -> None:
    desk = Desk()
    brief = notice(Purpose.INSTRUCTION, Action("I have read it", "read", "2"))

    async def answer() -> None:
        await slack.notifier().notify(brief, address=None, thread=None, uncertain=False)
        for person in ("Kari", "Ola"):
            slack.double.press("seawall_notice:read:0", user=person)
        await until(lambda: len(slack.whispers) == 2)

    acting(slack, desk, answer)
    assert sorted((each.by, each.value) for each in desk) == [("Kari", "2"), ("Ola", "2")]


# what was acknowledged is told, whatever happens


def test_who_pressed_while_seawall_stops_is_told(slack: Slack) -> None:
    class Stopping(Desk):
        async def __call__(self, pressed: Pressed) -> str:
            self.append(pressed)
            await asyncio.Event().wait()
            return ""

    desk = Stopping()

    async def press() -> None:
        slack.double.press("seawall_phone")
        await until(lambda: desk)

    acting(slack, desk, press)
    assert slack.whispers["U0KARIX"].startswith("Seawall stopped before it could take this.")


def test_without_a_desk_only_buttons_work(slack: Slack) -> None:
    async def act(_pressed: Pressed) -> str:
        return "Done"

    async def night() -> None:
        await slack.notifier().send(told(scene()))
        async with listening(slack, act):
            slack.double.press("seawall_menu", choice="assign")
            await until(lambda: slack.whispers)

    asyncio.run(night())
    assert slack.whispers == {"U0KARIX": "nothing can be looked up here; use the buttons"}
