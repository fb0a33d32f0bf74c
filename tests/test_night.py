"""A night in the words of those who were there: what they read in Slack, from first to last."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.doubles.failures import Failure
from tests.monitor.command_line import in_process
from tests.nights import CARE, CONTENT, PATIENCE_S, ZONE, Night, at, night
from tests.prometheus import until
from tests.slack_eyes import everything, seen, words

BRIEF = {
    "true": "Payment fails since midnight",
    "say": "We see it and are looking into it",
    "never": "Whose fault it is",
    "offer": "Free rebooking within 24 hours",
    "ask": "Operations control",
}

BUSY, BROKEN = Failure(429, {"Retry-After": "1"}), Failure(500)
LOST = Failure(200, body=b"{}", drop=True)
SLOW = Failure(delay_s=11)
DOWN = Failure(503)

KARI_IS_WOKEN = """\
#customer-care

00:05, edited
  🔵 MINOR · Fjordwing Air: Booking
  ×68 the expected number since 00:00
  Now: ×68 and growing
  Posts: 9 on Booking, where 0.1 were expected
  How sure: chance alone would look like this once in 4 years
  [At my desk…] [By phone] [I can't] [Resolve] [Words…] [Facts…] [⋯]
  Since: Mon 9 Mar, 00:00 CET; detected 5 min later
  Why minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  [picture: Posts over time: Fjordwing Air: Booking — ×68 the expected number since 00:00]
  Asking: 9 of the 9 posts read; 9 people wrote them
  Languages of posts read: English 100%
  Platforms: X 100%
  Their words: booking down (100%)
  Also: all mentions on X ×18 since 00:00
  What people write
  > @FjordwingAir is booking down? 0
  > crowd-0823-0 on X, 00:02
  Draft in English · to be approved before anybody publishes it
  | Trouble booking with Fjordwing Air? We've seen your messages. We're looking into it
      and will post here when we know more. Your booking code by DM only, please.
  Open page
  (Outside service hours; the desk opens Mon 9 Mar, 07:00 CET · Content is asked to pause
      promotions, Mon 9 Mar, 00:05 CET · As of Mon 9 Mar, 00:05 CET · fjordwing-qoe545k4)

To Kari

00:05
  Customer care calls Kari Nygård: Fjordwing Air: Booking — ×68 the expected number since
      00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  You are called because you are on call until Mon 9 Mar, 02:01 CET.
  [At my desk in 10 minutes] [Handling it by phone] [I can't]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)
"""
OLA_LOOKS_BACK = """\
#customer-care

00:05, edited
  ✅ Resolved · Fjordwing Air: Booking
  ×54 the expected number since 00:00
  Over at Mon 9 Mar, 02:10 CET, 2 h 10 min after it began. 183 posts, where 3.4 were
      expected; ×113 at its peak.
  [Reopen] [What was it?…] [Words…]
  Open page
  (Was in hand: Ola Berg · fjordwing-qoe545k4)
  | 00:07
  |   Acknowledged by Kari Nygård, at a desk by 00:17.
  | 00:09
  |   Promotions are paused, says Per Dahl.
  | 00:10, in the channel, too
  |   MAJOR, in hand: Fjordwing Air: Booking — ×90 the expected number since 00:00
  |   Now MAJOR: 24 posts.
  |   ×90 and growing.
  | 00:18
  |   Acknowledged by Kari Nygård.
  | 00:20, in the channel, too
  |   CRITICAL, in hand: Fjordwing Air: Booking — ×103 the expected number since 00:00
  |   Now CRITICAL: 54 posts.
  |   ×103 and growing.
  | 00:21, in the channel, too
  |   Fjordwing Air: what to say now, by Nora Lie
  |   What is true: Payment fails since midnight
  |   Say: We see it and are looking into it
  |   Never say: Whose fault it is
  |   May be offered: Free rebooking within 24 hours
  |   Whom to ask: Operations control
  |   [Read]
  |   (fjordwing-qoe545k4 · Mon 9 Mar, 00:21 CET)
  | 02:03
  |   Handed over to Ola Berg.
  | 02:10
  |   Resolved by Ola Berg.

02:03, only you see this
  Fjordwing Air: Booking: Ola Berg has read what to say

02:10, only you see this
  Fjordwing Air: Booking: resolved by Ola Berg

To Ola

02:03, edited
  Customer care: hand-over from Kari Nygård to Ola Berg
  CRITICAL Fjordwing Air: Booking — ×59 the expected number since 00:00
  Began Mon 9 Mar, 00:00 CET, acknowledged by Kari Nygård: fjordwing-qoe545k4
  What agents are told: revision 1
  Promotions are paused
  Ola Berg has taken over
  (Mon 9 Mar, 02:03 CET)
"""
KARI_WAS_ASKED = """\
To Kari

00:05, edited
  Customer care calls Kari Nygård: Fjordwing Air: Booking — ×68 the expected number since
      00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  You are called because you are on call until Mon 9 Mar, 02:01 CET.
  Acknowledged by Kari Nygård, at a desk by 00:17
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)

00:18, edited
  Kari Nygård, are you at your desk? Fjordwing Air: Booking — ×90 the expected number
      since 00:00
  You said that you would be by 00:17.
  major: up to ×90 the expected number, 24 posts by 24 people on one topic, and growing
  Acknowledged by Kari Nygård
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:18 CET)

00:20
  Kari Nygård, how does it stand? Fjordwing Air: Booking — ×103 the expected number since
      00:00
  It has become more severe: it is CRITICAL now.
  critical: up to ×103 the expected number, 54 posts by 54 people on one topic, and
      growing
  [Mitigated] [Resolved] [Ask me again in an hour] [I can't]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:20 CET)

01:24
  Kari Nygård, how does it stand? Fjordwing Air: Booking — ×88 the expected number since
      00:00
  Nobody has done anything about it for a while.
  critical: up to ×113 the expected number, 182 posts by 182 people on one topic
  [Mitigated] [Resolved] [Ask me again in an hour] [I can't]
  (fjordwing-qoe545k4 · Mon 9 Mar, 01:24 CET)
"""
PER_PAUSED = """\
#content

00:05
  Pause promotions, please: Fjordwing Air: Booking — ×68 the expected number since 00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  Say so when they are paused.
  [Promotions are paused]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)

02:10
  It is over, promotions can go on: Fjordwing Air: Booking — ×54 the expected number since
      00:00
  They have been paused since Mon 9 Mar, 00:09 CET.
  (fjordwing-qoe545k4 · Mon 9 Mar, 02:10 CET)

To Per

00:05, edited
  Pause promotions, please: Fjordwing Air: Booking — ×68 the expected number since 00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  Say so when they are paused.
  Promotions are paused, says Per Dahl
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)

02:10
  It is over, promotions can go on: Fjordwing Air: Booking — ×54 the expected number since
      00:00
  They have been paused since Mon 9 Mar, 00:09 CET.
  (fjordwing-qoe545k4 · Mon 9 Mar, 02:10 CET)
"""
MIA_IS_NOT_ON_DUTY = """\
00:23, only you see this
  You are not one of the people on duty here, so nothing was done. Whoever runs Seawall
      can add you.
"""
KARI_AFTER_THE_OUTAGE = """\
#customer-care

00:05, edited
  🔴 CRITICAL, in hand · Fjordwing Air: Booking
  ×113 the expected number since 00:00
  In hand: Ola Berg, since Mon 9 Mar, 01:09 CET
  Too late: acknowledged 1 h 9 min after the onset, target 25 min; no first word, target 1
      h
  Now: ×52 over 30 min and growing, ×113 at its peak
  Posts: 175 on Booking, where 1.5 were expected
  How sure: chance alone would look like this less than once in 1,000 years
  [Mitigated] [Resolve] [I can't] [Words…] [Facts…] [⋯]
  Since: Mon 9 Mar, 00:00 CET; detected 5 min later
  Why critical: up to ×113 the expected number, 175 posts by 175 people on one topic, and
      growing
  [picture: Posts over time: Fjordwing Air: Booking — ×113 the expected number since
      00:00]
  Asking: 174 of the 175 posts read; 175 people wrote them
  Languages of posts read: English 100%
  Platforms: X 100%
  Their words: booking down (99%)
  Also: all mentions on X ×28 since 00:00
  What people write
  > @FjordwingAir is booking down? 0
  > crowd-0823-0 on X, 00:02
  Draft in English · to be approved before anybody publishes it
  | Trouble booking with Fjordwing Air? We've seen your messages. We're looking into it
      and will post here when we know more. Your booking code by DM only, please.
  Open page
  (Outside service hours; the desk opens Mon 9 Mar, 07:00 CET · As of Mon 9 Mar, 01:00 CET
      · fjordwing-qoe545k4)
  | 01:09, in the channel, too
  |   CRITICAL: Fjordwing Air: Booking — ×113 the expected number since 00:00
  |   Now CRITICAL: 175 posts.
  |   ×52 over 30 min and growing, ×113 at its peak.
  | 01:09, in the channel, too
  |   Fjordwing Air: what to say now, by Nora Lie
  |   Say: We see it and are looking into it
  |   [Read]
  |   (fjordwing-qoe545k4 · Mon 9 Mar, 00:10 CET)
  | 01:09
  |   Acknowledged by Ola Berg, at a desk by 01:19.

To Kari

00:05
  Customer care calls Kari Nygård: Fjordwing Air: Booking — ×68 the expected number since
      00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  You are called because you are on call until Mon 9 Mar, 02:01 CET.
  [At my desk in 10 minutes] [Handling it by phone] [I can't]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)

01:09
  Customer care calls Kari Nygård: Fjordwing Air: Booking — ×113 the expected number since
      00:00
  critical: up to ×113 the expected number, 175 posts by 175 people on one topic, and
      growing
  You are called because everybody is.
  Called before, without success: Kari Nygård, Ola Berg, Nora Lie.
  [At my desk in 10 minutes] [Handling it by phone] [I can't]
  (fjordwing-qoe545k4 · Mon 9 Mar, 01:09 CET)
"""
OLA_AFTER_THE_OUTAGE = """\
To Ola

01:09, edited
  Customer care calls Ola Berg: Fjordwing Air: Booking — ×113 the expected number since
      00:00
  critical: up to ×113 the expected number, 175 posts by 175 people on one topic, and
      growing
  You are called because everybody is.
  Called before, without success: Kari Nygård, Ola Berg, Nora Lie.
  Acknowledged by Ola Berg, at a desk by 01:19
  (fjordwing-qoe545k4 · Mon 9 Mar, 01:09 CET)
"""
PER_AFTER_THE_OUTAGE = """\
To Per

00:05
  Pause promotions, please: Fjordwing Air: Booking — ×68 the expected number since 00:00
  minor: up to ×68 the expected number, 9 posts by 9 people on one topic, and growing
  Say so when they are paused.
  [Promotions are paused]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:05 CET)

01:09
  Pause promotions, please: Fjordwing Air: Booking — ×111 the expected number since 00:00
  Asked since Mon 9 Mar, 00:05 CET: are they paused?
  Say so when they are paused.
  [Promotions are paused]
  (fjordwing-qoe545k4 · Mon 9 Mar, 00:44 CET)
"""
WHAT_HAPPENED = """\
| When | Who | From where | What, and why |
| --- | --- | --- | --- |
| Mon 9 Mar, 00:05 CET | Seawall |  | opened |
| Mon 9 Mar, 00:05 CET | Kari Nygård |  | Kari Nygård is called |
| Mon 9 Mar, 00:05 CET | Content |  | Content is asked to pause promotions |
| Mon 9 Mar, 00:07 CET | Kari Nygård | Slack | acknowledged by Kari Nygård, at a desk by 00:17 |
| Mon 9 Mar, 00:09 CET | Per Dahl | Slack | promotions are paused, says Per Dahl |
| Mon 9 Mar, 00:10 CET | Seawall |  | now MAJOR: 24 posts |
| Mon 9 Mar, 00:18 CET | Kari Nygård |  | Kari Nygård is asked how it stands |
| Mon 9 Mar, 00:18 CET | Kari Nygård | Slack | acknowledged by Kari Nygård |
| Mon 9 Mar, 00:20 CET | Seawall |  | now CRITICAL: 54 posts |
| Mon 9 Mar, 00:20 CET | Kari Nygård |  | Kari Nygård is asked how it stands |
| Mon 9 Mar, 00:21 CET | Nora Lie | Slack | Nora Lie tells agents what to say |
| Mon 9 Mar, 01:24 CET | Kari Nygård |  | Kari Nygård is asked how it stands |
| Mon 9 Mar, 02:03 CET | Ola Berg | Slack | handed over to Ola Berg |
| Mon 9 Mar, 02:10 CET | Ola Berg | Slack | resolved by Ola Berg |
"""
READ_BY = "Read by Kari Nygård, Mon 9 Mar, 00:23 CET; Ola Berg, Mon 9 Mar, 02:03 CET."


@pytest.fixture
def tonight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    with night(tmp_path, monkeypatch) as the:
        yield the


def test_a_night_as_those_who_were_there_read_it(
    tonight: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slack = tonight.slack
    tonight.goes_on(at(0, 7))
    woken = seen(slack, "Kari", ZONE, CARE)
    tonight.presses("Kari", "At my desk in 10 minutes")
    tonight.goes_on(at(0, 9))
    tonight.presses("Per", "Promotions are paused")
    tonight.goes_on(at(0, 18))
    tonight.presses("Kari", "I'm at my desk")
    tonight.goes_on(at(0, 21))
    tonight.presses("Nora", "⋯", "brief")
    tonight.writes("Nora", **BRIEF)
    tonight.goes_on(at(0, 23))
    tonight.presses("Kari", "Read")
    tonight.presses("Mia", "Resolve")
    tonight.goes_on(at(2, 3))
    tonight.presses("Ola", "Read")
    tonight.presses("Ola", "I take over")
    tonight.goes_on(at(2, 10))
    tonight.presses("Ola", "Resolve")

    assert woken == KARI_IS_WOKEN
    assert seen(slack, "Ola", ZONE, CARE) == OLA_LOOKS_BACK
    assert seen(slack, "Kari", ZONE) == KARI_WAS_ASKED
    assert seen(slack, "Per", ZONE, CONTENT) == PER_PAUSED
    assert seen(slack, "Mia", ZONE, CARE).endswith(MIA_IS_NOT_ON_DUTY)
    assert seen(slack, "Nora", ZONE) == "\n", "nobody else is called"
    assert not tonight.receiver.keys, "and no other way was needed"

    seawall = in_process(monkeypatch, capsys)
    where = ("--config", tonight.file, "--database", tonight.url)
    report = seawall("report", "fjordwing", "--format", "md", *where)
    assert report.status == 0, report.err
    _, _, happened = report.out.partition("## What happened\n\n")
    assert happened.partition("\n\n")[0] + "\n" == WHAT_HAPPENED
    assert READ_BY in report.out
    page = seawall("report", "fjordwing", "--format", "html", *where).out
    for said in (READ_BY, *BRIEF.values(), "Promotions", "comes to the desk"):
        assert said in page


def test_a_night_in_which_slack_stutters_and_then_is_down_for_an_hour(
    tonight: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slack, told = tonight.slack, tonight.slack.failing["chat.postMessage"]
    told.told(BUSY, BROKEN, LOST, SLOW)
    tonight.goes_on(at(0, 6))

    slack.failures.told(*[DOWN] * 10_000)
    slack.socket.cut()
    tonight.goes_on(at(0, 10), told=False)
    seawall = in_process(monkeypatch, capsys)
    where = ("--config", tonight.file, "--database", tonight.url, "--by", "nora")
    brief = seawall("incidents", "brief", "fjordwing", "--say", BRIEF["say"], *where)
    assert brief.status == 0, brief.err
    tonight.goes_on(at(1, 9), told=False)
    before = everything(slack)
    slack.failures.clear()
    tonight.settles()
    afterwards = [words(one)[0] for one in everything(slack)[len(before) :]]
    until(lambda: slack.socket.connections == 2, "connections", PATIENCE_S)
    tonight.presses("Ola", "At my desk in 10 minutes")

    rung = [json.loads(content)["data"]["notice"] for content in tonight.receiver.bodies.values()]
    assert [one["person"] for one in rung] == ["kari", "ola", "nora", *["kari", "ola", "nora"] * 2]
    assert set(tonight.receiver.keys.values()) == {1}, "by the second route, once each"
    calls = [place for place, said in enumerate(afterwards) if "calls" in said]
    [routine] = [place for place, said in enumerate(afterwards) if "what to say" in said]
    assert len(calls) == 3
    assert max(calls) < routine, "who is called hears of it before what is older and can wait"
    shown = [one.now.metadata["event_payload"] for one in everything(slack) if one.now.metadata]
    assert len(shown) == len({json.dumps(one) for one in shown}), "nothing twice"
    assert seen(slack, "Kari", ZONE, CARE) == KARI_AFTER_THE_OUTAGE
    assert seen(slack, "Ola", ZONE) == OLA_AFTER_THE_OUTAGE
    assert seen(slack, "Per", ZONE) == PER_AFTER_THE_OUTAGE
