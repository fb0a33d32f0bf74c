"""Words for the public from Slack: drafted, approved, refused and posted in its windows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import sync_playwright

from alerts.duty.notices import Notice
from alerts.notifiers._slack_text import sentence
from alerts.words.approval import MessageState
from monitor import clock
from monitor.configuration import loads
from monitor.daemon.discreet import Discreet
from monitor.daemon.dispatch import deliver
from monitor.doubles._slack_api import View
from monitor.doubles.serving import serving
from monitor.doubles.slack import Message, SlackDouble
from monitor.store import notices
from monitor.telling.slack_desk import SlackDesk
from tests.airline import CONFIGURATION
from tests.alerts.notifiers.slack_stage import CHANNEL, Slack, listening, scene, told, until
from tests.conftest import PATIENCE_S
from tests.monitor.conftest import CHROMIUM, PHONE
from tests.monitor.words.conftest import ID, PEOPLE, Evening
from tests.monitor.words.test_messaging import turns_out
from tests.service import RunningService
from tests.slack_eyes import words

NAMES = {"Ida": "Ida Dahl", "Ola": "Ola Berg", "Kari": "Kari Nygård", "Nora": "Nora Lie"}
OWN = "Wir sehen eure Nachrichten. Das Buchen bei Fjordwing Air klappt nicht, schreibt ihr."


@dataclass
class Office:
    """The evening, and Slack: what people see there, press and write."""

    evening: Evening
    slack: Slack
    desk: SlackDesk

    @property
    def double(self) -> SlackDouble:
        return self.slack.double

    def works(self, *steps: Callable[[], Awaitable[object]]) -> None:
        """Run the steps one after the other while Seawall listens."""

        async def run() -> None:
            await self.slack.notifier().send(told(scene(incident=ID)))
            async with listening(self.slack, self.desk):
                for step in steps:
                    await step()

        asyncio.run(run())
        self.slack.check_calls()

    async def bring(self) -> list[Message]:
        """Post the notices that wait for the team; the channel's messages about public words."""
        team = self.slack.notifier()
        team.name = "desk"
        shown = Discreet(team, self.evening.configuration)
        await deliver(self.evening.database, [shown], lambda: self.evening.now)
        return [one for one in self.double.messages[CHANNEL] if not one.to and not one.incident]

    async def opens(self, who: str, window: str, value: str | None = None) -> str:
        """Press what opens a window; all that stands in it."""
        before = len(self.double.windows(who))
        self.double.press(f"seawall_window:{window}", value, user=who)
        await until(lambda: len(self.double.windows(who)) > before)
        await until(lambda: "One moment…" not in self.reads(who))
        return self.reads(who)

    def window(self, who: str) -> View:
        return self.double.windows(who)[-1]

    def reads(self, who: str) -> str:
        return json.dumps(self.window(who).view["blocks"], ensure_ascii=False)

    async def changes(self, who: str, does: Callable[[], object]) -> str:
        """Do something in the window that shows it anew; all that stands in it then."""
        before = self.window(who).view
        does()
        await until(lambda: self.window(who).view != before)
        return self.reads(who)

    async def chooses(self, who: str, block: str, choice: str) -> str:
        return await self.changes(who, lambda: self.double.hands.choose(who, block, choice))

    async def presses(self, who: str, verb: str) -> str:
        """Press a button of the newest message in the window."""
        action = f"seawall_notice:{verb}:0"
        return await self.changes(who, lambda: self.double.hands.press_in_window(who, action))

    async def goes_to(self, who: str, window: str) -> str:
        """Press a button in the window that shows another in its place."""
        action = f"seawall_window:{window}"
        return await self.changes(who, lambda: self.double.hands.press_in_window(who, action))

    async def submits(self, who: str, **answers: str) -> str:
        """Submit the newest window; what that person is told alone."""
        before = len(self.told(who))
        self.double.hands.submit(who, answers)
        return await self.hears(who, before)

    async def approves(self, who: str, message: Message) -> str:
        """Press Approve on a notice; what stands on it after that, or what they are told alone."""
        before, shown = len(self.told(who)), len(message.revisions)
        button = message.button("seawall_notice:approve:0", None)
        assert button
        self.double.hands.press(message, button, who, "")
        await until(lambda: len(self.told(who)) > before or len(message.revisions) > shown)
        return self.told(who)[-1] if len(self.told(who)) > before else "\n".join(words(message))

    async def hears(self, who: str, before: int) -> str:
        await until(lambda: len(self.told(who)) > before)
        return self.told(who)[-1]

    def told(self, who: str) -> list[str]:
        mine = f"U0{who.upper()}X"
        return [m.now.text for m in self.double.messages[CHANNEL] if m.to == mine]

    def state(self) -> MessageState:
        return self.evening.messages()[-1].state


@pytest.fixture
def office(evening: Evening) -> Iterator[Office]:
    people = PEOPLE
    for short, name in NAMES.items():
        people = people.replace(f"name: {name}", f"name: {name}, slack: U0{short.upper()}X")
    evening.configuration = loads(CONFIGURATION + people)
    double = SlackDouble(now=clock.wall, pace_s=0)
    service = RunningService(evening.configuration, evening.database, evening.now)
    with serving(double.app) as url:
        yield Office(evening, Slack(double, url), SlackDesk(service))


async def submitted(office: Office, who: str = "Ida") -> Message:
    """Somebody has German words for X submitted; the notice that asks for an approval."""
    await office.opens(who, "words")
    await office.chooses(who, "language", "de")
    said = await office.submits(who)
    assert "submitted, for another person to approve" in said, said
    return (await office.bring())[-1]


def test_words_go_from_the_window_to_posted_and_two_people_have_read_them(office: Office) -> None:
    async def night() -> None:
        shown = await office.opens("Ida", "words")
        assert "All that is written: German, English, Norwegian, Swedish" in shown
        assert "nothing is public yet" in shown
        shown = await office.chooses("Ida", "language", "de")
        assert " of 280" in shown, "how long it is, where it goes"
        shown = await office.chooses("Ida", "channel", "mastodon")
        assert " of 500" in shown
        text = next(
            block["element"]["initial_value"]
            for block in office.window("Ida").view["blocks"]
            if str(block.get("block_id")).startswith("text/")
        )
        await office.submits("Ida")
        [notice] = await office.bring()
        assert f"| {text}" in words(notice), "exactly what will be public"
        said = await office.approves("Kari", notice)
        assert "Approved by Kari Nygård\n[Copy…] [Posted…]" in said
        assert await office.bring() == [notice], "which says it already"
        assert "\n".join(words(notice)) == said
        assert text in await office.opens("Ida", "copy")
        await office.opens("Ida", "posted")
        said = await office.submits("Ida", link="https://x.example/1")
        assert said.endswith("posted by Ida Dahl")

    office.works(night)
    [one] = office.evening.messages()
    assert (one.state, one.link) == (MessageState.POSTED, "https://x.example/1")
    assert one.template.startswith("de/booking/seen")
    assert office.evening.trail(one.id) == [
        ("Ida Dahl", "draft"),
        ("Ida Dahl", "submitted"),
        ("Kari Nygård", "approved"),
        ("Ida Dahl", "posted"),
    ]


def test_a_notice_that_was_answered_elsewhere_says_by_whom_and_asks_nobody(
    office: Office,
) -> None:
    evening = office.evening
    evening.do("ida", "ask", kind="flights")
    one = evening.submit(phase="seen")

    async def night() -> None:
        asked, handed_in = await office.bring()
        assert "[Answer…]" in "\n".join(words(asked))
        assert "[Approve]" in "\n".join(words(handed_in))
        evening.do("ola", "confirm", kind="flights", value="FW123")
        evening.approve("kari", one)
        assert await office.bring() == [asked, handed_in], "nothing rings again"
        said = "\n".join(words(asked))
        assert ("Answered by Ola Berg" in said, "[Answer…]" in said) == (True, False)
        said = "\n".join(words(handed_in))
        assert "Approved by Kari Nygård\n[Copy…] [Posted…]" in said
        assert "[Approve]" not in said
        evening.do("ida", "posted", one.id)
        await office.bring()
        said = "\n".join(words(handed_in))
        assert ("Posted by Ida Dahl" in said, "[Posted…]" in said) == (True, False)

    office.works(night)


def test_what_is_answered_while_it_is_being_sent_is_shown_next(office: Office) -> None:
    evening = office.evening
    one = evening.submit(phase="seen")
    id = f"submitted/{one.id}/2"
    sent = evening.read(lambda c: notices.envelope(c, "desk", id))
    assert sent
    evening.approve("kari", one)
    evening.write(lambda c: notices.arrived(c, "desk", sent, evening.now, "a receipt"))
    again = evening.read(lambda c: notices.envelope(c, "desk", id))
    assert again
    assert again.receipt == "a receipt"
    assert Notice.from_json(again.content).outcome == "Approved by Kari Nygård"
    evening.write(lambda c: notices.settle(c, "desk", id, "given up", evening.now))
    evening.do("ida", "posted", one.id)
    again = evening.read(lambda c: notices.envelope(c, "desk", id))
    assert again, "where it stands is known still"


def test_what_becomes_of_words_that_are_restricted_by_now_is_not_told_where_all_read(
    office: Office,
) -> None:
    evening = office.evening
    one = evening.submit(phase="seen")

    async def night() -> None:
        [handed_in] = await office.bring()
        evening.do("nora", "restrict")
        evening.do("nora", "return", one.id, note="say nothing of the leak")
        await office.bring()
        assert "leak" not in "\n".join(words(handed_in))

    office.works(night)
    returned = [one for one in evening.notices("crisis") if one.startswith("Returned")]
    assert len(returned) == 1


def test_own_words_that_the_linter_blocks_stay_a_draft_to_be_edited(office: Office) -> None:
    async def night() -> None:
        await office.opens("Ida", "words")
        await office.chooses("Ida", "language", "de")
        where = next(
            str(block["block_id"])
            for block in office.window("Ida").view["blocks"]
            if str(block.get("block_id")).startswith("text/")
        )
        said = await office.submits("Ida", **{where: "Das waren Hacker, kein Anspruch."})
        assert "is not submitted: this cannot be published: " in said
        assert "block: hackers" in await office.opens("Ida", "words")
        assert "Das waren Hacker" in await office.goes_to("Ida", "edit")
        await office.submits("Ida", text=OWN)
        await office.opens("Ida", "words")
        assert "Kari Nygård: approve or return it" in await office.presses("Ida", "submit")

    office.works(night)
    assert office.state() is MessageState.SUBMITTED
    assert office.evening.messages()[-1].template == ""


def test_the_author_does_not_approve_and_neither_does_who_may_not(office: Office) -> None:
    async def night() -> None:
        notice = await submitted(office)
        own = "whoever wrote or submitted it cannot approve it: it takes another person"
        assert await office.approves("Ida", notice) == own
        said = await office.approves("Nora", notice)
        assert said == "Nora Lie may not approve this: it needs one who may for de"
        assert "You are not one of the people on duty here" in await office.approves("Mia", notice)
        await office.opens("Ida", "words")
        assert sentence(own) in await office.presses("Ida", "approve")
        assert "Approve" in "\n".join(words(notice)), "others still can"

    office.works(night)
    assert office.state() is MessageState.SUBMITTED


def test_a_text_that_was_edited_by_a_space_is_not_the_one_that_the_button_approves(
    office: Office,
) -> None:
    async def night() -> None:
        notice = await submitted(office)
        await office.opens("Ida", "words")
        await office.goes_to("Ida", "edit")
        await office.submits("Ida", text=office.evening.messages()[-1].text.replace(" ", "  ", 1))
        await office.opens("Ida", "words")
        await office.presses("Ida", "submit")
        said = await office.approves("Kari", notice)
        assert said == "its text was changed since you read it: read it again"
        newest = (await office.bring())[-1]
        assert "  " in newest.words, "a space is seen"

    office.works(night)
    assert office.state() is MessageState.SUBMITTED


def test_what_states_a_fact_that_was_corrected_meanwhile_is_not_approved(office: Office) -> None:
    office.evening.confirm("next_update", "60m")

    async def night() -> None:
        notice = await submitted(office)
        await office.opens("Nora", "facts")
        said = await office.submits(
            "Nora", kind="next_update", does="correct", value="90m", source="IT"
        )
        assert "corrected" in said
        said = await office.approves("Kari", notice)
        assert said.startswith("it is stale: Next update"), said

    office.works(night)
    assert office.state() is MessageState.STALE


def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told_who(office: Office) -> None:
    office.evening.seal("seen")

    async def night() -> None:
        notice = await submitted(office)
        button = notice.button("seawall_notice:approve:0", None)
        assert button
        for who in ("Kari", "Ola"):
            office.double.hands.press(notice, button, who, "")
        await until(lambda: office.told("Kari") + office.told("Ola") and len(notice.revisions) > 1)

    office.works(night)
    [approval] = office.evening.messages()[-1].approvals
    [told_late] = office.told("Kari") + office.told("Ola")
    assert told_late == f"{approval.by} approved it already"


def test_nobody_approves_alone_what_is_said_of_an_accident(office: Office) -> None:
    turns_out(office.evening, "accident")
    one = office.evening.draft(phase="seen", text="Wir wissen davon und melden uns hier.")

    async def night() -> None:
        await office.opens("Nora", "words")
        await office.goes_to("Nora", "break_glass")
        said = await office.submits("Nora", **{f"reason/{one.sha256}": "nobody is up"})
        assert said == "nobody may approve alone what is said of this (accident)"

    office.works(night)
    assert office.state() is MessageState.DRAFT


def test_what_is_returned_says_why_and_can_be_submitted_again(office: Office) -> None:
    async def night() -> None:
        await submitted(office)
        await office.opens("Kari", "return")
        await office.submits("Kari", comment="Bitte *kürzer* <!channel>")
        notice = (await office.bring())[-1]
        assert "Kari Nygård: Bitte *kürzer* <!channel>" in "\n".join(words(notice))
        assert "&lt;!channel&gt;" in notice.words

    office.works(night)
    assert office.state() is MessageState.RETURNED


def test_to_say_nothing_is_decided_in_a_window_by_those_who_lead(office: Office) -> None:
    turns_out(office.evening, "threat")

    async def night() -> None:
        shown = await office.opens("Nora", "words")
        assert shown.index("ay nothing, because") < shown.index("Phase"), "it comes first"
        await office.goes_to("Nora", "lead")
        said = await office.submits("Nora", again="2h", reason="The police lead")
        assert "Nora Lie" in said
        await office.opens("Ida", "words")
        await office.goes_to("Ida", "lead")
        said = await office.submits("Ida", again="2h")
        assert said == "Ida Dahl may not decide to say nothing: it takes the right ˋleadˋ"

    office.works(night)
    assert office.evening.told()[-1] == "kept silent"


def test_facts_are_asked_said_and_confirmed_in_their_window(office: Office) -> None:
    async def night() -> None:
        await office.opens("Ida", "facts")
        shown = await office.chooses("Ida", "kind", "flights")
        assert "flight numbers: FW123, FW456" in shown
        await office.submits("Ida", does="ask", value="Which flights?", until="10m")
        notice = (await office.bring())[-1]
        assert "Which flights?" in notice.words
        assert "What is so" not in await office.opens("Kari", "facts", f"{ID}\nflights")
        await office.submits("Kari", does="fact", value="fw123", source="<b>OCC</b> \u202eabc")
        shown = await office.opens("Ida", "facts", ID)
        assert "Flights affected FW123" in shown
        assert "&lt;b&gt;OCC&lt;/b&gt; ‹U+202E›abc" in shown
        said = await office.submits("Ida", kind="flights", does="confirm")
        assert said.startswith("Ida Dahl may not confirm this (Flights affected)")
        await office.opens("Ola", "facts", ID)
        assert "FW123: confirmed" in await office.submits("Ola", kind="flights", does="confirm")

    office.works(night)


def test_of_a_restricted_incident_only_those_who_may_see_it_open_and_approve(
    office: Office,
) -> None:
    async def night() -> None:
        notice = await submitted(office)
        office.evening.do("nora", "restrict")
        refused = f"{ID} is restricted: only "
        assert (await office.approves("Kari", notice)).startswith(refused)
        for window in ("words", "facts", "return"):
            before = len(office.told("Kari"))
            office.double.press(f"seawall_window:{window}", user="Kari")
            assert (await office.hears("Kari", before)).startswith(refused)
        assert not office.double.windows("Kari")
        assert "German, seen" in await office.opens("Nora", "words")

    office.works(night)


def test_in_the_double_a_window_fits_a_phone(office: Office) -> None:
    if not CHROMIUM.exists():
        pytest.skip("the page in a browser: no Chromium on this machine")
    pages: list[str] = []

    async def night() -> None:
        await office.opens("Ida", "words")
        async with httpx.AsyncClient(base_url=office.slack.url, timeout=PATIENCE_S) as client:
            answer = await client.get(f"/channel/{CHANNEL}", params={"name": "Ida"})
        pages.append(answer.text)

    office.works(night)
    with sync_playwright() as playwright:  # its loop is over before the next test begins its own
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = launched.new_page(viewport=PHONE)
        page.set_content(pages[0])
        assert page.locator(".window").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        launched.close()


def test_the_page_of_the_double_shows_these_windows_and_what_is_pressed_there_works(
    office: Office,
) -> None:
    async def night() -> None:
        await office.opens("Ida", "words")
        page, who = f"/channel/{CHANNEL}", {"name": "Ida", "view": office.window("Ida").id}
        async with httpx.AsyncClient(base_url=office.slack.url, timeout=PATIENCE_S) as browser:
            shown = (await browser.get(page, params={"name": "Ida"})).text
            assert '<option value="all" selected>All that is written' in shown
            chosen = who | {"language": "nl", "chosen": "language"}
            await browser.post(f"{page}/window", data=chosen)
            shown = (await browser.get(page, params={"name": "Ida"})).text
            assert '<option value="nl" selected>Dutch' in shown
            press = who | {"press": f"seawall_window:facts {ID}"}
            await browser.post(f"{page}/window", data=press)
            assert "Nothing is known yet." in office.reads("Ida")

    office.works(night)
