"""Slack: one message per incident, its thread and its picture; everything told once."""

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Reason, Severity, State
from alerts.notifiers import NotifierError, Pressed, notifier_kinds
from alerts.notifiers._slack_blocks import blocks, text
from alerts.notifiers.slack import Options
from alerts.secret import Secret
from monitor.doubles.failures import Failure
from monitor.telling import discretion
from tests.alerts import scenes
from tests.alerts.notifiers.slack_stage import (
    APP_TOKEN,
    CHANNEL,
    LOST,
    PLACES,
    TOKEN,
    Slack,
    listening,
    refused,
    scene,
    slack_says,
    told,
    until,
)

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
    shown = [json.dumps(r.blocks, ensure_ascii=False) for r in slack.message.revisions]
    opened, drawn, grew, resolved = shown
    assert "CRITICAL" in opened
    assert '"image"' not in opened  # it does not wait for its picture
    assert '"image"' in drawn
    assert "1,234" in grew
    assert "Resolved" in resolved
    assert "seawall_resolve" not in resolved
    slack.check_calls()


def test_the_thread_says_what_changed_and_rings_where_people_have_to_hear_it(slack: Slack) -> None:
    async def night() -> None:
        notifier, receipt = slack.notifier(), None
        minor = {"severity": Severity.MINOR}
        for revision, briefing in enumerate(
            (
                scene(**minor),
                scene(Reason.ILLUSTRATED, **minor),
                scene(Reason.GREW, **minor),
                scene(Reason.ESCALATED),
                scene(Reason.ACKNOWLEDGED, State.ACKNOWLEDGED, by="Kari"),
                scene(Reason.REVISED, State.ACKNOWLEDGED),
                scene(
                    Reason.NOTED, State.ACKNOWLEDGED, by="Kari", note="IT restarts the <servers>"
                ),
                scene(Reason.RESOLVED, State.RESOLVED, by="Kari"),
                scene(Reason.REOPENED),
            ),
            1,
        ):
            receipt = await notifier.send(told(briefing, revision, receipt))

    asyncio.run(night())
    headline = "Fjordwing Air: booking — ×11 the expected number since 23:07"
    now = "×11 and growing, ×22 at its peak."
    assert slack.thread == [
        (f"Has grown to 915 posts.\n{now}", False),
        (f"CRITICAL: {headline}\nNow CRITICAL: 915 posts.\n{now}", True),
        ("Acknowledged by Kari.", False),
        ("Kari notes: IT restarts the &lt;servers&gt;.", False),
        ("Resolved by Kari.", False),
        (f"CRITICAL, again: {headline}\nIs back.\n{now[:-1]}; 915 posts.", True),
    ]
    assert slack.double.posted == {scene().incident: 1}
    slack.check_calls()


def test_a_revision_that_changes_nothing_that_is_seen_makes_no_call(slack: Slack) -> None:
    async def night() -> str:
        return await slack.notifier().send(told(scene()))

    receipt = asyncio.run(night())
    slack.double.calls.clear()
    assert asyncio.run(slack.notifier().send(told(scene(Reason.REVISED), 2, receipt)))
    assert slack.double.calls == []


def test_the_chart_is_a_picture_that_is_replaced_when_the_incident_has_grown(slack: Slack) -> None:
    grown = scene(Reason.GREW, chart=scenes.chart(peak=90))

    async def night() -> None:
        notifier = slack.notifier()
        slack.double.look_at_files(2)  # Slack needs a moment before it shows a file
        receipt = await notifier.send(told(scene()))
        [first] = slack.double.files
        taken = scene(Reason.ACKNOWLEDGED, State.ACKNOWLEDGED)
        receipt = await notifier.send(told(taken, 2, receipt))
        assert list(slack.double.files) == [first]
        assert first in str(slack.message.now.blocks)
        receipt = await notifier.send(told(grown, 3, receipt))
        [second] = slack.double.files
        assert second != first
        assert second in str(slack.message.now.blocks)
        assert slack.double.files[second].startswith(b"\x89PNG")

    asyncio.run(night())
    [image] = [block for block in slack.message.now.blocks if block["type"] == "image"]
    assert "Posts over time: Fjordwing Air: booking" in image["alt_text"]
    slack.check_calls()


@pytest.mark.parametrize("why", ["scope", "upload", "deleted"])
def test_without_a_picture_the_chart_is_in_letters(slack: Slack, why: str) -> None:
    if why == "scope":
        slack.double.scopes.remove("files:write")
    elif why == "upload":
        slack.double.failing["upload"].told(Failure(500), Failure(500))

    async def night() -> str:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scene()))
        if why == "deleted":
            slack.double.delete_files()
        return await notifier.send(told(scene(Reason.GREW, observed=1234), 2, receipt))

    asyncio.run(night())
    assert "1,234" in slack.message.words
    assert "20:57 to 23:27 CET" in slack.message.words
    assert '"image"' not in json.dumps(slack.message.now.blocks)
    assert slack.double.posted == {scene().incident: 1}
    if why == "scope":  # it does not try for ever
        assert [c.method for c in slack.double.calls].count("files.getUploadURLExternal") == 1


def test_the_message_says_at_a_glance_what_the_briefing_says(slack: Slack) -> None:
    asyncio.run(slack.notifier().send(told(scene())))
    shown = json.dumps(slack.message.revisions[0].blocks, ensure_ascii=False)
    for fact in (
        "🔴 CRITICAL · Fjordwing Air: booking",
        "×11 the expected number since 23:07",
        "As of Sat 21 Nov, 23:23 CET",
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
    message = slack.message
    first = [block["type"] for block in message.now.blocks[:4]]
    assert first == ["header", "rich_text", "section", "actions"]  # in sight without scrolling
    assert len(message.now.blocks[2]["fields"]) <= 4
    assert "booking" not in json.dumps(message.now.blocks[1])  # the title has said it
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


def test_what_becomes_restricted_is_taken_back_where_others_read(slack: Slack) -> None:
    neutral = discretion.neutral(replace(scene(), restricted=True), None)

    async def night() -> None:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scene()))
        receipt = await notifier.send(told(scene(Reason.GREW), 2, receipt))
        assert slack.thread
        assert slack.double.files
        await notifier.send(told(neutral, 3, receipt))

    asyncio.run(night())
    assert slack.thread == []
    assert slack.double.files == {}
    assert "Restricted incident" in slack.message.words
    assert "ooking" not in json.dumps([slack.message.now.text, slack.message.now.blocks])
    slack.check_calls()


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
    slack.check_calls()


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


def test_an_incident_that_is_back_rings_once_in_its_thread(slack: Slack) -> None:
    async def night() -> str:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scene()))
        return await notifier.send(told(scene(Reason.RESOLVED, State.RESOLVED), 2, receipt))

    receipt = asyncio.run(night())
    slack.double.failing["chat.postMessage"].told(LOST)
    refused(slack, told(scene(Reason.REOPENED), 3, receipt))
    asyncio.run(slack.notifier().send(told(scene(Reason.GREW), 4, receipt)))
    assert [words.partition(":")[0] for words, rings in slack.thread if rings] == [
        "CRITICAL, again"
    ]
    assert "Has grown to 915 posts" in slack.message.words
    slack.check_calls()


@pytest.mark.parametrize("failure", [LOST, Failure(429, {"Retry-After": "1"}), Failure(500)])
def test_a_reply_that_fails_is_written_once(slack: Slack, failure: Failure) -> None:
    receipt = asyncio.run(slack.notifier().send(told(scene())))
    slack.double.failing["chat.postMessage"].told(failure)
    refused(slack, told(scene(Reason.GREW), 2, receipt))
    asyncio.run(slack.notifier().send(told(scene(Reason.GREW), 2, receipt)))
    assert len(slack.thread) == 1


def test_talk_is_told_quietly_and_rings_once_it_calls(slack: Slack) -> None:
    async def afternoon() -> None:
        notifier = slack.notifier()
        receipt = await notifier.send(told(scenes.talk()))
        receipt = await notifier.send(told(scenes.talk(Reason.GREW), 2, receipt))
        calling = replace(scene(Reason.CALLING), calls_because="40% of its posts ask")
        receipt = await notifier.send(told(calling, 3, receipt))
        await notifier.send(told(scene(Reason.GREW), 4, receipt))

    asyncio.run(afternoon())
    before = json.dumps(slack.message.revisions[2].blocks, ensure_ascii=False)
    assert "💬 TALK · Fjordwing Air: booking" in before
    assert "*Calls nobody*" in before
    assert "🔴 CRITICAL" in slack.message.words
    [grew, calls, _] = slack.thread
    assert not grew[1]
    assert calls[1]
    assert "Calls you now: 40% of its posts ask" in calls[0]


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


# notices


CALL = Notice(
    "call-1",
    Purpose.CALL,
    scenes.DETECTED,
    "CRITICAL at Fjordwing Air: booking",
    ("×14 and growing since 23:07", "<!channel> *Nobody* has it in hand"),
    about="fjordwing-w6dup7qd",
    incident="fjordwing-w6dup7qd",
    person="kari",
    urgent=True,
    timezone="Europe/Oslo",
    actions=(
        Action("At my desk in 10 min", "acknowledge", "10"),
        Action("By phone", "phone"),
        Action("I can't", "decline"),
    ),
)


def notified(slack: Slack, notice: Notice, **place: Any) -> str:
    given = {"address": None, "thread": None, "uncertain": False} | place
    return asyncio.run(slack.notifier().notify(notice, **given))


def test_a_call_is_a_direct_message_with_the_answers_as_buttons(slack: Slack) -> None:
    assert notified(slack, CALL, address="U0KARIX")
    [message] = slack.double.direct("Kari")
    assert message.words.split("\n") == [
        "CRITICAL at Fjordwing Air: booking",
        "×14 and growing since 23:07",
        "&lt;!channel&gt; *Nobody* has it in hand",
        "At my desk in 10 minBy phoneI can't",
        "fjordwing-w6dup7qdSat 21 Nov, 23:11 CET",
    ]
    assert message.now.text == "CRITICAL at Fjordwing Air: booking"
    assert slack.double.messages[CHANNEL] == []
    slack.check_calls()


def test_a_notice_for_everybody_rings_in_the_thread_of_its_incident(slack: Slack) -> None:
    receipt = asyncio.run(slack.notifier().send(told(scene())))
    news = replace(CALL, purpose=Purpose.INSTRUCTION, person=None, title="What to say now")
    notified(slack, news, thread=receipt)
    notified(slack, replace(news, id="night", title="A quiet night", incident=None))
    [(words, rings)] = slack.thread
    assert words.startswith("What to say now")
    assert rings
    assert "A quiet night" in slack.double.messages[CHANNEL][-1].words
    slack.double.delete(slack.double.messages[CHANNEL][0])
    notified(slack, replace(news, id="later", title="Changed"), thread=receipt)
    assert "Changed" in slack.double.messages[CHANNEL][-1].words


@pytest.mark.parametrize("place", ["person", "thread", "channel"])
def test_a_notice_whose_answer_was_lost_is_not_sent_twice(slack: Slack, place: str) -> None:
    receipt = asyncio.run(slack.notifier().send(told(scene())))
    where = {
        "person": {"address": "U0KARIX"},
        "thread": {"thread": receipt},
        "channel": {"thread": None},
    }[place]
    slack.double.failing["chat.postMessage"].told(LOST)
    with pytest.raises(NotifierError):
        notified(slack, CALL, **where)
    found = notified(slack, CALL, **where, uncertain=True)
    everything = [
        *slack.double.direct("Kari"),
        *slack.double.messages[CHANNEL],
        *slack.double.thread(slack.double.messages[CHANNEL][0]),
    ]
    [once] = [each for each in everything if "CRITICAL at" in each.words]
    assert json.loads(found)["ts"] == once.ts
    slack.check_calls()


def test_where_nobody_answers_buttons_a_notice_has_none(slack: Slack) -> None:
    silent = slack.notifier(app_token=None)
    asyncio.run(silent.notify(CALL, address=None, thread=None, uncertain=False))
    assert "By phone" not in slack.message.words


# what fails


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


# checking


def test_check_says_where_it_would_post_and_posts_nothing(slack: Slack) -> None:
    notifier = slack.notifier()
    found = asyncio.run(notifier.check())
    assert found == "Slack: as seawall in #ops-night of Fjordwing, with buttons"
    assert slack.double.messages[CHANNEL] == []
    asyncio.run(notifier.test())
    [message] = slack.double.messages[CHANNEL]
    assert message.now.text.startswith("This is a test of Seawall's notifications")
    slack.check_calls()
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
