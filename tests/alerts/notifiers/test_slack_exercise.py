"""Whatever Slack shows a person of an exercise says that it is one, whatever else it shows."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from alerts.briefings.briefing import EXERCISE
from alerts.notifiers._slack_controls import WINDOWS
from monitor.configuration import loads
from monitor.drill.setting import exercise
from monitor.telling.exercise import practises
from tests.airline import CONFIGURATION
from tests.alerts.notifiers.slack_stage import CHANNEL, Desk, Slack, listening, scene, told, until

OF_MESSAGES = ("copy", "edit", "return", "posted", "break_glass")


class Practising(Desk):
    """Seawall in an exercise; what it knows of the incident does not say so by itself."""

    def practises(self) -> bool:
        return True


def acting(slack: Slack, *steps: Callable[[], Awaitable[object]]) -> None:
    async def night() -> None:
        await slack.notifier().send(told(scene()))
        async with listening(slack, Practising()):
            for step in steps:
                await step()

    asyncio.run(night())
    slack.check_calls()


def title(slack: Slack, who: str) -> str:
    return str(slack.double.windows(who)[-1].view["title"]["text"])


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_of_the_menu_says_that_it_is_an_exercise(slack: Slack, window: str) -> None:
    async def choose() -> None:
        slack.double.press("seawall_menu", choice=window)
        await until(lambda: slack.double.windows("Kari"))

    acting(slack, choose)
    assert title(slack, "Kari").startswith(f"{EXERCISE}: ")


@pytest.mark.parametrize("window", ["facts", "words", *OF_MESSAGES])
def test_every_window_about_words_says_that_it_is_an_exercise(slack: Slack, window: str) -> None:
    async def choose() -> None:
        slack.double.press(f"seawall_window:{'facts' if window == 'facts' else 'words'}")
        await until(lambda: slack.double.windows("Kari"))
        assert title(slack, "Kari").startswith(f"{EXERCISE}: "), "while it is being read, too"
        await until(lambda: "One moment" not in str(slack.double.windows("Kari")[-1].view))
        if window in OF_MESSAGES:
            before = slack.double.windows("Kari")[-1].view
            slack.double.hands.press_in_window("Kari", f"seawall_window:{window}")
            await until(lambda: slack.double.windows("Kari")[-1].view != before)

    acting(slack, choose)
    assert title(slack, "Kari").startswith(f"{EXERCISE}: ")


def test_the_home_shortcuts_commands_and_answers_say_that_it_is_an_exercise(slack: Slack) -> None:
    hands = slack.double.hands

    async def everything() -> None:
        hands.look_home("Ola")
        await until(lambda: slack.double.home("Ola"))
        hands.shortcut("seawall_status", "Kari")
        hands.shortcut("seawall_note", "Per", slack.message)
        await until(lambda: slack.double.windows("Kari") and slack.double.windows("Per"))
        for number, said in enumerate(("status", "oncall", "help", "ack")):
            slack.double.command(f"/seawall {said}", "Ida")
            await until(lambda many=number: len(alone(slack)) > many)

    acting(slack, everything)
    home = slack.double.home("Ola")
    assert home
    assert home.view["blocks"][0]["text"]["text"] == EXERCISE
    assert all(title(slack, who).startswith(f"{EXERCISE}: ") for who in ("Kari", "Per"))
    assert [one for one in alone(slack) if EXERCISE not in one] == []


def alone(slack: Slack) -> list[str]:
    """What people were told alone."""
    return [one.words for one in slack.double.messages[CHANNEL] if one.to]


def test_a_configuration_is_known_as_an_exercise_by_its_brand() -> None:
    theirs = {"brands": {"acme": {"name": "Acme Air", "terms": ["acme"]}}}
    [(id, brand)] = exercise(theirs)["brands"].items()
    before = CONFIGURATION[: CONFIGURATION.index("brands:")]
    after = CONFIGURATION[CONFIGURATION.index("topics:") :]
    made = f"{before}brands: {{{id}: {{name: {brand['name']}, terms: [acme]}}}}\n{after}"
    assert practises(loads(made))
    assert not practises(loads(CONFIGURATION))
