"""The briefing on a terminal: read in one glance, in colour or without, and safe to print."""

import asyncio
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Action, Notice, Purpose
from alerts.incidents.incident import Reason, State, Trend
from alerts.incidents.steps import Step
from alerts.notifiers import Notification, NotifierError, Places, notifier_kinds
from alerts.notifiers.terminal import Options, Terminal, TerminalNotifier
from alerts.posts import Post
from tests.alerts import scenes

HINT = "seawall incidents ack {incident} --by YOU"
OUR_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def printed(briefing: Briefing, *, width: int = 80, colour: bool = False) -> str:
    out = io.StringIO()
    console = Terminal(
        file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None
    )
    terminal = TerminalNotifier("terminal", console, width=width, hint=HINT)
    asyncio.run(terminal.send(Notification("key", briefing.incident, briefing.revision, briefing)))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_one_glance_tells_what_and_how_much_and_what_to_do(width: int) -> None:
    shown = " ".join(re.sub(r"[│╭╮╰╯─]", " ", printed(scenes.briefing(), width=width)).split())
    for fact in (
        "CRITICAL",
        "Fjordwing Air: booking ×11 the expected number since 23:07".replace(
            "booking ", "booking — "
        ),
        "Sat 21 Nov, 23:07 CET; detected 4 min later",
        "915 on booking, where 85 were expected",
        "chance alone would look like this once in 40 years",
        "outside service hours; the desk opens Sun 22 Nov, 10:00 CET",
        "▲23:07",
        "? not observed",
        "English 50%",
        "seawall incidents ack fjordwing-w6dup7qd --by YOU",
    ):
        assert fact in shown


def facts_of(briefing: Briefing) -> str:
    """What is printed of a briefing, on one line and without its frame."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", printed(briefing, width=120)).split())


def test_a_notice_is_a_few_lines_with_the_command_where_one_can_act() -> None:
    out = io.StringIO()
    terminal = TerminalNotifier("terminal", Terminal(file=out, width=80), width=80, hint=HINT)
    notice = Notice(
        "call/1",
        Purpose.CALL,
        scenes.DETECTED,
        "Kari, you are called",
        (f"because {scenes.HOSTILE}",),
        incident="fjordwing-w6dup7qd",
        timezone="Europe/Oslo",
        actions=(Action("At my desk", Step.ACKNOWLEDGE, "10"),),
    )
    asyncio.run(terminal.notify(notice, address=None, thread=None, uncertain=False))
    told = replace(notice, lines=(), actions=())
    asyncio.run(terminal.notify(told, address=None, thread=None, uncertain=False))
    first, *because, command, second = out.getvalue().splitlines()
    assert first == second == "◆ Kari, you are called, 23:11 CET"
    assert "␛[2J" in "".join(because)
    assert "\x1b" not in out.getvalue()
    assert command == "seawall incidents ack fjordwing-w6dup7qd --by YOU"


def test_talk_says_that_it_calls_nobody_and_why() -> None:
    shown = facts_of(scenes.talk())
    assert shown.startswith("TALK Fjordwing Air")
    because = "13% of its posts tell of trouble, where 60% usually do: talk"
    assert f"Calls nobody {because}" in shown
    assert "MINOR" not in shown
    calling = printed(replace(scenes.talk(Reason.CALLING), calls=True), width=120).splitlines()[0]
    assert calling == f"▲ calls you now: {because}, 23:23 CET"


def test_silence_says_what_is_missing_what_else_is_silent_and_where_to_look() -> None:
    shown = facts_of(scenes.silence())
    for fact in (
        "SILENCE Everything on Bluesky: silent since 23:07",
        "Posts 0 on all mentions, where 42 were expected",
        "How sure chance alone would look like this once in 10 months",
        "Also silent Otherwing on Bluesky",
        "Not silent Fjordwing Air on X",
        "The source says that it saw everything until 23:23, so it may be broken",
        "What to do look there yourself: do people write?",
    ):
        assert fact in shown
    assert "Holding message" not in shown
    assert "Fjordwing Air on Bluesky" in facts_of(scenes.silence(everything=False))


def test_a_level_that_stays_says_when_it_is_the_new_normal_and_that_it_is() -> None:
    held = replace(scenes.briefing(after=timedelta(hours=3)), trend=Trend.HOLDING, state=State.OPEN)
    assert "after 24 h, about Sun 22 Nov, 23:07 CET, this much is the new normal" in facts_of(held)
    growing = replace(held, trend=Trend.GROWING)
    assert "new normal" not in facts_of(growing)
    over = replace(held, reason=Reason.RENEWED, state=State.RESOLVED, factor=2.0)
    news = "■ twice as much as before is the new normal: it has stayed for 24 hours, 02:11 CET"
    assert printed(over, width=120).splitlines()[0] == news
    silent = replace(scenes.silence(Reason.RENEWED), state=State.RESOLVED, factor=0.0)
    assert "■ hardly anything is the new normal: it has stayed for 7 days" in printed(silent)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("reason", list(Reason))
def test_no_line_is_wider_than_the_terminal_but_those_that_are_copied(
    reason: Reason, width: int
) -> None:
    briefing = scenes.briefing(reason)
    copied = {*briefing.holding_messages.values()}
    lines = [line for line in printed(briefing, width=width).split("\n") if line not in copied]
    assert all(len(line) <= width for line in lines if "  " in line or "─" in line)


def test_holding_messages_stand_without_a_frame_to_be_copied() -> None:
    unwrapped = " ".join(printed(scenes.briefing()).split())
    for message in scenes.briefing().holding_messages.values():
        assert message in unwrapped


@pytest.mark.parametrize("reason", list(Reason))
def test_colour_adds_nothing_that_plain_text_does_not_say(reason: Reason) -> None:
    briefing = scenes.briefing(reason)
    coloured = printed(briefing, colour=True)
    assert coloured != printed(briefing)
    without = [line.rstrip(" ") for line in OUR_COLOURS.sub("", coloured).split("\n")]
    assert without == printed(briefing).split("\n")


@pytest.mark.parametrize(
    ("reason", "after", "first_line"),
    [
        (
            Reason.ACKNOWLEDGED,
            timedelta(minutes=12),
            "✔ acknowledged by Kari at 23:23 CET (12 min after detection)",
        ),
        (Reason.GREW, timedelta(minutes=12), "▲ has grown to 915 posts, 23:23 CET"),
        (Reason.EXTENDED, timedelta(minutes=12), "+ now also booking on Bluesky, 23:23 CET"),
        (Reason.RESOLVED, timedelta(hours=2), "■ resolved at 01:11 CET, 2 h 4 min after it began"),
    ],
)
def test_later_revisions_are_three_lines(reason: Reason, after: timedelta, first_line: str) -> None:
    told = replace(scenes.briefing(reason, after=after), joined=("booking on Bluesky",))
    lines = printed(told).splitlines()
    assert lines[0] == first_line
    assert lines[1].strip() == scenes.briefing().headline
    assert len(lines) == 3


def test_a_hostile_post_is_text() -> None:
    hostile = Post("x", "1", scenes.START, scenes.HOSTILE, "mal\x1b[1mlory", "en")
    shown = printed(scenes.briefing(said=[hostile]), width=120)
    text = " ".join(re.sub("[│]", " ", shown).split())
    assert "<b>free</b> <!channel> {{ 7*7 }} [bold]tickets[/bold] ␛[2J␛]0;owned␇" in text
    assert "‹U+202E›gnp.exe‹U+200B› ‹U+009B›31m" in text
    assert "mal␛[1mlory on X" in text


@settings(max_examples=60)
@given(
    text=st.text(st.characters(exclude_categories=()), max_size=60),
    author=st.text(st.characters(exclude_categories=()), max_size=12),
    by=st.text(st.characters(exclude_categories=()), max_size=12),
    reason=st.sampled_from(Reason),
    colour=st.booleans(),
)
def test_whatever_strangers_write_nothing_acts_on_the_terminal(
    text: str, author: str, by: str, reason: Reason, colour: bool
) -> None:
    stranger = Post(author or "x", "1", scenes.START, text, author, author)
    briefing = replace(
        scenes.briefing(reason, said=[stranger]), acknowledged_by=by, examples=(stranger,)
    )
    ours = OUR_COLOURS.sub("", printed(briefing, colour=colour)).replace("\n", "")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", ours)
    assert printed(briefing, colour=colour).encode()


def test_a_closed_terminal_is_worth_another_try_and_missing_letters_are_not() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError("gone")

    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    notification = Notification("key", "i", 1, scenes.briefing())
    for file, permanent in ((Closed(), False), (ascii_only, True)):
        terminal = TerminalNotifier("terminal", Terminal(file=file), width=80, hint=HINT)
        with pytest.raises(NotifierError) as failed:
            asyncio.run(terminal.send(notification))
        assert failed.value.permanent is permanent


def test_every_kind_of_notifier_is_found_and_built_from_its_options() -> None:
    kind = notifier_kinds()["terminal"]
    assert kind.options is Options
    assert kind.about.startswith("The terminal")
    assert kind.build(Options(), name="night", places=Places(HINT)).name == "night"
    assert not [name for name in notifier_kinds() if name.startswith("_")]


def test_a_test_prints_one_line_and_a_check_none() -> None:
    out = io.StringIO()
    terminal = TerminalNotifier("desk", Terminal(file=out, width=80), width=80, hint=HINT)
    assert asyncio.run(terminal.check()) == "prints to standard output, no terminal, 80 columns"
    assert out.getvalue() == ""
    asyncio.run(terminal.test())
    assert out.getvalue() == "This is a test of desk: Seawall would print its briefings here.\n"
    out.close()
    with pytest.raises(NotifierError, match="closed"):
        asyncio.run(terminal.check())
