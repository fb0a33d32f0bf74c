"""Slack: one message per incident, told once whatever fails, and buttons that act once."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from alerts.briefing import Briefing
from alerts.incidents import Reason, Refused, State
from alerts.notifiers import Act, Notification, NotifierError, Places, Pressed, notifier_kinds
from alerts.notifiers._slack_blocks import LONGEST_MESSAGE, blocks, text
from alerts.notifiers.slack import Options, SlackNotifier
from alerts.posts import Post
from alerts.secret import Secret
from alerts.steps import Step
from monitor import clock
from monitor.doubles._slack_limits import refusal
from monitor.doubles.failures import Failure
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from tests import slack_contract
from tests.alerts import scenes

CHANNEL, TOKEN, APP_TOKEN = "C0SEAWALL", "xoxb-fjordwing", "xapp-fjordwing"
PLACES = Places("seawall incidents ack {incident} --by YOU", "https://seawall.example/i/{incident}")
LOST = Failure(200, body=b'{"ok": true}', drop=True)
"""An answer that is lost; what was asked is done."""


class Slack:
    """The double, where it is served, and a notifier that posts there."""

    def __init__(self, double: SlackDouble, url: str) -> None:
        self.double, self.url = double, url

    def notifier(self, **changed: Any) -> SlackNotifier:
        given: dict[str, Any] = {
            "channel": CHANNEL,
            "token": TOKEN,
            "app_token": APP_TOKEN,
            "base_url": f"{self.url}/api/",
            "places": PLACES,
        }
        return SlackNotifier("slack", **(given | changed))

    @property
    def shown(self) -> list[str]:
        return [json.dumps(m.now.blocks, ensure_ascii=False) for m in self.double.messages[CHANNEL]]


class Stage:
    """One server for every test's own double: starting one takes longer than most tests."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, str]]:
    made = Stage()
    with serving(Starlette(routes=[Mount("/", made)])) as url:
        yield made, url


@pytest.fixture
def slack(stage: tuple[Stage, str]) -> Slack:
    double = SlackDouble(now=clock.wall, pace_s=0)
    stage[0].app = double.app
    return Slack(double, stage[1])


def scene(reason: Reason = Reason.OPENED, state: State = State.OPEN, **changed: Any) -> Briefing:
    briefing = replace(scenes.briefing(reason), state=state, **changed)
    if state is State.OPEN:
        briefing = replace(briefing, acknowledged_at=None, acknowledged_by=None)
    return replace(briefing, resolved_at=briefing.at if state is State.RESOLVED else None)


def told(
    briefing: Briefing, revision: int = 1, receipt: str | None = None, uncertain: bool = False
) -> Notification:
    incident = briefing.incident
    return Notification(f"{incident}/{revision}", incident, revision, briefing, receipt, uncertain)


def refused(slack: Slack, notification: Notification, **changed: Any) -> NotifierError:
    with pytest.raises(NotifierError) as failed:
        asyncio.run(slack.notifier(**changed).send(notification))
    return failed.value


PATIENCE_S = 60
"""A connection that is cut while it is made is noticed only by its next ping, after 20 s."""


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(slack: Slack, act: Act) -> AsyncIterator[None]:
    task = asyncio.create_task(slack.notifier().listen(act))
    await until(lambda: slack.double.socket.connections)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await until(lambda: not slack.double.socket.connections)


# what is told


def test_one_message_per_incident_is_updated_in_place(slack: Slack) -> None:
    async def night() -> None:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scene()))
        grown = scene(Reason.GREW, observed=1234)
        receipt = await notifier.send(told(grown, 2, receipt))
        await notifier.send(told(scene(Reason.RESOLVED, State.RESOLVED), 3, receipt))

    asyncio.run(night())
    assert slack.double.posted == {scene().incident: 1}
    [message] = slack.double.messages[CHANNEL]
    opened, grew, resolved = (json.dumps(r.blocks, ensure_ascii=False) for r in message.revisions)
    assert "CRITICAL" in opened
    assert "1,234" in grew
    assert "Resolved" in resolved
    assert "seawall_resolve" not in resolved
    for call in slack.double.calls:
        slack_contract.check_call(call)


def test_the_message_says_at_a_glance_what_the_briefing_says(slack: Slack) -> None:
    asyncio.run(slack.notifier().send(told(scene())))
    [shown] = slack.shown
    for fact in (
        "🔴 CRITICAL · Fjordwing Air: booking",
        "Fjordwing Air: booking — ×11 the expected number since 23:07",
        "*Since*\\nSat 21 Nov, 23:07 CET; detected 4 min later",
        "*Posts*\\n915 on booking, where 85 were expected",
        "once in 40 years",
        "English 50%",
        "20:57 to 23:27 CET",
        "? not observed",
        "Draft in Norwegian",
        "Drafts in Swedish, too, on its page",
        "Outside service hours; the desk opens Sun 22 Nov, 10:00 CET",
        f"https://seawall.example/i/{scene().incident}",
    ):
        assert fact in shown
    [message] = slack.double.messages[CHANNEL]
    first = [block["type"] for block in message.now.blocks[:4]]
    assert first == ["header", "rich_text", "section", "actions"]  # in sight without scrolling
    assert scenes.briefing().holding_messages["en"] in shown
    assert message.now.text == f"CRITICAL: {scene().headline}"


def test_who_has_it_in_hand_is_said_and_cannot_be_asked_again() -> None:
    taken = json.dumps(blocks(scene(state=State.ACKNOWLEDGED), PLACES, buttons=True))
    assert "*In hand*\\nKari, since Sat 21 Nov, 23:23 CET" in taken
    assert "seawall_acknowledge" not in taken
    assert "seawall_resolve" in taken


def test_without_buttons_the_message_names_the_command(slack: Slack) -> None:
    asyncio.run(slack.notifier(app_token=None).send(told(scene())))
    [shown] = slack.shown
    assert f"seawall incidents ack {scene().incident} --by YOU" in shown
    assert '"button"' not in shown


# told once, whatever fails


def test_a_message_whose_answer_was_lost_is_found_again(slack: Slack) -> None:
    slack.double.failing["chat.postMessage"].told(LOST)
    failed = refused(slack, told(scene()))
    assert not failed.permanent

    async def again() -> None:
        notifier = slack.notifier()
        for _ in range(250):  # more than a page of other people's messages
            await notifier.test()
        receipt = await notifier.send(told(scene(Reason.GREW), 2, uncertain=True))
        await notifier.send(told(scene(Reason.GREW), 3, receipt))

    asyncio.run(again())
    assert slack.double.posted[scene().incident] == 1
    assert len(slack.double.messages[CHANNEL][0].revisions) == 3
    for call in slack.double.calls:
        slack_contract.check_call(call)


def test_a_message_that_never_arrived_is_posted_after_looking(slack: Slack) -> None:
    slack.double.failing["chat.postMessage"].told(Failure(500))
    refused(slack, told(scene()))
    other = replace(scene(), incident="fjordwing-another")
    asyncio.run(slack.notifier().send(told(other)))
    asyncio.run(slack.notifier().send(told(scene(), uncertain=True)))
    assert slack.double.posted == {scene().incident: 1, other.incident: 1}


def test_a_message_that_somebody_deleted_is_posted_anew_once(slack: Slack) -> None:
    receipt = asyncio.run(slack.notifier().send(told(scene())))
    slack.double.delete(slack.double.messages[CHANNEL][0])
    slack.double.failing["chat.postMessage"].told(LOST)
    refused(slack, told(scene(Reason.GREW), 2, receipt))
    found = asyncio.run(slack.notifier().send(told(scene(Reason.GREW), 2, receipt)))
    assert found != receipt
    assert slack.double.posted == {scene().incident: 1}


def test_an_incident_that_is_back_gets_a_message_that_rings_once(slack: Slack) -> None:
    async def night() -> str:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scene()))
        return await notifier.send(told(scene(Reason.RESOLVED, State.RESOLVED), 2, receipt))

    receipt = asyncio.run(night())
    slack.double.failing["chat.postMessage"].told(LOST)
    refused(slack, told(scene(Reason.REOPENED), 3, receipt))
    asyncio.run(slack.notifier().send(told(scene(Reason.GREW), 4, receipt)))
    before, after = slack.shown
    assert "Resolved" in before
    assert "Has grown to 915 posts" in after


def test_talk_is_told_quietly_and_a_message_that_rings_comes_once_it_calls(slack: Slack) -> None:
    async def afternoon() -> None:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scenes.talk()))
        receipt = await notifier.send(told(scenes.talk(Reason.GREW), 2, receipt))
        calling = replace(scene(Reason.CALLING), calls_because="40% of its posts ask")
        receipt = await notifier.send(told(calling, 3, receipt))
        await notifier.send(told(scene(Reason.GREW), 4, receipt))

    asyncio.run(afternoon())
    before, after = slack.shown
    assert "💬 TALK · Fjordwing Air: booking" in before
    assert "*Calls nobody*" in before
    assert "Has grown" in before
    assert "🔴 CRITICAL" in after
    assert "Has grown" in after


def test_silence_is_told_with_what_to_look_at_and_without_drafts() -> None:
    shown = json.dumps(blocks(scenes.silence(), PLACES, buttons=True), ensure_ascii=False)
    assert "🔇 SILENCE · Bluesky" in shown
    for label in ("Posts", "How sure", "Also silent", "Not silent", "The source", "What to do"):
        assert f"*{label}*" in shown
    assert "Draft" not in shown
    assert text(scenes.silence()) == "SILENCE: Everything on Bluesky: silent since 23:07"


def test_a_new_normal_ends_the_message() -> None:
    over = scene(Reason.RENEWED, State.RESOLVED, factor=3.4)
    shown = json.dumps(blocks(over, PLACES, buttons=True))
    assert "3.4 times as much as before is the new normal: it has stayed for 24 hours." in shown


def test_without_the_scope_to_look_it_rather_tells_twice_than_never(slack: Slack) -> None:
    slack.double.scopes.remove("channels:history")
    asyncio.run(slack.notifier().send(told(scene(), uncertain=True)))
    assert slack.double.posted == {scene().incident: 1}


# what fails


def slack_says(error: str) -> Failure:
    answer = json.dumps({"ok": False, "error": error}).encode()
    return Failure(200, {"content-type": "application/json"}, answer)


@pytest.mark.parametrize(
    ("failure", "permanent", "retry_after"),
    [
        (Failure(429, {"Retry-After": "17"}), False, 17.0),
        (Failure(429), False, 10.0),
        (Failure(429, {"Retry-After": "soon"}), False, 10.0),
        (Failure(500), False, None),
        (Failure(503, {"Retry-After": "5"}), False, 5.0),
        (Failure(404, body=b"<html>no such page"), False, 60.0),
        (Failure(200, {"content-type": "text/html"}, b"<h1>Sign in to this network"), False, None),
        (Failure(200, {"content-type": "text/plain"}, b"hello"), False, None),
        (Failure(200, {"content-type": "application/json"}, b"[1, 2"), False, None),
        (Failure(200, {"content-type": "application/json"}, b"[1, 2]"), False, None),
        (Failure(503, {"content-type": "application/json"}, b"", drop=True), False, None),
        *((slack_says(e), False, None) for e in ("internal_error", "fatal_error")),
        (slack_says("ratelimited"), False, 10.0),
        *((slack_says(e), True, None) for e in ("invalid_blocks", "msg_too_long", "no_text")),
        *((slack_says(e), False, 60.0) for e in ("invalid_auth", "is_archived", "brand_new")),
    ],
)
def test_an_error_says_whether_and_when_to_try_again(
    slack: Slack, failure: Failure, permanent: bool, retry_after: float | None
) -> None:
    slack.double.failures.told(failure)
    failed = refused(slack, told(scene()))
    assert (failed.permanent, failed.retry_after) == (permanent, retry_after)
    assert "Slack" in str(failed)
    assert len(slack.double.calls) == 1  # it does not try again by itself
    assert not slack.double.posted


def test_a_mistake_in_the_configuration_names_its_remedy(slack: Slack) -> None:
    slack.double.outside.add(CHANNEL)
    assert "/invite @seawall" in str(refused(slack, told(scene())))
    assert "token" in str(refused(slack, told(scene()), token="xoxb-old"))  # noqa: S106
    assert "channel" in str(refused(slack, told(scene()), channel="C0NOWHERE"))
    slack.double.scopes.clear()
    assert "slack-manifest.yaml" in str(refused(slack, told(scene())))


def test_slack_that_hangs_or_is_away_is_tried_again(slack: Slack) -> None:
    slack.double.failures.told(Failure(delay_s=1))
    hung = refused(slack, told(scene()), patience_s=0.2)
    away = refused(slack, told(scene()), base_url="http://127.0.0.1:9/api/")
    assert not hung.permanent
    assert not away.permanent
    assert "cannot be reached" in str(away)


def test_no_token_is_ever_shown(
    slack: Slack, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(slack.notifier()), repr(Options(channel=CHANNEL))]
    echo = Failure(401, {"content-type": "application/json"}, f'{{"error": "{TOKEN}"}}'.encode())
    slack.double.failures.told(echo, slack_says(TOKEN), Failure(body=TOKEN.encode()))
    shown += [str(refused(slack, told(scene()))) for _ in range(3)]

    async def act(_pressed: Pressed) -> str:
        return "done"

    async def connecting() -> None:
        slack.double.failing["apps.connections.open"].told(
            slack_says("invalid_auth"), Failure(body=APP_TOKEN.encode())
        )
        async with listening(slack, act):
            slack.double.socket.cut()
            await until(lambda: slack.double.socket.opened == 2)

    asyncio.run(connecting())
    shown += [caplog.text, *capsys.readouterr()]
    everything = " ".join(shown)
    assert [secret for secret in (TOKEN, APP_TOKEN, "ticket=") if secret in everything] == []
    assert "slack buttons do not work" in everything


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
    for call in slack.double.calls:
        slack_contract.check_call(call)


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


# checking


def test_check_says_where_it_would_post_and_posts_nothing(slack: Slack) -> None:
    notifier = slack.notifier()
    found = asyncio.run(notifier.check())
    assert found == "Slack: as seawall in #ops-night of Fjordwing, with buttons"
    assert slack.double.messages[CHANNEL] == []
    asyncio.run(notifier.test())
    [message] = slack.double.messages[CHANNEL]
    assert message.now.text.startswith("This is a test of Seawall's notifications")
    for call in slack.double.calls:
        slack_contract.check_call(call)
    slack.double.outside.add(CHANNEL)
    with pytest.raises(NotifierError, match="/invite @seawall"):
        asyncio.run(notifier.check())
    slack.double.outside.clear()
    with pytest.raises(NotifierError, match="xapp-"):
        asyncio.run(slack.notifier(app_token=TOKEN).check())


def test_the_kind_is_built_from_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    kind = notifier_kinds()["slack"]
    options = Options(channel=CHANNEL, app_token=None)
    built = kind.build(options, name="night", places=PLACES)
    assert (built.name, built.replaces) == ("night", True)
    with pytest.raises(ValueError, match="channel"):
        Options(channel="#ops-night")
    assert Options(channel=CHANNEL).app_token == Secret(env="SLACK_APP_TOKEN")


# strangers' words, and limits

anything = st.text(st.characters(exclude_categories=()), max_size=80)
marked = st.lists(
    st.sampled_from(["<!channel>", "<@U1>", "*b*", "_i_", "`c`", "~", "&", "> q", "|", "\n", "a "])
).map("".join)


@settings(max_examples=50, deadline=None)
@given(said=anything | marked, name=anything | marked, reason=st.sampled_from(Reason))
def test_whatever_strangers_write_nothing_pings_or_formats(
    said: str, name: str, reason: Reason
) -> None:
    stranger = Post("x", "1", scenes.START, said, name, name)
    briefing = scene(reason, State.ACKNOWLEDGED, brand_name=name, headline=said)
    briefing = replace(briefing, examples=(stranger,), acknowledged_by=name, why=said)
    briefing = replace(briefing, languages={name: 3}, platforms={said: 3}, incident="a-1")
    message = blocks(briefing, PLACES, buttons=True)
    assert refusal({"blocks": message, "text": text(briefing)}) is None
    for shown, formats in [*texts(message), (text(briefing), True)]:
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
        if formats:
            assert not re.search(r"[*_~`|]", re.sub(r"^\*[A-Za-z ]+\*\n", "", shown))


def texts(part: Any) -> Iterator[tuple[str, bool]]:
    """Every text of a message, and whether Slack formats what is in it."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"], part["type"] == "mrkdwn"
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from texts(each)


@settings(max_examples=40, deadline=None)
@given(
    letter=st.sampled_from(["a", "&", '"', "\\", "🔴", "\u202e", "<!channel> "]),
    length=st.sampled_from([0, 3, 150, 700, 20_000]),
    many=st.integers(0, 60),
    reason=st.sampled_from(Reason),
    state=st.sampled_from(State),
    buttons=st.booleans(),
)
def test_no_briefing_makes_a_message_that_slack_refuses(
    letter: str, length: int, many: int, reason: Reason, state: State, buttons: bool
) -> None:
    long = letter * length
    post = Post("x", "1", scenes.START, long, long)
    line = scenes.briefing().topics[0]
    lines = [replace(line, topic=f"{n}{long}", name=f"{n}{long}") for n in range(many)]
    briefing = replace(
        scene(reason, state),
        brand_name=long,
        headline=long,
        why=long,
        evidence=long,
        acknowledged_by=long,
        examples=(post,) * many,
        topics=(line, *lines),
        languages={f"{n}{long}": n + 1 for n in range(many)},
        holding_messages={f"{n}{long}": long for n in range(many)},
    )
    message = blocks(briefing, Places("c" * length, "https://x/" + "p" * length), buttons=buttons)
    assert len(json.dumps(message, ensure_ascii=False)) <= LONGEST_MESSAGE
    assert refusal({"blocks": message, "text": text(briefing)}) is None


@pytest.mark.parametrize("before", [timedelta(), timedelta(minutes=3), timedelta(days=2)])
def test_the_chart_is_narrow_enough_for_a_phone(before: timedelta) -> None:
    briefing = scene(started_at=scenes.START - before)
    [drawn] = [
        part["elements"][0]["text"]
        for block in blocks(briefing, PLACES, buttons=True)
        for part in block.get("elements", [])
        if part["type"] == "rich_text_preformatted" and "\n" in part["elements"][0]["text"]
    ]
    assert all(len(line) <= 34 for line in drawn.split("\n"))
    assert "▲" in drawn
    assert "?" in drawn


# the double itself


def test_the_double_keeps_slacks_limits() -> None:
    double = SlackDouble(now=clock.wall)
    with serving(double.app) as url, httpx.Client(base_url=f"{url}/api/") as web:
        bot = {"Authorization": f"Bearer {TOKEN}"}

        def call(method: str, headers: dict[str, str] = bot, **said: Any) -> httpx.Response:
            return web.post(method, json=said, headers=headers)

        assert call("auth.test", {}).json()["error"] == "not_authed"
        slack_contract.check_answer("auth.test", call("auth.test").json())
        assert call("chat.postMessage", channel=CHANNEL).json()["error"] == "no_text"
        assert call("chat.postMessage", channel=CHANNEL, text="one").json()["ok"]
        hasty = call("chat.postMessage", channel=CHANNEL, text="two")
        assert (hasty.status_code, hasty.json()["error"]) == (429, "ratelimited")
        assert int(hasty.headers["Retry-After"]) >= 1
        whisper = call("chat.postEphemeral", channel=CHANNEL, user="U0KARIX", text="psst")
        slack_contract.check_answer("chat.postEphemeral", whisper.json())
        divider = {"type": "divider"}
        header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
        wordy = {"type": "section", "text": {"type": "plain_text", "text": "x" * 2900}}
        for wrong, error in [
            ([divider] * 51, "invalid_blocks"),
            ([header], "invalid_blocks"),
            ([{"type": "section"}], "invalid_blocks"),
            ([divider | {"made_up": 1}], "invalid_blocks"),
            ([wordy] * 5, "msg_blocks_too_long"),
        ]:
            said = call("chat.postMessage", channel=CHANNEL, text="x", blocks=wrong)
            assert said.json()["error"] == error


def test_the_page_shows_the_channel_and_its_buttons_work(slack: Slack) -> None:
    hostile = Post("x", "1", scenes.START, scenes.HOSTILE, "mal<b>lory", "en")
    taken: list[tuple[str, str]] = []

    async def act(pressed: Pressed) -> str:
        taken.append((pressed.verb, pressed.by))
        return "It is yours"

    async def night() -> str:
        await slack.notifier().send(told(scene(examples=(hostile,))))
        [message] = slack.double.messages[CHANNEL]
        channel = f"/channel/{CHANNEL}"
        said = {"ts": message.ts, "value": message.incident, "name": "Kari <i>"}
        async with httpx.AsyncClient(base_url=slack.url) as browser:
            unheard = await browser.post(
                f"{channel}/press", data=said | {"action_id": "seawall_acknowledge"}
            )
            assert "problem=" in unheard.headers["location"]
            async with listening(slack, act):
                asked = await browser.get(
                    f"{channel}/confirm", params=said | {"action_id": "seawall_resolve"}
                )
                assert "Resolve this incident?" in asked.text
                await browser.post(
                    f"{channel}/press", data=said | {"action_id": "seawall_acknowledge"}
                )
                await until(lambda: len(slack.double.messages[CHANNEL]) == 2)
            kari = await browser.get(channel, params={"name": "Kari <i>"})
            assert "It is yours" in kari.text
            home = await browser.get("/")
            assert "#ops-night" in home.text
            return (await browser.get(channel, params={"name": "Per"})).text

    seen = asyncio.run(night())
    assert taken == [(Step.ACKNOWLEDGE, "Kari <i>")]
    assert "It is yours" not in seen
    assert "&lt;b&gt;free&lt;/b&gt; &lt;!channel&gt;" in seen
    assert "<script" not in seen
    assert "mention" not in seen.partition("</style>")[2]
