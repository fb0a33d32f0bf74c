"""Slack: whatever strangers write, nothing acts and nothing is too long; so the double insists."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import Instruction
from alerts.duty.notices import Action, Notice, Purpose
from alerts.folding import storable
from alerts.incidents.incident import Reason, State
from alerts.incidents.steps import Step
from alerts.notifiers import Places, Pressed, _slack_facts, _slack_words
from alerts.notifiers import _slack_windows as windows
from alerts.notifiers._slack_blocks import LONGEST_MESSAGE, blocks, text
from alerts.notifiers._slack_desk import Chosen, Duty, Words
from alerts.notifiers._slack_forms import View
from alerts.notifiers._slack_home import home
from alerts.notifiers._slack_notices import (
    answered,
    notice_blocks,
    notice_text,
    reply_blocks,
    reply_text,
)
from alerts.posts import Post
from monitor import clock
from monitor.doubles._slack_limits import refusal, view_refusal
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble, user_id
from tests import slack_contract
from tests.alerts import scenes
from tests.alerts.notifiers.slack_stage import (
    CHANNEL,
    PLACES,
    TOKEN,
    Desk,
    Slack,
    listening,
    scene,
    there,
    told,
    until,
)
from tests.conftest import PATIENCE_S

# strangers' words, and limits

anything = st.text(st.characters(exclude_categories=()), max_size=80).map(storable)
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
    notice = Notice(
        "n", Purpose.CALL, briefing.at, said, (name, said), "a-1", actions=(Action(name, "phone"),)
    )
    alone = [(text(briefing), True), (notice_text(notice), True), (reply_text(briefing), True)]
    whole = [blocks(briefing, PLACES, buttons=True, picture="F0123456789"), notice_blocks(notice)]
    whole += [reply_blocks(briefing, rings=True), answered(notice_blocks(notice), said)]
    for message in whole:
        assert refusal({"blocks": message, "text": "x"}) is None
    views = views_of(briefing)
    for view in views:
        assert view_refusal(view, view["type"]) is None
        assert view["type"] == "home" or len(view["blocks"]) <= 50
    for shown, formats in [*texts(whole), *texts(views), *alone]:
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
        if formats:
            assert not re.search(r"[*_~`|]", re.sub(r"^\*[A-Za-z ]+\*\n", "", shown))


def views_of(briefing: Briefing) -> list[View]:
    """Every window about an incident, and a home that lists it."""
    other = replace(briefing, incident="a-2")
    written = Instruction(say=("We know",), never=(briefing.headline or "…",))
    return [
        windows.assign(briefing, CHANNEL, []),
        windows.assign(briefing, CHANNEL, [briefing.brand_name, *map(str, range(200))]),
        windows.lead(briefing, CHANNEL),
        *views_of_words(there(briefing, briefing.headline, briefing.brand_name)),
        windows.snooze(briefing, CHANNEL, briefing.at),
        windows.verdict(briefing, CHANNEL),
        windows.note(briefing, CHANNEL),
        windows.merge(briefing, CHANNEL, [briefing, other]),
        windows.brief(briefing, CHANNEL, written),
        windows.status([briefing, other]),
        home([briefing, other], [Duty(briefing.brand_name, (briefing.headline,), "dawn")]),
    ]


def views_of_words(words: Words) -> Iterator[View]:
    """Every window about public words."""
    for chosen in (Chosen(), Chosen(language="de"), Chosen(language="de", wording=7)):
        yield _slack_words.words(words, CHANNEL, chosen, words.about)
    yield _slack_facts.facts(words, CHANNEL, "flights", "ask", words.about)
    for window in _slack_words.OF_MESSAGES.values():
        yield window(words.incident, CHANNEL, words.messages[0])


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
    notice = Notice(
        long, Purpose.NIGHT, briefing.at, long, (long,) * many, long[:200], actions=ACTIONS
    )
    for each in (notice_blocks(notice), reply_blocks(briefing, rings=True)):
        assert refusal({"blocks": each, "text": text(briefing)}) is None
    for view in views_of(briefing):
        assert view_refusal(view, view["type"]) is None


ACTIONS = (Action("Read" * 40, "read", "2"), Action("", "accept"))


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
    with (
        serving(double.app) as url,
        httpx.Client(base_url=f"{url}/api/", timeout=PATIENCE_S) as web,
    ):
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


def test_the_double_keeps_the_limits_of_windows_files_and_threads() -> None:
    double = SlackDouble(now=clock.wall, pace_s=0)
    with (
        serving(double.app) as url,
        httpx.Client(base_url=f"{url}/api/", timeout=PATIENCE_S) as web,
    ):

        def call(method: str, **said: Any) -> dict[str, Any]:
            answer: dict[str, Any] = web.post(
                method, json=said, headers={"Authorization": f"Bearer {TOKEN}"}
            ).json()
            if answer["ok"] and method not in slack_contract.NEW_METHODS:
                slack_contract.check_answer(method, answer)
            return answer

        title = {"type": "plain_text", "text": "x" * 25}
        long = {"type": "modal", "title": title, "blocks": []}
        short = long | {"title": {"type": "plain_text", "text": "x"}}
        trigger = double.hands.shortcut("other", "Kari").payload["trigger_id"]
        assert (
            call("views.open", trigger_id="made up", view=short)["error"] == "exchanged_trigger_id"
        )
        assert call("views.open", trigger_id=trigger, view=short)["ok"]
        assert call("views.open", trigger_id=trigger, view=short)["error"] == "exchanged_trigger_id"
        trigger = double.hands.shortcut("other", "Kari").payload["trigger_id"]
        assert call("views.open", trigger_id=trigger, view=long)["error"] == "invalid_arguments"
        unnamed = {"type": "input", "element": {"type": "users_select", "action_id": "it"}}
        assert view_refusal(short | {"blocks": [unnamed]}, "modal") == "invalid_arguments"

        image = {"type": "image", "slack_file": {"id": "F0000000009"}, "alt_text": "chart"}
        post = {"channel": CHANNEL, "text": "x"}
        assert call("chat.postMessage", **post, blocks=[image])["error"] == "invalid_blocks"
        assert call("files.delete", file="F0000000009")["error"] == "file_not_found"
        asked = call("files.getUploadURLExternal", filename="a.png", length=3)
        assert web.post(asked["upload_url"], content=b"too long").status_code == 404
        assert call("files.completeUploadExternal", files=[{"id": asked["file_id"]}])["error"]
        assert (
            call("conversations.replies", channel=CHANNEL, ts="1.2")["error"] == "thread_not_found"
        )
        assert call("conversations.open", users="nobody")["error"] == "user_not_found"
        menu = {"type": "overflow", "action_id": "a", "options": []}
        row = {"type": "actions", "elements": [menu]}
        assert call("chat.postMessage", **post, blocks=[row])["error"] == "invalid_blocks"
        for scope, method, said in [
            ("files:write", "files.getUploadURLExternal", {"filename": "a", "length": 1}),
            ("im:write", "conversations.open", {"users": "U0KARIX"}),
        ]:
            double.scopes.remove(scope)
            assert call(method, **said)["error"] == "missing_scope"


def test_windows_threads_pictures_and_the_home_are_on_the_page_and_work(slack: Slack) -> None:
    desk = Desk()

    async def night() -> None:
        receipt = await slack.notifier().send(told(scene()))
        await slack.notifier().send(told(scene(Reason.GREW, observed=4321), 2, receipt))
        channel, ts = f"/channel/{CHANNEL}", slack.message.ts
        who = {"name": "Ola", "ts": ts, "value": scene().incident}
        async with (
            listening(slack, desk),
            httpx.AsyncClient(base_url=slack.url, timeout=PATIENCE_S) as browser,
        ):
            shown = (await browser.get(channel, params={"name": "Ola"})).text
            assert "Has grown to 4,321 posts" in shown
            [picture] = re.findall(r'src="(/file/F\w+)"', shown)
            assert (await browser.get(picture)).content.startswith(b"\x89PNG")
            menu = who | {"action_id": "seawall_menu"}
            assert "Assign…" in (await browser.get(f"{channel}/confirm", params=menu)).text
            chosen = menu | {"choice": "verdict"}
            await browser.post(f"{channel}/press", data=chosen)
            await until(lambda: slack.double.windows("Ola"))
            window = (await browser.get(channel, params={"name": "Ola"})).text
            assert "What was it?" in window
            answers = {"verdict": "real", "reason": "IT says so", "submit": "1", "name": "Ola"}
            view = {"view": slack.double.windows("Ola")[0].id}
            await browser.post(f"{channel}/window", data=answers | view)
            await browser.post(f"{channel}/command", data={"command": "/seawall help", **who})
            await browser.post(f"{channel}/shortcut", data={"callback_id": "seawall_note", **who})
            await until(lambda: slack.double.windows("Ola"))
            view = {"view": slack.double.windows("Ola")[0].id}
            await browser.post(f"{channel}/window", data={"name": "Ola"} | view)
            assert slack.double.windows("Ola") == []
            await browser.get("/app", params={"name": "Ola"})
            await until(lambda: slack.double.home("Ola"))
            assert "On duty" in (await browser.get("/app", params={"name": "Ola"})).text
            late = who | {"action_id": "seawall_acknowledge", "choice": "20"}
            await browser.post("/app/press", data=late)
            await until(lambda: len(desk) == 2)

    asyncio.run(night())
    assert [(each.verb, each.value, each.note) for each in desk] == [
        (Step.JUDGE, "real", "IT says so"),
        (Step.ACKNOWLEDGE, "20", ""),
    ]


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
        async with httpx.AsyncClient(base_url=slack.url, timeout=PATIENCE_S) as browser:
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


def test_a_visitor_of_the_page_can_be_one_of_the_people_and_answers_what_is_to_them_alone(
    slack: Slack,
) -> None:
    taken: list[tuple[str, str, str | None]] = []

    async def act(pressed: Pressed) -> str:
        taken.append((pressed.verb, pressed.value, pressed.address))
        return "It is yours"

    async def night() -> str:
        slack.double.people = ("Kari", "Ola")
        answer = Action("At my desk in 10 minutes", "acknowledge", "10")
        call = Notice("call", Purpose.CALL, scenes.START, "Ola is called", actions=(answer,))
        address = user_id("Ola")
        await slack.notifier().notify(call, address=address, thread=None, uncertain=False)
        [message] = slack.double.direct("Ola")
        [row] = [block for block in message.now.blocks if block["type"] == "actions"]
        [button] = row["elements"]
        said = {"ts": message.ts, "name": "Ola", "action_id": button["action_id"]}
        as_sent = button["value"].replace("\n", "\r\n")  # by any browser
        async with (
            httpx.AsyncClient(base_url=slack.url, timeout=PATIENCE_S) as browser,
            listening(slack, act),
        ):
            place = f"/channel/{message.channel}/press"
            await browser.post(place, data=said | {"value": as_sent})
            await until(lambda: bool(taken))
            channel = await browser.get(f"/channel/{CHANNEL}", params={"name": "Ola"})
            assert "1 message to you alone" in channel.text
            return (await browser.get("/", params={"name": "Ola"})).text

    home = asyncio.run(night())
    assert taken == [("acknowledge", "10", user_id("Ola"))]
    found = re.findall(r"<option( selected)?>([^<]+)</option>", home)
    assert found == [("", "Kari"), (" selected", "Ola"), ("", "Somebody else")]
